"""Notebooks as files and as cells: read, address, write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanworks.errors import InputError
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
        if cell is None:
            return None
        lines = self.text.splitlines()
        mark = f'"id": {json.dumps(cell.id)}'
        start = next((n for n, text in enumerate(lines, 1) if mark in text), None)
        if start is None or line is None:
            return start
        source = next(
            (n for n in range(start, len(lines) + 1) if lines[n - 1].lstrip().startswith('"source": [')), None
        )
        return source + line if source else start


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
    return _as_node(_content(text, path))


def _as_node(content: dict[str, Any]) -> NotebookNode:
    # Whoever only asks what a notebook says about itself does not wait for nbformat to load.
    import nbformat

    return nbformat.from_dict(content)


def _content(text: str, path: Path | str) -> dict[str, Any]:
    where = str(path)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"The notebook is not JSON: {error.msg} at column {error.colno}.",
            where=f"{where}, line {error.lineno}",
            fix="Look for a merge conflict or a missing comma there.",
        ) from None
    except RecursionError:
        raise InputError("The notebook is nested too deeply to be a notebook.", where=where) from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise InputError("This is not a notebook: it has no list of cells.", where=where)
    if content.get("nbformat") != 4:
        raise InputError(
            f"The notebook has format {content.get('nbformat')!r}; format 4 is needed.",
            where=where,
            fix="Open it in JupyterLab and save it.",
        )
    for position, cell in enumerate(content["cells"], 1):
        wrong = _cell_problem(cell)
        if wrong:
            raise InputError(
                wrong, where=f"{where}, cell {position}", fix="Open it in JupyterLab and save it."
            )
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
    content.setdefault("metadata", {})
    if not isinstance(content["metadata"], dict):
        raise InputError("The notebook's metadata is not a block of named values.", where=where)
    return content


def _cell_problem(cell: Any) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return "A cell has no known type."
    source = cell.get("source")
    if not isinstance(source, str) and not (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    ):
        return "A cell has no source."
    metadata = cell.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        return "A cell's metadata is not a block of named values."
    tags = metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return "A cell's tags are not a list of words."
    return None


def read(path: Path) -> Notebook:
    """Read a notebook file.

    Raises
    ------
    InputError
        There is no such file, it cannot be read, or it is not a notebook of format 4.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("There is no such notebook.", where=str(path), fix="Check the name.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"The notebook is not UTF-8 text (byte {error.start}).", where=str(path)) from None
    except OSError as error:
        raise InputError(f"The notebook cannot be read: {error.strerror}.", where=str(path)) from None
    return Notebook(path, text, _content(text, path))


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
