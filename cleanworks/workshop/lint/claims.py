"""Statements that a reader cannot check: a number, or what people "mostly" do, without a source or a result beside it.

A number is backed by a citation in its paragraph or by a code cell directly above or below, whose output shows it. It needs no
backing where the text says that it is made up, or where the cell puts a question and so sets a scene.
What is said of people in general ("most clients do not") is backed by a citation only: no output of a lesson shows what the
world does. Beside an output, "most of these" speaks of the output.
Whatever else is right is marked in the cell's metadata, with its reason: `"claims": {"Most clients do not": "..."}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleanworks.workshop.notebook import Cell, Notebook, lines_outside_fences

_CITED = re.compile(r"\{cite(?::\w+)?\}`")
# Code, roles, formulas, targets of links and what somebody is quoted with say nothing themselves.
_QUIET = re.compile(
    r"(?:\{[\w:-]+\})?`+[^`]*`+|\$\$?[^$\n]+\$\$?|(?<=\])\([^)\s]*\)|“[^”]*”|\"[^\"]*\"|‘[^’]*’", re.DOTALL
)
_MADE_UP = re.compile(
    r"\b(?:suppos\w+|assum\w+|imagin\w+|our|ours|we (?:choose|chose|take|took|use|count|set)|invented|illustrative|for example)\b",
    re.IGNORECASE,
)
# Places in the course, names such as OC4IDS, years, clock times, the marks of a list; 0, 1 and 100 are ends of scales.
_NO_AMOUNT = re.compile(
    r"^\s*\d+[.)]\s|\b(?:steps?|lessons?|questions?|tiers?|grades?|parts?|figures?|tables?|cells?|stages?|tasks?|acts?|indicators?|days?)"
    r"\s+\d[\d.]*(?:(?:,|,? and|,? or| to)\s+\d[\d.]*)*|\b\w*[^\W\d]\w*\d\w*|\b\d+[^\W\d]+\b|\b(?:19|20)\d\d(?:-\d\d(?:\d\d)?)?\b"
    r"|\b\d\d?:\d\d\b|(?<![\d.,])(?:0|1|100)(?![\d]|[.,]\d)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\d|\b(?:about|some|around|over|under|more than|fewer than|less than|at least)\s+(?:ten|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|sixty|seventy|eighty|ninety|a dozen|a hundred|a thousand)\b|\b(?:hundreds|thousands|dozens) of\b",
    re.IGNORECASE,
)
_PEOPLE = (
    r"(?:people|persons?|citizens?|users?|officials?|countries|cities|firms?|companies|contractors?|subcontractors?|governments?"
    r"|ministr(?:y|ies)|clients?|workshops?|learners?|beginners?|journalists?|newspapers?|meetings?|workers?|employers?|auditors?"
    r"|administrations?|(?:public|private) works|construction sites?|open data|everybody|nobody|anybody)"
)
_GENERAL = re.compile(
    r"(?<!at )(?<!the )\bmost(?:ly)?\b(?! likely)|\bnearly (?:all|every\w*)|\bhardly (?:ever|any\w*)|\bmore often than\b|\busually\b"
    rf"|\bfirst\b(?=\s*(?:[.,;)]|$))|\b{_PEOPLE}(?: (?!that\b|who\b|which\b)\w+)? never\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(rf"\b{_PEOPLE}\b", re.IGNORECASE)
_SHOWN = re.compile(
    r"\b(?:these|this|here|those|above|below|simulated|first guess)\b|\bmost of the\b", re.IGNORECASE
)
# "Draw it first, and ..." tells what to do.
_ORDER = re.compile(r"^\W*(?:so |then |now |but |and )?(?:never|ask|choose|compare|count|decide|do|draw|find|give|keep|let|look|look up"
                    r"|name|note|print|publish|put|read|run|say|send|show|take|tell|test|train|use|write)\b", re.IGNORECASE)  # fmt: skip


def unsourced(notebook: Notebook) -> Iterator[tuple[Cell, int, str]]:
    """(cell, line, what is wrong) of each statement of a lesson that nothing backs, and of each mark that marks nothing."""
    cells = notebook.cells
    for place, cell in enumerate(cells):
        if not cell.is_markdown or cell.tags & {"quiz", "instructor"}:
            continue
        marks = cell.block.claims
        beside = any(cells[near].is_code for near in (place - 1, place + 1) if 0 <= near < len(cells))
        used = set()
        for line, sentence, what in _statements(cell.source, beside):
            over = {mark for mark in marks if mark in sentence}
            used |= over
            if not over:
                yield cell, line, what
        for mark in marks:
            if mark not in used:
                yield cell, None, f"The mark {mark!r} under `claims` marks nothing that needs it."


def _statements(source: str, beside: bool) -> Iterator[tuple[int, str, str]]:
    """(line, sentence, what is wrong) of the statements of one cell, which may have a result beside it."""
    blocks = _blocks(source)
    asks = any(line.rstrip('*_"” ').endswith("?") for block in blocks for _, line in block)
    for block in blocks:
        text = "\n".join(line for _, line in block)
        if _CITED.search(text):
            continue
        quiet = _QUIET.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text).split("\n")
        for (number, line), said in zip(block, quiet, strict=True):
            if line.rstrip('*_"” ').endswith("?") or _ORDER.search(said) or _MADE_UP.search(said):
                continue
            if (
                not (beside or asks)
                and _AMOUNT.search(_NO_AMOUNT.sub(" ", said))
                and not _MADE_UP.search(text)
            ):
                yield number, line, f"Nothing backs the number in: {line.strip()}"
            elif _GENERAL.search(said) and _SOMEBODY.search(said) and not (beside and _SHOWN.search(said)):
                yield number, line, f"Nothing backs what is said in general in: {line.strip()}"


def _blocks(source: str) -> list[list[tuple[int, str]]]:
    """The paragraphs, list items and tables of a cell, each as (line, text); headings and directives left out."""
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, line in lines_outside_fences(source):
        bare = line.strip()
        if not bare or bare.startswith(("#", ":")):
            blocks.append([])
        elif re.match(r"(?:[-*+]|\d+[.)])\s", line):
            blocks.append([(number, line)])
        else:
            blocks[-1].append((number, line))
    return [block for block in blocks if block]
