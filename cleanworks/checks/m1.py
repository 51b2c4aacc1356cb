"""Checks of the exercise set m1: from a promise to a results framework."""

from __future__ import annotations

import math
from typing import Any

from cleanworks.errors import InputError
from cleanworks.integrity import results
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare

check = CheckSet("m1")


@check.question("m1-e1", "people")
def people(people: object) -> Outcome:
    def size(design_effect: float = 1.0) -> float:
        return results.sample_size_two_rates(0.024, 0.016, design_effect=design_effect)

    return compare(
        people,
        size(design_effect=2),
        rtol=0.001,
        unit="people",
        mistakes=[
            (size(), "This is the size without a design effect: name it in the brackets."),
            (
                size(design_effect=1.5),
                "This is the design effect of the lesson. Which one does the task give?",
            ),
        ],
    )


def _percent(share: float | None) -> float:
    return math.nan if share is None else 100 * share


@check.question("m1-e2", "rate_after")
def rate_after(rate_after: object) -> Outcome:
    right = results.minimum_detectable_change(5000, 0.05, design_effect=1.5)
    simple = results.minimum_detectable_change(5000, 0.05)
    return compare(
        rate_after,
        _percent(right.after),
        rtol=0.001,
        unit="%",
        mistakes=[
            (-_percent(right.change), "This is the size of the fall. The task asks for the rate after it."),
            (_percent(right.change), "This is the size of the fall. The task asks for the rate after it."),
            (_percent(simple.after), "The design effect is missing: people were asked in groups."),
        ],
    )


def _letter(name: object) -> str:
    """The name of a letter as the rubric writes it: "Specific" and "time bound" are right too."""
    plain = "-".join(str(name).casefold().replace("_", " ").replace("-", " ").split())
    return {"timebound": "time-bound"}.get(plain, plain)


@check.question("m1-e3", "points")
def points(points: Any) -> Outcome:
    try:
        score = results.score_rubric({_letter(name): value for name, value in points.items()}, "SMART")
    except (InputError, TypeError, AttributeError) as problem:
        return NotYet(f"The points cannot be read: {problem}")
    given = score.table["points"]
    if given["relevant"] > 0:
        return NotYet('What does a plan on time say about bribe demands? Look at "relevant" again.')
    for word, why in (
        ("time-bound", "The indicator names a date"),
        ("measurable", "Plans that arrived can be counted"),
        ("specific", "It says what is counted, of whom and by when"),
        ("achievable", "An agency can send a plan by a date"),
    ):
        if given[word] == 0:
            return NotYet(f'{why}: look at "{word}" again.')
    return Correct(
        'The zero for "relevant" sends it back. One point or two elsewhere is a matter of judgement.'
    )


@check.question("m1-e4", "better_row")
def better_row(better_row: object) -> Outcome:
    if not isinstance(better_row, results.LogframeRow):
        return NotYet("`better_row` should be a row, made with `replace(weak_row, ...)`.")
    if better_row.code != "O2" or better_row.target != 5 or better_row.indicator.better != "down":
        return NotYet("Mend the row and keep what it promises: its code, its indicator and its target stay.")
    left = results.weaknesses(better_row)
    if not left.empty:
        return NotYet("A reviewer still says: " + " ".join(left["finding"]))
    return Correct(
        "No formal question is left. Whether the assumption holds, only people who know the firms can say."
    )
