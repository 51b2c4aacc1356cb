"""Checks of the exercise set o2: the data of public works."""

from __future__ import annotations

import pandas as pd

from cleanworks import city, profiles
from cleanworks.construction import disclosure
from cleanworks.learn import CheckSet, Outcome, compare
from cleanworks.standards import seoul

check = CheckSet("o2")


def feed_with_gaps() -> pd.DataFrame:
    """The feed on the reference day, as `cleanworks.standards.seoul.feed`; every fifth running project has no progress typed."""
    projects, contracts, progress = city.load("projects", "contracts", "progress")
    today = profiles.active()["city.reference_date"]
    tables = {"projects": projects, "contracts": contracts, "progress": progress}
    whole = seoul.feed(tables, today)
    silent = whole.loc[whole["CMCN_YN1"] == "N", "BIZ_CD"].iloc[::5]
    no_entry = contracts.loc[contracts["project_id"].isin(silent), "contract_id"]
    return seoul.feed({**tables, "progress": progress[~progress["contract_id"].isin(no_entry)]}, today)


@check.question("o2-e1", "mean_progress")
def mean_progress(mean_progress: object) -> Outcome:
    feed = feed_with_gaps()
    running, entered = feed["CMCN_YN1"] == "N", feed["PROCS_PRFMNC"] > 0
    return compare(
        mean_progress,
        feed.loc[running & entered, "PROCS_PRFMNC"].mean(),
        rtol=0.002,
        unit="%",
        mistakes=[
            (
                feed.loc[running, "PROCS_PRFMNC"].mean(),
                "The empty boxes are in your mean as works at 0 %. Take a zero as not entered.",
            ),
            (
                feed.loc[entered, "PROCS_PRFMNC"].mean(),
                "Your mean holds completed works too. The task asks for those that are running.",
            ),
            (feed["PROCS_PRFMNC"].mean(), "Your mean holds completed works and empty boxes. Filter twice."),
            (
                feed.loc[running, "PROCS_PLAN"].replace(0, float("nan")).mean(),
                "This is the plan. The task asks for the actual progress.",
            ),
        ],
    )


@check.question("o2-e2", "suspicious")
def suspicious(suspicious: object) -> Outcome:
    feed = feed_with_gaps()
    running, zero, old = feed["CMCN_YN1"] == "N", feed["PROCS_PRFMNC"] == 0, feed["DAY_ELPS"] > 60
    return compare(
        suspicious,
        int((running & zero & old).sum()),
        unit="works",
        mistakes=[
            (
                int((running & zero).sum()),
                "Some of these have just begun, and their zero may be true. Look at the days elapsed.",
            ),
            (
                int((running & old).sum()),
                "These are all works older than 60 days. Which of them shows a zero?",
            ),
        ],
    )


@check.question("o2-e3", "works")
def works(works: object) -> Outcome:
    feed = feed_with_gaps()
    district = feed["GU_NM"].value_counts().idxmax()
    strangers = feed[feed["GU_NM"] != district].iloc[::12]
    service = pd.concat([strangers, feed[feed["GU_NM"] == district]])
    return compare(
        works,
        int((feed["GU_NM"] == district).sum()),
        unit="works",
        mistakes=[
            (
                int((service.iloc[:20]["GU_NM"] == district).sum()),
                "You counted the first page only. Read until all rows have come.",
            ),
            (len(service), "Rows of other districts are among these. Filter again on your own side."),
            (
                int((service.iloc[:40]["GU_NM"] == district).sum()),
                "Two pages are not all. Compare with the number of rows that the service has.",
            ),
        ],
    )


@check.question("o2-e4", "items")
def items(items: object) -> Outcome:
    filled = seoul.items(feed_with_gaps())
    share = disclosure.disclosure_rate(filled).median()
    return compare(
        items,
        40 * share,
        rtol=0.002,
        unit="items",
        mistakes=[
            (
                filled.sum(axis=1).median(),
                "You counted rows of the mapping. One of them stands for two of the forty items.",
            ),
            (share, "This is a share of the forty. The task asks how many items."),
            (100 * share, "This is a percentage. The task asks how many items."),
        ],
    )
