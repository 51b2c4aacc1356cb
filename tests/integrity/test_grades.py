"""Grades and ranks against the cut-offs of 2015, the normal distribution and an independent simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cleanworks.errors import InputError
from cleanworks.integrity import grades, published


def test_the_published_cut_offs_of_2015():
    mean = published.value("ia_grades", "mean score", year=2015)
    sd = published.value("ia_grades", "spread of one band", year=2015)
    printed = [
        published.value("ia_grades", f"lowest score of grade {grade}", year=2015) for grade in (1, 2, 3, 4)
    ]
    assert grades.cut_offs(mean, sd).tolist() == printed


def test_normal_shares():
    assert (100 * grades.normal_shares()).round(1).tolist() == [6.7, 24.2, 38.3, 24.2, 6.7]


def test_grade_is_where_the_score_lies_between_the_edges():
    scores = pd.Series(np.random.default_rng(3).normal(80, 3, 20_000))
    given = grades.grade(scores)
    z = stats.zscore(scores)
    assert (given[z >= 1.5] == 1).all() and (given[z < -1.5] == 5).all()
    assert np.allclose(given.value_counts(normalize=True).sort_index(), grades.normal_shares(), atol=0.01)


def test_grading_is_within_type():
    scores = pd.Series([1.0, 2, 3, 101, 102, 103])
    types = pd.Series(["small"] * 3 + ["large"] * 3)
    given = grades.grade(scores, types)
    assert given[:3].tolist() == given[3:].tolist() == [4, 3, 2]


def test_a_missing_score_has_a_missing_grade():
    given = grades.grade(pd.Series([1.0, None, 2.0, 3.0]))
    assert given.isna().tolist() == [False, True, False, False]


def test_equal_scores_and_single_bodies_have_no_grades():
    with pytest.raises(InputError, match="do not differ"):
        grades.grade(pd.Series([5.0, 5.0, 5.0]))
    with pytest.raises(InputError, match="'one'"):
        grades.grade(pd.Series([5.0, 6.0, 7.0]), pd.Series(["two", "two", "one"]))
    with pytest.raises(InputError, match="above zero"):
        grades.cut_offs(6, 0)


def test_equal_scores_share_the_better_rank():
    assert grades.ranks(pd.Series([7.0, 9, 7, 5])).tolist() == [2, 1, 2, 4]


def test_rank_intervals_shrink_to_the_rank_without_error_and_repeat_by_seed():
    scores = pd.Series([7.0, 9, 8], index=list("abc"))
    sure = grades.rank_intervals(scores, scores * 0, np.random.default_rng(0))
    assert (sure["low"] == sure["rank"]).all() and (sure["high"] == sure["rank"]).all()
    twice = [grades.rank_intervals(scores, scores * 0 + 0.5, np.random.default_rng(4)) for _ in range(2)]
    pd.testing.assert_frame_equal(*twice)


def test_rank_intervals_agree_with_another_simulation():
    scores = pd.Series(np.linspace(70, 90, 12))
    errors = pd.Series(np.full(12, 3.0))
    found = grades.rank_intervals(scores, errors, np.random.default_rng(5), draws=4000)
    other = np.random.default_rng(6).normal(scores, errors, size=(4000, 12))
    by_scipy = 13 - stats.rankdata(other, axis=1)
    assert np.allclose(found["low"], np.quantile(by_scipy, 0.05, axis=0), atol=1)
    assert np.allclose(found["high"], np.quantile(by_scipy, 0.95, axis=0), atol=1)


def test_rank_intervals_stay_inside_their_group():
    scores = pd.Series(np.arange(10.0))
    groups = pd.Series(["x", "y"] * 5)
    found = grades.rank_intervals(scores, scores * 0 + 5, np.random.default_rng(7), groups=groups)
    assert found["low"].min() == 1 and found["high"].max() == 5


def test_errors_that_are_missing_or_of_other_bodies_are_refused():
    scores = pd.Series([1.0, 2.0])
    with pytest.raises(InputError, match="missing"):
        grades.rank_intervals(scores, pd.Series([1.0, None]), np.random.default_rng(0))
    with pytest.raises(InputError, match="same institutions"):
        grades.rank_intervals(scores, pd.Series([1.0, 1.0], index=[5, 6]), np.random.default_rng(0))
