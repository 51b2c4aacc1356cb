"""What is shown, handed out and asked in the room: slides, handouts, the tests and the evaluation form."""

from __future__ import annotations

import zlib
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cleanworks import words
from cleanworks.agenda import hhmm
from cleanworks.errors import InputError
from cleanworks.paper import browser, escape
from cleanworks.texts import read_text
from cleanworks.workshop import forms, handouts, languages, slides
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.delivery import agenda_files, references
from cleanworks.workshop.delivery.programme import Programme, make_programme
from cleanworks.workshop.forms import typed_answers
from cleanworks.workshop.metadata import Minutes
from cleanworks.workshop.workshop_file import Workshop

_KEYS = (
    "Space or the arrow keys turn the page, Esc shows all slides, S opens the speaker's window with notes and minutes, "
    "N shows the notes on the same screen. Nothing is loaded from the network."
)


def decks(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """Slides of every module, with notes and minutes, in `instructor/slides`; the library lies beside them."""
    programme = make_programme(course, workshop)
    say = partial(words.say, code=workshop.language)
    folder = out / "instructor" / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    files = slides.write_library(folder)
    named = handouts.authors(course.root / course.settings.bibliography)
    links = []
    for number in range(len(workshop.days)):
        made = day_slides(programme, number)
        path = folder / f"{made.id}.html"
        path.write_text(slides.page(made, language=workshop.language), encoding="utf-8")
        files.append(path)
        links.append(
            f'<li><a href="{path.name}">{escape(made.title)}</a> ({say(f"{len(made.slides)} slides")})</li>'
        )
    for lesson in programme.lessons:
        teach = minutes(programme, lesson).teach
        said = languages.entries_of(course, workshop.language, lesson.path)
        made = slides.deck(
            executed(course, workshop, lesson, out),
            lesson.block,
            teach=teach,
            said=said,
            language=workshop.language,
            timed="\n\n".join(cell.source for cell in lesson.notebook.with_tag("instructor")),
        )
        for slide in made.slides:
            slide.sources = [named.get(key, key) for key in slide.sources]
        path = folder / f"{lesson.id}.html"
        path.write_text(slides.page(made, language=workshop.language), encoding="utf-8")
        files.append(path)
        links.append(
            f'<li><a href="{path.name}">{escape(made.title)}</a> ({say(f"{len(made.slides)} slides")})</li>'
        )
    from cleanworks.paper import Page

    title = f"{say('Slides')}: {workshop.title}"
    body = f"<h1>{escape(title)}</h1><ol>{''.join(links)}</ol><p>{escape(say(_KEYS))}</p>"
    files.append(Page(title, body, workshop.language).save(folder / "index.html"))
    return files


def day_slides(programme: Programme, number: int) -> slides.Deck:
    """What stands on the wall between the lessons of a day: a title with place and date, each break and task with its clock."""
    workshop = programme.workshop
    say = partial(words.say, code=workshop.language)
    date = agenda_files.written(workshop.days[number].date, workshop.language, weekday=True)
    facts = [workshop.subtitle, f"{workshop.place}, {date}", workshop.organiser]
    first = "".join(f"<p>{escape(fact)}</p>" for fact in facts if fact)
    made = [slides.Slide(workshop.title, [slides.Block(first, 4)], kind="first")]
    for slot in programme.agenda.of_day(number):
        if slot.kind not in ("break", "practise", "opening", "closing", "free"):
            continue
        title = programme.titles.get(slot.item, slot.title) if slot.item else say(slot.title)
        clock = (
            f'<p class="clock">{hhmm(slot.start)}–{hhmm(slot.end)}</p><p>{say(f"{slot.minutes} minutes")}</p>'
        )
        task = f"<p>{escape(slot.item)}: {escape(title)}</p>" if slot.kind == "practise" else ""
        heading = say("Exercises") if slot.kind == "practise" else escape(title)
        made.append(slides.Slide(heading, [slides.Block(f"{task}{clock}", 5)]))
    return slides.Deck(f"day-{number + 1}", f"{say(f'Day {number + 1}')}: {workshop.title}", tuple(made), {})


def sheets(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """The handout of every module in `learner/handouts`: a PDF of two pages, or a page to print where there is no browser."""
    folder = out / "learner" / "handouts"
    folder.mkdir(parents=True, exist_ok=True)
    glossary = course.root / course.settings.glossary
    known = handouts.meanings(read_text(glossary, "The glossary")) if glossary.is_file() else {}
    named = handouts.authors(course.root / course.settings.bibliography)
    place = references.country(course, workshop)
    files = []
    for lesson in make_programme(course, workshop).lessons:
        node = executed(course, workshop, lesson, out)
        said = languages.entries_of(course, workshop.language, lesson.path)
        context = handouts.Context(named, workshop.language, said, place.lines)
        if browser():
            path = folder / f"{lesson.id}.pdf"
            path.write_bytes(handouts.pdf(node, lesson.block, known, context))
        else:
            path = handouts.handout(node, lesson.block, known, context).save(folder / f"{lesson.id}.html")
        files.append(path)
    return files


def questions(course: Course, workshop: Workshop, out: Path) -> list[Path]:
    """The tests and the evaluation form for the screen in `learner/forms`; on paper, and the key, in `instructor/forms`."""
    programme = make_programme(course, workshop)
    # Another workshop draws other questions; the same one always the same.
    said = {
        lesson.id: languages.entries_of(course, workshop.language, lesson.path)
        for lesson in programme.lessons
    }
    test = forms.draw(
        programme.lessons, seed=zlib.crc32(workshop.id.encode()), most=forms.IN_A_WORKSHOP, said=said
    )
    key = forms.Key.of(
        workshop.id,
        workshop.title,
        programme.lessons,
        test,
        least=course.settings.smallest_group,
        minutes=lambda lesson: minutes(programme, lesson),
        titles=programme.titles,
        language=workshop.language,
        said=said,
    )
    screen, paper = out / "learner" / "forms", out / "instructor" / "forms"
    screen.mkdir(parents=True, exist_ok=True)
    paper.mkdir(parents=True, exist_ok=True)
    files = [
        forms.test_page(test, key, moment, workshop.language).save(screen / f"{moment}.html")
        for moment in ("before", "after")
    ]
    files.append(forms.form_page("evaluation", key, workshop.language).save(screen / "evaluation.html"))
    files.append(forms.form_page("action-plan", key, workshop.language).save(screen / "action-plan.html"))
    files.append(
        forms.form_page("follow-up", key, workshop.language).save(screen / "three-months-later.html")
    )
    pages = {
        f"{m}-form-{f}": forms.printed_test(test, key, m, f, workshop.language)
        for m in ("before", "after")
        for f in forms.FORMS
    }
    pages["evaluation"] = forms.printed_evaluation(key, workshop.language)
    pages["three-months-later"] = forms.printed_follow_up(key, workshop.language)
    for name, page in pages.items():
        if browser():
            path = paper / f"{name}.pdf"
            path.write_bytes(handouts.sparing(page))
        else:
            path = page.save(paper / f"{name}.html")
        files.append(path)
    for name, text in typed_answers.templates(key).items():
        path = paper / name
        path.write_text(text, encoding="utf-8-sig", newline="")
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
    return Minutes(**{part: min(value, 600) for part, value in given.items()}) if slots else lesson.minutes
