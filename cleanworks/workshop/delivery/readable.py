"""What a person can read in the files of a kit: pages, notebooks, PDFs, tables, and all of these inside zips."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePath

from cleanworks import archives
from cleanworks.errors import InputError

PLAIN = (".html", ".ipynb", ".md", ".txt", ".json", ".js", ".ics", ".toml", ".svg", ".xml", ".xhtml")
PACKED = (".zip", ".epub")
_DEPTH = 3


def texts(path: Path) -> Iterator[tuple[PurePath, str]]:
    """(name, text) of a file, or of each file in it. What holds no text for people (pictures, programs) gives nothing.

    Raises
    ------
    InputError
        A PDF or a zip cannot be read, so nobody knows what is in it.
    """
    if path.suffix in (*PLAIN, *PACKED, ".pdf", ".csv"):
        yield from _of(PurePath(path), path.read_bytes(), 0)


def _of(name: PurePath, content: bytes, depth: int) -> Iterator[tuple[PurePath, str]]:
    kind = name.suffix.lower()
    if kind in PLAIN:
        yield name, content.decode("utf-8", errors="replace")
    elif kind == ".csv":
        yield name, _cells(content.decode("utf-8-sig", errors="replace"))
    elif kind == ".pdf":
        yield name, _pdf(name, content)
    elif kind in PACKED:
        if depth == _DEPTH:
            raise InputError(
                "Zips lie inside zips too deeply to be searched.",
                where=str(name),
                fix="Unpack the inner zips.",
            )
        with archives.opened(io.BytesIO(content), str(name)) as opened:
            for entry in archives.members(opened, str(name)):
                if not entry.is_dir():
                    yield from _of(name / entry.filename, opened.read(entry), depth + 1)


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
