"""Gain, difficulty and discrimination agree with scipy and statsmodels; small groups stay hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cleanworks import learning
from cleanworks.errors import InputError


@pytest.fixture
def answers():
    rng = np.random.default_rng(7)
    rows = []
    for person in range(40):
        ability = rng.normal()
        for moment, shift in (("before", -0.5), ("after", 0.7)):
            if moment == "after" and person >= 34:
                continue
            for item in range(10):
                right = rng.random() < 1 / (1 + np.exp(-(ability + shift - (item - 5) / 3)))
                rows.append((f"P{person:02}", moment, f"i{item}", f"objective {item % 5}", right))
    return pd.DataFrame(rows, columns=list(learning.COLUMNS))


def test_paired_gain_is_students_interval(answers):
    both = learning.scores(answers).dropna()
    estimate = learning.paired_gain(both["before"], both["after"])
    test = stats.ttest_rel(both["after"], both["before"])
    low, high = test.confidence_interval(0.95)
    assert (estimate.low, estimate.high) == pytest.approx((low, high))
    assert estimate.n == 34


def test_unpaired_gain_is_welchs_interval(answers):
    table = learning.scores(answers)
    estimate = learning.unpaired_gain(table["before"], table["after"])
    test = stats.ttest_ind(table["after"].dropna(), table["before"], equal_var=False)
    low, high = test.confidence_interval(0.95)
    assert (estimate.low, estimate.high) == pytest.approx((low, high))


def test_statsmodels_gives_the_same_intervals(answers):
    weights = pytest.importorskip("statsmodels.stats.weightstats")
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    both = learning.scores(answers).dropna()
    expected = weights.DescrStatsW(both["after"] - both["before"]).tconfint_mean(0.05)
    estimate = learning.paired_gain(both["before"], both["after"])
    assert (estimate.low, estimate.high) == pytest.approx(expected)
    for right, n in [(0, 8), (3, 8), (8, 8), (57, 60)]:
        expected = proportion.proportion_confint(right, n, method="wilson")
        estimate = learning.share(right, n)
        assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)


def test_discrimination_leaves_the_item_itself_out(answers):
    after = answers[answers["moment"] == "after"]
    wide = after.pivot(index="code", columns="item", values="right").astype(float)
    table = learning.items(answers)
    for item in wide:
        expected = stats.pearsonr(wide[item], wide.drop(columns=item).sum(axis=1)).statistic
        assert table.loc[item, "discrimination"] == pytest.approx(expected)
    assert table["right"].to_dict() == pytest.approx(wide.mean().to_dict())


def test_gain_per_objective_uses_the_same_people_both_times(answers):
    table = learning.gains(answers)
    assert list(table["n"]) == [34] * 5
    assert table["gain"].to_numpy() == pytest.approx((table["after"] - table["before"]).to_numpy())
    assert list(table.index) == [f"objective {k}" for k in range(5)]


def test_groups_say_who_left(answers):
    table = learning.stayed(answers)
    assert table["people"].to_dict() == {"both": 34, "only before": 6, "only after": 0}


def test_the_share_of_the_possible_is_known_only_where_something_was_left_to_learn():
    assert learning.share_of_possible([0.5, 0.5], [1.0, 0.5]) == pytest.approx(0.5)
    assert np.isnan(learning.share_of_possible([1.0], [1.0]))


def test_one_person_has_no_interval():
    estimate = learning.paired_gain([0.2], [0.7])
    assert np.isnan(estimate.low) and "too few" in str(estimate)
    assert learning.paired_gain([], []).n == 0


def test_answers_of_another_shape_are_refused(answers):
    with pytest.raises(InputError, match="no column 'right'"):
        learning.scores(answers.drop(columns="right"))
    with pytest.raises(InputError, match="not a moment"):
        learning.scores(answers.assign(moment="later"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=8), st.integers(1, 8))
def test_no_hidden_count_can_be_had_by_subtraction(counts, least):
    hide = learning.hidden(counts, least)
    counts = np.array(counts)
    assert not ((counts > 0) & (counts < least) & ~hide).any()
    if hide.any():
        assert hide.sum() >= 2


def test_a_single_small_cell_takes_the_next_smallest_with_it():
    assert list(learning.hidden([2, 9, 12], 5)) == [True, True, False]
    assert list(learning.hidden([2, 9, 12], 5, total_shown=False)) == [True, False, False]
    assert list(learning.hidden([7, 9], 5)) == [False, False]
    assert list(learning.hidden([3, 0, 0], 5)) == [True, True, True]
