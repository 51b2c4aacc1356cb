"""Checks of the exercise set c5: what the citizen sees."""

from __future__ import annotations

import pandas as pd

from cleanworks import city, profiles
from cleanworks.construction import disclosure
from cleanworks.learn import CheckSet, Correct, NotYet, compare

check = CheckSet("c5")


def _today() -> pd.Timestamp:
    return pd.Timestamp(profiles.active()["city.reference_date"])


@check.question("c5-e1", "automatic_share")
def automatic_share(automatic_share):
    disclosures = city.load("disclosures")
    share = disclosures.loc[disclosures["item"] == "modifications", "automatic"].mean()
    return compare(
        automatic_share,
        100 * share,
        rtol=0.002,
        unit="%",
        mistakes=[
            (100 * disclosures["automatic"].mean(), "This is the share over all kinds of items. The task asks for one kind."),
            (share, "This is a share between 0 and 1. The task asks for a percentage."),
            (100 * (1 - share), "This is the share that a person published. The task asks for the other one."),
        ],
    )


@check.question("c5-e2", "in_time")
def in_time(in_time):
    waits = disclosure.timeliness(city.load("disclosures"), as_of=_today())
    ripe = waits[waits["date_event"] <= _today() - pd.Timedelta(days=30)]
    done = ripe["published"] & (ripe["days"] <= 30)
    return compare(
        in_time,
        100 * done.mean(),
        rtol=0.0005,
        unit="%",
        mistakes=[
            (100 * done.sum() / ripe["published"].sum(), "You left out the items that are still missing. They are not in time either."),
            (100 * ripe["published"].mean(), "This is the share published at any time. The task asks for those within 30 days."),
            (done.mean(), "This is a share between 0 and 1. The task asks for a percentage."),
        ],
    )


@check.question("c5-e3", "public_contracts")
def public_contracts(public_contracts):
    contracts = city.load("contracts")
    if not isinstance(public_contracts, pd.DataFrame):
        return NotYet("`public_contracts` should be a table. Start from `contracts`.")
    personal = set(profiles.active()["privacy.personal_columns"])
    if personal & set(public_contracts.columns):
        return NotYet("A column that stands for a person is still there. A number can stand for a person too.")
    lost = set(contracts.columns) - personal - set(public_contracts.columns)
    if lost:
        return NotYet(f"You took out too much: {', '.join(sorted(lost))}. Which column did the law protect?")
    if len(public_contracts) != len(contracts):
        return NotYet("Rows are missing. Redaction takes out columns here; every contract stays.")
    return Correct()


@check.question("c5-e4", "waiting")
def waiting(waiting):
    questions = city.load("questions")
    asked = disclosure.answer_times(questions, as_of=_today())
    old = asked["days"] >= 14
    right = int((~asked["answered"] & old).sum())
    return compare(
        waiting,
        right,
        unit="questions",
        mistakes=[
            (int(questions["date_answered"].isna().sum()), "Questions of the last days are among these. Count only those asked at least 14 days ago."),
            (int(old.sum()), "Some of these were answered late. The task asks for those that have no answer."),
            (int((asked["answered"] & old).sum()), "These were answered late. The task asks for those that have no answer."),
        ],
    )
