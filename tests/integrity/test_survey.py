"""Frames, samples, weights, design-based estimates, rare events and small institutions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.stats import beta, betabinom
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from cleanworks.errors import InputError
from cleanworks.integrity import published, survey

DESIGN = dict(weight="w", stratum="s", cluster="c")


@pytest.fixture
def rng():
    return np.random.default_rng(2024)


@pytest.fixture
def sample():
    """48 answers in 12 clusters and 3 strata, made by arithmetic so that another program can make them too."""
    i = np.arange(48)
    return pd.DataFrame(
        {
            "y": (i * 37 % 11) + (i % 5) / 2,
            "x": 1 + (i * 13 % 7),
            "b": (i * 29 % 13) < 4,
            "w": 1 + (i * 17 % 9) / 4,
            "s": np.array(["a", "b", "c"])[i // 16],
            "c": i // 4,
        }
    )


@pytest.fixture
def frame():
    sizes = {"a": 600, "b": 300, "c": 100}
    return pd.DataFrame({"person": np.arange(1000), "duty": np.repeat(list(sizes), list(sizes.values()))})


# -- published arithmetic ------------------------------------------------------------------------------------------


def test_five_percent_plus_minus_one_takes_about_4900_people():
    need = survey.sample_size(0.05, 0.01, design_effect=1.5, contact=0.7, response=0.8)
    assert need.approached == pytest.approx(4900, abs=20)
    assert need.contacted == pytest.approx(need.approached * 0.56)
    assert str(need) == "2,738 contacted people; approach 4,888"


def test_the_rare_events_of_2018():
    people = (
        published.value("ia_experience", "gave or was asked, wide definition", year=2018) if False else 1020
    )
    found = survey.wilson(people, 1020 / 0.007)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0066, 0.0074)


def test_an_institution_of_260_expects_one_case():
    assert pytest.approx(1.3) == 260 * 0.005
    found = survey.wilson(1, 260)
    assert found.low < 0.001
    assert found.high > 0.02


def test_a_margin_of_003_cannot_be_a_simple_random_sample_of_bounded_scores():
    low, high = (survey.implied_sd(margin, 153_141) for margin in (0.025, 0.035))
    assert (round(low, 1), round(high, 1)) == (5.0, 7.0)
    assert survey.implied_sd(0.03, 153_141) > survey.largest_sd(0, 10) == 5
    assert survey.implied_design_effect(0.03, 153_141, 1.8) == pytest.approx(11, abs=0.1)


def test_a_design_effect_of_eleven_needs_these_clusters():
    assert survey.cluster_design_effect(261, 10 / 260) == pytest.approx(11)


def test_the_finite_population_correction_makes_small_populations_cheaper():
    assert survey.sample_size(0.5, 0.05, population=500).contacted == pytest.approx(217.5, abs=0.5)


# -- frames and samples --------------------------------------------------------------------------------------------


def test_a_frame_is_described_by_stratum(frame):
    table = survey.check_frame(frame, "person", "duty")
    assert dict(table["units"]) == {"a": 600, "b": 300, "c": 100}
    assert table["share"].sum() == pytest.approx(1)


def test_a_frame_with_faults_is_refused(frame):
    with pytest.raises(InputError, match="more than one row of person 5"):
        survey.check_frame(frame.assign(person=frame["person"].replace(6, 5)), "person", "duty")
    with pytest.raises(InputError, match="A cell is empty"):
        survey.check_frame(frame.assign(duty=frame["duty"].where(frame["person"] > 3)), "person", "duty")
    with pytest.raises(InputError, match="size of zero"):
        survey.check_frame(frame, "person", size="person")
    with pytest.raises(InputError, match="Missing column: village"):
        survey.check_frame(frame, "village")


@pytest.mark.parametrize("n", [3, 17, 100, 999, 1000])
@pytest.mark.parametrize("rule", ["proportional", "equal", "root"])
def test_an_allocation_sums_to_the_sample_and_fits_the_strata(n, rule):
    sizes = pd.Series({"a": 600, "b": 300, "c": 100})
    got = survey.allocate(sizes, n, rule=rule, least=1)
    assert got.sum() == n
    assert (got <= sizes).all()
    assert (got >= 1).all()


def test_neyman_gives_more_to_the_stratum_that_varies_more():
    sizes = pd.Series({"a": 500, "b": 500})
    got = survey.allocate(sizes, 100, rule="neyman", spread=pd.Series({"a": 1.0, "b": 3.0}))
    assert list(got) == [25, 75]


@pytest.mark.parametrize(
    ("sizes", "n", "options", "message"),
    [
        ({"a": 10, "b": 0}, 5, {}, "'b' is empty"),
        ({"a": 10}, 11, {}, "cannot come from 10 units"),
        ({"a": 10, "b": 10}, 3, {"least": 2}, "more than the sample of 3"),
        ({"a": 10}, 2.5, {}, "not a whole number"),
        ({"a": 10}, 5, {"rule": "neyman"}, "needs the spread"),
    ],
)
def test_impossible_allocations_are_refused(sizes, n, options, message):
    with pytest.raises(InputError, match=message):
        survey.allocate(pd.Series(sizes), n, **options)


def test_a_stratified_sample_weighs_back_to_the_frame(frame, rng):
    wanted = pd.Series({"a": 30, "b": 30, "c": 30})
    got = survey.stratified_sample(frame, "duty", wanted, rng)
    assert got.groupby("duty").size().eq(30).all()
    assert got.groupby("duty")["weight"].sum().round(9).to_dict() == {"a": 600, "b": 300, "c": 100}
    assert not got["person"].duplicated().any()


def test_an_empty_stratum_is_named(frame, rng):
    with pytest.raises(InputError, match="'d' is empty"):
        survey.stratified_sample(frame, "duty", pd.Series({"a": 1, "b": 1, "c": 1, "d": 2}), rng)
    with pytest.raises(InputError, match="'c' has no sample size"):
        survey.stratified_sample(frame, "duty", pd.Series({"a": 1, "b": 1}), rng)
    with pytest.raises(InputError, match="numpy Generator"):
        survey.stratified_sample(frame, "duty", pd.Series({"a": 1, "b": 1, "c": 1}), 7)


def test_a_systematic_sample_walks_through_the_list(frame, rng):
    got = survey.systematic_sample(frame, 100, rng)
    assert np.diff(got["person"]).tolist() == [10] * 99
    assert got["weight"].sum() == pytest.approx(1000)


def test_large_units_are_drawn_for_certain_and_the_rest_in_proportion(rng):
    sizes = pd.Series({"ministry": 900, "a": 40, "b": 30, "c": 20, "d": 10})
    draws = pd.concat([survey.pps_sample(sizes, 2, rng).reset_index() for _ in range(1500)])
    share = draws["index"].value_counts() / 1500
    assert share["ministry"] == 1
    for name, expected in {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}.items():
        assert share[name] == pytest.approx(expected, abs=0.04)
    assert draws.loc[draws["index"].eq("ministry"), "certain"].all()


def test_two_stages_give_everybody_the_same_chance(rng):
    people = pd.DataFrame({"institution": np.repeat(np.arange(40), np.arange(40) + 25)})
    got = survey.two_stage_sample(people, "institution", 10, 20, rng)
    assert got["institution"].nunique() == 10
    assert len(got) == 200
    assert got["probability"].to_numpy() == pytest.approx(200 / len(people))


def test_two_stages_within_strata(rng):
    people = pd.DataFrame({"institution": np.repeat(np.arange(40), 30)})
    people["type"] = np.where(people["institution"] < 10, "central", "local")
    got = survey.two_stage_sample(people, "institution", {"central": 4, "local": 6}, 10, rng, stratum="type")
    assert got.groupby("type")["institution"].nunique().to_dict() == {"central": 4, "local": 6}
    assert got["weight"].sum() == pytest.approx(len(people))
    with pytest.raises(InputError, match="'city' is empty"):
        survey.two_stage_sample(
            people, "institution", {"central": 4, "local": 6, "city": 1}, 10, rng, stratum="type"
        )


# -- weights -------------------------------------------------------------------------------------------------------


def test_those_who_answer_stand_for_those_who_do_not(sample):
    answered = sample.assign(ok=np.arange(48) % 3 > 0)
    got = survey.nonresponse_weights(answered, "w", "ok", "s")
    assert len(got) == answered["ok"].sum()
    assert got.groupby(sample["s"]).sum().to_dict() == pytest.approx(sample.groupby("s")["w"].sum().to_dict())
    silent = answered.assign(ok=answered["ok"] & answered["s"].ne("b"))
    with pytest.raises(InputError, match="Nobody in the cell 'b' answered"):
        survey.nonresponse_weights(silent, "w", "ok", "s")


def test_poststratified_weights_sum_to_the_totals(sample):
    totals = {"a": 100, "b": 50, "c": 25}
    got = survey.poststratify(sample, "w", "s", totals)
    assert got.groupby(sample["s"]).sum().to_dict() == pytest.approx(totals)
    with pytest.raises(InputError, match="nobody in the cell 'd'"):
        survey.poststratify(sample, "w", "s", totals | {"d": 3})


def test_weights_that_do_not_sum_are_refused(sample):
    survey.check_weights(sample["w"], sample["w"].sum())
    with pytest.raises(InputError, match=r"sum to 96\.75, the population is 1,000"):
        survey.check_weights(sample["w"], 1000)


def test_trimming_keeps_the_sum_and_cuts_the_peak():
    weights = pd.Series([1.0] * 95 + [30.0] * 5)
    got = survey.trim_weights(weights, times=5)
    assert got.sum() == pytest.approx(weights.sum())
    assert got.max() == pytest.approx(5)
    assert survey.weighting_design_effect(got) < survey.weighting_design_effect(weights)
    with pytest.raises(InputError, match="cannot sum"):
        survey.trim_weights(weights, times=1.2)


def test_equal_weights_cost_nothing():
    assert survey.weighting_design_effect([3.0] * 7) == pytest.approx(1)


@pytest.mark.parametrize(("weights", "message"), [([1, -1], "-1 is below 0"), ([0, 0], "sum to zero")])
def test_impossible_weights_are_refused(weights, message):
    table = pd.DataFrame({"y": [1.0, 2.0], "w": weights})
    with pytest.raises(InputError, match=message):
        survey.mean(table, "y", weight="w")


def test_a_probability_of_zero_has_no_weight():
    assert list(survey.design_weights(pd.Series([0.5, 0.1]))) == [2, 10]
    with pytest.raises(InputError, match="row 1"):
        survey.design_weights(pd.Series([0.5, 0.0]))


# -- design-based errors -------------------------------------------------------------------------------------------


def test_errors_agree_with_samplics(sample):
    """Reference: samplics 0.6.0, TaylorEstimator, on the same 48 rows (fpc given there as 1 - 4/5, 1 - 4/5, 1 - 4/8)."""
    got = survey.mean(sample, "y", **DESIGN)
    assert got.value == pytest.approx(5.935400516795865, abs=1e-12)
    assert got.error == pytest.approx(0.38220350902201045, abs=1e-12)
    assert (got.low, got.high) == pytest.approx((5.070796111215116, 6.800004922376615), abs=1e-9)
    share = survey.proportion(sample, "b", interval="wald", **DESIGN)
    assert (share.value, share.error) == pytest.approx((0.2713178294573643, 0.03457080558286707), abs=1e-12)
    quotient = survey.ratio(sample, "y", "x", **DESIGN)
    assert (quotient.value, quotient.error) == pytest.approx(
        (1.4611959287531806, 0.1619450973506033), abs=1e-12
    )
    part = survey.mean(sample, "y", where=sample["x"] > 3, **DESIGN)
    assert (part.value, part.error) == pytest.approx((6.008771929824562, 0.35550032288692707), abs=1e-12)
    finite = survey.mean(sample, "y", units={"a": 5, "b": 5, "c": 8}, **DESIGN)
    assert finite.error == pytest.approx(0.19499600727774075, abs=1e-12)


def test_errors_agree_with_statsmodels(sample):
    weighted = sm.WLS(sample["y"], np.ones(48), weights=sample["w"])
    fitted = weighted.fit(cov_type="cluster", cov_kwds={"groups": sample["c"]})
    got = survey.mean(sample, "y", weight="w", cluster="c")
    assert (got.value, got.error) == pytest.approx((fitted.params.iloc[0], fitted.bse.iloc[0]), abs=1e-10)
    plain = DescrStatsW(sample["y"])
    got = survey.mean(sample, "y")
    assert (got.value, got.error) == pytest.approx((plain.mean, plain.std_mean), abs=1e-12)
    assert (got.low, got.high) == pytest.approx(plain.tconfint_mean(), abs=1e-10)
    assert got.design_effect == pytest.approx(1)


def test_a_group_keeps_the_design_and_a_filtered_table_forgets_it(sample):
    table = survey.by_group(sample, "y", "x", **DESIGN)
    for value in (2, 5):
        alone = survey.mean(sample, "y", where=sample["x"].eq(value), **DESIGN)
        assert table.loc[value, "error"] == pytest.approx(alone.error, abs=1e-14)
        assert table.loc[value, "value"] == pytest.approx(alone.value, abs=1e-14)
    forgetful = survey.mean(sample[sample["x"].eq(2)], "y", weight="w")
    assert forgetful.error != pytest.approx(table.loc[2, "error"])


def test_clusters_that_agree_inside_cost_precision(rng):
    between = np.repeat(rng.normal(size=40), 25)
    table = pd.DataFrame({"y": between + rng.normal(size=1000), "c": np.repeat(np.arange(40), 25)})
    got = survey.mean(table, "y", cluster="c")
    assert got.design_effect == pytest.approx(survey.cluster_design_effect(25, 0.5), rel=0.35)
    assert got.freedom == 39


def test_missing_answers_are_counted_and_said(sample):
    gaps = sample.assign(y=sample["y"].where(np.arange(48) % 6 > 0))
    got = survey.mean(gaps, "y", **DESIGN)
    assert got.n == 40
    assert "8 of 48 did not answer" in got.note
    assert got.error == pytest.approx(survey.mean(sample, "y", where=gaps["y"].notna(), **DESIGN).error)


def test_nullable_columns_work(sample):
    nullable = sample.assign(y=sample["x"].astype("Int64").mask(sample["x"].eq(7)))
    assert survey.mean(nullable, "y").n == int(sample["x"].ne(7).sum())


def test_one_respondent_has_no_error_and_says_so(sample):
    with pytest.raises(InputError, match="one respondent"):
        survey.mean(sample, "y", where=sample.index == 3)
    lonely = sample.assign(institution=np.where(sample.index == 3, "small", "large"))
    table = survey.by_group(lonely, "y", "institution")
    assert np.isnan(table.loc["small", "error"])
    assert "one respondent" in table.loc["small", "note"]
    assert table.loc["small", "n"] == 1
    assert table.loc["large", "error"] > 0


def test_one_cluster_is_not_mistaken_for_a_sure_result(sample):
    with pytest.raises(InputError, match="come from one cluster"):
        survey.mean(sample, "y", where=sample["c"].eq(2), cluster="c")


def test_a_lonely_stratum_is_refused_or_treated_as_told(sample):
    alone = sample.assign(s=np.where(sample["c"].eq(11), "d", sample["s"]))
    with pytest.raises(InputError, match="'d' has one first-stage unit"):
        survey.mean(alone, "y", **DESIGN)
    centred = survey.mean(alone, "y", lonely="centre", **DESIGN)
    certain = survey.mean(alone, "y", lonely="certain", **DESIGN)
    assert centred.error > certain.error > 0
    with pytest.raises(InputError, match="no more clusters than strata"):
        survey.mean(sample.assign(s=sample["c"]), "y", lonely="certain", **DESIGN)


def test_equal_answers_have_an_error_of_zero_that_is_explained():
    table = pd.DataFrame({"y": [0.1] * 7, "w": [1 / 3, 1, 2, 3, 4, 5, 6]})
    got = survey.mean(table, "y", weight="w")
    assert (got.value, got.error) == (0.1, 0.0)
    assert "not certainty" in got.note


@pytest.mark.parametrize(("answer", "who"), [(False, "Nobody"), (True, "Everybody")])
def test_a_rate_of_none_or_all_still_has_an_interval(answer, who):
    table = pd.DataFrame({"b": [answer] * 260})
    got = survey.proportion(table, "b")
    assert got.high - got.low > 0.01
    assert got.note.startswith(who)
    assert np.isfinite([got.value, got.error, got.low, got.high]).all()


def test_the_filter_must_be_about_the_same_rows(sample):
    with pytest.raises(InputError, match="not about these rows"):
        survey.mean(sample, "y", where=pd.Series([True] * 48, index=range(1, 49)))
    with pytest.raises(InputError, match="Nobody answered"):
        survey.mean(sample, "y", where=sample["y"] > 1e9)


@pytest.mark.parametrize("value", [np.inf, "often"])
def test_values_that_are_no_scores_are_refused(sample, value):
    wrong = sample.assign(y=sample["y"].astype(object))
    wrong.loc[5, "y"] = value
    with pytest.raises(InputError, match=r"infinite|Not a number"):
        survey.mean(wrong, "y")


# -- Wilson --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("events", "n"), [(0, 10), (1, 260), (3, 300), (50, 100), (1020, 145_714), (10, 10)])
def test_wilson_agrees_with_statsmodels(events, n):
    got = survey.wilson(events, n)
    assert (got.low, got.high) == pytest.approx(proportion_confint(events, n, method="wilson"), abs=1e-12)


def test_wilson_widens_with_the_design_effect():
    plain, clustered = survey.wilson(3, 300), survey.wilson(3, 300, design_effect=2)
    assert clustered.high > plain.high
    assert clustered.error == pytest.approx(plain.error * 2**0.5)
    with pytest.raises(InputError, match="outside 0 to 300"):
        survey.wilson(301, 300)


def test_without_a_design_the_share_has_wilsons_interval():
    table = pd.DataFrame({"b": [True] * 3 + [False] * 297})
    got = survey.proportion(table, "b")
    # Student's t with 299 degrees of freedom and n - 1 in the error make it a little wider.
    assert (got.low, got.high) == pytest.approx(proportion_confint(3, 300, method="wilson"), rel=0.02)


# -- SDG 16.5.1 ----------------------------------------------------------------------------------------------------


@pytest.fixture
def people():
    """100 people: 60 met an official; of these 3 paid, 2 more were asked, 5 refused to say, 50 said no."""
    paid = ["yes"] * 3 + ["no"] * 2 + ["refused"] * 5 + ["no"] * 50 + [None] * 40
    asked = ["yes"] * 5 + ["no"] * 5 + ["no"] * 50 + [None] * 40
    return pd.DataFrame({"contact": [True] * 60 + [False] * 40, "paid": paid, "asked": asked})


def test_the_rate_is_among_those_who_had_a_contact(people):
    got = survey.bribery_prevalence(people)
    assert got.rate.value == pytest.approx(5 / 60)
    assert got.naive.value == pytest.approx(5 / 100)
    assert got.of_answers.value == pytest.approx(5 / 55)
    assert got.highest == pytest.approx(10 / 60)
    assert got.contact.value == pytest.approx(0.6)
    assert got.rate.n == 60


def test_refusals_stay_a_category(people):
    got = survey.bribery_prevalence(people).answers
    assert got["people"].to_dict() == {"yes": 5, "no": 50, "refused": 5}
    assert got["share"].sum() == pytest.approx(1)


def test_a_person_who_refuses_one_question_and_admits_the_other_counts():
    table = pd.DataFrame(
        {
            "contact": [True] * 4,
            "paid": ["refused", "no", "refused", "no"],
            "asked": ["yes", "no", "no", None],
        }
    )
    got = survey.bribery_prevalence(table).answers["people"]
    assert got.to_dict() == {"yes": 1, "no": 1, "refused": 2}


def test_true_and_false_work_and_weights_count(people):
    simple = people.assign(
        paid=people["paid"].map({"yes": True, "no": False}),
        asked=people["asked"].map({"yes": True, "no": False}),
    )
    simple["w"] = np.where(people["asked"].eq("yes"), 2.0, 1.0)
    assert survey.bribery_prevalence(simple, weight="w").rate.value == pytest.approx(10 / 65)


def test_a_bribe_without_a_contact_is_a_contradiction(people):
    wrong = people.copy()
    wrong.loc[80, "paid"] = "yes"
    with pytest.raises(InputError, match="1 people report a bribe and no contact") as caught:
        survey.bribery_prevalence(wrong)
    assert "row 80" in caught.value.message
    with pytest.raises(InputError, match="'maybe' is not an answer"):
        survey.bribery_prevalence(people.assign(paid="maybe"))
    with pytest.raises(InputError, match="Nobody had a contact"):
        survey.bribery_prevalence(people.assign(contact=False, paid=None, asked=None))


# -- small institutions --------------------------------------------------------------------------------------------


def test_the_prior_finds_the_rates_it_was_made_from(rng):
    n = np.full(400, 260)
    events = rng.binomial(n, rng.beta(0.02 * 150, 0.98 * 150, 400))
    prior = survey.fit_rate_prior(events, n)
    assert prior.mean == pytest.approx(0.02, abs=0.003)
    assert 80 < prior.strength < 300


def test_the_prior_is_the_maximum_of_scipys_likelihood(rng):
    n = rng.integers(50, 400, 60)
    events = rng.binomial(n, rng.beta(2, 60, 60))
    prior = survey.fit_rate_prior(events, n)

    def likelihood(mean, strength):
        return betabinom.logpmf(events, n, mean * strength, (1 - mean) * strength).sum()

    best = likelihood(prior.mean, prior.strength)
    for mean, strength in ((1.02, 1), (0.98, 1), (1, 1.05), (1, 0.95)):
        assert likelihood(prior.mean * mean, prior.strength * strength) < best


def test_a_small_institution_moves_more_than_a_large_one():
    prior = survey.RatePrior(0.02, 100)
    table = survey.shrink_rates(
        pd.Series({"small": 0, "large": 0}), pd.Series({"small": 20, "large": 2000}), prior
    )
    assert table["shrunk"].tolist() == pytest.approx([2 / 120, 2 / 2100])
    assert table["own_share"].tolist() == pytest.approx([20 / 120, 2000 / 2100])
    assert table.loc["small", "high"] == pytest.approx(beta.ppf(0.975, 2, 118))


def test_shrinkage_beats_the_raw_rates(rng):
    truth = rng.beta(0.005 * 200, 0.995 * 200, 500)
    n = np.full(500, 260)
    events = rng.binomial(n, truth)
    table = survey.shrink_rates(pd.Series(events), pd.Series(n))
    assert ((table["shrunk"] - truth) ** 2).mean() < 0.8 * ((table["rate"] - truth) ** 2).mean()
    covered = ((table["low"] <= truth) & (truth <= table["high"])).mean()
    assert 0.90 < covered < 0.99


def test_alike_institutions_get_the_common_rate_and_a_note():
    prior = survey.fit_rate_prior([5] * 30, [250] * 30)
    assert "no more than chance" in prior.note
    assert prior.mean == pytest.approx(0.02, abs=1e-4)


@pytest.mark.parametrize(
    ("events", "n", "message"),
    [
        ([0, 0, 0], [9, 9, 9], "No respondent reports"),
        ([1, 2], [9, 9], "three institutions"),
        ([1, 2, 10], [9, 9, 9], "More events than respondents"),
        ([1, 2, 3], [9, 9], "3 counts of events and 2"),
    ],
)
def test_rates_that_cannot_be_shrunk_are_refused(events, n, message):
    with pytest.raises(InputError, match=message):
        survey.fit_rate_prior(events, n)


# -- looking at answers --------------------------------------------------------------------------------------------


def test_duplicated_respondents_are_named():
    table = pd.DataFrame({"respondent": ["r1", "r2", "r2"]})
    with pytest.raises(InputError, match="more than one row of respondent r2") as caught:
        survey.check_respondents(table, "respondent")
    assert "row 2" in caught.value.message


def test_straight_lines_are_found():
    table = pd.DataFrame({"q1": [4, 4, 1], "q2": [4, 2, None], "q3": [4, 4, 1]})
    assert list(survey.straight_liners(table, ["q1", "q2", "q3"])) == [True, False, False]


# -- coverage ------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_clustered_mean_covers(rng):
    """A small version of benchmarks/coverage_of_intervals.py; the bounds are five standard errors wide."""
    hits = 0
    for _ in range(300):
        level = np.repeat(rng.normal(size=30), 10)
        table = pd.DataFrame({"y": level + rng.normal(size=300), "c": np.repeat(np.arange(30), 10)})
        got = survey.mean(table, "y", cluster="c")
        hits += got.low <= 0 <= got.high
    assert 0.885 < hits / 300 <= 1


def test_wilson_covers_rare_events_where_the_plain_interval_does_not(rng):
    events = rng.binomial(300, 0.01, 2000)
    bounds = {k: survey.wilson(k, 300) for k in np.unique(events)}
    wilson = np.mean([bounds[k].low <= 0.01 <= bounds[k].high for k in events])
    p = events / 300
    plain = (np.abs(p - 0.01) <= 1.96 * np.sqrt(p * (1 - p) / 300)).mean()
    assert wilson > 0.92
    assert plain < 0.85


# -- figures that are right by arithmetic only ---------------------------------------------------------------------


def test_a_group_in_one_cluster_keeps_its_weighted_mean():
    table = pd.DataFrame(
        {"g": list("xxyyy"), "y": [0.0, 10, 1, 2, 3], "w": [9, 1, 1, 1, 1], "c": [1, 1, 2, 3, 4]}
    )
    got = survey.by_group(table, "y", "g", weight="w", cluster="c").loc["x"]
    assert got["value"] == pytest.approx(1.0) and np.isnan(got["error"]) and "one cluster" in got["note"]


def test_a_group_without_weight_has_a_row_and_the_others_their_figures():
    table = pd.DataFrame({"g": list("xxyy"), "y": [0.0, 10, 1, 3], "w": [0, 0, 1, 1]})
    got = survey.by_group(table, "y", "g", weight="w")
    assert np.isnan(got.loc["x", "value"]) and "sum to zero" in got.loc["x", "note"]
    assert got.loc["y", "value"] == 2
    shares = survey.by_group(table.assign(y=[0, 1, 0, 1]), "y", "g", kind="proportion", weight="w")
    assert np.isnan(shares.loc["x", "value"]) and shares.loc["y", "value"] == 0.5


@pytest.mark.parametrize("shares", [[1, 0] * 3, [1, 1, 0] * 4, [0, 0, 0, 1, 0] * 7])
def test_equal_shares_in_all_clusters_are_no_certainty_and_nobody_is_everybody(shares):
    size = {6: 2, 12: 3, 35: 5}[len(shares)]
    table = pd.DataFrame({"b": shares, "c": np.arange(len(shares)) // size})
    got = survey.proportion(table, "b", cluster="c")
    assert got.value == pytest.approx(np.mean(shares)) and got.low < got.value < got.high
    assert got.high - got.low > 0.1
    assert "same in every cluster" in got.note and "verybody" not in got.note
    assert "same mean" in survey.mean(table, "b", cluster="c").note


@pytest.mark.parametrize(("population", "people"), [(100, 89), (1000, 435), (10**9, 769)])
def test_nobody_is_asked_for_more_people_than_there_are(population, people):
    """Cochran 1977: the correction comes after the design effect, n0 = deff z^2 p q / e^2, n = n0 / (1 + (n0 - 1)/N)."""
    got = survey.sample_size(0.5, 0.05, population=population, design_effect=2).contacted
    assert math.ceil(got - 1e-6) == people and got <= population


@pytest.mark.parametrize(("events", "n"), [(0, 1), (0, 120), (3, 120), (60, 120), (120, 120), (9, 153_141)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_wilson_is_that_of_scipy_with_and_without_a_design_effect(events, n, level):
    other = stats.binomtest(events, n).proportion_ci(level, method="wilson")
    assert tuple(
        vars(survey.wilson(events, n, level=level))[end] for end in ("low", "high")
    ) == pytest.approx(other)
    # A design effect of 4 counts four answers as one: the same interval as from a quarter of them.
    if events % 4 == 0 and n % 4 == 0:
        fewer = stats.binomtest(events // 4, n // 4).proportion_ci(level, method="wilson")
        got = survey.wilson(events, n, level=level, design_effect=4)
        assert (got.low, got.high) == pytest.approx(tuple(fewer), abs=1e-12)
