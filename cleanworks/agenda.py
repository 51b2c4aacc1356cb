"""The clock of a workshop: modules, breaks and a reserve laid out over days, to the minute.

Everything here is arithmetic over small values; times of day are minutes since midnight. It needs the standard library
only, so a lesson can use it.

>>> day = Day(clock("09:00"), clock("12:00"), breaks=(Pause(clock("10:30"), 15, "Coffee"),), buffer=15)
>>> made = plan([Item("c6", "Paying subcontractors", teach=50, practise=30)], [day])
>>> [(hhmm(slot.start), slot.kind, slot.minutes) for slot in made.slots][:2]
[('09:00', 'teach', 50), ('09:50', 'practise', 30)]
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cleanworks import prerequisites
from cleanworks.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

PIECE = 20
"""Minutes of the shortest piece into which a break or the end of a day may cut a session."""

KINDS = {
    "opening": "Opening",
    "teach": "Lesson",
    "practise": "Exercises",
    "talk": "Talk",
    "break": "Break",
    "free": "Reserve",
    "buffer": "Reserve",
    "closing": "Closing",
}
"""What a stretch of the clock is for, in words."""


def clock(text: str) -> int:
    """Minutes since midnight of a time such as "09:30"."""
    found = re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*", str(text))
    if not found:
        raise InputError(f"{text!r} is not a time of day.", fix='Write it as "09:30".')
    return int(found[1]) * 60 + int(found[2])


def hhmm(minute: int) -> str:
    """A time of day in words for a clock: 570 is "09:30"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True)
class Item:
    """A module (minutes to teach and to practise) or a talk (minutes to teach only).

    ``needs`` are ids of modules to take before it; ``optional`` ones may be left out when time runs short.
    """

    id: str
    title: str
    teach: int
    practise: int = 0
    kind: str = "module"
    needs: tuple[str, ...] = ()
    level: str = "core"
    part: str = ""
    optional: bool = False

    @property
    def minutes(self) -> int:
        return self.teach + self.practise


@dataclass(frozen=True)
class Pause:
    """A break: nothing is planned over it."""

    start: int
    minutes: int
    title: str = "Break"

    @property
    def end(self) -> int:
        return self.start + self.minutes


@dataclass(frozen=True)
class Day:
    """A day: from ``start`` to ``end``, its breaks, (title, minutes) at its start and end, and a reserve in minutes."""

    start: int
    end: int
    breaks: tuple[Pause, ...] = ()
    opening: tuple[tuple[str, int], ...] = ()
    closing: tuple[tuple[str, int], ...] = ()
    buffer: int = 0
    date: datetime.date | None = None


@dataclass(frozen=True)
class Slot:
    """A stretch of the clock. ``piece`` of ``pieces`` counts the parts into which breaks cut one session; ``overnight``
    marks a part that goes on the next day."""

    day: int
    start: int
    end: int
    kind: str
    title: str
    item: str = ""
    piece: int = 1
    pieces: int = 1
    overnight: bool = False

    @property
    def minutes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Cut:
    """What can be left out when time runs short, from when on it is too late for that, and what it saves."""

    day: int
    start: int
    item: str
    what: str
    saves: int


@dataclass(frozen=True)
class Agenda:
    """Every minute of every day, in order and without a gap."""

    days: tuple[Day, ...]
    items: tuple[Item, ...]
    slots: tuple[Slot, ...] = field(default=())

    def of_day(self, day: int) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.day == day)

    def minutes(self, *kinds: str) -> int:
        """Minutes of the named kinds of slot; of all if none is named."""
        return sum(slot.minutes for slot in self.slots if not kinds or slot.kind in kinds)

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The cut marks: half of each practice (its last, open task), and all of each optional module."""
        return tuple(_cuts(self))

    def table(self) -> pd.DataFrame:
        """The agenda as a pandas table: day, start, end, minutes, what, title, module."""
        import pandas as pd

        rows = [
            (
                slot.day + 1,
                hhmm(slot.start),
                hhmm(slot.end),
                slot.minutes,
                KINDS[slot.kind],
                titled(slot),
                slot.item,
            )
            for slot in self.slots
        ]
        return pd.DataFrame(rows, columns=["day", "start", "end", "minutes", "what", "title", "module"])


def titled(slot: Slot) -> str:
    """The title of a slot, with a word that a break or the night has cut it."""
    title = slot.title if slot.piece == 1 else f"{slot.title} (continued)"
    return f"{title} (goes on the next day)" if slot.overnight else title


# --- laying out ---------------------------------------------------------------------------------------------------


def plan(items: Iterable[Item], days: Sequence[Day]) -> Agenda:
    """Lay modules out over days, in their order.

    The start of a day holds its opening, its end the reserve and the closing; modules fill what the breaks leave. A
    session that reaches a break goes on after it, if at least `PIECE` minutes stand on both sides; otherwise it begins
    after the break and the minutes before it are free.

    Raises
    ------
    InputError
        A day is impossible, or the modules need more time than there is; the message says how many minutes too many.
    """
    items, days = tuple(items), tuple(days)
    wrong = [f"Day {n + 1}: {said}" for n, day in enumerate(days) for said in day_problems(day)]
    if wrong:
        raise InputError(" ".join(wrong), fix="Move the break, or change when the day starts or ends.")
    windows = [(n, *window) for n, day in enumerate(days) for window in free_windows(day)]
    blocks = [
        (item, kind, minutes)
        for item in items
        for kind, minutes in (
            ("talk" if item.kind == "talk" else "teach", item.teach),
            ("practise", item.practise),
        )
        if minutes
    ]
    placed, left_over = _fill(blocks, windows)
    if left_over:
        raise _too_long(items, days, left_over)
    slots = [slot for n, day in enumerate(days) for slot in _fixed(n, day)] + placed
    slots.sort(key=lambda slot: (slot.day, slot.start))
    return Agenda(days, items, tuple(_with_free(slots, days)))


def day_problems(day: Day) -> list[str]:
    """Sentences on what makes a day impossible."""
    if day.end <= day.start:
        return [f"it ends at {hhmm(day.end)}, which is not after its start at {hhmm(day.start)}."]
    found = []
    breaks = sorted(day.breaks, key=lambda pause: pause.start)
    for pause in breaks:
        if pause.start < day.start or pause.end > day.end:
            found.append(f"the break {pause.title!r} at {hhmm(pause.start)} lies outside the day.")
        if pause.minutes < 1:
            found.append(f"the break {pause.title!r} has no minutes.")
    for one, two in itertools.pairwise(breaks):
        if two.start < one.end:
            found.append(
                f"the breaks {one.title!r} and {two.title!r} overlap by {one.end - two.start} minutes."
            )
    if found:
        return found
    opening, closing = _total(day.opening), _total(day.closing) + day.buffer
    first = min((pause.start for pause in breaks), default=day.end) - day.start
    last = day.end - max((pause.end for pause in breaks), default=day.start)
    if opening > first:
        found.append(f"the opening needs {opening} minutes and the first break comes after {first}.")
    if closing > last:
        found.append(f"closing and reserve need {closing} minutes and {last} follow the last break.")
    if not found and opening + closing > day.end - day.start:
        over = opening + closing - (day.end - day.start)
        found.append(f"opening, closing and reserve are {over} minutes longer than the day.")
    return found


def _total(activities: Iterable[tuple[str, int]]) -> int:
    return sum(minutes for _, minutes in activities)


def free_windows(day: Day) -> list[tuple[int, int]]:
    """(start, end) of what a day leaves for modules."""
    at, stop = day.start + _total(day.opening), day.end - _total(day.closing) - day.buffer
    windows = []
    for pause in sorted(day.breaks, key=lambda pause: pause.start):
        windows.append((at, min(pause.start, stop)))
        at = pause.end
    windows.append((at, stop))
    return [(start, end) for start, end in windows if end > start]


def free_minutes(days: Iterable[Day]) -> int:
    """Minutes that days leave for modules: without openings, breaks, reserves and closings."""
    return sum(end - start for day in days for start, end in free_windows(day))


def _fill(
    blocks: Iterable[tuple[Item, str, int]], windows: Iterable[tuple[int, int, int]]
) -> tuple[list[Slot], int]:
    """The slots of the blocks, and the minutes that found no place."""
    placed: list[Slot] = []
    rest = list(windows)
    left_over = 0
    for item, kind, minutes in blocks:
        pieces: list[tuple[int, int, int]] = []
        while minutes and rest:
            day, start, end = rest[0]
            room = end - start
            if minutes <= room:
                take = minutes
            else:
                # Both pieces must be worth sitting down for; the second may need a few minutes of the first.
                take = min(room, minutes - PIECE)
                take = take if take >= PIECE else 0
            if take:
                pieces.append((day, start, start + take))
                minutes -= take
            rest[0] = (day, start + take, end)
            if minutes or start + take == end:
                rest.pop(0)
        left_over += minutes
        placed += [
            Slot(
                day,
                start,
                end,
                kind,
                item.title,
                item.id,
                n,
                len(pieces),
                n < len(pieces) and pieces[n][0] != day,
            )
            for n, (day, start, end) in enumerate(pieces, 1)
        ]
    return placed, left_over


def _fixed(number: int, day: Day) -> list[Slot]:
    slots = [Slot(number, pause.start, pause.end, "break", pause.title) for pause in day.breaks]
    at = day.start
    for title, minutes in day.opening:
        slots.append(Slot(number, at, at + minutes, "opening", title))
        at += minutes
    at = day.end - _total(day.closing) - day.buffer
    if day.buffer:
        slots.append(Slot(number, at, at + day.buffer, "buffer", "Reserve: questions, and what ran late"))
        at += day.buffer
    for title, minutes in day.closing:
        slots.append(Slot(number, at, at + minutes, "closing", title))
        at += minutes
    return slots


def _with_free(slots: Sequence[Slot], days: Sequence[Day]) -> Iterable[Slot]:
    """The slots with one more for every stretch that nothing fills."""
    given: Counter[str] = Counter()
    for number, day in enumerate(days):
        today: Counter[str] = Counter()
        at = day.start
        ends = (Slot(number, day.end, day.end, "free", ""),)
        for slot in (*(slot for slot in slots if slot.day == number), *ends):
            for free in _free(number, at, slot.start, today, given):
                today[free.title] += 1
                given[free.title] += 1
                yield free
            if slot.minutes:
                yield slot
            at = slot.end


ACTIVITIES = (
    (8, "Stretch, and one question from the wall"),
    (8, "Everybody stands: one word on the last hour"),
    (15, "In pairs: one thing that I can use at home"),
    (15, "Each table: the one question that is still open"),
    (15, "Two pairs explain one result to each other"),
    (15, "Find the mistake: a helper shows a cell with one"),
    (30, "Questions from the wall, answered by the room"),
    (30, "One exercise again, without its hints"),
    (30, "In pairs: who at home could change this, and what stops them"),
    (45, "Try today's question on a table of your own"),
    (45, "My action plan: what I will change, by when, who signs"),
    (45, "Two offices compare how they do it"),
    (45, "Look at a public page of your own country: what is missing?"),
    (45, "Draw the table that your office would need"),
    (45, "One pair shows its result, and the room asks"),
    (45, "Teach one thing of today to somebody from another office"),
    (45, "A task of your own office, with a helper at hand"),
)
"""(minutes at most, what to do) with free minutes: nothing in a plan is only a hole."""


def _free(
    day: int, start: int, end: int, today: Mapping[str, int], given: Mapping[str, int]
) -> Iterable[Slot]:
    """Free minutes as named activities, an hour and more as several.

    What a day or the workshop has had comes last, and a stretch never has the same one twice: when all are used up,
    they are longer instead.
    """
    if end <= start:
        return
    longest = ACTIVITIES[-1][0]
    pieces = -(-(end - start) // longest)
    most = longest if pieces > 1 else min(most for most, _ in ACTIVITIES if end - start <= most)
    # `sorted` keeps the order of the list among those that were given equally often.
    named = sorted((title for fits, title in ACTIVITIES if fits == most), key=lambda t: (today[t], given[t]))
    pieces = min(pieces, sum(not today[title] for title in named) or 1)
    for number, title in enumerate(named[:pieces]):
        first = start + (end - start) * number // pieces
        last = start + (end - start) * (number + 1) // pieces
        yield Slot(day, first, last, "free", title)


def _too_long(items: Sequence[Item], days: Sequence[Day], over: int) -> InputError:
    needed, there = sum(item.minutes for item in items), free_minutes(days)
    lost = over - (needed - there)
    seams = f" ({lost} minutes are lost before breaks, too short to begin anything)" if lost > 0 else ""
    optional = [item.id for item in items if item.optional]
    ways = ["leave a module out", "end later, or add a day"]
    if optional:
        ways.insert(0, f"leave out what is optional ({', '.join(optional)})")
    return InputError(
        f"The programme is {over} minutes too long: its modules need {needed} minutes and the days leave "
        f"{there}{seams}.",
        fix=f"{ways[0][0].upper()}{ways[0][1:]}, {', or '.join(ways[1:])}.",
    )


# --- running late -------------------------------------------------------------------------------------------------


def _cuts(agenda: Agenda) -> Iterable[Cut]:
    by_id = {item.id: item for item in agenda.items}
    for slot in agenda.slots:
        item = by_id.get(slot.item)
        if item is None or slot.piece != slot.pieces:
            continue
        if slot.kind == "practise":
            saves = min(slot.minutes, item.practise // 2) // 5 * 5
            if saves:
                yield Cut(slot.day, slot.end - saves, item.id, f"the last task of {item.id}", saves)
        elif item.optional and slot.pieces == 1:
            yield Cut(slot.day, slot.start, item.id, f"all of the lesson {item.id}", slot.minutes)


def catch_up(agenda: Agenda, day: int, now: int, late: int) -> tuple[list[Cut], int]:
    """What to leave out on a day so that it ends in time, and the minutes that are still missing (0 if none).

    Parameters
    ----------
    day : int
        Counted from 0.
    now : int
        The clock, in minutes since midnight. What the plan placed before is done.
    late : int
        Minutes behind the plan.

    The reserve is spent first. Then cuts are taken, those that save most first, until the minutes are found.
    """
    coming = [slot for slot in agenda.of_day(day) if slot.end > now]
    missing = late - sum(
        slot.end - max(slot.start, now) for slot in coming if slot.kind in ("buffer", "free")
    )
    chosen: list[Cut] = []
    possible = [cut for cut in agenda.cuts if cut.day == day and cut.start >= now]
    for cut in sorted(possible, key=lambda cut: (-cut.saves, cut.start)):
        if missing <= 0:
            break
        chosen.append(cut)
        missing -= cut.saves
    return sorted(chosen, key=lambda cut: cut.start), max(missing, 0)


def late_at_end(agenda: Agenda, day: int, longer: float, reserve: bool = True) -> float:
    """Minutes by which a day ends late, when every lesson, exercise and talk takes a share longer than planned.

    Parameters
    ----------
    day : int
        Counted from 0.
    longer : float
        0.1 means that 30 minutes become 33.
    reserve : bool
        False leaves the day's own reserve unused, as if it had not been planned.

    Free minutes and the reserve are spent as they come. What nobody needs before a break is lost: it cannot be kept
    for the afternoon. Breaks keep their length.
    """
    if longer < 0:
        raise InputError(f"{longer:g} would make sessions shorter.", where="longer", fix="Give 0 or more.")
    late = 0.0
    for slot in agenda.of_day(day):
        if slot.kind in ("teach", "practise", "talk"):
            late += longer * slot.minutes
        elif slot.kind == "free" or (slot.kind == "buffer" and reserve):
            late = max(late - slot.minutes, 0.0)
    return late


# --- choosing -----------------------------------------------------------------------------------------------------


def missing_needs(chosen: Iterable[str], all_items: Mapping[str, Item]) -> list[tuple[str, str]]:
    """(module, what it needs) for every prerequisite that is not chosen, prerequisites of those included."""
    found: list[tuple[str, str]] = []
    there, waiting = set(chosen), list(chosen)
    while waiting:
        id = waiting.pop(0)
        for need in all_items[id].needs if id in all_items else ():
            if need not in there:
                there.add(need)
                found.append((id, need))
                waiting.append(need)
    return found


def in_order(ids: Iterable[str], all_items: Mapping[str, Item]) -> list[str]:
    """Modules in the order of the course, but each after what it needs."""
    return prerequisites.in_order(ids, {id: item.needs for id, item in all_items.items()})


def choose(path: Sequence[str], all_items: Mapping[str, Item], days: Sequence[Day]) -> list[str]:
    """The modules of a path that fit into days, the most important first, each with what it needs.

    ``path`` lists modules by importance. A module that does not fit any more is passed over, and a shorter one after
    it may still be taken. The result is in teaching order.
    """
    unknown = [id for id in path if id not in all_items]
    if unknown:
        raise InputError(
            f"There is no module {unknown[0]!r}.", fix=f"The modules are {', '.join(all_items)}."
        )
    chosen: list[str] = []
    for id in path:
        if id in chosen:
            continue
        trial = in_order(
            [*chosen, id, *(need for _, need in missing_needs([*chosen, id], all_items))], all_items
        )
        try:
            plan([all_items[each] for each in trial], days)
        except InputError:
            continue
        chosen = trial
    return chosen
