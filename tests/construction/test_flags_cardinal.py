"""Cardinal's eleven flags: its own fixtures, and the traps in its definitions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cleanworks.construction import flags
from cleanworks.standards import ocds

GROUPS = {"process": "OCID", "tenderer": "Tenderer", "buyer": "Buyer", "procuring entity": "ProcuringEntity"}
FIXTURES = [
    "R003", "R003-threshold-10", "R003-procurement_methods-open+selective", "R003-procurement_method_details-x-5-y-10", "R018",
    "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R038-tenderer", "R048-minimum_contracting_processes-1", "R058",
]  # fmt: skip
SETTINGS = {
    "R003-threshold-10": {"short_submission_days": 10},
    "R003-procurement_methods-open+selective": {"short_submission_methods": ("open", "selective")},
    "R003-procurement_method_details-x-5-y-10": {"short_submission_days_by_details": {"x": 5, "y": 10}},
    "R048-minimum_contracting_processes-1": {"minimum_contracting_processes": 1},
}


def flagged(tables, code, **settings):
    """Flags in the shape of Cardinal's output: group -> id -> code -> value."""
    results = flags.evaluate(tables, [code], flags.Settings(**settings))
    found = {}
    for row in results[results["flagged"]].itertuples():
        found.setdefault(GROUPS[row.level], {}).setdefault(row.id, {})[code] = row.value
    return found


@pytest.mark.parametrize("name", FIXTURES)
def test_the_published_fixture_is_reproduced(shared_data, name):
    folder = shared_data / "cardinal-fixtures" / "indicators"
    tables = ocds.read(folder / f"{name}.jsonl")
    settings = {"excluded_details": ("EXC",), "no_price_comparison": ("NPC",), **SETTINGS.get(name, {})}
    expected = json.loads((folder / f"{name}.expected").read_text())
    assert flagged(tables, name[:4], **settings) == expected


def test_every_published_fixture_is_tested(shared_data):
    names = {file.stem for file in (shared_data / "cardinal-fixtures" / "indicators").glob("*.expected")}
    assert names == set(FIXTURES)


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("003", {}, {"OCID": {"F": {"R003": 1.0}}}),
        ("018", {}, {"OCID": {"F": {"R018": 1.0}}}),
        ("024", {}, {"OCID": {"F": {"R024": 1.0}}, "Tenderer": {"W": {"R024": 0.0}, "L": {"R024": 0.0}}}),
        ("025", {}, {"Tenderer": {"F": {"R025": 1 / 6}}}),
        ("058", {}, {"OCID": {"F": {"R058": 99.0}}, "Tenderer": {"W": {"R058": 0.0}}}),
        ("038", {}, {"Buyer": {"B": {"R038": 0.5}}}),
        ("048", {"minimum_contracting_processes": 1}, {"Tenderer": {"F": {"R048": 2.0}}}),
    ],
)
def test_the_examples_of_cardinals_manual(shared_data, name, settings, expected):
    tables = ocds.read(shared_data / "cardinal-fixtures" / "examples" / "R" / f"{name}.jsonl")
    assert flagged(tables, f"R{name}", **settings) == expected


# The traps ---------------------------------------------------------------------------------------------------------------


def bids(*rows):
    table = pd.DataFrame(rows, columns=["tender_id", "tenderer_id", "amount", "status"])
    return table.assign(bid_id=[f"b{number}" for number in range(len(table))])


def contracts(**winners):
    return pd.DataFrame(
        {"contract_id": list(winners), "tender_id": list(winners), "supplier_id": list(winners.values())}
    )


def test_quartiles_are_those_of_type_8():
    # Hyndman and Fan's example of the definition: position (n + 1/3) p + 1/3.
    assert flags.quartiles([1, 2, 3, 4]) == pytest.approx((1 + 5 / 12, 3 + 7 / 12))


def test_no_one_is_a_low_outlier_when_a_quarter_has_zero():
    assert not flags.low_outliers([0, 0, 0, 5, 6, 7]).any()
    assert not flags.low_outliers([1, 10, 10, 10]).all()
    assert flags.low_outliers([0, 0, 0], fence=0.05).all()  # a fence that somebody chose is used as it is


def test_no_one_is_a_high_outlier_when_three_quarters_have_zero():
    assert not flags.high_outliers([0, 0, 0, 0]).any()
    assert list(flags.high_outliers([1, 1, 1, 1, 50])) == [False, False, False, False, True]


def test_a_winner_that_was_not_the_lowest_is_left_out():
    tables = {
        "bids": bids(("t", "A", 100, "valid"), ("t", "B", 90, "valid")),
        "contracts": contracts(t="A"),
    }
    assert flags.evaluate(tables, ["R024"]).empty


def test_a_consortium_with_its_members_in_another_order_is_the_same_tenderer():
    table = pd.DataFrame(
        {
            "tender_id": "t", "bid_id": ["1", "1", "2", "2", "3"], "tenderer_id": ["A", "Z", "Z", "A", "B"],
            "amount": [5, 5, 5, 5, 7], "status": "valid",
        }
    )  # fmt: skip
    assert flagged({"bids": table}, "R028") == {}
    table.loc[4, "amount"] = 5
    assert set(flagged({"bids": table}, "R028")["Tenderer"]) == {"A", "B", "Z"}


def test_one_currency_is_compared():
    table = bids(("t", "A", 100, "valid"), ("t", "B", 1, "disqualified")).assign(currency=["KRW", "USD"])
    tables = {"bids": table, "contracts": contracts(t="A")}
    assert flagged(tables, "R036") == {}
    assert flagged({**tables, "bids": table.assign(currency="KRW")}, "R036") == {"OCID": {"t": {"R036": 1.0}}}


def test_where_quality_also_counts_the_lowest_bid_may_fail():
    tables = {
        "bids": bids(("t", "A", 100, "valid"), ("t", "B", 90, "disqualified")),
        "contracts": contracts(t="A"),
        "tenders": pd.DataFrame({"tender_id": ["t"], "price_only": [False]}),
    }
    assert flagged(tables, "R036") == {}
    tables["tenders"]["price_only"] = True
    assert flagged(tables, "R036") == {"OCID": {"t": {"R036": 1.0}}}


def test_rows_that_are_not_flagged_stay_as_the_denominator():
    tables = {
        "tenders": pd.DataFrame(
            {"tender_id": ["a", "b"], "procurement_method": "open", "number_of_tenderers": [1, 4]}
        )
    }
    results = flags.evaluate(tables, ["R018"])
    assert list(results["id"]) == ["a", "b"]
    assert list(results["flagged"]) == [True, False]


# Real data, counted again without the product ------------------------------------------------------------------------------


@pytest.fixture
def paraguay(real_ocds):
    import gzip

    with gzip.open(real_ocds, "rt", encoding="utf-8") as lines:
        return real_ocds, [json.loads(line) for line in lines]


def test_totals_of_paraguay(paraguay):
    path, releases = paraguay
    tables = ocds.read(path)
    contracts_there = [contract for release in releases for contract in release["contracts"]]
    suppliers = [s for release in releases for award in release["awards"] for s in award["suppliers"]]
    items = [item for release in releases for award in release["awards"] for item in award.get("items", [])]
    assert len(tables["tenders"]) == len(releases) == 10
    assert len(tables["contracts"]) == len(contracts_there)
    assert len(tables["awards"]) == len(suppliers)
    assert len(tables["award_items"]) == len(items)
    for currency in ("PYG", "USD"):
        by_hand = sum(
            c["value"]["amount"] or 0 for c in contracts_there if c["value"]["currency"] == currency
        )
        table = tables["contracts"]
        assert table.loc[table["currency"] == currency, "value_amount"].sum() == pytest.approx(by_hand)
    assert tables["contracts"]["value_amount"].isna().sum() == sum(
        c["value"]["amount"] is None for c in contracts_there
    )


def test_concentration_in_paraguay(paraguay):
    path, releases = paraguay
    tables = ocds.read(path)
    spent = {}
    for release in releases:
        names = {award["id"]: award["suppliers"][0] for award in release["awards"]}
        for contract in release["contracts"]:
            # This portal writes one object here, where OCDS has no such field at all.
            firm = (contract.get("suppliers") or names.get(contract["awardID"], {})).get("name")
            if contract["value"]["amount"] and contract["value"]["currency"] == "PYG":
                shares = spent.setdefault(release["buyer"]["name"], {})
                shares[firm] = shares.get(firm, 0) + contract["value"]["amount"]
    by_hand = {
        buyer: sum((v / sum(firms.values())) ** 2 for v in firms.values()) for buyer, firms in spent.items()
    }
    tables["contracts"] = tables["contracts"].query("currency == 'PYG' and value_amount > 0")
    found = flags.evaluate(tables, ["concentration"], flags.Settings(minimum_group=1)).set_index("id")[
        "value"
    ]
    assert found.to_dict() == pytest.approx(by_hand)


def test_what_paraguays_file_allows(paraguay):
    path, _ = paraguay
    able = flags.coverage(ocds.read(path))
    assert not able.loc["R024", "possible"]  # the portal publishes no bids
    assert "bids.amount" in able.loc["R024", "empty"]
    # Every period lacks its beginning or its end, so no submission period can be measured.
    assert flags.evaluate(ocds.read(path), ["R003"]).empty
    assert np.isfinite(
        flags.evaluate(ocds.read(path), ["R048"], flags.Settings(minimum_contracting_processes=1))["value"]
    ).all()
