"""Checks of the exercise set c10: measuring transparency."""

from __future__ import annotations

import pandas as pd

from cleanworks import city
from cleanworks.construction import disclosure, transparency
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare

check = CheckSet("c10")

# The invented bodies of the exercise set.
BODIES = pd.DataFrame(
    {
        "enabling_environment": [70, 50, 40],
        "capacities_and_processes": [60, 55, 50],
        "citizen_participation": [65, 45, 50],
        "data_publication": [30, 70, 72],
    },
    index=["North", "Centre", "South"],
)
PUBLICATION_FIRST = {
    "enabling_environment": 1,
    "capacities_and_processes": 1,
    "citizen_participation": 1,
    "data_publication": 3,
}


@check.question("c10-e1", "median_rate")
def median_rate(median_rate: object) -> Outcome:
    filled = disclosure.coverage({"projects": city.load("projects")})
    share = disclosure.disclosure_rate(filled).median()
    return compare(
        median_rate,
        100 * share,
        rtol=0.002,
        unit="%",
        mistakes=[
            (
                filled.sum(axis=1).median(),
                "This says how many items are filled. The task asks for a percentage of the forty.",
            ),
            (share, "This is a share between 0 and 1. The task asks for a percentage."),
            (
                100 * disclosure.disclosure_rate(filled).mean(),
                "This is the mean. The task asks for the median project.",
            ),
        ],
    )


@check.question("c10-e2", "items")
def items(items: object) -> Outcome:
    return compare(
        items,
        0.20 * 12,
        rtol=0.002,
        unit="items",
        mistakes=[
            (0.20 * 40, "20 % of what? The study speaks of the items that the law requires."),
            (12, "This is how many items the law requires. How many of them are disclosed?"),
        ],
    )


@check.question("c10-e3", "first")
def first(first: object) -> Outcome:
    equal = transparency.index(BODIES).idxmax()
    publication = transparency.index(BODIES, PUBLICATION_FIRST).idxmax()
    if not isinstance(first, dict) or set(first) != {"equal", "publication"}:
        return NotYet("`first` should be a dictionary with the two entries `equal` and `publication`.")
    first = {name: str(body).strip().title() for name, body in first.items()}
    if first["equal"] != equal:
        return NotYet("With equal weights another body is first. Compute `transparency.index(bodies)`.")
    if first["publication"] == equal:
        return NotYet(
            "With publication counting three times as much, the first place changes. Compute it with your own weights."
        )
    if first["publication"] != publication:
        return NotYet("You looked at one dimension alone. The other three still count.")
    return Correct()


@check.question("c10-e4", "checks")
def checks(checks: object) -> Outcome:
    return compare(
        checks,
        transparency.sample_to_find(120, 8, 0.90),
        unit="projects",
        mistakes=[
            (
                transparency.sample_to_find(120, 8, 0.95),
                "This is for a chance of 95 %. Which chance does the task name?",
            ),
            (
                transparency.sample_for_share(120, 0.10),
                "This is the size for knowing a share. You only want to meet one bad project.",
            ),
        ],
    )
