"""Complaints: what a rising or falling count can and cannot mean.

A report centre counts *reports*. Reports are events that happened, times the share of events that somebody reported,
inside the kinds of work that the centre accepts. Only when two of the three stand still does a count speak about the
third.
"""

from __future__ import annotations

import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError


def years_without_a_figure(cases: pd.Series, totals: pd.Series) -> pd.Series:
    """What the years without a figure of their own must add up to.

    Parameters
    ----------
    cases : Series
        Published cases of single years, indexed by year; years may be missing.
    totals : Series
        Published running totals, indexed by the last year counted.

    Returns
    -------
    Series
        Cases left over in each span between two totals, indexed by a text such as ``"2014-2015"`` or ``"2018"``
        that names the years without a figure. Spans whose years all have a figure are left out; their sums must
        agree with the totals.

    Raises
    ------
    InputError
        When a span with all its figures does not add up to its total.
    """
    ordered = totals.sort_index()
    start = int(min(cases.index.min(), ordered.index.min()))
    left, before, first = {}, 0.0, start
    for last, total in ordered.items():
        years = range(first, int(last) + 1)
        known = sum(cases.get(year, 0.0) for year in years)
        missing = [year for year in years if year not in cases.index]
        rest = total - before - known
        if missing:
            name = str(missing[0]) if len(missing) == 1 else f"{missing[0]}-{missing[-1]}"
            left[name] = rest
        elif rest != 0:
            raise InputError(
                f"The years {years[0]} to {years[-1]} add up to {known:g}, the totals say {total - before:g}.",
                where="published cases",
                fix="One of the figures is wrong or counts something else.",
            )
        before, first = total, int(last) + 1
    return pd.Series(left, name="cases")


def reports(events: float, reporting_share: float, scope_share: float = 1.0) -> float:
    """Expected number of reports.

    Parameters
    ----------
    events : float
        Events that happened (count).
    reporting_share : float
        Share of events that somebody reports, 0 to 1.
    scope_share : float
        Share of events that the centre accepts, 0 to 1: for example only public works.
    """
    input_checks.share(reporting_share, "reporting_share", ends=True)
    input_checks.share(scope_share, "scope_share", ends=True)
    input_checks.need_amounts(events, "events")
    return events * reporting_share * scope_share


def change_in_events(reports_before: float, reports_after: float, reporting_change: float) -> float:
    """Change in the events behind two counts, if the willingness to report changed by a known factor.

    Parameters
    ----------
    reports_before, reports_after : float
        Counts of the same scope.
    reporting_change : float
        Reporting share after, divided by before: 1.5 means that half as many again report.

    Returns
    -------
    float
        Relative change of the events: -0.2 means a fifth fewer.
    """
    if reports_before <= 0 or reporting_change <= 0:
        raise InputError(
            "A relative change needs a first count and a reporting factor above zero.",
            where="change in events",
            fix="Give counts and factors above zero.",
        )
    return reports_after / reports_before / reporting_change - 1
