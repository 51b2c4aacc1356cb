"""From an exercise set to its trials: which cells are run together, and what the check must say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cleanworks.workshop.notebook import Cell, Notebook

BEGIN = "from cleanworks.workshop.exercises import inside as _inside\n_fresh = _inside.Fresh(get_ipython())"
START = "_fresh.start()"


@dataclass(frozen=True)
class Trial:
    """Cells that are run on fresh variables, the last of them the check.

    `subject` is the cell under trial, for messages; `expected` the outcome that the check must give, `phrase` what
    its message must contain.
    """

    question: str
    what: str
    subject: Cell
    cells: tuple[Cell, ...]
    expected: str
    phrase: str = ""


@dataclass(frozen=True)
class Placed:
    """A cell of the trial notebook: the source cell it came from, and its trial (None in the set's own first cells)."""

    cell: Cell | None
    trial: int | None


@dataclass
class Plan:
    """All trials of a set, and the notebook that runs them."""

    trials: list[Trial] = field(default_factory=list)
    missing: list[tuple[Cell, str]] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)

    @property
    def node(self) -> dict[str, Any]:
        """The trial notebook. Cells under trial may raise; the set's own first cells may not."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": self.cells}


def make_plan(notebook: Notebook) -> Plan:
    """The trials of an exercise set.

    The cells of no question come first; then for each question, every time on fresh variables: the check alone and the
    starter (not attempted), each wrong answer (its feedback), the solution (correct, or answered for an open question).
    """
    plan = Plan()
    for cell in notebook.cells:
        if cell.is_code and not cell.block.question and not cell.tags & {"instructor", "pitfall"}:
            _place(plan, cell, None, may_raise=False)
    _place(plan, None, None, may_raise=False, source=BEGIN)
    for question, cells in notebook.questions.items():
        plan.trials += _trials(question, cells, plan.missing)
    for number, trial in enumerate(plan.trials):
        _place(plan, None, number, may_raise=False, source=START)
        for cell in trial.cells:
            _place(plan, cell, number, may_raise=True)
    return plan


def _trials(question: str, cells: Sequence[Cell], missing: list[tuple[Cell, str]]) -> list[Trial]:
    def code(role: str) -> tuple[Cell, ...]:
        return tuple(cell for cell in cells if role in cell.tags and cell.is_code)

    starter, check, solution, wrong = (
        code(role) for role in ("starter", "check", "solution", "wrong-answer")
    )
    for role, found in (("starter", starter), ("check", check), ("solution", solution)):
        if not found:
            missing.append((cells[0], f"the question {question} has no code cell tagged `{role}`"))
    if len(wrong) < 2:
        missing.append(
            (cells[0], f"the question {question} has {len(wrong)} wrong answers; two are the fewest")
        )
    if not (starter and check and solution):
        return []
    made = [
        Trial(question, "the check without any answer", check[-1], check, "not-attempted"),
        Trial(question, "the starter as it is handed out", starter[0], starter + check, "not-attempted"),
    ]
    for cell in wrong:
        made.append(
            Trial(
                question,
                "this wrong answer",
                cell,
                (*starter, cell, *check),
                cell.block.outcome or "not-yet",
                cell.block.feedback or "",
            )
        )
    right = "answered" if any(cell.block.open for cell in cells) else "correct"
    made.append(Trial(question, "the solution", solution[-1], (*starter, *solution, *check), right))
    return made


def _place(plan: Plan, cell: Cell | None, trial: int | None, *, may_raise: bool, source: str = "") -> None:
    tags = [tag for tag in ("raises-exception",) if may_raise or (cell and tag in cell.tags)]
    plan.cells.append(
        {
            "cell_type": "code",
            "id": f"trial-{len(plan.cells)}",
            "metadata": {"tags": tags},
            "source": cell.source if cell else source,
            "execution_count": None,
            "outputs": [],
        }
    )
    plan.placed.append(Placed(cell, trial))
