"""Names for a room: drawn, so that nobody has to give one; or made up, in any script."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Container, Sequence

from cleanworks import words

LONGEST = 30

# Things that are nobody's name, no judgement and no sign of a party or a faith.
THINGS = (
    "Anchor", "Bamboo", "Bridge", "Brook", "Canoe", "Cedar", "Cloud", "Comet", "Coral", "Delta", "Dune", "Fern",
    "Forest", "Garden", "Harbour", "Hill", "Island", "Kite", "Lake", "Lantern", "Maple", "Meadow", "Moon", "Mountain",
    "Ocean", "Pebble", "Pine", "Rain", "Reef", "River", "Sail", "Shell", "Spring", "Star", "Stone", "Sunrise",
    "Valley", "Water", "Wave", "Wind",
)  # fmt: skip

# Invisible letters that words of some scripts need: the joiners of Persian and the languages of India.
_JOINERS = "\u200c\u200d"


def things(language: str) -> tuple[str, ...]:
    """The things in a language; they are translated as one line, because each alone has other meanings elsewhere.

    >>> things("fr")[2]
    'Pont'
    """
    return tuple(one.strip() for one in re.split("[,،]", words.say(", ".join(THINGS), language)))


def draw(taken: Container[str], chance: random.Random | None = None, things: Sequence[str] = THINGS) -> str:
    """A thing and a number that nobody has yet.

    >>> draw({"cloud 7"}, random.Random(1))
    'Canoe 18'
    """
    chance = chance or random.SystemRandom()
    most = 20
    for attempt in range(10_000):
        name = f"{chance.choice(things)} {chance.randint(2, most)}"
        if name.casefold() not in taken:
            return name
        most += attempt
    raise RuntimeError("no name is left")  # ten thousand draws from a growing range


def tidy(name: str) -> str:
    """A name as it is shown: composed, on one line, without marks that nobody sees or that turn the line around; empty if no
    letter or digit is left.

    >>> tidy("  Ngôi   sao\\u202e ")
    'Ngôi sao'
    """
    name = unicodedata.normalize("NFC", name[: 20 * LONGEST])
    kept = "".join(
        letter if unicodedata.category(letter)[0] not in "CZ" or letter in _JOINERS else " "
        for letter in name
        if unicodedata.category(letter) != "Cf" or letter in _JOINERS
    )
    name = " ".join(kept.split())[:LONGEST].strip()
    return name if any(unicodedata.category(letter)[0] in "LN" for letter in name) else ""
