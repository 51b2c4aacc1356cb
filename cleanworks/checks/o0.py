"""Checks of the exercise set o0: the partnership."""

# about: Seoul

from __future__ import annotations

import pandas as pd

from cleanworks import partnership
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare, every

check = CheckSet("o0")


@check.question("o0-e1", "not_chosen")
def not_chosen(not_chosen: object) -> Outcome:
    asked = partnership.SELECTION["countries that asked"]
    chosen = partnership.SELECTION["countries that were chosen"]
    right = round(100 * (asked - chosen) / asked)
    return compare(
        not_chosen,
        right,
        atol=0.6,
        mistakes=[
            (100 - right, "This is the share of those that were chosen. The task asks for the others."),
            (asked - chosen, "This says how many countries. Which percentage of the eleven is that?"),
        ],
    )


@check.question("o0-e2", "years")
def years(years: object) -> Outcome:
    one = partnership.steps().query("partner == 'Uzbekistan'")
    first = one["date"].min()

    def until(when: pd.Timestamp) -> float:
        passed: float = (when.year - first.year) + (when.month - first.month) / 12
        return passed

    results = one[one["kind"] == "results"]["date"]
    rule = one[one["kind"] == "rule"]["date"].min()
    return compare(
        years,
        until(results.min()),
        atol=0.06,
        unit="years",
        mistakes=[
            (until(rule), "This runs to the resolution. When were the first results there?"),
            (until(results.max()), "This is the whole path. The task stops at the first results."),
        ],
    )


@check.question("o0-e3", "too_much")
def too_much(too_much: object) -> Outcome:
    if isinstance(too_much, list | tuple | set) and all(isinstance(letter, str) for letter in too_much):
        too_much = "".join(too_much)
    if not isinstance(too_much, str) or not set("".join(too_much.casefold().split())) <= set("abcd,"):
        return NotYet('Give letters from a to d between quotation marks, for example "ac".')
    given = {letter for letter in too_much.casefold() if letter.isalpha()}
    if given == {"b", "d"}:
        return Correct("No source measured an effect, and where a line ends, evidence ends.")
    if "b" not in given:
        return NotYet("Look at b: which mark in which figure shows an effect on corruption?")
    if "d" not in given:
        return NotYet("Look at d: does a line that ends say that the work ended? Our silence is not theirs.")
    if "c" in given:
        return NotYet("Sentence c only says that something was not found, and that is true of our sources.")
    return NotYet("Sentence a only says what a newspaper reported.")


@check.question("o0-e4", "president", "unknown")
def president(president: object, unknown: object) -> Outcome:
    changed = partnership.changes()["changed"]
    decided = int(changed.str.contains("president").sum())
    return every(
        compare(
            president,
            decided,
            name="`president`",
            mistakes=[
                (decided + 1, "Read the column again: in how many rows is a decision of a president named?")
            ],
        ),
        compare(
            unknown,
            int(changed.eq("not found").sum()),
            name="`unknown`",
            mistakes=[(0, 'Two words stand in some rows instead of an answer: "not found".')],
        ),
    )


_WEAKEST = {
    "practice": "The practice has a name, and the sender knows what is wanted.",
    "owner": "The owner has an office and posts: that can be checked.",
    "first_step": "The first step has a date and a number: that can be checked.",
}


@check.question("o0-e5", "weakest")
def weakest(weakest: object) -> Outcome:
    if not isinstance(weakest, str):
        return NotYet('Give the name of one field between quotation marks, for example "owner".')
    name = weakest.strip().casefold().replace(" ", "_")
    if name == "need":
        return Correct("A need that nobody counted cannot become smaller.")
    if name in _WEAKEST:
        return NotYet(_WEAKEST[name] + " Which field could never be shown to be false?")
    return NotYet('Choose one of the four names in the task, for example "owner".')
