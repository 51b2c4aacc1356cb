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
from typing import Any, ClassVar

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
    """ipykernel's ``sys.stdout`` or ``sys.stderr``, which first sends what came before the text that it is given.

    ipykernel leaves the descriptor to a thread alone: a line of C code then changes places with what was printed after it. And it sends
    each of the two streams by itself, so that a page shows all that was printed, and then all that was logged in between.
    """

    # Both streams of this process, by name.
    both: ClassVar[dict[str, OrderedStream]] = {}

    def __init__(self, *args: Any, **kwargs: Any):
        self._reading = threading.RLock()
        self._taker: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._available = array("i", [0])
        super().__init__(*args, **kwargs)
        self.both[self.name] = self

    def write(self, string: str) -> int:
        if self._is_master_process():
            taking = self._taker == threading.get_ident()
            for stream in self.both.values():
                # Another thread may hold what it has read and not yet written; to read waits until it is.
                if stream._should_watch and not taking and (stream._bytes_available() or stream._taker):
                    stream._read_all()
                if stream is not self and stream._buffers and not stream.closed:
                    stream._send_waiting(wait=not taking)
        return super().write(_as_text(string)) or 0

    def _send_waiting(self, wait: bool = True) -> None:
        """Send what was printed; who holds the descriptor's text must not `wait` for the thread that sends."""
        if wait:
            super().flush()
        elif self.pub_thread is not None:
            self.pub_thread.schedule(self._flush)

    def flush(self) -> None:
        if self._is_master_process():
            self._read_all(to_the_end=True)
        super().flush()

    def close(self) -> None:
        # As any file: what was written is not lost.
        if not self.closed:
            self.flush()
        super().close()

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
        try:
            fcntl.ioctl(self._fid, FIONREAD, self._available)
        except OSError:  # a cell has closed what it did not open
            return 0
        return self._available[0]


def _as_text(string: Any) -> Any:
    """Halves of letters, which no message can carry, become the sign for what is not text."""
    if isinstance(string, str) and not string.isascii():
        return string.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return string
