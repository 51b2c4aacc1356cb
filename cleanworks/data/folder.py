"""The form in which imported data are kept: one Parquet file for each table, a dictionary of their columns, and where they came from.

A folder appears whole or not at all, and never over something that an import did not make.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cleanworks import made_folder
from cleanworks.city import own, schemas
from cleanworks.errors import InputError
from cleanworks.standards import oc4ids, ocds
from cleanworks.standards.doubts import Doubts
from cleanworks.standards.stream import open_source
from cleanworks.typed import Tables
from cleanworks.written import csv_text

TO_BRING_IN = (".csv", ".xlsx", ".zip")  # a table or an archive, of which nobody knows the columns


def load(source: str | Path) -> dict[str, pd.DataFrame]:
    """The tables of an imported folder, of a folder of CSV or Parquet files with the toolkit's names, or of one OCDS or OC4IDS file.

    Raises
    ------
    InputError
        Nothing there that can be read, with what to do.

    Examples
    --------
    >>> sorted(data.load(path))[:4]
    ['award_items', 'awards', 'bids', 'contracts']
    """
    source = Path(source)
    if source.is_file():
        if source.suffix.lower() in TO_BRING_IN:
            raise InputError(
                "A table or an archive has to be brought in first.",
                where=str(source),
                fix=f"cleanworks data import {source} --out FOLDER",
            )
        opened = open_source(source)
        return oc4ids.read(source) if opened.list_name == "projects" else ocds.read(source)
    if not source.is_dir():
        raise InputError("There is no such file or folder.", where=str(source), fix="Check the name.")
    found = {
        file.stem: own.read_parquet(file)
        for file in sorted(source.glob("*.parquet"))
        if file.stem in _names()
    }
    if not found:
        from cleanworks.city import reading

        found = {
            file.stem: reading.check_present({file.stem: reading.texts(file)})[file.stem]
            for file in sorted(source.glob("*.csv"))
            if file.stem in _names()
        }
    if not found:
        raise InputError(
            "The folder holds no table of the toolkit.", where=str(source),
            fix=f"Bring your files in: cleanworks data import {source} --out FOLDER. Tables are called {', '.join(list(schemas.CONSTRUCTION)[:4])} ...",
        )  # fmt: skip
    return found


def notes(source: str | Path, tables: Tables) -> tuple[str, ...]:
    """The notes of an import, or of the tables of a file that was read by itself: what of it could not be read."""
    said = made_folder.about(Path(source), own.MARK, own.MADE_BY).get("notes")
    if isinstance(said, list):
        return tuple(map(str, said))
    return tuple(Doubts().take(tables).notes())


def rows_of(source: str | Path) -> int:
    """The rows of a folder's Parquet files, all together; 0 for anything else."""
    import pyarrow
    import pyarrow.parquet as pq

    try:
        return sum(pq.read_metadata(file).num_rows for file in Path(source).glob("*.parquet"))
    except (OSError, ValueError, pyarrow.ArrowException):
        return 0  # whoever reads it says what is wrong


def with_projects(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables with a table of projects. Data of processes alone have none: each process then stands for a project.

    Examples
    --------
    >>> tables = data.load(data.example("paraguay-2017").file)
    >>> "projects" in tables, "projects" in data.with_projects(tables)
    (False, True)
    """
    made = dict(tables)
    if "project_id" in made.get("projects", ()) and len(made["projects"]):
        return made
    if "tender_id" not in made.get("tenders", ()):
        raise InputError(
            "There is neither a table of projects nor one of processes.",
            fix="A site needs projects, or OCDS processes.",
        )
    tenders = made["tenders"]
    projects = {"project_id": tenders["tender_id"]}
    for name, choices in (
        ("title", ("title",)),
        ("public_authority", ("buyer_name", "buyer_id", "procuring_entity_id")),
        ("budget_amount", ("cost_estimate",)),
        ("status", ()),
    ):
        there = next(
            (column for column in choices if column in tenders and tenders[column].notna().any()), None
        )
        if there:
            projects[name] = tenders[there]
    if "budget_amount" in projects and "currency" in tenders:
        projects["currency"] = tenders["currency"]
    made["projects"] = pd.DataFrame(projects)
    made["tenders"] = tenders.assign(project_id=tenders["tender_id"])
    if "tender_id" in made.get("contracts", ()):
        contracts = made["contracts"]
        made["contracts"] = contracts.assign(project_id=contracts["tender_id"])
    return made


def describe(
    new: Path,
    tables: Mapping[str, tuple[int, Mapping[str, int]]],
    sources: list[dict[str, Any]],
    notes: list[str],
) -> None:
    """Write the dictionary, the words and the mark of an import. ``tables`` is name -> (rows, column -> filled rows)."""
    headings = ("table", "column", "kind", "unit", "meaning", "rows", "filled", "share filled")
    rows = [
        (name, column, *_meaning(name, column), count, there, f"{there / count:.3f}" if count else "")
        for name, (count, filled) in tables.items()
        for column, there in filled.items()
    ]
    (new / "dictionary.csv").write_text(csv_text([headings, *rows]), encoding="utf-8-sig")
    lines = ["# Imported data", "", "| file | kind | taken | left, and why |", "|---|---|---|---|"]
    lines += [
        f"| {one['file']} | {one['kind']} | {one['taken']} | {'; '.join(one['left']) or 'nothing'} |"
        for one in sources
    ]
    lines += ["", "| table | rows | columns with values |", "|---|---|---|"]
    lines += [
        f"| {name} | {count:,} | {sum(n > 0 for n in filled.values())} of {len(filled)} |"
        for name, (count, filled) in tables.items()
    ]
    lines += [
        "",
        "`dictionary.csv` says what each column means and how often it is filled.",
        *(["", *notes] if notes else []),
    ]
    (new / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made_folder.sign(new, own.MARK, own.MADE_BY, sources=sources, notes=notes)


# Columns that only open data have; the others are described by the city's schemas.
_OPEN_DATA = {
    "ocid": "open contracting id of the process", "currency": "currency of the row's amounts, three letters",
    "buyer_id": "who buys: id, else identifier, else name", "procuring_entity_id": "who runs the procedure", "lot_id": "lot, or set of lots",
    "number_of_lots": "lots of the tender", "award_id": "award, as process/id", "status": "status in the words of the standard",
    "classification_id": "item code", "milestone_id": "milestone", "type": "kind", "date_met": "day on which it was met",
    "date_due": "day on which it is due", "supplier_id": "who was awarded", "supplier_name": "its name", "amount": "amount", "date": "day",
    "description": "in the publisher's words", "tender_id": "process", "contract_id": "contract, as process/id",
}  # fmt: skip


def _meaning(name: str, column: str) -> tuple[str, str, str]:
    described = schemas.CONSTRUCTION.get(name)
    if described and column in described.names:
        known = described[column]
        return known.kind, known.unit, known.meaning
    if column.endswith("_offset"):
        return (
            "number",
            "minutes",
            f"offset of {column.removesuffix('_offset')} from UTC: the instant is the clock less the offset",
        )
    return ("date" if column.startswith("date") else "text"), "", _OPEN_DATA.get(column, "")


def _names() -> set[str]:
    return {*schemas.CONSTRUCTION, "awards", "award_items", "milestones"}
