"""Workers: card, wage list and retirement report against one another.

The ids of these rows point at persons. They are for the office that holds the registers; nothing of this level is published.
"""

from __future__ import annotations

import narwhals as nw
import pandas as pd
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes

from ._core import indicator, indicators_in
from ._processes import MONDAY, known, number, total, totals, whole

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
def ghost_days(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    cards, paid = processes.card_days, processes.told_by_month("wages", "days_paid")
    paid = processes.engine.where(paid, "month", cards.select("month"), there=True)
    both = paid.join(cards, on=["worker", "site", "month"], how="left")
    extra = both.select("worker", "site", "month", value=total("told") - col("days").fill_null(0))
    extra = processes.engine.keep(extra.drop_nulls("value"))
    extra = extra.with_columns(hit=col("value") > settings.extra_days)
    workers = extra.group_by("worker").agg(col("value").sum(), col("hit").max())
    return [
        processes.of_months(extra, "value", col("hit")),
        processes.of_numbers("worker", workers, processes.workers, "value", col("hit")),
    ]


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
def unreported_days(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    cards, told = processes.card_days, processes.told_by_month("retirement_days", "days_reported")
    last = processes.engine.latest(told, ["month"])["month"].max()
    if pd.isna(last):
        return []
    cards = cards.filter(col("month") <= lit(last.to_pydatetime()))
    both = cards.join(told, on=["worker", "site", "month"], how="left")
    missing = both.select("worker", "site", "month", value=col("days") - total("told")).drop_nulls("value")
    return [processes.of_months(missing, "value", col("value") > settings.missing_days)]


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
def double_presence(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    days = processes.visits.filter(col("site") > 0).group_by("worker", "day").agg(sites=nw.len())
    days = days.select("worker", double=(col("sites") > 1).cast(nw.Int64))
    double = days.group_by("worker").agg(col("double").sum())
    return [processes.of_numbers("worker", double, processes.workers, "double", col("double") > 0)]


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
def shared_account(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    pair = ["account_id", "worker_id"]
    parts = [
        processes.table(name).select(col(*pair).cast(nw.String))
        for name in ("wages", "workers")
        if processes.has(name, *pair)
    ]
    if not parts:
        return []
    count = nw.concat(parts).drop_nulls().unique().group_by("account_id").agg(workers=nw.len())
    several = col("workers") >= settings.shared_account
    return [processes.of_names("account", count, "account_id", "workers", several)]


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
def no_rest_day(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    days = processes.visits.select("worker", "day").unique()
    # Day minus place is the same along a run of days without a gap.
    days = days.select("worker", day=processes.days_between(lit(MONDAY), col("day")), one=whole(1))
    # Narwhals 2.29 loses the order of `cum_count` by its own column on pandas; a sum of ones keeps it.
    place = col("one").cum_sum().over("worker", order_by="day")
    days = processes.engine.row_by_row(days)
    runs = days.select("worker", run=col("day") - place).group_by("worker", "run").agg(days=nw.len())
    longest = runs.group_by("worker").agg(col("days").max())
    long = col("days") >= settings.rest_run_days
    return [processes.of_numbers("worker", longest, processes.workers, "days", long)]


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
def wage_delay(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    if processes.today is None:
        return []
    today, paid = lit(processes.today), ~col("date_paid").is_null()
    wages = processes.table("wages").filter(known(col("date_due") <= today) | paid)
    until = nw.when(paid).then(col("date_paid")).otherwise(today)
    wages = wages.with_columns(days=processes.days_between(col("date_due"), until)).drop_nulls("days")
    parts = [processes.of_rows("wage", wages, "wage_id", col("days"), col("value") > 0)]
    if processes.has("workers", "worker_id", "employer_id") and processes.has("wages", "worker_id"):
        employers = processes.table("workers").select("worker_id", who=col("employer_id").cast(nw.String))
        employers = employers.drop_nulls().group_by("worker_id").agg(col("who").min())
        late = wages.select("worker_id", late=(col("days") > 0).cast(nw.Float64))
        late = processes.looked_up(late, employers, "worker_id", "inner")
        share = late.group_by("who").agg(col("late").mean(), wages=nw.len())
        share = share.filter(col("wages") >= settings.minimum_group)
        parts.append(processes.of_names("employer", share, "who", "late", col("late") > settings.late_share))
    return parts


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
def wage_share(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    payments = processes.table("payments").filter(known(col("payee_type") == "wages"))
    return [
        processes.of_groups(
            "contract", processes.share_of_claims(payments), "contract_id", col("share"), lit(False)
        )
    ]


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
def accidents(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    cards = processes.table("attendance").filter(~col("contract_id").is_null())
    hours = totals(cards, "contract_id", {"hours": number("hours")})
    hours = hours.select("contract_id", hours=total("hours")).filter(col("hours") > 0)
    hurt = processes.table("accidents").filter(~col("contract_id").is_null())
    hurt = hurt.group_by("contract_id").agg(accidents=nw.len())
    sites = processes.looked_up(hours, hurt, "contract_id")
    rate = col("accidents").fill_null(0) * 200_000 / col("hours")
    many = col("value") > settings.accidents_rate
    return [processes.of_rows("contract", sites, "contract_id", rate, many)]


PEOPLE = indicators_in(globals())
