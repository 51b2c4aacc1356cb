"""What every table of the city holds: one description, from which everything else is made.

A :class:`Table` lists its :class:`Column` objects. From these come the data dictionary (:func:`dictionary`), the empty
CSV file for a country's own data (:func:`template`), typed reading and its messages (``cleanworks.city.reading``) and
the pandera schema (:func:`pandera_schema`). Nothing about a table is written down twice.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np
import pandas as pd

from cleanworks.errors import InputError

if TYPE_CHECKING:
    from pandera.pandas import Column as PanderaColumn
    from pandera.pandas import DataFrameSchema

KINDS = ("id", "text", "code", "number", "money", "integer", "date", "time", "flag")


@dataclass(frozen=True)
class Column:
    """One column.

    ``kind`` is one of :data:`KINDS`: ids and texts are strings, codes are strings from ``allowed``, money is an
    amount in the profile's currency, a date has no time of day and a time has one.
    ``refers`` names the ``table.column`` whose values this column uses. ``low`` and ``high`` are inclusive.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    null: bool = False
    key: bool = False
    refers: str = ""
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS, self.kind

    @property
    def example(self) -> str:
        """One value as it is written in a CSV file."""
        samples = {
            "id": f"{self.name.removesuffix('_id')}-1",
            "text": "text",
            "number": "12.5",
            "money": "1250000",
            "integer": "3",
            "date": "2026-03-31",
            "time": "2026-03-31 17:40:00",
            "flag": "true",
        }
        if self.allowed:
            return self.allowed[0]
        if self.kind in ("number", "money", "integer"):
            within = min(
                max(float(samples[self.kind]), self.low or 0),
                float("inf") if self.high is None else self.high,
            )
            return f"{within:.12g}"
        return samples[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns, and pairs of money columns that must be on one scale."""

    name: str
    row: str
    columns: tuple[Column, ...]
    note: str = ""
    same_scale: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def key(self) -> list[str]:
        return [column.name for column in self.columns if column.key]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


class Details(TypedDict, total=False):
    """What may be said of a column beside its name, kind and meaning."""

    null: bool
    key: bool


class Limits(Details, total=False):
    """The same of a column of numbers."""

    low: float | None
    high: float | None


# Short forms, so that the tables below read as a list.
def _key(name: str, meaning: str) -> Column:
    return Column(name, "id", meaning, key=True)


def _ref(name: str, refers: str, meaning: str, **more: Unpack[Details]) -> Column:
    return Column(name, "id", meaning, refers=refers, **more)


def _text(name: str, meaning: str, **more: Unpack[Details]) -> Column:
    return Column(name, "text", meaning, **more)


def _id(name: str, meaning: str, **more: Unpack[Details]) -> Column:
    return Column(name, "id", meaning, **more)


def _code(name: str, allowed: str, meaning: str, **more: Unpack[Details]) -> Column:
    return Column(name, "code", meaning, allowed=tuple(allowed.split()), **more)


def _date(name: str, meaning: str, **more: Unpack[Details]) -> Column:
    return Column(name, "date", meaning, **more)


def _money(name: str, meaning: str, **more: Unpack[Limits]) -> Column:
    more.setdefault("low", 0)
    return Column(name, "money", meaning, unit="currency", **more)


def _percent(name: str, meaning: str, high: float | None = None, **more: Unpack[Details]) -> Column:
    return Column(name, "number", meaning, unit="%", low=0, high=high, **more)


def _count(name: str, meaning: str, unit: str = "", **more: Unpack[Limits]) -> Column:
    more.setdefault("low", 0)
    return Column(name, "integer", meaning, unit=unit, **more)


SECTORS = (
    "transport.road transport.rail transport.urban waterAndWaste naturalResources.floodProtection education health "
    "socialHousing cultureSportsAndRecreation governance"
)
TRADES = (
    "earthworks concrete steel waterproofing paving drainage piping electrical mechanical landscaping masonry "
    "scaffolding painting signage"
)

PROJECTS = Table(
    "projects",
    "one public works project",
    (
        _key("project_id", "The project's number"),
        _text("title", "What is built and where"),
        _text("district", "District of the site"),
        _text("public_authority", "The body that owns the project"),
        _code("sector", SECTORS, "OC4IDS sector"),
        _code("project_type", "construction rehabilitation replacement expansion", "OC4IDS project type"),
        _code(
            "status",
            "identification preparation implementation completion cancelled",
            "OC4IDS project status on the reference date",
        ),
        Column("latitude", "number", "Site, north", "degrees", low=-90, high=90),
        Column("longitude", "number", "Site, east", "degrees", low=-180, high=180),
        _text("purpose", "What the project is for"),
        _money("budget_amount", "Approved budget"),
        _date("budget_approval_date", "When the budget was approved"),
        _date("period_start", "Planned start of the works"),
        _date("period_end", "Planned end of the works"),
        _date("completion_end_date", "When the works were completed; empty while they are not", null=True),
        _money(
            "completion_final_value", "What the works cost in the end; empty while not completed", null=True
        ),
    ),
    note="At most one construction contract per project. A project without a contract is still being tendered.",
)

TENDERS = Table(
    "tenders",
    "one tender",
    (
        _key("tender_id", "The tender's number"),
        _ref("project_id", "projects.project_id", "Project tendered"),
        _text("title", "Title of the notice"),
        _code("procurement_method", "open selective limited direct", "OCDS procurement method"),
        _text("procurement_method_details", "The method in words"),
        _date("date_published", "Notice published"),
        _date("tender_start", "First day on which bids are taken"),
        _date("tender_end", "Last day on which bids are taken"),
        _date("bid_opening_date", "Bids opened; empty when this lies after the reference date", null=True),
        _money("cost_estimate", "The client's estimate", low=1),
        _count("number_of_tenderers", "Firms that handed in a bid; empty before the opening", null=True),
        Column("price_only", "flag", "Whether price alone decides"),
    ),
)

BIDS = Table(
    "bids",
    "one bid",
    (
        _key("bid_id", "The bid's number"),
        _ref("tender_id", "tenders.tender_id", "Tender bid for"),
        _id("tenderer_id", "The firm's number"),
        _text("tenderer_name", "The firm's name"),
        _money("amount", "Price offered", low=1),
        _date("date", "Handed in"),
        _code("status", "valid disqualified withdrawn", "OCDS bid status"),
    ),
)

CONTRACTS = Table(
    "contracts",
    "one construction contract",
    (
        _key("contract_id", "The contract's number"),
        _ref("project_id", "projects.project_id", "Project"),
        _ref("tender_id", "tenders.tender_id", "Tender that led to the contract"),
        _id("supplier_id", "Prime contractor's number"),
        _text("supplier_name", "Prime contractor's name"),
        _code("nature", "design construction supervision", "OC4IDS contract nature"),
        _date("award_date", "Award decided"),
        _date("date_signed", "Contract signed"),
        _money("value_amount", "Price at signature", low=1),
        _date("period_start", "Start of the works"),
        _date("period_end", "End of the works as agreed at signature"),
        _id("official_id", "The official in charge"),
        _code("mode", "long short", "Reporting mode: short has no progress reports"),
    ),
)

MODIFICATIONS = Table(
    "modifications",
    "one change of a contract",
    (
        _key("modification_id", "The change's number"),
        _ref("contract_id", "contracts.contract_id", "Contract changed"),
        _date("date", "Change agreed"),
        _code("type", "duration value scope", "OC4IDS modification type"),
        _text("rationale", "The reason given; empty when none was", null=True),
        _money("old_value", "Contract price before"),
        _money("new_value", "Contract price after"),
        _date("old_period_end", "End date before"),
        _date("new_period_end", "End date after"),
        _id("official_id", "The official who signed"),
    ),
    same_scale=(("old_value", "new_value"),),
)

PROGRESS = Table(
    "progress",
    "one contract in one month",
    (
        _ref("contract_id", "contracts.contract_id", "Contract", key=True),
        Column("period", "date", "Last day of the month", key=True),
        _percent(
            "planned", "Planned physical progress to date, from the schedule agreed at signature", high=100
        ),
        _percent("actual", "Reported physical progress to date", high=100),
        _percent("paid", "Paid to the prime contractor to date, share of the price at signature", high=200),
        _money("cost", "The contractor's own cost to date"),
    ),
    note="From the first month of work to the month of completion or of the reference date. "
    "An actual of 0 in a running contract may mean 'not entered'.",
)

REPORTS = Table(
    "reports",
    "one report from a site",
    (
        _key("report_id", "The report's number"),
        _ref("contract_id", "contracts.contract_id", "Contract"),
        _code("report_type", "daily weekly monthly", "How often this report is due"),
        _date("date", "Day the report speaks of; for a week or month its last day"),
        Column("submitted_at", "time", "Handed in by the contractor"),
        Column("checked_at", "time", "Checked by the supervisor; empty if not yet", null=True),
        Column("approved_at", "time", "Approved by the official; empty if not yet", null=True),
        _percent("planned", "Planned progress on that day", high=100),
        _percent("actual", "Reported progress on that day", high=100),
        _count("workers_on_site", "Workers on site that day, or on average in the week or month"),
    ),
    note="Only contracts in long mode report. Daily reports cover the window of months before the reference date, "
    "weekly reports the last six months, monthly reports the whole contract. No daily report is due on a day off.",
)

SUBCONTRACTS = Table(
    "subcontracts",
    "one subcontract",
    (
        _key("subcontract_id", "The subcontract's number"),
        _ref("contract_id", "contracts.contract_id", "Contract it belongs to"),
        _ref(
            "parent_subcontract_id",
            "subcontracts.subcontract_id",
            "The subcontract above; empty in tier 1",
            null=True,
        ),
        _count("tier", "1: given by the prime contractor; 2: given by a subcontractor", low=1),
        _id("subcontractor_id", "The firm's number"),
        _text("subcontractor_name", "The firm's name"),
        _code("trade", TRADES, "Kind of work"),
        _money("value_amount", "Price of the subcontract", low=1),
        _money("prime_amount", "What the client pays for the same work", low=1),
        _date("date_signed", "Subcontract signed"),
        Column("payment_guarantee", "flag", "Whether the giver handed over a payment guarantee"),
    ),
    same_scale=(("value_amount", "prime_amount"),),
)

CLAIMS = Table(
    "claims",
    "one claim of the prime contractor to the client",
    (
        _key("claim_id", "The claim's number"),
        _ref("contract_id", "contracts.contract_id", "Contract"),
        _count("number", "Running number within the contract; 0 is the advance"),
        _code("kind", "advance progress final", "What is claimed"),
        _date("date_claimed", "Claimed"),
        _date("date_inspected", "Work inspected; empty if not yet, or for an advance", null=True),
        _money("amount", "Amount claimed", low=1),
        _date("date_paid", "Paid by the client; empty if not yet", null=True),
    ),
)

PAYMENTS = Table(
    "payments",
    "one line of the split register: one payee's share of one paid claim",
    (
        _key("payment_id", "The payment's number"),
        _ref("claim_id", "claims.claim_id", "Claim it comes from"),
        _ref("contract_id", "contracts.contract_id", "Contract"),
        _ref(
            "subcontract_id",
            "subcontracts.subcontract_id",
            "Subcontract it belongs to; empty in tier 0",
            null=True,
        ),
        _count("tier", "Whose share: 0 prime contractor, 1 subcontractor, 2 re-subcontractor", high=2),
        _code("payee_type", "prime subcontractor wages equipment materials", "Who is paid"),
        _id("payer_id", "Who pays"),
        _id("payee_id", "Who receives"),
        _money("amount_registered", "Share registered and approved before payment"),
        _money("amount", "Share paid, or to be paid while date_paid is empty"),
        _date(
            "date_received",
            "When the payer received the money; empty for the client's own payment",
            null=True,
        ),
        _date("date_due", "Last day to pay in time"),
        _date("date_paid", "Paid; empty while unpaid", null=True),
        _code("method", "cash note", "In cash or by promissory note"),
        _code(
            "channel", "through_prime direct", "Through the contractor's account or directly from the client"
        ),
    ),
    note="For every paid claim the registered amounts of tiers 0 and 1 add up to the claim. A tier 2 line is paid out of "
    "its parent's tier 1 line and must not be added again.",
    same_scale=(("amount", "amount_registered"),),
)

WORKERS = Table(
    "workers",
    "one worker on the roster of one contract",
    (
        _key("worker_id", "The worker's number"),
        _ref("contract_id", "contracts.contract_id", "Contract of the roster"),
        _ref(
            "subcontract_id",
            "subcontracts.subcontract_id",
            "Subcontract; empty when employed by the prime",
            null=True,
        ),
        _id("employer_id", "The firm that employs the worker"),
        _code("trade", TRADES + " general", "Kind of work"),
        _money("daily_wage", "Agreed wage a day", low=1),
        _id("account_id", "Bank account for the wage"),
        _date("date_start", "First day on the roster"),
        _date("date_end", "Last day on the roster; empty while still employed", null=True),
    ),
    note="Contracts at or above the card threshold that worked in the window. A sample of each site, up to the profile's "
    "roster limit.",
)

ATTENDANCE = Table(
    "attendance",
    "one worker on one site on one day, from the site's card terminal",
    (
        _ref("worker_id", "workers.worker_id", "Worker", key=True),
        _ref("contract_id", "contracts.contract_id", "Site where the card was read", key=True),
        Column("date", "date", "Day", key=True),
        Column("hours", "number", "Time on site", "hours", low=0, high=24),
    ),
    note="Only the window of months before the reference date.",
)

WAGES = Table(
    "wages",
    "one worker's wage for one month",
    (
        _key("wage_id", "The wage's number"),
        _ref("worker_id", "workers.worker_id", "Worker"),
        _ref("contract_id", "contracts.contract_id", "Contract"),
        _date("month", "Last day of the month worked"),
        _count("days_paid", "Days paid for", high=31),
        _money("amount_due", "Wage owed"),
        _money("amount_paid", "Wage paid; 0 while unpaid"),
        _date("date_due", "Last day to pay in time"),
        _date("date_paid", "Paid; empty while unpaid", null=True),
        _id("account_id", "Account the wage goes to"),
    ),
    note="Only the window of months before the reference date.",
    same_scale=(("amount_due", "amount_paid"),),
)

RETIREMENT_DAYS = Table(
    "retirement_days",
    "one worker's days reported for the retirement scheme in one month",
    (
        _ref("worker_id", "workers.worker_id", "Worker", key=True),
        _ref("contract_id", "contracts.contract_id", "Contract", key=True),
        Column("month", "date", "Last day of the month", key=True),
        _count("days_reported", "Days reported", high=31),
        _date("date_reported", "Reported"),
        _money("contribution", "Paid into the scheme"),
    ),
    note="Only the window of months before the reference date.",
)

ITEMS = (
    "overview budget location tender award contract schedule progress payments subcontracts modifications photographs "
    "completion"
)

DISCLOSURES = Table(
    "disclosures",
    "one item that one project must publish",
    (
        _key("disclosure_id", "The item's number"),
        _ref("project_id", "projects.project_id", "Project"),
        _code("item", ITEMS, "What is published"),
        Column("automatic", "flag", "Whether the system publishes it by itself"),
        _date("date_event", "When there was something to publish"),
        _date("date_published", "When it was published; empty while it is not", null=True),
    ),
)

TOPICS = "noise safety progress cost road_closure dust access other"

QUESTIONS = Table(
    "questions",
    "one citizen's question or complaint about a project",
    (
        _key("question_id", "The question's number"),
        _ref("project_id", "projects.project_id", "Project"),
        _code("topic", TOPICS, "What it is about"),
        _code("channel", "website telephone social_media visit", "How it arrived"),
        _date("date_asked", "Asked"),
        _date("date_answered", "Answered; empty while it is not", null=True),
    ),
)

COMPLAINTS = Table(
    "complaints",
    "one complaint about money owed on a site",
    (
        _key("complaint_id", "The complaint's number"),
        _ref("contract_id", "contracts.contract_id", "Contract"),
        _ref(
            "subcontract_id",
            "subcontracts.subcontract_id",
            "Subcontract concerned; empty for wages",
            null=True,
        ),
        _code("type", "subcontract_price materials_equipment wages other", "What is owed"),
        _date("date", "Complaint made"),
        _money("amount", "Amount claimed to be owed"),
        _count("days_overdue", "Days past the due date when the complaint was made", unit="days"),
        _date("date_settled", "Settled; empty while it is not", null=True),
    ),
)

PLANTED = Table(
    "planted",
    "one planted irregularity",
    (
        Column("kind", "id", "Name of the irregularity", key=True),
        Column("table", "id", "Table of the row", key=True),
        Column("row_id", "id", "The row's key; the parts of a longer key are joined by /", key=True),
        _ref("project_id", "projects.project_id", "Project"),
    ),
    note="For scoring a control against what is known. No control may read it.",
)

CONSTRUCTION: dict[str, Table] = {
    table.name: table
    for table in (
        PROJECTS,
        TENDERS,
        BIDS,
        CONTRACTS,
        MODIFICATIONS,
        PROGRESS,
        REPORTS,
        SUBCONTRACTS,
        CLAIMS,
        PAYMENTS,
        WORKERS,
        ATTENDANCE,
        WAGES,
        RETIREMENT_DAYS,
        DISCLOSURES,
        QUESTIONS,
        COMPLAINTS,
        PLANTED,
    )
}


def tables() -> dict[str, Table]:
    """Every described table: those of the works above, and those of the integrity assessment."""
    from cleanworks.city import schemas_integrity  # it builds on this module

    return {**CONSTRUCTION, **schemas_integrity.TABLES}


def table(name: str) -> Table:
    """The description of one table."""
    if name in CONSTRUCTION:
        return CONSTRUCTION[name]
    known = tables()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        raise InputError(f"There is no table '{name}'.", fix=f"{hint}Tables: {', '.join(known)}.")
    return known[name]


def template(name: str, *, example: bool = True) -> str:
    """An empty CSV file for a country's own data: the header, and one example row to be overwritten."""
    described = table(name)
    rows = [",".join(described.names)]
    if example:
        rows.append(",".join(column.example for column in described.columns))
    return "\n".join(rows) + "\n"


def typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the described columns, in the described order and types.

    Dates are ``datetime64[ns]``; whole numbers are ``int64``, or ``float64`` where they may be empty; money is
    ``int64`` if every amount is whole and present, else ``float64``; strings are the default string type of pandas.
    """
    described = table(name)
    return pd.DataFrame({c.name: _cast(c, frame[c.name]) for c in described.columns}).reset_index(drop=True)


def _cast(column: Column, values: pd.Series) -> pd.Series:
    if column.kind in ("date", "time"):
        return values.astype("datetime64[ns]")
    if column.kind == "flag":
        return values.astype(bool)
    if column.kind == "number":
        return values.astype("float64")
    if column.kind in ("integer", "money"):
        numbers = values.astype("float64")
        whole = not column.null and not numbers.isna().any() and bool((numbers % 1 == 0).all())
        return numbers.astype("int64") if whole else numbers
    if values.dtype == "str" and _string_dtype() == "str":
        return values
    texts = values.astype(object)
    return texts.where(texts.notna(), np.nan).astype(_string_dtype())


def _string_dtype() -> str | type[object]:
    """``str`` in pandas 3, ``object`` before: there ``str`` would write missing values as text."""
    return "str" if int(pd.__version__.split(".")[0]) >= 3 else object


def pandera_schema(name: str) -> DataFrameSchema:
    """The pandera schema of one table: types, empty cells, allowed values, ranges and keys; no other columns.

    pandera is imported here and not with the module, because a lesson does not need it.
    """
    import pandera.pandas as pa

    described = table(name)
    return pa.DataFrameSchema(
        {column.name: _pandera_column(pa, column) for column in described.columns},
        unique=described.key or None,
        strict=True,
        ordered=False,
        name=name,
    )


def _pandera_column(pa: ModuleType, column: Column) -> PanderaColumn:
    kind_of = {
        "date": _is_date,
        "time": _is_time,
        "flag": pd.api.types.is_bool_dtype,
        "number": pd.api.types.is_numeric_dtype,
        "integer": pd.api.types.is_numeric_dtype,
        "money": pd.api.types.is_numeric_dtype,
    }.get(column.kind, _is_text)
    checks = [pa.Check(lambda values, test=kind_of: bool(test(values)), name="kind")]
    if column.allowed:
        checks.append(pa.Check.isin(column.allowed, name="allowed"))
    if column.low is not None:
        checks.append(pa.Check.ge(column.low, name="low"))
    if column.high is not None:
        checks.append(pa.Check.le(column.high, name="high"))
    return pa.Column(None, checks=checks, nullable=column.null)


def _is_time(values: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(values)


def _is_date(values: pd.Series) -> bool:
    return _is_time(values) and bool((values.dropna() == values.dropna().dt.normalize()).all())


def _is_text(values: pd.Series) -> bool:
    return values.isna().all() or bool(np.all([isinstance(value, str) for value in values.dropna()]))
