"""Checks of the exercise set c1: why public construction is at risk."""

from __future__ import annotations

import numpy as np

from cleanworks.construction import losses, published
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("c1")


@check.question("c1-e1", "share")
def share(share: object) -> Outcome:
    construction = published.value("arrears", "unpaid wages", of="construction", year=2023)
    everything = published.value("arrears", "unpaid wages", of="all industries", year=2023)
    return compare(
        share,
        100 * construction / everything,
        rtol=0.005,
        unit="%",
        mistakes=[
            (100 * everything / construction, "The division is the wrong way round: the part stands on top."),
            (
                100 * construction / (everything - construction),
                "This is construction as a percentage of all the other industries. The whole includes construction.",
            ),
        ],
    )


@check.question("c1-e2", "too_many")
def too_many(too_many: object) -> Outcome:
    def figure(measure: str, of: str = "Seongsu bridge") -> float:
        return published.value("casualties", measure, of=of)

    printed, dead, injured = figure("casualties in later texts"), figure("dead"), figure("injured")
    other = "Sampoong department store"
    return compare(
        too_many,
        printed - dead,
        mistakes=[
            (
                printed - dead - injured,
                'You compared with the dead and injured together. Which of them does "killed" mean?',
            ),
            (
                figure("casualties in later texts", other) - figure("dead", other),
                "These are the figures of the other collapse.",
            ),
            (injured, "This is the number of the injured. Compare what the brochure prints with the dead."),
        ],
    )


@check.question("c1-e3", "median_loss")
def median_loss(median_loss: object) -> Outcome:
    experts = {"tender": (1, 4, 9), "construction": (0, 2, 10)}
    draws = losses.simulate(experts, 5000, np.random.default_rng(7))
    swapped = losses.simulate(dict(reversed(experts.items())), 5000, np.random.default_rng(7))
    return compare(
        median_loss,
        draws["total"].median(),
        rtol=0.002,
        unit="%",
        mistakes=[
            (
                4 + 2,
                "You added up the most likely values. Simulate, and take the median of the column `total`.",
            ),
            (9 + 10, "You added up the largest values: that is the worst case, and it nearly never happens."),
            (draws["total"].mean(), "This is the mean of the total. The task asks for the median."),
            (
                swapped["total"].median(),
                "Nearly: put the tender before construction, as in the life of a project.",
            ),
        ],
    )


@check.question("c1-e4", "advice")
def advice(advice: object) -> Outcome:
    return open_answer(
        advice,
        [
            "says that the result rests on assumptions",
            "names the stage that explains most of the spread in step 5 of the lesson",
            "says what the simulation does not show: which reform saves most",
            "does not say that the model proves a loss",
        ],
    )
