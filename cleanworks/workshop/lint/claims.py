"""Statements that a reader cannot check: a number, or what people "mostly" do, without a source or a result beside it.

A number is backed by a citation in its paragraph or by a code cell directly above or below, whose output shows it. It needs no
backing where the text says that it is made up, or where the cell puts a question and so sets a scene.
What is said of people in general ("most clients do not") is backed by a citation only: no output of a lesson shows what the
world does. Beside an output, "most of these" speaks of the output.
Whatever else is right is marked in the cell's metadata, with its reason: `"claims": {"Most clients do not": "..."}`.

In an exercise set a task gives numbers of its own, and the hints, the solution and what the check says may take them up; a task
that speaks of a named country (`about`) has to cite. A page of the book has no cells: a program writes what stands between
`<!-- name: begin -->` and `<!-- name: end -->`, and marks stand in `cleanworks.toml`, under `[[claims]]`. In a module of checks
a comment `# claims: reason` on the line marks what it says.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator

from cleanworks.workshop.notebook import Cell, Notebook, lines_outside_fences

_CITED = re.compile(r"\{cite(?::\w+)?\}`")
# Code, roles, formulas, targets of links and what somebody is quoted with say nothing themselves.
_QUIET = re.compile(
    r"(?:\{[\w:-]+\})?`+[^`]*`+|\$\$?[^$\n]+\$\$?|(?<=\])\([^)\s]*\)|“[^”]*”|\"[^\"]*\"|‘[^’]*’", re.DOTALL
)
_MADE_UP = re.compile(
    r"\b(?:suppos\w+|assum\w+|imagin\w+|our|ours|we (?:choose|chose|take|took|use|count|set)|invented|illustrative|for (?:example|instance))\b",
    re.IGNORECASE,
)
# Places in the course, names such as OC4IDS, years, clock times, the marks of a list; 0, 1 and 100 are ends of scales.
_NO_AMOUNT = re.compile(
    r"^\W*\d+[.)]\s|\(\d+ minutes?\)|\b(?:steps?|lessons?|questions?|tiers?|grades?|parts?|figures?|tables?|cells?|stages?|tasks?|acts?|indicators?|days?"
    r"|formats?|python)\s+\d[\d.]*(?:(?:,|,? and|,? or| to)\s+\d[\d.]*)*|\b\w*[^\W\d]\w*\d\w*|(?-i:\b[A-Z]{2,}-\d+\b)|\b\d+[^\W\d]+\b|\b\d+(?:\.\d+){2,}|\b(?:19|20)\d\d(?:-\d\d(?:\d\d)?)?\b"
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
_CLAUSES = re.compile(r"[;:]\s|, (?=(?:and|but|so) )|(?<=[.!?]) ")
# How long something is to take is a plan.
_LONG = re.compile(r"\bminutes?\b", re.IGNORECASE)
# "Draw it first, and ..." tells what to do.
_ORDER = re.compile(r"^\W*(?:so |then |now |but |and )?(?:never|allow|ask|choose|compare|count|decide|do|draw|find|give|keep|let|look|look up"
                    r"|name|note|plan|print|publish|put|read|run|say|send|show|take|tell|test|train|use|write)\b", re.IGNORECASE)  # fmt: skip


# Directives of a page whose body is prose, and those that show what was computed.
_PROSE = re.compile(
    r"^\s*(?:`{3,}|:{3,})\{(?:admonition|note|tip|hint|important|warning|caution|seealso|dropdown|glossary)\}"
)
_RESULT = re.compile(r"^\s*`{3,}\{(?:report|code-cell)\}")
_FENCE = re.compile(r"^\s*(`{3,}|:{3,})")
_WRITTEN = re.compile(r"^<!-- [\w-]+: (begin|end) -->\s*$")
_COMMENT = re.compile(r"#\s*claims:\s*\S")
_NUMBER = re.compile(r"\d[\d,_]*(?:\.\d+)?")
# No word of a sentence, and to look for words in it would take for ever.
_NO_WORD = re.compile(r"\S{500,}")


def unsourced(notebook: Notebook) -> Iterator[tuple[Cell, int | None, str]]:
    """(cell, line, what is wrong) of each statement of a lesson or an exercise set that nothing backs, and of each idle mark."""
    cells = notebook.cells
    is_set = notebook.block is not None and notebook.block.kind == "exercises"
    for place, cell in enumerate(cells):
        if not cell.is_markdown or "instructor" in cell.tags:
            continue
        marks = cell.block.claims
        near = [cells[at] for at in (place - 1, place + 1) if 0 <= at < len(cells)]
        if "quiz" in cell.tags:
            # A question sets a scene, and its wrong options are wrong; what stands under them is said in earnest.
            found = _statements(_explanations(cell.source), given=None)
        elif is_set:
            scene = "exercise" in cell.tags and not cell.block.about
            given = None if scene else _given(cells, cell)
            found = _statements(cell.source, beside=any(map(_shows, near)), given=given)
        else:
            found = _statements(cell.source, beside=any(one.is_code for one in near), asks=True)
        used = set()
        for line, sentence, what in found:
            over = {mark for mark in marks if mark in sentence}
            used |= over
            if not over:
                yield cell, line, what
        for mark in marks:
            if mark not in used:
                yield cell, None, f"The mark {mark!r} under `claims` marks nothing that needs it."


def in_page(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, sentence, what is wrong) of each statement of a page of Markdown that nothing backs."""
    for section in _sections(text):
        beside = any(_RESULT.match(line) for _, line in section)
        first = section[0][0]
        prose = dict(_prose(section))
        lines = [prose.get(number, "") for number, _ in section]
        for line, sentence, what in _statements("\n".join(lines), beside=beside, fenced=False):
            yield first + line - 1, sentence, what


def in_checks(source: str, notebook: Notebook) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of each statement in what a module of checks says to learners of an exercise set."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    given = {number for cell in notebook.cells for number in _numbers(cell.source)}
    comments = _marked_lines(source)
    for node, said in _said(tree):
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if not comments.intersection(lines):
            for _, _, what in _statements(said, given=given):
                yield node.lineno, what


def _explanations(source: str) -> str:
    """What stands under the options of a question, each line where it was."""
    return "\n".join(
        line.strip().removeprefix(">").strip() if line.lstrip().startswith(">") else ""
        for line in source.splitlines()
    )


def _given(cells: list[Cell], cell: Cell) -> set[str]:
    """The numbers that the task of a cell's question gives, in its text or its code."""
    question = cell.block.question
    return {
        number
        for one in cells
        if question
        and one.block.question == question
        and one is not cell
        and (one.is_code or "exercise" in one.tags)
        for number in _numbers(one.source)
    }


def _numbers(source: str) -> set[str]:
    return {_plain(number) for number in _NUMBER.findall(source)}


def _plain(number: str) -> str:
    return number.replace(",", "").replace("_", "")


def _shows(cell: Cell) -> bool:
    """Whether a cell of an exercise set has a result under it that a reader sees."""
    if not cell.is_code or cell.tags & {"check", "wrong-answer"}:
        return False
    try:
        body = ast.parse(cell.source).body
    except SyntaxError:
        return False
    return bool(body) and isinstance(body[-1], ast.Expr)


def _said(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """The texts of a module that are no docstrings, each as a whole; what is put in for a computed value is left out."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield from [(node, node.value)] if " " in node.value.strip() else []  # a name is no sentence


def _marked_lines(source: str) -> set[int]:
    """The lines of code whose comment says why what they say needs no source."""
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and _COMMENT.match(token.string):
            found.add(token.start[0])
    return found


def _sections(text: str) -> Iterator[list[tuple[int, str]]]:
    """The parts of a page between its headings, each as (line, text); what stands in its head is left out."""
    lines = list(enumerate(text.splitlines(), 1))
    if lines and lines[0][1].strip() == "---":
        ends = [at for at, (_, line) in enumerate(lines) if at and line.strip() == "---"]
        lines = lines[ends[0] + 1 :] if ends else lines
    fence = ""
    section: list[tuple[int, str]] = []
    for number, line in lines:
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and fence and mark.group(1).startswith(fence):
            fence = ""
        if not fence and re.match(r"#{1,6}\s", line) and section:
            yield section
            section = []
        section.append((number, line))
    if section:
        yield section


def _prose(section: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines that somebody wrote to be read: no code, no options of directives, nothing that a program has written."""
    fence, written = "", False
    for number, line in section:
        if turn := _WRITTEN.match(line):
            written = turn.group(1) == "begin"
            continue
        mark = _FENCE.match(line)
        if fence:
            if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if mark:
            # The body of a note is read like the text around it; its last line has no name.
            if not _PROSE.match(line) and line.strip().strip("`:"):
                fence = mark.group(1)
            continue
        if written or re.match(r"\s*(?::[\w-]+:(?:\s|$)|%|<!--|\([\w-]+\)=)", line):
            continue
        # The text of a definition begins with a colon.
        yield number, re.sub(r"^\s*:\s+", "", line)


def _statements(
    source: str,
    *,
    beside: bool = False,
    given: Collection[str] | None = frozenset(),
    asks: bool = False,
    fenced: bool = True,
) -> Iterator[tuple[int, str, str]]:
    """(line, sentence, what is wrong) of the statements of a text.

    It may have a result ``beside`` it, or may take up numbers that were ``given``, where None stands for any; with ``asks`` a
    question in it makes its numbers those of a scene. ``fenced`` says that code may stand in it.
    """
    blocks = _blocks(source, fenced=fenced)
    scene = given is None or (
        asks and any(line.rstrip('*_"” ').endswith("?") for block in blocks for _, line in block)
    )
    for block in blocks:
        text = "\n".join(line for _, line in block)
        if _CITED.search(text):
            continue
        quiet = _QUIET.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text).split("\n")
        quiet = _without_durations(quiet)
        for (number, line), said in zip(block, quiet, strict=True):
            if line.rstrip('*_"” ').endswith("?") or _ORDER.search(said) or _MADE_UP.search(said):
                continue
            if not (beside or scene) and _unbacked(said, given or ()) and not _MADE_UP.search(text):
                yield number, line, f"Nothing backs the number in: {line.strip()}"
            elif _general(said) and not (beside and _SHOWN.search(said)):
                yield number, line, f"Nothing backs what is said in general in: {line.strip()}"


def _general(said: str) -> bool:
    """Whether a clause says what people in general do; what it tells somebody to do first is another matter."""
    return any(
        _GENERAL.search(clause) and _SOMEBODY.search(clause) and not _ORDER.search(clause)
        for clause in _CLAUSES.split(said)
    )


def _unbacked(said: str, given: Collection[str]) -> bool:
    """Whether a sentence holds an amount that is none of those given."""
    said = _NO_AMOUNT.sub(" ", said)
    said = _NUMBER.sub(lambda found: " " if _plain(found[0]) in given else found[0], said)
    return _AMOUNT.search(said) is not None


def _without_durations(lines: list[str]) -> list[str]:
    """A table without its columns of minutes; other lines as they are."""
    if not lines or not lines[0].lstrip().startswith("|"):
        return lines
    columns = {at for at, head in enumerate(lines[0].split("|")) if _LONG.search(head)}
    return [
        "|".join(" " if at in columns else cell for at, cell in enumerate(line.split("|"))) for line in lines
    ]


def _blocks(source: str, *, fenced: bool = True) -> list[list[tuple[int, str]]]:
    """The paragraphs, list items and tables of a text, each as (line, text); headings and directives left out."""
    blocks: list[list[tuple[int, str]]] = [[]]
    lines = lines_outside_fences(source) if fenced else enumerate(source.splitlines(), 1)
    for number, whole in lines:
        line = _NO_WORD.sub(" ", whole)
        bare = line.strip()
        if not bare or bare.startswith(("#", ":")):
            blocks.append([])
        elif re.match(r"(?:[-*+]|\d+[.)])\s", line):
            blocks.append([(number, line)])
        else:
            blocks[-1].append((number, line))
    return [block for block in blocks if block]
