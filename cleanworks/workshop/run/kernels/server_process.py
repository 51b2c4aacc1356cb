"""The parent of the workers as seen from the process that starts it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from cleanworks.errors import InputError

from ..worker_outcome import ending
from .kernel_settings import ONE_THREAD, inherited

# The server's line when the libraries are loaded.
READY = "ready"
# macOS has a fork too, but its own libraries do not survive one.
CAN_FORK = sys.platform == "linux"


class KernelServer:
    """The process that forks workers (`kernels.server`). A context manager; it ends with this process in any case.

    Without `warm` it loads nothing for the kernels, which are new Pythons then. `lean` is for a few kernels: nothing is done that only
    pays when many share it.
    """

    def __init__(
        self,
        preload: Sequence[str] = (),
        hash_seed: int | None = None,
        environment: Mapping[str, str] | None = None,
        warm: bool = True,
        lean: bool = False,
    ):
        self.ready = False
        environment = {**inherited(), **(environment or {})}
        # One thread before the libraries load: a process with threads cannot be forked safely.
        environment.update(dict.fromkeys(ONE_THREAD, "1"), JPY_PARENT_PID="1")
        # Decided when Python starts, and the forks cannot change it: a fresh kernel's variables ask for the same.
        environment.setdefault("PYTHONUTF8", "1")
        # A debugger that comes with the kernel would warn of itself, as the last words of this process.
        environment.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        # Arrow's own allocators keep what they once had, in every fork.
        environment.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        # Memory in larger pages: a fork, which copies the list of all pages, takes half the time.
        environment.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
        if hash_seed is not None:
            environment["PYTHONHASHSEED"] = str(hash_seed)
        asked = json.dumps([list(preload), warm, lean])
        self._control, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.server", asked],
                env=environment,
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        assert process.stdout and process.stderr  # both are pipes
        self._process, self._said, self._errors = process, process.stdout, process.stderr
        os.set_blocking(self._said.fileno(), False)
        self._text = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """What becomes readable when there is news."""
        return self._said.fileno()

    def fork_worker(self, connection: Connection) -> None:
        """Have a worker forked that serves the other end of this connection, as soon as the libraries are loaded."""
        # A server that has ended is noticed by its `news`.
        with contextlib.suppress(OSError):
            socket.send_fds(self._control, [b"w"], [connection.fileno()])

    def news(self) -> list[str]:
        """What the server has to say since the last call, a line each.

        Raises
        ------
        InputError
            It has ended.
        """
        lines = self._lines()
        if (code := self._process.poll()) is not None:
            last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise InputError(
                " ".join([f"The process that starts the kernels ended ({ending(code)}).", *lines, *last]),
                fix="If it ends again, try --fresh: where that works, one of the preloaded modules is the cause.",
            )
        return [line for line in lines if line != READY]

    def _lines(self) -> list[str]:
        while True:
            try:
                part = os.read(self._said.fileno(), 65536)
            except BlockingIOError:
                break
            if not part:
                break
            self._text += part
        *lines, self._text = self._text.split(b"\n")
        found = [line.decode("utf-8", "replace") for line in lines]
        self.ready = self.ready or READY in found
        return found

    def __enter__(self) -> KernelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the server and all its kernels, and wait until they are gone."""
        self._control.close()
        self._lines()
        if not self.ready:
            # It still loads libraries: it has no kernels, and would hear of its end only later.
            self._process.kill()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
        self._errors.close()
