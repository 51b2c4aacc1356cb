"""Somebody's own tables in the place of the simulated city: a folder that `cleanworks data import` wrote.

The environment variable CLEANWORKS_OWN_DATA names the folder; `cleanworks book --data FOLDER` sets it for the lessons that the data can
carry. Under it :func:`cleanworks.city.load` gives these tables and no others: rows of two worlds never meet in one lesson.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from cleanworks import made_folder
from cleanworks.city import schemas
from cleanworks.errors import InputError
from cleanworks.literals import texts_in

VARIABLE = "CLEANWORKS_OWN_DATA"
MARK, MADE_BY = "import.json", "cleanworks data import"
"""The mark of such a folder, and what it says (`cleanworks.made_folder`)."""
_FIX = "Bring your files in: cleanworks data import FILES --out FOLDER"


def folder() -> Path | None:
    """The folder that the environment names."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def load(place: Path, name: str) -> pd.DataFrame:
    """One of the tables, with the columns that it has.

    Raises
    ------
    InputError
        The folder holds no such table, or a file that cannot be read.
    """
    if name not in filled(place):
        raise InputError(f"Your data hold no table '{name}'.", where=str(place), fix=_FIX)
    return read_parquet(place / f"{name}.parquet")


def read_parquet(file: Path) -> pd.DataFrame:
    """A table of a Parquet file, whole.

    Raises
    ------
    InputError
        The file cannot be read, or a text in it is not UTF-8, which would be noticed only where it is used.
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
        table.validate(full=True)
        return table.to_pandas(date_as_object=False)
    except Exception as error:  # pyarrow has no common base for what it raises
        refuse_broken_text(file)
        reason = str(error).strip().rstrip(".") or "it is damaged"  # some of what pyarrow raises says nothing
        raise InputError(
            f"The file cannot be read: {reason}.", where=str(file), fix="Import the data again."
        ) from None


def refuse_broken_text(file: Path) -> None:
    """Name the column and the row of the first text of a Parquet file that is not UTF-8, if there is one.

    Raises
    ------
    InputError
        There is one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_broken_names(file)
    try:
        opened = pq.ParquetFile(file)
        texts = (pa.string(), pa.large_string())
        for name in [field.name for field in opened.schema_arrow if field.type in texts]:
            before = 0
            for batch in opened.iter_batches(columns=[name]):
                for row, value in enumerate(batch.column(0).cast(pa.binary()), start=before + 1):
                    try:
                        (value.as_py() or b"").decode()
                    except UnicodeDecodeError:
                        raise InputError(
                            "The text is not UTF-8.",
                            where=f"{file}, column {name}, row {row}",
                            fix="Write the file again with texts in UTF-8.",
                        ) from None
                before += len(batch)
    except (OSError, pa.ArrowException):  # damaged, or not a Parquet file at all: whoever reads it says so
        return


def refuse_broken_names(file: Path) -> None:
    """Say of a Parquet file that the name of a column is not UTF-8, if it is so.

    Raises
    ------
    InputError
        It is so.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.ParquetFile(file).close()
    except UnicodeDecodeError:
        raise InputError(
            "The name of a column is not UTF-8.",
            where=str(file),
            fix="Write the file again with names in UTF-8.",
        ) from None
    except (OSError, pa.ArrowException):  # damaged, or not a Parquet file at all: whoever reads it says so
        return


def filled(place: Path) -> dict[str, dict[str, int]]:
    """The tables of a folder with rows: column -> rows in which it is filled, as its dictionary counts them.

    Raises
    ------
    InputError
        The folder is none that an import wrote.
    """
    try:
        with (place / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["table"], row["column"], int(row["filled"])) for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError):
        rows = []
    if not rows or not made_folder.about(place, MARK, MADE_BY):
        raise InputError("This is not a folder of imported data.", where=str(place), fix=_FIX)
    found: dict[str, dict[str, int]] = {}
    for table, column, count in rows:
        found.setdefault(table, {})[column] = count
    return found


def lacks(place: Path, tables: Sequence[str], code: Iterable[str]) -> str:
    """What a folder lacks for a notebook that loads these tables: a sentence, empty where the data may carry it.

    Parameters
    ----------
    tables : names
        What the notebook says it loads.
    code : texts
        Its cells: the columns that they name are needed, with a value in some row.
    """
    there = filled(place)
    missing = [name for name in tables if not any(there.get(name, {}).values())]
    if missing:
        labels = " Labels of what was planted are in no real data." if "planted" in missing else ""
        return f"The data hold no {_listed('table', missing)}, so you see the simulated city.{labels}"
    named: set[str] = set()
    for cell in code:
        if "city.make(" in cell:
            return "The page makes a city of its own."
        named |= texts_in(cell)
    empty = [
        f"{name}.{column.name}"
        for name in tables
        for column in schemas.table(name).columns
        if column.name in named and not there[name].get(column.name)
    ]
    return f"The data lack the {_listed('column', empty)}, so you see the simulated city." if empty else ""


def _listed(word: str, names: Sequence[str]) -> str:
    return f"{word}{'' if len(names) == 1 else 's'} {', '.join(f'`{name}`' for name in names)}"
