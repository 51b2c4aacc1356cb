"""Editions: what a reader, a learner and an instructor get, made from one notebook.

Everything here takes a notebook and gives a new one; nothing is executed, read or written.
"""

from __future__ import annotations

import copy
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import nbformat
from nbformat import NotebookNode

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
                cell.source = without_key(cell.source, cell.metadata.get(BLOCK, {}).get("question") or cell.id)
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

    Spaces do not count. Lines that carry no answer are passed over: imports, brackets, bare names, comments of two
    words; and so are lines that the starter, the check, the code around the questions or a lesson shows as well.
    """
    readable = _readable(artefact)
    prose = _unmarked(readable)
    known = {_squeezed(line) for line in _known_lines(source, taught)}
    found = []
    for cell in source.cells:
        if "solution" not in _tags(cell):
            continue
        for number, line in enumerate(cell.source.splitlines(), 1):
            squeezed = _squeezed(line)
            if squeezed in known or _is_trivial(line, code=cell.cell_type == "code"):
                continue
            if cell.cell_type == "code":
                given_away = _spaced(line).search(readable) is not None
            else:
                given_away = _spaced(_unmarked(line)).search(prose) is not None
            if given_away:
                found.append(Leak(_question(cell) or "", cell.get("id", ""), number, line.strip()))
    return found


def _known_lines(source: NotebookNode, taught: Iterable[NotebookNode]) -> Iterable[str]:
    for cell in source.cells:
        if _tags(cell) & {"starter", "check"} or (cell.cell_type == "code" and not _question(cell)):
            yield from cell.source.splitlines()
    for lesson in taught:
        for cell in lesson.cells:
            if cell.cell_type == "code":
                yield from cell.source.splitlines()


def _squeezed(line: str) -> str:
    return "".join(line.split())


def _spaced(line: str) -> re.Pattern[str]:
    """Finds a line with other spaces, as whole words: `days = 5` is not found in `max_days = 50`."""
    tokens = re.findall(r"\w+|[^\w\s]", line)
    return re.compile(r"(?<![\w.])" + r"\s*".join(re.escape(token) for token in tokens) + r"(?!\w)")


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
    # A bare name, or a call such as `table.head()`, shows a value and answers nothing.
    return re.fullmatch(r"[\w.]+(\(\d*\))?", text) is not None


def _readable(artefact: str) -> str:
    """What a person can read in an artefact: of a notebook its sources and outputs, of a page its text."""
    start = artefact.lstrip()[:200].lower()
    if start.startswith("{"):
        try:
            content = json.loads(artefact)
        except json.JSONDecodeError:
            return artefact
        if isinstance(content, dict) and "cells" in content:
            return "\n".join(_notebook_text(nbformat.from_dict(content)))
    if start.startswith(("<!doctype", "<html")):
        return html.unescape(re.sub(r"<[^>]+>", "", artefact))
    return artefact


def _notebook_text(node: NotebookNode) -> Iterable[str]:
    for cell in node.cells:
        yield _joined(cell.source)
        yield json.dumps(cell.metadata, ensure_ascii=False)
        for output in cell.get("outputs", []):
            yield _joined(output.get("text", ""))
            for value in output.get("data", {}).values():
                if isinstance(value, str | list):
                    yield _readable_html(_joined(value))


def _readable_html(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text)) if text.lstrip().startswith("<") else text


def _joined(text: str | list) -> str:
    return text if isinstance(text, str) else "".join(str(part) for part in text)
