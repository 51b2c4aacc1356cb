"""The first look at a file that somebody hands in: what is filled, which of CoST's items, which indicators are possible.

The file is read in batches, so its size does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from cleanworks.construction import disclosure, flags
from cleanworks.standards import oc4ids, ocds
from cleanworks.standards.doubts import Doubts
from cleanworks.standards.shape import LOCAL
from cleanworks.standards.stream import open_source
from cleanworks.typed import Tables

BATCH = 500


@dataclass(frozen=True)
class Coverage:
    """What a file holds.

    Attributes
    ----------
    what : str
        The kind of file.
    elements : int
        Projects or processes in it; a process may be spread over many releases.
    fields : DataFrame
        Indexed by ``path``: ``filled`` (elements in which it is filled) and ``share`` (0 to 1).
    items : DataFrame
        CoST's 39 rows, indexed by ``key``: ``stage``, ``name``, ``filled``, ``share``. In OCDS, of processes instead of projects.
    disclosure_rate : float
        Mean over elements of items filled out of 40.
    indicators : DataFrame
        As `cleanworks.construction.flags.possible`: which indicators the filled columns allow, and what is missing.
    notes : list of str
        What of the file could not be read, in sentences.

    Examples
    --------
    >>> look = coverage.of_file(path)
    >>> look.what, look.elements
    ('OCDS record package', 20)
    """

    what: str
    elements: int
    fields: pd.DataFrame
    items: pd.DataFrame
    disclosure_rate: float
    indicators: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def of_file(path: str | Path) -> Coverage:
    """Look at an OCDS or OC4IDS file.

    Raises
    ------
    InputError
        See `cleanworks.standards.stream.open_source`.

    Examples
    --------
    >>> round(coverage.of_file(path).disclosure_rate, 2)
    0.27
    """
    source = open_source(path)
    reader = oc4ids if source.list_name == "projects" else ocds
    fields: Counter[str] = Counter()
    items: Counter[str] = Counter()
    columns: set[str] = set()
    elements = 0
    doubts, repeated, said = Doubts(), list[str](), source.notes
    if source.list_name == "projects":
        places = ((element.value, f"{path}, project {element.number}") for element in source.elements)
        whole: Iterable[dict[str, Any]] = oc4ids.once(places, repeated)
    else:
        # A process may be spread over many releases: its fields are those of all of them together.
        whole, said = ocds.processes_of(source)
    for batch in _batches(iter(whole)):
        elements += len(batch)
        for value in batch:
            fields.update(set(_paths(value)))
        tables = reader.tables_of(batch)
        doubts.take(tables)
        columns |= flags.filled_columns(tables)
        if source.list_name == "projects":
            for value in batch:
                items.update(key for key, filled in disclosure.filled_items(value).items() if filled)
        else:
            items.update(disclosure.coverage(_processes_as_projects(tables)).sum().to_dict())
    doubts.again = len(repeated)
    found = _coverage(source.what, elements, fields, items, columns)
    return replace(found, notes=[*said, *doubts.notes()])


def of_tables(tables: Mapping[str, pd.DataFrame]) -> Coverage:
    """Look at tables; ``fields`` are their columns, and their share is that of rows.

    Examples
    --------
    >>> look = coverage.of_tables(tables)
    >>> look.fields.loc[["tenders.tender_id", "tenders.cost_estimate"]]
                           filled  share
    path
    tenders.tender_id          20    1.0
    tenders.cost_estimate      20    1.0
    """
    rows = {
        f"{name}.{column}": (int(table[column].notna().sum()), len(table))
        for name, table in tables.items()
        for column in table
    }
    fields = pd.DataFrame.from_dict(rows, orient="index", columns=["filled", "rows"]).rename_axis("path")
    fields = fields.assign(share=fields["filled"] / fields["rows"].where(fields["rows"] > 0))[
        ["filled", "share"]
    ]
    projects = len(tables.get("projects", ()))
    filled = disclosure.coverage(tables).sum().to_dict() if "projects" in tables else {}
    made = _coverage("tables", projects, Counter(), Counter(filled), set())
    indicators = flags.coverage(tables)
    return Coverage("tables", projects, fields, made.items, made.disclosure_rate, indicators)


def _coverage(
    what: str, elements: int, fields: Counter[str], items: Counter[str], columns: set[str]
) -> Coverage:
    counted = pd.DataFrame(sorted(fields.items()), columns=["path", "filled"]).set_index("path")
    rows = disclosure.item_list()
    filled = pd.Series(items, dtype=float).reindex(rows.index).fillna(0)
    table = rows[["stage", "name"]].assign(
        filled=filled.astype("int64"), share=filled / elements if elements else float("nan")
    )
    rate = (
        float((filled * rows["counts"]).sum() / (disclosure.PROACTIVE_ITEMS * elements))
        if elements
        else float("nan")
    )
    shares = counted.assign(share=counted["filled"] / elements if elements else float("nan"))
    return Coverage(what, elements, shares, table, rate, flags.possible(columns))


def _batches(values: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    values = iter(values)
    while batch := list(islice(values, BATCH)):
        yield batch


def _paths(value: object, path: str = "") -> Iterator[str]:
    """The paths of everything that is filled, without list numbers and without the product's own local members."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key != LOCAL:
                yield from _paths(member, f"{path}/{key}" if path else key)
    elif isinstance(value, list):
        for member in value:
            yield from _paths(member, path)
    elif value is not None and value != "":
        yield path


def _processes_as_projects(tables: Tables) -> dict[str, pd.DataFrame]:
    """OCDS knows processes, not projects: CoST's items of the process, and the few of the project that OCDS holds."""
    tenders = tables["tenders"]
    projects = pd.DataFrame(
        {
            "project_id": tenders["tender_id"],
            "public_authority": tenders["buyer_id"],
            "title": tenders["title"],
        }
    )
    contracts = tables["contracts"].assign(project_id=tables["contracts"]["tender_id"])
    own = tenders.assign(project_id=tenders["tender_id"])
    return {
        "projects": projects,
        "tenders": own,
        "contracts": contracts,
        "modifications": tables["modifications"],
    }
