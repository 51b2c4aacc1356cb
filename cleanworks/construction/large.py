"""One aggregation for tables of any size: payments and their deadlines, by project or contract.

Tables in memory are computed by pandas; files on the disk by DuckDB, which reads them piece by piece and spills to the disk, so
that a table may be larger than the memory. Both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cleanworks.construction._input import need_columns
from cleanworks.errors import InputError

_COLUMNS = {
    "contract_id": "VARCHAR",
    "amount_registered": "DOUBLE",
    "amount": "DOUBLE",
    "date_due": "DATE",
    "date_paid": "DATE",
}
_BY = ("contract_id", "project_id")

# greatest() passes over an empty value, so the rows without a payment have to be kept out by name.
_QUERY = """
SELECT {key},
       count(*) AS payments,
       sum(amount_registered) AS registered,
       coalesce(sum(amount) FILTER (date_paid IS NOT NULL), 0) AS paid,
       count(*) FILTER (date_paid > date_due) AS late,
       count(*) FILTER (date_paid IS NULL AND date_due < DATE '{date}') AS overdue,
       avg(greatest(date_paid - date_due, 0)) FILTER (date_paid - date_due IS NOT NULL) AS mean_days_late,
       max(greatest(date_paid - date_due, 0)) FILTER (date_paid - date_due IS NOT NULL) AS most_days_late
FROM {tables}
WHERE {key} IS NOT NULL
GROUP BY {key} ORDER BY {key}
"""


def payment_summary(
    source: Mapping[str, pd.DataFrame] | str | Path,
    *,
    date,
    by: str = "contract_id",
    memory: str = "2GB",
    threads: int = 2,
) -> pd.DataFrame:
    """Payments and their deadlines, added up.

    Parameters
    ----------
    source : mapping of tables, or path of a folder
        Tables ``payments`` and, by project, ``contracts``; or a folder with ``payments.csv`` or ``payments.parquet`` (also several
        files ``payments-*.parquet``) and the same for contracts. A folder is read by DuckDB.
    date : date
        The day on which an unpaid payment counts as overdue.
    by : str
        ``"contract_id"`` or ``"project_id"``.
    memory, threads
        What DuckDB may use; larger sums go through the disk.

    Returns
    -------
    DataFrame
        Indexed by ``by``, in order: ``payments`` (number), ``registered``, ``paid`` (currency units), ``late`` (paid after the due
        date), ``overdue`` (unpaid on ``date``), ``mean_days_late`` and ``most_days_late`` (days, of those paid; in time counts 0).

    Raises
    ------
    InputError
        A missing table, column or file, or a file that holds something else.
    """
    if by not in _BY:
        raise InputError(
            f"payments cannot be added up by {by!r}.", where="by", fix=f"Use {' or '.join(_BY)}."
        )
    date = pd.Timestamp(date)
    if isinstance(source, (str, Path)):
        found = _by_duckdb(Path(source), date, by, memory, threads)
    else:
        found = _by_pandas(source, date, by)
    counts, days = ["payments", "late", "overdue"], ["registered", "paid", "mean_days_late", "most_days_late"]
    return found.astype({**dict.fromkeys(counts, "int64"), **dict.fromkeys(days, "float64")})


def _by_pandas(tables, date, by):
    if "payments" not in tables or (by == "project_id" and "contracts" not in tables):
        raise InputError(
            "a table is missing.", where="tables", fix="Pass payments, and contracts to add up by project."
        )
    payments = tables["payments"]
    need_columns(payments, tuple(_COLUMNS), "payments")
    key = payments["contract_id"]
    if by == "project_id":
        need_columns(tables["contracts"], _BY, "contracts")
        key = key.map(
            tables["contracts"].drop_duplicates("contract_id").set_index("contract_id")["project_id"]
        )
    due, done = payments["date_due"], payments["date_paid"]
    late = (done - due).dt.days.clip(lower=0)
    return (
        pd.DataFrame(
            {
                by: key,
                "registered": payments["amount_registered"],
                "paid": payments["amount"].where(done.notna(), 0.0),
                "late": done > due,
                "overdue": done.isna() & (due < date),
                "days": late,
            }
        )
        .groupby(by)
        .agg(
            payments=("late", "size"), registered=("registered", "sum"), paid=("paid", "sum"), late=("late", "sum"),
            overdue=("overdue", "sum"), mean_days_late=("days", "mean"), most_days_late=("days", "max"),
        )
    )  # fmt: skip


def _by_duckdb(folder, date, by, memory, threads):
    import duckdb

    tables = _reader(folder, "payments", _COLUMNS)
    if by == "project_id":
        contracts = _reader(folder, "contracts", dict.fromkeys(_BY, "VARCHAR"))
        tables += f" JOIN (SELECT contract_id, any_value(project_id) AS project_id FROM {contracts} GROUP BY contract_id) USING (contract_id)"
    with duckdb.connect(config={"memory_limit": memory, "threads": threads}) as connection:
        # A library does not print, and DuckDB draws a bar of progress when a query takes long.
        connection.execute("SET enable_progress_bar = false")
        try:
            found = connection.sql(_QUERY.format(key=by, tables=tables, date=f"{date:%Y-%m-%d}")).df()
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(
                f"The tables cannot be added up: {reason}.",
                where=str(folder),
                fix=f"payments needs {', '.join(_COLUMNS)}.",
            ) from None
    return found.set_index(by)


def _reader(folder, name, columns):
    """The part of a query that reads one table from the disk, with the columns in known types."""
    chosen = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in columns.items())
    quoted = str(folder).replace("'", "''")
    if sorted(folder.glob(f"{name}*.parquet")):
        return f"(SELECT {chosen} FROM read_parquet('{quoted}/{name}*.parquet'))"
    if (folder / f"{name}.csv").is_file():
        return f"(SELECT {chosen} FROM read_csv('{quoted}/{name}.csv', header = true, delim = ',', all_varchar = true))"
    raise InputError(
        f"There is no {name}.csv and no {name}.parquet.",
        where=str(folder),
        fix="Name the folder of the tables.",
    )
