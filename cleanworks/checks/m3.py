"""Checks of the exercise set m3: asking about bribes."""

from __future__ import annotations

from cleanworks.integrity import sensitive
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("m3")

# The means of the two invented lists of the exercise set.
SHORTER = (200 * 1 + 200 * 2 + 100 * 3) / 500
LONGER = (150 * 1 + 220 * 2 + 130 * 3) / 500


@check.question("m3-e1", "rate")
def rate(rate: object) -> Outcome:
    return compare(
        rate,
        100 * (660 - 600) / 600,
        rtol=0.002,
        unit="%",
        mistakes=[
            (
                100 * (660 - 600) / 1200,
                "The honest answers are a part of the people with tails: divide by them.",
            ),
            (100 * 660 / 1200, "This is the share of yes. Half of the people were forced to say it."),
        ],
    )


@check.question("m3-e2", "gentle")
def gentle(gentle: object) -> Outcome:
    right = sensitive.forced_response(240, 900, 1 / 6, 5 / 6)
    coin = sensitive.forced_response(240, 900, 0.5, 0.5)
    return compare(
        gentle,
        100 * right.value,
        rtol=0.005,
        unit="%",
        mistakes=[
            (100 * coin.value, "These are the chances of a coin. The die has six sides."),
            (
                100 * (240 - 150) / 900,
                "The honest answers are a part of the people who answered truly, not of everybody.",
            ),
        ],
    )


@check.question("m3-e3", "listed")
def listed(listed: object) -> Outcome:
    return compare(
        listed,
        100 * (LONGER - SHORTER),
        rtol=0.002,
        unit="%",
        mistakes=[
            (
                100 * (SHORTER - LONGER),
                "This is shorter minus longer. The longer list has the sensitive thing.",
            ),
            (
                100 * LONGER,
                "This is the average of the longer list. Take away the average of the shorter one.",
            ),
        ],
    )


@check.question("m3-e4", "advice")
def advice(advice: object) -> Outcome:
    return open_answer(
        advice,
        [
            "says what the protection costs: more people for the same precision",
            "says under which condition the coin is worth it: many people hide the truth",
            "proposes to try it on a part of the people before the whole survey changes",
            "does not say that the coin gives the true figure",
        ],
    )
