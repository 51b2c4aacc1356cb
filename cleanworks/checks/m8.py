"""Checks of the exercise set m8: composite indicators."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cleanworks import city
from cleanworks.integrity import composite
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("m8")


@check.question("m8-e1", "points")
def points(points: object) -> Outcome:
    share = pd.DataFrame({"bribes": [1.2]})
    right = composite.normalise(share, "goalposts", goalposts={"bribes": (3, 0)})["bribes"].iloc[0]
    return compare(
        points,
        right,
        unit="points",
        mistakes=[
            (
                100 - right,
                "You measured the way from the best value. Here more is worse: start from the worst.",
            ),
            (100 - 1.2, "This takes 100 % as the worst. Which value did the worst goalpost declare?"),
            (right / 100, "This is the share of the way. The scale goes to 100."),
        ],
    )


@check.question("m8-e2", "behind")
def behind(behind: object) -> Outcome:
    offices = pd.DataFrame({"one": [50.0, 90.0], "two": [50.0, 10.0]})
    weights = composite.equal_weights(offices.columns)
    first, second = composite.aggregate(offices, weights, "geometric")
    return compare(
        behind,
        first - second,
        unit="points",
        mistakes=[
            (
                0,
                "This is the difference of the arithmetic means, in which 90 pays for 10. Multiply instead of adding.",
            ),
            (second, "This is the mean of the second office itself. How far is it behind the first?"),
            (second - first, "The size is right; give it as a positive number."),
            (50 * 50 - 90 * 10, "You compare the products. Take the square root of each one first."),
        ],
    )


def _ranges() -> pd.DataFrame:
    """Rank intervals of the education offices, as the starter of m8-e3 draws them."""
    bodies = city.load("institutions").query("type == 'education'")
    results = city.load("survey_results").query("year == 2025")
    efforts = city.load("initiatives").query("year == 2025").groupby("institution_id")
    table = results.pivot(index="institution_id", columns="survey", values="transparent_handling")
    table = table.assign(effort=efforts["desk_score"].mean()).loc[bodies["institution_id"]]
    return composite.monte_carlo_ranks(
        table,
        composite.equal_weights(table.columns),
        np.random.default_rng(8),
        choices=composite.Choices(winsor=0),
    )


@check.question("m8-e3", "loose")
def loose(loose: object) -> Outcome:
    ranges = _ranges()
    way = ranges["high"] - ranges["low"]
    return compare(
        loose,
        int((way > 2).sum()),
        unit="offices",
        mistakes=[
            ((way > 2).mean(), "This is the share of offices. Use `.sum()` to say how many."),
            (int((way <= 2).sum()), "You counted the other offices, those that move by 2 places or fewer."),
            (
                int((way >= 2).sum()),
                "You also counted offices that move by exactly 2 places; the task says more than 2.",
            ),
        ],
    )


@check.question("m8-e4", "error")
def error(error: object) -> Outcome:
    sources = pd.Series([42.0, 50.0, 47.0, 53.0])
    return compare(
        error,
        composite.cpi_score(sources).error,
        rtol=0.005,
        unit="points",
        mistakes=[
            (
                sources.std(),
                "This is the spread between the sources. The mean of several sources is surer than one.",
            ),
            (sources.std() / 4, "You divided by the number of sources. Divide by its square root."),
            (
                sources.std(ddof=0) / 2,
                "Your spread divides by 4. Between few sources divide by one less: use `.std()`.",
            ),
        ],
    )


@check.question("m8-e5", "note")
def note(note: object) -> Outcome:
    return open_answer(
        note,
        [
            "says what a high alpha shows: the answers move together",
            "says what it does not show: that they are true, or that the weights are right",
            "says what is printed beside a rank: its range over reasonable choices",
            "does not say that a high alpha makes the ranking right",
        ],
    )
