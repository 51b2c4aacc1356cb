"""Tables for pages that are made from the course itself. A report takes the course and gives (headings, rows)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from pydantic import BaseModel

from cleanworks.workshop.catalogue import Course, Entry, Lesson
from cleanworks.workshop.lint import python_words
from cleanworks.workshop.lint.context import Context
from cleanworks.workshop.pages.readability import measure

Table = tuple[list[str], list[list[str]]]


def link(course: Course, entry: Entry) -> str:
    """MyST for a link to a notebook's page, under its title."""
    page = PurePosixPath(course.relative(entry.path)).with_suffix("")
    return f"{{doc}}`{entry.block.title} </{page}>`"


def lessons(course: Course) -> Table:
    """Every lesson with its part, level, minutes and what comes before it."""
    rows: list[list[str]] = [
        [
            lesson.id,
            link(course, lesson),
            lesson.block.level or "",
            str(lesson.minutes.teach),
            str(lesson.minutes.practise),
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


def _tested_by(lesson: Lesson, objective: int) -> str:
    cells = list(lesson.notebook.with_tag("quiz"))
    if lesson.exercises:
        cells += lesson.exercises.notebook.with_tag("exercise")
    tested = (cell.block.question for cell in cells if cell.block.objective == objective)
    return ", ".join(question for question in tested if question) or "nothing"


def workshop_file(course: Course, block: str) -> Table:
    """The keys of one block of a workshop file, made from the model that reads it."""
    from cleanworks.workshop.workshop_file import Activity, Break, Day, Member, Part, Workshop

    models: dict[str, type[BaseModel]] = {
        "workshop": Workshop,
        "day": Day,
        "break": Break,
        "activity": Activity,
        "module": Part,
        "member": Member,
    }
    rows: list[list[str]] = []
    for name, known in models[block].model_fields.items():
        if name == "id":
            continue
        usual = (
            "must be there"
            if known.is_required()
            else ("none" if known.default in (None, "", ()) else str(known.default))
        )
        rows.append([f"`{name}`", known.description or "", usual])
    return ["key", "what it is", "if it is not there"], rows


def new_words(course: Course) -> Table:
    """Which lesson brings which word of Python, and what the word does; made from the code that pages show."""
    settings = course.settings
    known = python_words.meanings(course.root / settings.python_words) if settings.python_words else {}
    context = Context(course.root, settings, tuple(lesson.notebook for lesson in course.lessons))
    rows = []
    for lesson in course.lessons:
        for word in python_words.new(lesson.notebook, context.before(lesson.notebook)):
            rows.append([link_by_id(course, lesson), f"`{word}`", known.get(word, "The lesson says it.")])
    return ["lesson", "word", "what it does"], rows


# --- facts --------------------------------------------------------------------------------------------------------

_CITATION = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def facts(course: Course) -> Table:
    """Every statement of a lesson that names a source, with what kind of source that is."""
    kinds = _kinds(course)
    rows = []
    for lesson in course.lessons:
        for statement in _cited(lesson):
            keys = [key.strip() for found in _CITATION.finditer(statement) for key in found[1].split(",")]
            known = sorted({kinds.get(key, "") for key in keys} - {""})
            rows.append(
                [
                    link_by_id(course, lesson),
                    statement,
                    ", ".join(f"`{key}`" for key in keys),
                    "; ".join(known),
                ]
            )
    return ["lesson", "statement", "key", "kind of source"], rows


def link_by_id(course: Course, entry: Entry) -> str:
    """MyST for a link to a notebook's page, under its id."""
    page = PurePosixPath(course.relative(entry.path)).with_suffix("")
    return f"{{doc}}`{entry.block.id} </{page}>`"


def _cited(lesson: Entry) -> list[str]:
    """Lines with a citation, from cells that every reader gets; one line of a Markdown cell is one sentence."""
    found = []
    for cell in lesson.notebook.node.cells:
        hidden = {"quiz", "solution", "wrong-answer", "instructor", "hint"} & set(
            cell.metadata.get("tags", [])
        )
        if cell.cell_type != "markdown" or hidden:
            continue
        for line in cell.source.splitlines():
            if _CITATION.search(line):
                text = re.sub(r"^\s*(?:[-*>]|\d+\.)\s+", "", line.strip())
                found.append(" / ".join(part.strip() for part in text.strip("|").split("|")))
    return found


def _kinds(course: Course) -> dict[str, str]:
    """What the note of each source begins with: whether it is a primary source, a press report or another."""
    from pybtex.database import parse_file

    path = course.root / course.settings.bibliography
    entries = parse_file(str(path)).entries if path.is_file() else {}
    return {key: _first_clause(entry.fields.get("note", "")) for key, entry in entries.items()}


def _first_clause(note: str) -> str:
    return re.split(r"[.;:](?:\s|$)", note.replace("{", "").replace("}", ""), maxsplit=1)[0]


# --- readability --------------------------------------------------------------------------------------------------


def readability(course: Course) -> Table:
    """How hard the prose of each lesson is to read."""
    rows = []
    for lesson in course.lessons:
        measured = measure(lesson.notebook.node)
        rows.append(
            [
                link_by_id(course, lesson),
                str(measured.words),
                f"{measured.words_per_sentence:.1f}",
                f"{measured.grade:.1f}",
            ]
        )
    return ["lesson", "words", "words per sentence", "school grade"], rows
