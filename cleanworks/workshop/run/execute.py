"""Execute one notebook with nbclient and describe what happened. Runs inside a worker process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .jobs import MAY_RAISE, tags_of
from .kernels.lifeline import children, descendants
from .kernels.settings import KernelSettings, audit_file, log_file

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_DETAIL_LINES = 8
# How often nbclient's own waiting is woken to look at the clock is its business; this is how long a kernel may take to start.
_START_TIMEOUT = 60


@dataclass(frozen=True)
class Task:
    """One notebook for a worker: everything it needs, nothing else."""

    index: int
    name: str
    content: Mapping[str, Any]
    workdir: str
    timeout: float
    settings: KernelSettings


@dataclass
class Outcome:
    """What execution gave. Cells are counted among the code cells, from 0, since prose may come and go around them."""

    outputs: list[list[dict[str, Any]]]
    counts: list[int | None]
    language_info: dict[str, Any] = field(default_factory=dict)
    widgets: dict[str, Any] = field(default_factory=dict)
    failure: dict[str, Any] | None = None
    times: list[tuple[float, float]] = field(default_factory=list)
    cpu: float = 0.0
    wall: float = 0.0
    megabytes: float = 0.0
    accesses: list[tuple[str, str]] = field(default_factory=list)
    started: float | None = None

    @classmethod
    def failed(cls, task: Task, kind: str, message: str) -> Outcome:
        """The outcome of a task that was stopped from outside: no outputs, only the reason."""
        code = [cell for cell in task.content["cells"] if cell["cell_type"] == "code"]
        failure = {"kind": kind, "message": message, "position": None, "line": None, "details": []}
        return cls(outputs=[[] for _ in code], counts=[None for _ in code], failure=failure)

    def as_dict(self) -> dict[str, Any]:
        return {
            "outputs": self.outputs,
            "counts": self.counts,
            "language_info": self.language_info,
            "widgets": self.widgets,
            "failure": self.failure,
            "times": self.times,
            "cpu": self.cpu,
            "wall": self.wall,
            "megabytes": self.megabytes,
            "accesses": self.accesses,
        }


class LessonFailure(Exception):
    """The lesson breaks a rule that nbclient does not know."""

    def __init__(self, kind: str, message: str, details: tuple[str, ...] = ()):
        super().__init__(message)
        self.kind, self.message, self.details = kind, message, details


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
            argv=self._settings.command(),
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"kernel_provisioner": self._settings.provisioner(self._folder)},
        )


class LessonClient(NotebookClient):
    """nbclient, with one time limit for the whole lesson and the rules of a lesson."""

    def __init__(self, notebook: nbformat.NotebookNode, manager: AsyncKernelManager, limit: float):
        super().__init__(
            notebook,
            km=manager,
            record_timing=False,
            shutdown_kernel="immediate",
            startup_timeout=_START_TIMEOUT,
            iopub_timeout=max(30, int(limit)),
            raise_on_iopub_timeout=True,
            timeout_func=self._remaining,
        )
        self.limit = limit
        self.deadline = time.monotonic() + limit

    def _remaining(self, cell: Any = None) -> float:
        # Zero would mean "no limit" to nbclient.
        return max(0.05, self.deadline - time.monotonic())

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "cleanworks_limit":
            raise LessonFailure("output", msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)


async def _ready(client: NotebookClient) -> dict[str, Any]:
    """Wait until the kernel answers on both channels; jupyter_client's own wait adds a fixed pause.

    Returns the kernel's language_info.
    """
    kc = client.kc
    kc.start_channels(stdin=False, hb=False, control=False)
    give_up = time.monotonic() + _START_TIMEOUT
    reply = None
    asked = await _maybe(kc.kernel_info())
    heard = False
    while reply is None or not heard:
        if time.monotonic() > give_up:
            raise LessonFailure("internal", f"The kernel did not answer within {_START_TIMEOUT} s.")
        if reply is None:
            reply = await _message(kc.shell_channel, 0.5)
            if reply is None and not await client.km.is_alive():
                raise DeadKernelError("Kernel died")
            continue
        # A subscriber that comes late misses messages: ask again until the answer is heard on the output channel as well.
        while (message := await _message(kc.iopub_channel, 0.1)) is not None:
            if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "status":
                heard = heard or message["content"]["execution_state"] == "idle"
            if heard:
                break
        if not heard:
            asked = await _maybe(kc.kernel_info())
            await _message(kc.shell_channel, 0.5)
    kc.allow_stdin = False
    return reply["content"].get("language_info", {})


async def _message(channel: Any, timeout: float) -> dict[str, Any] | None:
    import queue

    try:
        return await channel.get_msg(timeout=timeout)
    except queue.Empty:
        return None


async def _maybe(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


def execute(task: Task, gate: Any = None) -> Outcome:
    """Execute a task in a new kernel; every failure of the lesson becomes part of the outcome.

    Parameters
    ----------
    task : Task
    gate : callable, optional
        Called when the kernel is ready; returns when the cells may run.
    """
    notebook = nbformat.from_dict(dict(task.content))
    folder = Path(tempfile.mkdtemp(prefix="cw-"))
    try:
        # The kernel sees the same path: on some systems the temporary folder is a link.
        return asyncio.run(_execute(task, notebook, folder.resolve(), gate))
    except Exception as error:
        # Not the lesson's doing, and no reason for the other lessons to stop.
        return Outcome.failed(
            task, "internal", f"The lesson could not be run: {type(error).__name__}: {error}"
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _execute(task: Task, notebook: nbformat.NotebookNode, folder: Path, gate: Any) -> Outcome:
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for _, cell in code:
        cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    outcome = Outcome(outputs=[[] for _ in code], counts=[None for _ in code])
    client = LessonClient(notebook, LessonKernelManager(task.settings, folder), task.timeout)
    client.reset_execution_trackers()
    try:
        await client.async_start_new_kernel(cwd=task.workdir, env=task.settings.environment(folder))
        client.kc = client.km.client()
        outcome.language_info = dict(await _ready(client))
        if gate is not None:
            gate()
        await _run_cells(client, code, outcome, task)
        client.set_widgets_metadata()
        outcome.widgets = dict(notebook.metadata.get("widgets", {}))
    except (LessonFailure, CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        position = len(outcome.times) if outcome.started else None
        outcome.failure = _describe(error, position, code, task)
    finally:
        if outcome.started:
            outcome.wall = time.monotonic() - outcome.started
        outcome.outputs = [tidy(cell.outputs) for _, cell in code]
        outcome.counts = [cell.execution_count for _, cell in code]
        await _stop(client, outcome, folder)
        outcome.accesses = _accesses(folder)
    return outcome


async def _run_cells(client: LessonClient, code: list[tuple[int, Any]], outcome: Outcome, task: Task) -> None:
    watch = ProcessWatch(client.km.provisioner.pid)
    outcome.started = time.monotonic()
    client.deadline = outcome.started + client.limit
    cpu = base = watch.cpu()
    for index, cell in code:
        begun = time.monotonic()
        try:
            await client.async_execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
            _judge(cell)
            watch.judge(len(outcome.times), task.workdir)
        finally:
            before, cpu = cpu, watch.cpu()
            outcome.cpu = max(outcome.cpu, cpu - base)
        outcome.times.append((max(0.0, cpu - before), time.monotonic() - begun))
    watch.judge_end(outcome)


class ProcessWatch:
    """The kernel's process as seen from outside."""

    # Helpers of Python's own that end with the kernel; a lesson does not start them by itself.
    _HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

    def __init__(self, pid: int | None):
        import psutil

        self._psutil = psutil
        self._process = psutil.Process(pid) if pid else None
        self._first_seen: dict[int, int] = {}

    def cpu(self) -> float:
        """CPU seconds of the kernel and the children it has waited for."""
        try:
            times = self._process.cpu_times()
        except (self._psutil.Error, AttributeError):
            return 0.0
        return times.user + times.system + times.children_user + times.children_system

    def megabytes(self) -> float:
        try:
            return self._process.memory_info().rss / 1e6
        except (self._psutil.Error, AttributeError):
            return 0.0

    def judge(self, position: int, workdir: str) -> None:
        """After a cell: the working directory must be the lesson's, or the next cells mean something else."""
        for pid in children(self._process.pid):
            self._first_seen.setdefault(pid, position)
        try:
            now = self._process.cwd()
        except (self._psutil.Error, OSError):
            return
        if os.path.realpath(now) != os.path.realpath(workdir):
            raise LessonFailure(
                "directory",
                f"The cell changed the working directory to {now} and left it so.",
            )

    def judge_end(self, outcome: Outcome) -> None:
        """After the last cell: no process may be left running."""
        left = [pid for pid in descendants(self._process.pid) if not self._is_helper(pid)]
        if not left:
            return
        first = min((self._first_seen[pid] for pid in left if pid in self._first_seen), default=None)
        if first is not None:
            # The report names the cell after which the process was seen first.
            del outcome.times[first:]
        what = "a process" if len(left) == 1 else f"{len(left)} processes"
        raise LessonFailure(
            "processes", f"The lesson left {what} running; they were ended.", tuple(map(self._name, left))
        )

    def _is_helper(self, pid: int) -> bool:
        return any(helper in self._name(pid) for helper in self._HELPERS)

    def _name(self, pid: int) -> str:
        try:
            return " ".join(self._psutil.Process(pid).cmdline())[:200]
        except self._psutil.Error:
            return str(pid)


async def _stop(client: LessonClient, outcome: Outcome, folder: Path) -> None:
    """End the kernel at once and take its last measurements."""
    manager, kc = client.km, client.kc
    process = getattr(manager.provisioner, "process", None)
    if process is not None:
        outcome.megabytes = ProcessWatch(process.pid).megabytes()
        for pid in descendants(process.pid) if not hasattr(process, "why") else ():
            # Without a supervisor, nobody else takes the children away.
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        await manager.provisioner.kill()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(manager.provisioner.wait(), 10)
        outcome.megabytes = max(outcome.megabytes, getattr(process, "megabytes", 0.0))
        _explain(outcome, getattr(process, "why", ""), folder)
    if kc is not None:
        kc.stop_channels()
    await manager._async_cleanup_resources()


def _explain(outcome: Outcome, why: str, folder: Path) -> None:
    """A kernel that died: put what its supervisor or its own last words say into the report."""
    if outcome.failure is None or outcome.failure["kind"] != "died":
        return
    if why:
        kind, _, text = why.partition(": ")
        outcome.failure.update(kind=kind, message=text)
    with contextlib.suppress(OSError):
        text = log_file(folder).read_bytes()[-4000:].decode("utf-8", "replace")
        outcome.failure["details"] = list(_tail([text]))


def _accesses(folder: Path) -> list[tuple[str, str]]:
    """(path, ``read`` or ``write``) of the files that the kernel opened, in order."""
    found = []
    with contextlib.suppress(OSError), open(audit_file(folder), encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                path = json.loads(line[1:])
                if not path.startswith(str(folder)):
                    found.append((path, "write" if line[0] == "w" else "read"))
    return found


def _judge(cell: nbformat.NotebookNode) -> None:
    """Look at a cell that ran without an error reply: some errors only show in its outputs."""
    if MAY_RAISE in tags_of(cell):
        return
    for output in cell.outputs:
        if output.output_type == "error":
            raise LessonFailure(
                "error",
                f"{output.ename}: {output.evalue} (raised while showing a value)",
                _tail(output.traceback),
            )
        if output.output_type == "stream" and "\ufffd" in output.text:
            raise LessonFailure(
                "encoding", "The cell wrote bytes that are not UTF-8 text.", _tail([output.text])
            )


def tidy(outputs: list[Any]) -> list[dict[str, Any]]:
    """Join neighbouring pieces of printed text: where a stream is cut into messages is a matter of timing.

    Of stdout and stderr without anything between them, stdout comes first, for the same reason.
    """
    result: list[dict[str, Any]] = []
    run: dict[str, dict[str, Any]] = {}
    for output in [*outputs, None]:
        if output is not None and output["output_type"] == "stream":
            if output["name"] in run:
                run[output["name"]]["text"] += output["text"]
            else:
                run[output["name"]] = dict(output)
            continue
        result.extend(run[name] for name in sorted(run, reverse=True))
        run = {}
        if output is not None:
            result.append(_plain(output))
    return result


def _plain(value: Any) -> Any:
    """NotebookNodes as ordinary dictionaries."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _describe(
    error: Exception, position: int | None, code: list[tuple[int, Any]], task: Task
) -> dict[str, Any]:
    """A failure as it is stored: kind, message, position among the code cells, line in the cell, last lines."""
    line, details = None, ()
    if isinstance(error, CellExecutionError):
        kind, message = "error", f"{error.ename}: {error.evalue}".strip()
        if error.ename == "SystemExit":
            kind, message = "exit", f"The cell raised SystemExit({error.evalue})."
        elif error.ename == "StdinNotImplementedError":
            message = "The cell asks for input(), and nobody is there to answer."
        text = _ANSI.sub("", error.traceback)
        line = _line_in_cell(text, code[position][1].get("execution_count")) if position is not None else None
        details = _tail([text])
    elif isinstance(error, CellTimeoutError):
        kind, message = "timeout", f"The lesson took longer than its limit of {task.timeout:g} s."
    elif isinstance(error, DeadKernelError):
        kind, message = (
            "died",
            "The Python of this lesson ended abruptly (os._exit, a crash, or killed by the system).",
        )
    else:
        kind, message, details = error.kind, error.message, error.details
    return {
        "kind": kind,
        "message": message[:2000],
        "position": position,
        "line": line,
        "details": list(details),
    }


def _tail(texts: Any) -> tuple[str, ...]:
    lines = [line.rstrip() for text in texts for line in _ANSI.sub("", text).splitlines() if line.strip()]
    return tuple(line[:200] for line in lines[-_DETAIL_LINES:])


def _line_in_cell(traceback: str, count: int | None) -> int | None:
    """The line of this cell where the error came up, from IPython's traceback."""
    found = re.findall(r"Cell In ?\[(\d+)\], line (\d+)", traceback)
    own = [int(line) for number, line in found if count is None or int(number) == count]
    if own:
        return own[-1]
    return int(found[-1][1]) if found else None
