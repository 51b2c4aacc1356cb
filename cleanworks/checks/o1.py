"""Checks of the exercise set o1: read, filter, group and draw a table of projects."""

from __future__ import annotations

import pandas as pd

from cleanworks import city
from cleanworks.learn import CheckSet, Correct, NotYet, Outcome, compare, every, open_answer

check = CheckSet("o1")


def _projects() -> pd.DataFrame:
    return city.load("projects")


def _running() -> pd.DataFrame:
    projects = _projects()
    return projects[projects["status"] == "implementation"]


@check.question("o1-e1", "largest")
def largest(largest: object) -> Outcome:
    projects = _projects()
    wanted = 10
    if not isinstance(largest, pd.DataFrame):
        return NotYet("`largest` should be a table. Start from the line in the task.")
    if "project_id" not in largest.columns:
        return NotYet("Keep all columns of the table: the check looks at `project_id`.")
    given = set(largest["project_id"])
    if given == set(projects["project_id"].head(wanted)):
        return NotYet("These are the first rows of the register, not the largest projects. Use `nlargest`.")
    if given == set(projects.nsmallest(wanted, "budget_amount")["project_id"]):
        return NotYet("These are the smallest projects.")
    if len(largest) != wanted:
        return NotYet(f"Your table has {len(largest)} rows. How many projects did the task ask for?")
    if given != set(projects.nlargest(wanted, "budget_amount")["project_id"]):
        return NotYet("The number of rows is right, but these are not the projects with the largest budgets.")
    return Correct()


@check.question("o1-e2", "handover_share")
def handover_share(handover_share: object) -> Outcome:
    status = _projects()["status"]
    in_handover = int((status == "completion").sum())
    running = int((status == "implementation").sum())
    return compare(
        handover_share,
        in_handover / len(status),
        mistakes=[
            (in_handover, "This says how many, not which share. Divide by the number of all projects."),
            (
                in_handover / running,
                "You divided by the running projects. The question says: of all projects.",
            ),
        ],
    )


@check.question("o1-e3", "usual_budget")
def usual_budget(usual_budget: object) -> Outcome:
    budgets = _running().groupby("district")["budget_amount"]
    everything = _projects().groupby("district")["budget_amount"]
    return compare(
        usual_budget,
        budgets.median(),
        mistakes=[
            (
                budgets.mean(),
                "This is the mean, which the few very large projects pull up. Which average did the task ask for?",
            ),
            (budgets.sum(), "This is the sum. Which average did the task ask for?"),
            (everything.median(), "This is the median of all projects. Keep only the running ones first."),
        ],
    )


@check.question("o1-e4", "total")
def total(total: object) -> Outcome:
    projects = _projects()
    return compare(
        total,
        projects["budget_amount"].sum(),
        mistakes=[
            (
                _running()["budget_amount"].sum(),
                "You added up only the running projects. The line of your colleague has no filter.",
            ),
            (
                projects["budget_amount"].count(),
                "`count()` counts the budgets. The line of your colleague adds them up.",
            ),
        ],
    )


@check.question("o1-e5", "districts", "message")
def message(districts: object, message: object) -> Outcome:
    running = _running()
    budgets = running.groupby("district")["budget_amount"].sum()
    numbers = running["district"].value_counts()
    return every(
        compare(
            {districts} if isinstance(districts, str) else districts,
            set(budgets.nlargest(3).index),
            name="`districts`",
            mistakes=[
                (
                    set(numbers.nlargest(3).index),
                    "These have the most projects. The task ranks by the budget of running projects.",
                ),
                (
                    set(budgets.nsmallest(3).index),
                    "These have the smallest budgets: you ranked from the wrong end.",
                ),
                (
                    set(_projects().groupby("district")["budget_amount"].sum().nlargest(3).index),
                    "These are first by all projects. Keep only the running ones.",
                ),
            ],
        ),
        open_answer(
            message,
            [
                "names the three districts",
                "says that they are ranked by the budget of running projects",
                "says one thing that this measure does not show",
                "does not call a large budget a problem",
            ],
            name="`message`",
        ),
    )
