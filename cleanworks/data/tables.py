"""CSV files and spreadsheets: their headings and cells as texts, and as typed tables by a mapping of columns."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cleanworks import archives, moments
from cleanworks.city import schemas
from cleanworks.data import notation
from cleanworks.data.mapping import Columns, codes_of, has_column, key_of, kind_of, named_column
from cleanworks.data.notation import Exact
from cleanworks.errors import InputError
from cleanworks.standards.stream import refuse_bomb

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

LARGEST_WORKBOOK = 200_000_000  # bytes of all its parts, unpacked
MOST_CELLS = 20_000_000  # of a sheet, from its first cell to its last, the empty ones counted
LONGEST_HEADING = 1_000  # characters
MOST_TITLES = 10  # lines above the headings


@dataclass(frozen=True)
class Sheet:
    """One table of texts: the file it is in, the sheet's name ("" for CSV), the headings, the rows, and the number of each row in the file.

    ``left`` says what was left out of it already, and why; ``separator`` what stands between the cells of a CSV file; ``doubt`` that
    its letters are improbable in the encoding that was stated.
    """

    file: str
    sheet: str
    headings: list[str]
    rows: list[list[str]]
    numbers: list[int]
    left: list[str] = field(default_factory=list)
    separator: str = ""
    doubt: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}, sheet {self.sheet}" if self.sheet else self.file

    def row(self, place: int) -> str:
        """Where a row is, as a person finds it."""
        return f"{self.place}, row {self.numbers[place]}"

    def values(self) -> dict[str, dict[str, None]]:
        """The different texts under each heading, in their order."""
        return {
            heading: dict.fromkeys(row[place] for row in self.rows if row[place].strip())
            for place, heading in enumerate(self.headings)
        }


def from_csv(data: bytes, name: str, encoding: str | None = None) -> Sheet:
    """A CSV file in UTF-8 (or UTF-16 with its mark, or the encoding that somebody stated), separated by commas, semicolons or tabs."""
    text, by_request = _decoded(data, name, encoding)
    first, _, rest = text.partition("\n")
    stated = re.fullmatch(r"\s*sep=(.)\s*", first)  # a line that some programs write first
    mark = stated[1] if stated else _separator(text)
    begin, text_of_rows = (2, rest) if stated else (1, text)
    try:
        lines = csv.reader(io.StringIO(text_of_rows, newline=""), delimiter=mark)
        rows = list(enumerate(lines, start=begin))
    except csv.Error as error:
        raise InputError(
            f"The file is not valid CSV: {error}.", where=name, fix="Save it as 'CSV UTF-8'."
        ) from None
    if any("\n" in cell or "\r" in cell for _, row in rows for cell in row):
        _refuse_unclosed(text_of_rows, mark, begin, name)
    return replace(
        _sheet(name, "", rows),
        separator=mark,
        doubt=_improbable(text, encoding) if encoding and by_request else "",
    )


def _refuse_unclosed(text: str, mark: str, begin: int, name: str) -> None:
    """Refuse a quotation mark that is not closed in its cell: it makes all rows up to the next one part of a text, unseen.

    Marks that are not written twice and stay in one line, as in "Hotel "Ritz"", hide no row.
    """
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    for row in count(begin):
        before = lines.line_num
        try:
            if next(lines, None) is None:
                return
        except csv.Error as error:
            if lines.line_num == before + 1 and "end of data" not in str(error):
                continue
            raise InputError(
                "A quotation mark begins a text of several lines, and does not end it.",
                where=f"{name}, row {row}",
                fix="Close it, or write it twice where it belongs to the text.",
            ) from None


def _separator(text: str) -> str:
    """What separates cells: that which cuts the first lines into equally many, and into the most. A heading may hold another one."""
    lines = [line for line in text[: 1 << 16].splitlines()[:50] if line.strip()]
    if not lines:
        return ","  # what has no rows is refused by whoever looks for its headings

    def fits(mark: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=mark)]
        return (sum(width == widths[0] for width in widths) if widths[0] > 1 else 0), widths[0]

    try:
        return max(",;\t|", key=fits)
    except csv.Error:
        return max(",;\t|", key=lines[0].count)


def from_workbook(path: Path, name: str) -> tuple[list[Sheet], list[str]]:
    """The visible sheets of a workbook, and what was left and why.

    Raises
    ------
    InputError
        Merged cells among the headings, a formula without a stored value, no sheet with a table.
    """
    import openpyxl
    from openpyxl.utils import get_column_letter

    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            begins = file.read(1024)
        if not begins.startswith(b"PK"):
            _refuse_other(begins, name, "an .xlsx workbook")
            raise InputError(
                "This is not a workbook.",
                where=name,
                fix="Save it as .xlsx, or give a CSV file the ending .csv.",
            )
        raise InputError("The workbook is cut off or damaged.", where=name, fix="Get it again.")
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
        try:
            cells = [[_cell(cell) for cell in row] for row in sheet.iter_rows()]
        except InputError as error:
            raise InputError(error.what, where=f"{name}, sheet {sheet.title}", fix=error.fix) from None
        if not any(any(row) for row in cells):
            left.append(f"sheet {sheet.title!r} is empty")
            continue
        if all(sum(map(bool, row)) < 2 for row in cells):
            left.append(f"sheet {sheet.title!r} is no table: no row has two cells")
            continue
        start = _first_row(cells)
        said = _unmerged(sheet, cells, start, f"{name}, sheet {sheet.title}")
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
        hidden = [
            number
            for number in range(start + 2, len(cells) + 1)
            if sheet.row_dimensions[number].hidden and any(cells[number - 1])
        ]
        if hidden:
            said.append(f"{_counted(hidden, 'is', 'are')} hidden, and read like the others")
        hidden_columns = [
            column
            for place, column in enumerate(map(get_column_letter, range(1, sheet.max_column + 1)))
            if _is_hidden(sheet, column) and any(row[place] for row in cells[start:] if place < len(row))
        ]
        if hidden_columns:
            one = len(hidden_columns) == 1
            said.append(
                f"column{'' if one else 's'} {', '.join(hidden_columns)} {'is' if one else 'are'} hidden, and read like the others"
            )
        made.append(_sheet(name, sheet.title, list(enumerate(cells, start=1)), said))
    if not made:
        raise InputError(
            f"The workbook holds no table that is shown: {'; '.join(left)}.",
            where=name,
            fix="Unhide the sheet, or save it as CSV.",
        )
    return made, left


def _is_hidden(sheet: Worksheet, column: str) -> bool:
    """Whether a column is hidden; neighbours of one width are written as one."""
    from openpyxl.utils import column_index_from_string

    number = column_index_from_string(column)
    return any(
        one.hidden and one.min <= number <= one.max for one in sheet.column_dimensions.values() if one.min
    )


def typed(sheet: Sheet, mapping: Columns, first: int = 0) -> tuple[pd.DataFrame, list[str]]:
    """The table that a mapping makes of a sheet, and what was left and why.

    Raises
    ------
    InputError
        A heading of the mapping that the sheet lacks (a mapping for another file), a day that is not written as the mapping says, a
        number that cannot be read, an id that appears twice. Each with its row.
    """
    key = key_of(mapping.table)
    _need_a_fitting_mapping(sheet, mapping, key)
    sheet, left = _without_totals(sheet, mapping)
    left += [
        f"column {heading!r}: {_why_left(heading, mapping)}"
        for heading in sheet.headings
        if heading not in mapping.columns
    ]
    made: dict[str, pd.Series] = {}
    currencies: dict[str, list[str]] = {}
    ahead = _has_years_to_come(sheet, mapping)
    for heading, column in mapping.columns.items():
        place = sheet.headings.index(heading)
        texts = [row[place].strip() for row in sheet.rows]
        kind = kind_of(mapping.table, column)
        if kind in _DAYS:
            last = moments.LAST_YEAR_OF_EVENTS if ahead else moments.last_year(column)
            made[column], offsets = _days(texts, heading, mapping, sheet, last)
            if offsets is not None:
                made[column + moments.OFFSET] = offsets
        elif kind in _NUMBERS:
            values, currencies[heading] = _numbers(texts, heading, kind, mapping, sheet)
            made[column] = values * mapping.units.get(heading, 1)
        elif kind == "flag":
            made[column] = pd.Series([_FLAGS.get(notation.plain(text)) for text in texts], dtype=object)
        elif kind == "id":
            made[column] = _ids(texts, heading, sheet, own=column == key)
        else:
            made[column], unknown = _texts(texts, mapping.table, column, kind)
            left += [f"column {heading!r}: {unknown}"] if unknown else []
        left += _read_as_empty(made[column], texts, heading, kind, sheet)
        if column == key and (blank := [sheet.numbers[row] for row, text in enumerate(texts) if not text]):
            left.append(f"column {heading!r}: {_counted(blank, 'has', 'have')} no id")
    table = pd.DataFrame(made, index=range(len(sheet.rows)))
    _add_currency(table, currencies, mapping, sheet)
    if _holds(mapping, _DAYS) and "currency" in table and (table["currency"] == "ETB").any():
        left.append(
            "amounts are in ETB: days are read in the Gregorian calendar; in the Ethiopian one their years would be seven or eight later, "
            "and a day alone does not tell which it is"
        )
    left += _take_names_for_ids(table, sheet)
    if key in table:
        _refuse_twice(table, key, sheet)
    elif key:
        table.insert(0, key, [f"{key.removesuffix('_id')}-{first + row + 1}" for row in range(len(table))])
    return table, [*([sheet.doubt] if sheet.doubt else []), *sheet.left, *left]


_DAYS = ("date", "time")


def _holds(mapping: Columns, kinds: Sequence[str]) -> bool:
    """Whether a mapping has a column of one of these kinds."""
    return any(kind_of(mapping.table, column) in kinds for column in mapping.columns.values())


def _need_a_fitting_mapping(sheet: Sheet, mapping: Columns, key: str) -> None:
    missing = [heading for heading in mapping.columns if heading not in sheet.headings]
    if missing:
        raise InputError(
            f"The mapping is for another file: there is no column {missing[0]!r}.",
            where=sheet.place,
            fix=f"Columns there: {', '.join(sheet.headings)}. Let the import write a new mapping.",
        )
    if not mapping.dates and _holds(mapping, _DAYS):
        raise InputError(
            "The mapping does not say how days are written.",
            where=sheet.place,
            fix='Write it there, for example dates = "%d/%m/%Y".',
        )
    if not set(mapping.columns.values()) - {key, "currency"}:
        raise InputError(
            f"No heading here is known{', but that of the ids' if mapping.columns else ''}: {', '.join(sheet.headings[:6])}.",
            where=sheet.place,
            fix=f"State another encoding: {sheet.doubt}"
            if sheet.doubt
            else "Say in a mapping file which column is which: --mapping FILE writes one to fill in.",
        )
    if mapping.decimal not in (".", ",") and _holds(mapping, _NUMBERS):
        raise InputError(
            "The mapping does not say how numbers are written.",
            where=sheet.place,
            fix='Write it there: decimal = "," for 1.234,5 or decimal = "." for 1,234.5.',
        )


def _has_years_to_come(sheet: Sheet, mapping: Columns) -> bool:
    """Whether something has happened in a year to come: then planned ends in such years are of the same calendar."""
    events = [
        sheet.headings.index(heading)
        for heading, column in mapping.columns.items()
        if kind_of(mapping.table, column) in _DAYS and column not in moments.PLANS
    ]
    return any(map(moments.ahead, {row[place] for row in sheet.rows for place in events}))


def _texts(texts: Sequence[str], table: str, column: str, kind: str) -> tuple[pd.Series, str]:
    """Texts or codes, and what of them is unknown."""
    if column == "currency":
        texts = [text.upper() if len(text) == 3 else text for text in texts]
    values = pd.Series([None if not text or notation.failed(text) else text for text in texts], dtype=object)
    return _codes(values, table, column) if kind == "code" else (values, "")


def _read_as_empty(values: pd.Series, texts: list[str], heading: str, kind: str, sheet: Sheet) -> list[str]:
    """A sentence on the cells that hold something and could not be read; none where there are none."""
    none = [int(row) for row in np.flatnonzero(values.isna()) if texts[row]]
    if not none:
        return []
    cells = "1 cell is" if len(none) == 1 else f"{len(none):,} cells are"
    first_of = "" if len(none) == 1 else "first "
    advice = moments.other_calendar(texts[none[0]]) if kind in _DAYS else ""
    return [
        f"column {heading!r}: {cells} read as empty ({first_of}row {sheet.numbers[none[0]]}: {texts[none[0]][:40]!r})"
        + (f". {advice.rstrip('.')}" if advice else "")
    ]


def _take_names_for_ids(table: pd.DataFrame, sheet: Sheet) -> list[str]:
    """Give firms their names as ids where the file has no ids; the sentences say which names are nobody's."""
    left = []
    for name_column, id_column in (("supplier_name", "supplier_id"), ("tenderer_name", "tenderer_id")):
        if name_column in table and id_column not in table:
            named = table[name_column].map(lambda name: name is not None and not notation.nobody(name))
            table[id_column] = table[name_column].where(named, None)
            nobody = np.flatnonzero(table[name_column].notna() & ~named)
            if len(nobody):
                rows = _counted([sheet.numbers[row] for row in nobody], "names", "name")
                left.append(f"column {name_column}: {rows} nobody ({table[name_column].iloc[nobody[0]]!r})")
    return left


def _refuse_twice(table: pd.DataFrame, key: str, sheet: Sheet) -> None:
    twice = table[key].duplicated() & table[key].notna()
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        raise InputError(
            f"The {key} {table[key].iloc[row]!r} appears twice.",
            where=sheet.row(row),
            fix="Take one of the rows away, or map another column.",
        )


_NUMBERS = ("money", "number", "integer")
_FLAGS = {"true": True, "yes": True, "1": True, "si": True, "oui": True, "sim": True, "예": True,
          "false": False, "no": False, "0": False, "non": False, "nao": False, "아니오": False}  # fmt: skip


def _counted(numbers: Sequence[int], one: str, many: str) -> str:
    """Some rows by their numbers: "row 4 is", "3 rows (first row 4) are"."""
    return (
        f"row {numbers[0]} {one}"
        if len(numbers) == 1
        else f"{len(numbers):,} rows (first row {numbers[0]}) {many}"
    )


def _why_left(heading: str, mapping: Columns) -> str:
    column = named_column(heading)
    if column in mapping.columns.values():
        other = next(one for one, taken in mapping.columns.items() if taken == column)
        return f"{other!r} is read as {column} already"
    return "no column of the toolkit is called so"


def _without_totals(sheet: Sheet, mapping: Columns) -> tuple[Sheet, list[str]]:
    """A sheet without the rows that are sums of others, or a note below the table, and what was left out.

    Raises
    ------
    InputError
        A note that names a unit: the numbers would be read without it.
    """
    kinds = {
        sheet.headings.index(heading): kind_of(mapping.table, column)
        for heading, column in mapping.columns.items()
    }
    words = [place for place, kind in kinds.items() if kind not in _NUMBERS]
    kept, totals, bare, notes = list[int](), list[int](), list[int](), list[int]()
    sums = _Sums([place for place, kind in kinds.items() if kind == "money"], mapping.decimal)
    for place, row in enumerate(sheet.rows):
        said = [cell.strip() for cell in row if cell.strip() and not notation.number_like(cell)]
        # A firm may be called Total Works; beside its name stands an id or a day.
        # Spreadsheets write "River Total" below the rows of River, and that may be one.
        fewest = 1 if len(said) == 1 and notation.total(said[0].split()[-1]) else 2
        if len(said) == 1 and (notation.total(said[0], alone=len(words) < 2) or sums.equal(row, fewest)):
            totals.append(place)
            sums.begin()
        elif words and not said and not any(row[one].strip() for one in words):
            bare.append(place)
        elif len(kinds) > 2 and sum(bool(cell.strip()) for cell in row) == len(said) == 1 and " " in said[0]:
            notes.append(place)
        else:
            kept.append(place)
            sums.add(row, said)
    for place in notes:
        note = next(cell.strip() for cell in sheet.rows[place] if cell.strip())
        if notation.unit_of(note, title=True) != 1:
            raise InputError(
                f"A note names a unit ({note[:60]!r}).",
                where=sheet.row(place),
                fix="Write the unit into the heading of each column that it is for, such as 'contract value (thousand)', and take the note away.",
            )
    left = []
    for places, one, many in (
        (totals, "is a sum of others, so left out", "are sums of others, so left out"),
        (
            bare,
            "holds nothing but numbers, as a sum does, so left out",
            "hold nothing but numbers, as sums do, so left out",
        ),
        (notes, "is a note, so left out", "are notes, so left out"),
    ):
        if places:
            first = next(cell.strip()[:40] for cell in sheet.rows[places[0]] if cell.strip())
            left.append(f"{_counted([sheet.numbers[place] for place in places], one, many)} ({first!r})")
    if not left:
        return sheet, left
    return replace(
        sheet, rows=[sheet.rows[place] for place in kept], numbers=[sheet.numbers[place] for place in kept]
    ), left


class _Sums:
    """Tells whether a row is the sum of those above it, in whatever language that is said.

    ``places`` are the columns of money. A row of one text counts as a sum where each of its amounts is that of two rows or more, of all
    or of those since the last sum, which all say more than it: with an id alone, 300 may be a contract after those of 100 and 200.
    """

    def __init__(self, places: Sequence[int], decimal: str) -> None:
        self.places, self.decimal = places, decimal
        self.all, self.since = dict.fromkeys(places, 0.0), dict.fromkeys(places, 0.0)
        self.rows = self.rows_since = 0
        self.possible = bool(places)

    def add(self, row: Sequence[str], said: Sequence[str]) -> None:
        for place, amount in self._amounts(row).items():
            self.all[place] += amount
            self.since[place] += amount
        self.rows += 1
        self.rows_since += 1
        self.possible = self.possible and len(said) > 1

    def begin(self) -> None:
        """A sum stood here."""
        self.since, self.rows_since = dict.fromkeys(self.places, 0.0), 0

    def equal(self, row: Sequence[str], fewest: int) -> bool:
        if not self.possible:
            return False
        amounts = {place: amount for place, amount in self._amounts(row).items() if amount}
        return bool(amounts) and any(
            rows >= fewest
            and all(math.isclose(amount, sums[place], rel_tol=1e-9) for place, amount in amounts.items())
            for rows, sums in ((self.rows, self.all), (self.rows_since, self.since))
        )

    def _amounts(self, row: Sequence[str]) -> dict[int, float]:
        found = {}
        for place in self.places:
            bare = notation.unmarked(row[place].strip())[0]
            amount = notation.number(bare, "." if isinstance(row[place], Exact) else self.decimal)
            if amount is not None:
                found[place] = amount
        return found


def _ids(texts: Sequence[str], heading: str, sheet: Sheet, *, own: bool) -> pd.Series:
    """A column of ids; what only says that there is none ("N/A") names nobody. A table's own ids stay as they are."""
    for row, text in enumerate(texts):
        if notation.shortened(text):
            raise InputError(
                f"Column {heading!r} holds {text!r}: a spreadsheet has cut the last digits of this id off.",
                where=sheet.row(row),
                fix="Export it again with this column as text.",
            )
    return pd.Series(
        [
            None if not text or notation.failed(text) or (not own and notation.nobody(text)) else text
            for text in texts
        ],
        dtype=object,
    )


# What is cancelled was not bought: the one code that is known in the languages of the headings.
_CANCELLED = (
    "canceled",
    "cancelado",
    "cancelada",
    "anulado",
    "anulada",
    "annulé",
    "annulée",
    "annule",
    "annulee",
    "취소",
    "취소됨",
)


def _codes(values: pd.Series, table: str, column: str) -> tuple[pd.Series, str]:
    """Codes in the letters of their list, and what is in none of it."""
    allowed = codes_of(table, column)
    known = {re.sub(r"[ _-]", "", code.lower()): code for code in allowed}
    if "cancelled" in known:
        known |= dict.fromkeys(_CANCELLED, known["cancelled"])
    found = {
        text: known.get(re.sub(r"[ _-]", "", text.lower()), text)
        for text in dict.fromkeys(values)
        if text is not None
    }
    other = [text for text, code in found.items() if allowed and code not in allowed]
    said = (
        f"{', '.join(map(repr, other[:3]))}{' and others' if len(other) > 3 else ''} "
        f"{'is' if len(other) == 1 else 'are'} not among the codes that are known: {', '.join(allowed)}"
        if other
        else ""
    )
    return values.map(lambda text: found.get(text)), said


def _days(
    texts: Sequence[str], heading: str, mapping: Columns, sheet: Sheet, last_year: int
) -> tuple[pd.Series, pd.Series | None]:
    """A column of clocks, and their offsets where they are not all UTC's; a day after the last year that can be is missing."""
    found: list[dt.datetime | None] = []
    offsets: list[float] = []
    for row, text in enumerate(texts):
        if text in notation.EMPTY or notation.failed(text) or moments.placeholder(text):
            found.append(None)
            offsets.append(np.nan)
            continue
        exact = isinstance(text, Exact)
        parsed = moments.parse(text) if exact or mapping.dates == notation.ISO else None
        day = parsed[0] if parsed else None
        if day is None and not exact:
            day = notation.worded(text) or notation.day(text, mapping.dates)
        if day is None:
            number = exact and notation.number(text, ".") is not None
            raise InputError(
                f"Column {heading!r} holds "
                + (
                    f"the number {text}, not a day."
                    if number
                    else f"{text!r}, which is not written as {mapping.dates}."
                ),
                where=sheet.row(row),
                fix="Format the cells of this column as dates."
                if number
                else "Correct the cell, or the line dates of the mapping.",
            )
        found.append(day if moments.FIRST_YEAR <= day.year <= last_year else None)
        offsets.append(np.nan if not parsed or parsed[1] is None else parsed[1])
    walls, beside = np.array(found, dtype="datetime64[us]").astype("datetime64[ns]"), np.array(offsets, float)
    return pd.Series(walls), pd.Series(beside) if moments.zones_matter(walls, beside) else None


def _limits(table: str, column: str) -> tuple[float, float]:
    """What numbers of a column can be; an amount of 0 or less is for the indicators to leave aside."""
    described = schemas.CONSTRUCTION.get(table)
    if not described or column not in described.names or described[column].kind == "money":
        return -np.inf, np.inf
    low, high = described[column].low, described[column].high
    return -np.inf if low is None else low, np.inf if high is None else high


def _numbers(
    texts: Sequence[str], heading: str, kind: str, mapping: Columns, sheet: Sheet
) -> tuple[pd.Series, list[str]]:
    """A column of numbers, and the currency that stands beside each ("" where none does)."""
    numbers, marks = [], []
    column, unit = mapping.columns[heading], mapping.units.get(heading, 1)
    low, high = (limit / unit for limit in _limits(mapping.table, column))
    for row, text in enumerate(texts):
        bare, mark = notation.unmarked(text)
        if bare in notation.EMPTY or notation.failed(bare):
            number: float | None = np.nan
        else:
            number = notation.number(bare, "." if isinstance(text, Exact) else mapping.decimal)
        foreign = (mark == "%" and kind != "number") or (mark not in ("", "%") and kind != "money")
        if number is None or foreign:
            raise InputError(
                f"Column {heading!r} holds {text!r}, which is not {'a number' if number is None else 'an amount'}.",
                where=sheet.row(row),
                fix="Correct the cell, or the line decimal of the mapping.",
            )
        # An empty cell is not compared: it is no number at all.
        if number == number and (not low <= number <= high or (kind == "integer" and number % 1)):
            limits = f"from {low:g} to {high:g}" if high < np.inf else f"of {low:g} and more"
            raise InputError(
                f"Column {heading!r} holds {text!r}, and {column} is a {'whole ' if kind == 'integer' else ''}number {limits}.",
                where=sheet.row(row),
                fix="Correct the cell, or the line decimal of the mapping.",
            )
        numbers.append(number)
        marks.append(mark if mark != "%" else "")
    return pd.Series(numbers, dtype=float), marks


def _add_currency(table: pd.DataFrame, marks: dict[str, list[str]], mapping: Columns, sheet: Sheet) -> None:
    """The currency of each row, where headings or cells name it and no column does.

    Raises
    ------
    InputError
        Amounts of one row, or of a table without currencies, in several of them; or another one than the column says.
    """
    named: list[list[str]] = []
    for heading, beside in marks.items():
        if kind_of(mapping.table, mapping.columns[heading]) == "money":
            of_heading = notation.currency_of(heading)
            there = table[mapping.columns[heading]].notna()
            if of_heading or any(beside):
                named.append(
                    [(mark or of_heading) if one else "" for mark, one in zip(beside, there, strict=True)]
                )
    if not named:
        return
    stated = (
        map(notation.currency_of, table["currency"].fillna("").map(str))
        if "currency" in table
        else [""] * len(table)
    )
    found: list[str | None] = []
    for row, cells in enumerate(zip(stated, *named, strict=True)):
        codes = {cell for cell in cells if cell}
        if len(codes) > 1:
            codes -= {"$", "¥"}  # which are of many countries
        if len(codes) > 1:
            raise InputError(
                f"Amounts of one row are in several currencies: {' and '.join(sorted(codes))}.",
                where=sheet.row(row),
                fix="Leave one of the columns out in the mapping, or write all amounts in one currency.",
            )
        found.append(next(iter(codes), None))
    several = sorted({one for one in found if one is not None})
    if "currency" in table or not several:
        return
    if has_column(mapping.table, "currency"):
        table["currency"] = pd.Series(found, dtype=object)
    elif len(several) > 1:
        first = next(one for one in found if one is not None)
        row = next(place for place, one in enumerate(found) if one not in (None, first))
        raise InputError(
            f"Amounts are in several currencies: {' and '.join(several)}.",
            where=sheet.row(row),
            fix="Write all amounts of this table in one currency.",
        )


def _first_row(cells: Sequence[Sequence[str]]) -> int:
    """Where the headings are: titles of one cell may stand above them."""
    filled = [place for place, row in enumerate(cells) if any(cell.strip() for cell in row)]
    for place in filled[:MOST_TITLES]:
        if sum(bool(cell.strip()) for cell in cells[place]) > 1:
            return place
    return filled[0]


def _sheet(name: str, sheet: str, lines: Sequence[tuple[int, list[str]]], left: Iterable[str] = ()) -> Sheet:
    """The table of some rows with their numbers."""
    where = f"{name}, sheet {sheet}" if sheet else name
    filled = [(number, row) for number, row in lines if any(cell.strip() for cell in row)]
    if not filled:
        raise InputError("The file is empty.", where=where, fix="Export it again.")
    start = _first_row([row for _, row in filled])
    said = list(left)
    for number, row in filled[:start]:
        title = next(cell.strip() for cell in row if cell.strip())
        if notation.unit_of(title, title=True) != 1:
            raise InputError(
                f"A line above the headings names a unit ({title[:60]!r}).",
                where=f"{where}, row {number}",
                fix="Write the unit into the heading of each column that it is for, such as 'contract value (thousand)'.",
            )
        said.append(f"row {number} stands above the headings ({title[:40]!r})")
    top, rows = filled[start][0], [filled[start][1], *(row for _, row in filled[start + 1 :])]
    # Empty columns before the table, as in a sheet that begins in B2.
    before = next(place for place, cell in enumerate(rows[0]) if cell.strip())
    if not any(cell.strip() for row in rows for cell in row[:before]):
        rows = [row[before:] for row in rows]
    numbers = [number for number, _ in filled[start + 1 :]]
    headings = [cell.strip().strip("\ufeff") for cell in rows[0]]
    while headings and not headings[-1]:
        headings.pop()
    long = next((heading for heading in headings if len(heading) > LONGEST_HEADING), None)
    if long:
        raise InputError(
            f"A heading has {len(long):,} characters ({long[:40]!r} ...), so this is not a row of headings.",
            where=f"{where}, row {top}",
            fix="Write the headings in the first row.",
        )
    if "" in headings:
        raise InputError(
            f"Column {headings.index('') + 1} has no heading.",
            where=f"{where}, row {top}",
            fix="Give it one, or take the column away.",
        )
    twice = next((heading for heading in headings if headings.count(heading) > 1), None)
    if twice:
        raise InputError(
            f"The heading {twice!r} appears twice.", where=f"{where}, row {top}", fix="Rename one of them."
        )
    body, kept, repeated = [], list[int](), list[int]()
    for number, row in zip(numbers, rows[1:], strict=True):
        # As on top of each printed page.
        if [cell.strip() for cell in row[: len(headings)]] == headings:
            repeated.append(number)
            continue
        if any(cell.strip() for cell in row[len(headings) :]) or len(row) < len(headings):
            raise InputError(
                f"This row has {len(row)} cells and there are {len(headings)} headings.",
                where=f"{where}, row {number}",
                fix="Put quotation marks around a text that holds the separator.",
            )
        body.append(row[: len(headings)])
        kept.append(number)
    if repeated:
        said.append(f"{_counted(repeated, 'holds', 'hold')} the headings again")
    return Sheet(name, sheet, headings, body, kept, said)


def _unmerged(sheet: Worksheet, cells: list[list[str]], start: int, where: str) -> list[str]:
    """Give each row of merged cells their text, and say so.

    Raises
    ------
    InputError
        Headings in merged cells, or a number for several rows: nobody can tell whether it is of each or of all.
    """
    said = []
    for merged in sheet.merged_cells.ranges:
        if merged.max_row <= start or (merged.min_row == merged.max_row > start + 1):
            continue  # a title above the table; a note across one row
        value = sheet.cell(merged.min_row, merged.min_col).value
        if merged.min_row <= start + 1:
            raise InputError(
                f"The headings are in merged cells ({merged.coord}).",
                where=where,
                fix="Write one heading over each column, in one row, and save again.",
            )
        if isinstance(value, (int, float)):
            raise InputError(
                f"The number in the merged cells {merged.coord} stands for several rows.",
                where=where,
                fix="Take the merging away, and write into each row what is its own.",
            )
        text = cells[merged.min_row - 1][merged.min_col - 1]
        for row in range(merged.min_row, merged.max_row + 1):
            cells[row - 1][merged.min_col - 1] = text
        said.append(f"cells {merged.coord} are merged: each of their rows was given {text[:40]!r}")
    return said


_PERCENT = re.compile(r'^(?:[^"\[]|"[^"]*"|\[[^\]]*\])*%')
_MONEY = re.compile(r'\[\$([^\]\-]+)(?:-[0-9A-Fa-f]+)?\]|"\s*([A-Z]{3}|[^\w\s"]|원)\s*"|([$€£₩])')


def _cell(cell: Cell | MergedCell) -> str:
    """What a cell shows, without its rounding: 45% for 0.45 in per cent, 0012 for 12 in four digits, its currency."""
    value = cell.value
    if value is None:
        return ""
    form = cell.number_format
    if form != "General" and isinstance(value, (int, float)) and not isinstance(value, bool):
        if _PERCENT.match(form):
            return Exact(f"{value * 100:.12g}%")
        if isinstance(value, int) and re.fullmatch("0{2,}", form):
            return Exact(f"{value:0{len(form)}d}")
        words = " ".join(re.findall(r'"([^"]*)"', form))
        if words and (notation.unit_of(words, title=True) != 1 or words.strip().lower() in ("k", "m", "b")):
            # With a comma behind its digits the format divides what it shows, and the value is whole.
            if not re.search(r"[0#],+(?![0#,])", form):
                raise InputError(
                    f"The cell {cell.coordinate} shows the unit {words.strip()!r} and holds {_value(value)}.",
                    where="",
                    fix="Write the unit into the heading, such as 'contract value (million)', and take it out of the format of the cells.",
                )
        elif found := _MONEY.search(form):
            return Exact(f"{next(filter(None, found.groups())).strip()} {_value(value)}")
    text = _value(value)
    return text if isinstance(value, (str, bool)) else Exact(text)


def _value(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d" if value.time() == dt.time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


# How files begin that are called .csv, or .xlsx, and are something else.
_BEGINNINGS = (
    (b"PK\x03\x04", "a zip or a workbook that is cut off", "Get it again."),
    (b"\xd0\xcf\x11\xe0", "an old or a protected Excel workbook", "Open it and save it as .xlsx, without a password, or as 'CSV UTF-8'."),
    (b"%PDF", "a PDF", "Ask for the table itself, as CSV or XLSX."),
    (b"\x1f\x8b", "a compressed file", "Give it the ending .csv.gz."),
    (b"<", "a web page or XML", "Download the table itself, as CSV or XLSX."),
    (b"{", "JSON", "Give it the ending .json."),
)  # fmt: skip


def _refuse_other(data: bytes, name: str, wanted: str) -> None:
    """Refuse a file that is of another kind than its name says."""
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    for begins, what, fix in _BEGINNINGS:
        if start.startswith(begins):
            raise InputError(f"This is {what}, not {wanted}.", where=name, fix=fix)


# What `charset-normalizer` measures of improbable letters: right texts have at most 0.05, and most that were read wrongly above 0.2.
_MESS = 0.1
_WORDS = 2_000  # that are looked at


def _improbable(text: str, encoding: str) -> str:
    """A doubt where a text has letters that no language puts together, as one has that was read in another encoding than its own."""
    from charset_normalizer.md import mess_ratio

    found = re.finditer(r"[^\W\d_]*[^\x00-\x7f\s][^\s,;|]*", text)
    words = list(islice(dict.fromkeys(match.group().strip("\"'()") for match in found), _WORDS))
    # Zak³ad, Ib±ez: neighbours of one family differ in few letters, and where one has a letter another has a sign.
    doubtful = [word for word in words if any(map(_is_sign, "".join(_BETWEEN.findall(word))))]
    if not doubtful and mess_ratio(" ".join(words), 1.0) <= _MESS:
        return ""
    shown = " ".join((doubtful or words)[:3])[:40]
    return f"read as {encoding}, it holds letters that do not go together ({shown!r}); is that its encoding?"


_BETWEEN = re.compile(r"(?<=[^\W\d_])(?:[^\x00-\x7f\w]|[¹²³¼½¾])+(?=[^\W\d_])")


def _is_sign(letter: str) -> bool:
    """Whether what stands between two letters of a word is none of the marks that belong there, as in l’eau, D´Angelo, col·legi, N°A or a×b."""
    return letter not in "´°×" and (
        unicodedata.category(letter) in ("Sc", "Sm", "Sk", "So", "No", "Cc") or letter in "‚„†‡‰¡¿§¶"
    )


def _decoded(data: bytes, name: str, encoding: str | None) -> tuple[str, bool]:
    """The text, and whether it is in the encoding that was stated, and not in UTF-8."""
    if not data.strip():
        raise InputError("The file is empty.", where=name, fix="Export it again.")
    wide = False
    if encoding:
        try:
            "".encode(encoding)
        except (LookupError, UnicodeError):
            raise InputError(
                f"There is no encoding called {encoding!r}.",
                where="--encoding",
                fix="Try cp949, latin-1, cp1252, cp1251, big5, gb18030 or shift_jis.",
            ) from None
        wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide:
        _refuse_other(data, name, "a CSV file")
        if b"\0" in data[:1024] and not marked:
            raise InputError(
                "This is no text, so it is not a CSV file.", where=name, fix="Save the table as 'CSV UTF-8'."
            )
    try:
        # Wide letters without a mark at their beginning may be taken for UTF-8 with zeros between.
        if encoding and wide:
            return data.decode(encoding).removeprefix("\ufeff"), False
        # Both take the mark away that some programs put first.
        return data.decode("utf-16" if marked else "utf-8-sig"), False
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        if encoding:
            try:
                return data.decode(encoding), True
            except UnicodeDecodeError:
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
