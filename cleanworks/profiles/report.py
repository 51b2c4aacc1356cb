"""What the book shows of the active profile."""

from __future__ import annotations

import re
from typing import Any

from cleanworks import profiles


def illustrative(course: object = None) -> tuple[list[str], list[list[str]]]:
    """The values that no source stands behind: (headings, rows). `course` is what every report of the book is given."""
    profile = profiles.active()
    rows = [[f"`{key}`", _shown(profile[key]), _cited(profile.note(key) or "")] for key in profile.illustrative()]
    return ["value", "is", "what to know"], rows


def _cited(note: str) -> str:
    """Keys of sources in a note as citations."""
    return re.sub(r"\(?\b((?:ccs|acrc)-s\d+a?)\b\)?", r"{cite}`\1`", note)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(str(part) for part in value[:3])
        return f"{shown}, ... ({len(value)} in all)" if len(value) > 3 else shown
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
