"""What an indicator is, what it may be told, and how its answer looks.

An indicator reads tables and answers with one row per thing it looked at: ``level`` (what kind of thing), ``id``, ``value``
and ``flagged``. Rows that are not flagged stay in the answer, because a share needs its denominator. A flag is a reason to
look, never a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import moments
from cleanworks.construction.flags._arrow import cannot, quickest
from cleanworks.construction.flags._processes import EVENTS, Engine, Frame, Processes
from cleanworks.errors import InputError
from cleanworks.typed import Values


@dataclass(frozen=True)
class Settings:
    """Thresholds of all indicators.

    The first block is Cardinal's and has its published defaults (ccs-s84); the second comes from the profile, see `of`;
    everything else is **illustrative**: a country sets its own, and a lesson shows how the flags move.

    ``as_of`` is the day on which the tables are read; without it, the latest event recorded in them.

    Examples
    --------
    >>> Settings(short_submission_days=20).short_submission_days
    20
    >>> Settings.of(city.profiles.active()).prime_to_sub_days
    15
    """

    as_of: pd.Timestamp | str | None = None

    # Cardinal
    short_submission_days: int = 15
    short_submission_days_small: int | None = (
        None  # for works up to `small_works_amount`, where the law allows less
    )
    small_works_amount: float | None = None
    short_submission_days_by_details: Mapping[str, int] = field(default_factory=dict)
    short_submission_methods: tuple[str, ...] = ()  # empty: every method
    excluded_details: tuple[str, ...] = ()  # procedures that no indicator looks at
    no_price_comparison: tuple[str, ...] = ()  # procedures in which the buyer fixes the price
    currency: str | None = None  # without it, the first currency met
    fences: Mapping[str, float] = field(default_factory=dict)  # code -> fence, instead of the computed one
    minimum_submitted_bids: int = 2
    minimum_contracting_processes: int = 20
    other_disqualified: int = 1

    # What a profile says (Seoul's values; the profile marks which of them are illustrative)
    prime_to_sub_days: int = 15
    late_interest_rate: float = 0.155
    year_days: int = 365
    client_days: int = 5
    direct_award_threshold: float | None = (
        None  # money; without it the two threshold indicators look at nothing
    )
    near_threshold: float = 0.05
    early_change_days: int = 90
    price_raise: float = 0.10
    report_gap_days: int = 5  # working days
    weekend: tuple[int, ...] = (5, 6)  # Monday is 0
    holidays: tuple[Any, ...] = ()
    flat_months: int = 3
    progress_gap_points: float = 10.0
    paid_ahead_points: float = 10.0
    disclosure_days: int = 30
    answer_days: int = 14
    correction_share: float = (
        0.015  # a payment this close to the registered amount is read as an agreed correction
    )

    # Illustrative
    minimum_group: int = 5  # smallest number of cases behind a share
    cost_overrun: float = 0.10
    time_overrun: float = 0.10
    changes_per_year: float = 3.0
    without_reason: float = 0.5
    low_bid_share: float = 0.90  # of the client's estimate
    low_spread: float = 0.01
    pair_count: int = 3
    concentration: float = 0.25
    late_share: float = 0.25
    subcontract_rate: float = 0.70
    subcontracted_share: float = 0.50
    spi: float = 0.9
    zero_planned_percent: float = 10.0
    copied_months: int = 3
    extra_days: int = 2
    missing_days: int = 2
    shared_account: int = 2
    rest_run_days: int = 14
    benford_minimum: int = 300
    benford_mad: float = 0.015
    disclosure_share: float = 0.5
    accidents_rate: float = 1.0

    @classmethod
    def of(cls, profile: Any, **others: Any) -> Settings:
        """The settings of a country: ``profile`` is anything that answers ``profile["payment.client_days"]``."""
        known = {name: profile[key] for name, key in _PROFILE_KEYS.items()}
        # A limit in working days: whoever is inside it must not be flagged for the days of a weekend.
        passed = getattr(profile, "calendar_days", None)
        if passed:
            known |= {
                name: passed(_PROFILE_KEYS[name])
                for name in ("prime_to_sub_days", "client_days", "disclosure_days", "answer_days")
            }
        known["weekend"], known["holidays"] = tuple(known["weekend"]), tuple(known["holidays"])
        return cls(**{**known, **others})


_PROFILE_KEYS = {
    "short_submission_days": "flags.short_tender_days",
    "short_submission_days_small": "flags.short_tender_days_small",
    "small_works_amount": "procurement.small_works_amount",
    "prime_to_sub_days": "payment.prime_to_sub_days",
    "late_interest_rate": "payment.late_interest_rate",
    "year_days": "payment.year_days",
    "client_days": "payment.client_days",
    "correction_share": "payment.correction_share",
    "direct_award_threshold": "procurement.direct_award_threshold",
    "near_threshold": "flags.threshold_margin",
    "early_change_days": "flags.early_change_days",
    "price_raise": "flags.price_rise_share",
    "report_gap_days": "reporting.gap_days",
    "flat_months": "reporting.flat_months",
    "progress_gap_points": "reporting.behind_points",
    "paid_ahead_points": "reporting.paid_ahead_points",
    "disclosure_days": "disclosure.publish_days",
    "answer_days": "disclosure.answer_days",
    "weekend": "calendar.site_weekend",
    "holidays": "calendar.holidays",
}


# Columns that helpers of several indicators read: the reading day, amounts, what a price is compared with, what was cancelled.
READ_BY_MANY = (
    *(f"{table}.{column}" for table, column in EVENTS), "awards.amount", "tenders.number_of_lots", "bids.amount", "payments.amount",
    "claims.amount", "contracts.value_amount", "tenders.status", "contracts.status", "projects.status",
)  # fmt: skip
# What tells a row of a contract that was cancelled.
STANDING = ("contracts.contract_id", "contracts.status")


@dataclass(frozen=True)
class Indicator:
    """One indicator: what it says, what it needs, how it is computed, where it comes from, and how it can be wrong.

    ``fields`` are ``table.column`` names; in ``a.x|b.y`` one of them will do, and the first choices of all fields are one of its `ways`, the
    second choices another: half of one and half of the other answer nothing. ``optional`` columns sharpen the answer.
    ``source`` holds keys of the bibliography; an empty tuple means that the formula is ours.
    ``innocent`` lists explanations of a flag that are no irregularity.

    It is written once, for every engine: its function takes `Processes` and gives pairs of a level and a frame with ``id``, ``value``
    and ``flagged``.

    Examples
    --------
    >>> indicator("R018").fields
    ('tenders.tender_id', 'tenders.procurement_method', 'tenders.number_of_tenderers')
    """

    code: str
    name: str
    family: str
    levels: tuple[str, ...]
    definition: str
    formula: str
    unit: str
    fields: tuple[str, ...]
    innocent: tuple[str, ...]
    function: Callable[..., Any]
    source: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """The sets of columns of which one is enough."""
        choices = [field.split("|") for field in self.fields]
        number = max(map(len, choices))
        return tuple(
            tuple(dict.fromkeys(one[min(way, len(one) - 1)] for one in choices)) for way in range(number)
        )

    def lacking(self, filled: Collection[str]) -> list[str]:
        """What it needs and does not find among ``table.column`` names, on the way that is the nearest; [] where one way is whole.

        A field is named with all its choices where none of them is there, and a column alone only where no such field names it already.
        """
        nearest = min(([one for one in way if one not in filled] for way in self.ways), key=len)
        absent = [one for one in self.fields if not any(choice in filled for choice in one.split("|"))]
        named = {choice for one in absent for choice in one.split("|")}
        names: dict[str, None] = {}
        for wanted in self.fields:
            if wanted in absent:
                names[wanted] = None
            else:
                names |= dict.fromkeys(
                    one for one in nearest if one in wanted.split("|") and one not in named
                )
        return list(names)

    @property
    def reads(self) -> tuple[str, ...]:
        """Every ``table.column`` it may read."""
        return tuple(
            choice for field in (*self.fields, *self.optional, *READ_BY_MANY) for choice in field.split("|")
        )

    def computed(self, processes: Processes, settings: Settings) -> list[tuple[str, Any]]:
        """Its answer, level by level, as the engine holds it: columns ``id, value, flagged``."""
        if processes.in_pandas is None:
            return self.function(processes, settings)
        try:
            return self.function(processes, settings)
        except cannot():
            # A column of another kind than usual: Arrow compares no number with a text, where pandas says that they differ.
            return self.function(processes.in_pandas, settings)

    def parts(self, processes: Processes, settings: Settings) -> list[tuple[str, pd.DataFrame]]:
        """Its answer, level by level: columns ``id, value, flagged``."""
        return [
            (level, collected(processes.engine, part)) for level, part in self.computed(processes, settings)
        ]

    def documentation(self) -> str:
        """The indicator in words, as its docstring has it."""
        lines = [
            self.definition,
            "",
            f"Formula: {self.formula}",
            f"Unit: {self.unit}",
            f"Level: {', '.join(self.levels)}",
            f"Needs: {', '.join(self.fields)}",
        ]
        if self.optional:
            lines.append(f"Also uses: {', '.join(self.optional)}")
        lines.append(f"Source: {', '.join(self.source) or 'formula of CleanWorks'}")
        lines.append("A flag can be innocent:")
        return "\n".join([*lines, *(f"- {reason}" for reason in self.innocent)])


def indicator(
    code: str,
    name: str,
    *,
    family: str,
    levels: Iterable[str],
    definition: str,
    formula: str,
    unit: str,
    fields: Iterable[str],
    innocent: Iterable[str],
    source: Iterable[str] = (),
    optional: Iterable[str] = (),
) -> Callable[[Callable[..., Any]], Indicator]:
    """Make an `Indicator` of the function below it, and write the function's docstring from the same words."""

    def make(function: Callable[..., Any]) -> Indicator:
        made = Indicator(
            code,
            name,
            family,
            tuple(levels),
            definition,
            formula,
            unit,
            tuple(fields),
            tuple(innocent),
            function,
            tuple(source),
            tuple(optional),
        )
        function.__doc__ = made.documentation()
        object.__setattr__(made, "__doc__", function.__doc__)
        return made

    return make


def in_memory(
    tables: Mapping[str, pd.DataFrame],
    settings: Settings,
    needed: Collection[str],
    filled: Collection[str] | None = None,
) -> Processes:
    """Tables in memory with the engine that is quickest for them; ``needed`` are the ``table.column`` names that will be read, ``filled``
    those that hold something."""
    tables = prepared(tables, needed)
    in_pandas = Processes(tables, settings, filled=filled)
    engine, held = quickest(tables, {place.partition(".")[0] for place in needed})
    return in_pandas if held is tables else Processes(held, settings, engine, in_pandas, filled)


def indicators_in(room: Mapping[str, object]) -> tuple[Indicator, ...]:
    """The indicators of one module, in the order in which they are written there."""
    return tuple(value for value in room.values() if isinstance(value, Indicator))


def collected(engine: Engine, part: Frame | pd.DataFrame) -> pd.DataFrame:
    """One part of the answer of an indicator as a table of pandas; few rows may be one already."""
    return part if isinstance(part, pd.DataFrame) else engine.collected(part)


def answer(ids: Sequence[str] | pd.Series, values: Values, flagged: Values) -> pd.DataFrame:
    """One answer as a table of pandas; ``ids``, ``values`` and ``flagged`` have one length."""
    columns = {"id": np.asarray(ids, object), "value": np.asarray(values, float)}
    return pd.DataFrame({**columns, "flagged": np.asarray(flagged, bool)})


def quartiles(values: Values) -> tuple[float, float]:
    """First and third quartile of Hyndman and Fan's type 8, as Cardinal computes them (hyndman-fan-1996).

    Examples
    --------
    >>> [round(float(value), 3) for value in quartiles(np.array([1, 2, 3, 4, 5, 6]))]
    [1.917, 5.083]
    """
    low, high = np.quantile(np.asarray(values, dtype=float), [0.25, 0.75], method="median_unbiased")
    return float(low), float(high)


FEWEST = 4  # values from which a fence can be computed: a quartile of fewer than four is one of them, and flags itself


def low_fence(values: Values, fence: float | None = None) -> float | None:
    """Q1 - 1.5 IQR, or the fence that somebody chose; None where nothing is an outlier.

    That is so with few values, and when the fence is not above 0: the values cannot be negative, so the fence would
    flag everyone who has 0, and that may be most.
    """
    if fence is not None:
        return fence
    if len(values) < FEWEST:
        return None
    first, third = quartiles(values)
    fence = first - 1.5 * (third - first)
    return fence if fence > 0 else None


def high_fence(values: Values, fence: float | None = None, *, fewest: int = FEWEST) -> float | None:
    """Q3 + 1.5 IQR, or the fence that somebody chose; None where nothing is an outlier: with few values, or when it is not above 0."""
    if fence is not None:
        return fence
    if len(values) < fewest:
        return None
    first, third = quartiles(values)
    fence = third + 1.5 * (third - first)
    return fence if fence > 0 else None


def low_outliers(values: Values, fence: float | None = None) -> np.ndarray:
    """True where a value is at or below the low fence: Q1 - 1.5 IQR, or the one that somebody chose.

    Cardinal counts the fence itself, so that of equal values all are outliers; our own indicators do not.

    Examples
    --------
    >>> low_outliers(np.array([1, 20, 21, 22, 22, 23, 24])).tolist()
    [True, False, False, False, False, False, False]
    """
    values = np.asarray(values, dtype=float)
    fence = low_fence(values, fence)
    if fence is None:
        return np.zeros(len(values), dtype=bool)
    return values <= fence


def high_outliers(values: Values, fence: float | None = None) -> np.ndarray:
    """True where a value is at or above the high fence: Q3 + 1.5 IQR, or the one that somebody chose.

    Examples
    --------
    >>> high_outliers(np.array([1, 2, 2, 3, 3, 4, 20])).tolist()
    [False, False, False, False, False, False, True]
    """
    values = np.asarray(values, dtype=float)
    fence = high_fence(values, fence)
    if fence is None:
        return np.zeros(len(values), dtype=bool)
    return values >= fence


# What the tables mean -----------------------------------------------------------------------------------------------

# Columns that are told by the calendar of the place, not compared as instants: a month, a day at work.
_CALENDAR = frozenset({"period", "month", "date_event"})
_CALENDAR_IN = {("attendance", "date"), ("reports", "date")}
NUMBERS = frozenset(
    (
        "amount", "value_amount", "cost_estimate", "number_of_tenderers", "number_of_lots", "old_value", "new_value", "budget_amount",
        "completion_final_value", "planned", "actual", "paid", "cost", "amount_registered", "prime_amount", "amount_paid", "days_paid",
        "days_reported", "hours", "tier",
    )
)  # fmt: skip
AMOUNTS = NUMBERS - {"tier", "number_of_tenderers"}
# Tables whose amounts are unknown where they are in another currency than their contract's.
IN_CURRENCY_OF_CONTRACT = frozenset({"payments", "claims", "subcontracts"})
# Columns of dates, when they arrive as texts.
DATES = frozenset(
    (
        "tender_start", "tender_end", "bid_opening_date", "award_date", "period_start", "period_end", "new_period_end",
        "old_period_end", "completion_end_date", "budget_approval_date", "period", "month", "submitted_at", "checked_at",
        "approved_at", "date",
    )
)  # fmt: skip


def prepared(tables: Mapping[str, pd.DataFrame], needed: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The tables as indicators read them: numbers as numbers, and dates that are compared as instants.

    ``needed`` are the ``table.column`` names that will be read; other columns stay as they are. Dates with a zone (columns of moments
    with a zone, or a clock with its ``..._offset`` beside it) become instants in UTC, except months and days at work, which are
    told by their own clock. An amount in another currency than its contract's is unknown: it cannot be added.

    Raises
    ------
    InputError
        A number or a date that cannot be read, with table, column and row.
    """
    wanted: dict[str, set[str]] = {}
    for place in needed:
        name, _, column = place.partition(".")
        wanted.setdefault(name, set()).add(column)
    made = {}
    for name, key in KEYS.items():
        if key in tables.get(name, ()) and key in wanted.get(name, ()):
            _refuse_twice(tables[name], name, key)
    for name, table in tables.items():
        changed = {}
        for column in wanted.get(name, ()):
            if column in table:
                values, offsets = _prepared(table, name, column)
                if values is not table[column]:
                    changed[column] = values
                if offsets is not None and np.nan_to_num(offsets).any():
                    changed[column + moments.OFFSET] = offsets
        made[name] = table.assign(**changed) if changed else table
    return _in_currency_of_contract(made)


# Tables in which no row is an answer: no change was made, nothing was passed on, nobody was hurt.
MAY_BE_EMPTY = frozenset({"modifications", "subcontracts", "accidents"})
# Tables that others are looked up in.
KEYS = {"projects": "project_id", "tenders": "tender_id", "contracts": "contract_id"}


def _refuse_twice(table: pd.DataFrame, name: str, key: str) -> None:
    twice = table[key].duplicated() & table[key].notna()
    if twice.any():
        place = int(twice.to_numpy().argmax())
        refuse_twice(key, table[key].iloc[place], f"table {name}, row {table.index[place]}")


def refuse_twice(key: str, value: object, where: str) -> None:
    """Say that an id in which others are looked up appears twice."""
    raise InputError(
        f"The {key} {value!r} appears twice.",
        where=where,
        fix="Ids that are local to a process need its id in front: process/1.",
    )


def by_calendar(name: str, column: str) -> bool:
    """Whether a column is told by the calendar of the place, and not compared as an instant."""
    return column in _CALENDAR or (name, column) in _CALENDAR_IN


def _prepared(table: pd.DataFrame, name: str, column: str) -> tuple[pd.Series, pd.Series | None]:
    """A column as it is read, and the offsets of its clocks where they are not beside it."""
    values, where = table[column], f"table {name}, column {column}"
    if column in NUMBERS:
        numbers = values if pd.api.types.is_numeric_dtype(values) else _as_numbers(values, where)
        endless = np.isinf(numbers.to_numpy(float, na_value=np.nan))
        return (numbers.mask(endless) if endless.any() else numbers), None
    if not (pd.api.types.is_datetime64_any_dtype(values) or column in DATES or column.startswith("date_")):
        return values, None
    calendar = by_calendar(name, column)
    beside = column + moments.OFFSET
    if pd.api.types.is_datetime64_any_dtype(values) and not isinstance(values.dtype, pd.DatetimeTZDtype):
        values = moments.without_placeholders(values, moments.last_year(column))
        return (values if calendar or beside not in table else moments.utc(values, table[beside])), None
    if not values.notna().any():
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]"), None
    wall, offset = moments.read(values, where)
    wall = moments.without_placeholders(wall, moments.last_year(column))
    return (wall, None) if calendar else (moments.utc(wall, offset), offset)


def _as_numbers(values: pd.Series, where: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    wrong = (numbers.isna() & values.notna() & values.astype(str).str.strip().ne("")).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        refuse_no_number(values.iloc[row], f"{where}, row {values.index[row]}")
    return numbers


def refuse_no_number(value: object, where: str) -> None:
    """Say that something stands where a number should."""
    raise InputError(
        f"{value!r} is not a number.",
        where=where,
        fix="Write digits only, with a point for decimals: no spaces, no thousands marks, no currency.",
    )


def _in_currency_of_contract(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    contracts = tables.get("contracts")
    if contracts is None or not {"currency", "contract_id"} <= set(contracts):
        return tables
    own = contracts.drop_duplicates("contract_id").set_index("contract_id")["currency"]
    for name in IN_CURRENCY_OF_CONTRACT:
        table = tables.get(name)
        if table is None or not {"currency", "contract_id"} <= set(table):
            continue
        theirs = table["contract_id"].map(own)
        other = table["currency"].notna() & theirs.notna() & table["currency"].ne(theirs)
        if other.any():
            amounts = [column for column in table if column in AMOUNTS]
            tables[name] = table.assign(
                **{column: table[column].astype(float).mask(other) for column in amounts}
            )
    return tables


def joined(frame: pd.DataFrame, *columns: str) -> pd.Series:
    """The key of a row that has several parts, joined by ``/`` as in the table of planted cases; dates without time."""
    parts = [
        frame[c].dt.strftime("%Y-%m-%d")
        if pd.api.types.is_datetime64_any_dtype(frame[c])
        else frame[c].astype(str)
        for c in columns
    ]
    key = parts[0]
    for part in parts[1:]:
        key = key + "/" + part
    return key
