"""Amounts in thousands or millions among amounts in units: told from how far two columns lie apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cleanworks.errors import InputError

STEP = 300  # amounts that differ by more than this are taken for thousands against units

# A part and its whole: table and column of the part, the key that leads to the whole, table and column of the whole.
PARTS = (
    ("claims", "amount", "contract_id", "contracts", "value_amount"),
    ("subcontracts", "prime_amount", "contract_id", "contracts", "value_amount"),
    ("progress", "cost", "contract_id", "contracts", "value_amount"),
    ("payments", "amount_registered", "claim_id", "claims", "amount"),
    ("contracts", "value_amount", "project_id", "projects", "budget_amount"),
    ("tenders", "cost_estimate", "project_id", "projects", "budget_amount"),
    ("bids", "amount", "tender_id", "tenders", "cost_estimate"),
)
# Two columns of one row that speak of the same money.
PAIRS = {
    "modifications": ("old_value", "new_value"),
    "subcontracts": ("value_amount", "prime_amount"),
    "payments": ("amount", "amount_registered"),
    "wages": ("amount_due", "amount_paid"),
}
_FIX = "Write every amount in whole units of the currency."


def check_tables(tables: Mapping[str, pd.DataFrame], *, first_row: int = 0) -> None:
    """Compare the largest part of each whole with it; half of them a few hundred times off is an error of unit.

    Parameters
    ----------
    tables : mapping
        Tables by name, amounts as numbers. What is not there is not compared.
    first_row : int
        The number that a person gives the first row: 2 in a spreadsheet, 0 in a DataFrame.

    Raises
    ------
    InputError
        The two columns, and the first row in which they lie apart.
    """
    for name, column, key, parent, whole in PARTS:
        if not _there(tables, name, column, key) or not _there(tables, parent, whole, key):
            continue
        rows, wholes = tables[name], tables[parent].drop_duplicates(key).set_index(key)[whole]
        ratio = rows[column].astype(float) / rows[key].map(wholes).astype(float)
        ratio = ratio.where((ratio > 0) & np.isfinite(ratio))
        middle = float(ratio.groupby(rows[key]).max().median())
        if np.isnan(middle) or 1 / STEP < middle < STEP:
            continue
        small, large = (f"{name}.{column}", f"{parent}.{whole}")[:: 1 if middle < 1 else -1]
        apart = (ratio <= 1 / STEP) if middle < 1 else (ratio >= STEP)
        raise InputError(
            f"Amounts in '{small}' are hundreds of times smaller than in '{large}': one of the two is in thousands or millions.",
            where=f"tables {name} and {parent}, first seen in {name}, row {int(np.flatnonzero(apart)[0]) + first_row}",
            fix=_FIX,
        )


def check_pairs(frame: pd.DataFrame, one: str, other: str, *, where: str, first_row: int = 0) -> None:
    """Refuse a row in which two columns of the same money lie a few hundred times apart."""
    big, small = frame[[one, other]].max(axis=1), frame[[one, other]].min(axis=1)
    odd = ((small > 0) & (big / small.where(small > 0) >= STEP)).to_numpy()
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        more = f" (and {int(odd.sum()) - 1:,} more)" if odd.sum() > 1 else ""
        raise InputError(
            f"'{one}' is {frame[one].iloc[row]:,} and '{other}' is {frame[other].iloc[row]:,}: "
            f"one of them looks as if it were in thousands or millions{more}.",
            where=f"{where}, row {row + first_row}",
            fix=_FIX,
        )


def _there(tables: Mapping[str, pd.DataFrame], name: str, column: str, key: str) -> bool:
    return name in tables and {column, key} <= set(tables[name].columns) and len(tables[name]) > 0
