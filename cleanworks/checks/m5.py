"""Checks of the exercise set m5: grades and precision."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cleanworks.integrity import grades
from cleanworks.learn import CheckSet, Outcome, compare

check = CheckSet("m5")

# The invented scores of the exercise set.
SCORES = pd.Series([7.9, 7.6, 7.5, 7.4, 7.3, 7.3, 7.2, 7.1, 7.0, 6.9, 6.8, 6.0], index=list("ABCDEFGHIJKL"))


@check.question("m5-e1", "lowest")
def lowest(lowest: object) -> Outcome:
    edges = grades.cut_offs(7.50, 0.40)
    return compare(
        lowest,
        edges[2],
        rtol=1e-4,
        mistakes=[
            (edges[1], "This is the lowest score of grade 1. Which line of the answer is that of grade 2?"),
            (edges[3], "This is the lowest score of grade 3. Which line of the answer is that of grade 2?"),
            (7.50 + 0.40, "You added a whole standard deviation. Where does the band of grade 2 begin?"),
        ],
    )


@check.question("m5-e2", "moved")
def moved(moved: object) -> Outcome:
    before = grades.grade(SCORES).drop("L")
    after = grades.grade(SCORES.drop("L"))
    right = int((before != after).sum())
    return compare(
        moved,
        right,
        mistakes=[
            (0, "The scores of the others stay, but the bands move when L leaves. Grade twice and compare."),
            (len(before) - right, "This is how many keep their grade. The task asks how many change."),
        ],
    )


@check.question("m5-e3", "width")
def width(width: object) -> Outcome:
    errors = pd.Series(0.1, index=SCORES.index)
    found = grades.rank_intervals(SCORES, errors, np.random.default_rng(1))
    widths = found["high"] - found["low"]
    return compare(
        width,
        int(widths["F"]),
        mistakes=[
            (int(widths["A"]), "This is the interval of institution A. The task asks for F."),
            (int(found.loc["F", "rank"]), "This is its rank. The width is `high` minus `low`."),
            (-int(widths["F"]), "Take `high` minus `low`."),
        ],
    )


@check.question("m5-e4", "margin")
def margin(margin: object) -> Outcome:
    error = 2 / 20_000**0.5
    return compare(
        margin,
        1.96 * error,
        rtol=0.005,
        unit="points",
        mistakes=[
            (2 * error, "This is 2 times the standard error. The task says 1.96 times."),
            (error, "This is the standard error. A margin is 1.96 times as large."),
            (1.96 * 2 / 20_000, "Divide by the square root of the number of answers."),
        ],
    )
