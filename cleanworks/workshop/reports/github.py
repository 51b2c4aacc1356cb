"""Failures as GitHub annotations: shown beside the line of the notebook's file that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cleanworks.workshop.run.keys import shown
from cleanworks.workshop.run.lesson_results import LessonResult, RunResult


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether this runs inside GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


def workflow_commands(result: RunResult, root: Path) -> Iterable[str]:
    """Workflow commands, one per failed lesson and one per file read without being declared."""
    for lesson in result.failed:
        yield _command("error", lesson, root, lesson.why.message, lesson.why.file_line)
    for lesson in result.lessons:
        for path in lesson.undeclared:
            yield _command(
                "warning", lesson, root, f"reads {path} without declaring it in its metadata", None
            )


def _command(level: str, lesson: LessonResult, root: Path, message: str, line: int | None) -> str:
    fields = {"title": lesson.name}
    if lesson.path:
        fields["file"] = shown(lesson.path, root)
    if line:
        fields["line"] = str(line)
    cell = lesson.failure.cell_id if lesson.failure else None
    text = f"cell {cell}: {message}" if cell else message
    listed = ",".join(f"{name}={_escape(value, property_value=True)}" for name, value in fields.items())
    return f"::{level} {listed}::{_escape(text)}"


def _escape(text: str, property_value: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_value else text
