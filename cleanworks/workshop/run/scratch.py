"""Folders for the private files of a run, short enough for sockets, which the next run removes when their owner was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "cw-"
_OWNER = "owner"
# The path of a Unix socket has at most 107 characters (103 on macOS); a run adds some 40 to its folder's.
_LONGEST = 60


def place() -> Path:
    """Where scratch folders lie: the folder for temporary files, or a shorter one where that is too long for sockets."""
    usual = Path(tempfile.gettempdir())
    if len(os.fsencode(usual)) <= _LONGEST or os.name != "posix":
        return usual
    for short in ("/tmp", "/var/tmp"):
        if os.access(short, os.W_OK | os.X_OK):
            return Path(short)
    return usual


def make() -> Path:
    """A new folder that belongs to this process for as long as it lives; `remove` it when it is no longer needed."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place())).resolve()
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        # Held until this process and all its forks have ended: the lock of a dead owner can be taken.
        # It gets its name when it is locked, so that nobody finds it in between.
        handle = os.open(folder / f"{_OWNER}-new", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_SH)
        os.rename(folder / f"{_OWNER}-new", folder / _OWNER)
        _held[str(folder)] = handle
    return folder


_held: dict[str, int] = {}


def remove(folder: Path) -> None:
    """Remove a folder that `make` made, with what is in it."""
    shutil.rmtree(folder, ignore_errors=True)
    handle = _held.pop(str(folder), None)
    if handle is not None:
        with contextlib.suppress(OSError):
            os.close(handle)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for the time of the ``with``."""
    made = make()
    try:
        yield made
    finally:
        remove(made)


def sweep() -> int:
    """Remove the folders of runs that were killed: those whose owner is dead. Returns how many."""
    try:
        import fcntl
    except ImportError:  # Windows
        return 0
    removed = 0
    for left in place().glob(f"{PREFIX}*"):
        try:
            if left.stat().st_uid != os.getuid():
                continue
            handle = os.open(left / _OWNER, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        finally:
            os.close(handle)
        shutil.rmtree(left, ignore_errors=True)
        removed += 1
    return removed
