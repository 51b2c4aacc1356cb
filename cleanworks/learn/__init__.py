"""What an exercise imports: checks with their outcomes, and the comparisons behind them.

A check is bound to the id of its question and to the names of the variables that the learner fills, never to the
position of a cell, so that a copied, moved or deleted cell does no harm::

    from cleanworks.learn import CheckSet, compare

    check = CheckSet("c6")

    @check.question("c6-e1", "days_late")
    def days_late(days_late):
        right = ...                                   # computed from the learner's own data, never typed
        return compare(days_late, right, unit="days", mistakes={60: "You counted from the claim; start from ..."})

In a notebook the learner writes ``check("c6-e1")`` and sees one of: correct, not yet, not attempted, your code raised. An open
question ends with :func:`open_answer`, whose outcome is *answered*: the learner compares the text with the model answer
and ticks a rubric, ``check("c6-e5", ticks=[1, 3])``.
"""

from cleanworks.learn.asserted import run_tests
from cleanworks.learn.checkset import CheckSet
from cleanworks.learn.compare import (
    compare,
    compare_choice,
    compare_function,
    compare_table,
    every,
    open_answer,
)
from cleanworks.learn.outcome import Answered, Correct, NotAttempted, NotYet, Outcome, Raised

__all__ = [
    "Answered",
    "CheckSet",
    "Correct",
    "NotAttempted",
    "NotYet",
    "Outcome",
    "Raised",
    "compare",
    "compare_choice",
    "compare_function",
    "compare_table",
    "every",
    "open_answer",
    "run_tests",
]
