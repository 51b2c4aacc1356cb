"""Published figures: one reader for the tables of facts that ship with the course.

A folder of published figures holds one CSV file for each table, ``catalogue.csv`` with their names and titles, and
``README.md``, their dictionary. Every row is one figure with its source and a mark of confidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from cleanworks import shown
from cleanworks.errors import InputError

COLUMNS = ("series", "year", "measure", "value", "unit", "source", "mark", "note")
_TEXT = ("series", "measure", "unit", "source", "mark", "note")


@dataclass(frozen=True)
class PublishedFigures:
    """The published figures of one half of the course.

    Parameters
    ----------
    folder : Path
        Where the CSV files are.
    """

    folder: Path

    def catalogue(self) -> pd.DataFrame:
        """The tables there are: ``table`` (its name) and ``title``."""
        return pd.read_csv(self.folder / "catalogue.csv")

    def table(self, name: str) -> pd.DataFrame:
        """Read one table, one row for each figure.

        Parameters
        ----------
        name : str
            A name of :meth:`catalogue`.

        Returns
        -------
        DataFrame
            Columns ``series, year, measure, value, unit, source, mark, note``; ``year`` is a whole number or missing
            (``Int64``), ``value`` a float, the rest text, empty where there is nothing to say.

        Raises
        ------
        InputError
            When there is no such table.
        """
        shown.offer()
        return _read(self.folder, name).copy()

    def series(self, name: str, measure: str, of: str | None = None) -> pd.Series:
        """One measure of a table as a series over the years.

        Parameters
        ----------
        name, measure : str
            The table, and a value of its column ``measure``.
        of : str, optional
            A value of its column ``series``, where the table has several.

        Raises
        ------
        InputError
            When nothing is found, or when a year would appear twice.
        """
        shown.offer()
        rows = _read(self.folder, name)
        where = f"published table {name}"
        chosen = rows[rows["measure"].eq(measure) & rows["year"].notna()]
        if of is not None:
            chosen = chosen[chosen["series"].eq(of)]
        if chosen.empty:
            known = ", ".join(sorted(rows["measure"].unique()))
            raise InputError(
                f"There is no measure {measure!r} for {of or 'any series'}.",
                where=where,
                fix=f"Known measures: {known}.",
            )
        if chosen["year"].duplicated().any():
            known = ", ".join(sorted(chosen["series"].unique()))
            raise InputError(
                f"{measure!r} has several series.", where=where, fix=f"Name one with of=...: {known}."
            )
        years = chosen["year"].astype("int64")
        return pd.Series(
            chosen["value"].to_numpy(), index=pd.Index(years, name="year"), name=measure
        ).sort_index()

    def value(self, name: str, measure: str, *, of: str | None = None, year: int | None = None) -> float:
        """One figure. Raises :class:`InputError` unless exactly one row fits."""
        rows = _read(self.folder, name)
        fits = rows["measure"].eq(measure)
        if of is not None:
            fits &= rows["series"].eq(of)
        if year is not None:
            fits &= rows["year"].eq(year).fillna(False)
        found = rows.loc[fits.astype(bool), "value"]
        if len(found) != 1:
            raise InputError(
                f"{len(found)} figures fit {measure!r} (series {of!r}, year {year!r}); one was expected.",
                where=f"published table {name}",
                fix=f"Look at published.table({name!r}).",
            )
        return float(found.iloc[0])


def described(figures: Any) -> tuple[list[str], list[list[str]]]:
    """The dictionary of a folder of published figures, for a page: (headings, rows of Markdown).

    ``figures`` offers ``catalogue()`` and ``table(name)``, as :class:`PublishedFigures` and the modules made of it do.
    """
    rows = []
    for name, title in figures.catalogue()[["table", "title"]].itertuples(index=False):
        table = figures.table(name)
        years = table["year"].dropna()
        sources = sorted({key for text in table["source"] for key in re.split(r"[;,]\s*", text) if key})
        rows.append(
            [
                f"`{name}`",
                title,
                str(len(table)),
                f"{years.min()} to {years.max()}" if len(years) else "",
                ", ".join(sorted({unit for unit in table["unit"] if unit})),
                ", ".join(sorted({mark for mark in table["mark"] if mark})),
                " ".join(f"{{cite}}`{key}`" for key in sources),
            ]
        )
    return ["table", "what it holds", "figures", "years", "units", "marks", "sources"], rows


@cache
def _read(folder: Path, name: str) -> pd.DataFrame:
    known = list(pd.read_csv(folder / "catalogue.csv")["table"])
    if name not in known:
        raise InputError(f"There is no published table {name!r}.", fix=f"Known tables: {', '.join(known)}.")
    rows = pd.read_csv(
        folder / f"{name}.csv",
        dtype={**dict.fromkeys(_TEXT, str), "year": "Int64", "value": float},
        keep_default_na=False,
        na_values={"year": [""], "value": [""]},
    )
    return rows[list(COLUMNS)]
