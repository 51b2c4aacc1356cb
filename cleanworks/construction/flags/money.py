"""Payments on the way down the chain: late, short, unpaid, ahead of the work."""

from __future__ import annotations

import narwhals as nw
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes

from ._core import indicator, indicators_in, low_fence
from ._processes import above_zero, known, number, total, totals

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
def payment_delay(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    days = processes.days_between(col("date_received"), col("until"))
    late = col("value") > settings.prime_to_sub_days
    return [processes.of_rows("payment", processes.passed_on, "payment_id", days, late)]


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
def late_share(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    due = processes.passed_on.filter(known(col("date_due") <= lit(processes.today)))
    late = col("date_paid").is_null() | known(col("date_paid") > col("date_due"))
    due = processes.engine.keep(due.select("payer_id", "payee_type", "tier", late=late.cast(nw.Float64)))
    parts = []
    for level, column in (("payer", "payer_id"), ("payee type", "payee_type"), ("tier", "tier")):
        each = due.filter(~col(column).is_null()).group_by(column).agg(col("late").mean(), rows=nw.len())
        each = each.filter(col("rows") >= settings.minimum_group)
        # Every engine writes a whole number in its own way.
        name = col(column).cast(nw.Int64) if column == "tier" else col(column)
        each = each.select("late", name=name.cast(nw.String))
        parts.append(processes.of_names(level, each, "name", "late", col("late") > settings.late_share))
    return parts


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
def late_interest(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    days = processes.days_between(col("date_due"), col("until"))
    payments = processes.passed_on.select("payment_id", "amount_registered", days=days)
    late = nw.when(col("days") < 0).then(lit(0.0)).otherwise(col("days"))
    owed = number("amount_registered") * settings.late_interest_rate * late / settings.year_days
    return [processes.of_rows("payment", payments, "payment_id", owed, col("days") > 0, days=col("days"))]


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
def short_payment(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # The difference first: 1 - 98.5 / 100 is a little more than 1.5 %.
    share = (number("amount_registered") - number("amount")) / above_zero("amount_registered")
    share = nw.when(~col("date_paid").is_null()).then(share)
    short = col("value") > settings.correction_share
    return [processes.of_rows("payment", processes.table("payments"), "payment_id", share, short)]


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
def overdue(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    today = lit(processes.today)
    unpaid = col("date_paid").is_null() | known(col("date_paid") > today)
    open_ = known(col("date_due") < today) & unpaid
    amount = nw.when(open_).then(number("amount_registered")).otherwise(lit(0.0))
    owed = totals(processes.passed_on, "contract_id", {"owed": amount})
    return [processes.of_groups("contract", owed, "contract_id", total("owed"), col("value") > 0)]


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
def client_delay(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    start = col("date_claimed")
    if processes.has("claims", "date_inspected"):
        seen = ~col("date_inspected").is_null()
        start = nw.when(seen).then(col("date_inspected")).otherwise(start)
    paid = nw.when(~col("date_paid").is_null()).then(col("date_paid")).otherwise(lit(processes.today))
    late, claims = col("value") > settings.client_days, processes.table("claims")
    return [processes.of_rows("claim", claims, "claim_id", processes.days_between(start, paid), late)]


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
def pass_through(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # Tier 2 is paid out of tier 1 and must not be counted again.
    payments = processes.table("payments").filter(
        known(col("tier") <= 1) & ~known(col("payee_type") == "prime")
    )
    shares = processes.engine.keep(processes.share_of_claims(payments))
    fence = low_fence(processes.column(shares, "share"))
    hit = lit(False) if fence is None else col("share") < fence
    return [processes.of_names("contract", shares, "contract_id", "share", hit)]


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
def paid_ahead(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    # An actual of 0 in a running contract usually means "not entered": it would make every such contract look prepaid.
    gap = nw.when(col("actual") > 0).then(number("paid") - number("actual"))
    gaps = processes.table("progress").select("contract_id", gap=gap)
    gaps = gaps.group_by("contract_id").agg(col("gap").max())
    ahead = col("value") > settings.paid_ahead_points
    return [processes.of_groups("contract", gaps, "contract_id", col("gap"), ahead)]


MONEY = indicators_in(globals())
