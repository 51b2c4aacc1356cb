"""Checks of the exercise set m12: building a country's system. Published figures are read; the bodies of task 4 are imaginary."""

from __future__ import annotations

import pandas as pd

from cleanworks.integrity import plan, published
from cleanworks.learn import CheckSet, Outcome, compare, compare_choice, open_answer

check = CheckSet("m12")

PACA = {"leadership": 20, "prevention": 30, "detection": 40, "recovery": 10}
EQUAL = dict.fromkeys(PACA, 25)
BODIES = pd.DataFrame(
    {
        "leadership": [80, 55, 90, 60, 70],
        "prevention": [75, 60, 85, 50, 65],
        "detection": [40, 70, 35, 80, 55],
        "recovery": [60, 50, 90, 30, 55],
    },
    index=pd.Index(["Health", "Roads", "Archives", "Police", "Schools"], name="body"),
)
CHOICES = [20, 40, 80, 120, 160, 240]


def rounds() -> pd.DataFrame:
    """Uzbekistan's assessments as published: one row for each year, one column for each measure."""
    cells = published.table("partners")
    return cells[cells["series"].eq("Uzbekistan")].pivot_table(
        index="year", columns="measure", values="value"
    )


@check.question("m12-e1", "share")
def share(share: object) -> Outcome:
    last, before = rounds().loc[2024], rounds().loc[2023]
    right = 100 * last["bodies assessed before"] / last["bodies"]
    return compare(
        share,
        right,
        unit="%",
        rtol=0.001,
        mistakes=[
            (right / 100, "The right share, but not yet a percentage: multiply by 100."),
            (
                100 * last["bodies assessed before"] / before["bodies"],
                "You divided by the bodies of 2023. The task asks about those of 2024.",
            ),
            (
                100 * last["new bodies"] / last["bodies"],
                "This is the share of the new bodies. The task asks for the others.",
            ),
        ],
    )


@check.question("m12-e2", "lowest")
def lowest(lowest: object) -> Outcome:
    first, second = rounds().loc[2022], rounds().loc[2023]
    counts = (
        (first["bodies"], first["mean score"]),
        (second["bodies"], second["mean score"]),
        second["bodies assessed before"],
    )
    found, whole = plan.repeat_change(*counts, low=30, high=90), plan.repeat_change(*counts)
    return compare(
        lowest,
        found.lowest,
        unit="points",
        rtol=0.001,
        mistakes=[
            (
                whole.lowest,
                "This lets the other bodies score anything from 0 to 100. The reviewer says 30 to 90: use low and high.",
            ),
            (found.highest, "This is the greatest change. The task asks for the least."),
            (
                found.published,
                "This is the difference of the two published means; it mixes the bodies that changed.",
            ),
        ],
    )


@check.question("m12-e3", "most_bodies")
def most_bodies(most_bodies: object) -> Outcome:
    def most(design_effect: float = 1.5) -> int:
        table = plan.survey_options(12_000, CHOICES, sd=1.8, rate=0.02, design_effect=design_effect)
        return int(table.index[table["margin"] < 0.4].max())

    return compare(
        most_bodies,
        most(),
        unit="bodies",
        mistakes=[
            (
                most(design_effect=1.0),
                "This many fit a simple random sample. The design effect of 1.5 makes every margin wider.",
            ),
            (max(CHOICES), "Look at the column margin: with this many bodies it is above 0.4."),
            (
                min(CHOICES),
                "The margin is small enough here, but more bodies fit as well: find the largest number.",
            ),
        ],
    )


@check.question("m12-e4", "moved")
def moved(moved: object) -> Outcome:
    table = plan.ranks_under(BODIES, {"PACA": PACA, "equal": EQUAL})
    # Two bodies may move by the same number of ranks: either of them is right.
    most = [name for name, way in table["moves"].items() if way == table["moves"].max()]
    named = [name for name in most if name.casefold() == str(moved).strip().casefold()]
    return compare_choice(
        moved,
        (named or most)[0],
        options=list(BODIES.index),
        mistakes=[
            (
                table["equal"].idxmin(),
                "This body is the first with equal weights. The task asks who moves most.",
            ),
        ],
    )


@check.question("m12-e5", "publication")
def publication(publication: object) -> Outcome:
    return open_answer(
        publication,
        [
            "names the office that publishes, and the month or the day",
            "says how a reader sees how sure the results are",
            "says below how many answers nothing is published",
            "says that no person who answered can be recognised",
            "says how, and until when, a body can object",
        ],
        least_words=20,
    )
