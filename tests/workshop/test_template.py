"""A new lesson passes lint and proof as it is written, and never takes another's place."""

from __future__ import annotations

import os

import pytest

from cleanworks.errors import InputError
from cleanworks.workshop.exercises import prove
from cleanworks.workshop.lint import lint_course
from cleanworks.workshop.template import write_lesson


@pytest.fixture
def root(course):
    settings = course / "cleanworks.toml"
    settings.write_text('checks = "exercises/weather"\n' + settings.read_text().replace("[1, 3]", "[1, 5]"))
    return course


def test_a_new_lesson_is_valid(root):
    written = write_lesson(root, "r3", "Where the wind comes from", "weather")
    assert [path.relative_to(root).as_posix() for path in written] == [
        "notebooks/weather/r3-where-the-wind-comes-from.ipynb",
        "exercises/weather/r3-where-the-wind-comes-from.ipynb",
        "exercises/weather/r3.py",
    ]
    _, findings, rewritten = lint_course(root, fix=True)
    assert rewritten == []
    # With two quiz questions one of three objectives is left to the exercises, which test all three.
    assert findings == []


def test_its_exercises_are_proven(root):
    # The course's folder is no package, so the set imports its checks by the name of the file.
    _, exercises, _ = write_lesson(root, "r3", "Wind", "weather")
    text = exercises.read_text().replace("from exercises.weather.r3 import", "from r3 import")
    exercises.write_text(text)
    (proof,), _ = prove(root, ["r3"], workers=1)
    assert [str(fault) for fault in proof.faults] == []
    assert (proof.questions, proof.wrong_answers) == (3, 6)


@pytest.mark.parametrize(
    ("id", "title", "part", "words"),
    [
        ("r1", "Wind", "weather", "The id 'r1' is taken"),
        ("R 3", "Wind", "weather", "cannot be an id"),
        ("../r3", "Wind", "weather", "cannot be an id"),
        ("r3", "??", "weather", "cannot be a title"),
        ("r3", "Wind", "climate", "There is no part 'climate'. The parts are weather"),
    ],
)
def test_what_cannot_be_used(root, id, title, part, words):
    before = sorted(root.rglob("*"))
    with pytest.raises(InputError, match=words):
        write_lesson(root, id, title, part)
    assert sorted(root.rglob("*")) == before


def test_a_full_disk_leaves_nothing_half_written(root, monkeypatch):
    replace, calls = os.replace, []

    def full(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    before = sorted(path for path in root.rglob("*") if path.is_file())
    with pytest.raises(InputError, match="cannot be written"):
        write_lesson(root, "r3", "Wind", "weather")
    assert sorted(path for path in root.rglob("*") if path.is_file()) == before
