"""The kernel's process as seen from outside: what it uses, where it stands, what it leaves running."""

from __future__ import annotations

import contextlib
import os

import psutil

from .kernels.lifeline import descendants
from .worker_outcome import LessonFailure

# Helpers of Python's own that end with the kernel; a lesson does not start them by itself.
_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


class ProcessWatch:
    """Watches the process with this id; it may end at any time."""

    def __init__(self, pid: int):
        self._first_seen: dict[int, int] = {}
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)
            # Children whose own parent has ended are handed to the supervisor, the kernel's parent.
            self._parent = self._process.ppid()

    def cpu(self) -> float:
        """CPU seconds of the kernel and the children it has waited for."""
        try:
            times = self._process.cpu_times() if self._process else None
        except psutil.Error:
            return 0.0
        if times is None:
            return 0.0
        return times.user + times.system + times.children_user + times.children_system

    def megabytes(self) -> float:
        try:
            return self._process.memory_info().rss / 1e6 if self._process else 0.0
        except psutil.Error:
            return 0.0

    def after_cell(self, position: int, workdir: str) -> None:
        """The working directory must be the lesson's again, or the next cells mean something else.

        Raises
        ------
        LessonFailure
        """
        for pid in self._strays():
            self._first_seen.setdefault(pid, position)
        try:
            now = self._process.cwd() if self._process else workdir
        except (psutil.Error, OSError):
            return
        if os.path.realpath(now) != os.path.realpath(workdir):
            raise LessonFailure(
                "directory", f"The cell changed the working directory to {now} and left it so."
            )

    def strays(self) -> tuple[int | None, LessonFailure] | None:
        """Processes left running after the last cell, as a failure, with the position of the cell that started them."""
        left = [pid for pid in self._strays() if not any(helper in _name(pid) for helper in _HELPERS)]
        if not left:
            return None
        position = min((self._first_seen[pid] for pid in left if pid in self._first_seen), default=None)
        text = "a process running; it was" if len(left) == 1 else f"{len(left)} processes running; they were"
        return position, LessonFailure("processes", f"The lesson left {text} ended.", map(_name, left))

    def end_children(self) -> None:
        """Kill what the lesson started. A supervisor does that too; without one, nobody else does."""
        for pid in self._strays():
            with contextlib.suppress(psutil.Error):
                psutil.Process(pid).kill()

    def _strays(self) -> list[int]:
        """Every process that the lesson started and that still runs, wherever it has gone."""
        if self._process is None:
            return []
        return [pid for pid in descendants(self._parent) if pid != self._process.pid]


def _name(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        # A process that is just becoming another program has no command line for a moment.
        return " ".join(process.cmdline())[:200] or process.name()
    except psutil.Error:
        return str(pid)
