"""Indicators of tables that outgrow one machine: Spark computes them where the files lie, on a laptop or on a cluster.

The definitions are those of `cleanworks.construction.flags`; here is only what an engine must do for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd
import pyarrow

from cleanworks.construction import flags
from cleanworks.construction.flags import _core
from cleanworks.construction.flags._processes import Frame
from cleanworks.data.database import (
    Lazy,
    expressions,
    in_currency_of_contract,
    refuse_other_values,
    refuse_twice,
    tells_a_day,
)
from cleanworks.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Unknown comparisons, clocks and quotation marks as in the other engines; a text that is no amount is refused, not lost.
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}


class Cluster(Lazy):
    """An engine for `cleanworks.construction.flags`; intermediate tables are kept by Spark until its session ends.

    Examples
    --------
    >>> with cluster() as engine:  # doctest: +SKIP
    ...     "tenders.tender_id" in engine.filled(tables_of("s3://works/tables", engine))
    ...
    True
    """

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def brought(self, table: pd.DataFrame) -> Frame:
        """A small table that was computed here, where the others are."""
        return nw.from_native(self.session.createDataFrame(pyarrow.Table.from_pandas(table)))

    def keep(self, frame: Frame) -> Frame:
        """The same rows, computed only once however often they are read."""
        return nw.from_native(frame.to_native().localCheckpoint(eager=True))

    def numbered(self, frame: Frame, name: str) -> Frame:
        """The rows with a whole number each, from 1 and with gaps."""
        from pyspark.sql import functions

        numbers = functions.monotonically_increasing_id() + 1
        return self.keep(nw.from_native(frame.to_native().select(numbers.alias(name), "*")))

    def days_between(self, start: nw.Expr, end: nw.Expr) -> nw.Expr:
        """``end - start`` in days. Spark knows no length of a time as a number, and reads an instant as seconds."""
        first, last = (one.cast(nw.Datetime("us", "UTC")).cast(nw.Float64) for one in (start, end))
        return (last - first) / 86_400

    def collected(self, frame: Frame) -> pd.DataFrame:
        return frame.to_native().toArrow().to_pandas()


@contextmanager
def cluster(session: SparkSession | None = None) -> Iterator[Cluster]:
    """Spark for one task.

    Parameters
    ----------
    session : SparkSession, optional
        That of a cluster, as a notebook there has it. Without it Spark is started on this machine, with all cores.

    Raises
    ------
    InputError
        Spark or Java is not installed, or Spark could not compute what it was asked for.

    Examples
    --------
    >>> with cluster() as engine:  # doctest: +SKIP
    ...     answers = flags.evaluate(tables_of("s3://works/tables", engine), ["R018"], engine=engine)
    ...
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError(
            "Spark is not installed.", where="cluster", fix="Install it: pip install 'cleanworks[spark]'."
        ) from None
    own = session is None
    try:
        builder = SparkSession.builder.appName("CleanWorks").config("spark.ui.enabled", "false")
        session = session or builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise InputError(
            f"Spark did not start: {_first_line(error)}.",
            where="cluster",
            fix="It needs Java 17 or newer. On Debian and Ubuntu: apt install default-jre-headless.",
        ) from None
    # A session of its own has settings of its own: those of a notebook stay as they are.
    mine = session.newSession()
    for name, value in _SETTINGS.items():
        mine.conf.set(name, value)
    try:
        yield Cluster(mine)
    except PySparkException as error:
        raise InputError(
            f"Spark could not compute this: {_first_line(error)}.",
            where="tables",
            fix="If a column holds something else than it should, import the data again; otherwise look into Spark's log.",
        ) from None
    finally:
        if own:
            session.stop()


def tables_of(source: str | Path, engine: Cluster) -> dict[str, DataFrame]:
    """The Parquet files of a folder, local or wherever Spark reads from, as the indicators read them.

    Raises
    ------
    InputError
        No table there, a column of another kind, or an id that is there twice.

    Examples
    --------
    >>> with cluster() as engine:  # doctest: +SKIP
    ...     sorted(tables_of("s3://works/tables", engine))[:2]
    ...
    ['awards', 'bids']
    """
    from pyspark.errors import AnalysisException

    made: dict[str, Any] = {}
    for name in sorted({place.partition(".")[0] for one in flags.REGISTRY.values() for place in one.reads}):
        file = f"{str(source).rstrip('/')}/{name}.parquet"
        try:
            table = engine.session.read.parquet(file)
        except AnalysisException as error:
            if error.getCondition() == "PATH_NOT_FOUND":
                continue
            raise
        made[name] = _read(name, table, engine, file)
        key = _core.KEYS.get(name)
        if key and key in made[name].columns:
            refuse_twice(engine, made[name], key, file)
    if not made:
        raise InputError(
            "There is no table that an indicator reads.",
            where=str(source),
            fix="Name a folder that cleanworks data import has written.",
        )
    if "contracts" in made:
        contracts = nw.from_native(made["contracts"])
        for name in _core.IN_CURRENCY_OF_CONTRACT & set(made):
            made[name] = in_currency_of_contract(nw.from_native(made[name]), contracts).to_native()
    return made


def _read(name: str, table: DataFrame, engine: Cluster, file: str) -> DataFrame:
    kinds = {column: kind.upper() for column, kind in table.dtypes}
    clocks = []
    for column, kind in kinds.items():
        quoted = '"' + column.replace('"', '""') + '"'
        # Spark reads instants of a billionth of a second as whole numbers.
        if kind == "BIGINT" and tells_a_day(column):
            clocks.append(f"CAST(timestamp_micros({quoted} DIV 1000) AS TIMESTAMP_NTZ) AS {quoted}")
            kinds[column] = "TIMESTAMP"
        else:
            clocks.append(quoted)
    empty = {column for column, kind in kinds.items() if kind == "VOID"}
    table = table.selectExpr(*clocks)
    refuse_other_values(engine, name, table, kinds, empty, file)
    return table.selectExpr(*expressions(name, kinds, empty))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
