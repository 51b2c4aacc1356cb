"""What the instructor gets: notebooks with notes and solutions, likely mistakes with what the check says, a room list."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from nbformat import NotebookNode

from cleanworks import words
from cleanworks.errors import InputError
from cleanworks.paper import Page, browser, escape
from cleanworks.workshop import forms, languages
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.delivery.programme import Programme, settle
from cleanworks.workshop.metadata import BLOCK
from cleanworks.workshop.workshop_file import Workshop

_STYLE = """
pre { background: #f3f4f6; padding: .5em; white-space: pre-wrap; font-size: .88em; break-inside: avoid; }
.said { border-inline-start: 3px solid #0f5a70; padding: .2em .7em; margin: .4em 0 1em; }
section.module { break-before: page; } ul.boxes { list-style: "\\2610\\00a0\\00a0"; }
"""


def instructor_kit(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Write the instructor's notebooks (executed), the notes with likely mistakes, and the room list."""
    programme = settle(course, workshop)
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
    from cleanworks.workshop.run import run_notebooks
    from cleanworks.workshop.run.progress_display import display

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
    import nbformat

    language = programme.workshop.language
    say = partial(words.say, code=language)
    title = f"{say('Notes for the instructor')}: {programme.workshop.title}"
    parts = [f"<h1>{escape(title)}</h1>"]
    for lesson in programme.lessons:
        named = programme.titles.get(lesson.id, lesson.title)
        parts.append(f'<section class="module"><h2>{escape(lesson.id)}: {escape(named)}</h2>')
        minutes = lesson.minutes
        planned = say(f"Planned: {minutes.teach} minutes to teach, {minutes.practise} to practise.")
        parts.append(f"<p>{planned}</p>")
        said = languages.entries_of(course, language, lesson.path)
        for cell in lesson.notebook.with_tag("instructor"):
            parts.append(_markdown(languages.translated_text(cell.source, said)))
        if lesson.exercises:
            path = folder / "notebooks" / course.relative(lesson.exercises.path)
            parts.append(_answers(nbformat.read(path, as_version=4), say))
        parts.append("</section>")
    return Page(title, "\n".join(parts), language, style=_STYLE)


def _answers(node: NotebookNode, say: Callable[[str], str]) -> str:
    """Solutions and likely mistakes of an executed set, each mistake with the checker's message."""
    parts: list[str] = []
    for number, cell in enumerate(node.cells):
        tags = set(cell.metadata.get("tags", []))
        question = cell.metadata.get(BLOCK, {}).get("question", "")
        if "exercise" in tags:
            parts.append(f"<h3>{escape(question)}</h3>{_markdown(cell.source)}")
        elif "instructor" in tags:
            parts.append(_markdown(cell.source))
        elif "solution" in tags:
            shown = (
                f"<pre>{escape(cell.source)}</pre>" if cell.cell_type == "code" else _markdown(cell.source)
            )
            parts.append(f"<p><strong>{say('Solution')}</strong></p>{shown}")
        elif "wrong-answer" in tags and cell.cell_type == "code":
            said = _said(node.cells[number + 1]) if number + 1 < len(node.cells) else ""
            parts.append(
                f"<p><strong>{say('A likely mistake')}</strong></p><pre>{escape(cell.source)}</pre>"
                f'<p class="said">{say("The check says:")} {escape(said)}</p>'
            )
    return "\n".join(parts)


def _said(cell: NotebookNode) -> str:
    for output in cell.get("outputs", []):
        if "text" in output:
            return " ".join(output["text"].split())
        data = output.get("data", {})
        if "text/plain" in data:
            return " ".join(data["text/plain"].split())
    return ""


def _markdown(text: str) -> str:
    """Markdown as HTML, roles of the book as their plain text; raw HTML is shown, not obeyed."""
    text = re.sub(r"\{[\w:-]+\}`([^`<]*?)(?:\s*<[^`]*>)?`", r"\1", text)
    text = re.sub(r"^(#+) ", r"##\1 ", text, flags=re.MULTILINE)
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text)


# --- room ---------------------------------------------------------------------------------------------------------


def _coded(text: str) -> str:
    """A sentence as HTML, with what is typed into a terminal set as such."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


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
    parts = [f"<h1>{escape(title)}</h1>"]
    parts.append(f"<p>{escape(workshop.place)}. {say(f'{people} participants, {lasts}.')}</p>")
    for heading, entries in lists.items():
        boxes = "".join(f"<li>{_coded(say(entry))}</li>" for entry in entries)
        parts.append(f'<h2>{say(heading)}</h2><ul class="boxes">{boxes}</ul>')
    return Page(title, "\n".join(parts), workshop.language, style=_STYLE)
