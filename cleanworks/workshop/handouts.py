"""Handouts: two printed pages a module, to take home."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from markupsafe import Markup
from nbformat import NotebookNode

from cleanworks import paper, words
from cleanworks.errors import InputError
from cleanworks.html_templates import filled
from cleanworks.workshop import prose
from cleanworks.workshop.metadata import NotebookBlock
from cleanworks.workshop.notebook import headings

PAGES = 2

_STYLE = """
@page { margin: 14mm 15mm; }
.sheet { break-after: page; } .sheet:last-child { break-after: auto; }
h1 { font-size: 17pt; } h2 { font-size: 12pt; margin: .8em 0 .25em; }
.question { border-inline-start: 4px solid #d55e00; padding: .1em .8em; }
figure { margin: .4em 0; text-align: center; } figure img { max-height: 80mm; }
.formula-line { text-align: center; font-size: 12pt; margin: .6em 0; }
dl { margin: .3em 0; columns: 2; column-gap: 8mm; font-size: .9em; } dt { font-weight: 600; } dd { margin: 0 0 .35em; } dl div { break-inside: avoid; }
.lines { margin-top: .4em; } .lines div { border-bottom: 1px solid #9ca3af; height: 8mm; }
.small { font-size: .92em; } .smaller { font-size: .84em; } .smallest { font-size: .76em; }
"""

# Try the usual size first; a lesson with much to say gets smaller letters and fewer lines for notes.
_SIZES = (("", 8), ("", 5), ("small", 4), ("smaller", 3), ("smallest", 2))


@dataclass(frozen=True)
class Context:
    """What a handout knows beside its lesson: authors and years of sources by key, the language of the page with the
    translations of the lesson's texts, and lines about the country (its systems and its money)."""

    sources: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    said: Mapping[str, str] = field(default_factory=dict)
    country: tuple[str, ...] = ()


def handout(
    node: NotebookNode,
    block: NotebookBlock,
    meanings: Mapping[str, str] | None = None,
    context: Context = Context(),
    *,
    size: int = 0,
) -> paper.Page:
    """The handout of an executed lesson, in English or translated. ``meanings`` are those of the glossary; ``size`` 0 is the
    usual one."""
    sections = _sections(node, context.said)
    css, lines = _SIZES[size]
    say = partial(words.say, code=context.language)
    title = context.said.get(block.title, block.title)
    scene, question = _decision(_section(sections, "The decision"))
    cited = sorted({key for _, text in sections for key in prose.citations(text)})
    body = filled(
        __package__,
        "handout.html",
        size=css,
        title=title,
        scene=_html(scene),
        question=_html(question) if question != scene else "",
        points=_html(_section(sections, "Key points")),
        formula=_key_formula(node),
        figure=_key_figure(node),
        terms=_terms(block, meanings or {}, 12 - 2 * size, say),
        country=" ".join(say(line) for line in context.country),
        look_up=_html(_first_sentences(_section(sections, "In your country"))),
        lines=lines,
        sources=list(dict.fromkeys(context.sources.get(key, key) for key in cited)),
        say=say,
    )
    return paper.Page(f"{title} ({block.id})", body, context.language, style=_STYLE)


def _html(text: str) -> Markup:
    return Markup(prose.html(text))


def pdf(
    node: NotebookNode,
    block: NotebookBlock,
    meanings: Mapping[str, str] | None = None,
    context: Context = Context(),
) -> bytes:
    """The handout as a PDF of exactly two pages: letters shrink a step at a time until it is.

    Raises
    ------
    InputError
        Even the smallest letters need more; the message says what to shorten.
    """
    for size in range(len(_SIZES)):
        content = paper.pdf(handout(node, block, meanings, context, size=size).html)
        if pages(content) == PAGES:
            return content
    raise InputError(
        f"The handout of {block.id} needs more than two pages.",
        fix="Shorten the lesson's decision, key points or what to look up in one's country.",
    )


_CLOSER = """
@page { margin: 12mm 15mm 13mm; }
body { font-size: 9.6pt; line-height: 1.35; }
h2 { margin-top: .8em; } li { margin: .1em 0; } .line { height: 1.7em; } .code-line { padding: .4em .7em; margin: .4em 0; }
"""


def sparing(page: paper.Page) -> bytes:
    """A page as a PDF, set a little closer where that saves a sheet on which a few lines would stand alone."""
    content = paper.pdf(page.html)
    if pages(content) == 1:
        return content
    closer = paper.pdf(dataclasses.replace(page, style=page.style + _CLOSER).html)
    return closer if pages(closer) < pages(content) else content


def pages(content: bytes) -> int:
    """How many pages a PDF has."""
    import io

    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)


def _sections(node: NotebookNode, said: Mapping[str, str]) -> list[tuple[str, str]]:
    """(English heading, text) of the second-level sections; what one gets in an edition for a reader.

    A section is found by its English heading, whatever language its text is in: a translated copy has its own heading.
    """
    english = {translation: text for text, translation in said.items()}
    made: list[tuple[str, str]] = []
    for cell in node.cells:
        if cell.cell_type != "markdown" or set(cell.metadata.get("tags", [])) & {
            "instructor",
            "quiz",
            "solution",
        }:
            continue
        starts = [text for _, level, text in headings(cell.source) if level == 2]
        text = re.sub(r"\A#{1,2} .*\n?", "", cell.source)
        if starts:
            made.append((english.get(starts[0], starts[0]), text))
        elif made:
            made[-1] = (made[-1][0], f"{made[-1][1]}\n\n{text}")
    return made


def _section(sections: list[tuple[str, str]], start: str) -> str:
    return next((text for heading, text in sections if heading.startswith(start)), "")


def _decision(text: str) -> tuple[str, str]:
    """The scene and its question; what follows is for the lesson."""
    told = [source for kind, source in prose.blocks(text) if kind == "paragraph"]
    return next(iter(told), ""), next((source for source in told if source.startswith("**")), "")


def _first_sentences(text: str) -> str:
    kept = []
    for kind, source in prose.blocks(text):
        if kind == "list":
            for item in re.split(r"\n(?=[-*+] |\d+[.)] )", source):
                lines = [line.strip() for line in item.splitlines()]
                # "**When does the clock start?**" alone says little: its next sentence goes with it.
                kept.append(" ".join(lines[:2]))
        else:
            kept += ["", source.splitlines()[0], ""]
    return "\n".join(kept)


def _key_formula(node: NotebookNode) -> Markup:
    """The first formula on a line of its own, else the longest inside a line."""
    found: list[str] = []
    for cell in node.cells:
        if cell.cell_type == "markdown" and "instructor" not in cell.metadata.get("tags", []):
            found += prose.formulas(cell.source)
    return Markup(prose.formula(max(found, key=len)) if found else "")


def _key_figure(node: NotebookNode) -> tuple[str, str] | None:
    """The words for a picture and its data, of the one nearest to the middle of the lesson: the first is usually a warm-up, the last the pitfall's."""
    pictures = []
    for cell in node.cells:
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            data = output.get("data", {}).get("image/png")
            if data:
                pictures.append((alt, "".join("".join(data).split())))
    return pictures[len(pictures) // 2] if pictures else None


def _terms(
    block: NotebookBlock, meanings: Mapping[str, str], most: int, say: Callable[[str], str]
) -> list[tuple[str, Markup]]:
    """Terms of the lesson, each with the first line of its meaning."""
    known = [term for term in block.terms if term.lower() in meanings][: max(most, 4)]
    return [(say(term), _html(say(_first_line(meanings[term.lower()])))[3:-5]) for term in known]


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def meanings(glossary: str) -> dict[str, str]:
    """The meaning of every term of a glossary page, by the term in small letters."""
    made: dict[str, str] = {}
    names: list[str] = []
    for found in re.finditer(r"^(`{3,}|:{3,})\{glossary\}[^\n]*\n(.*?)^\1\s*$", glossary, re.M | re.S):
        for line in found[2].splitlines():
            if not line.strip():
                names = []
            elif not line.startswith(" "):
                names.append(line.strip().lower())
            else:
                for name in names:
                    made.setdefault(name, line.strip())
    return made


def authors(bibliography: Path) -> dict[str, str]:
    """ "Author (year)" of every source, by its key; a source without an author has its title."""
    from pybtex.database import parse_file

    made = {}
    for key, entry in parse_file(str(bibliography)).entries.items() if bibliography.is_file() else ():
        people = [str(person).replace("{", "").replace("}", "") for person in entry.persons.get("author", [])]
        name = people[0] if people else entry.fields.get("title", key)
        name = f"{name} et al." if len(people) > 2 else " and ".join([name, *people[1:2]])
        year = entry.fields.get("year")
        made[key] = re.sub(r"\\([&%_$])", r"\1", re.sub(r"[{}]", "", f"{name} ({year})" if year else name))
    return made
