"""The engine of tables in memory where Arrow is installed: the same definitions in about half of pandas' time.

Indicators take many small steps, and a step over Arrow's columns costs less than one over pandas' Series. A browser has no Arrow, and
some columns are told in ways of pandas alone, so pandas stays the engine of whatever is not plain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import narwhals as nw
import numpy as np
import pandas as pd

from ._processes import Frame, How, Memory

if TYPE_CHECKING:
    import pyarrow as pa


def quickest(tables: Mapping[str, pd.DataFrame], needed: Collection[str]) -> tuple[Memory, Mapping[str, Any]]:
    """The engine for tables in memory, and the ``needed`` ones among them as it reads them."""
    try:
        import pyarrow  # noqa: F401  # a browser has none
    except ImportError:
        return Memory(), tables
    wanted = {name: table for name, table in tables.items() if name in needed}
    if not all(map(_is_plain, wanted.values())):
        return Memory(), tables
    try:
        return Arrow(), {name: _in_arrow(table) for name, table in wanted.items()}
    except cannot():
        return Memory(), tables


def cannot() -> tuple[type[Exception], ...]:
    """What is raised where Arrow has no way to hold or to compute something."""
    import pyarrow as pa

    return pa.ArrowException, nw.exceptions.NarwhalsError, NotImplementedError, UnicodeError


class Arrow(Memory):
    """Columns of Arrow: what is computed is there at once."""

    def frame(self, table: Any) -> Frame:
        return cast("Frame", nw.from_native(table, eager_only=True))

    def brought(self, table: pd.DataFrame) -> Frame:
        return _in_arrow(table)

    def numbers_of(self, frame: Frame, column: str, values: Frame, name: str) -> Frame:
        import pyarrow.compute as pc

        native, known_values = _native(frame), _native(values)[values.columns[1]]
        places = pc.index_in(native[column], value_set=known_values.combine_chunks(), skip_nulls=True)
        # Numbers run from 1 in the order of the rows.
        found = pc.add(pc.fill_null(places, -1).cast("int64"), 1)
        return self.frame(native.drop_columns([column]).append_column(name, found))

    def values_of(self, frame: Frame, values: Frame) -> Frame:
        import pyarrow.compute as pc

        native, (number, text) = _native(frame), values.columns
        found = _native(values)[text].take(pc.subtract(native[number], 1))
        return self.frame(native.append_column(text, found))

    def where(self, frame: Frame, key: str, others: Frame, *, there: bool) -> Frame:
        import pyarrow.compute as pc

        native = _native(frame)
        among = pc.is_in(native[key], value_set=_native(others)[key].combine_chunks())
        return self.frame(native.filter(among if there else pc.invert(among)))

    def looked_up(self, frame: Frame, values: Frame, key: str, how: How) -> Frame:
        import pyarrow.compute as pc

        native, others = _native(frame), _native(values)
        # A join of Arrow's gives the rows in any order.
        places = pc.index_in(native[key], value_set=others[key].combine_chunks(), skip_nulls=True)
        if how == "inner":
            native, places = native.filter(pc.is_valid(places)), places.drop_null()
        for name in others.column_names:
            if name != key:
                native = native.append_column(name, others[name].take(places))
        return self.frame(native)

    def latest(self, table: Any, columns: Sequence[str]) -> pd.DataFrame:
        return self.collected(self.frame(table).select(nw.col(*columns).max()))

    def row_by_row(self, frame: Frame) -> Frame:
        """In pandas: Arrow computes no windows, and no exact median of groups."""
        return super().frame(self.collected(frame))

    def collected(self, frame: Frame) -> pd.DataFrame:
        native = frame.to_native()
        return native if isinstance(native, pd.DataFrame) else native.to_pandas(use_threads=False)


def _native(frame: Frame) -> pa.Table:
    """The table of Arrow behind a frame, also where a step before was taken in pandas."""
    native = frame.to_native()
    return _in_arrow(native).to_native() if isinstance(native, pd.DataFrame) else native


def _is_plain(table: pd.DataFrame) -> bool:
    """Whether all columns are texts, numbers, truth or days of the usual kinds, which Arrow tells in the same way as pandas."""
    return table.columns.is_unique and all(
        kind.kind in "bifM" if isinstance(kind, np.dtype) else isinstance(kind, pd.StringDtype)
        for kind in table.dtypes
    )


def _in_arrow(table: pd.DataFrame) -> Frame:
    """The table in Arrow's columns; of each kind one width only, or texts and days of two tables could not be compared."""
    import pyarrow as pa

    found = pa.Table.from_pandas(table, preserve_index=False)
    kinds = [
        pa.string()
        if pa.types.is_large_string(kind)
        else pa.timestamp("us")
        if pa.types.is_timestamp(kind)
        else kind
        for kind in found.schema.types
    ]
    same = pa.schema(list(zip(found.column_names, kinds, strict=True)))
    return cast("Frame", nw.from_native(found.cast(same, safe=False), eager_only=True))
