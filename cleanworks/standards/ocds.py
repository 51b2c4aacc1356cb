"""OCDS 1.1.5 with the bid and subcontracting extensions: the city's tables as releases or records, and either as tables.

Carried here and not in OC4IDS: every bid with price, date and status; the tender period; whether price alone decides; the
dates of award and signature. Payments are `implementation.transactions` (made) and `implementation.milestones` of type
``payment`` (due) with one id, because a transaction has no due date. The registered amount of a payment and the old and new
value of a change have no field in OCDS 1.1.5 and travel in OC4IDS, or here with ``local=True``.

Read from foreign data, the tables have what flags need: ``tenders`` with ``status``, ``buyer_id``, ``procuring_entity_id``; ``bids`` with
``currency``, one row for each firm of a bid; ``awards`` with ``status``, one row for each supplier; ``award_items``.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import pandas as pd

from cleanworks import moments
from cleanworks.errors import InputError
from cleanworks.standards import checks, merging
from cleanworks.standards.oc4ids import OCID_PREFIX, PROJECT_PREFIX, _organisation_id, _Parties
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
    number,
    objects,
    rest,
    rows,
    text,
    together,
    write_text,
)
from cleanworks.standards.stream import Source, again, kept, open_source
from cleanworks.typed import Day, Tables

VERSION = "1.1"
EXTENSIONS = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/d62ff4b/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_subcontracting_extension/65d06d0/extension.json",
)

# Columns that travel in fields of OCDS or of the two extensions; the others are "local".
CARRIED: dict[str, tuple[str, ...]] = {
    "tenders": (
        "tender_id",
        "project_id",
        "title",
        "procurement_method",
        "procurement_method_details",
        "date_published",
        "tender_start",
        "tender_end",
        "bid_opening_date",
        "cost_estimate",
        "number_of_tenderers",
        "price_only",
    ),
    "bids": ("bid_id", "tender_id", "tenderer_id", "tenderer_name", "amount", "date", "status"),
    "contracts": (
        "contract_id",
        "project_id",
        "tender_id",
        "supplier_id",
        "supplier_name",
        "award_date",
        "date_signed",
        "value_amount",
        "period_start",
        "period_end",
    ),
    "modifications": ("modification_id", "contract_id", "date", "rationale"),
    "payments": ("payment_id", "contract_id", "payer_id", "payee_id", "date_due", "date_paid"),
    "subcontracts": ("subcontract_id", "contract_id", "subcontractor_id", "subcontractor_name"),
}

_COLUMNS = {
    "tenders": (
        *CARRIED["tenders"],
        "ocid",
        "status",
        "buyer_id",
        "procuring_entity_id",
        "currency",
        "number_of_lots",
    ),
    "bids": (*CARRIED["bids"], "currency", "lot_id"),
    "awards": (
        "award_id",
        "tender_id",
        "supplier_id",
        "supplier_name",
        "status",
        "date",
        "amount",
        "currency",
        "lot_id",
    ),
    "award_items": ("award_id", "tender_id", "classification_id"),
    "contracts": (*CARRIED["contracts"], "award_id", "status", "currency"),
    "modifications": CARRIED["modifications"],
    "payments": (*CARRIED["payments"], "amount", "currency"),
    "milestones": ("milestone_id", "contract_id", "type", "date_due", "date_met"),
    "subcontracts": CARRIED["subcontracts"],
}


# Writing -----------------------------------------------------------------------------------------------------------------


def compiled(
    tables: Mapping[str, pd.DataFrame],
    *,
    currency: str = "KRW",
    language: str = "en",
    published: Day | None = None,
    ocid_prefix: str = OCID_PREFIX,
    project_prefix: str = PROJECT_PREFIX,
    local: bool = False,
) -> Iterator[dict[str, Any]]:
    """One compiled release for each tender: all that is known of it today.

    Parameters
    ----------
    tables : mapping
        ``tenders`` is needed; ``projects``, ``bids``, ``contracts``, ``modifications``, ``subcontracts``, ``payments`` are used if there.
    published : date
        Day of the data: it becomes the release's date where nothing later has happened.
    local : bool
        Also write, under ``x_cleanworks``, what OCDS has no field for. Not for publication: it names officials by their number.

    Raises
    ------
    InputError
        No table ``tenders``.

    Examples
    --------
    >>> first = next(ocds.compiled(tables))
    >>> first["ocid"], sorted(first["tender"])[:3]
    ('ocds-cwcity-T-000001', ['awardCriteria', 'bidOpening', 'documents'])
    """
    if "tenders" not in tables:
        raise InputError(
            "There is no table 'tenders'.",
            where="tables",
            fix="OCDS describes tenders; OC4IDS describes projects.",
        )
    index = _Index(tables, currency, local, ocid_prefix, project_prefix, language)
    day = pd.Timestamp(published).strftime("%Y-%m-%dT%H:%M:%SZ") if published is not None else None
    for tender in rows(tables["tenders"]):
        whole = _compiled(tender, index)
        dates = [text for _, text in _stage_dates(whole) if text]
        whole["date"] = day or max(dates, default="1970-01-01T00:00:00Z")
        whole["id"] = f"{whole['ocid']}-{whole['date']}"
        yield clean(whole)


def releases(tables: Tables, **options: Any) -> Iterator[dict[str, Any]]:
    """The releases of each tender in the order of events: tender, award, contract, implementation.

    Merged by OCDS's rules (see `cleanworks.standards.merging`) they give the compiled release. Options as in `compiled`.

    Examples
    --------
    >>> [release["tag"] for release in ocds.releases(tables)][:2]
    [['planning', 'tender'], ['award']]
    """
    for whole in compiled(tables, **options):
        yield from _stages(whole)


def records(tables: Tables, **options: Any) -> Iterator[dict[str, Any]]:
    """Records: the releases of each tender and their compiled release. Options as in `compiled`.

    Examples
    --------
    >>> sorted(next(ocds.records(tables)))
    ['compiledRelease', 'ocid', 'releases']
    """
    for whole in compiled(tables, **options):
        yield {"ocid": whole["ocid"], "releases": list(_stages(whole)), "compiledRelease": whole}


def write(
    path: str | Path,
    tables: Tables,
    *,
    publisher: str,
    uri: str,
    published: Day,
    kind: str = "records",
    lines: bool = False,
    **options: Any,
) -> Path:
    """Write a package (or JSON lines) of ``kind`` "releases", "records" or "compiled" (lines only).

    See `cleanworks.standards.oc4ids.write` for the other parameters.

    Examples
    --------
    >>> ocds.write(folder / "records.json", tables, **about).name
    'records.json'
    """
    makers = {"releases": releases, "records": records, "compiled": compiled}
    if kind not in makers or (kind == "compiled" and not lines):
        raise InputError(
            f"{kind!r} cannot be written.",
            where="kind",
            fix="Choose releases or records; compiled releases are written with lines=True.",
        )
    day = pd.Timestamp(published)
    elements = makers[kind](tables, published=day, **options)
    if lines:
        return write_text(path, json_lines(elements))
    header = {
        "uri": uri,
        "version": VERSION,
        "extensions": list(EXTENSIONS),
        "publishedDate": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "publisher": {"name": publisher},
    }
    return write_text(path, json_package(header, kind, elements))


class _Index:
    def __init__(
        self, tables: Tables, currency: str, local: bool, ocid_prefix: str, project_prefix: str, language: str
    ) -> None:
        self.currency, self.local, self.language = currency, local, language
        self.ocid_prefix, self.project_prefix = ocid_prefix, project_prefix
        self.projects = (
            {row["project_id"]: row for row in rows(tables["projects"])} if "projects" in tables else {}
        )
        self.bids = grouped(tables, "bids", "tender_id")
        self.contracts = grouped(tables, "contracts", "tender_id")
        by_contract = ("modifications", "subcontracts", "payments")
        self.of_contract = {name: grouped(tables, name, "contract_id") for name in by_contract}

    def of(self, name: str, contract: str) -> list[dict[str, Any]]:
        return self.of_contract[name].get(contract, [])


def _compiled(tender: dict[str, Any], index: _Index) -> dict[str, Any]:
    project = index.projects.get(tender.get("project_id"), {})
    parties = _Parties()
    buyer = None
    if "public_authority" in project:
        buyer = {"id": _organisation_id(project["public_authority"]), "name": project["public_authority"]}
        parties.add(buyer["id"], buyer["name"], "buyer", "procuringEntity")
    contracts = index.contracts.get(tender["tender_id"], [])
    bids = [_bid(row, parties, index) for row in index.bids.get(tender["tender_id"], [])]
    return {
        "ocid": index.ocid_prefix + tender["tender_id"],
        "id": None,
        "date": None,
        "tag": ["compiled"],
        "initiationType": "tender",
        "language": index.language,
        "buyer": buyer,
        "planning": _planning(tender, project, index),
        "tender": _tender(tender, buyer, bool(contracts), bids, index),
        "bids": {"details": bids},
        "awards": [_award(row, parties, index) for row in contracts],
        "contracts": [_contract(row, project, parties, index) for row in contracts],
        "parties": parties.list(),
    }


def _planning(tender: dict[str, Any], project: dict[str, Any], index: _Index) -> dict[str, Any]:
    number = tender.get("project_id")
    return {
        "rationale": project.get("purpose"),
        "budget": {
            "amount": money(project.get("budget_amount"), index.currency),
            "project": project.get("title"),
            "projectID": index.project_prefix + number if number else None,
        },
    }


def _tender(
    tender: dict[str, Any],
    buyer: Mapping[str, Any] | None,
    awarded: bool,
    bids: list[dict[str, Any]],
    index: _Index,
) -> dict[str, Any]:
    price_only = tender.get("price_only")
    notice = {"id": "notice", "documentType": "tenderNotice", "datePublished": tender.get("date_published")}
    return {
        "id": tender["tender_id"],
        "title": tender.get("title"),
        "status": "complete" if awarded else "active",
        "procuringEntity": buyer,
        "procurementMethod": tender.get("procurement_method"),
        "procurementMethodDetails": tender.get("procurement_method_details"),
        "mainProcurementCategory": "works",
        "awardCriteria": None if price_only is None else "priceOnly" if price_only else "ratedCriteria",
        "value": money(tender.get("cost_estimate"), index.currency),
        "tenderPeriod": {"startDate": tender.get("tender_start"), "endDate": tender.get("tender_end")},
        # Of the bid opening extension: one small object, worth an additional field.
        "bidOpening": {"date": tender.get("bid_opening_date")},
        "numberOfTenderers": tender.get("number_of_tenderers"),
        "tenderers": list(
            {one["id"]: one for bid in bids for one in bid["tenderers"] if one["id"] is not None}.values()
        ),
        "documents": [notice] if "date_published" in tender else None,
        **rest(tender, CARRIED["tenders"], index.local),
    }


def _bid(row: dict[str, Any], parties: _Parties, index: _Index) -> dict[str, Any]:
    parties.add(row.get("tenderer_id"), row.get("tenderer_name"), "tenderer")
    return {
        "id": row.get("bid_id"),
        "date": row.get("date"),
        "status": row.get("status"),
        "tenderers": [{"id": row.get("tenderer_id"), "name": row.get("tenderer_name")}],
        "value": money(row.get("amount"), index.currency),
        **rest(row, CARRIED["bids"], index.local),
    }


def _award(contract: dict[str, Any], parties: _Parties, index: _Index) -> dict[str, Any]:
    supplier = {"id": contract.get("supplier_id"), "name": contract.get("supplier_name")}
    parties.add(supplier["id"], supplier["name"], "supplier", "tenderer")
    subcontracts = index.of("subcontracts", contract["contract_id"])
    for row in subcontracts:
        parties.add(row.get("subcontractor_id"), row.get("subcontractor_name"), "subcontractor")
    first = [row["value_amount"] for row in subcontracts if row.get("tier", 1) == 1 and "value_amount" in row]
    return {
        "id": _award_id(contract),
        "status": "active",
        "date": contract.get("award_date"),
        "value": money(contract.get("value_amount"), index.currency),
        "suppliers": [supplier],
        "contractPeriod": {"startDate": contract.get("period_start"), "endDate": contract.get("period_end")},
        "hasSubcontracting": bool(subcontracts),
        "subcontracting": {
            "value": money(sum(first), index.currency) if first else None,
            "subcontracts": [
                {
                    "id": row.get("subcontract_id"),
                    "subcontractor": {
                        "id": row.get("subcontractor_id"),
                        "name": row.get("subcontractor_name"),
                    },
                    "mainContractors": [supplier] if row.get("tier", 1) == 1 else None,
                    **rest(row, CARRIED["subcontracts"], index.local),
                }
                for row in subcontracts
            ],
        },
    }


def _contract(
    contract: dict[str, Any], project: dict[str, Any], parties: _Parties, index: _Index
) -> dict[str, Any]:
    number = contract["contract_id"]
    payments = index.of("payments", number)
    for row in payments:
        parties.add(row.get("payer_id"), None, "payer")
        parties.add(row.get("payee_id"), None, "payee")
    return {
        "id": number,
        "awardID": _award_id(contract),
        "status": "terminated" if "completion_end_date" in project else "active",
        "dateSigned": contract.get("date_signed"),
        "value": money(contract.get("value_amount"), index.currency),
        "period": {"startDate": contract.get("period_start"), "endDate": contract.get("period_end")},
        "amendments": [
            {
                "id": row.get("modification_id"),
                "date": row.get("date"),
                "rationale": row.get("rationale"),
                "description": f"Change of {row['type']}" if "type" in row else None,
                **rest(row, CARRIED["modifications"], index.local),
            }
            for row in index.of("modifications", number)
        ],
        "implementation": {
            "milestones": [_due(row, index) for row in payments],
            "transactions": [
                {
                    "id": row.get("payment_id"),
                    "date": row["date_paid"],
                    "value": money(row.get("amount"), index.currency),
                    "payer": parties.reference(row.get("payer_id")),
                    "payee": parties.reference(row.get("payee_id")),
                }
                for row in payments
                if "date_paid" in row
            ],
        },
        **rest(contract, CARRIED["contracts"], index.local),
    }


def _due(row: dict[str, Any], index: _Index) -> dict[str, Any]:
    unpaid = "date_paid" not in row
    carried = CARRIED["payments"] if unpaid else (*CARRIED["payments"], "amount")
    who = {"from": row.get("payer_id"), "to": row.get("payee_id")} if unpaid else {}
    return {
        "id": row.get("payment_id"),
        "title": f"Payment to {row['payee_type']}" if "payee_type" in row else "Payment",
        "type": "payment",
        "dueDate": row.get("date_due"),
        "dateMet": row.get("date_paid"),
        "status": "scheduled" if unpaid else "met",
        **rest({**row, **who}, carried, index.local),
    }


def _award_id(contract: dict[str, Any]) -> str:
    return f"award-{contract['contract_id']}"


def _stage_dates(whole: dict[str, Any]) -> list[tuple[str, str | None]]:
    """When each stage became known: (tag, date text or None)."""
    contracts, awards = whole.get("contracts") or [], whole.get("awards") or []
    notice = next((d.get("datePublished") for d in whole["tender"].get("documents") or []), None)
    paid = [t["date"] for c in contracts for t in (c.get("implementation") or {}).get("transactions") or []]
    changed = [a["date"] for c in contracts for a in c.get("amendments") or [] if a.get("date")]
    return [
        ("tender", notice or (whole["tender"].get("tenderPeriod") or {}).get("startDate")),
        ("award", max((a["date"] for a in awards if a.get("date")), default=None)),
        ("contract", max((c["dateSigned"] for c in contracts if c.get("dateSigned")), default=None)),
        ("implementation", max([*paid, *changed], default=None)),
    ]


# Which fields of a contract, and of a tender, are not known yet when it is first published.
_LATE_OF_CONTRACT = ("implementation", "amendments", "status")
_LATE_OF_TENDER = ("numberOfTenderers", "tenderers", "status", "bidOpening")
_RUNNING = ("id", "awardID", "status", "amendments", "implementation")
_OF_EVERY_RELEASE = ("ocid", "initiationType", "language")


def _picked(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: record[name] for name in names if name in record}


def _without(record: Mapping[str, Any], names: Container[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


# What each stage publishes, made from the compiled release.
_PARTS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "tender": lambda whole: {
        "planning": whole.get("planning"),
        "buyer": whole.get("buyer"),
        "tender": _without(whole["tender"], _LATE_OF_TENDER) | {"status": "active"},
    },
    "award": lambda whole: {
        "tender": {"id": whole["tender"]["id"], **_picked(whole["tender"], _LATE_OF_TENDER)},
        "bids": whole.get("bids"),
        "awards": whole.get("awards"),
    },
    "contract": lambda whole: {
        "contracts": [_without(one, _LATE_OF_CONTRACT) for one in whole.get("contracts", [])]
    },
    "implementation": lambda whole: {
        "contracts": [_picked(one, _RUNNING) for one in whole.get("contracts", [])]
    },
}


def _tags(stage: str, part: Mapping[str, Any]) -> list[str]:
    """The tags of the release that publishes this part."""
    if stage == "tender" and "planning" in part:
        return ["planning", "tender"]
    if stage == "award" and "awards" not in part:
        return ["tenderUpdate"]
    return [stage]


def _parties(stage: str, parties: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that a stage names: first the public side, with the bids everybody, and with the contracts nobody again."""
    if stage == "tender":
        return [one for one in parties if {"buyer", "procuringEntity"} & set(one.get("roles", []))]
    return [] if stage == "contract" else parties


def _stages(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The compiled release cut into what was published when."""
    dates = dict(_stage_dates(whole))
    previous = dates["tender"] or whole["date"]
    for stage, of in _PARTS.items():
        part = clean(of(whole))
        if not part or (stage == "award" and not {"bids", "awards"} & set(part)):
            continue
        # A stage never precedes the one before it; a missing date takes the one before.
        previous = max(previous, dates[stage] or previous)
        release = {
            **_picked(whole, _OF_EVERY_RELEASE),
            "id": f"{whole['ocid']}-{stage}-{previous[:10]}",
            "date": previous,
            "tag": _tags(stage, part),
            **part,
            "parties": _parties(stage, whole.get("parties", [])),
        }
        yield {key: value for key, value in release.items() if value not in ([], {})}


# Reading -----------------------------------------------------------------------------------------------------------------


def read(
    path: str | Path, *, ocid_prefix: str = OCID_PREFIX, project_prefix: str = PROJECT_PREFIX
) -> dict[str, pd.DataFrame]:
    """An OCDS file as tables.

    Parameters
    ----------
    path : path
        A release or record package, or lines of releases, compiled releases or records; plain or gzipped.
    ocid_prefix, project_prefix : str
        Removed from ids that begin with them. A foreign ``ocid`` stays whole and is the ``tender_id``.

    Returns
    -------
    dict of DataFrame
        ``tenders``, ``bids``, ``awards``, ``award_items``, ``contracts``, ``modifications``, ``payments``, ``milestones``,
        ``subcontracts``. Ids of bids, awards, contracts and what belongs to them are local to their process in OCDS, so the
        tables say ``ocid/id``; what has no id, or one that its list holds twice, gets a number of its own. An organisation
        without an id is known by its identifier, else by its name. Where no process of the file has a list of changes (or of
        subcontracts), the table is without columns: nothing is known, which is not the same as no change.

    Raises
    ------
    InputError
        See `cleanworks.standards.stream.open_source`; also if the file is OC4IDS.

    Examples
    --------
    >>> path = ocds.write(folder / "c.jsonl", tables, kind="compiled", lines=True, **about)
    >>> sorted(ocds.read(path))[:4]
    ['award_items', 'awards', 'bids', 'contracts']
    """
    source = open_source(path)
    if source.list_name == "projects":
        raise InputError("This is OC4IDS, not OCDS.", where=str(path), fix="Read it with oc4ids.read.")
    found, said = processes_of(source)
    tables = tables_of(found, ocid_prefix=ocid_prefix, project_prefix=project_prefix)
    if said:
        tables["tenders"].attrs["said"] = said
    return tables


def merge(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Compiled releases from releases: those of one ``ocid`` merged by the rules of OCDS 1.1, see `cleanworks.standards.merging`.

    Examples
    --------
    >>> found = list(ocds.releases(tables))
    >>> len(ocds.merge(found)) == len(tables["tenders"])
    True
    """
    by_ocid: dict[object, list[dict[str, Any]]] = {}
    for release in found:
        by_ocid.setdefault(release.get("ocid"), []).append(release)
    return [merging.compiled(releases) for releases in by_ocid.values()]


def processes_of(source: Source) -> tuple[Iterable[dict[str, Any]], list[str]]:
    """The compiled release of each process of an OCDS file, see `compiled_of`, and what is to be said of the file as a whole.

    Examples
    --------
    >>> found, said = ocds.processes_of(open_source(path))
    >>> len(list(found)), said
    (20, [])
    """
    links = Links()

    def values() -> Iterator[dict[str, Any]]:
        for element in source.elements:
            if source.list_name == "records":
                links.count(element.value)
            yield element.value

    found = compiled_of(values(), source.list_name)
    return found, [*links.notes(), *source.notes]


def ocid_of(element: Mapping[str, Any]) -> str | None:
    """The ocid of a release or a record, or of the record's compiled release; None without one that can be used.

    Examples
    --------
    >>> ocds.ocid_of({"compiledRelease": {"ocid": "ocds-abc123-1"}})
    'ocds-abc123-1'
    """
    return text(element.get("ocid")) or text(inside(element, "compiledRelease").get("ocid"))


def compiled_of(found: Iterable[dict[str, Any]], list_name: str) -> Iterable[dict[str, Any]]:
    """The compiled release of each process, from releases or records in any order.

    Releases of one ``ocid`` are merged; of its records that which was told last stands, and of one moment the later one. All are read
    at once, because those of one process may lie far apart.

    Examples
    --------
    >>> compiled = ocds.compiled_of(ocds.records(tables), "records")
    >>> len(list(compiled)) == len(tables["tenders"])
    True
    """
    if list_name == "records":
        told: dict[str, list[bytes]] = {}
        for record in found:
            # Packed: a file may hold more than there is room for as objects.
            told.setdefault(ocid_of(record) or f"\0{len(told)}", []).append(kept(record))
        return (whole for records in told.values() for whole in _told_last(records))
    by_ocid: dict[str, list[dict[str, Any]]] = {}
    for release in found:
        # Releases without a usable ocid cannot belong together.
        by_ocid.setdefault(text(release.get("ocid")) or f"\0{len(by_ocid)}", []).append(release)
    return [_whole(list_) for list_ in by_ocid.values()]


# All that `tables_of` reads of a release, and what it does not read of a tender, which may be most of the file.
_READ = ("ocid", "id", "date", "tag", "url", "planning", "tender", "bids", "awards", "contracts", "buyer")
_UNREAD = frozenset({"items", "milestones", "amendments", "description", "eligibilityCriteria"})


def what_is_read(element: dict[str, Any]) -> dict[str, Any]:
    """A release, or a record, without what no table holds.

    Only whole members of a release and of its tender are left away, so that merging gives the same tables.

    Examples
    --------
    >>> ocds.what_is_read({"ocid": "o", "parties": [], "tender": {"id": "t", "items": [{"id": "1"}]}})
    {'ocid': 'o', 'tender': {'id': 't'}}
    """
    if "compiledRelease" in element or "releases" in element:
        changed = dict(element)
        if isinstance(changed.get("compiledRelease"), dict):
            changed["compiledRelease"] = what_is_read(changed["compiledRelease"])
        if isinstance(changed.get("releases"), list):
            changed["releases"] = [
                what_is_read(one) if isinstance(one, dict) else one for one in changed["releases"]
            ]
        return changed
    made = {name: element[name] for name in _READ if name in element}
    if isinstance(made.get("tender"), dict):
        tender = made["tender"] = {
            name: value for name, value in made["tender"].items() if name not in _UNREAD
        }
        # Those who bid are asked for only where there is said to be one.
        if number(tender.get("numberOfTenderers", 1)) != 1:
            tender.pop("tenderers", None)
    return made


def _told_last(packed: Sequence[bytes]) -> Iterable[dict[str, Any]]:
    """The process of some records of it, if any holds one."""
    records = list(map(again, packed))
    if len(records) > 1:
        records = sorted(records, key=_told)[::-1]
    return next((made for made in map(_of_record, records) if made), [])


def _told(record: dict[str, Any]) -> dt.datetime:
    """The last moment of which a record tells; the first of all times where it names none."""
    whole = inside(record, "compiledRelease") or None
    told = [moments.instant(one.get("date")) for one in ([whole] if whole else objects(record, "releases"))]
    return max((one for one in told if one is not None), default=dt.datetime.min)


def _of_record(record: dict[str, Any]) -> list[dict[str, Any]]:
    ocid = text(record.get("ocid"))
    if isinstance(record.get("compiledRelease"), dict):
        return [{**record["compiledRelease"], "ocid": ocid or record["compiledRelease"].get("ocid")}]
    embedded = [
        {**release, "ocid": ocid or release.get("ocid")}
        for release in objects(record, "releases")
        if not is_linked(release)
    ]
    return [_whole(embedded)] if embedded else []


def is_linked(release: dict[str, Any]) -> bool:
    """Whether this is only a link to a release: an address, and nothing of a release but its id, date and tag.

    Examples
    --------
    >>> ocds.is_linked({"url": "https://example.org/r/1", "date": "2024-01-31", "tag": ["tender"]})
    True
    """
    return "url" in release and "ocid" not in release


class Links:
    """Counts records without a compiled release whose releases, or some of them, are only addresses.

    Examples
    --------
    >>> links = ocds.Links()
    >>> links.count({"ocid": "ocds-abc123-1", "releases": [{"url": "https://example.org/r/1"}]})
    >>> links.notes()
    ['1 record only links to releases, and links are not followed.']
    """

    def __init__(self) -> None:
        self.only = self.some = self.versioned = 0

    def count(self, record: dict[str, Any]) -> None:
        if isinstance(record.get("compiledRelease"), dict):
            return
        linked = [is_linked(release) for release in objects(record, "releases")]
        self.versioned += not linked and "versionedRelease" in record
        self.only += bool(linked) and all(linked)
        self.some += any(linked) and not all(linked)

    def notes(self) -> list[str]:
        """What is to be said of them, in sentences."""
        only, some = self.only, self.some
        return [
            *([f"{only:,} {'record only links' if only == 1 else 'records only link'} to releases, and links are not followed."] if only else []),
            *([f"{some:,} {'record links' if some == 1 else 'records link'} to a part of {'its' if some == 1 else 'their'} releases; links "
               "are not followed, so what is said there is missing."] if some else []),
            *([f"{self.versioned:,} {'record holds' if self.versioned == 1 else 'records hold'} nothing but a versioned release, which is not "
               "read: ask for the compiled release, or the releases."] if self.versioned else []),
        ]  # fmt: skip


def _whole(releases: list[dict[str, Any]]) -> dict[str, Any]:
    """One process from its releases; what no id tells apart inside one release stays apart."""
    # A release that is there twice, as in two files of one download, says nothing twice: what has no id would be counted again.
    once: dict[object, list[dict[str, Any]]] = {}
    for release in releases:
        same = once.setdefault(text(release.get("id")), [])
        if release not in same:
            same.append(release)
    releases = [_cancelled(release) for same in once.values() for release in same]
    if len(releases) == 1:
        return releases[0]
    return merging.compiled([_told_apart(release) for release in releases])


def _cancelled(release: dict[str, Any]) -> dict[str, Any]:
    """The release with the status of its tender that its tag tells: some publishers leave the status as it was."""
    tags, tender = release.get("tag"), inside(release, "tender")
    if not isinstance(tags, list) or "tenderCancellation" not in tags:
        return release
    if listed(tender.get("status"), checks.TENDERS) in ("cancelled", "unsuccessful", "withdrawn"):
        return release
    return {**release, "tender": {**tender, "status": "cancelled"}}


def _told_apart(release: dict[str, Any]) -> dict[str, Any]:
    """The release with a number added to an id that one of its lists holds twice: by id alone they would be merged into one."""
    changed = dict(release)
    for name in ("awards", "contracts"):
        if isinstance(release.get(name), list):
            changed[name] = _numbered(release[name])
    bids = release.get("bids")
    if isinstance(bids, dict) and isinstance(bids.get("details"), list):
        changed["bids"] = {**bids, "details": _numbered(bids["details"])}
    return changed


def _numbered(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, int] = {}
    made = []
    for element in elements:
        number = text(element.get("id")) if isinstance(element, dict) else None
        if number is not None:
            seen[number] = seen.get(number, 0) + 1
            element = element if seen[number] == 1 else {**element, "id": f"{number}#{seen[number]}"}
        made.append(element)
    return made


def tables_of(
    found: Iterable[dict[str, Any]],
    *,
    ocid_prefix: str = OCID_PREFIX,
    project_prefix: str = PROJECT_PREFIX,
    already: int = 0,
) -> dict[str, pd.DataFrame]:
    """Compiled releases as tables, see `read`; ``already`` is how many came before these, so that those without an ocid are numbered on.

    Examples
    --------
    >>> len(ocds.tables_of(ocds.compiled(tables))["tenders"]) == len(tables["tenders"])
    True
    """
    reader = _Reader(ocid_prefix, project_prefix, already)
    for release in found:
        reader.release(release)
    return reader.tables()


# What no process of a file may mention at all: then nothing is known, and the table has no columns.
_KNOWN_ONLY_IF_SAID = ("modifications", "subcontracts")


class _Reader:
    """Compiled releases, one after the other, into the rows of all tables. Values of a wrong JSON kind are read as missing."""

    def __init__(self, ocid_prefix: str, project_prefix: str, already: int = 0) -> None:
        self.ocid_prefix, self.project_prefix, self.already = ocid_prefix, project_prefix, already
        self.lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _COLUMNS}
        self.said: set[str] = set()

    def tables(self) -> dict[str, pd.DataFrame]:
        unknown = [name for name in _KNOWN_ONLY_IF_SAID if name not in self.said and not self.lists[name]]
        return {
            name: pd.DataFrame() if name in unknown else frame(name, list_, _COLUMNS[name])
            for name, list_ in self.lists.items()
        }

    def release(self, release: dict[str, Any]) -> None:
        place = self.already + len(self.lists["tenders"]) + 1
        ocid = text(release.get("ocid")) or f"(process {place} without ocid)"
        number = ocid.removeprefix(self.ocid_prefix)
        # The simulated city's own ids are unique in the whole file; everybody else's are local to the process.
        self.of_city = ocid.startswith(OCID_PREFIX)
        tender = inside(release, "tender")
        project = text(inside(release, "planning", "budget").get("projectID"))
        project = project.removeprefix(self.project_prefix) if project is not None else None
        criteria = text(tender.get("awardCriteria"))
        notice = next(
            (d for d in objects(tender, "documents") if d.get("documentType") == "tenderNotice"), {}
        )
        lots = {text(lot.get("id")) for lot in objects(tender, "lots")}
        period, value = inside(tender, "tenderPeriod"), inside(tender, "value")
        self.lists["tenders"].append(
            {
                "tender_id": number,
                "project_id": project,
                "ocid": ocid,
                "title": tender.get("title"),
                "status": listed(tender.get("status"), checks.TENDERS),
                "procurement_method": listed(tender.get("procurementMethod"), checks.METHODS),
                "procurement_method_details": tender.get("procurementMethodDetails"),
                "date_published": notice.get("datePublished"),
                "tender_start": period.get("startDate"),
                "tender_end": period.get("endDate"),
                "bid_opening_date": inside(tender, "bidOpening").get("date"),
                "cost_estimate": value.get("amount"),
                "currency": value.get("currency"),
                "number_of_tenderers": None if _more_than_one(release) else tender.get("numberOfTenderers"),
                "number_of_lots": len(lots) or None,
                "price_only": None if criteria is None else criteria == "priceOnly",
                "buyer_id": _who(release.get("buyer")),
                "procuring_entity_id": _who(tender.get("procuringEntity")),
                **inside(tender, LOCAL),
            }
        )
        seen: dict[str, int] = {}
        for bid in objects(inside(release, "bids"), "details"):
            self._bid(bid, self._own(number, bid.get("id"), seen), number)
        awards: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        seen = {}
        for award in objects(release, "awards"):
            award_id = self._own(number, award.get("id"), seen)
            self._award(award, award_id, number)
            named = text(award.get("id"))
            if named is not None:
                awards.setdefault(named, []).append((award_id, award))
        seen = {}
        contracts = objects(release, "contracts")
        stands = [listed(one.get("status"), checks.CONTRACTS) != "cancelled" for one in contracts]
        follow = Counter(text(one.get("awardID")) for one in compress(contracts, stands))
        for contract, standing in zip(contracts, stands, strict=True):
            # An id that two awards share does not say which of them this contract follows.
            followed = awards.get(text(contract.get("awardID")) or "", [])
            award_of, award = followed[0] if len(followed) == 1 else (None, {})
            # The value is of all contracts together, and of the one that is signed in the place of a cancelled one.
            if follow[text(contract.get("awardID"))] > standing:
                award = {name: value for name, value in award.items() if name != "value"}
            self._contract(
                contract, self._own(number, contract.get("id"), seen), number, project, award_of, award
            )

    def _own(self, number: str, given: object, seen: dict[str, int]) -> str:
        """The id of one element: the process and its local id, or its place where it has none or shares it."""
        known = text(given)
        key = known if known is not None else ""
        seen[key] = seen.get(key, 0) + 1
        if known is None:
            return f"{number}/#{seen[key]}"
        own = known if self.of_city else f"{number}/{known}"
        return own if seen[key] == 1 else f"{own}#{seen[key]}"

    def _bid(self, bid: dict[str, Any], bid_id: str, number: str) -> None:
        value = inside(bid, "value")
        row = {
            "bid_id": bid_id,
            "tender_id": number,
            "lot_id": _lots(bid),
            "amount": value.get("amount"),
            "currency": value.get("currency"),
            "date": bid.get("date"),
            "status": listed(bid.get("status"), checks.BIDS),
            **inside(bid, LOCAL),
        }
        firms = objects(bid, "tenderers") or [{}]
        self.lists["bids"] += [
            {**row, "tenderer_id": _who(firm), "tenderer_name": firm.get("name")} for firm in firms
        ]

    def _award(self, award: dict[str, Any], award_id: str, number: str) -> None:
        value, suppliers = inside(award, "value"), objects(award, "suppliers")
        row = {
            "award_id": award_id,
            "tender_id": number,
            "lot_id": _lots(award),
            "status": listed(award.get("status"), checks.AWARDS),
            "date": award.get("date"),
            "amount": value.get("amount"),
            "currency": value.get("currency"),
        }
        self.lists["awards"] += [
            {**row, "supplier_id": _who(one), "supplier_name": one.get("name")} for one in suppliers or [{}]
        ]
        for item in objects(award, "items"):
            code = inside(item, "classification").get("id")
            self.lists["award_items"].append(
                {"award_id": award_id, "tender_id": number, "classification_id": code}
            )
        if "subcontracting" in award or "hasSubcontracting" in award:
            self.said.add("subcontracts")

    def _contract(
        self,
        contract: dict[str, Any],
        contract_id: str,
        number: str,
        project: str | None,
        award_id: str | None,
        award: dict[str, Any],
    ) -> None:
        suppliers = objects(contract, "suppliers") or objects(award, "suppliers") or [{}]
        value, period = inside(contract, "value") or inside(award, "value"), inside(contract, "period")
        self.lists["contracts"].append(
            {
                "contract_id": contract_id,
                "project_id": project,
                "tender_id": number,
                "award_id": award_id,
                **together((_who(one), text(one.get("name"))) for one in suppliers),
                "status": listed(contract.get("status"), checks.CONTRACTS),
                "award_date": award.get("date"),
                "date_signed": contract.get("dateSigned"),
                "value_amount": value.get("amount"),
                "currency": value.get("currency"),
                "period_start": period.get("startDate"),
                "period_end": period.get("endDate"),
                **inside(contract, LOCAL),
            }
        )
        if "amendments" in contract or "amendment" in contract:
            self.said.add("modifications")
        seen: dict[str, int] = {}
        # OCDS 1.0 has one `amendment`; later versions keep it as a deprecated field.
        for change in objects(contract, "amendments") or objects(contract, "amendment"):
            self.lists["modifications"].append(
                {
                    "modification_id": self._own(contract_id, change.get("id"), seen),
                    "contract_id": contract_id,
                    "date": change.get("date"),
                    "rationale": change.get("rationale"),
                    **inside(change, LOCAL),
                }
            )
        seen = {}
        for one in objects(inside(award, "subcontracting"), "subcontracts"):
            firm = inside(one, "subcontractor")
            self.lists["subcontracts"].append(
                {
                    "subcontract_id": self._own(contract_id, one.get("id"), seen),
                    "contract_id": contract_id,
                    "subcontractor_id": _who(firm),
                    "subcontractor_name": firm.get("name"),
                    **inside(one, LOCAL),
                }
            )
        seen_milestones: dict[str, int] = {}
        self._money(inside(contract, "implementation"), contract_id, seen_milestones)
        for milestone in objects(contract, "milestones"):
            self._milestone(milestone, contract_id, seen_milestones)

    def _money(
        self, implementation: Mapping[str, Any], contract_id: str, seen_milestones: dict[str, int]
    ) -> None:
        due, paid = {}, self.lists["payments"]
        seen: dict[str, int] = {}
        for milestone in objects(implementation, "milestones"):
            number = text(milestone.get("id"))
            if milestone.get("type") != "payment":
                self._milestone(milestone, contract_id, seen_milestones)
            elif number is not None and number not in due:
                due[number] = milestone
            else:
                paid.append(
                    self._due(milestone, self._own(contract_id, milestone.get("id"), seen), contract_id)
                )
        met = set()
        for transaction in objects(implementation, "transactions"):
            named = text(inside(transaction, "relatedImplementationMilestone").get("id")) or text(
                transaction.get("id")
            )
            milestone = due.get(named, {}) if named is not None else {}
            met.add(named)
            value = inside(transaction, "value") or inside(transaction, "amount")
            paid.append(
                {
                    "payment_id": self._own(contract_id, transaction.get("id"), seen),
                    "contract_id": contract_id,
                    "payer_id": _who(transaction.get("payer") or _party(transaction, "providerOrganization")),
                    "payee_id": _who(transaction.get("payee") or _party(transaction, "receiverOrganization")),
                    "date_due": milestone.get("dueDate"),
                    "date_paid": transaction.get("date"),
                    "amount": value.get("amount"),
                    "currency": value.get("currency"),
                    **inside(milestone, LOCAL),
                }
            )
        for number, milestone in due.items():
            if number not in met:
                paid.append(self._due(milestone, self._own(contract_id, number, seen), contract_id))

    def _due(self, milestone: dict[str, Any], payment_id: str, contract_id: str) -> dict[str, Any]:
        known = dict(inside(milestone, LOCAL))
        payer, payee = known.pop("from", None), known.pop("to", None)
        return {
            "payment_id": payment_id,
            "contract_id": contract_id,
            "payer_id": payer,
            "payee_id": payee,
            "date_due": milestone.get("dueDate"),
            **known,
        }

    def _milestone(self, milestone: dict[str, Any], contract_id: str, seen: dict[str, int]) -> None:
        self.lists["milestones"].append(
            {
                "milestone_id": self._own(contract_id, milestone.get("id"), seen),
                "contract_id": contract_id,
                "type": milestone.get("type"),
                "date_due": milestone.get("dueDate"),
                "date_met": milestone.get("dateMet"),
            }
        )


def _more_than_one(release: dict[str, Any]) -> bool:
    """Whether a release says that one firm bid, and elsewhere that more did. Bids themselves are looked at by the indicators."""
    tender, bids = inside(release, "tender"), inside(release, "bids")
    if number(tender.get("numberOfTenderers")) != 1 or "details" in bids:
        return False
    if len({_who(firm) for firm in objects(tender, "tenderers")} - {None}) > 1:
        return True
    counts = (
        number(one.get("value"))
        for one in objects(bids, "statistics")
        if one.get("measure") in _COUNTS and not one.get("relatedLot")
    )
    return any(count is not None and count > 1 for count in counts)


_COUNTS = ("bids", "validBids", "bidders", "qualifiedBidders")


def _party(transaction: dict[str, Any], name: str) -> dict[str, Any] | None:
    """OCDS 1.0 names payer and payee by an identifier alone."""
    identifier = inside(transaction, name)
    return {"identifier": identifier, "name": identifier.get("legalName")} if identifier else None


def _lots(thing: dict[str, Any]) -> str | None:
    """The lot, or the set of lots, that a bid or an award is for; None where none is named."""
    lots = thing.get("relatedLots")
    named = sorted({text(lot) or "" for lot in lots} - {""}) if isinstance(lots, list) else []
    return ", ".join(named) or None


@functools.lru_cache(maxsize=1 << 16)
def _placeholder(number: str) -> bool:
    return checks.PLACEHOLDER.fullmatch(number) is not None


def _who(organisation: Mapping[str, Any] | None) -> str | None:
    """The id of an organisation, else its identifier, else its name; an id such as 0, - or N/A is none."""
    if not isinstance(organisation, dict):
        return None
    number = text(organisation.get("id"))
    if number is not None and not _placeholder(number):
        return number
    identifier = inside(organisation, "identifier")
    legal = text(identifier.get("id"))
    if legal is not None and not _placeholder(legal):
        return "-".join(part for part in (text(identifier.get("scheme")), legal) if part)
    name = text(organisation.get("name"))
    if name is not None and not _placeholder(name):
        return name
    # A word such as N/A is nobody; a 0 alone may be the first of a list that counts from 0.
    return number if number is not None and set(number) == {"0"} else None
