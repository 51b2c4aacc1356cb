"""The pages of the forms: to fill in on a screen without a network, and to print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING

from cleanworks import paper, words
from cleanworks.workshop.forms.handed_in import FORMAT
from cleanworks.workshop.forms.items import FORMS, Item, Test
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


def _inline(text: str) -> str:
    return _markdown().renderInline(
        re.sub(r"^\*\*(.*)\*\*$", r"\1", text.strip(), flags=re.S).replace("\n", " ")
    )


def test_page(test: Test, key: Key, moment: str, language: str = "en") -> paper.Page:
    """The test before or after, both forms in one page, which shows the one that belongs to the person's code."""
    say = partial(words.say, code=language)
    title = f"{say(MOMENTS[moment])}: {key.title}"
    sets = []
    for form in FORMS:
        questions = "\n".join(
            _question(test.item(id), order, f"{form}-{number}", number, say)
            for number, (id, order) in enumerate(test.orders[form], 1)
        )
        sets.append(f'<div data-form="{form}" hidden>\n{questions}\n</div>')
    intro = (
        "This is not an examination. It shows what the workshop taught, not who knows what: nobody can see from a file "
        "who wrote it. Guessing is allowed; so is leaving a question out."
    )
    return _page(title, f"<p>{say(intro)}</p>", "\n".join(sets), key, moment, language)


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
    say = partial(words.say, code=language)
    title, intro, where = _FORMS[kind]
    questions = _statements(getattr(key, where), say)
    return _page(f"{say(title)}: {key.title}", f"<p>{say(intro)}</p>", questions, key, kind, language)


def _statements(statements: Mapping[str, KeyStatement], say: Callable[[str], str]) -> str:
    blocks = []
    for id, statement in statements.items():
        if statement.kind == "scale":
            radios = "".join(
                f'<label class="option"><input type="radio" name="{_attribute(id)}" value="{n}"> {paper.escape(say(step))}'
                "</label>"
                for n, step in enumerate(SCALE, 1)
            )
            text = say(statement.text)
            if id.startswith("module-"):
                text = f"{say('How useful for your work')}: {text}"
            blocks.append(
                f'<fieldset data-item="{_attribute(id)}"><legend>{paper.escape(text)}</legend>'
                f'<div class="scale">{radios}</div></fieldset>'
            )
        else:
            blocks.append(
                f'<div data-item="{_attribute(id)}"><p><label for="w-{_attribute(id)}">{paper.escape(say(statement.text))}'
                f'</label></p><textarea id="w-{_attribute(id)}" maxlength="2000"></textarea></div>'
            )
    return "\n".join(blocks)


# What the page says while one fills it in; {} is the number of open questions, or the name of the file.
_SPOKEN = {
    "short": "Your code needs at least four letters or digits.",
    "open": "Questions without an answer: {}. Answer them, or press Save again to save as it is.",
    "saved": "Saved as {}, usually in your folder Downloads. Give this file to your instructor.",
}


def _page(title: str, intro: str, questions: str, key: Key, kind: str, language: str) -> paper.Page:
    say = partial(words.say, code=language)
    spoken = {name: say(text) for name, text in _SPOKEN.items()}
    setup = {"format": FORMAT, "workshop": key.workshop, "test": key.test, "kind": kind, "words": spoken}
    data = json.dumps(setup, ensure_ascii=True).replace("<", "\\u003c")
    script = resources.files("cleanworks.workshop.forms").joinpath("form.js").read_text(encoding="utf-8")
    # Which form somebody gets is decided by the code, so that nothing but the code is there at first.
    waiting = ""
    if "data-form" in questions:
        waiting = f'<p id="waiting">{say("The questions appear when you have typed your code.")}</p>\n'
    body = f"""<h1>{paper.escape(title)}</h1>
{intro}
<noscript><p>{say("This page needs JavaScript to save your answers. Ask your instructor for the printed form.")}</p></noscript>
<form id="form" autocomplete="off">
<p><label for="code"><strong>{say("Your code")}</strong></label></p>
<p id="code-help">{paper.escape(say(_CODE))}</p>
<p><input type="text" id="code" aria-describedby="code-help" maxlength="40" required></p>
{waiting}{questions}
<p><button id="save" type="submit">{say("Save my answers")}</button></p>
<p id="said" role="status"></p>
</form>
<script type="application/json" id="setup">{data}</script>
<script>
{script}</script>"""
    return paper.Page(title, body, language, style=_STYLE)


def _question(item: Item, order: Sequence[int], name: str, number: int, say: Callable[[str], str]) -> str:
    kind = "checkbox" if item.several else "radio"
    note = f" <em>({say('more than one may be right')})</em>" if item.several else ""
    options = "\n".join(
        f'<label class="option"><input type="{kind}" name="{name}" value="{position}"> '
        f"<span>{_inline(item.options[position])}</span></label>"
        for position in order
    )
    return (
        f'<fieldset data-item="{_attribute(item.id)}"><legend>{number}. {_inline(item.question)}{note}</legend>\n'
        f"{options}\n</fieldset>"
    )


def printed_test(test: Test, key: Key, moment: str, form: str, language: str = "en") -> paper.Page:
    """One form of the test on paper."""
    say = partial(words.say, code=language)
    title = f"{say(MOMENTS[moment])}: {key.title}"
    questions = []
    for number, (id, order) in enumerate(test.orders[form], 1):
        item = test.item(id)
        options = "".join(
            f'<div><span class="box"></span><span>{letter}</span><span>{_inline(item.options[position])}</span></div>'
            for letter, position in zip(LETTERS, order, strict=False)
        )
        several = f" <em>({say('more than one may be right')})</em>" if item.several else ""
        questions.append(
            f'<div class="question"><p><strong>{number}. {_inline(item.question)}</strong>{several}</p>{options}</div>'
        )
    told = "This is not an examination, and nobody can see who wrote it. Tick one box for each question; you may leave one out."
    body = (
        f"<h1>{paper.escape(title)}</h1><p>{say(f'Form {form}')}. {say(told)}</p>{_code_line(say)}"
        + "\n".join(questions)
    )
    return paper.Page(f"{title} ({form})", body, language, style=_PAPER_STYLE)


def printed_evaluation(key: Key, language: str = "en") -> paper.Page:
    """The evaluation form on paper."""
    say = partial(words.say, code=language)
    numbered = _numbered(key, "evaluation")
    modules = {id: s for id, s in numbered.items() if id.startswith("module-")}
    general = {id: s for id, s in numbered.items() if id not in modules}
    body = (
        _ticked("How useful was each module for your work?", modules.values(), say)
        + _ticked("The workshop as a whole", general.values(), say)
        + _written(general.values(), say)
    )
    return _printed(f"{say('Your view')}: {key.title}", body, language, say)


def printed_follow_up(key: Key, language: str = "en") -> paper.Page:
    """The survey after three months on paper."""
    say = partial(words.say, code=language)
    chosen = _numbered(key, "follow-up")
    body = f"<p>{say(_MONTHS_LATER)}</p>{_ticked('What became of it', chosen.values(), say)}{_written(chosen.values(), say)}"
    return _printed(f"{say('Three months later')}: {key.title}", body, language, say)


def _printed(title: str, body: str, language: str, say: Callable[[str], str]) -> paper.Page:
    return paper.Page(
        title, f"<h1>{paper.escape(title)}</h1>{_code_line(say)}{body}", language, style=_PAPER_STYLE
    )


def _numbered(key: Key, survey: str) -> dict[str, tuple[int, KeyStatement]]:
    """The lines of a survey with the numbers under which they are typed in."""
    asked = key.asked(survey)
    return {id: (number, asked[id]) for number, id in enumerate(key.lines(survey), 1)}


def _ticked(caption: str, statements: Iterable[tuple[int, KeyStatement]], say: Callable[[str], str]) -> str:
    """A table with a box for each mark."""
    head = "".join(f'<th scope="col">{paper.escape(say(step))}</th>' for step in SCALE)
    tick = '<td class="tick"><span class="box"></span></td>' * len(SCALE)
    rows = "".join(
        f'<tr><th scope="row">{number}. {paper.escape(say(s.text))}</th>{tick}</tr>'
        for number, s in statements
        if s.kind == "scale"
    )
    return (
        f'<table><caption>{say(caption)}</caption><thead><tr><th scope="col">{say("Statement")}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _written(statements: Iterable[tuple[int, KeyStatement]], say: Callable[[str], str]) -> str:
    """Lines to write on."""
    return "".join(
        f'<div class="question"><p>{number}. {paper.escape(say(s.text))}</p>'
        + '<div class="line"></div>' * 3
        + "</div>"
        for number, s in statements
        if s.kind == "words"
    )


def _code_line(say: Callable[[str], str]) -> str:
    return f'<div class="code-line"><strong>{say("Your code")}:</strong> ______________________<br>{paper.escape(say(_CODE))}</div>'


def _attribute(text: str) -> str:
    return paper.escape(text)
