"""Checks of the exercise set w1: plan a workshop."""

from __future__ import annotations

from cleanworks import agenda
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("w1")

_clock = agenda.clock
_MORNING = agenda.Day(
    _clock("09:00"),
    _clock("13:00"),
    (agenda.Pause(_clock("10:30"), 20, "Tea"),),
    opening=(("Welcome", 15),),
    buffer=10,
)
_START = agenda.Item("o1", "Start here", 45, 30)
_PAYMENT = agenda.Item("c6", "Paying on time", 50, 30, needs=("o1",))


@check.question("w1-e1", "left")
def left(left: object) -> Outcome:
    whole = _MORNING.end - _MORNING.start
    right = agenda.free_minutes([_MORNING])
    return compare(
        left,
        right,
        unit="minutes",
        mistakes=[
            (whole, "This is the whole morning. What is taken before the first module?"),
            (right + _MORNING.buffer, "Almost: the reserve is not for modules either."),
        ],
    )


@check.question("w1-e2", "price")
def price(price: object) -> Outcome:
    wish, needed = 40, 35
    return compare(
        price,
        wish + needed + _START.minutes,
        unit="minutes",
        mistakes=[
            (wish, "This is the wish alone. What must people have done before?"),
            (
                wish + needed,
                "And what does `y` need? A module may have needs in turn; add those that are not planned.",
            ),
        ],
    )


@check.question("w1-e3", "to_save")
def to_save(to_save: object) -> Outcome:
    late = 20
    made = agenda.plan([_START, _PAYMENT], [_MORNING])
    spare = sum(s.minutes for s in made.slots if s.start >= _clock("10:50") and s.kind in ("buffer", "free"))
    return compare(
        to_save,
        max(late - spare, 0),
        unit="minutes",
        mistakes=[
            (late, "Here nothing is spent before cutting. What stands empty in the rest of the morning?"),
            (late - _MORNING.buffer, "You spent the reserve. Are there free minutes too?"),
        ],
    )


@check.question("w1-e4", "answer")
def answer(answer: object) -> Outcome:
    return open_answer(
        answer,
        [
            "names at least one theme that was taught in 2015",
            "says that the hours are your own",
            "says for whom the workshop is",
            "does not claim to repeat the workshop of 2015 exactly",
        ],
        least_words=15,
    )
