"""The simulated city: public works, their money and their people, with planted and labelled irregularities.

>>> from cleanworks import city
>>> payments = city.load("payments")
>>> projects, contracts = city.load("projects", "contracts")

Nothing in it describes a real project, firm or person. ``cleanworks.city.schemas`` says what each table holds,
``cleanworks.city.planted`` which irregularities there are; their rates and everything a country changes are in the
profile.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, overload

import pandas as pd

from cleanworks import profiles, shown
from cleanworks.city import assembly, own, schemas, storage
from cleanworks.errors import InputError
from cleanworks.profiles import Profile

PROJECTS = 300
SEED = 20_120_501
LARGEST = 1_000_000


def _offer() -> None:
    """Tables are shown to readers, their money as the country writes it."""
    country = profiles.active()
    shown.write_money(
        lambda amount: country.money(amount, exact=True),
        decimal_mark=country.get("currency.decimal_mark", "."),
    )
    shown.offer()


def make(
    projects: int = PROJECTS, seed: int = SEED, profile: Profile | str | None = None
) -> dict[str, pd.DataFrame]:
    """Make the tables of the works in memory.

    Parameters
    ----------
    projects : int
        How many projects. The first 300 of 100,000 are the same as those of a city of 300.
    seed : int
        The same seed, size and profile give the same tables.
    profile : Profile or str, optional
        The active profile by default. ``profiles.load("seoul").replace({"planted.ghost_worker": 0})`` turns an
        irregularity off.

    Returns
    -------
    dict of DataFrame, by table name, as ``cleanworks.city.schemas`` describes them.

    Examples
    --------
    >>> tables = city.make(projects=20, seed=7)
    >>> len(tables["projects"]), sorted(tables)[:4]
    (20, ['attendance', 'bids', 'claims', 'complaints'])
    >>> quiet = city.profiles.load("seoul").replace({"planted.ghost_worker": 0})
    >>> "ghost_worker" in set(city.make(projects=20, profile=quiet)["planted"]["kind"])
    False
    """
    _offer()
    _check_size(projects, seed)
    pieces = list(assembly.pieces(projects, seed, _profile(profile)))
    if len(pieces) == 1:
        return pieces[0]
    return {
        name: schemas.typed(name, pd.concat([p[name] for p in pieces], ignore_index=True))
        for name in pieces[0]
    }


@overload
def load(name: str, /, *, profile: Profile | str | None = None) -> pd.DataFrame: ...
@overload
def load(
    first: str, second: str, /, *more: str, profile: Profile | str | None = None
) -> tuple[pd.DataFrame, ...]: ...
def load(*names: str, profile: Profile | str | None = None) -> pd.DataFrame | tuple[pd.DataFrame, ...]:
    """One table of the city, or several as a tuple.

    Ready-made tables are read from the folder named by the environment variable CLEANWORKS_DATA if they are those of this
    profile and version; otherwise they are made. Each call returns a copy that you may change. Where CLEANWORKS_OWN_DATA names a
    folder of imported data, its tables are given instead (:mod:`cleanworks.city.own`).

    Raises
    ------
    InputError
        There is no such table, or a ready-made file is missing or was changed.

    Examples
    --------
    >>> payments = city.load("payments")
    >>> payments["payee_type"].head(2).tolist()
    ['prime', 'wages']
    >>> projects, contracts = city.load("projects", "contracts")
    >>> len(projects), bool(contracts["project_id"].isin(projects["project_id"]).all())
    (300, True)
    """
    if not names:
        raise InputError(
            "Which table?", fix=f"For example load('projects'). Tables: {', '.join(schemas.tables())}."
        )
    for name in names:
        schemas.table(name)
    if place := own.folder():
        # Each row says in which currency it is.
        shown.write_money(None)
        shown.offer()
        found = tuple(own.load(place, name) for name in names)
        return found[0] if len(found) == 1 else found
    _offer()
    chosen = _profile(profile)
    ready = storage.Ready.find(storage.folder_from_environment(), PROJECTS, SEED, chosen)
    tables = tuple(_table(name, ready, chosen).copy() for name in names)
    return tables[0] if len(tables) == 1 else tables


def write(
    folder: str | Path,
    projects: int = PROJECTS,
    seed: int = SEED,
    profile: Profile | str | None = None,
    *,
    integrity: bool = True,
) -> dict[str, Any]:
    """Write the tables to a folder as CSV files with a manifest, without ever holding the whole city in memory.

    ``integrity`` adds the tables of the integrity assessment. Returns the manifest; raises InputError if the folder
    cannot be written to.

    Examples
    --------
    >>> manifest = city.write(folder / "tables", projects=5, integrity=False)
    >>> manifest["projects"], manifest["seed"]
    (5, 20120501)
    """
    _check_size(projects, seed)
    chosen = _profile(profile)
    extra = _institutions(_key(chosen)) if integrity else None
    return storage.write(folder, projects, seed, chosen, extra=extra)


def write_compact(folder: str | Path, profile: Profile | str | None = None) -> dict[str, Any]:
    """Write the tables that :func:`load` gives to a folder, as small files of typed columns that it reads in a moment.

    They weigh a ninth of the CSV files; numpy reads them without further libraries. Returns the manifest; raises InputError
    if the folder cannot be written to.

    Examples
    --------
    >>> manifest = city.write_compact(folder / "compact")
    >>> manifest["projects"]
    300
    """
    chosen = _profile(profile)
    tables = {**_works(_key(chosen)), **_institutions(_key(chosen))}
    return storage.write_compact(folder, tables, PROJECTS, SEED, chosen)


def _profile(profile: Profile | str | None) -> Profile:
    if profile is None:
        return profiles.active()
    return profile if isinstance(profile, Profile) else profiles.load(profile)


def _check_size(projects: int, seed: int) -> None:
    if isinstance(projects, bool) or not isinstance(projects, int) or not 1 <= projects <= LARGEST:
        raise InputError(
            f"The number of projects cannot be {projects!r}.",
            fix=f"Give a whole number from 1 to {LARGEST:,}.",
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"The seed cannot be {seed!r}.", fix="Give a whole number, 0 or more.")


class _key:
    """A profile as a key of the caches below: equal when the profiles hold equal values."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._text = repr([(key, profile[key]) for key in sorted(profile)])

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _key) and self._text == other._text


def _table(name: str, ready: storage.Ready | None, profile: Profile) -> pd.DataFrame:
    if ready is not None and name in ready:
        return _read(name, ready)
    if name in schemas.CONSTRUCTION:
        return _works(_key(profile))[name]
    return _institutions(_key(profile))[name]


@functools.lru_cache(maxsize=32)
def _read(name: str, ready: storage.Ready) -> pd.DataFrame:
    return ready.read(name)


_Tables = dict[str, pd.DataFrame]
_kept: dict[_key, tuple[_Tables, _Tables]] = {}


def made() -> tuple[_Tables, _Tables] | None:
    """All tables of the active profile, for :func:`keep` in another process; None where somebody's own data take their place."""
    if own.folder():
        return None
    key = _key(profiles.active())
    return _works(key), _institutions(key)


def keep(tables: tuple[_Tables, _Tables] | None) -> None:
    """Have :func:`load` give these tables of the active profile (:func:`made`), and nothing made anew."""
    if tables is not None:
        _kept[_key(profiles.active())] = tables


@functools.lru_cache(maxsize=2)
def _works(key: _key) -> _Tables:
    return _kept[key][0] if key in _kept else make(PROJECTS, SEED, key.profile)


@functools.lru_cache(maxsize=2)
def _institutions(key: _key) -> _Tables:
    if key in _kept:
        return _kept[key][1]
    from cleanworks.city import institutions  # only lessons on integrity need it

    tables = institutions.make(profile=key.profile)
    return {name: schemas.typed(name, frame) for name, frame in tables.items()}
