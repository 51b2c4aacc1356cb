"""Dates as people and standards write them: an instant with its offset, and the day on the clock that stood there.

A moment is compared and ordered by its instant (17:30+09:00 comes before 09:00Z) and shown by its own clock (midnight in Seoul is
that day in Seoul). Both come from one text in ISO 8601; any other way to write a day (05/02/2024) is refused or read by a format
that somebody states, never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from cleanworks.errors import InputError

# Years outside are placeholders for "no date": 0001-01-01, 1900-01-01 of empty cells, 9999-12-31.
FIRST_YEAR, LAST_YEAR = 1901, 2199
# Nothing in today's data happens after this year but the end of a plan: 2081 is of the Bikram Sambat calendar of Nepal, or a slip.
LAST_YEAR_OF_EVENTS = 2050
# Columns of planned ends, which lie as far ahead as a concession runs; and the fields of OCDS and OC4IDS that say the same.
PLANS = frozenset(("period_end", "old_period_end", "new_period_end", "date_due"))
_PLANNED = frozenset(("endDate", "maxExtentDate", "dueDate"))
_SHAPE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s?(?:Z|z|[+-]\d\d:?\d\d)?)?")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_THIRTEENTH = re.compile(r"\d{4}[-/.]13[-/.]0?[1-6](?!\d)|(?<!\d)0?[1-6][-/.]13[-/.]\d{4}")
_BIKRAM_MORE = 57
_BIKRAM = range(2051, 2096)  # 1994 to 2038; later years, such as 2099, stand for "no date"
_BUDDHIST_MORE = 543
_BUDDHIST = range(1901 + _BUDDHIST_MORE, 2100 + _BUDDHIST_MORE)
_PERSIAN_OR_ISLAMIC = range(1280, 1523)  # 1901 to 2099
OFFSET = "_offset"  # the column of minutes beside a column of clocks


def parse(text: object) -> tuple[dt.datetime, int | None] | None:
    """The wall clock and the offset in minutes (None: none written) of one ISO text; None for anything else or a placeholder.

    >>> parse("2024-03-01T08:00:00+09:00")
    (datetime.datetime(2024, 3, 1, 8, 0), 540)
    """
    if not isinstance(text, str) or len(text) < 10 or text[4] != "-":
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        text = text.strip()
        if not _SHAPE.fullmatch(text):
            return None
        try:
            moment = dt.datetime.fromisoformat(text.replace(",", ".").replace("z", "Z").replace(" Z", "Z"))
        except ValueError:
            return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    beside = moment.utcoffset()
    if beside is None:
        return moment, None
    offset = round(beside.total_seconds() / 60)
    return moment.replace(tzinfo=None), offset


def instant(text: object) -> dt.datetime | None:
    """The moment of a text in UTC, without a zone; a text without an offset is taken as UTC. None if it is no moment."""
    parsed = parse(text)
    return None if parsed is None else parsed[0] - dt.timedelta(minutes=parsed[1] or 0)


def told_as_day(text: str) -> bool:
    """Whether a text has the shape of a day in ISO 8601, be there such a day or not."""
    return _SHAPE.fullmatch(text.strip()) is not None


def placeholder(text: object) -> bool:
    """Whether a text has the shape of a day and lies so far away that it stands for "no date"."""
    if not isinstance(text, str) or not told_as_day(text):
        return False
    return not FIRST_YEAR <= int(text.strip()[:4]) <= LAST_YEAR


def last_year(column: str) -> int:
    """The last year that a day of a column may lie in.

    >>> last_year("date_signed"), last_year("period_end")
    (2050, 2199)
    """
    return LAST_YEAR if column in PLANS else LAST_YEAR_OF_EVENTS


def ahead(text: object, field: str = "") -> bool:
    """Whether a text has a year in which nothing can have happened yet, and is no planned end.

    >>> ahead("2081-04-15"), ahead("2081-04-15", "endDate"), ahead("2031-04-15")
    (True, False, False)
    """
    found = _YEAR.search(text) if isinstance(text, str) and field not in _PLANNED else None
    return found is not None and LAST_YEAR_OF_EVENTS < int(found[0]) <= LAST_YEAR


def other_calendar(text: object) -> str:
    """What to do about a day that cannot be read because it is of another calendar; "" for any other text.

    Days of the Ethiopian calendar lie seven or eight years back and look like days of ours, but for its thirteenth month.

    >>> other_calendar("2567-03-25")
    'The year 2567 is of the Buddhist calendar: write it as 2024.'
    """
    found = _YEAR.search(text) if isinstance(text, str) else None
    year = int(found[0]) if found else 0
    if isinstance(text, str) and _THIRTEENTH.search(text):
        # 05.13.2024 may as well be written by an American.
        return "If 13 is its month, it is of the Ethiopian or the Coptic calendar: write all days in the Gregorian one."
    if year in _BIKRAM:
        return (
            f"Nothing has happened in {year} yet; in the Bikram Sambat calendar of Nepal that year began in {year - _BIKRAM_MORE}: "
            "write its days in the Gregorian one."
        )
    if year in _BUDDHIST:
        return f"The year {year} is of the Buddhist calendar: write it as {year - _BUDDHIST_MORE}."
    if year in _PERSIAN_OR_ISLAMIC:
        return (
            f"The year {year} is of the Persian or the Islamic calendar: write its days in the Gregorian one."
        )
    return ""


def without_placeholders(days: pd.Series, last_year: int = LAST_YEAR) -> pd.Series:
    """Days, missing where they lie so far away that they stand for "no date"; the same column where none does."""
    first, last = (np.datetime64(f"{year}-01-01", "s") for year in (FIRST_YEAR, last_year + 1))
    values = days.to_numpy()
    far = (values < first) | (values >= last)
    return days.mask(far) if far.any() else days


def clocks(texts: Iterable[object]) -> tuple[np.ndarray, np.ndarray]:
    """Many texts at once: wall clocks (datetime64[ns], NaT where there is none) and offsets in minutes (NaN where none is written)."""
    written = [text if isinstance(text, str) else None for text in texts]
    places = {text: place for place, text in enumerate(dict.fromkeys(written))}
    # Few days are told by many rows: each is read once.
    parsed = [parse(text) for text in places]
    walls = np.array([None if one is None else one[0] for one in parsed], dtype="datetime64[us]")
    offsets = np.array([np.nan if one is None or one[1] is None else one[1] for one in parsed], dtype=float)
    rows = np.fromiter(map(places.__getitem__, written), dtype=np.intp, count=len(written))
    return walls.astype("datetime64[ns]")[rows], offsets[rows]


def zones_matter(walls: np.ndarray, offsets: np.ndarray) -> bool:
    """Whether clocks are not all UTC's: then their offsets are kept beside them. A day without a clock has no zone to lose."""
    unwritten = np.isnan(offsets) & ~np.isnat(walls)
    days = walls == walls.astype("datetime64[D]")
    return bool(np.nan_to_num(offsets).any() or (unwritten & ~days).any())


def read(values: object, name: str, *, form: str | None = None) -> tuple[pd.Series, pd.Series]:
    """A column of dates, however it is held, as wall clocks and offsets.

    Parameters
    ----------
    values : column or list
        Dates, moments with or without a zone, or texts in ISO 8601 (with ``form``: in that format); missing values pass.
    name : str
        What a person calls the column.
    form : str, optional
        How the texts are written, for example ``"%d/%m/%Y"``.

    Returns
    -------
    two columns
        Wall clocks (datetime64[ns]) and offsets in minutes (NaN: none known), with the index of ``values``.

    Raises
    ------
    InputError
        A value that is no date, with its row.
    """
    column = values if isinstance(values, pd.Series) else pd.Series(values)
    none = pd.Series(np.nan, index=column.index)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        wall = column.dt.tz_localize(None)
        offset = (wall - column.dt.tz_convert("UTC").dt.tz_localize(None)) / pd.Timedelta(minutes=1)
        return wall.astype("datetime64[ns]"), offset.astype(float)
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("datetime64[ns]"), none
    if pd.api.types.is_numeric_dtype(column) and column.notna().any():
        raise InputError(
            "The column holds numbers, not dates.", where=name, fix="Convert it with pandas.to_datetime."
        )
    walls, offsets = [], []
    for row, value in column.items():
        wall, offset = _one(value, form, f"{name}, row {row}" if len(column) > 1 else name)
        walls.append(wall)
        offsets.append(offset)
    made = np.array(walls, dtype="datetime64[us]").astype("datetime64[ns]")
    return pd.Series(made, index=column.index), pd.Series(offsets, index=column.index, dtype=float)


def utc(wall: pd.Series, offset: pd.Series) -> pd.Series:
    """The instants of wall clocks; where no offset is known the clock itself is taken as UTC."""
    return wall - pd.to_timedelta(offset.fillna(0), unit="m")


def _one(value: Any, form: str | None, where: str) -> tuple[dt.datetime | None, float]:
    if isinstance(value, (dt.date, np.datetime64)) and not pd.isna(value):
        moment = pd.Timestamp(value).to_pydatetime(warn=False)
        offset = moment.utcoffset()
        return moment.replace(tzinfo=None), np.nan if offset is None else offset.total_seconds() / 60
    if (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or value == ""
        or (isinstance(value, float) and np.isnan(value))
    ):
        return None, np.nan
    if isinstance(value, str) and form:
        try:
            return dt.datetime.strptime(value.strip(), form), np.nan
        except ValueError:
            raise InputError(
                f"{value!r} is not written as {form}.",
                where=where,
                fix="Correct it, or state another format.",
            ) from None
    parsed = parse(value)
    if parsed is not None:
        return parsed[0], np.nan if parsed[1] is None else parsed[1]
    if placeholder(value):
        return None, np.nan
    raise InputError(
        f"Not a date that can be read without guessing: {value!r}.",
        where=where,
        fix="Write dates as '2026-03-31' (year, month, day).",
    )
