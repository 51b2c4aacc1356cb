"""What happened in a room, line by line, in a file that only grows: what the board shows after a restart."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from cleanworks.errors import InputError

LONGEST = 4000
"""Letters of a line. No event that a room accepts is longer."""


class Journal:
    """One file. Each event is one line of JSON, on the disk's side of the program before the browser hears that it counts."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.unread = 0
        """Lines that could not be read: torn by a power cut, or written by somebody else."""
        self._file: TextIO | None = None

    def events(self) -> Iterator[dict[str, Any]]:
        """Everything that was written so far."""
        if not self.path.exists():
            return
        with open(self.path, encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    event = json.loads(line) if len(line) <= LONGEST else None
                except (ValueError, RecursionError):
                    event = None
                if isinstance(event, dict):
                    yield event
                elif line.strip():
                    self.unread += 1

    def write(self, event: dict[str, Any]) -> None:
        """Add one event.

        Raises
        ------
        InputError
            The file cannot be written.
        """
        try:
            if self._file is None:
                self._file = self._opened()
            self._file.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise InputError(
                f"What happens in the class cannot be written down: {error.strerror}.",
                where=str(self.path),
                fix="Free some space on the disk, or name a folder that you may write to.",
            ) from None

    def _opened(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # It holds the secret of the board: only its owner reads it.
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            if os.read(handle, 1) != b"\n":
                # A line that was torn ends here, so that the next one is whole.
                os.write(handle, b"\n")
        return open(handle, "a", encoding="utf-8", newline="\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
