"""Answers on paper, typed into a table: CSV or XLSX, one row for each sheet of paper.

The instructor's kit holds a template for each kind of sheet. A test has the columns `code`, `when` (before or after), `form`
(A or B, as printed on the sheet) and the numbers of its questions; in a cell stands the letter of the option that was
ticked, or several letters. A survey has `code`, `survey` (evaluation or follow-up) and the numbers of its lines; in a cell stands the mark
from 1 to 5, or the words. So whoever types needs no word of English. The action plan, whose lines on paper are the team's own text, has a
column for each thing that is asked. An empty cell is a question left out.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from cleanworks.learning import tidy_code
from cleanworks.workshop.forms.form_pages import LETTERS
from cleanworks.workshop.forms.handed_in import SURVEYS, Answers, check_answers
from cleanworks.workshop.forms.items import FORMS
from cleanworks.workshop.forms.key import Key

SUFFIXES = (".csv", ".xlsx")
MOST_ROWS = 5000
PLAN = "action-plan"


def templates(key: Key) -> dict[str, str]:
    """An empty table for each kind of sheet, by the name of its file."""
    most = max(len(ids) for ids in key.forms.values())
    tests = ["code", "when", "form", *(str(number) for number in range(1, most + 1))]
    heads = {"typed-tests.csv": tests}
    for survey in SURVEYS:
        lines = key.lines(survey)
        asked = lines if survey == PLAN else [str(number) for number in range(1, len(lines) + 1)]
        heads[f"typed-{survey}.csv"] = ["code", "survey", *asked]
    return {name: ",".join(head) + "\r\n" for name, head in heads.items()}


def sheets(name: str, content: bytes, key: Key) -> Iterator[Answers | tuple[str, str]]:
    """The answers of each row, or (row, why it is left out).

    Raises
    ------
    ValueError
        With the reason why the whole file is left out, as the end of a sentence that begins with its name.
    """
    listed = [
        (number, cells)
        for number, row in enumerate(rows(name, content), 1)
        if any(cells := [cell.strip() for cell in row])
    ]
    if not listed:
        raise ValueError("is empty")
    first = listed[0][1]
    # A spreadsheet may have made 4 into 4.0.
    head = [re.sub(r"^(\d+)\.0$", r"\1", cell.casefold()) for cell in first]
    if "code" not in head or not ({"when", "form"} <= set(head) or "survey" in head):
        found = ", ".join(cell for cell in first if cell)[:100]
        raise ValueError(
            f"has the columns {found}; typed answers have `code`, `when`, `form` and the numbers of the questions, "
            "or `code`, `survey` and the numbers of the lines"
        )
    if double := next((cell for cell in head if cell and head.count(cell) > 1), None):
        raise ValueError(f"has the column {double!r} twice")
    if len(listed) > MOST_ROWS:
        raise ValueError(f"has more than {MOST_ROWS} rows")
    for number, row in listed[1:]:
        place = f"{name}, row {number}"
        try:
            if any(row[len(head) :]):
                raise ValueError("has more cells than the table has columns")
            yield _answers(place, dict(zip(head, row, strict=False)), key)
        except ValueError as error:
            yield place, str(error)


def _answers(name: str, row: dict[str, str], key: Key) -> Answers:
    code = tidy_code(row.pop("code", ""))
    if len(code) < 4:
        raise ValueError("has no proper code")
    given: dict[str, Any] = {}
    if "survey" in row:
        kind, form = _kind(row.pop("survey")), ""
        if kind not in SURVEYS:
            raise ValueError(f"is of an unknown survey ({kind[:20]!r}); there are {', '.join(SURVEYS)}")
        statements, lines = key.asked(kind), key.lines(kind)
        for id, text in row.items():
            if not id or not text:
                continue
            if id.isascii() and id.isdigit() and kind != PLAN:
                if not 1 <= int(id[:9]) <= len(lines):
                    raise ValueError(f"answers a line that the form does not have ({id[:20]!r})")
                id = lines[int(id) - 1]
            statement = statements.get(id)
            if statement is None:
                raise ValueError(f"judges something that the form does not ask ({id[:40]!r})")
            given[id] = text[:2000] if statement.kind == "words" else [_number(text)]
    else:
        kind, form = _kind(row.pop("when", "")), row.pop("form", "").upper()
        if kind not in ("before", "after"):
            raise ValueError(f"does not say `before` or `after` ({kind[:20]!r})")
        if form not in FORMS:
            raise ValueError(f"does not say which form it is ({form[:20]!r})")
        if not key.orders:
            raise ValueError(
                "cannot be read with this key, which does not know the order of options on paper"
            )
        asked, orders = key.forms[form], key.orders[form]
        for number, text in row.items():
            if not number or not text:
                continue
            if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= len(asked):
                raise ValueError(f"answers a question that its form does not have ({number[:20]!r})")
            id = asked[int(number) - 1]
            given[id] = sorted(_option(letter, orders[id], number) for letter in _letters(text))
    if kind in SURVEYS:
        check_answers(kind, form, code, given, key)
    # On a screen the code decides the form; on paper a hand does, and what was answered is what counts.
    return Answers(name, code, kind, form, given)


_KINDS = {
    "avant": "before", "après": "after", "apres": "after", "évaluation": "evaluation",
    "전": "before", "후": "after", "평가": "evaluation",
    "قبل": "before", "بعد": "after", "تقييم": "evaluation",
}  # fmt: skip
"""What people type in the languages of workshops."""


def _kind(text: str) -> str:
    told = unicodedata.normalize("NFC", text).casefold()
    return _KINDS.get(told, told)


def _letters(text: str) -> list[str]:
    return list(dict.fromkeys(letter for letter in text.casefold() if letter not in " ,;+/&"))


def _option(letter: str, order: tuple[int, ...], number: str) -> int:
    place = LETTERS.find(letter)
    if not 0 <= place < len(order):
        last = LETTERS[len(order) - 1]
        raise ValueError(f"has {letter!r} at question {number}, whose options are a to {last}")
    return order[place]


def _number(text: str) -> int:
    # A spreadsheet may have made 4 into 4.0.
    text = text.removesuffix(".0").removesuffix(",0")
    if text not in ("1", "2", "3", "4", "5"):
        raise ValueError(f"gives a mark that is not from 1 to 5 ({text[:20]!r})")
    return int(text)


_MARKS = ",;\t|؛"
"""What stands between cells, the last one in Arabic."""
_SMALL = 5_000_000


def rows(name: str, content: bytes) -> list[list[str]]:
    """The cells of a table, CSV between commas, semicolons, tabs or bars, or the one sheet of an XLSX file that is not empty.

    Raises
    ------
    ValueError
        With the reason why it cannot be read, as the end of a sentence that begins with its name.
    """
    if name.casefold().endswith(".xlsx"):
        return _of_workbook(content)
    # Excel's "Unicode text" begins with one of these marks.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text; save it as CSV UTF-8") from None
    if re.search("[\x00-\x08\x0e-\x1f]", text):
        raise ValueError("is no text, but another kind of file")
    first = text.partition("\n")[0]
    # Excel writes the mark between cells into a line of its own, which stays as an empty row.
    told = re.fullmatch(r"sep=(.)\r?", first, re.I)
    # A title above the heading has no cells, and so says nothing of what stands between them.
    parted = next((line for line in text.splitlines()[:5] if re.search(f"[{_MARKS}]", line)), "")
    mark = told[1] if told else max(_MARKS, key=parted.count)
    if told:
        text = text[len(first) :]
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise ValueError(f"is no CSV file ({error}); look for a quotation mark without its pair") from None


def _of_workbook(content: bytes) -> list[list[str]]:
    """The sheet of a workbook, as text. Formulas are not computed: what was last seen in the cell counts."""
    from openpyxl import load_workbook

    from cleanworks import archives

    try:
        with archives.opened(io.BytesIO(content), "the workbook") as zipped:
            inside = sum(one.file_size for one in zipped.infolist())
        if inside > 50_000_000:
            raise ValueError("is far larger inside than any table of answers")
        # Only a workbook that is read whole says which cells are merged and which rows are hidden.
        book = load_workbook(io.BytesIO(content), read_only=inside > _SMALL, data_only=True)
        filled = [
            sheet.title
            for sheet in book.worksheets
            if any(map(any, sheet.iter_rows(max_row=20, max_col=200, values_only=True)))
        ]
        if len(filled) > 1:
            raise ValueError(
                f"has several sheets with something in them ({', '.join(filled)[:100]}); keep the one that counts"
            )
        sheet = next((one for one in book.worksheets if one.title in filled), book.worksheets[0])
        rows = []
        merged = {} if inside > _SMALL else _whole(sheet)
        last = min(sheet.max_row or MOST_ROWS, MOST_ROWS) + 2
        for number, row in enumerate(sheet.iter_rows(max_row=last, max_col=200, values_only=True), 1):
            cells = [
                "" if cell is None else str(cell)
                for cell in (merged.get((number, at), cell) for at, cell in enumerate(row, 1))
            ]
            while cells and not cells[-1].strip():
                cells.pop()  # some programs write as many cells as there are columns
            rows.append(cells)
        book.close()
    except Exception as error:
        if type(error) is ValueError:
            raise
        # The library has no one name for what a broken workbook raises.
        raise ValueError("is not a workbook that can be read") from None
    return rows


def _whole(sheet: Any) -> dict[tuple[int, int], Any]:
    """What stands in each of the cells that were merged, by row and column. Rows that nobody sees are refused."""
    hidden = [
        number for number, row in sheet.row_dimensions.items() if row.hidden and number <= sheet.max_row
    ]
    if hidden:
        raise ValueError(
            f"has rows that are hidden, perhaps by a filter (row {min(hidden)}); show all, or delete those that do not count"
        )
    return {
        (row, column): sheet.cell(area.min_row, area.min_col).value
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, MOST_ROWS) + 1)
        for column in range(area.min_col, min(area.max_col, 200) + 1)
    }
