"""Where in a TOML file something stands, so that a message can point at the line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A TOML file as its reader sees it: its name and its text."""

    name: str = "the workshop"
    text: str = ""

    def at(self, *place: str | int) -> str:
        """The file and the line of an entry, such as ``at("days", 0, "start")``; the file alone if it cannot be found."""
        number = self.line(*place)
        return f"{self.name}, line {number}" if number else self.name

    def line(self, *place: str | int) -> int | None:
        """The line of an entry, counted from 1: of its key, else of the block that it belongs to."""
        if not place:
            return None
        lines = self.text.splitlines()
        heads = [
            number
            for number, line in enumerate(lines)
            if re.match(r"\s*\[", line) and not re.match(r"\s*\[\s*[{\"']", line)
        ]
        first, last = 0, heads[0] if heads else len(lines)
        found = None
        if len(place) > 1 and isinstance(place[1], int):
            blocks = [
                number
                for number in heads
                if re.match(rf"\s*\[\[\s*{re.escape(str(place[0]))}\s*\]\]", lines[number])
            ]
            if place[1] < len(blocks):
                first = found = blocks[place[1]]
                last = next((number for number in heads if number > first), len(lines))
                place = place[2:]
        for key in reversed([part for part in place if isinstance(part, str)]):
            pattern = re.compile(rf"(?:^|[{{,]|[\"'])\s*[\"']?{re.escape(key)}[\"']?\s*(?:[=:,\]}}]|$)")
            hit = next(
                (number for number in range(first, last) if pattern.search(lines[number].partition("#")[0])),
                None,
            )
            if hit is not None:
                return hit + 1
        if found is None and len(place) == 1:
            # It is no key but a heading: [days], or [[trainers]].
            heading = rf"\s*\[\[?\s*{re.escape(str(place[0]))}\s*\]"
            found = next((number for number in heads if re.match(heading, lines[number])), None)
        return None if found is None else found + 1


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that was probably meant: other capitals, a zero for an o, or a few letters.

    >>> nearest("01", ["o1", "c1"]), nearest("C6", ["c5", "c6"]), nearest("ugnada", ["uganda", "ukraine"])
    ('o1', 'c6', 'uganda')
    """
    names = list(known)
    for said in (word.lower().strip(), re.sub(r"^0", "o", word.lower().strip())):
        for name in names:
            if name.lower() == said or re.sub(r"[\W_]", "", name.lower()) == re.sub(r"[\W_]", "", said) != "":
                return name
    return next(iter(difflib.get_close_matches(word.lower(), names, n=1, cutoff=cutoff)), None)


def meant(word: str, known: Sequence[str]) -> str:
    """ "Did you mean ...? " or nothing."""
    close = nearest(word, known)
    return f"Did you mean {close!r}? " if close else ""
