"""Did it work? Regression to the mean, difference in differences, interrupted series, thresholds, power.

Every estimator returns an effect with an interval and a note of what would make it wrong. Textbook estimators; errors by
institution as in cameron-miller-2015, group-time effects as in callaway-santanna-2021, serial correlation as in
newey-west-1987, thresholds as in imbens-lemieux-2008. Published effect sizes are in :func:`published_effects`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError
from cleanworks.integrity import published
from cleanworks.integrity._quantiles import two_sided
from cleanworks.integrity.estimates import Estimate, join_notes
from cleanworks.integrity.grades import EDGES
from cleanworks.typed import Numbers

FEW_CLUSTERS = 30
"""Below this, errors by institution are too small and intervals too short (cameron-miller-2015; the limit is a habit)."""


def published_effects() -> pd.DataFrame:
    """Effect sizes of evaluated measures, as :func:`cleanworks.integrity.published.table` ``("effects")``."""
    return published.table("effects")


# -- regression to the mean ----------------------------------------------------------------------------------------


def expected_gain(score: Numbers, mean: float, correlation: float) -> Numbers:
    """The gain to expect from chance alone: ``(1 - r) (mean - score)``, textbook.

    Parameters
    ----------
    score : number or Series
        The score of this year.
    mean : float
        Mean of all bodies.
    correlation : float
        Between the scores of two years, 0 to 1.
    """
    r = input_checks.share(correlation, "correlation", ends=True)
    return (1 - r) * (mean - score)


def retest_correlation(before: pd.Series, after: pd.Series) -> Estimate:
    """Correlation of two rounds, with Fisher's interval; bodies in one round only are left out."""
    pair = pd.concat([before, after], axis=1, join="inner").dropna()
    n = len(pair)
    if n < 4:
        raise InputError(
            f"{n} bodies are in both rounds; four are needed.",
            where="before and after",
            fix="Give scores of four bodies or more, under the same names in both rounds.",
        )
    x, y = (input_checks.numbers(pair.iloc[:, i], name) for i, name in enumerate(("before", "after")))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise InputError(
            "All scores of a round are equal.",
            where="before and after",
            fix="Choose rounds whose scores differ.",
        )
    r = float(np.corrcoef(x, y)[0, 1])
    z, half = np.arctanh(min(r, 1 - 1e-12)), two_sided(0.95) / math.sqrt(n - 3)
    low, high = np.tanh([z - half, z + half])
    error = (1 - r**2) / math.sqrt(n - 1)
    return Estimate(r, error, float(low), float(high), 0.95, n, "correlation, Fisher's interval")


def binomial_tail(events: int, n: int, rate: float) -> float:
    """Chance of ``events`` or more of ``n`` when each happens with ``rate``.

    With 18 of 22 and 0.298 (acrc-s14) this is 6.6e-7, and it answers the wrong question: bodies at the bottom rise
    more often than others without any help. See :func:`rise_without_help`.
    """
    from scipy.stats import binom

    return float(
        binom.sf(
            input_checks.whole(events, "events", least=0) - 1,
            input_checks.whole(n, "n"),
            input_checks.share(rate, "rate"),
        )
    )


@dataclass(frozen=True)
class Counterfactual:
    """What bodies at the bottom do without help; see :func:`rise_without_help`.

    Attributes
    ----------
    share : float
        Mean share of selected bodies that rise a grade or more.
    overall : float
        The same among all bodies.
    low, high : float
        5 % and 95 % of the number of selected bodies that rise.
    chance : float
        Share of the simulations in which at least the observed number rise.
    counts : ndarray of int
        Number that rise, one for each simulation.
    """

    share: float
    overall: float
    low: int
    high: int
    chance: float
    counts: np.ndarray


def rise_without_help(
    observed: int,
    selected: int,
    rng: np.random.Generator | Draws,
    *,
    correlation: float,
    bodies: int = 460,
    worst: Sequence[int] = (4, 5),
    draws: int = 2000,
) -> Counterfactual:
    """How many of the bodies at the bottom rise a grade in two rounds between which nothing was done.

    Scores of two rounds are normal with the given correlation; grades are bands of mean and standard deviation. Of
    the bodies in the ``worst`` grades, ``selected`` are drawn by lot. No source prints the correlation: take it
    from data, back it out with :func:`implied_correlation`, or vary it.

    Parameters
    ----------
    observed, selected : int
        Bodies that rose, of how many.
    correlation : float
        Between the scores of two rounds.
    """
    rng = input_checks.generator(rng)
    r = input_checks.share(correlation, "correlation", ends=True)
    rose, chosen = input_checks.whole(observed, "observed", least=0), input_checks.whole(selected, "selected")
    total, number = input_checks.whole(bodies, "bodies", least=2), input_checks.whole(draws, "draws")
    if rose > chosen:
        raise InputError(
            f"{rose} of {chosen} cannot have risen.",
            where="observed",
            fix="Give counts with 0 <= rose <= chosen.",
        )
    counts, everywhere = np.empty(number, dtype="int64"), np.empty(number)
    for i in range(number):
        before = rng.standard_normal(total)
        after = r * before + math.sqrt(1 - r**2) * rng.standard_normal(total)
        first, second = _grades(before), _grades(after)
        low = np.flatnonzero(np.isin(first, worst))
        if len(low) < chosen:
            raise InputError(
                f"Only {len(low)} bodies have a grade of {', '.join(map(str, worst))}.",
                where="selected",
                fix="Raise bodies, or select fewer.",
            )
        picked = rng.choice(low, chosen, replace=False)
        counts[i] = (second[picked] < first[picked]).sum()
        everywhere[i] = (second < first).mean()
    low, high = np.quantile(counts, [0.05, 0.95], method="inverted_cdf")
    chance = float((1 + (counts >= rose).sum()) / (number + 1))
    return Counterfactual(
        float(counts.mean() / chosen), float(everywhere.mean()), int(low), int(high), chance, counts
    )


def share_rising(correlation: float, worst: Sequence[int] = (4, 5)) -> tuple[float, float]:
    """Expected share of bodies that rise a grade when nothing was done: (among all, among the ``worst`` grades).

    Normal scores, bands of mean and standard deviation; the limit of :func:`rise_without_help` for many bodies.
    """
    from scipy.integrate import simpson
    from scipy.stats import norm

    r = min(input_checks.share(correlation, "correlation", ends=True), 1 - 1e-9)
    ends = np.concatenate([[-9.0], EDGES, [9.0]])
    joint = np.zeros((5, 5))  # rows: this round's band, worst first; columns: the next round's
    for i in range(5):
        # Within a band, average over this round's score the chance that the next one lies in each band.
        z = np.linspace(ends[i], ends[i + 1], 401)
        below = norm.cdf((ends[None, :] - r * z[:, None]) / math.sqrt(1 - r**2))
        joint[i] = np.diff(simpson(below * norm.pdf(z)[:, None], x=z, axis=0))
    rising = np.triu(joint, 1).sum(axis=1)
    rows = [5 - input_checks.whole(grade, "worst") for grade in worst]
    return float(rising.sum()), float(rising[rows].sum() / joint[rows].sum())


def implied_correlation(rising: float) -> float:
    """The correlation of two rounds under which this share of all bodies rises a grade when nothing was done.

    BACKED OUT by us: in 2024, 137 of 460 rose and 133 fell (acrc-s14), nearly as many as pure chance with this
    correlation would move each way. Grades within types, real change and skewed scores are ignored.
    """
    from scipy.optimize import brentq

    wanted = input_checks.share(rising, "rising")
    most = share_rising(0.0)[0]
    if wanted >= most:
        raise InputError(
            f"Chance alone lets at most {most:.1%} rise.",
            where="rising",
            fix="Give a smaller share, or look for what else moved the grades.",
        )
    return float(brentq(lambda r: share_rising(r)[0] - wanted, 0.0, 0.9999, xtol=1e-10))


def _grades(scores: np.ndarray) -> np.ndarray:
    return 5 - np.searchsorted(EDGES, (scores - scores.mean()) / scores.std(), side="right")


# -- least squares with errors by cluster --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fit:
    coefficients: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray


def _solve(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, inverse of X'X and residuals."""
    q, r = np.linalg.qr(x)
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ y)
    return coefficients, inverse @ inverse.T, y - x @ coefficients


def _clustered(x: np.ndarray, y: np.ndarray, clusters: np.ndarray, parameters: int) -> _Fit:
    """Least squares; covariance by cluster with the usual small-sample factor ``G/(G-1) (N-1)/(N-K)``."""
    coefficients, inverse, residuals = _solve(x, y)
    scores = np.zeros((clusters.max() + 1, x.shape[1]))
    np.add.at(scores, clusters, x * residuals[:, None])
    groups, n = len(scores), len(y)
    factor = groups / (groups - 1) * (n - 1) / (n - parameters)
    return _Fit(coefficients, factor * inverse @ (scores.T @ scores) @ inverse, residuals)


def _absorbed(x: np.ndarray) -> np.ndarray:
    """Which columns are determined by the ones before them."""
    scale = np.linalg.norm(x, axis=0)
    r = np.abs(np.diag(np.linalg.qr(x / np.where(scale > 0, scale, 1))[1]))
    return (r < 1e-9) | (scale < 1e-12)


# -- difference in differences -------------------------------------------------------------------------------------


def difference_in_differences(
    table: pd.DataFrame,
    outcome: str,
    *,
    unit: str = "institution_id",
    period: str = "year",
    treated: str = "treated",
    cluster: str | None = None,
    level: float = 0.95,
) -> Estimate:
    """Two-way fixed effects: ``y_it = a_i + l_t + b D_it + e_it``, errors clustered by institution.

    Parameters
    ----------
    table : DataFrame
        One row for each unit and period; it need not be balanced.
    treated : str
        Column of true/false: the measure was in force for this unit in this period.
    cluster : str, optional
        Column to cluster by; the unit unless told (the region, when whole regions were treated).

    Returns
    -------
    Estimate
        The effect in units of the outcome; interval by Student's t with clusters minus one degrees of freedom. The note
        warns of few clusters and of staggered starts, for which :func:`group_time_effects` is right.

    Raises
    ------
    InputError
        For missing values, a unit twice in a period, no unit that changes, or none to compare with.
    """
    panel = _Panel.of(table, outcome, unit, period, cluster, treated)
    d = panel.treatment
    assert d is not None  # a treatment was asked for
    within = panel.within(np.column_stack([d, *panel.period_columns()]))
    if _absorbed(within[:, ::-1])[-1]:
        raise InputError(
            "The treatment cannot be told from the units and periods: no unit changes, or all change together.",
            where=f"column {treated}",
            fix="Add a comparison group, and a period before the change.",
        )
    kept = ~_absorbed(within)
    x = within[:, kept]
    fit = panel.fit(x)
    error = math.sqrt(fit.covariance[0, 0])
    # Units that all move alike leave an error of 1e-17 by binary fractions, which is 0.
    exact = error <= 1e-12 * np.ptp(panel.y)
    error = 0.0 if exact else error
    freedom = panel.clusters.max()
    half = two_sided(level, freedom) * error
    value = float(fit.coefficients[0])
    return Estimate(
        value,
        error,
        float(value - half),
        float(value + half),
        level,
        len(d),
        "two-way fixed effects, errors by cluster",
        freedom=float(freedom),
        note=join_notes(
            "All units changed alike: the error of 0 is arithmetic, not certainty." if exact else "",
            panel.few(),
            _staggered(panel.starts()),
        ),
    )


def event_study(
    table: pd.DataFrame,
    outcome: str,
    *,
    unit: str = "institution_id",
    period: str = "year",
    start: str = "start",
    leads: int = 3,
    lags: int = 3,
    level: float = 0.95,
) -> tuple[pd.DataFrame, float]:
    """Effects by periods since the start; those before it test whether the groups moved alike.

    Parameters
    ----------
    start : str
        Column with the first treated period of a unit; missing for a unit that is never treated.
    leads, lags : int
        Periods before and after; further ones join the last. The period before the start is the reference.

    Returns
    -------
    DataFrame
        Index periods since the start; ``effect``, ``error``, ``low``, ``high``. The reference has effect 0 and error 0.
    float
        P-value of the test that all effects before the start are zero (Wald, F distribution). That it is large does not
        prove parallel trends: a short series sees little.
    """
    panel = _Panel.of(table, outcome, unit, period, None, None)
    before, after = input_checks.whole(leads, "leads", least=2), input_checks.whole(lags, "lags", least=0)
    input_checks.need_columns(table, [start], "panel")
    first = input_checks.numbers(table[start], f"column {start}", missing=True)
    if np.isnan(first).all() or not np.isnan(first).any():
        raise InputError(
            "Treated units and units that are never treated are both needed.",
            where=f"column {start}",
            fix="Add units that were never treated, or units that were.",
        )
    since = np.clip(panel.period_values - first, -before, after)
    steps = [step for step in range(-before, after + 1) if step != -1]
    columns = np.column_stack([since == step for step in steps]).astype(float)
    empty = [step for step, column in zip(steps, columns.T, strict=True) if not column.any()]
    if empty:
        raise InputError(
            f"No treated unit is seen {empty[0]:+d} periods from its start.",
            where="leads and lags",
            fix="Ask for fewer.",
        )
    within = panel.within(np.column_stack([columns, *panel.period_columns()]))
    kept = ~_absorbed(within)
    if not kept[: len(steps)].all():
        raise InputError(
            "The periods since the start cannot be told apart.",
            where="event study",
            fix="Add units that start in other periods, or that never start.",
        )
    x = within[:, kept]
    fit = panel.fit(x)
    errors = np.sqrt(np.diag(fit.covariance))[: len(steps)]
    quantile = two_sided(level, panel.clusters.max())
    found = pd.DataFrame(
        {"effect": fit.coefficients[: len(steps)], "error": errors}, index=pd.Index(steps, name="since start")
    )
    found.loc[-1] = 0.0
    found = found.sort_index()
    found["low"] = found["effect"] - quantile * found["error"]
    found["high"] = found["effect"] + quantile * found["error"]
    early = [i for i, step in enumerate(steps) if step < -1]
    b, v = fit.coefficients[early], fit.covariance[np.ix_(early, early)]
    wald = float(b @ np.linalg.solve(v, b)) / len(early)
    from scipy.stats import f as fisher

    return found, float(fisher.sf(wald, len(early), panel.clusters.max()))


def group_time_effects(
    table: pd.DataFrame,
    outcome: str,
    rng: np.random.Generator | Draws,
    *,
    unit: str = "institution_id",
    period: str = "year",
    start: str = "start",
    draws: int = 300,
    level: float = 0.95,
) -> tuple[Estimate, pd.DataFrame]:
    """Effects for each group of starters in each period, for measures that begin in different years.

    The change of a group since its last period before the start is compared with that of units not yet treated by then
    (after callaway-santanna-2021, without covariates). Two-way fixed effects would use early starters as comparison for
    late ones and can even get the sign wrong.

    Parameters
    ----------
    start : str
        Column with the first treated period of a unit; missing for never.
    draws : int
        Bootstrap samples of units, for the errors.

    Returns
    -------
    Estimate
        Mean effect over groups and periods since their start, weighted by the number of units.
    DataFrame
        ``start``, ``period``, ``effect``, ``error``, ``units``, ``compared``.
    """
    rng = input_checks.generator(rng)
    _Panel.of(table, outcome, unit, period, None, None)
    input_checks.need_columns(table, [start], "panel")
    wide = table.pivot(index=unit, columns=period, values=outcome)
    if wide.isna().any(axis=None):
        raise InputError(
            "Some units are not seen in every period.",
            where="panel",
            fix="Keep units that are seen throughout.",
        )
    per_unit = table.groupby(unit)[start]
    if (per_unit.nunique(dropna=False) > 1).any():
        raise InputError(
            "A unit has two start periods.",
            where=f"column {start}",
            fix="Give each unit one start, the same in all its rows.",
        )
    first = per_unit.first().reindex(wide.index).astype(float).to_numpy()
    periods = wide.columns.to_numpy(dtype=float)
    values = wide.to_numpy(dtype=float)
    cells = _cells(first, periods)
    if not cells:
        raise InputError(
            "No group has a period before its start and units not yet treated to compare with.",
            where="panel",
            fix="Add earlier periods, or units that start later or never.",
        )
    effects, sizes, compared = _group_time(values, first, periods, cells)
    if np.isnan(effects).any():
        raise InputError(
            "A group has nobody to compare with.", where="panel", fix="Add units that start later or never."
        )
    drawn = np.full((input_checks.whole(draws, "draws", least=2), len(cells) + 1), np.nan)
    for i in range(len(drawn)):
        picked = rng.integers(0, len(values), len(values))
        again, weights, _ = _group_time(values[picked], first[picked], periods, cells)
        known = ~np.isnan(again)
        drawn[i, :-1] = again
        drawn[i, -1] = (
            again[known] @ weights[known] / weights[known].sum() if weights[known].sum() else np.nan
        )
    errors = np.nanstd(drawn, axis=0, ddof=1)
    value = float(effects @ sizes / sizes.sum())
    half = float(two_sided(level) * errors[-1])
    few = int(min(sizes.min(), compared.min()))
    note = (
        f"The smallest group or comparison has {few} units: errors by bootstrap are rough."
        if few < 10
        else ""
    )
    found = pd.DataFrame(cells, columns=["start", "period"]).assign(
        effect=effects, error=errors[:-1], units=sizes.astype("int64"), compared=compared
    )
    overall = Estimate(
        value, float(errors[-1]), value - half, value + half, level, values.size, "group-time effects, bootstrap of units",
        note=note,
    )  # fmt: skip
    return overall, found


def _cells(first: np.ndarray, periods: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (start, period) with a period before the start and units not yet treated in that period."""
    cells = []
    for group in np.unique(first[~np.isnan(first)]):
        if not (periods < group).any():
            continue
        for time in periods[periods >= group]:
            if (np.isnan(first) | (first > time)).any():
                cells.append((int(group), int(time)))
    return cells


def _group_time(
    values: np.ndarray, first: np.ndarray, periods: np.ndarray, cells: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    effects, sizes, compared = (
        np.full(len(cells), np.nan),
        np.zeros(len(cells)),
        np.zeros(len(cells), dtype="int64"),
    )
    for i, (group, time) in enumerate(cells):
        base = np.flatnonzero(periods < group)[-1]
        now = np.flatnonzero(periods == time)[0]
        change = values[:, now] - values[:, base]
        inside = first == group
        outside = np.isnan(first) | (first > time)
        sizes[i], compared[i] = inside.sum(), outside.sum()
        if inside.any() and outside.any():
            effects[i] = change[inside].mean() - change[outside].mean()
    return effects, sizes, compared


@dataclass(frozen=True)
class _Panel:
    """A checked panel: outcome, codes of units, periods and clusters, treatment."""

    y: np.ndarray
    unit_codes: np.ndarray
    period_codes: np.ndarray
    period_values: np.ndarray
    clusters: np.ndarray
    treatment: np.ndarray | None

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        outcome: str,
        unit: str,
        period: str,
        cluster: str | None,
        treated: str | None,
    ) -> _Panel:
        needed = [column for column in (outcome, unit, period, cluster, treated) if column]
        input_checks.need_rows(table, needed, "panel")
        input_checks.unique(table, [unit, period], "panel")
        y = input_checks.numbers(table[outcome], f"column {outcome}")
        units, names = pd.factorize(input_checks.labels(table, unit, "panel"))
        moments = input_checks.numbers(table[period], f"column {period}")
        periods, known = pd.factorize(moments, sort=True)
        if len(known) < 2:
            raise InputError(
                "There is only one period.", where=f"column {period}", fix="Add rows of another period."
            )
        groups = pd.factorize(input_checks.labels(table, cluster, "panel"))[0] if cluster else units
        number = min(int(groups.max()) + 1, len(names))
        if number < 3:
            raise InputError(
                f"There {'are only two clusters' if number == 2 else 'is only one cluster'}, so there is no standard error.",
                where="panel",
                fix="Take three or more; even with thirty the error is rough.",
            )
        d = None
        if treated:
            d = input_checks.yes_no(table[treated], treated).to_numpy(float)
        return cls(y, units, periods, moments, groups, d)

    @property
    def counted(self) -> int:
        """Unit effects that use up degrees of freedom: none when each unit lies in one cluster.

        Counting them as well, as dummy variables would, makes errors too large and intervals cover too often.
        """
        pairs = np.unique(np.column_stack([self.unit_codes, self.clusters]), axis=0)
        units = int(self.unit_codes.max()) + 1
        return 0 if len(pairs) == units else units

    def fit(self, x: np.ndarray) -> _Fit:
        """Least squares on columns of which each unit's mean is taken off. The constant counts as a parameter."""
        parameters = max(self.counted, 1) + x.shape[1]
        if len(self.y) <= parameters:
            raise InputError(
                f"{len(self.y)} rows cannot tell {parameters} parameters and their errors.",
                where="panel",
                fix="Add units or periods.",
            )
        return _clustered(x, self.within(self.y[:, None])[:, 0], self.clusters, parameters)

    def period_columns(self) -> list[np.ndarray]:
        return [(self.period_codes == code).astype(float) for code in range(1, self.period_codes.max() + 1)]

    def within(self, columns: np.ndarray) -> np.ndarray:
        """Take off each unit's mean."""
        size = np.bincount(self.unit_codes)
        sums = np.zeros((len(size), columns.shape[1]))
        np.add.at(sums, self.unit_codes, columns)
        return columns - (sums / size[:, None])[self.unit_codes]

    def starts(self) -> np.ndarray:
        """First treated period of each unit that is treated at some time but not from its first row on."""
        rows = pd.DataFrame({"unit": self.unit_codes, "period": self.period_values, "d": self.treatment})
        first = rows[rows["d"] > 0].groupby("unit")["period"].min()
        return np.unique(first[first > rows.groupby("unit")["period"].min().reindex(first.index)])

    def few(self) -> str:
        number = int(self.clusters.max()) + 1
        return f"Only {number} clusters: the interval is too short." if number < FEW_CLUSTERS else ""


def _staggered(starts: np.ndarray) -> str:
    if len(starts) < 2:
        return ""
    return f"Units start in {len(starts)} different periods: early starters serve as comparison. Use group_time_effects()."


# -- interrupted series --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interruption:
    """Result of :func:`interrupted_series`: ``level`` and ``slope`` are changes at the interruption; ``table`` has all
    four coefficients, ``fitted`` the line and ``without`` the old trend carried on (index the periods)."""

    level: Estimate
    slope: Estimate
    table: pd.DataFrame
    fitted: pd.Series
    without: pd.Series
    note: str


def interrupted_series(
    series: pd.Series,
    start: float,
    *,
    breaks: Sequence[float] = (),
    lags: int | None = None,
    small_sample: bool = True,
    level: float = 0.95,
) -> Interruption:
    """Segmented regression of one series: ``y = b0 + b1 t + b2 after + b3 (t - start) after`` (newey-west-1987 errors).

    Parameters
    ----------
    series : Series
        Values, index the periods (numbers, in any order).
    start : float
        First period after the measure.
    breaks : sequence of float
        First periods of a new way of measuring. A break inside the series is refused: no line crosses it.
    lags : int, optional
        Lags of the Newey-West errors, in periods: the shortest distance between two. Years that are missing count. ``4 (n/100)^(2/9)`` rounded down unless told.
    small_sample : bool
        Newey-West errors of short series are too small and their intervals too short. By default errors and degrees of
        freedom are set so that they are right when the errors are independent (bell-mccaffrey-2002, imbens-kolesar-2016);
        correlated errors still make intervals too short. ``False`` gives the plain ones with ``n - 4`` degrees.

    Raises
    ------
    InputError
        With fewer than three periods on either side, a missing value, or a break inside.
    """
    time = input_checks.numbers(pd.Series(series.index), "periods")
    start, breaks = (
        float(input_checks.numbers(start, "start")[0]),
        input_checks.numbers(list(breaks), "breaks").tolist(),
    )
    y = input_checks.numbers(series, "series")
    order = np.argsort(time)
    time, y = time[order], y[order]
    n = len(y)
    if len(np.unique(time)) < n:
        raise InputError("A period appears twice.", where="series", fix="Keep one value for each period.")
    crossed = [moment for moment in breaks if time[0] < moment <= time[-1]]
    if crossed:
        raise InputError(
            f"The way of measuring changed in {crossed[0]:g}, inside the series.",
            where="series",
            fix="Use the periods before or from the break on.",
        )
    after = (time >= start).astype(float)
    if min(after.sum(), n - after.sum()) < 3:
        raise InputError(
            f"{int(n - after.sum())} periods before and {int(after.sum())} after; three on each side are needed.",
            where="series",
            fix="Take a longer series, or another start.",
        )
    x = np.column_stack([np.ones(n), time - time[0], after, (time - start) * after])
    number = int(4 * (n / 100) ** (2 / 9)) if lags is None else input_checks.whole(lags, "lags", least=0)
    coefficients, inverse, residuals = _solve(x, y)
    near = _nearness(time, number)
    scores = x * residuals[:, None]
    covariance = inverse @ (scores.T @ near @ scores) @ inverse * n / (n - 4)
    errors, freedom = np.sqrt(np.diag(covariance).clip(min=0)), np.full(4, n - 4.0)
    if small_sample:
        bias, freedom = _if_independent(x, inverse, near)
        errors = errors / np.sqrt(bias * n / (n - 4))
    quantiles = np.array([two_sided(level, one) for one in freedom])
    names = ["start", "trend", "change of level", "change of slope"]
    found = pd.DataFrame({"value": coefficients, "error": errors}, index=pd.Index(names, name="part"))
    found["low"], found["high"] = found["value"] - quantiles * errors, found["value"] + quantiles * errors
    found["freedom"] = freedom
    short = min(int(after.sum()), int(n - after.sum()))
    steps = np.diff(time) / np.diff(time).min()
    note = join_notes(
        f"Only {short} periods on one side: the errors are guesses and any other event of that year fits as well. "
        "Show it as a caution, not as an effect."
        if short < 8
        else "",
        f"{round(float((steps - 1).sum()))} periods are missing inside the series."
        if (steps > 1.5).any()
        else "",
    )
    index = pd.Index(time, name=series.index.name)
    estimates = [
        Estimate(
            float(row["value"]), float(row["error"]), float(row["low"]), float(row["high"]), level, n,
            f"segmented regression, Newey-West with {number} lags", freedom=float(row["freedom"]), note=note,
        )
        for _, row in found.loc[names[2:]].iterrows()
    ]  # fmt: skip
    return Interruption(
        estimates[0],
        estimates[1],
        found,
        pd.Series(x @ coefficients, index=index, name="fitted"),
        pd.Series(x[:, :2] @ coefficients[:2], index=index, name="without"),
        note,
    )


def _if_independent(x: np.ndarray, inverse: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What Newey-West variances of each coefficient are worth when errors are independent.

    Returns their expected value over the true variance, and the degrees of freedom of the chi-square with the same mean
    and spread.
    """
    n = len(x)
    keep = np.eye(n) - x @ inverse @ x.T
    bias, freedom = np.empty(x.shape[1]), np.empty(x.shape[1])
    for i, share in enumerate((x @ inverse).T):
        form = keep @ (near * np.outer(share, share)) @ keep
        bias[i] = np.trace(form) / (share @ share)
        freedom[i] = np.trace(form) ** 2 / (form * form).sum()
    return bias, freedom


def _nearness(time: np.ndarray, lags: int) -> np.ndarray:
    """Bartlett weight of each pair of periods: 1 for the same, 0 beyond ``lags`` periods. A gap counts as its length."""
    distance = np.abs(np.subtract.outer(time, time)) / np.diff(time).min()
    return (1 - distance / (lags + 1)).clip(min=0)


# -- thresholds ----------------------------------------------------------------------------------------------------


def threshold_effect(
    running: pd.Series,
    outcome: pd.Series,
    cutoff: float,
    bandwidth: float,
    *,
    kernel: str = "triangular",
    level: float = 0.95,
) -> Estimate:
    """Jump of an outcome where a rule begins to apply: local linear regression on both sides (imbens-lemieux-2008).

    Parameters
    ----------
    running, outcome : Series
        What the rule looks at (population, staff, last year's score) and what may have changed, same index.
    cutoff : float
        Bodies at or above it fall under the rule.
    bandwidth : float
        Distance from the cut-off up to which bodies are used. Show several with :func:`threshold_by_bandwidth`.
    kernel : str
        ``"triangular"`` or ``"uniform"``.

    Returns
    -------
    Estimate
        Jump at the cut-off, error robust to unequal spread (HC1). It says nothing about bodies far from the cut-off, and
        the interval is too short when the true line bends inside the bandwidth.

    Raises
    ------
    InputError
        With fewer than five bodies or fewer than three different values on either side.
    """
    input_checks.choice(kernel, ("triangular", "uniform"), "kernel")
    if not running.index.equals(outcome.index):
        raise InputError(
            "Both columns must be about the same bodies.",
            where="running and outcome",
            fix="Give both columns the same index.",
        )
    distance = input_checks.numbers(running, "running") - cutoff
    y = input_checks.numbers(outcome, "outcome")
    width = input_checks.positive(bandwidth, "bandwidth")
    near = np.abs(distance) < width if kernel == "triangular" else np.abs(distance) <= width
    distance, y = distance[near], y[near]
    above = distance >= 0
    for side, name in ((above, "above"), (~above, "below")):
        if side.sum() < 5 or len(np.unique(distance[side])) < 3:
            raise InputError(
                f"{int(side.sum())} bodies lie just {name} the cut-off; five with three different values are needed.",
                where="bandwidth",
                fix="Widen the bandwidth, or say that the design cannot answer.",
            )
    weights = 1 - np.abs(distance) / width if kernel == "triangular" else np.ones_like(distance)
    x = np.column_stack([np.ones_like(distance), above, distance, distance * above])
    root = np.sqrt(weights)
    coefficients, inverse, residuals = _solve(x * root[:, None], y * root)
    scores = x * (root * residuals)[:, None]
    n = len(y)
    covariance = inverse @ (scores.T @ scores) @ inverse * n / (n - 4)
    error = math.sqrt(covariance[1, 1])
    half = two_sided(level, n - 4) * error
    value = float(coefficients[1])
    note = threshold_crowding(running, cutoff, width)
    return Estimate(
        value,
        error,
        value - half,
        value + half,
        level,
        n,
        f"local linear, {kernel} kernel",
        freedom=float(n - 4),
        note=note,
    )


def threshold_by_bandwidth(
    running: pd.Series, outcome: pd.Series, cutoff: float, bandwidths: Sequence[float], **options: Any
) -> pd.DataFrame:
    """The jump for several bandwidths (index): an effect that comes and goes with the bandwidth is none."""
    rows = [threshold_effect(running, outcome, cutoff, width, **options).to_series() for width in bandwidths]
    return pd.DataFrame(rows, index=pd.Index(bandwidths, name="bandwidth"))


def threshold_crowding(running: pd.Series, cutoff: float, bandwidth: float, *, alpha: float = 0.01) -> str:
    """A warning when bodies crowd on one side of the cut-off, as when they can choose their side; else empty.

    Compares the numbers within a quarter of the bandwidth by a binomial test: rough, but it needs no tuning.
    """
    distance = input_checks.numbers(running, "running") - cutoff
    close = np.abs(distance) < bandwidth / 4
    above, total = int((close & (distance >= 0)).sum()), int(close.sum())
    if total == 0:
        return ""
    from scipy.stats import binom

    tail = min(1.0, 2 * min(binom.cdf(above, total, 0.5), binom.sf(above - 1, total, 0.5)))
    if tail >= alpha:
        return ""
    return f"{above} of {total} bodies close to the cut-off lie above it: somebody may have chosen the side."


# -- power by simulation -------------------------------------------------------------------------------------------


def simulate_panel(
    rng: np.random.Generator | Draws,
    *,
    units: int,
    periods: int,
    start: int,
    share_treated: float = 0.5,
    effect: float = 0.0,
    unit_sd: float = 3.0,
    noise_sd: float = 1.0,
    persistence: float = 0.0,
) -> pd.DataFrame:
    """A panel of institutions for power questions: ``institution_id``, ``year`` (0 and on), ``treated``, ``start``, ``score``.

    Parameters
    ----------
    start : int
        First treated period.
    effect : float
        Added to the score of treated units from then on.
    unit_sd, noise_sd : float
        Spread between institutions and from year to year.
    persistence : float
        Correlation of one year's noise with the next.
    """
    rng = input_checks.generator(rng)
    n, t = input_checks.whole(units, "units", least=2), input_checks.whole(periods, "periods", least=2)
    input_checks.share(share_treated, "share_treated")
    rho = input_checks.share(persistence, "persistence", ends=True)
    if not 0 < input_checks.whole(start, "start", least=0) < t:
        raise InputError(
            f"The start {start} leaves no period before or after.",
            where="start",
            fix="Choose a start inside the series.",
        )
    noise = np.empty((n, t))
    noise[:, 0] = rng.standard_normal(n)
    for i in range(1, t):
        noise[:, i] = rho * noise[:, i - 1] + math.sqrt(1 - rho**2) * rng.standard_normal(n)
    lucky = np.zeros(n, dtype=bool)
    lucky[rng.choice(n, max(1, min(n - 1, round(n * share_treated))), replace=False)] = True
    treated = lucky[:, None] & (np.arange(t) >= start)
    score = unit_sd * rng.standard_normal((n, 1)) + noise_sd * noise + effect * treated
    return pd.DataFrame(
        {
            "institution_id": np.repeat(np.arange(n), t),
            "year": np.tile(np.arange(t), n),
            "treated": treated.ravel(),
            "start": np.repeat(np.where(lucky, float(start), np.nan), t),
            "score": score.ravel(),
        }
    )
