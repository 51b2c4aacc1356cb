"""Small steps between rows of tables and JSON objects that every standard here shares."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import moments
from cleanworks.city import schemas
from cleanworks.errors import InputError
from cleanworks.written import whole

OFFSET = moments.OFFSET  # what the name of the column of offsets ends with
LOCAL = "x_cleanworks"  # the member that holds what a standard has no field for


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts of plain Python values; dates as OCDS writes them, missing values left out."""
    columns = []
    for name in table.columns:
        values = table[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            texts = values.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            columns.append(
                [None if missing else text for text, missing in zip(texts, values.isna(), strict=True)]
            )
        else:
            columns.append([_plain(value) for value in values.tolist()])
    names = list(table.columns)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def grouped(tables: Mapping[str, pd.DataFrame], name: str, by: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of one table by the value of one column; empty if there is no such table."""
    found: dict[str, list[dict[str, Any]]] = {}
    if name in tables and by in tables[name]:
        for row in rows(tables[name]):
            if by in row:
                found.setdefault(row[by], []).append(row)
    return found


def clean(value: Any) -> Any:
    """The object without members that are empty: None, empty texts, lists and objects."""
    if isinstance(value, dict):
        kept = {key: clean(member) for key, member in value.items()}
        return {key: member for key, member in kept.items() if not _empty(member)}
    if isinstance(value, list):
        members = [clean(member) for member in value]
        return [member for member in members if not _empty(member)]
    return value


def money(amount: float | None, currency: str | None) -> dict[str, Any] | None:
    """A value object, or None without an amount."""
    return None if amount is None else {"amount": amount, "currency": currency}


def rest(row: Mapping[str, Any], carried: Iterable[str], local: bool) -> dict[str, Any]:
    """The columns for which the standard has no field, when they are to be kept: ``{LOCAL: {...}}`` or nothing."""
    kept = {name: value for name, value in row.items() if name not in set(carried)}
    return {LOCAL: kept} if local and kept else {}


def frame(name: str, records: list[dict[str, Any]], columns: Iterable[str] = ()) -> pd.DataFrame:
    """Records as a table with the types that the city's schema gives these columns; other columns follow.

    The columns are those of ``columns`` and of the records, in the order of the schema. Dates are shown by their own clock; where
    a clock is not UTC's, a column ``..._offset`` (minutes) beside it gives the instant. ``attrs["unread"]`` says of each column how
    many of its values are no number, or no day that can be right, and so are missing, and names one.
    """
    described = schemas.CONSTRUCTION[name].names if name in schemas.CONSTRUCTION else []
    # Many records have the same few shapes; where it is one, their columns lie ready.
    shapes = dict.fromkeys(map(tuple, records))
    present = dict.fromkeys([*columns, *(key for shape in shapes for key in shape)])
    ready: dict[str, Sequence[Any]] = {}
    if len(shapes) == 1:
        ready = dict(zip(records[0], zip(*map(dict.values, records), strict=True), strict=True))
    order = [column for column in described if column in present] + [c for c in present if c not in described]
    made: dict[str, pd.Series] = {}
    unread: dict[str, tuple[int, str]] = {}
    for column in order:
        values = ready[column] if column in ready else [record.get(column) for record in records]
        empty = values.count(None)
        nothing = empty == len(values)  # most columns of most publishers
        if nothing and _is_date(name, column):
            made[column] = pd.Series(np.full(len(values), np.datetime64("NaT", "ns")))
        elif _is_date(name, column):
            walls, offsets = moments.clocks(values)
            made[column] = moments.without_placeholders(pd.Series(walls), moments.last_year(column))
            # Only where some clock is not UTC's: the instant is the clock less its offset.
            if moments.zones_matter(walls, offsets):
                made[column + OFFSET] = pd.Series(offsets)
        else:
            made[column] = _cast(name, column, values, nothing)
        if made[column].dtype != object and (lost := int(made[column].isna().sum()) - empty):
            first = next(
                v for v, none in zip(values, made[column].isna(), strict=True) if none and v is not None
            )
            unread[column] = lost, json.dumps(first, ensure_ascii=False)[:60]
    table = pd.DataFrame(made, index=range(len(records)), copy=False)
    if unread:
        table.attrs["unread"] = unread
    return table


def write_text(path: str | Path, pieces: Iterable[str]) -> Path:
    """Write a file in one step: it appears complete or not at all."""
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError("The folder does not exist.", where=str(path.parent), fix="Make it first.")
    with whole(path) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8"))
    return path


def json_package(header: Mapping[str, Any], name: str, elements: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The text of a package, element by element."""
    head = json.dumps(header, ensure_ascii=False, indent=None)
    yield head[:-1] + f', "{name}": ['
    for number, element in enumerate(elements):
        yield ("\n" if number == 0 else ",\n") + json.dumps(element, ensure_ascii=False)
    yield "\n]}\n"


def json_lines(elements: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The text of a file of JSON lines."""
    for element in elements:
        yield json.dumps(element, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        if np.isnan(value):
            return None
        return int(value) if value.is_integer() else value
    return value


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, (str, list, dict)) and not value)


_DATES = {"date", "time"}
_NUMBERS = {"number", "money", "integer"}
_EXTRA_NUMBERS = frozenset({"amount", "number_of_lots"})


def _cast(name: str, column: str, values: Sequence[Any], nothing: bool) -> pd.Series:
    described = schemas.CONSTRUCTION.get(name)
    kind = described[column].kind if described and column in described.names else None
    kind = kind or (
        "number" if column in _EXTRA_NUMBERS else "date" if column.startswith("date_") else "text"
    )
    if nothing:
        numeric = kind in _NUMBERS
        return pd.Series([np.nan if numeric else None] * len(values), dtype=float if numeric else object)
    if kind in _NUMBERS:
        high = described[column].high if described and column in described.names else None
        return pd.Series(_numbers(values, high))
    if kind == "flag":
        return pd.Series(values, dtype=object)
    # Nearly all are texts; to call `text` for each would take most of the time.
    texts = [(value.strip() or None) if type(value) is str else text(value) for value in values]
    if column == "currency":
        # One currency is one, however it is written; "several" is our own word.
        texts = [value.upper() if value is not None and len(value) == 3 else value for value in texts]
    return pd.Series(texts, dtype=object)


def _numbers(values: Sequence[Any], high: float | None) -> np.ndarray:
    if {int, float, type(None)}.issuperset(map(type, values)):
        with contextlib.suppress(OverflowError):
            made = np.array(values, dtype=float)
            return np.where(np.isfinite(made), made, np.nan)
    return np.array([number(value, high) for value in values], dtype=float)


def _is_date(name: str, column: str) -> bool:
    described = schemas.CONSTRUCTION.get(name)
    if described and column in described.names:
        return described[column].kind in _DATES
    return column.startswith("date_")


def text(value: object) -> str | None:
    """A JSON text, without spaces around it, or a number as text; None for every other kind, and for a text of nothing but spaces."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return None


def listed(value: object, codes: frozenset[str]) -> object:
    """A code as its list writes it, where a publisher wrote Active or CANCELLED; anything else as it is."""
    if not isinstance(value, str) or value in codes:
        return value
    small = value.strip().lower()
    return small if small in codes else value


_PLAIN = re.compile(r"\s*-?\d{1,18}(\.\d+)?\s*")
_TWO_WAYS = re.compile(r"\s*-?[1-9]\d{0,2}\.\d{3}\s*")


def number(value: object, high: float | None = None) -> float | None:
    """A JSON number, or a text that is nothing but a plain number; None for every other kind.

    "1,000" and "1.000" could be two numbers. But where none can be above ``high``, as a latitude, "36.817" has no thousands.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        try:
            value = float(value)
        except OverflowError:
            return None
        return value if math.isfinite(value) else None
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        return None
    if (high is None or high >= 1000) and _TWO_WAYS.fullmatch(value):
        return None
    return float(value)


def inside(thing: object, *names: str) -> Mapping[str, Any]:
    """The object at a place, or an empty one where something else or nothing stands there."""
    for name in names:
        if not isinstance(thing, dict):
            return {}
        thing = thing.get(name)
    return thing if isinstance(thing, dict) else {}


def together(firms: Iterable[tuple[str | None, str | None]]) -> dict[str, str | None]:
    """The id and the name of firms that have one contract together; None where that of one of them is not known.

    A consortium is one tenderer and one contractor: what it does is not what its first member does. Of one name there is one firm,
    though some publishers list it under the id of their register and under that of the tax office.
    """
    apart: list[tuple[str | None, str | None]] = []
    for own, name in firms:
        if not any(own == known or (name and name == called) for known, called in apart):
            apart.append((own, name))
    columns = {"supplier_id": [own for own, _ in apart], "supplier_name": [name for _, name in apart]}
    return {
        column: " + ".join(sorted(filter(None, values))) or None if all(values) else None
        for column, values in columns.items()
    }


def objects(thing: object, name: str) -> list[dict[str, Any]]:
    """The objects of a list; some publishers write one object where a list belongs."""
    values = thing.get(name) if isinstance(thing, dict) else None
    if values is None:
        return []
    if isinstance(values, list):
        return [value for value in values if isinstance(value, dict)]
    return [values] if isinstance(values, dict) else []
