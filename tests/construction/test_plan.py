"""The country plan: readiness, stages, cost and benefit, and two pages that are two pages."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from cleanworks import paper
from cleanworks.construction import plan
from cleanworks.errors import InputError

SCORES = {
    "forms": 2,
    "roles": 1,
    "accounts": 0,
    "power": 1,
    "connection": 2,
    "help": 1,
    "reply": 2,
    "protection": 2,
    "owner": 3,
}
MONTHS = {"Disclosure": 6, "Project management": 12, "Payment": 12, "Workers": 9}
RANGES = {
    "yearly_contracts": (8e8, 1e9, 1.3e9), "share_covered": (0.2, 0.4, 0.6), "loss_share": (0.05, 0.1, 0.2),
    "loss_avoided": (0.0, 0.05, 0.15), "setup_cost": (2e6, 4e6, 9e6), "yearly_cost": (4e5, 6e5, 1e6),
}  # fmt: skip


def drawn(**options):
    return plan.net_benefit(RANGES, np.random.default_rng(1), **options)


def a_plan(**changes):
    order = list(plan.PARTS)
    answers = {
        "country": "Exampleland", "owner": "Works Department", "problem": "eighteen " * 60, "first_step": "eighteen " * 60, "risk": "eighteen " * 60,
        "scores": dict.fromkeys(plan.PREREQUISITES, 0), "stages": plan.roadmap(dict.fromkeys(plan.PREREQUISITES, 0), order, build_months=MONTHS, step_months=3),
        "drawn": drawn(), "indicators": pd.DataFrame([("x" * 80, "y" * 30, "z" * 30)] * 5, columns=["indicator", "today", "goal"]),
    }  # fmt: skip
    return plan.CountryPlan(**{**answers, **changes})


def test_readiness_by_hand():
    ready = plan.readiness(SCORES)
    assert ready.loc["Disclosure", "ready"] == pytest.approx(9 / 12)
    assert ready.loc["Disclosure", "missing"] == ()
    assert ready.loc["Payment", "missing"] == ("roles", "accounts", "power", "help")
    assert ready.loc["Payment", "steps"] == 5


def test_what_one_stage_prepared_the_next_does_not_prepare_again():
    stages = plan.roadmap(
        SCORES, ["Disclosure", "Project management", "Payment"], build_months=MONTHS, step_months=3
    )
    assert stages["prepare"].tolist() == [0, 6, 9]
    assert stages["end"].tolist() == [6, 24, 45]
    assert stages.loc["Payment", "first"] == ("accounts", "power")


def test_certain_assumptions_give_the_sum_by_hand():
    sure = {
        "yearly_contracts": 1000,
        "share_covered": 0.5,
        "loss_share": 0.1,
        "loss_avoided": 0.2,
        "setup_cost": 20,
        "yearly_cost": 4,
    }
    found = plan.net_benefit(
        {name: (v, v, v) for name, v in sure.items()},
        np.random.default_rng(1),
        years=2,
        discount=0.25,
        draws=3,
    )
    assert found["net"].to_numpy() == pytest.approx(1.44 * 10 - (20 + 1.44 * 4))
    assert plan.break_even(found) == pytest.approx(0.2 * (20 + 1.44 * 4) / 14.4)


def test_the_same_seed_gives_the_same_draws_and_the_widest_unknown_decides():
    assert drawn().equals(drawn())
    assert plan.drivers(drawn()).index[0] == "loss_avoided"
    assert plan.drivers(drawn())["setup_cost"] < 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plan.readiness({}), "has no score"),
        (lambda: plan.readiness({**SCORES, "luck": 1}), "not a prerequisite"),
        (lambda: plan.readiness({**SCORES, "forms": 4}), "score of 'forms' is 4"),
        (lambda: plan.roadmap(SCORES, ["Webcams"], build_months=MONTHS, step_months=3), "cannot be used"),
        (lambda: plan.roadmap(SCORES, ["Workers"], build_months={}, step_months=3), "Months"),
        (
            lambda: plan.net_benefit({**RANGES, "loss_share": (5, 10, 20)}, np.random.default_rng(1)),
            "above 1",
        ),
        (
            lambda: plan.net_benefit({**RANGES, "setup_cost": (3, 2, 1)}, np.random.default_rng(1)),
            "setup_cost",
        ),
        (lambda: a_plan(problem="").page(), "no 'problem'"),
        (lambda: a_plan(risk="word " * 61).page(), "61 words"),
        (
            lambda: a_plan(
                indicators=pd.DataFrame([("a", "b", "c")] * 6, columns=["indicator", "today", "goal"])
            ).page(),
            "6 indicators",
        ),
    ],
)
def test_a_wrong_answer_is_one_message(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_text_of_a_learner_is_text():
    assert "<b>" not in a_plan(problem="Losses <b>").page().html


def test_the_page_says_when_it_pays():
    never = plan.net_benefit({**RANGES, "loss_avoided": (0, 0, 0)}, np.random.default_rng(1))
    dear = plan.net_benefit({**RANGES, "setup_cost": (1e12, 1e12, 1e12)}, np.random.default_rng(1))
    assert "It pays if it avoids at least" in a_plan().page().html
    assert (
        "nothing can be said about when it pays" in a_plan(drawn=never).page().html
        and "nan" not in a_plan(drawn=never).page().html
    )
    assert "avoided all of today's loss, it would not pay" in a_plan(drawn=dear).page().html


@pytest.mark.skipif(paper.browser() is None, reason="no browser to print with")
@pytest.mark.parametrize("changes", [{}, {"problem": "Short.", "first_step": "Short.", "risk": "Short."}])
def test_the_fullest_and_the_shortest_plan_are_two_a4_pages(tmp_path, changes):
    content = a_plan(**changes).page().save(tmp_path / "plan.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 2
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", content)
    assert float(box[1]) == pytest.approx(595.3, abs=1) and float(box[2]) == pytest.approx(841.9, abs=1)
