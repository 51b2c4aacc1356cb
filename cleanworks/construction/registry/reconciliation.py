"""Attendance, wages and retirement days of the same worker, contract and month, side by side.

The three-way comparison is the control that the link of e-HR, e-card and payment makes possible (ccs-s5, ccs-s44); what
counts as a difference is our choice.
"""

from __future__ import annotations

import pandas as pd

from cleanworks import input_checks

_NAME = ["worker_id", "contract_id", "month"]


def reconcile(attendance: pd.DataFrame, wages: pd.DataFrame, retirement_days: pd.DataFrame) -> pd.DataFrame:
    """Days on site, days paid and days reported for retirement.

    Returns
    -------
    DataFrame
        One row for each worker, contract and month that any of the three tables names: ``days_on_site``, ``days_paid``,
        ``days_reported`` (0 where a table has no row), and ``agrees``. A difference is worth a look and no proof.

    Raises
    ------
    InputError
        Missing columns.
    """
    input_checks.need_columns(attendance, ("worker_id", "contract_id", "date"), "attendance")
    input_checks.need_columns(wages, (*_NAME, "days_paid"), "wages")
    input_checks.need_columns(retirement_days, (*_NAME, "days_reported"), "retirement_days")
    month = input_checks.dates(attendance["date"], "attendance, column date") + pd.offsets.MonthEnd(0)
    # A worker whose card was read twice on one day was there once.
    there = attendance.assign(month=month).drop_duplicates(["worker_id", "contract_id", "date"])
    days = there.groupby(_NAME, observed=True).size().rename("days_on_site")
    paid = wages.groupby(_NAME, observed=True)["days_paid"].sum()
    reported = retirement_days.groupby(_NAME, observed=True)["days_reported"].sum()
    table = pd.concat([days, paid, reported], axis=1).fillna(0).astype("int64")
    same = (table["days_on_site"] == table["days_paid"]) & (table["days_paid"] == table["days_reported"])
    return table.assign(agrees=same).reset_index()
