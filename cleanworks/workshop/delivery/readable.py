"""What a person can read in the files of a kit: pages, notebooks, PDFs, tables, words that go with pictures, and all of these in zips.

What a file is its content says; only wheels and fonts are known by their names, and are not opened.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePath

from cleanworks import archives
from cleanworks.errors import InputError

PLAIN = (".html", ".ipynb", ".md", ".txt", ".json", ".js", ".ics", ".toml", ".svg", ".xml", ".xhtml")
_NO_TEXT = (".whl", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".wasm")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff")
_ZIP = b"PK\x03\x04"
_DEPTH = 3
# The part of a picture's notes that holds what the person who took it wrote.
_CAMERA = 0x8769
# Letters that stand together in a file of any other kind, in one byte each or in two.
_RUNS = re.compile(rb"[\t\n\r -~]{8,}|(?:[\t\n\r -~]\0){8,}")


def texts(path: Path) -> Iterator[tuple[PurePath, str]]:
    """(name, text) of a file, or of each file in it; wheels and fonts give nothing.

    Raises
    ------
    InputError
        A PDF or a zip cannot be read, so nobody knows what is in it.
    """
    if path.suffix.lower() not in _NO_TEXT:
        yield from _of(PurePath(path), path.read_bytes(), 0)


def _of(name: PurePath, content: bytes, depth: int) -> Iterator[tuple[PurePath, str]]:
    kind = name.suffix.lower()
    if kind in PLAIN:
        yield name, content.decode("utf-8", errors="replace")
    elif kind == ".csv":
        yield name, _cells(content.decode("utf-8-sig", errors="replace"))
    elif kind == ".pdf":
        yield name, _pdf(name, content)
    elif kind in _PICTURES:
        yield name, _beside_the_picture(content)
    elif content.startswith(_ZIP) or kind in (
        ".zip",
        ".epub",
    ):  # a workbook and a text document are zips, too
        if depth == _DEPTH:
            raise InputError(
                "Zips lie inside zips too deeply to be searched.",
                where=str(name),
                fix="Unpack the inner zips.",
            )
        with archives.opened(io.BytesIO(content), str(name)) as opened:
            for entry in archives.members(opened, str(name)):
                if not entry.is_dir() and PurePath(entry.filename).suffix.lower() not in _NO_TEXT:
                    yield from _of(name / entry.filename, opened.read(entry), depth + 1)
    else:
        yield name, _letters(content)


def _letters(content: bytes) -> str:
    """The text of a file of any kind: all of it, or what stands together in it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "\n".join(found[0].replace(b"\0", b"").decode("ascii") for found in _RUNS.finditer(content))


def _beside_the_picture(content: bytes) -> str:
    """What the file of a picture says in words: title, description, comments, and what the camera or program left there."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            said = [
                *picture.info.values(),
                *picture.getexif().values(),
                *picture.getexif().get_ifd(_CAMERA).values(),
            ]
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return _letters(content)
    return "\n".join(
        one if isinstance(one, str) else _letters(one) for one in said if isinstance(one, str | bytes)
    )


def _cells(text: str) -> str:
    """The different cells of a table that hold more than a number or a word, one on a line: a table of the city is long."""
    found: dict[str, None] = {}
    try:
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                if len(cell) > 7 and not cell[0].isdigit() and (" " in cell or "=" in cell):
                    found.setdefault(cell)
    except csv.Error:
        return text
    return "\n".join(found)


def _pdf(name: PurePath, content: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    except (PyPdfError, ValueError, KeyError) as error:
        raise InputError(
            f"The PDF cannot be read, so it cannot be searched: {error}.",
            where=str(name),
            fix="Make it again.",
        ) from None
    # In print some letters are one sign ("fi"), and a search for the letters would pass it by.
    return unicodedata.normalize("NFKC", text)
