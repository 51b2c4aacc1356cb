"""What a text says behind the codings that people reach for when an answer should not be seen at once.

One list of codecs, tried on everything that looks like one of them, and compressed bytes unpacked. What came out is a text
again, so whoever looks in it may ask a second time. A cipher with a key, or letters that only look alike, are not reached.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import contextlib
import lzma
import quopri
import re
import zlib
from collections.abc import Callable, Iterable

# More than any answer, and no harm to the memory where somebody packed gigabytes of nothing.
_UNPACKED = 1_000_000
_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{4,20000}(?:\n[\w+/-]{4,76}){0,200}={0,2}(?![\w+/=-])", re.ASCII)
_BASE32 = re.compile(r"(?<!\w)(?:[A-Z2-7]{16,20000}|[a-z2-7]{16,20000})={0,6}(?!\w)")
_HEX = re.compile(r"(?<!\w)(?:0x)?[0-9a-fA-F]{2}(?:[\s:,;-]{0,3}(?:0x)?[0-9a-fA-F]{2}){7,10000}(?!\w)")
_BITS = re.compile(r"(?<!\w)[01]{7,8}(?:[\s,;]{0,3}[01]{7,8}){7,10000}(?!\w)")
_CODES = re.compile(r"(?<!\w)\d{2,3}(?:[\s,;]{1,3}\d{2,3}){7,10000}(?!\w)")
_BASE85 = re.compile(r"""(?<!\S)\S{20,20000}(?!\S)|["'`](?=([^\s"'`]{20,20000})["'`])""")
_QUOTED = re.compile(r"=[0-9A-F]{2}")
_PACKED = re.compile(rb"\x1f\x8b|x[\x01\x5e\x9c\xda]|BZh|\xfd7zXZ")
_SPELLED = re.compile(r"(?<!\w)\S(?: \S){7,}(?!\w)")


def decoded(text: str) -> Iterable[str]:
    """What stands in a text in base64, base32, base85, in numbers of characters, backwards or in ROT13.

    >>> "a = b + 1" in decoded("1 + b = a")
    True
    """
    for data in _bytes(text):
        for content in (data, *_unpacked(data)):
            # UTF-16 puts a nothing beside each Latin letter.
            yield content.decode("utf-8", "ignore").replace("\0", "")
    for found in _SPELLED.finditer(text):
        yield found[0].replace(" ", "")
    if _QUOTED.search(text):
        yield quopri.decodestring(text.encode("utf-8", "ignore")).decode("utf-8", "ignore")
    yield codecs.decode(text, "rot13")
    yield text[::-1]


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
    for pattern, base in ((_BITS, 2), (_CODES, 10)):
        for found in pattern.finditer(text):
            parts = re.findall(r"[01]{8}|[01]{7}" if base == 2 else r"\d+", found[0])
            yield bytes(code for part in parts if (code := int(part, base)) < 256)
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
