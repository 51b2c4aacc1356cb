"""A block: the unit of a hundred projects in which the city is made.

Every block draws from random streams of its own, named by what they are used for. So a block is the same whether it is
made alone, among three or among a thousand, and turning one irregularity off leaves every other draw as it was.

While a block is being made, a table is a plain dict of numpy arrays, one per column. Columns whose name begins with an
underscore are positions of rows in other tables; they are dropped when the table is finished.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.profiles import Profile

PROJECTS_PER_BLOCK = 100
BLOCKS_PER_MARKET = 3  # firms compete within a market of 300 projects

Rows = dict[str, np.ndarray]
DAY = np.timedelta64(1, "D")
NAT = np.datetime64("NaT", "D")


def stream(seed: int, name: str, number: int = 0) -> Draws:
    """The random stream for one purpose in one block."""
    key = (zlib.crc32(name.encode()), number)
    return Draws(np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=key))))


@dataclass
class Block:
    """Projects ``number * 100`` to ``number * 100 + 99``, their tables and the labels of what was planted."""

    number: int
    seed: int
    profile: Profile
    tables: dict[str, Rows] = field(default_factory=dict)
    labels: list[tuple[str, str, np.ndarray, np.ndarray]] = field(default_factory=list)
    pace: Any = None  # cleanworks.city.works.Pace, once drawn
    course: Any = None  # cleanworks.city.works.Course, once time has passed

    def __getitem__(self, name: str) -> Rows:
        return self.tables[name]

    def __setitem__(self, name: str, rows: Rows) -> None:
        self.tables[name] = rows

    def rng(self, name: str) -> Draws:
        return stream(self.seed, name, self.number)

    def market_rng(self, name: str) -> Draws:
        return stream(self.seed, f"market {name}", self.market)

    def city_rng(self, name: str) -> Draws:
        return stream(self.seed, f"city {name}")

    @property
    def market(self) -> int:
        return self.number // BLOCKS_PER_MARKET

    @property
    def reference(self) -> np.datetime64:
        return reference_date(self.profile)

    @property
    def calendar(self) -> np.busdaycalendar:
        return working_calendar(self.profile)

    def next_workday(self, dates: np.ndarray) -> np.ndarray:
        """The same days, moved forward to a working day; empty dates stay empty."""
        moved = dates.copy()
        known = ~np.isnat(dates)
        moved[known] = np.busday_offset(dates[known], 0, roll="forward", busdaycal=self.calendar)
        return moved

    def known(self, dates: np.ndarray) -> np.ndarray:
        """The same days, empty where they lie after the reference date."""
        return np.where(dates <= self.reference, dates, NAT)

    def label(self, kind: str, table: str, rows: np.ndarray, row_ids: np.ndarray | None = None) -> None:
        """Note that these rows of a table carry an irregularity."""
        found = self[table]
        ids = found[next(iter(found))][rows] if row_ids is None else row_ids
        self.labels.append((kind, table, ids, found["_project"][rows]))

    def is_labelled(self, table: str) -> np.ndarray:
        """Which rows of a table already carry a label: one irregularity a row is enough."""
        found = self[table]
        ids = found[next(iter(found))]
        taken = {row_id for _, labelled, row_ids, _ in self.labels if labelled == table for row_id in row_ids}
        return np.fromiter((row_id in taken for row_id in ids), bool, len(ids))


def reference_date(profile: Profile) -> np.datetime64:
    """The day on which the tables are cut off; the last day of a month."""
    day = np.datetime64(profile["city.reference_date"], "D")
    if (day + DAY).astype("datetime64[M]").astype("datetime64[D]") != day + DAY:
        raise InputError(
            f"'city.reference_date' is {day}, which is not the last day of a month.",
            where=f"profile {profile.code}",
            fix="Progress is reported by month; choose a month's last day.",
        )
    return day


def working_calendar(profile: Profile, rest: str = "weekend") -> np.busdaycalendar:
    """The working days of offices, or of sites with ``rest="site_weekend"``."""
    weekend = set(profile[f"calendar.{rest}"])
    mask = [day not in weekend for day in range(7)]
    return np.busdaycalendar(weekmask=mask, holidays=np.array(profile["calendar.holidays"], "datetime64[D]"))


def window_start(profile: Profile) -> np.datetime64:
    """First day of the window of months with attendance, wages and daily reports."""
    last = reference_date(profile).astype("datetime64[M]")
    return (last - (profile["city.window_months"] - 1)).astype("datetime64[D]")


# --- small helpers on arrays ------------------------------------------------------------------------------------


def numbered(prefix: str, *parts: tuple[np.ndarray, int]) -> np.ndarray:
    """Ids such as ``C-000123-04`` from arrays of numbers and the width of each."""
    pattern = prefix + "".join(f"-{{:0{width}d}}" for _, width in parts)
    columns = [np.asarray(values).tolist() for values, _ in parts]
    return np.array([pattern.format(*row) for row in zip(*columns, strict=True)], dtype=object)


def running_number(groups: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... within each group of a sorted array of group numbers."""
    if len(groups) == 0:
        return np.zeros(0, dtype=np.intp)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))


def days(numbers: np.ndarray) -> np.ndarray:
    """Numbers as lengths of time in whole days."""
    return np.round(numbers).astype("timedelta64[D]")


def month_end(months: np.ndarray) -> np.ndarray:
    """The last day of each month."""
    return (months.astype("datetime64[M]") + 1).astype("datetime64[D]") - DAY


def month_number(dates: np.ndarray) -> np.ndarray:
    """0 for January to 11 for December."""
    return dates.astype("datetime64[M]").astype("int64") % 12


def rounded(amounts: np.ndarray, step: float) -> np.ndarray:
    """Amounts in multiples of the currency's step, at least one step."""
    return np.maximum(np.round(amounts / step), 1) * step


def keep(rows: Rows, mask: np.ndarray) -> Rows:
    return {name: values[mask] for name, values in rows.items()}


def chosen(rng: Draws, eligible: np.ndarray, rate: float) -> np.ndarray:
    """Positions of the eligible rows that an irregularity hits, each with the same chance.

    One number is drawn for every row, so a higher rate hits the same rows and some more.
    """
    return np.flatnonzero(eligible & (rng.random(len(eligible)) < rate))
