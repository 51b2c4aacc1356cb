"""What the product itself knows of OCDS and OC4IDS: checks that need no schema.

`structure` looks at one element by itself (ids, dates, amounts, closed lists of codes) and stands in for the official schema
where that is not at hand. `consistency` looks at what a schema cannot say: that references lead somewhere, that periods end
after they begin, that shares of 100 stay below 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def _words(text):
    return frozenset(text.split())


PROJECT_ID = re.compile(r"oc4ids-[a-z0-9]{6}.")
OCID = re.compile(r"ocds-[a-z0-9]{6}.")
DATE_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]\d\d:\d\d)$")
CURRENCY = re.compile(r"[A-Z]{3}$")

_DATES = _words(
    "date startDate endDate maxExtentDate dueDate dateMet dateModified datePublished dateSigned updated requestDate "
    "approvalDate publishedDate"
)
_METHODS = _words("open selective limited direct")
_MILESTONES = _words("scheduled met notMet partiallyMet")
_AWARDS = _words("pending active cancelled unsuccessful")
_CONTRACTS = _words("pending active cancelled terminated")
_TENDERS = _words("planning planned active cancelled unsuccessful complete withdrawn")
_BIDS = _words("invited pending valid disqualified withdrawn")
_TAGS = _words(
    "planning planningUpdate tender tenderAmendment tenderUpdate tenderCancellation award awardUpdate awardCancellation "
    "contract contractUpdate contractAmendment implementation implementationUpdate contractTermination compiled"
)
# Closed lists of codes: the place, without list numbers, and what is allowed there.
_CODES = {
    "projects": {
        ("status",): _words(
            "identification preparation implementation completion maintenance decommissioning decommissioned cancelled"
        ),
        ("type",): _words("construction rehabilitation replacement expansion decommissioning"),
        ("contractingProcesses", "summary", "nature"): _words("design construction supervision"),
        ("contractingProcesses", "summary", "status"): _words("pre-award active closed"),
        ("contractingProcesses", "summary", "tender", "procurementMethod"): _METHODS,
        ("contractingProcesses", "summary", "milestones", "status"): _MILESTONES,
        ("milestones", "status"): _MILESTONES,
    },
    "releases": {
        ("tag",): _TAGS,
        ("initiationType",): _words("tender"),
        ("tender", "status"): _TENDERS,
        ("tender", "procurementMethod"): _METHODS,
        ("bids", "details", "status"): _BIDS,
        ("awards", "status"): _AWARDS,
        ("contracts", "status"): _CONTRACTS,
        ("contracts", "implementation", "milestones", "status"): _MILESTONES,
    },
}
# Lists whose elements need an id of their own.
_NAMED = {
    "projects": _words(
        "contractingProcesses parties documents locations metrics forecasts observations milestones transactions modifications "
        "relatedProjects"
    ),
    "releases": _words("awards contracts documents milestones transactions details items subcontracts"),
}
_REQUIRED = {"projects": ("id",), "releases": ("ocid", "id", "date", "tag", "initiationType")}

Finding = tuple[str, str]  # (place in the element, sentence)


def structure(element: dict, list_name: str) -> Iterator[Finding]:
    """What is wrong with one project or release by itself."""
    for name in _REQUIRED[list_name]:
        if element.get(name) in (None, "", []):
            yield f"/{name}", f"{name} is missing"
    yield from _walk(element, (), "", list_name)


def consistency(element: dict, list_name: str) -> Iterator[Finding]:
    """What does not fit together inside one project or release."""
    yield from _project(element) if list_name == "projects" else _release(element)


def _walk(value, place, path, list_name):
    if isinstance(value, dict):
        for key, member in value.items():
            below, where = (*place, key), f"{path}/{key}"
            if key in _DATES and not (isinstance(member, str) and DATE_TIME.match(member)) and member is not None:
                yield where, f"{_shown(member)} is not a date and time with its zone (YYYY-MM-DDThh:mm:ssZ)"
            elif key == "amount" and not isinstance(member, (dict, type(None))):
                if isinstance(member, bool) or not isinstance(member, (int, float)):
                    yield where, f"the amount {_shown(member)} is not a number"
            elif key == "currency" and member is not None and not (isinstance(member, str) and CURRENCY.match(member)):
                yield where, f"{_shown(member)} is not a currency of three capital letters"
            allowed = _CODES[list_name].get(below)
            if allowed:
                for code in member if isinstance(member, list) else [member]:
                    if code is not None and code not in allowed:
                        yield where, f"{_shown(code)} is not in the list of codes: {', '.join(sorted(allowed))}"
            if key in _NAMED[list_name] and isinstance(member, list):
                yield from _names(member, where)
            yield from _walk(member, below, where, list_name)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _walk(member, place, f"{path}/{number}", list_name)


def _names(elements, where):
    seen = set()
    for number, element in enumerate(elements):
        if not isinstance(element, dict):
            continue  # some extensions list ids under the same name
        if element.get("id") in (None, ""):
            yield f"{where}/{number}", "id is missing"
        elif str(element["id"]) in seen:
            yield f"{where}/{number}", f"the id {_shown(element['id'])} occurs twice in this list"
        else:
            seen.add(str(element["id"]))


def _project(project):
    if not PROJECT_ID.match(str(project.get("id", ""))):
        yield "/id", f"{_shown(project.get('id'))} does not begin with a registered prefix such as oc4ids-abc123-"
    yield from _ordered(project, "")
    parties = _ids(project.get("parties"))
    owner = project.get("publicAuthority")
    yield from _known(owner, parties, "/publicAuthority")
    for name in ("forecasts", "metrics"):
        for metric in _objects(project.get(name)):
            yield from _percentages(metric, f"/{name}")
    for number, process in enumerate(_objects(project.get("contractingProcesses"))):
        summary, path = process.get("summary") or {}, f"/contractingProcesses/{number}/summary"
        if not isinstance(summary, dict):
            continue
        for supplier in _objects(summary.get("suppliers")):
            yield from _known(supplier, parties, f"{path}/suppliers")
        yield from _payments(summary, parties, path)
    yield from _payments(project, parties, "")


def _payments(holder, parties, path):
    milestones = _ids(holder.get("milestones"))
    for number, transaction in enumerate(_objects(holder.get("transactions"))):
        where = f"{path}/transactions/{number}"
        for side in ("payer", "payee"):
            yield from _known(transaction.get(side), parties, f"{where}/{side}")
        reference = (transaction.get("relatedImplementationMilestone") or {}).get("id")
        if reference is not None and reference not in milestones:
            yield f"{where}/relatedImplementationMilestone", f"there is no milestone {_shown(reference)}"
        if _negative(transaction.get("value")):
            yield f"{where}/value", "the amount is negative"


def _release(release):
    if not OCID.match(str(release.get("ocid", ""))):
        yield "/ocid", f"{_shown(release.get('ocid'))} does not begin with a registered prefix such as ocds-abc123-"
    parties, awards = _ids(release.get("parties")), _ids(release.get("awards"))
    yield from _known(release.get("buyer"), parties, "/buyer")
    tender = release.get("tender") if isinstance(release.get("tender"), dict) else {}
    yield from _known(tender.get("procuringEntity"), parties, "/tender/procuringEntity")
    yield from _ordered(tender, "/tender")
    for number, contract in enumerate(_objects(release.get("contracts"))):
        if awards and contract.get("awardID") not in awards:
            yield f"/contracts/{number}/awardID", f"there is no award {_shown(contract.get('awardID'))}"
        yield from _ordered(contract, f"/contracts/{number}")
        implementation = contract.get("implementation")
        if isinstance(implementation, dict):
            yield from _payments(implementation, parties, f"/contracts/{number}/implementation")


def _ordered(holder, path):
    for name, period in holder.items():
        start, end = (period.get(key) if isinstance(period, dict) else None for key in ("startDate", "endDate"))
        if isinstance(start, str) and isinstance(end, str) and end[:10] < start[:10]:
            yield f"{path}/{name}", f"it ends ({end[:10]}) before it begins ({start[:10]})"


def _percentages(metric, path):
    if metric.get("id") not in ("physicalProgress", "financialProgress"):
        return
    for observation in _objects(metric.get("observations")):
        try:
            measure = float(observation.get("measure"))
        except (TypeError, ValueError):
            yield f"{path}/{metric['id']}", f"the measure {_shown(observation.get('measure'))} is not a number"
            continue
        high = 100 if metric["id"] == "physicalProgress" else 200
        if not 0 <= measure <= high:
            yield f"{path}/{metric['id']}", f"a progress of {measure:g} % cannot be"


def _known(reference, parties, path):
    if isinstance(reference, dict) and reference.get("id") is not None and reference["id"] not in parties:
        yield path, f"the organisation {_shown(reference['id'])} is not among the parties"


def _ids(values):
    return {value.get("id") for value in _objects(values) if not isinstance(value.get("id"), (list, dict))}


def _objects(values):
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _negative(value):
    amount = value.get("amount") if isinstance(value, dict) else None
    return isinstance(amount, (int, float)) and amount < 0


def _shown(value):
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
