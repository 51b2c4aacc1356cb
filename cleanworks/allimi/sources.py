"""Where the tables come from: the simulated city, a folder of CSV files, or a registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cleanworks import city
from cleanworks.allimi import public
from cleanworks.city import reading
from cleanworks.errors import InputError
from cleanworks.profiles import Profile


@dataclass(frozen=True)
class Found:
    """Tables, the day they stand for (None: their latest), and whether they are the simulated city's."""

    tables: Mapping[str, pd.DataFrame]
    date: pd.Timestamp | None
    simulated: bool


def find(profile: Profile, tables: Path | None = None, registry: str | None = None, date: str | None = None) -> Found:
    """Read the tables that the request names.

    Raises
    ------
    InputError
        Two sources at once, a folder without projects.csv, a wrong table, no registry, or a date that is none.
    """
    if tables is not None and registry is not None:
        raise InputError("Tables and a registry at once.", fix="Give --tables or --registry.")
    day = _day(date)
    if tables is not None:
        return Found(from_folder(tables), day, False)
    if registry is not None:
        shown, simulated = from_registry(registry)
        return Found(shown, day, simulated)
    made = city.load(*public.TABLES, profile=profile)
    day = day if day is not None else pd.Timestamp(profile["city.reference_date"])
    return Found(dict(zip(public.TABLES, made, strict=True)), day, True)


def from_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """The public tables of a folder, read and checked, each alone and then together."""
    if not folder.is_dir():
        raise InputError("There is no such folder.", where=str(folder))
    there = [name for name in public.TABLES if (folder / f"{name}.csv").is_file()]
    if "projects" not in there:
        raise InputError("The folder holds no projects.csv.", where=str(folder), fix="A site needs at least this table.")
    found = {name: reading.read_csv(folder / f"{name}.csv", name) for name in there}
    reading.check_links(found)
    return found


def from_registry(place: str) -> tuple[dict[str, pd.DataFrame], bool]:
    """The public view of a registry, and whether the registry says that its entries are simulated."""
    from cleanworks.construction import registry

    with registry.existing(place) as book:
        if damage := book.verify():
            more = f", and {len(damage) - 1} more places" if len(damage) > 1 else ""
            raise InputError(
                f"The registry is damaged, so nothing is published from it: {damage[0].place}: {damage[0].what}{more}.",
                where=registry.without_password(place),
                fix="`cleanworks registry verify` lists every place; take the last copy that it accepts.",
            )
        return registry.public_view(book), book.simulated


def _day(text: str | None) -> pd.Timestamp | None:
    if text is None:
        return None
    try:
        return pd.to_datetime(text, format="%Y-%m-%d")
    except ValueError:
        raise InputError(f"'{text}' is no date.", where="--date", fix="Write it as YYYY-MM-DD.") from None
