"""Put the city together: the order in which a block comes about, and blocks joined into tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from cleanworks.city import labour, openness, payment_chain, planted, procurement, schemas, works
from cleanworks.city.block import PROJECTS_PER_BLOCK, Block, Rows
from cleanworks.profiles import Profile


def block(number: int, seed: int, profile: Profile) -> Block:
    """Make one block of a hundred projects. What is planted is planted right after what it acts upon."""
    made = Block(number, seed, profile)
    procurement.projects(made)
    planted.apply("tenders", made)
    procurement.bids(made)
    planted.apply("bids", made)
    procurement.contracts(made)

    made.pace = works.pace(made)
    planted.apply("pace", made)
    made.course = works.course(made)
    planted.apply("course", made)
    works.progress(made)
    planted.apply("progress", made)
    works.modifications(made)
    planted.apply("modifications", made)
    works.chain_modifications(made)
    planted.label_change_orders(made)
    works.reports(made)
    planted.apply("reports", made)

    payment_chain.subcontracts(made)
    planted.apply("subcontracts", made)
    planted.apply("before claims", made)
    payment_chain.claims(made)
    planted.apply("claims", made)
    payment_chain.settle_claims(made)
    planted.label_paid_ahead(made)
    payment_chain.payments(made)
    planted.apply("payments", made)
    payment_chain.pay_re_subcontractors(made)

    labour.workers(made)
    planted.apply("workers", made)
    labour.attendance(made)
    planted.apply("attendance", made)
    labour.wages(made)
    planted.apply("wages", made)
    labour.retirement_days(made)
    planted.apply("retirement", made)

    procurement.close(made)
    openness.disclosures(made)
    openness.questions(made)
    planted.apply("openness", made)
    openness.complaints(made)
    made["planted"] = _labels(made)
    return made


def _labels(made: Block) -> Rows:
    """The table of labels, without those whose row was cut off later on (a tender that was never opened)."""
    parts: dict[str, list[Any]] = {"kind": [], "table": [], "row_id": [], "_project": []}
    for kind, table, row_ids, project in made.labels:
        present = np.isin(row_ids.astype(str), _row_ids(made, table))
        parts["kind"].append(np.full(present.sum(), kind, dtype=object))
        parts["table"].append(np.full(present.sum(), table, dtype=object))
        parts["row_id"].append(row_ids[present])
        parts["_project"].append(project[present])
    empty = {"_project": np.zeros(0, dtype=np.intp)}
    rows = {
        name: np.concatenate([empty.get(name, np.zeros(0, dtype=object)), *values])
        for name, values in parts.items()
    }
    rows["project_id"] = made["projects"]["project_id"][rows["_project"]]
    return rows


def _row_ids(made: Block, table: str) -> np.ndarray:
    keys = [made[table][name] for name in schemas.table(table).key]
    if len(keys) == 1:
        return keys[0].astype(str)
    return np.array(["/".join(map(str, row)) for row in zip(*keys, strict=True)], dtype=str)


def pieces(
    projects: int, seed: int, profile: Profile, *, blocks_at_once: int = 3
) -> Iterator[dict[str, pd.DataFrame]]:
    """The tables of ``projects`` projects, a few blocks at a time. Laid end to end the pieces are the whole city."""
    count = -(-projects // PROJECTS_PER_BLOCK)
    for first in range(0, count, blocks_at_once):
        numbers = range(first, min(first + blocks_at_once, count))
        made = [_cut(block(n, seed, profile), projects - n * PROJECTS_PER_BLOCK) for n in numbers]
        yield {name: _frame(name, [tables[name] for tables in made]) for name in schemas.CONSTRUCTION}


def _cut(made: Block, left: int) -> dict[str, Rows]:
    """Drop the projects beyond the wanted number, with everything that hangs on them."""
    if left >= PROJECTS_PER_BLOCK:
        return made.tables
    tables = {}
    for name, rows in made.tables.items():
        inside = rows["_project"] < left
        if name == "attendance":
            inside &= made["workers"]["_project"][rows["_worker"]] < left
        tables[name] = {column: values[inside] for column, values in rows.items()}
    labels, seen = tables["planted"], tables["attendance"]
    ids = np.array(
        [f"{w}/{c}/{d}" for w, c, d in zip(seen["worker_id"], seen["contract_id"], seen["date"], strict=True)]
    )
    lost = (labels["table"] == "attendance") & ~np.isin(labels["row_id"].astype(str), ids)
    tables["planted"] = {column: values[~lost] for column, values in labels.items()}
    return tables


def _frame(name: str, parts: list[Rows]) -> pd.DataFrame:
    columns = {
        column: np.concatenate([part[column] for part in parts]) for column in schemas.table(name).names
    }
    return schemas.typed(name, pd.DataFrame(columns))
