"""The data beside the pages: CSV files, an OC4IDS package, and the feed with the field names of Seoul's open data."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cleanworks import scratch
from cleanworks.allimi.site_pages import Context
from cleanworks.standards import oc4ids, seoul
from cleanworks.typed import Tables
from cleanworks.written import harmless


def files(shown: Tables, context: Context) -> Iterator[tuple[str, str | bytes]]:
    """Paths and contents: ``data/<table>.csv``, ``data/oc4ids.json`` and ``data/feed.csv``."""
    for name, frame in shown.items():
        if len(frame):
            yield f"data/{name}.csv", csv(frame)
    filled = {name: frame for name, frame in shown.items() if len(frame)}
    with scratch.folder() as folder:
        path = oc4ids.write(
            folder / "oc4ids.json",
            filled,
            publisher=context.profile.name("city"),
            uri="https://example.org/oc4ids.json",
            published=context.date,
            currency=context.profile["currency.code"],
        )
        yield "data/oc4ids.json", path.read_bytes()
    feed = seoul.feed(shown, context.date)
    yield (
        "data/feed.csv",
        csv(feed.loc[:, feed.notna().any() | feed.columns.isin(["BIZ_CD"])].reindex(columns=list(feed))),
    )


def csv(frame: pd.DataFrame) -> str:
    """A table as CSV, dates as YYYY-MM-DD. A text that a spreadsheet would run as a formula begins with an apostrophe."""
    safe = frame.copy()
    for column in safe.columns:
        if pd.api.types.is_datetime64_any_dtype(safe[column]):
            safe[column] = safe[column].dt.strftime("%Y-%m-%d")
        elif not pd.api.types.is_numeric_dtype(safe[column]) and not pd.api.types.is_bool_dtype(safe[column]):
            safe[column] = safe[column].astype(object).map(harmless)
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text
