"""Times that learn: the minutes that lessons really took, kept in one CSV file beside the course.

    date,workshop,lesson,part,minutes
    2026-11-24,two-day-ccs,c6,teach,55

Once a lesson has three records of a part, its plan is their median; until then, what the lesson itself says.
"""

from __future__ import annotations

import csv
import datetime
import io
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.texts import read_text
from cleanworks.workshop.metadata import Minutes
from cleanworks.written import csv_text, whole

FILE = "times.csv"
COLUMNS = ("date", "workshop", "lesson", "part", "minutes")
PARTS = ("teach", "practise")
ENOUGH = 3
"""Records of a part from which on their median replaces the plan."""

LONGEST = 600


@dataclass(frozen=True)
class Record:
    """What one session really took: whole minutes of one part of one lesson."""

    date: datetime.date
    workshop: str
    lesson: str
    part: str
    minutes: int


@dataclass(frozen=True)
class Times:
    """All records of a course. An empty one knows nothing, and every plan stays as it is."""

    records: tuple[Record, ...] = ()

    @classmethod
    def load(cls, path: Path | str) -> Times:
        """Read the file; no records if there is none yet.

        Raises
        ------
        InputError
            A column is missing, or a row is wrong; the message names the row.
        """
        path = Path(path)
        if path.is_dir():
            path = path / FILE
        if not path.exists():
            return cls()
        reader = csv.reader(io.StringIO(read_text(path, "The file of minutes", fix="Save it as CSV UTF-8.")))
        try:
            rows = list(reader)
        except csv.Error as error:
            raise InputError(
                f"This is not a CSV file: {error}.", where=str(path), fix="Save it as CSV UTF-8."
            ) from None
        if not rows:
            return cls()
        head = [name.strip().lower() for name in rows[0]]
        missing = [name for name in COLUMNS if name not in head]
        if missing:
            raise InputError(
                f"The file of minutes has no column {missing[0]!r}.",
                where=str(path),
                fix=f"Its first line is: {','.join(COLUMNS)}",
            )
        records = []
        for number, row in enumerate(rows[1:], 2):
            if any(cell.strip() for cell in row):
                named = dict(zip(head, (cell.strip() for cell in row), strict=False))
                records.append(record(*(named.get(c, "") for c in COLUMNS), where=f"{path}, row {number}"))
        return cls(tuple(records))

    def of(self, lesson: str, part: str) -> list[int]:
        """Recorded minutes of one part of a lesson, oldest first."""
        return [r.minutes for r in self.records if (r.lesson, r.part) == (lesson, part)]

    def median(self, lesson: str, part: str) -> int | None:
        """The median in whole minutes, rounded up, or None until there are three records."""
        known = self.of(lesson, part)
        if len(known) < ENOUGH:
            return None
        return int(-(-statistics.median(known) // 1))

    def minutes(self, lesson: str, planned: Minutes) -> Minutes:
        """The minutes to plan with: the measured medians where there are enough records, else what is planned."""
        measured = {part: self.median(lesson, part) for part in PARTS}
        return Minutes(
            **{part: getattr(planned, part) if value is None else value for part, value in measured.items()}
        )


def record(
    date: object, workshop: str, lesson: str, part: str, minutes: Any, *, where: str | None = None
) -> Record:
    """One checked record.

    Raises
    ------
    InputError
        The day is no date, the part is unknown, or the minutes are not a whole number from 1 to 600.
    """
    try:
        day = date if isinstance(date, datetime.date) else datetime.date.fromisoformat(str(date).strip())
    except ValueError:
        raise InputError(f"{date!r} is not a day.", where=where, fix="Write it as 2026-11-24.") from None
    if not lesson:
        raise InputError(
            "This record does not name its lesson.", where=where, fix="Write its id, such as c6."
        )
    if part not in PARTS:
        raise InputError(f"{part!r} is not a part of a lesson.", where=where, fix="Write teach or practise.")
    try:
        whole = int(str(minutes))
    except ValueError:
        whole = 0
    if not 1 <= whole <= LONGEST:
        raise InputError(
            f"{minutes!r} is not a number of minutes.",
            where=where,
            fix=f"Write a whole number from 1 to {LONGEST}.",
        )
    return Record(day, workshop, lesson, part, whole)


def add(path: Path | str, new: Iterable[Record]) -> Path:
    """Add records to the file, which is begun if it is not there; replaced only by a whole one."""
    path = Path(path)
    if path.is_dir():
        path = path / FILE
    known = Times.load(path)
    rows = [(r.date.isoformat(), r.workshop, r.lesson, r.part, r.minutes) for r in (*known.records, *new)]
    with whole(path) as out:
        out.write(csv_text([COLUMNS, *rows]).encode())
    return path


def comparison(times: Times, planned: Mapping[str, Minutes]) -> list[dict[str, Any]]:
    """Planned against measured, one row per lesson and part that has records."""
    rows = []
    for lesson, plan in planned.items():
        for part in PARTS:
            known = times.of(lesson, part)
            if known:
                rows.append(
                    {
                        "lesson": lesson,
                        "part": part,
                        "planned": getattr(plan, part),
                        "records": len(known),
                        "shortest": min(known),
                        "median": statistics.median(known),
                        "longest": max(known),
                    }
                )
    return rows
