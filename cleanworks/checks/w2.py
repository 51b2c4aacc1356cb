"""Checks of the exercise set w2: evaluate a workshop."""

from __future__ import annotations

import pandas as pd

from cleanworks import learning
from cleanworks.city import classroom
from cleanworks.learn import CheckSet, Outcome, compare, every, open_answer

check = CheckSet("w2")

# The class of the exercises, another one than the lesson's.
PEOPLE, SEED = 40, 3


def _answers() -> pd.DataFrame:
    answers = classroom.make(PEOPLE, SEED)["answers"]
    return answers.assign(code=answers["code"].map(learning.tidy_code))


@check.question("w2-e1", "pairs")
def pairs(pairs: object) -> Outcome:
    raw = classroom.make(PEOPLE, SEED)["answers"]
    return compare(
        pairs,
        int(learning.stayed(_answers()).loc["both", "people"]),
        unit="people",
        mistakes=[
            (
                int(learning.stayed(raw).loc["both", "people"]),
                "You compared the codes as they were typed. A space keeps people from meeting their own first test.",
            ),
            (raw["code"].nunique(), "You counted different codes. How many of them stand in both tests?"),
            (PEOPLE, "That is everybody who began. Some took only one of the tests."),
        ],
    )


@check.question("w2-e2", "gain", "low")
def gain(gain: object, low: object) -> Outcome:
    scores = learning.scores(_answers())
    both = scores.dropna()
    right = learning.paired_gain(both["before"], both["after"])
    groups = learning.unpaired_gain(scores["before"], scores["after"])
    return every(
        compare(
            gain,
            right.value,
            name="`gain`",
            rtol=0.01,
            mistakes=[
                (
                    groups.value,
                    "You subtracted the means of two groups that are not the same people. Keep those with both tests.",
                ),
                (-right.value, "The sign is turned round: a gain is after minus before."),
            ],
        ),
        compare(
            low,
            right.low,
            name="`low`",
            rtol=0.01,
            mistakes=[
                (groups.low, "This interval does not use the links. Take each person's own difference."),
                (right.high, "That is the upper end of the interval."),
            ],
        ),
    )


@check.question("w2-e3", "misleading")
def misleading(misleading: object) -> Outcome:
    items = learning.items(learning.linked(_answers()))
    hardest, easiest = items["right"].idxmin(), items["right"].idxmax()
    right = items["discrimination"].idxmin()
    return compare(
        misleading,
        right,
        mistakes=[
            (wrong, feedback)
            for wrong, feedback in [
                (
                    hardest,
                    "That is the hardest question. Hard is not misleading: look at the discrimination.",
                ),
                (items["discrimination"].idxmax(), "That one separates best. Look at the other end."),
                (easiest, "That is the easiest question. Look at the discrimination."),
            ]
            if wrong != right
        ],
    )


@check.question("w2-e4", "shown")
def shown(shown: object) -> Outcome:
    counts = [3, 9, 11, 17]
    kept = [count for count, hide in zip(counts, learning.hidden(counts), strict=True) if not hide]
    return compare(
        shown,
        sum(kept),
        unit="people",
        mistakes=[
            (sum(counts), "That is the whole class. Which offices may appear at all?"),
            (
                sum(counts) - 3,
                "Only the smallest office is hidden now, and the total minus the others gives it away.",
            ),
        ],
    )


@check.question("w2-e5", "sentence")
def sentence(sentence: object) -> Outcome:
    groups = learning.stayed(_answers())["people"]
    return open_answer(
        sentence,
        [
            f"says for how many people it speaks: {groups['both']} took both tests",
            "says who is not in the gain: those who left before the second test",
            "says what the number does not prove, for example because there is no comparison group",
            "does not say that everybody gained",
        ],
        least_words=15,
    )
