"""How a kernel is started: which command, which environment, which limits."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..jobs import RunOptions

# More threads than cores make parallel lessons slower, not faster.
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
# The user's own Jupyter and Python settings would make results differ from machine to machine.
_LEFT_OUT = ("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "MPLBACKEND", "JPY_PARENT_PID")


@dataclass(frozen=True)
class KernelSettings:
    """Settings of one kernel; see `RunOptions` for the meaning of the limits."""

    provisioner: str = "local-provisioner"
    transport: str = "tcp" if sys.platform == "win32" else "ipc"
    hash_seed: int = 0
    variables: Mapping[str, str] = field(default_factory=dict)
    output_limit: float = 20.0
    output_count: int = 2000
    memory_limit: float = 4096.0
    file_limit: float = 1024.0

    @classmethod
    def of(cls, options: RunOptions) -> KernelSettings:
        return cls(
            hash_seed=options.hash_seed,
            variables=dict(options.environment),
            output_limit=options.output_limit,
            output_count=options.output_count,
            memory_limit=options.memory_limit,
            file_limit=options.file_limit,
        )

    def command(self) -> list[str]:
        return [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables of the kernel. `folder` is its private scratch folder."""
        own = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        own.update(dict.fromkeys(_ONE_THREAD, "1"))
        own.update(
            PYTHONHASHSEED=str(self.hash_seed), TZ="UTC", PYTHONUTF8="1", IPYTHONDIR=str(folder / "ipython")
        )
        own.update(self.variables)
        return own
