"""What the book shows of this room: the tables of published figures, for the directive `report`."""

from __future__ import annotations

from cleanworks.integrity import published
from cleanworks.published_figures import described


def figures(course: object = None) -> tuple[list[str], list[list[str]]]:
    """The tables of published figures: (headings, rows)."""
    return described(published)
