"""What was found about a country: statements and one chart for each part of the course, each with its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cleanworks.errors import InputError

CONFIDENCE = {
    "V": "read in an official text",
    "S": "second hand",
    "C": "sources disagree",
    "O": "possibly outdated",
}
"""What the letters of a confidence mean; two can stand together."""


@dataclass(frozen=True)
class Fact:
    """One statement about a country, with its source, the date it speaks of and how far it can be trusted."""

    part: str
    text: str
    source: str
    date: str
    confidence: str

    @property
    def trust(self) -> str:
        """The confidence in words."""
        return trust(self.confidence)


@dataclass(frozen=True)
class Chart:
    """A few published numbers of one kind, to be drawn as bars: pairs of label and value in one unit."""

    part: str
    title: str
    unit: str
    bars: tuple[tuple[str, float], ...]
    source: str
    note: str = ""


def trust(letters: str) -> str:
    """The confidence in words.

    >>> trust("SO")
    'second hand, possibly outdated'
    """
    return ", ".join(CONFIDENCE[letter] for letter in letters)


def taken(tree: dict[str, Any], file: str, text: str) -> tuple[tuple[Fact, ...], tuple[Chart, ...]]:
    """Take the lists `facts` and `charts` out of a profile's tree.

    Raises
    ------
    InputError
        An entry lacks a field, has one too many, or does not say where it comes from.
    """
    found: dict[str, list[Any]] = {}
    kinds: dict[str, type[Fact] | type[Chart]] = {"facts": Fact, "charts": Chart}
    for name, kind in kinds.items():
        rows = tree.pop(name, [])
        if not isinstance(rows, list):
            raise InputError(f"'{name}' is not a list.", where=file, fix=f"Begin each entry with [[{name}]].")
        found[name] = []
        for number, row in enumerate(rows):
            problem = _problem(row, kind)
            if problem:
                raise InputError(
                    f"An entry of '{name}' {problem}.",
                    where=f"{file}, line {_line(text, name, number)}",
                    fix=_FIX[name],
                )
            if kind is Chart:
                row = {**row, "bars": tuple((label, float(value)) for label, value in row["bars"])}
            found[name].append(kind(**row))
    return tuple(found["facts"]), tuple(found["charts"])


_FIX = {
    "facts": "It has part, text, source, date and confidence.",
    "charts": 'It has part, title, unit, bars and source; bars are pairs such as ["2022", 87.6].',
}


def _problem(row: Any, kind: type[Fact] | type[Chart]) -> str | None:
    if not isinstance(row, Mapping):
        return "is not a table"
    fields = kind.__dataclass_fields__
    lacking = [name for name in fields if name not in row and name != "note"]
    if lacking:
        return f"has no '{lacking[0]}'"
    strange = [name for name in row if name not in fields]
    if strange:
        return f"has an unknown field '{strange[0]}'"
    if kind is Fact and not re.fullmatch(r"[VSC]O?", str(row["confidence"])):
        return "has a confidence that is not V, S or C, with O behind it where it may be outdated"
    if kind is Chart and not _pairs(row["bars"]):
        return "has bars that are not pairs of a label and a number from 0 upwards"
    return None


def _pairs(bars: Any) -> bool:
    return (
        isinstance(bars, list) and len(bars) > 1
        and all(isinstance(bar, list) and len(bar) == 2 and isinstance(bar[0], str) and isinstance(bar[1], int | float) and bar[1] >= 0 for bar in bars)
    )  # fmt: skip


def _line(text: str, name: str, number: int) -> int | str:
    lines = [
        at for at, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\[\s*{name}\s*\]\]", line)
    ]
    return lines[number] if number < len(lines) else "?"
