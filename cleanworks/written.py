"""How files are written: whole or not at all, and with no cell that a spreadsheet would run as a formula.

Imports nothing but the standard library: lessons in the page use it too.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

# What a spreadsheet takes for the beginning of a formula, also in the wide letters of East Asia.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# What it passes over before it looks.
_PASSED_OVER = " \t\r\n\v\f\0\xa0\u3000\ufeff\u200b"


def harmless(value: Any) -> Any:
    """A cell for CSV or a workbook; a text that a spreadsheet would run begins with an apostrophe.

    Numbers and other values stay what they are.

    >>> harmless("=1+1"), harmless("  @SUM(A1)"), harmless("River bridge"), harmless(-5)
    ("'=1+1", "'  @SUM(A1)", 'River bridge', -5)
    """
    if not isinstance(value, str) or not value:
        return value
    begins = value.lstrip(_PASSED_OVER)
    return f"'{value}" if begins.startswith(_FORMULA) or value[0] in "\t\r\n\0" else value


@contextlib.contextmanager
def whole(path: Path | str, *, private: bool = False, durable: bool = False) -> Iterator[BinaryIO]:
    """A file to write bytes into, which takes the place of ``path`` at the end: readers see the old one or the new.

    Parameters
    ----------
    path : Path or str
        Its folder exists.
    private : bool
        Only its owner may read it; otherwise everybody may, as far as the system's mask allows.
    durable : bool
        It is on the disk when this returns, whatever happens to the power.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written. What was at ``path`` before is still there, and nothing else.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with open(handle, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if not private:
            # mkstemp makes files private; these are ordinary ones. The mask of Python in a page would take them from their owner.
            os.chmod(name, 0o600 | 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
