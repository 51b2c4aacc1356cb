"""Boxes of a page: exercises, hints, solutions, quiz questions, notes. From marks to nodes to HTML.

HTML only uses what a browser brings along: `details` folds, radio buttons choose. The script adds the feedback of the
quiz and shows hints one at a time; without it everything else still works. Other output formats see plain containers.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html import escape
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from cleanworks import words
from cleanworks.workshop.pages import your_progress

LOG = logging.getLogger(__name__)


class mark(nodes.Special, nodes.Invisible, nodes.Element):
    """Where a box begins or ends. Gone after :class:`Grouping`."""


class box(nodes.container):
    """A box: `kind`, `number`, and `about`, the rest of what its mark said."""


class MarkDirective(SphinxDirective):
    """`begin` with a JSON body, or `end`. Only :mod:`.cells` writes it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        about = json.loads("\n".join(self.content)) if self.content else {}
        node = mark("", begin=self.arguments[0] == "begin", about=about)
        self.set_source_info(node)
        return [node]


class Grouping(SphinxTransform):
    """Put what stands between two marks into a box."""

    default_priority = 5  # before anything looks at the structure of the document

    def apply(self, **kwargs: Any) -> None:
        for begin in reversed(list(self.document.findall(mark))):
            if begin["begin"]:
                self.group(begin)
        for left in list(self.document.findall(mark)):
            LOG.warning("a box has no beginning or no end", location=left)
            left.parent.remove(left)

    def group(self, begin: mark) -> None:
        # Innermost boxes come first (the list is reversed), so the next mark among the siblings is this one's end.
        parent, start = begin.parent, begin.parent.index(begin)
        stop = next((i for i in range(start + 1, len(parent)) if isinstance(parent[i], mark)), None)
        if stop is None or parent[stop]["begin"]:
            return
        about = dict(begin["about"])
        kind = about.pop("kind")
        made = box("", kind=kind, number=about.pop("number"), about=about, classes=[f"cw-{kind}"])
        made.source, made.line = begin.source, begin.line
        made.extend(parent[start + 1 : stop])
        parent[start : stop + 1] = [made]


class Labels(SphinxTransform):
    """What stands beside a button to choose is words, not a paragraph: once it has been translated, which wants one."""

    default_priority = 100

    def apply(self, **kwargs: Any) -> None:
        if self.app.builder.name == "gettext":
            return
        for text in list(self.document.findall(box)):
            if text["kind"] == "quiz-text":
                _inline(text)


def _inline(text: box) -> None:
    """A label holds words, not paragraphs."""
    if len(text) == 1 and isinstance(text[0], nodes.paragraph):
        text[:] = text[0].children


# --- HTML ---------------------------------------------------------------------------------------------------------


def visit(translator: HTML5Translator, node: box) -> None:
    begin = _BEGIN.get(node["kind"])
    translator.body.append(begin(translator, node) if begin else f'<div class="cw-{node["kind"]}">')


def depart(translator: HTML5Translator, node: box) -> None:
    end = _END.get(node["kind"], "</div>")
    translator.body.append(end(translator, node) if callable(end) else end)


def _titled(kind: str, title: str, *, shown: bool = True) -> str:
    """A box with a name. The name is not shown where the heading above the box already says it."""
    name = f'<p class="cw-title">{title}</p>' if shown else ""
    return f'<div class="cw-box cw-{kind}" role="group" aria-label="{escape(title)}">{name}'


def _exercise(translator: HTML5Translator, node: box) -> str:
    title = _say(translator, f"Exercise {node['number']}")
    return (
        f'<div class="cw-box cw-exercise" id="{_question(node)}" role="group" aria-label="{title}">'
        f'<p class="cw-title">{title}</p>'
    )


def _exercise_end(translator: HTML5Translator, node: box) -> str:
    if _audience(translator) == "instructor":
        return "</div>"
    return your_progress.control(translator, question=node["about"]["question"]) + "</div>"


def _fold(kind: str, title: str) -> str:
    return f'<details class="cw-fold cw-{kind}"><summary>{title}</summary><div class="cw-inside">'


def _hint(translator: HTML5Translator, node: box) -> str:
    return _fold("hint", _say(translator, f"Hint {node['number']}"))


def _solution(translator: HTML5Translator, node: box) -> str:
    if _audience(translator) == "instructor":
        title = _say(translator, "Solution")
        return f'<div class="cw-part cw-solution"><p class="cw-part-title">{title}</p>'
    advice = "You learn most from your own attempt: fill in the starter, run the check, read a hint."
    show = _say(translator, "Show the solution")
    return (
        _fold("solution", _say(translator, "Solution"))
        + f"<p>{_say(translator, advice)}</p>"
        + f'<details class="cw-fold cw-reveal"><summary>{show}</summary><div class="cw-inside">'
    )


def _solution_end(translator: HTML5Translator, node: box) -> str:
    return "</div>" if _audience(translator) == "instructor" else "</div></details></div></details>"


def _part(title: str) -> Callable[[HTML5Translator, box], str]:
    return lambda translator, node: (
        f'<div class="cw-part cw-{node["kind"]}"><p class="cw-part-title">{_say(translator, title)}</p>'
    )


def _quiz(translator: HTML5Translator, node: box) -> str:
    name, about = _question(node), node["about"]
    # Without a key (a learner's copy) there is nothing to check.
    keyed = any(option["about"]["right"] for option in _options(node))
    title = _say(translator, f"Question {node['number']} of {about['of']}")
    several = ' data-several="yes"' if about.get("several") else ""
    return (
        f'<form class="cw-box cw-quiz" id="{name}"{several}{" data-keyed" if keyed else ""}>'
        f'<p class="cw-title">{title}</p>'
        f'<div role="{"group" if several else "radiogroup"}" aria-labelledby="{name}-prompt">'
    )


def _quiz_end(translator: HTML5Translator, node: box) -> str:
    if not any(option["about"]["right"] for option in _options(node)):
        return "</div></form>"
    # The region is there from the start: a reader's software announces what changes in it, not that it appears.
    check = _say(translator, "Check my answer")
    without = _say(
        translator, "Answers are checked by a small script, which is switched off in this browser."
    )
    return (
        f'</div><button type="submit" class="cw-answer">{check}</button>'
        f"<noscript><p>{without}</p></noscript>"
        '<div class="cw-feedback" role="status"></div></form>'
    )


def _prompt(translator: HTML5Translator, node: box) -> str:
    return f'<div class="cw-quiz-prompt" id="{_question(node.parent)}-prompt">'


def _option(translator: HTML5Translator, node: box) -> str:
    quiz = node.parent
    kind = "checkbox" if quiz["about"].get("several") else "radio"
    return (
        f'<div class="cw-option"{" data-fixed" if node["about"].get("fixed") else ""}><label>'
        f'<input type="{kind}" name="{_question(quiz)}" value="{node["about"]["option"]}"> '
    )


def _text_end(translator: HTML5Translator, node: box) -> str:
    return "</span></label>"


def _feedback(translator: HTML5Translator, node: box) -> str:
    node["from"] = len(translator.body)
    return ""


def _feedback_end(translator: HTML5Translator, node: box) -> str:
    """Take the feedback out of the page and leave it encoded, so that looking at the question gives nothing away."""
    written = "".join(translator.body[node["from"] :])
    del translator.body[node["from"] :]
    # The script says "Right" or "Not yet" itself.
    said = "|".join(
        re.escape(word.rstrip("."))
        for verdict in ("Right.", "Not yet.")
        for word in {verdict, _say(translator, verdict)}
    )
    written = re.sub(rf"^\s*<p>(?:{said})\s?[.:,]\s+(\w)", lambda found: f"<p>{found[1].upper()}", written)
    note = json.dumps({"right": node.parent["about"]["right"], "html": written.strip()})
    return f'<span class="cw-note" hidden data-note="{base64.b64encode(note.encode()).decode()}"></span>'


def _question(node: box) -> str:
    return escape(node["about"]["question"])


def _options(quiz: box) -> list[box]:
    return [child for child in quiz if isinstance(child, box) and child["kind"] == "quiz-option"]


def _say(translator: HTML5Translator, text: str) -> str:
    return words.say(text, translator.config.language)


def _audience(translator: HTML5Translator) -> str:
    return translator.builder.app.config.cleanworks_audience


_BEGIN: dict[str, Callable[[HTML5Translator, box], str]] = {
    "exercise": _exercise,
    "starter": _part("Start here"),
    "check": _part("Check"),
    "hint": _hint,
    "solution": _solution,
    "wrong-answer": lambda at, node: _titled("mistake", _say(at, f"A likely mistake ({node['number']})")),
    "pitfall": lambda at, _: _titled("pitfall", _say(at, "Pitfall"), shown=False),
    "instructor": lambda at, _: _titled("instructor", _say(at, "For the instructor")),
    "quiz": _quiz,
    "quiz-prompt": _prompt,
    "quiz-option": _option,
    "quiz-text": lambda t, node: "<span>",
    "quiz-feedback": _feedback,
    "read": lambda translator, node: your_progress.control(translator, lesson=node["about"]["lesson"]),
}

_END: dict[str, str | Callable[[HTML5Translator, box], str]] = {
    "exercise": _exercise_end,
    "read": "",
    "hint": "</div></details>",
    "solution": _solution_end,
    "quiz": _quiz_end,
    "quiz-text": _text_end,
    "quiz-feedback": _feedback_end,
}
