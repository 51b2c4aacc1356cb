"""The M&E plan: bounds for a changing set of bodies, what interviews buy, weights and ranks, and two pages that are two pages."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cleanworks import paper
from cleanworks.errors import InputError
from cleanworks.integrity import plan, published, results
from tests.few import few

ROW = results.LogframeRow(
    code="O1", level="outcome", result="Users meet fewer bribe demands", indicator=results.Indicator("asked for a bribe", "outcome", "% of users", "down"),
    baseline=2.4, baseline_year=2026, target=1.6, target_year=2029, verification="telephone survey", assumptions=("people dare to answer",),
)  # fmt: skip


def a_plan(**changes):
    answers = {name: "eighteen " * 45 for name in plan._TEXTS} | {
        "country": "Exampleland", "owner": "Integrity Office", "bodies": 100, "interviews": 20_000, "sd": 1.6, "rate": 0.02,
        "rows": [replace(ROW, code=f"O{i}", result="r" * 40 + " " + "s" * 45, verification="v" * 40 + " " + "w" * 45) for i in range(4)],
        "weights": {"part " + "x" * 50 + str(i): w for i, w in enumerate((20, 20, 20, 20, 10, 10))},
        "calendar": {month: "publish " + "y" * 30 + " " + "z" * 40 for month in range(1, 9)},
    }  # fmt: skip
    return plan.MEPlan(**{**answers, **changes})


SHORT = {
    **{name: "One sentence." for name in plan._TEXTS},
    "rows": [ROW],
    "weights": {"all": 100},
    "calendar": {1: "ask", 9: "publish"},
}


def test_the_bounds_agree_with_every_pair_of_sets_that_fits_the_published_means():
    rng = np.random.default_rng(3)
    for _ in range(200):
        stay, left, came = rng.integers(1, 9, 3)
        before, after = rng.uniform(0, 100, stay + left), rng.uniform(0, 100, stay + came)
        found = plan.repeat_change((len(before), before.mean()), (len(after), after.mean()), int(stay))
        true = after[:stay].mean() - before[:stay].mean()
        assert found.lowest - 1e-9 <= true <= found.highest + 1e-9


def test_bounds_are_reached():
    found = plan.repeat_change((2, 50), (3, 60), 1)
    assert (found.lowest, found.highest) == (0 - 100, 100 - 0)
    found = plan.repeat_change((10, 50), (11, 60), 9)
    assert found.lowest == pytest.approx((660 - 200) / 9 - 500 / 9)
    assert found.highest == pytest.approx(660 / 9 - 400 / 9)


def test_without_change_of_bodies_nothing_is_unknown():
    found = plan.repeat_change((95, 68.9), (95, 73.8), 95)
    assert (
        found.lowest == pytest.approx(found.highest) == pytest.approx(found.published) == pytest.approx(4.9)
    )


def test_uzbekistan_2023_to_2024_leaves_even_the_sign_open():
    cells = published.table("partners")
    year = cells[cells["series"].eq("Uzbekistan")].pivot_table(
        index="year", columns="measure", values="value"
    )
    first, second = year.loc[2023], year.loc[2024]
    assert second["bodies assessed before"] + second["new bodies"] == second["bodies"]
    found = plan.repeat_change(
        (first["bodies"], first["mean score"]),
        (second["bodies"], second["mean score"]),
        second["bodies assessed before"],
    )
    assert found.published == pytest.approx(4.9)
    assert found.lowest < 0 < found.highest


def test_margins_by_hand_and_against_a_simulation():
    table = plan.survey_options(20_000, [100], sd=1.6, rate=0.02, design_effect=1.5)
    one = table.loc[100]
    assert one["people"] == 200
    assert one["margin"] == pytest.approx(1.959964 * 1.6 * (1.5 / 200) ** 0.5, rel=1e-6)
    assert one["expected_cases"] == pytest.approx(4)
    simple = plan.survey_options(20_000, [100], sd=1.6, rate=0.02).loc[100]
    means = np.random.default_rng(1).normal(0, 1.6, (4000, 200)).mean(axis=1)
    assert (np.abs(means) < simple["margin"]).mean() == pytest.approx(0.95, abs=0.012)


def test_ranks_by_hand():
    scores = pd.DataFrame({"a": [90, 50, 50], "b": [10, 60, 60]}, index=["x", "y", "z"])
    table = plan.ranks_under(scores, {"first": {"a": 100, "b": 0}, "second": {"a": 0, "b": 100}})
    assert table["first"].tolist() == [1, 2, 2]
    assert table["second"].tolist() == [3, 1, 1]
    assert table["moves"].tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plan.repeat_change((5, 50), (9, 60), 6), "only 5 were assessed"),
        (lambda: plan.repeat_change((5, 150), (9, 60), 4), "not between 0 and 100"),
        (lambda: plan.repeat_change((5, 50), (9, 60), 4, low=100, high=0), "not below"),
        (lambda: plan.survey_options(100, [80], sd=1, rate=0.02), "1 for each of 80"),
        (lambda: plan.survey_options(100, [10], sd=1, rate=2.4), "between 0 and 1"),
        (lambda: plan.ranks_under(pd.DataFrame({"a": [1, 2]}), {"w": {"a": 90}}), "sum to 90"),
        (
            lambda: plan.ranks_under(pd.DataFrame({"a": [1, 2]}), {"w": {"b": 100}}),
            "only in the scores or only in the weights",
        ),
        (lambda: a_plan(purpose=" ").page(), "no 'purpose'"),
        (lambda: a_plan(risk="word " * 46).page(), "46 words"),
        (lambda: a_plan(weights={"a": 50, "b": 40}).page(), "sum to 90"),
        (lambda: a_plan(calendar={0: "ask", 3: "publish"}).page(), "not a month"),
        (lambda: a_plan(calendar={3: "publish"}).page(), "1 steps"),
        (lambda: a_plan(rows=[]).page(), "0 results"),
        (lambda: a_plan(rows=[ROW, ROW]).page(), "O1"),
        (lambda: a_plan(bodies=20_000).page(), "1 for each"),
    ],
)
def test_bad_answers_are_told(call, words):
    with pytest.raises(InputError, match=re.escape(words)):
        call()


def test_the_plan_says_what_is_weak_in_it():
    bare = replace(ROW, baseline=None, baseline_year=None, verification="")
    weak = a_plan(**{**SHORT, "rows": [bare], "calendar": {1: "ask", 2: "count"}})
    text = " ".join(weak.weaknesses())
    assert (
        "no baseline" in text
        and "name the source" in text
        and "no month of publication" in text
        and "publish no rate" in text
    )
    assert "no month of publication" in weak.page().html
    strong = a_plan(**{**SHORT, "bodies": 1, "interviews": 5000})
    assert strong.weaknesses() == [] and "found nothing" in strong.page().html


def test_text_is_escaped():
    assert "<b>" not in a_plan(**{**SHORT, "purpose": "Learn <b>"}).page().html


@pytest.mark.parametrize("changes", few([{}, SHORT], [{}]))
def test_the_fullest_and_the_shortest_plan_are_two_a4_pages(tmp_path, changes):
    if not paper.browser():
        pytest.fail("Chromium is missing: it prints the plan.")
    content = a_plan(**changes).page().save(tmp_path / "plan.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 2
