"""CSV files and spreadsheets: their headings and cells as texts, and as typed tables by a mapping of columns."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cleanworks import archives, moments
from cleanworks.data.mapping import Columns, kind_of
from cleanworks.errors import InputError
from cleanworks.standards.stream import refuse_bomb

LARGEST_WORKBOOK = 200_000_000  # bytes of all its parts, unpacked
MOST_CELLS = 20_000_000  # of a sheet, from its first cell to its last, the empty ones counted
LONGEST_HEADING = 1_000  # characters
FIRST_ROW = 2  # a spreadsheet counts the headings as row 1


@dataclass(frozen=True)
class Sheet:
    """One table of texts: the file it is in, the sheet's name ("" for CSV), the headings and the rows."""

    file: str
    sheet: str
    headings: list[str]
    rows: list[list[str]]

    @property
    def place(self) -> str:
        return f"{self.file}, sheet {self.sheet}" if self.sheet else self.file

    def first_values(self) -> dict[str, list[str]]:
        """The first texts under each heading, enough to tell how days and numbers are written."""
        shown = self.rows[:2000]
        return {
            heading: [row[place] for row in shown if row[place].strip()]
            for place, heading in enumerate(self.headings)
        }


def from_csv(data: bytes, name: str, encoding: str | None = None) -> Sheet:
    """A CSV file in UTF-8 (or UTF-16 with its mark, or the encoding that somebody stated), separated by commas, semicolons or tabs."""
    text = _decoded(data, name, encoding)
    first = text.split("\n", 1)[0]
    mark = max(",;\t|", key=first.count)
    try:
        rows = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise InputError(
            f"The file is not valid CSV: {error}.", where=name, fix="Save it as 'CSV UTF-8'."
        ) from None
    return _sheet(name, "", rows)


def from_workbook(path: Path, name: str) -> tuple[list[Sheet], list[str]]:
    """The visible sheets of a workbook, and what was left and why.

    Raises
    ------
    InputError
        Merged cells among the headings, a formula without a stored value, no sheet with a table.
    """
    import openpyxl
    from openpyxl.utils import get_column_letter

    with archives.opened(path, name) as archive:
        # A workbook takes fifty times the room of its text in memory.
        for part in archives.members(archive, name, largest=LARGEST_WORKBOOK, what="workbook"):
            refuse_bomb(name, part.compress_size, part.file_size)
    try:
        values = openpyxl.load_workbook(path, data_only=True)
        formulas = openpyxl.load_workbook(path, data_only=False)
    except Exception as error:  # openpyxl raises whatever the zip and XML readers raise
        raise InputError(
            f"The workbook cannot be read: {error}.",
            where=name,
            fix="Open and save it again, without a password.",
        ) from None
    made, left = [], []
    for sheet in values.worksheets:
        if sheet.sheet_state != "visible":
            left.append(f"sheet {sheet.title!r} is hidden")
            continue
        if sheet.max_row * sheet.max_column > MOST_CELLS:
            last = f"{get_column_letter(sheet.max_column)}{sheet.max_row}"
            raise InputError(
                f"The sheet reaches down to cell {last}, which is more than any table.",
                where=f"{name}, sheet {sheet.title}",
                fix="Delete the rows and columns after the table, and save it again.",
            )
        cells = [[_cell(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        start = next((place for place, row in enumerate(cells) if any(cell.strip() for cell in row)), None)
        if start is None:
            left.append(f"sheet {sheet.title!r} is empty")
            continue
        for merged in sheet.merged_cells.ranges:
            if merged.min_row <= start + 1:
                raise InputError(
                    f"The headings are in merged cells ({merged.coord}).",
                    where=f"{name}, sheet {sheet.title}",
                    fix="Write one heading over each column, in one row, and save again.",
                )
        for row in formulas[sheet.title].iter_rows():
            for cell in row:
                if (
                    isinstance(cell.value, str)
                    and cell.value.startswith("=")
                    and sheet[cell.coordinate].value is None
                ):
                    raise InputError(
                        f"The formula in {cell.coordinate} has no stored value.",
                        where=f"{name}, sheet {sheet.title}",
                        fix="Open the workbook in a spreadsheet program and save it, or paste the values.",
                    )
        rows = [row for row in cells[start:] if any(cell.strip() for cell in row)]
        made.append(_sheet(name, sheet.title, rows))
    if not made:
        raise InputError(
            "The workbook holds no table.", where=name, fix="Unhide the sheet, or save it as CSV."
        )
    return made, left


def typed(sheet: Sheet, mapping: Columns, first: int = 0) -> tuple[pd.DataFrame, list[str]]:
    """The table that a mapping makes of a sheet, and what was left and why.

    Raises
    ------
    InputError
        A heading of the mapping that the sheet lacks (a mapping for another file), a day that is not written as the mapping says, a
        number that cannot be read, an id that appears twice. Each with its row.
    """
    missing = [heading for heading in mapping.columns if heading not in sheet.headings]
    if missing:
        raise InputError(
            f"The mapping is for another file: there is no column {missing[0]!r}.",
            where=sheet.place,
            fix=f"Columns there: {', '.join(sheet.headings)}. Let the import write a new mapping.",
        )
    if not mapping.dates and any(
        kind_of(mapping.table, column) in ("date", "time") for column in mapping.columns.values()
    ):
        raise InputError(
            "The mapping does not say how days are written.",
            where=sheet.place,
            fix='Write it there, for example dates = "%d/%m/%Y".',
        )
    made: dict[str, pd.Series] = {}
    left = [
        f"column {heading!r}: no column of the toolkit is called so"
        for heading in sheet.headings
        if heading not in mapping.columns
    ]
    for heading, column in mapping.columns.items():
        place = sheet.headings.index(heading)
        texts = [row[place].strip() for row in sheet.rows]
        if kind_of(mapping.table, column) in ("date", "time"):
            made[column], offsets = _days(texts, heading, mapping, sheet)
            if offsets is not None:
                made[column + moments.OFFSET] = offsets
        else:
            made[column] = _column(texts, heading, column, mapping, sheet)
        none = [row for row in np.flatnonzero(made[column].isna()) if texts[row]]
        if none:
            cells = "1 cell is" if len(none) == 1 else f"{len(none):,} cells are"
            first_of = "" if len(none) == 1 else "first "
            left.append(
                f"column {heading!r}: {cells} read as empty ({first_of}row {none[0] + FIRST_ROW}: {texts[none[0]][:40]!r})"
            )
    key = f"{mapping.table.rstrip('s')}_id"
    table = pd.DataFrame(made, index=range(len(sheet.rows)))
    for name_column, id_column in (("supplier_name", "supplier_id"), ("tenderer_name", "tenderer_id")):
        if name_column in table and id_column not in table:
            table[id_column] = table[name_column]
    if key in table:
        twice = table[key].duplicated() & table[key].notna()
        if twice.any():
            row = int(np.flatnonzero(twice)[0])
            raise InputError(
                f"{key} {table[key].iloc[row]!r} appears twice.",
                where=f"{sheet.place}, row {row + FIRST_ROW}",
                fix="Take one of the rows away, or map another column.",
            )
    elif mapping.table in (
        "projects",
        "tenders",
        "contracts",
        "bids",
        "payments",
        "claims",
        "modifications",
        "subcontracts",
        "disclosures",
    ):
        table.insert(0, key, [f"{mapping.table.rstrip('s')}-{first + row + 1}" for row in range(len(table))])
    return table, left


def _column(texts: Sequence[str], heading: str, column: str, mapping: Columns, sheet: Sheet) -> pd.Series:
    kind = kind_of(mapping.table, column)
    if kind in ("money", "number", "integer"):
        return pd.Series(list(_numbers(texts, heading, mapping, sheet)), dtype=float) * mapping.units.get(
            heading, 1
        )
    if kind == "flag":
        words = {
            "true": True,
            "yes": True,
            "1": True,
            "si": True,
            "oui": True,
            "sim": True,
            "예": True,
            "false": False,
            "no": False,
            "0": False,
            "non": False,
        }
        return pd.Series([words.get(text.lower()) for text in texts], dtype=object)
    return pd.Series([text or None for text in texts], dtype=object)


def _days(
    texts: Sequence[str], heading: str, mapping: Columns, sheet: Sheet
) -> tuple[pd.Series, pd.Series | None]:
    """A column of clocks, and their offsets where they are not all UTC's."""
    found: list[dt.datetime | None] = []
    offsets: list[float] = []
    for row, text in enumerate(texts):
        if not text or moments.placeholder(text):
            found.append(None)
            offsets.append(np.nan)
            continue
        parsed = moments.parse(text) if mapping.dates == "%Y-%m-%d" else None
        try:
            day = parsed[0] if parsed else dt.datetime.strptime(re.split(r"[T ]", text)[0], mapping.dates)
        except ValueError:
            raise InputError(
                f"Column {heading!r} holds {text!r}, which is not written as {mapping.dates}.",
                where=f"{sheet.place}, row {row + FIRST_ROW}",
                fix="Correct the cell, or the line dates of the mapping.",
            ) from None
        found.append(day if moments.FIRST_YEAR <= day.year <= moments.LAST_YEAR else None)
        offsets.append(np.nan if not parsed or parsed[1] is None else parsed[1])
    walls, beside = np.array(found, dtype="datetime64[us]").astype("datetime64[ns]"), np.array(offsets, float)
    return pd.Series(walls), pd.Series(beside) if moments.zones_matter(walls, beside) else None


def _numbers(texts: Sequence[str], heading: str, mapping: Columns, sheet: Sheet) -> Iterator[float]:
    point = "," if mapping.decimal == "," else "."
    group = "." if point == "," else ","
    shape = re.compile(rf"-?(\d+|\d{{1,3}}([{group} '\u00a0\u202f]\d{{3}})+)([{point}]\d+)?")
    for row, text in enumerate(texts):
        bare = re.sub(r"^[A-Z]{3}\s|^[₩$€£]\s?|\s?(%|원|[A-Z]{3})$", "", text)
        if bare in ("", "-", "n/a", "N/A", "..."):
            yield np.nan
        elif shape.fullmatch(bare):
            yield float(re.sub(rf"[{group} '\u00a0\u202f]", "", bare).replace(point, "."))
        else:
            raise InputError(
                f"Column {heading!r} holds {text!r}, which is not a number.",
                where=f"{sheet.place}, row {row + FIRST_ROW}",
                fix="Correct the cell, or the line decimal of the mapping.",
            )


def _sheet(name: str, sheet: str, rows: list[list[str]]) -> Sheet:
    where = f"{name}, sheet {sheet}" if sheet else name
    if not rows:
        raise InputError("The file is empty.", where=where, fix="Export it again.")
    headings = [cell.strip().strip("\ufeff") for cell in rows[0]]
    while headings and not headings[-1]:
        headings.pop()
    long = next((heading for heading in headings if len(heading) > LONGEST_HEADING), None)
    if long:
        raise InputError(
            f"A heading has {len(long):,} characters ({long[:40]!r} ...), so this is not a row of headings.",
            where=f"{where}, row 1",
            fix="Write the headings in the first row.",
        )
    if "" in headings:
        raise InputError(
            f"Column {headings.index('') + 1} has no heading.",
            where=f"{where}, row 1",
            fix="Give it one, or take the column away.",
        )
    twice = next((heading for heading in headings if headings.count(heading) > 1), None)
    if twice:
        raise InputError(
            f"The heading {twice!r} appears twice.", where=f"{where}, row 1", fix="Rename one of them."
        )
    body = []
    for number, row in enumerate(rows[1:], start=FIRST_ROW):
        if any(cell.strip() for cell in row[len(headings) :]) or len(row) < len(headings):
            if len(row) < len(headings) and sheet:
                row = [*row, *[""] * (len(headings) - len(row))]
            else:
                raise InputError(
                    f"This row has {len(row)} cells and there are {len(headings)} headings.",
                    where=f"{where}, row {number}",
                    fix="Put quotation marks around a text that holds the separator.",
                )
        body.append(row[: len(headings)])
    return Sheet(name, sheet, headings, body)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d" if value.time() == dt.time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _decoded(data: bytes, name: str, encoding: str | None) -> str:
    if not data.strip():
        raise InputError("The file is empty.", where=name, fix="Export it again.")
    try:
        # Both take the mark away that some programs put first.
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        if encoding:
            try:
                return data.decode(encoding)
            except (UnicodeDecodeError, LookupError):
                raise InputError(
                    f"The text is neither UTF-8 nor {encoding}.",
                    where=f"{name}, row {row}",
                    fix="Save the file as 'CSV UTF-8'.",
                ) from None
        raise InputError(
            f"The text is not {error.encoding.upper()} (byte {error.start}: 0x{data[error.start]:02x}).",
            where=f"{name}, row {row}",
            fix="Save the file as 'CSV UTF-8', or state its encoding, for example --encoding cp949 or --encoding latin-1.",
        ) from None
