"""Indicators of tables that outgrow memory: DuckDB reads the files piece by piece and spills to the disk.

The definitions are those of `cleanworks.construction.flags`; here is only what an engine must do for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd

from cleanworks import moments, scratch
from cleanworks.city import own
from cleanworks.construction import flags
from cleanworks.construction.flags import _core
from cleanworks.construction.flags._processes import Frame, How, days_between
from cleanworks.errors import InputError


class Lazy:
    """What engines share that compute no row before it is asked for."""

    def frame(self, table: Any) -> Frame:
        return nw.from_native(table)

    def numbers_of(self, frame: Frame, column: str, values: Frame, name: str) -> Frame:
        """The frame with ``name`` in place of ``column``: the numbers of its values, 0 where a value is none of these."""
        number, text = values.columns
        values = values.select(nw.col(number).alias("_number"), nw.col(text).alias("_text"))
        frame = frame.join(values, left_on=column, right_on="_text", how="left").drop(column)
        return frame.with_columns(nw.col("_number").fill_null(0).alias(name)).drop("_number")

    def values_of(self, frame: Frame, values: Frame) -> Frame:
        """The frame with the values behind its numbers; the reverse of `numbers_of`."""
        return frame.join(values, on=values.columns[0], how="inner")

    def in_order(self, frame: Frame, name: str) -> Frame:
        """The frame as it is: of many rows only those that are brought into memory are put in order, there."""
        return frame

    def where(self, frame: Frame, key: str, others: Frame, *, there: bool) -> Frame:
        """The rows whose key is among, or is not among, those of another frame."""
        return frame.join(others, on=key, how="semi" if there else "anti")

    def filled(self, tables: Mapping[str, Any]) -> set[str]:
        """As `cleanworks.construction.flags.filled_columns`."""
        found = set()
        for name, table in tables.items():
            frame = self.frame(table)
            # Columns go by their place: any name may be one of somebody's columns.
            counts = {f"n{place}": nw.col(one).count() for place, one in enumerate(frame.columns)}
            there = self.collected(frame.select(rows=nw.len(), **counts)).iloc[0]
            empty = not there["rows"] and name in _core.MAY_BE_EMPTY
            found |= {
                f"{name}.{one}" for place, one in enumerate(frame.columns) if there[f"n{place}"] or empty
            }
        return found

    def latest(self, table: Any, columns: Sequence[str]) -> pd.DataFrame:
        """The highest values of some columns."""
        return self.collected(self.frame(table).select(nw.col(*columns).max()))

    def looked_up(self, frame: Frame, values: Frame, key: str, how: How) -> Frame:
        """The frame with what ``values``, one row a key, says of its key."""
        return frame.join(values, on=key, how=how)

    def row_by_row(self, frame: Frame) -> Frame:
        """The frame as it is: a database compares rows wherever an order is named."""
        return frame

    def collected(self, frame: Frame) -> pd.DataFrame:
        raise NotImplementedError

    def first(self, table: Any, column: str, condition: str) -> object:
        """The column's value in one row that meets a condition in SQL, or None."""
        found = self.collected(nw.from_native(table.filter(condition)).select(column).head(1))
        return found[column].iloc[0] if len(found) else None


class Database(Lazy):
    """An engine for `cleanworks.construction.flags`: intermediate tables lie in a file that is deleted at the end.

    Examples
    --------
    >>> with database(memory="1GB") as engine:
    ...     "tenders.tender_id" in engine.filled(tables_of(kept, engine))
    ...
    True
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self._kept = connection, 0

    def brought(self, table: pd.DataFrame) -> Frame:
        """A small table that was computed here, where the others are."""
        return self.keep(nw.from_native(self.connection.from_df(table)))

    def keep(self, frame: Frame) -> Frame:
        """The same rows, computed only once however often they are read."""
        self._kept += 1
        name = f"kept_{self._kept}"
        frame.to_native().create(name)
        return nw.from_native(self.connection.table(name))

    def numbered(self, frame: Frame, name: str) -> Frame:
        """The rows with a whole number each, from 1."""
        return nw.from_native(frame.to_native().project(f'row_number() OVER () AS "{name}", *'))

    def days_between(self, start: nw.Expr, end: nw.Expr) -> nw.Expr:
        return days_between(start, end)

    def collected(self, frame: Frame) -> pd.DataFrame:
        return frame.to_native().df()


@contextmanager
def database(memory: str = "4GB", threads: int | None = None) -> Iterator[Database]:
    """A database for one task.

    Parameters
    ----------
    memory : str
        What DuckDB may hold in memory; what is more goes through the disk, in the folder for temporary files.
    threads : int, optional
        By default all cores.

    Examples
    --------
    >>> with database(memory="1GB") as engine:
    ...     answers = flags.evaluate(tables_of(kept, engine), ["R018"], engine=engine)
    ...
    >>> len(answers)
    18
    """
    with scratch.folder() as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": f"{folder}/spilled",
        }
        if threads:
            config["threads"] = threads
        with duckdb.connect(f"{folder}/kept.duckdb", config=config) as connection:
            # A library does not print, and DuckDB draws a bar of progress when a query takes long. The order of rows is not read.
            connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = false")
            try:
                yield Database(connection)
            except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
                _refuse_broken_text(error)
                reason = str(error).strip().splitlines()[0]
                raise InputError(
                    f"A column holds something else than it should: {reason}.",
                    where="tables",
                    fix="Import the data again.",
                ) from None
            except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
                reason = str(error).strip().splitlines()[0]
                raise InputError(
                    f"Memory or disk space ran out: {reason}.",
                    where=str(folder),
                    fix="Free disk space, or give more memory.",
                ) from None


def tables_of(source: Path, engine: Database) -> dict[str, duckdb.DuckDBPyRelation]:
    """The Parquet files of a folder as the indicators read them: amounts as numbers, dates as instants, each id of a process once.

    Raises
    ------
    InputError
        A file that cannot be read, a column of another kind, or an id that is there twice.

    Examples
    --------
    >>> with database(memory="1GB") as engine:
    ...     sorted(tables_of(kept, engine))[:3]
    ...
    ['awards', 'bids', 'contracts']
    """
    made = {}
    read = {place.partition(".")[0] for one in flags.REGISTRY.values() for place in one.reads}
    for file in sorted(Path(source).glob("*.parquet")):
        if file.stem not in read:
            continue
        own.refuse_broken_names(file)  # DuckDB has no sentence for this
        try:
            relation = engine.connection.read_parquet(str(file))
            # A column without any value is a column of whole numbers for DuckDB, which compares it with no text.
            valueless = engine.connection.execute(
                "SELECT name FROM parquet_schema(?) WHERE logical_type ILIKE 'null%'", [str(file)]
            )
            empty = {name for (name,) in valueless.fetchall()}
            kinds = {column: str(kind) for column, kind in zip(relation.columns, relation.types, strict=True)}
            refuse_other_values(engine, file.stem, relation, kinds, empty, file)
            made[file.stem] = relation.project(", ".join(expressions(file.stem, kinds, empty)))
            key = _core.KEYS.get(file.stem)
            if key in relation.columns:
                refuse_twice(engine, made[file.stem], key, file)
        except duckdb.Error as error:
            _refuse_broken_text(error)
            reason = str(error).strip().splitlines()[0]
            raise InputError(
                f"The file cannot be read: {reason}.", where=str(file), fix="Import the data again."
            ) from None
    if "contracts" in made:
        contracts = nw.from_native(made["contracts"])
        for name in _core.IN_CURRENCY_OF_CONTRACT & set(made):
            made[name] = in_currency_of_contract(nw.from_native(made[name]), contracts).to_native()
    return made


def in_currency_of_contract(table: Frame, contracts: Frame) -> Frame:
    """The table with unknown amounts in the rows that are in another currency than their contract."""
    key = {"currency", "contract_id"}
    if not (key <= set(table.columns) and key <= set(contracts.columns)):
        return table
    contract, currency = nw.col("contract_id").cast(nw.String), nw.col("currency").cast(nw.String)
    own = contracts.select(_contract=contract, _currency=currency)
    joined = table.with_columns(_contract=contract).join(own, on="_contract", how="left")
    other = (currency != nw.col("_currency")).fill_null(False)
    return joined.select(
        nw.when(~other).then(nw.col(one)).alias(one) if one in _core.AMOUNTS else nw.col(one)
        for one in table.columns
    )


_TEXT = ("VARCHAR", "STRING")
_NUMERIC = ("TINYINT", "SMALLINT", "INT", "BIGINT", "UTINYINT", "USMALLINT", "UINT", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")  # fmt: skip
_READ = {place for one in flags.REGISTRY.values() for place in one.reads}


def tells_a_day(column: str) -> bool:
    return (column in _core.DATES or column.startswith("date_")) and not column.endswith(moments.OFFSET)


def refuse_other_values(
    engine: Lazy, name: str, table: Any, kinds: Mapping[str, str], empty: Collection[str], file: object
) -> None:
    """Name a value that `expressions` cannot read as the number or the day that an indicator needs."""
    for column, kind in kinds.items():
        if f"{name}.{column}" not in _READ or column in empty:
            continue
        text, where = kind in _TEXT, f"{file}, column {column}"
        quoted = '"' + column.replace('"', '""') + '"'
        if column in _core.NUMBERS:
            if not text and not kind.startswith(_NUMERIC):
                raise InputError("The column holds no numbers.", where=where, fix="Import the data again.")
            wrong = f"trim({quoted}) <> '' AND TRY_CAST({quoted} AS DOUBLE) IS NULL"
            value = engine.first(table, column, wrong) if text else None
            if value is not None:
                _core.refuse_no_number(value, where)
        elif tells_a_day(column):
            if kind.startswith(_NUMERIC):
                raise InputError(
                    "The column holds numbers, not dates.", where=where, fix="Import the data again."
                )
            wrong = f"trim({quoted}) <> '' AND TRY_CAST({quoted} AS TIMESTAMP) IS NULL"
            value = engine.first(table, column, wrong) if text else None
            if value is not None:
                raise InputError(
                    f"{value!r} is not a date.",
                    where=where,
                    fix="Write it as YYYY-MM-DD, and import the data again.",
                )


def expressions(name: str, kinds: Mapping[str, str], empty: Collection[str]) -> Iterator[str]:
    """How each column of a file is read: in words of SQL that DuckDB and Spark both understand.

    ``kinds`` are the columns with their types, ``empty`` those without any value.
    """
    for column, kind in kinds.items():
        quoted = '"' + column.replace('"', '""') + '"'
        dated = tells_a_day(column)
        if column in empty and column not in _core.NUMBERS:
            yield f"CAST(NULL AS {'TIMESTAMP' if dated else 'STRING'}) AS {quoted}"
        elif dated and kind in (*_TEXT, "DATE"):
            yield f"{_day(f'TRY_CAST({quoted} AS TIMESTAMP)', column)} AS {quoted}"
        elif column in _core.NUMBERS:
            # What is no number is above every number.
            value = f"TRY_CAST({quoted} AS DOUBLE)"
            yield f"CASE WHEN abs({value}) < CAST('Infinity' AS DOUBLE) THEN {value} END AS {quoted}"
        elif kind.startswith(("TIMESTAMP", "DATE")) and column + moments.OFFSET in kinds:
            if _core.by_calendar(name, column):
                yield f"{_day(quoted, column)} AS {quoted}"
            else:
                seconds = f'CAST(coalesce("{column}{moments.OFFSET}", 0) * 60 AS BIGINT)'
                yield f"{_day(quoted, column)} - {seconds} * INTERVAL '1' SECOND AS {quoted}"
        elif kind.startswith("TIMESTAMP"):
            yield f"{_day(quoted, column)} AS {quoted}"
        else:
            yield quoted


def _day(value: str, column: str) -> str:
    """A day; none where it lies so far away that it stands for "no date"."""
    first, last = f"{moments.FIRST_YEAR}-01-01", f"{moments.last_year(column) + 1}-01-01"
    return f"CASE WHEN {value} >= TIMESTAMP '{first}' AND {value} < TIMESTAMP '{last}' THEN {value} END"


def _refuse_broken_text(error: Exception) -> None:
    found = re.search(r'Invalid string encoding found in Parquet file "(.+?)":', str(error))
    if found:
        own.refuse_broken_text(Path(found[1]))


def refuse_twice(engine: Lazy, table: Any, key: str, file: object) -> None:
    frame = nw.from_native(table).filter(~nw.col(key).is_null()).group_by(key).agg(rows=nw.len())
    twice = engine.collected(frame.filter(nw.col("rows") > 1).head(1))
    if len(twice):
        _core.refuse_twice(key, twice[key].iloc[0], str(file))
