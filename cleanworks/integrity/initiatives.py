"""The Anti-Corruption Initiative Assessment: a yearly scorecard of what agencies do against corruption.

Published: the areas and weights of 2014, that non-cooperation is a deduction only, the groups, the performance window,
written scoring of evidence, site visits, five tiers within a group (acrc-s8, acrc-s30, acrc-s89). Not public, so ours:
how a task is scored, what evidence counts, the size of deductions, the cut-offs of tiers, the calendar's details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.integrity import published

# -- areas and weights ---------------------------------------------------------------------------------------------

_PERFORMANCE = ("integrity improvement", "corrupt officials")
_PACA = {
    "A leadership, direction and law": "effort",
    "B prevention measures": "effort",
    "C detection and handling": "performance",
    "D asset recovery": "performance",
}


def areas(model: str = "2014") -> pd.DataFrame:
    """Areas of a scorecard with their weights.

    Parameters
    ----------
    model : str
        ``"2014"``: Korea (acrc-s8); ``"PACA 2023"``: Viet Nam's provinces (acrc-s9), for which the number of tasks is
        not known and the split into effort and performance is ours.

    Returns
    -------
    DataFrame
        Index ``area``; columns ``block`` (``effort`` or ``performance``), ``weight`` (points of 100, sum 100),
        ``tasks`` (missing when unknown) and ``source``.
    """
    if input_checks.choice(model, ("2014", "PACA 2023"), "model of areas") == "PACA 2023":
        return _paca()
    rows = published.table("aia_weights")
    rows = rows[rows["year"].eq(2014)]
    weights = rows[rows["measure"].eq("weight")].set_index("series")
    tasks = rows[rows["measure"].eq("tasks")].set_index("series")["value"]
    blocks = ["performance" if area in _PERFORMANCE else "effort" for area in weights.index]
    return pd.DataFrame(
        {
            "block": blocks,
            "weight": weights["value"],
            "tasks": tasks.reindex(weights.index).astype("Int64"),
            "source": weights["source"],
        }
    ).rename_axis("area")


def _paca() -> pd.DataFrame:
    rows = published.table("partners")
    rows = rows[rows["series"].eq("Viet Nam PACA") & rows["year"].eq(2023)].set_index("measure")
    return pd.DataFrame(
        {
            "block": list(_PACA.values()),
            "weight": [float(rows.loc[f"weight of {area}", "value"]) for area in _PACA],
            "tasks": pd.array([pd.NA] * len(_PACA), dtype="Int64"),
            "source": [rows.loc[f"weight of {area}", "source"] for area in _PACA],
        },
        index=pd.Index(_PACA, name="area"),
    )


# -- evidence ------------------------------------------------------------------------------------------------------

STATES = ("claimed", "evidenced", "verified", "refuted")
"""What is known about a task: only said; backed by documents; a visit agrees; a visit contradicts."""

CREDIT = {"claimed": 0.0, "evidenced": 1.0, "verified": 1.0, "refuted": 1.0}
"""Ours: a claim without evidence counts nothing; everything else counts with the score that was found."""


def evidence_states(initiatives: pd.DataFrame, *, tolerance: float = 10.0) -> pd.Series:
    """The state of every task.

    Parameters
    ----------
    initiatives : DataFrame
        One row for each task: ``claimed_score``, ``evidence`` (full, partial, none), ``desk_score``,
        ``site_checked``, ``site_score`` (points of 100; empty without a visit).
    tolerance : float
        A claim that lies more than this above what the visit found is refuted (ours).
    """
    rows = _tasks(initiatives)
    limit = float(input_checks.numbers([tolerance], "tolerance", low=0)[0])
    state = pd.Series(np.where(rows["evidence"].eq("none"), "claimed", "evidenced"), index=rows.index)
    holds = rows["claimed_score"] - rows["site_score"] <= limit
    state = state.mask(rows["site_checked"] & holds, "verified").mask(
        rows["site_checked"] & ~holds, "refuted"
    )
    return state.astype(pd.CategoricalDtype(STATES)).rename("state")


def site_check(
    initiatives: pd.DataFrame, *, tolerance: float = 10.0, credit: Mapping[str, float] = CREDIT
) -> pd.Series:
    """Points of a task after the visits: what the visit found where there was one, the desk score elsewhere."""
    rows = _tasks(initiatives)
    found = rows["site_score"].where(rows["site_checked"], rows["desk_score"])
    return (found * _credit(evidence_states(rows, tolerance=tolerance), credit)).rename("score")


def choose_visits(
    initiatives: pd.DataFrame, visits: int, rng: np.random.Generator | Draws, *, at_random: float = 0.5
) -> pd.Series:
    """Choose the tasks to visit: some by lot, the rest where the claim stands furthest above the desk score.

    The part drawn by lot (``at_random``, a share) tells how far claims and facts are apart everywhere; the other part
    finds more. Only the first may be used for an average. The mix is ours.

    Returns
    -------
    Series
        ``"lot"``, ``"risk"`` or ``""`` for each task.
    """
    rng = input_checks.generator(rng)
    rows = _tasks(initiatives)
    number = input_checks.whole(visits, "visits", least=0)
    share = input_checks.share(at_random, "at_random", ends=True)
    if number > len(rows):
        raise InputError(
            f"{number} visits for {len(rows)} tasks.",
            where="visits",
            fix="Ask for at most as many visits as there are tasks.",
        )
    chosen = np.full(len(rows), "", dtype=object)
    lot = rng.choice(len(rows), round(number * share), replace=False)
    chosen[lot] = "lot"
    gap = (rows["claimed_score"] - rows["desk_score"]).to_numpy(dtype=float).copy()
    gap[lot] = -np.inf
    chosen[np.argsort(-gap, kind="stable")[: number - len(lot)]] = "risk"
    return pd.Series(chosen, index=rows.index, name="visit")


# -- the scorecard -------------------------------------------------------------------------------------------------


def scorecard(
    tasks: pd.DataFrame,
    layout: pd.DataFrame,
    *,
    performance: pd.DataFrame | None = None,
    deduction: pd.Series | None = None,
    rescale: bool = False,
) -> pd.DataFrame:
    """Score institutions: mean of the tasks in each area, weighted sum of the areas, minus the deduction.

    Parameters
    ----------
    tasks : DataFrame
        One round: ``institution_id``, ``area``, ``task``, ``score`` (points of 100).
    layout : DataFrame
        Areas with ``weight`` and ``tasks``, as from :func:`areas`.
    performance : DataFrame, optional
        Scores of the performance areas (columns; points of 100), index ``institution_id``.
    deduction : Series, optional
        Points for non-cooperation, index ``institution_id``; an institution that is not in it loses nothing.
    rescale : bool
        Score the areas there are out of a hundred. Without it, weights that do not sum to 100 and areas without
        scores are errors.

    Returns
    -------
    DataFrame
        Index ``institution_id``; a column of points for each area (its score times its weight / 100), ``effort``,
        ``performance``, ``deduction``, ``total`` (0 at least) and ``missing_tasks``. A task that was not handed in
        counts 0.

    Raises
    ------
    InputError
        For an unknown area, a task that appears twice, more tasks than the layout has, or weights that do not sum.
    """
    scores = _area_scores(tasks, layout)
    missing = scores.pop("missing_tasks")
    if performance is not None:
        scores = scores.join(_performance(performance, layout, scores.index))
    kept = layout.loc[[area for area in layout.index if area in scores]]
    absent = [area for area in layout.index if area not in scores]
    if absent and not rescale:
        raise InputError(
            f"There is no score for the area {absent[0]!r}.",
            where="scorecard",
            fix="Pass performance=..., or rescale=True to score the other areas out of a hundred.",
        )
    weights = kept["weight"].astype(float)
    if rescale:
        weights = 100 * weights / weights.sum()
    elif abs(weights.sum() - 100) > 1e-9:
        raise InputError(
            f"The weights sum to {weights.sum():g}, not to 100.",
            where="layout",
            fix="Correct them, or rescale.",
        )
    points = scores[kept.index] * weights / 100
    for block in ("effort", "performance"):
        points[block] = points[list(kept.index[kept["block"].eq(block)])].sum(axis=1)
    lost = pd.Series(0.0, index=points.index)
    if deduction is not None:
        input_checks.numbers(deduction, "deduction", low=0)
        lost = deduction.reindex(points.index).fillna(0.0)
    points["deduction"] = lost
    points["total"] = (points["effort"] + points["performance"] - lost).clip(lower=0)
    points["missing_tasks"] = missing
    return points


def _area_scores(tasks: pd.DataFrame, layout: pd.DataFrame) -> pd.DataFrame:
    """Mean score of every institution in every area; tasks that were not handed in count 0."""
    input_checks.need_rows(tasks, ["institution_id", "area", "task", "score"], "tasks")
    input_checks.unique(tasks, ["institution_id", "area", "task"], "tasks of one round")
    unknown = ~tasks["area"].isin(layout.index)
    if unknown.any():
        raise InputError(
            f"{tasks.loc[unknown, 'area'].iloc[0]!r} is not an area.",
            where=f"tasks, row {tasks.index[int(np.argmax(unknown.to_numpy()))]}",
            fix=f"Areas: {', '.join(layout.index)}.",
        )
    input_checks.numbers(tasks["score"], "column score", low=0, high=100)
    sums = tasks.pivot_table(
        index="institution_id", columns="area", values="score", aggfunc="sum", fill_value=0.0
    )
    counts = tasks.pivot_table(
        index="institution_id", columns="area", values="score", aggfunc="size", fill_value=0
    )
    expected = layout["tasks"].reindex(sums.columns)
    known = expected.where(expected.notna(), counts.max()).astype(float)
    if (counts > known).any(axis=None):
        area = (counts > known).any().idxmax()
        raise InputError(
            f"There are more tasks than the {known[area]:.0f} of the area {area!r}.",
            where="tasks",
            fix="Pass the tasks of one year only.",
        )
    scores = sums / known
    scores.columns.name = None
    scores["missing_tasks"] = (known - counts).sum(axis=1).astype("int64")
    return scores


def _performance(performance: pd.DataFrame, layout: pd.DataFrame, institutions: pd.Index) -> pd.DataFrame:
    unknown = [name for name in performance if name not in layout.index]
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is not an area.", where="performance", fix=f"Areas: {', '.join(layout.index)}."
        )
    absent = institutions.difference(performance.index)
    if len(absent):
        raise InputError(
            f"There is no row for {absent[0]}.", where="performance", fix="Give one row for each area."
        )
    for name in performance:
        input_checks.numbers(performance[name], f"performance, column {name}", low=0, high=100)
    return performance.loc[institutions]


def cooperation_deduction(
    requested: pd.Series, answered: pd.Series, *, each: float = 0.05, cap: float = 1.0
) -> pd.Series:
    """Points lost for requests that were not answered. That this only deducts is published (acrc-s8); the size is OURS."""
    asked = input_checks.numbers(requested, "requested", low=0)
    done = input_checks.numbers(answered, "answered", low=0)
    if len(asked) != len(done) or (done > asked).any():
        raise InputError(
            "More requests were answered than made.", where="answered", fix="Check the two counts."
        )
    points = np.minimum(
        (asked - done) * input_checks.positive(each, "each"), input_checks.positive(cap, "cap")
    )
    return pd.Series(points, index=pd.Series(requested).index, name="deduction")


# -- who is assessed, groups and tiers -----------------------------------------------------------------------------

STAFF_BANDS = {"I": 3000, "II": 1000, "III": 500, "IV": 300, "V": 150}
"""Lowest number of staff of each group of public institutions in 2014 (acrc-s8)."""

POPULATION_LIMIT = 300_000
"""Basic local governments of this size or more were assessed in 2018 (acrc-s30)."""


def groups(institutions: pd.DataFrame) -> pd.DataFrame:
    """The group in which each institution is compared.

    Parameters
    ----------
    institutions : DataFrame
        ``institution_id``, ``type`` (central, metropolitan, basic, education, university, public medical,
        corporation), ``staff`` for corporations, ``population`` for basic local governments.

    Returns
    -------
    DataFrame
        Index ``institution_id``; columns ``group`` (missing when too small) and ``reason``.
    """
    input_checks.need_rows(institutions, ["institution_id", "type"], "institutions")
    input_checks.unique(institutions, ["institution_id"], "institutions")
    rows = institutions.set_index("institution_id")
    known = ("central", "metropolitan", "basic", "education", "university", "public medical", "corporation")
    for kind in rows["type"].unique():
        input_checks.choice(kind, known, "institutions, column type")
    group = rows["type"].astype(object)
    reason = pd.Series("", index=rows.index)
    corporations = rows["type"].eq("corporation")
    if corporations.any():
        input_checks.need_rows(institutions, ["staff"], "institutions")
        staff = pd.Series(
            input_checks.numbers(rows["staff"][corporations], "staff", low=0), rows.index[corporations]
        )
        floors = sorted(STAFF_BANDS.items(), key=lambda band: band[1])
        band = np.searchsorted([floor for _, floor in floors], staff, side="right") - 1
        names = [f"corporation {floors[i][0]}" if i >= 0 else None for i in band]
        group[corporations] = names
        reason[staff.index[band < 0]] = f"fewer than {floors[0][1]} staff"
    basic = rows["type"].eq("basic")
    if basic.any():
        input_checks.need_rows(institutions, ["population"], "institutions")
        small = basic & rows["population"].lt(POPULATION_LIMIT)
        group[small] = None
        reason[small] = f"population below {POPULATION_LIMIT:,}"
    return pd.DataFrame({"group": group, "reason": reason})


TIER_SHARES = (0.16, 0.20, 0.28, 0.20, 0.16)
"""Ours. In 2021 tier 1 held 15.8 % and tier 2 20.1 % of the bodies (acrc-s88); the cut-offs are not public."""


def tiers(scores: pd.Series, group: pd.Series, *, shares: Sequence[float] = TIER_SHARES) -> pd.Series:
    """Five tiers within each group by rank, 1 the best. OURS: only the shares of two tiers of one year are known.

    A body belongs to the tier in which the middle of its rank lies; equal scores share a tier.

    Raises
    ------
    InputError
        When shares do not sum to one, or all scores of a group are equal.
    """
    parts = input_checks.numbers(shares, "shares", low=0)
    if len(parts) != 5 or abs(parts.sum() - 1) > 1e-9:
        raise InputError(
            f"The five shares sum to {parts.sum():g}, not to 1.",
            where="shares",
            fix="Give five shares that add up to 1, such as 0.1, 0.2, 0.4, 0.2, 0.1.",
        )
    if not group.index.equals(scores.index):
        raise InputError(
            "Scores and groups are not about the same institutions.",
            where="tiers",
            fix="Give both the same index.",
        )
    input_checks.numbers(scores, "scores")
    by = scores.groupby(group, observed=True)
    flat = by.nunique().eq(1)
    if flat.any():
        raise InputError(
            f"The scores of the group {flat.idxmax()!r} do not differ, so they have no tiers.",
            where="tiers",
            fix="Join the group with a similar one.",
        )
    place = (by.rank(ascending=False, method="average") - 0.5) / by.transform("size")
    found = 1 + np.searchsorted(np.cumsum(parts)[:-1], place.to_numpy(), side="right")
    return pd.Series(found, index=scores.index, name="tier").astype("Int64").mask(group.isna())


# -- the year ------------------------------------------------------------------------------------------------------


def cycle() -> pd.DataFrame:
    """The yearly cycle as data, in order.

    Returns
    -------
    DataFrame
        Columns ``step``, ``start`` and ``end`` (month numbers; after December the months of the next year count 13
        and on), ``who``, ``status`` (``published``, or ``ours`` where only the order is known) and ``source``.
    """
    rows = [
        ("plan, indicators, briefing", 1, 3, "commission", "ours", ""),
        ("measures carried out, coaching", 4, 10, "agencies", "ours", ""),
        ("end of the performance window", 10, 10, "agencies", "published", "acrc-s8;acrc-s30"),
        ("evidence handed in", 11, 11, "agencies", "ours", "acrc-s30"),
        ("written scoring by a panel", 11, 12, "panel of staff and outsiders", "ours", "acrc-s30;acrc-s89"),
        ("site visits", 11, 12, "commission", "ours", "acrc-s30;acrc-s89"),
        ("objections, scoring, tiers", 12, 13, "panel and agencies", "ours", "acrc-s89"),
        ("results published", 13, 13, "commission", "published", "acrc-s89;acrc-s86;acrc-s87;acrc-s88"),
    ]
    return pd.DataFrame(rows, columns=["step", "start", "end", "who", "status", "source"])


# -- checks --------------------------------------------------------------------------------------------------------


def _tasks(initiatives: pd.DataFrame) -> pd.DataFrame:
    """The columns that evidence needs, checked."""
    needed = ["claimed_score", "evidence", "desk_score", "site_checked", "site_score"]
    input_checks.need_rows(initiatives, needed, "initiatives")
    rows = initiatives[needed].copy()
    for column in ("claimed_score", "desk_score", "site_score"):
        name = f"initiatives, column {column}"
        rows[column] = input_checks.numbers(
            rows[column], name, low=0, high=100, missing=column == "site_score"
        )
    rows["site_checked"] = input_checks.yes_no(rows["site_checked"], "site_checked")
    for value in rows["evidence"].unique():
        input_checks.choice(value, ("full", "partial", "none"), "initiatives, column evidence")
    blank = rows["site_checked"] & rows["site_score"].isna()
    if blank.any():
        raise InputError(
            "The task was visited, but the visit's score is missing.",
            where=f"initiatives, row {rows.index[int(np.argmax(blank.to_numpy()))]}",
            fix="Enter what the visit found, or set site_checked to False.",
        )
    return rows


def _credit(states: pd.Series, credit: Mapping[str, float]) -> pd.Series:
    absent = [state for state in STATES if state not in credit]
    if absent:
        raise InputError(
            f"There is no credit for {absent[0]!r}.", where="credit", fix="Give each state a credit."
        )
    for state in STATES:
        input_checks.share(credit[state], f"credit for {state}", ends=True)
    return states.astype(object).map(dict(credit)).astype(float)
