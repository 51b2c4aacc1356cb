"""OCDS 1.1.5 with the bid and subcontracting extensions: the city's tables as releases or records, and either as tables.

Carried here and not in OC4IDS: every bid with price, date and status; the tender period; whether price alone decides; the
dates of award and signature. Payments are `implementation.transactions` (made) and `implementation.milestones` of type
``payment`` (due) with one id, because a transaction has no due date. The registered amount of a payment and the old and new
value of a change have no field in OCDS 1.1.5 and travel in OC4IDS, or here with ``local=True``.

Read from foreign data, the tables have what flags need: ``tenders`` with ``status``, ``buyer_id``, ``procuring_entity_id``; ``bids`` with
``currency``, one row for each firm of a bid; ``awards`` with ``status``, one row for each supplier; ``award_items``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from cleanworks.errors import InputError
from cleanworks.standards.oc4ids import OCID_PREFIX, PROJECT_PREFIX, _organisation_id, _Parties
from cleanworks.standards.shape import (
    LOCAL,
    clean,
    frame,
    grouped,
    json_lines,
    json_package,
    money,
    rest,
    rows,
    write_text,
)
from cleanworks.standards.stream import open_source

VERSION = "1.1"
EXTENSIONS = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/d62ff4b/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_subcontracting_extension/65d06d0/extension.json",
)

# Columns that travel in fields of OCDS or of the two extensions; the others are "local".
CARRIED: dict[str, tuple[str, ...]] = {
    "tenders": (
        "tender_id", "project_id", "title", "procurement_method", "procurement_method_details", "date_published", "tender_start",
        "tender_end", "bid_opening_date", "cost_estimate", "number_of_tenderers", "price_only",
    ),
    "bids": ("bid_id", "tender_id", "tenderer_id", "tenderer_name", "amount", "date", "status"),
    "contracts": (
        "contract_id", "project_id", "tender_id", "supplier_id", "supplier_name", "award_date", "date_signed", "value_amount",
        "period_start", "period_end",
    ),
    "modifications": ("modification_id", "contract_id", "date", "rationale"),
    "payments": ("payment_id", "contract_id", "payer_id", "payee_id", "date_due", "date_paid"),
    "subcontracts": ("subcontract_id", "contract_id", "subcontractor_id", "subcontractor_name"),
}

_COLUMNS = {
    "tenders": (*CARRIED["tenders"], "ocid", "status", "buyer_id", "procuring_entity_id"),
    "bids": (*CARRIED["bids"], "currency"),
    "awards": ("award_id", "tender_id", "supplier_id", "supplier_name", "status", "date", "amount", "currency"),
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
    published=None,
    ocid_prefix: str = OCID_PREFIX,
    project_prefix: str = PROJECT_PREFIX,
    local: bool = False,
) -> Iterator[dict]:
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
    """
    if "tenders" not in tables:
        raise InputError("there is no table tenders.", where="tables", fix="OCDS describes tenders; OC4IDS describes projects.")
    index = _Index(tables, currency, local, ocid_prefix, project_prefix, language)
    day = pd.Timestamp(published).strftime("%Y-%m-%dT%H:%M:%SZ") if published is not None else None
    for tender in rows(tables["tenders"]):
        whole = _compiled(tender, index)
        dates = [text for _, text in _stage_dates(whole) if text]
        whole["date"] = day or max(dates, default="1970-01-01T00:00:00Z")
        whole["id"] = f"{whole['ocid']}-{whole['date'][:10]}"
        yield clean(whole)


def releases(tables, **options) -> Iterator[dict]:
    """The releases of each tender in the order of events: tender, award, contract, implementation.

    Merged by OCDS's rules (see `merge`) they give the compiled release. Options as in `compiled`.
    """
    for whole in compiled(tables, **options):
        yield from _stages(whole)


def records(tables, **options) -> Iterator[dict]:
    """Records: the releases of each tender and their compiled release. Options as in `compiled`."""
    for whole in compiled(tables, **options):
        yield {"ocid": whole["ocid"], "releases": list(_stages(whole)), "compiledRelease": whole}


def write(path, tables, *, publisher: str, uri: str, published, kind: str = "records", lines: bool = False, **options) -> Path:
    """Write a package (or JSON lines) of ``kind`` "releases", "records" or "compiled" (lines only).

    See `cleanworks.standards.oc4ids.write` for the other parameters.
    """
    makers = {"releases": releases, "records": records, "compiled": compiled}
    if kind not in makers or (kind == "compiled" and not lines):
        raise InputError(
            f"{kind!r} cannot be written.", where="kind", fix="Choose releases or records; compiled releases go into lines=True."
        )
    published = pd.Timestamp(published)
    elements = makers[kind](tables, published=published, **options)
    if lines:
        return write_text(path, json_lines(elements))
    header = {
        "uri": uri,
        "version": VERSION,
        "extensions": list(EXTENSIONS),
        "publishedDate": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "publisher": {"name": publisher},
    }
    return write_text(path, json_package(header, kind, elements))


class _Index:
    def __init__(self, tables, currency, local, ocid_prefix, project_prefix, language):
        self.currency, self.local, self.language = currency, local, language
        self.ocid_prefix, self.project_prefix = ocid_prefix, project_prefix
        self.projects = {row["project_id"]: row for row in rows(tables["projects"])} if "projects" in tables else {}
        self.bids = grouped(tables, "bids", "tender_id")
        self.contracts = grouped(tables, "contracts", "tender_id")
        by_contract = ("modifications", "subcontracts", "payments")
        self.of_contract = {name: grouped(tables, name, "contract_id") for name in by_contract}

    def of(self, name, contract):
        return self.of_contract[name].get(contract, [])


def _compiled(tender, index):
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


def _planning(tender, project, index):
    number = tender.get("project_id")
    return {
        "rationale": project.get("purpose"),
        "budget": {
            "amount": money(project.get("budget_amount"), index.currency),
            "project": project.get("title"),
            "projectID": index.project_prefix + number if number else None,
        },
    }


def _tender(tender, buyer, awarded, bids, index):
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
        "tenderers": list({one["id"]: one for bid in bids for one in bid["tenderers"]}.values()),
        "documents": [notice] if "date_published" in tender else None,
        **rest(tender, CARRIED["tenders"], index.local),
    }


def _bid(row, parties, index):
    parties.add(row["tenderer_id"], row.get("tenderer_name"), "tenderer")
    return {
        "id": row["bid_id"],
        "date": row.get("date"),
        "status": row.get("status"),
        "tenderers": [{"id": row["tenderer_id"], "name": row.get("tenderer_name")}],
        "value": money(row.get("amount"), index.currency),
        **rest(row, CARRIED["bids"], index.local),
    }


def _award(contract, parties, index):
    supplier = {"id": contract["supplier_id"], "name": contract.get("supplier_name")}
    parties.add(supplier["id"], supplier["name"], "supplier", "tenderer")
    subcontracts = index.of("subcontracts", contract["contract_id"])
    for row in subcontracts:
        parties.add(row["subcontractor_id"], row.get("subcontractor_name"), "subcontractor")
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
                    "id": row["subcontract_id"],
                    "subcontractor": {"id": row["subcontractor_id"], "name": row.get("subcontractor_name")},
                    "mainContractors": [supplier] if row.get("tier", 1) == 1 else None,
                    **rest(row, CARRIED["subcontracts"], index.local),
                }
                for row in subcontracts
            ],
        },
    }


def _contract(contract, project, parties, index):
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
                "id": row["modification_id"],
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
                    "id": row["payment_id"],
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


def _due(row, index):
    unpaid = "date_paid" not in row
    carried = CARRIED["payments"] if unpaid else (*CARRIED["payments"], "amount")
    who = {"from": row.get("payer_id"), "to": row.get("payee_id")} if unpaid else {}
    return {
        "id": row["payment_id"],
        "title": f"Payment to {row['payee_type']}" if "payee_type" in row else "Payment",
        "type": "payment",
        "dueDate": row.get("date_due"),
        "dateMet": row.get("date_paid"),
        "status": "scheduled" if unpaid else "met",
        **rest({**row, **who}, carried, index.local),
    }


def _award_id(contract):
    return f"award-{contract['contract_id']}"


def _stage_dates(whole):
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


def _stages(whole):
    """The compiled release cut into what was published when."""
    known = ("ocid", "initiationType", "language")
    late = ("numberOfTenderers", "tenderers", "status", "bidOpening")
    contracts = whole.get("contracts", [])
    early = [{key: value for key, value in c.items() if key not in ("implementation", "amendments", "status")} for c in contracts]
    tender_early = {key: value for key, value in whole["tender"].items() if key not in late}
    running = [
        {key: c[key] for key in ("id", "awardID", "status", "amendments", "implementation") if key in c} for c in contracts
    ]
    parts = {
        "tender": {"planning": whole.get("planning"), "buyer": whole.get("buyer"), "tender": tender_early | {"status": "active"}},
        "award": {
            "tender": {"id": whole["tender"]["id"], **{key: whole["tender"][key] for key in late if key in whole["tender"]}},
            "bids": whole.get("bids"),
            "awards": whole.get("awards"),
        },
        "contract": {"contracts": early},
        "implementation": {"contracts": running},
    }
    dates = dict(_stage_dates(whole))
    previous = dates["tender"] or whole["date"]
    for tag, part in parts.items():
        part = clean(part)
        if tag == "award" and not ({"bids", "awards"} & set(part)):
            continue
        if not part:
            continue
        # A stage never precedes the one before it; a missing date takes the one before.
        previous = max(previous, dates[tag] or previous)
        tags = ["contract"] if tag == "contract" else [tag]
        release = {key: whole[key] for key in known if key in whole}
        release |= {"id": f"{whole['ocid']}-{tag}-{previous[:10]}", "date": previous, "tag": tags, **part}
        if tag == "award" and "awards" not in part:
            release["tag"] = ["tenderUpdate"]
        if tag == "tender":
            release["tag"] = ["planning", "tender"] if "planning" in part else ["tender"]
        if "parties" in whole and tag == "tender":
            release["parties"] = [p for p in whole["parties"] if {"buyer", "procuringEntity"} & set(p.get("roles", []))]
        elif "parties" in whole and tag in ("award", "implementation"):
            release["parties"] = whole["parties"]
        yield {key: value for key, value in release.items() if value not in ([], {})}


def merge(found: Iterable[dict]) -> list[dict]:
    """Compiled releases from releases: those of one ``ocid`` merged in the order of their dates.

    The rules of OCDS 1.1: objects are merged member by member; the elements of a list are merged by their ``id`` if they all
    have one, else the later list replaces the earlier; null removes. Tag and id of the result are those of a compiled release.
    """
    by_ocid: dict[str, list[dict]] = {}
    for release in found:
        by_ocid.setdefault(release.get("ocid"), []).append(release)
    merged = []
    for ocid, list_ in by_ocid.items():
        list_.sort(key=lambda release: str(release.get("date", "")))
        whole: dict = {}
        for release in list_:
            whole = _merged(whole, release)
        merged.append({**whole, "ocid": ocid, "tag": ["compiled"], "id": f"{ocid}-{str(whole.get('date', ''))[:10]}"})
    return merged


def _merged(old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        both = dict(old)
        for key, value in new.items():
            if value is None:
                both.pop(key, None)
            else:
                both[key] = _merged(both[key], value) if key in both else value
        return both
    if isinstance(old, list) and isinstance(new, list) and _all_named(old) and _all_named(new) and new:
        by_id = {element["id"]: element for element in old}
        for element in new:
            known = by_id.get(element["id"])
            by_id[element["id"]] = _merged(known, element) if known else element
        return list(by_id.values())
    return new


def _all_named(values):
    return all(isinstance(value, dict) and "id" in value for value in values)


# Reading -----------------------------------------------------------------------------------------------------------------


def read(path, *, ocid_prefix: str = OCID_PREFIX, project_prefix: str = PROJECT_PREFIX) -> dict[str, pd.DataFrame]:
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
        ``subcontracts``. An organisation without an id is known by its identifier, else by its name.

    Raises
    ------
    InputError
        See `cleanworks.standards.stream.open_source`; also if the file is OC4IDS.
    """
    source = open_source(path)
    if source.list_name == "projects":
        raise InputError("this is OC4IDS, not OCDS.", where=str(path), fix="Read it with oc4ids.read.")
    values = (element.value for element in source.elements)
    found = list(values) if source.list_name == "releases" else _of_records(values)
    names = [release.get("ocid") for release in found]
    if len(set(names)) < len(names) or any("compiled" not in (r.get("tag") or ["compiled"]) for r in found):
        found = merge(found)
    return tables_of(found, ocid_prefix=ocid_prefix, project_prefix=project_prefix)


def _of_records(found):
    whole = []
    for record in found:
        if isinstance(record.get("compiledRelease"), dict):
            whole.append({"ocid": record.get("ocid"), **record["compiledRelease"]})
        else:
            whole += merge({"ocid": record.get("ocid"), **r} for r in record.get("releases", []) if "tag" in r and "url" not in r)
    return whole


def tables_of(found: Iterable[dict], *, ocid_prefix: str = OCID_PREFIX, project_prefix: str = PROJECT_PREFIX):
    """Compiled releases as tables, see `read`."""
    lists: dict[str, list[dict]] = {name: [] for name in _COLUMNS}
    for release in found:
        _read_release(release, lists, ocid_prefix, project_prefix)
    return {name: frame(name, list_, _COLUMNS[name]) for name, list_ in lists.items()}


def _read_release(release, lists, ocid_prefix, project_prefix):
    ocid = str(release.get("ocid", ""))
    tender, number = _object(release, "tender"), ocid.removeprefix(ocid_prefix)
    project = _object(release, "planning", "budget").get("projectID")
    project = str(project).removeprefix(project_prefix) if project is not None else None
    criteria = tender.get("awardCriteria")
    notice = next((d for d in _objects(tender, "documents") if d.get("documentType") == "tenderNotice"), {})
    lists["tenders"].append(
        {
            "tender_id": number,
            "project_id": project,
            "ocid": ocid,
            "title": tender.get("title"),
            "status": tender.get("status"),
            "procurement_method": tender.get("procurementMethod"),
            "procurement_method_details": tender.get("procurementMethodDetails"),
            "date_published": notice.get("datePublished"),
            "tender_start": _object(tender, "tenderPeriod").get("startDate"),
            "tender_end": _object(tender, "tenderPeriod").get("endDate"),
            "bid_opening_date": _object(tender, "bidOpening").get("date"),
            "cost_estimate": _object(tender, "value").get("amount"),
            "number_of_tenderers": tender.get("numberOfTenderers"),
            "price_only": None if criteria is None else criteria == "priceOnly",
            "buyer_id": _who(release.get("buyer")),
            "procuring_entity_id": _who(tender.get("procuringEntity")),
            **tender.get(LOCAL, {}),
        }
    )
    for place, bid in enumerate(_objects(_object(release, "bids"), "details")):
        value = _object(bid, "value")
        row = {
            "bid_id": str(bid.get("id", f"{number}/{place}")), "tender_id": number, "amount": value.get("amount"),
            "currency": value.get("currency"), "date": bid.get("date"), "status": bid.get("status"), **bid.get(LOCAL, {}),
        }
        firms = _objects(bid, "tenderers") or [{}]
        lists["bids"] += [{**row, "tenderer_id": _who(firm), "tenderer_name": firm.get("name")} for firm in firms]
    awards = {}
    for place, award in enumerate(_objects(release, "awards")):
        _read_award(award, str(award.get("id", f"{number}/{place}")), number, lists, awards)
    for contract in _objects(release, "contracts"):
        _read_contract(contract, number, project, awards, lists)


def _read_award(award, award_id, number, lists, awards):
    value, suppliers = _object(award, "value"), _objects(award, "suppliers")
    awards[award_id] = award
    row = {
        "award_id": award_id, "tender_id": number, "status": award.get("status"), "date": award.get("date"),
        "amount": value.get("amount"), "currency": value.get("currency"),
    }
    lists["awards"] += [{**row, "supplier_id": _who(one), "supplier_name": one.get("name")} for one in suppliers or [{}]]
    for item in _objects(award, "items"):
        code = _object(item, "classification").get("id")
        lists["award_items"].append({"award_id": award_id, "tender_id": number, "classification_id": code})


def _read_contract(contract, number, project, awards, lists):
    contract_id, award_id = str(contract.get("id")), str(contract.get("awardID"))
    award = awards.get(award_id, {})
    suppliers = _objects(contract, "suppliers") or _objects(award, "suppliers") or [{}]
    value = _object(contract, "value") or _object(award, "value")
    lists["contracts"].append(
        {
            "contract_id": contract_id,
            "project_id": project,
            "tender_id": number,
            "award_id": award_id,
            "supplier_id": _who(suppliers[0]),
            "supplier_name": suppliers[0].get("name"),
            "status": contract.get("status"),
            "award_date": award.get("date"),
            "date_signed": contract.get("dateSigned"),
            "value_amount": value.get("amount"),
            "currency": value.get("currency"),
            "period_start": _object(contract, "period").get("startDate"),
            "period_end": _object(contract, "period").get("endDate"),
            **contract.get(LOCAL, {}),
        }
    )
    for change in _objects(contract, "amendments"):
        lists["modifications"].append(
            {
                "modification_id": change.get("id"), "contract_id": contract_id, "date": change.get("date"),
                "rationale": change.get("rationale"), **change.get(LOCAL, {}),
            }
        )
    for one in _objects(_object(award, "subcontracting"), "subcontracts"):
        firm = _object(one, "subcontractor")
        lists["subcontracts"].append(
            {
                "subcontract_id": one.get("id"), "contract_id": contract_id, "subcontractor_id": _who(firm),
                "subcontractor_name": firm.get("name"), **one.get(LOCAL, {}),
            }
        )
    _read_money(_object(contract, "implementation"), contract_id, lists)
    for milestone in _objects(contract, "milestones"):
        lists["milestones"].append(_milestone(milestone, contract_id))


def _read_money(implementation, contract_id, lists):
    due = {}
    for milestone in _objects(implementation, "milestones"):
        if milestone.get("type") == "payment":
            due[str(milestone.get("id"))] = milestone
        else:
            lists["milestones"].append(_milestone(milestone, contract_id))
    for transaction in _objects(implementation, "transactions"):
        number = str(transaction.get("id"))
        milestone = due.pop(number, {})
        value = _object(transaction, "value") or _object(transaction, "amount")
        lists["payments"].append(
            {
                "payment_id": number, "contract_id": contract_id, "payer_id": _who(transaction.get("payer")),
                "payee_id": _who(transaction.get("payee")), "date_due": milestone.get("dueDate"),
                "date_paid": transaction.get("date"), "amount": value.get("amount"), "currency": value.get("currency"),
                **milestone.get(LOCAL, {}),
            }
        )
    for number, milestone in due.items():
        known = dict(milestone.get(LOCAL, {}))
        payer, payee = known.pop("from", None), known.pop("to", None)
        lists["payments"].append(
            {
                "payment_id": number, "contract_id": contract_id, "payer_id": payer, "payee_id": payee,
                "date_due": milestone.get("dueDate"), **known,
            }
        )


def _milestone(milestone, contract_id):
    return {
        "milestone_id": milestone.get("id"), "contract_id": contract_id, "type": milestone.get("type"),
        "date_due": milestone.get("dueDate"), "date_met": milestone.get("dateMet"),
    }


def _who(organisation):
    """The id of an organisation, else its identifier, else its name."""
    if not isinstance(organisation, Mapping):
        return None
    if organisation.get("id") is not None:
        return str(organisation["id"])
    identifier = organisation.get("identifier") or {}
    if identifier.get("id"):
        return "-".join(str(part) for part in (identifier.get("scheme"), identifier["id"]) if part)
    return organisation.get("name")


def _object(thing, *names) -> dict:
    for name in names:
        thing = thing.get(name) if isinstance(thing, Mapping) else None
    return thing if isinstance(thing, Mapping) else {}


def _objects(thing, name) -> list[dict]:
    """The objects of a list; some publishers write one object where a list belongs."""
    values = thing.get(name) if isinstance(thing, Mapping) else None
    values = [values] if isinstance(values, dict) else values
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
