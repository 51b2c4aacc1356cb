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


def test_the_widest_stage_explains_most():
    draws = simulate({"wide": (0, 10, 30), "narrow": (1, 2, 3)}, 4000, np.random.default_rng(4))
    shares = share_of_variance(draws)
    assert shares.index[0] == "wide"
    assert shares.sum() == pytest.approx(1)
    assert shares["wide"] > 0.9


def test_a_range_out_of_order_is_named():
    with pytest.raises(InputError, match="stage design"):
        simulate({"design": (5, 2, 8)}, 10, np.random.default_rng(0))
    with pytest.raises(InputError, match="0 draws"):
        simulate({"design": (1, 2, 8)}, 0, np.random.default_rng(0))
