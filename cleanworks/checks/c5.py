"""Checks of the exercise set c5: what the citizen sees."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from cleanworks import city, profiles
from cleanworks.construction import disclosure
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare, open_answer
from cleanworks.standards import coverage, oc4ids

check = CheckSet("c5")


def _today() -> pd.Timestamp:
    return pd.Timestamp(profiles.active()["city.reference_date"])


def package() -> coverage.Coverage:
    """What the package of the lesson holds: written from the public tables, and read again."""
    profile = profiles.active()
    names = ("projects", "tenders", "contracts", "modifications", "progress", "disclosures")
    tables = dict(zip(names, city.load(*names), strict=True))
    public = {
        name: table.drop(columns=profile["privacy.personal_columns"], errors="ignore")
        for name, table in tables.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        path = oc4ids.write(
            Path(folder) / "package.json",
            public,
            publisher=profile.name("city"),
            uri="https://example.org/package.json",
            published=profile["city.reference_date"],
            currency=profile["currency.code"],
        )
        return coverage.of_file(path)


@check.question("c5-e1", "automatic_share")
def automatic_share(automatic_share: object) -> Outcome:
    disclosures = city.load("disclosures")
    by_item = disclosures.groupby("item")["automatic"].mean()
    share = by_item["modifications"]
    return compare(
        automatic_share,
        100 * share,
        rtol=0.002,
        unit="%",
        mistakes=[
            (
                100 * disclosures["automatic"].mean(),
                "This is the share over all kinds of items. The task asks for one kind.",
            ),
            (
                100 * by_item["photographs"],
                "This is the share of the photographs. Change the kind of item in the line.",
            ),
            (share, "This is a share between 0 and 1. The task asks for a percentage."),
            (
                100 * (1 - share),
                "This is the share that a person published. The task asks for the other one.",
            ),
        ],
    )


@check.question("c5-e2", "in_time")
def in_time(in_time: object) -> Outcome:
    waits = disclosure.timeliness(city.load("disclosures"), as_of=_today())
    ripe = waits[waits["date_event"] <= _today() - pd.Timedelta(days=30)]
    done = ripe["published"] & (ripe["days"] <= 30)
    return compare(
        in_time,
        100 * done.mean(),
        rtol=0.0005,
        unit="%",
        mistakes=[
            (
                100 * done.sum() / ripe["published"].sum(),
                "You left out the items that are still missing. They are not in time either.",
            ),
            (
                100 * ripe["published"].mean(),
                "This is the share published at any time. The task asks for those within 30 days.",
            ),
            (done.mean(), "This is a share between 0 and 1. The task asks for a percentage."),
        ],
    )


@check.question("c5-e3", "public_contracts")
def public_contracts(public_contracts: object) -> Outcome:
    contracts = city.load("contracts")
    if not isinstance(public_contracts, pd.DataFrame):
        return NotYet("`public_contracts` should be a table. Start from `contracts`.")
    personal = set(profiles.active()["privacy.personal_columns"])
    if personal & set(public_contracts.columns):
        return NotYet(
            "A column that stands for a person is still there. A number can stand for a person too."
        )
    lost = set(contracts.columns) - personal - set(public_contracts.columns)
    if lost:
        return NotYet(f"You took out too much: {', '.join(sorted(lost))}. Which column did the law protect?")
    if len(public_contracts) != len(contracts):
        return NotYet("Rows are missing. Redaction takes out columns here; every contract stays.")
    return Correct()


@check.question("c5-e4", "waiting")
def waiting(waiting: object) -> Outcome:
    questions = city.load("questions")
    asked = disclosure.answer_times(questions, as_of=_today())
    days, answered = asked["days"], asked["answered"]
    old = days >= 14
    other_limits = [
        (int((days >= limit).sum()), f"This counts waits of {limit} days or longer. The task says 14.")
        for limit in (7, 21, 28, 30, 60)
    ]
    return compare(
        waiting,
        int(old.sum()),
        unit="questions",
        mistakes=[
            (
                int((~answered).sum()),
                "These have no answer yet. Some of them are a few days old, and late answers are missing.",
            ),
            (int((~answered & old).sum()), "These still wait. Those who got a late answer waited as well."),
            (int((answered & old).sum()), "These were answered late. Those who still wait are missing."),
            (int((days < 14).sum()), "These were answered in time or are new. The task asks for the others."),
            (int((days > 14).sum()), "A wait of exactly 14 days counts too."),
            *other_limits,
        ],
    )


@check.question("c5-e5", "add_first", "because")
def what_to_add(add_first: object, because: object) -> Outcome:
    items = package().items
    add_first = add_first.strip() if isinstance(add_first, str) else add_first
    if add_first not in items.index:
        return NotYet(
            "`add_first` should be one of the keys in the first column of the table, in quotation marks."
        )
    if items.loc[add_first, "share"] > 0:
        return NotYet(f"`{add_first}` is in the package already. Choose a row of the table under the cell.")
    if isinstance(because, str) and len(because.split()) > 60:
        return NotYet("More than 60 words. What would a colleague strike out?")
    return open_answer(
        because,
        [
            "says which office or firm holds the item today",
            "says who would use it",
            "says for what they would use it",
            'does not rest on "transparency is good" alone',
        ],
        least_words=20,
        name="`because`",
    )
