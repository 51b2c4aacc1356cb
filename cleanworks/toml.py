"""TOML as strangers write it."""

from __future__ import annotations

import tomllib
from typing import Any


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
