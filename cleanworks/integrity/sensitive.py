"""Asking about bribes without making the answer dangerous: randomised response and the list experiment.

A randomised answer protects the respondent and costs precision; :func:`sample_size_ratio` says how much. Estimates can
fall below zero: that is the price of the protection, not a mistake, and is explained in the ``note``. They are cut
to the range 0 to 1 only when asked, because cut estimates are biased upwards when rates are low.
Sources: warner-1965, acrc-s128, acrc-s129, blair-imai-2012, acrc-s130.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.integrity._quantiles import NORMAL, two_sided
from cleanworks.integrity.estimates import Estimate, join_notes
from cleanworks.integrity.survey import wilson

# -- randomised response -------------------------------------------------------------------------------------------


def warner(
    yes: int,
    n: int,
    p: float,
    *,
    level: float = 0.95,
    design_effect: float = 1.0,
    truncate: bool = False,
) -> Estimate:
    """Warner's design: with probability ``p`` the sentence is "I paid", otherwise "I did not pay" (warner-1965).

    ``(lambda + p - 1) / (2p - 1)``, variance ``lambda (1 - lambda) / (n (2p - 1)^2)`` with ``lambda`` the share of yes.

    Parameters
    ----------
    yes, n : int
        Answers "yes" out of ``n``.
    p : float
        Probability of the sensitive sentence, not 0.5.
    design_effect : float
        Of the sample; multiplies the variance.
    truncate : bool
        Cut the estimate and its interval to 0 to 1.

    Returns
    -------
    Estimate
        The interval is Wilson's for the share of yes, carried over to the rate.

    Raises
    ------
    InputError
        When ``p`` is 0.5: then the answers say nothing about the rate.

    Examples
    --------
    >>> estimate = warner(yes=290, n=1000, p=0.75)
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.08, 0.025, 0.138)
    """
    chance = input_checks.share(p, "p")
    if abs(chance - 0.5) < 1e-9:
        raise InputError(
            "With p = 0.5 a yes is as likely from those who paid as from those who did not, so nothing can be learned.",
            where="p",
            fix="Use a device with another probability, for example 2/3 (a die: 1 to 4 or 5 to 6).",
        )
    return _unmix(yes, n, chance - 1, 2 * chance - 1, level, design_effect, truncate, "Warner's design")


def forced_response(
    yes: int,
    n: int,
    p_yes: float,
    p_truth: float,
    *,
    level: float = 0.95,
    design_effect: float = 1.0,
    truncate: bool = False,
) -> Estimate:
    """Forced response: a device says "yes" with ``p_yes``, "answer truly" with ``p_truth``, "no" otherwise.

    ``(lambda - p_yes) / p_truth``. With a coin that forces "yes", ``p_yes = p_truth = 0.5`` (acrc-s129). An unrelated
    question works alike: ``p_truth`` is the chance of the sensitive question and ``p_yes`` the chance of the other
    one times its known share of yes.

    Other parameters, and the result, as in :func:`warner`.

    Raises
    ------
    InputError
        When ``p_truth`` is zero or the two probabilities pass one together.

    Examples
    --------
    >>> round(forced_response(yes=545, n=1000, p_yes=0.5, p_truth=0.5).value, 3)
    0.09
    """
    forced = input_checks.share(p_yes, "p_yes", ends=True)
    honest = input_checks.share(p_truth, "p_truth", ends=True)
    if honest == 0:
        raise InputError(
            "Nobody answers truly, so nothing can be learned.",
            where="p_truth",
            fix="Give a p_truth above zero.",
        )
    if forced + honest > 1 + 1e-12:
        raise InputError(
            f"The probabilities sum to {forced + honest:g}.",
            where="p_yes and p_truth",
            fix="Give two probabilities that sum to 1 or less.",
        )
    return _unmix(yes, n, -forced, honest, level, design_effect, truncate, "forced response")


def _unmix(
    yes: int,
    n: int,
    shift: float,
    scale: float,
    level: float,
    design_effect: float,
    truncate: bool,
    method: str,
) -> Estimate:
    """Turn the share of yes into the rate ``(share + shift) / scale``."""
    said = wilson(
        input_checks.whole(yes, "yes", least=0),
        input_checks.whole(n, "n"),
        level=level,
        design_effect=design_effect,
    )
    low, high = sorted((bound + shift) / scale for bound in (said.low, said.high))
    error = said.error / abs(scale)
    value = (said.value + shift) / scale
    note = "All answers are equal: the error of 0 is arithmetic, not certainty." if error == 0 else ""
    found = Estimate(value, error, low, high, level, said.n, method, design_effect=design_effect, note=note)
    return _explain(found, truncate)


def _explain(found: Estimate, truncate: bool) -> Estimate:
    """Say what an estimate outside 0 to 1 means; cut it when asked."""
    note = found.note
    if not 0 <= found.value <= 1:
        side, end = ("below 0", "0") if found.value < 0 else ("above 1", "1")
        possible = found.high >= 0 and found.low <= 1
        reason = (
            f"Chance alone does that when the true rate is near {end}: read the interval."
            if possible
            else "The whole interval lies outside 0 to 1: look whether people followed the instructions "
            "and the device is what was declared."
        )
        note = join_notes(note, f"The estimate is {side}.", reason)
    if not truncate:
        return replace(found, note=note)
    value, low, high = (min(1.0, max(0.0, figure)) for figure in (found.value, found.low, found.high))
    cut = "Cut to the range 0 to 1, which biases averages of such estimates." if value != found.value else ""
    return replace(found, value=value, low=low, high=high, note=join_notes(note, cut))


def share_of_yes(
    rate: float, *, p: float | None = None, p_yes: float | None = None, p_truth: float | None = None
) -> float:
    """The share of "yes" that a rate produces, for Warner's design (``p``) or a forced response (the other two).

    Examples
    --------
    >>> round(share_of_yes(0.08, p=0.75), 2)
    0.29
    """
    true = input_checks.share(rate, "rate", ends=True)
    if p is not None:
        chance = input_checks.share(p, "p")
        return chance * true + (1 - chance) * (1 - true)
    if p_yes is None or p_truth is None:
        raise InputError(
            "The probabilities of the device are missing.",
            where="share_of_yes",
            fix="Write p=2/3, or p_yes=1/6 and p_truth=2/3.",
        )
    return (
        input_checks.share(p_yes, "p_yes", ends=True)
        + input_checks.share(p_truth, "p_truth", ends=True) * true
    )


def sample_size_ratio(
    rate: float,
    *,
    p: float | None = None,
    p_yes: float | None = None,
    p_truth: float | None = None,
    list_variances: tuple[float, float] | None = None,
) -> float:
    """How many times more people a protected question needs than a direct one with honest answers.

    The ratio of the variances at the same sample size. For a list experiment give the variances of the counts with
    and without the sensitive item; half the sample is in each group.

    Examples
    --------
    >>> round(sample_size_ratio(0.08, p=0.75), 1)
    11.2
    """
    true = input_checks.share(rate, "rate")
    direct = true * (1 - true)
    if list_variances is not None:
        longer, shorter = input_checks.numbers(list_variances, "list_variances", low=0)
        return float(2 * (longer + shorter) / direct)
    said = share_of_yes(true, p=p, p_yes=p_yes, p_truth=p_truth)
    scale = 2 * p - 1 if p is not None else p_truth or 0.0
    if abs(scale) < 1e-9:
        raise InputError(
            "This device tells nothing, so no sample is large enough.",
            where="p or p_truth",
            fix="Choose a p other than 0.5, or a p_truth above zero.",
        )
    return said * (1 - said) / scale**2 / direct


# -- list experiment -----------------------------------------------------------------------------------------------


def list_experiment(
    table: pd.DataFrame,
    *,
    count: str = "count",
    treated: str = "treated",
    items: int,
    level: float = 0.95,
    truncate: bool = False,
) -> Estimate:
    """Share with the sensitive trait: mean count with the sensitive item minus mean count without (blair-imai-2012).

    Parameters
    ----------
    table : DataFrame
        One row for each respondent.
    count : str
        Column with the number of items that apply, never which ones.
    treated : str
        Column of true/false: the list held the sensitive item.
    items : int
        Number of harmless items.
    truncate : bool
        Cut the estimate and its interval to 0 to 1.

    Returns
    -------
    Estimate
        Variance ``s1^2/n1 + s0^2/n0``; interval by Welch's t. Where nobody's count differs within the groups, the variance
        is 0 by arithmetic only, and a cautious interval takes the place of one without width.

    Raises
    ------
    InputError
        For a count that the list does not allow, or a group of fewer than two people.

    Examples
    --------
    >>> estimate = list_experiment(counts, items=3)
    >>> round(estimate.value, 2), round(estimate.error, 2)
    (0.33, 0.38)
    """
    longer, shorter = _two_lists(table, count, treated, items)
    parts = [group.var(ddof=1) / len(group) for group in (longer, shorter)]
    error = math.sqrt(sum(parts))
    value = float(longer.mean() - shorter.mean())
    note = ""
    if error == 0:
        freedom = math.inf
        note = (
            "All counts of each group are equal: the error of 0 is arithmetic, not certainty. The interval lets as many "
            "people differ as Wilson's interval for none of so many allows."
        )
        below, above = _room(longer, items + 1, level), _room(shorter, items, level)
        low, high = value - below[0] - above[1], value + below[1] + above[0]
    else:
        freedom = error**4 / sum(
            part**2 / (len(group) - 1) for part, group in zip(parts, (longer, shorter), strict=True)
        )
        quantile = two_sided(level, freedom)
        low, high = value - quantile * error, value + quantile * error
    found = Estimate(
        value,
        error,
        low,
        high,
        level,
        len(longer) + len(shorter),
        "list experiment",
        freedom=freedom,
        note=note,
    )
    return _explain(found, truncate)


def _room(counts: np.ndarray, most: int, level: float) -> tuple[float, float]:
    """How far the mean of equal counts may lie (below, above), if people as rare as Wilson allows gave another count."""
    others = wilson(0, len(counts), level=level).high
    same = float(counts[0])
    return others * same, others * (most - same)


def respondent_types(
    table: pd.DataFrame, *, count: str = "count", treated: str = "treated", items: int
) -> pd.DataFrame:
    """Estimated share of people by number of harmless items and trait (blair-imai-2012).

    Returns
    -------
    DataFrame
        Index ``items`` 0 to ``items``; columns ``with_trait``, ``with_error``, ``without_trait``, ``without_error``.
        The shares sum to one. A share well below zero means that the sensitive item changed the answers to the
        harmless ones: see :func:`no_design_effect`.

    Examples
    --------
    >>> respondent_types(counts, items=3)[["with_trait", "without_trait"]].round(2)
           with_trait  without_trait
    items
    0            0.00           0.00
    1            0.17           0.33
    2            0.17           0.33
    3            0.00           0.00
    """
    longer, shorter = _two_lists(table, count, treated, items)
    with_trait, with_cov, without, without_cov = _type_shares(longer, shorter, items)
    return pd.DataFrame(
        {
            "with_trait": with_trait,
            "with_error": np.sqrt(np.diag(with_cov)),
            "without_trait": without,
            "without_error": np.sqrt(np.diag(without_cov)),
        },
        index=pd.RangeIndex(items + 1, name="items"),
    )


@dataclass(frozen=True)
class DesignEffectTest:
    """Result of :func:`no_design_effect`: ``p_value`` is the Bonferroni-corrected smaller of the two ``parts``.

    Examples
    --------
    >>> len(no_design_effect(counts, np.random.default_rng(1), items=3, draws=200).parts)
    2
    """

    p_value: float
    parts: tuple[float, float]
    table: pd.DataFrame
    note: str


def no_design_effect(
    table: pd.DataFrame,
    rng: np.random.Generator | Draws,
    *,
    count: str = "count",
    treated: str = "treated",
    items: int,
    draws: int = 5000,
    alpha: float = 0.05,
) -> DesignEffectTest:
    """Test that the sensitive item did not change the answers to the harmless ones (blair-imai-2012, acrc-s130).

    If it did not, no share of :func:`respondent_types` can be negative. For people with and without the trait apart,
    the distance of the shares from the nearest allowed ones is compared with its distribution when all shares are
    zero, the hardest case, by simulation. The smaller p-value is doubled. R's ``list::ict.test`` can also leave out
    shares that are far from zero (generalised moment selection); this test does not, and is the more cautious one.

    Parameters
    ----------
    rng : numpy.random.Generator
    draws : int
        Simulations for each part.

    Examples
    --------
    >>> result = no_design_effect(counts, np.random.default_rng(1), items=3, draws=200)
    >>> result.p_value > 0.05
    True
    """
    rng = input_checks.generator(rng)
    longer, shorter = _two_lists(table, count, treated, items)
    with_trait, with_cov, without, without_cov = _type_shares(longer, shorter, items)
    # The last share with the trait and the first without are plain frequencies: they cannot be negative.
    parts = (
        _distance_test(with_trait[:-1], with_cov[:-1, :-1], rng, draws),
        _distance_test(without[1:], without_cov[1:, 1:], rng, draws),
    )
    p_value = min(1.0, 2 * min(parts))
    note = (
        f"Rejected at {alpha:.0%}: the sensitive item seems to change the other answers. Do not use the estimate."
        if p_value < alpha
        else "Not rejected: no sign of a design effect. A small survey would not see one."
    )
    return DesignEffectTest(
        p_value, parts, respondent_types(table, count=count, treated=treated, items=items), note
    )


def _type_shares(
    longer: np.ndarray, shorter: np.ndarray, items: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shares and covariances of people with and without the trait for 0 to ``items`` harmless items."""
    steps = np.arange(items + 1)
    below_long = (longer[:, None] <= steps).mean(axis=0)
    below_short = (shorter[:, None] <= steps).mean(axis=0)
    before = np.concatenate([[0.0], below_short[:-1]])
    cov_long = _step_covariance(below_long, len(longer))
    cov_short = _step_covariance(below_short, len(shorter))
    return (
        below_short - below_long,
        cov_short + cov_long,
        below_long - before,
        cov_long + _step_covariance(before, len(shorter)),
    )


def _step_covariance(cumulative: np.ndarray, n: int) -> np.ndarray:
    """Covariance of the points of an empirical distribution function."""
    smaller = np.minimum.outer(cumulative, cumulative)
    return (smaller - np.outer(cumulative, cumulative)) / n


def _distance_test(
    shares: np.ndarray, cov: np.ndarray, rng: np.random.Generator | Draws, draws: int
) -> float:
    """P-value of "no share is negative" against the case in which all are zero."""
    from scipy.optimize import nnls

    certain = np.diag(cov) <= 1e-15
    if (certain & (shares < -1e-12)).any():
        return 0.0
    kept = _distinct(cov, np.flatnonzero(~certain))
    shares, cov = shares[kept], cov[np.ix_(kept, kept)]
    if len(shares) == 0 or (shares >= 0).all():
        return 1.0
    root = np.linalg.cholesky(np.linalg.inv(cov)).T
    observed = nnls(root, root @ shares)[1]
    # In these coordinates a draw with all shares at zero is plain normal noise.
    noise = rng.standard_normal((draws, len(shares)))
    simulated = np.array([nnls(root, one)[1] for one in noise])
    return float((1 + (simulated >= observed).sum()) / (draws + 1))


def _distinct(cov: np.ndarray, kept: np.ndarray) -> list[int]:
    """Drop a share that tells the same as an earlier one (nobody gave the count between them)."""
    chosen: list[int] = []
    for candidate in kept:
        trial = [*chosen, int(candidate)]
        scale = np.sqrt(np.diag(cov)[trial])
        correlation = cov[np.ix_(trial, trial)] / np.outer(scale, scale)
        if np.linalg.eigvalsh(correlation)[0] > 1e-10:
            chosen = trial
    return chosen


def ceiling_and_floor(
    table: pd.DataFrame, *, count: str = "count", treated: str = "treated", items: int, most: float = 0.05
) -> pd.DataFrame:
    """How many people lose their protection, because all or none of the items apply to them.

    Somebody to whom all harmless items apply reveals the trait by answering truly (ceiling); with no harmless item,
    a count of 1 does (floor).

    Returns
    -------
    DataFrame
        Index ``ceiling``, ``floor``; columns ``control`` (share of the control group at that end), ``exposed``
        (estimated share of all people who have the trait and stand at that end), ``warning`` (``control`` above
        ``most``; the limit is ours).

    Examples
    --------
    >>> ceiling_and_floor(counts, items=3)[["control", "warning"]]
             control  warning
    end
    ceiling      0.0    False
    floor        0.0    False
    """
    longer, shorter = _two_lists(table, count, treated, items)
    with_trait, *_ = _type_shares(longer, shorter, items)
    input_checks.share(most, "most")
    found = pd.DataFrame(
        {
            "control": [(shorter == items).mean(), (shorter == 0).mean()],
            "exposed": [with_trait[-1], with_trait[0]],
        },
        index=pd.Index(["ceiling", "floor"], name="end"),
    )
    found["warning"] = found["control"] > most
    return found


def detection_limit(error: float, *, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest rate that an estimator with this standard error tells from zero, two-sided, textbook.

    Examples
    --------
    >>> round(detection_limit(error=0.01), 3)
    0.028
    """
    quantiles = two_sided(level) + NORMAL.inv_cdf(input_checks.share(power, "power"))
    return float(input_checks.positive(error, "error") * quantiles)


def _two_lists(table: pd.DataFrame, count: str, treated: str, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the group with the sensitive item and of the one without."""
    total = input_checks.whole(items, "items", least=2)
    input_checks.need_rows(table, [count, treated], "responses")
    group = input_checks.yes_no(table[treated], treated).to_numpy()
    counts = input_checks.numbers(table[count], f"column {count}", low=0, high=total + 1)
    broken = counts != np.floor(counts)
    beyond = ~group & (counts > total)
    if broken.any() or beyond.any():
        position = int(np.argmax(broken | beyond))
        what = (
            "is not a whole number"
            if broken[position]
            else f"is more than the {total} items of the short list"
        )
        raise InputError(
            f"The count {counts[position]:g} {what}.",
            where=f"column {count}, row {table.index[position]}",
            fix="Check the answer and the group of this respondent.",
        )
    if min(group.sum(), (~group).sum()) < 2:
        raise InputError(
            f"{group.sum()} people got the long list and {(~group).sum()} the short one.",
            where=f"column {treated}",
            fix="Both groups need two people or more.",
        )
    return counts[group], counts[~group]
