"""Paying subcontractors: the split register, deadlines, late interest, direct payment, cash and insolvency.

Rules of Korean law that the functions can express (the numbers come from the profile, never from here):

- *Progress money.* The prime contractor passes the matching part on within 15 days of receiving it, or by the agreed due
  date if that is earlier; the due date is at most 60 days after the work was taken over (Fair Transactions in
  Subcontracting Act, FTSA, article 13(1) and (3); Framework Act on the Construction Industry, FACI, article 34(1)).
- *Advance.* Passed on within 15 days of receipt, or of the subcontract if the advance came earlier (FTSA article 6).
- *Interest.* The rate of the Fair Trade Commission's notice (FTSA article 13(8), FACI article 34(8)). That a year counts 365
  days is our convention.
- *Direct payment.* FTSA article 14 and FACI article 35; see `direct_payment`.
- *The prime's account.* From contracts signed on 1 January 2027 money may not pass through it (FACI article 34(10), act 21894).

Amounts are in the currency of the table, times in days, rates per year as shares (0.155 is 15.5 %).
A payment is one row: who pays, who is paid, for which claim, how much was registered, how much was paid, and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.typed import Day, Days, Numbers

PRIME = "prime"
THROUGH_PRIME = "through_prime"


# The split register ------------------------------------------------------------------------------------------------


def split_register(
    payments: pd.DataFrame, by: str | Sequence[str] = "payee_type", as_of: Day | None = None
) -> pd.DataFrame:
    """What was registered for each kind of payee, and what reached them.

    Shares of re-subcontractors (tier 2) are left out: they are paid out of their subcontractor's share, and adding them
    would count the same money twice.

    Parameters
    ----------
    payments : DataFrame
        ``tier, amount_registered, amount, date_paid`` and the columns of ``by``.
    by : str or list of str
        Group by this: ``"payee_type"``, or ``["claim_id", "payee_type"]`` for each claim.
    as_of : date or str, optional
        Count as paid only what was paid by this date; without it, whatever has a date.

    Returns
    -------
    DataFrame
        Indexed by ``by``: ``registered``, ``paid`` and ``open`` (registered - paid), money; ``share_paid``, 0 to 1 or more.

    Raises
    ------
    InputError
        Missing columns or negative amounts.

    Examples
    --------
    >>> split_register(waiting)[["registered", "paid", "open"]]
                   registered  paid  open
    payee_type
    subcontractor         900     0   900
    wages                 300   300     0
    """
    by = [by] if isinstance(by, str) else list(by)
    input_checks.need_columns(payments, (*by, "tier", "amount_registered", "amount", "date_paid"), "payments")
    input_checks.need_amounts(payments["amount_registered"], "amount_registered")
    input_checks.need_amounts(payments["amount"], "amount")
    once = payments[payments["tier"] <= 1]
    paid = once["amount"].where(_paid_by(once["date_paid"], as_of), 0.0)
    sums = (
        once.assign(registered=once["amount_registered"], paid=paid)
        .groupby(by, sort=False, observed=True)[["registered", "paid"]]
        .sum()
    )
    shares = sums["paid"] / sums["registered"].where(sums["registered"] != 0)
    return sums.assign(open=sums["registered"] - sums["paid"], share_paid=shares)


def split_differences(payments: pd.DataFrame, tolerance: float = 1.0) -> pd.DataFrame:
    """Payments whose amount is not the one registered.

    Parameters
    ----------
    payments : DataFrame
        ``amount_registered, amount, date_paid``.
    tolerance : float
        Differences up to this amount are rounding.

    Returns
    -------
    DataFrame
        The paid rows that differ, plus ``difference`` (paid - registered, money), largest shortfall first.

    Raises
    ------
    InputError
        Missing columns or negative amounts.

    Examples
    --------
    >>> short = split_differences(payments)
    >>> bool(short["difference"].is_monotonic_increasing)
    True
    """
    input_checks.need_columns(payments, ("amount_registered", "amount", "date_paid"), "payments")
    input_checks.need_amounts(payments["amount_registered"], "amount_registered")
    input_checks.need_amounts(payments["amount"], "amount")
    input_checks.need_amounts(tolerance, "tolerance")
    difference = payments["amount"] - payments["amount_registered"]
    found = payments["date_paid"].notna() & (difference.abs() > tolerance)
    return payments.assign(difference=difference)[found].sort_values("difference", kind="stable")


# Deadlines and interest --------------------------------------------------------------------------------------------


def due_date(
    received: Days, days: int, taken_over: Days | None = None, limit_days: int | None = None
) -> pd.Timestamp | pd.Series:
    """The last day on which a payment is on time.

    Parameters
    ----------
    received : date, str or column
        Day on which the payer received the money for this work.
    days : int
        Days the payer then has.
    taken_over : date, str or column, optional
        Day on which the work was taken over, if a second limit runs from there.
    limit_days : int, optional
        Days of that second limit.

    Returns
    -------
    Timestamp or column of dates
        The earlier of the two limits. If the payer has received nothing yet, only the second limit counts.

    Raises
    ------
    InputError
        Negative days, something that is not a date, or only one of ``taken_over`` and ``limit_days``.

    Examples
    --------
    >>> due_date("2024-03-04", days=15)
    Timestamp('2024-03-19 00:00:00')
    >>> due_date("2024-03-04", days=15, taken_over="2024-01-10", limit_days=60)
    Timestamp('2024-03-10 00:00:00')
    """
    if (taken_over is None) != (limit_days is None):
        raise InputError(
            "The second limit needs both its date and its days.",
            where="due_date",
            fix="Give taken_over and limit_days together, or neither.",
        )
    input_checks.need_amounts(days, "days")
    first = input_checks.dates(received, "received") + pd.Timedelta(days=days)
    if taken_over is None:
        return first
    input_checks.need_amounts(limit_days, "limit_days")
    second = input_checks.dates(taken_over, "taken_over") + pd.Timedelta(days=limit_days)
    return _earlier(first, second)


def advance_due_date(received: Days, signed: Days, days: int) -> pd.Timestamp | pd.Series:
    """The last day to pass an advance on: ``days`` after its receipt, or after the subcontract if that was signed later.

    Parameters
    ----------
    received, signed : date, str or column
        When the prime contractor received the advance; when the subcontract was signed.
    days : int

    Returns
    -------
    Timestamp or column of dates

    Raises
    ------
    InputError
        Negative days or something that is not a date.

    Examples
    --------
    >>> advance_due_date("2024-03-04", signed="2024-03-11", days=15)
    Timestamp('2024-03-26 00:00:00')
    """
    input_checks.need_amounts(days, "days")
    start = _later(input_checks.dates(received, "received"), input_checks.dates(signed, "signed"))
    return start + pd.Timedelta(days=days)


def days_late(due: Days, paid: Days | None, as_of: Day | None = None) -> int | pd.Series:
    """Whole days from the due date to payment; 0 when on time.

    Parameters
    ----------
    due, paid : date, str or column
        ``paid`` may be missing: not paid yet.
    as_of : date or str, optional
        The day on which you look. Needed as soon as something is unpaid: the days then run to this day. A payment made
        after it counts as unpaid, because on that day nobody could see it.

    Returns
    -------
    int or column of int

    Raises
    ------
    InputError
        A missing due date, or an unpaid row without ``as_of``.

    Examples
    --------
    >>> days_late("2024-03-19", "2024-03-22")
    3
    >>> days_late("2024-03-19", None, as_of="2024-04-01")
    13
    """
    due, paid = input_checks.both_dates(due, paid, ("due", "paid"))
    if np.any(pd.isna(due)):
        raise InputError("A due date is missing.", where="due", fix="Compute it with due_date first.")
    if as_of is None:
        if np.any(pd.isna(paid)):
            raise InputError(
                "Something is unpaid.", where="paid", fix="Say on which day you look: as_of='2026-03-31'."
            )
        end = paid
    else:
        day = input_checks.dates(as_of, "as_of")
        end = (
            paid.fillna(day).clip(upper=day)
            if isinstance(paid, pd.Series)
            else (day if pd.isna(paid) else min(paid, day))
        )
    late = end - due
    if isinstance(late, pd.Series):
        return late.dt.days.clip(lower=0).astype("int64")
    return max(late.days, 0)


def late_interest(amount: Numbers, days: Numbers, rate: float, year_days: int = 365) -> Numbers:
    """Interest on money paid late: ``amount * rate * days / year_days``, simple interest.

    Parameters
    ----------
    amount : number or column
        Money.
    days : number or column
        Days late.
    rate : float
        Share per year: 0.155 for 15.5 %.
    year_days : int
        Days a year is taken to have.

    Returns
    -------
    number or column
        Money.

    Raises
    ------
    InputError
        Negative input, or a rate above 1: 15.5 instead of 0.155.

    Examples
    --------
    >>> round(late_interest(100_000_000, days=15, rate=0.155))
    636986
    """
    input_checks.need_amounts(amount, "amount")
    input_checks.need_amounts(days, "days late")
    input_checks.share(rate, "rate", ends=True)
    input_checks.positive(year_days, "year_days")
    return amount * rate * days / year_days


def payment_status(payments: pd.DataFrame, as_of: Day, rate: float, year_days: int = 365) -> pd.DataFrame:
    """Every payment with its state on one day: the list an inspector works through.

    Parameters
    ----------
    payments : DataFrame
        ``amount_registered, date_due, date_paid``.
    as_of : date or str
        The day on which you look.
    rate, year_days
        As in `late_interest`.

    Returns
    -------
    DataFrame
        The rows, plus ``days_late`` (int), ``interest`` (money, on the registered amount) and ``state``: ``"paid on
        time"``, ``"paid late"``, ``"not yet due"`` or ``"overdue"`` (due, not paid).

    Raises
    ------
    InputError
        Missing columns or due dates, negative amounts.

    Examples
    --------
    >>> on_that_day = payment_status(waiting, "2024-06-30", rate=0.155)
    >>> on_that_day[["days_late", "interest", "state"]].round(2)
       days_late  interest         state
    0         14      5.35       overdue
    1          4      0.51     paid late
    """
    input_checks.need_columns(payments, ("amount_registered", "date_due", "date_paid"), "payments")
    late = days_late(payments["date_due"], payments["date_paid"], as_of)
    paid = _paid_by(payments["date_paid"], as_of)
    state = np.select(
        [paid & (late == 0), paid, late == 0],
        ["paid on time", "paid late", "not yet due"],
        default="overdue",
    )
    interest = late_interest(payments["amount_registered"], late, rate, year_days)
    return payments.assign(days_late=late, interest=interest, state=state)


# Direct payment ----------------------------------------------------------------------------------------------------


def missed_instalments(payments: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """How many instalments each subcontract is owed on one day.

    An instalment counts as missed when its due date has passed and it is unpaid on that day. Whether one that was paid late
    still counts is a question for a lawyer; here it does not.

    Parameters
    ----------
    payments : DataFrame
        ``subcontract_id, amount_registered, date_due, date_paid``. Pass only the payments owed to the subcontractors.
    as_of : date or str

    Returns
    -------
    DataFrame
        Indexed by ``subcontract_id``, those with at least one: ``missed`` (count), ``amount`` (money), ``oldest_days``
        (days since the oldest of them fell due). Most missed first.

    Raises
    ------
    InputError
        Missing columns or due dates, negative amounts.

    Examples
    --------
    >>> owed = waiting[waiting["payee_type"] == "subcontractor"].assign(subcontract_id="S-1")
    >>> missed_instalments(owed, "2024-06-30")
                    missed  amount  oldest_days
    subcontract_id
    S-1                  1     900           14
    """
    input_checks.need_columns(
        payments, ("subcontract_id", "amount_registered", "date_due", "date_paid"), "payments"
    )
    input_checks.need_amounts(payments["amount_registered"], "amount_registered")
    late = days_late(payments["date_due"], payments["date_paid"], as_of)
    owed = payments.assign(days=late)[~_paid_by(payments["date_paid"], as_of) & (late > 0)]
    table = owed.groupby("subcontract_id").agg(
        missed=("days", "size"), amount=("amount_registered", "sum"), oldest_days=("days", "max")
    )
    return table.sort_values(["missed", "amount"], ascending=False)


@dataclass(frozen=True)
class DirectPayment:
    """Whether the client has to, or may, pay the subcontractor itself; ``grounds`` says why, in words.

    Examples
    --------
    >>> DirectPayment(must=False, may=True, grounds=("one payment was missed",)).may
    True
    """

    must: bool
    may: bool
    grounds: tuple[str, ...]


def direct_payment(
    missed: int = 0,
    *,
    requested: bool = False,
    threshold: int = 2,
    may_threshold: int = 1,
    agreement: bool = False,
    insolvent: bool = False,
    guarantee_missing: bool = False,
    judgment: bool = False,
    very_low_price: bool = False,
) -> DirectPayment:
    """When the client pays the subcontractor directly.

    The client *must* pay if the subcontractor asks and the prime contractor has missed ``threshold`` payments or more,
    is insolvent or deregistered, or broke its duty to give a payment guarantee; or if the three parties have agreed, a
    final judgment orders it, or the public contract was won at a very low price. A public client *may* pay already after
    ``may_threshold`` missed payments.

    Parameters
    ----------
    missed : int
        Instalments missed.
    requested : bool
        Has the subcontractor asked for direct payment?
    threshold : int
        Missed instalments from which a request binds the client.
    may_threshold : int
        Missed instalments from which a public client may pay of its own accord.
    agreement, insolvent, guarantee_missing, judgment, very_low_price : bool
        The other grounds.

    Returns
    -------
    DirectPayment

    Raises
    ------
    InputError
        A negative count, or a threshold below 1.

    Notes
    -----
    FTSA article 14; FACI article 35, as paraphrased in the lesson's sources. A teaching aid, not legal advice.

    Examples
    --------
    >>> direct_payment(missed=2, requested=True)
    DirectPayment(must=True, may=True, grounds=('instalments missed: 2, and the subcontractor asks',))
    >>> direct_payment(missed=1).must, direct_payment(missed=1).may
    (False, True)
    """
    input_checks.need_amounts(missed, "missed instalments")
    for name, limit in (("threshold", threshold), ("may_threshold", may_threshold)):
        input_checks.whole(limit, name)
    on_request = {
        f"instalments missed: {missed}, and the subcontractor asks": missed >= threshold,
        "the prime contractor is insolvent, and the subcontractor asks": insolvent,
        "the payment guarantee is missing, and the subcontractor asks": guarantee_missing,
    }
    at_once = {
        "client, prime contractor and subcontractor have agreed": agreement,
        "a final judgment orders it": judgment,
        "the contract was won at a very low price": very_low_price,
    }
    grounds = [text for text, true in on_request.items() if true and requested]
    grounds += [text for text, true in at_once.items() if true]
    must = bool(grounds)
    may = must or missed >= may_threshold
    if may and not must:
        grounds.append(f"instalments missed: {missed}; a public client may pay directly")
    return DirectPayment(must=must, may=may, grounds=tuple(grounds))


# Cash --------------------------------------------------------------------------------------------------------------


def cash_position(costs: pd.Series, receipts: pd.Series, opening: float = 0.0) -> pd.DataFrame:
    """A firm's cash, day by day on which something moves.

    Parameters
    ----------
    costs, receipts : Series
        Money (0 or more), indexed by date. A missing date means that the money never moves.
    opening : float
        Cash before the first movement; may be negative (an overdraft).

    Returns
    -------
    DataFrame
        Indexed by date, rising: ``out``, ``in``, ``balance``, money.

    Raises
    ------
    InputError
        Negative costs or receipts, or an index that is not dates.

    Examples
    --------
    >>> costs = pd.Series([500.0, 700.0], index=pd.to_datetime(["2024-03-01", "2024-03-20"]))
    >>> receipts = pd.Series([900.0], index=pd.to_datetime(["2024-03-15"]))
    >>> cash_position(costs, receipts, opening=100)
                  out     in  balance
    date
    2024-03-01  500.0    0.0   -400.0
    2024-03-15    0.0  900.0    500.0
    2024-03-20  700.0    0.0   -200.0
    """
    flows = (
        pd.DataFrame({"out": _by_day(costs, "costs"), "in": _by_day(receipts, "receipts")})
        .fillna(0.0)
        .sort_index()
    )
    flows.index.name = "date"
    return flows.assign(balance=opening + (flows["in"] - flows["out"]).cumsum())


def overdraft_cost(cash: pd.DataFrame, rate: float, year_days: int = 365) -> float:
    """Interest that a firm pays on the days on which its cash is below 0.

    Parameters
    ----------
    cash : DataFrame
        As `cash_position` makes it. Nothing is counted after its last day.
    rate : float
        Share per year.
    year_days : int

    Returns
    -------
    float
        Money.

    Raises
    ------
    InputError
        A missing column, or a rate outside 0 to 1.

    Examples
    --------
    >>> costs = pd.Series([1000.0], index=pd.to_datetime(["2024-03-01"]))
    >>> receipts = pd.Series([1000.0], index=pd.to_datetime(["2024-05-13"]))
    >>> overdraft_cost(cash_position(costs, receipts), rate=0.10)
    20.0
    """
    input_checks.need_columns(cash, ("balance",), "cash")
    days = np.diff(cash.index.to_numpy()) / np.timedelta64(1, "D")
    borrowed = np.maximum(-cash["balance"].to_numpy()[:-1], 0)
    return float(np.sum(late_interest(borrowed, days, rate, year_days)))


# Insolvency --------------------------------------------------------------------------------------------------------


def held_for_others(payments: pd.DataFrame, date: Day) -> pd.DataFrame:
    """Payments that, at the end of one day, lay in a prime contractor's account although they belong to someone else.

    Parameters
    ----------
    payments : DataFrame
        ``tier, payee_type, amount_registered, date_received, date_paid, channel``. Tier 2 is left out: that money waits in a
        subcontractor's account.
    date : date or str

    Returns
    -------
    DataFrame
        The rows received by then, not passed on by then, routed through the prime contractor, and not its own share.

    Raises
    ------
    InputError
        Missing columns.

    Examples
    --------
    >>> held_for_others(waiting, "2024-06-10")["payee_type"].tolist()
    ['subcontractor', 'wages']
    >>> held_for_others(waiting, "2024-06-30")["payee_type"].tolist()
    ['subcontractor']
    """
    input_checks.need_columns(
        payments,
        ("tier", "payee_type", "amount_registered", "date_received", "date_paid", "channel"),
        "payments",
    )
    day = input_checks.dates(date, "date")
    received = input_checks.dates(payments["date_received"], "date_received") <= day
    waiting = ~_paid_by(payments["date_paid"], day)
    theirs = (
        (payments["payee_type"] != PRIME) & (payments["tier"] <= 1) & (payments["channel"] == THROUGH_PRIME)
    )
    return payments[received & waiting & theirs]


def held_over_time(payments: pd.DataFrame, dates: Sequence[Day] | pd.DatetimeIndex) -> pd.Series:
    """Money of others in contractors' accounts at the end of each of several days.

    Parameters
    ----------
    payments : DataFrame
        As for `held_for_others`.
    dates : sequence of dates

    Returns
    -------
    Series
        Money, indexed by date.

    Examples
    --------
    >>> held_over_time(waiting, ["2024-06-10", "2024-06-30"]).tolist()
    [1200.0, 900.0]
    """
    days = input_checks.dates(list(dates), "dates")
    held = [float(held_for_others(payments, day)["amount_registered"].sum()) for day in days]
    return pd.Series(held, index=pd.DatetimeIndex(days, name="date"), name="held")


ROUTES = ("ordinary account", "dedicated account", "bypass")


def insolvency_loss(
    payments: pd.DataFrame,
    date: Day,
    route: str,
    recovery: float = 0.0,
    unseizable: Sequence[str] = ("wages",),
) -> pd.DataFrame:
    """What the payees lose if the prime contractor fails at the end of one day.

    A model with three routes for the same payments:

    - ``"ordinary account"``: the money is mixed with the contractor's own and may already be spent;
    - ``"dedicated account"``: everyone sees the money and the contractor cannot spend it on anything else, but it stands in
      the contractor's name, so creditors can seize it - except the kinds in ``unseizable``;
    - ``"bypass"``: the client's bank pays each payee on the day on which it would have paid the contractor. Nothing waits.

    Parameters
    ----------
    payments : DataFrame
        As for `held_for_others`; one contractor's rows, or many.
    date : date or str
        The day of the failure.
    route : str
        One of `ROUTES`.
    recovery : float
        Share of a lost claim that payees get back in the end, 0 to 1; an assumption.
    unseizable : sequence of str
        Kinds of payee whose money the law protects from seizure (in Korea the wage part of the contract price, FACI
        article 88).

    Returns
    -------
    DataFrame
        Indexed by ``payee_type``: ``held``, ``lost`` and ``safe`` (held - lost), money. Empty for the bypass: nothing is
        held. Work that the client has not paid for yet is outside the model on every route.

    Raises
    ------
    InputError
        An unknown route, a recovery outside 0 to 1, missing columns.

    Examples
    --------
    >>> insolvency_loss(waiting, "2024-06-10", "ordinary account", recovery=0.2)
                   held   lost   safe
    payee_type
    subcontractor   900  720.0  180.0
    wages           300  240.0   60.0
    >>> insolvency_loss(waiting, "2024-06-10", "bypass").empty
    True
    """
    input_checks.choice(route, ROUTES, "route")
    input_checks.share(recovery, "recovery", ends=True)
    rows = held_for_others(payments, date)
    if route == "bypass":
        rows = rows.iloc[:0]
    held = rows.groupby("payee_type", observed=True)["amount_registered"].sum().rename("held").to_frame()
    at_risk = pd.Series(True, index=held.index)
    if route == "dedicated account":
        at_risk = ~held.index.to_series().isin(unseizable)
    lost = held["held"].where(at_risk, 0.0) * (1 - recovery)
    return held.assign(lost=lost, safe=held["held"] - lost)


# Small helpers -----------------------------------------------------------------------------------------------------


def _paid_by(paid: pd.Series, as_of: Day | None) -> pd.Series:
    dates = input_checks.dates(paid, "date_paid")
    if as_of is None:
        return dates.notna()
    return dates.notna() & (dates <= input_checks.dates(as_of, "as_of"))


def _earlier(first: pd.Timestamp | pd.Series, second: pd.Timestamp | pd.Series) -> pd.Timestamp | pd.Series:
    return _pick(first, second, np.fmin)


def _later(first: pd.Timestamp | pd.Series, second: pd.Timestamp | pd.Series) -> pd.Timestamp | pd.Series:
    return _pick(first, second, np.fmax)


def _pick(
    first: pd.Timestamp | pd.Series, second: pd.Timestamp | pd.Series, choose: np.ufunc
) -> pd.Timestamp | pd.Series:
    """The earlier or later of two dates, row by row; a missing one leaves the other."""
    if isinstance(first, pd.Series) or isinstance(second, pd.Series):
        index = first.index if isinstance(first, pd.Series) else second.index
        # fmin and fmax skip missing dates, as they skip NaN among numbers.
        values = choose(
            *(np.asarray(pd.Series(side, index=index), dtype="datetime64[ns]") for side in (first, second))
        )
        return pd.Series(values, index=index)
    return pd.Timestamp(choose(first.to_datetime64(), second.to_datetime64()))


def _by_day(money: pd.Series, name: str) -> pd.Series:
    if not isinstance(money, pd.Series):
        raise InputError(
            "A column of money is needed, with dates as its index.",
            where=name,
            fix="Write table.set_index(DATES)[AMOUNTS], with the names of two columns.",
        )
    input_checks.need_amounts(money, name)
    days = input_checks.dates(pd.Series(money.index), name)
    return (
        pd.Series(money.to_numpy(dtype=float), index=pd.DatetimeIndex(days))
        .loc[lambda s: s.index.notna()]
        .groupby(level=0)
        .sum()
    )
