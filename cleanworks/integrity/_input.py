"""What the functions of this package ask of their input, and the sentences they answer with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.typed import Values


def need_columns(table: object, columns: Sequence[str], name: str) -> None:
    """Raise `InputError` unless ``table`` is a DataFrame with at least one row and with all ``columns``."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"A table is needed, not {type(table).__name__}.",
            where=name,
            fix="Pass the DataFrame itself, with one row for each record.",
        )
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"There is no column {missing[0]!r}.",
            where=name,
            fix=f"The columns there are: {', '.join(map(str, table.columns)) or 'none'}.",
        )
    if table.empty:
        raise InputError("The table has no rows.", where=name, fix="Check the filter that made it.")


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
            flat = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            flat = np.asarray(values, dtype=float).ravel()
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Not a number: {error}.", where=name, fix="Remove units, spaces and thousands marks."
        ) from None
    absent = np.isnan(flat)
    if not missing:
        _refuse(values, absent, name, "A value is missing", "Fill it in or leave the row out.")
    _refuse(values, np.isinf(flat), name, "A value is infinite", "Look for a division by zero.")
    present = ~absent
    _refuse(
        values, present & ((flat < low) | (flat > high)), name, f"{{value:g}} is outside {low:g} to {high:g}"
    )
    return flat


def share(value: float, name: str, *, ends: bool = False) -> float:
    """Return one number between 0 and 1; the ends themselves only when ``ends`` is set."""
    number = _one(value, name)
    inside = 0 <= number <= 1 if ends else 0 < number < 1
    if not inside:
        span = "from 0 to 1" if ends else "between 0 and 1"
        raise InputError(f"{value!r} is not a number {span}.", where=name, fix="Write 5 % as 0.05.")
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
            f"{shown} appears more than once ({int(twice.sum())} rows too many).",
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


def _refuse(values: Values | float, wrong: np.ndarray, name: str, what: str, fix: str | None = None) -> None:
    if not wrong.any():
        return
    position = int(np.argmax(wrong))
    row = values.index[position] if isinstance(values, pd.Series) else position
    value = np.asarray(values, dtype=object).ravel()[position]
    more = int(wrong.sum()) - 1
    also = f" ({more} more like it)" if more else ""
    sentence = what.format(value=float(value)) if "{" in what else what
    raise InputError(f"{sentence}{also}.", where=f"{name}, row {row}", fix=fix)
