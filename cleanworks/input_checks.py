"""What functions over tables ask of their input, and the sentences they answer with.

Every message names the table or value, the row, and the remedy, because a person who exported a spreadsheet reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from cleanworks import moments
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.typed import Day, Days, Values


def need_columns(table: object, columns: Iterable[str], name: str) -> None:
    """Raise `InputError` unless ``table`` is a DataFrame with all ``columns``; ``name`` is what a person calls it."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"A table is needed, not {type(table).__name__}.",
            where=name,
            fix="Pass the DataFrame itself, with one row for each record.",
        )
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"Missing column{'s' * (len(missing) > 1)}: {', '.join(missing)}.",
            where=f"table {name}",
            fix=f"The columns there are: {', '.join(map(str, table.columns)) or 'none'}.",
        )


def need_rows(table: pd.DataFrame, columns: Iterable[str], name: str) -> None:
    """As `need_columns`, of a table that has one row at least."""
    need_columns(table, columns, name)
    if table.empty:
        raise InputError(
            "The table has no rows.", where=f"table {name}", fix="Check the filter that made it."
        )


def numbers(
    values: Values | float, name: str, *, low: float = -np.inf, high: float = np.inf, missing: bool = False
) -> np.ndarray:
    """Return ``values`` as a flat float array, or raise `InputError` and name the first wrong row.

    Parameters
    ----------
    values : Series, array or list
    name : str
        What a person calls them.
    low, high : float
        Bounds, both allowed.
    missing : bool
        Let missing values pass.
    """
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    try:
        if isinstance(values, pd.Series):
            flat: np.ndarray = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            flat = np.asarray(values, dtype=float).ravel()
    except (ValueError, TypeError) as error:
        place, reason = name, str(error)
        if isinstance(values, pd.Series):
            wrong = (pd.to_numeric(values, errors="coerce").isna() & values.notna()).to_numpy()
            if wrong.any():
                first = int(wrong.argmax())
                place, reason = f"{name}, row {values.index[first]}", repr(values.iloc[first])
        raise InputError(
            f"Not a number: {reason}.", where=place, fix="Remove units, spaces and thousands marks."
        ) from None
    absent = np.isnan(flat)
    if not missing:
        _refuse(values, absent, name, "A value is missing", "Fill it in or leave the row out.")
    _refuse(values, np.isinf(flat), name, "A value is infinite", "Look for a division by zero.")
    present = ~absent
    limits = f"is outside {low:g} to {high:g}"
    if np.isinf(high):
        limits = f"is below {low:g}"
    elif np.isinf(low):
        limits = f"is above {high:g}"
    outside = present & ((flat < low) | (flat > high))
    share = (low, high) == (0, 1)
    fix = "Write 5 % as 0.05." if share else "Correct it, or leave the row out."
    _refuse(values, outside, name, f"{{value:g}} {limits}", fix)
    return flat


def need_amounts(values: Values | float, name: str) -> None:
    """Raise `InputError` if an amount is negative, infinite or not a number; missing values pass."""
    wrong = numbers(values, name, missing=True) < 0
    _refuse(
        values,
        wrong,
        name,
        "An amount cannot be negative, and this one is {value:g}",
        "Enter refunds as payments in the other direction.",
    )


def need_percentages(values: Values | float, name: str) -> None:
    """Raise `InputError` if a percentage lies outside 0 to 100; missing values pass."""
    found = numbers(values, name, missing=True)
    wrong = (found < 0) | (found > 100)
    _refuse(
        values,
        wrong,
        name,
        "A percentage must lie between 0 and 100, and this one is {value:g}",
        "100 means finished, not 1.",
    )


def share(value: float, name: str, *, ends: bool = False) -> float:
    """Return one number between 0 and 1; the ends themselves only when ``ends`` is set."""
    number = _one(value, name)
    inside = 0 <= number <= 1 if ends else 0 < number < 1
    if not inside:
        span = "from 0 to 1" if ends else "between 0 and 1"
        raise InputError(f"{value!r} is not a share {span}.", where=name, fix="Write 5 % as 0.05.")
    return number


def positive(value: float, name: str) -> float:
    """Return one finite number above zero."""
    number = _one(value, name)
    if not 0 < number < np.inf:
        raise InputError(
            f"{value!r} is not a number above zero.", where=name, fix="Give a number above zero."
        )
    return number


def whole(value: float, name: str, *, least: int = 1) -> int:
    """Return one whole number of at least ``least``."""
    number = _one(value, name)
    if number != np.floor(number) or number < least or np.isinf(number):
        raise InputError(
            f"{value!r} is not a whole number of {least} or more.",
            where=name,
            fix=f"Give a whole number, {least} or more.",
        )
    return int(number)


def dates(values: Days | Sequence[Day] | None, name: str) -> pd.Timestamp | pd.Series:
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


def both_dates(
    first: Days | None, second: Days | None, names: tuple[str, str]
) -> tuple[pd.Timestamp | pd.Series, pd.Timestamp | pd.Series]:
    """Two dates or columns of dates that are to be compared: as moments where both carry an offset, else by their clocks."""
    if isinstance(first, pd.Series) and not isinstance(
        second, (pd.Series, pd.Index, np.ndarray, list, tuple)
    ):
        second = pd.Series([second] * len(first), index=first.index, dtype=object)  # one date beside many
    wall, other = dates(first, names[0]), dates(second, names[1])
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


def choice(value: str, allowed: Sequence[str], name: str) -> str:
    """Return ``value`` if it is one of ``allowed``."""
    if value not in allowed:
        raise InputError(f"{value!r} is not known.", where=name, fix=f"Use one of: {', '.join(allowed)}.")
    return value


def generator(rng: object) -> Draws:
    """The draws of a numpy Generator; a seed alone would hide where chance comes from."""
    if isinstance(rng, Draws):
        return rng
    if not isinstance(rng, np.random.Generator):
        raise InputError(
            f"Chance must come from a numpy Generator, not {type(rng).__name__}.",
            where="rng",
            fix="Pass rng=numpy.random.default_rng(2024).",
        )
    return Draws(rng)


def unique(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    """Raise `InputError` if a combination of ``columns`` appears twice."""
    twice = table.duplicated(list(columns))
    if twice.any():
        row = twice.index[int(np.argmax(twice.to_numpy()))]
        shown = ", ".join(f"{column} {table[column].to_numpy()[int(np.argmax(twice))]}" for column in columns)
        raise InputError(
            f"There is more than one row of {shown} ({int(twice.sum())} too many).",
            where=f"{name}, row {row}",
            fix="Keep one row for each.",
        )


def labels(table: pd.DataFrame, column: str | None, name: str) -> pd.Series:
    """Return a column of names without empty cells; without ``column``, one name for all rows."""
    if column is None:
        return pd.Series("all", index=table.index, name="stratum")
    values = table[column]
    if values.isna().any():
        row = table.index[int(np.argmax(values.isna().to_numpy()))]
        raise InputError("A cell is empty.", where=f"{name}, column {column}, row {row}", fix="Fill it in.")
    return values


def weights(values: Values, name: str) -> np.ndarray:
    """Return weights of which none is negative and one at least is above zero."""
    found = numbers(values, name, low=0)
    if not found.sum() > 0:
        raise InputError("The weights sum to zero.", where=name, fix="Give a weight above zero.")
    return found


def yes_no(values: pd.Series, name: str) -> pd.Series:
    """Return a column of true/false or yes/no as true/false; no empty cell passes."""
    if values.isna().any():
        row = values.index[int(np.argmax(values.isna().to_numpy()))]
        raise InputError("A cell is empty.", where=f"column {name}, row {row}", fix="Write True or False.")
    known = values.isin([True, False, "yes", "no"])
    if not known.all():
        row = values.index[int(np.argmin(known.to_numpy()))]
        wrong = values[~known].iloc[0]
        raise InputError(
            f"{wrong!r} is neither true nor false.",
            where=f"column {name}, row {row}",
            fix="Write True or False.",
        )
    return values.isin([True, "yes"])


def _one(value: float, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(
            f"{value!r} is not a number.", where=name, fix="Give a number, without units or thousands marks."
        ) from None
    if np.isnan(number):
        raise InputError("The number is missing.", where=name, fix="Give a number.")
    return number


def _refuse(values: Values | float, wrong: np.ndarray, name: str, what: str, fix: str) -> None:
    """Say ``what`` is wrong with the first of the wrong values; it may show that ``value``."""
    if not wrong.any():
        return
    position = int(np.argmax(wrong))
    value = np.asarray(values, dtype=object).ravel()[position]
    place = name
    if np.ndim(values):
        place = f"{name}, row {values.index[position] if isinstance(values, pd.Series) else position}"
    more = int(wrong.sum()) - 1
    also = f" ({more} more like it)" if more else ""
    sentence = what.format(value=float(value)) if "{" in what else what
    raise InputError(f"{sentence}{also}.", where=place, fix=fix)
