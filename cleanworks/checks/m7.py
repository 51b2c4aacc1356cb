"""Checks of the exercise set m7: the Anti-Corruption Initiative Assessment."""

from __future__ import annotations

import pandas as pd

from cleanworks import city
from cleanworks.integrity import initiatives
from cleanworks.learn import CheckSet, NotYet, Outcome, compare, open_answer

check = CheckSet("m7")

# The invented totals of the exercise set: ten bodies of one group.
TOTALS = pd.Series(
    [91.2, 90.4, 89.6, 89.1, 88.9, 87.5, 86.0, 84.8, 82.3, 79.9], index=list("ABCDEFGHIJ"), name="total"
)


@check.question("m7-e1", "points")
def points(points: object) -> Outcome:
    area = initiatives.areas("2014").loc["removing corruption-causing factors"]
    weight, number = float(area["weight"]), int(area["tasks"])
    score = 80 * (number - 1) / number
    return compare(
        points,
        weight * score / 100,
        rtol=0.005,
        unit="points",
        mistakes=[
            (
                weight * 80 / 100,
                "This leaves the missing task out of the mean. It is one of four tasks, with a score of 0.",
            ),
            (
                score,
                "This is the score of the area, out of 100. How many points does it bring with its weight?",
            ),
            (weight * (number - 1) / number, "This counts the three tasks with 100 points each."),
        ],
    )


@check.question("m7-e2", "shrinks")
def shrinks(shrinks: object) -> Outcome:
    tasks = city.load("initiatives").query("year == 2021")
    visited = tasks[tasks["site_checked"]]
    right = (visited["claimed_score"] - visited["site_score"]).mean()
    return compare(
        shrinks,
        right,
        rtol=1e-4,
        unit="points",
        mistakes=[
            (
                (tasks["claimed_score"] - tasks["desk_score"]).mean(),
                "This is what the desk review took off, of all tasks. What did the visits find where they looked?",
            ),
            (
                (visited["claimed_score"] - visited["desk_score"]).mean(),
                "This is what the desk review took off. What did the visit find?",
            ),
            (-right, "The size is right; give a positive number: claim minus visit."),
            (
                tasks["claimed_score"].mean() - tasks["site_score"].mean(),
                "The claims are of all tasks, the visits of a part. Compare the same tasks.",
            ),
        ],
    )


@check.question("m7-e3", "changed")
def changed(changed: object) -> Outcome:
    group = TOTALS.map(lambda total: "one group")
    later = TOTALS.copy()
    later["B"] = later["B"] - 2
    moved = initiatives.tiers(TOTALS, group) != initiatives.tiers(later, group)
    ranks = TOTALS.rank() != later.rank()
    return compare(
        changed,
        int(moved.sum()),
        mistakes=[
            (1, "You say that only B is moved. Who comes into the place that B leaves?"),
            (int(ranks.sum()), "This is how many change their rank. Some of them stay in their tier."),
            (int((~moved).sum()), "This is how many stay in their tier."),
        ],
    )


@check.question("m7-e4", "note")
def note(note: object) -> Outcome:
    return open_answer(
        note,
        [
            "names the missing figure: the share among the bodies whose initiative grade did not rise",
            "gives a reason why both scores can rise although initiatives change nothing",
            "keeps the published figure and says what it does show: the two go together",
            "does not say that initiatives have no effect",
        ],
    )


@check.question("m7-e5", "kinds")
def kinds(kinds: object) -> Outcome:
    right = {
        "hours of training held": "does",
        "users who were asked for money": "seen",
        "conflicts of interest declared": "does",
        "staff who fear unfair orders": "seen",
    }
    if not isinstance(kinds, dict) or set(kinds) != set(right):
        return compare(kinds, right)
    kinds = {name: str(kind).strip().casefold() for name, kind in kinds.items()}
    if kinds == right:
        return compare(kinds, right)
    if set(kinds.values()) - {"does", "seen"}:
        return NotYet('Write "does" or "seen" behind each of the four.')
    wrong = next(name for name in right if kinds[name] != right[name])
    if right[wrong] == "does":
        return NotYet(
            f"`{wrong}`: the body itself keeps this list and can prove it with documents. Who would have to be asked?"
        )
    return NotYet(f"`{wrong}`: no document of the body holds this. Only the people it happened to can tell.")
