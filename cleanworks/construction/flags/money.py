"""Payments on the way down the chain: late, short, unpaid, ahead of the work."""

from __future__ import annotations

import pandas as pd

from ._core import answer, days_between, indicator, indicators_in, low_outliers, reading_day, sums, together

LAW = ("ccs-s90", "ccs-s96")
_DOWN = (
    "payments.payment_id",
    "payments.tier",
    "payments.payee_type",
    "payments.date_received",
    "payments.date_paid",
)


@indicator(
    "payment-delay",
    "Days until the money was passed on",
    family="payment",
    levels=("payment",),
    source=LAW,
    definition="Money for subcontractors, wages, equipment and materials was passed on late, or not at all.",
    formula="date_paid - date_received, or reading day - date_received while unpaid; > 15 days flags",
    unit="days",
    fields=_DOWN,
    innocent=(
        "The payee asked for a later date or had changed its account.",
        "The bank refused the transfer once.",
    ),
)
def payment_delay(tables, settings):
    payments = _passed_on(tables["payments"])
    days = days_between(payments["date_received"], _paid_or_today(payments, tables, settings))
    return answer("payment", payments["payment_id"], days, days > settings.prime_to_sub_days)


@indicator(
    "late-share",
    "Share of payments made late",
    family="payment",
    levels=("payer", "payee type", "tier"),
    source=LAW,
    definition="Of what fell due, the share that was paid after its due date or not at all.",
    formula="rows with date_paid > date_due, or unpaid on the reading day, / rows that were due by then; payers with at least 5; > 25 % flags (illustrative)",
    unit="share of payments",
    fields=(
        "payments.payer_id",
        "payments.payee_type",
        "payments.tier",
        "payments.date_due",
        "payments.date_paid",
        "payments.date_received",
    ),
    innocent=("One dispute over one month's work.", "The contractor itself was paid late."),
)
def late_share(tables, settings):
    payments = _passed_on(tables["payments"])
    today = reading_day(tables, settings)
    payments = payments[payments["date_due"] <= today]
    late = payments["date_paid"].fillna(today + pd.Timedelta(days=1)) > payments["date_due"]
    parts = []
    for level, column in (("payer", "payer_id"), ("payee type", "payee_type"), ("tier", "tier")):
        share = late.groupby(payments[column], sort=True, observed=True).agg(["mean", "count"])
        share = share[share["count"] >= settings.minimum_group]
        parts.append(
            answer(level, share.index.astype(str), share["mean"], share["mean"] > settings.late_share)
        )
    return together(*parts)


@indicator(
    "late-interest",
    "Interest owed for lateness",
    family="payment",
    levels=("payment",),
    source=("ccs-s90", "ccs-s91"),
    definition="What the payer owes on top because the payment is late. A sum of money, not a suspicion: more than 0 flags.",
    formula="amount registered * yearly rate * days after date_due / days of a year",
    unit="currency",
    fields=(
        "payments.payment_id",
        "payments.tier",
        "payments.payee_type",
        "payments.amount_registered",
        "payments.date_due",
        "payments.date_paid",
        "payments.date_received",
    ),
    innocent=("The delay was agreed in writing.",),
)
def late_interest(tables, settings):
    payments = _passed_on(tables["payments"]).dropna(subset=["date_due", "amount_registered"])
    late = days_between(payments["date_due"], _paid_or_today(payments, tables, settings)).clip(lower=0)
    interest = payments["amount_registered"] * settings.late_interest_rate * late / settings.year_days
    return answer("payment", payments["payment_id"], interest, late > 0)


@indicator(
    "short-payment",
    "Paid less than registered",
    family="payment",
    levels=("payment",),
    source=("ccs-s90",),
    definition="A payee received less than the approved split said.",
    formula="1 - amount / amount_registered of paid rows; above the share read as an agreed correction flags",
    unit="share of the registered amount",
    fields=("payments.payment_id", "payments.amount", "payments.amount_registered", "payments.date_paid"),
    innocent=("A correction for defects, agreed by both.", "Tax withheld by law."),
)
def short_payment(tables, settings):
    payments = tables["payments"]
    payments = payments[payments["date_paid"].notna() & (payments["amount_registered"] > 0)]
    payments = payments[payments["amount"].notna()]
    share = 1 - payments["amount"] / payments["amount_registered"]
    return answer("payment", payments["payment_id"], share, share > settings.correction_share)


@indicator(
    "overdue",
    "Overdue and unpaid",
    family="payment",
    levels=("contract",),
    source=LAW,
    definition="What has fallen due below the contractor and is still unpaid on the reading day.",
    formula="sum of amount_registered with date_due before the reading day and no payment by then",
    unit="currency",
    fields=(
        "payments.contract_id",
        "payments.tier",
        "payments.payee_type",
        "payments.amount_registered",
        "payments.date_due",
        "payments.date_paid",
        "payments.date_received",
    ),
    innocent=("The payment was made yesterday and is not yet entered.",),
)
def overdue(tables, settings):
    payments = _passed_on(tables["payments"])
    today = reading_day(tables, settings)
    open_ = (payments["date_due"] < today) & (payments["date_paid"].isna() | (payments["date_paid"] > today))
    owed = sums(payments["amount_registered"].where(open_, 0), payments["contract_id"]).dropna()
    return answer("contract", owed.index, owed, owed > 0)


@indicator(
    "client-delay",
    "Days until the client paid",
    family="payment",
    levels=("claim",),
    source=("ccs-s98",),
    definition="The client itself paid late: delay begins at the top.",
    formula="date_paid - date_claimed (or date_inspected, where there is one), or until the reading day while unpaid; > 5 days flags (limit not verified, see the profile)",
    unit="days",
    fields=("claims.claim_id", "claims.date_claimed", "claims.date_paid"),
    optional=("claims.date_inspected",),
    innocent=("The claim was incomplete and sent back.", "The end of the budget year."),
)
def client_delay(tables, settings):
    claims = tables["claims"]
    start = (
        claims["date_inspected"].fillna(claims["date_claimed"])
        if "date_inspected" in claims
        else claims["date_claimed"]
    )
    days = days_between(start, claims["date_paid"].fillna(reading_day(tables, settings)))
    return answer("claim", claims["claim_id"], days, days > settings.client_days)


@indicator(
    "pass-through",
    "Share passed on to subcontractors",
    family="payment",
    levels=("contract",),
    source=("oc4ids",),
    definition="Of the money that reached the contractor, the share that it passed on. An unusually small share is worth a look.",
    formula="sum paid to others than the contractor (tier 1, and wages, equipment, materials of tier 0) / sum of claims paid; < Q1 - 1.5 IQR flags",
    unit="share",
    fields=(
        "payments.contract_id",
        "payments.tier",
        "payments.payee_type",
        "payments.amount",
        "payments.date_paid",
        "payments.date_received",
        "claims.contract_id",
        "claims.amount",
        "claims.date_paid",
    ),
    innocent=("The contractor does most work with its own people.",),
)
def pass_through(tables, settings):
    # Tier 2 is paid out of tier 1 and must not be counted again.
    payments = tables["payments"]
    payments = payments[payments["tier"].le(1) & payments["payee_type"].ne("prime")]
    sent = sums(payments["amount"].where(payments["date_paid"].notna(), 0), payments["contract_id"])
    claims = tables["claims"]
    came = sums(claims["amount"].where(claims["date_paid"].notna(), 0), claims["contract_id"])
    came = came[came > 0]
    share = (sent.reindex(came.index).where(came.index.isin(sent.index), 0.0) / came).dropna()
    return answer("contract", share.index, share, low_outliers(share, beyond=True))


@indicator(
    "paid-ahead",
    "Paid ahead of the work",
    family="payment",
    levels=("contract",),
    source=("oc4ids",),
    definition="More money has been paid than work done.",
    formula="largest of (paid % - actual %) over the months; > 10 points flags",
    unit="percentage points",
    fields=("progress.contract_id", "progress.paid", "progress.actual"),
    innocent=(
        "An advance is allowed and will be worked off.",
        "The progress of the last month is not yet entered.",
    ),
)
def paid_ahead(tables, settings):
    progress = tables["progress"]
    # An actual of 0 in a running contract usually means "not entered": it would make every such contract look prepaid.
    entered = progress["actual"].where(progress["actual"] > 0)
    gap = (progress["paid"] - entered).groupby(progress["contract_id"], sort=False).max().dropna()
    return answer("contract", gap.index, gap, gap > settings.paid_ahead_points)


MONEY = indicators_in(globals())


def _passed_on(payments):
    """Rows that somebody who has received money owes to somebody else; the client's own payments are not among them."""
    return payments[payments["date_received"].notna() & payments["payee_type"].ne("prime")]


def _paid_or_today(payments, tables, settings):
    today = reading_day(tables, settings)
    return payments["date_paid"].where(payments["date_paid"] <= today, today)
