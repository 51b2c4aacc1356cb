"""What a room knows and refuses, and that it knows the same after a restart."""

from __future__ import annotations

import datetime as dt
import json

import nbformat
import pytest

from cleanworks.errors import InputError
from cleanworks.learn.outcome import NotYet
from cleanworks.learn.sharing import mark
from cleanworks.workshop import evaluate, forms
from cleanworks.workshop.board import outline as outlines
from cleanworks.workshop.board import pseudonyms
from cleanworks.workshop.board.outline import Outline
from cleanworks.workshop.board.room import BURST, MOST_PEOPLE, Refused, Room
from cleanworks.workshop.board.room_journal import Journal
from cleanworks.workshop.catalogue import Course
from cleanworks.workshop.editions import edition
from cleanworks.workshop.forms import Key
from tests.workshop.board.conftest import make_outline


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, hour: int = 9, minute: int = 0, day: int = 2):
        self.moment = dt.datetime(2026, 12, day, hour, minute).timestamp()

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(tmp_path, outline, clock) -> Room:
    return Room(outline, Journal(tmp_path / "class.jsonl"), clock)


def sent(outcome="correct", **changes) -> dict:
    return {
        "workshop": "rain",
        "question": "r1-e1",
        "outcome": outcome,
        "mistake": None,
        "hints": 0,
    } | changes


def person(room: Room, name: str = "", share: bool = True) -> str:
    return room.who(room.join(name, share)[0])


def counts(room: Room, number: int = 0) -> dict[str, int]:
    return {state: len(names) for state, names in room.board()["exercises"][number]["names"].items()}


def test_the_board_counts_who_is_done_trying_stuck_and_not_begun(room):
    done, trying, stuck, _ = (person(room) for _ in range(4))
    room.check(done, sent("not-yet"))
    room.check(done, sent("correct"))
    room.check(trying, sent("not-yet"))
    for _ in range(3):
        room.check(stuck, sent("raised"))
    assert counts(room) == {"done": 1, "trying": 1, "stuck": 1, "not begun": 1}
    room.check(stuck, sent("correct"))
    assert counts(room) == {"done": 2, "trying": 1, "stuck": 0, "not begun": 1}


def test_the_commonest_wrong_answer_counts_people_and_not_tries(room):
    one, two, three = (person(room) for _ in range(3))
    for _ in range(5):
        room.check(one, sent("not-yet", mistake=0))
    for who in (two, three):
        room.check(who, sent("not-yet", mistake=1))
    shown = room.board()["exercises"][0]["mistake"]
    assert (shown["people"], shown["said"]) == (2, "That is the mean.")
    assert shown["hint"] == "Ask what a week is made of."


def test_who_shares_nothing_is_counted_and_not_shown(room):
    quiet = person(room, share=False)
    with pytest.raises(Refused, match="does not share"):
        room.check(quiet, sent())
    board = room.board()
    assert (board["people"], board["sharing"], sum(counts(room).values())) == (1, 0, 0)


def test_who_withdraws_disappears_with_what_was_sent(room):
    who = person(room)
    room.check(who, sent("not-yet", mistake=0))
    room.share(who, False)
    assert "mistake" not in room.board()["exercises"][0]
    assert room.saved()["records"] == []
    room.share(who, True)
    assert counts(room) == {"done": 0, "trying": 0, "stuck": 0, "not begun": 1}


def test_a_restart_changes_nothing(tmp_path, outline, room, clock):
    people = [person(room, name) for name in ("", "김하늘", "مريم", "")]
    room.check(people[0], sent("not-yet", mistake=1, hints=2))
    room.check(people[1], sent("correct"))
    room.hand(people[2], True)
    room.ask(people[3], "What if a day is missing?")
    room.ask(people[3], "Is zero a value?")
    room.instruct("answered", 1)
    room.instruct("remove", people[3])
    room.instruct("begun", 1)
    again = Room(outline, Journal(tmp_path / "class.jsonl"), clock)
    before, after = room.board(), again.board()
    assert after == before
    assert again.secret == room.secret and again.saved() == room.saved()
    assert [one["text"] for one in after["questions"]] == ["Is zero a value?"]


def test_a_torn_line_is_passed_over_and_the_next_one_is_whole(tmp_path, outline, room, clock):
    path = tmp_path / "class.jsonl"
    person(room, "Reef 1")
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"kind": "join", "who": "x", "na')
    again = Room(outline, Journal(path), clock)
    assert (again.journal.unread, len(again.people)) == (1, 1)
    person(again, "Reef 2")
    third = Room(outline, Journal(path), clock)
    assert [one.name for one in third.people.values()] == ["Reef 1", "Reef 2"]


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "check", "at": 1, "who": "nobody", "question": "r1-e1"}',
        '{"kind": "dance", "at": 1}',
        '{"kind": "begin", "at": 1, "workshop": "other", "secret": "known"}',
        "[1, 2]",
        "[" * 3000,
        '{"kind": "join", "at": 1, "who": ["list"], "name": 3, "share": 1}',
        "\x00\xff",
    ],
)
def test_lines_that_somebody_wrote_into_the_file_are_passed_over(tmp_path, outline, clock, line):
    path = tmp_path / "class.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    room = Room(outline, Journal(path), clock)
    assert room.journal.unread == 1 and not room.people and room.secret not in ("", "known")


def test_the_journal_holds_no_token_and_nobody_behind_a_question(tmp_path, room):
    token, _ = room.join("Reef 1", True)
    room.ask(room.who(token), "Whose is this?")
    lines = (tmp_path / "class.jsonl").read_text(encoding="utf-8").splitlines()
    assert token not in "".join(lines)
    assert set(json.loads(next(line for line in lines if "Whose" in line))) == {"kind", "at", "text"}
    assert (tmp_path / "class.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"workshop": "snow"}, 409),
        ({"question": "r9-e9"}, 400),
        ({"question": ["r1-e1"]}, 400),
        ({"outcome": "answered"}, 400),  # not an open question
        ({"outcome": "perfect"}, 400),
        ({"outcome": ["correct"]}, 400),
        ({"outcome": "not-yet", "mistake": 2}, 400),
        ({"outcome": "not-yet", "mistake": True}, 400),
        ({"outcome": "correct", "mistake": 0}, 400),
        ({"hints": 3}, 400),
        ({"hints": -1}, 400),
        ({"hints": 0.5}, 400),
        ({"who": "somebody else"}, 400),
    ],
)
def test_what_no_page_would_send_is_refused_and_changes_nothing(room, changes, status):
    who, before = person(room), room.board
    shown = before()
    with pytest.raises(Refused) as refused:
        room.check(who, sent(**changes) if "outcome" not in changes else {**sent(), **changes})
    assert refused.value.status == status
    assert room.board() == shown


def test_ten_thousand_hostile_events_change_nothing_but_their_own_line(room, clock):
    good, bad = person(room, "Good"), person(room, "Bad")
    room.check(good, sent("correct"))
    line = room.board()["names"][0]
    rubbish = [
        sent(workshop="snow"),
        sent(question="r1-e1\0"),
        sent("correct" * 1000),
        sent("not-yet", mistake=99),
        sent(hints=10**30),
        sent(hints=float("nan")),
        sent(who=good),
        {"question": {"$ne": None}},
        [],
        None,
        "correct",
        sent("not-yet"),  # true, and again and again
    ]
    statuses, taken = set(), 0
    for number in range(10_000):
        try:
            room.check(bad, rubbish[number % len(rubbish)])
            taken += 1
        except Refused as refused:
            statuses.add(refused.status)
    assert (statuses, taken) == ({400, 409, 429}, BURST)
    assert len(list(Journal(room.journal.path).events())) == 4 + BURST
    names = room.board()["exercises"][0]["names"]
    assert (names["done"], names["stuck"], room.board()["names"][0]) == (["Good"], ["Bad"], line)
    clock.moment += 5
    room.check(bad, sent("correct"))
    assert counts(room)["done"] == 2


def test_one_address_does_not_fill_the_room_and_the_others_come_in(room, clock):
    refused = set()
    for _ in range(MOST_PEOPLE + 1):
        try:
            room.join("", False, "10.0.0.66")
        except Refused as error:
            refused.add(error.status)
    assert refused == {429} and len(room.people) < MOST_PEOPLE / 5
    room.join("Late", True, "10.0.0.7")
    clock.moment += 60  # whoever sits behind that address, too
    room.join("Later", True, "10.0.0.66")


@pytest.mark.parametrize("value", [[], {}, None, True, 10**9, "nobody", float("nan")])
@pytest.mark.parametrize("act", ["down", "answered", "remove", "day", "begun", "", []])
def test_a_press_that_no_board_sends_is_refused(room, act, value):
    person(room)
    if value is None and act in ("day", "begun"):
        return  # "none chosen"
    shown = room.board()
    with pytest.raises(Refused):
        room.instruct(act, value)
    assert room.board() == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Ngôi   sao ", "Ngôi sao"),
        ("مريم", "مريم"),
        ("김하늘", "김하늘"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("می‌خواهم", "می‌خواهم"),
        ("<img src=x>", "<img src=x>"),
        ("a\x00b\nc", "a b c"),
        ("x" * 500, "x" * 30),
        ("\ud800a", "a"),
        ("\u200d\u2066 …", ""),
        ("", ""),
    ],
)
def test_names_of_any_script_are_kept_and_tricks_are_not(name, shown):
    assert pseudonyms.tidy(name) == shown


def test_a_name_that_is_taken_gets_a_number(room):
    assert [room.join(name, True)[1] for name in ("Reef", "reef", "REEF")] == ["Reef", "reef 2", "REEF 3"]
    assert len({room.join("", True)[1].casefold() for _ in range(300)}) == 300


def test_the_clock_says_where_the_plan_is_and_what_to_leave_out(room, clock):
    clock.moment = Clock(10, 5).moment
    shown = room.clock_of_the_day()
    assert (shown["day"], shown["today"], shown["sessions"][shown["current"]]["label"]) == (
        0,
        True,
        "Exercises r1 · A gauge",
    )
    assert [(cut["start"], cut["saves"], cut["leave"]) for cut in shown["cuts"]] == [(615, 15, False)]
    # The exercises begin 14 minutes late: the reserve of 10 is spent first, then the mark of 15.
    clock.moment = Clock(10, 14).moment
    room.instruct("begun", 2)
    shown = room.clock_of_the_day()
    assert (shown["late"], shown["missing"], shown["cuts"][0]["leave"]) == (14, 0, True)
    room.instruct("begun", None)
    assert room.clock_of_the_day()["late"] == 0


def test_another_day_is_a_rehearsal_and_can_be_chosen(room, clock):
    clock.moment = Clock(9, 30, day=9).moment
    assert room.clock_of_the_day()["today"] is False
    room.instruct("day", 1)
    assert room.clock_of_the_day()["day"] == 1
    for act, value in (
        ("day", 2),
        ("day", "1"),
        ("begun", 99),
        ("remove", "x"),
        ("answered", 5),
        ("format", None),
        ([], {}),
    ):
        with pytest.raises(Refused):
            room.instruct(act, value)


# --- before and after -----------------------------------------------------------------------------------------------


def test_the_outline_recognises_what_a_check_really_says(course):
    lesson = Course.load(course).lessons[0]
    node = edition(lesson.exercises.notebook.node, "instructor")
    wrong = [n for n, cell in enumerate(node.cells) if "wrong-answer" in cell.metadata.get("tags", [])]
    assert wrong
    for number in wrong:
        bundle = NotYet(f"You did number {number}.").at("r1-e1")._repr_mimebundle_()
        node.cells[number + 1].outputs = [nbformat.v4.new_output("execute_result", data=bundle)]
    found = outlines._exercises(lesson.id, node.cells)
    assert [one.id for one in found] == list(lesson.exercises.notebook.questions)
    assert [m.said for one in found for m in one.mistakes] == [f"You did number {n}." for n in wrong]
    assert all(one.hints or one.open for one in found) and all(one.title for one in found)


def test_marks_are_those_of_the_standard():
    # Test vectors of FNV-1a, 32 bits (isthe.com/chongo/tech/comp/fnv).
    assert [mark(text) for text in ("", "a", "foobar")] == ["811c9dc5", "e40c292c", "bf9cf968"]


def test_the_file_of_a_class_is_evaluated_like_records_that_were_handed_in(tmp_path, course, clock):
    lessons = Course.load(course).lessons
    key = Key.of("rain", "Rain", lessons, forms.draw(lessons, seed=4))
    question = next(iter(lessons[0].exercises.notebook.questions))
    exercise = {"id": question, "lesson": lessons[0].id, "title": "x"}
    room = Room(make_outline(exercises=(exercise,)), Journal(tmp_path / "class.jsonl"), clock)
    for number in range(12):
        who = person(room)
        room.check(who, sent("not-yet", question=question))
        if number < 6:
            room.check(who, sent("correct", question=question))
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "rain-class.json").write_text(json.dumps(room.saved()), encoding="utf-8")
    made = evaluate.gather(folder, key)
    assert len(made.progress) == 12
    table = evaluate.report(made).tables["exercises"].set_index("question").loc[question]
    assert (table["people"], table["correct"], table["not yet"]) == ("12", "6", "6")
    (folder / "other-class.json").write_text(
        json.dumps(room.saved() | {"workshop": "snow"}), encoding="utf-8"
    )
    (folder / "odd-class.json").write_text(
        json.dumps(room.saved() | {"records": [{"r1": {"quiz": 1}}]}), encoding="utf-8"
    )
    left = dict(evaluate.gather(folder, key).left_out)
    assert "another workshop" in left["other-class.json"] and "wrong entry" in left["odd-class.json"]


def test_a_workshop_without_its_outline_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="Build the workshop again"):
        Outline.load(tmp_path / "class.json")
    (tmp_path / "class.json").write_text('{"format": "cleanworks-class-1"}', encoding="utf-8")
    with pytest.raises(InputError, match="cannot be used"):
        Outline.load(tmp_path / "class.json")
