"""The index, its sensitivity to weights, and how many projects to check."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from cleanworks.construction import transparency
from cleanworks.errors import InputError

SCORES = pd.DataFrame(
    {
        "enabling_environment": [30.4, 60, 60], "capacities_and_processes": [50, 40, 60],
        "citizen_participation": [80, 20, 60], "data_publication": [40, 90, 60],
    },
    index=["A", "B", "C"],
)  # fmt: skip


def test_equal_weights_give_the_mean():
    assert transparency.index(SCORES).to_dict() == pytest.approx(SCORES.mean(axis=1).to_dict())


def test_weights_are_divided_by_their_sum():
    once = transparency.index(SCORES, {"data_publication": 3, "citizen_participation": 1})
    assert once["B"] == pytest.approx((3 * 90 + 20) / 4)
    pd.testing.assert_series_equal(
        once, transparency.index(SCORES, {"data_publication": 0.75, "citizen_participation": 0.25})
    )


def test_a_missing_dimension_gives_no_index():
    scores = SCORES.copy()
    scores.loc["A", "data_publication"] = np.nan
    assert transparency.index(scores).isna().to_dict() == {"A": True, "B": False, "C": False}


def test_ties_share_the_better_place():
    assert transparency.ranks(pd.Series({"x": 5, "y": 7, "z": 7})).to_dict() == {"x": 3, "y": 1, "z": 1}


def test_sensitivity_is_the_same_for_the_same_generator():
    one, two = (transparency.rank_sensitivity(SCORES, np.random.default_rng(7), draws=400) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert one.index[0] == "C" and one.loc["C", "rank"] == 1
    assert one["share_first"].sum() == pytest.approx(1)
    assert (one["best"] <= one["low"]).all() and (one["high"] <= one["worst"]).all()


def test_who_is_better_in_everything_is_first_under_all_weights():
    scores = SCORES.copy()
    scores.loc["C"] = 95
    table = transparency.rank_sensitivity(scores, np.random.default_rng(1), draws=300)
    assert table.loc["C", ["best", "worst", "share_first"]].tolist() == [1, 1, 1]


def test_weights_that_stay_near_the_middle_move_ranks_less():
    wide = transparency.rank_sensitivity(SCORES, np.random.default_rng(2), draws=2000)
    near = transparency.rank_sensitivity(SCORES, np.random.default_rng(2), draws=2000, concentration=2000)
    assert near.loc["C", "share_first"] > wide.loc["C", "share_first"]


def test_sample_for_a_share():
    # n0 = 1.96^2 * 0.25 / 0.05^2 = 384.1, the number every textbook prints as 385.
    assert transparency.sample_for_share(10**9, 0.05) == 385
    # Kish's correction for 300 projects: 384.1 / (1 + 383.1/300) = 168.7.
    assert transparency.sample_for_share(300, 0.05) == 169
    assert transparency.sample_for_share(5, 0.05) == 5
    assert transparency.sample_for_share(0, 0.05) == 0
    assert transparency.sample_for_share(300, 1) == 1


def test_chance_of_finding_by_counting_all_samples():
    faulty = {0, 1}
    samples = list(itertools.combinations(range(7), 3))
    met = sum(bool(faulty & set(sample)) for sample in samples) / len(samples)
    assert transparency.chance_of_finding(7, 2, 3) == pytest.approx(met)
    assert transparency.chance_of_finding(7, 0, 7) == 0
    assert transparency.chance_of_finding(7, 7, 1) == 1


@pytest.mark.parametrize(("projects", "faulty"), [(300, 30), (300, 3), (20, 1), (5, 5)])
def test_sample_to_find_is_the_smallest(projects, faulty):
    number = transparency.sample_to_find(projects, faulty, 0.95)
    assert transparency.chance_of_finding(projects, faulty, number) >= 0.95
    assert number == 1 or transparency.chance_of_finding(projects, faulty, number - 1) < 0.95


def test_certainty_means_checking_all_but_the_rest():
    assert transparency.sample_to_find(20, 1, 1.0) == 20
    assert math.isclose(transparency.chance_of_finding(20, 1, 19), 0.95)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transparency.index(SCORES, {"luck": 1}), "luck"),
        (lambda: transparency.index(SCORES, {"data_publication": -1}), "0 or more"),
        (lambda: transparency.index(SCORES * 2), "row A, column citizen_participation.*between 0 and 100"),
        (lambda: transparency.rank_sensitivity(SCORES, np.random.default_rng(0), draws=0), "draws: 0 is not"),
        (lambda: transparency.rank_sensitivity(SCORES, np.random.default_rng(0), weights={"data_publication": 1, "citizen_participation": 0}, concentration=10), "cannot be varied"),
        (lambda: transparency.sample_for_share(10, 0), "certainty"),
        (lambda: transparency.sample_for_share(10, 5), "not a share"),
        (lambda: transparency.sample_for_share(10.5, 0.1), "not a whole number of 0 or more"),
        (lambda: transparency.sample_to_find(10, 0), "nothing to find"),
        (lambda: transparency.chance_of_finding(10, 3, 11), "11 projects cannot be drawn from 10"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(InputError, match=message):
        call()
