"""The warm parent: a process that has the libraries in memory and forks a kernel for whoever asks.

    python -m cleanworks.workshop.run.kernels.server SOCKET [--warm] [--preload MODULE ...]

It listens on a Unix socket. Each connection gets a `Supervisor`, which starts the kernels that are asked for, one after the other. A request::

    {"command": [...], "cwd": "...", "env": {...}, "log": "...", "memory_limit": 4096, "file_limit": 1024}

With a socket beside it (SCM_RIGHTS) the kernel is a fork that serves this socket (`kernels.pipe_kernel`). Without one it is a new Python:
the same care, none of the warmth. The server ends when its standard input closes, so it never outlives the process that started it.

What is preloaded may include calls, such as one that makes tables for all. Its lines on standard output: "ready" when kernels may be
asked for, and anything else for a person to read.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .. import engine
from .guard import Guard
from .lifeline import adopt_orphans, children
from .server_process import READY
from .supervisor import Supervisor


class Server:
    """Accepts requests one after the other, and forks a supervisor for each."""

    def __init__(self, listener: socket.socket, lifeline: int, additions: Mapping[str, str]):
        self._listener, self._lifeline = listener, lifeline
        # Environment variables that the libraries set while they were loaded, as they would in a kernel.
        self._additions = dict(additions)
        self._supervisors: set[int] = set()

    def serve(self) -> None:
        """Serve until the lifeline closes; then end every supervisor, and with it its kernel."""
        waker, woken = os.pipe()
        for handle in (waker, woken):
            os.set_blocking(handle, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        self._private = [waker, woken, self._lifeline]
        with selectors.DefaultSelector() as selector:
            for source in (self._listener, self._lifeline, waker):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if waker in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(waker, 4096)
                    self._reap()
                if self._lifeline in ready and not os.read(self._lifeline, 4096):
                    break
                if self._listener in ready:
                    self._accept(selector)
        for pid in self._supervisors:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                # A cell may have stopped it; it would hear of its end only when it goes on.
                os.kill(pid, signal.SIGCONT)
        while self._supervisors:
            self._reap(block=True)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        connection, _ = self._listener.accept()
        with connection:
            # Wakeups belong to this process; the fork sets its own.
            signal.set_wakeup_fd(-1)
            own = os.getpid()
            pid = os.fork()
            if pid == 0:
                try:
                    selector.close()
                    self._listener.close()
                    for handle in self._private:
                        os.close(handle)
                    become = functools.partial(become_kernel, additions=self._additions)
                    Supervisor(connection, become, own).run()
                finally:
                    os._exit(1)
            signal.set_wakeup_fd(self._private[1], warn_on_full_buffer=False)
            self._supervisors.add(pid)

    def _reap(self, block: bool = False) -> None:
        try:
            while (pid := os.waitpid(-1, 0 if block else os.WNOHANG)[0]) > 0:
                self._supervisors.discard(pid)
                self._end_strays()
        except ChildProcessError:
            self._supervisors.clear()

    def _end_strays(self) -> None:
        """Children that are no supervisors lost theirs to a kill: they are what it would have ended."""
        for pid in set(children(os.getpid())) - self._supervisors:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def become_kernel(request: Mapping[str, Any], pipe: int | None, additions: Mapping[str, str]) -> None:
    """Turn this child into the kernel that was asked for."""
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    for handle in (log, nothing):
        os.close(handle)
    os.chdir(request["cwd"])
    command = request["command"]
    if pipe is None:
        os.execve(command[0], command, request["env"])
    os.environ.clear()
    os.environ.update({**additions, **request["env"]})
    _become_warm_kernel(command, pipe)


def _become_warm_kernel(command: Sequence[str], pipe: int) -> None:
    import time

    from .warmup import INLINE, reseed

    if hasattr(time, "tzset"):
        time.tzset()
    reseed()
    os.environ.setdefault("MPLBACKEND", INLINE)
    sys.argv = [kernel_file(command), *command[command.index("-f") :]]
    if lost := engine.missing():
        line = {"type": "absent", "content": {"missing": ", ".join(lost)}}
        os.write(pipe, json.dumps(line).encode() + b"\n")
        return
    from .pipe_kernel import serve_cells

    guard = Guard.take()
    assert guard is not None  # a kernel with a pipe gets one
    serve_cells(guard, pipe)


def _prepare() -> None:
    """Make the kernel, up to where a fork completes it."""
    from .launch import configuration
    from .pipe_kernel import prepare

    _follow_the_shell()
    prepare(configuration(ours=True))


def _follow_the_shell() -> None:
    """Have figures shown after each cell, as if matplotlib had been imported in this kernel."""
    inline = sys.modules.get("matplotlib_inline.backend_inline")
    if inline is None:
        return
    from ipykernel.kernelapp import IPKernelApp

    original = IPKernelApp.init_gui_pylab

    def init_gui_pylab(app: Any) -> None:
        original(app)
        inline._enable_matplotlib_integration()

    IPKernelApp.init_gui_pylab = init_gui_pylab  # type: ignore[method-assign]  # on purpose


def _load(preload: Sequence[str], lean: bool) -> None:
    """Have everything in memory that the kernels share."""
    from .warmup import Makers, share_what_is_loaded, warm_up

    # Nothing of what is loaded goes away, so nobody need look for it; that takes an eighth of the time.
    gc.disable()
    makers = Makers(preload)
    notes = warm_up(preload, use=not lean)
    if not engine.missing():
        _prepare()
    _say(*notes, *makers.hand_over())
    if not lean:
        share_what_is_loaded()
    gc.enable()


def _say(*lines: str) -> None:
    # Whoever started us may be gone already; the lifeline tells.
    with contextlib.suppress(OSError):
        print(*lines, sep="\n", end="\n" * bool(lines), flush=True)


def kernel_file(command: Sequence[str]) -> str:
    """What `sys.argv[0]` is in a kernel started by this command: the path of the module after ``-m``."""
    import importlib.util

    spec = importlib.util.find_spec(command[command.index("-m") + 1])
    return spec.origin if spec and spec.origin else command[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fork kernels from a process that has the libraries loaded.")
    parser.add_argument("socket")
    parser.add_argument("--preload", nargs="*", default=())
    parser.add_argument("--lean", action="store_true", help="Only a few kernels will be asked for.")
    parser.add_argument("--warm", action="store_true", help="Forks will be asked for, not new Pythons alone.")
    options = parser.parse_args()
    # Ctrl-C is for the process that started us; it closes our standard input when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    if sys.path and sys.path[0] in ("", os.getcwd()):
        # `python -m` searches the working directory first; kernels search their own, not the server's.
        del sys.path[0]
    lifeline = os.dup(0)
    with socket.socket(socket.AF_UNIX) as listener:
        # Clients may connect while the libraries load; they wait in the queue.
        listener.bind(options.socket)
        listener.listen(64)
        before = dict(os.environ)
        if options.warm:
            _load(options.preload, options.lean)
        # The largest files and numbers of open files are the kernels' own business from here on.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _say(READY)
        additions = {name: value for name, value in os.environ.items() if name not in before}
        Server(listener, lifeline, additions).serve()
    # Whoever started us and was killed can no longer do it. A folder that holds anything else stays.
    with contextlib.suppress(OSError):
        os.unlink(options.socket)
        # With the mark of its owner, who is dead (`scratch`).
        shutil.rmtree(os.path.dirname(options.socket), ignore_errors=True)
    # Taking so many libraries apart would take half a second.
    os._exit(0)


if __name__ == "__main__":
    main()
