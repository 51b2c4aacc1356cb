"""The workshop file: one TOML file from which everything that a workshop hands out is made.

    title = "Clean construction in two days"
    place = "Seoul"
    audience = "officials of public works"
    modules = ["o1", { module = "c6", practise = 20 }, { talk = "Opening speech", minutes = 30 }]

    [[days]]
    date = 2026-12-02
    start = "09:00"
    end = "16:30"
    breaks = [{ title = "Lunch", start = "12:15", minutes = 60 }]

Instead of `modules` it may name a `path`: a part of the course, or a list in `workshops/paths.toml`. Then the modules
are chosen from it until the days are full.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from cleanworks import toml
from cleanworks.errors import InputError
from cleanworks.texts import read_text
from cleanworks.workshop.lines import Source, meant, nearest
from cleanworks.workshop.metadata import LessonId, Text
from cleanworks.workshop.validation import Problem, found

FOLDER = "workshops"


def _clock(value: Any) -> Any:
    """Times are written "09:00". A bare number would be taken for seconds."""
    if isinstance(value, datetime.time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value.strip()):
        hour, minute = value.split(":")
        return datetime.time(int(hour), int(minute))
    raise ValueError(f'{value!r} is not a time of day; write it as "{_meant(value) or "09:00"}"')


def _meant(value: Any) -> str | None:
    """The time that was written in another way: 8am, 10.30, 14h, 9:05 pm, 09:00:00."""
    said = re.fullmatch(
        r"(\d{1,2})(?:[.:h ]+([0-5]\d)?(?::[0-5]\d)?)?\s*([ap])?\.?(?:m\.?)?", str(value).strip().lower()
    )
    if said is None:
        return None
    hour = int(said[1]) % 12 + 12 * (said[3] == "p") if said[3] else int(said[1])
    return f"{hour:02}:{said[2] or '00'}" if hour < 24 else None


def _module(value: Any) -> Any:
    if isinstance(value, str):
        return {"module": value}
    if not isinstance(value, dict | BaseModel):
        raise ValueError(f'{value!r} is not the id of a module; write it in quotation marks, such as "c6"')
    return value


# Signs that steer an old terminal or turn the direction of the text around them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e]")

Clock = Annotated[datetime.time, BeforeValidator(_clock)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _as_meant(cls, value: Any, info: ValidationInfo) -> Any:
        """No true or false where a number stands, and no text that turns or hides what stands beside it."""
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            raise ValueError(f"{str(value).lower()} does not fit here; only `optional` is true or false")
        if isinstance(value, str):
            value = " ".join(value.split())
            if hidden := _UNSEEN.search(value):
                raise ValueError(
                    f"there is a sign in it that nobody sees (U+{ord(hidden[0]):04X}); write it again"
                )
        return value


class Break(_Block):
    """A break at a fixed time. Nothing is ever planned over it."""

    title: Text = Field("Break", description="What stands in the agenda.")
    start: Clock = Field(description='When it begins, such as "10:30".')
    minutes: int = Field(ge=1, le=240, description="How long it takes.")


class Activity(_Block):
    """Something at the start or the end of a day that is not a module."""

    title: Text = Field(description="What stands in the agenda.")
    minutes: int = Field(ge=1, le=480, description="How long it takes.")


class Day(_Block):
    """One day: when it starts and ends, its breaks, and what stands at its start and its end."""

    date: datetime.date = Field(description="Such as 2026-12-14, without quotation marks.")
    start: Clock = Field(description='When the day begins, such as "09:00".')
    end: Clock = Field(description="When it ends.")
    breaks: tuple[Break, ...] = Field((), description="Breaks at fixed times; see below.")
    opening: tuple[Activity, ...] = Field((), description="What stands at the start; see below.")
    closing: tuple[Activity, ...] = Field((), description="What stands at the end; see below.")
    buffer: int | None = Field(
        None, ge=0, le=240, description="Minutes kept free; the workshop's if not given."
    )


class Part(_Block):
    """A module, with other minutes than it plans for itself if wished; or a talk, which has only a title."""

    module: Text | None = Field(None, description="Id of a module, such as c6.")
    talk: Text | None = Field(None, description="Title of a talk, instead of a module.")
    minutes: int | None = Field(None, ge=1, le=480, description="Length of a talk.")
    teach: int | None = Field(None, ge=0, le=600, description="Minutes to teach, if not those of the module.")
    practise: int | None = Field(
        None, ge=0, le=600, description="Minutes of exercises, if not those of the module."
    )
    optional: bool = Field(False, description="May be left out when time runs short.")


class Member(_Block):
    """One of the team."""

    name: Text = Field(description="A name.")
    role: Text = Field("instructor", description="What this person does.")


class Workshop(_Block):
    """A workshop as its file describes it. `id` is the name of the file and of what is built."""

    id: LessonId
    title: Text = Field(description="What stands on every page.")
    subtitle: str = Field("", description="A line under the title.")
    place: Text = Field(description="Town or room.")
    organiser: str = Field("", description="Who invites; on the agenda and the certificates.")
    logo: str = Field(
        "", description="A picture for the certificates, .png, .jpg or .svg, beside the workshop file."
    )
    signed_by: tuple[Text, ...] = Field(
        (), max_length=3, description="Who signs the certificates, each with a line."
    )
    timezone: str | None = Field(
        None, description="Such as Asia/Seoul; calendars show local time without it."
    )
    language: Text = Field(
        "en", description="Code of the language of everything that is handed out: en, fr, ko, ar."
    )
    audience: Text = Field(description="For whom it is.")
    about: str = Field(
        "", description="A paragraph for the agenda, such as what the workshop is modelled on."
    )
    profile: Text | None = Field(
        None, description="The country: the code of a profile, or a .toml file beside this one."
    )
    participants: int = Field(
        20, ge=1, le=2000, description="How many people come; the room list counts with it."
    )
    days: tuple[Day, ...] = Field(min_length=1, max_length=30, description="The days, each under `[[days]]`.")
    modules: tuple[Annotated[Part, BeforeValidator(_module)], ...] = Field(
        (), description="What is taught, in this order: ids, or blocks as below."
    )
    path: Text | None = Field(
        None, description="Instead of `modules`: a path or a part, of which as many modules are taken as fit."
    )
    buffer: int = Field(15, ge=0, le=240, description="Minutes kept free at the end of every day.")
    team: tuple[Member, ...] = Field((), description="The team, each under `[[team]]`.")

    _source: Source = PrivateAttr(default=Source())

    @property
    def source(self) -> Source:
        """The file that it was read from, for messages."""
        return self._source

    @property
    def module_ids(self) -> tuple[str, ...]:
        """Ids of the modules that the file names, in its order; empty when it names a path."""
        return tuple(part.module for part in self.modules if part.module)


def load(path: Path | str) -> Workshop:
    """Read a workshop file.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or says something impossible. The message has one line for each mistake.
    """
    path = Path(path)
    if not path.exists():
        there = sorted(one.stem for one in Path(FOLDER).glob("*.toml"))
        raise InputError(
            "There is no such workshop file.",
            where=str(path),
            fix=f"{meant(path.stem, there)}Those that ship are in {FOLDER}/; `cleanworks workshop new` begins one.",
        )
    text = read_text(path, "The workshop file")
    values = toml.parse(text, "The workshop file", str(path))
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "workshop"
    return parse(values, name, str(path), text)


def values_of(text: str) -> dict[str, Any]:
    """The named values of a workshop file's text."""
    return toml.loads(text)


_LOOKED_AT, _LISTED = 60, 20


def parse(values: dict[str, Any], id: str, where: str = "the workshop", text: str = "") -> Workshop:
    """A workshop from named values, checked like a file. ``text`` is what they were read from; it serves for messages."""
    source = Source(where, text)
    if "title" not in values and ("extends" in values or ("names" in values and "currency" in values)):
        raise InputError(
            "This is a country profile, not a workshop file.",
            where=where,
            fix=f'Name it in a workshop file: profile = "{Path(where).name}".',
        )
    unseen = 0
    named = [Problem(("id",), "`id` is not known here; a workshop is called as its file is")] * (
        "id" in values
    )
    try:
        workshop = Workshop.model_validate({**values, "id": id if id[:1].isalpha() else f"w-{id}"})
        workshop._source = source
        wrong = [*named, *_mistakes(workshop)]
    except ValidationError as error:
        every = found(error)
        # A file that was pasted together many times has thousands; nobody reads them, and each takes a look at the whole text.
        helped, unseen = [_helped(one) for one in every[:_LOOKED_AT]], len(every[_LOOKED_AT:])
        # A name written wrongly is one mistake: what it was meant for is not missing too.
        wrong = [*named, *(one for one in helped if not _explained(one, helped))]
    if not wrong:
        return workshop
    if len(wrong) == 1:
        raise InputError(
            f"{wrong[0].said[0].upper()}{wrong[0].said[1:]}.",
            where=source.at(*_block(wrong[0])),
            fix="Correct it and run the command again.",
        )
    numbered = [(source.line(*_block(one)), one.said) for one in wrong[:_LISTED]]
    listed = "\n".join(f"  - {f'line {line}: ' if line else ''}{said}." for line, said in numbered)
    more = len(wrong) + unseen - len(numbered)
    raise InputError(
        f"{len(wrong) + unseen} things are wrong:\n{listed}{f'{chr(10)}  and {more} more' if more else ''}",
        where=where,
        fix="Correct them and run the command again.",
    )


def _block(problem: Problem) -> tuple[str | int, ...]:
    """Where to point: at the entry, or at its block where the entry is missing."""
    return problem.place[:-1] if problem.said.endswith("is missing") else problem.place


def _explained(problem: Problem, others: list[Problem]) -> bool:
    if not problem.said.endswith("is missing"):
        return False
    return any(
        other.place[:-1] == problem.place[:-1] and f"perhaps {problem.place[-1]!r} is meant" in other.said
        for other in others
    )


_BLOCKS = ("days", "team")


def _helped(problem: Problem) -> Problem:
    """A problem with an unknown name: which name was probably meant, or where it belongs."""
    last = problem.place[-1]
    if len(problem.place) == 1 and last in _BLOCKS and "square brackets" in problem.said:
        return Problem(problem.place, f"`{last}` should be a list; begin each entry with [[{last}]]")
    if not problem.said.endswith("is not known here"):
        return problem
    kind: type[BaseModel] = Workshop
    for part in problem.place[:-1]:
        if isinstance(part, str):
            kinds: dict[str, type[BaseModel]] = {
                "days": Day,
                "breaks": Break,
                "opening": Activity,
                "closing": Activity,
                "modules": Part,
                "team": Member,
            }
            kind = kinds.get(part, kind)
    known = [name for name in kind.model_fields if name != "id"]
    # In TOML, what stands under a heading in brackets belongs to it, down to the next one.
    if kind in (Day, Member) and last in Workshop.model_fields:
        help = "it belongs to the workshop: write it above the first line in double brackets"
    elif kind is Workshop and last in Day.model_fields:
        help = "it belongs to a day: write it under [[days]]"
    elif close := nearest(str(last), known):
        help = f"perhaps {close!r} is meant"
    else:
        help = f"known are {', '.join(known)}"
    return Problem(problem.place, f"{problem.said}; {help}")


def _mistakes(workshop: Workshop) -> list[Problem]:
    """What is impossible although every single entry is of the right kind."""
    wrong: list[Problem] = []
    if bool(workshop.modules) == bool(workshop.path):
        wrong.append(Problem(("path",), "name either `modules` or a `path` from which they are chosen"))
    if workshop.timezone is not None:
        try:
            zoneinfo.ZoneInfo(workshop.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            zones = sorted(zoneinfo.available_timezones())
            close = next(
                (zone for zone in zones if zone.rpartition("/")[2].lower() == workshop.timezone.lower()), None
            )
            close = close or nearest(workshop.timezone, zones, 0.85)
            said = (
                f"perhaps {close!r} is meant"
                if close
                else "it has a region and a city, such as Africa/Kampala"
            )
            wrong.append(
                Problem(("timezone",), f"`timezone`: there is no time zone {workshop.timezone!r}; {said}")
            )
    for number, part in enumerate(workshop.modules, 1):
        wrong += [Problem(("modules",), f"`modules.{number}`: {said}") for said in _wrong_part(part)]
    named = workshop.module_ids
    wrong += [
        Problem(("modules",), f"`modules` names {id!r} twice")
        for id in dict.fromkeys(named)
        if named.count(id) > 1
    ]
    for number, day in enumerate(workshop.days, 1):
        wrong += [
            Problem(("days", number - 1, key), f"`days.{number}` ({day.date}): {said}")
            for key, said in _wrong_day(day)
        ]
        if number > 1 and day.date <= workshop.days[number - 2].date:
            wrong.append(
                Problem(
                    ("days", number - 1, "date"),
                    f"`days.{number}` ({day.date}) does not come after the day before it",
                )
            )
    return wrong


def notes(
    workshop: Workshop, rest: tuple[int, ...] = (5, 6), today: datetime.date | None = None
) -> list[str]:
    """What is possible and probably not meant: days that have passed, and days on which offices rest (Monday is 0)."""
    said = []
    for number, day in enumerate(workshop.days):
        place = workshop.source.at("days", number, "date")
        if day.date < (today or datetime.date.today()):
            said.append(f"{place}: {day.date:%A} {day.date.day} {day.date:%B %Y} has passed.")
        if day.date.weekday() in rest:
            said.append(
                f"{place}: {day.date.day} {day.date:%B %Y} is a {day.date:%A}, when offices are closed."
            )
    return said


def _wrong_part(part: Part) -> list[str]:
    if (part.module is None) == (part.talk is None):
        return ["name either a `module` or a `talk`"]
    if part.talk and part.minutes is None:
        return ["a talk needs its `minutes`"]
    if part.module and part.minutes is not None:
        return ["a module has `teach` and `practise`; only a talk has `minutes`"]
    if part.module and part.teach == part.practise == 0:
        return [f"{part.module!r} gets no minutes; give it some, or leave it out"]
    if part.talk and (part.teach is not None or part.practise is not None):
        return ["a talk has `minutes`; only a module has `teach` and `practise`"]
    return []


def _wrong_day(day: Day) -> list[tuple[str, str]]:
    start, end = minute(day.start), minute(day.end)
    if end <= start:
        return [("end", f"it ends at {day.end:%H:%M}, which is not after its start at {day.start:%H:%M}")]
    wrong = []
    before: Break | None = None
    for pause in sorted(day.breaks, key=lambda pause: pause.start):
        begins, over = minute(pause.start), minute(pause.start) + pause.minutes
        if begins < start or over > end:
            said = f"the break {pause.title!r} at {pause.start:%H:%M} lies outside the day ({day.start:%H:%M} to {day.end:%H:%M})"
            wrong.append(("breaks", said))
        if before is not None and begins < minute(before.start) + before.minutes:
            shared = minute(before.start) + before.minutes - begins
            wrong.append(
                ("breaks", f"the breaks {before.title!r} and {pause.title!r} overlap by {shared} minutes")
            )
        before = pause
    return wrong


def minute(clock: datetime.time) -> int:
    """Minutes since midnight."""
    return clock.hour * 60 + clock.minute
