"""OC4IDS 0.9.5: the city's tables as projects, and projects as tables.

How the records are carried (the pattern of the research, validated without errors):

============================  =======================================================================================
table                         place in an OC4IDS project
============================  =======================================================================================
projects                      the project itself: title, sector, type, status, location, purpose, budget, period, completion
tenders                       ``contractingProcesses[].summary.tender``; the bidders as ``tenderers``
contracts                     ``contractingProcesses[].summary``
modifications                 ``summary.modifications[]``
progress                      ``forecasts[]`` (planned) and ``metrics[]`` (actual, paid, cost), one observation a month
claims                        ``summary.milestones[]`` of type ``payment``, code ``claim``
payments                      due: ``summary.milestones[]`` of type ``payment`` with the kind of payee as code;
                              made: ``summary.transactions[]``, joined by ``relatedImplementationMilestone.id``
subcontracts                  a document of type ``subContract``; the firm as a party with the local role ``subcontractor``
disclosures                   ``documents[]``, those that are published
attendance, wages             ``metrics[]`` ``workersOnSite`` and ``wagesPaid``: sums only, no person
============================  =======================================================================================

What has no field in the standard (see `NOT_CARRIED`) is written only with ``local=True``, as a member ``x_cleanworks`` beside
the object it belongs to. Then nothing that the tables above hold is lost, and the file is for exchange between offices: it names
officials by their number. The tables of bids, workers, attendance, wages and retirement days, questions, complaints and reports
are not in OC4IDS; bids travel in OCDS, persons nowhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cleanworks.city import schemas
from cleanworks.errors import InputError
from cleanworks.standards import checks
from cleanworks.standards.shape import (
    LOCAL,
    clean,
    frame,
    grouped,
    inside,
    json_lines,
    json_package,
    listed,
    money,
    objects,
    rest,
    rows,
    text,
    together,
    write_text,
)
from cleanworks.standards.shape import (
    number as numeral,
)
from cleanworks.standards.stream import open_source
from cleanworks.typed import Day, Tables

VERSION = "0.9"
PROJECT_PREFIX = "oc4ids-cwcity-"  # looks like a registered prefix and is none: the city is simulated
OCID_PREFIX = "ocds-cwcity-"
PERCENT = {"name": "percent", "scheme": "UNCEFACT", "id": "P1"}
SMALLEST_GROUP = 3  # people behind a published sum
SHOWN = 3  # values that cannot be, of each column

# Columns of each table that travel in fields of the standard; the others are "local".
CARRIED: dict[str, tuple[str, ...]] = {
    "projects": (
        "project_id",
        "title",
        "district",
        "public_authority",
        "sector",
        "project_type",
        "status",
        "latitude",
        "longitude",
        "purpose",
        "budget_amount",
        "budget_approval_date",
        "period_start",
        "period_end",
        "completion_end_date",
        "completion_final_value",
    ),
    "tenders": (
        "tender_id",
        "project_id",
        "title",
        "procurement_method",
        "procurement_method_details",
        "date_published",
        "cost_estimate",
        "number_of_tenderers",
    ),
    "contracts": (
        "contract_id",
        "project_id",
        "tender_id",
        "supplier_id",
        "supplier_name",
        "nature",
        "value_amount",
        "period_start",
        "period_end",
    ),
    "modifications": (
        "modification_id",
        "contract_id",
        "date",
        "type",
        "rationale",
        "old_value",
        "new_value",
        "old_period_end",
        "new_period_end",
    ),
    "progress": ("contract_id", "period", "planned", "actual", "paid", "cost"),
    "claims": ("claim_id", "contract_id", "amount", "date_paid"),
    "payments": (
        "payment_id",
        "contract_id",
        "payee_type",
        "payer_id",
        "payee_id",
        "amount_registered",
        "date_due",
        "date_paid",
    ),
    "subcontracts": ("subcontract_id", "contract_id"),
    "disclosures": ("disclosure_id", "project_id", "date_published"),
}

# Columns that need local=True, by table, for the reader of a coverage report.
NOT_CARRIED: dict[str, tuple[str, ...]] = {
    "tenders": ("tender_start", "tender_end", "bid_opening_date", "price_only"),
    "contracts": ("award_date", "date_signed", "official_id", "mode"),
    "modifications": ("official_id",),
    "claims": ("number", "kind", "date_claimed", "date_inspected"),
    "payments": (
        "claim_id",
        "subcontract_id",
        "tier",
        "amount of a payment not yet made",
        "date_received",
        "method",
        "channel",
    ),
    "subcontracts": (
        "parent_subcontract_id",
        "tier",
        "subcontractor_id",
        "subcontractor_name",
        "trade",
        "value_amount",
        "prime_amount",
        "date_signed",
        "payment_guarantee",
    ),
    "disclosures": ("item", "automatic", "date_event", "items not published"),
}

_DOCUMENTS = {
    "budget": "budgetApproval",
    "tender": "tenderNotice",
    "award": "awardNotice",
    "contract": "contractSigned",
    "schedule": "projectPlan",
    "progress": "physicalProgressReport",
    "payments": "financialProgressReport",
    "subcontracts": "subContract",
    "modifications": "contractAmendment",
    "photographs": "illustration",
    "completion": "completionCertificate",
    "overview": "contractSummary",
}


# Writing -----------------------------------------------------------------------------------------------------------------


def projects(
    tables: Mapping[str, pd.DataFrame],
    *,
    currency: str = "KRW",
    language: str = "en",
    updated: Day | None = None,
    project_prefix: str = PROJECT_PREFIX,
    ocid_prefix: str = OCID_PREFIX,
    local: bool = False,
) -> Iterator[dict[str, Any]]:
    """The city's tables as OC4IDS projects, one after the other.

    Parameters
    ----------
    tables : mapping
        ``projects`` is needed; what else is there of the module's list is used.
    currency : str
        Three letters.
    updated : date, optional
        Day of the data; also decides whether an unpaid milestone is late.
    project_prefix, ocid_prefix : str
        Registered prefixes of the publisher.
    local : bool
        Also write what the standard has no field for, under ``x_cleanworks``.

    Raises
    ------
    InputError
        No table ``projects``.

    Examples
    --------
    >>> first = next(oc4ids.projects(tables))
    >>> first["id"], first["status"]
    ('oc4ids-cwcity-P-000001', 'completion')
    """
    if "projects" not in tables:
        raise InputError("There is no table 'projects'.", where="tables", fix="OC4IDS is a list of projects.")
    index = _Index(tables, currency, pd.Timestamp(updated) if updated is not None else None, local)
    for row in rows(tables["projects"]):
        yield clean(_project(row, index, language, project_prefix, ocid_prefix))


def write(
    path: str | Path,
    tables: Tables,
    *,
    publisher: str,
    uri: str,
    published: Day,
    lines: bool = False,
    **options: Any,
) -> Path:
    """Write an OC4IDS package, or JSON lines.

    Parameters
    ----------
    path : path
        The file; it appears complete or not at all.
    tables : mapping
        See `projects`.
    publisher, uri : str
        Who publishes, and the address of the package.
    published : date
        When; it is a parameter so that the same tables give the same file.
    lines : bool
        One project a line, without the package around them.
    options
        See `projects`.

    Examples
    --------
    >>> oc4ids.write(folder / "projects.json", tables, **about).name
    'projects.json'
    """
    day = pd.Timestamp(published)
    elements = projects(tables, **{"updated": day, **options})
    if lines:
        return write_text(path, json_lines(elements))
    header = {
        "uri": uri,
        "publishedDate": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": VERSION,
        "publisher": {"name": publisher},
    }
    return write_text(path, json_package(header, "projects", elements))


class _Index:
    """The rows of all tables by the project or contract they belong to."""

    def __init__(self, tables: Tables, currency: str, updated: pd.Timestamp | None, local: bool) -> None:
        self.currency, self.updated, self.local = currency, updated, local
        self.tenders = grouped(tables, "tenders", "project_id")
        self.contracts = grouped(tables, "contracts", "project_id")
        self.bids = grouped(tables, "bids", "tender_id")
        by_contract = ("modifications", "progress", "claims", "payments", "subcontracts")
        self.of_contract = {name: grouped(tables, name, "contract_id") for name in by_contract}
        self.disclosures = grouped(tables, "disclosures", "project_id")
        self.people = _people(tables)

    def of(self, name: str, contract: str) -> list[dict[str, Any]]:
        return self.of_contract[name].get(contract, [])


def _project(
    row: dict[str, Any], index: _Index, language: str, project_prefix: str, ocid_prefix: str
) -> dict[str, Any]:
    project = row["project_id"]
    tenders, contracts = index.tenders.get(project, []), index.contracts.get(project, [])
    owner = {"id": _organisation_id(row.get("public_authority")), "name": row.get("public_authority")}
    parties = _Parties()
    parties.add(owner["id"], owner["name"], "publicAuthority", "buyer", "procuringEntity")
    by_tender = {contract.get("tender_id"): contract for contract in contracts}
    processes = [
        _process(tender, by_tender.get(tender["tender_id"]), row, owner, parties, index, ocid_prefix)
        for tender in tenders
    ]
    known = {tender["tender_id"] for tender in tenders}
    processes += [
        _process({"tender_id": contract["contract_id"]}, contract, row, owner, parties, index, ocid_prefix)
        for contract in contracts
        if contract.get("tender_id") not in known
    ]
    ids = [contract["contract_id"] for contract in contracts]
    final = row.get("completion_final_value")
    return {
        "id": project_prefix + project,
        "updated": index.updated.strftime("%Y-%m-%dT%H:%M:%SZ") if index.updated is not None else None,
        "language": language,
        "identifiers": [{"id": project, "scheme": "internal"}],
        "publicAuthority": owner,
        "title": row.get("title"),
        "purpose": row.get("purpose"),
        "sector": [row["sector"]] if "sector" in row else None,
        "type": row.get("project_type"),
        "status": row.get("status"),
        "locations": [_location(row)],
        "budget": {
            "amount": money(row.get("budget_amount"), index.currency),
            "approvalDate": row.get("budget_approval_date"),
        },
        "period": {"startDate": row.get("period_start"), "endDate": row.get("period_end")},
        "completion": {"endDate": row.get("completion_end_date"), "finalValue": money(final, index.currency)},
        "forecasts": _series(
            ids, index, (("physicalProgress", "Physical progress, planned", "planned", PERCENT),)
        ),
        "metrics": [
            *_series(
                ids,
                index,
                (
                    ("physicalProgress", "Physical progress", "actual", PERCENT),
                    ("financialProgress", "Financial progress", "paid", PERCENT),
                    ("costToDate", "Contractor's cost to date", "cost", None),
                ),
            ),
            *_people_metrics(ids, index),
        ],
        "documents": _documents(index.disclosures.get(project, []), index),
        "contractingProcesses": processes,
        "parties": parties.list(),
        **_local_project(row, index),
    }


def _local_project(row: dict[str, Any], index: _Index) -> dict[str, Any]:
    """What is not published yet is no document; between offices it travels as a list of its own."""
    missing = [one for one in index.disclosures.get(row["project_id"], []) if "date_published" not in one]
    return rest({**row, "unpublished": missing}, CARRIED["projects"], index.local)


def _process(
    tender: dict[str, Any],
    contract: dict[str, Any] | None,
    project: dict[str, Any],
    owner: Mapping[str, Any],
    parties: _Parties,
    index: _Index,
    ocid_prefix: str,
) -> dict[str, Any]:
    ocid = ocid_prefix + tender["tender_id"]
    # A bid whose bidder nobody named tells of no party.
    bids = [bid for bid in index.bids.get(tender["tender_id"], []) if "tenderer_id" in bid]
    for bid in bids:
        parties.add(bid["tenderer_id"], bid.get("tenderer_name"), "tenderer")
    tenderers = {
        bid["tenderer_id"]: {"id": bid["tenderer_id"], "name": bid.get("tenderer_name")} for bid in bids
    }
    summary = {
        "ocid": ocid,
        "title": tender.get("title"),
        "status": "pre-award",
        "tender": {
            "procurementMethod": tender.get("procurement_method"),
            "procurementMethodDetails": tender.get("procurement_method_details"),
            "datePublished": tender.get("date_published"),
            "costEstimate": money(tender.get("cost_estimate"), index.currency),
            "numberOfTenderers": tender.get("number_of_tenderers"),
            "tenderers": list(tenderers.values()),
            "procuringEntity": owner,
            **rest(tender, CARRIED["tenders"], index.local),
        },
    }
    if contract:
        summary |= _contract(contract, project, owner, parties, index)
    return {"id": ocid, "summary": summary}


def _contract(
    contract: dict[str, Any],
    project: dict[str, Any],
    owner: Mapping[str, Any],
    parties: _Parties,
    index: _Index,
) -> dict[str, Any]:
    number = contract["contract_id"]
    supplier = {"id": contract.get("supplier_id"), "name": contract.get("supplier_name")}
    parties.add(supplier["id"], supplier["name"], "supplier", "tenderer")
    done = "completion_end_date" in project
    payments, claims = index.of("payments", number), index.of("claims", number)
    subcontracts = index.of("subcontracts", number)
    for row in subcontracts:
        parties.add(row.get("subcontractor_id"), row.get("subcontractor_name"), "subcontractor")
    for row in payments:
        parties.add(row.get("payer_id"), None, "payer")
        parties.add(row.get("payee_id"), None, "payee")
    return {
        "externalReference": number,
        "nature": [contract["nature"]] if "nature" in contract else None,
        "status": "closed" if done else "active",
        "suppliers": [supplier],
        "contractValue": money(contract.get("value_amount"), index.currency),
        "contractPeriod": {"startDate": contract.get("period_start"), "endDate": contract.get("period_end")},
        "finalValue": money(project.get("completion_final_value"), index.currency),
        "modifications": [_modification(row, index) for row in index.of("modifications", number)],
        "milestones": [*(_claim(row, index) for row in claims), *(_due(row, index) for row in payments)],
        "transactions": [_paid(row, parties, index) for row in payments if "date_paid" in row],
        "documents": [_subcontract(row, index) for row in subcontracts],
        **rest(contract, CARRIED["contracts"], index.local),
    }


def _modification(row: dict[str, Any], index: _Index) -> dict[str, Any]:
    return {
        "id": row.get("modification_id"),
        "date": row.get("date"),
        "type": row.get("type"),
        "description": f"Change of {row['type']}" if "type" in row else None,
        "rationale": row.get("rationale"),
        "oldContractValue": money(row.get("old_value"), index.currency),
        "newContractValue": money(row.get("new_value"), index.currency),
        "oldContractPeriod": {"endDate": row.get("old_period_end")},
        "newContractPeriod": {"endDate": row.get("new_period_end")},
        **rest(row, CARRIED["modifications"], index.local),
    }


def _claim(row: dict[str, Any], index: _Index) -> dict[str, Any]:
    return {
        "id": row.get("claim_id"),
        "title": f"Claim {row['number']}" if "number" in row else "Claim",
        "type": "payment",
        "code": "claim",
        "dateMet": row.get("date_paid"),
        "status": "met" if "date_paid" in row else "scheduled",
        "value": money(row.get("amount"), index.currency),
        **rest(row, CARRIED["claims"], index.local),
    }


def _due(row: dict[str, Any], index: _Index) -> dict[str, Any]:
    unpaid = "date_paid" not in row
    carried = CARRIED["payments"] if unpaid else (*CARRIED["payments"], "amount")
    overdue = (
        unpaid
        and index.updated is not None
        and "date_due" in row
        and pd.Timestamp(row["date_due"][:10]) < index.updated
    )
    return {
        "id": row.get("payment_id"),
        "title": f"Payment to {row['payee_type']}" if "payee_type" in row else "Payment",
        "type": "payment",
        "code": row.get("payee_type"),
        "dueDate": row.get("date_due"),
        "dateMet": row.get("date_paid"),
        "status": "met" if not unpaid else "notMet" if overdue else "scheduled",
        "value": money(row.get("amount_registered"), index.currency),
        **rest({**row, **_who(row, unpaid)}, carried, index.local),
    }


def _who(row: dict[str, Any], unpaid: bool) -> dict[str, Any]:
    # Payer and payee belong to the transaction; before it exists only a local member can name them.
    return {"from": row.get("payer_id"), "to": row.get("payee_id")} if unpaid else {}


def _paid(row: dict[str, Any], parties: _Parties, index: _Index) -> dict[str, Any]:
    return {
        "id": row.get("payment_id"),
        "date": row["date_paid"],
        "value": money(row.get("amount"), index.currency),
        "payer": parties.reference(row.get("payer_id")),
        "payee": parties.reference(row.get("payee_id")),
        "relatedImplementationMilestone": {
            "id": row.get("payment_id"),
            "title": f"Payment to {row['payee_type']}" if "payee_type" in row else "Payment",
        },
    }


def _subcontract(row: dict[str, Any], index: _Index) -> dict[str, Any]:
    return {
        "id": row.get("subcontract_id"),
        "documentType": "subContract",
        "title": f"Subcontract: {row['trade']}" if "trade" in row else "Subcontract",
        **rest(row, CARRIED["subcontracts"], index.local),
    }


def _documents(disclosures: list[dict[str, Any]], index: _Index) -> list[dict[str, Any]]:
    return [
        {
            "id": row.get("disclosure_id"),
            "documentType": _DOCUMENTS.get(row.get("item", ""), row.get("item")),
            "title": str(row.get("item", "document")).capitalize(),
            "datePublished": row.get("date_published"),
            **rest(row, CARRIED["disclosures"], index.local),
        }
        for row in disclosures
        if "date_published" in row
    ]


def _location(row: dict[str, Any]) -> dict[str, Any]:
    point = [row["longitude"], row["latitude"]] if {"longitude", "latitude"} <= set(row) else None
    return {
        "id": "site",
        "geometry": {"type": "Point", "coordinates": point} if point else None,
        "address": {"locality": row.get("district")},
    }


def _series(
    contracts: Iterable[str], index: _Index, wanted: Iterable[tuple[str, str, str, dict[str, str] | None]]
) -> list[dict[str, Any]]:
    # A row that names no month is no observation.
    months = [row for number in contracts for row in index.of("progress", number) if "period" in row]
    found = []
    for number, title, column, unit in wanted:
        observations = [_observation(row, row[column], unit, index) for row in months if column in row]
        if observations:
            found.append({"id": number, "title": title, "observations": observations})
    return found


def _observation(
    row: dict[str, Any], value: float, unit: Mapping[str, str] | None, index: _Index
) -> dict[str, Any]:
    month = row["period"]
    measured = {"measure": value, "unit": unit} if unit else {"value": money(value, index.currency)}
    return {
        "id": f"{row['contract_id']}/{month[:10]}",
        "period": {"startDate": month[:8] + "01T00:00:00Z", "endDate": month},
        **measured,
        "dimensions": {"contract": row["contract_id"]},
    }


def _people(tables: Tables) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Sums over people by contract and month; a sum over fewer than three people is left out."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    if {"worker_id", "contract_id", "date"} <= set(tables.get("attendance", ())):
        days = tables["attendance"]
        month = days["date"].dt.to_period("M").dt.end_time.dt.normalize().astype("datetime64[ns]")
        count = days.groupby(["contract_id", month])["worker_id"].nunique().rename("value").reset_index()
        _add_sums(found, "workersOnSite", count.rename(columns={"date": "month"}), count["value"])
    if {"worker_id", "contract_id", "month", "amount_paid", "date_paid", "date_due"} <= set(
        tables.get("wages", ())
    ):
        wages = tables["wages"]
        in_time = wages["date_paid"].le(wages["date_due"])
        paid = wages.assign(in_time=in_time).groupby(["contract_id", "month", "in_time"])
        sums = paid.agg(value=("amount_paid", "sum"), people=("worker_id", "nunique")).reset_index()
        _add_sums(found, "wagesPaid", sums, sums["people"])
    return found


def _add_sums(found: dict[str, Any], metric: str, sums: pd.DataFrame, people: pd.Series) -> None:
    for row in rows(sums[people >= SMALLEST_GROUP]):
        found.setdefault(row["contract_id"], {}).setdefault(metric, []).append(row)


def _people_metrics(contracts: Iterable[str], index: _Index) -> list[dict[str, Any]]:
    titles = {"workersOnSite": "Workers on site", "wagesPaid": "Wages paid"}
    found = []
    for metric, title in titles.items():
        observations = []
        for number in contracts:
            for row in index.people.get(number, {}).get(metric, []):
                month, in_time = row["month"], row.get("in_time")
                dimensions = {"contract": number} | ({} if in_time is None else {"paidOnTime": in_time})
                measured = (
                    {"measure": row["value"]}
                    if metric == "workersOnSite"
                    else {"value": money(row["value"], index.currency)}
                )
                suffix = "" if in_time is None else f"/{'in-time' if in_time else 'late'}"
                observations.append(
                    {
                        "id": f"{number}/{month[:10]}{suffix}",
                        "period": {"startDate": month[:8] + "01T00:00:00Z", "endDate": month},
                        **measured,
                        "dimensions": dimensions,
                    }
                )
        if observations:
            found.append({"id": metric, "title": title, "observations": observations})
    return found


class _Parties:
    """The organisations of one project, each once, with all its roles."""

    def __init__(self) -> None:
        self._names: dict[str, str | None] = {}
        self._roles: dict[str, dict[str, None]] = {}

    def add(self, number: str | None, name: str | None, *roles: str) -> None:
        if number is None:
            return
        self._names[number] = self._names.get(number) or name
        self._roles.setdefault(number, {}).update(dict.fromkeys(roles))

    def reference(self, number: str | None) -> dict[str, Any] | None:
        return None if number is None else {"id": number, "name": self._names.get(number)}

    def list(self) -> list[dict[str, Any]]:
        return [{"id": n, "name": self._names[n], "roles": list(self._roles[n])} for n in self._names]


def _organisation_id(name: str | None) -> str | None:
    return (
        None if name is None else "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
    )


# Reading -----------------------------------------------------------------------------------------------------------------


def read(
    path: str | Path, *, project_prefix: str = PROJECT_PREFIX, ocid_prefix: str = OCID_PREFIX
) -> dict[str, pd.DataFrame]:
    """An OC4IDS file as tables.

    Parameters
    ----------
    path : path
        A package or JSON lines, plain or gzipped.
    project_prefix, ocid_prefix : str
        Removed from ids that begin with them.

    Returns
    -------
    dict of DataFrame
        ``projects``, ``tenders``, ``contracts``, ``modifications``, ``progress``, ``claims``, ``payments``, ``milestones``,
        ``subcontracts``, ``disclosures``; columns as in the city's tables, those that the file does not hold are empty or absent.

    Raises
    ------
    InputError
        See `cleanworks.standards.stream.open_source`; also if the file is OCDS.

    Examples
    --------
    >>> path = oc4ids.write(folder / "projects.json", tables, **about)
    >>> len(oc4ids.read(path)["projects"])
    20
    """
    source = open_source(path)
    if source.list_name != "projects":
        raise InputError(
            f"This is an {source.what}, not OC4IDS.", where=str(path), fix="Read it with ocds.read."
        )
    places = ((element.value, f"{path}, project {element.number}") for element in source.elements)
    (tables,) = pieces_of(places, project_prefix=project_prefix, ocid_prefix=ocid_prefix)
    if source.notes:
        tables["projects"].attrs["said"] = list(source.notes)
    return tables


def tables_of(
    found: Iterable[dict[str, Any]], *, project_prefix: str = PROJECT_PREFIX, ocid_prefix: str = OCID_PREFIX
) -> dict[str, pd.DataFrame]:
    """OC4IDS projects as tables, see `read`.

    Examples
    --------
    >>> len(oc4ids.tables_of(oc4ids.projects(tables))["projects"])
    20
    """
    places = ((project, f"project {number}") for number, project in enumerate(found, start=1))
    (tables,) = pieces_of(places, project_prefix=project_prefix, ocid_prefix=ocid_prefix)
    return tables


def pieces_of(
    found: Iterable[tuple[dict[str, Any], str]],
    size: int | None = None,
    *,
    project_prefix: str = PROJECT_PREFIX,
    ocid_prefix: str = OCID_PREFIX,
) -> Iterator[dict[str, pd.DataFrame]]:
    """Projects, each with the place where it stands, as tables of at most ``size`` projects, the last of which may be empty.

    A project that is there again with the same words is left out; ``attrs["again"]`` of the table of projects counts those, and
    ``attrs["beyond"]`` says of each column how many of its values cannot be, and so are missing, and names some with their project.

    Raises
    ------
    InputError
        A project that is there again and says something else, with both places.

    Examples
    --------
    >>> first = next(oc4ids.projects(tables))
    >>> [one] = oc4ids.pieces_of([(first, "a.json, project 1"), (first, "b.json, project 1")])
    >>> len(one["projects"]), one["projects"].attrs["again"]
    (1, 1)
    """
    reader = _Reader(project_prefix, ocid_prefix)
    for project in once(found, reader.repeated):
        reader.project(project)
        if size is not None and len(reader.records["projects"]) >= size:
            yield reader.tables()
    yield reader.tables()


def once(found: Iterable[tuple[dict[str, Any], str]], repeated: list[str]) -> Iterator[dict[str, Any]]:
    """Projects without those that are there again, whose places go into ``repeated``; see `pieces_of`.

    Examples
    --------
    >>> again = []
    >>> len(list(oc4ids.once([({"id": "p"}, "a.json"), ({"id": "p"}, "b.json")], again))), again
    (1, ['b.json'])
    """
    known: dict[str, tuple[bytes, str]] = {}
    for project, place in found:
        number = text(project.get("id"))
        if number is not None:
            words = hashlib.blake2b(
                json.dumps(project, sort_keys=True, default=str).encode(), digest_size=16
            ).digest()
            before, first = known.setdefault(number, (words, place))
            if first != place:
                if before != words:
                    raise InputError(
                        f"The project {number!r} is in {first} and in {place}, and the two differ.",
                        where=place,
                        fix="Give the newer of them only: nothing in OC4IDS says how the two become one.",
                    )
                repeated.append(place)
                continue
        yield project


# What no process of a file may mention at all: then nothing is known, and the table has no columns.
_KNOWN_ONLY_IF_SAID = ("modifications", "subcontracts")


class _Reader:
    """Projects, one after the other, into the rows of all tables. Values of a wrong JSON kind are read as missing."""

    def __init__(self, project_prefix: str, ocid_prefix: str) -> None:
        self.project_prefix, self.ocid_prefix = project_prefix, ocid_prefix
        self.records: dict[str, list[dict[str, Any]]] = {name: [] for name in (*CARRIED, "milestones")}
        self.said: set[str] = set()
        self.seen: dict[str, int] = {}  # processes; one may belong to two projects
        self.count = 0
        self.repeated: list[str] = []  # where projects stand that were there already
        self.beyond: dict[str, tuple[int, list[str]]] = {}

    def tables(self) -> dict[str, pd.DataFrame]:
        """The rows since the last call as tables."""
        unknown = [name for name in _KNOWN_ONLY_IF_SAID if name not in self.said and not self.records[name]]
        made = {
            name: pd.DataFrame() if name in unknown else frame(name, list_, CARRIED.get(name, ()))
            for name, list_ in self.records.items()
        }
        about = {"again": len(self.repeated), "beyond": self.beyond}
        made["projects"].attrs |= {name: value for name, value in about.items() if value}
        shares = [
            f"progress.{column}: no number is above 1, and the numbers are read as per cents: is 1 all of the work?"
            for column in ("planned", "actual", "paid")
            if column in made["progress"] and _are_shares(made["progress"][column])
        ]
        made["progress"].attrs |= {"said": shares} if shares else {}
        self.records = {name: [] for name in self.records}
        self.beyond = {}
        self.repeated.clear()
        return made

    def _possible(self, table: str, column: str, value: object, project: str) -> object:
        """The value, or None for a number that cannot be what the column says, which is noted."""
        described = schemas.CONSTRUCTION[table][column]
        low, high = described.low, described.high
        known = numeral(value, high)
        if known is None or low is None or high is None or low <= known <= high:
            return value
        count, some = self.beyond.get(f"{table}.{column}", (0, []))
        self.beyond[f"{table}.{column}"] = count + 1, [*some, f"{project}: {known:g}"][:SHOWN]
        return None

    def project(self, project: dict[str, Any]) -> None:
        records = self.records
        self.count += 1
        given = text(project.get("id")) or f"(project {self.count} without id)"
        number = given.removeprefix(self.project_prefix)
        # The simulated city's own ids are unique in the whole file; everybody else's are local to project and process.
        self.of_city = given.startswith(PROJECT_PREFIX)
        location = _first(project.get("locations"))
        point = _get(location, "geometry", "coordinates")
        # A height may follow.
        flat = isinstance(point, list) and len(point) in (2, 3) and not isinstance(point[0], list)
        longitude, latitude = point[:2] if flat else (None, None)
        east = self._possible("projects", "longitude", longitude, given)
        north = self._possible("projects", "latitude", latitude, given)
        # Where one of them cannot be, they are most likely swapped, and the other is wrong, too.
        if (east is None) != (north is None):
            east = north = None
        known = dict(inside(project, LOCAL))
        unpublished = known.pop("unpublished", [])
        records["disclosures"] += objects({"unpublished": unpublished}, "unpublished")
        final, budget = inside(project, "completion", "finalValue"), inside(project, "budget", "amount")
        records["projects"].append(
            {
                "project_id": number,
                "title": project.get("title"),
                "district": text(_get(location, "address", "locality"))
                or text(_get(location, "address", "region"))
                or location.get("description"),
                "public_authority": text(_get(project, "publicAuthority", "name"))
                or _get(project, "publicAuthority", "id"),
                "sector": _first(project.get("sector"), None),
                "project_type": project.get("type"),
                "status": project.get("status"),
                "latitude": north,
                "longitude": east,
                "purpose": project.get("purpose"),
                "description": project.get("description"),
                "budget_amount": budget.get("amount"),
                "budget_approval_date": _get(project, "budget", "approvalDate"),
                "period_start": _get(project, "period", "startDate"),
                "period_end": _get(project, "period", "endDate"),
                "completion_end_date": _get(project, "completion", "endDate"),
                "completion_final_value": final.get("amount"),
                **known,
            }
        )
        codes = {text(value.get("currency")) for value in (budget, final)} - {None}
        if codes and not self.of_city:
            # Two currencies in one project: its budget and its final value cannot be compared.
            records["projects"][-1]["currency"] = codes.pop() if len(codes) == 1 else "several"
        self.processes: list[str | None] = []
        for process in objects(project, "contractingProcesses"):
            self._process(process, number)
        self._series(project, given)
        seen: dict[str, int] = {}
        for document in objects(project, "documents"):
            records["disclosures"].append(
                {
                    "disclosure_id": self._own(number, document.get("id"), seen),
                    "project_id": number,
                    "item": document.get("documentType"),
                    "date_published": document.get("datePublished"),
                    **inside(document, LOCAL),
                }
            )

    def _own(self, holder: str, given: object, seen: dict[str, int]) -> str:
        """The id of one element: its holder and its local id, or its place where it has none or shares it."""
        known = text(given)
        key = known or ""
        seen[key] = seen.get(key, 0) + 1
        if known is None:
            return f"{holder}/#{seen[key]}"
        own = known if self.of_city else f"{holder}/{known}"
        return own if seen[key] == 1 else f"{own}#{seen[key]}"

    def _process(self, process: dict[str, Any], project: str) -> None:
        summary = inside(process, "summary")
        tender = inside(summary, "tender")
        ocid = text(process.get("id")) or text(summary.get("ocid"))
        tender_id = ocid.removeprefix(self.ocid_prefix) if ocid else f"{project}/#{len(self.processes) + 1}"
        self.seen[tender_id] = self.seen.get(tender_id, 0) + 1
        if self.seen[tender_id] > 1:
            tender_id += f"#{self.seen[tender_id]}"
        self.records["tenders"].append(
            {"tender_id": tender_id, "project_id": project, **self._tender(summary, tender)}
        )
        self.processes.append(tender_id)
        if not summary.get("suppliers") and "contractValue" not in summary:
            self.processes[-1] = None
            return
        # A process of OC4IDS is one contract; only the city's own reference numbers are known to be unique.
        contract = (text(summary.get("externalReference")) if self.of_city else None) or tender_id
        self.processes[-1] = contract
        ids = {"contract_id": contract, "project_id": project, "tender_id": tender_id}
        self.records["contracts"].append({**ids, **self._contract(summary)})
        self._modifications(summary, contract)
        self._subcontracts(summary, contract)
        self._money(summary, contract)

    def _tender(self, summary: Mapping[str, Any], tender: Mapping[str, Any]) -> dict[str, Any]:
        estimate = inside(tender, "costEstimate")
        return {
            "title": summary.get("title"),
            "procurement_method": listed(tender.get("procurementMethod"), checks.METHODS),
            "procurement_method_details": tender.get("procurementMethodDetails"),
            "date_published": tender.get("datePublished"),
            "cost_estimate": estimate.get("amount"),
            "number_of_tenderers": tender.get("numberOfTenderers"),
            "procuring_entity_id": _get(tender, "procuringEntity", "id"),
            # No code of OC4IDS, and publishers write it: what was cancelled is one process, tender and contract.
            **({"status": "cancelled"} if summary.get("status") == "cancelled" else {}),
            **({} if self.of_city or not estimate else {"currency": estimate.get("currency")}),
            **inside(tender, LOCAL),
        }

    def _contract(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        agreed, suppliers = inside(summary, "contractValue"), objects(summary, "suppliers")
        return {
            "title": summary.get("title"),
            "description": summary.get("description"),
            "status": summary.get("status"),
            **together(
                (text(one.get("id")) or text(one.get("name")), text(one.get("name"))) for one in suppliers
            ),
            "nature": _first(summary.get("nature"), None),
            "value_amount": agreed.get("amount"),
            "period_start": _get(summary, "contractPeriod", "startDate"),
            "period_end": _get(summary, "contractPeriod", "endDate"),
            **({} if self.of_city else {"currency": agreed.get("currency")}),
            **inside(summary, LOCAL),
        }

    def _modifications(self, summary: Mapping[str, Any], contract: str) -> None:
        if "modifications" in summary:
            self.said.add("modifications")
        seen: dict[str, int] = {}
        agreed = _currency(inside(summary, "contractValue"))
        for change in objects(summary, "modifications"):
            old, new = inside(change, "oldContractValue"), inside(change, "newContractValue")
            same = {_currency(one) for one in (old, new)} <= {agreed, ""} or not agreed
            same = same and (_currency(old) == _currency(new) or not (old and new))
            self.records["modifications"].append(
                {
                    "modification_id": self._own(contract, change.get("id"), seen),
                    "contract_id": contract,
                    "date": change.get("date"),
                    "type": change.get("type"),
                    "rationale": change.get("rationale"),
                    "old_value": old.get("amount") if same else None,
                    "new_value": new.get("amount") if same else None,
                    "old_period_end": _get(change, "oldContractPeriod", "endDate"),
                    "new_period_end": _get(change, "newContractPeriod", "endDate"),
                    **inside(change, LOCAL),
                }
            )

    def _subcontracts(self, summary: Mapping[str, Any], contract: str) -> None:
        seen: dict[str, int] = {}
        for document in objects(summary, "documents"):
            if document.get("documentType") == "subContract":
                row = {
                    "subcontract_id": self._own(contract, document.get("id"), seen),
                    "contract_id": contract,
                }
                self.records["subcontracts"].append({**row, **inside(document, LOCAL)})

    def _money(self, summary: Mapping[str, Any], contract: str) -> None:
        records = self.records
        seen: dict[str, int] = {}
        paid: dict[str, list[dict[str, Any]]] = {}
        for place, transaction in enumerate(objects(summary, "transactions")):
            named = (
                text(_get(transaction, "relatedImplementationMilestone", "id"))
                or text(transaction.get("id"))
                or f"\0{place}"
            )
            paid.setdefault(named, []).append(transaction)
        for milestone in objects(summary, "milestones"):
            known_id, value = text(milestone.get("id")), inside(milestone, "value")
            number = self._own(contract, known_id, seen)
            if milestone.get("type") != "payment":
                records["milestones"].append(
                    {
                        "milestone_id": number,
                        "contract_id": contract,
                        "type": milestone.get("type"),
                        "date_due": milestone.get("dueDate"),
                        "date_met": milestone.get("dateMet"),
                    }
                )
            elif milestone.get("code") == "claim":
                row = {
                    "claim_id": number,
                    "contract_id": contract,
                    "amount": value.get("amount"),
                    "date_paid": milestone.get("dateMet"),
                }
                records["claims"].append({**row, **self._currency(value), **inside(milestone, LOCAL)})
            else:
                made = paid.pop(known_id, []) if known_id else []
                known = dict(inside(milestone, LOCAL))
                payer, payee = known.pop("from", None), known.pop("to", None)
                row = {
                    "payment_id": number,
                    "contract_id": contract,
                    "payee_type": milestone.get("code"),
                    "payer_id": payer,
                    "payee_id": payee,
                    "amount_registered": value.get("amount"),
                    "date_due": milestone.get("dueDate"),
                    **self._currency(value),
                }
                for place, one in enumerate(made):
                    records["payments"].append(
                        {
                            **row,
                            "payment_id": number if not place else f"{number}#{place + 1}",
                            **self._made(one),
                            **known,
                        }
                    )
                if not made:
                    records["payments"].append({**row, **known})
        # A payment that names no milestone has no due date, and its lateness cannot be known.
        seen_paid: dict[str, int] = {}
        for made in paid.values():
            for one in made:
                row = {"payment_id": self._own(contract, one.get("id"), seen_paid), "contract_id": contract}
                records["payments"].append({**row, **self._made(one)})

    def _currency(self, value: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"currency": value.get("currency")} if value and not self.of_city else {}

    def _made(self, transaction: dict[str, Any]) -> dict[str, Any]:
        value = inside(transaction, "value")
        return {
            "payer_id": _get(transaction, "payer", "id"),
            "payee_id": _get(transaction, "payee", "id"),
            "amount": value.get("amount"),
            "date_paid": transaction.get("date"),
            **self._currency(value),
        }

    def _series(self, project: dict[str, Any], given: str) -> None:
        months: dict[tuple[Any, ...], dict[str, Any]] = {}
        wanted = {
            ("forecasts", "physicalProgress"): "planned",
            ("metrics", "physicalProgress"): "actual",
            ("metrics", "financialProgress"): "paid",
            ("metrics", "costToDate"): "cost",
        }
        # Progress of the project as a whole belongs to a contract only where there is one.
        signed = [contract for contract in self.processes if contract]
        only = signed[-1] if self.of_city and signed else signed[0] if len(signed) == 1 else None
        for (list_name, metric), column in wanted.items():
            for series in objects(project, list_name):
                if series.get("id") != metric:
                    continue
                for seen in objects(series, "observations"):
                    contract = text(_get(seen, "dimensions", "contract")) or only
                    month = text(_get(seen, "period", "endDate")) or text(_get(seen, "period", "startDate"))
                    # A sum of money is a cost, and no share of the work.
                    value = _get(seen, "value", "amount") if column == "cost" else None
                    value = seen.get("measure", value)
                    row = months.setdefault((contract, month), {"contract_id": contract, "period": month})
                    row[column] = self._possible("progress", column, value, given)
        self.records["progress"] += months.values()


def _are_shares(values: pd.Series) -> bool:
    return bool(values.between(0, 1, inclusive="neither").any() and values.max() <= 1)


def _currency(value: Mapping[str, Any]) -> str:
    return (text(value.get("currency")) or "").upper()


def _get(thing: object, *names: str) -> Any:
    for name in names:
        if not isinstance(thing, Mapping):
            return None
        thing = thing.get(name)
    return thing


def _first(values: object, default: Any = ...) -> Any:
    default = {} if default is ... else default
    return (
        values[0]
        if isinstance(values, list) and values and (default is None or isinstance(values[0], dict))
        else default
    )
