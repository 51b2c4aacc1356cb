"""Text that comes by several ways keeps its order, whichever thread is quicker."""

from __future__ import annotations

import os
import threading
from array import array

from ipykernel.iostream import OutStream

from cleanworks.workshop.run.kernels import pipe_kernel
from cleanworks.workshop.run.kernels.streams import INTERVAL, OrderedStream


class _Descriptor(OrderedStream):
    """A stream over a pipe of its own. Each way of its text waits at the place where the other could overtake it."""

    _should_watch, pub_thread, _buffers = True, None, ()

    def __init__(self, fid: int, elsewhere: int, written: list[str]):
        self._fid, self._original_stdstream_copy, self.written = fid, elsewhere, written
        self.both = {"stdout": self}
        self._available, self._taker, self._reading, self._decoder = array("i", [0]), None, self, self
        self.lock, self.printing = threading.RLock(), threading.Event()

    def _is_master_process(self) -> bool:
        return True

    # As the lock: who waits for it says so.
    def __enter__(self):
        if threading.current_thread() is self.printer:
            self.printing.set()
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()

    # As the decoder: what was read is held until the other thread prints, or waits to.
    def decode(self, data: bytes, final: bool = False) -> str:
        self.printer.start()
        self.printing.wait()
        return data.decode()


def test_what_a_thread_has_read_is_not_overtaken_by_what_is_printed_after_it(monkeypatch):
    out, into = os.pipe()
    elsewhere = os.open(os.devnull, os.O_WRONLY)
    written: list[str] = []
    stream = _Descriptor(out, elsewhere, written)

    def keep(self, text):
        written.append(text)
        if threading.current_thread() is stream.printer:
            stream.printing.set()

    monkeypatch.setattr(OutStream, "write", keep)
    stream.printer = threading.Thread(target=lambda: stream.write("after\n"))
    os.write(into, b"from a program\n")
    stream._read_all()
    stream.printer.join()
    monkeypatch.undo()
    for number in (out, into, elsewhere):
        os.close(number)
    assert written == ["from a program\n", "after\n"]


class _Waiting(pipe_kernel.PipeStream):
    _should_watch, _taker, both = False, None, {}

    def __init__(self, written: list[str]):
        self._waiting, self._since, self._sending, self.written = 0, 0.0, threading.RLock(), written

    def _is_master_process(self) -> bool:
        return True

    def _flush(self) -> None:
        self.written.append("sent")


def test_a_line_after_a_pause_is_not_sent_in_pieces(monkeypatch):
    now = [100.0]
    written: list[str] = []
    monkeypatch.setattr(pipe_kernel, "monotonic", lambda: now[0])
    monkeypatch.setattr(OutStream, "write", lambda self, text: written.append(text) or len(text))
    stream = _Waiting(written)
    print("a", 1, file=stream)
    assert written == ["a", " ", "1", "\n"]
    now[0] += 2 * INTERVAL
    print("b", file=stream)
    assert "sent" in written
