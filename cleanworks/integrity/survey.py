"""Integrity surveys: frames, samples, weights, estimates with honest errors, rare events and small institutions.

The estimators take one row for each respondent. Standard errors are linearised (Taylor series) with first-stage units
as the unit of chance: the spread between clusters within strata (cochran-1977, lohr-2021). Rates of rare events get
Wilson intervals (wilson-1927), with the effective sample size in a complex design (korn-graubard-1998). The bribery rate follows
the definition of SDG 16.5.1 (acrc-s12).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.integrity._quantiles import two_sided
from cleanworks.integrity.estimates import Estimate, join_notes
from cleanworks.integrity.sampling import (
    SampleSize,
    allocate,
    check_frame,
    check_weights,
    cluster_design_effect,
    design_weights,
    implied_design_effect,
    implied_sd,
    largest_sd,
    nonresponse_weights,
    poststratify,
    pps_probabilities,
    pps_sample,
    sample_size,
    stratified_sample,
    systematic_sample,
    trim_weights,
    two_stage_sample,
    weighting_design_effect,
)
from cleanworks.typed import Values
from cleanworks.wilson import interval as wilson_interval

__all__ = [
    "BriberyPrevalence",
    "RatePrior",
    "SampleSize",
    "allocate",
    "bribery_prevalence",
    "by_group",
    "check_frame",
    "check_respondents",
    "check_weights",
    "cluster_design_effect",
    "design_weights",
    "fit_rate_prior",
    "implied_design_effect",
    "implied_sd",
    "largest_sd",
    "mean",
    "nonresponse_weights",
    "poststratify",
    "pps_probabilities",
    "pps_sample",
    "proportion",
    "ratio",
    "sample_size",
    "shrink_rates",
    "straight_liners",
    "stratified_sample",
    "systematic_sample",
    "trim_weights",
    "two_stage_sample",
    "weighting_design_effect",
    "wilson",
]

# -- estimates -----------------------------------------------------------------------------------------------------

LONELY = ("refuse", "centre", "certain")


def mean(
    table: pd.DataFrame,
    column: str,
    *,
    weight: str | None = None,
    stratum: str | None = None,
    cluster: str | None = None,
    where: pd.Series | None = None,
    units: Mapping[str, Any] | int | None = None,
    lonely: str = "refuse",
    level: float = 0.95,
) -> Estimate:
    """Weighted mean with a standard error that knows the design.

    Parameters
    ----------
    table : DataFrame
        One row for each respondent.
    column : str
        The score. A missing score counts as not answered: the row leaves the mean but stays in the design.
    weight, stratum, cluster : str, optional
        Columns of the design. Without ``cluster`` each respondent is drawn alone.
    where : Series of bool, optional
        A part of the respondents. Filtering the table instead would forget the design.
    units : mapping or int, optional
        Number of first-stage units in each stratum of the population, for the finite-population correction.
    lonely : str
        What to do with a stratum of one first-stage unit: ``"refuse"``; ``"centre"`` measures it against the mean
        of all; ``"certain"`` says it was taken for certain and adds no chance.

    Returns
    -------
    Estimate
        Interval by Student's t with clusters minus strata degrees of freedom. ``design_effect`` compares with a
        simple random sample of as many respondents.

    Raises
    ------
    InputError
        When there is only one respondent or one cluster (no error can be estimated), weights are negative or all zero,
        or a stratum has one unit and ``lonely`` refuses.

    Examples
    --------
    >>> estimate = mean(people, "score", weight="weight", stratum="region", cluster="office")
    >>> round(estimate.value, 2), round(estimate.low, 2), round(estimate.high, 2)
    (6.97, 4.35, 9.59)
    >>> mean(people, "score", where=people["office"] == "A").value
    7.5
    """
    values = _column(table, column)
    design = _Design.of(table, weight, stratum, cluster, units, lonely)
    return _mean(values, design, _rows(table, where), level)


def proportion(
    table: pd.DataFrame,
    column: str,
    *,
    weight: str | None = None,
    stratum: str | None = None,
    cluster: str | None = None,
    where: pd.Series | None = None,
    units: Mapping[str, Any] | int | None = None,
    lonely: str = "refuse",
    level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Share of true values in a column of true/false, with an interval that stays inside 0 to 1.

    ``"wilson"`` uses the effective sample size ``p (1-p) / error^2`` in Wilson's formula with Student's t (after
    korn-graubard-1998); ``"wald"`` is the plain ``p +/- t * error``, which fails for rare events. With no event at all, or
    with the same share in every cluster, the error is zero by arithmetic only: the interval then uses the design effect of
    the weights and says so.
    Other parameters as in :func:`mean`.

    Examples
    --------
    >>> estimate = proportion(people, "paid", weight="weight")
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.083, 0.02, 0.29)
    """
    values = _truth(table, column)
    design = _Design.of(table, weight, stratum, cluster, units, lonely)
    return _proportion(values, design, _rows(table, where), level, interval)


def ratio(
    table: pd.DataFrame,
    above: str,
    below: str,
    *,
    weight: str | None = None,
    stratum: str | None = None,
    cluster: str | None = None,
    where: pd.Series | None = None,
    units: Mapping[str, Any] | int | None = None,
    lonely: str = "refuse",
    level: float = 0.95,
) -> Estimate:
    """Ratio of two totals, for example bribes paid for each contact; parameters as in :func:`mean`.

    Examples
    --------
    >>> contacts = people.assign(contacts=2, bribes=people["paid"].astype("int64"))
    >>> round(ratio(contacts, "bribes", "contacts").value, 4)
    0.0417
    """
    top, bottom = _column(table, above), _column(table, below)
    design = _Design.of(table, weight, stratum, cluster, units, lonely)
    return _ratio(top, bottom, design, _rows(table, where), level)


def by_group(
    table: pd.DataFrame,
    column: str,
    group: str,
    *,
    kind: str = "mean",
    weight: str | None = None,
    stratum: str | None = None,
    cluster: str | None = None,
    units: Mapping[str, Any] | int | None = None,
    lonely: str = "refuse",
    level: float = 0.95,
) -> pd.DataFrame:
    """One estimate for each group, every one computed inside the whole design.

    Parameters
    ----------
    kind : str
        ``"mean"`` or ``"proportion"``; the other parameters as in :func:`mean`.

    Returns
    -------
    DataFrame
        Index the groups; columns of :class:`Estimate`. A group that allows no standard error, such as an institution
        with one respondent or one cluster, keeps its weighted mean and has a missing error and interval, with a ``note``
        that says why.

    Examples
    --------
    >>> by_group(people, "score", "office")[["value", "low", "high"]].round(2)
            value   low  high
    office
    A        7.50  6.67  8.33
    B        5.83  5.24  6.43
    C        8.33  7.69  8.98
    D        6.83  6.24  7.43
    """
    kind = input_checks.choice(kind, ("mean", "proportion"), "kind")
    values = _column(table, column) if kind == "mean" else _truth(table, column)
    design = _Design.of(table, weight, stratum, cluster, units, lonely)
    estimator = _mean if kind == "mean" else _proportion
    input_checks.need_rows(table, [group], "responses")
    found = {}
    for name, rows in (
        input_checks.labels(table, group, "responses").groupby(table[group], observed=True).indices.items()
    ):
        try:
            found[name] = estimator(values, design, rows, level)
        except _TooFew as error:
            found[name] = _without_error(values[rows], design.weights[rows], level, error.what)
    columns = pd.DataFrame([vars(estimate) for estimate in found.values()], index=pd.Index(found, name=group))
    return columns.astype({"design_effect": float})


class _TooFew(InputError):
    """A part of the sample too small for a standard error."""


def _mean(values: np.ndarray, design: _Design, rows: np.ndarray, level: float) -> Estimate:
    kept = rows[~np.isnan(values[rows])]
    weights = design.weights[kept]
    _enough(kept, weights, design)
    # Equal answers give exactly their value and exactly 0, whatever binary fractions do to a weighted sum.
    equal = np.ptp(values[kept]) == 0
    value = float(values[kept[0]] if equal else weights @ values[kept] / weights.sum())
    error = 0.0 if equal else design.error(kept, weights * (values[kept] - value) / weights.sum())
    # Clusters with one and the same mean leave an error of 1e-17 by binary fractions, which is 0.
    error = 0.0 if error < 1e-12 * np.ptp(values[kept]) else error
    simple = float(weights @ (values[kept] - value) ** 2 / weights.sum() / (len(kept) - 1))
    what = "All answers are equal" if equal else "All clusters have the same mean" if error == 0 else ""
    note = f"{what}: the error of 0 is arithmetic, not certainty." if what else ""
    effect = None if error == 0 else error**2 / simple
    return _estimate(value, error, design, rows, kept, level, "weighted mean", effect, note)


def _ratio(top: np.ndarray, bottom: np.ndarray, design: _Design, rows: np.ndarray, level: float) -> Estimate:
    kept = rows[~np.isnan(top[rows]) & ~np.isnan(bottom[rows])]
    weights = design.weights[kept]
    _enough(kept, weights, design)
    below = float(weights @ bottom[kept])
    if below == 0:
        raise InputError(
            "The denominator sums to zero.", where="responses", fix="Choose another denominator."
        )
    value = float(weights @ top[kept]) / below
    error = design.error(kept, weights * (top[kept] - value * bottom[kept]) / below)
    return _estimate(value, error, design, rows, kept, level, "ratio of totals", None, "")


def _proportion(
    values: np.ndarray, design: _Design, rows: np.ndarray, level: float, interval: str = "wilson"
) -> Estimate:
    input_checks.choice(interval, ("wilson", "wald"), "interval")
    plain = _mean(values, design, rows, level)
    if interval == "wald":
        return replace(plain, method="weighted share, plain interval")
    p, quantile = plain.value, two_sided(level, plain.freedom)
    if plain.error > 0:
        low, high = wilson_interval(p, p * (1 - p) / plain.error**2, quantile)
        return replace(
            plain, low=low, high=high, method="weighted share, Wilson interval with effective sample size"
        )
    kept = rows[~np.isnan(values[rows])]
    low, high = wilson_interval(p, len(kept) / weighting_design_effect(design.weights[kept]), quantile)
    what = {0.0: f"Nobody of {plain.n:,} reported it", 1.0: f"Everybody of {plain.n:,} reported it"}.get(
        p, "The share is the same in every cluster"
    )
    note = f"{what}: the error of 0 is arithmetic, not certainty. Use the interval."
    missing = plain.note.partition("not certainty. ")[2]
    return replace(
        plain, low=low, high=high, method="weighted share, Wilson interval", note=join_notes(note, missing)
    )


def _enough(kept: np.ndarray, weights: np.ndarray, design: _Design) -> None:
    """Raise unless these rows allow a standard error."""
    if len(kept) == 0:
        raise _TooFew("Nobody answered.", where="responses", fix="Check the filter and the column.")
    if len(kept) == 1:
        raise _TooFew(
            "There is one respondent, so there is no standard error.",
            where="responses",
            fix="Pool years or similar institutions, or publish no figure.",
        )
    if not weights.sum() > 0:
        raise _TooFew("The weights sum to zero.", where="responses", fix="Give a weight above zero.")
    codes = design.unit_codes[kept]
    if (codes == codes[0]).all():
        raise _TooFew(
            "All these respondents come from one cluster, so its spread is unknown.",
            where="responses",
            fix="To estimate a single institution, take its respondents alone, without the column of clusters.",
        )
    if design.freedom < 1:
        raise InputError(
            "There are no more clusters than strata, so there is no standard error.",
            where="responses",
            fix="Join strata.",
        )


def _estimate(
    value: float,
    error: float,
    design: _Design,
    rows: np.ndarray,
    kept: np.ndarray,
    level: float,
    method: str,
    effect: float | None,
    note: str,
) -> Estimate:
    half = two_sided(level, design.freedom) * error
    missing = len(rows) - len(kept)
    silent = f"{missing:,} of {len(rows):,} did not answer." if missing else ""
    return Estimate(
        value,
        error,
        value - half,
        value + half,
        level,
        len(kept),
        method,
        freedom=float(design.freedom),
        design_effect=effect,
        note=join_notes(note, silent),
    )


def _without_error(answers: np.ndarray, weights: np.ndarray, level: float, why: str) -> Estimate:
    there = ~np.isnan(answers)
    kept, weights = answers[there], weights[there]
    value = float(weights @ kept / weights.sum()) if weights.sum() > 0 else math.nan
    blank = math.nan
    return Estimate(
        value, blank, blank, blank, level, len(kept), "no error possible", freedom=blank, note=why
    )


@dataclass(frozen=True)
class _Design:
    """Weights and codes of first-stage units, one for each row; the stratum of each unit; what each stratum holds."""

    weights: np.ndarray
    unit_codes: np.ndarray
    unit_strata: np.ndarray
    stratum_names: list[Any]
    stratum_units: np.ndarray
    fractions: np.ndarray
    lonely: str

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        weight: str | None,
        stratum: str | None,
        cluster: str | None,
        units: Mapping[str, Any] | pd.Series | int | None,
        lonely: str,
    ) -> _Design:
        input_checks.choice(lonely, LONELY, "lonely")
        input_checks.need_rows(
            table, [column for column in (weight, stratum, cluster) if column], "responses"
        )
        weights = input_checks.weights(table[weight], f"column {weight}") if weight else np.ones(len(table))
        strata, names = pd.factorize(input_checks.labels(table, stratum, "responses"), sort=True)
        clusters = (
            pd.factorize(input_checks.labels(table, cluster, "responses"))[0]
            if cluster
            else np.arange(len(table))
        )
        # The same cluster name in two strata means two clusters.
        codes, pairs = pd.factorize(strata.astype(np.int64) * (clusters.max() + 1) + clusters)
        unit_strata = np.asarray(pairs) // (clusters.max() + 1)
        drawn = np.bincount(unit_strata.astype(np.intp), minlength=len(names))
        fractions = _fractions(units, list(names), drawn)
        return cls(weights, codes, unit_strata, list(names), drawn, fractions, lonely)

    @property
    def freedom(self) -> int:
        return len(self.unit_strata) - len(self.stratum_names)

    def error(self, rows: np.ndarray, influence: np.ndarray) -> float:
        """Standard error of the sum of ``influence`` over ``rows``: spread of cluster totals within strata.

        Clusters without any of these rows have a total of 0 and still count.
        """
        units, place = np.unique(self.unit_codes[rows], return_inverse=True)
        totals = np.bincount(place, influence)
        strata, where = np.unique(self.unit_strata[units], return_inverse=True)
        size = self.stratum_units[strata]
        alone = size == 1
        if alone.any() and self.lonely == "refuse":
            name = self.stratum_names[strata[int(np.argmax(alone))]]
            raise InputError(
                f"The stratum {name!r} has one first-stage unit, so its spread is unknown.",
                where="responses",
                fix='Join it with a similar stratum; lonely="centre" gives a cautious error instead.',
            )
        centre = np.bincount(where, totals) / size
        if self.lonely == "centre":
            centre = np.where(alone, totals.sum() / len(self.unit_strata), centre)
        squares = np.bincount(where, (totals - centre[where]) ** 2)
        silent = (size - np.bincount(where)) * centre**2
        factor = (1 - self.fractions[strata]) * np.where(alone, 1.0, size / np.maximum(size - 1, 1))
        return math.sqrt(float((factor * (squares + silent)).sum()))


def _fractions(
    units: Mapping[str, Any] | pd.Series | int | None, names: Sequence[Any], drawn: np.ndarray
) -> np.ndarray:
    """Sampling fraction of the first stage in each stratum; 0 without population counts."""
    if units is None:
        return np.zeros(len(names))
    counts = dict(units) if isinstance(units, (Mapping, pd.Series)) else dict.fromkeys(names, units)
    absent = [name for name in names if name not in counts]
    if absent:
        raise InputError(
            f"There is no population count for the stratum {absent[0]!r}.",
            where="units",
            fix="Give the number of units of every stratum.",
        )
    population = np.array([input_checks.whole(counts[name], f"units, stratum {name}") for name in names])
    if (drawn > population).any():
        name = names[int(np.argmax(drawn > population))]
        raise InputError(
            f"More units drawn than there are in {name!r}.",
            where="units",
            fix="Correct the count of that stratum.",
        )
    return drawn / population


def wilson(events: float, n: float, *, level: float = 0.95, design_effect: float = 1.0) -> Estimate:
    """Wilson's interval for a share, also for rare events and for none at all (wilson-1927).

    For whole counts it is that of :func:`scipy.stats.binomtest`; with a design effect the same formula with fewer answers.

    Parameters
    ----------
    events, n : float
        How many of how many.
    design_effect : float
        The sample counts as ``n / design_effect`` independent answers.

    Examples
    --------
    >>> none = wilson(0, 40)
    >>> none.low, round(none.high, 3)
    (0.0, 0.088)
    """
    total = input_checks.positive(n, "n")
    hits = float(input_checks.numbers([events], "events", low=0, high=total)[0])
    deff = input_checks.positive(design_effect, "design_effect")
    p = hits / total
    low, high = wilson_interval(p, total / deff, two_sided(level))
    error = math.sqrt(p * (1 - p) * deff / total)
    note = "No event: the error of 0 is arithmetic, not certainty." if hits == 0 else ""
    return Estimate(
        p,
        error,
        low,
        high,
        level,
        round(total),
        "Wilson interval",
        design_effect=deff,
        note=note,
    )


# -- SDG 16.5.1 ----------------------------------------------------------------------------------------------------

ANSWERS = ("yes", "no", "refused")
"""Answers to a bribery question; "don't know" counts as refused unless the table keeps it apart."""


@dataclass(frozen=True)
class BriberyPrevalence:
    """Result of :func:`bribery_prevalence`.

    Attributes
    ----------
    rate : Estimate
        Paid or asked, among those who had a contact; refusals stay in the denominator.
    of_answers : Estimate
        The same among those who answered yes or no.
    naive : Estimate
        The usual error: among everybody, contact or not.
    answers : DataFrame
        Weighted share (and number) of contacted people for each of ``yes``, ``no``, ``refused``.
    highest : float
        The rate if all who refused had said yes.
    contact : Estimate
        Share of people who had a contact.

    Examples
    --------
    >>> answers = pd.DataFrame({"contact": True, "paid": ["yes"] + ["no"] * 9, "asked": "no"})
    >>> found = bribery_prevalence(answers)
    >>> found.rate.value, found.highest
    (0.1, 0.1)
    """

    rate: Estimate
    of_answers: Estimate
    naive: Estimate
    answers: pd.DataFrame
    highest: float
    contact: Estimate


def bribery_prevalence(
    table: pd.DataFrame,
    *,
    contact: str = "contact",
    paid: str = "paid",
    asked: str = "asked",
    **design: Any,
) -> BriberyPrevalence:
    """SDG 16.5.1: those who paid, or were asked to pay, a bribe, among those who had a contact with an official (acrc-s12).

    Parameters
    ----------
    table : DataFrame
        One row for each person.
    contact : str
        Column of true/false: at least one contact with a public official in the last 12 months.
    paid, asked : str
        Columns with ``yes``, ``no`` or ``refused`` (true and false work too). A person without contact has an empty
        cell; an empty cell of a person with contact counts as refused.
    design : keywords
        ``weight``, ``stratum``, ``cluster``, ``units``, ``lonely``, ``level`` as in :func:`mean`.

    Raises
    ------
    InputError
        For an unknown answer, for somebody who met no official and yet reports a bribe, or when nobody had a contact.

    Examples
    --------
    >>> answers = pd.DataFrame({"contact": [True] * 8 + [False] * 2})
    >>> answers["paid"] = ["yes", "refused"] + ["no"] * 6 + [None] * 2
    >>> answers["asked"] = ["no"] * 8 + [None] * 2
    >>> found = bribery_prevalence(answers)
    >>> found.rate.value, found.naive.value, found.highest
    (0.125, 0.1, 0.25)
    """
    input_checks.need_rows(table, [contact, paid, asked], "responses")
    met = input_checks.yes_no(table[contact], contact)
    answers = [_answers(table[column], column) for column in (paid, asked)]
    yes = answers[0].eq("yes") | answers[1].eq("yes")
    no = answers[0].eq("no") & answers[1].eq("no")
    if (yes & ~met).any():
        row = yes.index[int(np.argmax((yes & ~met).to_numpy()))]
        raise InputError(
            f"{int((yes & ~met).sum())} people report a bribe and no contact with an official.",
            where=f"responses, row {row}",
            fix="Check the contact question: the bribe questions follow it.",
        )
    if not met.any():
        raise InputError(
            "Nobody had a contact with an official.",
            where=f"column {contact}",
            fix="Take a survey in which somebody had, or another column.",
        )
    work = table.assign(_yes=yes, _no=no, _refused=~(yes | no), _met=met, _answered=yes | no)
    rate = proportion(work, "_yes", where=met, **design)
    shares = {name: proportion(work, f"_{name}", where=met, **design) for name in ANSWERS}
    counts = [int((work[f"_{name}"] & met).sum()) for name in ANSWERS]
    categories = pd.DataFrame(
        {"people": counts, "share": [shares[name].value for name in ANSWERS]},
        index=pd.Index(ANSWERS, name="answer"),
    )
    return BriberyPrevalence(
        rate=rate,
        of_answers=proportion(work, "_yes", where=met & work["_answered"], **design),
        naive=proportion(work, "_yes", **design),
        answers=categories,
        highest=shares["yes"].value + shares["refused"].value,
        contact=proportion(work, "_met", **design),
    )


def _answers(values: pd.Series, name: str) -> pd.Series:
    words = {
        True: "yes",
        False: "no",
        "yes": "yes",
        "no": "no",
        "refused": "refused",
        "don't know": "refused",
    }
    known = values.isna() | values.isin(list(words))
    if not known.all():
        row = values.index[int(np.argmin(known.to_numpy()))]
        raise InputError(
            f"{values[~known].iloc[0]!r} is not an answer.",
            where=f"column {name}, row {row}",
            fix="Use yes, no, refused or don't know.",
        )
    return values.astype(object).map(words).where(values.notna(), "refused")


# -- small institutions --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RatePrior:
    """What the institutions together say about a rate: ``mean``, and ``strength`` in respondents.

    An institution with as many respondents as ``strength`` is trusted half on its own answers.

    Examples
    --------
    >>> RatePrior(mean=0.02, strength=400).alpha
    8.0
    """

    mean: float
    strength: float
    note: str = ""

    @property
    def alpha(self) -> float:
        return self.mean * self.strength

    @property
    def beta(self) -> float:
        return (1 - self.mean) * self.strength


_MOST = 1e7


def fit_rate_prior(events: Values, n: Values) -> RatePrior:
    """Fit a Beta-Binomial model by maximum likelihood (kleinman-1973 for the model).

    Parameters
    ----------
    events, n : arrays
        Events and respondents of each institution.

    Raises
    ------
    InputError
        With fewer than three institutions, with no event anywhere, or with nothing but events: then nothing says how
        the rates differ.

    Examples
    --------
    >>> prior = fit_rate_prior([2, 9, 1, 30, 5], [400, 420, 380, 450, 390])
    >>> round(prior.mean, 3), round(prior.strength)
    (0.022, 48)
    """
    k, size = _counts(events, n)
    if len(k) < 3:
        raise InputError(
            "Shrinkage needs three institutions or more.",
            where="events",
            fix="Publish the intervals as they are: wilson(events, n).",
        )
    if k.sum() in (0, size.sum()):
        raise InputError(
            f"{'No' if k.sum() == 0 else 'Every'} respondent reports the event, in any institution.",
            where="events",
            fix="Publish one interval for all together: wilson(events.sum(), n.sum()).",
        )

    from scipy.optimize import minimize
    from scipy.special import expit

    pooled = float(k.sum() / size.sum())
    start = math.log(pooled / (1 - pooled))
    bounds = [(start - 5, start + 5), (math.log(0.1), math.log(_MOST))]
    tries = [
        minimize(_beta_binomial_loss, (start, math.log(guess)), (k, size), "L-BFGS-B", True, bounds=bounds)
        for guess in (2.0, 50.0, 1000.0, 1e5)
    ]
    best = min(tries, key=lambda result: result.fun)
    centre, strength = float(expit(best.x[0])), float(math.exp(best.x[1]))
    note = ""
    if strength > 100 * size.max():
        centre = pooled
        note = "The institutions differ no more than chance makes them: all get nearly the same rate."
    return RatePrior(centre, strength, note)


def _beta_binomial_loss(parameters: np.ndarray, k: np.ndarray, size: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the log likelihood and its gradient in (logit of the mean, log of the strength)."""
    from scipy.special import betaln, digamma, expit

    centre, strength = expit(parameters[0]), math.exp(parameters[1])
    a, b = centre * strength, (1 - centre) * strength
    loss = -float((betaln(k + a, size - k + b) - betaln(a, b)).sum())
    common = digamma(size + strength) - digamma(strength)
    to_a = -float((digamma(k + a) - digamma(a) - common).sum())
    to_b = -float((digamma(size - k + b) - digamma(b) - common).sum())
    return loss, np.array([strength * centre * (1 - centre) * (to_a - to_b), a * to_a + b * to_b])


def shrink_rates(
    events: pd.Series, n: pd.Series, prior: RatePrior | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Pull the rate of each institution towards the common one, the more the fewer answers it has.

    Returns
    -------
    DataFrame
        Index as ``events``; columns ``events``, ``n``, ``rate`` (its own), ``shrunk``, ``low``, ``high`` (from the
        Beta posterior; covers ``level`` of institutions on average), ``own_share`` (how much of ``shrunk`` is its
        own answers).

    Examples
    --------
    >>> events, n = pd.Series({"A": 0, "B": 3, "C": 30}), pd.Series({"A": 20, "B": 100, "C": 1000})
    >>> shrunk = shrink_rates(events, n, RatePrior(mean=0.02, strength=100))
    >>> shrunk[["rate", "shrunk", "own_share"]].round(3)
       rate  shrunk  own_share
    A  0.00   0.017      0.167
    B  0.03   0.025      0.500
    C  0.03   0.029      0.909
    """
    from scipy.stats import beta

    k, size = _counts(events, n)
    input_checks.share(level, "level")
    common = fit_rate_prior(events, n) if prior is None else prior
    a, b = k + common.alpha, size - k + common.beta
    tail = (1 - level) / 2
    return pd.DataFrame(
        {
            "events": k.astype("int64"),
            "n": size.astype("int64"),
            "rate": k / size,
            "shrunk": a / (a + b),
            "low": beta.ppf(tail, a, b),
            "high": beta.ppf(1 - tail, a, b),
            "own_share": size / (size + common.strength),
        },
        index=pd.Series(events).index,
    )


# -- looking at answers --------------------------------------------------------------------------------------------


def check_respondents(table: pd.DataFrame, respondent: str) -> None:
    """Raise `InputError` when a respondent appears twice.

    Examples
    --------
    >>> check_respondents(pd.DataFrame({"id": [1, 2, 3]}), "id")
    """
    input_checks.need_rows(table, [respondent], "responses")
    input_checks.unique(table, [respondent], "responses")


def straight_liners(table: pd.DataFrame, items: Sequence[str]) -> pd.Series:
    """True for respondents who gave the same code to every question, though some ask for the opposite.

    Give the answers as they were typed, before any item is reversed. A respondent with fewer than three answers is
    never marked.

    Examples
    --------
    >>> answers = pd.DataFrame({"fair": [4, 5], "quick": [4, 2], "slow_reversed": [4, 1]})
    >>> straight_liners(answers, ["fair", "quick", "slow_reversed"]).tolist()
    [True, False]
    """
    input_checks.need_rows(table, list(items), "responses")
    codes = np.column_stack(
        [input_checks.numbers(table[item], f"column {item}", missing=True) for item in items]
    )
    answered = (~np.isnan(codes)).sum(axis=1)
    low = np.where(np.isnan(codes), np.inf, codes).min(axis=1)
    high = np.where(np.isnan(codes), -np.inf, codes).max(axis=1)
    return pd.Series((low == high) & (answered >= 3), index=table.index, name="straight line")


# -- checks --------------------------------------------------------------------------------------------------------


def _column(table: pd.DataFrame, column: str) -> np.ndarray:
    input_checks.need_rows(table, [column], "responses")
    return input_checks.numbers(table[column], f"column {column}", missing=True)


def _truth(table: pd.DataFrame, column: str) -> np.ndarray:
    values = _column(table, column)
    wrong = ~np.isnan(values) & (values != 0) & (values != 1)
    if wrong.any():
        raise InputError(
            f"{values[wrong][0]:g} is neither true nor false.",
            where=f"column {column}, row {table.index[int(np.argmax(wrong))]}",
            fix="Make a column of True and False first.",
        )
    return values


def _rows(table: pd.DataFrame, where: Values | None) -> np.ndarray:
    """Positions of the rows that the filter keeps."""
    if where is None:
        return np.arange(len(table))
    if isinstance(where, pd.Series) and not where.index.equals(table.index):
        raise InputError(
            "The filter is not about these rows.", where="where", fix="Make it from the same table."
        )
    inside = np.asarray(where)
    if inside.dtype != bool or len(inside) != len(table):
        raise InputError(
            "The filter must be true or false for every row.",
            where="where",
            fix="Fill its empty cells with False.",
        )
    return np.flatnonzero(inside)


def _counts(events: Values, n: Values) -> tuple[np.ndarray, np.ndarray]:
    k = input_checks.numbers(events, "events", low=0)
    size = input_checks.numbers(n, "n", low=1)
    if len(k) != len(size):
        raise InputError(
            f"{len(k)} counts of events and {len(size)} of respondents.",
            where="events and n",
            fix="Give one of each for every institution.",
        )
    if (k > size).any():
        row = pd.Series(events).index[int(np.argmax(k > size))]
        raise InputError(
            "More events than respondents.", where=f"row {row}", fix="Correct one of the two counts."
        )
    return k, size
