"""Reports from the site: do they come, do they move, are they copied?"""

from __future__ import annotations

from collections.abc import Collection

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals import col, lit

from cleanworks.construction.flags._core import Settings
from cleanworks.construction.flags._processes import Frame, Processes

from ._core import STANDING, indicator, indicators_in
from ._processes import CANCELLED, ENDED, MONDAY, known, number, whole

EARNED = ("ccs-s88",)
_MONTHS = ("progress.contract_id", "progress.period", "progress.planned", "progress.actual")


@indicator(
    "report-silence",
    "Working days since the last daily report",
    family="reporting",
    levels=("contract",),
    source=("ccs-s14",),
    definition="A running contract has stopped reporting.",
    formula="working days after the last daily report, up to the reading day; contracts that have not reached 100 % and report daily; > 5 flags (illustrative)",
    unit="working days",
    fields=("reports.contract_id", "reports.report_type", "reports.date"),
    optional=(*STANDING, "reports.actual"),
    innocent=("The works are suspended for the winter.", "The completion is under inspection."),
)
def report_silence(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    daily = _daily(processes, ENDED)
    if processes.has("reports", "actual"):
        done = daily.filter(known(number("actual") >= 99.995)).select("contract_id").unique()
        daily = processes.engine.where(daily, "contract_id", done, there=False)
    daily, today = _counted(processes, daily, settings)
    last = daily.group_by("contract_id").agg(col("through").max())
    last = last.select("contract_id", gap=lit(today) - col("through"))
    return [_gaps(processes, last, settings)]


@indicator(
    "report-gap",
    "Longest gap between daily reports",
    family="reporting",
    levels=("contract",),
    source=("ccs-s14",),
    definition="There were many working days without a daily report.",
    formula="largest number of working days between two daily reports that follow each other; > 5 flags (illustrative)",
    unit="working days",
    fields=("reports.contract_id", "reports.report_type", "reports.date"),
    optional=STANDING,
    innocent=("Bad weather.", "Suspended works."),
)
def report_gap(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    daily, _ = _counted(processes, _daily(processes), settings)
    daily = processes.engine.row_by_row(daily)
    before = col("through").shift(1).over("contract_id", order_by="number")
    gaps = daily.select("contract_id", gap=col("before") - before)
    gaps = gaps.group_by("contract_id").agg(col("gap").max())
    return [_gaps(processes, gaps, settings)]


@indicator(
    "zero-progress",
    "Progress of zero in a running contract",
    family="reporting",
    levels=("contract",),
    source=("ccs-s37",),
    definition="Progress is 0 in months in which work was planned: usually 'not entered', sometimes a site at a standstill.",
    formula="months with actual = 0 and planned >= 10 %; >= 1 flags",
    unit="months",
    fields=_MONTHS,
    optional=STANDING,
    innocent=("The field was left empty and the system shows 0.", "The start was put off by agreement."),
)
def zero_progress(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    zero = known((number("actual") == 0) & (number("planned") >= settings.zero_planned_percent))
    months = _months(processes).select("contract_id", zero=zero.cast(nw.Int64))
    months = months.group_by("contract_id").agg(col("zero").sum())
    return [processes.of_names("contract", months, "contract_id", "zero", col("zero") > 0)]


@indicator(
    "flat-progress",
    "Progress that does not move",
    family="reporting",
    levels=("contract",),
    source=("ccs-s14",),
    definition="Reported progress stayed the same for months in the middle of the works.",
    formula="longest run of months whose actual equals the month before, strictly between 0 and 100; >= 3 flags",
    unit="months",
    fields=_MONTHS,
    optional=STANDING,
    innocent=("Winter or rain.", "A stop ordered by the city."),
)
def flat_progress(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    before = col("actual").shift(1).over("contract_id", order_by=_IN_ORDER)
    months = processes.engine.row_by_row(_months(processes)).with_columns(before=before)
    same = (col("actual") == col("before")) & (col("actual") > 0) & (col("actual") < 100)
    return [_longest_run(processes, months.with_columns(wanted=known(same)), settings.flat_months)]


@indicator(
    "copied-progress",
    "Actual copied from planned",
    family="reporting",
    levels=("contract",),
    source=("ccs-s14",),
    definition="Actual progress equals planned progress to the last decimal, month after month: somebody copies the plan.",
    formula="longest run of months with actual = planned, strictly between 0 and 100; >= 3 flags",
    unit="months",
    fields=_MONTHS,
    optional=STANDING,
    innocent=(
        "The plan was corrected afterwards to what was built.",
        "Progress is rounded to whole steps of ten.",
    ),
)
def copied_progress(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    copied = (col("actual") == col("planned")) & (col("planned") > 0) & (col("planned") < 100)
    months = _months(processes).with_columns(wanted=known(copied))
    return [_longest_run(processes, months, settings.copied_months)]


@indicator(
    "spi",
    "Schedule performance index",
    family="reporting",
    levels=("contract",),
    source=EARNED,
    definition="Less work is done than was planned by the last month reported.",
    formula="actual / planned of the last month with an entry; < 0.9 flags (illustrative)",
    unit="ratio",
    fields=_MONTHS,
    optional=STANDING,
    innocent=("The plan at signature was never realistic.", "An agreed extension is not in the plan."),
)
def spi(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    index = col("actual") / nw.when(col("planned") > 0).then(col("planned"))
    slow = col("value") < settings.spi
    return [processes.of_groups("contract", _last_month(processes), "contract_id", index, slow)]


@indicator(
    "progress-gap",
    "Behind plan",
    family="reporting",
    levels=("contract",),
    source=EARNED,
    definition="How far the work lies behind plan in the last month reported.",
    formula="planned - actual of the last month with an entry; >= 10 points flags",
    unit="percentage points",
    fields=_MONTHS,
    optional=STANDING,
    innocent=("The plan at signature was never realistic.",),
)
def progress_gap(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    behind = col("value") >= settings.progress_gap_points
    gap = col("planned") - col("actual")
    return [processes.of_groups("contract", _last_month(processes), "contract_id", gap, behind)]


@indicator(
    "late-report",
    "Reports handed in late",
    family="reporting",
    levels=("contract",),
    source=("ccs-s14",),
    definition="How long after its day a report is handed in. It describes; it does not flag.",
    formula="median of (submitted_at - date) over the contract's daily reports",
    unit="days",
    fields=("reports.contract_id", "reports.report_type", "reports.date", "reports.submitted_at"),
    optional=STANDING,
    innocent=("Reports are collected and entered once a week.",),
)
def late_report(processes: Processes, settings: Settings) -> list[tuple[str, Frame]]:
    days = processes.days_between(col("date"), col("submitted_at"))
    reports = _daily(processes).select("contract_id", days=days).drop_nulls("days")
    late = processes.engine.row_by_row(reports).group_by("contract_id").agg(col("days").median())
    return [processes.of_names("contract", late, "contract_id", "days", lit(False))]


REPORTING = indicators_in(globals())

# Of two entries for one month the larger counts as the later one, whatever the order of the file.
_IN_ORDER = ("period", "actual", "planned")


def _months(processes: Processes) -> Frame:
    months = processes.standing("progress").filter(~col("contract_id").is_null() & ~col("period").is_null())
    return months.select("contract_id", "period", planned=number("planned"), actual=number("actual"))


def _last_month(processes: Processes) -> Frame:
    """The last month of each contract in which something was entered: an actual of 0 counts as not entered."""
    entered = _months(processes).filter(known(col("actual") > 0))
    return entered.unique("contract_id", keep="last", order_by=_IN_ORDER)


def _longest_run(processes: Processes, months: Frame, limit: int) -> tuple[str, Frame]:
    """The longest unbroken run of ``wanted`` months of each contract."""
    months = processes.engine.row_by_row(months)
    months = months.with_columns(col("wanted").cast(nw.Int64), broken=(~col("wanted")).cast(nw.Int64))
    months = months.with_columns(block=col("broken").cum_sum().over("contract_id", order_by=_IN_ORDER))
    runs = months.group_by("contract_id", "block").agg(col("wanted").sum())
    runs = runs.group_by("contract_id").agg(run=col("wanted").max())
    return processes.of_names("contract", runs, "contract_id", "run", col("run") >= limit)


def _daily(processes: Processes, without: Collection[str] = CANCELLED) -> Frame:
    daily = processes.standing("reports", without).filter(known(col("report_type") == "daily"))
    return daily.filter(~col("contract_id").is_null() & ~col("date").is_null())


def _gaps(processes: Processes, gaps: Frame, settings: Settings) -> tuple[str, Frame]:
    gaps = gaps.with_columns(gap=nw.when(known(col("gap") > 0)).then(col("gap")).otherwise(lit(0)))
    long = col("gap") > settings.report_gap_days
    return processes.of_names("contract", gaps, "contract_id", "gap", long)


def _counted(processes: Processes, daily: Frame, settings: Settings) -> tuple[Frame, int]:
    """Daily reports with the working days ``before`` their day and ``through`` it, and those before the reading day.

    They are counted from `MONDAY`, on a calendar that has a row for every day from the first report on.
    """
    number = processes.days_between(lit(MONDAY), col("date")).floor().cast(nw.Int64)
    daily = processes.engine.keep(daily.select("contract_id", number=number))
    ends = processes.engine.collected(daily.select(first=col("number").min(), last=col("number").max())).iloc[
        0
    ]
    if pd.isna(ends["first"]):
        return daily.with_columns(before=whole(0), through=whole(0)), 0
    numbers = np.arange(ends["first"], ends["last"] + 1, dtype=np.int64)
    start = np.datetime64(MONDAY, "D")
    week = [int(day not in settings.weekend) for day in range(7)]
    holidays = np.array(settings.holidays, dtype="datetime64[D]")

    def working(until: np.ndarray | np.datetime64) -> np.ndarray:
        return np.busday_count(start, until, weekmask=week, holidays=holidays)

    through = working(start + numbers + 1)
    calendar = pd.DataFrame({"number": numbers, "before": working(start + numbers), "through": through})
    today = int(working(np.datetime64(processes.today, "D")))  # known, where a report has a day
    return daily.join(processes.engine.brought(calendar), on="number", how="inner"), today
