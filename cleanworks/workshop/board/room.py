"""The state of a room: who is there, how far each is, who raised a hand, what was asked, and where the clock is.

Everything follows from the journal's events, so a server that starts again shows what it showed before. What a browser
sends is refused here unless it is whole, of this workshop, and about nobody but its sender.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cleanworks import agenda, words
from cleanworks.learn import record
from cleanworks.learn.sharing import mark
from cleanworks.workshop.board import pseudonyms
from cleanworks.workshop.board.outline import Exercise, Outline
from cleanworks.workshop.board.room_journal import Journal

STUCK_AFTER = 3
"""Checks in a row that said "not yet" or "your code raised" before somebody counts as stuck."""

STATES = ("done", "trying", "stuck", "not begun")
MOST_PEOPLE = 1000
MOST_QUESTIONS = 500
LONGEST_QUESTION = 300
BURST, PER_SECOND = 30.0, 1.0
"""What one browser may send: so many at once, and so many more each second."""

JOINS, JOINS_PER_SECOND = 120.0, 0.2
"""How many may join from one address at once, and each second more: a room behind one address fits, a script does not fill it."""

FORMAT = "cleanworks-class"


class Refused(Exception):
    """Something that a browser sent and that changes nothing. The status is HTTP's; the text is for a person."""

    def __init__(self, status: int, said: str):
        super().__init__(said)
        self.status = status
        self.said = said


@dataclass
class Attempt:
    """What is known of one person at one question."""

    outcome: str = ""
    tries: int = 0
    in_a_row: int = 0
    mistakes: set[int] = field(default_factory=set)
    hints: int = 0
    day: str = ""

    @property
    def state(self) -> str:
        if self.outcome in record.FINAL:
            return "done"
        return "stuck" if self.in_a_row >= STUCK_AFTER else "trying"


@dataclass
class Person:
    """Somebody in the room."""

    name: str
    share: bool
    attempts: dict[str, Attempt] = field(default_factory=dict)
    hand: float | None = None
    tokens: float = BURST
    sent: float = 0.0


class Room:
    """One class. Every change goes through the journal first.

    Parameters
    ----------
    outline : what is taught and when.
    journal : where events are kept; those that are there are read at once.
    clock : the time in seconds since 1970, for tests.
    """

    def __init__(self, outline: Outline, journal: Journal, clock: Callable[[], float] = time.time):
        self.outline = outline
        self.journal = journal
        self.clock = clock
        self.exercises = {exercise.id: exercise for exercise in outline.exercises}
        self.people: dict[str, Person] = {}
        self.questions: dict[int, str] = {}
        self.asked = 0
        self.begun: tuple[int, float] | None = None  # the session that really began, and when
        self.day: int | None = None
        self.secret = ""
        self.version = 0
        """Grows with every change, so that a board knows when to look again."""
        self._names: set[str] = set()
        self._doors: dict[
            str, tuple[float, float]
        ] = {}  # how many may still join from an address, and since when
        for event in journal.events():
            self._replay(event)
        if not self.secret:
            self._note("begin", workshop=outline.workshop, secret=secrets.token_urlsafe(24))

    # --- what learners do ---

    def who(self, token: str | None) -> str | None:
        """The person whom a browser's cookie names. The journal holds only its digest, which opens nothing."""
        name = _digest(token or "")
        return name if name in self.people else None

    def join(self, name: str, share: bool, address: str = "") -> tuple[str, str]:
        """(token for the browser, the name as it was given). A name that is taken gets a number."""
        if len(self.people) >= MOST_PEOPLE:
            raise Refused(503, "The room is full. Tell your instructor.")
        given = pseudonyms.tidy(name) if name else self.draw()
        if not given:
            raise Refused(400, "A name needs at least one letter.")
        if address:
            self._enter(address)
        token = secrets.token_urlsafe(24)
        given = self._free(given)
        self._note("join", who=_digest(token), name=given, share=share)
        return token, given

    def _enter(self, address: str) -> None:
        left, since = self._doors.get(address, (JOINS, 0.0))
        left = min(JOINS, left + JOINS_PER_SECOND * max(0.0, self.clock() - since))
        if left < 1:
            raise Refused(429, "That was much at once. Wait a moment.")
        self._doors[address] = (left - 1, self.clock())

    def draw(self) -> str:
        """A name that nobody has yet, in the language of the workshop."""
        return pseudonyms.draw(self._names, things=pseudonyms.things(self.outline.language))

    def _free(self, name: str) -> str:
        number, given = 2, name
        while given.casefold() in self._names:
            given = f"{name[: pseudonyms.LONGEST - 4].strip()} {number}"
            number += 1
        return given

    def check(self, who: str, sent: Any) -> None:
        """The outcome of a check: question, outcome, prepared mistake, hints opened, and nothing else."""
        if not isinstance(sent, dict) or set(sent) != {"workshop", "question", "outcome", "mistake", "hints"}:
            raise Refused(400, "This is not the outcome of a check.")
        if sent["workshop"] != self.outline.workshop:
            raise Refused(409, "This outcome belongs to another workshop.")
        exercise = self.exercises.get(sent["question"]) if isinstance(sent["question"], str) else None
        if exercise is None:
            raise Refused(400, "This workshop has no such question.")
        right = ("answered",) if exercise.open else ("correct",)
        if sent["outcome"] not in (*right, "not-yet", "not-attempted", "raised"):
            raise Refused(400, "No check of this question says that.")
        if not _is_place(sent["mistake"], len(exercise.mistakes)) or (
            sent["mistake"] is not None and sent["outcome"] != "not-yet"
        ):
            raise Refused(400, "This question has no such prepared mistake.")
        if type(sent["hints"]) is not int or not 0 <= sent["hints"] <= len(exercise.hints):
            raise Refused(400, "This question has fewer hints.")
        if not self.people[who].share:
            raise Refused(403, "This person does not share outcomes.")
        self._spend(who)
        self._note(
            "check", who=who, **{name: sent[name] for name in ("question", "outcome", "mistake", "hints")}
        )

    def share(self, who: str, yes: bool) -> None:
        """Agree or withdraw. Whoever withdraws disappears from the board with what was sent so far."""
        if self.people[who].share != yes:
            self._spend(who)
            self._note("share", who=who, yes=yes)

    def hand(self, who: str, up: bool) -> None:
        """Raise a hand or take it down."""
        if (self.people[who].hand is not None) != up:
            self._spend(who)
            self._note("hand", who=who, up=up)

    def ask(self, who: str, text: str) -> None:
        """A question without a name: nothing in the journal says whose it is."""
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if not 2 <= len(text) <= LONGEST_QUESTION:
            raise Refused(400, f"A question has 2 to {LONGEST_QUESTION} letters.")
        if len(self.questions) >= MOST_QUESTIONS:
            raise Refused(503, "There are many open questions. Ask aloud, please.")
        self._spend(who, 5.0)
        self._note("ask", text=text)

    def _spend(self, who: str, price: float = 1.0) -> None:
        person, now = self.people[who], self.clock()
        person.tokens = min(BURST, person.tokens + PER_SECOND * max(0.0, now - person.sent))
        person.sent = now
        if person.tokens < price:
            raise Refused(429, "That was much at once. Wait a moment.")
        person.tokens -= price

    # --- what the instructor does ---

    def instruct(self, act: str, value: Any) -> None:
        """One press on the board: ``down`` a hand, ``answered`` a question, ``remove`` a line, ``day``, ``begun`` a session."""
        person = isinstance(value, str) and value in self.people
        if act == "down" and person:
            self._note("hand", who=value, up=False)
        elif act == "answered" and type(value) is int and value in self.questions:
            self._note("answered", number=value)
        elif act == "remove" and person:
            self._note("remove", who=value)
        elif act == "day" and _is_place(value, len(self.outline.dates)):
            self._note("day", day=value)
        elif act == "begun" and _is_place(value, len(self.outline.sessions)):
            self._note("begun", session=value)
        else:
            raise Refused(400, "The board does not know this.")

    # --- events ---

    def _note(self, kind: str, **facts: Any) -> None:
        event = {"kind": kind, "at": round(self.clock(), 1), **facts}
        self.journal.write(event)
        self._apply(event)

    def _replay(self, event: dict[str, Any]) -> None:
        try:
            self._apply(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            self.journal.unread += 1

    def _apply(self, event: dict[str, Any]) -> None:
        kind, at = event["kind"], float(event["at"])
        if kind == "begin":
            if event["workshop"] != self.outline.workshop:
                raise ValueError("another workshop")
            self.secret = str(event["secret"])
        elif kind == "join":
            self.people[event["who"]] = Person(event["name"], event["share"], sent=at)
            self._names.add(event["name"].casefold())
        elif kind == "check":
            self._checked(self.people[event["who"]], event, at)
        elif kind == "share":
            person = self.people[event["who"]]
            person.share = event["yes"]
            if not person.share:
                person.attempts.clear()
        elif kind == "hand":
            self.people[event["who"]].hand = at if event["up"] else None
        elif kind == "ask":
            self.asked += 1
            self.questions[self.asked] = event["text"]
        elif kind == "answered":
            self.questions.pop(event["number"], None)
        elif kind == "remove":
            del self.people[event["who"]]
        elif kind == "day":
            self.day = event["day"]
        elif kind == "begun":
            self.begun = None if event["session"] is None else (event["session"], at)
        else:
            raise ValueError(kind)
        self.version += 1

    def _checked(self, person: Person, event: dict[str, Any], at: float) -> None:
        attempt = person.attempts.setdefault(self.exercises[event["question"]].id, Attempt())
        outcome = event["outcome"]
        attempt.hints = max(attempt.hints, event["hints"])
        attempt.day = attempt.day or dt.date.fromtimestamp(at).isoformat()
        if outcome != "not-attempted" and attempt.outcome not in record.FINAL:
            attempt.tries = min(attempt.tries + 1, record.MOST_CHECKS)
        attempt.in_a_row = attempt.in_a_row + 1 if outcome in ("not-yet", "raised") else 0
        attempt.outcome = max(
            attempt.outcome, outcome, key=lambda one: record.OUTCOMES.index(one) if one else -1
        )
        if event["mistake"] is not None:
            attempt.mistakes.add(event["mistake"])

    # --- what is shown ---

    @property
    def marks(self) -> dict[str, list[str]]:
        """For each question the marks of its prepared mistakes, by which a page recognises one."""
        return {id: [mark(one.said) for one in exercise.mistakes] for id, exercise in self.exercises.items()}

    def board(self) -> dict[str, Any]:
        """Everything that the board shows, as plain data."""
        sharing = {who: person for who, person in self.people.items() if person.share}
        return {
            "version": self.version,
            "at": self.clock(),
            "people": len(self.people),
            "sharing": len(sharing),
            "names": [
                {"who": who, "name": person.name, "share": person.share, "sent": len(person.attempts)}
                for who, person in self.people.items()
            ],
            "hands": [
                {"who": who, "name": person.name, "since": person.hand}
                for who, person in sorted(self.people.items(), key=lambda one: one[1].hand or 0)
                if person.hand is not None
            ],
            "questions": [{"number": number, "text": text} for number, text in self.questions.items()],
            "exercises": [self._exercise(exercise, sharing) for exercise in self.outline.exercises],
            "clock": self.clock_of_the_day(),
        }

    def _exercise(self, exercise: Exercise, sharing: dict[str, Person]) -> dict[str, Any]:
        names: dict[str, list[str]] = {state: [] for state in STATES}
        mistakes: Counter[int] = Counter()
        hints = 0
        for person in sharing.values():
            attempt = person.attempts.get(exercise.id)
            names[attempt.state if attempt else "not begun"].append(person.name)
            if attempt:
                mistakes.update(attempt.mistakes)
                hints += attempt.hints > 0
        shown = {
            "id": exercise.id,
            "lesson": exercise.lesson,
            "title": exercise.title,
            "hints": hints,
            "names": names,
        }
        if mistakes:
            # Of equally common ones the first, so that the board does not flicker.
            place, people = min(mistakes.items(), key=lambda one: (-one[1], one[0]))
            shown["mistake"] = {
                "people": people,
                "code": exercise.mistakes[place].code,
                # Kept as the page sends it, in English; shown as the check says it to the learner.
                "said": self._say(exercise.mistakes[place].said),
                "hint": exercise.hints[0] if exercise.hints else "",
            }
        return shown

    def clock_of_the_day(self) -> dict[str, Any]:
        """Where the plan is now: the session, what comes, cut marks, and what to leave out if it is late.

        Minutes count from midnight. The day is the one that the instructor chose, else today's, else the first; on a day that
        is none of the workshop's the clock still runs, for rehearsals.
        """
        now = dt.datetime.fromtimestamp(self.clock())
        minute = now.hour * 60 + now.minute
        dates = self.outline.dates
        today = now.date().isoformat()
        day = self.day if self.day is not None else dates.index(today) if today in dates else 0
        plan = self.outline.agenda
        number = [n for n, one in enumerate(self.outline.sessions) if one.day == day]
        current = next(
            (n for n in number if self.outline.sessions[n].start <= minute < self.outline.sessions[n].end),
            None,
        )
        late = 0
        if self.begun is not None and self.begun[0] in number:
            # Who began this session at another time than planned runs late, or early, from there on.
            session, at = self.begun
            moment = dt.datetime.fromtimestamp(at)
            if moment.date() == now.date():
                late = moment.hour * 60 + moment.minute - self.outline.sessions[session].start
                current = self._running(session, number, minute - late)
        leave, missing = agenda.catch_up(plan, day, minute, late) if late > 0 else ([], 0)
        return {
            "now": now.hour * 3600 + now.minute * 60 + now.second,
            "day": day,
            "days": list(dates),
            "today": today in dates and dates.index(today) == day,
            "sessions": [self._session(n) for n in number],
            "current": current,
            "late": late,
            "cuts": [
                {"start": cut.start, "what": self._say(cut.what), "saves": cut.saves, "leave": cut in leave}
                for cut in plan.cuts
                if cut.day == day and cut.start >= minute
            ],
            "missing": missing,
        }

    def _session(self, number: int) -> dict[str, Any]:
        session = self.outline.sessions[number]
        label = session.title
        if session.kind in ("teach", "practise"):
            label = f"{self._say(agenda.KINDS[session.kind])} {session.item} · {label}"
        return {"number": number, "start": session.start, "end": session.end, "label": label}

    def _say(self, text: str) -> str:
        return words.say(text, self.outline.language)

    def _running(self, began: int, number: list[int], minute: int) -> int:
        """The session that runs if everything since ``began`` took as long as planned."""
        for n in number:
            if n >= began and self.outline.sessions[n].end > minute:
                return n
        return number[-1]

    # --- afterwards ---

    def saved(self) -> dict[str, Any]:
        """One file for `cleanworks workshop evaluate`: the records of those who shared something, without their names."""
        records = []
        for person in self.people.values():
            lessons: record.Lessons = {}
            for id, attempt in person.attempts.items():
                entry: dict[str, Any] = {"day": attempt.day, "outcome": attempt.outcome}
                entry |= {"checks": attempt.tries} if attempt.tries else {}
                entry |= {"hints": attempt.hints} if attempt.hints else {}
                lessons.setdefault(self.exercises[id].lesson, {}).setdefault("exercises", {})[id] = entry
            if lessons:
                records.append(lessons)
        # In an order that says nothing about who came when.
        records.sort(key=record.checksum)
        return {"format": FORMAT, "version": 1, "workshop": self.outline.workshop, "records": records}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _is_place(value: Any, count: int) -> bool:
    return value is None or (type(value) is int and 0 <= value < count)
