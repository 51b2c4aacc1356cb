"""Read a table from a CSV file, and say in one sentence what is wrong with it.

A file either becomes a typed table or raises one :class:`~cleanworks.errors.InputError` that names the file, the row as
a spreadsheet shows it (the header is row 1), the column and the remedy.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cleanworks import scale
from cleanworks.city import schemas
from cleanworks.city.schemas import Column, Table
from cleanworks.errors import InputError

FIRST_ROW = 2  # a spreadsheet counts the header as row 1
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?")
_OTHER_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}
# Per table: a day, one that follows it, and whether a single row the other way round is a mistake.
_IN_ORDER = {
    "projects": (("period_start", "period_end", True),),
    "tenders": (("tender_start", "tender_end", True),),
    "contracts": (("period_start", "period_end", True), ("award_date", "date_signed", False)),
    "reports": (("submitted_at", "checked_at", False), ("checked_at", "approved_at", False)),
    "claims": (("date_claimed", "date_inspected", False), ("date_claimed", "date_paid", False)),
    "workers": (("date_start", "date_end", True),),
    "disclosures": (("date_event", "date_published", False),),
    "questions": (("date_asked", "date_answered", False),),
    "complaints": (("date", "date_settled", False),),
}


def read_csv(path: str | Path, name: str) -> pd.DataFrame:
    """Read, type and check one table.

    Parameters
    ----------
    path : path of a CSV file, UTF-8, separated by commas, dates as YYYY-MM-DD.
    name : the table that it should be, one of :func:`cleanworks.city.schemas.tables`.

    Returns
    -------
    pandas.DataFrame as :func:`cleanworks.city.schemas.typed` describes it.

    Raises
    ------
    InputError
        The first thing that is wrong: encoding, columns, values, keys or amounts.
    """
    path = Path(path)
    frame = from_text(_decode(path), name, where=path.name)
    check_table(frame, name, where=path.name)
    return frame


def present_csv(path: str | Path, name: str) -> pd.DataFrame:
    """Read one table of which only some columns may be there: what is there is typed and must be right, the key must be there.

    Raises
    ------
    InputError
        As `read_csv`; a column that the table does not know is refused only where its name is nearly that of a missing one.
    """
    path = Path(path)
    described = schemas.table(name)
    cells = _cells(_decode(path), path.name)
    if set(described.names) <= set(cells.columns):
        return read_csv(path, name)
    missing = [column for column in described.names if column not in cells.columns]
    unknown = [column for column in cells.columns if column not in described.names]
    meant = next(
        (
            (one, close[0])
            for one in missing
            if (close := difflib.get_close_matches(one, unknown, n=1, cutoff=0.8))
        ),
        None,
    )
    if meant or set(described.key) & set(missing):
        _check_columns(
            cells[[c for c in cells.columns if c in described.names or (meant and c == meant[1])]],
            described,
            path.name,
        )
    there = [column for column in described.columns if column.name in cells.columns]
    frame = pd.DataFrame({column.name: _values(cells, column, described, path.name) for column in there})
    _check_order(frame, described, path.name)
    return check_present({name: frame})[name]


def texts(path: str | Path) -> pd.DataFrame:
    """Every cell of a CSV file as text, the empty ones missing: for what :func:`check_present` makes of it.

    Raises
    ------
    InputError
        It cannot be read as UTF-8 text in columns.
    """
    path = Path(path)
    cells = _cells(_decode(path), path.name)
    return cells.mask(cells.eq(""), None)


def from_text(text: str, name: str, *, where: str) -> pd.DataFrame:
    """The typed table in a CSV text. Columns and single values are checked; keys and ranges are not."""
    described = schemas.table(name)
    cells = _cells(text, where)
    _check_columns(cells, described, where)
    return schemas.typed(
        name, pd.DataFrame({c.name: _values(cells, c, described, where) for c in described.columns})
    )


def check_table(frame: pd.DataFrame, name: str, *, where: str | None = None) -> None:
    """Hold one typed table against its description: empty cells, allowed values, ranges, keys, scale of amounts."""
    import pandera.pandas as pa

    described, where = schemas.table(name), where or f"table {name}"
    try:
        schemas.pandera_schema(name).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        raise _explain(errors.failure_cases, frame, described, where) from None
    _check_order(frame, described, where)
    for one, other in described.same_scale:
        scale.check_pairs(frame, one, other, where=where, first_row=FIRST_ROW)


def check_present(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Check tables that may lack columns: what is there must be right, each table alone and then together.

    Returns
    -------
    dict of DataFrame
        The described tables, amounts as numbers and dates as dates; other tables and columns as they came.

    Raises
    ------
    InputError
        The first value that is not what its column holds, a key that is there twice, a row that refers to nothing, two columns
        of dates that have changed places, amounts on two scales. One row with its dates the wrong way round is left in: it may
        be what the records say, and showing it is better than showing nothing.
    """
    ready = {}
    # Open data name their dates by the standard: what lies the wrong way round there is what the publisher says.
    named = isinstance(tables.get("tenders"), pd.DataFrame) and "ocid" in tables["tenders"]
    for name, frame in tables.items():
        if name not in schemas.tables():
            ready[name] = frame
            continue
        if not isinstance(frame, pd.DataFrame):
            raise InputError(
                f"This should be a table and is {type(frame).__name__}.",
                where=f"table {name}",
                fix="Give a DataFrame.",
            )
        described, where = schemas.table(name), f"table {name}"
        present = [column for column in described.columns if column.name in frame]
        frame = frame.assign(
            **{column.name: _present(frame[column.name], column, where) for column in present}
        )
        if described.key and set(described.key) <= set(frame) and frame.duplicated(described.key).any():
            raise _duplicated(frame, described, where)
        if not named:
            _check_order(frame, described, where, single_rows=False)
        for one, other in described.same_scale:
            if {one, other} <= set(frame):
                scale.check_pairs(frame, one, other, where=where, first_row=FIRST_ROW)
        ready[name] = frame
    check_links({name: frame for name, frame in ready.items() if name in schemas.tables()})
    return ready


def check_links(tables: Mapping[str, pd.DataFrame], *, where: str | None = None) -> None:
    """Check that every reference between the given tables is kept, and that their amounts are on one scale."""
    for name, frame in tables.items():
        for column in schemas.table(name).columns:
            if not column.refers:
                continue
            parent, _, parent_column = column.refers.partition(".")
            if parent not in tables or column.name not in frame or parent_column not in tables[parent]:
                continue
            used = frame[column.name]
            orphan = used.notna() & ~used.isin(tables[parent][parent_column])
            if orphan.any():
                row = int(np.flatnonzero(orphan)[0])
                raise InputError(
                    f"Column '{column.name}' says '{used.iloc[row]}', and table '{parent}' has no such {parent_column}"
                    f"{_more(orphan.sum())}.",
                    where=f"{where or f'table {name}'}, row {row + FIRST_ROW}",
                    fix=f"Add the missing row to '{parent}' or correct the number.",
                )
    scale.check_tables(tables, first_row=FIRST_ROW)


def check(tables: Mapping[str, pd.DataFrame]) -> None:
    """Check several tables, each alone and then together."""
    for name, frame in tables.items():
        check_table(frame, name)
    check_links(tables)


# --- the file -------------------------------------------------------------------------------------------------


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            "There is no such file.", where=str(path), fix="Check the name and the folder."
        ) from None
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}.",
            where=str(path),
            fix="Close it in other programs, or choose a file that you may read.",
        ) from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"PK\x03\x04":
        raise InputError(
            "This is not a CSV text file in UTF-8.", where=path.name, fix="Save it as 'CSV UTF-8'."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"The text is not UTF-8 (byte 0x{data[error.start]:02x}).",
            where=f"{path.name}, row {row}",
            fix="Save the file as 'CSV UTF-8' and read it again.",
        ) from None


def _cells(text: str, where: str) -> pd.DataFrame:
    """Every cell as text, under the header's names."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(
            f"The file is not valid CSV: {error}.", where=where, fix="Save it as 'CSV UTF-8'."
        ) from None
    if not rows:
        raise InputError(
            "The file is empty.",
            where=where,
            fix="Start from the table's template: cleanworks data template TABLE",
        )
    header = [cell.strip() for cell in rows[0]]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        mark = "semicolons" if ";" in header[0] else "tabs"
        raise InputError(
            f"The columns are separated by {mark}.", where=where, fix="Save the file with commas."
        )
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"Column '{twice}' occurs twice.", where=f"{where}, row 1", fix="Remove or rename one of them."
        )
    for number, row in enumerate(rows[1:], start=FIRST_ROW):
        if len(row) != len(header):
            raise InputError(
                f"This row has {len(row)} cells and the header has {len(header)}.",
                where=f"{where}, row {number}",
                fix="Put quotation marks around a text that holds a comma.",
            )
    columns = list(zip(*rows[1:], strict=True)) or [()] * len(header)
    return pd.DataFrame(
        {name: [c.strip() for c in cells] for name, cells in zip(header, columns, strict=True)}, dtype=object
    )


def _check_columns(cells: pd.DataFrame, described: Table, where: str) -> None:
    missing = [name for name in described.names if name not in cells.columns]
    extra = [name for name in cells.columns if name not in described.names]
    if missing:
        close = difflib.get_close_matches(missing[0], extra, n=1, cutoff=0.6)
        fix = (
            f"Is '{close[0]}' meant? Rename it."
            if close
            else "Add it; leave its cells empty only if it may be empty."
        )
        others = f" (and {len(missing) - 1} more: {', '.join(missing[1:4])})" if len(missing) > 1 else ""
        raise InputError(
            f"Table '{described.name}' needs a column '{missing[0]}'{others}.",
            where=f"{where}, row 1",
            fix=fix,
        )
    if extra:
        raise InputError(
            f"Table '{described.name}' has no column '{extra[0]}'.",
            where=f"{where}, row 1",
            fix="Remove it, or keep it in a file of its own.",
        )


# --- single values --------------------------------------------------------------------------------------------


def _values(cells: pd.DataFrame, column: Column, described: Table, where: str) -> pd.Series:
    raw = cells[column.name]
    empty = raw == ""
    if empty.any() and not column.null:
        row = int(np.flatnonzero(empty)[0])
        raise InputError(
            f"Column '{column.name}' is empty{_more(empty.sum())}.",
            where=f"{where}, row {row + FIRST_ROW}",
            fix=f"Fill it in: {column.meaning[0].lower()}{column.meaning[1:]}.",
        )
    filled = raw.where(~empty)
    if column.kind in ("number", "money", "integer"):
        values = pd.to_numeric(filled, errors="coerce")
        wrong = (~np.isfinite(values) & ~empty).to_numpy()
        if column.kind == "integer":
            wrong = wrong | ((values % 1 != 0) & ~empty).to_numpy()
    elif column.kind in ("date", "time"):
        _refuse_mixed_dates(raw[~empty], column, where)
        pattern = _ISO_DATE if column.kind == "date" else _ISO_TIME
        shaped = raw.map(lambda text: bool(pattern.fullmatch(text)))
        values = pd.to_datetime(filled.where(shaped), format="ISO8601", errors="coerce")
        _refuse_far(values, raw, column, where)
        wrong = (values.isna() & ~empty).to_numpy()
    elif column.kind == "flag":
        lower = raw.str.lower()
        values, wrong = lower.isin(_TRUE), (~lower.isin(_TRUE | _FALSE)).to_numpy()
    else:
        return filled.astype(object).where(~empty, None)
    if wrong.any():
        raise _unreadable(cells, column, described, int(np.flatnonzero(wrong)[0]), int(wrong.sum()), where)
    return values


def _refuse_mixed_dates(raw: pd.Series, column: Column, where: str) -> None:
    iso = raw.map(lambda text: bool(_ISO_DATE.match(text)))
    other = raw.map(lambda text: bool(_OTHER_DATE.fullmatch(text))) & ~iso
    if iso.any() and other.any():
        first_iso, first_other = iso.idxmax(), other.idxmax()
        raise InputError(
            f"Column '{column.name}' mixes date formats: '{raw[first_iso]}' in row {first_iso + FIRST_ROW} and "
            f"'{raw[first_other]}' in row {first_other + FIRST_ROW}{_more(other.sum())}.",
            where=where,
            fix="Write every date as YYYY-MM-DD; nobody can tell day from month otherwise.",
        )


def _unreadable(
    cells: pd.DataFrame, column: Column, described: Table, row: int, count: int, where: str
) -> InputError:
    """The sentence for a value that is not what its column holds, with a guess at the cause."""
    text = cells[column.name].iloc[row]
    wanted = {
        "number": "a number",
        "money": "an amount",
        "integer": "a whole number",
        "date": "a date",
        "time": "a date with time",
        "flag": "true or false",
    }[column.kind]
    place = f"{where}, row {row + FIRST_ROW}"
    swapped = _swapped_with(cells, column, described, row)
    if swapped:
        return InputError(
            f"Column '{column.name}' holds '{text}', which is not {wanted}, and column '{swapped}' holds "
            f"'{cells[swapped].iloc[row]}'. They seem to have changed places.",
            where=place,
            fix="Swap the two columns, or their names.",
        )
    fix = {
        "date": "Write dates as YYYY-MM-DD.",
        "time": "Write it as YYYY-MM-DD hh:mm:ss.",
        "flag": "Write true or false.",
    }.get(
        column.kind,
        "Write digits only, with a point for decimals: no spaces, no thousands marks, no currency.",
    )
    return InputError(
        f"Column '{column.name}' holds '{text}', which is not {wanted}{_more(count)}.", where=place, fix=fix
    )


def _swapped_with(cells: pd.DataFrame, column: Column, described: Table, row: int) -> str | None:
    """Another column whose value here fits this one, and which this one's value would fit."""
    text = cells[column.name].iloc[row]
    for other in described.columns:
        if other.name not in cells.columns:
            continue
        theirs = cells[other.name].iloc[row]
        misfit = not _fits(theirs, other) and _fits(text, other)
        if other.name != column.name and misfit and _fits(theirs, column) and theirs:
            return other.name
    return None


def _fits(text: str, column: Column) -> bool:
    if text == "":
        return column.null
    if column.allowed:
        return text in column.allowed
    if column.kind in ("number", "money", "integer"):
        return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))
    if column.kind in ("date", "time"):
        return bool(_ISO_DATE.match(text))
    if column.kind == "flag":
        return text.lower() in _TRUE | _FALSE
    return not re.fullmatch(r"-?\d+(\.\d+)?|\d{4}-\d{2}-\d{2}", text)


def _present(values: pd.Series, column: Column, where: str) -> pd.Series:
    """One column of a table that was not read from a file: its values typed, or the first that cannot be."""
    if column.kind in ("number", "money", "integer"):
        return _present_numbers(values, column, where)
    if column.kind in ("date", "time"):
        if not pd.api.types.is_datetime64_any_dtype(values):
            return _present_dates(values, column, where)
        _refuse_far(values, values, column, where)
    return values


def _present_numbers(values: pd.Series, column: Column, where: str) -> pd.Series:
    typed = values if pd.api.types.is_numeric_dtype(values) else pd.to_numeric(values, errors="coerce")
    odd = (typed.isna() & values.notna()) | np.isinf(typed.astype(float))
    _refuse(odd, values, column, where, "not a number", "Write digits only, with a point for decimals.")
    if column.low == 0 or column.kind == "money":
        _refuse(
            typed < 0, values, column, where, "negative", "Record money paid back as a row of its own kind."
        )
    elif column.low is not None:
        _refuse(
            typed < column.low, values, column, where, f"below {column.low:g}", "Are two columns swapped?"
        )
    if column.high is not None:
        _refuse(
            typed > column.high, values, column, where, f"above {column.high:g}", "Are two columns swapped?"
        )
    return typed


def _present_dates(values: pd.Series, column: Column, where: str) -> pd.Series:
    text = values.map(
        lambda day: "" if pd.isna(day) else day.isoformat() if hasattr(day, "isoformat") else str(day).strip()
    )
    shaped = text.where(text.map(lambda day: bool(_ISO_DATE.match(day))))
    typed = pd.to_datetime(shaped, format="ISO8601", errors="coerce")
    fix = "Write every date as YYYY-MM-DD; nobody can tell day from month otherwise."
    _refuse(typed.isna() & (text != ""), values, column, where, "not a date", fix)
    _refuse_far(typed, values, column, where)
    return typed


def _refuse_far(days: pd.Series, values: pd.Series, column: Column, where: str) -> None:
    """Refuse what the tables cannot hold: they count nanoseconds. 9999-12-31 is how some systems write that a day is open."""
    far = (days.dt.year < 1678) | (days.dt.year > 2261)
    _refuse(
        far, values, column, where, "not in the years 1678 to 2261", "Leave it empty where the day is open."
    )


def _refuse(wrong: pd.Series, values: pd.Series, column: Column, where: str, what: str, fix: str) -> None:
    wrong = wrong.fillna(False).to_numpy(dtype=bool)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"Column '{column.name}' holds '{values.iloc[row]}', which is {what}{_more(wrong.sum())}.",
            where=f"{where}, row {row + FIRST_ROW}",
            fix=fix,
        )


# --- whole tables ---------------------------------------------------------------------------------------------


def _explain(cases: pd.DataFrame, frame: pd.DataFrame, described: Table, where: str) -> InputError:
    """Turn pandera's list of failures into the one sentence that helps most."""
    order = {
        "column_in_dataframe": 0,
        "column_in_schema": 0,
        "not_nullable": 1,
        "kind": 2,
        "multiple_fields_uniqueness": 3,
    }
    cases = cases.assign(order=cases["check"].map(lambda name: order.get(str(name), 4))).sort_values(
        "order", kind="stable"
    )
    case = cases.iloc[0]
    name, rule = case["column"], str(case["check"])
    if rule == "column_in_dataframe":
        return InputError(
            f"Table '{described.name}' needs a column '{case['failure_case']}'.",
            where=where,
            fix="Add it, or start from the table's template: cleanworks data template TABLE",
        )
    if rule == "column_in_schema":
        return InputError(
            f"Table '{described.name}' has no column '{case['failure_case']}'.", where=where, fix="Remove it."
        )
    if rule == "multiple_fields_uniqueness":
        return _duplicated(frame, described, where)
    count = int(((cases["column"] == name) & (cases["check"] == case["check"])).sum())
    column = described[name]
    if rule == "kind":
        return InputError(
            f"Column '{name}' does not hold {_a_kind(column)}.",
            where=where,
            fix=f"Correct it: {column.meaning[0].lower()}{column.meaning[1:]}.",
        )
    row = int(case["index"])
    place, value = f"{where}, row {row + FIRST_ROW}", frame[name].iloc[row]
    if rule == "not_nullable":
        return InputError(
            f"Column '{name}' is empty{_more(count)}.", where=place, fix=f"Fill it in: {column.meaning}."
        )
    if column.allowed:
        close = difflib.get_close_matches(str(value), column.allowed, n=1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        return InputError(
            f"Column '{name}' holds '{value}', which is not allowed{_more(count)}.",
            where=place,
            fix=f"{hint}Allowed: {', '.join(column.allowed)}.",
        )
    if rule.startswith("low") or "greater_than" in rule:
        what = "negative" if column.low == 0 else f"below {column.low:g}"
        fix = (
            "Record money paid back as a row of its own kind, not as a negative amount."
            if column.kind == "money"
            else (f"It must be {column.low:g} or more.")
        )
        return InputError(
            f"Column '{name}' holds {value:,}, which is {what}{_more(count)}.", where=place, fix=fix
        )
    return InputError(
        f"Column '{name}' holds {value:,}, which is above {column.high:g}{_more(count)}.",
        where=place,
        fix=f"It must be {column.high:g} or less{' (in ' + column.unit + ')' if column.unit else ''}.",
    )


def _duplicated(frame: pd.DataFrame, described: Table, where: str) -> InputError:
    second = int(np.flatnonzero(frame.duplicated(described.key))[0])
    keys = frame[described.key]
    wanted = keys.iloc[second]
    # Two cells without a value are not equal for pandas, and a key may lack one.
    same = ((keys == wanted) | (keys.isna() & wanted.isna())).all(axis=1)
    first = int(np.flatnonzero(same)[0])
    value = ", ".join("" if pd.isna(v) else str(v) for v in wanted)
    columns = " and ".join(f"'{name}'" for name in described.key)
    return InputError(
        f"The key {columns} holds '{value}' twice, first in row {first + FIRST_ROW}"
        f"{_more(frame.duplicated(described.key).sum())}.",
        where=f"{where}, row {second + FIRST_ROW}",
        fix=f"Each row is {described.row}: remove the copy or give it its own number.",
    )


def _check_order(frame: pd.DataFrame, described: Table, where: str, *, single_rows: bool = True) -> None:
    """Two days that cannot lie the other way round, and two that may, but not in most rows."""
    for one, other, in_any_row in _IN_ORDER.get(described.name, ()):
        if one not in frame or other not in frame:
            continue
        both = (frame[one].notna() & frame[other].notna()).to_numpy()
        turned = (frame[other] < frame[one]).to_numpy() & both
        if not turned.any() or (not (in_any_row and single_rows) and turned.sum() * 2 <= both.sum()):
            continue
        row = int(np.flatnonzero(turned)[0])
        raise InputError(
            f"'{other}' ({frame[other].iloc[row]:%Y-%m-%d}) lies before '{one}' ({frame[one].iloc[row]:%Y-%m-%d}) "
            f"in {int(turned.sum()):,} of {int(both.sum()):,} rows.",
            where=f"{where}, row {row + FIRST_ROW}",
            fix="Correct the dates; if it is so in most rows, the two columns have changed places.",
        )


def _a_kind(column: Column) -> str:
    return {
        "number": "numbers",
        "money": "amounts",
        "integer": "whole numbers",
        "date": "dates without a time of day",
        "time": "dates with a time",
        "flag": "true or false",
    }.get(column.kind, "text")


def _more(count: int) -> str:
    return f" (and {int(count) - 1:,} more)" if count > 1 else ""
