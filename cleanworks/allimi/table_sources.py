"""Where the tables come from: the simulated city, imported data, a folder of CSV files, an OCDS or OC4IDS file, or a registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cleanworks import city
from cleanworks.allimi import public
from cleanworks.city import reading, schemas
from cleanworks.data import folder
from cleanworks.errors import InputError
from cleanworks.profiles import Profile


@dataclass(frozen=True)
class Found:
    """Tables, the day they stand for (None: their latest), whether they are the simulated city's, and what could not be read."""

    tables: Mapping[str, pd.DataFrame]
    date: pd.Timestamp | None
    simulated: bool
    notes: tuple[str, ...] = ()


def find(
    profile: Profile, tables: Path | None = None, registry: str | None = None, date: str | None = None
) -> Found:
    """Read the tables that the request names.

    Raises
    ------
    InputError
        Two sources at once, a folder without a table, a wrong table, no registry, or a date that is none.
    """
    if tables is not None and registry is not None:
        raise InputError("Tables and a registry were given at once.", fix="Give --data or --registry.")
    day = _day(date)
    if tables is not None:
        read = from_data(tables)
        said = list(folder.notes(tables, read))
        read = _without_cancelled(read, said)
        return Found(_in_currency(read, profile, tables, said), day, False, tuple(said))
    if registry is not None:
        shown, simulated = from_registry(registry)
        return Found(shown, day, simulated)
    made = city.load(*public.TABLES, profile=profile)
    day = day if day is not None else pd.Timestamp(profile["city.reference_date"])
    return Found(dict(zip(public.TABLES, made, strict=True)), day, True)


def from_data(source: Path) -> dict[str, pd.DataFrame]:
    """The tables of an imported folder, of a folder of CSV files, or of an OCDS or OC4IDS file; only what they hold is needed."""
    if source.is_dir() and (source / "projects.csv").is_file():
        there = [name for name in public.TABLES if (source / f"{name}.csv").is_file()]
        found = {name: reading.present_csv(source / f"{name}.csv", name) for name in there}
        reading.check_links(found)
        return found
    return folder.with_projects(folder.load(source))


def _without_cancelled(tables: dict[str, pd.DataFrame], said: list[str]) -> dict[str, pd.DataFrame]:
    """Tables without contracts that were cancelled and of which nothing else is told: they are no price and no contractor of a project."""
    contracts = tables.get("contracts")
    if contracts is None or not {"status", "contract_id"} <= set(contracts):
        return tables
    used = {
        number
        for name in public.TABLES
        if name != "contracts" and "contract_id" in tables.get(name, ())
        for number in tables[name]["contract_id"].dropna()
    }
    stated = contracts["status"].astype(object).map(lambda status: str(status).strip().lower())
    gone = stated.isin(("cancelled", "canceled")) & ~contracts["contract_id"].isin(used)
    if not gone.any():
        return tables
    many = int(gone.sum())
    said.append(
        f"contracts: {many:,} {'was' if many == 1 else 'were'} cancelled, and {'is' if many == 1 else 'are'} not shown."
    )
    return {**tables, "contracts": contracts[~gone].reset_index(drop=True)}


def _in_currency(
    tables: dict[str, pd.DataFrame], profile: Profile, source: Path, said: list[str]
) -> dict[str, pd.DataFrame]:
    """Tables whose amounts are in the currency of the profile; amounts in another are left out, because a page names one currency."""
    code, met, kept = profile["currency.code"], set(), 0
    made = dict(tables)
    for name, frame in tables.items():
        if "currency" not in frame:
            continue
        other = frame["currency"].notna() & frame["currency"].ne(code)
        met |= set(frame.loc[other, "currency"])
        kept += int((frame["currency"] == code).sum())
        described = schemas.table(name).columns if name in schemas.tables() else ()
        amounts = [column.name for column in described if column.kind == "money" and column.name in frame]
        if lost := int((frame.loc[other, amounts].notna()).any(axis=1).sum()):
            others = ", ".join(sorted(set(frame.loc[other, "currency"])))
            said.append(
                f"{name}: the {'amount' if lost == 1 else 'amounts'} of {lost:,} {'row is' if lost == 1 else 'rows are'} in {others}, "
                f"and not shown: the pages are in {code}."
            )
        made[name] = frame.assign(**{column: frame[column].mask(other) for column in amounts})
    if met and not kept:
        raise InputError(
            f"The amounts are in {', '.join(sorted(met))}, and the pages would name them {code}.",
            where=str(source),
            fix="Give the profile of your country: --profile CODE; `cleanworks profile new` writes one.",
        )
    if met and "budget_amount" in made["projects"] and "currency" not in made["projects"]:
        made["projects"] = made["projects"].drop(columns="budget_amount")
    return made


def from_registry(place: str) -> tuple[dict[str, pd.DataFrame], bool]:
    """The public view of a registry, and whether the registry says that its entries are simulated."""
    from cleanworks.construction import registry

    with registry.existing(place) as book:
        if damage := book.verify():
            more = f", and {len(damage) - 1} more places" if len(damage) > 1 else ""
            raise InputError(
                f"The registry is damaged, so nothing is published from it: {damage[0].place}: {damage[0].what}{more}.",
                where=registry.without_password(place),
                fix="`cleanworks registry check` lists every place; take the last copy that it accepts.",
            )
        return registry.public_view(book), book.simulated


def _day(text: str | None) -> pd.Timestamp | None:
    if text is None:
        return None
    try:
        return pd.to_datetime(text, format="%Y-%m-%d")
    except ValueError:
        raise InputError(f"'{text}' is not a date.", where="--date", fix="Write it as YYYY-MM-DD.") from None
