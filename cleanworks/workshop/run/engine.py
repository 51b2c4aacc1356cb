"""Over what nbclient speaks with the kernels: our own pipe, or Jupyter's sockets.

Cells are executed in ipykernel's own shell in both cases and give the same outputs. The pipe (`pipe`, `kernels.pipe_kernel`) leads to a
fork of a warm process, and has no sockets and no threads that serve them. But it stands on names that ipykernel does not document. So it
is used with the versions it was tested with, where all these names exist; everywhere else nbclient starts a new Python for each notebook,
and the run's report says which of the two it was.
"""

from __future__ import annotations

import functools
import importlib
import os
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

PIPE, NBCLIENT = "pipe", "nbclient"
SPOKEN = {PIPE: "nbclient over our own pipe", NBCLIENT: "nbclient"}

METADATA = "cleanworks_engine"
"""Where an executed copy says which engine executed it."""

VARIABLE = "CLEANWORKS_ENGINE"
"""The variable that asks for one of the two; tests and benchmarks use it."""

TESTED = {
    "ipykernel": ("7.4",),
    "ipython": ("9.18",),
    "jupyter_client": ("8.10",),
}
"""The versions that the transport was tested with: the ones that requirements.txt names."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "ipykernel.kernelapp:IPKernelApp": (
        "init_connection_file", "init_heartbeat", "write_connection_file", "log_connection_info", "init_signal", "init_io",
        "init_sockets", "init_kernel", "init_profile_dir", "configure_tornado_logger", "kernel_class", "outstream_class",
        "displayhook", "iopub_thread", "profile_dir", "initialize", "initialized", "instance", "start",
    ),
    "ipykernel.ipkernel:IPythonKernel": (
        "dispatch_shell", "language_info", "execution_count", "shell", "profile_dir", "shell_channel_thread",
        "_execute_sleep", "_supports_kernel_subshells", "_stdout", "_stderr",
    ),
    "ipykernel.kernelbase:Kernel": ("start",),
    "ipykernel.iostream:IOPubThread": ("schedule", "session", "thread", "io_loop", "background_socket"),
    "ipykernel.iostream:OutStream": (
        "_is_master_process", "_schedule_flush", "_flush", "_should_watch", "_fid", "_original_stdstream_fd",
        "_original_stdstream_copy", "_watch_pipe_fd", "_buffers", "pub_thread",
    ),
    "jupyter_client.session:Session": ("send", "msg", "feed_identities", "deserialize", "pack"),
    "IPython.core.interactiveshell:InteractiveShell": (
        "init_environment", "starting_dir", "history_manager", "ipython_dir", "profile_dir", "exit_now",
    ),
}  # fmt: skip
"""Every name of others that the transport overrides, calls or sets, by the class that has it."""


@dataclass(frozen=True)
class Engine:
    """The engine of a run, and why it is nbclient over sockets where it is."""

    name: str
    why: str = ""


def choose(wanted: str | None = None, installed: Callable[[str], str] = version) -> Engine:
    """The engine for the versions that are installed. ``wanted`` names one; CLEANWORKS_ENGINE does if it is not given."""
    wanted = os.environ.get(VARIABLE, "") if wanted is None else wanted
    if wanted == NBCLIENT:
        return Engine(NBCLIENT, f"{VARIABLE} asks for it")
    for package, tested in TESTED.items():
        try:
            there = installed(package)
        except PackageNotFoundError:
            return Engine(NBCLIENT, f"{package} is not installed as a package")
        if ".".join(there.split(".")[:2]) not in tested and wanted != PIPE:
            return Engine(
                NBCLIENT, f"the pipe was tested with {package} {' and '.join(tested)}, and this is {there}"
            )
    return Engine(PIPE)


@functools.cache
def missing() -> tuple[str, ...]:
    """The names of `NAMES` that the installed packages do not have. Imports a whole kernel."""
    lost = []
    for place, names in NAMES.items():
        module, _, kind = place.partition(":")
        try:
            found = getattr(importlib.import_module(module), kind)
        except (ImportError, AttributeError):
            lost.append(place)
            continue
        lost += [f"{place}.{name}" for name in names if not _has(found, name)]
    return tuple(lost)


def _has(kind: type, name: str) -> bool:
    """Whether a class has an attribute, or one of its methods sets or reads it on its objects."""
    if hasattr(kind, name):
        return True
    return any(
        isinstance(method, types.FunctionType) and name in method.__code__.co_names
        for base in kind.__mro__
        for method in vars(base).values()
    )
