"""Mark up a notebook's typed cells, so that a page can box, fold and number them.

A Markdown cell leaves no trace in a Sphinx document and nothing can be wrapped around a code cell. So marks are put
between the cells: `begin` and `end` directives that :mod:`cleanworks.workshop.pages.boxes` turns into boxes again. The
notebook still runs as before, which is why a book that executes its own notebooks looks the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from cleanworks.errors import InputError
from cleanworks.workshop.metadata import ANSWER_ROLES, ROLES, cell_block
from cleanworks.workshop.notebook import headings
from cleanworks.workshop.quiz import order, parse_quiz

MARK = "cleanworks-mark"
ORIGIN = "cleanworks-origin"

# One box around all cells that follow each other with this role.
_JOINED = {"solution", "pitfall", "instructor"}


def mark_up(
    notebook: NotebookNode, *, where: str, front: str = "", story: bool = False, read: str = ""
) -> NotebookNode:
    """A copy of a notebook with marks around its typed cells.

    Parameters
    ----------
    where : str
        Name of the file, for messages.
    front : str
        Markdown that goes under the title.
    story : bool
        The notebook begins with a story: `front` goes under its first section. On a phone a box of objectives fills the
        screen, and a reader who comes for the story meets a table of contents.
    read : str
        Id of the lesson that a button at the end marks as read.

    Raises
    ------
    InputError
        A quiz cell cannot be read.
    """
    writer = _Writer(where, front, Counter(_role(cell) for cell in notebook.cells), story)
    for cell in notebook.cells:
        writer.add(cell)
    writer.close_to(0)
    writer.put_front()
    if read:
        writer.begin("read", lesson=read)
        writer.end()
    marked = NotebookNode(notebook)
    marked.cells = writer.cells
    return marked


def origin(marked: NotebookNode, position: int) -> str | None:
    """Id of the source cell that a cell of a marked-up notebook comes from; None for what was added."""
    if not 0 <= position < len(marked.cells):
        return None
    cell = marked.cells[position]
    return cell.id if cell.cell_type == "code" else cell.metadata.get(ORIGIN)


def _role(cell: NotebookNode) -> str | None:
    return next((role for role in ROLES if role in cell.metadata.get("tags", [])), None)


@dataclass
class _Writer:
    """Collects cells and marks. `open` is the stack of boxes that have begun: (kind, question)."""

    where: str
    front: str
    total: Counter[str | None]
    story: bool = False
    cells: list[NotebookNode] = field(default_factory=list)
    open: list[tuple[str, str | None]] = field(default_factory=list)
    sections: int = 0
    seen: Counter[str | None] = field(default_factory=Counter)

    def add(self, cell: NotebookNode) -> None:
        role = _role(cell)
        question = cell_block(cell.metadata)[0].question
        title, body = _split_heading(cell)
        if title is not None:
            self.close_to(0)
            begins_section = re.search(r"^## ", title, re.MULTILINE) is not None
            if begins_section and self.sections == 1:
                self.put_front()
            self.sections += begins_section
            self.markdown(title, cell)
            if title.startswith("# ") and not self.story:
                self.put_front()
        if title is None or body.strip():
            self.place(cell, role, question, body)

    def put_front(self) -> None:
        if self.front:
            self.begin("front")
            self.markdown(self.front)
            self.close_to(0)
            self.front = ""

    def place(self, cell: NotebookNode, role: str | None, question: str | None, body: str) -> None:
        if role in ANSWER_ROLES and question:
            if not self.open or self.open[0] != ("exercise", question):
                self.close_to(0)
                self.begin("exercise", question=question)
            self.answer_cell(cell, role, body)
            return
        if role in _JOINED:
            if self.open != [(role, None)]:
                self.close_to(0)
                self.begin(role)
        else:
            self.close_to(0)
        if role == "quiz":
            self.quiz(cell, question, body)
        else:
            self.content(cell, body, boxed=role in _JOINED)

    def answer_cell(self, cell: NotebookNode, role: str, body: str) -> None:
        """A cell inside the box of its question."""
        inside = [kind for kind, _ in self.open[1:]]
        if role == "hint":
            if inside[:1] != ["hints"]:
                self.close_to(1)
                self.begin("hints")
            self.close_to(2)
            self.begin("hint")
        elif not self.belongs_inside(cell, role, inside):
            self.close_to(1)
            if role != "exercise":
                self.begin(role)
        self.content(cell, body, boxed=True)

    @staticmethod
    def belongs_inside(cell: NotebookNode, role: str, inside: list[str]) -> bool:
        """Solutions share a box; the check that an instructor's edition adds stays with what it judges."""
        if role == "solution":
            return inside == ["solution"]
        return cell_block(cell.metadata)[0].generated and inside in (["solution"], ["wrong-answer"])

    def quiz(self, cell: NotebookNode, question: str | None, body: str) -> None:
        name = question or cell.id
        read = parse_quiz(body)
        if not read.question or not read.options:
            raise InputError(
                "This quiz cell has no question or no options.",
                where=f"{self.where}, cell `{cell.id}`",
                fix="`cleanworks lint` says what is missing.",
            )
        self.begin("quiz", question=name, of=self.total["quiz"], several=cell_block(cell.metadata)[0].several)
        self.boxed_text("quiz-prompt", read.question, cell)
        for place in order([option.text for option in read.options], name):
            option = read.options[place]
            self.begin("quiz-option", option=place + 1, right=option.right, fixed=option.is_fixed)
            self.boxed_text("quiz-text", option.text, cell)
            if option.feedback:
                self.boxed_text("quiz-feedback", option.feedback, cell)
            self.end()
        self.close_to(0)

    def boxed_text(self, kind: str, text: str, cell: NotebookNode) -> None:
        self.begin(kind)
        self.markdown(_without_headings(text), cell)
        self.end()

    def content(self, cell: NotebookNode, body: str, *, boxed: bool) -> None:
        if cell.cell_type == "markdown":
            self.markdown(_without_headings(body) if boxed else body, cell)
        else:
            self.cells.append(cell)

    def begin(self, kind: str, question: str | None = None, **about: Any) -> None:
        number = self.count(kind, question)
        about = {"kind": kind, "number": number, **about} | ({"question": question} if question else {})
        self.mark(f"```{{{MARK}}} begin\n{json.dumps(about)}\n```")
        self.open.append((kind, question))

    def count(self, kind: str, question: str | None) -> int:
        """Exercises and quiz questions are numbered through the page, hints and mistakes within their question."""
        scope = kind
        if kind in ("hint", "wrong-answer"):
            scope = f"{kind} {self.open[0][1]}"
        self.seen[scope] += 1
        return self.seen[scope]

    def end(self) -> None:
        self.mark(f"```{{{MARK}}} end\n```")
        self.open.pop()

    def close_to(self, depth: int) -> None:
        while len(self.open) > depth:
            self.end()

    def mark(self, source: str) -> None:
        self.cells.append(_markdown_cell(source, f"mark-{len(self.cells)}"))

    def markdown(self, source: str, cell: NotebookNode | None = None) -> None:
        copy = _markdown_cell(source, f"text-{len(self.cells)}")
        if cell is not None:
            copy.metadata[ORIGIN] = cell.id
        if cell is not None and "attachments" in cell:
            copy.attachments = cell.attachments
        self.cells.append(copy)


def _markdown_cell(source: str, id: str) -> NotebookNode:
    """As nbformat makes it, which would validate each of thousands of cells before the whole notebook is validated."""
    return NotebookNode(cell_type="markdown", id=id, metadata=NotebookNode(), source=source)


def _split_heading(cell: NotebookNode) -> tuple[str | None, str]:
    """The heading that a Markdown cell begins with, and the rest.

    A heading may not stand inside a box: it begins a section of the page.
    """
    if cell.cell_type != "markdown":
        return None, cell.source
    source = cell.source.lstrip("\n")
    # `(label)=` lines before a heading belong to it.
    match = re.match(r"((?:\([\w:.-]+\)=\n+)*#{1,6}\s+[^\n]+)(?:\n|$)", source)
    return (match[1], source[match.end() :]) if match else (None, cell.source)


def _without_headings(source: str) -> str:
    """Headings further down in a box become rubrics: large words that begin no section."""
    at = {line: text for line, _, text in headings(source)}
    return "\n".join(_rubric(at.get(number), line) for number, line in enumerate(source.split("\n"), 1))


def _rubric(text: str | None, line: str) -> str:
    return line if text is None else f"```{{rubric}} {text}\n```"
