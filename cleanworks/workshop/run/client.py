"""nbclient and jupyter_client, as a lesson needs them: one time limit for all cells, strict rules, no fixed pauses."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .jobs import MAY_RAISE, tags_of
from .kernels.kernel_settings import arguments, environment, last_words, log_file
from .watch import ProcessWatch
from .worker_outcome import Gate, LessonFailure, Outcome, Task, asks_to_exit, judge_outputs, tidy

# Messages that count as outputs.
_SHOWN = ("display_data", "execute_result", "update_display_data")
# Windows' default loop cannot wait for the sockets of kernels.
_LOOP = asyncio.SelectorEventLoop if sys.platform == "win32" else None


class LessonKernelManager(AsyncKernelManager):
    """A kernel of this very Python. No kernelspec needs to be installed; `folder` is its private scratch folder."""

    def __init__(self, folder: Path, **traits: Any):
        super().__init__(**traits)
        self._folder = folder
        # Unix sockets where they exist: no ports that two kernels could fight over.
        if sys.platform != "win32":
            self.transport, self.ip = "ipc", str(folder / "k")
        self.connection_file = str(folder / "kernel.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, *arguments(self._folder)],
            display_name="Python 3 (ipykernel)",
            language="python",
        )

    def client(self, **traits: Any) -> Any:
        made = super().client(**traits)
        # Messages are not dropped when many come at once.
        made.context.setsockopt(zmq.RCVHWM, 0)
        return made


class LessonClient(NotebookClient):
    """Executes the cells of one lesson in one kernel.

    Parameters
    ----------
    notebook : NotebookNode
        Its code cells get their outputs.
    task : Task
    folder : Path
        Scratch folder of this lesson.
    """

    def __init__(self, notebook: nbformat.NotebookNode, task: Task, folder: Path):
        self.kernel = LessonKernelManager(folder)
        super().__init__(
            notebook,
            km=self.kernel,
            record_timing=False,
            startup_timeout=60,
            iopub_timeout=max(30, int(task.timeout)),
            raise_on_iopub_timeout=True,
            timeout_func=self._remaining,
            on_cell_executed=self._keep_reply,
            # Its own would be the kernel's, which makes a record of each of the lines that nobody reads.
            log=logging.getLogger("nbclient"),
        )
        self._folder, self._task = folder, task
        self._deadline = time.monotonic() + task.timeout
        self._broken_off: Exception | None = None
        self._reply: dict[str, Any] = {}
        self._shown = self._size = 0
        self.most = int(task.options.output_limit * 1e6)
        self.watch: ProcessWatch | None = None
        self.reset_execution_trackers()

    # Starting.
    async def start(self, workdir: str) -> dict[str, Any]:
        """Start the kernel and wait until it answers. Returns its ``language_info``."""
        variables = environment(self._task.options, self._task.inherited, self._folder)
        with open(log_file(self._folder), "ab") as log:
            await self.async_start_new_kernel(cwd=workdir, env=variables, stdout=log, stderr=log)
        self.watch_over(getattr(self.kernel.provisioner, "process", None))
        try:
            channels: Any = await self.async_start_new_kernel_client()
            reply = await channels.kernel_info(reply=True, timeout=self.startup_timeout)
        except (RuntimeError, TimeoutError):
            raise self.no_start() from None
        return dict(reply["content"].get("language_info", {}))

    def watch_over(self, process: Any) -> None:
        self._process = process
        self.watch = ProcessWatch(process, self._task.options)

    def no_start(self) -> LessonFailure:
        """Before the first cell, an end of the kernel cannot be the lesson's doing."""
        death = self.death()
        return LessonFailure("internal", f"No kernel could be started: {death.message}", death.details)

    def begin(self) -> None:
        """The lesson's time starts now."""
        self._deadline = time.monotonic() + self._task.timeout

    def _remaining(self, cell: Any = None) -> float:
        left = self._deadline - time.monotonic()
        # Zero would mean "no limit" to nbclient.
        limit = self._task.cell_timeout
        return max(0.05, left if limit is None else min(left, limit))

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
            if self._task.cell_timeout is not None and time.monotonic() < self._deadline:
                raise LessonFailure.from_timeout(self._task.cell_timeout, "cell") from None
            raise LessonFailure.from_timeout(self._task.timeout) from None
        except DeadKernelError:
            raise self._broken_off or self.death() from None
        if self._broken_off:
            raise self._broken_off
        if asks_to_exit(self._reply):
            raise LessonFailure("exit", "The cell ends its Python: exit() or quit().")
        if MAY_RAISE not in tags_of(cell):
            judge_outputs(cell.outputs)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        content = msg["content"]
        self._shown += msg["msg_type"] in _SHOWN
        self._size += _size(content)
        count = self._task.options.output_count
        if self._size > self.most:
            self.break_off(too_large(self.most))
        elif self._shown > count:
            self.break_off(LessonFailure("output", f"The lesson shows more than {count} outputs."))
        return None if self._broken_off else super().process_message(msg, cell, cell_index)

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

    # Ending.
    def death(self) -> LessonFailure:
        """Why the kernel is no more, from its own last words."""
        give_up = time.monotonic() + 1.0
        # A kernel that is silent for ever without ending is of no use either.
        while (code := self._process.poll()) is None and time.monotonic() < give_up:
            time.sleep(0.01)
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


def _size(value: Any) -> int:
    """Bytes of all text in a message's content, as files hold it."""
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, list):
        return sum(map(_size, value))
    text = str(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def too_large(most: int) -> LessonFailure:
    return LessonFailure("output", f"The lesson shows more than {most / 1e6:g} MB of output.")


def execute_cells(task: Task, folder: Path, gate: Gate, new_client: Callable[..., LessonClient]) -> Outcome:
    """Execute a task's cells in the kernel of a new client.

    Raises
    ------
    LessonFailure
        No cell could be executed at all.
    pipe.NeedsJupyter
        A cell shows a widget, and this client has no partner for it. The gate has been passed.
    """
    with asyncio.Runner(loop_factory=_LOOP) as runner:
        return runner.run(_execute(task, folder, gate, new_client))


async def _execute(task: Task, folder: Path, gate: Gate, new_client: Callable[..., LessonClient]) -> Outcome:
    notebook = nbformat.from_dict(dict(task.content))
    notebook.metadata.pop("widgets", None)
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for _, cell in code:
        cell.outputs, cell.execution_count = [], None
    outcome = Outcome.empty(task)
    client = new_client(notebook, task, folder)
    try:
        outcome.language_info = await client.start(task.workdir)
        gate.enter()
        outcome.begun = time.time_ns()
        await _run_cells(client, code, outcome, task)
        client.set_widgets_metadata()
        outcome.widgets = dict(notebook.metadata.get("widgets", {}))
        gate.leave()
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
