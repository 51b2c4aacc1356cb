"""Start an IPython kernel in this process: ``python -m cleanworks.workshop.run.kernels.launch -f CONNECTION_FILE``."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from . import guard
from .lifeline import die_with_parent


def start(arguments: list[str]) -> None:
    """Become a kernel; returns when it is asked to shut down."""
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

    guard.install()
    KernelApp.launch_instance(argv=arguments, config=configuration())


def configuration() -> Any:
    """ipykernel's configuration for the kernels of a run."""
    from ipykernel import compiler
    from traitlets.config import Config

    # The place that warnings and tracebacks name for a cell: by default it holds the process id, which differs every time.
    compiler.get_tmp_directory = _cell_folder
    config = Config()
    # Nobody reads the history of a run; a database of it on disk costs more than the rest of the start.
    config.HistoryManager.hist_file = ":memory:"
    return config


def _cell_folder() -> str:
    return os.path.join(tempfile.gettempdir(), "ipykernel")


if __name__ == "__main__":
    start(sys.argv[1:])
