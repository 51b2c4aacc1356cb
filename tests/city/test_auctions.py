"""Tenders and bids have the figures of real works auctions: see ``auctions.py`` for the published set and how it is read."""

import pytest

from cleanworks import city, profiles
from cleanworks.errors import InputError
from tests.city.auctions import PUBLISHED, figures, of_city
from tests.few import few

COUNTRIES = profiles.available()


@pytest.fixture(scope="module", params=few(COUNTRIES, ["seoul", "uganda"]))
def auctions(request):
    profile = profiles.load(request.param)
    return of_city(city.make(300, profile=profile)), profile


def test_each_figure_lies_among_those_of_the_published_years(auctions):
    bids, profile = auctions
    found = figures(bids)
    # How much one firm wins hangs on who gets the largest works; the market of the usual edition is held to the range.
    if profile.code != "seoul":
        del found["concentration of awards (HHI)"]
    outside = {
        name: value for name, value in found.items() if not PUBLISHED[name][0] <= value <= PUBLISHED[name][1]
    }
    assert not outside, f"{outside} lie outside { ({name: PUBLISHED[name][:2] for name in outside}) }"


def test_no_edge_at_the_floor_and_none_at_the_estimate(auctions):
    bids, profile = auctions
    ratio, floor = bids["amount"] / bids["estimate"], profile["procurement.floor_ratio"]
    below, above = ratio.between(floor - 0.03, floor).sum(), ratio.between(floor, floor + 0.03).sum()
    assert 0.25 * above < below < above, "bids stop or pile up at the floor"
    assert (ratio <= 1).all()
    assert ratio.between(0.9975, 1).sum() < ratio.between(0.9875, 0.99).sum(), "bids pile up at the estimate"


def test_the_winner_writes_like_the_losers(auctions):
    """Otherwise the award could be told from the bid's last digits."""
    bids, _ = auctions
    digits = bids["amount"].astype("int64").astype(str).str.rstrip("0").str.len()
    assert abs(digits[bids["won"]].mean() - digits[~bids["won"]].mean()) < 0.25


def test_the_lowest_price_wins_where_price_alone_decides():
    tenders, bids, contracts = city.load("tenders", "bids", "contracts")
    alone = tenders[tenders["price_only"]]["tender_id"]
    lowest = bids[bids["status"] == "valid"].groupby("tender_id")["amount"].min()
    awarded = contracts.set_index("tender_id")["value_amount"]
    awarded = awarded[awarded.index.isin(alone)]
    assert len(awarded) > 50
    assert (awarded == lowest.loc[awarded.index]).all()


def test_the_price_of_a_contract_is_its_firms_bid():
    bids, contracts = city.load("bids", "contracts")
    own = contracts.merge(
        bids, left_on=["tender_id", "supplier_id"], right_on=["tender_id", "tenderer_id"], validate="1:1"
    )
    assert len(own) == len(contracts)
    assert (own["amount"] == own["value_amount"]).all()


@pytest.mark.parametrize("key", ["city.price_step", "city.discount_median", "city.dear_bids"])
@pytest.mark.parametrize("value", [-0.1, 1.5, "some", True])
def test_a_value_that_is_no_share_is_refused(seoul, key, value):
    with pytest.raises(InputError, match=key) as refused:
        city.make(10, profile=seoul.replace({key: value}))
    assert "from 0 to 1" in refused.value.fix


def test_with_a_step_of_nothing_nobody_rounds(seoul):
    made = city.make(100, profile=seoul.replace({"city.price_step": 0}))
    assert (made["bids"]["amount"] % (10 * seoul["currency.round_to"]) == 0).mean() < 0.2
