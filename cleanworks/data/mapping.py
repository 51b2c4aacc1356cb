"""Which column of a foreign table is which column of the toolkit: a proposal, and the file in which a person corrects it.

A heading is compared, without case, accents and marks, with the names that such columns have in several languages. What no name fits
is left out and said. Units (thousands, millions) are read from headings; the way days are written is told from the values where only
one way fits, and asked otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cleanworks import toml
from cleanworks.city import schemas
from cleanworks.data import notation
from cleanworks.errors import InputError
from cleanworks.standards import checks, fields

# English, Spanish, French, Portuguese, Korean.
NAMES: dict[str, str] = {
    "project_id": "project id|project number|project no|project code|codigo del proyecto|id proyecto|code projet|codigo do projeto|사업번호|공사번호|프로젝트번호",
    "tender_id": "tender id|tender number|tender no|ocid|notice number|bid notice no|numero de licitacion|id licitacion|proceso|codigo del proceso|numero appel d offres|numero da licitacao|입찰공고번호|공고번호",
    "contract_id": "contract id|contract number|contract no|contract ref|numero de contrato|no de contrato|n de contrato|n du contrat|n du marche|id contrato|codigo del contrato|numero du contrat|numero de marche|numero do contrato|계약번호",
    "bid_id": "bid id|bid number|offer id|id oferta|numero offre|id proposta|투찰번호",
    "title": "title|name of project|project name|project title|contract title|subject|description of works|titulo|nombre del proyecto|objeto|objeto del contrato|intitule|objet|nom du projet|titulo do projeto|사업명|공사명|계약명|입찰공고명",
    "district": "district|municipality|city|locality|region|province|county|distrito|municipio|provincia|commune|ville|localidade|자치구|시군구|지역",
    "public_authority": "public authority|buyer|procuring entity|client|agency|ministry|department|owner|entidad|entidad contratante|comprador|acheteur|maitre d ouvrage|autorite contractante|orgao|entidade contratante|발주기관|수요기관|발주청",
    "buyer_id": "buyer id|buyer code|codigo entidad|id comprador|code acheteur|수요기관코드",
    "sector": "sector|secteur|setor|분야",
    "status": "status|estado|statut|situacao|진행상태|상태",
    "latitude": "latitude|lat|latitud|위도",
    "longitude": "longitude|lon|lng|long|longitud|경도",
    "purpose": "purpose|objetivo|finalidad|objectif|objetivo do projeto|목적",
    "budget_amount": "budget|budget amount|approved budget|presupuesto|monto presupuestado|budget approuve|orcamento|예산|사업비|총사업비",
    "period_start": "start|start date|commencement|commencement date|fecha de inicio|inicio|date de debut|debut|data de inicio|착공일|착공일자|시작일",
    "period_end": "end|end date|planned end|completion date planned|fecha de fin|fecha fin|fecha de termino|date de fin|date de fin des travaux|fin|data de fim|준공예정일|종료일|완공예정일",
    "completion_end_date": "actual completion|completion date|completed on|fecha de finalizacion|date d achevement|data de conclusao|준공일|준공일자",
    "completion_final_value": "final cost|final value|completion cost|costo final|cout final|custo final|최종공사비|준공금액",
    "procurement_method": "procurement method|method|procedure|metodo de contratacion|modalidad|procedimiento|procedure de passation|modalidade|계약방법|입찰방법",
    "tender_start": "tender start|published|publication date|date published|notice date|fecha de publicacion|date de publication|data de publicacao|공고일|공고일자|입찰공고일",
    "tender_end": "tender end|deadline|closing date|submission deadline|fecha limite|fecha de cierre|date limite|data limite|입찰마감일|마감일",
    "cost_estimate": "estimate|cost estimate|estimated value|estimated cost|engineer s estimate|monto estimado|valor estimado|valor referencial|montant estime|estimation|추정가격|예정가격|추정금액",
    "number_of_tenderers": "number of tenderers|number of bidders|bidders|number of bids|bids received|numero de oferentes|cantidad de oferentes|nombre de soumissionnaires|nombre d offres|numero de licitantes|참가업체수|입찰자수|참가자수",
    "tenderer_id": "bidder id|tenderer id|id oferente|id soumissionnaire|cnpj licitante|입찰업체번호",
    "tenderer_name": "bidder|bidder name|tenderer|tenderer name|oferente|soumissionnaire|licitante|입찰업체|입찰업체명|참가업체",
    "supplier_id": "supplier id|contractor id|tax id|ruc|nit|rut|siret|cnpj|사업자등록번호|업체번호",
    "supplier_name": "supplier|supplier name|name of supplier|contractor|name of contractor|contractor name|winner|firm|company|proveedor|nombre del proveedor|nombre del contratista|contratista|adjudicatario|fournisseur|nom du titulaire|titulaire|titulaire du marche|nome do fornecedor|entreprise|fornecedor|contratada|계약업체|업체명|낙찰업체|시공사|계약상대자",
    "value_amount": "contract value|contract amount|contract price|contract sum|award amount|amount awarded|price|monto del contrato|monto adjudicado|valor del contrato|montant du contrat|montant du marche|valor do contrato|계약금액|낙찰금액",
    "award_date": "award date|date of award|awarded on|fecha de adjudicacion|date d attribution|data da adjudicacao|낙찰일|개찰일",
    "date_signed": "date signed|date of signature|signature date|signed|contract date|fecha de firma|fecha del contrato|date de signature|data da assinatura|계약일|계약일자|계약체결일",
    "amount": "amount|bid amount|bid price|offer|paid amount|amount paid|monto|valor|monto ofertado|montant|montant de l offre|montant paye|금액|투찰금액|지급금액|지급액",
    "amount_registered": "amount registered|registered amount|amount due|claimed|monto registrado|montant du|등록금액",
    "currency": "currency|currency code|moneda|devise|monnaie|moeda|통화",
    "date_due": "due|due date|date due|payment due|fecha de vencimiento|vencimiento|date d echeance|echeance|지급기한|지급예정일",
    "date_paid": "paid on|date paid|payment date|fecha de pago|date de paiement|data de pagamento|지급일|지급일자",
    "payment_id": "payment id|payment number|payment no|id pago|numero de pago|numero de paiement|지급번호",
    "claim_id": "claim id|invoice|invoice number|factura|facture|청구번호|기성번호",
    "modification_id": "modification id|change id|amendment id|amendment number|variation no|id modificacion|numero avenant|변경번호|설계변경번호",
    "old_value": "old value|value before|original value|valor anterior|ancienne valeur|변경전금액",
    "new_value": "new value|value after|revised value|valor nuevo|nuevo valor|nouvelle valeur|변경후금액",
    "new_period_end": "new end|new end date|revised end|nueva fecha de fin|nouvelle date de fin|변경준공일",
    "rationale": "reason|rationale|justification|motivo|motif|razon|변경사유|사유",
    "date": "date|bid date|change date|fecha|data|일자|변경일",
    "type": "type|kind|tipo|구분|종류",
    "period": "month|period|reporting month|mes|mois|기준월|년월",
    "planned": "planned|planned progress|plan|avance programado|avance planificado|avancement prevu|계획공정|계획공정률",
    "actual": "actual|actual progress|progress|avance fisico|avance real|avancement|avancement reel|실적공정|실행공정률|공정률",
    "paid": "paid percent|financial progress|avance financiero|avancement financier|기성률|지급률",
    "payer_id": "payer|payer id|pagador|payeur|지급자",
    "payee_id": "payee|payee id|beneficiario|beneficiaire|수령자",
    "payee_type": "payee type|tipo de beneficiario|지급구분",
}  # fmt: skip
_READ_TOGETHER = {"days": ("date", "time"), "amounts": ("money", "integer"), "numbers": ("number",)}
MARK = "# cleanworks data import: which column is which"


@dataclass
class Columns:
    """How one table is read: ``columns`` maps a heading to the toolkit's column; ``units`` a heading to what its numbers stand for."""

    file: str
    sheet: str
    table: str
    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    dates: str = "%Y-%m-%d"
    decimal: str = "."
    left: list[str] = field(default_factory=list)  # headings that nothing fits
    questions: list[str] = field(default_factory=list)  # what a person has to decide


def propose(
    file: str, sheet: str, headings: Sequence[str], values: Mapping[str, Iterable[str]], separator: str = ""
) -> Columns:
    """The mapping that fits best. ``values`` are the texts under each heading, to tell how days and numbers are written.

    ``separator`` is what stands between the cells of a CSV file.

    >>> propose("c.csv", "", ["Contract no.", "Firm"], {}).columns
    {'Contract no.': 'contract_id', 'Firm': 'supplier_name'}
    """
    _refuse_flattened(file, sheet, headings)
    found = {heading: named_column(heading) for heading in headings}
    table = _table(file, sheet, {column for column in found.values() if column is not None})
    made = Columns(file, sheet, table)
    known = _columns_of(table)
    taken: dict[str, str] = {}
    # A heading that says no more than the name of the column comes first: contract value, before contract value (revised).
    for heading in sorted(headings, key=lambda one: bool(_more(one))):
        column = heading if heading in known else found[heading]
        if column not in known and column in _TWINS and _TWINS[column] in known:
            column = _TWINS[column]
        if column is None or column not in known:
            continue
        if column in taken:
            if _more(taken[column]) and kind_of(table, column) != "text":
                made.questions.append(f"{taken[column]!r} and {heading!r} may both be {column}")
            continue
        taken[column] = heading
        if column in _AGREED and _LATER.search(_more(heading)):
            made.questions.append(f"the heading {heading!r} may be something else than {column}")
    column_of = {heading: column for column, heading in taken.items()}
    for heading in headings:
        if heading not in column_of:
            made.left.append(heading)
            continue
        column = made.columns[heading] = column_of[heading]
        if kind_of(table, column) == "money":
            unit = notation.unit_of(heading)
            if unit is None:
                made.questions.append(f"the heading {heading!r} may name a unit, and it could be two")
            elif unit > 1:
                made.units[heading] = unit
    texts = {
        kind: [
            text
            for heading, column in made.columns.items()
            if kind_of(table, column) in kinds
            for text in values.get(heading, ())
        ]
        for kind, kinds in _READ_TOGETHER.items()
    }
    made.dates, unclear_days = notation.day_format(texts["days"])
    made.decimal, unclear_numbers = notation.decimal_of(texts["amounts"], texts["numbers"], separator)
    made.questions += [
        f"no number under {heading!r} is above 1: if 1 is all of it, and not 1 %, its unit is 100"
        for heading, column in made.columns.items()
        if _in_percent(table, column) and notation.shares(values.get(heading, ()), made.decimal)
    ]
    made.questions += [question for question in (unclear_days, unclear_numbers) if question]
    key = key_of(table)
    if key and key not in taken:
        made.questions.append(f"no column is {key}: rows are numbered instead")
    return made


def write(path: Path, mappings: Sequence[Columns]) -> None:
    """Write a mapping for a person to read and correct."""
    lines = [
        MARK,
        "# The heading in the file stands left, the column of the toolkit right. Take a line away to leave a column out.",
        "",
    ]
    for one in mappings:
        lines += ["[[table]]", f"file = {_quoted(one.file)}"]
        lines += [f"sheet = {_quoted(one.sheet)}"] if one.sheet else []
        lines += [
            f"table = {_quoted(one.table)}",
            f"dates = {_quoted(one.dates)}  # how days are written",
            f"decimal = {_quoted(one.decimal)}",
        ]
        lines += [f"# question: {question}" for question in one.questions]
        lines += [
            "[table.columns]",
            *(f"{_quoted(heading)} = {_quoted(column)}" for heading, column in one.columns.items()),
        ]
        lines += [f"# left out: {heading}" for heading in one.left]
        lines += [
            "[table.units]",
            *(f"{_quoted(heading)} = {unit}" for heading, unit in one.units.items()),
            "",
        ]
    path.write_text("\n".join(lines), encoding="utf-8")


def read(path: Path) -> list[Columns]:
    """Read a mapping that `write` wrote.

    Raises
    ------
    InputError
        Not such a file, or a table or column that the toolkit does not have.
    """
    found = toml.read(path, "The mapping")
    made = []
    listed = found.get("table", [])
    for one in listed if isinstance(listed, list) else [listed]:
        if not _is_mapping(one):
            raise InputError(
                "This is not the mapping of an import.",
                where=str(path),
                fix="Let the import write a new one.",
            )
        if one["table"] not in schemas.CONSTRUCTION:
            raise InputError(
                f"There is no table {one['table']!r}.",
                where=str(path),
                fix=f"Tables: {', '.join(schemas.CONSTRUCTION)}.",
            )
        columns = dict(one.get("columns", {}))
        known = _columns_of(one["table"])
        wrong = next((column for column in columns.values() if column not in known), None)
        if wrong is not None:
            raise InputError(
                f"Table {one['table']} has no column {wrong!r}.",
                where=str(path),
                fix=f"Columns: {', '.join(sorted(known))}.",
            )
        made.append(
            Columns(
                one["file"],
                one.get("sheet", ""),
                one["table"],
                columns,
                dict(one.get("units", {})),
                **{name: one[name] for name in ("dates", "decimal") if name in one},
            )
        )
    if not made:
        raise InputError(
            "The mapping names no table.", where=str(path), fix="Let the import write a new one."
        )
    return made


def _is_mapping(one: object) -> bool:
    """Whether the entries of a `[[table]]` are of the kinds that `write` writes."""
    if not isinstance(one, dict) or not {"file", "table"} <= set(one):
        return False
    columns, units = one.get("columns", {}), one.get("units", {})
    if not isinstance(columns, dict) or not isinstance(units, dict):
        return False
    texts = [
        one["file"],
        one["table"],
        *columns.values(),
        *(one.get(name, "") for name in ("sheet", "dates", "decimal")),
    ]
    return all(isinstance(text, str) for text in texts) and all(
        type(unit) in (int, float) and 0 < unit < 1e18 for unit in units.values()
    )


def kind_of(table: str, column: str) -> str:
    """The kind of a column of the toolkit: id, text, code, number, money, integer, date, time or flag."""
    described = schemas.CONSTRUCTION.get(table)
    if described and column in described.names:
        return described[column].kind
    return "code" if codes_of(table, column) else "text"


def codes_of(table: str, column: str) -> Sequence[str]:
    """The codes that a column may hold; none where it may hold anything."""
    described = schemas.CONSTRUCTION.get(table)
    if described and column in described.names:
        return described[column].allowed
    return sorted(_STATES.get(table, ())) if column == "status" else ()


def _in_percent(table: str, column: str) -> bool:
    described = schemas.CONSTRUCTION.get(table)
    return bool(described and column in described.names and described[column].unit == "%")


def has_column(table: str, column: str) -> bool:
    """Whether a table has a column of that name."""
    return column in _columns_of(table)


_EXTRA = {
    "tenders": {"buyer_id", "procuring_entity_id", "currency", "status"}, "bids": {"currency"}, "contracts": {"currency", "status"},
    "payments": {"currency"}, "claims": {"currency"}, "projects": {"currency"},
}  # fmt: skip
# What becomes of a tender in OCDS, and of a contract in OCDS and OC4IDS: indicators leave out what was cancelled.
_STATES = {"tenders": checks.TENDERS, "contracts": checks.CONTRACTS | {"pre-award", "closed"}}
# Where a table has no column of that name, the heading means this one.
_TWINS = {"public_authority": "buyer_id", "value_amount": "amount", "amount": "value_amount", "supplier_name": "supplier_id", "tenderer_name": "tenderer_id",
          "budget_amount": "cost_estimate"}  # fmt: skip


def _columns_of(table: str) -> set[str]:
    described = schemas.CONSTRUCTION.get(table)
    return {*(described.names if described else ()), *_EXTRA.get(table, ())}


def key_of(table: str) -> str:
    """The column that numbers the rows of a table; "" where it takes several."""
    key = schemas.CONSTRUCTION[table].key
    return key[0] if len(key) == 1 else ""


_AGREED = frozenset(("value_amount", "cost_estimate", "budget_amount", "period_start", "period_end"))
# What stands in brackets behind the name of another amount or day than that which was agreed.
_LATER = re.compile(
    r"\b(revis|final|actual|real|paid|amend|updat|current|latest|forecast|actualiz|modific|vigente|pagad|pague|pago|paye|reel|atualiz|execut|ejecut)|변경|최종|실제|지급"
)


def _more(heading: str) -> str:
    """What a heading says in brackets that is no unit, no currency and no form of a day."""
    found = " ".join(re.findall(r"[(\[（](.*?)[)\]）]", heading))
    bare = notation.plain(notation.without_units(found))
    words = re.findall(r"[^\W\d_]{2,}", bare)
    return " ".join(
        one
        for one in words
        if not notation.currency_of(one.upper()) and not re.fullmatch(r"([dmyajhs])\1+|단위|원", one)
    )


def _plain(text: str) -> str:
    text = re.sub(r"\(.*?\)|\[.*?\]", " ", notation.plain(text))
    return " ".join(re.sub(r"[^\w]+", " ", text.replace("_", " ")).split())


_BY_NAME = {
    **{_plain(column): column for table in schemas.CONSTRUCTION for column in _columns_of(table)},
    **{_plain(name): column for column, names in NAMES.items() for name in names.split("|")},
}


# A heading has them or not: fecha de firma, fecha de la firma.
_SMALL = frozenset(("the", "of", "for", "in", "de", "del", "la", "las", "los", "el", "du", "des", "le", "les", "d", "l", "da", "do", "dos", "das"))  # fmt: skip


def _large(text: str) -> str:
    return " ".join(word for word in text.split() if word not in _SMALL)


_BY_LARGE_WORDS = {_large(name): column for name, column in _BY_NAME.items() if _large(name)}


def named_column(heading: str) -> str | None:
    """The column of the toolkit that a heading names."""
    plain = _plain(heading)
    if plain in _BY_NAME:
        return _BY_NAME[plain]
    words = _large(" ".join(word for word in plain.split() if not notation.currency_of(word.upper())))
    known = _BY_NAME.get(words) or _BY_LARGE_WORDS.get(words) or _BY_NAME.get(words.replace(" ", ""))
    bare = notation.without_units(heading)
    return known or (named_column(bare) if _plain(bare) != plain else None)


# What says nothing of a kind of table: a row with an id and a day is not yet a bid.
_SLIGHT = {"date", "status", "type", "currency", "period", *map(key_of, schemas.CONSTRUCTION)}


def _refuse_flattened(file: str, sheet: str, headings: Sequence[str]) -> None:
    """Refuse OCDS or OC4IDS that was flattened into tables: one table of many, whose rows are of no table here by themselves."""
    known = [path for path in (re.split("[/.]", heading) for heading in headings) if fields.is_path(path)]
    if known and ({"ocid", "id", "_link"} & set(headings) or len(known) > 1):
        raise InputError(
            f"This is OCDS or OC4IDS that was flattened into tables ({'/'.join(known[0])}), and one of several tables that belong together.",
            where=f"{file}{', sheet ' + sheet if sheet else ''}",
            fix="Download or export the same data as JSON, and bring that in.",
        )


def _table(file: str, sheet: str, columns: set[str]) -> str:
    names = [_plain(Path(file.removesuffix(".gz")).stem), _plain(sheet)]
    for name in schemas.CONSTRUCTION:
        if _plain(name) in names:
            return name
    scores = {name: len(columns & _columns_of(name)) + 0.5 * (key_of(name) in columns) for name in _OFFERED}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < 2 or not columns & _columns_of(best) - _SLIGHT:
        raise InputError(
            "No table of the toolkit fits these headings.", where=f"{file}{', sheet ' + sheet if sheet else ''}",
            fix=f"Name the file after the table that it is ({', '.join(_OFFERED)}), or give a mapping.",
        )  # fmt: skip
    return best


_OFFERED = (
    "projects",
    "contracts",
    "tenders",
    "bids",
    "modifications",
    "payments",
    "claims",
    "progress",
    "subcontracts",
    "disclosures",
)


def _quoted(text: object) -> str:
    return (
        '"'
        + str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        + '"'
    )
