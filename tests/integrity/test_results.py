"""Logframe rows, chains, rubrics, and what a survey can detect."""

from __future__ import annotations

import pytest
from statsmodels.stats.power import normal_sample_size_one_tail
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from cleanworks.errors import InputError
from cleanworks.integrity import results
from cleanworks.integrity.results import Indicator, LogframeRow

DEMANDS = Indicator("share asked for a bribe", "outcome", "% of users of three duties", "down")
PLANS = Indicator("plans verified", "output", "plans", "up")
SITES = Indicator("agencies visited", "input", "agencies", "up")
PRICES = Indicator("spread of prices paid", "impact", "%", "down")


def row(code="OC1", level="outcome", indicator=DEMANDS, **changes):
    given = dict(
        code=code,
        level=level,
        result="Service users meet fewer bribe demands",
        indicator=indicator,
        baseline=2.4,
        baseline_year=2024,
        target=1.6,
        target_year=2027,
        verification="independent telephone survey",
        assumptions=("The rate falls through behaviour, not through fear of reporting.",),
    )
    return LogframeRow(**(given | changes))


def chain():
    return (
        row("IM1", "impact", PRICES),
        row("OC1", leads_to="IM1"),
        row("OP1", "output", PLANS, baseline=0, target=40, leads_to="OC1"),
        row("AC1", "activity", SITES, baseline=0, target=60, milestones={2025: 20}, leads_to="OP1"),
    )


# -- logframe ------------------------------------------------------------------------------------------------------


def test_a_complete_row_has_no_weakness():
    assert results.weaknesses(row()).empty


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"baseline": None}, "no baseline"),
        ({"target": 3.0}, "moves away"),
        ({"target": 2.4}, "equals the baseline"),
        ({"verification": " "}, "Nobody can check"),
        ({"assumptions": ()}, "No assumption"),
        ({"indicator": PLANS, "target": 9}, "does not measure an outcome"),
        ({"level": "activity", "indicator": SITES, "target": 9}, "without milestones"),
    ],
)
def test_a_weak_row_is_told_what_is_weak(changes, finding):
    assert results.weaknesses(row(**changes))["finding"].str.contains(finding).any()


def test_a_count_of_detected_cases_is_ambiguous():
    cases = Indicator("gifts reported", "outcome", "cases", "up", detection=True)
    found = results.weaknesses(row(indicator=cases, target=9))
    assert found["finding"].str.contains("better detection").any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": "goal"}, "'goal' is not known"),
        ({"target_year": 2024}, "not after the baseline year"),
        ({"result": ""}, "no text for result"),
        ({"baseline_year": None}, "baseline has no year"),
        ({"assumptions": "one sentence"}, "lists of sentences"),
        ({"target": float("nan")}, "missing"),
    ],
)
def test_a_row_that_cannot_be_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        row(**changes)


def test_the_logframe_lists_the_impact_first_in_the_columns_of_the_handbook():
    table = results.logframe(chain()[::-1])
    assert list(table["level"]) == ["impact", "outcome", "output", "activity"]
    assert {"baseline", "target", "means of verification", "assumptions", "risks"} <= set(table)
    assert table.loc["OC1", "baseline"] == "2.4 (2024)"


# -- rubrics -------------------------------------------------------------------------------------------------------


def test_one_zero_sends_an_indicator_back_whatever_its_total():
    points = dict.fromkeys(results.RACER, 2) | {"robust": 0}
    score = results.score_rubric(points, "RACER")
    assert (score.total, score.highest, score.flagged, score.usable) == (8, 10, ("robust",), False)
    assert results.score_rubric(dict.fromkeys(results.SMART, 1)).usable


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({"specific": 2}, "no points for 'measurable'"),
        (dict.fromkeys(results.SMART, 2) | {"pretty": 1}, "'pretty' is not a letter"),
        (dict.fromkeys(results.SMART, 3), "3 points"),
    ],
)
def test_a_rubric_wants_every_letter_scored(points, message):
    with pytest.raises(InputError, match=message):
        results.score_rubric(points)


def test_there_are_four_types_of_indicator():
    assert list(results.indicator_types().index) == ["input", "output", "outcome", "impact"]


# -- what can be detected ------------------------------------------------------------------------------------------


def test_from_24_to_16_per_thousand_takes_about_7200_people_in_each_round():
    n = results.sample_size_two_rates(0.024, 0.016, design_effect=1.5)
    assert n == pytest.approx(7200, abs=50)
    # The published arithmetic uses 1.96 and 0.84.
    assert n == pytest.approx(2 * 0.02 * 0.98 * (1.96 + 0.84) ** 2 / 0.008**2 * 1.5, rel=0.002)


@pytest.mark.parametrize("rates", [(0.024, 0.016), (0.10, 0.15), (0.5, 0.4)])
def test_sample_sizes_agree_with_statsmodels(rates):
    before, after = rates
    pooled = samplesize_proportions_2indep_onetail(after - before, before, 0.8, ratio=1, alpha=0.05)
    assert results.sample_size_two_rates(before, after, formula="pooled") == pytest.approx(pooled, rel=1e-8)
    p = (before + after) / 2
    average = normal_sample_size_one_tail(after - before, 0.8, 0.025, (2 * p * (1 - p)) ** 0.5)
    assert results.sample_size_two_rates(before, after) == pytest.approx(average, rel=1e-8)


@pytest.mark.parametrize("formula", results.FORMULAS)
@pytest.mark.parametrize(("direction", "after"), [("down", 0.016), ("up", 0.03)])
def test_size_power_and_detectable_change_are_one_relation(formula, direction, after):
    n = results.sample_size_two_rates(0.024, after, design_effect=1.5, formula=formula)
    assert results.power_two_rates(n, 0.024, after, design_effect=1.5, formula=formula) == pytest.approx(0.8)
    found = results.minimum_detectable_change(
        n, 0.024, direction=direction, design_effect=1.5, formula=formula
    )
    assert found.after == pytest.approx(after, rel=1e-6)
    assert found.change == pytest.approx(after - 0.024, rel=1e-5)


def test_a_small_survey_is_told_that_it_can_show_nothing():
    found = results.minimum_detectable_change(260, 0.005)
    assert not found.possible
    assert found.change is None
    assert "Pool institutions or years" in found.note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: results.sample_size_two_rates(0.02, 0.02), "no change to detect"),
        (lambda: results.sample_size_two_rates(2.4, 1.6), "not a share from 0 to 1"),
        (lambda: results.sample_size_two_rates(0.02, 0.01, power=1), "between 0 and 1"),
        (lambda: results.sample_size_two_rates(0.02, 0.01, design_effect=0), "above zero"),
        (lambda: results.sample_size_two_rates(0.02, 0.01, formula="best"), "average, pooled"),
        (lambda: results.minimum_detectable_change(-4, 0.02), "above zero"),
        (lambda: results.minimum_detectable_change(100, float("nan")), "missing"),
    ],
)
def test_impossible_plans_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
