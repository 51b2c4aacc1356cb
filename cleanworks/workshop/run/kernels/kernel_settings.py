"""How a kernel is started: which command, which environment, which limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .guard import VARIABLE

if TYPE_CHECKING:
    from ..jobs import RunOptions

# More threads than cores make parallel lessons slower, not faster; and a process with threads cannot be forked safely.
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
# The user's own settings, and the sign of a running pytest (which makes ipykernel drop some output), would make results differ. A
# learner's record of progress, or place in a class, is not for runs and proofs, unless the options of a run name it.
LEFT_OUT = (
    "CLEANWORKS_RECORD",
    "CLEANWORKS_CLASS",
    "CLEANWORKS_CLASS_TICKET",
    "PYTHONSTARTUP",
    "PYTHONINSPECT",
    "PYTHONBREAKPOINT",
    "MPLBACKEND",
    "COLUMNS",
    "LINES",
    "PYTEST_CURRENT_TEST",
)


def inherited() -> dict[str, str]:
    """Variables of this process that kernels may see."""
    return {name: value for name, value in os.environ.items() if name not in LEFT_OUT}


def environment(options: RunOptions, before: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Variables of a kernel: those of `before` and ours. `folder` is its private scratch folder."""
    rules = folder / "matplotlibrc"
    rules.touch()
    return {
        **before,
        **dict.fromkeys(ONE_THREAD, "1"),
        "PYTHONHASHSEED": str(options.hash_seed),
        "TZ": "UTC",
        "PYTHONUTF8": "1",
        # Nobody's own start-up files, history or figure style.
        "IPYTHONDIR": str(folder / "ipython"),
        "MATPLOTLIBRC": str(rules),
        # Any number but 0: the kernel then prints no advice on how to connect to it. Its worker watches over it.
        "JPY_PARENT_PID": "1",
        **options.environment,
        VARIABLE: str(audit_file(folder)),
    }


def arguments(folder: Path) -> list[str]:
    """What follows Python on the command line of a kernel with this scratch folder."""
    return ["-m", f"{__package__}.launch", "-f", str(folder / "kernel.json")]


def audit_file(folder: Path) -> Path:
    """Where the kernel lists the files it opens."""
    return folder / "opened"


def log_file(folder: Path) -> Path:
    """Where the kernel's own standard output and error go: what Python says when it crashes."""
    return folder / "log"


def last_words(folder: Path) -> str:
    """The end of that."""
    try:
        return log_file(folder).read_bytes()[-4000:].decode("utf-8", "replace")
    except OSError:
        return ""
