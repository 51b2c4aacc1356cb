"""The loss model does what its assumptions say, and refuses impossible ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanworks.construction.losses import share_of_variance, simulate
from cleanworks.errors import InputError


def test_certain_losses_multiply():
    draws = simulate({"tender": (10, 10, 10), "construction": (20, 20, 20)}, 3, np.random.default_rng(1))
    # 10 per cent of the budget, then 20 per cent of the 90 that are left
    assert draws["tender"].tolist() == pytest.approx([10] * 3)
    assert draws["construction"].tolist() == pytest.approx([18] * 3)
    assert draws["total"].tolist() == pytest.approx([28] * 3)


def test_the_mean_of_a_triangle():
    draws = simulate({"tender": (0, 3, 12)}, 200_000, np.random.default_rng(2))
    assert draws["total"].mean() == pytest.approx((0 + 3 + 12) / 3, abs=0.05)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=6))
def test_the_total_never_exceeds_the_budget(ranges):
    named = {f"stage {i}": tuple(sorted(r)) for i, r in enumerate(ranges)}
    draws = simulate(named, 50, np.random.default_rng(3))
    assert draws["total"].between(0, 100 + 1e-9).all()


STAGES = {
    "planning": (0, 2, 10),
    "design": (0, 1, 5),
    "tender": (0, 3, 12),
    "construction": (0, 3, 15),
    "payment": (0, 1, 6),
}


@pytest.mark.parametrize(
    ("largest", "reference"),
    [
        (
            10,
            {
                "planning": 0.1862,
                "design": 0.0447,
                "tender": 0.2648,
                "construction": 0.4370,
                "payment": 0.0664,
            },
        ),
        (
            30,
            {
                "planning": 0.7253,
                "design": 0.0150,
                "tender": 0.0889,
                "construction": 0.1467,
                "payment": 0.0223,
            },
        ),
    ],
)
def test_shares_of_the_spread_agree_with_salib(largest, reference):
    """Reference: SALib 1.6.0, sobol.analyze (S1) of 1 - prod(1 - x), distribution "triang", 2**15 base samples, seed 1."""
    shares = share_of_variance(dict(STAGES, planning=(0, 2, largest)))
    assert shares.to_dict() == pytest.approx(reference, abs=0.002)
    assert shares.is_monotonic_decreasing
    assert 0.99 < shares.sum() <= 1


def test_shares_of_the_spread_are_those_of_the_simulation():
    """With one stage known exactly, the variance that is left is 1 less its share."""
    everything = simulate(STAGES, 200_000, np.random.default_rng(4))["total"].var()
    known = simulate(dict(STAGES, construction=(6, 6, 6)), 200_000, np.random.default_rng(4))["total"].var()
    assert share_of_variance(STAGES)["construction"] == pytest.approx(1 - known / everything, abs=0.02)


def test_shares_of_the_spread_of_two_stages_by_hand():
    # What is left: 0.7 and 0.8 on average, with the variances 0.21 / 18 and 0.09 / 18 of their triangles.
    first, second = 0.21 / 18, 0.09 / 18
    total = (0.7**2 + first) * (0.8**2 + second) - 0.7**2 * 0.8**2
    expected = {"a": first * 0.8**2 / total, "b": second * 0.7**2 / total}
    assert share_of_variance({"b": (0, 30, 30), "a": (10, 20, 60)}).to_dict() == pytest.approx(
        expected, rel=1e-9
    )


def test_what_does_not_vary_explains_nothing():
    assert share_of_variance({"a": (1, 1, 1), "b": (2, 2, 2)}).tolist() == [0, 0]


def test_a_range_out_of_order_is_named():
    with pytest.raises(InputError, match="stage design"):
        simulate({"design": (5, 2, 8)}, 10, np.random.default_rng(0))
    with pytest.raises(InputError, match="stage design"):
        simulate({"design": (1, 2, 101)}, 10, np.random.default_rng(0))
    assert len(simulate({"design": (0, 2, 100)}, 1, np.random.default_rng(0))) == 1
    with pytest.raises(InputError, match="draws: 0 is not"):
        simulate({"design": (1, 2, 8)}, 0, np.random.default_rng(0))
    with pytest.raises(InputError, match="stage design"):
        share_of_variance({"design": (5, 2, 8)})
