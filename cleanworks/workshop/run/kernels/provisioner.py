"""A jupyter_client kernel provisioner whose kernels a `Supervisor` starts and watches over: ``supervised``."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Float, Unicode

from .forked import ForkedKernel, ask


class SupervisedProvisioner(LocalProvisioner):
    """Has a server start a new Python for the kernel.

    Traits
    ------
    server : str
        Address of the server.
    memory_limit, file_limit : float
        Megabytes the kernel may take and write.
    log_file : str
        File for what the kernel's own standard output and error get.
    """

    server = Unicode().tag(config=True)
    memory_limit = Float(1e9).tag(config=True)
    file_limit = Float(1e9).tag(config=True)
    log_file = Unicode(os.devnull).tag(config=True)
    process: ForkedKernel | None  # type: ignore[assignment]  # it has the part of Popen that is asked for

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        self.process = await asyncio.to_thread(
            ask,
            self.server,
            command=list(cmd),
            cwd=str(kwargs.get("cwd") or Path.cwd()),
            env=dict(kwargs.get("env") or os.environ),
            log=self.log_file,
            memory_limit=self.memory_limit,
            file_limit=self.file_limit,
        )
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        if self.process is not None:
            self.process.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(0.01)
        if (process := self.process) is None:
            return None
        self.process = None
        process.close()
        return process.returncode
