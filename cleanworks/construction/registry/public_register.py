"""What everybody may see: derived from the registry, never entered a second time."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from cleanworks.construction.registry import permissions
from cleanworks.construction.registry.core import Registry, existing

TABLES = (
    "projects", "tenders", "bids", "contracts", "modifications", "progress", "subcontracts", "claims", "payments",
    "disclosures", "questions",
)  # fmt: skip
PERSONAL = ("worker_id", "account_id", "official_id")
# References to records that may still wait for a signature.
_MAY_WAIT = (
    ("contracts", "tender_id", "tenders", "tender_id"),
    ("subcontracts", "parent_subcontract_id", "subcontracts", "subcontract_id"),
    ("payments", "claim_id", "claims", "claim_id"),
    ("payments", "subcontract_id", "subcontracts", "subcontract_id"),
)
KEPT_BACK = {"progress": ("cost",)}


def public_view(
    registry: Registry | str | Path, personal: Collection[str] = PERSONAL
) -> dict[str, pd.DataFrame]:
    """The public tables of a registry, by name, with the columns of the city's tables.

    Parameters
    ----------
    registry : Registry, or the path or address of one.
    personal : columns that lead to a person and are left out.

    Returns
    -------
    dict of DataFrame
        Only records that have every signature they need; a reference to one that still waits is empty. Who receives wages is "workers"; workers, attendance, wages and
        retirement days are not public at all, nor are a contractor's own costs. What is public is our choice, after the
        categories that Allimi is said to show (ccs-s12).

    Raises
    ------
    InputError
        There is no such registry.
    """
    if not isinstance(registry, Registry):
        with existing(registry) as opened:
            return public_view(opened, personal)
    shown = {name: _public(registry, name, personal) for name in TABLES}
    for name, column, parent, key in _MAY_WAIT:
        if column in shown[name]:
            known = shown[name][column].isin(shown[parent].get(key, []))
            shown[name][column] = shown[name][column].astype(object).where(known, None)
    return shown


def _public(registry: Registry, name: str, personal: Collection[str]) -> pd.DataFrame:
    frame = registry.table(name)
    if frame.empty:
        return frame
    states = (permissions.ENTERED, permissions.CHECKED, permissions.APPROVED, permissions.RELEASED)
    enough = states[states.index(permissions.line(name).final) :]
    frame = frame[frame["state"].isin(enough)].reset_index(drop=True)
    if name == "payments":
        wages = frame["payee_type"] == "wages"
        frame["payee_id"] = frame["payee_id"].where(~wages, "workers")
    hidden = {"state", "sent_back_because", *personal, *KEPT_BACK.get(name, ())}
    return frame.drop(columns=[c for c in frame.columns if c in hidden])
