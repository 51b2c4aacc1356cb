"""Checks of the exercise set c3: registering, reporting, approving."""

from __future__ import annotations

from typing import Any

from cleanworks import city, profiles
from cleanworks.construction.registry import Refusal, next_state
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare, every, open_answer

check = CheckSet("c3")


@check.question("c3-e1", "line")
def approval_line(line: Any) -> Outcome:
    try:
        pairs = [(str(step).strip().casefold(), str(role).strip().casefold()) for step, role in line]
    except (TypeError, ValueError):
        return NotYet("`line` should be a list of pairs, each a step and a role.")
    state = None
    for step, role in pairs:
        try:
            state = next_state("reports", state, step, role, "The report")
        except Refusal as refusal:
            return NotYet(f"The registry refuses the step {step!r}: {refusal.message}")
    if state != "approved":
        return NotYet(
            f"After these steps the report is {state or 'not even entered'}; it should be approved."
        )
    return Correct("The registry accepts every step.")


@check.question("c3-e2", "long_count", "large_short")
def modes(long_count: object, large_short: object) -> Outcome:
    contracts = city.load("contracts")
    is_long = contracts["mode"] == "long"
    large = contracts["value_amount"] > profiles.active()["reporting.long_mode_amount"]
    return every(
        compare(
            long_count,
            int(is_long.sum()),
            name="`long_count`",
            unit="contracts",
            mistakes={
                int(
                    large.sum()
                ): "You counted every contract above the amount. Long mode asks for the months as well.",
                int(
                    (~is_long).sum()
                ): "These are the contracts in short mode. The task asks for the others first.",
            },
        ),
        compare(
            large_short,
            int((large & ~is_long).sum()),
            name="`large_short`",
            unit="contracts",
            mistakes={
                int(
                    (~is_long).sum()
                ): "That is every contract in short mode. Keep those above the amount limit only.",
                int((large & is_long).sum()): "These are large and in long mode, as the rule wants it.",
            },
        ),
    )


@check.question("c3-e3", "copied_count", "copied_share")
def copied(copied_count: object, copied_share: object) -> Outcome:
    reports = city.load("reports")
    monthly = reports[reports["report_type"] == "monthly"]
    same = monthly["actual"] == monthly["planned"]
    running = monthly["actual"].between(5, 95)
    right = float(same[running].mean())
    return every(
        compare(
            copied_count,
            int(same[running].sum()),
            name="`copied_count`",
            unit="reports",
            mistakes={
                int(
                    same.sum()
                ): "You also counted reports before the start or after the end, where both must be equal. "
                "Keep progress from 5 to 95 first."
            },
        ),
        compare(
            copied_share,
            right,
            name="`copied_share`",
            mistakes={
                100 * right: "That is in per cent. A share runs from 0 to 1.",
                float(
                    same[running].sum() / len(monthly)
                ): "Divide by the reports you looked at, not by all of them.",
            },
        ),
    )


@check.question("c3-e4", "my_line")
def own_line(my_line: object) -> Outcome:
    return open_answer(
        my_line,
        [
            "says who writes the form, who checks it and who approves it",
            "names three offices or posts, and no person",
            "says what happens when a step is skipped, or that nothing happens",
            "does not claim that no step is ever skipped without saying how one would know",
        ],
        least_words=15,
    )
