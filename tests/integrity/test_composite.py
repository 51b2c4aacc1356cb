"""Composite indicators: normalising, weighting, aggregating, uncertainty, coherence, and the CPI."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.multivariate.pca import PCA

from cleanworks.errors import InputError
from cleanworks.integrity import composite, grades, published
from cleanworks.integrity.composite import Choices


@pytest.fixture
def rng():
    return np.random.default_rng(2024)


@pytest.fixture
def table(rng):
    common = rng.normal(size=40)
    columns = {name: 50 + 8 * common + 6 * rng.normal(size=40) for name in ("P", "E", "T")}
    return pd.DataFrame(columns, index=[f"B{i:02d}" for i in range(40)])


def items():
    """30 answers to five questions, made by arithmetic so that another program can make them too."""
    k = np.arange(30)
    return pd.DataFrame(
        {f"q{j}": ((k * 7 % 10) + (k * (j + 3) * 5 % 7) + k * k * (j + 1) % 5) % 13 for j in range(5)}
    ).astype(float)


# -- normalise -----------------------------------------------------------------------------------------------------


def test_each_method_by_hand():
    raw = pd.DataFrame({"x": [1.0, 2.0, 2.0, 5.0]})
    assert composite.normalise(raw)["x"].tolist() == [0, 25, 25, 100]
    assert composite.normalise(raw, "rank")["x"].tolist() == [1, 2.5, 2.5, 4]
    assert composite.normalise(raw, "percentile")["x"].tolist() == [25, 75, 75, 100]
    z = composite.normalise(raw, "z-score")["x"]
    assert ((z - 50) / 10).to_numpy() == pytest.approx(stats.zscore(raw["x"]), abs=1e-12)
    posts = composite.normalise(raw, "goalposts", goalposts={"x": (1, 3)})
    assert posts["x"].tolist() == [0, 50, 50, 100]


@pytest.mark.parametrize("method", ["min-max", "z-score", "rank"])
def test_a_negative_indicator_is_turned_round(method):
    raw = pd.DataFrame({"bribes": [0.0, 1.0, 4.0]})
    got = composite.normalise(raw, method, negative=["bribes"])["bribes"]
    assert got.is_monotonic_decreasing
    posts = composite.normalise(raw, "goalposts", goalposts={"bribes": (4, 0)})["bribes"]
    assert posts.tolist() == [100, 75, 0]


def test_a_panel_normalised_year_by_year_loses_its_trend():
    panel = pd.DataFrame({"score": [60.0, 70.0, 70.0, 80.0]})
    year = pd.Series([2023, 2023, 2024, 2024])
    together = composite.normalise(panel)["score"].groupby(year).mean()
    apart = composite.normalise(panel, within=year)["score"].groupby(year).mean()
    assert together[2024] - together[2023] == 50
    assert apart[2024] == apart[2023] == 50


def test_winsorising_pulls_the_ends_in():
    raw = pd.DataFrame({"x": [0.0, 10, 11, 12, 13, 99]})
    assert composite.winsorise(raw, 1)["x"].tolist() == [10, 10, 11, 12, 13, 13]
    assert composite.winsorise(raw, 0).equals(raw)
    with pytest.raises(InputError, match="3 points at each end of 6"):
        composite.winsorise(raw, 3)


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        ({"x": [1.0, 1.0]}, {}, "All values of 'x' are equal"),
        ({"x": [1.0, np.nan]}, {}, "A value is missing"),
        ({"x": [1.0, 2.0]}, {"method": "magic"}, "'magic' is not known"),
        ({"x": [1.0, 2.0]}, {"method": "goalposts"}, "no goalposts for 'x'"),
        ({"x": [1.0, 2.0]}, {"negative": ["y"]}, "'y' is not an indicator"),
        ({}, {}, "no rows"),
    ],
)
def test_indicators_that_cannot_be_normalised(raw, options, message):
    with pytest.raises(InputError, match=message):
        composite.normalise(pd.DataFrame(raw), **options)


# -- weights -------------------------------------------------------------------------------------------------------


def test_given_weights_may_sum_to_one_or_a_hundred():
    assert composite.given_weights({"P": 60, "E": 40}, ["P", "E"]).tolist() == [0.6, 0.4]
    with pytest.raises(InputError, match=r"sum to 0\.9"):
        composite.given_weights({"P": 0.5, "E": 0.4}, ["P", "E"])
    with pytest.raises(InputError, match="do not match at 'T'"):
        composite.given_weights({"P": 0.5, "E": 0.5}, ["P", "E", "T"])
    with pytest.raises(InputError, match="below 0"):
        composite.given_weights({"P": 1.5, "E": -0.5}, ["P", "E"])


def test_equal_weights():
    assert composite.equal_weights(["a", "b"]).tolist() == [0.5, 0.5]
    with pytest.raises(InputError, match="no indicators"):
        composite.equal_weights([])


# -- aggregate -----------------------------------------------------------------------------------------------------


def test_arithmetic_lets_ten_make_up_for_nothing_and_geometric_does_not():
    pair = pd.DataFrame({"a": [0.0, 5.0], "b": [10.0, 5.0]})
    half = composite.equal_weights(["a", "b"])
    assert composite.aggregate(pair, half).tolist() == [5, 5]
    with pytest.raises(InputError, match="cannot enter a geometric mean") as caught:
        composite.aggregate(pair, half, "geometric")
    assert "row 0, indicator a" in caught.value.message


@pytest.mark.parametrize(
    ("method", "reference"),
    [("geometric", stats.gmean), ("harmonic", stats.hmean), ("arithmetic", np.average)],
)
def test_means_agree_with_scipy(table, method, reference):
    weights = composite.given_weights({"P": 0.5, "E": 0.3, "T": 0.2}, table.columns)
    expected = reference(table.to_numpy(), axis=1, weights=weights.to_numpy())
    assert composite.aggregate(table, weights, method).to_numpy() == pytest.approx(expected, abs=1e-10)


def test_a_floor_makes_geometric_means_possible():
    scaled = composite.floor(pd.DataFrame({"a": [0.0, 50.0, 100.0]}))
    assert scaled["a"].tolist() == [1, 50.5, 100]
    with pytest.raises(InputError, match="outside 0 to 100"):
        composite.floor(pd.DataFrame({"a": [101.0]}))


# -- uncertainty ---------------------------------------------------------------------------------------------------


def test_ranks_move_with_the_choices_and_the_interval_holds_the_median(table, rng):
    got = composite.monte_carlo_ranks(table, composite.equal_weights(table), rng, draws=300)
    assert (got["low"] <= got["median"]).all()
    assert (got["median"] <= got["high"]).all()
    assert got["rank"].between(1, 40).all()
    assert (got["high"] > got["low"]).mean() > 0.8
    scores = composite.aggregate(composite.normalise(table), composite.equal_weights(table))
    assert (got["rank"] == scores.rank(ascending=False, method="min")).all()


def test_without_any_choice_ranks_stay(table, rng):
    only = Choices(normalisations=["min-max"], aggregations=["arithmetic"], noise=0, winsor=0)
    got = composite.monte_carlo_ranks(table, composite.equal_weights(table), rng, choices=only, draws=20)
    assert (got["low"] == got["rank"]).all()
    assert (got["high"] == got["rank"]).all()
    with pytest.raises(InputError, match="never changes"):
        composite.rank_sensitivity(table, composite.equal_weights(table), rng, choices=only, n=8)


def test_the_same_seed_gives_the_same_ranks(table):
    results = [
        composite.monte_carlo_ranks(table, composite.equal_weights(table), np.random.default_rng(5), draws=50)
        for _ in range(2)
    ]
    assert results[0].equals(results[1])


def test_leaving_an_indicator_out_needs_three(table, rng):
    got = composite.monte_carlo_ranks(
        table, composite.equal_weights(table), rng, choices=Choices(leave_out=True), draws=50
    )
    assert len(got) == 40
    pair = table[["P", "E"]]
    with pytest.raises(InputError, match="three indicators"):
        composite.monte_carlo_ranks(pair, composite.equal_weights(pair), rng, choices=Choices(leave_out=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normalisations": ["goalposts"]}, "'goalposts' is not known"),
        ({"aggregations": []}, "nothing to choose"),
        ({"noise": 2}, "0 to 1"),
        ({"winsor": -1}, "whole number of 0"),
    ],
)
def test_choices_are_checked(options, message):
    with pytest.raises(InputError, match=message):
        Choices(**options)


# -- sensitivity ---------------------------------------------------------------------------------------------------


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sensitivity_agrees_with_salib():
    """Reference: SALib 1.6.0, sobol.analyze, on the same 64 * 5 results."""
    rng = np.random.default_rng(7)
    a, b = rng.random((64, 3)), rng.random((64, 3))
    mixed = []
    for i in range(3):
        one = a.copy()
        one[:, i] = b[:, i]
        mixed.append(ishigami(one))
    got = composite.sensitivity(ishigami(a), ishigami(b), np.array(mixed), ["x", "y", "z"])
    assert got["first"].to_numpy() == pytest.approx(
        [0.5588454422647657, 0.5505883032959754, -0.011501520609146583], abs=1e-10
    )
    assert got["total"].to_numpy() == pytest.approx(
        [0.7741679223870069, 0.5965497781421126, 0.19074995520020602], abs=1e-10
    )


def test_sensitivity_agrees_with_scipy_and_with_the_exact_values():
    got = composite.sobol_indices(ishigami, ["x", "y", "z"], 4096, np.random.default_rng(1))
    uniform = stats.uniform()
    other = stats.sobol_indices(
        func=lambda u: ishigami(u.T), n=4096, dists=[uniform] * 3, random_state=np.random.default_rng(1)
    )
    # Ishigami: first 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437.
    assert got["first"].to_numpy() == pytest.approx([0.3139, 0.4424, 0], abs=0.02)
    assert got["total"].to_numpy() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)
    assert got["first"].to_numpy() == pytest.approx(other.first_order, abs=0.03)
    assert got["total"].to_numpy() == pytest.approx(other.total_order, abs=0.03)


def test_a_sum_has_no_interactions(rng):
    got = composite.sobol_indices(lambda u: u @ [1.0, 2.0], ["a", "b"], 1024, rng)
    assert got["first"].to_numpy() == pytest.approx([0.2, 0.8], abs=0.02)
    assert got["total"].to_numpy() == pytest.approx([0.2, 0.8], abs=0.02)


def test_sensitivity_refuses_what_it_cannot_do(rng):
    with pytest.raises(InputError, match="not a power of two"):
        composite.sobol_indices(ishigami, ["x", "y", "z"], 100, rng)
    with pytest.raises(InputError, match="never changes"):
        composite.sobol_indices(lambda u: np.ones(len(u)), ["x"], 8, rng)
    with pytest.raises(InputError, match="one number for each row"):
        composite.sobol_indices(lambda u: 1.0, ["x"], 8, rng)


def test_the_choice_that_moves_ranks_is_found(table, rng):
    steady = Choices(normalisations=["min-max", "rank"], aggregations=["arithmetic"], noise=0.05, winsor=0)
    got = composite.rank_sensitivity(table, composite.equal_weights(table), rng, choices=steady, n=64)
    assert got["total"].idxmax() == "normalisation"
    assert got.loc["aggregation", "total"] == 0
    assert "indicator left out" not in got.index


# -- the Korean composite ------------------------------------------------------------------------------------------


@pytest.fixture
def bodies(rng):
    return pd.DataFrame(
        {
            "perceived": rng.normal(80, 3, 200),
            "effort": rng.normal(83, 5, 200),
            "deduction": rng.exponential(0.5, 200),
            "type": np.repeat(["basic", "corporation"], 100),
        }
    )


def test_the_base_grade_is_that_of_the_published_rule(bodies, rng):
    got = composite.grade_changes(bodies, rng, draws=50)
    score = 0.6 * bodies["perceived"] + 0.4 * bodies["effort"] - bodies["deduction"].clip(upper=10)
    assert (got["grade"] == grades.grade(score, bodies["type"])).all()
    assert (got["best"] <= got["worst"]).all()
    assert 0.05 < got["moved"].mean() < 0.6


def test_nothing_moves_when_nothing_is_drawn(bodies, rng):
    got = composite.grade_changes(
        bodies,
        rng,
        draws=10,
        weight=(0.6, 0.6),
        cap=(10, 10),
        geometric=False,
        multiplicative=False,
        pooled=False,
    )
    assert (got["moved"] == 0).all()
    with pytest.raises(InputError, match="cannot enter a geometric mean"):
        composite.grade_changes(bodies.assign(effort=0.0), rng)
    with pytest.raises(InputError, match="All scores of a type are equal"):
        composite.grade_changes(bodies.assign(perceived=80.0, effort=80.0, deduction=0.0), rng)


# -- coherence -----------------------------------------------------------------------------------------------------


def test_alpha_agrees_with_pingouin():
    """Reference: pingouin 0.7.0, cronbach_alpha, on the same answers (it rounds the interval to three decimals)."""
    got = composite.cronbach_alpha(items())
    assert got.value == pytest.approx(0.6797571322928425, abs=1e-12)
    assert (got.low, got.high) == pytest.approx((0.454, 0.830), abs=0.0005)
    assert (got.n, got.items) == (30, 5)


def test_alpha_by_hand():
    answers = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 2, 3]})
    assert composite.cronbach_alpha(answers).value == pytest.approx(1)
    assert composite.cronbach_alpha(answers).without.empty


def test_an_item_left_unreversed_shows():
    answers = items()[["q1", "q2", "q3"]]
    good = composite.cronbach_alpha(answers)
    bad = composite.cronbach_alpha(answers.assign(q3=13 - answers["q3"]))
    assert good.value > 0.85
    assert bad.value < 0
    assert "not reversed" in bad.note
    assert bad.without.idxmax() == "q3"


def test_alpha_says_what_it_left_out_and_what_it_cannot_do():
    gaps = items().mask(lambda table: table.index.to_numpy()[:, None] + np.zeros(5) == 3)
    assert "1 of 30 rows" in composite.cronbach_alpha(gaps).note
    with pytest.raises(InputError, match="same total"):
        composite.cronbach_alpha(pd.DataFrame({"a": [4.0] * 9, "b": [4.0] * 9}))
    with pytest.raises(InputError, match="too few"):
        composite.cronbach_alpha(items()[["q1"]])
    with pytest.raises(InputError, match="0 complete rows"):
        composite.cronbach_alpha(items() * np.nan)


def test_components_agree_with_statsmodels():
    got = composite.pca(items())
    other = PCA(items(), standardize=True, method="eig")
    assert got.eigenvalues.to_numpy() == pytest.approx(other.eigenvals.to_numpy() / 30, abs=1e-10)
    loadings = other.loadings.to_numpy() * np.sqrt(got.eigenvalues.to_numpy())
    assert np.abs(got.loadings.to_numpy()) == pytest.approx(np.abs(loadings), abs=1e-8)
    assert got.eigenvalues.sum() == pytest.approx(5)
    assert (got.loadings.sum() > 0).all()


def test_kmo_agrees_with_factor_analyzer():
    """Reference: factor_analyzer 0.5.1, calculate_kmo, on the same answers."""
    got = composite.pca(items())
    assert got.kmo == pytest.approx(0.6033923089584827, abs=1e-10)
    assert got.kmo_each.to_numpy() == pytest.approx(
        [
            0.38694573584459013,
            0.6901782145709202,
            0.6786785368981317,
            0.5760688419280103,
            0.06215993557787444,
        ],
        abs=1e-10,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(q4=3.0), "All values of 'q4' are equal"),
        (lambda table: table.assign(q4=table["q1"] + table["q2"]), "determined by the others"),
        (lambda table: table.head(5), "5 indicators are too many for 5 units"),
    ],
)
def test_components_that_do_not_exist(change, message):
    with pytest.raises(InputError, match=message):
        composite.pca(change(items()))


# -- CPI -----------------------------------------------------------------------------------------------------------


def test_the_published_example_of_the_cpi():
    rows = published.table("cpi_example")
    scores = rows.loc[rows["series"].str.startswith("source"), "value"]
    got = composite.cpi_score(scores)
    assert got.value == 63
    assert scores.std() == pytest.approx(2)
    assert got.error == pytest.approx(0.894, abs=0.0005)
    assert got.margin == pytest.approx(1.47, abs=0.005)
    corrected = composite.cpi_score(scores, sources=12)
    assert corrected.error == pytest.approx(0.714, abs=0.0006)
    assert corrected.margin < got.margin


def test_two_sources_make_no_score():
    with pytest.raises(InputError, match="2 sources; a score needs 3"):
        composite.cpi_score([61, 63, np.nan])


def test_sources_that_agree_have_an_error_of_zero_that_is_explained():
    assert "not certainty" in composite.cpi_score([50, 50, 50]).note
    with pytest.raises(InputError, match="outside 0 to 100"):
        composite.cpi_score([50, 50, 150])
    with pytest.raises(InputError, match="5 scores from 4 sources"):
        composite.cpi_score([61, 63, 61, 65, 65], sources=4)
