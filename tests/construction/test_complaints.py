"""A count of complaints is events, times the share reported, inside a scope."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanworks.construction import complaints, published
from cleanworks.errors import InputError


def test_the_published_totals_give_the_years_without_a_figure():
    cases = published.series("complaints", "cases", of="by year")
    totals = published.series("complaints", "cases since 2011")
    left = complaints.years_without_a_figure(cases, totals)
    # 495 and 318: derived in the same way by hand from ccs-s53, s54, s55, s56
    assert left.to_dict() == {"2014-2015": 495, "2018": 318}


def test_a_total_that_disagrees_is_named():
    cases = pd.Series({2011: 10, 2012: 10})
    with pytest.raises(InputError, match="2011 to 2012 add up to 20, the totals say 25"):
        complaints.years_without_a_figure(cases, pd.Series({2012: 25}))


@given(st.floats(1, 1e6), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.1, 3))
def test_knowing_how_reporting_changed_gives_the_events_back(events, before, after, growth):
    first = complaints.reports(events, before)
    second = complaints.reports(events * growth, after)
    assert complaints.change_in_events(first, second, after / before) == pytest.approx(growth - 1, abs=1e-9)


def test_a_share_above_one_is_refused():
    with pytest.raises(InputError, match="from 0 to 1"):
        complaints.reports(100, 1.2)
    with pytest.raises(InputError, match="above zero"):
        complaints.change_in_events(0, 5, 1)
