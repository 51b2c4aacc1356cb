"""Printed text, and what programs, C code and forks write to the file descriptor, in the order in which it came."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import select
import threading
from array import array
from termios import FIONREAD
from typing import Any

from ipykernel.iostream import OutStream

# A thread looks at the descriptor so often (seconds), for text that comes while no cell prints.
INTERVAL = 0.2


def as_anywhere(stream: type[OutStream]) -> type[OutStream]:
    """Call a stream what ipykernel calls its own: cells see the name in messages, such as of ``sys.stdout.buffer``."""
    for name in ("__name__", "__qualname__", "__module__"):
        setattr(stream, name, getattr(OutStream, name))
    return stream


@as_anywhere
class OrderedStream(OutStream):
    """ipykernel's ``sys.stdout`` or ``sys.stderr``, which first takes what lies in the descriptor whenever something is printed.

    ipykernel leaves the descriptor to a thread alone: a line of C code then changes places with what was printed after it.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        self._reading = threading.RLock()
        self._taker: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._available = array("i", [0])
        super().__init__(*args, **kwargs)

    def write(self, string: str) -> int:
        # Another thread may hold what it has read and not yet written; to ask for it waits until it is.
        if self._should_watch and self._taker != threading.get_ident() and self._is_master_process():
            self._read_all()
        return super().write(string) or 0

    def flush(self) -> None:
        if self._is_master_process():
            self._read_all(to_the_end=True)
        super().flush()

    def _watch_pipe_fd(self) -> None:
        poll = select.poll()
        poll.register(self._fid, select.POLLIN)
        with contextlib.suppress(OSError):
            while self._should_watch:
                if poll.poll(INTERVAL * 1000):
                    self._read_all()
                else:
                    self._pause()

    def _pause(self) -> None:
        """Nothing came for a while."""

    def _read_all(self, to_the_end: bool = False) -> None:
        with self._reading, contextlib.suppress(OSError):
            self._taker = threading.get_ident()
            try:
                while self._should_watch and (number := self._bytes_available()):
                    data = os.read(self._fid, number)
                    self.write(self._decoder.decode(data))
                    os.write(self._original_stdstream_copy, data)
                if to_the_end and (rest := self._decoder.decode(b"", True)):
                    self.write(rest)
            finally:
                self._taker = None

    def _bytes_available(self) -> int:
        fcntl.ioctl(self._fid, FIONREAD, self._available)
        return self._available[0]
