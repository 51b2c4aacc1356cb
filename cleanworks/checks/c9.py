"""Checks of the exercise set c9: complaints."""

from __future__ import annotations

import pandas as pd

from cleanworks import city
from cleanworks.construction import published
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("c9")


def _cases() -> pd.Series:
    return published.series("complaints", "cases", of="by year")


def _private() -> pd.Series:
    return published.series("complaints", "cases", of="private works")


@check.question("c9-e1", "two_years")
def two_years(two_years: object) -> Outcome:
    totals = published.series("complaints", "cases since 2011")
    return compare(
        two_years,
        totals[2017] - totals[2015],
        mistakes=[
            (totals[2017], "This is everything since 2011. Take away what came before 2016."),
            (totals[2017] - totals[2013], "This covers four years. Which total ends just before 2016?"),
        ],
    )


@check.question("c9-e2", "private_share")
def private_share(private_share: object) -> Outcome:
    cases, private = _cases(), _private()
    return compare(
        private_share,
        private[2017] / cases[2017],
        mistakes=[
            (
                private[2017] / (cases[2017] + private[2017]),
                "The cases of 2017 already contain the private ones; do not add them again.",
            ),
            (private[2016] / cases[2016], "This is the share of 2016. The question asks for 2017."),
            (
                private[2017] / (cases[2017] - private[2017]),
                "You divided by the public works. The whole is all cases.",
            ),
        ],
    )


@check.question("c9-e3", "factor")
def factor(factor: object) -> Outcome:
    cases, private = _cases(), _private()
    public = cases[private.index] - private
    right = public[2017] / public[2016]
    return compare(
        factor,
        right,
        mistakes=[
            (
                cases[2017] / cases[2016],
                "This is the factor of all cases. The question is about public works: use `public`.",
            ),
            (
                right - 1,
                "This is the growth. A factor of 1 means no change; which number do you multiply with?",
            ),
            (1 / right, "You divided the earlier number by the later one."),
        ],
    )


@check.question("c9-e4", "old_share")
def old_share(old_share: object) -> Outcome:
    overdue = city.load("complaints")["days_overdue"]
    return compare(
        old_share,
        (overdue > 90).mean(),
        mistakes=[
            ((overdue > 90).sum(), "This says how many, not which share. Use `.mean()`."),
            (
                overdue.mean(),
                "This is the average age of the arrears in days. Ask first which cases are older than 90 days.",
            ),
            ((overdue < 90).mean(), "This is the share of the younger ones: turn the comparison round."),
        ],
    )


@check.question("c9-e5", "answer")
def answer(answer: object) -> Outcome:
    return open_answer(
        answer,
        [
            "says that a count also depends on how many people report",
            "proposes one measure that does not depend on it in the same way",
            "does not take a lower count as proof of success",
            "does not take it as proof of failure",
        ],
        least_words=15,
    )
