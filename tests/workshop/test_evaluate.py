"""From files to a report: what is counted, what is left out, what stays hidden."""

from __future__ import annotations

import json

import pytest

from cleanworks.errors import InputError
from cleanworks.learn import record
from cleanworks.workshop import evaluate, forms
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.forms import Key
from cleanworks.workshop.times import Times
from cleanworks.workshop.times import record as timed
from tests.workshop.class_files import answer_file, given_answers, write_class


@pytest.fixture
def key(course):
    lessons = Course.load(course).lessons
    return Key.of("rain", "Rain <in> a day", lessons, forms.draw(lessons, seed=4))


def test_a_class_becomes_a_report(tmp_path, key):
    folder = write_class(tmp_path / "class", key, 24)
    lesson = next(iter(key.lessons))
    times = Times(
        (timed("2026-11-24", "rain", lesson, "teach", 77), timed("2026-11-24", "other", lesson, "teach", 9))
    )
    made = evaluate.gather(folder, key, times=times)
    assert (len(made.tests), len(made.judgements), made.left_out) == (45, 24, [])
    report = evaluate.report(made)
    assert "21 people took both" in report.page.html
    assert set(report.tables) == {"gains", "questions", "evaluation", "minutes"}
    assert report.tables["minutes"]["recorded"].tolist() == [77]
    assert (report.tables["gains"]["n"] == 21).all()
    assert "Rain &lt;in&gt; a day" in report.page.html
    assert "<b>person</b>" not in report.page.html
    files = report.save(tmp_path / "report", pdf=False)
    assert [path.name for path in files] == [
        "report.html",
        "gains.csv",
        "questions.csv",
        "evaluation.csv",
        "minutes.csv",
    ]


def test_the_gain_is_that_of_the_answers(tmp_path, key):
    folder = tmp_path / "class"
    folder.mkdir()
    for person in range(8):
        code = f"P{person:03}"
        for kind, ability in (("before", 0.0), ("after", 1.0)):
            import random

            content = answer_file(
                key, code, kind, given_answers(key, code, kind, ability, random.Random(person))
            )
            (folder / f"{kind}-{code}.json").write_bytes(content)
    gains = evaluate.report(evaluate.gather(folder, key)).tables["gains"]
    assert gains["before"].tolist() == [0] * len(gains)
    assert gains["gain"].tolist() == [1] * len(gains)


def test_codes_never_stand_in_a_report(tmp_path, key):
    report = evaluate.report(evaluate.gather(write_class(tmp_path / "class", key, 12), key))
    text = report.page.html + "".join(table.to_csv() for table in report.tables.values())
    assert "P000" not in text


def test_few_people_show_nothing(tmp_path, key):
    report = evaluate.report(evaluate.gather(write_class(tmp_path / "class", key, 4), key))
    assert report.tables == {}
    assert "Fewer than 5" in report.page.html


def test_a_file_that_cannot_be_used_is_named_and_left_out(tmp_path, key):
    folder = write_class(tmp_path / "class", key, 8)
    one = (folder / "before-P00001.json").read_bytes()
    (folder / "copy.json").write_bytes(one)
    (folder / "cut.json").write_bytes(one[:50])
    (folder / "changed.json").write_bytes(one.replace(b'"P00001"', b'"P00009"'))
    (folder / "other.json").write_text(json.dumps({"some": "thing"}))
    (folder / "double.json").write_bytes(answer_file(key, "P00002", "before", {}))
    made = evaluate.gather(folder, key)
    why = dict(made.left_out)
    assert "copy of before-P00001.json" in why["copy.json"]
    assert "broken" in why["cut.json"] and "changed" in why["changed.json"]
    assert "not a file of answers" in why["other.json"]
    # Of two different answers with one code nobody knows which counts.
    assert "nobody knows" in why["double.json"] and "nobody knows" in why["before-P00002.json"]
    assert "double.json" in evaluate.report(made).page.html


def test_a_folder_without_a_useful_file_is_refused(tmp_path, key):
    with pytest.raises(InputError, match="no such folder"):
        evaluate.gather(tmp_path / "none", key)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.json").write_text("{")
    with pytest.raises(InputError, match="No file in this folder can be used") as error:
        evaluate.gather(tmp_path / "in", key)
    assert "x.json is broken" in error.value.message


def test_words_of_participants_are_no_formula():
    import pandas as pd

    table = pd.DataFrame(
        {"statement": ["=HYPERLINK(1)", "+1", " @x", "fine"], "mean": [1.0, -2.5, 3.0, float("nan")]}
    )
    lines = evaluate.harmless_csv(table).splitlines()
    assert lines[1:] == ["'=HYPERLINK(1),1", "'+1,-2.5", "' @x,3", "fine,"]


def progress_file(lessons) -> bytes:
    return record.dumps(lessons).encode()


def exercise(lesson, day="2026-11-24", **entry) -> dict:
    return {lesson: {"exercises": {f"{lesson}-e1": {"day": day, **entry}}}}


def test_outcomes_and_hints_of_the_exercises(tmp_path, key):
    lesson = next(iter(key.lessons))
    for person in range(12):
        entry = {"outcome": "correct" if person < 10 else "not-yet", "checks": 2 + person % 2}
        entry |= {"hints": 1} if person % 2 else {}
        made = exercise(lesson, **entry)
        made[lesson]["read"] = f"2026-11-{person + 1:02}"
        made[lesson]["quiz"] = {f"{lesson}-k1": {"day": "2026-11-24", "first": person < 6, "right": True}}
        (tmp_path / f"{person}.json").write_bytes(progress_file(made))
    made = evaluate.gather(tmp_path, key)
    assert made.left_out == []
    tables = evaluate.report(made).tables
    row = tables["exercises"].iloc[0]
    # Two of twelve are too few to show, and the ten would give them away.
    assert (row["people"], row["correct"], row["not yet"]) == ("12", "hidden", "hidden")
    assert row["opened a hint"] == "6" and row["opened the solution"] == "0" and row["checks (mean)"] == "2.5"
    row = tables["quizzes"].iloc[0]
    assert (row["people"], row["right at the first try"], row["right later"]) == ("12", "6", "6")
    assert tables["lessons"]["read"].tolist() == ["12", *["0"] * (len(key.lessons) - 1)]


def test_open_answers_are_counted_apart_with_the_lines_that_people_ticked(tmp_path, key):
    lesson = next(iter(key.lessons))
    for person in range(12):
        entry = {"outcome": "answered", "checks": 1}
        entry |= {"ticks": [True, person < 6, False]} if person < 11 else {"ticks": [True]}
        (tmp_path / f"{person}.json").write_bytes(
            progress_file(exercise(lesson, day=f"2026-11-{person + 1:02}", **entry))
        )
    tables = evaluate.report(evaluate.gather(tmp_path, key)).tables
    row = tables["exercises"].iloc[0]
    assert (row["answered (open)"], row["correct"]) == ("12", "0")
    row = tables["open"].iloc[0]
    assert (row["answered"], row["ticked the rubric"]) == ("12", "12")
    assert row["lines found true"] == "1: 11, 2: 6, 3: 0"


def test_a_few_who_opened_the_solution_are_not_shown(tmp_path, key):
    lesson = next(iter(key.lessons))
    for person in range(12):
        help = {"solution": True} if person < 2 else {"outcome": "correct"}
        (tmp_path / f"{person}.json").write_bytes(
            progress_file(exercise(lesson, day=f"2026-11-{person + 1:02}", **help))
        )
    row = evaluate.report(evaluate.gather(tmp_path, key)).tables["exercises"].iloc[0]
    assert row["opened the solution"] == "hidden"
    assert row["no check"] == row["correct"] == "hidden"


def test_records_that_cannot_be_used_are_named_with_the_reason(tmp_path, key):
    lesson = next(iter(key.lessons))
    good = progress_file(exercise(lesson, outcome="not-yet"))
    files = {
        "changed.json": good.replace(b"not-yet", b"correct"),
        "cut.json": good[:40],
        "elsewhere.json": progress_file(exercise("nowhere", outcome="correct")),
        "negative.json": progress_file(exercise(lesson, hints=-1)),
        "newer.json": good.replace(b'"version": 1', b'"version": 2'),
        "old.json": json.dumps({"format": "cleanworks-progress-1", "questions": {}}).encode(),
        "strange.json": progress_file(exercise(lesson, outcome="brilliant")),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for person in range(5):
        made = exercise(lesson, outcome="correct", day=f"2026-11-0{person + 1}")
        (tmp_path / f"{person}.json").write_bytes(progress_file(made))
    made = evaluate.gather(tmp_path, key)
    assert len(made.progress) == 5
    why = dict(made.left_out)
    assert set(why) == set(files)
    assert "changed or cut off" in why["changed.json"] and "broken" in why["cut.json"]
    assert "no lesson of this workshop" in why["elsewhere.json"] and "newer version" in why["newer.json"]
    assert "not a file of answers or progress" in why["old.json"]
    assert "wrong entry" in why["negative.json"] and "wrong entry" in why["strange.json"]
    assert "strange.json" in evaluate.report(made).page.html
