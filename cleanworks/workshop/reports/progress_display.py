"""What a person sees while a run goes on: a bar in a terminal, one plain line per lesson anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import IO, Any

from cleanworks.workshop.run import LessonResult, Listener


def display(stream: IO[str] | None = None) -> Listener:
    """The display that suits a stream: `Bar` for a terminal, `Lines` for a file, a pipe or CI."""
    stream = stream if stream is not None else sys.stderr
    return Bar(stream) if stream.isatty() else Lines(stream)


class _Estimate:
    """Remaining seconds, from what lessons took last time; lessons without a record count as the average."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.workers = 1
        self.expected: dict[str, float | None] = {}
        self.left: set[str] = set()
        self.since: dict[str, float] = {}

    def begin(self, expected: Mapping[str, float | None], workers: int) -> None:
        self.expected, self.left, self.workers = dict(expected), set(expected), workers

    def started(self, name: str) -> None:
        self.since[name] = time.monotonic()

    def finished(self, result: LessonResult) -> None:
        self.left.discard(result.name)
        self.since.pop(result.name, None)
        self.expected[result.name] = result.wall

    def seconds(self) -> float | None:
        known = [value for value in self.expected.values() if value]
        if not known:
            return None
        average = sum(known) / len(known)
        now = time.monotonic()
        rest = []
        for name in self.left:
            passed = now - self.since[name] if name in self.since else 0.0
            rest.append(max(0.0, (self.expected[name] or average) - passed))
        return max(sum(rest) / self.workers, max(rest, default=0.0))


class Lines(Listener):
    """One line per event: what runs and why, how it ended, what is left."""

    def __init__(self, stream: IO[str]):
        self._stream = stream
        self._estimate = _Estimate()
        self._done = self._todo = 0

    def begin(self, expected: Mapping[str, float | None], total: int, workers: int) -> None:
        self._done, self._todo = 0, len(expected)
        self._estimate.begin(expected, workers)
        rest = f"; {total - self._todo} unchanged" if total > self._todo else ""
        self._say(f"Running {lessons(self._todo)}, {workers} at a time{rest}.")

    def note(self, text: str) -> None:
        self._say(text)

    def started(self, name: str, reason: str) -> None:
        self._estimate.started(name)
        self._say(f"  {name}: {reason}")

    def finished(self, result: LessonResult) -> None:
        self._done += 1
        self._estimate.finished(result)
        seconds = self._estimate.seconds()
        left = f", about {duration(seconds)} left" if seconds and self._done < self._todo else ""
        self._say(f"[{self._done}/{self._todo}] {result.name} {result.status} in {result.wall:.1f} s{left}")

    def _say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class Bar(Listener):
    """A progress bar with the lessons that run and the remaining time."""

    def __init__(self, stream: IO[str]):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._estimate = _Estimate()
        self._running: list[str] = []
        # No thread refreshes the bar: the main process forks workers, and threads do not survive a fork.
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(file=stream),
            auto_refresh=False,
            transient=True,
        )
        self._task: Any = None

    def begin(self, expected: Mapping[str, float | None], total: int, workers: int) -> None:
        self._estimate.begin(expected, workers)
        self._task = self._progress.add_task("starting", total=len(expected), left="")
        self._progress.start()

    def note(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False)

    def started(self, name: str, reason: str) -> None:
        self._estimate.started(name)
        if name not in self._running:
            self._running.append(name)
        self._progress.console.print(f"  {name}: {reason}", style="dim", highlight=False, markup=False)

    def finished(self, result: LessonResult) -> None:
        self._estimate.finished(result)
        if result.name in self._running:
            self._running.remove(result.name)
        if result.status == "failed":
            self._progress.console.print(
                f"  {result.name} failed", style="bold red", highlight=False, markup=False
            )
        self._progress.advance(self._task)
        self.tick()

    def tick(self) -> None:
        seconds = self._estimate.seconds()
        left = f"about {duration(seconds)} left" if seconds is not None else ""
        self._progress.update(self._task, description=" ".join(self._running) or "starting", left=left)
        self._progress.refresh()

    def end(self) -> None:
        self._progress.stop()


def lessons(number: int) -> str:
    return "1 notebook" if number == 1 else f"{number} notebooks"


def duration(seconds: float) -> str:
    """``42 s`` or ``3 min 20 s``."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"
