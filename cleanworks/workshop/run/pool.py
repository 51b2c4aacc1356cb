"""Worker processes, and the order in which lessons go through them.

A worker runs one notebook at a time. There is one worker more than lessons may run at once: while the cells of some run, it gets the
next kernel ready and waits at the gate, so that no core stands idle between two lessons.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from .execute import execute
from .kernels.lifeline import adopt_orphans, die_with_parent
from .memory import MemoryGuard
from .worker_outcome import LessonFailure, Outcome, Task

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext

# How long the main process waits for news before it looks at memory and time limits.
_TICK = 0.2
# A worker notices its lesson's time limit itself; if it does not within this margin, it is stopped from outside.
_GRACE = 30.0
# Seconds between two measures against a shortage of memory.
_COOL_DOWN = 2.0


@dataclass
class _Worker:
    """A worker process and what it is doing: ``idle``, ``starting`` a kernel, ``waiting`` at the gate, or ``running`` cells."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection
    state: str = "idle"
    task: Task | None = None
    since: float = field(default_factory=time.monotonic)

    @property
    def lesson(self) -> Task:
        """The task of a worker that has one."""
        assert self.task is not None
        return self.task

    def enter(self, state: str) -> None:
        self.state, self.since = state, time.monotonic()


class Pool:
    """Runs tasks in worker processes, in the order given, a limited number at a time.

    Parameters
    ----------
    workers : int
        Lessons at a time.
    guard : MemoryGuard
        Says when there is no room for one more, and when one must give way.
    note : callable
        Takes a line for the person who watches.
    """

    def __init__(self, workers: int, guard: MemoryGuard, note: Callable[[str], None] = lambda text: None):
        # A forked worker has nbclient loaded already; where a fork is not safe, a new interpreter is started.
        self._context: ForkContext | SpawnContext = (
            multiprocessing.get_context("fork") if _one_thread() else multiprocessing.get_context("spawn")
        )
        self._limit = workers
        self._guard = guard
        self._note = note
        self._workers: list[_Worker] = []
        self._queue: list[Task] = []
        self._patience = 0.0
        self._said: set[str] = set()

    def run(
        self,
        tasks: Iterable[Task],
        started: Callable[[Task], None],
        finished: Callable[[Task, Outcome], None],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Execute all tasks. `started`, `finished` and, at least five times a second, `tick` are called in this process."""
        self._queue = list(tasks)
        if self._context.get_start_method() == "fork":
            # The workers get nbclient from here; it takes half a second to load, once instead of in each of them.
            importlib.import_module(".pipe", __package__)
        try:
            while self._queue or any(worker.task for worker in self._workers):
                self._hand_out()
                self._open_gate(started)
                for worker in self._listen():
                    self._receive(worker, finished)
                self._watch(finished)
                tick()
        finally:
            self.stop()

    def stop(self) -> None:
        """End all workers at once; their kernels end with them."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
        self._workers = []

    # The parts of the loop.
    def _hand_out(self) -> None:
        while len(self._workers) < min(self._limit + 1, len(self._queue) + len(self._busy())):
            self._workers.append(self._new_worker())
        for worker in self._workers:
            if worker.state == "idle" and self._queue and len(self._busy()) <= self._limit:
                worker.task = self._queue.pop(0)
                worker.pipe.send(worker.task)
                worker.enter("starting")

    def _new_worker(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        # A forked worker must not hold the main ends of the pipes, or nobody would notice that the main process is gone.
        others = (
            [worker.pipe for worker in self._workers] + [ours]
            if self._context.get_start_method() == "fork"
            else []
        )
        process = self._context.Process(target=_work, args=(theirs, others, os.getpid()), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.task is not None]

    def _in(self, state: str) -> list[_Worker]:
        return [worker for worker in self._workers if worker.state == state]

    def _open_gate(self, started: Callable[[Task], None]) -> None:
        for worker in sorted(self._in("waiting"), key=lambda one: one.lesson.index):
            running = self._in("running")
            if len(running) >= self._limit:
                return
            if running and not self._guard.has_room(worker.lesson.name):
                self._say_once(f"Memory is short: {worker.lesson.name} waits until another lesson has ended.")
                return
            worker.pipe.send("go")
            worker.enter("running")
            started(worker.lesson)

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._note(text)

    def _listen(self) -> list[_Worker]:
        by_pipe = {worker.pipe: worker for worker in self._workers}
        return [by_pipe[one] for one in wait([*by_pipe], timeout=_TICK) if isinstance(one, Connection)]

    def _receive(self, worker: _Worker, finished: Callable[[Task, Outcome], None]) -> None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            self._lost(worker, "internal", "The process that ran this lesson ended unexpectedly.", finished)
            return
        if message == "ready":
            worker.enter("waiting")
        else:
            task, worker.task = worker.lesson, None
            worker.enter("idle")
            finished(task, message)

    def _watch(self, finished: Callable[[Task, Outcome], None]) -> None:
        now = time.monotonic()
        for worker in list(self._busy()):
            allowed = _GRACE + (worker.lesson.timeout if worker.state == "running" else _GRACE * 2)
            if worker.state != "waiting" and now - worker.since > allowed:
                self._lost(
                    worker,
                    "timeout",
                    f"The lesson took longer than its limit of {worker.lesson.timeout:g} s.",
                    finished,
                )
        running = sorted(self._in("running"), key=lambda one: one.since)
        # What was stopped a moment ago may not have given its memory back yet.
        if running and now > self._patience and self._guard.is_tight():
            self._patience = now + _COOL_DOWN
            self._make_room(running, finished)

    def _make_room(self, running: list[_Worker], finished: Callable[[Task, Outcome], None]) -> None:
        """Memory is nearly used up: run fewer lessons at a time, and the one started last again later."""
        youngest = running[-1]
        if len(running) > 1:
            self._limit = len(running) - 1
            self._note(
                f"Memory is short: running {self._limit} at a time from here on; {youngest.lesson.name} starts again later."
            )
            self._queue.append(youngest.lesson)
            self._end(youngest)
        elif self._guard.is_critical():
            self._lost(
                youngest, "memory", "The lesson took all the memory that was free, and was stopped.", finished
            )

    def _lost(
        self, worker: _Worker, kind: str, message: str, finished: Callable[[Task, Outcome], None]
    ) -> None:
        task = worker.task
        self._end(worker)
        if task is not None:
            finished(task, Outcome.failed(task, LessonFailure(kind, message)))

    def _end(self, worker: _Worker) -> None:
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
        self._workers.remove(worker)


def _one_thread() -> bool:
    """Whether this process can be forked safely: on Linux, as long as it has no second thread (pytest -n has)."""
    return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
    os._exit(1)


def _work(pipe: Connection, others: list[Connection], parent: int) -> None:
    """A worker's life: take a task, start its kernel, wait for the gate, run, report."""
    # Ctrl-C reaches every process of the terminal; the main process decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    if sys.platform != "linux":
        threading.Thread(target=_end_with_parent, daemon=True).start()
    # Without a supervisor, what a kernel leaves behind comes to this process, which ends it.
    adopt_orphans()
    for other in others:
        other.close()

    def gate() -> None:
        pipe.send("ready")
        pipe.recv()

    with contextlib.suppress(EOFError, OSError):
        while True:
            task: Any = pipe.recv()
            pipe.send(execute(task, gate))
