"""The open-data feed of Seoul's projects, with the field names of dataset OA-2540 (service ListOnePMISBizInfo).

The names are documented by third-party code that calls the service (ccs-s36, ccs-s37); their meaning follows that code.
`PER_RT` is read as actual / planned x 100, which is our inference. The feed made here is simulated. Fields that name persons
(official, chief supervisor, site agent) stay empty: disclosed names of officials are personal data.

What is lost on the way: amounts are in units of 100 million, written with two decimals; a progress that was not entered is
written as 0, as the live feed does, so that 0 % and "not entered" look the same; changes and payments have no field.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.typed import Day

UNIT = 100_000_000  # AMT_CTRT and AMT_BIZ are in units of 100 million won
PAGE = 1000  # rows the service gives at most in one call

FIELDS: dict[str, str] = {
    "BIZ_CD": "project code",
    "BIZ_NM": "project name",
    "GU_NM": "district",
    "CMCN_YN1": "completed, Y or N",
    "CMCN_YN2": "completed, Y or N (second field; its difference from the first is not documented in our sources)",
    "PROCS_PLAN": "planned progress, %; 0 may mean not entered",
    "PROCS_PRFMNC": "actual progress, %; 0 may mean not entered",
    "PER_RT": "ratio, read as actual / planned x 100 (our inference)",
    "CRTR_YMD": "reference date, YYYYMMDD",
    "DAY_TOT": "days of the works",
    "DAY_ELPS": "days elapsed",
    "DAY_JOB": "days left (D-day); negative when the end has passed",
    "AMT_CTRT": "contract amount, KRW 100 m",
    "AMT_BIZ": "project cost, KRW 100 m",
    "CSTRN_PRD": "period of the works",
    "CSTRN_PSTN": "site",
    "LAT": "latitude",
    "LOT": "longitude",
    "INST_NM": "ordering body",
    "PIC_PE_NM": "official in charge (empty here: personal data)",
    "SPVS_PE_NM": "chief supervisor (empty here: personal data)",
    "AGT_PE_NM": "site agent (empty here: personal data)",
    "SPVS_NM": "supervision firm",
    "CNST_ENT": "contractor",
    "BIZ_SCL": "scale",
    "WEB_CMR_RTSP_ADDR": "address of the site camera",
}
_NUMBERS = (
    "PROCS_PLAN",
    "PROCS_PRFMNC",
    "PER_RT",
    "DAY_TOT",
    "DAY_ELPS",
    "DAY_JOB",
    "AMT_CTRT",
    "AMT_BIZ",
    "LAT",
    "LOT",
)
# Older versions of the service used other names for the two progress fields.
_OLD_NAMES = {"PLAN_RT": "PROCS_PLAN", "REAL_RT": "PROCS_PRFMNC"}
# CoST's items that the feed's fields answer: our reading of the field list, about a third of the forty (ccs 4.1, inferred).
ITEMS: dict[str, tuple[str, ...]] = {
    "owner": ("INST_NM",), "name": ("BIZ_NM",), "location": ("LAT", "GU_NM", "CSTRN_PSTN"), "description": ("BIZ_SCL",),
    "contact": ("PIC_PE_NM",), "status": ("CMCN_YN1",), "final-date": ("CSTRN_PRD",), "administrative-entity": ("SPVS_NM",),
    "contract-status": ("CMCN_YN1",), "contract-title": ("BIZ_NM",), "firm": ("CNST_ENT",), "price": ("AMT_CTRT",),
    "period": ("CSTRN_PRD",), "budget": ("AMT_BIZ",), "scope": ("BIZ_SCL",),
}  # fmt: skip


def feed(tables: Mapping[str, pd.DataFrame], date: Day, unit: float = UNIT) -> pd.DataFrame:
    """The feed on one day, from ``projects``, ``contracts`` and ``progress``.

    Parameters
    ----------
    tables : mapping
        The three tables.
    date : date
        The reference date: progress is that of the last month that ended by then.
    unit : float
        What one unit of the two amounts is, in the currency.

    Returns
    -------
    DataFrame
        One row per contract signed by then, with the fields of `FIELDS`. Progress that was not entered is 0.

    Examples
    --------
    >>> rows = seoul.feed(tables, "2024-06-30")
    >>> len(rows), list(rows.columns)[:3]
    (10, ['BIZ_CD', 'BIZ_NM', 'GU_NM'])
    """
    for name, columns in (
        ("projects", ("project_id", "title")),
        ("contracts", ("contract_id", "project_id")),
        ("progress", ("contract_id", "period")),
    ):
        if name not in tables:
            raise InputError(
                f"There is no table {name}.",
                where="tables",
                fix="The feed needs projects, contracts and progress.",
            )
        input_checks.need_columns(tables[name], columns, name)
    day = pd.Timestamp(date)
    contracts = tables["contracts"]
    rows = contracts[contracts["date_signed"] <= day].merge(
        tables["projects"], on="project_id", suffixes=("", "_project")
    )
    progress = tables["progress"]
    last = (
        progress[progress["period"] <= day]
        .sort_values("period", kind="stable")
        .drop_duplicates("contract_id", keep="last")
    )
    rows = rows.merge(last[["contract_id", "planned", "actual"]], on="contract_id", how="left")
    planned, actual = rows["planned"].fillna(0), rows["actual"].fillna(0)
    done = np.where(rows["completion_end_date"].notna() & (rows["completion_end_date"] <= day), "Y", "N")
    start, end = rows["period_start"], rows["period_end"]
    ratio = (100 * actual / planned.where(planned > 0)).fillna(0)
    made = pd.DataFrame(
        {
            "BIZ_CD": rows["project_id"],
            "BIZ_NM": rows["title"],
            "GU_NM": rows["district"],
            "CMCN_YN1": done,
            "CMCN_YN2": done,
            "PROCS_PLAN": planned.round(2),
            "PROCS_PRFMNC": actual.round(2),
            "PER_RT": ratio.round(2),
            "CRTR_YMD": day.strftime("%Y%m%d"),
            "DAY_TOT": (end - start).dt.days + 1,
            "DAY_ELPS": (day - start).dt.days.clip(lower=0),
            "DAY_JOB": (end - day).dt.days,
            "AMT_CTRT": (rows["value_amount"] / unit).round(2),
            "AMT_BIZ": (rows["budget_amount"] / unit).round(2),
            "CSTRN_PRD": start.dt.strftime("%Y-%m-%d") + " ~ " + end.dt.strftime("%Y-%m-%d"),
            "CSTRN_PSTN": rows["district"],
            "LAT": rows["latitude"],
            "LOT": rows["longitude"],
            "INST_NM": rows["public_authority"],
            "CNST_ENT": rows["supplier_name"],
            "BIZ_SCL": rows["purpose"],
        }
    )
    return made.reindex(columns=list(FIELDS)).astype(
        {name: object for name in FIELDS if made.get(name) is None}
    )


def read(rows: pd.DataFrame, unit: float = UNIT) -> dict[str, pd.DataFrame]:
    """A feed as ``projects``, ``contracts`` and ``progress``; a progress of 0 is read as not entered (missing).

    Parameters
    ----------
    rows : DataFrame
        All pages of the feed together; field names of this or the former version of the service.
    unit : float
        As in `feed`.

    Returns
    -------
    dict of DataFrame
        ``progress`` has the columns ``planned`` and ``actual`` with 0 as missing, and ``planned_as_shown`` and ``actual_as_shown``.

    Raises
    ------
    InputError
        Missing fields, or numbers that are none.

    Examples
    --------
    >>> back = seoul.read(seoul.feed(tables, "2024-06-30"))
    >>> sorted(back)
    ['contracts', 'progress', 'projects']
    """
    input_checks.need_columns(rows, (), "feed")
    rows = rows.rename(columns={old: new for old, new in _OLD_NAMES.items() if new not in rows})
    input_checks.need_columns(rows, ("BIZ_CD", "BIZ_NM", "PROCS_PLAN", "PROCS_PRFMNC", "CRTR_YMD"), "feed")
    rows = rows.reindex(columns=list(FIELDS))
    number = {name: _numbers(rows[name], name) for name in _NUMBERS}
    period = (
        rows["CSTRN_PRD"]
        .astype(object)
        .map(lambda text: str(text).split("~") if isinstance(text, str) else [None, None])
    )
    start, end = (
        # `utc`, because times of two zones in one column are refused without it.
        pd.to_datetime(
            period.map(lambda parts, i=i: parts[i].strip() if len(parts) > i and parts[i] else None),
            format="ISO8601",
            errors="coerce",
            utc=True,
        ).dt.tz_localize(None)
        for i in (0, 1)
    )
    done = rows["CMCN_YN1"].eq("Y")
    text = {
        name: rows[name].astype(object).where(rows[name].notna(), None)
        for name in ("BIZ_CD", "BIZ_NM", "GU_NM", "INST_NM", "CNST_ENT", "BIZ_SCL")
    }
    projects = pd.DataFrame(
        {
            "project_id": text["BIZ_CD"].astype(str),
            "title": text["BIZ_NM"],
            "district": text["GU_NM"],
            "public_authority": text["INST_NM"],
            "status": np.where(done, "completion", "implementation"),
            "latitude": number["LAT"],
            "longitude": number["LOT"],
            "purpose": text["BIZ_SCL"],
            "budget_amount": number["AMT_BIZ"] * unit,
            "period_start": start,
            "period_end": end,
        }
    )
    contracts = pd.DataFrame(
        {
            "contract_id": projects["project_id"],
            "project_id": projects["project_id"],
            "supplier_name": text["CNST_ENT"],
            "value_amount": number["AMT_CTRT"] * unit,
            "period_start": start,
            "period_end": end,
        }
    )
    day = pd.to_datetime(rows["CRTR_YMD"].astype(str), format="%Y%m%d", errors="coerce")
    progress = pd.DataFrame({"contract_id": projects["project_id"], "period": day})
    for name, field in (("planned", "PROCS_PLAN"), ("actual", "PROCS_PRFMNC")):
        progress[name] = number[field].where(number[field] != 0)
        progress[f"{name}_as_shown"] = number[field]
    return {"projects": projects, "contracts": contracts, "progress": progress}


def page(rows: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """One call of the service: rows ``start`` to ``end``, counted from 1, at most 1,000.

    Whoever asks once and stops has not seen the rest: read until a page is short.

    Examples
    --------
    >>> rows = seoul.feed(tables, "2024-06-30")
    >>> len(seoul.page(rows, 1, 5))
    5
    """
    input_checks.need_columns(rows, (), "feed")
    if start < 1 or end < start:
        raise InputError(
            f"Rows {start} to {end} cannot be asked for.", where="start, end", fix="Rows are counted from 1."
        )
    if end - start + 1 > PAGE:
        raise InputError(
            f"{end - start + 1} rows are too many for one call.",
            where="start, end",
            fix=f"Ask for at most {PAGE}.",
        )
    return rows.iloc[start - 1 : end]


def items(rows: pd.DataFrame) -> pd.DataFrame:
    """Which of CoST's rows the feed fills, for each project: bool, as `cleanworks.construction.disclosure.coverage`.

    Examples
    --------
    >>> int(seoul.items(seoul.feed(tables, "2024-06-30")).iloc[0].sum())
    13
    """
    input_checks.need_columns(rows, (), "feed")
    from cleanworks.construction.disclosure import ITEMS as ALL

    shown = rows.reindex(columns=list(FIELDS))
    filled = shown.notna() & shown.astype(str).ne("")
    answers = {
        one.key: filled[list(ITEMS[one.key])].any(axis=1)
        if one.key in ITEMS
        else pd.Series(False, index=rows.index)
        for one in ALL
    }
    return pd.DataFrame(answers).set_axis(pd.Index(rows["BIZ_CD"], name="project_id"))


def _numbers(values: pd.Series, name: str) -> pd.Series:
    try:
        return pd.to_numeric(values.replace("", None)).astype(float)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Not a number: {error}.", where=f"feed, field {name}", fix="Remove units and thousands marks."
        ) from error
