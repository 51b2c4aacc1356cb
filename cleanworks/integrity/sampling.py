"""Drawing an integrity survey: frames, allocation, selection, sample size and weights.

:mod:`cleanworks.integrity.survey` offers all of this together with the estimates. Methods are textbook (cochran-1977,
kish-1965, lohr-2021); what the Korean assessment does is cited where it appears.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.integrity._quantiles import two_sided
from cleanworks.typed import Values

# -- frames --------------------------------------------------------------------------------------------------------


def check_frame(
    frame: pd.DataFrame, unit: str, stratum: str | None = None, size: str | None = None
) -> pd.DataFrame:
    """Check a sampling frame and describe it, one row for each stratum.

    Parameters
    ----------
    frame : DataFrame
        One row for each unit that can be drawn: a person who used a duty, or a duty, or an institution.
    unit : str
        Column that names the unit; a name that appears twice would be drawn twice as often.
    stratum, size : str, optional
        Columns with the stratum and with the size measure of a unit.

    Returns
    -------
    DataFrame
        Index stratum (``"all"`` without strata); columns ``units``, ``share`` and, with ``size``, ``size``.

    Raises
    ------
    InputError
        For duplicated units, a missing stratum, or a size that is not above zero.

    Examples
    --------
    >>> check_frame(frame, "person", stratum="office")
             units     share
    stratum
    A           60  0.500000
    B           40  0.333333
    C           20  0.166667
    """
    needed = [column for column in (unit, stratum, size) if column]
    input_checks.need_rows(frame, needed, "frame")
    input_checks.unique(frame, [unit], "frame")
    strata = input_checks.labels(frame, stratum, "frame")
    if size:
        _sizes(frame[size], "frame, column " + size)
    table = frame.groupby(strata, observed=True, sort=True).agg(units=(unit, "size"))
    table["share"] = table["units"] / table["units"].sum()
    if size:
        table["size"] = frame[size].astype(float).groupby(strata, observed=True).sum()
    return table.rename_axis("stratum")


def allocate(
    sizes: pd.Series,
    n: int,
    *,
    rule: str = "proportional",
    spread: pd.Series | None = None,
    least: int = 0,
) -> pd.Series:
    """Split a sample of ``n`` over strata.

    Parameters
    ----------
    sizes : Series
        Units in each stratum.
    n : int
        Sample size, at most the sum of ``sizes``.
    rule : str
        ``"proportional"`` to size, ``"equal"``, ``"root"`` (square root of size, between the two), or ``"neyman"``
        (size times ``spread``, the standard deviation in each stratum; cochran-1977).
    least : int
        Smallest sample in a stratum; two are needed for a standard error. A smaller stratum is taken whole.

    Returns
    -------
    Series
        Whole numbers that sum to ``n``, none above the stratum's size.

    Raises
    ------
    InputError
        For an empty stratum, or a sample that does not fit.

    Examples
    --------
    >>> allocate(pd.Series({"A": 900, "B": 90, "C": 10}), 100, least=2).to_dict()
    {'A': 89, 'B': 9, 'C': 2}
    >>> allocate(pd.Series({"A": 900, "B": 90, "C": 10}), 100, rule="root", least=2).to_dict()
    {'A': 70, 'B': 22, 'C': 8}
    """
    units = input_checks.numbers(sizes, "sizes of strata", low=0)
    if (units == 0).any():
        empty = pd.Series(sizes).index[int(np.argmin(units))]
        raise InputError(
            f"The stratum {empty!r} is empty.", where="sizes of strata", fix="Join it with a similar one."
        )
    total = input_checks.whole(n, "n")
    if total > units.sum():
        raise InputError(
            f"A sample of {total} cannot come from {units.sum():.0f} units.", where="n", fix="Ask for fewer."
        )
    share = _shares(
        sizes, units, input_checks.choice(rule, ("proportional", "equal", "root", "neyman"), "rule"), spread
    )
    floor = np.minimum(input_checks.whole(least, "least", least=0), units)
    if floor.sum() > total:
        raise InputError(
            f"{least} from each stratum need {floor.sum():.0f}, more than the sample of {total}.",
            where="least",
            fix="Take a larger sample, or fewer from each stratum.",
        )
    return pd.Series(_fill(share, floor, units, total), index=sizes.index, name="sample")


def _shares(sizes: pd.Series, units: np.ndarray, rule: str, spread: pd.Series | None) -> np.ndarray:
    if rule == "equal":
        return np.ones_like(units)
    if rule == "root":
        return np.sqrt(units)
    if rule == "proportional":
        return units
    if spread is None or not spread.index.equals(sizes.index):
        raise InputError(
            "Neyman allocation needs the spread of each stratum.",
            where="spread",
            fix='Pass spread=..., or use rule="proportional".',
        )
    weighted = units * input_checks.numbers(spread, "spread", low=0)
    if weighted.sum() == 0:
        raise InputError(
            "Every stratum has a spread of zero.", where="spread", fix='Use rule="proportional".'
        )
    return weighted


def _fill(share: np.ndarray, floor: np.ndarray, ceiling: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers near ``share`` between ``floor`` and ``ceiling`` that sum to ``total``."""
    low, high = 0.0, 1.0
    while np.clip(high * share, floor, ceiling).sum() < total and high < 1e18:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * share, floor, ceiling).sum() < total else (low, middle)
    exact = np.clip(high * share, floor, ceiling)
    # A remainder of 1e-9 is what binary fractions add, not a person.
    whole = np.floor(exact + 1e-9).astype("int64")
    room = np.where(whole < ceiling, exact - whole, -np.inf)
    while whole.sum() < total:
        best = int(np.argmax(room))
        whole[best] += 1
        room[best] = room[best] - 1 if whole[best] < ceiling[best] else -np.inf
    return whole


# -- selection -----------------------------------------------------------------------------------------------------


def stratified_sample(
    frame: pd.DataFrame, stratum: str, allocation: pd.Series, rng: np.random.Generator | Draws
) -> pd.DataFrame:
    """Draw a simple random sample in every stratum.

    Parameters
    ----------
    allocation : Series
        Sample size, index the strata of the frame.

    Returns
    -------
    DataFrame
        The rows drawn, in the frame's order, with ``probability`` and ``weight`` (one over it).

    Examples
    --------
    >>> each = pd.Series({"A": 6, "B": 4, "C": 2})
    >>> drawn = stratified_sample(frame, "office", each, np.random.default_rng(1))
    >>> len(drawn), float(drawn["weight"].sum())
    (12, 120.0)
    """
    rng = input_checks.generator(rng)
    input_checks.need_rows(frame, [stratum], "frame")
    strata = input_checks.labels(frame, stratum, "frame")
    counts = strata.value_counts()
    unknown = [name for name in allocation.index if name not in counts.index]
    absent = [name for name in counts.index if name not in allocation.index]
    if unknown or absent:
        what = (
            f"The stratum {unknown[0]!r} is empty: the frame has no unit of it."
            if unknown
            else f"The stratum {absent[0]!r} has no sample size."
        )
        raise InputError(
            what, where="allocation", fix="Give one number for each stratum of the frame; 0 is allowed."
        )
    kept = []
    for name, wanted in allocation.items():
        members = np.flatnonzero(strata.eq(name).to_numpy())
        number = input_checks.whole(wanted, f"allocation, stratum {name}", least=0)
        if number > len(members):
            raise InputError(
                f"{number} units cannot be drawn from {len(members)}.",
                where=f"allocation, stratum {name}",
                fix="Ask for fewer in that stratum.",
            )
        kept.append(rng.choice(members, number, replace=False))
    sample = frame.iloc[np.sort(np.concatenate(kept))].copy()
    drawn = strata.loc[sample.index] if frame.index.is_unique else sample[stratum]
    sample["probability"] = drawn.map(allocation / counts).astype(float).to_numpy()
    sample["weight"] = 1 / sample["probability"]
    return sample


def systematic_sample(frame: pd.DataFrame, n: int, rng: np.random.Generator | Draws) -> pd.DataFrame:
    """Draw every k-th row from a random start, as from the lists of people who used a duty (acrc-s18).

    The order of the rows works like strata: sort by duty or date first. Adds ``probability`` and ``weight``.

    Examples
    --------
    >>> drawn = systematic_sample(frame, 12, np.random.default_rng(1))
    >>> drawn["person"].diff().dropna().unique().tolist()
    [10.0]
    """
    rng = input_checks.generator(rng)
    input_checks.need_rows(frame, [], "frame")
    number = input_checks.whole(n, "n")
    if number > len(frame):
        raise InputError(
            f"{number} units cannot be drawn from {len(frame)}.",
            where="n",
            fix="Ask for fewer, and at least one.",
        )
    step = len(frame) / number
    sample = frame.iloc[np.floor((rng.random() + np.arange(number)) * step).astype(np.intp)].copy()
    sample["probability"] = number / len(frame)
    sample["weight"] = step
    return sample


def pps_sample(sizes: pd.Series, n: int, rng: np.random.Generator | Draws) -> pd.DataFrame:
    """Draw ``n`` units with probability proportional to size, systematically (cochran-1977).

    A unit so large that its probability would pass one is taken for certain, and the rest shares the remaining draws.

    Returns
    -------
    DataFrame
        Index of the units drawn; columns ``size``, ``probability``, ``certain``.

    Examples
    --------
    >>> sizes = pd.Series({"A": 60, "B": 30, "C": 20, "D": 10})
    >>> drawn = pps_sample(sizes, 2, np.random.default_rng(1))
    >>> len(drawn), bool(drawn.loc["A", "certain"])
    (2, True)
    """
    rng = input_checks.generator(rng)
    measures = _sizes(sizes, "sizes")
    number = input_checks.whole(n, "n")
    if number > len(measures):
        raise InputError(
            f"{number} units cannot be drawn from {len(measures)}.",
            where="n",
            fix="Ask for fewer, and at least one.",
        )
    chance, certain = pps_probabilities(measures, number)
    others = np.flatnonzero(~certain)
    drawn = np.flatnonzero(certain)
    left = number - len(drawn)
    if left:
        ladder = np.cumsum(chance[others]) * left / chance[others].sum()
        steps = rng.random() + np.arange(left)
        drawn = np.sort(np.concatenate([drawn, others[np.searchsorted(ladder, steps, side="right")]]))
    return pd.DataFrame(
        {"size": measures[drawn], "probability": chance[drawn], "certain": certain[drawn]},
        index=pd.Series(sizes).index[drawn],
    )


def pps_probabilities(sizes: Values, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Inclusion probabilities ``n * size / total`` with certain units taken out; returns (probability, certain).

    Examples
    --------
    >>> probability, certain = pps_probabilities([60, 30, 20, 10], 2)
    >>> probability.round(2).tolist(), certain.tolist()
    ([1.0, 0.5, 0.33, 0.17], [True, False, False, False])
    """
    measures = _sizes(sizes, "sizes")
    certain = np.zeros(len(measures), dtype=bool)
    while True:
        left = n - certain.sum()
        rest = measures[~certain].sum()
        over = ~certain & (left * measures >= rest) if rest > 0 else np.zeros_like(certain)
        if not over.any() or left == 0:
            break
        certain |= over
    chance = np.ones(len(measures))
    if left:
        chance[~certain] = left * measures[~certain] / rest
    return chance, certain


def two_stage_sample(
    frame: pd.DataFrame,
    cluster: str,
    clusters: int | Mapping[str, Any],
    people: int,
    rng: np.random.Generator | Draws,
    *,
    stratum: str | None = None,
) -> pd.DataFrame:
    """Draw clusters with probability proportional to their size, then the same number of people in each.

    Parameters
    ----------
    frame : DataFrame
        One row for each person.
    cluster : str
        Column of the first-stage unit (an institution, a duty).
    clusters : int or mapping
        Clusters to draw; with ``stratum``, a number for each stratum.
    people : int
        People in each cluster; a smaller cluster is taken whole.

    Returns
    -------
    DataFrame
        The people drawn with ``probability`` (both stages together) and ``weight``. When no cluster is certain or
        too small, all weights are equal: the reason why the design is liked.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> drawn = two_stage_sample(frame, "office", clusters=2, people=5, rng=rng)
    >>> drawn.groupby("office").size().tolist()
    [5, 5]
    """
    rng = input_checks.generator(rng)
    input_checks.need_rows(frame, [column for column in (cluster, stratum) if column], "frame")
    each = input_checks.whole(people, "people")
    strata = input_checks.labels(frame, stratum, "frame")
    groups = input_checks.labels(frame, cluster, "frame")
    members = pd.Series(np.arange(len(frame))).groupby(groups.to_numpy()).apply(np.array)
    nested = pd.DataFrame({"cluster": groups.to_numpy(), "stratum": strata.to_numpy()}).drop_duplicates()
    if nested["cluster"].duplicated().any():
        name = nested.loc[nested["cluster"].duplicated(), "cluster"].iloc[0]
        raise InputError(
            f"The cluster {name!r} lies in several strata.", where="frame", fix="Name clusters within strata."
        )
    wanted = _clusters_wanted(clusters, nested["stratum"].unique(), stratum)
    rows, chances = [], []
    for name, inside in nested.groupby("stratum", sort=False):
        sizes = members.loc[inside["cluster"]].map(len)
        for unit, first in pps_sample(sizes, wanted[name], rng)["probability"].items():
            taken = rng.choice(members[unit], min(each, len(members[unit])), replace=False)
            rows.append(np.sort(taken))
            chances.append(np.full(len(taken), first * len(taken) / len(members[unit])))
    sample = frame.iloc[np.concatenate(rows)].copy()
    sample["probability"] = np.concatenate(chances)
    sample["weight"] = 1 / sample["probability"]
    return sample


def _clusters_wanted(
    clusters: int | Mapping[str, Any] | pd.Series, names: Sequence[str], stratum: str | None
) -> dict[str, Any]:
    if isinstance(clusters, (Mapping, pd.Series)):
        wanted = dict(clusters)
        absent = [name for name in names if name not in wanted]
        unknown = [name for name in wanted if name not in names]
        if absent or unknown:
            what = f"No number for {absent[0]!r}." if absent else f"The stratum {unknown[0]!r} is empty."
            raise InputError(what, where="clusters", fix="Give one number for each stratum of the frame.")
        return wanted
    if stratum is not None:
        raise InputError(
            "With strata, say how many clusters each gets.", where="clusters", fix="Pass a mapping."
        )
    return {names[0]: clusters}


# -- how many ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SampleSize:
    """How many people a survey needs: ``contacted`` with a contact and an answer, ``approached`` to get them.

    Examples
    --------
    >>> SampleSize(contacted=400, approached=1000).approached
    1000
    """

    contacted: float
    approached: float

    def __str__(self) -> str:
        return f"{math.ceil(self.contacted):,} contacted people; approach {math.ceil(self.approached):,}"


def sample_size(
    rate: float,
    margin: float,
    *,
    level: float = 0.95,
    design_effect: float = 1.0,
    contact: float = 1.0,
    response: float = 1.0,
    population: int | None = None,
) -> SampleSize:
    """People needed for a rate with a given margin of error: ``deff z^2 p (1-p) / e^2``, textbook.

    Parameters
    ----------
    rate, margin : float
        The rate expected among contacted people and half the width of its interval, both as shares.
    contact, response : float
        Share of people who had a contact with an official, and share who answer: both enlarge the sample, because
        the rate is among contacted people only.
    population : int, optional
        Contacted people in the population, for the finite-population correction. It comes after the design effect, so
        that nobody is asked for more people than there are.

    Examples
    --------
    >>> need = sample_size(rate=0.05, margin=0.02, contact=0.5, response=0.4)
    >>> round(need.contacted), round(need.approached)
    (456, 2281)
    """
    p = input_checks.share(rate, "rate")
    wide = input_checks.share(margin, "margin")
    z = two_sided(level)
    simple = z**2 * p * (1 - p) / wide**2
    contacted = float(simple * input_checks.positive(design_effect, "design_effect"))
    if population is not None:
        contacted /= 1 + (contacted - 1) / input_checks.whole(population, "population")
    reached = contacted
    for name, part in (("contact", contact), ("response", response)):
        if input_checks.share(part, name, ends=True) == 0:
            raise InputError("Nobody would be reached.", where=name, fix="Give rates above zero.")
        reached /= part
    return SampleSize(contacted, reached)


def cluster_design_effect(people: float, correlation: float) -> float:
    """``1 + (m - 1) rho``: what drawing ``m`` people from each cluster costs (kish-1965).

    Examples
    --------
    >>> round(cluster_design_effect(people=20, correlation=0.05), 2)
    1.95
    """
    return 1 + (input_checks.positive(people, "people") - 1) * input_checks.share(
        correlation, "correlation", ends=True
    )


def implied_design_effect(margin: float, n: int, sd: float, *, level: float = 0.95) -> float:
    """The design effect that would make a published margin come true: ``(margin / z)^2 n / sd^2``.

    For the assessment of 2020, +/-0.03 with 153,141 answers (acrc-s25, acrc-s54) and an assumed SD of 1.8 this is
    about 11. Our derivation: no source states a design effect.

    Examples
    --------
    >>> round(implied_design_effect(margin=0.03, n=153_141, sd=1.8), 1)
    11.1
    """
    return (implied_sd(margin, n, level=level) / input_checks.positive(sd, "sd")) ** 2


def implied_sd(margin: float, n: int, *, level: float = 0.95, design_effect: float = 1.0) -> float:
    """The standard deviation of one person's score that would make a margin come true. Our derivation.

    Examples
    --------
    >>> round(implied_sd(margin=0.03, n=10_000), 2)
    1.53
    """
    z = two_sided(level)
    effective = input_checks.whole(n, "n") / input_checks.positive(design_effect, "design_effect")
    return float(input_checks.positive(margin, "margin") / z * math.sqrt(effective))


def largest_sd(low: float, high: float) -> float:
    """The largest standard deviation that scores between ``low`` and ``high`` can have: half the range.

    Examples
    --------
    >>> largest_sd(0, 10)
    5.0
    """
    if not high > low:
        raise InputError(
            f"The range {low:g} to {high:g} is empty.", where="low and high", fix="Give the lower end first."
        )
    return (high - low) / 2


# -- weights -------------------------------------------------------------------------------------------------------


def design_weights(probabilities: pd.Series) -> pd.Series:
    """One over the probability of having been drawn.

    Examples
    --------
    >>> design_weights(pd.Series([0.1, 0.5])).tolist()
    [10.0, 2.0]
    """
    chance = input_checks.numbers(probabilities, "probabilities", low=0, high=1)
    if (chance == 0).any():
        raise InputError(
            "A probability of zero: such a person cannot be in the sample.",
            where=f"probabilities, row {pd.Series(probabilities).index[int(np.argmin(chance))]}",
            fix="Leave that person out, or correct the probability.",
        )
    return pd.Series(1 / chance, index=pd.Series(probabilities).index, name="weight")


def nonresponse_weights(table: pd.DataFrame, weight: str, responded: str, cell: str) -> pd.Series:
    """Let those who answered stand for those who did not, within each cell (lohr-2021).

    Returns
    -------
    Series
        Weights of the respondents only; in each cell they sum to the weights of everyone who was drawn.

    Raises
    ------
    InputError
        When nobody of a cell answered: its people have no one to stand for them.

    Examples
    --------
    >>> drawn = pd.DataFrame({"office": ["A", "A", "B", "B"], "weight": 10.0})
    >>> drawn["answered"] = [True, False, True, True]
    >>> nonresponse_weights(drawn, "weight", "answered", "office").tolist()
    [20.0, 10.0, 10.0]
    """
    input_checks.need_rows(table, [weight, responded, cell], "sample")
    weights = pd.Series(input_checks.weights(table[weight], weight), index=table.index)
    answered = input_checks.yes_no(table[responded], responded)
    cells = input_checks.labels(table, cell, "sample")
    drawn = weights.groupby(cells, observed=True).sum()
    got = weights[answered].groupby(cells[answered], observed=True).sum().reindex(drawn.index, fill_value=0.0)
    if (got <= 0).any():
        raise InputError(
            f"Nobody in the cell {got.index[int(np.argmin(got))]!r} answered.",
            where=f"column {cell}",
            fix="Join the cell with a similar one.",
        )
    factor = cells[answered].map(drawn / got).astype(float)
    return (weights[answered] * factor).rename("weight")


def poststratify(table: pd.DataFrame, weight: str, cell: str, totals: Mapping[str, Any]) -> pd.Series:
    """Scale weights so that each cell sums to its known total in the population.

    Examples
    --------
    >>> sample = pd.DataFrame({"sex": ["f", "f", "m"], "weight": 10.0})
    >>> poststratify(sample, "weight", "sex", {"f": 50, "m": 50}).tolist()
    [25.0, 25.0, 50.0]
    """
    input_checks.need_rows(table, [weight, cell], "sample")
    weights = pd.Series(input_checks.weights(table[weight], weight), index=table.index)
    cells = input_checks.labels(table, cell, "sample")
    known = pd.Series(dict(totals), dtype=float)
    input_checks.numbers(known, "totals", low=0)
    have = weights.groupby(cells, observed=True).sum()
    absent = [name for name in have.index if name not in known.index]
    empty = [name for name in known.index if name not in have.index and known[name] > 0]
    if absent or empty:
        what = (
            f"There is no total for {absent[0]!r}."
            if absent
            else f"The sample has nobody in the cell {empty[0]!r}."
        )
        raise InputError(what, where="totals", fix="Join cells until the sample and the totals match.")
    if (have <= 0).any():
        raise InputError(
            f"The weights of {have.idxmin()!r} sum to zero.",
            where=f"column {weight}",
            fix="Give that group a weight above zero, or leave it out.",
        )
    return (weights * cells.map(known / have).astype(float)).rename("weight")


def trim_weights(weights: pd.Series, *, times: float = 5.0) -> pd.Series:
    """Cut weights above ``times`` the median and give the excess to the others, so that the sum stays.

    Trimming makes errors smaller and adds some bias; say that you did it.

    Examples
    --------
    >>> trim_weights(pd.Series([1.0, 1.0, 1.0, 9.0]), times=5).round(2).tolist()
    [2.33, 2.33, 2.33, 5.0]
    """
    values = input_checks.weights(weights, "weights")
    cap = input_checks.positive(times, "times") * float(np.median(values[values > 0]))
    total = values.sum()
    if cap * np.count_nonzero(values) < total:
        raise InputError(
            f"Weights of at most {cap:.4g} cannot sum to {total:.4g}.",
            where="times",
            fix="Allow a larger multiple.",
        )
    trimmed = values.astype(float).copy()
    over = trimmed > cap
    while over.any() and trimmed[~over].sum() > 0:
        trimmed[over] = cap
        trimmed[~over] *= (total - cap * over.sum()) / trimmed[~over].sum()
        more = ~over & (trimmed > cap * (1 + 1e-12))
        if not more.any():
            break
        over |= more
    return pd.Series(trimmed, index=pd.Series(weights).index, name="weight")


def weighting_design_effect(weights: Values) -> float:
    """``n sum(w^2) / sum(w)^2``: what unequal weights cost at most (kish-1965).

    Examples
    --------
    >>> round(weighting_design_effect([1, 1, 1, 5]), 2)
    1.75
    """
    values = input_checks.weights(weights, "weights")
    return float(len(values) * (values**2).sum() / values.sum() ** 2)


def check_weights(weights: pd.Series, population: float, *, tolerance: float = 0.01) -> None:
    """Raise `InputError` unless the weights sum to the population within ``tolerance`` (a share of it).

    Examples
    --------
    >>> check_weights(pd.Series([50.0, 49.9]), population=100)
    """
    total = input_checks.weights(weights, "weights").sum()
    target = input_checks.positive(population, "population")
    if abs(total / target - 1) > tolerance:
        raise InputError(
            f"The weights sum to {total:,.6g}, the population is {target:,.6g}.",
            where="weights",
            fix="Look for a forgotten stratum or for weights scaled to the sample; then use poststratify().",
        )


# -- checks -------------------------------------------------------------------------------------------------------


def _sizes(values: Values, name: str) -> np.ndarray:
    measures = input_checks.numbers(values, name, low=0)
    if (measures == 0).any():
        row = pd.Series(values).index[int(np.argmin(measures))]
        raise InputError(
            "A size of zero can never be drawn.",
            where=f"{name}, row {row}",
            fix="Leave the unit out, or correct it.",
        )
    return measures
