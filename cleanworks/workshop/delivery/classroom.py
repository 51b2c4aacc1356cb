"""What is shown, handed out and asked in the room: slides, handouts, the tests and the evaluation form."""

from __future__ import annotations

import zlib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cleanworks.errors import InputError
from cleanworks.paper import browser, escape
from cleanworks.paper import pdf as printed
from cleanworks.workshop import forms, handouts, slides
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.delivery.programme import Programme, settle
from cleanworks.workshop.metadata import Minutes
from cleanworks.workshop.plan import Workshop


def decks(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Slides of every module, with notes and minutes, in `instructor/slides`; the library lies beside them."""
    programme = settle(course, workshop)
    folder = out / "instructor" / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    files = slides.write_library(folder)
    links = []
    for lesson in programme.lessons:
        teach = minutes(programme, lesson).teach
        made = slides.deck(executed(course, workshop, lesson, out), lesson.block, teach=teach)
        path = folder / f"{lesson.id}.html"
        path.write_text(slides.page(made, language=workshop.language), encoding="utf-8")
        files.append(path)
        links.append(f'<li><a href="{path.name}">{escape(lesson.title)}</a> ({len(made.slides)} slides)</li>')
    from cleanworks.paper import Page

    body = (
        f"<h1>Slides: {escape(workshop.title)}</h1><ol>{''.join(links)}</ol><p>Space or the arrow keys turn the page, Esc shows all "
        "slides, S opens the speaker's window with notes and minutes, N shows the notes on the same screen. Nothing is loaded "
        "from the network.</p>"
    )
    files.append(Page(f"Slides: {workshop.title}", body, workshop.language).save(folder / "index.html"))
    return files


def sheets(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """The handout of every module in `learner/handouts`: a PDF of two pages, or a page to print where there is no browser."""
    folder = out / "learner" / "handouts"
    folder.mkdir(parents=True, exist_ok=True)
    glossary = course.root / course.settings.glossary
    known = handouts.meanings(glossary.read_text(encoding="utf-8")) if glossary.is_file() else {}
    files = []
    for lesson in settle(course, workshop).lessons:
        node = executed(course, workshop, lesson, out)
        if browser():
            path = folder / f"{lesson.id}.pdf"
            path.write_bytes(handouts.pdf(node, lesson.block, known))
        else:
            path = handouts.handout(node, lesson.block, known).save(folder / f"{lesson.id}.html")
        files.append(path)
    return files


def questions(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """The tests and the evaluation form for the screen in `learner/forms`; on paper, and the key, in `instructor/forms`."""
    programme = settle(course, workshop)
    # Another workshop draws other questions; the same one always the same.
    test = forms.draw(programme.lessons, seed=zlib.crc32(workshop.id.encode()))
    key = forms.Key.of(
        workshop.id,
        workshop.title,
        programme.lessons,
        test,
        least=course.settings.smallest_group,
        minutes=lambda lesson: minutes(programme, lesson),
    )
    screen, paper = out / "learner" / "forms", out / "instructor" / "forms"
    screen.mkdir(parents=True, exist_ok=True)
    paper.mkdir(parents=True, exist_ok=True)
    files = [
        forms.test_page(test, key, moment).save(screen / f"{moment}.html") for moment in ("before", "after")
    ]
    files.append(forms.evaluation_page(key).save(screen / "evaluation.html"))
    pages = {
        f"{m}-form-{f}": forms.printed_test(test, key, m, f) for m in ("before", "after") for f in forms.FORMS
    }
    pages["evaluation"] = forms.printed_evaluation(key)
    for name, page in pages.items():
        if browser():
            path = paper / f"{name}.pdf"
            path.write_bytes(printed(page.html))
        else:
            path = page.save(paper / f"{name}.html")
        files.append(path)
    path = paper / "key.json"
    path.write_text(key.text(), encoding="utf-8")
    return [*files, path]


def executed(course: Course, workshop: Workshop, lesson: Lesson, out: Path) -> NotebookNode:
    """The executed copy of a lesson: the instructor's of this build, else the book's.

    Raises
    ------
    InputError
        The lesson was not executed yet.
    """
    from cleanworks.workshop.book import Edition

    name = course.relative(lesson.path)
    places = [
        out / "instructor" / "notebooks" / name,
        Edition(course.root, "reader", workshop.profile).executed / name,
    ]
    for path in places:
        if path.is_file():
            return nbformat.read(path, 4)
    raise InputError(
        f"The lesson {lesson.id} has not been executed.", fix=f"Run `cleanworks run {lesson.id}` first."
    )


def minutes(programme: Programme, lesson: Lesson) -> Minutes:
    """The minutes that the programme gives to a lesson."""
    slots = [slot for slot in programme.agenda.slots if slot.item == lesson.id]
    given = {part: sum(s.minutes for s in slots if s.kind == part) for part in ("teach", "practise")}
    return (
        Minutes(**{part: min(value, 600) for part, value in given.items()}) if slots else lesson.block.minutes
    )
