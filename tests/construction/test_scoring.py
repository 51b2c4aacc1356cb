import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from cleanworks.construction.scoring import Score, Share, score, wilson
from cleanworks.errors import InputError


@pytest.mark.parametrize(
    ("hits", "out_of", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_published_intervals(hits, out_of, low, high):
    assert wilson(hits, out_of) == pytest.approx((low, high), abs=5e-5)


@given(out_of=st.integers(1, 500), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_wilson_agrees_with_scipy(out_of, share, confidence):
    hits = round(share * out_of)
    theirs = binomtest(hits, out_of).proportion_ci(confidence_level=confidence, method="wilson")
    assert wilson(hits, out_of, confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(out_of=st.integers(1, 200), share=st.floats(0, 1))
def test_wilson_contains_the_share_and_stays_between_0_and_1(out_of, share):
    hits = round(share * out_of)
    low, high = wilson(hits, out_of)
    assert 0 <= low <= hits / out_of <= high <= 1


def test_nothing_observed_has_no_interval():
    assert all(math.isnan(limit) for limit in wilson(0, 0))
    assert str(Share(0, 0)) == "nothing to count"


@pytest.mark.parametrize("arguments", [(5, 4), (-1, 4), (0, -1), (1, 4, 95), (1, 4, 1), (1, 4, 0)])
def test_wilson_refuses_impossible_counts(arguments):
    with pytest.raises(InputError):
        wilson(*arguments)


def test_the_four_counts():
    result = score(alarms=["a", "b", "c"], real=["b", "c", "d"], everything=list("abcdefgh"))
    assert result == Score(true_alarms=2, false_alarms=1, missed=1, rightly_quiet=4)
    assert result.precision.value == pytest.approx(2 / 3)
    assert result.recall.value == pytest.approx(2 / 3)
    assert result.false_alarm_rate.value == pytest.approx(1 / 5)
    assert list(result.table()["out_of"]) == [3, 3, 5]
    assert str(result.precision) == "2 of 3 = 67% (interval 21% to 94%)"


@given(
    everything=st.sets(st.integers(0, 60), min_size=1),
    seed=st.randoms(use_true_random=False),
)
def test_counts_always_add_up(everything, seed):
    alarms = {i for i in everything if seed.random() < 0.3}
    real = {i for i in everything if seed.random() < 0.3}
    s = score(alarms, real, everything)
    assert s.true_alarms + s.false_alarms == len(alarms)
    assert s.true_alarms + s.missed == len(real)
    assert s.true_alarms + s.false_alarms + s.missed + s.rightly_quiet == len(everything)


def test_a_label_outside_what_was_looked_at_is_refused():
    with pytest.raises(InputError, match="not among those looked at, for example z"):
        score(alarms=["a"], real=["z"], everything=["a", "b"])
