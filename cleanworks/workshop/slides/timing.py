"""Minutes of the sections of a lesson, as its note to the instructor gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TIMING = re.compile(r"\*\*Timing\b[^*]*\*\*(?:[^:\n]*:)?(.*?)(?:\n\s*\n|\Z)", re.S)
_SHARE = re.compile(r"(.+?)\s+(\d+)(?:\s*min(?:utes)?)?\s*$")
_STEPS = re.compile(r"steps?\s+(\d+)(?:\s*(?:to|-|–|and)\s*(\d+))?")


def minutes(notes: str, sections: Sequence[str], teach: int) -> dict[str, float] | None:
    """Minutes of each section, scaled so that together they are ``teach``; None when the note gives none.

    The note reads: ``**Timing** (50 minutes): decision and prediction 5, step 1 8, steps 2 and 3 10, pitfall 3.``
    """
    found = _TIMING.search(notes)
    if not found:
        return None
    shares: dict[str, float] = {}
    said = re.sub(r"\([^)]*\)", "", " ".join(found[1].split()))
    for piece in re.split(r"[,;.]\s+|\.$", said):
        share = _SHARE.match(piece.strip().rstrip("."))
        if not share:
            continue
        named = [s for s in sections if _names(share[1].lower(), s.lower()) and s not in shares]
        for section in named:
            shares[section] = int(share[2]) / len(named)
    total = sum(shares.values())
    if not total or len(shares) < len(sections) / 3:
        return None
    return {section: value * teach / total for section, value in shares.items()}


def _names(words: str, section: str) -> bool:
    """Whether a piece of the note speaks of a section: "step 2", "prediction", "the pitfall", "quiz"."""
    step = re.match(r"step (\d+)", section)
    if step:
        return any(int(first) <= int(step[1]) <= int(last or first) for first, last in _STEPS.findall(words))
    keys = {
        "the decision": ("decision", "scene", "opening", "start"),
        "predict before you run": ("predict",),
        "pitfall": ("pitfall",),
        "in your country": ("country",),
        "key points": ("key point",),
        "quiz": ("quiz",),
    }
    return any(
        section.startswith(start) and any(word in words for word in known) for start, known in keys.items()
    )
