"""Reports from the site: do they come, do they move, are they copied?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cleanworks.construction.flags._core import Settings
from cleanworks.typed import Tables

from ._core import answer, days_between, indicator, indicators_in, longest_run, no_answer
from ._processes import reading_day

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
    optional=("reports.actual",),
    innocent=("The works are suspended for the winter.", "The completion is under inspection."),
)
def report_silence(tables: Tables, settings: Settings) -> pd.DataFrame:
    daily = _running_daily(tables["reports"])
    last = daily.groupby("contract_id", sort=False)["date"].max()
    days = _working_days(last, reading_day(tables, settings), settings)
    return answer("contract", last.index, days, days > settings.report_gap_days)


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
    innocent=("Bad weather.", "Suspended works."),
)
def report_gap(tables: Tables, settings: Settings) -> pd.DataFrame:
    daily = tables["reports"]
    daily = daily[daily["report_type"] == "daily"].sort_values(["contract_id", "date"], kind="stable")
    if daily.empty:
        return no_answer()
    same = daily["contract_id"].eq(daily["contract_id"].shift())
    before = daily["date"].shift().where(same)
    gap = pd.Series(_working_days(before, daily["date"], settings), index=daily.index)
    longest = gap.groupby(daily["contract_id"], sort=False).max().fillna(0)
    return answer("contract", longest.index, longest, longest > settings.report_gap_days)


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
    innocent=("The field was left empty and the system shows 0.", "The start was put off by agreement."),
)
def zero_progress(tables: Tables, settings: Settings) -> pd.DataFrame:
    progress = tables["progress"]
    zero = progress["actual"].eq(0) & (progress["planned"] >= settings.zero_planned_percent)
    months = zero.groupby(progress["contract_id"], sort=False).sum()
    return answer("contract", months.index, months, months > 0)


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
    innocent=("Winter or rain.", "A stop ordered by the city."),
)
def flat_progress(tables: Tables, settings: Settings) -> pd.DataFrame:
    progress = _in_order(tables["progress"])
    if progress.empty:
        return no_answer()
    actual = progress["actual"]
    same = progress["contract_id"].eq(progress["contract_id"].shift())
    flat = same & actual.eq(actual.shift()) & actual.between(0, 100, inclusive="neither")
    run = longest_run(progress["contract_id"], flat)
    return answer("contract", run.index, run, run >= settings.flat_months)


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
    innocent=(
        "The plan was corrected afterwards to what was built.",
        "Progress is rounded to whole steps of ten.",
    ),
)
def copied_progress(tables: Tables, settings: Settings) -> pd.DataFrame:
    progress = _in_order(tables["progress"])
    if progress.empty:
        return no_answer()
    copied = progress["actual"].eq(progress["planned"]) & progress["planned"].between(
        0, 100, inclusive="neither"
    )
    run = longest_run(progress["contract_id"], copied)
    return answer("contract", run.index, run, run >= settings.copied_months)


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
    innocent=("The plan at signature was never realistic.", "An agreed extension is not in the plan."),
)
def spi(tables: Tables, settings: Settings) -> pd.DataFrame:
    last = _last_month(tables["progress"])
    index = last["actual"] / last["planned"].where(last["planned"] > 0)
    known = index.notna()
    return answer("contract", last.loc[known, "contract_id"], index[known], index[known] < settings.spi)


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
    innocent=("The plan at signature was never realistic.",),
)
def progress_gap(tables: Tables, settings: Settings) -> pd.DataFrame:
    last = _last_month(tables["progress"])
    gap = last["planned"] - last["actual"]
    return answer("contract", last["contract_id"], gap, gap >= settings.progress_gap_points)


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
    innocent=("Reports are collected and entered once a week.",),
)
def late_report(tables: Tables, settings: Settings) -> pd.DataFrame:
    daily = tables["reports"]
    daily = daily[(daily["report_type"] == "daily") & daily["submitted_at"].notna()]
    days = (
        days_between(daily["date"], daily["submitted_at"]).groupby(daily["contract_id"], sort=False).median()
    )
    return answer("contract", days.index, days, False)


REPORTING = indicators_in(globals())


def _in_order(progress: pd.DataFrame) -> pd.DataFrame:
    return progress.sort_values(["contract_id", "period"], kind="stable")


def _last_month(progress: pd.DataFrame) -> pd.DataFrame:
    """The last month of each contract in which something was entered: an actual of 0 counts as not entered."""
    entered = progress[progress["actual"] > 0]
    return _in_order(entered).drop_duplicates("contract_id", keep="last")


def _running_daily(reports: pd.DataFrame) -> pd.DataFrame:
    daily = reports[reports["report_type"] == "daily"]
    if "actual" not in daily:
        return daily
    return daily[~daily["contract_id"].isin(daily.loc[daily["actual"] >= 99.995, "contract_id"])]


def _working_days(start: pd.Series, end: pd.Series | pd.Timestamp, settings: Settings) -> np.ndarray:
    """Working days after ``start`` and before ``end``: 0 when ``end`` is the next working day. NaN where a date is missing."""
    start = pd.Series(start)
    end = end if isinstance(end, pd.Series) else pd.Series(pd.Timestamp(end), index=start.index)
    known = (start.notna() & end.notna()).to_numpy()
    days = np.full(len(start), np.nan)
    week = [int(day not in settings.weekend) for day in range(7)]
    holidays = np.array([np.datetime64(day, "D") for day in settings.holidays], dtype="datetime64[D]")
    first = start[known].to_numpy().astype("datetime64[D]") + 1
    last = end[known].to_numpy().astype("datetime64[D]")
    days[known] = np.busday_count(first, np.maximum(first, last), weekmask=week, holidays=holidays)
    return days
