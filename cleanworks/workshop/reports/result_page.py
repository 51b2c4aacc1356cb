"""The result of a run as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from cleanworks.html_templates import filled
from cleanworks.workshop.run.keys import shown
from cleanworks.workshop.run.lesson_results import LessonResult, RunResult

from .progress_display import duration
from .terminal import failure_text, summary

_SLOWEST = 15


def html_page(result: RunResult, root: Path, now: datetime.datetime | None = None) -> bytes:
    """The page: failures first, then the slowest cells, then every lesson with time, memory and trend."""
    stamp = (now or datetime.datetime.now()).strftime("%Y-%m-%d %H:%M")
    page = filled(
        __package__,
        "result_page.html",
        name=root.name,
        stamp=stamp,
        summary=summary(result),
        result=result,
        failures=[(lesson.name, failure_text(lesson, root).strip()) for lesson in result.failed],
        slowest=_slowest(result),
        lessons=_lessons(result, root),
        undeclared=[(lesson.name, path) for lesson in result.lessons for path in lesson.undeclared],
    )
    # A lone surrogate in an output must not keep the report from being written.
    return page.encode("utf-8", "replace")


def _slowest(result: RunResult) -> list[tuple[str, ...]]:
    cells = [(lesson.name, cell) for lesson in result.lessons for cell in lesson.cells]
    cells.sort(key=lambda pair: pair[1].cpu, reverse=True)
    return [
        (
            name,
            str(cell.cell),
            Markup("<code>{}</code>").format(cell.cell_id),
            _seconds(cell.cpu),
            _seconds(cell.wall),
        )
        for name, cell in cells[:_SLOWEST]
    ]


def _lessons(result: RunResult, root: Path) -> list[tuple[str, ...]]:
    return [
        (
            lesson.name,
            shown(lesson.path, root) if lesson.path else "",
            Markup('<span class="{0}">{0}</span>').format(lesson.status)
            + (" (earlier)" if lesson.cached else ""),
            lesson.skip_reason or lesson.reason,
            _seconds(lesson.cpu),
            _seconds(lesson.wall),
            f"{lesson.megabytes:.0f} MB",
            trend(lesson),
        )
        for lesson in sorted(result.lessons, key=lambda one: one.cpu, reverse=True)
    ]


def trend(lesson: LessonResult) -> Markup:
    """The change of CPU time since the run before, in words, and a small line of all recorded runs."""
    values = [*lesson.history, lesson.cpu]
    if not lesson.history or not lesson.cpu:
        return Markup()
    last = lesson.history[-1]
    change = f"{(lesson.cpu - last) / last:+.0%}" if last > 0 else "n/a"
    return sparkline(values) + f" {change}"


def sparkline(values: Sequence[float], width: int = 80, height: int = 20) -> Markup:
    """A small line chart as inline SVG; its text alternative lists the values."""
    top = max(values) or 1.0
    step = (width - 6) / max(1, len(values) - 1)
    points = [(3 + i * step, height - 3 - (height - 6) * value / top) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    label = "CPU seconds of earlier runs and this one: " + ", ".join(f"{value:.1f}" for value in values)
    drawn = (
        '<svg width="{}" height="{}" role="img" aria-label="{}"><polyline points="{}"/>'
        '<circle cx="{:.1f}" cy="{:.1f}" r="2"/></svg>'
    )
    return Markup(drawn).format(width, height, label, line, *points[-1])


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 60 else duration(value)
