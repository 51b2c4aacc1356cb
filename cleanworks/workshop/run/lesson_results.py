"""What a run gives back: one result per lesson, in the order of the jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Status = Literal["passed", "failed", "skipped", "not run"]

LANGUAGE = "language"  # of a notebook that was not executed, because it is not written for Python
PASSING = {"timeout", "memory", "disk", "stopped", "internal", "import"}


@dataclass(frozen=True)
class Failure:
    """Why a lesson failed, and where.

    `cell` counts all cells from 1, `line` counts within the cell from 1, `file_line` within the notebook's file.
    `details` are the last lines of the error.
    """

    kind: str
    message: str
    cell: int | None = None
    cell_id: str | None = None
    line: int | None = None
    code: str | None = None
    details: tuple[str, ...] = ()
    file_line: int | None = None


@dataclass(frozen=True)
class CellTime:
    """CPU and wall seconds of one executed cell; `cell` counts all cells from 1."""

    cell: int
    cell_id: str
    cpu: float
    wall: float


@dataclass(frozen=True)
class LessonResult:
    """Outcome of one lesson.

    `cpu` and `wall` are seconds, `megabytes` the peak memory, all of the execution that made the result, be it now or
    when the cache was filled. `reason` says why it was executed. `undeclared` are files it read without saying so,
    `written` files it left behind, `warnings` what failed without failing its cell: a ``!command``, a thread. `engine` is which one executed it (`engine`).
    """

    name: str
    path: Path | None
    status: Status
    cached: bool = False
    reason: str = ""
    failure: Failure | None = None
    executed: Path | None = None
    cpu: float = 0.0
    wall: float = 0.0
    megabytes: float = 0.0
    cells: tuple[CellTime, ...] = ()
    undeclared: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    history: tuple[float, ...] = ()
    rerun: str = ""
    skip_reason: str = ""
    warnings: tuple[Failure, ...] = ()
    engine: str = ""

    @property
    def why(self) -> Failure:
        """Why it failed; to be asked of a lesson that did."""
        assert self.failure is not None
        return self.failure


@dataclass(frozen=True)
class RunResult:
    """Outcome of a run. `wall` is in seconds; `cpu` adds what was executed now."""

    lessons: tuple[LessonResult, ...]
    wall: float
    workers: int
    kernel: str
    notes: tuple[str, ...] = field(default=())
    interrupted: bool = False

    @property
    def failed(self) -> list[LessonResult]:
        return [lesson for lesson in self.lessons if lesson.status == "failed"]

    @property
    def executed(self) -> list[LessonResult]:
        return [
            lesson
            for lesson in self.lessons
            if not lesson.cached
            and lesson.status in ("passed", "failed")
            and not (lesson.failure and lesson.failure.kind == LANGUAGE)
        ]

    @property
    def cpu(self) -> float:
        return sum(lesson.cpu for lesson in self.executed)

    @property
    def ok(self) -> bool:
        return not self.failed and not self.interrupted

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 130
        return 1 if self.failed else 0
