"""Start an IPython kernel in this process: ``python -m cleanworks.workshop.run.kernels.launch -f CONNECTION_FILE``."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from .guard import Guard
from .lifeline import die_with_parent


def start(arguments: list[str]) -> None:
    """Become a kernel; returns when it is asked to shut down."""
    guard = Guard.take()
    if guard is not None:
        die_with_parent(os.getppid())
    # As ipykernel's own launcher does: the working directory is not searched before the kernel puts it there itself.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    class KernelApp(IPKernelApp):
        if os.name == "posix":
            outstream_class = f"{__package__}.streams.OrderedStream"

        def init_iopub(self, context: zmq.Context[Any]) -> None:
            # Never drop a message because many come at once: one of them says that the cell has ended.
            context.setsockopt(zmq.SNDHWM, 0)
            super().init_iopub(context)

    if guard is not None:
        guard.install()
    KernelApp.launch_instance(argv=arguments, config=configuration(ours=guard is not None))


def configuration(ours: bool) -> Any:
    """ipykernel's configuration for a kernel that somebody else asked for, or for one of our own runs."""
    from ipykernel import compiler
    from traitlets.config import Config

    # The place that warnings and tracebacks name for a cell: by default it holds the process id, which differs every time.
    compiler.get_tmp_directory = _cell_folder
    config = Config()
    if ours:
        # Nobody reads the history of a run; a database of it on disk costs more than the rest of the start.
        config.HistoryManager.hist_file = ":memory:"
    return config


def _cell_folder() -> str:
    return os.path.join(tempfile.gettempdir(), "ipykernel")


if __name__ == "__main__":
    start(sys.argv[1:])
