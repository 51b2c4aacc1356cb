"""Handouts: two printed pages a module, to take home."""

from __future__ import annotations

import re

from nbformat import NotebookNode

from cleanworks import paper
from cleanworks.errors import InputError
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


def handout(
    node: NotebookNode, block: NotebookBlock, meanings: dict[str, str] | None = None, *, size: int = 0
) -> paper.Page:
    """The handout of an executed lesson. ``meanings`` are those of the glossary; ``size`` 0 is the usual one."""
    sections = _sections(node)
    css, lines = _SIZES[size]
    first = [
        f"<h1>{paper.escape(block.title)}</h1>",
        "<h2>The decision</h2>",
        _decision(_section(sections, "The decision")),
        "<h2>Key points</h2>",
        prose.html(_section(sections, "Key points")),
        _key_formula(node),
        _key_figure(node),
    ]
    second = [
        _terms(block, meanings or {}, 12 - 2 * size),
        "<h2>In your country</h2>",
        prose.html(_first_sentences(_section(sections, "In your country"))),
        "<h2>My notes: what I will look up, and whom I will ask</h2>",
        '<div class="lines">' + "<div></div>" * lines + "</div>",
    ]
    sources = sorted({key for _, text in sections for key in prose.citations(text)})
    if sources:
        second.append(f'<p class="note">Sources: see the book&#x27;s list, {paper.escape(", ".join(sources[:12]))}.</p>')
    body = f'<section class="sheet {css}">{"".join(first)}</section><section class="sheet {css}">{"".join(second)}</section>'
    return paper.Page(f"{block.title} ({block.id})", body, style=_STYLE)


def pdf(node: NotebookNode, block: NotebookBlock, meanings: dict[str, str] | None = None) -> bytes:
    """The handout as a PDF of exactly two pages: letters shrink a step at a time until it is.

    Raises
    ------
    InputError
        Even the smallest letters need more; the message says what to shorten.
    """
    for size in range(len(_SIZES)):
        content = paper.pdf(handout(node, block, meanings, size=size).html)
        if pages(content) == PAGES:
            return content
    raise InputError(
        f"The handout of {block.id} needs more than two pages.",
        fix="Shorten the lesson's decision, key points or what to look up in one's country.",
    )


def pages(content: bytes) -> int:
    """How many pages a PDF has."""
    import io

    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)


def _sections(node: NotebookNode) -> list[tuple[str, str]]:
    """(heading, text) of the second-level sections; what one gets in an edition for a reader."""
    made: list[tuple[str, str]] = []
    for cell in node.cells:
        if cell.cell_type != "markdown" or set(cell.metadata.get("tags", [])) & {"instructor", "quiz", "solution"}:
            continue
        starts = [text for _, level, text in headings(cell.source) if level == 2]
        text = re.sub(r"\A#{1,2} .*\n?", "", cell.source)
        if starts:
            made.append((starts[0], text))
        elif made:
            made[-1] = (made[-1][0], f"{made[-1][1]}\n\n{text}")
    return made


def _section(sections: list[tuple[str, str]], start: str) -> str:
    return next((text for heading, text in sections if heading.startswith(start)), "")


def _decision(text: str) -> str:
    """The scene and its question; what follows is for the lesson."""
    blocks = prose.blocks(text)
    scene = next((source for kind, source in blocks if kind == "paragraph"), "")
    question = next((source for kind, source in blocks if kind == "paragraph" and source.startswith("**")), "")
    body = prose.html(scene)
    return body + (f'<div class="question">{prose.html(question)}</div>' if question and question != scene else "")


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


def _key_formula(node: NotebookNode) -> str:
    """The first formula on a line of its own, else the longest inside a line."""
    found: list[str] = []
    for cell in node.cells:
        if cell.cell_type == "markdown" and "instructor" not in cell.metadata.get("tags", []):
            found += prose.formulas(cell.source)
    if not found:
        return ""
    return f'<p class="formula-line">{prose.formula(max(found, key=len))}</p>'


def _key_figure(node: NotebookNode) -> str:
    """The picture nearest to the middle of the lesson: the first is usually a warm-up, the last the pitfall's."""
    pictures = []
    for cell in node.cells:
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            data = output.get("data", {}).get("image/png")
            if data:
                pictures.append((alt, "".join("".join(data).split())))
    if not pictures:
        return ""
    alt, data = pictures[len(pictures) // 2]
    return f'<figure><img alt="{paper.escape(alt)}" src="data:image/png;base64,{data}"></figure>'


def _terms(block: NotebookBlock, meanings: dict[str, str], most: int) -> str:
    known = [(term, meanings[term.lower()]) for term in block.terms if term.lower() in meanings]
    known = known[: max(most, 4)]
    if not known:
        return ""
    rows = "".join(
        f"<div><dt>{paper.escape(term)}</dt><dd>{prose.html(_first_line(meaning))[3:-5]}</dd></div>" for term, meaning in known
    )
    return f"<h2>Terms</h2><dl>{rows}</dl>"


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
