"""Checks of the exercise set c6: paying subcontractors on time."""

from __future__ import annotations

import pandas as pd

from cleanworks import city, profiles
from cleanworks.construction import payments as pay
from cleanworks.learn import CheckSet, Outcome, compare, every, open_answer
from cleanworks.profiles import Profile

check = CheckSet("c6")

# The payment of the first task, as its prompt gives it.
INSPECTED, RECEIVED, PAID, AMOUNT = "2026-03-02", "2026-03-20", "2026-05-04", 80_000_000


def _today(profile: Profile) -> pd.Timestamp:
    return pd.Timestamp(profile["city.reference_date"])


@check.question("c6-e1", "due", "late_days", "interest")
def one_payment(due: object, late_days: object, interest: object) -> Outcome:
    profile = profiles.active()
    first, limit = profile["payment.prime_to_sub_days"], profile["payment.due_days"]
    rate, year = profile["payment.late_interest_rate"], profile["payment.year_days"]
    right = pay.due_date(RECEIVED, first, taken_over=INSPECTED, limit_days=limit)
    days = pay.days_late(right, PAID)
    owed = pay.late_interest(AMOUNT, days, rate, year)
    since_receipt = pay.days_late(RECEIVED, PAID)
    return every(
        compare(
            due,
            right,
            name="`due`",
            mistakes=[
                (
                    pay.due_date(INSPECTED, first),
                    "You counted the first limit from the inspection. It runs from the receipt of the money.",
                ),
                (
                    pay.due_date(INSPECTED, limit),
                    "That is the second limit. Of two limits the earlier one counts.",
                ),
            ],
        ),
        compare(
            late_days,
            days,
            name="`late_days`",
            unit="days",
            mistakes={
                since_receipt: "You counted from the receipt. A payment is late only from the day after its due date."
            },
        ),
        compare(
            interest,
            owed,
            name="`interest`",
            unit=profiles.active()["currency.code"],
            atol=1,
            mistakes=[
                (owed * year, "The rate is for a whole year. Take only the late days' part of it."),
                (
                    pay.late_interest(AMOUNT, since_receipt, rate, year),
                    "You took interest for the days that were still on time, too.",
                ),
                (AMOUNT * rate, "That is the interest of a full year, however late the payment was."),
            ],
        ),
    )


def _owed() -> pd.DataFrame:
    payments = city.load("payments")
    return payments[(payments["payee_type"] == "subcontractor") & (payments["tier"] == 1)]


@check.question("c6-e2", "overdue_count", "overdue_amount")
def overdue(overdue_count: object, overdue_amount: object) -> Outcome:
    profile = profiles.active()
    today, owed = _today(profile), _owed()
    unpaid = owed["date_paid"].isna()
    due = owed["date_due"] < today
    right = owed[unpaid & due]
    late = owed[due & (unpaid | (owed["date_paid"] > owed["date_due"]))]
    return every(
        compare(
            overdue_count,
            len(right),
            name="`overdue_count`",
            unit="payments",
            mistakes=[
                (int(unpaid.sum()), "Some of the unpaid are not due yet. Compare the due date with `today`."),
                (
                    len(late),
                    "Payments that came late have been paid. Only those that are still open are overdue.",
                ),
            ],
        ),
        compare(
            overdue_amount,
            float(right["amount_registered"].sum()),
            name="`overdue_amount`",
            unit=profiles.active()["currency.code"],
            mistakes=[
                (
                    float(owed[unpaid]["amount_registered"].sum()),
                    "This sum holds payments that are not due yet.",
                ),
                (float(late["amount_registered"].sum()), "This sum holds payments that came late but came."),
            ],
        ),
    )


def opening_cash(days_later: int) -> float:
    """Cash that the firm of the third task needs at the start, if its money comes so many days later."""
    costs = pd.Series(90.0, index=pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]))
    receipts = pd.Series(100.0, index=costs.index + pd.Timedelta(days=20 + days_later))
    return -float(pay.cash_position(costs, receipts)["balance"].min())


@check.question("c6-e3", "needed_cash")
def cash(needed_cash: object) -> Outcome:
    right = opening_cash(60)
    return compare(
        needed_cash,
        right,
        name="`needed_cash`",
        mistakes={
            opening_cash(
                0
            ): "That is enough if the money comes as agreed. Move every receipt by 60 days first.",
            -right: "This is the lowest balance. The cash needed to stand it is the same number without the minus.",
            4 * 10.0: "That is the profit at the end. Look for the lowest point on the way.",
            4 * 90.0: "That is all the costs together. Some money has arrived before the last cost.",
        },
    )


@check.question("c6-e4", "held_today", "at_risk")
def visible(held_today: object, at_risk: object) -> Outcome:
    profile = profiles.active()
    payments, today = city.load("payments"), _today(profile)
    dedicated = pay.insolvency_loss(payments, today, "dedicated account")
    unpaid = payments[payments["date_paid"].isna()]
    held, lost = float(dedicated["held"].sum()), float(dedicated["lost"].sum())
    return every(
        compare(
            held_today,
            held,
            name="`held_today`",
            unit=profiles.active()["currency.code"],
            mistakes=[
                (
                    float(unpaid["amount_registered"].sum()),
                    "You added up everything that is unpaid. Tier 2 money and what is paid directly "
                    "lie elsewhere; `pay.held_for_others` knows.",
                ),
                (
                    float(len(pay.held_for_others(payments, today))),
                    "That is the number of payments, not their amount.",
                ),
            ],
        ),
        compare(
            at_risk,
            lost,
            name="`at_risk`",
            unit=profiles.active()["currency.code"],
            mistakes=[
                (
                    held,
                    "In a dedicated account not everything is at risk: the money of one kind of payee cannot be seized.",
                ),
                (held - lost, "That is the part that is protected. What is left for the creditors?"),
                (0.0, "Nothing at risk would be the bypass. The question is about a dedicated account."),
            ],
        ),
    )


@check.question("c6-e5", "largest_share", "advice")
def advise(largest_share: object, advice: object) -> Outcome:
    payments = city.load("payments")
    held = pay.held_for_others(payments, _today(profiles.active()))
    by_holder = held.groupby("payer_id")["amount_registered"].sum()
    share = float(by_holder.max() / by_holder.sum())
    return every(
        compare(
            largest_share,
            share,
            name="`largest_share`",
            mistakes={
                float(
                    by_holder.max()
                ): "That is the amount of the largest holder. Divide it by the sum of all.",
                1 / len(by_holder): "That would be the share if all held the same. Find the largest holder.",
            },
        ),
        open_answer(
            advice,
            [
                f"gives the share of the largest holder: {100 * share:.1f} %",
                "says which way the money should take, and why",
                "says what this way does not protect, for example work that the client has not paid for yet",
                "does not promise that nobody can lose money again",
            ],
            least_words=40,
            name="`advice`",
        ),
    )
