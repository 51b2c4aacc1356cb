"""Planned against actual: earned value, earned schedule, early warning and review points.

The words, once, as project managers use them (PMI; see the lesson's sources). All money is in the currency of the
table, all percentages run from 0 to 100, all times are months of 365.25 / 12 days.

========  ==================  ==================================================================
BAC       budget              budget at completion: here the value of the contract
PV        planned value       what the work planned by this date is worth: planned % of BAC
EV        earned value        what the work done by this date is worth: actual % of BAC
AC        actual cost         what has been spent by this date
SV, CV    variances           EV - PV and EV - AC; below 0 is behind plan, over cost
SPI, CPI  performance         EV / PV and EV / AC; below 1 is behind plan, over cost
EAC       estimate            estimate at completion: BAC / CPI, if the rest costs as much as so far
ETC, VAC  what is left        EAC - AC, still to spend; BAC - EAC, over budget if below 0
AT, ES    time                actual time since the start; the time by which EV had been planned
SV(t)     schedule in time    ES - AT, in months; below 0 is late
SPI(t)    schedule in time    ES / AT; below 1 is late
========  ==================  ==================================================================

*Whose cost?* A client who divides by what it has paid learns whether payment runs ahead of the work. Only the
contractor's own cost says whether the work is expensive. The functions take either; the caller must say which.

*Why SPI drifts to 1.* When the plan is over, PV stays at BAC. When the work is over, EV reaches BAC too. So EV / PV ends
at 1 for every project that is ever finished, however late. ES keeps counting: at the end it equals the planned duration,
while AT has grown, so SPI(t) ends at planned duration / actual duration.

Sources: W. Lipke, "Schedule is Different", The Measurable News, March 2003, for ES; the formula list of the lesson for the
rest. That a project system's percentages may stand for PV and EV is our inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.typed import Day, Numbers, Values

MONTH_DAYS = 365.25 / 12

_PROGRESS = ("contract_id", "period", "planned", "actual")


def planned_value(planned_percent: Numbers, budget: Numbers) -> Numbers:
    """PV: what the work planned by this date is worth.

    Parameters
    ----------
    planned_percent : number or column
        Cumulative planned progress, 0 to 100.
    budget : number or column
        Budget at completion (BAC), money.

    Returns
    -------
    number or column
        Money.

    Raises
    ------
    InputError
        A percentage outside 0 to 100, or a negative budget.

    Examples
    --------
    >>> planned_value(75, budget=4000)
    3000.0
    """
    input_checks.need_percentages(planned_percent, "planned %")
    input_checks.need_amounts(budget, "budget")
    return planned_percent * budget / 100


def earned_value(actual_percent: Numbers, budget: Numbers) -> Numbers:
    """EV: what the work done by this date is worth. Parameters, result and errors as in `planned_value`.

    Examples
    --------
    >>> earned_value(62.5, budget=4000)
    2500.0
    """
    input_checks.need_percentages(actual_percent, "actual %")
    input_checks.need_amounts(budget, "budget")
    return actual_percent * budget / 100


def schedule_index(earned: Numbers, planned: Numbers) -> Numbers:
    """SPI = EV / PV: work done for each unit of work planned. Below 1: less is done than was planned.

    Parameters
    ----------
    earned, planned : number or column
        EV and PV in money, or actual % and planned % (the budget cancels out).

    Returns
    -------
    number or column
        A ratio; NaN where nothing was planned yet.

    Raises
    ------
    InputError
        Negative values.

    Examples
    --------
    >>> round(schedule_index(earned=2500, planned=3000), 3)
    0.833
    """
    input_checks.need_amounts(earned, "earned value")
    input_checks.need_amounts(planned, "planned value")
    return _ratio(earned, planned)


def cost_index(earned: Numbers, cost: Numbers) -> Numbers:
    """CPI = EV / AC: value of the work for each unit of money spent. Below 1: it cost more than it is worth.

    ``cost`` is the contractor's cost, or the amount the client has paid: the two answer different questions (see the
    module's first lines). Units, result and errors as in `schedule_index`.

    Examples
    --------
    >>> round(cost_index(earned=2500, cost=2800), 3)
    0.893
    """
    input_checks.need_amounts(earned, "earned value")
    input_checks.need_amounts(cost, "actual cost")
    return _ratio(earned, cost)


def ratio_percent(actual_percent: Numbers, planned_percent: Numbers) -> Numbers:
    """Actual progress as a percentage of planned progress: SPI times 100.

    The public feed of Seoul's project system carries a field ``PER_RT`` next to planned and actual progress. That it is
    this ratio is our inference, not documented in the sources read.

    Parameters
    ----------
    actual_percent, planned_percent : number or column
        Cumulative progress, 0 to 100.

    Raises
    ------
    InputError
        A percentage outside 0 to 100.

    Examples
    --------
    >>> ratio_percent(actual_percent=45, planned_percent=60)
    75.0
    """
    input_checks.need_percentages(actual_percent, "actual %")
    input_checks.need_percentages(planned_percent, "planned %")
    return _ratio(actual_percent, planned_percent) * 100


@dataclass(frozen=True)
class EarnedValue:
    """PV, EV, AC and BAC on one date, with everything that follows from them.

    Parameters
    ----------
    pv, ev, ac, bac : number or column
        Money, in one currency. Columns must have the same length.

    Raises
    ------
    InputError
        A negative amount.

    Examples
    --------
    >>> fence = EarnedValue(pv=3000, ev=2500, ac=2800, bac=4000)
    >>> round(fence.spi, 3), round(fence.cpi, 3), round(fence.eac)
    (0.833, 0.893, 4480)
    """

    pv: Numbers
    ev: Numbers
    ac: Numbers
    bac: Numbers

    def __post_init__(self) -> None:
        for name in ("pv", "ev", "ac", "bac"):
            input_checks.need_amounts(getattr(self, name), name.upper())

    @property
    def sv(self) -> Numbers:
        """Schedule variance EV - PV, money."""
        return self.ev - self.pv

    @property
    def cv(self) -> Numbers:
        """Cost variance EV - AC, money."""
        return self.ev - self.ac

    @property
    def spi(self) -> Numbers:
        """Schedule performance index EV / PV; NaN where nothing was planned."""
        return _ratio(self.ev, self.pv)

    @property
    def cpi(self) -> Numbers:
        """Cost performance index EV / AC; NaN where nothing was spent."""
        return _ratio(self.ev, self.ac)

    @property
    def eac(self) -> Numbers:
        """Estimate at completion BAC / CPI, money: the rest is assumed to cost as much per unit as so far."""
        return _ratio(self.bac, self.cpi)

    @property
    def etc(self) -> Numbers:
        """Estimate to complete EAC - AC, money."""
        return self.eac - self.ac

    @property
    def vac(self) -> Numbers:
        """Variance at completion BAC - EAC, money; negative means over budget."""
        return self.bac - self.eac


def zeros_as_missing(progress: pd.DataFrame, from_planned: float = 5.0) -> pd.DataFrame:
    """Progress with the zeros removed that cannot be true: nobody entered a value.

    A developer who reads Seoul's public feed found 0 in records of works that were plainly running. Such a zero is not
    "no progress" but "not entered", and every ratio made from it is wrong.

    Parameters
    ----------
    progress : DataFrame
        ``contract_id, period, planned, actual``; cumulative %.
    from_planned : float
        A first zero is believed while the plan stands below this percentage. A zero after a value above 0 is never
        believed, because cumulative progress does not fall back to nothing.

    Returns
    -------
    DataFrame
        A copy in order of contract and period; ``actual`` is missing where the zero is not believed.

    Raises
    ------
    InputError
        Missing columns or percentages outside 0 to 100.

    Examples
    --------
    >>> months = pd.to_datetime(["2024-01-31", "2024-02-29", "2024-03-31"])
    >>> entered = pd.DataFrame({"contract_id": "K1", "period": months, "planned": [4, 20, 40]})
    >>> entered["actual"] = [0.0, 15.0, 0.0]
    >>> zeros_as_missing(entered)["actual"].tolist()
    [0.0, 15.0, nan]
    """
    input_checks.need_columns(progress, _PROGRESS, "progress")
    input_checks.need_percentages(from_planned, "from_planned")
    table = _in_order(progress)
    highest = table.groupby("contract_id")["actual"].cummax()
    doubtful = (table["actual"] == 0) & ((highest > 0) | (table["planned"] >= from_planned))
    return table.assign(actual=table["actual"].mask(doubtful))


def earned_value_table(progress: pd.DataFrame, contracts: pd.DataFrame, cost: str = "cost") -> pd.DataFrame:
    """Every month of every contract with its earned-value figures.

    Parameters
    ----------
    progress : DataFrame
        Monthly rows with ``contract_id, period, planned, actual`` (cumulative %) and the column named by ``cost``.
    contracts : DataFrame
        ``contract_id, value_amount``; one row per contract. The value is the budget (BAC).
    cost : {"cost", "paid"}
        ``"cost"``: AC is the contractor's cost to date, money. ``"paid"``: AC is what the client has paid, taken from the
        cumulative percentage ``paid`` of the value; it may exceed 100 after a change of contract.

    Returns
    -------
    DataFrame
        The rows of ``progress`` in order of contract and period, plus ``bac, pv, ev, ac, sv, cv, spi, cpi, eac, etc, vac``.

    Raises
    ------
    InputError
        Missing columns, a contract without a value, amounts below 0, percentages outside 0 to 100.

    Examples
    --------
    >>> table = earned_value_table(progress, contracts)
    >>> table[["contract_id", "planned", "actual", "spi", "cpi"]].round(2).head(3)
      contract_id  planned  actual   spi   cpi
    0    C-000001      3.4     2.6  0.76  0.81
    1    C-000001     14.9    18.0  1.21  1.06
    2    C-000001     33.3    39.7  1.19  1.09
    """
    input_checks.choice(cost, ("cost", "paid"), "cost")
    input_checks.need_columns(progress, (*_PROGRESS, cost), "progress")
    table = _in_order(progress)
    budget = table["contract_id"].map(_one_per_contract(contracts, "value_amount"))
    _every_contract_known(table, budget)
    if cost == "paid":
        input_checks.need_amounts(table["paid"], "paid %")
        spent = table["paid"] * budget / 100
    else:
        spent = table["cost"]
    figures = EarnedValue(
        pv=planned_value(table["planned"], budget),
        ev=earned_value(table["actual"], budget),
        ac=spent,
        bac=budget,
    )
    names = ("bac", "pv", "ev", "ac", "sv", "cv", "spi", "cpi", "eac", "etc", "vac")
    return table.assign(**{name: getattr(figures, name) for name in names})


def earned_schedule(
    planned: Values, earned: float | Values, times: Values | None = None
) -> float | np.ndarray:
    """ES: the time by which the work done so far had been planned to be done.

    Count the whole periods whose planned value is reached (C), then add the part of the next one (I)::

        ES = C + I,   I = (EV - PV[C]) / (PV[C + 1] - PV[C])

    Parameters
    ----------
    planned : sequence of numbers
        Cumulative plan at the end of each period: money or %, never falling. It is taken to start from 0 at time 0.
    earned : number or sequence
        EV in the same unit.
    times : sequence of numbers, optional
        Time of each planned value since the start, rising; 1, 2, 3, ... if left out.

    Returns
    -------
    float or numpy array
        Time, in the unit of ``times``. 0 for nothing earned. The planned duration (the first time at which the plan is
        complete) for everything earned. NaN for a missing value, or for more than the last planned value given: the
        plan then has to be continued before an answer exists.

    Raises
    ------
    InputError
        An empty or falling plan, negative values, times that do not rise or do not fit.

    Notes
    -----
    Lipke (2003). Where the plan pauses and EV equals it exactly, the end of the pause is taken, as in his count C.

    Examples
    --------
    >>> earned_schedule(planned=[100, 300, 600, 1000], earned=450)
    2.5
    """
    plan = np.asarray(planned, dtype=float)
    clock = np.arange(1, plan.size + 1, dtype=float) if times is None else np.asarray(times, dtype=float)
    _check_plan(plan, clock)
    input_checks.need_amounts(earned, "earned value")
    complete = int(np.argmax(plan == plan[-1])) + 1
    plan = np.concatenate([[0.0], plan[:complete]])
    clock = np.concatenate([[0.0], clock[:complete]])

    value = np.atleast_1d(np.asarray(earned, dtype=float))
    known = np.where(np.isnan(value) | (value > plan[-1]), 0.0, value)
    whole = np.searchsorted(plan, known, side="right") - 1
    after = np.minimum(whole + 1, plan.size - 1)
    step = plan[after] - plan[whole]
    part = np.divide(known - plan[whole], step, out=np.zeros_like(known), where=step > 0)
    result = clock[whole] + part * (clock[after] - clock[whole])
    result = np.where(known == 0, 0.0, result)
    result = np.where(np.isnan(value) | (value > plan[-1]), np.nan, result)
    return float(result[0]) if np.ndim(earned) == 0 else result


def schedule_table(progress: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Every month of every contract with its schedule figures in time.

    Parameters
    ----------
    progress : DataFrame
        ``contract_id, period, planned, actual``; monthly, cumulative %.
    contracts : DataFrame
        ``contract_id, period_start``; one row per contract.

    Returns
    -------
    DataFrame
        The rows of ``progress`` in order of contract and period, plus ``spi``; ``at`` (months since the start), ``es``
        (months), ``sv_t`` (months) and ``spi_t``. ES is NaN where more is done than the plan in the table shows.

    Raises
    ------
    InputError
        Missing columns, a contract without a start, a report dated before the start, a plan that falls.

    Examples
    --------
    >>> schedule_table(progress, contracts)[["contract_id", "at", "es", "sv_t"]].round(1).head(3)
      contract_id   at   es  sv_t
    0    C-000001  1.0  0.7  -0.2
    1    C-000001  1.9  2.1   0.2
    2    C-000001  3.0  3.3   0.3
    """
    input_checks.need_columns(progress, _PROGRESS, "progress")
    table = _in_order(progress)
    start = input_checks.dates(
        table["contract_id"].map(_one_per_contract(contracts, "period_start")), "period_start"
    )
    _every_contract_known(table, start)
    # The first and the last day both count: a start on the 31st and a report on the 31st are one day.
    at = ((input_checks.dates(table["period"], "period") - start).dt.days + 1) / MONTH_DAYS
    early = at <= 0
    if early.any():
        row = table[early].iloc[0]
        raise InputError(
            f"The report of {row['period']:%Y-%m-%d} is dated before the start of contract {row['contract_id']}.",
            where=f"table progress, row {table.index[early][0]}",
            fix="Correct the date of the report or the start of the contract.",
        )
    table = table.assign(spi=schedule_index(table["actual"], table["planned"]), at=at)
    pieces = [
        pd.Series(earned_schedule(rows["planned"], rows["actual"].to_numpy(), rows["at"]), index=rows.index)
        for _, rows in table.groupby("contract_id", sort=False)
    ]
    es = pd.concat(pieces) if pieces else pd.Series(dtype=float)
    return table.assign(es=es, sv_t=es - table["at"], spi_t=_ratio(es, table["at"]))


def forecast_duration(planned_duration: Numbers, spi_t: Numbers) -> Numbers:
    """How long the work will take if it goes on at the same pace: planned duration / SPI(t).

    Parameters
    ----------
    planned_duration : number or column
        In any unit of time.
    spi_t : number or column
        SPI(t) now.

    Returns
    -------
    number or column
        In the same unit; NaN where SPI(t) is 0 or missing, because no pace is known.

    Raises
    ------
    InputError
        Negative values.

    Examples
    --------
    >>> forecast_duration(planned_duration=10, spi_t=0.8)
    12.5
    """
    input_checks.need_amounts(planned_duration, "planned duration")
    input_checks.need_amounts(spi_t, "SPI(t)")
    return _ratio(planned_duration, spi_t)


def status_at(progress: pd.DataFrame, date: Day) -> pd.DataFrame:
    """The last report of each contract on or before a date: what an official sees who looks on that day.

    Parameters
    ----------
    progress : DataFrame
        With ``contract_id`` and ``period``.
    date : date or str

    Returns
    -------
    DataFrame
        One row per contract that had reported by then.

    Examples
    --------
    >>> status_at(progress, "2024-06-30")[["contract_id", "period", "planned", "actual"]].head(3)
       contract_id     period  planned  actual
    9     C-000001 2023-05-31    100.0   100.0
    18    C-000003 2024-01-31     96.0   100.0
    48    C-000005 2024-06-30     83.7    45.3
    """
    input_checks.need_columns(progress, ("contract_id", "period"), "progress")
    day = input_checks.dates(date, "date")
    known = progress[input_checks.dates(progress["period"], "period") <= day]
    return (
        known.sort_values("period", kind="stable")
        .groupby("contract_id", as_index=False)
        .tail(1)
        .sort_values("contract_id")
    )


def longest_run(sign: pd.Series, of: pd.Series) -> pd.Series:
    """The longest unbroken run of a sign for each contract, such as months in a row in which progress did not move.

    Parameters
    ----------
    sign : Series of bool
        Whether the row shows the sign. The rows of a contract stand in the order of time.
    of : Series
        The contract of each row, on the same index.

    Returns
    -------
    Series
        Whole numbers from 0, by contract.

    Raises
    ------
    InputError
        The two do not have the same rows.

    Examples
    --------
    >>> longest_run(pd.Series([True, True, False, True]), pd.Series(["a", "a", "a", "b"])).to_dict()
    {'a': 2, 'b': 1}
    """
    if not sign.index.equals(of.index):
        raise InputError(
            "The sign and the contracts do not have the same rows.",
            where="sign",
            fix="Take both from one table.",
        )
    # Each row without the sign, and each new contract, begins a run.
    run = ((~sign) | (of != of.shift())).cumsum()
    return sign.groupby([of, run]).sum().groupby(level=0).max()


def review_points(progress: pd.DataFrame, points: Sequence[float]) -> pd.DataFrame:
    """When each contract passed the points at which it must be reviewed, against the plan.

    Seoul's project system asks for an evaluation of design, construction and supervision at 30, 60 and 95 % of
    completion. A point is passed at the first month-end whose cumulative progress is at or above it.

    Parameters
    ----------
    progress : DataFrame
        ``contract_id, period, planned, actual``.
    points : sequence of numbers
        Percentages of completion, for example ``[30, 60, 95]``.

    Returns
    -------
    DataFrame
        One row per contract and point: ``contract_id, point, planned_date, actual_date, days_late``. A date is missing
        if the point was not reached in the table; ``days_late`` then is missing too.

    Raises
    ------
    InputError
        Missing columns, or a point outside 0 to 100.

    Examples
    --------
    >>> review_points(progress, [30, 60, 95]).head(3)
      contract_id  point planned_date actual_date  days_late
    0    C-000001     30   2022-10-31  2022-10-31        0.0
    1    C-000001     60   2022-12-31  2023-02-28       59.0
    2    C-000001     95   2023-03-31  2023-03-31        0.0
    """
    input_checks.need_columns(progress, _PROGRESS, "progress")
    input_checks.need_percentages(np.asarray(points, dtype=float), "review points")
    table = _in_order(progress)
    contracts = table["contract_id"].drop_duplicates().to_numpy()
    pieces = []
    for point in points:
        first = {
            column: table[table[column] >= point].groupby("contract_id")["period"].min().reindex(contracts)
            for column in ("planned", "actual")
        }
        pieces.append(
            pd.DataFrame(
                {
                    "contract_id": contracts,
                    "point": point,
                    "planned_date": first["planned"].to_numpy(),
                    "actual_date": first["actual"].to_numpy(),
                }
            )
        )
    reviews = pd.concat(pieces).sort_values(["contract_id", "point"], kind="stable").reset_index(drop=True)
    return reviews.assign(days_late=(reviews["actual_date"] - reviews["planned_date"]).dt.days)


def early_warning(
    table: pd.DataFrame, measure: str = "spi", below: float = 0.9, months: int = 2, from_planned: float = 10.0
) -> pd.DataFrame:
    """Which contracts a simple rule would have warned about, and when.

    **The rule.** Warn at the first month-end at which the measure has been below ``below`` at ``months`` month-ends in a
    row. Month-ends count from the one at which the plan stands at ``from_planned`` % or more, because near the start one late
    delivery halves SPI. Month-ends without a value are passed over: silence neither starts nor stops a count.

    The threshold is a choice, not a law. Lower it and fewer good contracts are accused, but more delays are missed.

    Parameters
    ----------
    table : DataFrame
        ``contract_id, period, planned`` and the column ``measure``, as `schedule_table` makes it.
    measure : str
        ``"spi"`` or ``"spi_t"``, or another column where low is bad.
    below : float
        The measure must be smaller than this.
    months : int
        How many month-ends in a row.
    from_planned : float
        Planned %, 0 to 100.

    Returns
    -------
    DataFrame
        One row per contract, in order: ``contract_id, warned`` (bool), ``date`` of the warning, ``planned`` % and the
        ``measure`` on that date (missing where there was no warning).

    Raises
    ------
    InputError
        Missing columns, ``months`` below 1, or ``from_planned`` outside 0 to 100.

    Examples
    --------
    >>> warned = early_warning(schedule_table(progress, contracts), below=0.9, months=2)
    >>> list(warned.columns)
    ['contract_id', 'warned', 'date', 'planned', 'spi']
    """
    input_checks.need_columns(table, ("contract_id", "period", "planned", measure), "progress")
    input_checks.need_percentages(from_planned, "from_planned")
    input_checks.whole(months, "months")
    rows = table.sort_values(["contract_id", "period"], kind="stable")
    seen = rows[(rows["planned"] >= from_planned) & rows[measure].notna()]
    low = seen[measure] < below
    # A run of low months ends wherever the value is not low; numbering the ends numbers the runs.
    run = (~low).groupby(seen["contract_id"]).cumsum()
    in_a_row = low.astype("int64").groupby([seen["contract_id"], run]).cumsum()
    first = seen[low & (in_a_row >= months)].drop_duplicates("contract_id").set_index("contract_id")
    contracts = np.sort(rows["contract_id"].unique())
    warned = np.isin(contracts, first.index)
    found = first.reindex(contracts)[["period", "planned", measure]].rename(columns={"period": "date"})
    return (
        found.rename_axis("contract_id")
        .reset_index()
        .assign(warned=warned)[["contract_id", "warned", "date", "planned", measure]]
    )


def paid_ahead(progress: pd.DataFrame) -> pd.Series:
    """Percentage points by which payment runs ahead of the work: paid % - actual %.

    A large value is worth a look: an advance payment explains it, or progress was reported too high and corrected.

    Parameters
    ----------
    progress : DataFrame
        ``paid`` and ``actual``, cumulative %.

    Returns
    -------
    Series
        Points; positive means that more is paid than is built.

    Raises
    ------
    InputError
        Missing columns, an actual % outside 0 to 100 or a negative paid %.

    Examples
    --------
    >>> paid_ahead(pd.DataFrame({"paid": [60.0, 40.0], "actual": [45.0, 42.0]})).tolist()
    [15.0, -2.0]
    """
    input_checks.need_columns(progress, ("paid", "actual"), "progress")
    input_checks.need_amounts(progress["paid"], "paid %")
    input_checks.need_percentages(progress["actual"], "actual %")
    return progress["paid"] - progress["actual"]


def _ratio(top: Numbers, bottom: Numbers) -> Numbers:
    """``top / bottom``, NaN where ``bottom`` is 0: a ratio to nothing says nothing."""
    if isinstance(bottom, pd.Series):
        return top / bottom.where(bottom != 0)
    if np.ndim(bottom) == 0:
        return top / bottom if bottom else top * float("nan")
    bottom = np.asarray(bottom, dtype=float)
    return np.asarray(top, dtype=float) / np.where(bottom == 0, np.nan, bottom)


def _in_order(progress: pd.DataFrame) -> pd.DataFrame:
    input_checks.need_percentages(progress["planned"], "planned %")
    input_checks.need_percentages(progress["actual"], "actual %")
    return progress.sort_values(["contract_id", "period"], kind="stable")


def _one_per_contract(contracts: pd.DataFrame, column: str) -> pd.Series:
    input_checks.need_columns(contracts, ("contract_id", column), "contracts")
    twice = contracts["contract_id"].duplicated()
    if twice.any():
        raise InputError(
            f"Contract {contracts.loc[twice, 'contract_id'].iloc[0]} appears twice.",
            where="table contracts",
            fix="Keep one row per contract.",
        )
    return contracts.set_index("contract_id")[column]


def _every_contract_known(table: pd.DataFrame, values: pd.Series) -> None:
    lost = values.isna()
    if lost.any():
        raise InputError(
            f"Contract {table.loc[lost, 'contract_id'].iloc[0]} of the progress table is unknown or has no value.",
            where="table contracts",
            fix="Add the contract, or leave its progress rows out.",
        )


def _check_plan(plan: np.ndarray, clock: np.ndarray) -> None:
    if plan.ndim != 1 or plan.size == 0:
        raise InputError(
            "The plan is empty.", where="earned_schedule", fix="Give one planned value per period."
        )
    if np.isnan(plan).any():
        raise InputError("The plan has a gap.", where="earned_schedule", fix="Fill every period of the plan.")
    input_checks.need_amounts(plan, "planned value")
    falls = np.flatnonzero(np.diff(plan) < 0)
    if falls.size:
        raise InputError(
            f"The cumulative plan falls after period {falls[0] + 1}.",
            where="earned_schedule",
            fix="Give cumulative values, not the work of each month.",
        )
    if clock.shape != plan.shape or (np.diff(clock) <= 0).any() or clock[0] <= 0:
        raise InputError(
            "The times must rise from above 0, one for each planned value.",
            where="earned_schedule",
            fix="Measure each time from the start of the work.",
        )
