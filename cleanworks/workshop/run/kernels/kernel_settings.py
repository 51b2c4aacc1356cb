"""How a kernel is started: which command, which environment, which limits."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .guard import VARIABLE, Guard

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
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class KernelSettings:
    """Settings of the kernels of a run; see `RunOptions` for the meaning of the limits.

    `fresh` asks for a new Python instead of a fork; `inherited` are the variables of the process that started the run.
    """

    fresh: bool = False
    hash_seed: int = 0
    inherited: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    output_limit: float = 20.0
    output_count: int = 2000
    memory_limit: float = 4096.0
    file_limit: float = 1024.0

    @classmethod
    def of(cls, options: RunOptions, fresh: bool = False) -> KernelSettings:
        return cls(
            fresh=fresh,
            hash_seed=options.hash_seed,
            inherited={name: value for name, value in os.environ.items() if name not in LEFT_OUT},
            variables=dict(options.environment),
            output_limit=options.output_limit,
            output_count=options.output_count,
            memory_limit=options.memory_limit,
            file_limit=options.file_limit,
        )

    @property
    def transport(self) -> str:
        """Unix sockets where they exist: no ports that two kernels could fight over."""
        return "tcp" if sys.platform == "win32" else "ipc"

    def arguments(self, folder: Path) -> list[str]:
        """What follows Python on the command line of a kernel whose private scratch folder is `folder`."""
        return ["-m", f"{__package__}.launch", "-f", str(folder / "kernel.json")]

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables of the kernel. `folder` is its private scratch folder."""
        rules = folder / "matplotlibrc"
        rules.touch()
        guard = Guard(
            audit=str(audit_file(folder)),
            output_bytes=int(self.output_limit * _MEGABYTE),
            output_count=self.output_count,
            file_bytes=int(self.file_limit * _MEGABYTE),
        )
        own = dict(self.inherited)
        own.update(dict.fromkeys(ONE_THREAD, "1"))
        own.update(
            PYTHONHASHSEED=str(self.hash_seed),
            TZ="UTC",
            PYTHONUTF8="1",
            # Nobody's own start-up files, history or figure style.
            IPYTHONDIR=str(folder / "ipython"),
            MATPLOTLIBRC=str(rules),
            # Any number but 0: the kernel then prints no advice on how to connect to it. Its worker watches over it.
            JPY_PARENT_PID="1",
        )
        own.update(self.variables)
        own[VARIABLE] = guard.dump()
        return own


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
