"""Whatever stands in the data of a page, the page shows it and does not obey it."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import jinja2
import nbformat
import pytest
from bs4 import BeautifulSoup

import cleanworks
from cleanworks import city, data, html_templates
from cleanworks.workshop import certificates, evaluate, forms, handouts, made_of, slides, workshop_file
from cleanworks.workshop.board import class_server
from cleanworks.workshop.board.outline import Outline
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import agenda_files, classroom_material, facilitation, instructor, start
from cleanworks.workshop.delivery.programme import make_programme
from cleanworks.workshop.pages import figure_tables, your_progress
from cleanworks.workshop.printed import epub, pdf
from cleanworks.workshop.printed.chapters import Chapter, Part
from cleanworks.workshop.reports import result_page
from cleanworks.workshop.run import CellTime, Failure, LessonResult, RunResult

COURSE = Path(__file__).parent / "workshop" / "course"
EVIL = '<script>alert(1)</script>" onmouseover="alert(2)\' {{ 7 * 7 }} {% raw %}'


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> SimpleNamespace:
    """A workshop, its course and its class, in which every text that somebody writes is hostile."""
    course = Course.load(COURSE)
    day = {"date": "2027-03-01", "start": "09:00", "end": "16:00", "opening": [{"title": EVIL, "minutes": 5}],
           "closing": [{"title": EVIL, "minutes": 5}], "breaks": [{"title": EVIL, "start": "12:00", "minutes": 30}]}  # fmt: skip
    facts = dict.fromkeys(("title", "subtitle", "place", "organiser", "audience", "about"), EVIL)
    facts |= {"days": [day], "team": [{"name": EVIL, "role": EVIL}], "signed_by": [EVIL]}
    modules = [*(lesson.id for lesson in course.lessons), {"talk": EVIL, "minutes": 5}]
    made = make_programme(course, workshop_file.parse({**facts, "modules": modules}, "rain"))
    hostile = {"title": EVIL, "objectives": (EVIL,) * 9, "terms": (EVIL,)}
    lessons = tuple(
        dataclasses.replace(lesson, block=lesson.block.model_copy(update=hostile), caption=EVIL)
        for lesson in made.lessons
    )
    made = dataclasses.replace(
        made, lessons=lessons, titles={lesson.id: EVIL for lesson in lessons}, in_english=lessons
    )
    test = forms.draw(lessons, seed=1)
    items = tuple(
        dataclasses.replace(item, question=EVIL, options=(EVIL,) * len(item.options), several=True)
        for item in test.items
    )
    key = forms.Key.of("rain", EVIL, lessons, dataclasses.replace(test, items=items), titles=made.titles)
    lesson = lessons[0]
    node = copy.deepcopy(lesson.notebook.node)
    for cell in node.cells:
        cell.source += f"\n\n{EVIL}" if cell.cell_type == "markdown" else f"\n# {EVIL}"
    said = nbformat.v4.new_output("stream", text=EVIL)
    node.cells.append(nbformat.v4.new_code_cell(EVIL, metadata={"tags": ["wrong-answer"]}))
    node.cells.append(nbformat.v4.new_code_cell("check()", outputs=[said]))
    folder = tmp_path_factory.mktemp("hostile")
    for one in lessons:
        path = folder / "notebooks" / course.relative(one.exercises.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(node, path)
    outline = Outline(workshop="rain", title=EVIL, place=EVIL, language="en", participants=3,
                      dates=(), sessions=(), modules=(), exercises=())  # fmt: skip
    tag = BeautifulSoup('<section id="a"><p>Rain</p></section>', "html.parser").section
    chapter = Chapter("a", EVIL, EVIL, tag, answers=[tag])
    return SimpleNamespace(
        course=dataclasses.replace(course, lessons=lessons), made=made, lesson=lesson, node=node, folder=folder,
        test=dataclasses.replace(test, items=items), key=key, outline=outline,
        parts=[Part(EVIL, [chapter], 1)], cover=pdf.Cover(EVIL, EVIL, EVIL, ""),
    )  # fmt: skip


def start_page(world, **kit) -> str:
    notebooks = {f"course/{EVIL}.ipynb": EVIL}
    return start.start_page(world.made, "3.11", ("linux",), notebooks, runs=True, tables=True, **kit).html


def report(world) -> str:
    written = [SimpleNamespace(code=str(n), answers={"next": EVIL, "change": EVIL}) for n in range(6)]
    made = evaluate.Class(world.key, judgements=written, plans=written, left_out=[(EVIL, EVIL)])
    return evaluate.report(made).page.html


def packed(world) -> str:
    path = world.folder / "book.epub"
    epub.write(copy.deepcopy(world.parts), world.cover, path)
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(n).decode() for n in book.namelist() if n.endswith(("html", "opf")))


def run(world) -> str:
    cells = (CellTime(1, EVIL, 1.0, 1.0),)
    failure = Failure("error", EVIL, 1, EVIL, 1, EVIL)
    lesson = LessonResult(EVIL, None, "failed", failure=failure, reason=EVIL, cells=cells, undeclared=(EVIL,))
    result = RunResult((lesson,), 1.0, 1, "fork", notes=(EVIL,))
    return result_page.html_page(result, Path(EVIL.replace("/", "")), datetime.datetime(2026, 1, 1)).decode()


def indicators(world) -> str:
    made = data.flags_of(city.make(projects=20), codes=["R018"])
    answers = made.answers.assign(id=EVIL, flagged=True)
    return dataclasses.replace(made, name=EVIL, answers=answers, notes=(EVIL,), rows={EVIL: 1}).page().html


def works(world) -> str:
    tables = city.make(projects=20)
    projects = tables["projects"].assign(public_authority=EVIL)
    return data.report_of({"projects": projects, EVIL: projects}).html


def figure_data(world) -> str:
    table = {"title": EVIL, "headings": [EVIL, EVIL], "rows": [[EVIL, EVIL]], "total": 9}
    return figure_tables.fold({"tables": [table]}, "en")


def handout(world) -> str:
    context = handouts.Context(country=(EVIL,))
    return handouts.handout(world.node, world.lesson.block, {EVIL.lower(): EVIL}, context).html


def certificate(world) -> str:
    people = [certificates.Person(EVIL, EVIL)]
    facts = {
        "title": EVIL,
        "place": EVIL,
        "dates": EVIL,
        "modules": [EVIL],
        "organiser": EVIL,
        "signed_by": [EVIL],
    }
    return certificates.page(
        people, hours=3.5, logo=COURSE.parents[2] / "book" / "assets" / "logo.svg", **facts
    ).html


PAGES: dict[str, Callable[[SimpleNamespace], str]] = {
    "agenda": lambda w: agenda_files.page(w.made).html,
    "running order": lambda w: agenda_files.page(w.made, running=True).html,
    "room list": lambda w: instructor.room(w.made).html,
    "notes": lambda w: instructor.notes(w.course, w.made, w.folder).html,
    "floor plan": lambda w: facilitation.floor_plan(w.made).html,
    "start page": lambda w: start_page(w, book=True),
    "start page without the book": lambda w: start_page(w, book=False),
    "deck": lambda w: slides.page(slides.deck(w.node, w.lesson.block)),
    "slides of a day": lambda w: slides.page(classroom_material.day_slides(w.made, 0)),
    "handout": handout,
    "certificate": certificate,
    "test": lambda w: forms.test_page(w.test, w.key, "before").html,
    "test on paper": lambda w: forms.printed_test(w.test, w.key, "before", "A").html,
    "evaluation form": lambda w: forms.form_page("evaluation", w.key).html,
    "evaluation form on paper": lambda w: forms.printed_evaluation(w.key).html,
    "survey on paper": lambda w: forms.printed_follow_up(w.key).html,
    "report of a class": report,
    "welcome to a class": lambda w: class_server.welcome_page(w.outline, w.folder, w.folder),
    "board": lambda w: class_server.board_page(w.outline, (EVIL,)),
    "printed book": lambda w: pdf.document(w.parts, w.cover, mathjax=w.folder / "m.js"),
    "EPUB": packed,
    "progress": lambda w: your_progress.lists(w.course, lambda entry: EVIL),
    "data of a figure": figure_data,
    "result of a run": run,
    "indicators": indicators,
    "works": works,
}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_data_are_shown_and_not_obeyed(world, name):
    html = PAGES[name](world)
    soup = BeautifulSoup(html, "html.parser")
    # A reader's own software sees a text, and neither a program nor an attribute nor an expression of a template.
    assert "<script>alert(1)</script>" in soup.get_text() and "{{ 7 * 7 }}" in soup.get_text()
    assert "<script>alert" not in html
    assert soup.find(onmouseover=True) is None


def test_a_template_that_shows_what_nobody_gave_is_an_error():
    shown = {
        "outline": SimpleNamespace(language="en", title="Rain"),
        "direction": "ltr",
        "drawn": "",
        "say": str,
    }
    with pytest.raises(jinja2.UndefinedError, match="'address' is undefined"):
        html_templates.filled("cleanworks.workshop.board", "board.html", **shown)


def test_a_book_is_old_when_a_template_of_the_toolkit_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(cleanworks, "__file__", str(tmp_path / "__init__.py"))
    template = tmp_path / "page.html"
    template.write_text("<p>{{ rain }}</p>", encoding="utf-8")
    before = made_of.tool()
    template.write_text("<p>{{ snow }}</p>", encoding="utf-8")
    assert made_of.tool() != before
