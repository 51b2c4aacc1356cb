"""A kernel that is a fork of this worker: the libraries are in its memory already, and one pipe leads to it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence

from .lifeline import die_with_parent


class ForkedKernel:
    """A fork of this process that has become a kernel, with the part of `subprocess.Popen` that is asked for.

    This process must have one thread and no running event loop.

    Parameters
    ----------
    environment : mapping
        Variables of the kernel.
    workdir, log : str
        Folder the cells run in, and the file for what the kernel's own standard output and error get.
    arguments : sequence of str
        ``sys.argv`` of the kernel.
    private : sequence of int
        Handles of this process that are not the kernel's business.

    Attributes
    ----------
    pipe : socket
        Our end of the connection (`kernels.pipe_kernel`).
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        workdir: str,
        log: str,
        arguments: Sequence[str],
        private: Sequence[int] = (),
    ):
        self.returncode: int | None = None
        self.pipe, theirs = socket.socketpair()
        with theirs:
            own = os.getpid()
            self.pid = os.fork()
            if self.pid:
                return
            code = 1
            try:
                self.pipe.close()
                for handle in private:
                    os.close(handle)
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_DFL)
                os.setsid()
                die_with_parent(own)
                _become_kernel(environment, workdir, log, arguments, theirs.detach())
                code = 0
            except BaseException:
                import traceback

                traceback.print_exc(file=sys.__stderr__)
                if sys.__stderr__ is not None:
                    sys.__stderr__.flush()
            finally:
                os._exit(code)

    def poll(self) -> int | None:
        """The exit code, or None while the kernel runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _become_kernel(
    environment: Mapping[str, str], workdir: str, log: str, arguments: Sequence[str], pipe: int
) -> None:
    """Turn this child into a kernel; returns when the cells ask to exit."""
    from .pipe_kernel import serve_cells
    from .warmup import INLINE, reseed

    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    for handle in (written, nothing):
        os.close(handle)
    os.chdir(workdir)
    wanted = {"MPLBACKEND": INLINE, **environment}
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in wanted.items() if os.environ.get(name) != value})
    time.tzset()
    reseed()
    sys.argv = list(arguments)
    serve_cells(pipe)
