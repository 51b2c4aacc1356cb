"""Did it work? Regression to the mean, differences, interrupted series, thresholds, power."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from cleanworks.errors import InputError
from cleanworks.integrity import evaluation, published


@pytest.fixture
def rng():
    return np.random.default_rng(2024)


@pytest.fixture
def panel(rng):
    return evaluation.simulate_panel(rng, units=40, periods=6, start=3, effect=1.0, persistence=0.4)


# -- regression to the mean ----------------------------------------------------------------------------------------


def test_a_low_score_is_expected_to_rise():
    assert evaluation.expected_gain(70, 80, 0.6) == pytest.approx(4)
    assert evaluation.expected_gain(pd.Series([70.0, 80, 90]), 80, 0.6).tolist() == pytest.approx([4, 0, -4])


def test_the_expected_gain_is_what_simulated_bodies_gain(rng):
    before = rng.standard_normal(200_000)
    after = 0.6 * before + 0.8 * rng.standard_normal(200_000)
    low = before < -1
    gain = (after - before)[low].mean()
    assert gain == pytest.approx(evaluation.expected_gain(before[low].mean(), 0, 0.6), abs=0.02)


def test_eighteen_of_twentytwo_and_the_wrong_comparison():
    rose, bodies = (
        published.value("ia_grades", measure, of="main model", year=2024)
        for measure in ("bodies that rose a grade", "bodies graded")
    )
    consulted, better = (
        int(published.value("ia_grades", measure, of="consulted after grade 4 or 5", year=2024))
        for measure in ("bodies", "bodies that rose a grade")
    )
    tail = evaluation.binomial_tail(better, consulted, rose / bodies)
    assert tail == pytest.approx(6.6e-7, abs=0.1e-7)
    assert tail == pytest.approx(stats.binom.pmf(range(18, 23), 22, rose / bodies).sum(), rel=1e-10)


def test_the_right_comparison_is_thousands_of_times_less_surprised(rng):
    correlation = evaluation.implied_correlation(137 / 460)
    overall, bottom = evaluation.share_rising(correlation)
    assert overall == pytest.approx(137 / 460, abs=1e-6)
    assert bottom > 0.5 > overall
    got = evaluation.rise_without_help(18, 22, rng, correlation=correlation, draws=1000)
    assert got.share == pytest.approx(bottom, abs=0.03)
    assert got.overall == pytest.approx(overall, abs=0.01)
    assert 0.001 < got.chance < 0.03
    assert got.low < 12 < got.high < 18


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_expected_share_is_that_of_many_simulated_bodies(rng, correlation):
    before = rng.standard_normal(400_000)
    after = correlation * before + (1 - correlation**2) ** 0.5 * rng.standard_normal(400_000)
    first, second = evaluation._grades(before), evaluation._grades(after)
    overall, bottom = evaluation.share_rising(correlation)
    assert (second < first).mean() == pytest.approx(overall, abs=0.004)
    assert (second < first)[first >= 4].mean() == pytest.approx(bottom, abs=0.006)


def test_regression_to_the_mean_refuses_the_impossible(rng):
    with pytest.raises(InputError, match="Chance alone lets at most 36"):
        evaluation.implied_correlation(0.5)
    with pytest.raises(InputError, match="23 of 22 cannot have risen"):
        evaluation.rise_without_help(23, 22, rng, correlation=0.5)
    with pytest.raises(InputError, match="bodies have a grade of 4, 5"):
        evaluation.rise_without_help(18, 22, rng, correlation=0.5, bodies=30)
    with pytest.raises(InputError, match="0 to 1"):
        evaluation.expected_gain(70, 80, 1.2)


def test_the_retest_correlation_agrees_with_scipy(rng):
    before = pd.Series(rng.normal(size=60))
    after = 0.6 * before + pd.Series(rng.normal(size=60))
    other = stats.pearsonr(before, after)
    got = evaluation.retest_correlation(before, after)
    assert got.value == pytest.approx(other.statistic, abs=1e-12)
    assert (got.low, got.high) == pytest.approx(tuple(other.confidence_interval(0.95)), abs=1e-8)
    with pytest.raises(InputError, match="3 bodies"):
        evaluation.retest_correlation(before[:3], after)
    with pytest.raises(InputError, match="are equal"):
        evaluation.retest_correlation(before * 0, after)


# -- difference in differences -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cluster", ["institution_id", "region"])
def test_two_way_effects_agree_with_statsmodels(panel, cluster):
    panel["region"] = panel["institution_id"] % 13
    gaps = panel.drop(panel.index[[3, 50, 51, 117]]).reset_index(drop=True)
    fitted = smf.ols(
        "score ~ treated + C(institution_id) + C(year)", gaps.assign(treated=gaps["treated"].astype(int))
    )
    other = fitted.fit(cov_type="cluster", cov_kwds={"groups": gaps[cluster]})
    got = evaluation.difference_in_differences(gaps, "score", cluster=cluster)
    assert got.value == pytest.approx(other.params["treated"], abs=1e-8)
    # statsmodels counts 39 dummies of the institutions beside the constant; they lie within the clusters, and only the
    # constant is counted here, as Stata's xtreg does.
    n, k = len(gaps), len(other.params)
    smaller = ((n - k) / (n - k + 39)) ** 0.5
    assert got.error == pytest.approx(other.bse["treated"] * smaller, abs=1e-8)


def test_clusters_that_cut_across_institutions_count_every_dummy(panel):
    panel["wave"] = (panel["institution_id"] + panel["year"]) % 9
    fitted = smf.ols(
        "score ~ treated + C(institution_id) + C(year)", panel.assign(treated=panel["treated"].astype(int))
    )
    other = fitted.fit(cov_type="cluster", cov_kwds={"groups": panel["wave"]})
    got = evaluation.difference_in_differences(panel, "score", cluster="wave")
    assert got.error == pytest.approx(other.bse["treated"], abs=1e-8)


def test_two_groups_and_two_periods_are_a_difference_of_differences(panel):
    two = panel[panel["year"].isin([2, 3])]
    means = two.groupby([two["start"].notna(), "year"])["score"].mean().unstack()
    change = means[3] - means[2]
    got = evaluation.difference_in_differences(two, "score")
    assert got.value == pytest.approx(change[True] - change[False], abs=1e-12)


def test_an_effect_is_found_and_none_is_not_invented(rng):
    strong = evaluation.simulate_panel(rng, units=100, periods=6, start=3, effect=1.0)
    got = evaluation.difference_in_differences(strong, "score")
    assert got.low < 1 < got.high
    assert got.low > 0.3
    assert got.note == ""


def test_treatment_may_be_zero_and_one(panel):
    numbers = panel.assign(treated=panel["treated"].astype(int))
    expected = evaluation.difference_in_differences(panel, "score")
    assert evaluation.difference_in_differences(numbers, "score") == expected


def test_few_clusters_and_staggered_starts_are_warned_about(panel):
    few = panel[panel["institution_id"] < 12]
    assert "Only 12 clusters" in evaluation.difference_in_differences(few, "score").note
    late = panel["institution_id"].lt(20) & panel["year"].lt(5)
    staggered = panel.assign(treated=panel["treated"] & ~late)
    assert "2 different periods" in evaluation.difference_in_differences(staggered, "score").note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.assign(treated=False), "cannot be told from"),
        (lambda p: p.assign(treated=p["year"] >= 3), "cannot be told from"),
        (lambda p: p.assign(treated=p["start"].notna()), "cannot be told from"),
        (
            lambda p: pd.concat([p, p.head(1)], ignore_index=True),
            "more than one row of institution_id 0, year 0",
        ),
        (lambda p: p[p["institution_id"].eq(0)], "only one cluster"),
        (lambda p: p[p["year"].eq(4)], "only one period"),
        (lambda p: p.assign(score=p["score"].mask(p.index == 9)), "column score, row 9: A value is missing"),
        (lambda p: p.drop(columns="year"), "Missing column: year"),
        (lambda p: p.assign(treated="sometimes"), "neither true nor false"),
    ],
)
def test_panels_that_cannot_answer_are_refused(panel, change, message):
    with pytest.raises(InputError) as caught:
        evaluation.difference_in_differences(change(panel), "score")
    assert message in caught.value.message


def test_the_event_study_agrees_with_statsmodels(panel):
    table, leads = evaluation.event_study(panel, "score", leads=3, lags=2)
    since = panel["year"] - panel["start"]
    dummies = pd.DataFrame({f"s{k}".replace("-", "m"): (since == k).astype(float) for k in (-3, -2, 0, 1, 2)})
    work = pd.concat([panel, dummies], axis=1)
    formula = "score ~ " + " + ".join(dummies) + " + C(institution_id) + C(year)"
    other = smf.ols(formula, work).fit(
        cov_type="cluster", cov_kwds={"groups": work["institution_id"]}, use_t=True
    )
    assert table.drop(-1)["effect"].to_numpy() == pytest.approx(
        other.params[list(dummies)].to_numpy(), abs=1e-8
    )
    # As above: the 39 dummies of the institutions are not counted.
    counted = (len(work) - len(other.params)) / (len(work) - len(other.params) + 39)
    errors = other.bse[list(dummies)].to_numpy() * counted**0.5
    assert table.drop(-1)["error"].to_numpy() == pytest.approx(errors, abs=1e-8)
    wald = other.wald_test("sm3 = 0, sm2 = 0", use_f=True, scalar=True)
    assert wald.df_denom == 39
    assert leads == pytest.approx(stats.f.sf(wald.statistic / counted, 2, 39), abs=1e-8)
    assert table.loc[-1, ["effect", "error"]].tolist() == [0, 0]


def test_leads_show_when_the_groups_did_not_move_alike(rng):
    panel = evaluation.simulate_panel(rng, units=200, periods=8, start=4, effect=0.5)
    _, alike = evaluation.event_study(panel, "score")
    drifting = panel.assign(score=panel["score"] + 0.4 * panel["year"] * panel["start"].notna())
    _, apart = evaluation.event_study(drifting, "score")
    assert alike > 0.01
    assert apart < 0.001


def test_event_studies_that_cannot_be(panel):
    with pytest.raises(InputError, match="never treated are both needed"):
        evaluation.event_study(panel.assign(start=3.0), "score")
    with pytest.raises(InputError, match="No treated unit is seen"):
        evaluation.event_study(panel, "score", leads=5)
    with pytest.raises(InputError, match="Missing column: start"):
        evaluation.event_study(panel.drop(columns="start"), "score")


def test_group_time_effects_are_right_where_two_way_effects_are_not(rng):
    """Early starters whose effect grows: two-way effects are pulled down, group-time effects are not."""
    units, years = 150, np.arange(8)
    start = np.repeat([2.0, 5.0, np.nan], 50)
    since = np.where(np.isnan(start)[:, None], -1, years - start[:, None])
    effect = np.where(since >= 0, since + 1.0, 0.0)
    score = rng.normal(size=(units, 1)) + years * 0.3 + effect + 0.2 * rng.normal(size=(units, 8))
    panel = pd.DataFrame(
        {
            "institution_id": np.repeat(np.arange(units), 8),
            "year": np.tile(years, units),
            "start": np.repeat(start, 8),
            "treated": (since >= 0).ravel(),
            "score": score.ravel(),
        }
    )
    truth = effect[since >= 0].mean()
    overall, cells = evaluation.group_time_effects(panel, "score", rng, draws=60)
    naive = evaluation.difference_in_differences(panel, "score")
    assert overall.low - 0.1 < truth < overall.high + 0.1
    assert naive.value < truth - 0.5
    assert "different periods" in naive.note
    first = cells[(cells["start"] == 2) & (cells["period"] == 2)].iloc[0]
    assert first["effect"] == pytest.approx(1, abs=0.2)
    assert first["compared"] == 100


def test_group_time_effects_with_one_start_are_simple_differences(panel, rng):
    overall, cells = evaluation.group_time_effects(panel, "score", rng, draws=20)
    wide = panel.pivot(index="institution_id", columns="year", values="score")
    treated = panel.groupby("institution_id")["start"].first().notna()
    change = wide[4] - wide[2]
    expected = change[treated].mean() - change[~treated].mean()
    assert cells.set_index("period").loc[4, "effect"] == pytest.approx(expected, abs=1e-12)
    assert overall.value == pytest.approx(cells["effect"].mean(), abs=1e-12)


def test_group_time_effects_want_a_full_panel(panel, rng):
    with pytest.raises(InputError, match="not seen in every period"):
        evaluation.group_time_effects(panel.drop(index=3), "score", rng)
    with pytest.raises(InputError, match="No group has a period before"):
        evaluation.group_time_effects(panel.assign(start=0.0), "score", rng)
    moving = panel.assign(start=panel["start"].where(panel["year"] < 4, 5.0))
    with pytest.raises(InputError, match="two start periods"):
        evaluation.group_time_effects(moving, "score", rng)


def test_two_units_have_no_error_and_are_refused():
    two = pd.DataFrame(
        {"institution_id": [1, 1, 2, 2], "year": [0, 1] * 2, "treated": [0, 1, 0, 0], "y": [1.0, 3, 1, 2]}
    )
    with pytest.raises(InputError, match="only two clusters"):
        evaluation.difference_in_differences(two, "y")
    three = pd.concat([two, two.iloc[2:].assign(institution_id=3, y=[4.0, 4.0])])
    got = evaluation.difference_in_differences(three, "y")
    assert got.value == pytest.approx(2 - 0.5) and got.high > got.value > got.low
    alike = pd.concat([two, two.iloc[2:].assign(institution_id=3)])
    assert "arithmetic, not certainty" in evaluation.difference_in_differences(alike, "y").note


# -- interrupted series --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"start": "2016-05-01"}, {"start": 2016, "breaks": ["May"]}])
def test_a_start_or_a_break_that_is_no_number_is_named(given):
    series = pd.Series(np.arange(12.0), range(2010, 2022))
    with pytest.raises(InputError, match=f"{list(given)[-1]}: Not a number"):
        evaluation.interrupted_series(series, **given)


@pytest.mark.parametrize("lags", [0, 1, 3])
def test_the_interrupted_series_agrees_with_statsmodels(rng, lags):
    time = np.arange(2001, 2031)
    y = 5 + 0.1 * (time - 2001) - 1.5 * (time >= 2016) + rng.normal(size=30)
    after = (time >= 2016).astype(float)
    x = np.column_stack([np.ones(30), time - 2001, after, (time - 2016) * after])
    other = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    got = evaluation.interrupted_series(pd.Series(y, time), 2016, lags=lags, small_sample=False)
    assert got.table["value"].to_numpy() == pytest.approx(other.params, abs=1e-8)
    assert got.table["error"].to_numpy() == pytest.approx(other.bse, abs=1e-8)
    assert got.level.value == got.table.loc["change of level", "value"]
    assert got.fitted.to_numpy() == pytest.approx(other.fittedvalues, abs=1e-8)
    assert got.note == ""


def test_a_gap_in_time_separates_the_years_beside_it(rng):
    """Errors of a series with a gap: products of residuals weighted by their distance in years, not in rows."""
    time = np.array([2001, 2002, 2003, 2004, 2011, 2012, 2013, 2014, 2015])
    y = pd.Series(rng.normal(size=9), time)
    got = evaluation.interrupted_series(y, 2011, lags=1, small_sample=False)
    x = np.column_stack([np.ones(9), time - 2001, time >= 2011, (time - 2011) * (time >= 2011)]).astype(float)
    inverse, residuals = np.linalg.inv(x.T @ x), y.to_numpy() - got.fitted.to_numpy()
    scores = x * residuals[:, None]
    meat = scores.T @ scores
    for i in range(9):
        for j in range(9):
            if abs(time[i] - time[j]) == 1:
                meat += 0.5 * np.outer(scores[i], scores[j])
    errors = np.sqrt(np.diag(inverse @ meat @ inverse) * 9 / 5)
    assert got.table["error"].to_numpy() == pytest.approx(errors, rel=1e-9)
    assert "6 periods are missing" in got.note
    # The same years counted in tens are the same periods.
    tens = evaluation.interrupted_series(
        pd.Series(y.to_numpy(), time * 10), 20110, lags=1, small_sample=False
    )
    assert tens.level.error == pytest.approx(got.level.error)


def test_small_sample_errors_are_unbiased_for_independent_noise(rng):
    """With independent errors the mean estimated variance is the true one, and the interval covers."""
    time = np.arange(24)
    results = [
        evaluation.interrupted_series(pd.Series(rng.normal(size=24), time), 12, lags=2) for _ in range(400)
    ]
    levels = np.array([result.level.value for result in results])
    assert np.mean([result.level.error**2 for result in results]) == pytest.approx(levels.var(), rel=0.25)
    assert 0.90 < np.mean([r.level.low <= 0 <= r.level.high for r in results]) < 0.99
    plain = evaluation.interrupted_series(pd.Series(rng.normal(size=24), time), 12, small_sample=False).level
    assert plain.freedom == 20 > results[0].level.freedom > 4


def test_the_line_of_the_past_is_carried_on():
    series = pd.Series([1.0, 2, 3, 4, 7, 8, 9, 10], index=range(2012, 2020))
    got = evaluation.interrupted_series(series, 2016)
    assert got.level.value == pytest.approx(2)
    assert got.slope.value == pytest.approx(0, abs=1e-9)
    assert got.without[2019] == pytest.approx(8)
    assert "Only 4 periods on one side" in got.note


def test_no_line_crosses_a_change_of_the_model():
    overall = published.series("ia_headline", "overall")
    with pytest.raises(InputError, match="changed in 2012, inside the series"):
        evaluation.interrupted_series(overall.loc[2008:2021], 2016, breaks=(2008, 2012, 2022))
    one_model = overall.loc[2012:2021]
    got = evaluation.interrupted_series(one_model, 2017, breaks=(2008, 2012, 2022))
    assert len(got.fitted) == 10
    assert "Show it as a caution" in got.note


def test_series_that_are_too_short_are_refused():
    series = pd.Series([1.0, 2, 3, 4, 5, 6], index=range(6))
    with pytest.raises(InputError, match="4 periods before and 2 after"):
        evaluation.interrupted_series(series, 4)
    with pytest.raises(InputError, match="missing"):
        evaluation.interrupted_series(series.mask(series == 2), 3)
    with pytest.raises(InputError, match="twice"):
        evaluation.interrupted_series(pd.concat([series, series]), 3)


# -- thresholds ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bodies(rng):
    population = pd.Series(rng.uniform(100, 500, 400))
    score = 70 + 0.01 * (population - 300) + 2.0 * (population >= 300) + pd.Series(rng.normal(size=400))
    return population, score


@pytest.mark.parametrize("kernel", ["triangular", "uniform"])
def test_the_threshold_agrees_with_statsmodels(bodies, kernel):
    population, score = bodies
    d = (population - 300).to_numpy()
    weights = (
        np.clip(1 - np.abs(d) / 80, 0, None) if kernel == "triangular" else (np.abs(d) <= 80).astype(float)
    )
    kept = weights > 0
    x = np.column_stack([np.ones(len(d)), d >= 0, d, d * (d >= 0)])
    other = sm.WLS(score[kept], x[kept], weights=weights[kept]).fit(cov_type="HC1")
    got = evaluation.threshold_effect(population, score, 300, 80, kernel=kernel)
    assert got.value == pytest.approx(other.params.iloc[1], abs=1e-8)
    assert got.error == pytest.approx(other.bse.iloc[1], abs=1e-8)
    assert got.low < 2 < got.high


def test_a_bend_looks_like_a_jump_when_the_bandwidth_is_wide(rng):
    x = pd.Series(np.linspace(-1, 1, 800))
    y = 3 * x**3 + pd.Series(0.05 * rng.normal(size=800))
    table = evaluation.threshold_by_bandwidth(x, y, 0, [0.2, 1.0])
    assert abs(table.loc[0.2, "value"]) < 0.05
    assert table.loc[1.0, "high"] < -0.2 or table.loc[1.0, "low"] > 0.2


def test_crowding_at_the_cut_off_is_noticed(bodies):
    population, score = bodies
    assert evaluation.threshold_effect(population, score, 300, 80).note == ""
    moved = population.where(~population.between(280, 300), 301 + population % 5)
    assert "chosen the side" in evaluation.threshold_effect(moved, score, 300, 80).note


def test_thresholds_without_bodies_are_refused(bodies):
    population, score = bodies
    with pytest.raises(InputError, match=r"bodies lie just .* the cut-off"):
        evaluation.threshold_effect(population, score, 300, 1)
    with pytest.raises(InputError, match="0 bodies lie just above"):
        evaluation.threshold_effect(population, score, 600, 200)
    with pytest.raises(InputError, match="same bodies"):
        evaluation.threshold_effect(population, score[:-1], 300, 50)


# -- published effects ---------------------------------------------------------------------------------------------


def test_published_effects_carry_their_sources():
    table = evaluation.published_effects()
    olken = table[table["series"].str.startswith("Olken") & table["measure"].eq("missing expenditure")]
    assert olken["value"].item() == -8
    assert table["source"].str.startswith("acrc-s").all()


# -- coverage ------------------------------------------------------------------------------------------------------


def test_intervals_cover_in_small_versions_of_the_benchmark(rng):
    """benchmarks/coverage_of_intervals.py has the full version; bounds here are about five standard errors wide."""
    hits = {"differences": [], "threshold": []}
    for _ in range(250):
        panel = evaluation.simulate_panel(rng, units=60, periods=4, start=2, effect=0.5, persistence=0.3)
        got = evaluation.difference_in_differences(panel, "score")
        hits["differences"].append(got.low <= 0.5 <= got.high)
        x = pd.Series(rng.uniform(-1, 1, 200))
        y = x + 0.5 * (x >= 0) + pd.Series(rng.normal(size=200))
        got = evaluation.threshold_effect(x, y, 0, 0.8)
        hits["threshold"].append(got.low <= 0.5 <= got.high)
    for name, covered in hits.items():
        assert 0.875 < np.mean(covered) <= 1, name
