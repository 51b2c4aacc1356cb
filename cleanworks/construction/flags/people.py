"""Workers: card, wage list and retirement report against one another.

The ids of these rows point at persons. They are for the office that holds the registers; nothing of this level is published.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cleanworks.construction.flags._core import Settings
from cleanworks.typed import Tables

from ._core import (
    answer,
    days_between,
    indicator,
    indicators_in,
    joined,
    no_answer,
    sums,
    together,
)
from ._processes import reading_day

CARD = ("ccs-s97", "ccs-s44")


@indicator(
    "ghost-days",
    "Days paid but not on the card",
    family="worker",
    levels=("worker and month", "worker"),
    source=CARD,
    definition="A wage was paid for more days than the worker's card was read on the site.",
    formula="days_paid - days with attendance, per worker, contract and month inside the window of the cards; > 2 flags (illustrative); worker: sum of months",
    unit="days",
    fields=(
        "wages.worker_id",
        "wages.contract_id",
        "wages.month",
        "wages.days_paid",
        "attendance.worker_id",
        "attendance.contract_id",
        "attendance.date",
    ),
    innocent=(
        "The terminal was broken: then many workers of the site are flagged at once.",
        "The worker forgot the card.",
        "Paid leave.",
    ),
)
def ghost_days(tables: Tables, settings: Settings) -> pd.DataFrame:
    wages = _monthly(tables["wages"].rename(columns={"days_paid": "paid"}), "month", "paid")
    cards = _card_days(tables["attendance"])
    wages = wages[wages["month"].isin(cards["month"].unique())]
    both = wages.merge(cards, on=["worker_id", "contract_id", "month"], how="left")
    extra = both["paid"] - both["days"].fillna(0)
    by_month = answer(
        "worker and month",
        joined(both, "worker_id", "contract_id", "month"),
        extra,
        extra > settings.extra_days,
    )
    flagged = (extra > settings.extra_days).groupby(both["worker_id"], sort=False).any()
    total = extra.groupby(both["worker_id"], sort=False).sum()
    return together(by_month, answer("worker", total.index, total, flagged))


@indicator(
    "unreported-days",
    "Days worked but not reported for retirement",
    family="worker",
    levels=("worker and month",),
    source=("ccs-s97",),
    definition="The retirement scheme was told of fewer days than the card shows: the worker loses contributions.",
    formula="days with attendance - days_reported, per worker, contract and month; > 2 flags (illustrative)",
    unit="days",
    fields=(
        "attendance.worker_id",
        "attendance.contract_id",
        "attendance.date",
        "retirement_days.worker_id",
        "retirement_days.contract_id",
        "retirement_days.month",
        "retirement_days.days_reported",
    ),
    innocent=(
        "The report of the last month is not due yet.",
        "The worker is insured as an employee and not in the scheme.",
    ),
)
def unreported_days(tables: Tables, settings: Settings) -> pd.DataFrame:
    cards = _card_days(tables["attendance"])
    told = _monthly(tables["retirement_days"].rename(columns={"days_reported": "told"}), "month", "told")
    if told.empty:
        return no_answer()
    cards = cards[cards["month"] <= told["month"].max()]
    both = cards.merge(told, on=["worker_id", "contract_id", "month"], how="left")
    missing = both["days"] - both["told"].fillna(0)
    return answer(
        "worker and month",
        joined(both, "worker_id", "contract_id", "month"),
        missing,
        missing > settings.missing_days,
    )


@indicator(
    "double-presence",
    "Two sites on one day",
    family="worker",
    levels=("worker",),
    source=CARD,
    definition="One worker's card was read on two sites on the same day.",
    formula="days with attendance at more than one contract; >= 1 flags",
    unit="days",
    fields=("attendance.worker_id", "attendance.contract_id", "attendance.date"),
    innocent=("Two sites of one firm, morning and afternoon: look at the hours.",),
)
def double_presence(tables: Tables, settings: Settings) -> pd.DataFrame:
    worker, _, day, workers, _ = _visits(tables["attendance"])
    if not len(worker):
        return no_answer()
    span = day.max() + 1
    key, sites = _runs(np.sort(worker * span + day))
    double = np.bincount((key[sites > 1] // span).astype(np.intp), minlength=len(workers))
    return answer("worker", workers, double, double > 0)


@indicator(
    "shared-account",
    "One account, several workers",
    family="worker",
    levels=("account",),
    source=CARD,
    definition="The wages of several workers go to one bank account.",
    formula="number of different workers whose wages went to the account; >= 2 flags",
    unit="workers",
    fields=("wages.account_id|workers.account_id", "wages.worker_id|workers.worker_id"),
    innocent=("Members of one family.", "A worker without an account who uses a relative's."),
)
def shared_account(tables: Tables, settings: Settings) -> pd.DataFrame:
    parts = [
        tables[name][["account_id", "worker_id"]]
        for name in ("wages", "workers")
        if "account_id" in tables.get(name, ())
    ]
    rows = pd.concat(parts).dropna().drop_duplicates()
    count = rows["account_id"].value_counts(sort=False)
    return answer("account", count.index, count, count >= settings.shared_account)


@indicator(
    "no-rest-day",
    "No day of rest",
    family="worker",
    levels=("worker",),
    source=("ccs-s97",),
    definition="A worker's card was read on many days in a row without a day off.",
    formula="longest run of consecutive days with attendance; >= 14 flags (illustrative)",
    unit="days in a row",
    fields=("attendance.worker_id", "attendance.date"),
    innocent=("A night shift counts on two days.", "An agreed stretch before a long leave."),
)
def no_rest_day(tables: Tables, settings: Settings) -> pd.DataFrame:
    worker, _, day, workers, _ = _visits(tables["attendance"].assign(contract_id=""))
    if not len(worker):
        return no_answer()
    # Day minus place is the same along a run of days without a gap.
    _, days = _runs(worker * (len(day) + day.max() + 1) + day - np.arange(len(day)) + len(day))
    longest = np.zeros(len(workers), dtype=np.int64)
    np.maximum.at(longest, worker[np.cumsum(days) - 1], days)
    return answer("worker", workers, longest, longest >= settings.rest_run_days)


@indicator(
    "wage-delay",
    "Wages paid late",
    family="worker",
    levels=("wage", "employer"),
    source=("ccs-s97", "ccs-s96"),
    definition="Wages were paid after they were due, or not at all.",
    formula="date_paid - date_due, or reading day - date_due while unpaid; > 0 flags; employer: share of wages late, at least 5",
    unit="days; for an employer share of wages",
    fields=("wages.wage_id", "wages.date_due", "wages.date_paid"),
    optional=("workers.worker_id", "workers.employer_id", "wages.worker_id"),
    innocent=("A holiday on the day of payment.",),
)
def wage_delay(tables: Tables, settings: Settings) -> pd.DataFrame:
    wages = tables["wages"]
    today = reading_day(tables, settings)
    wages = wages[wages["date_due"].notna() & ((wages["date_due"] <= today) | wages["date_paid"].notna())]
    days = days_between(wages["date_due"], wages["date_paid"].fillna(today))
    parts = [answer("wage", wages["wage_id"], days, days > 0)]
    workers = tables.get("workers", pd.DataFrame())
    if {"worker_id", "employer_id"} <= set(workers) and "worker_id" in wages:
        employer = wages["worker_id"].map(
            workers.drop_duplicates("worker_id").set_index("worker_id")["employer_id"]
        )
        share = (days > 0).groupby(employer, sort=True).agg(["mean", "count"])
        share = share[share["count"] >= settings.minimum_group]
        parts.append(answer("employer", share.index, share["mean"], share["mean"] > settings.late_share))
    return together(*parts)


@indicator(
    "wage-share",
    "Wages in what was paid",
    family="worker",
    levels=("contract",),
    source=("oc4ids",),
    definition="The wages registered for payment as a share of all money of the contract. It describes; it does not flag.",
    formula="sum of payments to wages / sum of claims paid",
    unit="share",
    fields=(
        "payments.contract_id",
        "payments.payee_type",
        "payments.amount",
        "payments.date_paid",
        "claims.contract_id",
        "claims.amount",
        "claims.date_paid",
    ),
    innocent=("Machines do more than hands on some works.",),
)
def wage_share(tables: Tables, settings: Settings) -> pd.DataFrame:
    wages = tables["payments"]
    wages = wages[wages["payee_type"].eq("wages") & wages["date_paid"].notna()]
    wages = sums(wages["amount"], wages["contract_id"])
    claims = tables["claims"]
    claims = claims[claims["date_paid"].notna()]
    came = sums(claims["amount"], claims["contract_id"])
    came = came[came > 0]
    share = (wages.reindex(came.index).where(came.index.isin(wages.index), 0.0) / came).dropna()
    return answer("contract", share.index, share, False)


@indicator(
    "accidents",
    "Accidents per 200,000 hours",
    family="worker",
    levels=("contract",),
    source=("oc4ids",),
    definition="How often people are hurt: accidents for every 200,000 hours worked (100 people in a year).",
    formula="accidents * 200,000 / hours on the card",
    unit="accidents per 200,000 hours",
    fields=("accidents.contract_id", "attendance.contract_id", "attendance.hours"),
    innocent=("An honest site reports more: none at all on a large site is worth a look too.",),
)
def accidents(tables: Tables, settings: Settings) -> pd.DataFrame:
    hours = tables["attendance"].groupby("contract_id")["hours"].sum()
    hours = hours[hours > 0]
    count = tables["accidents"]["contract_id"].value_counts().reindex(hours.index).fillna(0)
    rate = count * 200_000 / hours
    return answer("contract", rate.index, rate, rate > settings.accidents_rate)


PEOPLE = indicators_in(globals())


def _visits(attendance: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Every (worker, contract, day) once and in this order, as three arrays of whole numbers; and what the first two mean.

    A nation's cards are hundreds of millions of rows: whole numbers sort and compare many times faster than texts. Days are
    counted from 1970.
    """
    worker, workers = pd.factorize(attendance["worker_id"])
    contract, contracts = pd.factorize(attendance["contract_id"])
    day = attendance["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    many, span = max(len(contracts), 1), day.max() + 1 if len(day) else 1
    # np.unique hashes, and takes fifty times as long on keys that are nearly in order.
    key, _ = _runs(np.sort((worker.astype(np.int64) * many + contract) * span + day))
    pair, day = np.divmod(key, span)
    worker, contract = np.divmod(pair, many)
    return worker, contract, day, np.asarray(workers), np.asarray(contracts)


def _runs(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different values of keys that stand together, and how often each occurs."""
    starts = (
        np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        if len(keys)
        else np.zeros(0, dtype=np.int64)
    )
    return keys[starts], np.diff(starts, append=len(keys))


def _card_days(attendance: pd.DataFrame) -> pd.DataFrame:
    """Days with attendance by worker, contract and month (the month's last day)."""
    worker, contract, day, workers, contracts = _visits(attendance)
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    many, span = max(len(contracts), 1), month.max() + 1 if len(month) else 1
    key, days = _runs((worker * many + contract) * span + month)
    pair, month = np.divmod(key, span)
    last = (month + 1).astype("datetime64[M]").astype("datetime64[D]") - 1
    return pd.DataFrame(
        {
            "worker_id": workers[pair // many],
            "contract_id": contracts[pair % many],
            "month": last.astype("datetime64[ns]"),
            "days": days,
        }
    )


def _monthly(table: pd.DataFrame, month: str, column: str) -> pd.DataFrame:
    table = table.assign(month=_month_end(table[month]))
    return table.groupby(["worker_id", "contract_id", "month"], sort=False)[column].sum().reset_index()


def _month_end(dates: pd.Series) -> pd.Series:
    return dates.dt.to_period("M").dt.end_time.dt.normalize().astype("datetime64[ns]")
