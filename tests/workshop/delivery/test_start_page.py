"""The page that learners open first: what it says, in the workshop's language, and that each link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanworks.workshop import workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import start
from cleanworks.workshop.delivery.programme import make_programme

ROOT = Path(__file__).resolve().parents[3]
FIRST = "course/notebooks/orientation/o1-start-here.ipynb"


def page(language: str = "en", systems=("windows", "linux"), **changes) -> str:
    day = {"date": "2026-12-02", "start": "08:30", "end": "16:30"}
    facts = {
        "title": "A day",
        "place": "Hanoi",
        "audience": "all",
        "days": [day],
        "modules": ["o1"],
        "language": language,
    }
    programme = make_programme(Course.load(ROOT), workshop_file.parse(facts, "day"))
    options = {"book": True, "runs": True, "tables": True} | changes
    return start.start_page(programme, "3.11", systems, {FIRST: "o1 A table of projects"}, **options).html


def read(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html.split("<body>")[1]))


def test_the_book_comes_first_and_the_lesson_is_named():
    html = page()
    assert html.index("book/index.html") < html.index("start.bat")
    assert '<a href="book/notebooks/orientation/o1-start-here.html">o1 A table of projects</a>' in html
    assert "Press Run under a grey box" in read(html) and "{}" not in html
    assert "start.command" not in html  # only the systems of the kit


def test_lessons_tests_and_forms_are_a_press_away():
    papers = ["forms/before.html", "forms/evaluation.html", "handouts/o1.pdf", "handouts/o10.pdf"]
    html = page(papers=papers)
    for address, name in (
        ("forms/before.html", "Test before the workshop"),
        ("forms/evaluation.html", "The evaluation form"),
        ("handouts/o1.pdf", "Handout"),
    ):
        assert f'<a href="{address}">{name}</a>' in html
    assert "o10.pdf" not in html and "forms/after.html" not in html
    # An official reads titles: the path of a notebook stands only where one works in notebooks.
    assert FIRST not in html.split("<h2>Or work in notebooks")[0]
    assert FIRST in page(book=False, runs=False)


def test_what_a_kit_does_not_have_is_not_linked():
    html = page(systems=(), book=False, runs=False, tables=False)
    assert "book/" not in html and "tables.zip" not in html and "start.bat" not in html
    assert "This kit brings no packages" in read(html)


@pytest.mark.parametrize(
    ("systems", "said"),
    [
        (("windows",), "nothing has to be installed: Python is in this folder"),
        (("windows", "linux"), "Other systems need Python 3.11."),
    ],
)
def test_a_kit_that_brings_python_says_so(systems, said):
    text = read(page(systems=systems, carried=True))
    assert said in text and "You need Python" not in text


@pytest.mark.parametrize("language", ["fr", "ko", "ar"])
@pytest.mark.parametrize("systems", [(), ("windows", "macos", "linux")])
def test_no_english_sentence_is_left_in_another_language(language, systems):
    text = read(page(language, systems=systems, carried=bool(systems)))
    # Names of files, of what Windows and macOS show in English here, the title and the lesson.
    for known in (
        "A day",
        "o1 A table of projects",
        "More info",
        "Run anyway",
        "Read a file",
        "Open",
        "NO",
        "start.bat check",
        "sh start.sh check",
    ):
        text = text.replace(known, "")
    text = re.sub(
        r"\S+\.(?:ipynb|bat|command|sh|json|txt|zip)\b|jupyter lab|Apple|Windows|Linux|Python|Mac", "", text
    )
    english = re.findall(r"\b(?:the|and|this|your|with|press|open|need|is|of)\b", text, re.IGNORECASE)
    assert english == []


def test_the_notes_speak_the_language_too(tmp_path):
    """The notes of a French workshop: headings, the title of the lesson, and what the translators have of its notes."""
    import nbformat

    from cleanworks.workshop.delivery import instructor
    from cleanworks.workshop.editions import edition

    course = Course.load(ROOT)
    day = {"date": "2026-12-02", "start": "08:30", "end": "16:30"}
    facts = {
        "title": "Un jour",
        "place": "Dakar",
        "audience": "tous",
        "days": [day],
        "modules": ["o1"],
        "language": "fr",
    }
    programme = make_programme(course, workshop_file.parse(facts, "day"))
    path = tmp_path / "notebooks" / course.relative(programme.lessons[0].exercises.path)
    path.parent.mkdir(parents=True)
    nbformat.write(edition(programme.lessons[0].exercises.notebook.node, "instructor"), path)
    html = instructor.notes(course, programme, tmp_path).html
    assert 'lang="fr"' in html and programme.titles["o1"] in html
    for english in ("Notes for the instructor", "A likely mistake", "The check says", "Planned:"):
        assert english not in html
