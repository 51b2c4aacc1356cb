"""Lines of Arabic, Persian or Hebrew for a program that draws letter after letter from left to right.

The book's Matplotlib joins letters and orders words itself. That of Python in the page does neither; :mod:`cleanworks.figures`
then gives it each line as it is seen: letters in their joined forms, which Unicode has as letters of their own, in the order
in which they stand from left to right. It follows the Unicode Bidirectional Algorithm (UAX 9) without its marks for
embedding, and the joining of the Arabic script without vowel signs, which are left out.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_FORMS = range(0xFB50, 0xFF00)
_LONGER = "\u0640\u200d"  # they join on both sides and look as they are


def as_drawn(line: str) -> str:
    """A line as it is seen from left to right. What holds no letters of these scripts stays as it is.

    >>> as_drawn("Days late")
    'Days late'
    >>> as_drawn("\u0628\u0628 5")  # the two letters joined, left of them the number
    '5 \ufe90\ufe91'
    """
    classes = [unicodedata.bidirectional(letter) for letter in line]
    if not {"R", "AL"}.intersection(classes):
        return line
    joined = [(letter, kind) for letter, kind in zip(_joined(line), classes, strict=True) if letter]
    letters = [letter for letter, _ in joined]
    levels = _levels([kind for _, kind in joined])
    letters = [
        letter.translate(_MIRRORED) if level % 2 else letter
        for letter, level in zip(letters, levels, strict=True)
    ]
    for least in range(max(levels), 0, -1):
        letters, levels = _turned(letters, levels, least)
    return "".join(letters)


# --- letters ------------------------------------------------------------------------------------------------------


@functools.cache
def _shapes() -> dict[str, dict[str, str]]:
    """How letters, and pairs that are written as one, look: alone, at the end, at the beginning and in the middle of a word."""
    shapes: dict[str, dict[str, str]] = {}
    for code in _FORMS:
        kind, *plain = unicodedata.decomposition(chr(code)).split() or [""]
        if kind in ("<isolated>", "<final>", "<initial>", "<medial>"):
            letters = "".join(chr(int(part, 16)) for part in plain)
            # Of the pairs only lam with alef is compulsory.
            if len(letters) == 1 or (len(letters) == 2 and letters[0] == "\u0644" and letters[1] in "آأإا"):
                shapes.setdefault(letters, {}).setdefault(kind, chr(code))
    return shapes


def _joined(line: str) -> list[str]:
    """The form of each letter; nothing for a vowel sign, and for the alef that a lam has taken in."""
    shapes, forms = _shapes(), [""] * len(line)
    places = [place for place, letter in enumerate(line) if unicodedata.bidirectional(letter) != "NSM"]
    before = False  # the letter before joins this one
    skipped = False
    for number, place in enumerate(places):
        letter = line[place]
        if skipped:
            skipped = False
            continue
        after = line[places[number + 1]] if number + 1 < len(places) else ""
        if letter + after in shapes and after:
            forms[place] = shapes[letter + after]["<final>" if before else "<isolated>"]
            before, skipped = False, True
            continue
        own = shapes.get(letter, {})
        joins = (
            bool(after)
            and ("<initial>" in own or letter in _LONGER)
            and ("<final>" in shapes.get(after, {}) or after in _LONGER)
        )
        kind = {
            (True, True): "<medial>", (True, False): "<final>", (False, True): "<initial>", (False, False): "<isolated>"
        }[before and ("<final>" in own), joins]  # fmt: skip
        forms[place] = own.get(kind, letter)
        before = joins
    return forms


# --- order --------------------------------------------------------------------------------------------------------


def _levels(classes: Sequence[str]) -> list[int]:
    """How deep each letter stands in text of the other direction; an odd depth runs from right to left."""
    base = next((int(kind != "L") for kind in classes if kind in ("L", "R", "AL")), 0)
    outside = "R" if base else "L"
    kinds = list(classes)
    strong = outside
    for place, kind in enumerate(kinds):  # numbers after an Arabic letter are Arabic ones
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[place] = "AN"
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for place in range(1, len(kinds) - 1):  # a point or comma inside a number
        around = kinds[place - 1], kinds[place + 1]
        if kinds[place] == "CS" and around in (("EN", "EN"), ("AN", "AN")):
            kinds[place] = around[0]
        elif kinds[place] == "ES" and around == ("EN", "EN"):
            kinds[place] = "EN"
    for begin, end in _runs(kinds, ("ET",)):  # a per cent sign or a currency beside a number
        if "EN" in (kinds[begin - 1 : begin] + kinds[end : end + 1]):
            kinds[begin:end] = ["EN"] * (end - begin)
    strong = outside
    for place, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[place] = "L"
    sides = ["R" if kind in ("EN", "AN") else kind for kind in kinds]
    neutral = tuple(set(kinds) - {"L", "R", "EN", "AN"})
    for begin, end in _runs(kinds, neutral):  # what has no direction takes that of both sides, or of the line
        left = sides[begin - 1] if begin else outside
        right = sides[end] if end < len(sides) else outside
        kinds[begin:end] = [left if left == right else outside] * (end - begin)
    depth = {"L": 2 if base else 0, "R": 1, "EN": 2, "AN": 2}
    levels = [depth[kind] for kind in kinds]
    for place in range(len(levels) - 1, -1, -1):  # spaces at the end belong to the line
        if classes[place] not in ("WS", "B", "S"):
            break
        levels[place] = base
    return levels


def _runs(kinds: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Where letters of these kinds stand together: from, and up to but without."""
    runs: list[tuple[int, int]] = []
    for place, kind in enumerate(kinds):
        if kind in wanted:
            if runs and runs[-1][1] == place:
                runs[-1] = runs[-1][0], place + 1
            else:
                runs.append((place, place + 1))
    return runs


def _turned(letters: list[str], levels: list[int], least: int) -> tuple[list[str], list[int]]:
    """Each stretch of at least this depth the other way round."""
    made, depths, waiting = [], [], []
    for pair in [*zip(letters, levels, strict=True), None]:
        if pair and pair[1] >= least:
            waiting.append(pair)
            continue
        for letter, level in reversed(waiting):
            made.append(letter)
            depths.append(level)
        waiting = []
        if pair:
            made.append(pair[0])
            depths.append(pair[1])
    return made, depths
