"""How hard prose is to read, and that every lesson of the course is easy enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.pages import readability, reports

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def course() -> Course:
    return Course.load(ROOT)


def test_every_lesson_is_plain(course):
    hard = []
    for lesson in course.lessons:
        found = readability.measure(lesson.notebook.node)
        assert found.words > 100, lesson.id
        if not found.plain:
            hard.append(
                f"{lesson.id}: grade {found.grade:.1f}, {found.words_per_sentence:.1f} words a sentence"
            )
    assert not hard, "\n".join(hard)


def test_long_words_in_long_sentences_are_hard():
    easy = readability.grade(["The cat sat on the mat."])
    hard = readability.grade(
        [
            "Notwithstanding interdepartmental disagreements, administrative authorities systematically institutionalised"
        ]
    )
    assert easy < 3 and hard > 18


def test_only_prose_counts():
    source = (
        "# A heading\n\nTwo words {cite}`key`. Then [three more words](https://example.org).\n\n"
        "```{code} python\nx = 1\n```\n\n| a | b |\n\n- One {term}`item <other>` here.\n$$\nx = y\n$$\n"
    )
    assert readability.prose(source) == ["Two words", "Then three more words", "One item here"]


def test_nothing_to_read_is_not_hard():
    assert readability.grade([]) == 0


def test_every_objective_is_tested(course):
    headings, rows = reports.objectives(course)
    assert rows and not [row for row in rows if row[headings.index("tested by")] == "nothing"]


def test_facts_are_listed_with_lesson_key_and_kind(course):
    _, rows = reports.facts(course)
    assert len(rows) > 100
    assert all("{cite" in statement and keys for _, statement, keys, _ in rows)
    assert {"Primary source", "Press report"} <= {kind for row in rows for kind in row[3].split("; ")}
    assert {row[0][6:].split(" ")[0] for row in rows} <= set(course.ids)
