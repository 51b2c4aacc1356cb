"""Scoring: published figures come out, wrong input gets a sentence, and ours is marked as ours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanworks.errors import InputError
from cleanworks.integrity import assessment as ia


def answers(**changes):
    table = pd.DataFrame({item: [7, 4, 1] for item in ia.PERCEPTION})
    table.insert(0, "response_id", ["r1", "r2", "r3"])
    table.insert(1, "institution_id", ["a", "a", "b"])
    table["experienced"] = [False, False, True]
    return table.assign(**changes)


# -- items ---------------------------------------------------------------------------------------------------------


def test_anchors_are_those_printed_for_2002():
    assert ia.anchors().round(1).tolist() == [0, 1.7, 3.3, 5, 6.7, 8.3, 10]


def test_reversing_swaps_the_ends_and_keeps_the_middle():
    assert [ia.to_ten(r, reverse=True) for r in (1, 4, 7)] == [10, 5, 0]


@given(st.integers(2, 11), st.data())
def test_an_answer_and_its_reverse_sum_to_ten(points, data):
    answer = data.draw(st.integers(1, points))
    assert ia.to_ten(answer, points) + ia.to_ten(answer, points, reverse=True) == pytest.approx(10)
    assert 0 <= ia.to_ten(answer, points) <= 10


def test_no_answer_stays_no_answer():
    scored = ia.to_ten(pd.Series([1, None, 7], dtype="Int64"))
    assert scored.isna().tolist() == [False, True, False]


@pytest.mark.parametrize("code", [0, 8, 9, 99, -1])
def test_a_code_outside_the_scale_is_named_with_its_row(code):
    with pytest.raises(InputError, match=rf"row x2: The answer {code} is outside the scale 1 to 7"):
        ia.to_ten(pd.Series([3, code], index=["x1", "x2"]))


def test_a_table_with_a_wrong_code_names_the_column():
    with pytest.raises(InputError, match="column passive_conduct, row 1"):
        ia.item_scores(answers(passive_conduct=[1, 9, 2]))


def test_a_missing_column_and_a_repeated_response_are_errors():
    with pytest.raises(InputError, match="private_interest"):
        ia.item_scores(answers().drop(columns="private_interest"))
    with pytest.raises(InputError, match="r1 appears more than once"):
        ia.item_scores(answers(response_id=["r1", "r1", "r3"]))


def test_negative_items_are_reversed():
    scored = ia.item_scores(answers())
    assert scored["transparent_handling"].tolist() == [10, 5, 0]
    assert scored["abuse_of_power"].tolist() == [0, 5, 10]


def test_an_item_left_unreversed_is_found():
    rng = np.random.default_rng(1)
    good = rng.integers(1, 8, size=300)
    table = pd.DataFrame({item: 8 - good for item in ia.PERCEPTION})
    table["transparent_handling"] = good
    assert not ia.unreversed_items(ia.item_scores(table))["suspect"].any()
    forgotten = ia.item_scores(table, negative=[i for i in ia.NEGATIVE if i != "abuse_of_power"])
    found = ia.unreversed_items(forgotten)
    assert found.index[found["suspect"]].tolist() == ["abuse_of_power"]


def test_all_equal_answers_accuse_no_item():
    scored = ia.item_scores(answers(**{item: 4 for item in ia.PERCEPTION}))
    found = ia.unreversed_items(scored)
    assert found["correlation"].isna().all() and not found["suspect"].any()


# -- perception and experience --------------------------------------------------------------------------------------


def test_perception_uses_the_questions_that_were_answered():
    scored = pd.DataFrame({"a": [10.0, np.nan, np.nan], "b": [0.0, 4.0, np.nan]})
    assert ia.perception(scored).tolist()[:2] == [5, 4]
    assert ia.perception(scored).isna().tolist() == [False, False, True]
    assert ia.perception(scored, {"b": 1, "a": 3}).iloc[0] == 7.5


def test_weights_of_questions_must_fit_the_questions():
    scored = pd.DataFrame({"a": [1.0], "b": [2.0]})
    for wrong in ({"a": 1}, {"a": 1, "b": 1, "c": 1}, {"a": -1, "b": 2}, {"a": 0, "b": 0}):
        with pytest.raises(InputError):
            ia.perception(scored, wrong)


def test_experience_has_a_declared_goalpost():
    assert ia.experience_score(0) == 10
    assert ia.experience_score(0.05) == ia.experience_score(0.9) == 0
    assert ia.experience_score(0.01, worst=0.04) == pytest.approx(7.5)
    with pytest.raises(InputError, match=r"Write 5 % as 0\.05"):
        ia.experience_score(2)
    with pytest.raises(InputError, match="goalpost"):
        ia.experience_score(0.1, worst=0)


def test_a_survey_is_scored_for_each_institution():
    good = {item: [1, 1, 1] for item in ia.NEGATIVE}
    scored = ia.survey_part(answers(transparent_handling=[7, 7, 7], **good, experienced=[False, False, True]))
    assert scored.loc["a", ["respondents", "perception", "rate", "score"]].tolist() == [2, 10, 0, 10]
    # One respondent, who reported an experience: the experience part is 0 and there is no standard error.
    assert scored.loc["b", "score"] == pytest.approx(70 / 9)
    assert np.isnan(scored.loc["b", "error"])


# -- weights ------------------------------------------------------------------------------------------------------------


def test_every_weight_says_where_it_comes_from():
    table = ia.weights()
    assert table["status"].isin(ia.STATUSES).all()
    assert (table.loc[table["status"].ne("ours"), "source"] != "").all()
    status = table.groupby("model")["status"].agg(lambda column: " ".join(sorted(set(column))))
    assert status["2017"] == status["2022"] == "published"
    assert status["2022 perceived"] == status["2018 external"] == "backed out"
    assert status["three-part"] == "unverified"
    assert status["nine questions"] == "ours"


def test_the_weights_of_each_model_sum_to_one():
    assert np.allclose(ia.weights().groupby("model")["weight"].sum(), 1)


def test_weights_that_do_not_sum_to_one_are_refused():
    with pytest.raises(InputError, match=r"sum to 0\.9, not to 1"):
        ia.combine({"a": 1, "b": 2}, {"a": 0.6, "b": 0.3})
    with pytest.raises(InputError, match="'b'"):
        ia.combine({"a": 1}, {"a": 0.6, "b": 0.4})
    with pytest.raises(InputError, match="three-part"):
        ia.weights("1999")


# -- overall scores -------------------------------------------------------------------------------------------------------


def test_the_published_score_of_2017():
    assert round(ia.overall_2017(8.35, 7.87), 2) == 8.24


def test_the_model_of_2017_is_out_of_ten_and_that_of_2022_out_of_a_hundred():
    with pytest.raises(InputError, match="out of ten"):
        ia.overall_2017(83.5, 78.7)
    with pytest.raises(InputError, match="out of a hundred"):
        ia.overall_2022(120, 80)


def test_the_averages_of_2022():
    assert ia.overall_2022(82.1, 82.2) == pytest.approx(82.14)
    assert round(ia.perceived_2022(90.3, 62.6), 1) == 82.1
    assert round(ia.perceived_2022(87.0, 63.3), 1) == 80.0


def test_the_deduction_is_capped():
    assert ia.overall_2022(80, 80, 10) == ia.overall_2022(80, 80, 37) == pytest.approx(70)
    assert ia.overall_2022(80, 80, 37, cap=5) == pytest.approx(75)
    with pytest.raises(InputError, match="positive"):
        ia.overall_2022(80, 80, -1)


def test_a_column_of_scores_works_like_a_number():
    table = pd.DataFrame({"p": [80.0, 90.0], "e": [70.0, 60.0], "d": [0.0, 20.0]}, index=["a", "b"])
    overall = ia.overall_2022(table["p"], table["e"], table["d"])
    assert overall["a"] == pytest.approx(76) and overall["b"] == pytest.approx(68)


# -- backwards --------------------------------------------------------------------------------------------------------------


def test_weights_backed_out_of_published_averages():
    first, second = (
        ia.back_out_weight(90.3, 62.6, 82.1, decimals=1),
        ia.back_out_weight(87.0, 63.3, 80.0, decimals=1),
    )
    assert round(first.value, 3) == 0.704 and round(second.value, 3) == 0.705
    assert round(min(first.low, second.low), 3) == 0.700 and round(max(first.high, second.high), 3) == 0.709
    # The unverified three-part weights, rescaled to two parts, fit.
    assert first.allows(0.601 / (0.601 + 0.250)) and second.allows(0.601 / (0.601 + 0.250))


def test_weight_of_perception_in_2018():
    found = ia.back_out_weight(8.77, 8.23, 8.35, decimals=2)
    assert (round(found.low, 2), round(found.high, 2)) == (0.20, 0.24)


def test_one_institution_pins_its_weight_only_to_an_interval():
    found = ia.back_out_weight(8.35, 7.87, 8.24, decimals=2)
    assert found.allows(0.763) and not found.allows(0.735)


def test_equal_parts_say_nothing_about_a_weight():
    with pytest.raises(InputError, match="every weight fits"):
        ia.back_out_weight(8.0, 8.0, 8.0, decimals=1)


@given(st.floats(0.05, 0.95), st.floats(5, 10), st.floats(0, 4))
def test_a_known_weight_is_recovered(weight, first, second):
    total = weight * first + (1 - weight) * second - 0.2
    assert ia.back_out_weight(first, second, total, decimals=3, deduction=0.2).value == pytest.approx(weight)


# -- deductions ---------------------------------------------------------------------------------------------------------------


CASES = pd.DataFrame(
    {
        "institution_id": ["a", "a", "b", "c"],
        "found_by": ["police", "inside", "inside", "audit board"],
        "rank": ["junior", "head", "head", "head"],
        "amount": [0.0, 1e9, 1e9, 1e12],
    }
)
STAFF = pd.Series({"a": 100, "b": 100, "c": 4, "d": 400})


def test_only_cases_found_outside_count():
    taken = ia.case_deduction(CASES, STAFF, k=2)
    assert taken["a"] == pytest.approx(2 * 1 / 10)
    assert taken["b"] == taken["d"] == 0
    assert taken["c"] == 10


def test_larger_bodies_lose_less_for_the_same_case():
    case = CASES.iloc[[0]]
    small, large = (ia.case_deduction(case, pd.Series({"a": staff}))["a"] for staff in (100, 10_000))
    assert small == pytest.approx(10 * large)


def test_an_unknown_rank_and_a_body_without_staff_are_errors():
    with pytest.raises(InputError, match="'boss'"):
        ia.case_deduction(CASES.assign(rank="boss"), STAFF)
    with pytest.raises(InputError, match="Institution d has no staff"):
        ia.case_deduction(CASES, STAFF.replace(400, 0))


def test_an_amount_that_is_missing_or_negative_is_an_error():
    for amount in (None, -1.0):
        with pytest.raises(InputError, match="amount"):
            ia.case_deduction(CASES.assign(amount=amount), STAFF)


def test_the_unit_of_money_does_not_change_the_deduction():
    won = ia.case_deduction(CASES, STAFF, cap=None)
    dollars = ia.case_deduction(CASES.assign(amount=CASES["amount"] / 1000), STAFF, cap=None, unit=1e3)
    assert np.allclose(won, dollars) and won["c"] > 10


def test_another_country_brings_its_own_weights_and_cap():
    assert ia.overall_2022(80, 60, 9, cap=5, weights={"perceived": 0.5, "effort": 0.5}) == 65


# -- series -----------------------------------------------------------------------------------------------------------------------


def test_no_difference_crosses_a_break():
    assert ia.change(8.19, 8.27, 2019, 2020) == pytest.approx(0.08)
    for before, after in ((2007, 2008), (2011, 2012), (2021, 2022), (2011, 2022)):
        with pytest.raises(InputError, match="different models"):
            ia.change(8.0, 8.0, before, after)
    with pytest.raises(InputError, match="2002"):
        ia.model_of(1999)
