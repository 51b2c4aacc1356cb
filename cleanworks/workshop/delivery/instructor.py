"""What the instructor gets: notebooks with notes and solutions, likely mistakes with what the check says, a room list."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from nbformat import NotebookNode

from cleanworks import words
from cleanworks.errors import InputError
from cleanworks.html_templates import filled
from cleanworks.paper import Page, browser
from cleanworks.workshop import forms, languages
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.delivery.programme import Programme, make_programme
from cleanworks.workshop.metadata import BLOCK
from cleanworks.workshop.workshop_file import Workshop

_STYLE = """
pre { background: #f3f4f6; padding: .5em; white-space: pre-wrap; font-size: .88em; break-inside: avoid; }
.said { border-inline-start: 3px solid #0f5a70; padding: .2em .7em; margin: .4em 0 1em; }
section.module { break-before: page; } ul.boxes { list-style: "\\2610\\00a0\\00a0"; }
"""


def instructor_kit(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Write the instructor's notebooks (executed), the notes with likely mistakes, and the room list."""
    programme = make_programme(course, workshop)
    folder = out / "instructor"
    files = _notebooks(course, programme, workshop, folder / "notebooks")
    for name, page in (("notes", notes(course, programme, folder)), ("room-and-equipment", room(programme))):
        files.append(page.save(folder / f"{name}.html"))
        if browser():
            files.append(page.save(folder / f"{name}.pdf"))
    return files


def _notebooks(course: Course, programme: Programme, workshop: Workshop, folder: Path) -> list[Path]:
    """Executed copies with notes, solutions and wrong answers, each followed by what the check says to it."""
    from cleanworks.workshop import book
    from cleanworks.workshop.reports.progress_display import display
    from cleanworks.workshop.run import run_notebooks

    language = languages.edition_language(course, workshop.language)
    made = book.Edition(course.root, "instructor", workshop.profile, language=language)
    jobs, options = book.run_plan(course, made)
    wanted = {f"{entry.name}-instructor" for lesson in programme.lessons for entry in _entries(lesson)}
    # A folder of its own: the instructor's book keeps its copies whole.
    options = dataclasses.replace(options, out=course.root / "_build" / f"workshop{made.name}")
    result = run_notebooks([job for job in jobs if job.name in wanted], options, display())
    if result.exit_code:
        raise InputError(
            "Some notebooks of the instructor's edition fail.",
            fix="Run `cleanworks exercises prove`, which names them.",
        )
    files = []
    for lesson in programme.lessons:
        for entry in _entries(lesson):
            name = course.relative(entry.path)
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            node = nbformat.read(options.out_folder / name, 4)
            said = languages.entries_of(course, language, entry.path)
            content = json.loads(nbformat.writes(languages.translated(node, said)))
            _undated(content)
            target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            files.append(target)
    return files


def _entries(lesson: Lesson) -> list[Any]:
    return [lesson, lesson.exercises] if lesson.exercises else [lesson]


def _undated(content: dict[str, Any]) -> None:
    """Without the moments of the run, so that two builds give the same bytes."""
    for cell in content["cells"]:
        cell["metadata"].pop("execution", None)


# --- notes --------------------------------------------------------------------------------------------------------


def notes(course: Course, programme: Programme, folder: Path) -> Page:
    """For each module: its notes in place, and for each question the solution and the likely mistakes."""
    language = programme.workshop.language
    say = partial(words.say, code=language)
    title = f"{say('Notes for the instructor')}: {programme.workshop.title}"
    modules = []
    for lesson in programme.lessons:
        said = languages.entries_of(course, language, lesson.path)
        told = [
            languages.translated_text(cell.source, said) for cell in lesson.notebook.with_tag("instructor")
        ]
        answers: list[_Answer] = []
        if lesson.exercises:
            path = folder / "notebooks" / course.relative(lesson.exercises.path)
            answers = _answers(nbformat.read(path, as_version=4))
        modules.append((lesson, programme.titles.get(lesson.id, lesson.title), told, answers))
    body = filled(__package__, "notes.html", title=title, modules=modules, markdown=_markdown, say=say)
    return Page(title, body, language, style=_STYLE)


_Answer = tuple[str, NotebookNode, str, str]


def _answers(node: NotebookNode) -> list[_Answer]:
    """What the notes show of an executed set: each cell with its kind, its question and what the check says to it."""
    found = []
    for cell, after in zip(node.cells, [*node.cells[1:], NotebookNode()], strict=True):
        tags = cell.metadata.get("tags", [])
        kind = next(
            (one for one in ("exercise", "instructor", "solution", "wrong-answer") if one in tags), ""
        )
        if kind and (kind != "wrong-answer" or cell.cell_type == "code"):
            found.append((kind, cell, cell.metadata.get(BLOCK, {}).get("question", ""), _said(after)))
    return found


def _said(cell: NotebookNode) -> str:
    for output in cell.get("outputs", []):
        if "text" in output:
            return " ".join(output["text"].split())
        data = output.get("data", {})
        if "text/plain" in data:
            return " ".join(data["text/plain"].split())
    return ""


def _markdown(text: str) -> Markup:
    """Markdown as HTML, roles of the book as their plain text; raw HTML is shown, not obeyed."""
    text = re.sub(r"\{[\w:-]+\}`([^`<]*?)(?:\s*<[^`]*>)?`", r"\1", text)
    text = re.sub(r"^(#+) ", r"##\1 ", text, flags=re.MULTILINE)
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


# --- room ---------------------------------------------------------------------------------------------------------


def _coded(text: str) -> Markup:
    """A sentence as HTML, with what is typed into a terminal set as such."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def room(programme: Programme) -> Page:
    """What must be in the room, with numbers worked out from the number of participants."""
    workshop = programme.workshop
    people = workshop.participants
    pairs = math.ceil(people / 2)
    team = max(len(workshop.team), 1)
    modules = len(programme.lessons)
    lists = {
        "The room": [
            f"Tables for {pairs} pairs, so that two people share one keyboard and can turn to the next pair",
            f"{people + team} seats, and a place to write predictions where all can see them",
            "A projector that shows 1280 x 720 or more, and a dark enough wall",
            f"Sockets or extension leads for {pairs + team} computers",
        ],
        "Computers": [
            f"{pairs} computers, one for each pair, and {math.ceil(pairs / 10)} to spare",
            f"{max(2, math.ceil(pairs / 6))} USB sticks with the learners' zip; no network is needed",
            "On three of them: unpack the kit, start it, and run the check, the day before",
            "A folder on each computer that participants may write to, with 2 GB free",
        ],
        "Print": [
            f"{people + team} copies of the agenda (learner/agenda/agenda.pdf)",
            f"{team} of the running order with cut marks (instructor/agenda/running-order.pdf)",
            f"{team} of the notes (instructor/notes.pdf), for {modules} modules",
            f"{people} of each handout, two pages on one sheet (learner/handouts): {', '.join(lesson.id for lesson in programme.lessons)}",
            f"{pairs} of each form of the test before, A and B (instructor/forms/before-form-A.pdf, before-form-B.pdf): "
            f"{forms.IN_A_WORKSHOP} questions at most, ten minutes; two who share a computer answer on paper or on a phone, each alone",
            f"{pairs} of each form of the test after (instructor/forms/after-form-A.pdf, after-form-B.pdf)",
            f"{people} of the evaluation form (instructor/forms/evaluation.pdf)",
            f"{people} of the action plan (learner/after/action-plan.pdf), one page for each participant",
            f"{math.ceil(people / 9)} of the helper's sheet, {team} of the facilitator's plan, 1 of the floor plan (instructor/facilitator)",
            f"{people} of the invitation with what to prepare, unless it goes by mail (instructor/facilitator/invitation.pdf)",
            f"{team} of the page for the morning when laptops do not work (instructor/facilitator/when-laptops-fail.pdf)",
            f"{people} of the survey after three months, unless it is sent as a file (instructor/forms/three-months-later.pdf)",
            f"{people} certificates, once the list of names is final (`cleanworks workshop certificates`)",
            f"{people} sheets of paper for 'One thing to look up at home'",
        ],
        "People": [
            f"{math.ceil(people / 9)} who walk round during exercises: one for eight to ten people",
            "One who writes down the minutes that each part really takes",
        ],
    }
    say = partial(words.say, code=workshop.language)
    lasts = "1 day" if len(workshop.days) == 1 else f"{len(workshop.days)} days"
    title = f"{say('Room and equipment')}: {workshop.title}"
    body = filled(
        __package__,
        "room.html",
        title=title,
        workshop=workshop,
        size=f"{people} participants, {lasts}.",
        lists=lists,
        coded=_coded,
        say=say,
    )
    return Page(title, body, workshop.language, style=_STYLE)
