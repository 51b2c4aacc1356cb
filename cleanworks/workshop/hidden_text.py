"""What a text says behind the codings that people reach for when an answer should not be seen at once.

One list of codecs, tried on everything that looks like one of them, and compressed bytes unpacked. What came out is a text
again, so whoever looks in it asks once more, and as long as nothing but a coded text comes out (`is_coded`). `Shifted` finds a line
whose letters were shifted or mixed with one number, or whose bytes were with a key of up to 16.

Nothing is executed, so these are not reached: code compiled by Python (`marshal`), a key as long as the line, an alphabet in another
order, and a text that a loop or a function puts together.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import contextlib
import lzma
import quopri
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# More than any answer, and no harm to the memory where somebody packed gigabytes of nothing.
_UNPACKED = 1_000_000
_CODED_AT_MOST = 20_000
_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{4,20000}(?:\n[\w+/-]{4,76}){0,200}={0,2}(?![\w+/=-])", re.ASCII)
_BASE32 = re.compile(r"(?<!\w)(?:[A-Z2-7]{16,20000}|[a-z2-7]{16,20000})={0,6}(?!\w)")
_HEX = re.compile(r"(?<!\w)(?:0x)?[0-9a-fA-F]{2}(?:[\s:,;-]{0,3}(?:0x)?[0-9a-fA-F]{2}){7,10000}(?!\w)")
_BITS = re.compile(r"(?<!\w)[01]{7,8}(?:[\s,;]{0,3}[01]{7,8}){7,10000}(?!\w)")
_CODES = re.compile(r"(?<!\w)\d{2,3}(?:\D{1,12}\d{2,3}){7,10000}(?!\w)")
_NUMBER = re.compile(r"(?<!\w)\d{20,4000}(?!\w)")
_UU = re.compile(r"(?m)^[!-M][ -`]{8,60}$(?:\n[!-M][ -`]{8,60}$)*")
_BASE85 = re.compile(r"""(?<!\S)\S{20,20000}(?!\S)|["'`](?=([^\s"'`]{20,20000})["'`])""")
_QUOTED = re.compile(r"=[0-9A-F]{2}")
_PACKED = re.compile(rb"\x1f\x8b|x[\x01\x5e\x9c\xda]|BZh|\xfd7zXZ")
_CODED = re.compile(r"[!-~]{16,}(?:\n[!-~]{4,})*\n?")
_TEXT = re.compile(rb"[ -~]{8}")
_NO_TEXT, _NO_TEXT_AND_ONE = re.compile(rb"[^ -~\n\t]+"), re.compile(rb"[^ -~\n\t]+[ -~]?")
# How old pickles and marshal begin a text.
_KIND = re.compile(r"(?m)^(?:V|z.)")
_SPELLED = re.compile(r"(?<!\w)\S(?:\s{1,3}\S){7,}(?!\w)")


def decoded(text: str) -> Iterable[str]:
    """What stands in a text in base64, base32, base85, uuencode, in numbers of characters or backwards.

    >>> "a = b + 1" in decoded("1 + b = a")
    True
    """
    for content in _contents(text):
        # UTF-16 puts a nothing beside each Latin letter.
        yield content.decode("utf-8", "ignore").replace("\0", "")
        yield from _runs(content)
    for found in _SPELLED.finditer(text):
        yield re.sub(r"\s", "", found[0])
    if _QUOTED.search(text):
        yield quopri.decodestring(text.encode("utf-8", "ignore")).decode("utf-8", "ignore")
    yield text[::-1]


def is_coded(text: str) -> bool:
    """Whether a text is nothing but letters, digits and signs without gaps, as codings write it: what it says may be coded again.

    >>> is_coded("dG90YWwgPSByYWluLnN1bSgp"), is_coded("total = rain.sum()")
    (True, False)
    """
    return 16 <= len(text) <= _CODED_AT_MOST and _CODED.fullmatch(text) is not None


def thinned(text: str) -> Iterable[str]:
    """Every second and every third letter of a text, from each place where one can begin.

    >>> "a = b" in list(thinned("ax x=x xb"))
    True
    """
    return (text[start::step] for step in (2, 3) for start in range(step))


def bytes_in(text: str) -> Iterable[str]:
    """What stands in a text as numbers, base64 and the like, one letter for each byte: a line whose bytes were moved is no UTF-8."""
    return (content.decode("latin-1") for content in _contents(text))


def _runs(data: bytes) -> Iterable[str]:
    """The texts between bytes that are none: `pickle` and others write the length before a text, and it may look like a letter of it."""
    if not _TEXT.search(data):
        return
    if not _NO_TEXT.search(data):
        yield _KIND.sub("", data.decode("ascii"))
        return
    for mark in (_NO_TEXT, _NO_TEXT_AND_ONE):
        parts = mark.sub(b"\n", data).decode("ascii")
        yield from (parts, _KIND.sub("", parts))


def _contents(text: str) -> Iterable[bytes]:
    for data in _bytes(text):
        yield data
        yield from _unpacked(data)


def _bytes(text: str) -> Iterable[bytes]:
    for found in _BASE64.finditer(text):
        lines = found[0].split()
        # A word of the line before may look like the beginning of what was wrapped.
        for joined in {"".join(lines), "".join(lines[1:]), *lines}:
            letters = joined.rstrip("=").replace("-", "+").replace("_", "/")
            # So may the end of another text that was joined with it.
            for start in range(4 if len(letters) >= 16 else 0):
                part = letters[start:]
                part = part[: len(part) - (len(part) % 4 == 1)]
                yield from _tried(base64.b64decode, part + "=" * (-len(part) % 4))
    for found in _BASE32.finditer(text):
        letters = found[0].rstrip("=").upper()
        yield from _tried(base64.b32decode, letters + "=" * (-len(letters) % 8))
    for found in _HEX.finditer(text):
        yield from _tried(bytes.fromhex, re.sub(r"0x|[^0-9a-fA-F]", "", found[0]))
    for pattern, base in ((_BITS, 2), (_CODES, 10), (_CODES, 8)):
        for found in pattern.finditer(text):
            parts = re.findall(r"[01]{8}|[01]{7}" if base == 2 else r"\d+", found[0])
            if base != 8 or not re.search("[89]", found[0]):
                yield bytes(code for part in parts if (code := int(part, base)) < 256)
    for found in _NUMBER.finditer(text):
        number = int(found[0])
        yield number.to_bytes(number.bit_length() // 8 + 1)
    for found in _UU.finditer(text):
        yield b"".join(part for line in found[0].splitlines() for part in _tried(binascii.a2b_uu, line))
    for found in _BASE85.finditer(text):
        for decode in (base64.b85decode, base64.a85decode):
            yield from _tried(decode, found[1] or found[0])


def _tried(decode: Callable[[str], bytes], letters: str) -> Iterable[bytes]:
    with contextlib.suppress(ValueError, binascii.Error):
        yield decode(letters)


def _unpacked(data: bytes) -> Iterable[bytes]:
    """What compressed bytes hold, also where others stand before them or the head of the format was left out."""
    starts = [found.start() for found in _PACKED.finditer(data)]
    for part in [data[start:] for start in starts[:20]]:
        with contextlib.suppress(zlib.error, OSError, lzma.LZMAError, EOFError):
            if part.startswith(b"BZh"):
                yield bz2.BZ2Decompressor().decompress(part, _UNPACKED)
            elif part.startswith(b"\xfd"):
                yield lzma.LZMADecompressor().decompress(part, _UNPACKED)
            else:
                yield zlib.decompressobj(47).decompress(part, _UNPACKED)
    with contextlib.suppress(zlib.error):
        yield zlib.decompressobj(-15).decompress(data, _UNPACKED)


class Shifted:
    """A text in which lines are found whose characters were all moved by one number, or mixed with one: Caesar's alphabet, ROT47, XOR.

    What lies between two neighbours stays the same, whichever number it was, so that none has to be tried. `coded` are bytes that stood
    in the text as numbers, base64 and the like. There a key may be longer: what lies between two characters that are one key apart
    stays the same, too.

    >>> Shifted("wrwdo = udlq_pp_vxp(zhhn)").holds("total = rain_mm_sum(week)")
    True
    >>> Shifted("total = rain_mm_sum(week)").holds("total = rain_mm_sum(week)")
    False
    """

    def __init__(self, text: str, coded: Iterable[str] = ()) -> None:
        self._coded = list(dict.fromkeys(coded))
        self._text = "\n".join([text, *self._coded])

    @cached_property
    def _ways(self) -> dict[str, _Steps]:
        return {
            **_ways(self._text),
            **_keyed("\n".join(part for part in self._coded if len(part) > _FEWEST + 2)),
            "mirrored": _of_letters(_codes(self._text), mirrored=True),
        }

    def holds(self, line: str) -> bool:
        """Whether a line stands there in this way; as it is, it is not meant, and a short one has too little to go by."""
        return any(self._at(kind, steps) for kind, steps in _ways_of_line(line))

    def _at(self, kind: str, line: _Steps) -> bool:
        if len(line.steps) < _FEWEST or len(set(line.steps)) < _FEWEST // 2:
            return False
        text = self._ways.get(kind)
        if text is None:  # shorter than two keys
            return False
        place = text.steps.find(line.steps)
        while place >= 0 and text.moved[place] == line.moved[0]:
            place = text.steps.find(line.steps, place + 1)
        return place >= 0


# So many steps of so many kinds do not come together by chance.
_FEWEST = 12
_LONGEST_KEY = 16


@dataclass(frozen=True)
class _Steps:
    """The steps between characters, one byte each, and the characters that they start from."""

    moved: np.ndarray
    steps: bytes


def _codes(text: str) -> np.ndarray:
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "replace"), "<u4").astype("int32")


def _ways(text: str) -> dict[str, _Steps]:
    """A text in each way in which characters are moved: letters alone, what ASCII prints, any number added, any number mixed in."""
    import numpy as np

    codes = _codes(text)
    printed = codes[(codes > 32) & (codes < 127)]
    return {
        "letters": _of_letters(codes),
        "printed": _Steps(printed, _packed(np.diff(printed) % 94)),
        "added": _Steps(codes, _packed(np.diff(codes) % 256)),
        "mixed": _Steps(codes, _packed((codes[1:] ^ codes[:-1]) % 256)),
    }


def _keyed(text: str) -> dict[str, _Steps]:
    """Bytes in each way in which a key of several characters moves or mixes them, as often as it fits in twice."""
    import numpy as np

    codes = _codes(text)
    keys = range(2, min(_LONGEST_KEY, len(codes) // 2) + 1)
    added = {f"added {key}": _packed((codes[key:] - codes[:-key]) % 256) for key in keys}
    mixed = {f"mixed {key}": _packed(np.bitwise_xor(codes[key:], codes[:-key]) % 256) for key in keys}
    return {kind: _Steps(codes, steps) for kind, steps in (added | mixed).items()}


@lru_cache(maxsize=4096)
def _ways_of_line(line: str) -> list[tuple[str, _Steps]]:
    ways = _ways(line)
    return [*ways.items(), ("mirrored", ways["letters"]), *_keyed(line).items()]


def _of_letters(codes: np.ndarray, *, mirrored: bool = False) -> _Steps:
    """From each letter to the next, from the second one on; signs and digits between them are what they are."""
    import numpy as np

    codes = codes[codes > 32]
    codes = np.where((codes >= 65) & (codes <= 90), codes + 32, codes)
    is_letter = (codes >= 97) & (codes <= 122)
    last = np.maximum.accumulate(np.where(is_letter, np.arange(len(codes)), -1))
    codes, is_letter, last = codes[last >= 0], is_letter[last >= 0], last[last >= 0]
    if not len(codes):
        return _Steps(codes, b"")
    start = codes[last[:-1] - last[0]]
    steps = (codes[1:] - start) * (-1 if mirrored else 1) % 26
    moved = np.zeros_like(start) if mirrored else start
    return _Steps(moved, _packed(np.where(is_letter[1:], steps, 26 + codes[1:] % 224)))


def _packed(steps: np.ndarray) -> bytes:
    return steps.astype("uint8").tobytes()
