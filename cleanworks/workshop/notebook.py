"""Notebooks as files and as cells: read, address, write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks.texts import read_text
from cleanworks.workshop.files import line_in_file, notebook_content
from cleanworks.workshop.metadata import CellBlock, NotebookBlock, cell_block, notebook_block

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Notebook:
    """A notebook file as read. `path` is for messages; `text` is the file's own text, to find lines in."""

    path: Path
    text: str
    content: dict[str, Any]

    @cached_property
    def node(self) -> NotebookNode:
        """The content as nbformat has it."""
        return _as_node(self.content)

    @cached_property
    def _block(self) -> tuple[NotebookBlock | None, list[str]]:
        return notebook_block(self.content["metadata"])

    @property
    def block(self) -> NotebookBlock | None:
        """The notebook's `cleanworks` block, or None when it is missing or wrong."""
        return self._block[0]

    @property
    def block_problems(self) -> list[str]:
        return self._block[1]

    @cached_property
    def cells(self) -> list[Cell]:
        return [Cell(position, node) for position, node in enumerate(self.node.cells, 1)]

    def with_tag(self, *tags: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.tags & set(tags)]

    @property
    def questions(self) -> dict[str, list[Cell]]:
        """Cells of every question of an exercise set, by question id, in the order of the notebook."""
        found: dict[str, list[Cell]] = {}
        for cell in self.cells:
            if cell.block.question and "quiz" not in cell.tags:
                found.setdefault(cell.block.question, []).append(cell)
        return found

    def file_line(self, cell: Cell | None = None, line: int | None = None) -> int | None:
        """The line of the file where a cell, or a line of its source, stands."""
        return line_in_file(self.text, cell.id, line) if cell is not None else None


@dataclass(frozen=True)
class Cell:
    """One cell and its place, counted from 1."""

    position: int
    node: NotebookNode

    @property
    def id(self) -> str:
        return self.node.get("id", "")

    @property
    def source(self) -> str:
        return self.node.source

    @property
    def is_code(self) -> bool:
        return self.node.cell_type == "code"

    @property
    def is_markdown(self) -> bool:
        return self.node.cell_type == "markdown"

    @cached_property
    def tags(self) -> set[str]:
        return set(self.node.metadata.get("tags", []))

    @cached_property
    def _block(self) -> tuple[CellBlock, list[str]]:
        return cell_block(self.node.metadata)

    @property
    def block(self) -> CellBlock:
        return self._block[0]

    @property
    def block_problems(self) -> list[str]:
        return self._block[1]

    @property
    def headings(self) -> list[tuple[int, int, str]]:
        """(line, level, text) of each heading of a Markdown cell."""
        return headings(self.source) if self.is_markdown else []

    def __str__(self) -> str:
        return f"cell {self.position} `{self.id}`"


def parse(text: str, path: Path | str) -> NotebookNode:
    """Turn the text of a file into a notebook of format 4.5.

    Raises
    ------
    InputError
        It is not JSON, not a notebook, or of another format.
    """
    return _as_node(notebook_content(text, str(path)))


def _as_node(content: dict[str, Any]) -> NotebookNode:
    # Whoever only asks what a notebook says about itself does not wait for nbformat to load.
    import nbformat

    return nbformat.from_dict(content)


def read(path: Path) -> Notebook:
    """Read a notebook file.

    Raises
    ------
    InputError
        There is no such file, it cannot be read, or it is not a notebook of format 4.
    """
    path = Path(path)
    text = read_text(path, "The notebook")
    return Notebook(path, text, notebook_content(text, str(path)))


def dump(node: NotebookNode) -> str:
    """The text of a notebook file: sorted keys, one space of indent, real letters, one final line end.

    This is also what JupyterLab writes, so that opening and saving a notebook changes nothing.
    """
    content = json.loads(json.dumps(node))
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        for output in cell.get("outputs", []):
            _split_output(output)
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, separators=(",", ": ")) + "\n"


def _split_output(output: dict[str, Any]) -> None:
    if isinstance(output.get("text"), str):
        output["text"] = output["text"].splitlines(keepends=True)
    for kind, value in output.get("data", {}).items():
        if isinstance(value, str) and kind.startswith("text/"):
            output["data"][kind] = value.splitlines(keepends=True)


_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")


def lines_outside_fences(source: str) -> Iterator[tuple[int, str]]:
    """(number, line) of each line of Markdown that stands in no code block."""
    fence = ""
    for number, line in enumerate(source.splitlines(), 1):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if mark and mark.group(1)[0] != ":":
            fence = mark.group(1)
            continue
        yield number, line


def headings(source: str) -> list[tuple[int, int, str]]:
    """(line, level, text) of each heading."""
    found = []
    for number, line in lines_outside_fences(source):
        if match := _HEADING.match(line):
            found.append((number, len(match.group(1)), match.group(2)))
    return found
