"""Where money can be lost in the life of a project: a model of stated assumptions, not an estimate of any city."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError


def simulate(
    ranges: Mapping[str, tuple[float, float, float]], draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the loss at each stage many times from a triangle of assumptions.

    Parameters
    ----------
    ranges : mapping of str to (low, likely, high)
        For each stage the smallest, the most likely and the largest loss, in per cent of what reaches the stage.
    draws : int
        Number of draws, 1 or more.
    rng : numpy Generator
        The source of randomness.

    Returns
    -------
    DataFrame
        One row for each draw; a column for each stage, the loss in per cent of the original budget, and ``total``.

    Raises
    ------
    InputError
        When a range is out of order or leaves 0 to 100.

    Notes
    -----
    A loss at one stage is taken from what the stages before it have left, so that the total can never exceed the
    budget. Triangular distributions say "between low and high, most likely near here" and nothing more.
    """
    input_checks.whole(draws, "draws")
    chance, left = Draws(rng), np.ones(draws)
    losses = {}
    for stage, (low, likely, high) in ranges.items():
        _need_order(stage, low, likely, high)
        share = chance.triangular(low, likely, high, draws) / 100
        losses[stage] = 100 * left * share
        left = left * (1 - share)
    table = pd.DataFrame(losses)
    table["total"] = table.sum(axis=1)
    return table


def share_of_variance(ranges: Mapping[str, tuple[float, float, float]]) -> pd.Series:
    """How much of the spread of the total each assumption explains on its own: first-order Sobol indices.

    Parameters
    ----------
    ranges : mapping of str to (low, likely, high)
        As for :func:`simulate`: for each stage its loss in per cent of what reaches the stage.

    Returns
    -------
    Series
        For each stage a share from 0 to 1, largest first. Together they stay a little below 1: the rest is explained
        by stages acting together. 0 for every stage when nothing varies.

    Raises
    ------
    InputError
        When a range is out of order or leaves 0 to 100.

    Notes
    -----
    The *money* lost at one stage depends on what the stages before it left, so a decomposition of those amounts would
    be wrong. The *ranges* are drawn independently of each other, and the total is ``1 - product of (1 - x)`` over the
    stages. For such a product the index ``Var(E[total | x]) / Var(total)`` of Sobol (saltelli-2010 defines it) has a
    closed form in the mean ``m`` and variance ``v`` of each ``1 - x``; nothing is simulated.

    >>> share_of_variance({"tender": (0, 3, 12), "payment": (1, 1, 1)}).round(2).to_dict()
    {'tender': 1.0, 'payment': 0.0}
    """
    mean, variance = {}, {}
    for stage, (low, likely, high) in ranges.items():
        _need_order(stage, low, likely, high)
        a, c, b = low / 100, likely / 100, high / 100
        mean[stage] = 1 - (a + b + c) / 3
        variance[stage] = ((b - a) ** 2 - (c - a) * (b - c)) / 18
    of_total = np.prod([mean[s] ** 2 + variance[s] for s in ranges]) - np.prod([mean[s] ** 2 for s in ranges])
    shares = {
        stage: variance[stage] * np.prod([mean[other] ** 2 for other in ranges if other != stage]) / of_total
        if variance[stage]
        else 0.0
        for stage in ranges
    }
    return pd.Series(shares, dtype=float).sort_values(ascending=False)


def _need_order(stage: str, low: float, likely: float, high: float) -> None:
    if not 0 <= low <= likely <= high <= 100:
        raise InputError(
            f"The range {low:g}, {likely:g}, {high:g} is not in order or leaves 0 to 100.",
            where=f"loss model, stage {stage}",
            fix="Give the smallest, the most likely and the largest loss in per cent.",
        )
