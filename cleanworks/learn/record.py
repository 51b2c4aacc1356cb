"""The record of a learner's progress: one file format for the pages of the book, the checks in notebooks, and reports.

    {"format": "cleanworks-record", "version": 1,
     "lessons": {"c6": {"read": "2026-11-24",
                        "quiz": {"c6-k1": {"day": "2026-11-24", "first": false, "right": true}},
                        "exercises": {"c6-e1": {"day": "2026-11-24", "checks": 2, "outcome": "correct", "hints": 1,
                                                "solution": true, "done": true},
                                      "c6-e5": {"day": "2026-11-24", "checks": 1, "outcome": "answered",
                                                "ticks": [true, true, false]}}}},
     "check": "0a1b2c3d"}

`ticks` are the lines of an open question's rubric in their order: which of them the learner found true of the own text.
It holds no name, no answer and no time of day; a reader may ask the page to save the own code along, under `code`, which
nothing but a page reads. `book/how-it-works.md` explains every entry to readers;
`workshop/pages/static/progress.js` is the same in the language of the browser. The tests hold the two together.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cleanworks.written import alone, whole

FORMAT = "cleanworks-record"
VERSION = 1

LARGEST = 1_000_000
"""Bytes of the largest file that is read. A record of the whole course is about a hundredth of it."""

OUTCOMES = ("not-attempted", "raised", "not-yet", "answered", "correct")
"""What a check says, from the least to the most. An open question ends with "answered", every other with "correct"."""

FINAL = frozenset({"answered", "correct"})

MOST_CHECKS = 9_999
MOST_HINTS = 99
MOST_TICKS = 20
_MOST_LESSONS = 500
_MOST_QUESTIONS = 100
_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SECONDS = 2.0

Lessons = dict[str, dict[str, Any]]


# --- reading and writing ------------------------------------------------------------------------------------------


def loads(content: bytes | str) -> Lessons:
    """The lessons of a record, every entry checked.

    Raises
    ------
    ValueError
        With the reason why it cannot be used, as the end of a sentence that begins with the name of the file.
    """
    if len(content) > LARGEST:
        raise ValueError("is too large to be a progress record")
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return lessons_of(json.loads(text))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("is broken: it is not a JSON file") from None


def lessons_of(content: Any) -> Lessons:
    """The same for JSON that has been read."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("is not a progress record")
    version = content.get("version")
    if type(version) is not int or version != VERSION:
        newer = type(version) is int and version > VERSION
        raise ValueError(f"is a progress record of {'a newer' if newer else 'an unknown'} version")
    lessons = content.get("lessons")
    if set(content) - {"code"} != {"format", "version", "lessons", "check"} or not isinstance(lessons, dict):
        raise ValueError("does not have the entries of a progress record")
    if content["check"] != checksum(lessons):
        raise ValueError("was changed or cut off after it was saved")
    return checked(lessons)


def checked(lessons: dict[str, Any]) -> Lessons:
    """The lessons of a record, if every entry is as it should be; raises ValueError like `loads`."""
    if len(lessons) > _MOST_LESSONS:
        raise ValueError("has more lessons than any course")
    for id, lesson in lessons.items():
        _lesson(id, lesson)
    return lessons


def dumps(lessons: Mapping[str, Any]) -> str:
    """The text of a file with this record."""
    content = {"format": FORMAT, "version": VERSION, "lessons": lessons, "check": checksum(lessons)}
    return json.dumps(content, indent=1) + "\n"


def checksum(lessons: Any) -> str:
    """CRC-32 over the lessons, keys in order: finds accidents and careless changes; it proves nothing."""
    text = json.dumps([FORMAT, VERSION, lessons], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def _lesson(id: str, lesson: Any) -> None:
    if not _ID.fullmatch(id) or not isinstance(lesson, dict) or not lesson:
        raise ValueError(f"has a wrong entry for {id[:40]!r}")
    if not set(lesson) <= {"read", "quiz", "exercises"} or ("read" in lesson and not _is_day(lesson["read"])):
        raise ValueError(f"has a wrong entry for {id[:40]!r}")
    for kind, right in (("quiz", _is_quiz), ("exercises", _is_exercise)):
        questions = lesson.get(kind, {})
        if not isinstance(questions, dict) or len(questions) > _MOST_QUESTIONS:
            raise ValueError(f"has a wrong entry for {id[:40]!r}")
        for question, entry in questions.items():
            known = _ID.fullmatch(question) and question.startswith(f"{id}-")
            if not known or not isinstance(entry, dict) or not right(entry):
                raise ValueError(f"has a wrong entry for {question[:40]!r}")


def _is_quiz(entry: dict[str, Any]) -> bool:
    return (
        set(entry) == {"day", "first", "right"}
        and _is_day(entry["day"])
        and type(entry["first"]) is bool
        and type(entry["right"]) is bool
        and entry["right"] >= entry["first"]
    )


def _is_exercise(entry: dict[str, Any]) -> bool:
    return (
        {"day"} < set(entry) <= {"day", "checks", "outcome", "hints", "solution", "done", "ticks"}
        and _is_day(entry["day"])
        and _is_count(entry.get("checks", 1), MOST_CHECKS)
        and _is_count(entry.get("hints", 1), MOST_HINTS)
        and entry.get("outcome", "correct") in OUTCOMES
        and entry.get("solution", True) is True
        and entry.get("done", True) is True
        and _are_ticks(entry.get("ticks", [True]))
    )


def _are_ticks(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= MOST_TICKS
        and all(type(tick) is bool for tick in value)
    )


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


# --- putting together ---------------------------------------------------------------------------------------------


def merge(one: Lessons, other: Lessons) -> Lessons:
    """Both records in one. The order does not matter, and merging the same file twice changes nothing.

    Of two days the earlier counts, of two outcomes the better, of two counts the larger; a line that is ticked in either
    is ticked, and of two rubrics of different length the longer one stays. Of two first answers to a quiz
    question the one of the earlier day counts, and on the same day the wrong one.
    """
    return {id: _merged_lesson(one.get(id, {}), other.get(id, {})) for id in sorted({*one, *other})}


def _merged_lesson(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    days = [lesson["read"] for lesson in (one, other) if "read" in lesson]
    if days:
        made["read"] = min(days)
    for kind, merged in (("quiz", _merged_quiz), ("exercises", _merged_exercise)):
        first, second = one.get(kind, {}), other.get(kind, {})
        questions = {
            id: merged(first[id], second[id])
            if id in first and id in second
            else dict(first.get(id) or second[id])
            for id in sorted({*first, *second})
        }
        if questions:
            made[kind] = questions
    return made


def _merged_quiz(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    day, first = min((entry["day"], entry["first"]) for entry in (one, other))
    return {"day": day, "first": first, "right": one["right"] or other["right"]}


def _merged_exercise(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"day": min(one["day"], other["day"])}
    outcomes = [entry["outcome"] for entry in (one, other) if "outcome" in entry]
    if outcomes:
        made["outcome"] = max(outcomes, key=OUTCOMES.index)
    for name in ("checks", "hints"):
        count = max(one.get(name, 0), other.get(name, 0))
        if count:
            made[name] = count
    for name in ("solution", "done"):
        if one.get(name) or other.get(name):
            made[name] = True
    ticks, others = sorted((one.get("ticks", []), other.get("ticks", [])), key=len)
    if others:
        made["ticks"] = (
            [any(pair) for pair in zip(ticks, others, strict=True)]
            if len(ticks) == len(others)
            else list(others)
        )
    return made


def with_outcome(
    lessons: Lessons, lesson: str, question: str, outcome: str, day: str, ticks: Sequence[bool] | None = None
) -> Lessons:
    """The record after one more check. Checks are counted until the first that says "correct" or "answered".

    New ticks take the place of the old ones: a learner may take a tick back.
    """
    known = lessons.get(lesson, {}).get("exercises", {}).get(question, {})
    entry: dict[str, Any] = {"day": day, "outcome": outcome}
    checks = known.get("checks", 0)
    if outcome != "not-attempted" and known.get("outcome") not in FINAL:
        checks = min(checks + 1, MOST_CHECKS)
    if checks:
        entry["checks"] = checks
    made = merge(lessons, {lesson: {"exercises": {question: entry}}})
    if ticks is not None:
        made[lesson]["exercises"][question]["ticks"] = list(ticks)
    return made


# --- the learner's file -------------------------------------------------------------------------------------------


def write_outcome(
    path: Path | str, lesson: str, question: str, outcome: str, ticks: Sequence[bool] | None = None
) -> None:
    """Add the outcome of a check to a learner's file, which is made if it is not there.

    Two kernels may do this at once: each waits for the other, and the file is whole at every moment. A file that is no
    record is left as it is.

    Raises
    ------
    OSError, ValueError
        The file cannot be written, or is no record. The check itself has nothing to do with that.
    """
    # A link stays a link: what it points to is replaced.
    path = Path(os.path.realpath(path))
    today = dt.date.today().isoformat()
    with alone(path, _SECONDS):
        try:
            lessons = _read(path)
        except FileNotFoundError:
            lessons = {}
        made = with_outcome(lessons, lesson, question, outcome, today, ticks)
        _lesson(lesson, made[lesson])
        if made != lessons:
            _replace(path, dumps(made))


def _read(path: Path) -> Lessons:
    with open(path, "rb") as file:
        return loads(file.read(LARGEST + 1))


def _replace(path: Path, text: str) -> None:
    with whole(path, private=True, durable=True) as file:
        file.write(text.encode("utf-8"))
