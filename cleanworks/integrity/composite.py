"""Composite indicators: normalise, weight, aggregate, and show how much the choices matter.

Follows the order of the OECD/JRC handbook (oecd-jrc-2008, acrc-s151); formulas as in acrc-s152. Uncertainty by Monte
Carlo over the choices and variance-based sensitivity as proposed by saisana-2005; estimators of saltelli-2010 and
jansen-1999. The Corruption Perceptions Index follows acrc-s10.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.integrity._quantiles import two_sided
from cleanworks.integrity.estimates import Estimate
from cleanworks.integrity.grades import EDGES

# -- normalise -----------------------------------------------------------------------------------------------------

NORMALISATIONS = ("min-max", "goalposts", "z-score", "rank", "percentile")


def normalise(
    table: pd.DataFrame,
    method: str = "min-max",
    *,
    negative: Sequence[str] = (),
    goalposts: Mapping[str, tuple[float, float]] | None = None,
    within: pd.Series | None = None,
) -> pd.DataFrame:
    """Bring indicators to one scale on which more is better.

    Parameters
    ----------
    table : DataFrame
        One row for each unit (for a panel: unit and year), one column for each indicator; nothing missing.
    method : str
        ``"min-max"`` (0 to 100), ``"goalposts"`` (0 to 100 between limits declared before, cut at both ends),
        ``"z-score"`` (mean 50, standard deviation 10), ``"rank"`` (1 the worst; ties share the mean),
        ``"percentile"`` (share of units at or below, 0 to 100).
    negative : sequence of str
        Indicators of which more is worse.
    goalposts : mapping
        ``(worst, best)`` of each indicator, in the order of their meaning: for a negative indicator worst is larger.
    within : Series, optional
        Normalise inside each of these groups. By default all rows together, which a panel needs: inside each year the
        best unit gets 100 every year and trends vanish.

    Raises
    ------
    InputError
        For a missing value, or an indicator whose values are all equal: it tells units apart by nothing.
    """
    input_checks.choice(method, NORMALISATIONS, "method of normalisation")
    values = _matrix(table, "indicators")
    unknown = [name for name in negative if name not in table]
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is not an indicator.", where="negative", fix="Name columns of the table."
        )
    if method == "goalposts":
        return _between(table, values, goalposts)
    sign = np.where([name in set(negative) for name in table], -1.0, 1.0)
    if within is None:
        codes = np.zeros(len(table), dtype=np.intp)
    else:
        if not within.index.equals(table.index):
            raise InputError(
                "The groups are not about these rows.",
                where="within",
                fix="Give one group for each row, under the same index.",
            )
        codes = pd.factorize(within)[0]
    found = np.empty_like(values)
    for code in np.unique(codes):
        rows = codes == code
        found[rows] = _rescale(values[rows] * sign, method, table.columns)
    return pd.DataFrame(found, index=table.index, columns=table.columns)


def _rescale(values: np.ndarray, method: str, names: Sequence[str]) -> np.ndarray:
    flat = np.ptp(values, axis=0) == 0
    if flat.any():
        raise InputError(
            f"All values of {names[int(np.argmax(flat))]!r} are equal.",
            where="indicators",
            fix="Leave the indicator out, or normalise over more years.",
        )
    if method == "min-max":
        low = values.min(axis=0)
        return 100 * (values - low) / (values.max(axis=0) - low)
    if method == "z-score":
        return 50 + 10 * (values - values.mean(axis=0)) / values.std(axis=0)
    if method == "rank":
        return pd.DataFrame(values).rank().to_numpy()
    return 100 * pd.DataFrame(values).rank(method="max").to_numpy() / len(values)


def _between(
    table: pd.DataFrame, values: np.ndarray, goalposts: Mapping[str, tuple[float, float]] | None
) -> pd.DataFrame:
    if goalposts is None or any(name not in goalposts for name in table):
        absent = next((name for name in table if name not in (goalposts or {})), "")
        raise InputError(
            f"There are no goalposts for {absent!r}.", where="goalposts", fix="Give (worst, best)."
        )
    worst, best = np.array([goalposts[name] for name in table], dtype=float).T
    if (worst == best).any():
        raise InputError(
            f"Both goalposts of {table.columns[int(np.argmax(worst == best))]!r} are equal.",
            fix="Give two different values: (worst, best).",
        )
    found = (100 * (values - worst) / (best - worst)).clip(0, 100)
    return pd.DataFrame(found, index=table.index, columns=table.columns)


def winsorise(table: pd.DataFrame, points: int) -> pd.DataFrame:
    """Pull the ``points`` most extreme values at each end of an indicator to the next one (acrc-s152)."""
    values = _matrix(table, "indicators")
    number = input_checks.whole(points, "points", least=0)
    if 2 * number >= len(values):
        raise InputError(
            f"{number} points at each end of {len(values)} units.",
            where="points",
            fix="Ask for fewer points than there are units, at least 1.",
        )
    ordered = np.sort(values, axis=0)
    return table.clip(ordered[number], ordered[len(values) - 1 - number], axis=1)


# -- weights -------------------------------------------------------------------------------------------------------


def given_weights(weights: Mapping[str, float], indicators: Sequence[str]) -> pd.Series:
    """Weights chosen by people: one for each indicator, none negative, sum 1 (or 100)."""
    chosen = pd.Series(dict(weights), dtype=float)
    absent = [name for name in indicators if name not in chosen.index]
    unknown = [name for name in chosen.index if name not in list(indicators)]
    if absent or unknown:
        name = absent[0] if absent else unknown[0]
        raise InputError(
            f"Weights and indicators do not match at {name!r}.",
            where="weights",
            fix="Give one weight for each indicator.",
        )
    input_checks.numbers(chosen, "weights", low=0)
    total = chosen.sum()
    if not (abs(total - 1) < 1e-9 or abs(total - 100) < 1e-7):
        raise InputError(
            f"The weights sum to {total:.6g}, neither to 1 nor to 100.",
            where="weights",
            fix="Divide each by their sum, or correct the one that is wrong.",
        )
    return (chosen[list(indicators)] / total).rename("weight")


def equal_weights(indicators: Sequence[str]) -> pd.Series:
    """The same weight for every indicator; also a choice, and not a neutral one when some overlap."""
    names = list(indicators)
    if not names:
        raise InputError(
            "There are no indicators.", where="weights", fix="Pass a table with at least one column."
        )
    return pd.Series(1 / len(names), index=names, name="weight")


# -- aggregate -----------------------------------------------------------------------------------------------------

AGGREGATIONS = ("arithmetic", "geometric", "harmonic")


def aggregate(table: pd.DataFrame, weights: pd.Series, method: str = "arithmetic") -> pd.Series:
    """One score for each unit from normalised indicators.

    ``"arithmetic"`` lets a good indicator make up for a bad one fully: (0, 10) equals (5, 5). ``"geometric"``
    (``prod x^w``) and ``"harmonic"`` (``1 / sum w/x``) do so less and less; both need values above zero.

    Raises
    ------
    InputError
        When weights do not match or do not sum to one, or a value is zero or below where logarithms are taken.
    """
    input_checks.choice(method, AGGREGATIONS, "method of aggregation")
    values = _matrix(table, "indicators")
    shares = given_weights(weights, table.columns).to_numpy()
    if method != "arithmetic":
        low = (values <= 0) & (shares > 0)
        if low.any():
            row, column = np.argwhere(low)[0]
            raise InputError(
                f"The value {values[row, column]:g} cannot enter a {method} mean.",
                where=f"row {table.index[row]}, indicator {table.columns[column]}",
                fix="Shift the scale, for example to 1 to 100 with floor().",
            )
    return pd.Series(_combine(values, shares, method), index=table.index, name="score")


def floor(table: pd.DataFrame, lowest: float = 1.0) -> pd.DataFrame:
    """Squeeze a scale of 0 to 100 into ``lowest`` to 100, so that geometric means exist. The choice of floor is ours."""
    values = _matrix(table, "indicators")
    if (values < 0).any() or (values > 100).any():
        raise InputError("Values lie outside 0 to 100.", where="indicators", fix="Normalise first.")
    low = input_checks.positive(lowest, "lowest")
    return low + table * (100 - low) / 100


def _combine(values: np.ndarray, weights: np.ndarray, method: str) -> np.ndarray:
    if method == "arithmetic":
        return values @ weights
    used = weights > 0
    if method == "geometric":
        return np.exp(np.log(values[:, used]) @ weights[used])
    return 1 / ((1 / values[:, used]) @ weights[used])


# -- uncertainty ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choices:
    """What a Monte Carlo may choose from; each is drawn evenly and independently (acrc-s152).

    Attributes
    ----------
    normalisations : sequence of str
        Of ``"min-max"``, ``"z-score"``, ``"rank"``, ``"percentile"``.
    aggregations : sequence of str
    noise : float
        Each weight is multiplied by an even draw from 1 - noise to 1 + noise, then all are divided by their sum.
    winsor : int
        Between 0 and so many extreme points are pulled in at each end.
    leave_out : bool
        In each draw leave out one indicator, or none (as likely as each).
    """

    normalisations: Sequence[str] = ("min-max", "z-score")
    aggregations: Sequence[str] = ("arithmetic", "geometric")
    noise: float = 0.25
    winsor: int = 5
    leave_out: bool = False

    def __post_init__(self) -> None:
        for name in self.normalisations:
            input_checks.choice(name, ("min-max", "z-score", "rank", "percentile"), "choices, normalisations")
        for name in self.aggregations:
            input_checks.choice(name, AGGREGATIONS, "choices, aggregations")
        if not self.normalisations or not self.aggregations:
            raise InputError(
                "There is nothing to choose from.", where="choices", fix="Give at least one choice."
            )
        input_checks.share(self.noise, "choices, noise", ends=True)
        input_checks.whole(self.winsor, "choices, winsor", least=0)

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the numbers between 0 and 1 that fix one set of choices, in order, without weights."""
        return ("normalisation", "aggregation", "winsorising", "indicator left out")


class _Indices:
    """Scores for many draws; normalised tables are computed once for each combination of choices."""

    def __init__(
        self, table: pd.DataFrame, weights: pd.Series, choices: Choices, negative: Sequence[str]
    ) -> None:
        self.table, self.choices, self.negative = table, choices, negative
        self.weights = given_weights(weights, table.columns).to_numpy()
        if choices.leave_out and table.shape[1] < 3:
            raise InputError(
                "Leaving one out needs three indicators or more.",
                where="choices",
                fix="Pass three indicators or more, or do not vary which are included.",
            )
        self.known: dict[tuple[str, int], np.ndarray] = {}

    def scores(self, draw: np.ndarray) -> np.ndarray:
        choices, k = self.choices, self.table.shape[1]
        method = _pick(choices.normalisations, draw[0])
        rule = _pick(choices.aggregations, draw[1])
        points = _pick(range(choices.winsor + 1), draw[2])
        weights = self.weights * (1 + choices.noise * (2 * draw[4:] - 1))
        if choices.leave_out:
            out = _pick(range(k + 1), draw[3])
            weights = np.where(np.arange(k) == out, 0.0, weights)
        if weights.sum() == 0:
            weights = self.weights
        return _combine(self.normalised(method, points), weights / weights.sum(), rule)

    def normalised(self, method: str, points: int) -> np.ndarray:
        if (method, points) not in self.known:
            values = normalise(winsorise(self.table, points), method, negative=self.negative).to_numpy()
            # Geometric means need values above zero: every scale is brought to 1 to 100.
            low, high = values.min(axis=0), values.max(axis=0)
            scale = (low, high) if method == "min-max" else (values.min(), values.max())
            self.known[method, points] = 1 + 99 * (values - scale[0]) / (scale[1] - scale[0])
        return self.known[method, points]


_Option = TypeVar("_Option")


def _pick(options: Sequence[_Option], number: float) -> _Option:
    return options[min(int(number * len(options)), len(options) - 1)]


def monte_carlo_ranks(
    table: pd.DataFrame,
    weights: pd.Series,
    rng: np.random.Generator | Draws,
    *,
    choices: Choices | None = None,
    draws: int = 1000,
    negative: Sequence[str] = (),
) -> pd.DataFrame:
    """How far ranks move when the choices behind an index are drawn by lot.

    Parameters
    ----------
    table : DataFrame
        Indicators before normalisation, one row for each unit.
    weights : Series
        The weights at the centre; they sum to one.

    Returns
    -------
    DataFrame
        Index as ``table``; ``rank`` (min-max or the first normalisation, first aggregation, given weights), ``median``,
        ``low`` and ``high`` (5 % and 95 %; 1 is the best).
    """
    rng = input_checks.generator(rng)
    options = choices or Choices()
    number = input_checks.whole(draws, "draws")
    indices = _Indices(table, weights, options, negative)
    size = len(options.factors) + table.shape[1]
    base = indices.scores(np.concatenate([[0, 0, 0, 1 - 1e-12], np.full(table.shape[1], 0.5)]))
    drawn = np.empty((number, len(table)), dtype=np.float32)
    for i, draw in enumerate(rng.random((number, size))):
        drawn[i] = _ranks(indices.scores(draw))
    low, median, high = np.quantile(drawn, [0.05, 0.5, 0.95], axis=0, method="inverted_cdf")
    return pd.DataFrame(
        {"rank": _ranks(base), "median": median, "low": low, "high": high}, index=table.index
    ).astype("int64")


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Ranks, 1 the best; equal scores share the better rank."""
    worst_first = -np.round(scores, 9)
    return 1 + np.searchsorted(np.sort(worst_first), worst_first)


# -- sensitivity ---------------------------------------------------------------------------------------------------


def sobol_indices(
    function: Callable[[np.ndarray], np.ndarray],
    names: Sequence[str],
    n: int,
    rng: np.random.Generator | Draws,
) -> pd.DataFrame:
    """First-order and total sensitivity of a function of numbers between 0 and 1.

    Parameters
    ----------
    function : callable
        Takes an array of shape (m, k), gives m numbers. It is called on ``n * (k + 2)`` rows.
    names : sequence of str
        The k factors.
    n : int
        Base sample, a power of two: a Sobol sequence is used.

    Returns
    -------
    DataFrame
        Index the factors; ``first`` (share of the variance that this factor explains alone) and ``total`` (with all
        its interactions). Estimates can be a little below zero: simulation error.
    """
    rng = input_checks.generator(rng)
    number, k = input_checks.whole(n, "n", least=2), len(names)
    if number & (number - 1):
        raise InputError(
            f"{number} is not a power of two.", where="n", fix="A Sobol sequence needs 256, 512, 1024 ..."
        )
    from scipy.stats import qmc

    both = qmc.Sobol(2 * k, seed=rng.generator).random(number)
    a, b = both[:, :k], both[:, k:]
    mixed = np.repeat(a[None], k, axis=0)
    for i in range(k):
        mixed[i, :, i] = b[:, i]
    results = np.asarray(function(np.concatenate([a, b, *mixed])), dtype=float)
    if results.shape != (number * (k + 2),):
        raise InputError(
            "The function must give one number for each row.",
            where="sobol_indices",
            fix="Return an array as long as the table of choices.",
        )
    parts = results.reshape(k + 2, number)
    return sensitivity(parts[0], parts[1], parts[2:], names)


def sensitivity(
    at_a: np.ndarray, at_b: np.ndarray, at_mixed: np.ndarray, names: Sequence[str]
) -> pd.DataFrame:
    """Sensitivity indices from results on two samples and on A with one column from B.

    ``first = mean(f_B (f_ABi - f_A)) / V`` (saltelli-2010) and ``total = mean((f_A - f_ABi)^2) / (2 V)``
    (jansen-1999), results centred first.

    Parameters
    ----------
    at_a, at_b : arrays of shape (n,)
    at_mixed : array of shape (k, n)
    """
    a = input_checks.numbers(at_a, "results on A")
    b = input_checks.numbers(at_b, "results on B")
    mixed = np.asarray(at_mixed, dtype=float)
    if mixed.shape != (len(names), len(a)) or len(b) != len(a):
        raise InputError(
            f"The results have the shape {mixed.shape}, which does not fit {len(names)} factors.",
            where="sensitivity",
            fix="Give one column of results for each factor.",
        )
    together = np.concatenate([a, b])
    spread = together.var()
    if spread == 0:
        raise InputError(
            "The result never changes, so no factor can be said to matter.",
            where="sensitivity",
            fix="Widen the choices.",
        )
    # The mean of all results is taken off first, as SALib does: the estimator of `first` depends on it.
    centre = np.concatenate([together, mixed.ravel()]).mean()
    first = ((b - centre) * (mixed - a)).mean(axis=1) / spread
    total = ((a - mixed) ** 2).mean(axis=1) / (2 * spread)
    return pd.DataFrame({"first": first, "total": total}, index=pd.Index(names, name="factor"))


def rank_sensitivity(
    table: pd.DataFrame,
    weights: pd.Series,
    rng: np.random.Generator | Draws,
    *,
    choices: Choices | None = None,
    n: int = 512,
    negative: Sequence[str] = (),
) -> pd.DataFrame:
    """Which choice moves the ranks: sensitivity of the mean absolute shift in rank (saisana-2005).

    Returns
    -------
    DataFrame
        As :func:`sobol_indices`; factors are the choices and ``weight of ...`` each indicator.
    """
    input_checks.need_columns(table, (), "table")
    options = choices or Choices()
    indices = _Indices(table, weights, options, negative)
    neutral = np.concatenate([[0, 0, 0, 1 - 1e-12], np.full(table.shape[1], 0.5)])
    base = _ranks(indices.scores(neutral))
    names = [*options.factors, *(f"weight of {name}" for name in table)]

    def shift(draws: np.ndarray) -> np.ndarray:
        return np.array([np.abs(_ranks(indices.scores(draw)) - base).mean() for draw in draws])

    found = sobol_indices(shift, names, n, rng)
    return found if options.leave_out else found.drop("indicator left out")


# -- the Korean composite ------------------------------------------------------------------------------------------


def grade_changes(
    table: pd.DataFrame,
    rng: np.random.Generator | Draws,
    *,
    draws: int = 1000,
    weight: tuple[float, float] = (0.5, 0.7),
    cap: tuple[float, float] = (5.0, 15.0),
    geometric: bool = True,
    multiplicative: bool = True,
    pooled: bool = True,
) -> pd.DataFrame:
    """How often a body would get another grade under other reasonable rules than 60/40 and a cap of 10. Ours.

    Parameters
    ----------
    table : DataFrame
        ``perceived``, ``effort`` (points of 100), ``deduction`` (points before the cap) and ``type``.
    weight, cap : (low, high)
        Ranges for the weight of perceived integrity and for the cap of the deduction.
    geometric, multiplicative, pooled : bool
        Also draw a geometric mean of the two parts; a deduction that multiplies, ``score * (1 - deduction / 100)``;
        grades over all types together.

    Returns
    -------
    DataFrame
        Index as ``table``; ``grade`` (published rules, within type), ``moved`` (share of draws with another grade),
        ``best`` and ``worst`` (5 % and 95 % of the grades drawn).
    """
    rng = input_checks.generator(rng)
    input_checks.need_rows(table, ["perceived", "effort", "deduction", "type"], "scores")
    perceived, effort = (
        input_checks.numbers(table[part], f"column {part}", low=0, high=100)
        for part in ("perceived", "effort")
    )
    deduction = input_checks.numbers(table["deduction"], "column deduction", low=0)
    types = pd.factorize(input_checks.labels(table, "type", "scores"))[0]
    if geometric and min(perceived.min(), effort.min()) <= 0:
        raise InputError(
            "A score of 0 cannot enter a geometric mean.", where="scores", fix="Set geometric=False."
        )
    base = _bands(0.6 * perceived + 0.4 * effort - np.minimum(deduction, 10), types)
    drawn = np.empty((input_checks.whole(draws, "draws"), len(table)), dtype=np.int8)
    for i, (where, top, mean, rule, group) in enumerate(rng.random((len(drawn), 5))):
        share = weight[0] + (weight[1] - weight[0]) * where
        lost = np.minimum(deduction, cap[0] + (cap[1] - cap[0]) * top)
        together = geometric and mean < 0.5
        score = (
            perceived**share * effort ** (1 - share) if together else share * perceived + (1 - share) * effort
        )
        score = score * (1 - lost / 100) if multiplicative and rule < 0.5 else score - lost
        drawn[i] = _bands(score, np.zeros_like(types) if pooled and group < 0.5 else types)
    best, worst = np.quantile(drawn, [0.05, 0.95], axis=0, method="inverted_cdf")
    return pd.DataFrame(
        {
            "grade": base,
            "moved": (drawn != base).mean(axis=0),
            "best": best.astype("int64"),
            "worst": worst.astype("int64"),
        },
        index=table.index,
    )


def _bands(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Grades 1 to 5 by distance from the group's mean, the rule of :func:`cleanworks.integrity.grades.grade`."""
    size = np.bincount(groups)
    centred = scores - (np.bincount(groups, scores) / size)[groups]
    spread = np.sqrt(np.bincount(groups, centred**2) / size)
    if (spread == 0).any():
        raise InputError(
            "All scores of a type are equal, so it has no grades.",
            where="scores",
            fix="Join the type with a similar one.",
        )
    return 5 - np.searchsorted(EDGES, centred / spread[groups], side="right")


# -- coherence -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha with its interval; ``without`` is alpha when one item is left out."""

    value: float
    low: float
    high: float
    n: int
    items: int
    without: pd.Series
    note: str = ""


def cronbach_alpha(items: pd.DataFrame, *, level: float = 0.95) -> Alpha:
    """Do items measure one thing? ``k/(k-1) (1 - sum var_i / var_total)`` (cronbach-1951); interval after feldt-1965.

    Parameters
    ----------
    items : DataFrame
        One row for each respondent, one column for each item, already pointing in one direction. Rows with a missing
        answer are left out, and the note says how many.

    Raises
    ------
    InputError
        With fewer than two items or three complete rows, or when all totals are equal.
    """
    input_checks.need_columns(items, (), "items")
    complete = items.dropna()
    values = _matrix(complete, "items") if len(complete) else np.empty((0, items.shape[1]))
    n, k = values.shape
    if k < 2 or n < 3:
        raise InputError(
            f"{k} items and {n} complete rows are too few.",
            where="items",
            fix="Give at least two items and three complete rows.",
        )
    value = _alpha(values)
    error = input_checks.share(level, "level")
    from scipy.stats import f as fisher

    # feldt-1965: (1 - alpha) / (1 - estimate) follows an F distribution.
    tail = (1 - error) / 2
    degrees = (n - 1, (n - 1) * (k - 1))
    low = 1 - (1 - value) * fisher.ppf(1 - tail, *degrees)
    high = 1 - (1 - value) * fisher.ppf(tail, *degrees)
    without = pd.Series(dtype=float)
    if k > 2:
        rest = {name: _alpha(np.delete(values, i, axis=1)) for i, name in enumerate(items)}
        without = pd.Series(rest, name="alpha without")
    dropped = len(items) - n
    notes = [f"{dropped:,} of {len(items):,} rows have a missing answer and are left out."] if dropped else []
    if value < 0:
        notes.append("Below zero: some items run against the others. Look for one that was not reversed.")
    return Alpha(value, float(low), float(high), n, k, without, " ".join(notes))


def _alpha(values: np.ndarray) -> float:
    k = values.shape[1]
    total = values.sum(axis=1).var(ddof=1)
    if total <= 1e-15 * max(1.0, np.abs(values).max() ** 2):
        raise InputError(
            "All respondents have the same total, so alpha is not defined.",
            where="items",
            fix="Check the answers.",
        )
    return float(k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / total))


@dataclass(frozen=True)
class Components:
    """Principal components of the correlations.

    Attributes
    ----------
    eigenvalues : Series
        Largest first; they sum to the number of indicators.
    explained : Series
        Their share of it.
    loadings : DataFrame
        Correlation of each indicator (rows) with each component (columns).
    kmo : float
        Kaiser-Meyer-Olkin measure, 0 to 1; below 0.5 the indicators share too little for one index.
    kmo_each : Series
        The same for each indicator.
    """

    eigenvalues: pd.Series
    explained: pd.Series
    loadings: pd.DataFrame
    kmo: float
    kmo_each: pd.Series


def pca(table: pd.DataFrame) -> Components:
    """Principal components and Kaiser-Meyer-Olkin measure of the indicators (oecd-jrc-2008, kaiser-1974).

    Raises
    ------
    InputError
        For an indicator without spread, too few units, or one that others determine exactly.
    """
    values = _matrix(table, "indicators")
    n, k = values.shape
    if k < 2 or n <= k:
        raise InputError(
            f"{k} indicators are too many for {n} units.",
            where="indicators",
            fix="Have more units than indicators.",
        )
    flat = np.ptp(values, axis=0) == 0
    if flat.any():
        raise InputError(
            f"All values of {table.columns[int(np.argmax(flat))]!r} are equal.",
            where="indicators",
            fix="Leave the indicator out.",
        )
    correlation = np.corrcoef(values, rowvar=False)
    roots, vectors = np.linalg.eigh(correlation)
    if roots[0] < 1e-10:
        raise InputError(
            "One indicator is determined by the others.",
            where="indicators",
            fix="Leave out the one that repeats.",
        )
    roots, vectors = roots[::-1], vectors[:, ::-1]
    # A component has no direction of its own; let its loadings sum to something positive.
    vectors = vectors * np.where(vectors.sum(axis=0) < 0, -1.0, 1.0)
    names = [f"component {i + 1}" for i in range(k)]
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    partial = (inverse / scale) ** 2
    plain = correlation**2
    np.fill_diagonal(partial, 0)
    np.fill_diagonal(plain, 0)
    each = plain.sum(axis=0) / (plain.sum(axis=0) + partial.sum(axis=0))
    return Components(
        pd.Series(roots, index=names, name="eigenvalue"),
        pd.Series(roots / k, index=names, name="explained"),
        pd.DataFrame(vectors * np.sqrt(roots), index=table.columns, columns=names),
        float(plain.sum() / (plain.sum() + partial.sum())),
        pd.Series(each, index=table.columns, name="kmo"),
    )


# -- Corruption Perceptions Index ----------------------------------------------------------------------------------

CPI_LEAST_SOURCES = 3
"""A country with fewer sources gets no score (acrc-s10)."""


def cpi_score(scores: Sequence[float], *, level: float = 0.90, sources: int | None = None) -> Estimate:
    """Score of one country: simple mean of its sources with standard error and interval (acrc-s10, acrc-s11).

    Parameters
    ----------
    scores : sequence of float
        One for each source, 0 to 100; missing ones are left out.
    sources : int, optional
        All sources there are. Then the finite-population correction ``sqrt((N - n) / (N - 1))`` that the audit of
        2012 asks for is applied (acrc-s133).

    Raises
    ------
    InputError
        With fewer than three sources.
    """
    values = input_checks.numbers(scores, "scores of sources", low=0, high=100, missing=True)
    values = values[~np.isnan(values)]
    n = len(values)
    if n < CPI_LEAST_SOURCES:
        raise InputError(
            f"There are {n} sources; a score needs {CPI_LEAST_SOURCES}.",
            where="scores of sources",
            fix="Publish no score.",
        )
    error = float(values.std(ddof=1) / math.sqrt(n))
    method = "mean of sources"
    if sources is not None:
        if input_checks.whole(sources, "sources", least=2) < n:
            raise InputError(
                f"{n} scores from {sources} sources.",
                where="sources",
                fix="Give 1 source or more, and no more scores than sources.",
            )
        error *= math.sqrt((sources - n) / (sources - 1))
        method += ", finite-population correction"
    mean = float(values.mean())
    half = two_sided(level) * error
    note = "All sources agree: the error of 0 is arithmetic, not certainty." if values.std() == 0 else ""
    return Estimate(mean, error, mean - half, mean + half, level, n, method, note=note)


# -- checks --------------------------------------------------------------------------------------------------------


def _matrix(table: pd.DataFrame, name: str) -> np.ndarray:
    input_checks.need_rows(table, [], name)
    if table.shape[1] == 0:
        raise InputError("There are no columns.", where=name, fix="Pass a table with at least one column.")
    return np.column_stack(
        [input_checks.numbers(table[column], f"{name}, column {column}") for column in table]
    )
