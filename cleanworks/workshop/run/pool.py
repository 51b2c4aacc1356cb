"""Worker processes, and the order in which lessons go through them.

A worker runs one notebook at a time. There is one worker more than lessons may run at once: while the cells of some run, it gets the
next kernel ready and waits at the gate, so that no core stands idle between two lessons.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from cleanworks.errors import InputError

from .memory import MemoryGuard
from .worker_outcome import LEFT, READY, LessonFailure, Outcome, Task

if TYPE_CHECKING:
    from .kernels.server_process import KernelServer

# How long the main process waits for news before it looks at memory and time limits.
_TICK = 0.2
# A worker notices its lesson's time limit itself; if it does not within this margin, it is stopped from outside.
_GRACE = 30.0
# Seconds in which a worker ends all that its lesson has started.
_PATIENCE = 10.0
# Seconds between two measures against a shortage of memory.
_COOL_DOWN = 2.0


@dataclass
class _Worker:
    """A worker process and what it is doing: ``idle``, ``starting`` a kernel, ``waiting`` at the gate, ``running`` cells, or ``leaving``.

    Its `pid` is 0 until it has said it, and after it has ended; `process` is None if it is a fork of the server.
    """

    pipe: Connection
    process: multiprocessing.process.BaseProcess | None
    pid: int = 0
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

    def send(self, what: object) -> None:
        """Tell it something. That it has ended is noticed by the end of its pipe, like at any other moment."""
        with contextlib.suppress(OSError):
            self.pipe.send(what)

    def signal(self, name: str) -> None:
        """Send it a signal; where the system has none of this name (Windows), nothing."""
        if self.pid and (number := getattr(signal, name, None)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def end(self, patience: float = 0.0) -> None:
        """End it, and its kernel with it, after so many seconds at the latest. One that was not started yet never does anything without its pipe."""
        give_up = time.monotonic() + patience
        try:
            while self.pid and patience and self.pipe.poll(max(0.0, give_up - time.monotonic())):
                self.pipe.recv_bytes()
        except (EOFError, OSError):
            self.pid = 0
        if self.process is not None:
            self.process.kill()
            self.process.join()
        elif self.pid:
            self.signal("SIGKILL")
            with contextlib.suppress(EOFError, OSError):
                while True:
                    self.pipe.recv_bytes()
        self.pipe.close()


class Pool:
    """Runs tasks in worker processes, in the order given, a limited number at a time.

    Parameters
    ----------
    workers : int
        Lessons at a time.
    guard : MemoryGuard
        Says when there is no room for one more, and when one must give way.
    server : KernelServer, optional
        Forks the workers; without one each is a new Python.
    note : callable
        Takes a line for the person who watches.
    """

    def __init__(
        self,
        workers: int,
        guard: MemoryGuard,
        server: KernelServer | None = None,
        note: Callable[[str], None] = lambda text: None,
    ):
        self._limit = workers
        self._guard = guard
        self._server = server
        self._note = note
        self._workers: list[_Worker] = []
        self._queue: list[Task] = []
        self._patience = 0.0
        # What the listeners have not been told yet, in the order in which it happened: lessons that "begin" and that "end".
        self._notices: list[tuple[str, int]] = []
        self._tasks: dict[int, Task] = {}
        self._outcomes: dict[int, Outcome] = {}

    def run(
        self,
        tasks: Iterable[Task],
        started: Callable[[Task], None],
        finished: Callable[[Task, Outcome], None],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Execute all tasks. `started`, `finished` and, at least five times a second, `tick` are called in this process."""
        self._queue = list(tasks)
        self._tasks = {task.index: task for task in self._queue}
        try:
            while self._queue or self._busy():
                self._hand_out()
                if self._limit == 1:
                    # One after the other, to the last file that is looked at when a result is stored.
                    self._tell(started, finished)
                self._open_gate()
                # The next lessons run already while the results of the last ones are stored.
                self._tell(started, finished)
                for worker in self._listen():
                    self._receive(worker)
                self._watch()
                tick()
            self._tell(started, finished)
        except (KeyboardInterrupt, InputError):
            # What has come in until now is finished, too.
            while self._outcomes:
                index, outcome = self._outcomes.popitem()
                finished(self._tasks[index], outcome)
            raise
        finally:
            self.stop()

    def stop(self) -> None:
        """End all workers. Each ends its kernel and what that has started: the server, which would do it otherwise, may be gone."""
        for worker in self._workers:
            worker.signal("SIGTERM")
            worker.signal("SIGCONT")
        while self._workers:
            self._workers.pop().end(_PATIENCE)

    # The parts of the loop.
    def _tell(self, started: Callable[[Task], None], finished: Callable[[Task, Outcome], None]) -> None:
        """Tell in order what has happened, as far as the results of lessons that have left are there."""
        while self._notices and (self._notices[0][0] == "begin" or self._notices[0][1] in self._outcomes):
            what, index = self._notices.pop(0)
            if what == "begin":
                started(self._tasks[index])
            else:
                finished(self._tasks[index], self._outcomes.pop(index))

    def _ends(self, task: Task, outcome: Outcome | None = None) -> None:
        """Note that a lesson has run; what came of it may be known later."""
        if ("end", task.index) not in self._notices:
            self._notices.append(("end", task.index))
        if outcome is not None:
            self._outcomes[task.index] = outcome

    def _hand_out(self) -> None:
        while len(self._workers) < min(self._limit + 1, len(self._queue) + len(self._busy())):
            self._workers.append(self._new_worker())
        for worker in self._workers:
            if worker.state == "idle" and self._queue and len(self._busy()) <= self._limit:
                worker.task = self._queue.pop(0)
                worker.send(worker.task)
                worker.enter("starting")

    def _new_worker(self) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        process = None
        if self._server is not None:
            self._server.fork_worker(theirs)
        else:
            from .worker import work

            context = multiprocessing.get_context("spawn")
            process = context.Process(target=work, args=(theirs, os.getpid()), daemon=True)
            process.start()
        theirs.close()
        return _Worker(ours, process)

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.task is not None]

    def _in(self, state: str) -> list[_Worker]:
        return [worker for worker in self._workers if worker.state == state]

    def _open_gate(self) -> None:
        """Let as many run as may."""
        for worker in sorted(self._in("waiting"), key=lambda one: one.lesson.index):
            running, leaving = self._in("running"), self._in("leaving")
            # Lessons that run one after the other find nothing of the last one, such as a port that is in use.
            if len(running) + (len(leaving) if self._limit == 1 else 0) >= self._limit:
                return
            if (running or leaving) and not self._guard.has_room(worker.lesson.name):
                self._note(f"Memory is short: {worker.lesson.name} waits until another lesson has ended.")
                return
            worker.send("go")
            worker.enter("running")
            self._notices.append(("begin", worker.lesson.index))

    def _listen(self) -> list[_Worker]:
        # On Windows these are of another class than `Connection`.
        by_pipe: dict[Any, _Worker] = {worker.pipe: worker for worker in self._workers}
        return [by_pipe[one] for one in wait([*by_pipe], timeout=_TICK)]

    def _receive(self, worker: _Worker) -> None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            worker.pid = 0
            self._lost(worker, "internal", "The process that ran this lesson ended unexpectedly.")
            return
        if message == READY:
            worker.enter("waiting")
        elif message == LEFT:
            worker.enter("leaving")
            self._ends(worker.lesson)
        elif isinstance(message, int):
            worker.pid = message
            worker.enter(worker.state)
        else:
            task, worker.task = worker.lesson, None
            outcome, has_served = message
            if has_served:
                self._end(worker)
            worker.enter("idle")
            self._ends(task, outcome)

    def _watch(self) -> None:
        now = time.monotonic()
        for worker in list(self._busy()):
            # A cell may have stopped its worker.
            worker.signal("SIGCONT")
            allowed = _GRACE + (worker.lesson.timeout if worker.state == "running" else _GRACE * 2)
            if worker.state != "waiting" and now - worker.since > allowed:
                limit = worker.lesson.timeout
                self._lost(worker, "timeout", f"The lesson took longer than its limit of {limit:g} s.")
        running = sorted(self._in("running"), key=lambda one: one.since)
        # What was stopped a moment ago may not have given its memory back yet.
        if running and now > self._patience and self._guard.is_tight():
            self._patience = now + _COOL_DOWN
            self._make_room(running)

    def _make_room(self, running: list[_Worker]) -> None:
        """Memory is nearly used up: run fewer lessons at a time, and the one started last again later."""
        youngest = running[-1]
        if len(running) > 1:
            self._limit = len(running) - 1
            self._note(
                f"Memory is short: running {self._limit} at a time from here on; {youngest.lesson.name} starts again later."
            )
            self._queue.append(youngest.lesson)
            self._end(youngest)
        elif self._guard.is_critical() and not self._in("leaving"):
            self._lost(youngest, "memory", "The lesson took all the memory that was free, and was stopped.")

    def _lost(self, worker: _Worker, kind: str, message: str) -> None:
        task = worker.task
        self._end(worker)
        if task is not None:
            self._ends(task, Outcome.failed(task, LessonFailure(kind, message)))

    def _end(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)
