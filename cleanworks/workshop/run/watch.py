"""The kernel's process and all that it starts, as its worker sees them: limits, time, where it stands, what it leaves running.

The worker is the parent of the kernel, and of every orphan below it (`lifeline.adopt_orphans`): whatever descends from the worker belongs
to the lesson.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

import psutil

from .jobs import RunOptions
from .kernels.lifeline import collect, descendants, end_descendants
from .worker_outcome import LessonFailure

# Seconds between two looks at memory, written bytes and number of processes.
_TICK = 0.2
# A lesson may use a few processes of its own, not hundreds.
_MOST_PROCESSES = 100
# Helpers of Python's own that end with the kernel; a lesson does not start them by itself.
_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


class ProcessWatch:
    """Watches the kernel, which may end at any time.

    Parameters
    ----------
    process : subprocess.Popen or ForkedKernel
    options : RunOptions
        Its limits.
    """

    def __init__(self, process: Any, options: RunOptions):
        self._process, self._options = process, options
        self._first_seen: dict[int, int] = {}
        self._peak = 0.0
        self._kernel: Any = None
        with contextlib.suppress(psutil.Error):
            self._kernel = psutil.Process(process.pid)

    # While it runs.
    async def limit(self, stop: Callable[[LessonFailure | None], None]) -> None:
        """Measure until something is out of bounds, and then `stop` the lesson; also if the kernel has ended, with None."""
        while True:
            await asyncio.sleep(_TICK)
            collect(self._process.pid)
            if self._process.poll() is not None:
                return stop(None)
            if (found := self._beyond()) is not None:
                with contextlib.suppress(psutil.Error):
                    psutil.Process(self._process.pid).kill()
                return stop(found)

    def _beyond(self) -> LessonFailure | None:
        pids = [self._process.pid, *self._others(_MOST_PROCESSES)]
        if len(pids) > _MOST_PROCESSES:
            return LessonFailure("processes", f"The lesson started more than {_MOST_PROCESSES} processes.")
        # What processes share with others, as forks do, counts by its part; the kernel's own counts whole.
        memory = (_of(pids[0], _resident) + sum(_of(pid, _share) for pid in pids[1:])) / 1e6
        self._peak = max(self._peak, memory)
        most, most_written = self._options.memory_limit, self._options.file_limit
        if memory > most:
            return LessonFailure("memory", f"The lesson took more than {most:g} MB of memory.")
        if sum(_of(pid, _written) for pid in pids) / 1e6 > most_written:
            return LessonFailure("disk", f"The lesson wrote more than {most_written:g} MB.")
        return None

    def cpu(self) -> float:
        """CPU seconds of the kernel and the children it has waited for."""
        with contextlib.suppress(
            psutil.Error, AttributeError
        ):  # it has ended, perhaps before it was looked at
            return sum(self._kernel.cpu_times()[:4])
        return 0.0

    def after_cell(self, position: int, workdir: str) -> None:
        """The working directory must be the lesson's again, or the next cells mean something else.

        Raises
        ------
        LessonFailure
        """
        for pid in self._others():
            self._first_seen.setdefault(pid, position)
        try:
            now = self._kernel.cwd() if self._kernel else workdir
        except (psutil.Error, OSError):
            return
        if os.path.realpath(now) != os.path.realpath(workdir):
            raise LessonFailure(
                "directory", f"The cell changed the working directory to {now} and left it so."
            )

    # At its end.
    def strays(self) -> tuple[int | None, LessonFailure] | None:
        """Processes left running after the last cell, as a failure, with the position of the cell that started them."""
        collect(self._process.pid)
        left = [
            pid for pid in self._others() if (name := _name(pid)) and not any(one in name for one in _HELPERS)
        ]
        if not left:
            return None
        position = min((self._first_seen[pid] for pid in left if pid in self._first_seen), default=None)
        text = "a process running; it was" if len(left) == 1 else f"{len(left)} processes running; they were"
        return position, LessonFailure("processes", f"The lesson left {text} ended.", map(_name, left))

    def end(self) -> float:
        """End the kernel and everything that it started. Returns its peak memory in megabytes."""
        peak = max(self._peak, _of(self._process.pid, _highest) / 1e6)
        # Its own exit code is asked for first.
        end_descendants(self._process.poll)
        return peak

    def _others(self, most: int | None = None) -> list[int]:
        """Every process that the lesson started, wherever it has gone."""
        return [pid for pid in descendants(os.getpid(), most) if pid != self._process.pid]


def _of(pid: int, measure: Callable[[psutil.Process], float]) -> float:
    """What this measure gives of a process; 0 if it has ended, or where the system does not say."""
    try:
        return measure(psutil.Process(pid))
    except (psutil.Error, AttributeError, OSError):
        return 0.0


def _resident(process: psutil.Process) -> float:
    return process.memory_info().rss


def _share(process: psutil.Process) -> float:
    return getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss


def _written(process: psutil.Process) -> float:
    return process.io_counters().write_chars


def _highest(process: psutil.Process) -> float:
    """Bytes that it occupied when it had most; only Linux keeps that."""
    with contextlib.suppress(OSError), open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return process.memory_info().rss


def _name(pid: int) -> str:
    """What a process was called with; nothing of one that has ended, although nobody has asked for its exit code yet."""
    try:
        process = psutil.Process(pid)
        # A process that is just becoming another program has no command line for a moment.
        return " ".join(process.cmdline())[:200] or process.name()
    except psutil.Error:
        return ""
