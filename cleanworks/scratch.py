"""Folders and files for the time of some work. What somebody left there who was killed is removed by the next one who works there.

Imports nothing but the standard library: what lessons import in the page uses it too.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

PREFIX = "cw-"
# On a folder that several machines share, a lock of another machine may not be seen: each removes only what was its own.
_HERE = f"{zlib.crc32(platform.node().encode()):08x}-"
# The path of a Unix socket has at most 107 characters (103 on macOS); a run adds some 40 to its folder's.
_LONGEST = 60
_held: dict[str, int] = {}


def place() -> Path:
    """Where scratch folders lie: the folder for temporary files, or a shorter one where that is too long for sockets."""
    usual = Path(tempfile.gettempdir())
    if len(os.fsencode(usual)) <= _LONGEST or os.name != "posix":
        return usual
    for short in ("/tmp", "/var/tmp"):
        if os.access(short, os.W_OK | os.X_OK):
            return Path(short)
    return usual


def make(
    where: Path | None = None, prefix: str = PREFIX, before: Callable[[Path], object] | None = None
) -> Path:
    """A new folder that belongs to this process and its forks for as long as they live; `remove` it when it is no longer needed.

    ``before`` is called with each folder of a dead owner before that is removed.
    """
    where = (where or place()).resolve()
    sweep(where, prefix, before)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix + _HERE, dir=where))
        handle = _locked(folder)
        if folder.exists():
            if handle is not None:
                _held[str(folder)] = handle
            return folder
        if handle is not None:  # somebody who swept found it before it was locked
            os.close(handle)


def remove(folder: Path) -> None:
    """Remove a folder that `make` made, with what is in it."""
    shutil.rmtree(folder, ignore_errors=True)
    handle = _held.pop(str(folder), None)
    if handle is not None:
        with contextlib.suppress(OSError):
            os.close(handle)


@contextlib.contextmanager
def folder(
    where: Path | None = None, prefix: str = PREFIX, before: Callable[[Path], object] | None = None
) -> Iterator[Path]:
    """A folder for the time of the ``with``; the parameters are those of `make`."""
    made = make(where, prefix, before)
    try:
        yield made
    finally:
        remove(made)


@contextlib.contextmanager
def file(where: Path, prefix: str) -> Iterator[tuple[int, str]]:
    """(handle, path) of a new file that only its owner may read. Whoever moves it away keeps it; otherwise it is removed."""
    while True:
        handle, name = tempfile.mkstemp(dir=where, prefix=prefix + _HERE)
        # A second handle: the lock holds until the file has been moved, though it was closed before.
        lock = _locked(Path(name))
        if os.path.exists(name):
            break
        os.close(handle)
        if lock is not None:
            os.close(lock)
    try:
        yield handle, name
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)
        if lock is not None:
            os.close(lock)


def sweep(
    where: Path | None = None, prefix: str = PREFIX, before: Callable[[Path], object] | None = None
) -> int:
    """Remove the folders and files whose owner is dead. Returns how many; 0 where the system has no such locks (Windows)."""
    removed = 0
    try:
        import fcntl

        with os.scandir(where or place()) as there:
            found = [Path(one.path) for one in there if one.name.startswith(prefix + _HERE)]
    except (ImportError, OSError):
        return 0
    for left in found:
        try:
            if left.stat().st_uid != os.getuid():
                continue
            handle = os.open(left, os.O_RDONLY)
        except OSError:
            continue
        try:
            # The lock of a dead owner can be taken. It is held to the end: who has just made this waits for it, and makes another.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if left.is_dir():
                if before:
                    before(left)
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink()
            removed += 1
        except OSError:
            continue
        finally:
            os.close(handle)
    return removed


def _locked(path: Path) -> int | None:
    """A handle that holds the lock of a file or folder until this process and all its forks have ended."""
    handle = None
    try:
        import fcntl

        handle = os.open(path, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_SH)
    except (ImportError, OSError):
        if handle is not None:
            os.close(handle)
        return None
    return handle
