"""nbclient over one pipe to a fork of the warm parent: the worker's side of `kernels.pipe_kernel`.

nbclient executes the cells and puts their outputs together here as anywhere else; only the transport is another. Widgets need a partner
that answers them; a lesson that has one is executed in a new Python instead, over Jupyter's sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import socket
from collections.abc import Callable
from typing import Any

from .client import LessonClient, too_large
from .kernels.forked import ForkedKernel
from .worker_outcome import LessonFailure

# The message types of `kernels.pipe_kernel`; importing that module would load a whole kernel.
_READY, _IDLE, _BROKEN, _COMM = "ready", "idle", "cleanworks_broken", "comm"
_ENDED = "ended"
# Seconds in which a kernel must be there.
_START = 60.0


class NeedsJupyter(Exception):
    """The lesson shows a widget."""


class _Channel:
    """Messages of one kind, in the order in which they came."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def put(self, kind: str, parent: str, content: dict[str, Any]) -> None:
        header = {"msg_type": kind}
        self._messages.put_nowait(
            {"msg_type": kind, "header": header, "parent_header": {"msg_id": parent}, "content": content}
        )

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        try:
            async with asyncio.timeout(timeout):
                return await self._messages.get()
        except TimeoutError:
            raise queue.Empty from None


class _Pipe:
    """The pipe to a kernel, with the part of jupyter_client's KernelClient that nbclient uses.

    Parameters
    ----------
    kernel : ForkedKernel
    most : int
        Characters of the longest message.
    break_off : callable
        Called when no answer will come any more, with the reason; with None if the kernel has ended.
    """

    def __init__(self, kernel: ForkedKernel, most: int, break_off: Callable[[Exception | None], None]):
        self._kernel, self._pipe, self._most, self._break_off = kernel, kernel.pipe, most, break_off
        self.shell_channel, self.iopub_channel = _Channel(), _Channel()
        self._asked, self._answered = 0, ""
        self._buffer = b""
        self._open = True
        self._loop = asyncio.get_running_loop()
        # The first words of the kernel, or that there will be none.
        self.first: asyncio.Future[tuple[str, dict[str, Any]]] = self._loop.create_future()
        self._loop.add_reader(self._pipe, self.hear)

    def execute(self, code: str, store_history: bool = True, stop_on_error: bool = True) -> str:
        self._asked += 1
        request = {"id": self._asked, "code": code, "stop_on_error": stop_on_error}
        # A kernel that is gone is noticed when its answer is read.
        with contextlib.suppress(OSError):
            self._pipe.sendall(json.dumps(request).encode() + b"\n")
        return str(self._asked)

    def is_alive(self) -> bool:
        return self._open

    def stop_channels(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._pipe)

    def hear(self) -> None:
        """Take what has arrived. A kernel that has ended is heard to the end."""
        data = b""
        try:
            data = self._pipe.recv(1 << 18, socket.MSG_DONTWAIT)
        except BlockingIOError:
            if self._kernel.poll() is None:
                return
        except OSError:
            pass
        if not data:
            return self._end(None)
        self._buffer += data
        if b"\n" not in data:
            return self._end(too_large(self._most)) if len(self._buffer) > 2 * self._most else None
        *lines, self._buffer = self._buffer.split(b"\n")
        try:
            for line in lines:
                message = json.loads(line.decode("utf-8", "replace"))
                self._take(message["type"], message.get("parent", ""), message["content"])
        except (ValueError, KeyError, TypeError, asyncio.InvalidStateError):
            self._end(LessonFailure("died", "The cell wrote into the pipe to its own kernel."))

    def _end(self, why: Exception | None) -> None:
        self.stop_channels()
        if not self.first.done():
            self.first.set_result((_ENDED, {}))
        self._break_off(why)

    def _take(self, kind: str, parent: str, content: dict[str, Any]) -> None:
        if kind == _READY:
            self.first.set_result((kind, content))
        elif kind == _COMM:
            self._break_off(NeedsJupyter())
        elif kind == _BROKEN:
            self._break_off(LessonFailure("error", f"{content['text']} (the cells broke their own kernel)"))
        elif kind == "execute_reply":
            self._answered = parent
            self.shell_channel.put(kind, parent, content)
        elif kind != _IDLE:
            self.iopub_channel.put(kind, parent, content)
        elif self._answered == parent:
            self.iopub_channel.put("status", parent, {"execution_state": "idle"})
        else:
            text = "The kernel gave no answer to the cell (the cells broke their own kernel)."
            self._break_off(LessonFailure("error", text))


class PipeClient(LessonClient):
    """Executes the cells of one lesson in a fork of this worker; the further parameters are those of `LessonClient`."""

    def __init__(self, kernel: ForkedKernel, *args: Any):
        super().__init__(*args)
        self._kernel = kernel
        self.watch_over(kernel)

    async def start(self, workdir: str) -> dict[str, Any]:
        """Wait for the first words of the kernel."""
        channels = _Pipe(self._kernel, self.most, self.break_off)
        self.kc = channels  # type: ignore[assignment]  # it has the part of a KernelClient that is asked for
        try:
            async with asyncio.timeout(_START):
                kind, content = await channels.first
        except TimeoutError:
            raise LessonFailure("internal", f"The kernel did not answer within {_START:g} s.") from None
        if kind == _ENDED:
            raise self.no_start()
        return content

    def stopped(self, why: Exception | None) -> None:
        if why is not None:
            self.break_off(why)
        elif isinstance(self.kc, _Pipe):
            # A child of the kernel may hold the pipe open. What has arrived is heard to the end.
            while self.kc.is_alive():
                self.kc.hear()
