"""Chance and curves: the right distributions, and the same bits on every machine."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from cleanworks import draws
from cleanworks.draws import Draws

MANY = 100_000


@pytest.fixture
def chance():
    return Draws(np.random.Generator(np.random.PCG64(2024)))


# --- the same everywhere ----------------------------------------------------------------------------------------


def test_a_uniform_number_is_what_the_bit_generator_promises():
    """Everything rests on this: numpy promises the raw numbers, and a uniform one is their upper 53 bits."""
    raw = np.random.PCG64(7).random_raw(1000)
    expected = (raw >> np.uint64(11)).astype(float) * 2.0**-53
    assert (Draws(np.random.Generator(np.random.PCG64(7))).random(1000) == expected).all()


@pytest.mark.parametrize(
    ("name", "arguments", "bits"),
    [
        ("standard_normal", (3,), ["0x1.e5919128ee116p-6", "0x1.a63cdf41ba99bp+0", "-0x1.0fd32c5bbc864p+0"]),
        ("exponential", (2.0, 3), ["0x1.6f2460c193077p+0", "0x1.80a57607adc81p+2", "0x1.3ed0a36ec7a9fp-2"]),
        ("gamma", (0.4, 1.0, 3), ["0x1.bb2db00dce1dfp-7", "0x1.07970ce4f0562p+0", "0x1.51d91b737422dp-5"]),
        ("beta", (2.0, 3.0, 3), ["0x1.182ebdf4ae9dfp-2", "0x1.5a6f86af92f9ep-1", "0x1.7394c9a7a83bbp-3"]),
        (
            "lognormal",
            (0.0, 0.5, 3),
            ["0x1.03d25e45f77e1p+0", "0x1.23fcfb741354ap+1", "0x1.2d179c4e9d28cp-1"],
        ),
        (
            "triangular",
            (1.0, 2.0, 5.0, 3),
            ["0x1.4a31a840853d4p+1", "0x1.0ea7fe2f307d4p+2", "0x1.c265e281136b8p+0"],
        ),
    ],
)
def test_the_bits_of_some_numbers(name, arguments, bits):
    """Read on x86-64; a machine or a numpy that gives other bits would give other tables."""
    drawn = getattr(Draws(np.random.Generator(np.random.PCG64(1))), name)(*arguments)
    assert [float(number).hex() for number in drawn] == bits


def test_curves_are_right_to_the_last_digits():
    x = np.concatenate([np.linspace(-700, 700, 20_001), np.linspace(-1, 1, 20_001)])
    assert np.allclose(draws.exp(x), [math.exp(v) for v in x], rtol=1e-15, atol=0)
    y = np.concatenate([np.geomspace(1e-300, 1e300, 20_001), np.linspace(0.5, 2, 20_001)])
    assert np.allclose(draws.log(y), [math.log(v) for v in y], rtol=1e-15, atol=1e-16)
    assert draws.power(2.0, [10, -1, 0.5]) == pytest.approx([1024, 0.5, math.sqrt(2)], rel=1e-15)


def test_the_normal_distribution_and_its_inverse():
    normal, share = NormalDist(), np.linspace(0.0005, 0.9995, 9_991)
    assert np.allclose(draws.normal_quantile(share), [normal.inv_cdf(p) for p in share], rtol=0, atol=1e-14)
    assert draws.normal_quantile([1e-9, 1e-16]) == pytest.approx(
        [normal.inv_cdf(1e-9), normal.inv_cdf(1e-16)]
    )
    x = np.linspace(-8, 8, 3_201)
    assert np.allclose(draws.normal_share(x), [normal.cdf(v) for v in x], rtol=1e-13, atol=1e-16)


def test_a_table_of_quantiles_does_not_depend_on_how_it_is_cut():
    share = np.random.default_rng(1).random((700, 200))
    assert (draws.normal_quantile(share)[650] == draws.normal_quantile(share[650])).all()


# --- the right distributions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "law"),
    [
        ("uniform", (2.0, 5.0), stats.uniform(2, 3)),
        ("normal", (1.0, 2.0), stats.norm(1, 2)),
        ("lognormal", (0.5, 0.3), stats.lognorm(0.3, scale=math.exp(0.5))),
        ("exponential", (2.5,), stats.expon(scale=2.5)),
        ("pareto", (8.0,), stats.lomax(8.0)),
        ("triangular", (1.0, 2.0, 5.0), stats.triang(0.25, 1, 4)),
        ("triangular", (1.0, 1.0, 5.0), stats.triang(0.0, 1, 4)),
        ("gamma", (2.2, 0.6), stats.gamma(2.2, scale=0.6)),
        ("gamma", (0.4, 2.5), stats.gamma(0.4, scale=2.5)),
        ("beta", (1.1, 2.2), stats.beta(1.1, 2.2)),
    ],
)
def test_measures_follow_their_distribution(chance, name, arguments, law):
    drawn = getattr(chance, name)(*arguments, MANY)
    assert drawn.mean() == pytest.approx(law.mean(), abs=4 * law.std() / math.sqrt(MANY))
    assert drawn.var() == pytest.approx(law.var(), rel=0.1)
    assert stats.kstest(drawn, law.cdf).statistic < 1.95 / math.sqrt(MANY)


@pytest.mark.parametrize(
    ("name", "arguments", "law"),
    [
        ("integers", (3, 9), stats.randint(3, 9)),
        ("poisson", (3.3,), stats.poisson(3.3)),
        ("poisson", (120.0,), stats.poisson(120)),
        ("geometric", (0.4,), stats.geom(0.4)),
        ("binomial", (20, 0.3), stats.binom(20, 0.3)),
        ("negative_binomial", (2.2, 0.27), stats.nbinom(2.2, 0.27)),
    ],
)
def test_counts_follow_their_distribution(chance, name, arguments, law):
    drawn = getattr(chance, name)(*arguments, MANY)
    assert drawn.dtype == np.intp
    values = np.arange(drawn.min(), drawn.max() + 1)
    seen, expected = np.bincount(drawn - drawn.min()), MANY * law.pmf(values)
    often = expected > 20
    assert ((seen - expected)[often] ** 2 / expected[often]).sum() < stats.chi2.ppf(0.9999, often.sum())


def test_a_mean_too_large_to_add_up_from_nothing(chance):
    drawn = chance.poisson([0.0, 2_000.0, 30.0], (2_000, 3))
    assert (drawn[:, 0] == 0).all()
    assert drawn[:, 1].mean() == pytest.approx(2_000, abs=4)
    assert drawn[:, 1].std() == pytest.approx(math.sqrt(2_000), rel=0.1)
    assert drawn[:, 2].mean() == pytest.approx(30, abs=0.5)


def test_shares_add_up(chance):
    drawn = chance.dirichlet([6.0, 2.5, 1.5], MANY)
    assert np.allclose(drawn.sum(axis=1), 1)
    assert drawn.mean(axis=0) == pytest.approx([0.6, 0.25, 0.15], abs=0.003)


def test_choices(chance):
    drawn = chance.choice(["a", "b", "c"], MANY, p=[0.5, 0.3, 0.2])
    assert [(drawn == letter).mean() for letter in "abc"] == pytest.approx([0.5, 0.3, 0.2], abs=0.006)
    assert sorted(chance.choice(5, 5, replace=False)) == [0, 1, 2, 3, 4]
    assert set(chance.choice([10, 20], 50)) == {10, 20}
    assert chance.choice(["x", "y"]) in ("x", "y")


def test_every_order_is_equally_likely(chance):
    orders = chance.permuted(np.tile(np.arange(3), (MANY, 1)), axis=1)
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert counts / MANY == pytest.approx([1 / 6] * 6, abs=0.005)
    assert sorted(chance.permutation(np.array([3, 1, 2]))) == [1, 2, 3]
    assert sorted(chance.permutation(4)) == [0, 1, 2, 3]


def test_numbers_without_a_size_are_single_numbers(chance):
    for drawn in (
        chance.random(),
        chance.integers(3),
        chance.normal(),
        chance.poisson(2.0),
        chance.gamma(2.0),
    ):
        assert np.ndim(drawn) == 0
    assert chance.normal([1.0, 2.0], 1.0).shape == (2,)
    assert chance.binomial([5, 6], 0.5).shape == (2,)
