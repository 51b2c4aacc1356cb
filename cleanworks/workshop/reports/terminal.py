"""The report at the end of a run, as text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from cleanworks.workshop.run.engine import METADATA, SPOKEN
from cleanworks.workshop.run.keys import shown
from cleanworks.workshop.run.lesson_results import Failure, LessonResult, RunResult

from .progress_display import duration, lessons


def report(result: RunResult, root: Path) -> str:
    """Every failure with its place and the command that runs it alone, then one line that sums up."""
    parts = [failure_text(lesson, root) for lesson in result.failed]
    parts += [
        f"{lesson.name} was skipped: {lesson.skip_reason}"
        for lesson in result.lessons
        if lesson.status == "skipped"
    ]
    parts += [
        f"{lesson.name} reads {path} and does not declare it: name it under `data` in its metadata."
        for lesson in result.lessons
        for path in lesson.undeclared
    ]
    parts += [
        f"{lesson.name} leaves a file behind: {path}" for lesson in result.lessons for path in lesson.written
    ]
    parts += [
        warning_text(lesson, warning)
        for lesson in result.lessons
        for warning in lesson.warnings
        if warning != lesson.failure
    ]
    parts.append(summary(result))
    return "\n".join(parts)


def warning_text(lesson: LessonResult, warning: Failure) -> str:
    """What failed without failing its cell, in one line."""
    place = f", cell {warning.cell} (id {warning.cell_id})" if warning.cell is not None else ""
    return f"WARNING {lesson.name}{place}: {warning.message}"


def failure_text(lesson: LessonResult, root: Path) -> str:
    """One failed lesson: file, cell, line, message, last lines of the error, and what to type."""
    failure = lesson.why
    place = shown(lesson.path, root) if lesson.path else lesson.name
    # A notebook written as text is mended in a text editor, which counts lines and not cells.
    text = lesson.path is not None and lesson.path.suffix != ".ipynb" and failure.file_line
    lines = [f"FAILED {lesson.name}  {place}{f', line {failure.file_line}' if text else ''}"]
    if failure.cell is not None:
        at = (
            f", line {failure.line}: {failure.code}"
            if failure.line and failure.code
            else (f", line {failure.line}" if failure.line else "")
        )
        lines.append(f"  cell {failure.cell} (id {failure.cell_id}){at}")
    lines.append(f"  {failure.message}")
    lines += [f"    | {line}" for line in _last_lines(failure)]
    if failure.kind == "timeout":
        lines.append(
            "  `timeout` allows more: in a lesson's metadata, for other notebooks under `execute:` of _config.yml."
        )
    if lesson.cached:
        lines.append("  This is the result of an earlier run; nothing it depends on has changed since.")
    if lesson.executed is not None:
        lines.append(f"  What it got to: {shown(lesson.executed, root)}")
    if lesson.rerun:
        lines.append(f"  Run it alone: {lesson.rerun}{' --force' if lesson.cached else ''}")
    return "\n".join(lines) + "\n"


def _last_lines(failure: Failure) -> list[str]:
    # The last line of an error repeats the message.
    return [line for line in failure.details if line.strip() != failure.message.strip()]


def _engines(executed: Sequence[LessonResult]) -> str:
    """Who executed them: one engine for all, or how many each."""
    counts = Counter(lesson.engine for lesson in executed if lesson.engine)
    if len(counts) == 1:
        return f"by {SPOKEN[next(iter(counts))]}, "
    return "".join(f"{number} by {SPOKEN[name]}, " for name, number in counts.most_common())


def summary(result: RunResult) -> str:
    counts = {
        status: sum(lesson.status == status for lesson in result.lessons)
        for status in ("passed", "failed", "skipped", "not run")
    }
    parts = [f"{number} {status}" for status, number in counts.items() if number]
    executed = result.executed
    how = (
        f"{lessons(len(executed))} executed ({result.kernel} kernels, {_engines(executed)}{result.workers} at a time), CPU {duration(result.cpu)}"
        if executed
        else "nothing had to be executed"
    )
    head = "Interrupted; what was finished is kept. " if result.interrupted else ""
    return f"{head}{', '.join(parts) or 'No notebooks'}; {how}; {result.wall:.1f} s."


def engines_of(folder: Path) -> str:
    """Which engine executed the copies in a folder, as a sentence; the versions are those of the process that asks."""
    counts: Counter[str] = Counter()
    for path in folder.rglob("*.ipynb"):
        made_by = json.loads(path.read_text(encoding="utf-8"))["metadata"].get(METADATA)
        if made_by:
            counts[SPOKEN[made_by]] += 1
    if not counts:
        return "Jupyter Book executed the notebooks itself, through nbclient."
    by = " and ".join(f"{number} by {name}" for name, number in counts.most_common())
    with_what = ", ".join(f"{package} {version(package)}" for package in ("ipykernel", "nbclient"))
    return f"Notebooks of this book were executed: {by} (installed: {with_what})."
