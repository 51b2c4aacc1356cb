"""A kernel that a `Supervisor` watches over, as seen by the process that asked for it."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
import subprocess
import time
from typing import Any

# Connections to supervisors whose kernel has ended, by the server's address: they start the next kernel of this process.
_kept: dict[str, socket.socket] = {}
# Seconds in which a server that has just been started listens.
_LISTEN = 10.0


class ForkedKernel:
    """A kernel at the other end of a connection, with the part of `subprocess.Popen` that provisioners use."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, connection: socket.socket, pid: int, rest: bytes = b""):
        self._address, self._connection, self.pid, self._buffer = address, connection, pid, rest
        self.returncode: int | None = None
        self.cpu = self.megabytes = 0.0
        self.why = ""
        self._supervised = True
        connection.setblocking(False)

    def fileno(self) -> int:
        return self._connection.fileno()

    def poll(self) -> int | None:
        """The exit code, or None while the kernel runs."""
        while self.returncode is None:
            try:
                data = self._connection.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self._buffer += data
            self._read()
            if not data and self.returncode is None:
                self.returncode, self._supervised = -signal.SIGKILL, False
        return self.returncode

    def _read(self) -> None:
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "exit" in message:
                self.returncode, self.cpu = message["exit"], message["cpu"]
                self.megabytes, self.why = message["megabytes"], message["why"]

    def wait(self, timeout: float | None = None) -> int:
        while (code := self.poll()) is None:
            if timeout is None:
                select.select([self._connection], [], [])
            elif not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("kernel", timeout)
        return code

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(OSError):
                self._connection.send(json.dumps({"signal": int(signum)}).encode() + b"\n")

    def close(self) -> None:
        """Let go of the supervisor; where its kernel has ended, it stays for the next one."""
        connection, self._connection = self._connection, socket.socket()
        self._connection.close()
        if self.returncode is None or not self._supervised or self._address in _kept:
            connection.close()
        else:
            connection.setblocking(True)
            _kept[self._address] = connection
        self._supervised = False


def ask(address: str, pipe: socket.socket | None = None, **request: Any) -> ForkedKernel:
    """Have the server at this address start a kernel (`server` says what a request holds); one with a `pipe` serves that.

    It waits until the server has loaded its libraries.

    Raises
    ------
    RuntimeError
        No server is there, or it started no kernel.
    """
    if (kept := _kept.pop(address, None)) is not None:
        # A supervisor may have ended since, with its server or by a cell's doing.
        with contextlib.suppress(OSError, RuntimeError):
            return _start(address, kept, pipe, request)
    return _start(address, _connect(address), pipe, request)


def _start(
    address: str, connection: socket.socket, pipe: socket.socket | None, request: dict[str, Any]
) -> ForkedKernel:
    try:
        line = json.dumps({"kernel": request}).encode() + b"\n"
        sent = socket.send_fds(connection, [line], [pipe.fileno()] if pipe is not None else [])
        connection.sendall(line[sent:])
        answer = b""
        while b"\n" not in answer:
            part = connection.recv(65536)
            if not part:
                raise RuntimeError("The server of warm kernels did not start a kernel.")
            answer += part
    except BaseException:
        connection.close()
        raise
    first, _, rest = answer.partition(b"\n")
    return ForkedKernel(address, connection, json.loads(first)["pid"], rest)


def _connect(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    give_up = time.monotonic() + _LISTEN
    while True:
        try:
            connection.connect(address)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > give_up:
                connection.close()
                raise RuntimeError(f"There is no server of warm kernels at {address}.") from None
            time.sleep(0.02)
