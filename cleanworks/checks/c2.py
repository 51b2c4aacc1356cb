"""Checks of the exercise set c2: the system as a whole."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cleanworks import city
from cleanworks.construction.registry.public_register import PERSONAL
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare, open_answer

check = CheckSet("c2")


@check.question("c2-e1", "waiting")
def waiting_reports(waiting: object) -> Outcome:
    reports = city.load("reports")
    approved = reports["approved_at"].notna()
    right = int((reports["checked_at"].notna() & ~approved).sum())
    return compare(
        waiting,
        right,
        unit="reports",
        mistakes={
            len(reports): "That is the whole pile. Keep the reports that are checked and not approved.",
            int(approved.sum()): "These are approved: their way is done. Look for an empty date of approval.",
        },
    )


@check.question("c2-e2", "hidden")
def hidden_columns(hidden: Any) -> Outcome:
    named = {hidden} if isinstance(hidden, str) else set(hidden)
    offered = {"title", "worker_id", "account_id", "amount"}
    if "amount" in named or "title" in named:
        return NotYet(
            "Titles and amounts are about public works and public money. Which columns are about persons?"
        )
    if named != offered & set(PERSONAL):
        return NotYet("Another column leads to a person as well, or one of the names was not offered.")
    return Correct("These lead to persons; the public view leaves them out.")


def typed_by_hand(reports: pd.DataFrame) -> pd.DataFrame:
    """A public page as a clerk might type it: in every eleventh line tens and units have changed places."""
    approved = reports["approved_at"].notna()
    page = reports.loc[approved, ["report_id", "actual"]].rename(columns={"actual": "signed"})
    page = page.reset_index(drop=True)
    whole = page["signed"] // 1
    turned = (page["signed"] - whole + whole % 10 * 10 + whole // 10).round(1)
    page["typed"] = page["signed"].where(page.index % 11 != 5, turned)
    return page


@check.question("c2-e4", "different")
def second_entry(different: object) -> Outcome:
    page = typed_by_hand(city.load("reports"))
    signed, typed = page["signed"], page["typed"]
    return compare(
        different,
        int((signed != typed).sum()),
        unit="lines",
        mistakes={
            len(page): "That is every line of the page. Count those in which the two columns differ.",
            int((signed == typed).sum()): "In these lines the two agree. Ask for the others.",
            int(
                (typed > signed).sum()
            ): "These are typed too high. Figures that are too low are wrong as well.",
            int(
                (typed < signed).sum()
            ): "These are typed too low. Figures that are too high are wrong as well.",
        },
    )


@check.question("c2-e3", "first_part")
def first(first_part: object) -> Outcome:
    return open_answer(
        first_part,
        [
            "names the part that is built first",
            "names another part that receives something from it",
            "says what is handed over: for example reports, amounts or days",
            "gives a reason for this order",
        ],
        least_words=15,
    )
