"""The pages of the forms: to fill in on a screen without a network, and to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

from cleanworks import paper, words
from cleanworks.html_templates import filled
from cleanworks.workshop.forms.handed_in import FORMAT
from cleanworks.workshop.forms.items import Test
from cleanworks.workshop.forms.key import Key, KeyStatement

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MOMENTS = {"before": "Before the workshop", "after": "After the workshop"}
SCALE = (
    "1 not at all",
    "2 a little",
    "3 partly",
    "4 mostly",
    "5 fully",
)

LETTERS = "abcdefghijklmnopqrst"
"""What stands before the options on paper, in their order there: what is typed in afterwards."""

_STYLE = """
body { font-size: 12pt; }
fieldset { border: 1px solid #9ca3af; border-radius: 6px; margin: 1.2em 0; padding: .6em 1em; min-width: 0; break-inside: avoid; }
legend { font-weight: 600; padding: .2em .3em; float: inline-start; width: 100%; }
legend + * { clear: both; }
legend p { margin: 0; }
.option { display: flex; gap: .6em; align-items: baseline; padding: .45em .2em; min-height: 44px; }
.option p { margin: 0; }
.option:focus-within { outline: 2px solid #0f5a70; border-radius: 4px; }
.scale { display: grid; grid-template-columns: repeat(5, auto); justify-content: space-between; gap: .2em; }
.scale .option { gap: .35em; }
@media (max-width: 46em) { .scale { display: block; } }
input[type=radio], input[type=checkbox] { width: 1.2em; height: 1.2em; flex: none; accent-color: #0f5a70; }
input[type=text], textarea { font: inherit; width: 100%; max-width: 34em; padding: .5em; border: 1px solid #6b7280; border-radius: 4px; }
textarea { min-height: 5em; display: block; margin: 0 0 1.4em; }
button { font: inherit; font-weight: 600; padding: .7em 1.4em; border: 0; border-radius: 6px; background: #0f5a70; color: #fff; }
button:disabled { background: #d1d5db; color: #374151; }
button:focus-visible, input:focus-visible, textarea:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
#said { min-height: 3em; font-weight: 600; }
code { background: #f3f4f6; padding: 0 .2em; overflow-wrap: anywhere; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { background: #14181f; color: #e5e7eb; }
  h1 { color: #8fd0e2; }
  fieldset { border-color: #6b7280; }
  .option:focus-within { outline-color: #8fd0e2; }
  input[type=radio], input[type=checkbox] { accent-color: #8fd0e2; }
  input[type=text], textarea { background: #1f2630; color: #f3f4f6; border-color: #9ca3af; }
  button { background: #8fd0e2; color: #10222a; }
  button:disabled { background: #374151; color: #d1d5db; }
  code { background: #2a323d; }
}
"""

_PAPER_STYLE = """
.question { break-inside: avoid; margin: 0 0 1.1em; }
.question p { margin: .1em 0; }
.question > div { display: flex; gap: .6em; margin: .25em 0 0 .4em; }
.box::before { content: "\\2610"; font-size: 1.15em; line-height: 1.1; }
.line { border-bottom: 1px solid #374151; height: 2em; }
.code-line { border: 1px solid #374151; padding: .7em; margin: .8em 0; }
td.tick { text-align: center; }
"""

_CODE = (
    "Make up a code that only you know and can make again after the workshop: the first two letters of your "
    "mother's first name, the day of the month on which you were born, and the last two letters of the place where "
    "you were born. Example: AN07UL."
)


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink"])


def _inline(text: str) -> Markup:
    return Markup(
        _markdown().renderInline(
            re.sub(r"^\*\*(.*)\*\*$", r"\1", text.strip(), flags=re.S).replace("\n", " ")
        )
    )


def test_page(test: Test, key: Key, moment: str, language: str = "en") -> paper.Page:
    """The test before or after, both forms in one page, which shows the one that belongs to the person's code."""
    intro = (
        "This is not an examination. It shows what the workshop taught, not who knows what: nobody can see from a file "
        "who wrote it. Guessing is allowed; so is leaving a question out."
    )
    return _page(MOMENTS[moment], intro, key, moment, language, test=test)


_MONTHS_LATER = (
    "Five minutes, three months later. Answer what is true; a no helps as much as a yes. Use the code of the test, so that "
    "your answers belong together and nobody knows whose they are. Send the saved file back."
)

# Of each form beside the tests: its title, what stands above the questions, and where the key has these.
_FORMS = {
    "evaluation": (
        "Your view",
        "Tell the organisers what was good and what was not. Your words are shown to them without your code. "
        "Name no person in them.",
        "statements",
    ),
    "action-plan": (
        "My action plan",
        "Hand this in only if you want to. The organisers read it without your code; after three months they see beside it "
        "what you then say became of it. Name no person.",
        "action_plan",
    ),
    "follow-up": ("Three months later", _MONTHS_LATER, "follow_up"),
}


def form_page(kind: str, key: Key, language: str = "en") -> paper.Page:
    """A form to fill in and to hand in as a file.

    ``evaluation``: how participants judge the workshop; ``action-plan``: what one of them plans, on the last day; ``follow-up``: the
    survey after three months.
    """
    title, intro, where = _FORMS[kind]
    return _page(title, intro, key, kind, language, statements=getattr(key, where))


# What the page says while one fills it in; {} is the number of open questions, or the name of the file.
_SPOKEN = {
    "short": "Your code needs at least four letters or digits.",
    "open": "Questions without an answer: {}. Answer them, or press Save again to save as it is.",
    "saved": "Saved as {}, usually in your folder Downloads. Give this file to your instructor.",
}


def _page(
    heading: str,
    intro: str,
    key: Key,
    kind: str,
    language: str,
    *,
    test: Test | None = None,
    statements: Mapping[str, KeyStatement] = MappingProxyType({}),
) -> paper.Page:
    say = partial(words.say, code=language)
    title = f"{say(heading)}: {key.title}"
    spoken = {name: say(text) for name, text in _SPOKEN.items()}
    script = resources.files("cleanworks.workshop.forms").joinpath("form.js").read_text(encoding="utf-8")
    body = filled(
        __package__,
        "form.html",
        title=title,
        intro=intro,
        code=_CODE,
        test=test,
        statements=statements,
        scale=SCALE,
        setup={"format": FORMAT, "workshop": key.workshop, "test": key.test, "kind": kind, "words": spoken},
        script=Markup(script),
        inline=_inline,
        say=say,
    )
    return paper.Page(title, body, language, style=_STYLE)


def printed_test(test: Test, key: Key, moment: str, form: str, language: str = "en") -> paper.Page:
    """One form of the test on paper."""
    page = _printed(MOMENTS[moment], key, language, test=test, form=form)
    return replace(page, title=f"{page.title} ({form})")


def printed_evaluation(key: Key, language: str = "en") -> paper.Page:
    """The evaluation form on paper."""
    numbered = _numbered(key, "evaluation")
    modules = {id: s for id, s in numbered.items() if id.startswith("module-")}
    general = [s for id, s in numbered.items() if id not in modules]
    ticked = {
        "How useful was each module for your work?": modules.values(),
        "The workshop as a whole": general,
    }
    return _printed("Your view", key, language, ticked=ticked, written=general)


def printed_follow_up(key: Key, language: str = "en") -> paper.Page:
    """The survey after three months on paper."""
    chosen = _numbered(key, "follow-up").values()
    ticked = {"What became of it": chosen}
    return _printed("Three months later", key, language, intro=_MONTHS_LATER, ticked=ticked, written=chosen)


def _printed(heading: str, key: Key, language: str, **shown: object) -> paper.Page:
    say = partial(words.say, code=language)
    title = f"{say(heading)}: {key.title}"
    facts: dict[str, object] = {"test": None, "form": "", "intro": "", "ticked": {}, "written": ()}
    facts |= {
        "title": title,
        "code": _CODE,
        "letters": LETTERS,
        "scale": SCALE,
        "inline": _inline,
        "say": say,
    }
    body = filled(__package__, "form_on_paper.html", **(facts | shown))
    return paper.Page(title, body, language, style=_PAPER_STYLE)


def _numbered(key: Key, survey: str) -> dict[str, tuple[int, KeyStatement]]:
    """The lines of a survey with the numbers under which they are typed in."""
    asked = key.asked(survey)
    return {id: (number, asked[id]) for number, id in enumerate(key.lines(survey), 1)}
