"""TOML as strangers write it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.texts import read_text


def loads(text: str) -> dict[str, Any]:
    """The values of a TOML text. The mark that Windows' Notepad puts first (a BOM) is passed over.

    Raises
    ------
    tomllib.TOMLDecodeError
        It is not TOML, or its lists or tables lie in each other so deeply that Python gives up.

    Examples
    --------
    >>> loads("days = 15")
    {'days': 15}
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise tomllib.TOMLDecodeError("Lists or tables are nested too deeply") from None


def read(path: Path | str, what: str) -> dict[str, Any]:
    """The values of a TOML file that somebody wrote by hand.

    Parameters
    ----------
    path : Path or str
    what : str
        How messages name the file: "The mapping", "The list of paths".

    Raises
    ------
    InputError
        The file is missing, is not UTF-8 text, or is not TOML; then the message has the line and what one usually does to it.
    """
    return parse(read_text(path, what), what, str(path))


def parse(text: str, what: str, where: str) -> dict[str, Any]:
    """The values of a text that was read from ``where``; `InputError` as in `read`.

    Examples
    --------
    >>> parse("days: 15", "The profile", "home.toml")
    Traceback (most recent call last):
    cleanworks.errors.InputError: home.toml, line 1: The profile cannot be read: expected '=' after a key in a key/value pair: `days: 15`. Between a name and its value stands =, not a colon.
    """
    try:
        return loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _explained(error, text, what, where) from None


# What is usually wrong with a line that is not TOML, by a sign in it.
_USUAL = (
    ("[“”„«»‘’]", 'These quotation marks are curved; write straight ones: ".'),
    ("[\u00a0\u2007\u200b\u202f\ufeff]", "There is a space in it that is none, as word processors make them; write the line again."),
    ("[\x00-\x08\x0e-\x1f]|^PK|^%PDF|^[{<]", "This is another kind of file."),
    (r"^[\w-]+\s*:", "Between a name and its value stands =, not a colon."),
    (r"=\s*\d{1,3}([., ']\d{3})+\s*(#|$)", "Write large numbers without marks between their digits: 1000."),
    (r"=\s*'[^']*'\w", "A text with an apostrophe stands between double quotation marks."),
    (r'=\s*"[^"]*\\', "Write each backslash twice, or put the text between single quotation marks."),
    (r'"\s+["{]|}\s*{', "Between the entries of a list stand commas."),
    (r'^[^"#]*"[^"]*(?:"[^"]*"[^"]*)*$', "A quotation mark is missing: a text stands between two of them."),
)  # fmt: skip


def _explained(error: tomllib.TOMLDecodeError, text: str, what: str, where: str) -> InputError:
    at = re.search(r"at line (\d+)", str(error))
    lines = text.splitlines()
    line = lines[int(at[1]) - 1].strip() if at and int(at[1]) <= len(lines) else ""
    said = re.sub(r"\s*\(at [^)]*\)", "", str(error))
    fix = next(
        (fix for sign, fix in _USUAL if re.search(sign, line)),
        "Text stands in quotation marks, a list in square brackets.",
    )
    if dated := re.search(r"=\s*(\d{1,4}([-./])\d{1,2}\2\d{1,4})\b", line):
        said, fix = f"There is no day {dated[1]}", "Correct the date; it is written as 2026-12-14."
    elif "overwrite" in said:
        said, fix = "A name stands there for the second time", "Keep one of the two lines."
    return InputError(
        f"{what} cannot be read: {said[0].lower()}{said[1:]}{f': `{line[:80]}`' if line else ''}.",
        where=f"{where}, line {at[1]}" if at else where,
        fix=fix,
    )
