"""Grades and ranks: five bands around the mean, and how sure a rank is.

Grades run from 1 (best) to 5. The published cut-offs of 2015 for 17 councils are the mean plus and minus 0.5 and 1.5
times 0.29 (acrc-s6, acrc-s7); that 0.29 is their standard deviation is our inference, supported by the statement that
grades use mean and standard deviation (acrc-s64, acrc-s65).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cleanworks import input_checks, shown
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.integrity._quantiles import NORMAL

EDGES = (-1.5, -0.5, 0.5, 1.5)
"""Edges of the five bands in standard deviations from the mean."""


def cut_offs(mean: float, sd: float, *, decimals: int = 2) -> pd.Series:
    """The lowest score of grades 1 to 4; anything lower is grade 5.

    A score is printed with ``decimals`` decimals, so the lowest score of a band is the first printable one that
    reaches its edge: with mean 6.02 and SD 0.29 these are 6.46, 6.17, 5.88 and 5.59, as published for 2015.
    """
    _check_spread(sd)
    unit = 10**decimals
    # The inner rounding removes what binary fractions add: 6.02 - 0.145 must be 5.875, not 5.8750000001.
    lowest = [math.ceil(round((mean + edge * sd) * unit, 6)) / unit for edge in reversed(EDGES)]
    shown.offer()
    return pd.Series(lowest, index=pd.Index([1, 2, 3, 4], name="grade"), name="lowest score")


def grade(scores: pd.Series, groups: pd.Series | None = None) -> pd.Series:
    """Grade every institution 1 (best) to 5 by its distance from the mean of its group.

    Parameters
    ----------
    scores : Series
        One score for each institution; a missing score gets a missing grade.
    groups : Series, optional
        The type of each institution, same index: grading is within type (acrc-s62, acrc-s63). Without it all
        institutions form one group.

    Returns
    -------
    Series
        ``Int64``, index as ``scores``. The standard deviation is that of the whole group (divided by n), since a
        group is not a sample; the sources do not say which one is used.

    Raises
    ------
    InputError
        When all scores of a group are equal, or a group has fewer than two.
    """
    if groups is None:
        groups = pd.Series("all", index=scores.index)
    by = scores.groupby(groups, observed=True)
    for name, members in by:
        if members.notna().sum() < 2 or members.std(ddof=0) == 0:
            raise InputError(
                f"The scores of the group {name!r} do not differ, so they have no grades.",
                where="grade",
                fix="Join the group with a similar one.",
            )
    z = (scores - by.transform("mean")) / by.transform("std", ddof=0)
    bands = 5 - np.searchsorted(EDGES, z.fillna(0).to_numpy(), side="right")
    shown.offer()
    return pd.Series(bands, index=scores.index, name="grade").astype("Int64").mask(scores.isna())


def normal_shares() -> pd.Series:
    """The share of each grade if scores followed a normal distribution: 6.7, 24.2, 38.3, 24.2 and 6.7 %."""
    edges = [0.0, *(NORMAL.cdf(edge) for edge in EDGES), 1.0]
    return pd.Series(np.diff(edges)[::-1], index=pd.RangeIndex(1, 6, name="grade"), name="share")


def ranks(scores: pd.Series, groups: pd.Series | None = None) -> pd.Series:
    """Rank 1 is the best score; equal scores share the better rank; within groups when given."""
    ordered = scores if groups is None else scores.groupby(groups, observed=True)
    return ordered.rank(ascending=False, method="min").rename("rank")


def rank_intervals(
    scores: pd.Series,
    errors: pd.Series,
    rng: np.random.Generator | Draws,
    *,
    draws: int = 1000,
    level: float = 0.90,
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """How far each rank would move if the survey were taken again, by simulation.

    Each draw adds to every score a normal error of its own standard error, and ranks again.

    Parameters
    ----------
    scores, errors : Series
        One score and one standard error for each institution, same index, none missing.
    rng : numpy.random.Generator
        The source of chance, so that a result can be repeated.
    draws : int
        Number of simulated surveys.
    level : float
        Share of the draws that the interval holds.
    groups : Series, optional
        Rank within these.

    Returns
    -------
    DataFrame
        Columns ``rank``, ``low`` (best rank of the interval), ``high`` (worst), index as ``scores``.
    """
    if not errors.index.equals(scores.index):
        raise InputError(
            "Scores and errors are not about the same institutions.",
            where="rank_intervals",
            fix="Give both the same index.",
        )
    if scores.isna().any() or errors.isna().any() or (errors < 0).any():
        raise InputError(
            "A score or a standard error is missing or below zero.",
            where="rank_intervals",
            fix="Leave out bodies with one respondent, or pool years.",
        )
    if not 0 < level < 1 or draws < 2:
        raise InputError(
            "The level must lie between 0 and 1, and there must be two draws or more.",
            where="rank_intervals",
            fix="Write 95 % as 0.95, and ask for 1000 draws.",
        )
    simulated = scores.to_numpy(float) + input_checks.generator(rng).standard_normal(
        (draws, len(scores))
    ) * errors.to_numpy(float)
    labels = np.zeros(len(scores), dtype=np.intp) if groups is None else pd.factorize(groups)[0]
    drawn = np.empty_like(simulated)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        order = np.argsort(-simulated[:, members], axis=1)
        np.put_along_axis(
            drawn, members[order], np.broadcast_to(np.arange(1.0, len(members) + 1), order.shape), axis=1
        )
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0, method="inverted_cdf")
    found = pd.DataFrame({"low": low.astype("int64"), "high": high.astype("int64")}, index=scores.index)
    found.insert(0, "rank", ranks(scores, groups).astype("int64"))
    shown.offer()
    return found


def _check_spread(sd: float) -> None:
    if not sd > 0:
        raise InputError(
            f"The standard deviation is {sd}.",
            where="cut_offs",
            fix="It must be above zero: when all scores are equal there are no grades.",
        )
