"""What a class learned: scores linked by a code, gain with its interval, difficulty and discrimination of items.

Answers are a table with one row per person, moment and item: ``code`` (text that the person made up), ``moment``
("before" or "after"), ``item``, ``objective``, ``right`` (True or False; an item that was left out counts as not right).
Nothing here knows who anybody is.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cleanworks import input_checks, wilson
from cleanworks.errors import InputError

MOMENTS = ("before", "after")
COLUMNS = ("code", "moment", "item", "objective", "right")
LEAST = 5
"""Groups smaller than this are not shown, if nothing else is said."""


LONGEST_CODE = 24


def tidy_code(text: str) -> str:
    """A code as it is compared: letters and digits of any script, in capitals, without spaces and signs."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LNM")[:LONGEST_CODE]


@dataclass(frozen=True)
class Estimate:
    """A mean or a share with its interval. ``n`` is the number of people behind it; bounds are NaN for too few."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if np.isnan(self.low):
            return f"{self.value:.2f} (n = {self.n}, too few for an interval)"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}] (n = {self.n})"


def share(right: int, n: int, confidence: float = 0.95) -> Estimate:
    """A share with its Wilson (1927) interval: ``right`` of ``n``."""
    if n < 0 or not 0 <= right <= n:
        raise InputError(
            f"{right} of {n} is not a share.",
            fix="Give two counts of 0 or more, the first no larger than the second.",
        )
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    low, high = wilson.interval(right / n, n, NormalDist().inv_cdf((1 + confidence) / 2))
    return Estimate(right / n, low, high, n)


def paired_gain(before: ArrayLike, after: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The mean of each person's own difference, with the interval of Student's t for pairs.

    ``before`` and ``after`` hold one number per person, in the same order; people without both are left out.
    """
    difference = np.asarray(after, float) - np.asarray(before, float)
    difference = difference[~np.isnan(difference)]
    n = difference.size
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    mean = float(difference.mean())
    if n < 2:
        return Estimate(mean, np.nan, np.nan, n)
    from scipy import stats

    width = stats.t.ppf((1 + confidence) / 2, n - 1) * difference.std(ddof=1) / np.sqrt(n)
    return Estimate(mean, mean - width, mean + width, n)


def unpaired_gain(before: ArrayLike, after: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The difference of two means when nobody can be linked (Welch). ``n`` counts the smaller group."""
    before, after = (_numbers(values) for values in (before, after))
    n = min(before.size, after.size)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    mean = float(after.mean() - before.mean())
    if n < 2:
        return Estimate(mean, np.nan, np.nan, n)
    parts = np.array([before.var(ddof=1) / before.size, after.var(ddof=1) / after.size])
    if not parts.sum():
        return Estimate(mean, mean, mean, n)
    freedom = parts.sum() ** 2 / (parts**2 / [before.size - 1, after.size - 1]).sum()
    from scipy import stats

    width = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(parts.sum())
    return Estimate(mean, mean - width, mean + width, n)


def scores(answers: pd.DataFrame) -> pd.DataFrame:
    """Share right of each person: one row per code, columns ``before`` and ``after`` (NaN where there is no test)."""
    table = _checked(answers).pivot_table(index="code", columns="moment", values="right", aggfunc="mean")
    return table.reindex(columns=list(MOMENTS))


def linked(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers of those who took both tests."""
    both = scores(answers).dropna().index
    return answers[answers["code"].isin(both)]


def gains(answers: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Gain per objective among those who answered it both times.

    Returns
    -------
    DataFrame, one row per objective in order of appearance: ``n``, ``before``, ``after`` (mean shares right of the same
    people), ``gain``, ``low``, ``high``. The intervals are each for itself: of twenty of them, one misses by chance.
    """
    answers = _checked(answers)
    own = answers.pivot_table(index=["objective", "code"], columns="moment", values="right", aggfunc="mean")
    own = own.reindex(columns=list(MOMENTS)).dropna()
    rows = []
    for objective in pd.unique(answers["objective"]):
        pairs = own.loc[[objective]] if objective in own.index.get_level_values(0) else own.iloc[:0]
        estimate = paired_gain(pairs["before"], pairs["after"], confidence)
        rows.append(
            (
                objective,
                estimate.n,
                pairs["before"].mean(),
                pairs["after"].mean(),
                estimate.value,
                estimate.low,
                estimate.high,
            )
        )
    columns = ["objective", "n", "before", "after", "gain", "low", "high"]
    return pd.DataFrame(rows, columns=columns).set_index("objective")


def items(answers: pd.DataFrame, moment: str = "after", confidence: float = 0.95) -> pd.DataFrame:
    """Difficulty and discrimination of every item of one test.

    Returns
    -------
    DataFrame, one row per item: ``objective``, ``n``, ``right`` (share right, so that a high number is an easy item),
    ``low``, ``high`` (Wilson), ``discrimination``: the correlation of the item with the share right on the person's
    *other* items (NaN when everybody gave the same answer or nobody has other items).
    """
    taken = _checked(answers)
    taken = taken[taken["moment"] == moment]
    wide = taken.pivot_table(index="code", columns="item", values="right", aggfunc="mean")
    answered = wide.notna().sum(axis=1)
    total = wide.sum(axis=1)
    objective = taken.drop_duplicates("item").set_index("item")["objective"]
    rows = []
    for item in pd.unique(taken["item"]):
        right = wide[item].dropna()
        others = (total - wide[item]) / (answered - 1).where(answered > 1)
        estimate = share(int(right.sum()), len(right), confidence)
        rows.append(
            (
                item,
                objective[item],
                estimate.n,
                estimate.value,
                estimate.low,
                estimate.high,
                _correlation(right, others[right.index]),
            )
        )
    columns = ["item", "objective", "n", "right", "low", "high", "discrimination"]
    return pd.DataFrame(rows, columns=columns).set_index("item")


def stayed(answers: pd.DataFrame) -> pd.DataFrame:
    """Who took which test, and how each group did before: rows ``both``, ``only before``, ``only after``."""
    table = scores(answers)
    groups = {
        "both": table.dropna(),
        "only before": table[table["after"].isna()],
        "only after": table[table["before"].isna()],
    }
    rows = [
        (name, len(group), group["before"].mean(), group["after"].mean()) for name, group in groups.items()
    ]
    return pd.DataFrame(rows, columns=["took", "people", "before", "after"]).set_index("took")


def share_of_possible(before: ArrayLike, after: ArrayLike) -> float:
    """How much of what was still to be learned was learned: mean gain over mean distance to the full score.

    NaN when everybody had the full score before.
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    both = ~(np.isnan(before) | np.isnan(after))
    left = (1 - before[both]).sum()
    return float((after[both] - before[both]).sum() / left) if left > 0 else float("nan")


def hidden(counts: ArrayLike, least: int = LEAST, *, total_shown: bool = True) -> np.ndarray:
    """Which cells of a row of counts must not be shown.

    A count of 1 to ``least - 1`` is hidden. When the total is shown and the hidden cells together still are fewer than
    ``least``, the next smallest cell is hidden as well, because a total minus the rest gives a hidden cell away.

    Returns
    -------
    array of bool, as long as ``counts``
    """
    counts = np.asarray(counts)
    input_checks.whole(least, "least")
    hide = (counts > 0) & (counts < least)
    if not total_shown or not hide.any():
        return hide
    order = np.argsort(np.where(counts > 0, counts, np.inf), kind="stable")
    for position in order:
        if hide.sum() > 1 and counts[hide].sum() >= least:
            break
        if counts[position] > 0:
            hide[position] = True
    if hide.sum() == 1:  # all the others are zero, and the zeros would tell
        hide[:] = True
    return hide


def _numbers(values: ArrayLike) -> np.ndarray:
    numbers = np.asarray(values, float)
    known: np.ndarray = numbers[~np.isnan(numbers)]
    return known


def _correlation(first: pd.Series, second: pd.Series) -> float:
    both = first.notna() & second.notna()
    first, second = first[both].to_numpy(float), second[both].to_numpy(float)
    if first.size < 3 or not np.ptp(first) or not np.ptp(second):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _checked(answers: pd.DataFrame) -> pd.DataFrame:
    missing = [column for column in COLUMNS if column not in answers.columns]
    if missing:
        raise InputError(
            f"The answers have no column {missing[0]!r}.", fix=f"Their columns are {', '.join(COLUMNS)}."
        )
    strange = ~answers["moment"].isin(MOMENTS)
    if strange.any():
        raise InputError(
            f"{answers.loc[strange, 'moment'].iloc[0]!r} is not a moment.",
            where="moment",
            fix="Write before or after.",
        )
    return answers.assign(right=answers["right"].astype(float))
