"""Checks of the exercise set m11: publishing results. The bodies come from the simulated city."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from cleanworks import city, profiles
from cleanworks.integrity import products
from cleanworks.learn import CheckSet, Outcome, compare, compare_choice, open_answer

check = CheckSet("m11")

TWO = pd.DataFrame({"score": [81.4, 79.2], "error": [0.9, 1.1]}, index=["Office A", "Office B"])
GROUP_MEAN, SHOWN = 70.5, (74.0, 69.5)


@cache
def results(least: int = 30) -> products.YearResults:
    """The results of 2025 in the simulated city."""
    rules = profiles.active()
    names = ("institutions", "citizen_responses", "staff_responses", "initiatives", "cases")
    tables = dict(zip(names, city.load(*names), strict=True))
    return products.year_results(
        2025,
        **tables,
        unit=rules["assessment.case_amount_unit"],
        cap=rules["assessment.deduction_cap"],
        least=least,
    )


@check.question("m11-e1", "withheld")
def withheld(withheld: object) -> Outcome:
    table = results().table
    users, staff = table["users_answers"] < 150, table["staff_answers"] < 70
    return compare(
        withheld,
        int((users | staff).sum()),
        unit="bodies",
        mistakes=[
            (
                int((users & staff).sum()),
                "These bodies miss the limit in both surveys. Missing it in one is enough: use | for or.",
            ),
            (int(users.sum()), "You looked at users only. Staff count as well."),
            (
                int((~(users | staff)).sum()),
                "These are the bodies that are published. The task asks for the others.",
            ),
        ],
    )


@check.question("m11-e2", "z")
def z(z: object) -> Outcome:
    gap = TWO["score"].iloc[0] - TWO["score"].iloc[1]
    first, second = TWO["error"]
    return compare(
        z,
        gap / np.hypot(first, second),
        rtol=0.002,
        mistakes=[
            (
                gap / (first + second),
                "You added the two errors. Add their squares and take the root: errors partly cancel.",
            ),
            (
                gap / (first**2 + second**2),
                "The root is missing: divide by the square root of the sum of squares.",
            ),
            (gap, "This is the difference in points. Divide it by its standard error."),
        ],
    )


@check.question("m11-e3", "hidden")
def hidden(hidden: object) -> Outcome:
    right = 3 * GROUP_MEAN - sum(SHOWN)
    return compare(
        hidden,
        right,
        unit="points",
        mistakes=[
            (
                GROUP_MEAN,
                "This is the mean of all three. Multiply it by three to get their sum, then take off the two you know.",
            ),
            (
                float(np.mean([GROUP_MEAN, *SHOWN])),
                "You averaged the three printed numbers. Start from the sum of the three scores.",
            ),
        ],
    )


@check.question("m11-e4", "best_type")
def best_type(best_type: object) -> Outcome:
    shown = results().published
    first = shown["grade"] == 1
    share, number = first.groupby(shown["type"]).mean(), first.groupby(shown["type"]).sum()
    mean = shown.groupby("type")["overall"].mean()
    return compare_choice(
        best_type,
        share.idxmax(),
        options=sorted(shown["type"].unique()),
        mistakes=[
            (
                number.idxmax(),
                "This type has the most tiles of grade 1. It also has many bodies: compare shares.",
            ),
            (
                mean.idxmax(),
                "This type has the highest mean score. Grades are given within types, so the mean does not decide.",
            ),
        ],
    )


@check.question("m11-e5", "sentence")
def sentence(sentence: object) -> Outcome:
    shown = results().published
    return open_answer(
        sentence,
        [
            f"gives the mean score: {shown['overall'].mean():.1f} in your tables",
            f"says of how many bodies: {len(shown)} in your tables",
            "says how sure the mean is, with a number",
            "says what the score does not show: how much corruption there is",
        ],
        least_words=15,
    )
