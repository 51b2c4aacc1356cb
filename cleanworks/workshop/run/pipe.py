"""Cells executed in a fork of the warm parent, over one pipe: the worker's side of `kernels.pipe_kernel`.

Outputs come as Jupyter's messages and are put together as nbclient does it. Widgets need a partner that answers them; a lesson that has
one is executed by nbclient instead.
"""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .jobs import MAY_RAISE, NOT_EXECUTED, source_of, tags_of
from .kernels.forked import ForkedKernel
from .kernels.guard import LIMIT
from .kernels.settings import KernelSettings, last_words, log_file
from .outcome import LessonFailure, Outcome, Task, asks_to_exit, judge_outputs, tidy
from .watch import ProcessWatch

# The message types of `kernels.pipe_kernel`; importing that module would load a whole kernel.
_READY, _IDLE, _BROKEN, _COMM = "ready", "idle", "cleanworks_broken", "comm"
_ABSENT = "absent"
# Seconds: for the server to listen, for a kernel to be there, and for its supervisor to report its end.
_LISTEN, _START, _END = 10.0, 60.0, 10.0


class NeedsJupyter(Exception):
    """The lesson shows a widget."""


class NoTransport(Exception):
    """The installed ipykernel lacks a name that the transport needs (`engine.NAMES`)."""


class DirectKernel:
    """One kernel of the warm parent and the pipe to it.

    Parameters
    ----------
    settings : KernelSettings
    folder : Path
        Scratch folder of this lesson.
    workdir : str
        Folder the cells run in.
    """

    def __init__(self, settings: KernelSettings, folder: Path, workdir: str):
        self._folder = folder
        self._pipe, theirs = socket.socketpair()
        self._buffer = b""
        connection = socket.socket(socket.AF_UNIX)
        with theirs:
            try:
                self.process = _ask(connection, settings, folder, workdir, theirs)
            except BaseException:
                connection.close()
                self._pipe.close()
                raise

    def ask(self, request: Mapping[str, Any]) -> None:
        # A kernel that is gone is noticed when its answer is read.
        with contextlib.suppress(OSError):
            self._pipe.sendall(json.dumps(request).encode() + b"\n")

    def messages(self, deadline: float) -> Iterator[dict[str, Any]]:
        """Messages as they come, until the kernel ends or `deadline` (by the monotonic clock) has passed.

        Raises
        ------
        TimeoutError
        """
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(self.process, select.POLLIN)
        while True:
            ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if not ready:
                raise TimeoutError
            if self._pipe.fileno() in ready:
                lines = self._read()
                if lines is None:
                    return
                yield from map(_decoded, lines)
                if time.monotonic() > deadline:
                    raise TimeoutError
            elif self.process.poll() is not None:
                # Whatever it said before it ended has been read: the pipe is empty.
                return

    def _read(self) -> list[bytes] | None:
        """Whole lines that have arrived; None at the end of the pipe."""
        try:
            data = self._pipe.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            return None
        if b"\n" not in data:
            self._buffer += data
            return []
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return lines

    def death(self) -> LessonFailure:
        """Why the kernel is no more, from its supervisor and from its own last words."""
        code = None
        # A kernel that closed the pipe to us without ending is of no use either.
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(1.0)
        return LessonFailure.from_death(code, self.process.why, last_words(self._folder))

    def stop(self) -> float:
        """End the kernel at once, with everything it started. Returns its peak memory in megabytes."""
        self.process.send_signal(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END)
        self.process.close()
        self._pipe.close()
        return self.process.megabytes


def _ask(
    connection: socket.socket, settings: KernelSettings, folder: Path, workdir: str, pipe: socket.socket
) -> ForkedKernel:
    """Have the server fork a kernel that serves `pipe`."""
    _connect(connection, settings.server)
    command = [part.format(connection_file=folder / "kernel.json") for part in settings.command()]
    request = {
        "command": command,
        "cwd": workdir,
        "env": settings.environment(folder),
        "log": str(log_file(folder)),
        "fresh": False,
        "direct": True,
        "memory_limit": settings.memory_limit,
        "file_limit": settings.file_limit,
    }
    line = json.dumps(request).encode() + b"\n"
    sent = socket.send_fds(connection, [line], [pipe.fileno()])
    connection.sendall(line[sent:])
    answer = b""
    while b"\n" not in answer:
        part = connection.recv(65536)
        if not part:
            raise RuntimeError("The server of warm kernels did not start a kernel.")
        answer += part
    first, _, rest = answer.partition(b"\n")
    return ForkedKernel(connection, json.loads(first)["pid"], rest)


def _connect(connection: socket.socket, address: str) -> None:
    give_up = time.monotonic() + _LISTEN
    while True:
        # The server may be a moment away from listening.
        try:
            return connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > give_up:
                raise RuntimeError(f"There is no server of warm kernels at {address}.") from None
            time.sleep(0.02)


def _decoded(line: bytes) -> dict[str, Any]:
    return json.loads(line.decode("utf-8", "replace"))


class Outputs:
    """The outputs of all cells, from the messages of the one that runs; texts that say where they belong may change earlier ones."""

    def __init__(self, cells: int):
        self.of: list[list[dict[str, Any]]] = [[] for _ in range(cells)]
        self._at = 0
        # Of each display id: the outputs that carry it, as (cell, position).
        self._shown: dict[str, list[tuple[int, int]]] = {}
        self._clear_first = False

    def begin(self, cell: int) -> None:
        self._at, self._clear_first = cell, False

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Apply one message; kinds that are no outputs change nothing."""
        name = (content.get("transient") or {}).get("display_id")
        if kind == "clear_output":
            if content.get("wait"):
                self._clear_first = True
            else:
                self._clear()
            return
        if name and kind in ("execute_result", "display_data", "update_display_data"):
            self._update(name, content)
        output = _output(kind, content)
        if output is None:
            return
        if self._clear_first:
            self._clear()
        if name:
            self._shown.setdefault(name, []).append((self._at, len(self.of[self._at])))
        self.of[self._at].append(output)

    def _clear(self) -> None:
        self._clear_first = False
        self.of[self._at] = []
        for name, places in self._shown.items():
            self._shown[name] = [place for place in places if place[0] != self._at]

    def _update(self, name: str, content: Mapping[str, Any]) -> None:
        for cell, position in self._shown.get(name, ()):
            self.of[cell][position].update(data=content["data"], metadata=content["metadata"])


def _output(kind: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """A message as an output of nbformat 4."""
    if kind == "stream":
        return {"output_type": kind, "name": content["name"], "text": content["text"]}
    if kind in ("display_data", "execute_result"):
        output = {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
        return output | ({"execution_count": content["execution_count"]} if kind == "execute_result" else {})
    if kind == "error":
        return {"output_type": kind, **{name: content[name] for name in ("ename", "evalue", "traceback")}}
    return None


def execute_cells(task: Task, folder: Path, gate: Callable[[], None]) -> Outcome:
    """Execute a task's cells in a fork of the warm parent.

    Raises
    ------
    LessonFailure
        No cell could be executed at all.
    NeedsJupyter
        A cell shows a widget. The gate has been passed.
    NoTransport
        There is no such kernel with what is installed. The gate has not been passed.
    """
    outcome = Outcome.empty(task)
    kernel = DirectKernel(task.settings, folder, task.workdir)
    try:
        outcome.language_info = _first_words(kernel)
        gate()
        _Run(task, kernel, outcome).go()
    finally:
        outcome.megabytes = kernel.stop()
    return outcome


def _first_words(kernel: DirectKernel) -> dict[str, Any]:
    try:
        for message in kernel.messages(time.monotonic() + _START):
            if message["type"] == _READY:
                return message["content"]
            if message["type"] == _ABSENT:
                raise NoTransport(message["content"]["missing"])
    except TimeoutError:
        raise LessonFailure("internal", f"The kernel did not answer within {_START:g} s.") from None
    # Before the first cell, this cannot be the lesson's doing.
    death = kernel.death()
    raise LessonFailure("internal", f"No kernel could be started: {death.message}", death.details)


class _Run:
    """The cells of one lesson on their way through one kernel."""

    def __init__(self, task: Task, kernel: DirectKernel, outcome: Outcome):
        self._task, self._kernel, self._outcome = task, kernel, outcome
        self._cells = [cell for cell in task.content["cells"] if cell["cell_type"] == "code"]
        self._outputs = Outputs(len(self._cells))
        self._watch = ProcessWatch(kernel.process.pid)
        self._executed = 0
        self._cpu = self._watch.cpu()

    def go(self) -> None:
        """Run the cells in turn until one fails; times, CPU and the failure go into the outcome."""
        outcome, base = self._outcome, self._cpu
        begun = time.monotonic()
        self._deadline = begun + self._task.timeout
        for position, cell in enumerate(self._cells):
            cell_begun, before = time.monotonic(), self._cpu
            try:
                self._run_cell(position, cell)
                self._watch.after_cell(position, self._task.workdir)
            except LessonFailure as failure:
                outcome.failure = failure.as_dict(position)
                self._cpu = max(self._cpu, self._watch.cpu())
                break
            outcome.times.append((self._cpu - before, time.monotonic() - cell_begun))
        outcome.cpu, outcome.wall = self._cpu - base, time.monotonic() - begun
        if outcome.failure is None and (found := self._watch.strays()):
            outcome.failure = found[1].as_dict(found[0])
        outcome.outputs = [tidy(outputs) for outputs in self._outputs.of]

    def _run_cell(self, position: int, cell: Mapping[str, Any]) -> None:
        """Execute a cell and apply the rules of a lesson to what came of it.

        Raises
        ------
        LessonFailure
        """
        code, tags = source_of(cell), tags_of(cell)
        if not code.strip() or NOT_EXECUTED in tags:
            return
        may_raise = MAY_RAISE in tags
        self._executed += 1
        self._outcome.counts[position] = self._executed
        self._outputs.begin(position)
        self._kernel.ask({"id": self._executed, "code": code, "stop_on_error": not may_raise})
        reply = self._reply_to(str(self._executed))
        if reply.get("status") == "error" and not may_raise:
            raise LessonFailure.from_reply(reply, self._executed)
        if asks_to_exit(reply):
            raise LessonFailure.from_exit()
        if not may_raise:
            judge_outputs(self._outputs.of[position])

    def _reply_to(self, parent: str) -> dict[str, Any]:
        """Take the messages of one cell until it has ended. Returns the kernel's reply."""
        reply: dict[str, Any] = {}
        try:
            for message in self._kernel.messages(self._deadline):
                kind, content = message["type"], message["content"]
                if kind == LIMIT:
                    # Do not wait for the cell to end: it may go on for ever.
                    raise LessonFailure("output", content["text"])
                if kind == _COMM:
                    raise NeedsJupyter
                if message["parent"] != parent:
                    # Said by something that an earlier cell left running, which has had its turn.
                    continue
                if kind == _IDLE:
                    self._cpu = max(self._cpu, content["cpu"])
                    if not reply:
                        raise LessonFailure(
                            "error",
                            "The kernel gave no answer to the cell (the cells broke their own kernel).",
                        )
                    return reply
                if kind == _BROKEN:
                    raise LessonFailure("error", f"{content['text']} (the cells broke their own kernel)")
                if kind == "execute_reply":
                    reply = content
                else:
                    self._outputs.take(kind, content)
        except TimeoutError:
            raise LessonFailure.from_timeout(self._task.timeout) from None
        except (ValueError, KeyError, TypeError):
            raise LessonFailure("died", "The cell wrote into the pipe to its own kernel.") from None
        raise self._kernel.death()
