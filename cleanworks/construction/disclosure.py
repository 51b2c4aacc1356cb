"""Disclosure: CoST's proactive items, which of them a project's records fill, and how fast things are published.

CoST's Infrastructure Data Standard asks for 40 items; its mapping to OC4IDS lists 39 rows, because the start date and the
duration of a contract share one. `ITEMS` is that list with the stage, the path in OC4IDS (in our own words) and the columns
of our tables that hold the answer, where some do.

A filled field says that something was published. Whether it is true, complete and readable a person must judge.

The mapping sends variations and escalation of the price to the same place (a modification of type value), so data cannot tell
these two rows apart: they are filled together.

Sources: cost-ids (the mapping files of OC4IDS 0.9.5), ccs-s76.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.typed import Day, Tables

PROACTIVE_ITEMS = 40

_CONTRACT = "contractingProcesses.summary"


@dataclass(frozen=True)
class Item:
    """One row of CoST's list.

    ``paths`` are places in an OC4IDS project; one filled place is enough. A path goes through objects and lists by dots;
    ``documents[documentType=projectScope]`` keeps the elements whose field has that value (or holds it in a list).
    ``columns`` are ``table.column`` names of our tables that answer the item, one filled is enough; empty where none does.
    ``counts`` is 2 for the row that stands for two of the 40 items.
    """

    key: str
    stage: str
    name: str
    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    counts: int = 1


def _document(kind: str) -> str:
    return f"documents[documentType={kind}]"


def _change(kind: str, field: str = "") -> str:
    return f"{_CONTRACT}.modifications[type={kind}]" + (f".{field}" if field else "")


ITEMS: tuple[Item, ...] = (
    Item(
        "owner",
        "identification",
        "Project owner",
        ("publicAuthority.name", "parties[roles=publicAuthority].name"),
        ("projects.public_authority",),
    ),
    Item("sector", "identification", "Sector", ("sector",), ("projects.sector",)),
    Item("subsector", "identification", "Subsector", ("additionalClassifications",), ("projects.subsector",)),
    Item("name", "identification", "Project name", ("title",), ("projects.title",)),
    Item(
        "location",
        "identification",
        "Location",
        (
            "locations.geometry.coordinates",
            "locations.address",
            "locations.gazetteer",
            "locations.description",
        ),
        ("projects.latitude", "projects.district"),
    ),
    Item("purpose", "identification", "Purpose", ("purpose",), ("projects.purpose",)),
    Item("description", "identification", "Description", ("description",), ("projects.description",)),
    Item("scope", "preparation", "Scope (main output)", (_document("projectScope"),), ("projects.scope",)),
    Item(
        "environment",
        "preparation",
        "Environmental impact",
        (_document("environmentalImpact"),),
        ("projects.environmental_impact",),
    ),
    Item(
        "land",
        "preparation",
        "Land and settlement impact",
        (_document("landAndSettlementImpact"),),
        ("projects.land_impact",),
    ),
    Item(
        "contact",
        "preparation",
        "Contact of the owner",
        ("parties[roles=publicAuthority].contactPoint", "parties[roles=publicAuthority].address"),
        ("projects.contact",),
    ),
    Item(
        "funding",
        "preparation",
        "Funding sources",
        ("parties[roles=funder].name", "budget.budgetBreakdowns.budgetBreakdown.sourceParty"),
        ("projects.funding_source",),
    ),
    Item("budget", "preparation", "Budget", ("budget.amount.amount",), ("projects.budget_amount",)),
    Item(
        "budget-date",
        "preparation",
        "Date of budget approval",
        ("budget.approvalDate",),
        ("projects.budget_approval_date",),
    ),
    Item("status", "completion", "Current status", ("status",), ("projects.status",)),
    Item(
        "final-cost",
        "completion",
        "Completion cost",
        ("completion.finalValue.amount",),
        ("projects.completion_final_value",),
    ),
    Item(
        "final-date",
        "completion",
        "Completion date",
        ("completion.endDate",),
        ("projects.completion_end_date",),
    ),
    Item(
        "final-scope",
        "completion",
        "Scope at completion",
        ("completion.finalScope",),
        ("projects.completion_scope",),
    ),
    Item(
        "project-reasons",
        "completion",
        "Reasons for project changes",
        ("completion.endDateDetails", "completion.finalValueDetails", "completion.finalScopeDetails"),
        ("projects.completion_details",),
    ),
    Item(
        "audit",
        "completion",
        "Reference to audit and evaluation",
        (_document("financialAuditReport"), _document("technicalAuditReport")),
        ("projects.audit_report",),
    ),
    Item(
        "procuring-entity",
        "procurement",
        "Procuring entity",
        (f"{_CONTRACT}.tender.procuringEntity.name", "parties[roles=procuringEntity].name"),
        ("tenders.procuring_entity_id",),
    ),
    Item(
        "procuring-contact",
        "procurement",
        "Contact of the procuring entity",
        ("parties[roles=procuringEntity].contactPoint", "parties[roles=procuringEntity].address"),
        ("tenders.contact",),
    ),
    Item(
        "administrative-entity",
        "procurement",
        "Contract administrative entity",
        (f"{_CONTRACT}.tender.administrativeEntity.name", "parties[roles=administrativeEntity].name"),
        ("contracts.administrative_entity",),
    ),
    Item(
        "contract-status", "procurement", "Contract status", (f"{_CONTRACT}.status",), ("contracts.status",)
    ),
    Item(
        "process",
        "procurement",
        "Procurement process",
        (f"{_CONTRACT}.tender.procurementMethod", f"{_CONTRACT}.tender.procurementMethodDetails"),
        ("tenders.procurement_method",),
    ),
    Item("contract-type", "procurement", "Contract type", (f"{_CONTRACT}.nature",), ("contracts.nature",)),
    Item(
        "tenderers",
        "procurement",
        "Number of firms tendering",
        (f"{_CONTRACT}.tender.numberOfTenderers",),
        ("tenders.number_of_tenderers",),
    ),
    Item(
        "estimate",
        "procurement",
        "Cost estimate",
        (f"{_CONTRACT}.tender.costEstimate.amount",),
        ("tenders.cost_estimate",),
    ),
    Item(
        "contract-title",
        "procurement",
        "Contract title",
        (f"{_CONTRACT}.title",),
        ("contracts.title", "tenders.title"),
    ),
    Item(
        "firm", "procurement", "Contract firm", (f"{_CONTRACT}.suppliers.name",), ("contracts.supplier_name",)
    ),
    Item(
        "price",
        "procurement",
        "Contract price",
        (f"{_CONTRACT}.contractValue.amount",),
        ("contracts.value_amount",),
    ),
    Item(
        "work",
        "procurement",
        "Contract scope of work",
        (f"{_CONTRACT}.description",),
        ("contracts.description",),
    ),
    Item(
        "period",
        "procurement",
        "Contract start date, and duration",
        (f"{_CONTRACT}.contractPeriod.startDate", f"{_CONTRACT}.contractPeriod.endDate"),
        ("contracts.period_start",),
        counts=2,
    ),
    Item(
        "change-price",
        "implementation",
        "Variation to contract price",
        (_change("value"),),
        ("modifications[type=value].modification_id",),
    ),
    Item(
        "escalation",
        "implementation",
        "Escalation of contract price",
        (f"{_CONTRACT}.modifications[type=value]",),
        ("modifications[type=value].modification_id",),
    ),
    Item(
        "change-duration",
        "implementation",
        "Variation to contract duration",
        (_change("duration"),),
        ("modifications[type=duration].modification_id",),
    ),
    Item(
        "change-scope",
        "implementation",
        "Variation to contract scope",
        (_change("scope"),),
        ("modifications[type=scope].modification_id",),
    ),
    Item(
        "price-reasons",
        "implementation",
        "Reasons for price changes",
        (_change("value", "rationale"),),
        ("modifications[type=value].rationale",),
    ),
    Item(
        "change-reasons",
        "implementation",
        "Reasons for scope and duration changes",
        (_change("scope", "rationale"), _change("duration", "rationale")),
        ("modifications[type=scope].rationale", "modifications[type=duration].rationale"),
    ),
)


def item_list() -> pd.DataFrame:
    """CoST's rows as a table: ``stage``, ``name``, ``oc4ids`` (paths), ``columns`` and ``counts``, indexed by ``key``."""
    rows = [
        (one.key, one.stage, one.name, " or ".join(one.paths), " or ".join(one.columns), one.counts)
        for one in ITEMS
    ]
    return pd.DataFrame(rows, columns=["key", "stage", "name", "oc4ids", "columns", "counts"]).set_index(
        "key"
    )


# From tables -----------------------------------------------------------------------------------------------------------


def coverage(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Which of CoST's rows each project fills, from tables.

    Parameters
    ----------
    tables : mapping
        ``projects`` with ``project_id``; ``tenders``, ``contracts`` and ``modifications`` where there are any.

    Returns
    -------
    DataFrame of bool
        One row per project (index ``project_id``), one column per item key, 39 in all. An item for which no table has a
        column is False for everyone: the tables do not hold it. Zero counts as filled.

    Raises
    ------
    InputError
        No table ``projects``.
    """
    if "projects" not in tables:
        raise InputError(
            "There is no table 'projects'.", where="tables", fix="Pass a mapping with at least that table."
        )
    input_checks.need_columns(tables["projects"], ("project_id",), "projects")
    projects = pd.Index(tables["projects"]["project_id"], name="project_id")
    filled = {}
    for one in ITEMS:
        hit = pd.Series(False, index=projects)
        for column in one.columns:
            hit |= projects.isin(_projects_with(tables, column))
        filled[one.key] = hit
    return pd.DataFrame(filled, index=projects)


def disclosure_rate(filled: pd.DataFrame, out_of: int = PROACTIVE_ITEMS) -> pd.Series:
    """Share of the items that are filled, 0 to 1, for each row of a coverage table.

    ``out_of`` is 40, CoST's list, or the number of items that the law requires. The row that stands for the start date and the
    duration counts twice.
    """
    input_checks.need_columns(filled, (), "filled")
    input_checks.whole(out_of, "out_of")
    weights = pd.Series({one.key: one.counts for one in ITEMS})
    shown = [key for key in filled.columns if key in weights.index]
    return (filled[shown] * weights[shown]).sum(axis=1) / out_of


def by_stage(filled: pd.DataFrame) -> pd.DataFrame:
    """Share of projects that fill each item, with its stage: index ``key``; ``stage``, ``name``, ``share``."""
    input_checks.need_columns(filled, (), "filled")
    items = item_list().loc[filled.columns, ["stage", "name"]]
    return items.assign(share=filled.mean())


def timeliness(disclosures: pd.DataFrame, as_of: Day | None = None) -> pd.DataFrame:
    """Days from event to publication.

    Parameters
    ----------
    disclosures : DataFrame
        ``date_event``, ``date_published`` and any other columns, which are kept.
    as_of : date, optional
        An item not published waits until this day; without it its days stay missing.

    Returns
    -------
    DataFrame
        The rows whose event is not after ``as_of``, with ``days`` (float) and ``published`` (bool).
    """
    input_checks.need_columns(disclosures, ("date_event", "date_published"), "disclosures")
    return _waits(disclosures, "date_event", "date_published", "published", as_of)


def answer_times(questions: pd.DataFrame, as_of: Day | None = None) -> pd.DataFrame:
    """Days from a citizen's question to its answer; like `timeliness`, with ``days`` and ``answered``."""
    input_checks.need_columns(questions, ("date_asked", "date_answered"), "questions")
    return _waits(questions, "date_asked", "date_answered", "answered", as_of)


def answering(questions: pd.DataFrame, as_of: Day, within_days: int = 14) -> pd.Series:
    """How questions are answered.

    Returns
    -------
    Series
        ``asked`` (number), ``share_answered`` and ``share_in_time`` (of those asked at least ``within_days`` before ``as_of``, so
        that a question of yesterday does not count against anybody), ``median_days`` of those answered. The median leaves out
        whoever still waits; read it beside the share.
    """
    waits = answer_times(questions, as_of)
    ripe = waits[waits["date_asked"] <= pd.Timestamp(as_of) - pd.Timedelta(days=within_days)]
    in_time = ripe["answered"] & (ripe["days"] <= within_days)
    return pd.Series(
        {
            "asked": len(waits),
            "share_answered": ripe["answered"].mean(),
            "share_in_time": in_time.mean(),
            "median_days": waits.loc[waits["answered"], "days"].median(),
        }
    )


# From an OC4IDS project --------------------------------------------------------------------------------------------------


def filled_items(project: Mapping[str, Any]) -> dict[str, bool]:
    """Which of CoST's rows one OC4IDS project fills: item key -> bool, 39 in all."""
    return {one.key: any(has_value(project, path) for path in one.paths) for one in ITEMS}


def has_value(thing: object, path: str) -> bool:
    """Whether a path of `Item` leads to something that is not empty. Lists are walked; 0 and False are values."""
    head, _, rest = path.partition(".")
    name, _, condition = head.partition("[")
    if isinstance(thing, list):
        return any(has_value(element, path) for element in thing)
    if not isinstance(thing, Mapping) or name not in thing:
        return False
    below = thing[name]
    if condition:
        field, _, wanted = condition.removesuffix("]").partition("=")
        elements = below if isinstance(below, list) else [below]
        below = [one for one in elements if isinstance(one, Mapping) and _matches(one.get(field), wanted)]
    return has_value(below, rest) if rest else _not_empty(below)


def _matches(value: object, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else value == wanted


def _not_empty(value: object) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        return False
    if isinstance(value, (Mapping, list)):
        return any(_not_empty(member) for member in (value.values() if isinstance(value, Mapping) else value))
    return True


def _projects_with(tables: Tables, field: str) -> Iterable[str]:
    """The projects for which ``table.column`` (or ``table[type=value].column``) holds something."""
    head, _, column = field.rpartition(".")
    name, _, condition = head.partition("[")
    table = tables.get(name)
    if table is None or column not in table:
        return []
    rows = table[table[column].notna() & table[column].astype(str).str.strip().ne("")]
    if condition:
        by, _, wanted = condition.removesuffix("]").partition("=")
        rows = rows[rows[by] == wanted] if by in rows else rows.iloc[:0]
    if "project_id" in rows:
        return rows["project_id"]
    if "contract_id" in rows and "project_id" in tables.get("contracts", ()):
        return rows["contract_id"].map(tables["contracts"].set_index("contract_id")["project_id"])
    return []


def _waits(table: pd.DataFrame, start: str, end: str, done: str, as_of: Day | None) -> pd.DataFrame:
    finished = table[end].notna()
    until = table[end]
    if as_of is not None:
        as_of = pd.Timestamp(as_of)
        table = table[table[start] <= as_of]
        finished = finished.loc[table.index] & (table[end] <= as_of)
        until = table[end].where(finished, as_of)
    return table.assign(days=(until - table[start]) / pd.Timedelta(days=1), **{done: finished})
