"""Checks of the exercise set m10: gaming and validity."""

from __future__ import annotations

from cleanworks import city
from cleanworks.integrity import published
from cleanworks.learn import CheckSet, Outcome, compare, open_answer

check = CheckSet("m10")


@check.question("m10-e1", "failed")
def failed(failed: object) -> Outcome:
    bodies = published.value("sister_systems", "bodies", of="Thailand ITA", year=2025)
    passed = published.value("sister_systems", "bodies that passed", of="Thailand ITA", year=2025)
    return compare(
        failed,
        100 * (bodies - passed) / bodies,
        rtol=0.01,
        unit="%",
        mistakes=[
            (100 * passed / bodies, "This is the percentage that did pass."),
            (bodies - passed, "This is a number of bodies. Which percentage of all bodies is it?"),
        ],
    )


@check.question("m10-e2", "smallest")
def smallest(smallest: object) -> Outcome:
    return compare(
        smallest,
        8.1 - 7.9,
        rtol=0.01,
        unit="points",
        mistakes=[
            (
                (8.6 + 8.1) / 2 - 7.9,
                "This assumes equal weights. Which weights would need the smallest deduction?",
            ),
            (
                8.6 - 7.9,
                "This is the largest possible deduction. Start from the lowest average that the two parts allow.",
            ),
            (7.9 - 8.1, "The size is right; give a deduction as a positive number."),
        ],
    )


@check.question("m10-e3", "own_share")
def own_share(own_share: object) -> Outcome:
    inside = city.load("cases")["found_by"] == "inside"
    return compare(
        own_share,
        inside.mean(),
        rtol=0.005,
        mistakes=[
            ((~inside).mean(), "This is the share of cases that somebody outside found."),
            (inside.sum(), "This says how many. Use `.mean()` for the share."),
        ],
    )


@check.question("m10-e4", "note")
def note(note: object) -> Outcome:
    return open_answer(
        note,
        [
            "says that little room is left above a score near the top of the scale",
            "says that bodies may have learned the questions as well as improved",
            "proposes a second source that the bodies do not control",
            "quotes one sentence that must not be in the release",
            "does not say that corruption has fallen",
        ],
    )
