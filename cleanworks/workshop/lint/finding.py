"""What a rule is and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanworks.workshop.lint.context import Context
    from cleanworks.workshop.notebook import Cell, Notebook

Hit = tuple["Cell | None", int | None, str]
"""(cell or None for the whole notebook, line in the cell or None, what is wrong)."""


@dataclass(frozen=True)
class Rule:
    """A rule: its name, what it asks for, what to do when it is broken, and the function that looks."""

    name: str
    asks: str
    fix: str
    look: Callable[[Notebook, Context], Iterator[Hit]]


@dataclass(frozen=True)
class Finding:
    """One broken rule at one place.

    `cell` is the cell's id and `position` its number from 1; `line` counts within the cell, `file_line` within the file.
    """

    path: Path
    rule: str
    what: str
    fix: str
    cell: str | None = None
    position: int | None = None
    line: int | None = None
    file_line: int | None = None

    @property
    def place(self) -> str:
        """`c6.ipynb:120: cell 4 `c6-e1-hint`, line 2`; the first part opens the line in most editors."""
        place = f"{self.path.as_posix()}{f':{self.file_line}' if self.file_line else ''}"
        if self.cell is not None:
            place += f": cell {self.position} `{self.cell}`"
        if self.line is not None:
            place += f", line {self.line}"
        return place

    def __str__(self) -> str:
        return f"{self.place}\n    {self.what} {self.fix} [{self.rule}]"

    def record(self) -> dict[str, Any]:
        """Plain data for programs."""
        return {
            "path": self.path.as_posix(),
            "line": self.file_line,
            "cell": self.cell,
            "cell_line": self.line,
            "rule": self.rule,
            "what": self.what,
            "fix": self.fix,
        }
