"""What the product itself knows of OCDS and OC4IDS: checks that need no schema.

`structure` looks at one element by itself (ids, dates, amounts, closed lists of codes) and stands in for the official schema
where that is not at hand. `consistency` looks at what a schema cannot say: that references lead somewhere, that periods end
after they begin, that shares of 100 stay below 100.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cleanworks import moments
from cleanworks.standards import fields
from cleanworks.standards.fields import Field
from cleanworks.standards.shape import inside, text
from cleanworks.standards.shape import number as numeral


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROJECT_ID = re.compile(r"oc4ids-[a-z0-9]{6}.")
OCID = re.compile(r"ocds-[a-z0-9]{6}.")
DATE_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]\d\d:\d\d)$"
)
CURRENCY = re.compile(r"[A-Z]{3}$")

_DATES = _words(
    "date startDate endDate maxExtentDate dueDate dateMet dateModified datePublished dateSigned updated requestDate "
    "approvalDate publishedDate"
)
METHODS = _words("open selective limited direct")
_MILESTONES = _words("scheduled met notMet partiallyMet")
AWARDS = _words("pending active cancelled unsuccessful")
CONTRACTS = _words("pending active cancelled terminated")
TENDERS = _words("planning planned active cancelled unsuccessful complete withdrawn")
BIDS = _words("invited pending valid disqualified withdrawn")
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
        ("contractingProcesses", "summary", "tender", "procurementMethod"): METHODS,
        ("contractingProcesses", "summary", "milestones", "status"): _MILESTONES,
        ("milestones", "status"): _MILESTONES,
    },
    "releases": {
        ("tag",): _TAGS,
        ("initiationType",): _words("tender"),
        ("tender", "status"): TENDERS,
        ("tender", "procurementMethod"): METHODS,
        ("bids", "details", "status"): BIDS,
        ("awards", "status"): AWARDS,
        ("contracts", "status"): CONTRACTS,
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
Finding = tuple[str, str]  # (place in the element, sentence)


def structure(element: dict[str, Any], list_name: str) -> Iterator[Finding]:
    """What is wrong with one project or release by itself: kinds of values, required fields, dates, codes, ids.

    Every field of the standard may hold any JSON value here; nothing makes it stop.
    """
    yield from _object(element, fields.root(list_name), (), "", list_name)


def consistency(element: dict[str, Any], list_name: str) -> Iterator[Finding]:
    """What does not fit together inside one project or release, and what is there without saying anything."""
    yield from _project(element) if list_name == "projects" else _release(element)
    yield from _empty_words(element, "")


def _object(
    value: dict[str, Any], name: str | None, place: tuple[str, ...], path: str, list_name: str
) -> Iterator[tuple[str, str]]:
    """An object of the standard, or one that the standard does not know (``name`` is None)."""
    known = fields.objects(list_name).get(name, {}) if name else {}
    for field in known.values():
        given = value.get(field.name)
        if field.required and (
            given is None or given == [] or (isinstance(given, str) and not given.strip())
        ):
            blank = isinstance(given, str) and given != ""
            yield f"{path}/{field.name}", f"{field.name} is {'blank' if blank else 'missing'}"
    for key, member in value.items():
        below, where = (*place, key), f"{path}/{key}"
        field = known.get(key)
        if member is None:
            # OCDS allows null for single values, to remove them; OC4IDS nowhere.
            if field and not field.required and (list_name == "projects" or field.kind not in fields.SIMPLE):
                yield where, f"null is not {'a list' if field.depth else _KINDS.get(field.kind, 'an object')}"
            continue
        found = list(_kind(member, field, where)) if field else list(_by_name(key, member, where))
        yield from found
        if found:
            continue
        allowed = _CODES[list_name].get(below)
        if allowed:
            for code in member if isinstance(member, list) else [member]:
                if isinstance(code, str) and code not in allowed:
                    yield where, f"{_shown(code)} is not in the list of codes: {', '.join(sorted(allowed))}"
        if isinstance(member, list) and (
            key in _NAMED[list_name] or (field and field.kind not in fields.SIMPLE)
        ):
            own_id = fields.objects(list_name).get(field.kind, {}).get("id") if field else None
            yield from _names(
                member, where, required=key in _NAMED[list_name] and not (own_id and own_id.required)
            )
        inner = field.kind if field and field.kind not in fields.SIMPLE else None
        for where_one, one in _below(member, where):
            yield from _object(one, inner, below, where_one, list_name)


def _below(member: object, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(member, dict):
        yield where, member
    elif isinstance(member, list):
        for number, one in enumerate(member):
            yield from _below(one, f"{where}/{number}")


_KINDS = {
    "text": "a text",
    "id": "a text or a whole number",
    "number": "a number",
    "integer": "a whole number",
    "flag": "true or false",
    "measure": "a text or a number",
    "object": "an object",
    "moment": "a date",
    "any": "a value",
}


def _kind(value: object, field: Field, where: str, depth: int | None = None) -> Iterator[tuple[str, str]]:
    """Whether a value is of the kind that its field holds."""
    depth = field.depth if depth is None else depth
    if field.kind == "any" and not depth:
        return
    if depth:
        if not isinstance(value, list):
            yield where, f"{_shown(value)} is {kind_of(value)}, not a list"
            return
        for number, one in enumerate(value):
            yield from _kind(one, field, f"{where}/{number}", depth - 1)
        return
    if field.kind == "moment":
        yield from _moment(value, where)
    elif field.kind == "number" and field.name == "amount":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield where, f"the amount {_shown(value)} is not a number"
    elif field.kind not in fields.SIMPLE or field.kind == "object":
        if not isinstance(value, dict):
            yield where, f"{_shown(value)} is {kind_of(value)}, not an object"
    elif not _fits(value, field.kind):
        yield where, f"{_shown(value)} is {kind_of(value)}, not {_KINDS[field.kind]}"
    elif field.name == "currency" and value and not CURRENCY.match(str(value)):
        yield where, f"{_shown(value)} is not a currency of three capital letters"


def _fits(value: object, kind: str) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    whole = isinstance(value, int) and number
    if isinstance(value, float) and abs(value) < 1e300:
        whole = value.is_integer()
    return {
        "text": isinstance(value, str), "id": isinstance(value, str) or whole, "number": number, "integer": whole,
        "flag": isinstance(value, bool), "measure": isinstance(value, str) or number,
    }[kind]  # fmt: skip


def _by_name(key: str, member: object, where: str) -> Iterator[tuple[str, str]]:
    """The few fields that mean the same wherever an extension puts them."""
    if key in _DATES:
        yield from _moment(member, where)
    elif key == "amount" and not isinstance(member, dict):
        if isinstance(member, bool) or not isinstance(member, (int, float)):
            yield where, f"the amount {_shown(member)} is not a number"
    elif key == "currency" and not (isinstance(member, str) and CURRENCY.match(member)):
        yield where, f"{_shown(member)} is not a currency of three capital letters"


def _moment(value: object, where: str) -> Iterator[tuple[str, str]]:
    if not (isinstance(value, str) and DATE_TIME.match(value)):
        yield where, f"{_shown(value)} is not a date and time with its zone (YYYY-MM-DDThh:mm:ssZ)"
    elif moments.parse(value) is None and not moments.placeholder(value):
        yield where, f"{_shown(value)} is a day or an hour that does not exist"


def kind_of(value: object) -> str:
    """The JSON kind of a value, in words."""
    if isinstance(value, bool):
        return "true or false"
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return names.get(type(value), "a number")


def _names(elements: list[dict[str, Any]], where: str, required: bool) -> Iterator[tuple[str, str]]:
    seen = set()
    for number, element in enumerate(elements):
        if not isinstance(element, dict):
            continue  # some extensions list ids under the same name
        given = text(element.get("id"))
        if given is None:
            if required and element.get("id") in (None, ""):
                yield f"{where}/{number}", "id is missing"
        elif given in seen:
            yield f"{where}/{number}/id", f"the id {_shown(element['id'])} occurs twice in this list"
        else:
            seen.add(given)


# Ids that say "none" and would make one firm of many.
PLACEHOLDER = re.compile(
    r"\s*(0+([-./ ]0+)*|(?P<digit>\d)(?P=digit){7,}|null|none|nil|nan|n/?a|n\.a\.|[-–—]+|\.+|…|\?+|x+|unknown|undefined|tb[acd]|s/?d|s\.d\.|s/n|n/d|"
    r"sin (id|n[uú]mero|c[oó]digo|identificaci[oó]n|ruc|nit|rut)|sem (id|n[uú]mero|cnpj)|sans (num[eé]ro|id)|no id|"
    r"not (available|applicable|specified|provided)|no aplica|no disponible|n[ãa]?o informad[oa]|sin datos|desconocido|"
    r"n[ée]ant|inconnu|sans objet|non (renseign[ée]|disponible|communiqu[ée])|n[ãa]o se aplica|desconhecido|미상|없음|미정|해당 ?없음|"
    r"#(n/[av]|ref!|value!|name\?|div/0!|num!|null!))\s*",
    re.IGNORECASE,
)


def organisations(value: object) -> Iterator[tuple[str, str]]:
    """Every (id, name) of an object below ``value`` that has both: the organisations, in a wide sense."""
    if isinstance(value, dict):
        number, name = text(value.get("id")), value.get("name")
        if number is not None and isinstance(name, str) and name.strip():
            yield number, name.strip()
        for member in value.values():
            yield from organisations(member)
    elif isinstance(value, list):
        for member in value:
            yield from organisations(member)


def _empty_words(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            where = f"{path}/{key}"
            if isinstance(member, str):
                if member and not member.strip():
                    yield where, "the text holds nothing but spaces"
                elif (moments.placeholder(member) or moments.ahead(member, key)) and (
                    key in _DATES or key.lower().endswith("date")
                ):
                    other = moments.other_calendar(member).removesuffix(".")
                    why = (
                        f"is read as no date. {other}" if other else "stands for no date, and is read as none"
                    )
                    yield where, f"{_shown(member)} {why}"
            else:
                yield from _empty_words(member, where)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            if isinstance(member, (dict, list)):
                yield from _empty_words(member, f"{path}/{number}")


def _project(project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    own = text(project.get("id"))
    if own and not PROJECT_ID.match(own):
        yield (
            "/id",
            f"{_shown(project.get('id'))} does not begin with a registered prefix such as oc4ids-abc123-",
        )
    yield from _ordered(project, "")
    parties = _ids(project.get("parties"))
    owner = project.get("publicAuthority")
    yield from _known(owner, parties, "/publicAuthority")
    for number, location in enumerate(_objects(project.get("locations"))):
        yield from _place(inside(location, "geometry"), f"/locations/{number}/geometry/coordinates")
    for name in ("forecasts", "metrics"):
        for metric in _objects(project.get(name)):
            yield from _percentages(metric, f"/{name}")
    for number, process in enumerate(_objects(project.get("contractingProcesses"))):
        summary, path = inside(process, "summary"), f"/contractingProcesses/{number}/summary"
        for supplier in _objects(summary.get("suppliers")):
            yield from _known(supplier, parties, f"{path}/suppliers")
        yield from _payments(summary, parties, path)
    yield from _payments(project, parties, "")


def _place(geometry: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    point = geometry.get("coordinates")
    if isinstance(point, list) and len(point) in (2, 3):
        for name, value, most in (("longitude", point[0], 180), ("latitude", point[1], 90)):
            known = numeral(value)
            if known is not None and abs(known) > most:
                yield path, f"a {name} of {known:g} cannot be: the longitude comes first, then the latitude"


def _payments(holder: Mapping[str, Any], parties: set[str], path: str) -> Iterator[tuple[str, str]]:
    milestones = _ids(holder.get("milestones"))
    for number, transaction in enumerate(_objects(holder.get("transactions"))):
        where = f"{path}/transactions/{number}"
        for side in ("payer", "payee"):
            yield from _known(transaction.get(side), parties, f"{where}/{side}")
        reference = text(inside(transaction, "relatedImplementationMilestone").get("id"))
        if reference is not None and reference not in milestones:
            yield f"{where}/relatedImplementationMilestone", f"there is no milestone {_shown(reference)}"
        if _negative(transaction.get("value")):
            yield f"{where}/value", "the amount is negative"


def _release(release: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ocid = text(release.get("ocid"))
    if ocid and not OCID.match(ocid):
        yield (
            "/ocid",
            f"{_shown(release.get('ocid'))} does not begin with a registered prefix such as ocds-abc123-",
        )
    parties, awards = _ids(release.get("parties")), _ids(release.get("awards"))
    yield from _known(release.get("buyer"), parties, "/buyer")
    tender = inside(release, "tender")
    yield from _known(tender.get("procuringEntity"), parties, "/tender/procuringEntity")
    yield from _ordered(tender, "/tender")
    for number, contract in enumerate(_objects(release.get("contracts"))):
        if awards and text(contract.get("awardID")) not in awards:
            yield f"/contracts/{number}/awardID", f"there is no award {_shown(contract.get('awardID'))}"
        yield from _ordered(contract, f"/contracts/{number}")
        implementation = contract.get("implementation")
        if isinstance(implementation, dict):
            yield from _payments(implementation, parties, f"/contracts/{number}/implementation")


def _ordered(holder: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, period in holder.items():
        start, end = (
            period.get(key) if isinstance(period, dict) else None for key in ("startDate", "endDate")
        )
        first, last = moments.instant(start), moments.instant(end)
        ends, starts = str(end)[:10], str(start)[:10]
        if first and last and last < first and ends < starts:
            yield f"{path}/{name}", f"it ends ({ends}) before it begins ({starts})"


def _percentages(metric: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    if metric.get("id") not in ("physicalProgress", "financialProgress"):
        return
    for observation in _objects(metric.get("observations")):
        if observation.get("measure") is None and "value" in observation:
            continue
        try:
            measure = float(observation["measure"])
        except (KeyError, TypeError, ValueError):
            yield (
                f"{path}/{metric['id']}",
                f"the measure {_shown(observation.get('measure'))} is not a number",
            )
            continue
        high = 100 if metric["id"] == "physicalProgress" else 200
        if not 0 <= measure <= high:
            yield f"{path}/{metric['id']}", f"a progress of {measure:g} % cannot be"


def _known(reference: object, parties: set[str], path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(reference, dict):
        return
    number = text(reference.get("id"))
    if number is not None and number not in parties:
        yield path, f"the organisation {_shown(reference['id'])} is not among the parties"


def _ids(values: object) -> set[str]:
    numbers = (text(value.get("id")) for value in _objects(values))
    return {number for number in numbers if number is not None}


def _objects(values: object) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _negative(value: object) -> bool:
    amount = value.get("amount") if isinstance(value, dict) else None
    return isinstance(amount, (int, float)) and amount < 0


def _shown(value: object) -> str:
    shown = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:57] + "..."
