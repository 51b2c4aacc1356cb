"""Play tables through the registry: every row goes the way that a person's record would go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from cleanworks.construction.registry import shapes
from cleanworks.construction.registry.core import ORIGIN, Registry, Step
from cleanworks.construction.registry.permissions import User, line
from cleanworks.errors import InputError

# Parents before children. The date that each step is written under; a step without a date carries that of the step before, and an
# entry without one the first date that its table must have: with the day of today the same tables would give two journals.
ORDER: dict[str, dict[str, str]] = {
    "projects": {"enter": "budget_approval_date"},
    "tenders": {"enter": "date_published"},
    "bids": {"enter": "date"},
    "contracts": {"enter": "date_signed"},
    "schedules": {"enter": "date"},
    "modifications": {"enter": "date"},
    "subcontracts": {"enter": "date_signed"},
    "reports": {"enter": "submitted_at", "check": "checked_at", "approve": "approved_at"},
    "progress": {"enter": "period"},
    "claims": {"enter": "date_claimed", "check": "date_inspected", "release": "date_paid"},
    "payments": {"enter": "date_received", "release": "date_paid"},
    "workers": {"enter": "date_start"},
    "attendance": {"enter": "date"},
    "wages": {"enter": "month", "release": "date_paid"},
    "retirement_days": {"enter": "date_reported"},
    "disclosures": {"enter": "date_event", "answer": "date_published"},
    "questions": {"enter": "date_asked", "answer": "date_answered"},
    "complaints": {"enter": "date", "answer": "date_settled"},
}
# A step whose field is empty has not happened yet; the way ends there.
_OPEN_ENDS = {
    "reports": ("check", "approve"),
    "claims": ("release",),
    "payments": ("release",),
    "wages": ("release",),
    "disclosures": ("answer",),
    "questions": ("answer",),
    "complaints": ("answer",),
}


def play(
    tables: Mapping[str, pd.DataFrame], place: str | Path | Registry = ":memory:", *, simulated: bool = True
) -> Registry:
    """Enter, check, approve and pay everything that tables hold, in one transaction.

    Parameters
    ----------
    tables : dict of DataFrame
        By name, as the simulated city makes them; tables that the registry does not keep (such as ``planted``) are left out.
        The monthly planned progress becomes each contract's schedule.
    place : path, address or an empty Registry.
    simulated : bool
        Whether the tables are of a simulated city, as they usually are here. The first journal line says so, and a public
        page made from the registry repeats it. Give False for records of real works.

    Returns
    -------
    Registry
        Its journal is in the order of the tables; each line carries the date of the event. The tables name no supervisors
        and clerks, so the model signs with one of each per contract.

    Raises
    ------
    InputError
        A wrong table (see `shapes.check_table`), a row that refers to nothing, a step that a rule forbids, or a registry
        that is not empty. Nothing is imported then.
    """
    kept = {name: tables[name] for name in ORDER if name in tables}
    if "projects" not in kept:
        raise InputError("Table projects is missing.", where="play", fix="Everything else refers to it.")
    kept["schedules"] = _schedules(kept)
    for name, frame in kept.items():
        shapes.check_table(frame, name)
    shapes.check_links(kept)
    registry = place if isinstance(place, Registry) else Registry(place)
    if registry.head()[0]:
        raise InputError(
            "The registry is not empty.", where=str(registry.store.place), fix="Play into a new one."
        )
    rows = (step for name in ORDER if name in kept for step in _steps(name, kept[name]))
    registry.act(chain([_origin(kept["projects"], simulated)], rows), trusted=True)
    return registry


def _origin(projects: pd.DataFrame, simulated: bool) -> Step:
    """The first line, under the date of the first project, so that the same tables give the same journal."""
    first = min(
        (str(_entered("projects", one))[:10] for one in _plain(projects).to_dict("records")), default=""
    )
    return Step(User("official-city", "official"), "declare", *ORIGIN, {"simulated": simulated}, first)


def _schedules(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One schedule for each contract: the planned progress by month."""
    contracts = tables.get("contracts", pd.DataFrame())
    planned = {}
    if "progress" in tables and {"contract_id", "period", "planned"} <= set(tables["progress"].columns):
        days = tables["progress"]["period"].astype(str).str[:10]
        for contract, rows in tables["progress"].assign(day=days).groupby("contract_id", observed=True):
            planned[contract] = dict(zip(rows["day"], rows["planned"].astype(float), strict=True))
    if "contract_id" not in contracts or "date_signed" not in contracts:
        return pd.DataFrame(columns=["contract_id", "date", "planned"])
    return pd.DataFrame(
        {
            "contract_id": contracts["contract_id"],
            "date": contracts["date_signed"],
            "planned": [planned.get(c, {}) for c in contracts["contract_id"]],
        }
    )


def _steps(name: str, frame: pd.DataFrame) -> Iterator[Step]:
    way, dates = line(name), ORDER[name]
    records = _plain(frame).to_dict("records")
    follow = [(step, role) for step, role, _ in way.steps] + ([("answer", way.answer)] if way.answer else [])
    open_ends = _OPEN_ENDS.get(name, ())
    later = {dates[step] for step in open_ends}
    users: dict[tuple[str, str | None], User] = {}

    def user(role: str, contract: str | None) -> User:
        if (role, contract) not in users:
            place = contract or "city"
            users[role, contract] = User(f"{role}-{place}", role, frozenset([contract] if contract else []))
        return users[role, contract]

    for record in records:
        contract = record.get("contract_id")
        first = {k: (None if k in later else v) for k, v in record.items()}
        at = _entered(name, record)
        yield Step(user(way.enter[0], contract), "enter", name, shapes.key_of(name, record), first, at)
        for step, role in follow:
            column = dates.get(step, "")
            day = record.get(column)
            if step in open_ends and not day:
                break
            at = day or at
            fields = {column: day} if step in open_ends else {}
            yield Step(user(role, contract), step, name, shapes.key_of(name, record), fields, at)


def _entered(name: str, record: Mapping[str, Any]) -> str:
    return record.get(ORDER[name]["enter"]) or record[shapes.SHAPES[name].dates[0]]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with dates as text and empty cells as None."""
    out = {}
    for column in frame.columns:
        values = frame[column]
        if pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%dT%H:%M:%S").str.removesuffix("T00:00:00")
        out[column] = values.astype(object).where(values.notna(), None)
    return pd.DataFrame(out, dtype=object)
