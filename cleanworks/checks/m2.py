"""Checks of the exercise set m2: designing an integrity survey."""

from __future__ import annotations

from functools import partial

from cleanworks import city
from cleanworks.integrity import sampling, survey
from cleanworks.learn import CheckSet, Outcome, compare

check = CheckSet("m2")


@check.question("m2-e1", "weight")
def weight(weight: object) -> Outcome:
    types = city.load("institutions")["type"]
    basic = int((types == "basic").sum())
    return compare(
        weight,
        basic / 20,
        rtol=0.005,
        mistakes=[
            (20 / basic, "This is the chance of being drawn. The weight is one divided by it."),
            (len(types) / 20, "This uses the whole list. You draw from one layer of it."),
        ],
    )


@check.question("m2-e2", "approached")
def approached(approached: object) -> Outcome:
    plan = partial(sampling.sample_size, rate=0.08, margin=0.015, contact=0.6, response=0.5)
    right = plan(design_effect=2)
    return compare(
        approached,
        right.approached,
        rtol=0.002,
        unit="people",
        mistakes=[
            (
                right.contacted,
                "These are the people with a contact who answer. How many must be approached to find them?",
            ),
            (plan().approached, "The design effect is missing."),
        ],
    )


@check.question("m2-e3", "upper")
def upper(upper: object) -> Outcome:
    return compare(
        upper,
        100 * survey.wilson(0, 120).high,
        rtol=0.02,
        unit="%",
        mistakes=[
            (0, "Nought is what was observed. That is not certainty about everybody who was not asked."),
            (
                100 * survey.wilson(0, 260).high,
                "This is the interval for 260 people. How many were asked here?",
            ),
        ],
    )


@check.question("m2-e4", "rate")
def rate(rate: object) -> Outcome:
    return compare(
        rate,
        100 * 100 / 2500,
        rtol=0.002,
        unit="%",
        mistakes=[
            (100 * 100 / 4000, "The whole holds people with no contact: nobody could ask them for a bribe."),
            (100 * 100 / (2500 - 60), "You took out those who refused. The task keeps them in the whole."),
            (
                100 * 160 / 2500,
                "This counts those who refused as if they had met a bribe. Nobody knows that: report them beside the rate.",
            ),
        ],
    )
