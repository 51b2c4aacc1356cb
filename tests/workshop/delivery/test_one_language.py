"""A workshop in another language: whatever it hands out says nothing in English, outside code and the lessons' own data."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from cleanworks import words
from cleanworks.learn import record
from cleanworks.workshop import certificates, evaluate, forms, handouts, languages, slides, workshop_file
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.delivery import (
    agenda_files,
    classroom_material,
    facilitation,
    instructor,
    references,
    start,
)
from cleanworks.workshop.delivery.programme import Programme, make_programme
from cleanworks.workshop.times import Times
from cleanworks.workshop.times import record as timed
from tests.workshop.class_files import answer_file, write_class

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = ["fr", "ko", "ar"]
ENGLISH = re.compile(r"\b(?:the|is|are|of|with|and|your|who|what|here|this|not|for|minutes? (?:in|to))\b")


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, course) -> Programme:
    day = {"date": "2027-03-01", "start": "09:00", "end": "12:45", "opening": [{"title": "1", "minutes": 10}],
           "closing": [{"title": "3", "minutes": 15}], "breaks": [{"title": "2", "start": "10:30", "minutes": 15}]}  # fmt: skip
    facts = {"title": "T", "place": "P", "audience": "A", "participants": 20, "profile": "exampleland"}
    return make_programme(
        course, workshop_file.parse({**facts, "language": request.param, "days": [day, {**day, "date": "2027-03-02"}], "modules": ["o1"]}, "half-day")
    )  # fmt: skip


def told(html: str) -> list[str]:
    """The sentences of a page, read and heard, without code, keys and what a script is."""
    soup = BeautifulSoup(html, "html.parser")
    for one in soup(["pre", "code", "style", "script", "b"]):
        if one.get("id") == "setup":
            continue
        one.extract()
    heard = [
        one[name] for name in ("aria-label", "alt", "title") for one in soup.find_all(attrs={name: True})
    ]
    setup = soup.find(id="setup")
    return [*soup.stripped_strings, *heard, *([setup.string] if setup else [])]


def english(html: str) -> list[str]:
    return [text for text in told(html) if ENGLISH.search(text)]


def said_of(course, made):
    return languages.entries_of(course, made.workshop.language, made.lessons[0].path)


def test_the_programme_and_the_room(made):
    pages = [
        agenda_files.page(made).html,
        agenda_files.page(made, running=True).html,
        instructor.room(made).html,
        facilitation.floor_plan(made).html,
        *(facilitation.text_page(path, made)[1].html for path in facilitation.texts(Course.load(ROOT), made.workshop.language)),
        start.start_page(made, "3.11", ("windows", "macos", "linux"), {"o1.ipynb": "1"}, book=True, runs=True, tables=True).html,
        start.start_page(made, "3.11", (), {"o1.ipynb": "1"}, book=False, runs=False, tables=True).html,
    ]  # fmt: skip
    assert [text for page in pages for text in english(page)] == []
    if made.workshop.language == "fr":
        assert [text for page in pages for text in told(page) if re.search(r"\w: | [:?!;»]|« ", text)] == []
    assert not [page for page in pages if "`" in BeautifulSoup(page, "html.parser").get_text()]
    length = {"fr": "15 min", "ko": "15분", "ar": "15 د"}[made.workshop.language]
    assert f'<td class="number">{length}</td>' in pages[0]
    calendar = agenda_files.calendar(made) + agenda_files.table(made)
    assert not re.search(r"\b(?:Lesson|Exercises|Opening|Closing|Reserve|Start|Title|What)\b", calendar)


def test_everything_on_paper_is_on_the_list_of_what_to_print(course, made, tmp_path, monkeypatch):
    """What the list leaves out, nobody has on the day."""
    listed = BeautifulSoup(instructor.room(made).html, "html.parser").get_text()
    monkeypatch.setattr(classroom_material, "browser", lambda: None)  # the names do, without the PDFs
    written = classroom_material.questions(course, made.workshop, tmp_path)
    sheets = {f"{path.stem}.pdf" for path in written if path.match("instructor/forms/*.html")}
    sheets |= {f"{path.stem}.pdf" for path in facilitation.texts(course, made.workshop.language)}
    by_another_name = {"helpers.pdf", "plan.pdf"}  # "the helper's sheet", in the folder that is named
    assert "invitation.pdf" in sheets and "evaluation.pdf" in sheets
    assert {name for name in sheets - by_another_name if name not in listed} == set()


def test_the_forms(course, made):
    language, lesson = made.workshop.language, made.lessons[0]
    test = forms.draw(made.lessons, seed=1, most=forms.IN_A_WORKSHOP, said={lesson.id: said_of(course, made)})
    key = forms.Key.of(
        "x",
        "T",
        made.lessons,
        test,
        minutes=lambda lesson: classroom_material.minutes(made, lesson),
        titles=made.titles,
    )
    pages = [
        *(forms.test_page(test, key, moment, language).html for moment in ("before", "after")),
        forms.form_page("evaluation", key, language).html,
        forms.form_page("follow-up", key, language).html,
        forms.form_page("action-plan", key, language).html,
        forms.printed_test(test, key, "before", "A", language).html,
        forms.printed_evaluation(key, language).html,
        forms.printed_follow_up(key, language).html,
    ]
    assert [text for page in pages for text in english(page)] == []


def test_the_report_of_what_was_learned(course, made, tmp_path):
    language, lesson = made.workshop.language, made.lessons[0]
    said = {lesson.id: said_of(course, made)}
    test = forms.draw(made.lessons, seed=1, most=forms.IN_A_WORKSHOP, said=said)
    key = forms.Key.of("x", "T", made.lessons, test, titles=made.titles, language=language, said=said)
    folder = write_class(tmp_path / "in", key, 16)
    entry = {"day": "2026-11-24", "outcome": "correct", "checks": 1}
    for person in range(6):
        code = f"P{person:05}"
        marks = {id: [4] for id, line in key.follow_up.items() if line.kind == "scale"}
        progress = {lesson.id: {"read": f"2026-11-1{person}", "exercises": {f"{lesson.id}-e1": entry},
                                "quiz": {f"{lesson.id}-k1": {"day": "2026-11-24", "first": True, "right": True}}}}  # fmt: skip
        (folder / f"later-{code}.json").write_bytes(answer_file(key, code, "follow-up", marks))
        (folder / f"plan-{code}.json").write_bytes(answer_file(key, code, "action-plan", {"change": "X"}))
        (folder / f"progress-{code}.json").write_text(record.dumps(progress))
    (folder / "broken.json").write_text("{")
    (folder / "typed.csv").write_text("code,survey,use\nABCDE,evaluation,6\n")
    times = Times((timed("2026-11-24", "x", lesson.id, "teach", 77),))
    found = evaluate.report(evaluate.gather(folder, key, times=times), follow_up=True)
    written = [text for text in english(found.page.html) if "said <b>person</b>" not in text]
    assert written == [] and 'img alt="' in found.page.html
    if language == "fr":
        text = BeautifulSoup(found.page.html, "html.parser").body.get_text(" ")
        assert re.search(r"\d[\u202f\u00a0]%", text) and re.search(r"\d,\d", text)
        assert re.findall(r"\d%|\b\d\.\d+\b", text) == []
    assert set(found.tables) == {"levels", "follow-up", "plans", "gains", "questions", "evaluation",
                                 "exercises", "lessons", "quizzes", "minutes"}  # fmt: skip
    saved = {path.stem: path for path in found.save(tmp_path / "out", pdf=False) if path.suffix == ".csv"}
    heads = {column for path in saved.values() for column in next(csv.reader(path.open(encoding="utf-8")))}
    spoken = [column for column in heads if words.say(column, language) != column]
    unknown = heads - set(words.words(language).values()) - {"n"}
    assert spoken == [] and unknown == set(), "each column has a name in this language"


def reasons() -> set[str]:
    """Every reason why a file of a participant is left out, as the modules that read them say it."""
    found = set()
    for name in (
        "workshop/evaluate.py",
        "workshop/forms/handed_in.py",
        "workshop/forms/typed_answers.py",
        "learn/record.py",
    ):
        for call in ast.walk(ast.parse((ROOT / "cleanworks" / name).read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("ValueError", "found.leave"):
                inside = list(ast.walk(call.args[-1])) if call.args else []
                pieces = {part for one in inside if isinstance(one, ast.JoinedStr) for part in one.values}
                for said in inside:
                    if said in pieces:
                        continue
                    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                    whole = "".join(
                        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "1"
                        for part in parts
                    )
                    if re.match(
                        r"(?:is|has|does|was|holds|belongs|gives|judges|answers|cannot|says) \w", whole
                    ):
                        found.add(whole)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_to_leave_a_file_out_has_a_translation(language):
    every = {reason.replace("of 1 version", "of a newer version") for reason in reasons()}
    assert len(every) > 40
    assert {reason for reason in every if words.say(reason, language) == reason} == set()


def test_the_certificates(made):
    people = [certificates.Person("Ada", "X", statement) for statement in certificates.STATEMENTS]
    page = certificates.page(
        people,
        title="T",
        place="P",
        dates="D",
        modules=["M"],
        hours=3.5,
        organiser="O",
        language=made.workshop.language,
    )
    assert english(page.html) == []


def test_what_a_start_file_prints(made):
    """Whatever a learner sees in the window of the start file; commands and names of programs stay as they are."""
    for name, script in start.scripts("3.11", None, made.workshop.language).items():
        told = re.findall(r'\becho "?(?!ready>)([^"\r\n]{12,})', script)
        assert len(told) >= 3 and [line for line in told if ENGLISH.search(line)] == [], name
        # Windows ends a block of commands at such a sign, wherever it stands.
        assert name != "start.bat" or not [line for line in told if set(line) & set("()&|<>^%")]


def test_the_slides_and_the_handout(course, made):
    language, lesson, said = made.workshop.language, made.lessons[0], said_of(course, made)
    node = languages.translated(lesson.notebook.node, said)
    timed = "\n\n".join(cell.source for cell in lesson.notebook.with_tag("instructor"))
    deck = slides.deck(node, lesson.block, said=said, language=language, timed=timed)
    english_deck = slides.deck(lesson.notebook.node, lesson.block)
    assert deck.minutes == english_deck.minutes, "the note says how many minutes each section has"
    glossary = handouts.meanings((ROOT / course.settings.glossary).read_text(encoding="utf-8"))
    country = references.country(course, made.workshop)
    context = handouts.Context({}, language, said, country.lines)
    pages = [
        slides.page(deck, language=language),
        slides.page(classroom_material.day_slides(made, 0), language=language),
        handouts.handout(node, lesson.block, glossary, context).html,
    ]
    assert [text for page in pages for text in english(page)] == []


@pytest.mark.parametrize("language", ["fr", "ko"])
def test_a_translated_lesson_explains_its_terms_in_its_language(course, language):
    known = handouts.meanings((ROOT / course.settings.glossary).read_text(encoding="utf-8"))
    english = languages.untranslated(course, language, course.lessons)
    lessons = [lesson for lesson in course.lessons if lesson not in english]
    assert len(lessons) >= 4
    meanings = [
        known[term.lower()].strip().splitlines()[0]
        for lesson in lessons
        for term in lesson.block.terms
        if term.lower() in known
    ]
    assert [meaning for meaning in meanings if words.say(meaning, language) == meaning] == []
