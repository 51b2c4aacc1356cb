"""Tables as a reader sees them: money as the country writes it, thousands separators, no powers of ten, no `dtype`, whole texts.

pandas shows 116753191000, 6.6e-07 and 14.0 where 14 was counted, cuts texts after fifty letters, and names the type of a single
column under it; numpy names the type of a single number. A notebook asks `bundle` and `number` instead, so that no lesson needs a
line of code for it. What is computed with stays as it is; only the picture on the page changes.

Sums of money name their currency and have the country's marks. Other numbers keep the point of Python, because learners read
them off a table and type them into code: in Viet Nam 1.234 would be a thousand in the table and little more than one in the code.
Their thousands stand apart with a comma, and with a space where the country's comma is a decimal mark: there 12,345 reads as
little more than twelve, beside a sum of money written the other way round.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

_ROWS = 60  # longer tables show their first and last rows, as pandas does
_SEPARATED = 10_000  # from here on; below, a year would get a separator
_SMALLEST = 0.0001
# Columns of the city's tables that hold sums of money, and those that lessons make of them.
_MONEY = re.compile(r"(?:^|[_ ])amount(?:[_ ]|$)|^(?:budget|price)$", re.IGNORECASE)


_NUMBERS = sorted(
    {kind for kind in np.sctypeDict.values() if issubclass(kind, np.bool_ | np.integer | np.floating)},
    key=str,
)


_writes_money: Callable[[float], str] | None = None
_comma = ","  # between the thousands of numbers that are no money


def write_money(write: Callable[[float], str] | None, *, decimal_mark: str = ".") -> None:
    """How sums of money are written from now on. Whoever makes the tables knows the country; without it they are plain numbers."""
    global _writes_money, _comma
    _writes_money = write
    _comma = "\u00a0" if decimal_mark == "," else ","


def offer() -> None:
    """Let the running notebook show its tables this way. Outside a notebook nothing happens."""
    running = sys.modules.get("IPython")
    shell = running.get_ipython() if running else None
    if shell is not None:
        for kind in (pd.DataFrame, pd.Series):
            shell.display_formatter.mimebundle_formatter.for_type(kind, bundle)
        for kind in _NUMBERS:
            shell.display_formatter.mimebundle_formatter.for_type(kind, number)
        # IPython asks printers for exactly these types before the bundle; Python in the page has no printers.
        printers = getattr(shell.display_formatter, "formatters", {})
        if "text/plain" in printers:
            for kind in _NUMBERS:
                printers["text/plain"].for_type(kind, _print_number)


def _print_number(value: np.generic, printer: Any, cycle: bool) -> None:
    printer.text(number(value)["text/plain"])


def number(value: np.generic, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """A single number or yes and no of numpy as Python writes it: 19, and not `np.int64(19)`.

    >>> number(np.int64(19))["text/plain"]
    '19'
    """
    return {"text/plain": repr(value.item())}


def bundle(table: pd.DataFrame | pd.Series, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """A table or a column in the two forms that a notebook keeps: HTML for the page, and pandas' own text."""
    return {"text/plain": repr(table), "text/html": html(table)}


def html(table: pd.DataFrame | pd.Series) -> str:
    """A table, or a single column, as HTML.

    >>> "116,753,191,000" in html(pd.Series([116753191000], name="days"))
    True
    """
    frame = (
        table.to_frame("" if table.name is None else table.name) if isinstance(table, pd.Series) else table
    )
    mixed = not {"unit", "measure"}.isdisjoint(frame.columns)
    formatters = [
        _as_it_is if mixed and name == "value" and pd.api.types.is_float_dtype(column) else _formatter(column)
        for name, column in frame.items()
    ]
    long = len(frame) > _ROWS
    with pd.option_context("display.max_colwidth", None):
        made: str = frame.to_html(
            formatters=formatters, notebook=True, border=0, max_rows=10 if long else None, max_cols=20
        )
    # An unknown whole number, such as a year that no source gives.
    made = made.replace("<td>&lt;NA&gt;</td>", "<td></td>")
    if long:
        made += f"<p>{_apart(f'{len(frame):,}')} rows</p>"
    return made


def _formatter(column: pd.Series) -> Callable[[Any], str] | None:
    """How the numbers of one column are written; None leaves them to pandas."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    sizes = [
        abs(value)
        for value in column.dropna().tolist()
        if isinstance(value, int | float) and math.isfinite(value)
    ]
    largest = max(sizes, default=0)
    whole = all(float(size).is_integer() for size in sizes)
    if _writes_money and largest >= _SEPARATED and _MONEY.search(str(column.name)):
        return _money
    if sizes and whole and pd.api.types.is_float_dtype(column) and largest < _SEPARATED:
        return _plain
    if largest >= _SEPARATED and (whole or largest >= 10 * _SEPARATED):
        return _rounded
    if largest >= _SEPARATED:
        return _with_decimals
    if any(0 < size < _SMALLEST for size in sizes):
        return _small
    return None


def _money(value: Any) -> str:
    return _writes_money(value) if _writes_money and _is_number(value) else _no_number(value)


def _plain(value: Any) -> str:
    return f"{value:.0f}" if _is_number(value) else _no_number(value)


def _rounded(value: Any) -> str:
    return _apart(f"{value:,.0f}") if _is_number(value) else _no_number(value)


def _with_decimals(value: Any) -> str:
    return _apart(f"{value:,.2f}".rstrip("0").rstrip(".")) if _is_number(value) else _no_number(value)


def _as_it_is(value: Any) -> str:
    """A number among others of other units, whose decimals say nothing about it."""
    if not _is_number(value) or 0 < abs(value) < _SMALLEST:
        return _small(value)
    return _apart(f"{value:,.4f}".rstrip("0").rstrip("."))


def _apart(number: str) -> str:
    return number.replace(",", _comma)


def _small(value: Any) -> str:
    if not _is_number(value):
        return _no_number(value)
    if 0 < abs(value) < _SMALLEST:
        return f"below {_SMALLEST}" if value > 0 else f"above -{_SMALLEST}"
    return f"{value:.4f}"


def _is_number(value: Any) -> bool:
    return not pd.isna(value) and math.isfinite(value)


def _no_number(value: Any) -> str:
    """As pandas writes it."""
    return "NaN" if isinstance(value, float) and math.isnan(value) else str(value)
