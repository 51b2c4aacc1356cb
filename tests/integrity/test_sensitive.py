"""Randomised response and the list experiment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import proportion_confint

from cleanworks.errors import InputError
from cleanworks.integrity import sensitive, survey


@pytest.fixture
def rng():
    return np.random.default_rng(2024)


def lists(rng, n=2000, rate=0.1, items=4, chance=0.4):
    treated = np.arange(n) % 2 == 0
    harmless = rng.binomial(items, chance, n)
    count = harmless + (treated & (rng.random(n) < rate))
    return pd.DataFrame({"count": count, "treated": treated})


# -- randomised response -------------------------------------------------------------------------------------------


def test_warner_by_hand():
    got = sensitive.warner(440, 1000, 0.7)
    assert got.value == pytest.approx((0.44 + 0.7 - 1) / 0.4)
    assert got.error**2 == pytest.approx(0.44 * 0.56 / (1000 * 0.4**2))
    low, high = proportion_confint(440, 1000, method="wilson")
    assert (got.low, got.high) == pytest.approx(((low - 0.3) / 0.4, (high - 0.3) / 0.4), abs=1e-12)


def test_warner_is_the_same_with_the_sentences_swapped():
    one, other = sensitive.warner(440, 1000, 0.7), sensitive.warner(560, 1000, 0.3)
    assert (one.value, one.error, one.low, one.high) == pytest.approx(
        (other.value, other.error, other.low, other.high)
    )


def test_with_a_coin_twice_the_noes_are_those_without_the_trait():
    got = sensitive.forced_response(550, 1000, 0.5, 0.5)
    assert 1 - got.value == pytest.approx(2 * 450 / 1000)


def test_telling_the_truth_always_is_a_direct_question():
    got = sensitive.forced_response(30, 300, 0, 1)
    assert (got.low, got.high) == pytest.approx(proportion_confint(30, 300, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("p", [0.5, 0.5 + 1e-12])
def test_a_fair_coin_in_warners_design_tells_nothing(p):
    with pytest.raises(InputError, match=r"With p = 0\.5 .* nothing can be learned") as caught:
        sensitive.warner(500, 1000, p)
    assert "2/3" in caught.value.message
    with pytest.raises(InputError, match="no sample is large enough"):
        sensitive.sample_size_ratio(0.05, p=p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sensitive.warner(11, 10, 0.7), "outside 0 to 10"),
        (lambda: sensitive.warner(1, 10, 1.2), "between 0 and 1"),
        (lambda: sensitive.forced_response(1, 10, 0.5, 0), "Nobody answers truly"),
        (lambda: sensitive.forced_response(1, 10, 0.5, 0.6), "sum to 1.1"),
        (lambda: sensitive.sample_size_ratio(0.1), "probabilities of the device are missing"),
    ],
)
def test_impossible_designs_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_negative_estimate_is_kept_and_explained():
    got = sensitive.forced_response(150, 1000, 1 / 6, 2 / 3)
    assert got.value < 0
    assert "below 0" in got.note
    assert "read the interval" in got.note
    cut = sensitive.forced_response(150, 1000, 1 / 6, 2 / 3, truncate=True)
    assert (cut.value, cut.low) == (0, 0)
    assert "Cut to the range" in cut.note
    assert cut.error == got.error


def test_an_impossible_share_of_yes_points_at_the_fieldwork():
    got = sensitive.warner(50, 1000, 0.7)
    assert "followed the instructions" in got.note
    assert "above 1" in sensitive.forced_response(990, 1000, 0.1, 0.7).note


def test_an_estimate_inside_the_range_has_no_note():
    assert sensitive.warner(440, 1000, 0.7).note == ""
    assert sensitive.warner(440, 1000, 0.7, truncate=True) == sensitive.warner(440, 1000, 0.7)


def test_equal_answers_are_explained():
    got = sensitive.forced_response(0, 50, 0.0, 1.0)
    assert got.error == 0
    assert "not certainty" in got.note
    assert got.high > 0.05


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
def test_the_ratio_is_that_of_the_variances(rate):
    p = 0.7
    ratio = sensitive.sample_size_ratio(rate, p=p)
    assert ratio == pytest.approx(1 + p * (1 - p) / ((2 * p - 1) ** 2 * rate * (1 - rate)))
    said = sensitive.share_of_yes(rate, p_yes=1 / 6, p_truth=2 / 3)
    forced = sensitive.sample_size_ratio(rate, p_yes=1 / 6, p_truth=2 / 3)
    assert forced == pytest.approx(said * (1 - said) / (4 / 9) / (rate * (1 - rate)))
    assert 1 < forced < ratio  # forced response is the more efficient of the two (acrc-s128)
    assert sensitive.sample_size_ratio(rate, p_yes=0, p_truth=1) == pytest.approx(1)


def test_the_variance_is_the_one_that_repeated_surveys_show(rng):
    said = sensitive.share_of_yes(0.1, p=0.7)
    answers = rng.binomial(500, said, 4000)
    by_answer = {yes: sensitive.warner(yes, 500, 0.7).value for yes in np.unique(answers)}
    estimates = [by_answer[yes] for yes in answers]
    assert np.mean(estimates) == pytest.approx(0.1, abs=0.005)
    assert np.std(estimates) == pytest.approx((said * (1 - said) / 500) ** 0.5 / 0.4, rel=0.05)


@pytest.mark.parametrize("device", [{"p": 0.7}, {"p_yes": 1 / 6, "p_truth": 2 / 3}])
def test_randomised_intervals_cover(rng, device):
    said = sensitive.share_of_yes(0.05, **device)
    estimate = sensitive.warner if "p" in device else sensitive.forced_response
    answers = rng.binomial(600, said, 1500)
    bounds = {yes: estimate(yes, 600, **device) for yes in np.unique(answers)}
    covered = np.mean([bounds[yes].low <= 0.05 <= bounds[yes].high for yes in answers])
    assert 0.92 < covered < 0.98


# -- list experiment -----------------------------------------------------------------------------------------------


def test_the_list_experiment_is_welchs_comparison(rng):
    table = lists(rng)
    got = sensitive.list_experiment(table, items=4)
    groups = [table.loc[table["treated"].eq(side), "count"] for side in (True, False)]
    welch = ttest_ind(*groups, equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert got.value == pytest.approx(groups[0].mean() - groups[1].mean())
    assert got.value / got.error == pytest.approx(welch.statistic, abs=1e-10)
    assert got.freedom == pytest.approx(welch.df, abs=1e-8)
    assert (got.low, got.high) == pytest.approx((interval.low, interval.high), abs=1e-10)


def test_a_negative_list_estimate_is_explained():
    table = pd.DataFrame(
        {"treated": [True] * 40 + [False] * 40, "count": [0, 1, 2, 2] * 10 + [1, 2, 2, 2] * 10}
    )
    got = sensitive.list_experiment(table, items=3)
    assert got.value == pytest.approx(-0.5)
    assert "below 0" in got.note
    assert sensitive.list_experiment(table, items=3, truncate=True).value == 0


def test_a_list_costs_more_than_a_direct_question():
    # Four harmless items at 0.4 vary by 0.96; a trait of 5 % varies by 0.0475.
    ratio = sensitive.sample_size_ratio(0.05, list_variances=(0.96 + 0.0475, 0.96))
    assert ratio == pytest.approx(2 * (2 * 0.96 + 0.0475) / 0.0475)
    assert ratio > 80


def test_respondent_types_sum_to_one_and_to_the_estimate(rng):
    table = lists(rng)
    types = sensitive.respondent_types(table, items=4)
    assert types[["with_trait", "without_trait"]].to_numpy().sum() == pytest.approx(1)
    assert types["with_trait"].sum() == pytest.approx(sensitive.list_experiment(table, items=4).value)
    longer = table.loc[table["treated"], "count"]
    assert types.loc[4, "with_trait"] == pytest.approx(longer.eq(5).mean())


def test_the_errors_of_the_types_are_those_of_repeated_surveys(rng):
    drawn = [sensitive.respondent_types(lists(rng, 400), items=4) for _ in range(400)]
    for share, error in (("with_trait", "with_error"), ("without_trait", "without_error")):
        spread = np.std([types[share] for types in drawn], axis=0)
        stated = np.mean([types[error] for types in drawn], axis=0)
        assert spread == pytest.approx(stated, rel=0.2, abs=0.003)


def test_no_design_effect_is_rarely_rejected_when_there_is_none(rng):
    # The most difficult case: nobody has the trait, so several true shares are exactly zero.
    rejected = sum(
        sensitive.no_design_effect(lists(rng, 600, rate=0.0), rng, items=4, draws=300).p_value < 0.05
        for _ in range(120)
    )
    assert rejected <= 14  # 6 expected at most


def test_a_design_effect_is_found(rng):
    table = lists(rng, 2000)
    # Seeing the sensitive item, people deny one harmless item too.
    shy = table["treated"] & (rng.random(2000) < 0.4)
    table["count"] = (table["count"] - shy).clip(lower=0)
    got = sensitive.no_design_effect(table, rng, items=4, draws=500)
    assert got.p_value < 0.01
    assert "Do not use the estimate" in got.note
    assert got.table["with_trait"].min() < 0


def test_honest_answers_pass_and_the_p_value_is_twice_the_smaller_part(rng):
    got = sensitive.no_design_effect(lists(rng), rng, items=4, draws=500)
    assert got.p_value == min(1, 2 * min(got.parts))
    assert "Not rejected" in got.note


def test_the_distance_of_one_share_is_a_one_sided_z_test(rng):
    share, variance = np.array([-0.05]), np.array([[0.02**2]])
    got = sensitive._distance_test(share, variance, rng, 20_000)
    assert got == pytest.approx(0.00621, abs=0.002)  # P(Z < -2.5)


def test_counts_that_nobody_gives_do_no_harm(rng):
    table = lists(rng)
    table["count"] = table["count"].clip(upper=2)
    assert 0 <= sensitive.no_design_effect(table, rng, items=4, draws=200).p_value <= 1


def test_ceiling_and_floor_are_measured(rng):
    few = sensitive.ceiling_and_floor(lists(rng), items=4)
    assert not few.loc["ceiling", "warning"]
    many = sensitive.ceiling_and_floor(lists(rng, chance=0.8), items=4)
    assert many.loc["ceiling", "warning"]
    assert many.loc["ceiling", "control"] == pytest.approx(0.8**4, abs=0.04)
    assert many.loc["ceiling", "exposed"] == pytest.approx(0.1 * 0.8**4, abs=0.03)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 6}, "outside 0 to 5"),
        ({"count": 1.5}, "not a whole number"),
        ({"count": 5, "treated": False}, "more than the 4 items"),
        ({"count": None}, "missing"),
        ({"treated": "perhaps"}, "neither true nor false"),
    ],
)
def test_impossible_counts_are_named(rng, change, message):
    table = lists(rng, 20).astype(object)
    for column, value in change.items():
        table.loc[7, column] = value
    with pytest.raises(InputError, match=message) as caught:
        sensitive.list_experiment(table, items=4)
    assert "row 7" in caught.value.message


def test_both_lists_are_needed(rng):
    with pytest.raises(InputError, match="0 the short one"):
        sensitive.list_experiment(lists(rng, 20).assign(treated=True), items=4)


def test_the_list_interval_covers(rng):
    covered = []
    for _ in range(400):
        got = sensitive.list_experiment(lists(rng, 400), items=4)
        covered.append(got.low <= 0.1 <= got.high)
    assert 0.89 < np.mean(covered) < 0.995


def test_the_smallest_rate_that_a_protected_question_sees():
    assert sensitive.detection_limit(0.01) == pytest.approx(0.028, abs=0.0001)


def test_a_list_with_equal_counts_has_an_interval_with_width():
    table = pd.DataFrame({"count": [2] * 20 + [1] * 20, "treated": [True] * 20 + [False] * 20})
    got = sensitive.list_experiment(table, items=3)
    assert got.value == 1 and got.error == 0 and "not certainty" in got.note
    others = survey.wilson(0, 20).high
    assert got.low == pytest.approx(1 - others * 2 - others * 2)
    assert got.high == pytest.approx(1 + others * 2 + others * 1)
    nobody = sensitive.list_experiment(table.assign(count=0), items=3)
    assert nobody.low < nobody.value == 0 < nobody.high
