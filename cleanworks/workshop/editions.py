"""Editions: what a reader, a learner and an instructor get, made from one notebook.

Everything here takes a notebook and gives a new one; nothing is executed, read or written.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import html
import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal
from urllib.parse import unquote

import nbformat
from nbformat import NotebookNode

from cleanworks.workshop import hidden_text
from cleanworks.workshop.code import plain_python
from cleanworks.workshop.metadata import BLOCK
from cleanworks.workshop.quiz import without_key

Audience = Literal["reader", "learner", "instructor"]

LEFT_OUT: dict[str, frozenset[str]] = {
    "reader": frozenset({"wrong-answer", "instructor"}),
    "learner": frozenset({"wrong-answer", "instructor", "solution"}),
    "instructor": frozenset(),
}
"""The tags of the cells that each audience does not get."""


def edition(node: NotebookNode, audience: Audience) -> NotebookNode:
    """The notebook for one audience. Cells keep their ids, so that every edition can be traced to its source.

    ``reader``
        The book: without wrong answers and notes to the instructor; with solutions and the keys of the quiz.
    ``learner``
        What is handed out: also without solutions, and without keys and feedback in the quiz, whose options come in an
        order that the id of the question gives.
    ``instructor``
        Everything. After a solution and after each wrong answer stands the check again, so that the executed copy
        shows what the learner will read.
    """
    if audience not in LEFT_OUT:
        raise ValueError(f"audience is one of {', '.join(LEFT_OUT)}, not {audience!r}")
    made = copy.deepcopy(node)
    made.cells = [cell for cell in made.cells if not _tags(cell) & LEFT_OUT[audience]]
    if audience == "learner":
        for cell in made.cells:
            if "quiz" in _tags(cell):
                cell.source = without_key(
                    cell.source, cell.metadata.get(BLOCK, {}).get("question") or cell.id
                )
                cell.metadata.get(BLOCK, {}).pop("several", None)
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
    if audience == "instructor":
        made.cells = _with_checks(made.cells)
    return made


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _question(cell: NotebookNode) -> str | None:
    return cell.metadata.get(BLOCK, {}).get("question")


def _with_checks(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells with a copy of the question's check after its last solution cell with code and each wrong answer."""
    checks = {_question(cell): cell for cell in cells if "check" in _tags(cell) and cell.cell_type == "code"}
    last_solution = {
        _question(cell): cell.id for cell in cells if "solution" in _tags(cell) and cell.cell_type == "code"
    }
    made: list[NotebookNode] = []
    for cell in cells:
        made.append(cell)
        question = _question(cell)
        if question not in checks or cell.cell_type != "code":
            continue
        if "wrong-answer" in _tags(cell) or last_solution.get(question) == cell.id:
            again = copy.deepcopy(checks[question])
            again.id = f"{cell.id}-check"[:64]
            again.metadata[BLOCK]["generated"] = True
            if "outputs" in again:
                again.outputs, again.execution_count = [], None
            made.append(again)
    return made


# --- leaks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leak:
    """A line of a solution that stands where a learner can read it."""

    question: str
    cell: str
    line: int
    text: str


def leaks(artefact: str, source: NotebookNode, *, taught: Iterable[NotebookNode] = ()) -> list[Leak]:
    """Lines of the solutions in `source` that a learner's artefact gives away.

    Parameters
    ----------
    artefact : str
        The text of a notebook file (its sources and outputs are read), of a web page, or any plain text.
    source : notebook
        The exercise set with its solutions.
    taught : notebooks
        Lessons whose code is known to the learner.

    Spaces and the kind of quotes do not count, and code is also compared as Python writes it (`ast.unparse`), statement by statement and
    with the value alone of what the starter leaves open: ``total = ...`` is given away by a hint that says the rest. Lines that carry no answer are passed over: imports, brackets, bare names, comments of two
    words; and so are lines that the starter, the check, the code around the questions or a lesson shows as well.
    """
    return Answers.of(source, taught).in_text(artefact)


@dataclass(frozen=True)
class Answers:
    """What would give the solutions of an exercise set away; found once, looked for in many texts."""

    cells: tuple[tuple[bool, tuple[Leak, ...]], ...]
    """For each cell of a solution whether it is code, and its pieces: first its lines, then statements as Python writes them."""

    @classmethod
    def of(cls, source: NotebookNode, taught: Iterable[NotebookNode] = ()) -> Answers:
        """The pieces of the solutions that nothing else shows: see `leaks`."""
        shown = "\n".join({_squeezed(line) for line in _known_lines(source, taught)})
        open_names = _left_open(source)
        cells = []
        for cell in source.cells:
            if "solution" not in _tags(cell):
                continue
            code, question = cell.cell_type == "code", _question(cell) or ""
            lines = [
                (number, line)
                for number, line in enumerate(cell.source.splitlines(), 1)
                if not _is_trivial(line, code=code)
            ]
            if code:
                lines += _statements(cell.source, open_names.get(question, set()))
            pieces = (
                Leak(question, cell.get("id", ""), number, line.strip())
                for number, line in lines
                if _squeezed(line) not in shown
            )
            cells.append((code, tuple(pieces)))
        return cls(tuple(cells))

    def in_text(self, artefact: str) -> list[Leak]:
        """The pieces that a text shows, at most one for each line of a solution."""
        texts = _texts(artefact)
        leaks = []
        for code, pieces in self.cells:
            found: dict[int, Leak] = {}
            for piece in pieces:
                line = piece.text if code else _unmarked(piece.text)
                text, squeezed, shifted = texts[code]
                if piece.line in found:
                    continue
                # Most pieces are nowhere near: looking without spaces is quick and misses none.
                near = _squeezed(line) in squeezed
                if (near and _spaced(line).search(text) is not None) or shifted.holds(_straight(line)):
                    found[piece.line] = piece
            leaks += [found[line] for line in sorted(found)]
        return leaks


@lru_cache(maxsize=2)
def _texts(artefact: str) -> dict[bool, tuple[str, str, hidden_text.Shifted]]:
    """What a person can read, as it stands and without spaces: with its marks for code, without them for prose."""
    text = _readable(artefact)
    readable = _plainer("\n".join([*_ways(text), *hidden_text.thinned(text)]))
    prose = _unmarked(readable)
    shifted = hidden_text.Shifted("\n".join([text, *_unescaped(text)]), hidden_text.bytes_in(text))
    return {True: (readable, _close(readable), shifted), False: (prose, _close(prose), shifted)}


def _left_open(source: NotebookNode) -> dict[str, set[str]]:
    """For each question the names that its starter leaves to the learner: those it sets to ``...`` or to nothing that counts."""
    names: dict[str, set[str]] = {}
    for cell in source.cells:
        if "starter" in _tags(cell):
            found = {name for name, value in _assignments(cell.source) if isinstance(value, ast.Constant)}
            names.setdefault(_question(cell) or "", set()).update(found)
    return names


def _assignments(code: str) -> Iterable[tuple[str, ast.expr]]:
    """(name, value) of each assignment to a plain name."""
    for node in ast.walk(_tree(code)):
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))


def _statements(code: str, open_names: Iterable[str] = ()) -> tuple[tuple[int, str], ...]:
    """(line, text) of each statement of a solution as Python itself writes it, and of the value alone that answers the question."""
    return _cached_statements(code, frozenset(open_names))


@lru_cache(maxsize=4096)
def _cached_statements(code: str, open_names: frozenset[str]) -> tuple[tuple[int, str], ...]:
    return tuple(_find_statements(code, open_names))


def _find_statements(code: str, open_names: frozenset[str]) -> Iterable[tuple[int, str]]:
    for node in ast.walk(_Plain().visit(_tree(code))):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr):
            whole = ast.unparse(node)
            if not _is_trivial(whole, code=True):
                yield node.lineno, whole
        if (
            isinstance(node, ast.Assign)
            and {getattr(target, "id", "") for target in node.targets} & open_names
        ):
            value = ast.unparse(node.value)
            if not isinstance(node.value, ast.Constant | ast.Name) and not _is_trivial(value, code=True):
                yield node.lineno, value


class _Plain(ast.NodeTransformer):
    """Texts as one text each, however they are put together: ``u"m" + "m"`` is ``'mm'``, and so is ``"xm".replace("x", "m")``.

    ``names`` are texts that were given a name; where it is not given, names stay names.
    """

    def __init__(self, names: dict[str, ast.Constant] | None = None) -> None:
        self._names = names

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.copy_location(ast.Constant(node.value), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        made = self.generic_visit(node)
        match made:
            case ast.BinOp(ast.Constant(str(first)), ast.Add(), ast.Constant(str(second))):
                return _one_text(node, len(first) + len(second), lambda: first + second)
        return made  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        made = self.generic_visit(node)
        match made:
            case ast.Call(ast.Name("chr"), [ast.Constant(int(code))], []):
                return _one_text(node, 1, lambda: chr(code))
            case ast.Call(ast.Attribute(ast.Constant(str(text)), name), given, []) if name in _OF_TEXTS:
                with contextlib.suppress(ValueError, TypeError, RecursionError):
                    values = [ast.literal_eval(one) for one in given]
                    size = sum(len(one) for value in values for one in value) + 1
                    return _one_text(node, (len(text) + 1) * size, lambda: getattr(text, name)(*values))
        return made  # type: ignore[return-value]

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        made = self.generic_visit(node)
        match made:
            case ast.Subscript(ast.Constant(str(text)), ast.Slice(start, end, step)):
                with contextlib.suppress(ValueError, TypeError):
                    places: list[Any] = [one and ast.literal_eval(one) for one in (start, end, step)]
                    return _one_text(node, len(text), lambda: text[slice(*places)])
        return made  # type: ignore[return-value]

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        self.generic_visit(node)
        match node:
            case ast.Assign([ast.Name(name)], value) if self._names is not None:
                self._names.pop(name, None)
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    self._names[name] = value
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        known = (self._names or {}).get(node.id)
        return ast.copy_location(ast.Constant(known.value), node) if known and _is_read(node) else node


# What gives the same text each time, and harms nobody.
_OF_TEXTS = {
    *("capitalize", "casefold", "join", "lower", "lstrip", "removeprefix", "removesuffix", "replace"),
    *("rstrip", "strip", "swapcase", "title", "upper"),
}
_LONGEST_TEXT = 100_000


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _one_text(node: ast.expr, size: int, make: Callable[[], str]) -> ast.expr:
    """The text that Python would make here; the code as it stands where that is none, or would be long."""
    if size <= _LONGEST_TEXT:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            return ast.copy_location(ast.Constant(make()), node)
    return node


def _tree(code: str) -> ast.Module:
    try:
        return ast.parse(plain_python(code))
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _known_lines(source: NotebookNode, taught: Iterable[NotebookNode]) -> Iterable[str]:
    for cell in source.cells:
        if _tags(cell) & {"starter", "check"} or (cell.cell_type == "code" and not _question(cell)):
            yield from _lines_and_statements(cell.source)
    for lesson in taught:
        for cell in lesson.cells:
            if cell.cell_type == "code":
                yield from _lines_and_statements(cell.source)


def _lines_and_statements(code: str) -> Iterable[str]:
    yield from code.splitlines()
    yield from (piece for _, piece in _statements(code))


def _squeezed(line: str) -> str:
    """Without spaces, and with one kind of quotes."""
    return _close(_plainer(line))


def _close(text: str) -> str:
    return "".join(text.split()).replace('"', "'")


def _plainer(text: str) -> str:
    """In small letters, with the letters that people write as digits: `T0t4l` reads `total`."""
    return _straight(text).casefold().translate(_DIGITS)


_DIGITS = str.maketrans("013457@$|", "oieastasi")


# What typesetting makes of quotes, letters of other alphabets that look like Latin ones, and the invisible copies of ASCII.
_LETTERS: dict[int, str | int | None] = {
    **dict.fromkeys(map(ord, "“”„‟«»"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛′"), "'"),
    **str.maketrans(
        "аеорсухіјѕԁһԛԝАВЕЅІЈКМНОРСТУХοανρυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxijsdhqwABESIJKMHOPCTYXoavpuikABEZHIKMNOPTYX",
    ),
    **{0xE0000 + code: chr(code) for code in range(32, 127)},
}


@cache
def _alike() -> dict[int, str | int | None]:
    """With letters that nobody sees, and marks above and through others, which are none."""
    places = itertools.chain(range(0x80, 0x20000), range(0xE0000, 0xE0200))
    unseen = (code for code in places if unicodedata.category(chr(code)) in ("Cf", "Mn", "Me"))
    return {**dict.fromkeys(unseen), **_LETTERS}


def _straight(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.replace("″", '"')).translate(_alike())


@lru_cache(maxsize=8192)
def _spaced(line: str) -> re.Pattern[str]:
    """Finds a line with other spaces, as whole words: `days = 5` is not found in `max_days = 50`."""
    tokens = re.findall(r"\w+|[^\w\s]", _plainer(line))
    parts = ("[\"']" if token in "\"'" else re.escape(token) for token in tokens)
    return re.compile(r"(?<![\w.])" + r"\s*".join(parts) + (r"\b" if re.search(r"\w$", tokens[-1]) else ""))


def _unmarked(text: str) -> str:
    """Prose without the marks of Markdown, which a page does not show."""
    return re.sub(r"[*_`]", "", text)


def _is_trivial(line: str, *, code: bool) -> bool:
    text = line.strip()
    if len(_squeezed(text)) < 8:
        return True
    if not code:
        # Reasoning: a sentence of some length gives the answer, a label does not.
        return len(text.split()) < 5
    if re.match(r"(import|from)\s", text) or text in ("else:", "try:", "finally:", "return"):
        return True
    if text.startswith("#"):
        return len(text.split()) < 4
    # A bare name, several of them, or a call such as `table.head()`, shows values and answers nothing.
    return re.fullmatch(r"[\w.]+(\(\d*\))?|[^\W\d][\w.]*(,\s*[^\W\d][\w.]*)+", text) is not None


def _readable(artefact: str) -> str:
    """What a person can read in an artefact: of a notebook its sources and outputs, of a page its text."""
    start = artefact.lstrip()[:200].lower()
    if start.startswith("{"):
        try:
            content = json.loads(artefact)
        except json.JSONDecodeError:
            return artefact
        if isinstance(content, dict) and "cells" in content:
            return _straight("\n".join(_notebook_text(nbformat.from_dict(content))))
    is_page = start.startswith(("<!doctype", "<html"))
    return _straight(_without_tags(artefact) if is_page else artefact)


_ESCAPED = re.compile(r"""\\["'uUxN0-7\[\]_*`]""")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|N\{([A-Z0-9 -]+)\}|([0-7]{3})|(.))"
)
_HIDDEN = re.compile(
    r"""<!--(.*?)-->|\s(?!src=.(?!data:(?:text|image/svg))|(?:class|id|rel|href)=['"][^%=(]*['"])[\w:-]+=(?:"([^"]{8,})"|'([^']{8,})')""",
    re.S,
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_DEEPEST = 6
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CODE = re.compile(r"^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)|`([^`\n]{8,})`", re.M | re.S)
_COMMENTS = re.compile(r"^[ \t]*#.*(?:\n[ \t]*#.*)*", re.M)


def _ways(text: str, depth: int = 0) -> Iterable[str]:
    """A text as it stands, and as it reads where a notebook shows it or steps of decoding say it: two of them, or as many as it was coded."""
    yield text
    found = [*_unescaped(text), *hidden_text.decoded(text)]
    if "\x1b" in text:
        found.append(_ANSI.sub("", text))
    if "&" in text or "<" in text:
        found.append(_without_tags(text))
    if "`" in text or "**" in text:
        found.append(text.replace("`", "").replace("**", ""))
    if _PERCENT.search(text):
        found.append(unquote(text, errors="ignore"))
    for one in found:
        if depth == 0:
            yield from _ways(_straight(one), 1)
        elif depth < _DEEPEST and hidden_text.is_coded(one):
            # In one line: each line by itself, at each depth, would be more and more work.
            yield from _ways("".join(one.split()), depth + 1)
        else:
            yield one


def _without_tags(text: str) -> str:
    """A page as it reads, and what it does not show but holds in its source."""
    hidden = (one for found in _HIDDEN.findall(text) for one in found if one)
    return html.unescape("\n".join([re.sub(r"<[^>]+>", "", text), *hidden]))


def _unescaped(text: str) -> Iterable[str]:
    if "\\" in text:
        for line in text.splitlines():
            if _ESCAPED.search(line):
                yield _ESCAPE.sub(_character, line)


def _character(escape: re.Match[str]) -> str:
    braced, hexadecimal, name, octal, other = escape.groups()
    if other:
        return {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}.get(other, other)
    try:
        if name:
            return unicodedata.lookup(name)
        return chr(int(octal, 8) if octal else int(braced or hexadecimal[1:], 16))
    except (KeyError, ValueError, OverflowError):
        return escape[0]


def _notebook_text(node: NotebookNode) -> Iterable[str]:
    texts: list[str] = []
    yield from _strings(node.metadata)
    for cell in node.cells:
        source = _joined(cell.source)
        yield source
        if cell.cell_type == "code":
            yield from _code_text(source)
            texts += _constants(source)
        else:
            for block, span in _CODE.findall(source):
                yield from (statement for _, statement in _statements(block or span))
        yield from _strings(cell.metadata)
        yield from _strings(cell.get("attachments", {}))
        for output in cell.get("outputs", []):
            for name, value in output.items():
                yield from _strings(value)
                yield _joined(value) if isinstance(value, str | list) else ""
                for shown in value.values() if name == "data" else ():
                    if isinstance(shown, str | list):
                        yield _joined(shown)
    yield from texts
    # An answer may be put together from the texts of several cells, or stand in several cells.
    yield "".join(texts)
    yield "\n".join(_joined(cell.source) for cell in node.cells)


def _code_text(source: str) -> Iterable[str]:
    """The statements of a cell, and those of code that was made a comment."""
    comments = [re.sub(r"(?m)^[ \t]*# ?", "", found[0]) for found in _COMMENTS.finditer(source)]
    yield from comments
    for code in (source, *comments):
        yield from (statement for _, statement in _statements(code))


def _constants(source: str) -> list[str]:
    """Texts and bytes of a cell, in the order in which they stand there."""
    nodes = [node for node in ast.walk(_Plain({}).visit(_tree(source))) if isinstance(node, ast.Constant)]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    values = (node.value for node in nodes if isinstance(node.value, str | bytes))
    return [value if isinstance(value, str) else value.decode("latin-1") for value in values]


def _strings(value: Any) -> Iterable[str]:
    """Every text in a block of metadata, as it reads and not as JSON writes it."""
    if isinstance(value, str):
        yield value
        if value.lstrip().startswith(("{", "[", '"')):
            with contextlib.suppress(ValueError, RecursionError):
                yield from _strings(json.loads(value))
        elif "=" in value or "(" in value:
            yield from (statement for _, statement in _statements(value))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _joined(text: str | list[Any]) -> str:
    return text if isinstance(text, str) else "".join(str(part) for part in text)
