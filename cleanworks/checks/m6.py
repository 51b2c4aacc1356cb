"""Checks of the exercise set m6: reading twenty years of scores."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cleanworks.integrity import published
from cleanworks.learn import CheckSet, NotYet, Outcome, compare, open_answer

check = CheckSet("m6")

_MODEL = "2012-2021"


def _series(measure: str) -> pd.Series:
    return published.series("ia_headline", measure, of=_MODEL)


@check.question("m6-e1", "change")
def change(change: object) -> Outcome:
    overall = _series("overall")
    right = overall[2021] - overall[2012]
    return compare(
        change,
        right,
        rtol=0.02,
        unit="points",
        mistakes=[
            (
                overall[2021] - published.value("ia_headline", "overall", year=2002),
                "This compares across a break: 2002 belongs to another model.",
            ),
            (-right, "This is earlier minus later. A rise should be positive."),
        ],
    )


@check.question("m6-e2", "comparable")
def comparable(comparable: Any) -> Outcome:
    try:
        given = {tuple(sorted(int(year) for year in pair)) for pair in comparable}
    except (TypeError, ValueError):
        return NotYet("Give a list of pairs, such as `[(2001, 2002), (2003, 2004)]`.")
    if (2011, 2013) in given:
        return NotYet("Between 2011 and 2013 lies the break of 2012. Leave that pair out.")
    return compare(given, {(2009, 2010), (2018, 2021)}, name="Your list")


@check.question("m6-e3", "shift")
def shift(shift: object) -> Outcome:
    first = (40 * 90 + 60 * 70) / 100
    right = (20 * 90 + 60 * 70) / 80 - first
    return compare(
        shift,
        right,
        unit="points",
        mistakes=[
            ((20 * 90 + 60 * 70) / 100 - first, "You still divide by 100. How many institutions are left?"),
            (0, "No score moves, but the mixture does: count how many of each kind are left."),
            (-right, "The size is right, the sign is not: does the average rise or fall?"),
        ],
    )


@check.question("m6-e4", "growth")
def growth(growth: object) -> Outcome:
    external, internal = _series("external"), _series("internal")
    gap = external - internal
    right = gap[2021] - gap[2017]
    return compare(
        growth,
        right,
        rtol=0.02,
        unit="points",
        mistakes=[
            (
                external[2021] - external[2017],
                "This is only how the external score moved. The gap has two sides.",
            ),
            (gap[2021], "This is the gap of 2021. By how much did it grow since 2017?"),
            (-right, "Later minus earlier: a growing gap gives a positive number."),
        ],
    )


@check.question("m6-e5", "statement")
def statement(statement: object) -> Outcome:
    return open_answer(
        statement,
        [
            "gives one figure, with the first and the last year that it covers",
            "takes both years from one and the same model",
            "says that there is no figure since 2002 because the way of measuring changed",
            "does not call the change of a score a change of corruption",
        ],
    )
