"""What watches over the cells from inside their kernel: which files they open, what fails unseen.

Installed before the first cell, in forked and in fresh kernels alike.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from . import hidden

VARIABLE = "CLEANWORKS_KERNEL"
"""Holds the file that is written to."""


def install() -> None:
    """Begin to watch. The variable is forgotten: cells should find no trace."""
    log = os.environ.pop(VARIABLE)
    record_opened_files(log, quiet_prefixes())
    hidden.record(log)
    hide_own_frames()


def hide_own_frames() -> None:
    """Tracebacks that IPython shows are those of any other kernel: what we put around ``print`` is not in them."""
    from ipykernel.zmqshell import ZMQInteractiveShell

    get, own = ZMQInteractiveShell._get_exc_info, os.path.dirname(__file__) + os.sep

    def get_exc_info(self: Any, exc_tuple: Any = None) -> Any:
        found = get(self, exc_tuple)
        errors, seen = [found[1]], set()
        while errors:
            error = errors.pop()
            if isinstance(error, BaseException) and id(error) not in seen:
                seen.add(id(error))
                errors += [error.__cause__, error.__context__]
                place = error.__traceback__
                while place is not None:
                    while (after := place.tb_next) and after.tb_frame.f_code.co_filename.startswith(own):
                        place.tb_next = after.tb_next
                    place = place.tb_next
        return found

    ZMQInteractiveShell._get_exc_info = get_exc_info  # type: ignore[method-assign]


def quiet_prefixes() -> tuple[str, ...]:
    """Folders whose files are no news: Python itself and what is installed with it."""
    found = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
    found |= {path for path in sys.path if "site-packages" in path or "dist-packages" in path}
    return tuple(sorted(os.path.realpath(path) + os.sep for path in found))


def record_opened_files(log: str, quiet: Sequence[str]) -> None:
    """Append ``r`` or ``w`` and the absolute path to `log` whenever Python code opens a file, each once.

    Libraries that open files without Python (a database reading Parquet) are not seen.
    """
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    quiet = (*quiet, "/proc/", "/dev/", "/sys/")
    seen: set[tuple[str | bytes, bool]] = set()
    writing = os.O_WRONLY | os.O_RDWR

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            writes = bool((flags or 0) & writing)
        elif event == "sqlite3.connect":
            path, writes = arguments[0], False
        else:
            return
        if not isinstance(path, (str, bytes)) or (path, writes) in seen or path == ":memory:":
            return
        seen.add((path, writes))
        full = os.path.abspath(os.fsdecode(path))
        if not full.startswith(quiet):
            # The cells may close the file under us; they break more than this then.
            with contextlib.suppress(OSError):
                os.write(handle, f"{'w' if writes else 'r'}{json.dumps(full)}\n".encode())

    sys.addaudithook(hook)
