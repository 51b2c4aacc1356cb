"""Tables for pages that are made from the course itself. A report takes the course and gives (headings, rows)."""

from __future__ import annotations

from pathlib import PurePosixPath

from cleanworks.workshop.catalogue import Course, Entry

Table = tuple[list[str], list[list[str]]]


def link(course: Course, entry: Entry) -> str:
    """MyST for a link to a notebook's page, under its title."""
    page = PurePosixPath(course.relative(entry.path)).with_suffix("")
    return f"{{doc}}`{entry.block.title} </{page}>`"


def lessons(course: Course) -> Table:
    """Every lesson with its part, level, minutes and what comes before it."""
    rows = [
        [
            lesson.id,
            link(course, lesson),
            lesson.block.level,
            str(lesson.block.minutes.teach),
            str(lesson.block.minutes.practise),
            ", ".join(lesson.block.prerequisites) or "nothing",
        ]
        for lesson in course.lessons
    ]
    return ["id", "lesson", "level", "teach (min)", "practise (min)", "needs first"], rows


def objectives(course: Course) -> Table:
    """Every objective with the exercises and quiz questions that test it."""
    rows = []
    for lesson in course.lessons:
        for number, objective in enumerate(lesson.block.objectives, 1):
            rows.append([lesson.id, objective, _tested_by(lesson, number)])
    return ["lesson", "objective", "tested by"], rows


def _tested_by(lesson, objective: int) -> str:
    cells = list(lesson.notebook.with_tag("quiz"))
    if lesson.exercises:
        cells += lesson.exercises.notebook.with_tag("exercise")
    return ", ".join(cell.block.question for cell in cells if cell.block.objective == objective) or "nothing"
