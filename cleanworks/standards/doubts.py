"""What of OCDS and OC4IDS was not taken, in words: values that are no number or no day, those that cannot be, what is there again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanworks import moments
from cleanworks.city import schemas
from cleanworks.standards import oc4ids
from cleanworks.typed import Tables


class Doubts:
    """Counts what the readers leave beside the tables that they make, see `shape.frame` and `oc4ids.pieces_of`.

    Examples
    --------
    >>> Doubts().take(ocds.read(path)).notes()
    []
    """

    def __init__(self) -> None:
        self.unread: dict[str, tuple[int, str]] = {}  # table.column: how many, and one of them
        self.beyond: dict[str, tuple[int, list[str]]] = {}  # table.column: how many, and some of them
        self.again = 0
        self.said: list[str] = []  # sentences on a file as a whole

    def take(self, tables: Tables) -> Doubts:
        """Add what is said beside some tables."""
        for name, table in tables.items():
            said: dict[Any, Any] = table.attrs
            more = {f"{name}.{column}": one for column, one in said.get("unread", {}).items()}
            self._add(more, said.get("beyond", {}), said.get("again", 0))
            self.said += said.get("said", ())
        return self

    def add(self, other: Doubts) -> None:
        self._add(other.unread, other.beyond, other.again)
        self.said += other.said

    def _add(
        self, unread: Mapping[str, tuple[int, str]], beyond: Mapping[str, tuple[int, list[str]]], again: int
    ) -> None:
        for column, (number, example) in unread.items():
            before, first = self.unread.get(column, (0, example))
            self.unread[column] = before + number, first
        for column, (number, some) in beyond.items():
            known, shown = self.beyond.get(column, (0, []))
            self.beyond[column] = known + number, [*shown, *some][: oc4ids.SHOWN]
        self.again += again

    def notes(self) -> list[str]:
        again = f"{self.again:,} {'project is' if self.again == 1 else 'projects are'}"
        return [
            *dict.fromkeys(self.said),
            *([f"{again} there again with the same words, and counted once."] if self.again else []),
            *(_unread(column, *one) for column, one in self.unread.items()),
            *(_beyond(column, *one) for column, one in self.beyond.items()),
        ]


def _unread(column: str, number: int, example: str) -> str:
    one = number == 1
    day = example.strip('"')
    advice = f" {moments.other_calendar(day)}" if moments.told_as_day(day) else ""
    return (
        f"{column}: {number:,} {'value is' if one else 'values are'} no number or no day that can be read, and "
        f"count{'s' if one else ''} as missing ({'' if one else 'for example '}{example}).{advice}".rstrip()
    )


def _beyond(column: str, number: int, some: list[str]) -> str:
    table, name = column.split(".")
    described = schemas.CONSTRUCTION[table][name]
    one, place = number == 1, table == "projects"
    return (
        f"{column}: {number:,} {'value is' if one else 'values are'} not from {described.low:g} to {described.high:g}, and "
        f"count{'s' if one else ''} as missing{', with the other half of the place' if place else ''} "
        f"({'; '.join(some)}{'; ...' if number > len(some) else ''}). "
        f"{'OC4IDS writes the longitude first: are they swapped? ' if place else ''}Correct the file and read it again."
    )
