"""The commands of the catalogue, of lint and of the exercises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

Root = Annotated[Path, typer.Option("--root", help="Folder of the course.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(catalogue)


def catalogue(
    as_json: Annotated[bool, typer.Option("--json", help="Plain data for programs.")] = False,
    root: Root = Path("."),
) -> None:
    """Show the lessons and exercise sets of the course, in order."""
    from cleanworks.workshop.catalogue import Course

    course = Course.load(root)
    if as_json:
        print(
            json.dumps([_record(course, lesson) for lesson in course.lessons], ensure_ascii=False, indent=1)
        )
        return
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("id", "lesson", "level", "teach", "practise", "needs first", "exercises"):
        table.add_column(
            heading, justify="right" if heading in ("teach", "practise", "exercises") else "left"
        )
    for lesson in course.lessons:
        block = lesson.block
        count = str(len(lesson.exercises.notebook.questions)) if lesson.exercises else "none"
        table.add_row(
            block.id,
            block.title,
            block.level,
            f"{block.minutes.teach} min",
            f"{block.minutes.practise} min",
            ", ".join(block.prerequisites),
            count,
        )
    console = Console()
    console.print(table)
    total = sum(lesson.block.minutes.total for lesson in course.lessons)
    console.print(
        f"{len(course.lessons)} lessons, {total // 60} h {total % 60:02d} min in all.", highlight=False
    )


def _record(course, lesson) -> dict:
    record = {
        "name": lesson.name,
        "path": course.relative(lesson.path),
        "caption": lesson.caption,
        **lesson.block.model_dump(mode="json", exclude_none=True),
        "exercises": None,
    }
    if lesson.exercises:
        record["exercises"] = {
            "name": lesson.exercises.name,
            "path": course.relative(lesson.exercises.path),
            "questions": list(lesson.exercises.notebook.questions),
        }
    return record
