"""The clock of a workshop, for any workshop."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cleanworks import agenda
from cleanworks.agenda import Day, Item, Pause, clock, hhmm
from cleanworks.errors import InputError


@st.composite
def a_day(draw) -> Day:
    start = draw(st.integers(7 * 60, 10 * 60))
    at, breaks = start + draw(st.integers(45, 100)), []
    for _ in range(draw(st.integers(0, 4))):
        length = draw(st.integers(5, 75))
        breaks.append(Pause(at, length, draw(st.sampled_from(["Coffee", "Lunch", "쉬는 시간", "استراحة"]))))
        at += length + draw(st.integers(0, 110))
    end = at + draw(st.integers(40, 120))
    opening = draw(st.lists(st.tuples(st.just("Welcome"), st.integers(1, 20)), max_size=2))
    closing = draw(st.lists(st.tuples(st.just("Goodbye"), st.integers(1, 10)), max_size=2))
    return Day(start, end, tuple(breaks), tuple(opening), tuple(closing), draw(st.integers(0, 15)))


items = st.lists(
    st.builds(
        lambda teach, practise, optional: (teach, practise, optional),
        st.integers(0, 90),
        st.integers(0, 60),
        st.booleans(),
    ),
    max_size=14,
).map(
    lambda rows: [
        Item(f"m{n}", f"Module {n}", teach, practise, optional=o)
        for n, (teach, practise, o) in enumerate(rows)
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(a_day(), min_size=1, max_size=4), items)
def test_any_workshop_is_laid_out_without_overlap_or_is_refused_by_how_much(days, items):
    assume(not any(agenda.day_problems(day) for day in days))
    try:
        made = agenda.plan(items, days)
    except InputError as error:
        over = int(error.what.split(" is ")[1].split(" minutes")[0])
        assert over > 0
        # As many minutes more at the end of the last day, and it fits (a seam may cost at most one piece).
        last = days[-1]
        longer = Day(last.start, last.end + over, last.breaks, last.opening, last.closing, last.buffer)
        agenda.plan(items, [*days[:-1], longer])
        return
    for number, day in enumerate(days):
        slots = made.of_day(number)
        # Every minute of the day once: no overlap and no gap.
        assert slots[0].start == day.start and slots[-1].end == day.end
        assert all(one.end == two.start for one, two in itertools.pairwise(slots))
        assert all(slot.minutes > 0 for slot in slots)
        assert [(s.start, s.end) for s in slots if s.kind == "break"] == [
            (pause.start, pause.end) for pause in day.breaks
        ]
        assert sum(s.minutes for s in slots if s.kind == "buffer") == day.buffer
    for item in items:
        for kind, minutes in (("teach", item.teach), ("practise", item.practise)):
            pieces = [s for s in made.slots if s.item == item.id and s.kind == kind]
            assert sum(piece.minutes for piece in pieces) == minutes
            assert len(pieces) < 2 or min(piece.minutes for piece in pieces) >= agenda.PIECE
            assert all(piece.pieces == len(pieces) for piece in pieces)
    planned = [s.item for s in made.slots if s.item]
    assert planned == sorted(planned, key=[item.id for item in items].index)
    for cut in made.cuts:
        inside = [s for s in made.of_day(cut.day) if s.start <= cut.start and cut.start + cut.saves <= s.end]
        assert [s.item for s in inside] == [cut.item]


def test_a_session_goes_on_after_a_break_when_both_pieces_are_worth_it():
    day = Day(clock("09:00"), clock("12:00"), (Pause(clock("10:00"), 15),))
    made = agenda.plan([Item("a", "A", 90)], [day])
    lesson = [(hhmm(s.start), hhmm(s.end), agenda.titled(s)) for s in made.slots if s.kind == "teach"]
    assert lesson == [("09:00", "10:00", "A"), ("10:15", "10:45", "A (continued)")]
    made = agenda.plan([Item("a", "A", 50), Item("b", "B", 30)], [day])
    assert [(hhmm(s.start), s.kind) for s in made.slots][1:3] == [("09:50", "free"), ("10:00", "break")]
    # Twenty minutes are worth it, nineteen are not.
    for first, second in ((40, "09:40"), (41, "10:15")):
        made = agenda.plan([Item("a", "A", first), Item("b", "B", 45)], [day])
        assert hhmm(next(slot.start for slot in made.slots if slot.item == "b")) == second


def test_what_does_not_fit_is_refused_with_the_minutes():
    day = Day(clock("09:00"), clock("10:00"), buffer=10)
    with pytest.raises(InputError, match=r"30 minutes too long.* need 75 minutes and the days leave 50 \(5"):
        agenda.plan([Item("a", "A", 45, 30, optional=True)], [day])


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (Day(600, 540), "not after its start"),
        (Day(540, 600, (Pause(590, 20, "Tea"),)), "'Tea' at 09:50 lies outside"),
        (Day(540, 720, (Pause(600, 0, "Tea"),)), "'Tea' has no minutes"),
        (Day(540, 720, (Pause(610, 60, "Lunch"), Pause(600, 30, "Tea"))), "'Tea' and 'Lunch' overlap by 20"),
        (Day(540, 720, (Pause(550, 10),), opening=(("Speech", 30),)), "opening needs 30 minutes"),
        (Day(540, 720, (Pause(700, 10),), closing=(("Test", 15),)), "need 15 minutes and 10 follow"),
        (Day(540, 600, opening=(("A", 40),), closing=(("B", 40),)), "20 minutes longer than the day"),
    ],
)
def test_an_impossible_day_is_named(day, said):
    with pytest.raises(InputError, match=said):
        agenda.plan([], [day])


def test_breaks_may_be_given_in_any_order():
    tea, lunch = Pause(clock("10:00"), 15), Pause(clock("12:00"), 60)
    morning = Day(clock("09:00"), clock("14:00"), (tea, lunch))
    turned = Day(morning.start, morning.end, (lunch, tea))
    assert agenda.day_problems(turned) == []
    assert agenda.free_windows(turned) == agenda.free_windows(morning)


@pytest.mark.parametrize("text", ["24:00", "09:60", "9.30", "noon", ""])
def test_what_is_no_time_of_day_is_refused(text):
    assert clock(" 9:05 ") == 545
    with pytest.raises(InputError, match="is not a time of day"):
        clock(text)


def test_what_a_day_lacks_is_not_taken_from_another_day_nor_from_what_has_begun():
    day = Day(clock("09:00"), clock("10:00"))
    made = agenda.plan([Item("a", "A", 30, 30), Item("b", "B", 30, 30)], [day, day])
    cuts, missing = agenda.catch_up(made, 0, clock("09:45"), 20)
    assert [(cut.item, hhmm(cut.start)) for cut in cuts] == [("a", "09:45")] and missing == 5
    assert agenda.catch_up(made, 0, clock("09:46"), 20) == ([], 20)


def test_catching_up_spends_the_reserve_then_the_largest_cuts():
    day = Day(clock("09:00"), clock("12:30"), (Pause(clock("10:30"), 15),), buffer=15)
    made = agenda.plan([Item("a", "A", 45, 30), Item("b", "B", 45, 40)], [day])
    # 35 minutes are free or in reserve; the exercises of a would save 15 more, those of b 20.
    assert agenda.catch_up(made, 0, clock("09:30"), 35) == ([], 0)
    cuts, missing = agenda.catch_up(made, 0, clock("09:30"), 36)
    assert [cut.item for cut in cuts] == ["b"] and missing == 0
    cuts, missing = agenda.catch_up(made, 0, clock("10:20"), 60)
    assert [cut.item for cut in cuts] == ["b"] and missing == 10
    assert agenda.catch_up(made, 0, clock("12:29"), 20) == ([], 19)


def test_of_several_cuts_those_come_first_that_save_most():
    day = Day(clock("09:00"), clock("12:45"), buffer=15)
    made = agenda.plan([Item("a", "A", 30, 20), Item("b", "B", 30, 60), Item("c", "C", 30, 40)], [day])
    assert [(cut.item, cut.saves) for cut in made.cuts] == [("a", 10), ("b", 30), ("c", 20)]

    def cut(late, now="09:10"):
        cuts, missing = agenda.catch_up(made, 0, clock(now), late)
        return "".join(one.item for one in cuts), missing

    assert cut(15) == ("", 0)  # the reserve
    assert cut(16) == ("b", 0) and cut(45) == ("b", 0)
    assert cut(46) == ("bc", 0) and cut(65) == ("bc", 0)
    assert cut(66) == ("abc", 0) and cut(80) == ("abc", 5)
    # What is past cannot be left out any more.
    assert cut(46, now="10:45") == ("bc", 0) and cut(46, now="11:00") == ("c", 11)


ALL = {
    item.id: item
    for item in (
        Item("o", "Start", 30, 10),
        Item("x", "X", 40, 20, needs=("z",)),
        Item("y", "Y", 60, 30, needs=("o",)),
        Item("z", "Z", 20, 10, needs=("o",)),
    )
}


def test_a_module_comes_after_what_it_needs():
    assert agenda.in_order(["x", "z", "o"], ALL) == ["o", "z", "x"]
    assert agenda.missing_needs(["x"], ALL) == [("x", "z"), ("z", "o")]


def test_choosing_takes_the_most_important_and_all_that_they_need():
    day = Day(clock("09:00"), clock("11:15"))
    assert agenda.choose(["x", "y"], ALL, [day]) == ["o", "z", "x"]
    assert agenda.choose(["y", "x", "z"], ALL, [day]) == ["o", "y"]
    with pytest.raises(InputError, match="no module 'q'"):
        agenda.choose(["q"], ALL, [day])


def test_free_minutes_before_a_break_pay_only_for_the_morning():
    breaks = (Pause(clock("10:30"), 30, "Coffee"),)
    day = Day(clock("09:00"), clock("13:00"), breaks, buffer=15)
    made = agenda.plan([Item("a", "A", 60, 20), Item("b", "B", 60, 40)], [day])
    assert [slot.minutes for slot in made.slots if slot.kind in ("free", "buffer")] == [10, 5, 15]
    # A tenth longer: 8 minutes late at 10:20, which the 10 free ones pay; 10 more in the second half, of which 5 are paid.
    assert agenda.late_at_end(made, 0, 0.1, reserve=False) == pytest.approx(5)
    assert agenda.late_at_end(made, 0, 0.1) == 0
    assert agenda.late_at_end(made, 0, 0.0) == 0
    # A quarter longer: 20 - 10 = 10 late at coffee, and 10 + 25 - 5 - 15 at the end.
    assert agenda.late_at_end(made, 0, 0.25) == pytest.approx(15)
    with pytest.raises(InputError, match="shorter"):
        agenda.late_at_end(made, 0, -0.1)


def test_free_minutes_are_named_and_no_hour_is_empty():
    day = Day(clock("09:00"), clock("12:30"))
    made = agenda.plan([Item("a", "A", 60)], [day])
    free = [slot for slot in made.slots if slot.kind == "free"]
    assert sum(slot.minutes for slot in free) == 150 and max(slot.minutes for slot in free) <= 45
    assert len({slot.title for slot in free}) >= 3 and not any("Free" in slot.title for slot in free)
    assert [slot.end for slot in made.slots][:-1] == [slot.start for slot in made.slots][1:]


def test_a_session_that_the_night_cuts_says_so():
    from cleanworks.agenda import titled

    days = [Day(clock("09:00"), clock("10:00")), Day(clock("09:00"), clock("10:00"))]
    said = [titled(slot) for slot in agenda.plan([Item("a", "A", 90)], days).slots if slot.kind == "teach"]
    assert said == ["A (goes on the next day)", "A (continued)"]


def test_a_day_that_is_filled_to_the_minute_is_no_problem_and_one_minute_more_is():
    breaks = (Pause(clock("10:00"), 15),)
    full = Day(clock("09:00"), clock("11:00"), breaks, (("Welcome", 60),), (("Goodbye", 30),), 15)
    assert agenda.day_problems(full) == []
    opening = Day(full.start, full.end, breaks, (("Welcome", 61),), full.closing, full.buffer)
    assert "opening needs 61 minutes and the first break comes after 60" in agenda.day_problems(opening)[0]
    closing = Day(full.start, full.end, breaks, full.opening, full.closing, 16)
    assert "need 46 minutes and 45 follow the last break" in agenda.day_problems(closing)[0]
    alone = Day(clock("09:00"), clock("10:00"), (), (("Welcome", 30),), (("Goodbye", 30),))
    assert agenda.day_problems(alone) == []
    assert "not after its start" in agenda.day_problems(Day(clock("09:00"), clock("09:00")))[0]


def test_minutes_are_counted_by_kind():
    day = Day(clock("09:00"), clock("11:00"), (Pause(clock("10:00"), 15),), (("Welcome", 10),), buffer=5)
    made = agenda.plan([Item("a", "A", 30, 20)], [day])
    assert made.minutes("teach") == 30 and made.minutes("practise", "buffer") == 25
    assert made.minutes() == sum(slot.minutes for slot in made.slots) == 120
    # Welcome, then ten minutes more until ten o'clock would begin: what a day leaves is counted to the minute.
    assert agenda.free_windows(day) == [(clock("09:10"), clock("10:00")), (clock("10:15"), clock("10:55"))]
    assert agenda.free_minutes([day, day]) == 180
    table = made.table()
    assert table["day"].tolist() == [1] * len(made.slots)
    assert table["title"].tolist() == [agenda.titled(slot) for slot in made.slots]
    assert "Break" in table["title"].tolist(), "a break without a name is called one"


def test_a_talk_is_no_lesson():
    day = Day(clock("09:00"), clock("10:00"))
    made = agenda.plan([Item("t", "A talk", 20, kind="talk"), Item("a", "A", 30)], [day])
    assert made.minutes("talk") == 20 and made.minutes("teach") == 30
    table = made.table()
    assert table["what"].tolist() == ["Talk", "Lesson", "Reserve"]
    assert table["minutes"].tolist() == [20, 30, 10]


def test_free_minutes_get_an_activity_that_fits_them():
    def named(minutes):
        day = Day(clock("09:00"), clock("10:00"))
        slots = agenda.plan([Item("a", "A", 60 - minutes)], [day]).slots
        return [(slot.minutes, slot.title) for slot in slots if slot.kind == "free"]

    titles = {most: title for most, title in reversed(agenda.ACTIVITIES)}
    for minutes, most in ((1, 8), (8, 8), (9, 15), (15, 15), (16, 30), (30, 30), (31, 45), (45, 45)):
        assert named(minutes) == [(minutes, titles[most])]
    assert named(0) == []
    assert [length for length, _ in named(46)] == [23, 23] and len({title for _, title in named(46)}) == 2


@pytest.mark.parametrize("pauses", [(), ("10:00", "11:30", "13:00")])
def test_no_activity_is_offered_twice_on_a_day_that_is_nearly_empty(pauses):
    breaks = tuple(Pause(clock(at), 15) for at in pauses)
    days = [Day(clock("09:00"), clock("16:30"), breaks=breaks)] * 2
    made = agenda.plan([Item("a", "A", 20)], days)
    for number in range(2):
        offered = [slot.title for slot in made.of_day(number) if slot.kind == "free"]
        assert len(offered) == len(set(offered)) > 4
    assert sum(slot.minutes for slot in made.slots) == 2 * (days[0].end - days[0].start)


def test_the_next_day_offers_what_the_first_did_not():
    day = Day(clock("09:00"), clock("10:00"))
    made = agenda.plan([Item("a", "A", 50), Item("b", "B", 50)], [day, day])
    assert len({slot.title for slot in made.slots if slot.kind == "free"}) == 2


def test_what_is_too_long_says_how_much_and_how_much_the_breaks_cost():
    days = [Day(clock("09:00"), clock("10:00"))]
    with pytest.raises(
        InputError, match=r"is 30 minutes too long: .* 90 minutes and the days leave 60\."
    ) as said:
        agenda.plan([Item("a", "A", 60), Item("b", "B", 30, optional=True)], days)
    assert "minutes are lost" not in str(said.value)
    assert said.value.fix == "Leave out what is optional (b), leave a module out, or end later, or add a day."


def test_a_lesson_that_is_optional_and_in_one_piece_can_be_left_out_whole():
    day = Day(clock("09:00"), clock("11:00"))
    made = agenda.plan([Item("a", "A", 30), Item("b", "B", 40, optional=True)], [day])
    assert [(cut.item, cut.saves, cut.start) for cut in made.cuts] == [("b", 40, clock("09:30"))]
    # The night cuts it in two: half a lesson left out is no lesson.
    two = [Day(clock("09:00"), clock("09:45")), Day(clock("09:00"), clock("10:00"))]
    assert agenda.plan([Item("b", "B", 90, optional=True)], two).cuts == ()
