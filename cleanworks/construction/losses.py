"""Where money can be lost in the life of a project: a model of stated assumptions, not an estimate of any city."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cleanworks.errors import InputError

STAGES = ("planning", "design", "tender", "construction", "payment")


def simulate(ranges: Mapping[str, tuple[float, float, float]], draws: int, rng: np.random.Generator) -> pd.DataFrame:
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
    if draws < 1:
        raise InputError(f"{draws} draws were asked for.", where="loss model", fix="Ask for 1 or more.")
    left = np.ones(draws)
    losses = {}
    for stage, (low, likely, high) in ranges.items():
        if not 0 <= low <= likely <= high <= 100:
            raise InputError(
                f"The range {low:g}, {likely:g}, {high:g} is not in order or leaves 0 to 100.",
                where=f"loss model, stage {stage}",
                fix="Give the smallest, the most likely and the largest loss in per cent.",
            )
        share = np.full(draws, low / 100) if low == high else rng.triangular(low, likely, high, draws) / 100
        losses[stage] = 100 * left * share
        left = left * (1 - share)
    table = pd.DataFrame(losses)
    table["total"] = table.sum(axis=1)
    return table


def share_of_variance(draws: pd.DataFrame) -> pd.Series:
    """How much of the spread of the total each stage explains: squared rank correlations, scaled to add up to 1.

    ``draws`` is the table of :func:`simulate`. With independent stages and a nearly additive total this orders the
    stages by what a better guess would be worth.
    """
    ranks = draws.rank()
    squared = ranks.drop(columns="total").corrwith(ranks["total"]).fillna(0.0) ** 2
    return (squared / squared.sum()).sort_values(ascending=False)
