"""A report on somebody's own works: payments, progress, disclosure and transparency, as far as the fields allow, with figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cleanworks import figures, paper, profiles
from cleanworks.construction import disclosure, flags
from cleanworks.construction.flags import _core
from cleanworks.data import folder
from cleanworks.errors import InputError
from cleanworks.paper import Page, escape
from cleanworks.profiles import Profile
from cleanworks.typed import Day

Tables = Mapping[str, pd.DataFrame]


def report_of(
    source: str | Path | Tables, *, profile: Profile | str | None = None, date: Day | None = None
) -> Page:
    """A page on payments, progress, disclosure (CoST's items) and transparency.

    Parameters
    ----------
    source : path or mapping of tables
        A folder made by `bring_in`, an OCDS or OC4IDS file, or tables.
    profile : Profile or code, optional
        Whose currency and days are used; the active profile by default.
    date : date, optional
        The day on which the data are read; by default the latest event in them.

    Returns
    -------
    cleanworks.paper.Page
        Each part that the data do not allow says which fields are missing.

    Raises
    ------
    InputError
        Nothing to read, or none of the parts is possible.

    Examples
    --------
    >>> data.report_of(city.make(projects=20)).title
    'Report on tables'
    """
    tables = dict(source) if isinstance(source, Mapping) else folder.load(source)
    notes = () if isinstance(source, Mapping) else folder.notes(source, tables)
    chosen = profiles.load(profile) if isinstance(profile, str) else profile or profiles.active()
    if date is not None:
        try:
            date = pd.Timestamp(date)
        except ValueError:
            raise InputError(
                f"{date!r} is not a date.", where="date", fix="Write it as YYYY-MM-DD."
            ) from None
    tables = _core.prepared(
        tables, [f"{name}.{column}" for name, table in tables.items() for column in table]
    )
    day = flags.reading_day(tables, flags.Settings(as_of=date))
    name = "tables" if isinstance(source, Mapping) else Path(source).resolve().name
    parts, made = [], 0
    for title, needs, make in _PARTS:
        lacking = [field for field in needs if not _there(tables, field)]
        if lacking:
            fields = ", ".join(f"<code>{escape(field)}</code>" for field in lacking)
            parts.append(f"<h2>{title}</h2><p>Not possible: these fields are missing or empty: {fields}.</p>")
        else:
            made += 1
            parts.append(f"<h2>{title}</h2>{make(tables, day, chosen)}")
    if not made:
        raise InputError(
            "No part of the report can be made from these data.",
            where=name,
            fix="`cleanworks data coverage` lists what is missing.",
        )
    held = ", ".join(
        f"{len(rows):,} {table.replace('_', ' ')}" for table, rows in tables.items() if len(rows)
    )
    read = f" Read as of {day:%Y-%m-%d}." if pd.notna(day) else ""
    head = f'<h1>Report on {escape(name)}</h1><p class="note">The data hold {escape(held)}.{read} What is missing is not counted as zero.</p>'
    head += "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    return Page(f"Report on {name}", head + "".join(parts))


def _there(tables: Tables, field: str) -> bool:
    return any(
        table in tables and column in tables[table] and tables[table][column].notna().any()
        for table, column in (choice.split(".") for choice in field.split("|"))
    )


def _payments(tables: Tables, day: pd.Timestamp, profile: Profile) -> str:
    rows = tables["payments"]
    rows = rows[rows["date_due"].notna()]
    unpaid, paid = rows["date_paid"].isna(), rows["date_paid"].notna()
    late = paid & (rows["date_paid"].dt.normalize() > rows["date_due"].dt.normalize())
    overdue = unpaid & (rows["date_due"] < day)
    days = (rows["date_paid"] - rows["date_due"]).dt.days[paid].clip(lower=0)
    due = int((rows["date_due"] < day).sum())
    words = (
        f"<p>Of {len(rows):,} payments with a due date, {int(late.sum()):,} were made late and {int(overdue.sum()):,} are overdue and unpaid"
        f"{f' ({(late.sum() + overdue.sum()) / due:.0%} of the {due:,} that were due)' if due else ''}. "
        f"A payment without a due date ({int(tables['payments']['date_due'].isna().sum()):,}) is in neither number.</p>"
    )
    if not len(days):
        return words
    shares = pd.cut(
        days, [-1, 0, 7, 15, 30, 60, np.inf], labels=["in time", "1-7", "8-15", "16-30", "31-60", "over 60"]
    ).value_counts(sort=False)
    figure, axes = figures.new(
        f"{shares['in time'] / len(days):.0%} of the payments made were in time",
        x="Days late",
        y="Payments",
        source=None,
        height=3.2,
    )
    axes.margins(y=0.15)
    figures.label_bars(
        axes,
        axes.bar(shares.index.astype(str), shares.to_numpy(), color=figures.COLOURS["blue"]),
        lambda value: f"{value:,.0f}",
    )
    alt = "Bars: " + ", ".join(f"{label} {count:,}" for label, count in shares.items())
    return words + paper.figure(figure, alt=alt)


def _progress(tables: Tables, day: pd.Timestamp, profile: Profile) -> str:
    rows = tables["progress"].dropna(subset=["planned", "actual"])
    last = rows.sort_values("period", kind="stable").drop_duplicates("contract_id", keep="last")
    behind = last["planned"] - last["actual"]
    many = int((behind >= 10).sum())
    words = f"<p>In the last month reported, {many:,} of {len(last):,} contracts are 10 points or more behind their plan (illustrative limit).</p>"
    figure, axes = figures.new(
        "Work done against work planned, last month of each contract",
        x="Planned (%)",
        y="Actual (%)",
        source=None,
        height=3.8,
    )
    axes.plot([0, 100], [0, 100], color=figures.COLOURS["grey"], linewidth=1)
    axes.scatter(last["planned"], last["actual"], s=14, alpha=0.6, color=figures.COLOURS["blue"])
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    alt = f"Points of {len(last)} contracts around the line of equal plan and progress; median {behind.median():.0f} points behind"
    return words + paper.figure(figure, alt=alt)


def _disclosure(tables: Tables, day: pd.Timestamp, profile: Profile) -> str:
    projects = folder.with_projects(tables)
    filled = disclosure.coverage(projects)
    rate = disclosure.disclosure_rate(filled)
    items = disclosure.item_list().assign(share=filled.mean())
    stages = items.groupby("stage", sort=False)["share"].mean()
    figure, axes = figures.new(
        f"On average {rate.mean():.0%} of CoST's items are there",
        x="Items filled (%)",
        source=None,
        height=3.2,
    )
    bars = axes.barh(
        stages.index.astype(str)[::-1], 100 * stages.to_numpy()[::-1], color=figures.COLOURS["blue"]
    )
    axes.set_xlim(0, 115)
    figures.label_bars(axes, bars, lambda value: f"{value:.0f} %")
    alt = "Bars: " + ", ".join(f"{stage} {share:.0%}" for stage, share in stages.items())
    table = items.reset_index()[["stage", "name", "share"]].rename(
        columns={"stage": "Stage", "name": "Item", "share": "Filled"}
    )
    return paper.figure(figure, alt=alt) + paper.table(
        table, caption=f"CoST's items in {len(filled):,} projects or processes", formats={"Filled": "{:.0%}"}
    )


def _transparency(tables: Tables, day: pd.Timestamp, profile: Profile) -> str:
    projects = folder.with_projects(tables)
    if "public_authority" not in projects["projects"]:
        return "<p>The projects do not say whose they are.</p>"
    who = projects["projects"].set_index("project_id")["public_authority"]
    rate = disclosure.disclosure_rate(disclosure.coverage(projects))
    by = rate.groupby(who.reindex(rate.index)).agg(["mean", "count"])
    by = by[by["count"] >= flags.Settings().minimum_group].sort_values("mean", ascending=False)
    if by.empty:
        return "<p>No body has five projects or more; a score of fewer would say little.</p>"
    table = by.reset_index().set_axis(["Body", "Items disclosed", "Projects"], axis=1).head(40)
    return (
        "<p>One dimension of transparency: how much of CoST's items each body discloses. It measures openness; it is no measure of corruption, "
        "and bodies with different works are not alike.</p>" + paper.table(table, caption="Bodies with at least five projects", formats={"Items disclosed": "{:.0%}", "Projects": "{:,.0f}"})
    )  # fmt: skip


_PARTS: tuple[tuple[str, tuple[str, ...], Callable[[Tables, pd.Timestamp, Profile], str]], ...] = (
    ("Payments", ("payments.date_due", "payments.date_paid"), _payments),
    (
        "Progress",
        ("progress.contract_id", "progress.period", "progress.planned", "progress.actual"),
        _progress,
    ),
    ("Disclosure", ("projects.project_id|tenders.tender_id",), _disclosure),
    ("Transparency by body", ("projects.public_authority|tenders.buyer_id",), _transparency),
)
