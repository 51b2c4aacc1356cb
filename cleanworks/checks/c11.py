"""Checks of the exercise set c11: adapting the system. The country is imaginary and so is every number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cleanworks.construction import plan
from cleanworks.learn import CheckSet, NotYet, Outcome, compare, open_answer

check = CheckSet("c11")

SCORES = {
    "forms": 1, "roles": 1, "accounts": 0, "power": 1, "connection": 3, "help": 2, "reply": 1, "protection": 0, "owner": 2,
}  # fmt: skip
MONTHS = {"Disclosure": 6, "Project management": 12, "Payment": 12, "Workers": 9}
RANGES = {
    "yearly_contracts": (300e6, 500e6, 700e6), "share_covered": (0.2, 0.4, 0.6), "loss_share": (0.05, 0.10, 0.20),
    "loss_avoided": (0.0, 0.03, 0.10), "setup_cost": (2e6, 4e6, 9e6), "yearly_cost": (0.4e6, 0.6e6, 1.2e6),
}  # fmt: skip


def _drawn(**changes: tuple[float, float, float]) -> pd.DataFrame:
    return plan.net_benefit({**RANGES, **changes}, np.random.default_rng(5))


@check.question("c11-e1", "steps")
def steps(steps: object) -> Outcome:
    before, after = plan.readiness(SCORES), plan.readiness({**SCORES, "accounts": 2})
    return compare(
        steps,
        int(after.loc["Payment", "steps"]),
        unit="steps",
        mistakes=[
            (
                int(before.loc["Payment", "steps"]),
                "This is the count before the bank opened accounts. Change the score in the line.",
            ),
            (
                int(plan.readiness({**SCORES, "accounts": 1}).loc["Payment", "steps"]),
                "With this score the accounts are only planned.",
            ),
            (
                int(after["steps"].sum()),
                "These are the steps of all parts together. Read the row of one part.",
            ),
        ],
    )


@check.question("c11-e2", "public_after")
def public_after(public_after: object) -> Outcome:
    def end(order: Sequence[str]) -> float:
        built = plan.roadmap(SCORES, order, build_months=MONTHS, step_months=3)
        last: float = built.loc["Disclosure", "end"]
        return last

    return compare(
        public_after,
        end(["Workers", "Disclosure"]),
        unit="months",
        mistakes=[
            (
                end(["Disclosure", "Workers"]),
                "This is the other order. In the order that the union asks for, workers come before disclosure.",
            ),
            (
                MONTHS["Workers"] + MONTHS["Disclosure"],
                "These are the months of building without the preparation before it.",
            ),
        ],
    )


@check.question("c11-e3", "below")
def below(below: object) -> Outcome:
    under = _drawn()["net"] < 0
    return compare(
        below,
        100 * under.mean(),
        rtol=0.01,
        unit="%",
        mistakes=[
            (under.mean(), "This is a share between 0 and 1. The task asks for a percentage."),
            (under.sum(), "This is the number of draws. Divide by all of them."),
            (100 * (1 - under.mean()), "This is how often it pays. The task asks for the other side."),
        ],
    )


@check.question("c11-e4", "gain")
def gain(gain: object) -> Outcome:
    low, middle, high = RANGES["setup_cost"]
    half = (low / 2, middle / 2, high / 2)
    before, after = _drawn()["net"].median(), _drawn(setup_cost=half)["net"].median()
    return compare(
        gain,
        (after - before) / 1e6,
        rtol=0.005,
        unit="millions",
        mistakes=[
            (after - before, "The right difference, but the task asks for it in millions."),
            (after / 1e6, "This is the new median. Subtract the one before."),
            (
                (before - after) / 1e6,
                "You subtracted the other way round: a lower cost cannot lower the benefit.",
            ),
        ],
    )


@check.question("c11-e5", "first_step")
def first_step(first_step: object) -> Outcome:
    if isinstance(first_step, str) and len(first_step.split()) > 60:
        return NotYet("More than 60 words: the plan has no room for them. What could go?")
    return open_answer(
        first_step,
        [
            "names one part of the system and the works that it begins with",
            "names the office that owns it",
            "says what a citizen or a worker will notice",
            'gives a number of months, and no word such as "soon"',
        ],
        least_words=20,
    )
