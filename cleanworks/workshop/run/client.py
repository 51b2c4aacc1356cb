"""nbclient and jupyter_client, as a lesson needs them: one time limit for all cells, strict rules, no fixed pauses."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import zmq
from jupyter_client.client import KernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .jobs import MAY_RAISE, tags_of
from .kernels.guard import LIMIT
from .kernels.kernel_settings import KernelSettings, last_words, log_file
from .watch import ProcessWatch
from .worker_outcome import LessonFailure, Outcome, Task, asks_to_exit, judge_outputs, tidy

_START_TIMEOUT = 60
# Windows' default loop cannot wait for the sockets of kernels.
_LOOP = asyncio.SelectorEventLoop if sys.platform == "win32" else None


class LessonKernelManager(AsyncKernelManager):
    """A kernel of this very Python, started as the settings say. No kernelspec needs to be installed."""

    def __init__(self, settings: KernelSettings, folder: Path, **traits: Any):
        super().__init__(**traits)
        self._settings, self._folder = settings, folder
        self.transport = settings.transport
        # Unix sockets: a path may have about 100 characters, so they live in a short folder of their own.
        if settings.transport == "ipc":
            self.ip = str(folder / "k")
        self.connection_file = str(folder / "kernel.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, *self._settings.arguments(self._folder)],
            display_name="Python 3 (ipykernel)",
            language="python",
        )


class LessonClient(NotebookClient):
    """Executes the cells of one lesson in one kernel.

    Parameters
    ----------
    notebook : NotebookNode
        Its code cells get their outputs.
    settings : KernelSettings
    folder : Path
        Scratch folder of this lesson.
    limit : float
        Seconds of wall time for all cells together.
    cell_limit : float, optional
        Seconds for each of them.
    """

    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        settings: KernelSettings,
        folder: Path,
        limit: float,
        cell_limit: float | None = None,
    ):
        self.kernel = LessonKernelManager(settings, folder)
        super().__init__(
            notebook,
            km=self.kernel,
            record_timing=False,
            iopub_timeout=max(30, int(limit)),
            raise_on_iopub_timeout=True,
            timeout_func=self._remaining,
            on_cell_executed=self._keep_reply,
        )
        self._folder, self._settings = folder, settings
        self._limit, self._cell_limit = limit, cell_limit
        self._deadline = time.monotonic() + limit
        self._broken_off: Exception | None = None
        self._reply: dict[str, Any] = {}
        self.watch: ProcessWatch | None = None
        self.reset_execution_trackers()

    # Starting.
    async def start(self, workdir: str) -> dict[str, Any]:
        """Start the kernel and wait until it answers on both channels. Returns its ``language_info``.

        jupyter_client's own wait adds a fixed pause, and its heartbeat a thread.
        """
        with open(log_file(self._folder), "ab") as log:
            await self.async_start_new_kernel(
                cwd=workdir, env=self._settings.environment(self._folder), stdout=log, stderr=log
            )
        self.watch = ProcessWatch(self.process, self._settings)
        self.kc = channels = self.kernel.client()
        # Messages are not dropped when many come at once; the kernel limits how many there can be.
        channels.context.setsockopt(zmq.RCVHWM, 0)
        channels.start_channels(stdin=False, hb=False, control=False)
        channels.allow_stdin = False
        info = await self._first_answer(channels)
        await self._output_channel(channels)
        return info

    async def _first_answer(self, channels: KernelClient) -> dict[str, Any]:
        give_up = time.monotonic() + _START_TIMEOUT
        channels.kernel_info()
        while (reply := await _message(channels.shell_channel, 0.5)) is None:
            if not await self.kernel.is_alive():
                # Before the first cell, this cannot be the lesson's doing.
                death = self.death()
                raise LessonFailure("internal", f"No kernel could be started: {death.message}", death.details)
            if time.monotonic() > give_up:
                raise LessonFailure("internal", f"The kernel did not answer within {_START_TIMEOUT} s.")
        return dict(reply["content"].get("language_info", {}))

    async def _output_channel(self, channels: KernelClient) -> None:
        """A subscriber that comes late misses messages: ask until an answer is heard on the output channel as well."""
        give_up = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < give_up:
            asked = channels.kernel_info()
            while (message := await _message(channels.iopub_channel, 0.1)) is not None:
                if (
                    message["parent_header"].get("msg_id") == asked
                    and message["content"].get("execution_state") == "idle"
                ):
                    return
        raise LessonFailure("internal", "The kernel's output channel is silent.")

    def begin(self) -> None:
        """The lesson's time starts now."""
        self._deadline = time.monotonic() + self._limit

    def _remaining(self, cell: Any = None) -> float:
        left = self._deadline - time.monotonic()
        # Zero would mean "no limit" to nbclient.
        return max(0.05, left if self._cell_limit is None else min(left, self._cell_limit))

    # Running.
    async def run_cell(self, cell: nbformat.NotebookNode, index: int) -> None:
        """Execute a cell and apply the rules of a lesson to what came of it.

        Raises
        ------
        LessonFailure
        """
        self._reply = {}
        try:
            await self.async_execute_cell(cell, index, execution_count=self.code_cells_executed + 1)
        except CellExecutionError:
            raise LessonFailure.from_reply(self._reply, cell.get("execution_count")) from None
        except nbformat.ValidationError as error:
            place = " of ".join(f"`{key}`" for key in reversed(error.relative_path) if isinstance(key, str))
            text = f"The cell shows what a notebook cannot hold: {place} is {str(error.instance)[:80]}."
            raise LessonFailure("error", text) from None
        except CellTimeoutError:
            if self._cell_limit is not None and time.monotonic() < self._deadline:
                raise LessonFailure.from_timeout(self._cell_limit, "cell") from None
            raise LessonFailure.from_timeout(self._limit) from None
        except DeadKernelError:
            raise self._broken_off or self.death() from None
        if self._broken_off:
            raise self._broken_off
        if asks_to_exit(self._reply):
            raise LessonFailure.from_exit()
        if MAY_RAISE not in tags_of(cell):
            judge_outputs(cell.outputs)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == LIMIT:
            self.break_off(LessonFailure("output", msg["content"]["text"]))
            return None
        return super().process_message(msg, cell, cell_index)

    def break_off(self, why: Exception | None) -> None:
        """Do not wait for the cell to end, which may go on for ever; without a reason the kernel is dead."""
        self._broken_off = self._broken_off or why
        if self.task_poll_for_reply is not None:
            # nbclient takes a cancelled wait for a dead kernel.
            self.task_poll_for_reply.cancel()

    def stopped(self, why: Exception | None) -> None:
        """The watch has ended the kernel, or found that it has ended, which nbclient notices by itself."""
        if why is not None:
            self.break_off(why)

    def _keep_reply(self, cell: Any, cell_index: int, execute_reply: dict[str, Any]) -> None:
        self._reply = execute_reply["content"]

    @property
    def process(self) -> Any:
        """The kernel's process, with the methods of `subprocess.Popen`; None before it is started."""
        return getattr(self.kernel.provisioner, "process", None)

    # Ending.
    def death(self) -> LessonFailure:
        """Why the kernel is no more, from its own last words."""
        process, code = self.process, None
        if process is not None:
            # A kernel that is silent for ever without ending is of no use either.
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(1.0)
        return LessonFailure.from_death(code, last_words(self._folder))

    async def stop(self) -> float:
        """End the kernel at once, with everything it started. Returns its peak memory in megabytes."""
        try:
            return self.watch.end() if self.watch is not None else 0.0
        finally:
            # A channel left open would keep the worker's sockets from ever closing.
            if self.kc is not None:
                self.kc.stop_channels()
            await self.kernel.cleanup_resources()


async def _message(channel: Any, timeout: float) -> dict[str, Any] | None:
    try:
        return await channel.get_msg(timeout=timeout)
    except queue.Empty:
        return None


def execute_cells(
    task: Task, folder: Path, gate: Callable[[], None], new_client: Callable[..., LessonClient]
) -> Outcome:
    """Execute a task's cells in the kernel of a new client; `gate` is called when it is ready.

    Raises
    ------
    LessonFailure
        No cell could be executed at all.
    pipe.NeedsJupyter
        A cell shows a widget, and this client has no partner for it. The gate has been passed.
    """
    with asyncio.Runner(loop_factory=_LOOP) as runner:
        return runner.run(_execute(task, folder, gate, new_client))


async def _execute(
    task: Task, folder: Path, gate: Callable[[], None], new_client: Callable[..., LessonClient]
) -> Outcome:
    notebook = nbformat.from_dict(dict(task.content))
    notebook.metadata.pop("widgets", None)
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for _, cell in code:
        cell.outputs, cell.execution_count = [], None
    outcome = Outcome.empty(task)
    client = new_client(notebook, task.settings, folder, task.timeout, task.cell_timeout)
    try:
        outcome.language_info = await client.start(task.workdir)
        gate()
        await _run_cells(client, code, outcome, task)
        client.set_widgets_metadata()
        outcome.widgets = dict(notebook.metadata.get("widgets", {}))
    finally:
        outcome.megabytes = await client.stop()
    outcome.outputs = [tidy(cell.outputs) for _, cell in code]
    outcome.counts = [cell.execution_count for _, cell in code]
    return outcome


async def _run_cells(client: LessonClient, code: list[tuple[int, Any]], outcome: Outcome, task: Task) -> None:
    """Run the cells in turn until one fails; times, CPU and the failure go into the outcome."""
    watch = client.watch
    assert watch is not None  # the client has started
    limits = asyncio.create_task(watch.limit(client.stopped))
    client.begin()
    begun = time.monotonic()
    base = cpu = watch.cpu()
    for position, (index, cell) in enumerate(code):
        cell_begun = time.monotonic()
        try:
            await client.run_cell(cell, index)
            watch.after_cell(position, task.workdir)
        except LessonFailure as failure:
            outcome.failure = failure.as_dict(position)
            break
        finally:
            before, cpu = cpu, max(cpu, watch.cpu())
        outcome.times.append((cpu - before, time.monotonic() - cell_begun))
    limits.cancel()
    outcome.cpu, outcome.wall = cpu - base, time.monotonic() - begun
    if outcome.failure is None and (found := watch.strays()):
        outcome.failure = found[1].as_dict(found[0])
