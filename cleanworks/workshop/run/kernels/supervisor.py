"""One small process beside every kernel (on Linux): starts it, passes signals on, watches its size, and takes all its children away.

It is forked from the server and owns the connection to the client, for whom it starts one kernel after the other. Messages are JSON,
one per line:

    client -> supervisor   {"kernel": {...}}   what the kernel shall be (`server`), with the socket that it serves, if there is one
                           {"signal": 2}       to the kernel's process group
    supervisor -> client   {"pid": 123}        for each kernel once, then
                           {"exit": -9, "cpu": 1.2, "megabytes": 210.0, "why": ""}

When the connection closes, for whatever reason, the kernel and everything that it started end.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from .lifeline import adopt_orphans, descendants, die_with_parent

_TICK = 0.2
# A lesson may use a few processes of its own, not hundreds.
_MOST_PROCESSES = 100
_LONGEST_REQUEST = 1 << 20


class Supervisor:
    """Runs kernels in child processes, one at a time, and stays beside them.

    Parameters
    ----------
    connection : socket
        To the client.
    become : callable
        Becomes the kernel that is asked for; called in the child, with the request and the socket that came with it.
    parent : int
        Process id of the server.
    """

    def __init__(
        self, connection: socket.socket, become: Callable[[dict[str, Any], int | None], None], parent: int
    ):
        self._connection, self._become, self._parent = connection, become, parent
        self._request: dict[str, Any] = {}
        self._pid = 0
        self._why = ""
        self._cpu = self._peak = 0.0
        self._buffer = b""
        self._handles: list[int] = []
        # What is not a kernel's business is closed there.
        self._private: list[Callable[[], None]] = []

    def run(self) -> None:
        """Serve the client; this process ends with the connection, and with it the kernel and its children."""
        signal.signal(signal.SIGTERM, lambda *_: self._leave())
        # The server may be killed outright; then this process is told by its pipe or by the system.
        die_with_parent(self._parent, signal.SIGTERM)
        adopt_orphans()
        waker, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            selector.register(waker, selectors.EVENT_READ)
            self._private = [selector.close, self._connection.close]
            self._private += [functools.partial(os.close, handle) for handle in (waker, woken)]
            self._watch(selector, waker)

    def _start(self, request: dict[str, Any]) -> None:
        if self._pid:
            return self._leave()
        handle = self._handles.pop(0) if self._handles else None
        self._request, self._why, self._cpu, self._peak = request, "", 0.0, 0.0
        own = os.getpid()
        self._pid = os.fork()
        if self._pid:
            if handle is not None:
                os.close(handle)
            return self._send({"pid": self._pid})
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            for close in self._private:
                close()
            os.setsid()
            die_with_parent(own)
            self._become(request, handle)
        except BaseException:
            import traceback

            traceback.print_exc(file=sys.__stderr__)
            if sys.__stderr__ is not None:
                sys.__stderr__.flush()
            os._exit(1)
        finally:
            os._exit(0)

    def _watch(self, selector: selectors.BaseSelector, waker: int) -> None:
        looked = time.monotonic()
        while True:
            # Without a kernel there is nothing to measure.
            for key, _ in selector.select(_TICK if self._pid else None):
                if key.fileobj == waker:
                    with contextlib.suppress(BlockingIOError):
                        os.read(waker, 4096)
                elif not self._obey():
                    self._leave()
            self._reap()
            if self._pid and time.monotonic() - looked > _TICK:
                looked = time.monotonic()
                self._measure()

    def _obey(self) -> bool:
        """Follow the client's messages; False when the connection is closed or carries something else."""
        try:
            data, handles, *_ = socket.recv_fds(self._connection, 65536, 1)
            self._handles += handles
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for message in map(json.loads, lines):
                if "kernel" in message:
                    self._start(message["kernel"])
                elif self._pid:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(self._pid, message["signal"])
        except (OSError, ValueError):
            return False
        return bool(data) and len(self._buffer) < _LONGEST_REQUEST

    def _reap(self) -> None:
        """Collect ended children; when it is the kernel, end what it left and report."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._cpu += usage.ru_utime + usage.ru_stime
            if pid == self._pid:
                self._pid = 0
                # Kilobytes on Linux, bytes on macOS.
                self._peak = max(self._peak, usage.ru_maxrss * 1024 / 1e6)
                self._end_children()
                code = os.waitstatus_to_exitcode(status)
                self._send({"exit": code, "cpu": self._cpu, "megabytes": self._peak, "why": self._why})
                if descendants(os.getpid()):
                    # The next kernel should not have to answer for them.
                    self._leave()

    def _measure(self) -> None:
        """Look at memory, written bytes and number of processes; end the kernel when one is out of bounds."""
        processes = [self._pid, *descendants(self._pid, _MOST_PROCESSES)]
        if len(processes) > _MOST_PROCESSES:
            return self._stop("processes", f"The lesson started more than {_MOST_PROCESSES} processes.")
        memory = (resident(self._pid) + sum(map(share, processes[1:]))) / 1e6
        self._peak = max(self._peak, memory)
        most, most_written = self._request["memory_limit"], self._request["file_limit"]
        if memory > most:
            return self._stop("memory", f"The lesson took more than {most:g} MB of memory.")
        if sum(map(written, processes)) / 1e6 > most_written:
            return self._stop("disk", f"The lesson wrote more than {most_written:g} MB.")
        return None

    def _stop(self, kind: str, text: str) -> None:
        self._why = f"{kind}: {text}"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)

    def _end_children(self) -> None:
        """Kill every remaining descendant. They are our own children by now; killing one may free others."""
        give_up = time.monotonic() + 5.0
        while (left := descendants(os.getpid())) and time.monotonic() < give_up:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._count_ended()
            time.sleep(0.002)

    def _count_ended(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.wait4(-1, os.WNOHANG))[0]:
                self._cpu += ended[2].ru_utime + ended[2].ru_stime

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._connection.sendall(json.dumps(message).encode() + b"\n")

    def _leave(self) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        self._end_children()
        os._exit(0)


def resident(pid: int) -> int:
    """Bytes of memory a process occupies; 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def share(pid: int) -> int:
    """Bytes of memory a process adds: what it shares with others, as forks do, counts by its part."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return resident(pid)


def written(pid: int) -> int:
    """Bytes that a process has written, to whatever; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/io", "rb") as file:
            for line in file:
                if line.startswith(b"wchar:"):
                    return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return 0
