"""How files are written: whole or not at all, and with no cell that a spreadsheet would run as a formula.

Imports nothing from outside the standard library: lessons in the page use it too.
"""

from __future__ import annotations

import contextlib
import csv
import io
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO

from cleanworks import scratch

PART = ".part-"

# What a spreadsheet takes for the beginning of a formula, also in the wide letters of East Asia.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_UNSEEN = re.compile("[\0-\x08\v\f\x0e-\x1f]")  # what no workbook can hold
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
    shown = _UNSEEN.sub("\ufffd", value)
    return f"'{shown}" if begins.startswith(_FORMULA) or value[0] in "\t\r\n\0" else shown


def csv_text(rows: Iterable[Iterable[Any]], end: str = "\n") -> str:
    """Rows as CSV with `harmless` cells; ``end`` is the end of a line.

    >>> csv_text([["firm", "paid"], ["=Han River", 12]])
    "firm,paid\\n'=Han River,12\\n"
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(map(harmless, row) for row in rows)
    return text.getvalue()


@contextlib.contextmanager
def whole(
    path: Path | str, *, private: bool = False, durable: bool = False, new: bool = False
) -> Iterator[BinaryIO]:
    """A file to write bytes into, which takes the place of ``path`` at the end: readers see the old one or the new.

    Parameters
    ----------
    path : Path or str
        Its folder exists.
    private : bool
        Only its owner may read it; otherwise everybody may, as far as the system's mask allows.
    durable : bool
        It is on the disk when this returns, whatever happens to the power.
    new : bool
        A file that came up at ``path`` meanwhile stays: FileExistsError.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written. What was at ``path`` before is still there, and nothing else.
    """
    path = Path(path)
    folder = os.path.abspath(path.parent)
    if folder not in _swept:
        _swept.add(folder)
        scratch.sweep(path.parent, PART)
    with scratch.file(path.parent, PART) as (handle, name):
        with open(handle, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if not private:
            # The file was made private; this is an ordinary one. The mask of Python in a page would take it from its owner.
            os.chmod(name, 0o600 | 0o666 & ~_umask())
        if new:
            os.link(name, path)
        else:
            os.replace(name, path)


_swept: set[str] = set()


@contextlib.contextmanager
def folder(target: Path | str) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of ``target`` at the end, whole; nothing changes where that fails.

    The folder in which ``target`` lies exists. What a killed process had not finished is removed by the next one.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written. What was at ``target`` before is still there, and nothing else.
    """
    target = Path(target).resolve()

    def put_back(left: Path) -> None:
        if not os.path.lexists(target) and (left / "old").exists():
            os.replace(left / "old", target)

    with scratch.folder(target.parent, f".{target.name}-", put_back) as place:
        (place / "new").mkdir()
        yield place / "new"
        if target.exists():
            os.replace(target, place / "old")
        try:
            os.replace(place / "new", target)
        except OSError:
            put_back(place)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def alone(
    path: Path | str, seconds: float = math.inf, waits: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Only one process at a time between here and the end. The lock is the system's, so that one who dies leaves nothing locked.

    Parameters
    ----------
    path : Path or str
        What is worked on. The lock is an empty file beside it, whose folder exists.
    seconds : float
        How long to wait for another process.
    waits : callable
        Called once when there is one.

    Raises
    ------
    TimeoutError
        The other one was not done in that time.
    """
    locks = _locks()
    if locks is None:
        yield
        return
    lock, unlock = locks
    path = Path(path)
    with open(path.with_name(f".{path.name}.lock"), "a+b") as file:
        begun, said = time.monotonic(), False
        while True:
            try:
                lock(file)
                break
            except OSError:
                if time.monotonic() > begun + seconds:
                    raise TimeoutError("another program keeps it busy") from None
                if not said:
                    waits()
                    said = True
                time.sleep(0.02)
        try:
            yield
        finally:
            unlock(file)


_Act = Callable[[IO[Any]], None]


def _locks() -> tuple[_Act, _Act] | None:
    """(lock, unlock) of this system; a browser's Python has neither, and no second kernel."""
    if sys.platform == "win32":
        import msvcrt

        def at_start(file: IO[Any], mode: int) -> None:
            file.seek(0)
            msvcrt.locking(file.fileno(), mode, 1)

        return (lambda file: at_start(file, msvcrt.LK_NBLCK), lambda file: at_start(file, msvcrt.LK_UNLCK))
    with contextlib.suppress(ImportError):
        import fcntl

        return (
            lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda file: fcntl.flock(file, fcntl.LOCK_UN),
        )
    return None
