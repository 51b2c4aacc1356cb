"""The format of a learner's progress: what is read, what is refused, how two records become one."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanworks import written
from cleanworks.learn import record

ROOT = Path(__file__).resolve().parent.parent

_DAYS = st.dates(min_value=dt.date(2024, 1, 1)).map(lambda day: day.isoformat())


@st.composite
def quiz_entry(draw):
    first = draw(st.booleans())
    return {"day": draw(_DAYS), "first": first, "right": first or draw(st.booleans())}


_EXERCISE = st.fixed_dictionaries(
    {"day": _DAYS, "outcome": st.sampled_from(record.OUTCOMES)},
    optional={
        "checks": st.integers(1, record.MOST_CHECKS),
        "hints": st.integers(1, record.MOST_HINTS),
        "solution": st.just(True),
        "done": st.just(True),
        "ticks": st.lists(st.booleans(), min_size=1, max_size=4),
    },
)


def _questions(lesson, kind, entries):
    return st.dictionaries(st.sampled_from([f"{lesson}-{kind}{n}" for n in (1, 2)]), entries, min_size=1)


def lesson(id):
    return st.fixed_dictionaries(
        {"read": _DAYS},
        optional={"quiz": _questions(id, "k", quiz_entry()), "exercises": _questions(id, "e", _EXERCISE)},
    )


records = st.fixed_dictionaries({}, optional={"c6": lesson("c6"), "m4": lesson("m4")})


@given(records)
def test_what_is_written_is_read_again(lessons):
    assert record.loads(record.dumps(lessons)) == lessons
    assert record.loads(b"\xef\xbb\xbf" + record.dumps(lessons).encode()) == lessons


@given(records, records, records)
def test_order_and_repetition_do_not_matter(a, b, c):
    both = record.merge(a, b)
    assert both == record.merge(b, a)
    assert record.merge(both, b) == both
    assert list(both) == sorted(both), "the same record is the same file"
    assert record.merge(both, c) == record.merge(a, record.merge(b, c))
    assert record.loads(record.dumps(both)) == both, "what was merged is a record, too"


def test_of_two_records_the_first_day_counts_and_what_went_further():
    early = {"day": "2026-11-20", "outcome": "not-yet", "checks": 3, "ticks": [False, False, False]}
    late = {"day": "2026-11-24", "outcome": "correct", "hints": 2, "ticks": [True, True]}
    read = ("2026-11-20", "2026-11-24")
    one, other = (
        {"c6": {"read": day, "exercises": {"c6-e1": entry}}}
        for day, entry in zip(read, (early, late), strict=True)
    )
    made = {
        "day": "2026-11-20",
        "outcome": "correct",
        "checks": 3,
        "hints": 2,
        "ticks": [False, False, False],
    }
    assert record.merge(one, other) == {"c6": {"read": "2026-11-20", "exercises": {"c6-e1": made}}}


def sealed(lessons, **changes) -> str:
    content = {"format": record.FORMAT, "version": 1, "lessons": lessons, "check": record.checksum(lessons)}
    return json.dumps(content | changes)


GOOD = {"c6": {"read": "2026-11-24", "exercises": {"c6-e1": {"day": "2026-11-24", "outcome": "correct"}}}}


@pytest.mark.parametrize(
    "content, why",
    [
        ("", "not a JSON file"),
        (b"\xff\xfe", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("[]", "not a progress record"),
        (json.dumps({"format": "cleanworks-answers-1"}), "not a progress record"),
        (json.dumps({"format": "cleanworks-progress-1", "questions": {}}), "not a progress record"),
        (sealed(GOOD, version=2), "newer version"),
        (sealed(GOOD, version="1"), "unknown version"),
        (sealed(GOOD, version=True), "unknown version"),
        (sealed(GOOD, name="A person"), "entries of a progress record"),
        (sealed([]), "entries of a progress record"),
        (sealed(GOOD, check="00000000"), "changed or cut off"),
        (sealed(GOOD).replace("correct", "not-yet"), "changed or cut off"),
        (" " * (record.LARGEST + 1), "too large"),
        (sealed({"c6": {}}), "wrong entry for 'c6'"),
        (sealed({"C 6": {"read": "2026-11-24"}}), "wrong entry"),
        (sealed({"__proto__": {"read": "2026-11-24"}}), "wrong entry"),
        (sealed({"c6": {"read": "2026-02-30"}}), "wrong entry"),
        (sealed({"c6": {"read": "2026-11-24T10:00"}}), "wrong entry"),
        (sealed({"c6": {"read": "2026-11-24", "name": "A person"}}), "wrong entry"),
        (sealed({"c6": {"quiz": {"m4-k1": {"day": "2026-11-24", "first": True, "right": True}}}}), "'m4-k1'"),
        (
            sealed({"c6": {"quiz": {"c6-k1": {"day": "2026-11-24", "first": True, "right": False}}}}),
            "'c6-k1'",
        ),
        (sealed({"c6": {"quiz": {"c6-k1": {"day": "2026-11-24", "first": 1, "right": True}}}}), "'c6-k1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24"}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "outcome": "brilliant"}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "hints": -1}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "hints": True}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "outcome": []}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "ticks": []}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "ticks": [True, 0]}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "ticks": [True] * 21}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "done": False}}}}), "'c6-e1'"),
        (sealed({"c6": {"exercises": {"c6-e1": {"day": "2026-11-24", "solution": False}}}}), "'c6-e1'"),
        (
            sealed(
                {"c6": {"exercises": {f"c6-e{n}": {"day": "2026-11-24", "hints": 1} for n in range(101)}}}
            ),
            "wrong entry for 'c6'",
        ),
        (sealed({f"c{n}": {"read": "2026-11-24"} for n in range(501)}), "more lessons"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(content, why):
    with pytest.raises(ValueError, match=why):
        record.loads(content)


def test_of_two_answers_to_a_quiz_the_earlier_day_says_what_was_first():
    def quiz(day, first, right):
        return {"c6": {"quiz": {"c6-k1": {"day": day, "first": first, "right": right}}}}

    early, late = quiz("2026-11-24", False, False), quiz("2026-11-25", True, True)
    made = quiz("2026-11-24", False, True)
    assert record.merge(early, late) == record.merge(late, early) == made
    same_day = quiz("2026-11-24", True, True)
    assert record.merge(early, same_day) == record.merge(same_day, early) == made


def test_checks_are_counted_until_the_answer_is_right():
    lessons = {}
    for outcome in ("not-attempted", "not-yet", "raised", "correct", "not-yet", "correct"):
        lessons = record.with_outcome(lessons, "c6", "c6-e1", outcome, "2026-11-24")
    assert lessons["c6"]["exercises"]["c6-e1"] == {"day": "2026-11-24", "outcome": "correct", "checks": 3}


def test_a_file_is_made_and_nothing_else_stays_beside_it_but_its_lock(tmp_path):
    file = tmp_path / "mine.json"
    record.write_outcome(file, "c6", "c6-e1", "raised")
    record.write_outcome(file, "c6", "c6-e2", "correct")
    assert set(record.loads(file.read_bytes())["c6"]["exercises"]) == {"c6-e1", "c6-e2"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.json.lock", "mine.json"]


def test_a_question_that_is_not_of_its_lesson_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="wrong entry"):
        record.write_outcome(tmp_path / "mine.json", "c6", "m4-e1", "correct")
    assert not (tmp_path / "mine.json").exists()


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights on Windows")
def test_a_link_to_the_file_stays_a_link(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    record.write_outcome(link, "c6", "c6-e1", "correct")
    assert link.is_symlink() and record.loads(real.read_bytes())


_KERNEL = """
import sys
from cleanworks.learn import record
for _ in range(20):
    record.write_outcome(sys.argv[1], "c6", sys.argv[2], "not-yet")
"""


def test_two_kernels_lose_nothing_of_each_other(tmp_path):
    file = tmp_path / "mine.json"
    kernels = [
        subprocess.Popen([sys.executable, "-c", _KERNEL, str(file), question], cwd=ROOT)
        for question in ("c6-e1", "c6-e2", "c6-e1")
    ]
    assert [kernel.wait() for kernel in kernels] == [0, 0, 0]
    exercises = record.loads(file.read_bytes())["c6"]["exercises"]
    assert (exercises["c6-e1"]["checks"], exercises["c6-e2"]["checks"]) == (40, 20)


def test_a_file_that_stays_busy_is_told_and_not_waited_for_forever(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "_SECONDS", 0.1)
    file = tmp_path / "mine.json"
    with written.alone(file), pytest.raises(OSError, match="busy"):
        record.write_outcome(file, "c6", "c6-e1", "correct")
