"""The result of a run as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from cleanworks.workshop.run.keys import shown
from cleanworks.workshop.run.lesson_results import CellTime, LessonResult, RunResult

from .progress_display import duration
from .terminal import failure_text, summary

_SLOWEST = 15
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --bad: #b3261e; --good: #1b6e3c; --bar: #2f6f9f; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7fd6a0; --bar: #7db8e0; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--line); border-radius: .3rem; white-space: pre-wrap; }
.failed { color: var(--bad); font-weight: 600; } .passed { color: var(--good); }
svg { vertical-align: middle; } polyline { fill: none; stroke: var(--bar); stroke-width: 1.5; } circle { fill: var(--bar); }
"""


def html_page(result: RunResult, root: Path, now: datetime.datetime | None = None) -> bytes:
    """The page: failures first, then the slowest cells, then every lesson with time, memory and trend."""
    stamp = (now or datetime.datetime.now()).strftime("%Y-%m-%d %H:%M")
    parts = [
        f"<h1>Run of {escape(root.name)}</h1>",
        f"<p>{stamp}. {escape(summary(result))}</p>",
        *_notes(result),
        *_failures(result, root),
        *_slowest(result),
        *_lessons(result, root),
        *_undeclared(result),
    ]
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Run of {escape(root.name)}, {stamp}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    # A lone surrogate in an output must not keep the report from being written.
    return (head + "\n".join(parts) + "\n</main>\n</body>\n</html>\n").encode("utf-8", "replace")


def _notes(result: RunResult) -> Iterable[str]:
    if result.notes:
        yield f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in result.notes)}</ul>"


def _failures(result: RunResult, root: Path) -> Iterable[str]:
    if result.failed:
        yield "<h2>Failures</h2>"
    for lesson in result.failed:
        yield f'<pre id="{escape(lesson.name)}" tabindex="0">{escape(failure_text(lesson, root).strip())}</pre>'


def _slowest(result: RunResult) -> Iterable[str]:
    cells: list[tuple[LessonResult, CellTime]] = [
        (lesson, cell) for lesson in result.lessons for cell in lesson.cells
    ]
    cells.sort(key=lambda pair: pair[1].cpu, reverse=True)
    if not cells:
        return
    yield "<h2>Slowest cells</h2>"
    rows = [
        [
            escape(lesson.name),
            str(cell.cell),
            f"<code>{escape(cell.cell_id)}</code>",
            _seconds(cell.cpu),
            _seconds(cell.wall),
        ]
        for lesson, cell in cells[:_SLOWEST]
    ]
    yield _table(["Lesson", "#Cell", "Id", "#CPU", "#Wall"], rows)


def _lessons(result: RunResult, root: Path) -> Iterable[str]:
    yield "<h2>Notebooks</h2>"
    rows = []
    for lesson in sorted(result.lessons, key=lambda one: one.cpu, reverse=True):
        status = (
            f'<span class="{lesson.status}">{lesson.status}</span>{" (earlier)" if lesson.cached else ""}'
        )
        why = lesson.skip_reason or lesson.reason
        rows.append([
            escape(lesson.name), escape(shown(lesson.path, root) if lesson.path else ""), status, escape(why),
            _seconds(lesson.cpu), _seconds(lesson.wall), f"{lesson.megabytes:.0f} MB", trend(lesson),
        ])  # fmt: skip
    yield _table(
        ["Name", "File", "Result", "Why it ran", "#CPU", "#Wall", "#Peak memory", "CPU against earlier runs"],
        rows,
    )


def trend(lesson: LessonResult) -> str:
    """The change of CPU time since the run before, in words, and a small line of all recorded runs."""
    values = [*lesson.history, lesson.cpu]
    if not lesson.history or not lesson.cpu:
        return ""
    last = lesson.history[-1]
    change = f"{(lesson.cpu - last) / last:+.0%}" if last > 0 else "n/a"
    return f"{sparkline(values)} {change}"


def sparkline(values: Sequence[float], width: int = 80, height: int = 20) -> str:
    """A small line chart as inline SVG; its text alternative lists the values."""
    top = max(values) or 1.0
    step = (width - 6) / max(1, len(values) - 1)
    points = [(3 + i * step, height - 3 - (height - 6) * value / top) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    label = "CPU seconds of earlier runs and this one: " + ", ".join(f"{value:.1f}" for value in values)
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{label}"><polyline points="{line}"/>'
        f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2"/></svg>'
    )


def _undeclared(result: RunResult) -> Iterable[str]:
    rows = [[escape(lesson.name), escape(path)] for lesson in result.lessons for path in lesson.undeclared]
    if rows:
        yield "<h2>Files read without being declared</h2>"
        yield _table(["Name", "File"], rows)


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 60 else duration(value)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of ready-made HTML; a column whose heading starts with # is aligned to the right."""
    kinds = [' class="n"' if head.startswith("#") else "" for head in heads]
    top = "".join(
        f'<th scope="col"{kind}>{escape(head.lstrip("#"))}</th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    body = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide" tabindex="0"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'
