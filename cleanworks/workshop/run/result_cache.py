"""The cache of results: one file per key, written whole or not at all.

Any number of runs may use one cache at once, and a run may be killed at any moment: a file appears under its final name only
when it is complete, and its first line is the digest of the rest, so that a file damaged on disk counts as absent.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.workshop.files import write_whole
from cleanworks.workshop.imports import digest

# A temporary file older than this was left by a killed run.
_LEFT_OVER = 3600.0


class Shared:
    """Results that several machines share: a folder on a network, or an object store that fsspec reaches (``s3://...``).

    A machine that cannot reach it works on with its own results; `trouble` says so. What comes from it is checked like a file of the
    cache itself, so that a damaged result counts as absent.
    """

    def __init__(self, address: str):
        self.address = address.rstrip("/")
        self.trouble = ""
        if "://" in address:
            try:
                import fsspec
            except ImportError:
                raise InputError(
                    "A shared cache at an address needs fsspec.",
                    where="CLEANWORKS_CACHE",
                    fix="Install it with: python -m pip install fsspec (for s3://: s3fs).",
                ) from None
            try:
                self._system, self._folder = fsspec.core.url_to_fs(self.address)
            except (ImportError, ValueError) as error:
                raise InputError(
                    f"The shared cache cannot be used: {error}.",
                    where="CLEANWORKS_CACHE",
                    fix="Correct the address.",
                ) from None
        else:
            self._system, self._folder = None, self.address

    def _place(self, key: str) -> str:
        return f"{self._folder}/results/{key[:2]}/{key}"

    def get(self, key: str) -> bytes | None:
        """A stored result; None if there is none, or none that can be read."""
        try:
            if self._system is None:
                return Path(self._place(key)).read_bytes()
            return self._system.cat_file(self._place(key))
        except FileNotFoundError:
            return None
        except Exception as error:  # each kind of store raises errors of its own
            self.trouble = f"The shared cache cannot be read: {error}"
            return None

    def put(self, key: str, data: bytes) -> None:
        """Store a result. Two machines may do so at once: the same key stands for the same result."""
        try:
            if self._system is None:
                write_whole(Path(self._place(key)), data)
            else:
                self._system.makedirs(self._place(key).rpartition("/")[0], exist_ok=True)
                self._system.pipe_file(self._place(key), data)
        except Exception as error:
            self.trouble = f"The shared cache cannot be written: {error}"


class Store:
    """Results by key, and for every lesson what was last known about it.

    ``results/ab/<key>`` hold outputs, reports and measurements; ``lessons/<name>`` the pieces of the last key and the times of the
    last runs, used for reasons, order and trend only - losing them costs nothing but a good guess.
    """

    def __init__(self, folder: Path, shared: str = ""):
        self.folder = Path(folder)
        self.shared = Shared(shared) if shared else None

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever run with it."""
        return not (self.folder / "lessons").is_dir()

    # Results.
    def _result_path(self, key: str) -> Path:
        return self.folder / "results" / key[:2] / key

    def get(self, key: str) -> dict[str, Any] | None:
        """The stored result, or None if there is none or it is damaged."""
        path = self._result_path(key)
        value = _read_checked(path)
        if value is None and self.shared is not None and (data := self.shared.get(key)) is not None:
            write_whole(path, data)
            value = _read_checked(path)
        if value is not None:
            with contextlib.suppress(OSError):
                os.utime(path)
        return value

    def put(self, key: str, value: dict[str, Any]) -> None:
        data = _checked(value)
        write_whole(self._result_path(key), data)
        if self.shared is not None:
            self.shared.put(key, data)

    def drop(self, key: str) -> None:
        with contextlib.suppress(OSError):
            self._result_path(key).unlink()

    # What is known about lessons.
    def _lesson_path(self, name: str) -> Path:
        # Names are the course's; their digest is a safe file name on every system.
        return self.folder / "lessons" / digest(name.encode())[:32]

    def last(self, name: str) -> dict[str, Any]:
        """What the last run noted about a lesson: ``key``, ``pieces``, ``cpu``, ``wall``, ``history``. Empty if nothing is known."""
        return _read_checked(self._lesson_path(name)) or {}

    def note(self, name: str, value: dict[str, Any]) -> None:
        write_whole(self._lesson_path(name), _checked(value))

    # Anything else that is worth keeping between runs, under a fixed name.
    def get_named(self, name: str) -> dict[str, Any]:
        return _read_checked(self.folder / name) or {}

    def put_named(self, name: str, value: dict[str, Any]) -> None:
        write_whole(self.folder / name, _checked(value))

    # House-keeping.
    def entries(self) -> list[tuple[float, int, Path]]:
        """All stored results, the longest unused first: when each was last used, its size in bytes, its file."""
        found = []
        for path in (self.folder / "results").glob("??/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return sorted(found)

    def clean(self, max_bytes: int = 0) -> tuple[int, int]:
        """Remove results, the longest unused first, until at most `max_bytes` are left.

        Returns
        -------
        tuple of int
            Files removed and bytes freed.
        """
        self.clear_left_overs(older_than=0.0 if max_bytes == 0 else _LEFT_OVER)
        entries = self.entries()
        total = sum(size for _, size, _ in entries)
        removed = freed = 0
        for _, size, path in entries:
            if total - freed <= max_bytes:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                removed, freed = removed + 1, freed + size
        return removed, freed

    def clear_left_overs(self, older_than: float = _LEFT_OVER) -> None:
        """Remove temporary files that killed runs left."""
        for path in self._left_overs():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime >= older_than:
                    path.unlink()

    def _left_overs(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from self.folder.rglob(".part-*")


def _checked(value: dict[str, Any]) -> bytes:
    body = json.dumps(value, ensure_ascii=True, sort_keys=True).encode()
    return digest(body).encode() + b"\n" + body


def _read_checked(path: Path) -> dict[str, Any] | None:
    try:
        mark, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if mark.decode("ascii", "replace") != digest(body):
        return None
    value = json.loads(body)
    return value if isinstance(value, dict) else None
