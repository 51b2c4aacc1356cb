"""What the functions of this package ask of their input, and the sentences they answer with.

Every message names the table or value, the row, and the remedy, because a person who exported a spreadsheet reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from cleanworks import moments
from cleanworks.errors import InputError
from cleanworks.typed import Day, Days, Numbers, Values


def need_columns(table: object, columns: Iterable[str], name: str) -> None:
    """Raise `InputError` unless ``table`` is a DataFrame with all ``columns``; ``name`` is what a person calls it."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"A table is needed, not {type(table).__name__}.",
            where=name,
            fix="Pass the DataFrame itself, with one row per record.",
        )
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"Missing {_plural('column', missing)}: {', '.join(missing)}.",
            where=f"table {name}",
            fix=f"The columns there are: {', '.join(map(str, table.columns)) or 'none'}.",
        )


def need_amounts(values: Numbers | Values, name: str) -> None:
    """Raise `InputError` if an amount is negative, infinite or not a number; missing values pass."""
    numbers = _numbers(values, name)
    _refuse(values, np.isinf(numbers), name, "An amount cannot be infinite", "Look for a division by zero.")
    _refuse(
        values,
        numbers < 0,
        name,
        "An amount cannot be negative",
        "Enter refunds as payments in the other direction.",
    )


def need_percentages(values: Numbers | Values, name: str) -> None:
    """Raise `InputError` if a percentage lies outside 0 to 100; missing values pass."""
    numbers = _numbers(values, name)
    outside = (numbers < 0) | (numbers > 100)
    _refuse(values, outside, name, "A percentage must lie between 0 and 100", "100 means finished, not 1.")


def need_share(value: float, name: str) -> None:
    """Raise `InputError` unless one number lies between 0 and 1."""
    numbers = _numbers(value, name)
    if numbers.size != 1 or not 0 <= float(numbers.ravel()[0]) <= 1:
        raise InputError(
            f"{value!r} is not a share.", where=name, fix="Give a number from 0 (none) to 1 (all)."
        )


def need_dates(values: Days | Sequence[Day] | None, name: str) -> pd.Timestamp | pd.Series:
    """Return ``values`` as pandas dates on their own clock; raise `InputError` for what is not a date. Missing dates stay missing.

    A text is read as ISO 8601 (2026-03-31); 05/02/2024 is refused, because nobody can tell its day from its month.
    """
    if isinstance(values, (int, float)) and not pd.isna(values):
        raise InputError(f"{values!r} is a number, not a date.", where=name, fix="Write it as '2026-03-31'.")
    if isinstance(values, (pd.Series, pd.Index, np.ndarray, list, tuple)):
        wall, _ = moments.read(values, name)
        return wall if isinstance(values, pd.Series) else pd.DatetimeIndex(wall)
    wall, _ = moments.read([values], name)
    return wall.iloc[0]


def need_both_dates(
    first: Days | None, second: Days | None, names: tuple[str, str]
) -> tuple[pd.Timestamp | pd.Series, pd.Timestamp | pd.Series]:
    """Two dates or columns of dates that are to be compared: as moments where both carry an offset, else by their clocks."""
    if isinstance(first, pd.Series) and not isinstance(
        second, (pd.Series, pd.Index, np.ndarray, list, tuple)
    ):
        second = pd.Series([second] * len(first), index=first.index, dtype=object)  # one date beside many
    wall, other = need_dates(first, names[0]), need_dates(second, names[1])
    ours, theirs = _offset(first, names[0]), _offset(second, names[1])
    shift = pd.to_timedelta(ours - theirs, unit="m")
    # The second date, told by the clock of the first.
    if isinstance(shift, pd.Series):
        return wall, other + shift.fillna(pd.Timedelta(0))
    return wall, other + (pd.Timedelta(0) if pd.isna(shift) else shift)


def _offset(values: Days | None, name: str) -> float | pd.Series:
    if isinstance(values, (pd.Series, pd.Index, np.ndarray, list, tuple)):
        return moments.read(values, name)[1]
    return moments.read([values], name)[1].iloc[0]


def _numbers(values: Numbers | Values, name: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=float)
    except (ValueError, TypeError) as error:
        place, reason = name, str(error)
        if isinstance(values, pd.Series):
            wrong = (pd.to_numeric(values, errors="coerce").isna() & values.notna()).to_numpy()
            if wrong.any():
                first = int(wrong.argmax())
                place, reason = f"{name}, row {values.index[first]}", repr(values.iloc[first])
        raise InputError(
            f"Not a number: {reason}.", where=place, fix="Remove units, spaces and thousands marks."
        ) from error


def _refuse(values: Numbers | Values, wrong: np.ndarray, name: str, what: str, fix: str) -> None:
    wrong = np.asarray(wrong)
    if not wrong.any():
        return
    place, value = name, values
    if wrong.ndim:
        position = int(np.flatnonzero(wrong.ravel())[0])
        row = values.index[position] if isinstance(values, pd.Series) else position
        value = np.asarray(values).ravel()[position]
        place = f"{name}, row {row}"
    raise InputError(f"{what}, and this one is {value}.", where=place, fix=fix)


def _plural(word: str, items: list[str]) -> str:
    return word if len(items) == 1 else f"{word}s"
