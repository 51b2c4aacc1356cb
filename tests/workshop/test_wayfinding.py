"""Learning paths, the graph of lessons, pitfalls and sources: made from the course, and loud when the course is wrong."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop import learning_paths
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.pages import wayfinding

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


def with_paths(course, tmp_path, text) -> Course:
    (tmp_path / "workshops").mkdir()
    (tmp_path / learning_paths.FILE).write_text(text, encoding="utf-8")
    return dataclasses.replace(course, root=tmp_path)


@pytest.mark.parametrize("name", ["public-works", "auditors", "integrity", "civil-society", "trainers"])
def test_nothing_on_a_path_comes_before_what_it_needs(course, name):
    _, rows = wayfinding.path(course, name)
    pages = [re.search(r"</(.+?)>", row[1])[1] for row in rows[:-1]]
    at = {lesson.id: pages.index(str(lesson.path.relative_to(ROOT).with_suffix("").as_posix())) for lesson in course.lessons
          if str(lesson.path.relative_to(ROOT).with_suffix("").as_posix()) in pages}  # fmt: skip
    for id in at:
        for before in course.lesson(id).block.prerequisites:
            assert at[before] < at[id], f"{name}: {before} after {id}"


def test_every_lesson_stands_on_a_path(course):
    names = ["public-works", "auditors", "integrity", "civil-society", "trainers"]
    shown = " ".join(row[1] for name in names for row in wayfinding.path(course, name)[1])
    off = [one.id for one in course.lessons if one.path.with_suffix("").name not in shown]
    assert off == []


def test_minutes_are_those_of_the_lessons(course):
    _, rows = wayfinding.path(course, "integrity")
    assert int(rows[-1][2].split()[0]) == sum(int(row[2]) for row in rows[:-1])


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ('a = ["o1"]', "b", "no path 'b'"),
        ('a = ["o1", "x9"]', "a", "names the lesson 'x9'"),
        ("a = [", "a", "cannot be read"),
    ],
)
def test_a_wrong_path_is_told(course, tmp_path, text, name, words):
    with pytest.raises(InputError, match=re.escape(words)):
        wayfinding.path(with_paths(course, tmp_path, text), name)


def test_every_lesson_is_a_box_and_stands_right_of_what_it_needs(course):
    levels = wayfinding.columns(course)
    at = {lesson.id: number for number, level in enumerate(levels) for lesson in level}
    assert set(at) == set(course.ids)
    assert all(at[id] < at[lesson.id] for lesson in course.lessons for id in lesson.block.prerequisites)
    drawn = wayfinding.picture(course, lambda lesson: f"{lesson.id}.html")
    assert re.findall(r'<a href="(\w+)\.html"', drawn) == course.ids


def test_lessons_that_need_each_other_are_told(course):
    later = next(lesson for lesson in course.lessons if lesson.block.prerequisites)
    first = course.lesson(later.block.prerequisites[0])
    block = first.block.model_copy(update={"prerequisites": (later.id,)})
    lessons = tuple(dataclasses.replace(one, block=block) if one is first else one for one in course.lessons)
    round_ = dataclasses.replace(course, lessons=lessons)
    with pytest.raises(InputError, match="in a circle"):
        wayfinding.columns(round_)


def test_every_lesson_with_a_pitfall_is_on_the_page(course):
    _, rows = wayfinding.pitfalls(course)
    for lesson in course.lessons:
        has = any("pitfall" in cell.metadata.get("tags", []) for cell in lesson.notebook.node.cells)
        assert has == any(f"`{lesson.id} <" in row[0] for row in rows), lesson.id
    assert all(row[1] and row[2] for row in rows)


def test_a_source_is_listed_once_with_its_address(course):
    _, rows = wayfinding.further(course)
    links = re.findall(r"\]\(<([^>]+)>\)", " ".join(row[1] for row in rows))
    assert len(links) > 100 and all(link.startswith("http") for link in links)


def test_the_id_of_a_lesson_in_the_text_is_a_link_and_in_code_or_a_title_is_not():
    from docutils.core import publish_doctree
    from sphinx.addnodes import pending_xref

    page = publish_doctree(
        "What c4 is\n==========\n\nSee lesson c4 (or c6), not ``c4``, data/c4, c4-e1 or c41.\n\n`c6 <https://x.org>`_\n"
    )
    wayfinding.link_lessons(page, {"c4": "notebooks/c4-plan", "c6": "notebooks/c6-pay"}, "notebooks/c5")
    links = [(link.astext(), link["reftarget"]) for link in page.findall(pending_xref)]
    assert links == [("c4", "/notebooks/c4-plan"), ("c6", "/notebooks/c6-pay")]
    assert "See lesson c4 (or c6), not c4, data/c4, c4-e1 or c41." in page.astext()
