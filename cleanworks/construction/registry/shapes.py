"""What a record of each kind must hold before the registry takes it.

The names are those of the simulated city's tables (a test holds the two lists together); the registry itself knows nothing
of any city. Everything is checked before the first row is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cleanworks import input_checks, scale
from cleanworks.errors import InputError


@dataclass(frozen=True)
class Shape:
    """Key columns, amounts (0 or more), percentages, dates, and references to other tables (column -> table)."""

    key: tuple[str, ...]
    amounts: tuple[str, ...] = ()
    percents: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    refers: Mapping[str, str] | None = None
    needed: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        named = (*self.key, *(self.refers or {}), *self.needed, *self.amounts, *self.percents, *self.dates)
        return tuple(dict.fromkeys(named))


_C = {"contract_id": "contracts"}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")

SHAPES: dict[str, Shape] = {
    "projects": Shape(
        ("project_id",), ("budget_amount",), (), ("period_start", "period_end"), {}, ("title", "district")
    ),
    "tenders": Shape(("tender_id",), ("cost_estimate",), (), ("date_published",), {"project_id": "projects"}),
    "bids": Shape(("bid_id",), ("amount",), (), ("date",), {"tender_id": "tenders"}, ("tenderer_id",)),
    "contracts": Shape(
        ("contract_id",),
        ("value_amount",),
        (),
        ("date_signed", "period_start", "period_end"),
        {"project_id": "projects"},
        ("supplier_id", "official_id", "mode"),
    ),
    "modifications": Shape(("modification_id",), ("old_value", "new_value"), (), ("date",), _C),
    "users": Shape(("user_id",), needed=("role",)),
    "schedules": Shape(("contract_id",), (), (), (), _C),
    "progress": Shape(("contract_id", "period"), ("cost",), ("planned", "actual"), ("period",), _C),
    "reports": Shape(
        ("report_id",), (), ("planned", "actual"), ("date", "submitted_at"), _C, ("report_type",)
    ),
    "directives": Shape(("directive_id",), (), (), ("date",), _C, ("text",)),
    "actions": Shape(("action_id",), (), (), ("date",), _C, ("directive_id", "text")),
    "documents": Shape(("document_id",), (), (), ("date",), _C, ("title",)),
    "subcontracts": Shape(
        ("subcontract_id",),
        ("value_amount", "prime_amount"),
        (),
        ("date_signed",),
        _C,
        ("subcontractor_id", "tier"),
    ),
    "claims": Shape(("claim_id",), ("amount",), (), ("date_claimed",), _C, ("kind",)),
    "payments": Shape(
        ("payment_id",),
        ("amount_registered", "amount"),
        (),
        ("date_due",),
        {"claim_id": "claims", "contract_id": "contracts", "subcontract_id": "subcontracts"},
        ("tier", "payee_type", "payer_id", "payee_id", "channel"),
    ),
    "workers": Shape(("worker_id",), ("daily_wage",), (), ("date_start",), _C, ("account_id",)),
    "attendance": Shape(
        ("worker_id", "contract_id", "date"), (), (), ("date",), {"worker_id": "workers", **_C}, ("hours",)
    ),
    "wages": Shape(
        ("wage_id",), ("amount_due", "amount_paid"), (), ("month", "date_due"), {"worker_id": "workers", **_C}
    ),
    "retirement_days": Shape(
        ("worker_id", "contract_id", "month"),
        ("contribution",),
        (),
        ("month",),
        {"worker_id": "workers", **_C},
    ),
    "disclosures": Shape(("disclosure_id",), (), (), ("date_event",), {"project_id": "projects"}, ("item",)),
    "questions": Shape(("question_id",), (), (), ("date_asked",), {"project_id": "projects"}, ("topic",)),
    "complaints": Shape(("complaint_id",), ("amount",), (), ("date",), _C, ("type",)),
    "evaluations": Shape(("evaluation_id",), (), ("score",), ("date",), _C, ("point",)),
    "as_built": Shape(("contract_id",), (), (), ("date",), _C),
}


def check_table(frame: pd.DataFrame, name: str) -> None:
    """Hold one table against its shape.

    Raises
    ------
    InputError
        Missing columns, an empty or doubled key, a negative amount, a percentage outside 0 to 100, something that is no
        date (the usual sign of swapped columns). The message names table, row and remedy.
    """
    shape = SHAPES[name]
    input_checks.need_columns(frame, shape.columns, name)
    for column in shape.key:
        empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
        if empty.any():
            raise InputError(
                f"Column '{column}' is empty.",
                where=f"table {name}, row {_row(frame, empty)}",
                fix="Give each record its number.",
            )
    double = frame.duplicated(list(shape.key))
    if double.any():
        value = "/".join(str(v) for v in frame.loc[double.to_numpy(), list(shape.key)].iloc[0])
        raise InputError(
            f"The key {value} appears twice.",
            where=f"table {name}, row {_row(frame, double)}",
            fix="Remove the copy or give it its own number.",
        )
    for column in shape.amounts:
        input_checks.need_amounts(frame[column], f"table {name}, column {column}")
    if (pair := scale.PAIRS.get(name)) and set(pair) <= set(frame):
        scale.check_pairs(frame, *pair, where=f"table {name}")
    for column in shape.percents:
        values = pd.to_numeric(frame[column], errors="coerce")
        wrong = (values.isna() & frame[column].notna()) | (values < 0) | (values > 100)
        if wrong.any():
            raise InputError(
                f"Column '{column}' must be a percentage from 0 to 100, and it holds {frame.loc[wrong, column].iloc[0]}.",
                where=f"table {name}, row {_row(frame, wrong)}",
                fix="100 means finished, not 1. Are two columns swapped?",
            )
    _check_places(frame, name)
    dates = {column: _dates(frame, column, name) for column in frame.columns if is_date(column)}
    for column in shape.dates:
        if (empty := dates[column].isna()).any():
            raise InputError(
                f"Column '{column}' is empty.",
                where=f"table {name}, row {_row(frame, empty)}",
                fix="Write the date.",
            )
    if "period_start" in shape.dates:
        swapped = dates["period_end"] < dates["period_start"]
        if swapped.any():
            raise InputError(
                "The period_end lies before the period_start.",
                where=f"table {name}, row {_row(frame, swapped)}",
                fix="Are the two columns swapped?",
            )


def is_date(column: str) -> bool:
    """Whether the values of a column are days or times, by its name."""
    return column.startswith(("date", "period", "submitted", "checked", "approved")) or column.endswith(
        ("_date", "month")
    )


def _dates(frame: pd.DataFrame, column: str, name: str) -> pd.Series:
    """A column as dates. A date in any other form than YYYY-MM-DD could be read in two ways, and is refused."""
    values = frame[column]
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if pd.api.types.is_numeric_dtype(values) and values.notna().any():
        raise InputError(
            f"Column '{column}' holds numbers, not dates.",
            where=f"table {name}, column {column}, row {_row(frame, values.notna())}",
            fix="Write dates as YYYY-MM-DD. Are two columns swapped?",
        )
    text = values.map(
        lambda day: "" if pd.isna(day) else day.isoformat() if hasattr(day, "isoformat") else str(day).strip()
    )
    dates = pd.to_datetime(
        text.where(text.map(lambda day: bool(_ISO.fullmatch(day)))),
        format="ISO8601",
        errors="coerce",
        utc=True,
    )
    wrong = dates.isna() & (text != "")
    if wrong.any():
        raise InputError(
            f"Column '{column}' holds '{text[wrong.to_numpy()].iloc[0]}', which is not a date.",
            where=f"table {name}, column {column}, row {_row(frame, wrong)}",
            fix="Write every date as YYYY-MM-DD; nobody can tell day from month otherwise.",
        )
    return dates.dt.tz_localize(None)


def _check_places(frame: pd.DataFrame, name: str) -> None:
    for column, most in (("latitude", 90), ("longitude", 180)):
        if column in frame:
            outside = pd.to_numeric(frame[column], errors="coerce").abs() > most
            if outside.any():
                raise InputError(
                    f"Column '{column}' holds {frame.loc[outside, column].iloc[0]}, which does not lie between -{most} and {most}.",
                    where=f"table {name}, row {_row(frame, outside)}",
                    fix="Are latitude and longitude swapped?",
                )


def check_links(tables: Mapping[str, pd.DataFrame]) -> None:
    """Check that every row refers to a row that is there, and that amounts are on one scale.

    `InputError` names table, row and the missing key, or the two columns that lie apart.
    """
    for name, frame in tables.items():
        for column, parent in (SHAPES[name].refers or {}).items():
            there = set(tables[parent][SHAPES[parent].key[0]]) if parent in tables else set()
            orphan = frame[column].notna() & ~frame[column].isin(there)
            if orphan.any():
                raise InputError(
                    f"Column '{column}' names {frame.loc[orphan, column].iloc[0]}, and table {parent} has no such row.",
                    where=f"table {name}, row {_row(frame, orphan)}",
                    fix=f"Add the row to {parent}, or correct {column}.",
                )
    scale.check_tables(tables)


def key_of(name: str, record: Mapping[str, object]) -> str:
    """The key of one record as text; parts are joined by /, dates without time."""
    return "/".join(_plain(record[column]) for column in SHAPES[name].key)


def _plain(value: object) -> str:
    return (
        value.isoformat()[:10]
        if hasattr(value, "isoformat")
        else str(value)[:10]
        if _is_midnight(value)
        else str(value)
    )


def _is_midnight(value: object) -> bool:
    return isinstance(value, str) and value.endswith("T00:00:00")


def _row(frame: pd.DataFrame, wrong: pd.Series) -> int:
    return frame.index[wrong.to_numpy().argmax()]
