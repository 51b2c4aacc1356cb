"""What is taught and when: a workshop file settled against a course."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from cleanworks import agenda
from cleanworks.agenda import Agenda, Item
from cleanworks.errors import InputError
from cleanworks.workshop import languages, learning_paths
from cleanworks.workshop.catalogue import Course, Lesson
from cleanworks.workshop.lines import meant, nearest
from cleanworks.workshop.times import Times
from cleanworks.workshop.workshop_file import FOLDER, Workshop, minute


@dataclass(frozen=True)
class Programme:
    """A workshop with its lessons in teaching order, its clock, and what the organiser should know."""

    workshop: Workshop
    lessons: tuple[Lesson, ...]
    agenda: Agenda
    warnings: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    """Titles of the lessons in the workshop's language, by id."""
    in_english: tuple[Lesson, ...] = ()
    """Lessons that are not translated into the workshop's language."""


def make_programme(course: Course, workshop: Workshop, *, add_missing: bool = False) -> Programme:
    """Modules and clock of a workshop.

    Minutes are those of the file, else the measured median, else what the lesson plans. With `add_missing`
    prerequisites that the file does not name are put before what needs them; without, they are a warning.

    Raises
    ------
    InputError
        A module or path is unknown, a day impossible, or the programme too long (by how many minutes).
    """
    times = Times.load(course.root)
    known = {lesson.id: _item(lesson, times) for lesson in course.lessons}
    days = [_day(workshop, number) for number in range(len(workshop.days))]
    unknown = [id for id in workshop.module_ids if id not in known]
    if unknown:
        close = [
            f"{id!r}: {said}" if len(unknown) > 1 else said
            for id in unknown
            for said in [_module_meant(course, id)]
        ]
        raise InputError(
            f"There is no module {', '.join(map(repr, unknown))}.",
            where=workshop.source.at("modules", unknown[0]),
            fix=" ".join([*(said for said in close if "?" in said), f"The modules are {', '.join(known)}."]),
        )
    warnings: list[str] = []
    if workshop.path:
        ids = agenda.choose(path_of(course, workshop.path, workshop.source.at("path")), known, days)
        if not ids:
            raise InputError(
                "No module of the path fits into these days.",
                where=workshop.source.at("path"),
                fix="Add time.",
            )
        items = [known[id] for id in ids]
    else:
        items, warnings = _named(workshop, known, add_missing)
    try:
        made = agenda.plan(items, days)
    except InputError as error:
        day = re.match(r"Day (\d+):", error.what)
        chosen = "path" if workshop.path else "modules"
        at = workshop.source.at(*(("days", int(day[1]) - 1, "start") if day else (chosen,)))
        raise InputError(error.what, where=at, fix=error.fix) from None
    warnings += _idle(workshop, made)
    taught = [item.id for item in items if item.kind == "module"]
    lessons = tuple(course.lesson(id) for id in taught)
    titles = {
        lesson.id: languages.entries_of(course, workshop.language, lesson.path).get(
            lesson.title, lesson.title
        )
        for lesson in lessons
    }
    english = tuple(languages.untranslated(course, workshop.language, lessons))
    return Programme(workshop, lessons, made, tuple(warnings), titles, english)


def _idle(workshop: Workshop, made: Agenda) -> list[str]:
    """What to say of days on which nothing is taught: a plan of activities alone is rarely meant."""
    idle = [
        number
        for number in range(len(workshop.days))
        if not any(slot.kind in ("teach", "practise", "talk") for slot in made.of_day(number))
    ]
    if not idle:
        return []
    days = f"day {idle[0] + 1}" if len(idle) == 1 else f"{len(idle)} days, from day {idle[0] + 1} on"
    return [
        f"{workshop.source.at('days', idle[0], 'date')}: no module is left for {days}. Add modules, or leave out what is not needed."
    ]


def _module_meant(course: Course, id: str) -> str:
    """ "Did you mean ...?" for what is no id: one with a slip, or the title or the file of a lesson in its place."""
    ids = [lesson.id for lesson in course.lessons]
    names = {lesson.title.lower(): lesson.id for lesson in course.lessons}
    names |= {lesson.path.stem: lesson.id for lesson in course.lessons}
    said = PurePath(id).stem.lower() if id.endswith(".ipynb") else id.lower()
    begun = [one for name, one in names.items() if name.startswith(said)] if len(said) > 3 else []
    close = names.get(nearest(said, names) or "") or next(iter(begun), "")
    return f"Did you mean {close!r}?" if close else meant(id, ids).strip()


def path_of(course: Course, name: str, where: str | None = None) -> list[str]:
    """The modules of a path, by importance: a list of `workshops/paths.toml`, or a part of the course in its order."""
    lists = learning_paths.named(course)
    if name in lists:
        return lists[name]
    if ids := [lesson.id for lesson in course.lessons if lesson.block.part == name]:
        return ids
    parts = dict.fromkeys(lesson.block.part for lesson in course.lessons)
    there = list(dict.fromkeys([*lists, *parts]))
    raise InputError(
        f"There is no path {name!r}.", where=where, fix=f"{meant(name, there)}There are {', '.join(there)}."
    )


def _named(workshop: Workshop, known: dict[str, Item], add_missing: bool) -> tuple[list[Item], list[str]]:
    """The items in the order of the file, and warnings about what they need first."""
    named: list[Item] = []
    for number, part in enumerate(workshop.modules, 1):
        if part.talk:
            named.append(
                Item(f"talk-{number}", part.talk, part.minutes or 0, kind="talk", optional=part.optional)
            )
            continue
        item = known[part.module or ""]
        named.append(
            Item(
                item.id,
                item.title,
                item.teach if part.teach is None else part.teach,
                item.practise if part.practise is None else part.practise,
                needs=item.needs,
                level=item.level,
                part=item.part,
                optional=part.optional,
            )
        )
    missing = agenda.missing_needs(workshop.module_ids, known)
    if missing and add_missing:
        for module, need in missing:
            place = next(n for n, item in enumerate(named) if item.id == module)
            named.insert(place, known[need])
        missing = []
    warnings = [
        f"{module} needs {need} ({known[need].title}, {known[need].minutes} minutes), which the workshop does not "
        "have. Add it to `modules`, or build with --add-missing."
        for module, need in missing
    ]
    order = [item.id for item in named]
    warnings += [
        f"{item.id} comes before {need}, which it needs. Change their order."
        for item in named
        for need in item.needs
        if need in order and order.index(need) > order.index(item.id)
    ]
    return named, warnings


def _item(lesson: Lesson, times: Times) -> Item:
    block = lesson.block
    minutes = times.minutes(lesson.id, lesson.minutes)
    return Item(
        lesson.id,
        lesson.title,
        minutes.teach,
        minutes.practise,
        needs=block.prerequisites,
        level=block.level or "",
        part=block.part,
    )


def _day(workshop: Workshop, number: int) -> agenda.Day:
    day = workshop.days[number]

    def pairs(activities: Sequence[Any]) -> tuple[tuple[str, int], ...]:
        return tuple((activity.title, activity.minutes) for activity in activities)

    return agenda.Day(
        minute(day.start),
        minute(day.end),
        tuple(agenda.Pause(minute(p.start), p.minutes, p.title) for p in day.breaks),
        pairs(day.opening),
        pairs(day.closing),
        workshop.buffer if day.buffer is None else day.buffer,
        day.date,
    )


def file_of(course: Course, name: str | Path) -> Path:
    """The workshop file that is meant: a path, or the name of one in `workshops/`."""
    path = Path(name)
    short = course.root / FOLDER / f"{name}.toml"
    return short if not path.suffix and short.is_file() else path
