"""Measuring transparency: an index of four dimensions, how far its ranking depends on the weights, and assurance by sampling.

CoST's Infrastructure Transparency Index has four dimensions and scores each procuring entity from 0 to 100 by weighted sums
(ccs-s79, ccs-s80). It is explicitly not a measure of corruption, not an audit and not a perception index. Its weights were not found
in the sources we could read: weights are a parameter here, and the equal weights of the default are **illustrative**.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError

DIMENSIONS = ("enabling_environment", "capacities_and_processes", "citizen_participation", "data_publication")
EQUAL_WEIGHTS = {
    dimension: 0.25 for dimension in DIMENSIONS
}  # illustrative: the published weights were not found


def index(scores: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.Series:
    """The weighted sum of the dimensions, 0 to 100.

    Parameters
    ----------
    scores : DataFrame
        One row per entity; one column per dimension, 0 to 100.
    weights : mapping, optional
        Dimension -> weight, 0 or more. They are divided by their sum. Without it: equal, illustrative.

    Returns
    -------
    Series
        0 to 100, in the order of ``scores``. An entity with a missing dimension has no index: filling it in would be a guess.

    Raises
    ------
    InputError
        A dimension without a column, a score outside 0 to 100, or weights that are negative or all zero.
    """
    shares = _weights(weights)
    input_checks.need_columns(scores, list(shares.index), "scores")
    _scores_in_range(scores[list(shares.index)])
    return scores[list(shares.index)].mul(shares).sum(axis=1, skipna=False).rename("index")


def ranks(values: pd.Series) -> pd.Series:
    """Place of each entity, 1 is best; equal values share the better place."""
    return values.rank(ascending=False, method="min")


def rank_sensitivity(
    scores: pd.DataFrame,
    generator: np.random.Generator,
    draws: int = 1000,
    weights: Mapping[str, float] | None = None,
    concentration: float | None = None,
) -> pd.DataFrame:
    """How far the ranking depends on the weights: draw many sets of weights and rank under each.

    Parameters
    ----------
    scores : DataFrame
        As for `index`.
    generator : numpy Generator
        Where the randomness comes from.
    draws : int
        Number of sets of weights.
    weights : mapping, optional
        The middle around which weights are drawn, when ``concentration`` is given.
    concentration : float, optional
        Without it, all weights that add up to 1 are equally likely (Dirichlet with parameters 1). With it, the parameters are
        ``concentration * weights``: 100 keeps the draws near the weights, 4 lets them wander.

    Returns
    -------
    DataFrame
        Per entity ``rank`` (with ``weights``), ``best``, ``worst``, ``low`` and ``high`` (the middle 90 % of ranks), and
        ``share_first`` (share of draws in which it came first), sorted by ``rank``.
    """
    input_checks.whole(draws, "draws")
    middle = _weights(weights)
    total = index(scores, weights)
    alpha = np.ones(len(middle)) if concentration is None else np.asarray(middle) * concentration
    if (alpha <= 0).any():
        raise InputError(
            "A weight of 0 cannot be varied.", where="weights", fix="Leave that dimension out of the scores."
        )
    drawn = Draws(generator).dirichlet(alpha, draws)
    values = scores[list(middle.index)].to_numpy(dtype=float) @ drawn.T  # entities x draws
    places = pd.DataFrame(values, index=scores.index).rank(ascending=False, method="min")
    table = pd.DataFrame(
        {
            "rank": ranks(total),
            "best": places.min(axis=1),
            "worst": places.max(axis=1),
            "low": places.quantile(0.05, axis=1),
            "high": places.quantile(0.95, axis=1),
            "share_first": (places == 1).mean(axis=1),
        }
    )
    return table.sort_values("rank", kind="stable")


# Assurance: how many projects must be checked ------------------------------------------------------------------------------


def sample_for_share(projects: int, margin: float, confidence: float = 0.95, expected: float = 0.5) -> int:
    """How many projects to check to know a share (for example of projects whose published data are right).

    Parameters
    ----------
    projects : int
        All projects there are.
    margin : float
        Half-width of the interval, a share: 0.05 is plus or minus 5 points.
    confidence : float
        0.95 as a rule.
    expected : float
        The share one expects; 0.5 is the safe choice.

    Returns
    -------
    int
        n = n0 / (1 + (n0 - 1) / N) with n0 = z^2 p (1 - p) / margin^2, rounded up: simple random sampling without replacement.

    Notes
    -----
    L. Kish, Survey Sampling (kish-1965): finite population correction.
    """
    projects = input_checks.whole(projects, "projects", least=0)
    for name, value in (("margin", margin), ("confidence", confidence), ("expected", expected)):
        input_checks.share(value, name, ends=True)
    if margin == 0 or confidence in (0, 1):
        raise InputError(
            "No sample gives certainty.",
            where="margin or confidence",
            fix="Give a margin above 0 and a confidence below 1.",
        )
    if projects == 0:
        return 0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    first = z**2 * expected * (1 - expected) / margin**2
    needed = first / (1 + (first - 1) / projects) if first >= 1 else 1.0
    return min(projects, int(np.ceil(needed - 1e-9)))


def chance_of_finding(projects: int, faulty: int, checked: int) -> float:
    """Probability that a random check of ``checked`` projects meets at least one of the ``faulty`` ones (hypergeometric)."""
    projects, faulty, checked = (
        input_checks.whole(v, n, least=0)
        for v, n in ((projects, "projects"), (faulty, "faulty"), (checked, "checked"))
    )
    if faulty > projects or checked > projects:
        raise InputError(
            f"{max(faulty, checked)} projects cannot be drawn from {projects}.",
            where="projects",
            fix="Check the three numbers.",
        )
    return 1 - math.comb(projects - faulty, checked) / math.comb(projects, checked)


def sample_to_find(projects: int, faulty: int, chance: float = 0.95) -> int:
    """How many projects to check at random so that one of the faulty ones is met with this chance.

    Returns
    -------
    int
        The smallest such number.

    Raises
    ------
    InputError
        No faulty project: then no number of checks finds one.
    """
    input_checks.share(chance, "chance", ends=True)
    if input_checks.whole(faulty, "faulty", least=0) == 0:
        raise InputError(
            "There is nothing to find.",
            where="faulty",
            fix="Give the number of faulty projects you would not want to miss.",
        )
    low, high = 0, input_checks.whole(projects, "projects", least=0) - faulty + 1
    while low < high:
        middle = (low + high) // 2
        if chance_of_finding(projects, faulty, middle) >= chance:
            high = middle
        else:
            low = middle + 1
    return low


def _weights(weights: Mapping[str, float] | pd.Series | None) -> pd.Series:
    given = pd.Series(EQUAL_WEIGHTS if weights is None else dict(weights), dtype=float)
    if given.isna().any() or (given < 0).any() or given.sum() <= 0:
        raise InputError(
            "Weights must be 0 or more, and not all 0.",
            where="weights",
            fix=f"Give one for each of: {', '.join(given.index)}.",
        )
    return given / given.sum()


def _scores_in_range(scores: pd.DataFrame) -> None:
    wrong = (scores < 0) | (scores > 100)
    if wrong.to_numpy().any():
        row, column = next(zip(*np.nonzero(wrong.to_numpy()), strict=True))
        raise InputError(
            f"A score must lie between 0 and 100, and this one is {scores.iat[row, column]}.",
            where=f"scores, row {scores.index[row]}, column {scores.columns[column]}",
            fix="Bring every dimension to 0-100 first.",
        )
