"""What may leave the office: named tables and named columns, and no address of a person inside a text.

A list of what is shown, not of what is hidden: a column that nobody thought of stays inside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from cleanworks.city import reading, schemas
from cleanworks.errors import InputError
from cleanworks.profiles import Profile

TABLES = (
    "projects", "tenders", "bids", "contracts", "modifications", "progress", "subcontracts", "claims", "payments", "disclosures",
    "questions",
)  # fmt: skip
# The contractor's own costs are its business; the others would lead to a person's wage account.
_KEPT_BACK = {"progress": {"cost"}}
_FREE_TEXT = {"projects": ("title", "purpose"), "tenders": ("title",), "modifications": ("rationale",)}

_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# Nine digits or more with the usual marks between them: telephones, personal and account numbers. Dates and amounts are shorter.
_NUMBER = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){8,}")


def view(tables: Mapping[str, pd.DataFrame], profile: Profile) -> dict[str, pd.DataFrame]:
    """The public part of tables, each with all its public columns; a table that is not there is empty.

    The person's columns are those of the profile (``privacy.personal_columns``). Wages are shown as paid, not to whom.

    Raises
    ------
    InputError
        There is no table ``projects``, or it has no ``project_id``, or contracts or payments do not say where they belong, or a table holds what it cannot hold (see
        `cleanworks.city.reading.check_present`).
    """
    if "projects" not in tables or "project_id" not in tables["projects"]:
        raise InputError(
            "There is no table of projects with a column project_id.",
            fix="A site needs at least projects.csv.",
        )
    shown = {name: tables[name] for name in TABLES if tables.get(name) is not None}
    if "contract_id" in shown.get("progress", ()):
        # Progress of a project with no contract, or with several, is on no page, and its months are not told apart.
        shown["progress"] = shown["progress"].dropna(subset="contract_id")
    tables = reading.check_present(shown)
    for name in ("tenders", "contracts"):
        if len(tables.get(name, ())) and not set(schemas.table(name).key) <= set(tables[name]):
            raise InputError(
                f"The table has no column {schemas.table(name).key[0]}, which tells its rows apart.",
                where=f"table {name}",
                fix="Add it, or leave the table out.",
            )
    # Without it the page of a project would say that nothing was signed and nothing paid.
    for name, column in (("contracts", "project_id"), ("payments", "contract_id")):
        if len(tables.get(name, ())) and (column not in tables[name] or tables[name][column].isna().all()):
            there = "has no column" if column not in tables[name] else "holds nothing in its column"
            raise InputError(
                f"The table {there} {column}, which says where its rows belong.",
                where=f"table {name}",
                fix="Fill it in, or leave the table out.",
            )
    personal = set(profile["privacy.personal_columns"])
    return {name: _public(name, tables.get(name), personal) for name in TABLES}


def unplaced(shown: Mapping[str, pd.DataFrame]) -> frozenset[str]:
    """The tables of which some rows name no project, or no contract, or a contract that names no project."""
    contracts = shown["contracts"]
    known = contracts.loc[contracts["project_id"].notna(), "contract_id"]
    found = set()
    for name, frame in shown.items():
        if "project_id" in frame:
            lost = frame["project_id"].isna()
        elif "contract_id" in frame:
            lost = ~frame["contract_id"].isin(known)
        else:
            continue
        if lost.any():
            found.add(name)
    return frozenset(found)


def last_day(shown: Mapping[str, pd.DataFrame]) -> pd.Timestamp:
    """The latest day on which something happened: progress, a payment, a publication, a question or its answer."""
    places = (
        ("progress", "period"), ("payments", "date_paid"), ("disclosures", "date_published"), ("questions", "date_asked"),
        ("questions", "date_answered"), ("contracts", "date_signed"), ("projects", "budget_approval_date"),
    )  # fmt: skip
    days = [shown[table][column].max() for table, column in places]
    return max((day for day in days if pd.notna(day)), default=pd.Timestamp("2000-01-01"))


def clean(text: object) -> object:
    """A text without addresses and long numbers."""
    if not isinstance(text, str):
        return text
    return _NUMBER.sub("[number removed]", _MAIL.sub("[address removed]", text))


def _public(name: str, frame: pd.DataFrame | None, personal: set[str]) -> pd.DataFrame:
    described = schemas.table(name)
    columns = [c for c in described.columns if c.name not in personal | _KEPT_BACK.get(name, set())]
    frame = pd.DataFrame() if frame is None else frame
    shown = frame.reindex(columns=[c.name for c in columns])
    for column in columns:
        if column.kind in ("date", "time"):
            shown[column.name] = pd.to_datetime(shown[column.name])
        elif column.kind in ("id", "text", "code"):
            # A column of nothing is one of numbers to pandas, which joins it to no texts.
            shown[column.name] = shown[column.name].astype(object)
    for text in _FREE_TEXT.get(name, ()):
        shown[text] = shown[text].astype(object).map(clean)
    if name == "payments":
        shown["payee_id"] = shown["payee_id"].astype(object).mask(shown["payee_type"].eq("wages"))
    if name == "progress":
        shown = shown[
            shown["period"].notna()
        ]  # what names no month is neither the latest nor a point on a curve
    return shown.reset_index(drop=True)
