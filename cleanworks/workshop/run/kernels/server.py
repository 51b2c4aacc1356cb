"""The parent of the workers: a process that has the libraries in memory and forks a worker whenever one is asked for.

    python -m cleanworks.workshop.run.kernels.server '[["numpy", ...], true, false]'

What is preloaded, whether kernels will be forks, and whether only a few will be asked for, is its argument. Its standard input is a Unix socket. A byte with a handle beside it (SCM_RIGHTS) asks for a worker that serves the connection behind the
handle. The server ends when its standard input closes, and with it every worker and every kernel, so nothing outlives the process that
started it. Where kernels are new Pythons it loads only what the workers need: their kernels are new Pythons.

What is preloaded may include calls, such as one that makes tables for all. Its lines on standard output: "ready" when the libraries are
loaded, and anything else for a person to read.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from .lifeline import adopt_orphans, children, end_descendants
from .server_process import READY


class Server:
    """Forks the workers that are asked for, and ends what they leave."""

    def __init__(self, control: socket.socket, additions: Mapping[str, str], work: Callable[..., None]):
        self._control, self._work = control, work
        # Environment variables that the libraries set while they were loaded, as they would in a kernel.
        self._additions = dict(additions)
        self._workers: set[int] = set()

    def serve(self) -> None:
        """Serve until the connection closes; then end every worker, and with it its kernel."""
        waker, woken = os.pipe()
        for handle in (waker, woken):
            os.set_blocking(handle, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            for source in (self._control, waker):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if waker in ready:
                    os.read(waker, 4096)
                    self._reap()
                if self._control in ready:
                    data, handles, *_ = socket.recv_fds(self._control, 1, 1)
                    if not data:
                        break
                    private = [waker, woken, self._control.fileno(), selector.fileno()]
                    self._fork(handles[0], private)
        end_descendants()

    def _fork(self, handle: int, private: Sequence[int]) -> None:
        own = os.getpid()
        # Wakeups belong to this process.
        before = signal.set_wakeup_fd(-1)
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in private:
                    os.close(one)
                nothing = os.open(os.devnull, os.O_RDWR)
                for target in range(3):
                    os.dup2(nothing, target)
                os.close(nothing)
                self._work(Connection(handle), own, self._additions)
            finally:
                os._exit(0)
        signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        os.close(handle)
        self._workers.add(pid)
        # What ended in between woke nobody.
        self._reap()

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self._workers.discard(pid)
        # Children that are no workers lost theirs to a kill: they are what it would have ended.
        for pid in set(children(os.getpid())) - self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _prepare() -> None:
    """Make the kernel, up to where a fork completes it."""
    import nbformat

    from .launch import configuration
    from .pipe_kernel import prepare

    _follow_the_shell()
    prepare(configuration())
    # The first output compiles what checks all outputs; each worker would do it for itself.
    nbformat.v4.new_output("stream")


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


def _load(preload: Sequence[str], lean: bool) -> Callable[..., None]:
    """Have everything in memory that the kernels share. Returns what a worker does (`worker.work`)."""
    # What is made for all takes longest: whatever else is imported comes after it has begun.
    from .warmup import share_what_is_loaded, warm_up

    # Next to nothing of what is loaded goes away, so nobody need look for it; that takes an eighth of the time.
    gc.disable()
    notes, makers = warm_up(preload, use=not lean)
    from .. import engine, worker

    if not engine.missing():
        _prepare()
    _say(*notes, *makers.hand_over())
    if not lean:
        share_what_is_loaded()
    gc.enable()
    return worker.work


def _say(*lines: str) -> None:
    # Whoever started us may be gone already; the connection tells.
    with contextlib.suppress(OSError):
        print(*lines, sep="\n", end="\n" * bool(lines), flush=True)


def main() -> None:
    preload, warm, lean = json.loads(sys.argv[1])
    # Ctrl-C is for the process that started us; it closes our standard input when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    if sys.path and sys.path[0] in ("", os.getcwd()):
        # `python -m` searches the working directory first; kernels search their own, not the server's.
        del sys.path[0]
    with socket.socket(fileno=os.dup(0)) as control:
        before = dict(os.environ)
        if warm:
            work = _load(preload, lean)
        else:
            from ..worker import work
        _say(READY)
        additions = {name: value for name, value in os.environ.items() if name not in before}
        Server(control, additions, work).serve()
    # Taking so many libraries apart would take half a second.
    os._exit(0)


if __name__ == "__main__":
    main()
