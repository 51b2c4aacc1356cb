"""A jupyter_client kernel provisioner that forks kernels from a warm parent: ``warm-fork``.

Any Jupyter tool can use it: set ``JUPYTER_DEFAULT_PROVISIONER_NAME=warm-fork``, or name it in a kernelspec. The first kernel of a process
starts the parent; ``CLEANWORKS_PRELOAD`` lists the modules it loads, separated by commas. Where processes cannot be forked, or for
another interpreter than this one, kernels start as usual.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Bool, Float, Unicode

from .forked import ForkedKernel, ask
from .server_process import CAN_FORK, shared_server

# Modules whose command line is that of a kernel of this package's kind.
_KERNELS = ("ipykernel_launcher", "ipykernel", "cleanworks.workshop.run.kernels.launch")


class WarmForkProvisioner(LocalProvisioner):
    """Forks the kernel from a warm parent.

    Traits
    ------
    server : str
        Address of a running server. Without one, the server of this process is used, and started if need be.
    fresh : bool
        Start a new Python for the kernel, under the same supervision.
    memory_limit, file_limit : float
        Megabytes the kernel may take and write.
    log : str
        File for what the kernel's own standard output and error get.
    """

    server = Unicode("").tag(config=True)
    fresh = Bool(False).tag(config=True)
    memory_limit = Float(1e9).tag(config=True)
    file_limit = Float(1e9).tag(config=True)
    log_file = Unicode(os.devnull).tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        if not CAN_FORK:
            self.log.warning("This system cannot fork processes; the kernel starts as a fresh Python.")
            return await super().launch_kernel(cmd, **kwargs)
        if not (self.fresh or is_own_kernel(cmd)):
            self.log.warning("Not a kernel of this Python; it starts as usual.")
            return await super().launch_kernel(cmd, **kwargs)
        if not self.server:
            server = shared_server()
            self.server = server.address
        kernel = await asyncio.to_thread(
            ask,
            self.server,
            command=list(cmd),
            cwd=str(kwargs.get("cwd") or Path.cwd()),
            env=dict(kwargs.get("env") or os.environ),
            log=self.log_file,
            fresh=self.fresh,
            memory_limit=self.memory_limit,
            file_limit=self.file_limit,
        )
        self.process = kernel  # type: ignore[assignment]  # it has the part of Popen that is asked for
        self.pid = self.pgid = kernel.pid
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        if isinstance(self.process, ForkedKernel):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        if isinstance(self.process, ForkedKernel):
            self.process.send_signal(signal.SIGKILL)
        else:
            await super().kill(restart)

    async def terminate(self, restart: bool = False) -> None:
        if isinstance(self.process, ForkedKernel):
            self.process.send_signal(signal.SIGTERM)
        else:
            await super().terminate(restart)

    async def wait(self) -> int | None:
        if not isinstance(self.process, ForkedKernel):
            return await super().wait()
        while await self.poll() is None:
            await asyncio.sleep(0.01)
        process, self.process = self.process, None
        process.close()
        return process.returncode


def is_own_kernel(command: Sequence[str]) -> bool:
    """Whether this command starts an IPython kernel of this very Python, so that a fork of it is the same thing."""
    if "-m" not in command or "-f" not in command:
        return False
    module = command[command.index("-m") + 1]
    return module in _KERNELS and os.path.abspath(command[0]) == os.path.abspath(sys.executable)
