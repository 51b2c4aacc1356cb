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
    larger = pd.concat([table.head(4), table.tail(2).assign(bid_id="2", tenderer_id="Q").head(1)])
    assert set(flagged({"bids": larger}, "R028")["Tenderer"]) == {"A", "Q", "Z"}, (
        "one more member is another tenderer"
    )


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
    results = flags.evaluate(tables, "R018")
    assert list(results["id"]) == ["a", "b"]
    assert list(results["flagged"]) == [True, False]


# Cardinal's flags on tables that anybody can count --------------------------------------------------------------------------


def priced(*rows):
    """Bids: process, firm, amount, status, currency."""
    made = pd.DataFrame(rows, columns=["tender_id", "tenderer_id", "amount", "status", "currency"])
    return made.assign(bid_id=[f"b{number}" for number in range(len(rows))])


def awarded(*rows):
    made = pd.DataFrame(rows, columns=["tender_id", "supplier_id", "amount", "currency"])
    return made.assign(award_id=made["tender_id"], status="active")


def answers(tables, code, level, **settings):
    found = flags.evaluate(tables, [code], flags.Settings(**settings))
    assert not found.duplicated(["level", "id"]).any(), "one answer about each"
    return {row.id: (row.value, row.flagged) for row in found[found["level"] == level].itertuples()}


def test_one_tenderer_is_a_single_bid_unless_more_firms_bid():
    came = pd.DataFrame(
        [
            ("two firms", "b1", "A", "valid"), ("two firms", "b2", "B", "disqualified"),
            ("joint", "b1", "A", "valid"), ("joint", "b1", "B", "valid"),
            ("withdrawn", "b1", "A", "valid"), ("withdrawn", "b2", "B", "withdrawn"),
            ("unknown", "b1", "A", "valid"), ("unknown", "b2", None, "valid"), ("unknown", "b3", None, "valid"),
            ("twice", "b1", "A", "valid"), ("twice", "b2", "A", "valid"),
        ],
        columns=["tender_id", "bid_id", "tenderer_id", "status"],
    )  # fmt: skip
    numbers = {
        None: 1,  # a process without a name is none
        "two firms": 1,
        "joint": 1,
        "withdrawn": 1,
        "unknown": 1,
        "twice": 1,
        "none": 0,
        "two": 2,
        "not told": None,
    }
    tenders = pd.DataFrame(
        {
            "tender_id": list(numbers),
            "procurement_method": "open",
            "number_of_tenderers": list(numbers.values()),
        }
    )
    tables = {"tenders": tenders, "bids": came}
    single = dict.fromkeys(("joint", "withdrawn", "unknown", "twice"), (1, True))
    assert answers(tables, "R018", "process") == {**single, "two": (0, False)}


def test_the_margin_of_the_winning_price():
    table = priced(
        # B's 150 is a quarter above the 120 that was awarded, not half above the 100 that A bid.
        ("awarded", "A", 100, "valid", "KRW"), ("awarded", "B", 150, "valid", "KRW"), ("awarded", "C", 170, "valid", "KRW"),
        ("bid", "A", 100, "valid", "KRW"), ("bid", "B", 150, "valid", "KRW"), ("bid", "C", 110, "disqualified", "KRW"),
        ("in dollars", "A", 100, "valid", "KRW"), ("in dollars", "B", 150, "valid", "KRW"),
        ("in both", "A", 100, "valid", "KRW"), ("in both", "B", 150, "valid", "USD"),
        ("equal", "A", 100, "valid", None), ("equal", "B", 100, "valid", None),
        ("not lowest", "A", 100, "valid", "KRW"), ("not lowest", "B", 90, "valid", "KRW"),
        ("free", "A", 0, "valid", "KRW"), ("free", "B", 90, "valid", "KRW"),
    )  # fmt: skip
    awards = awarded(
        ("awarded", "A", 120, "KRW"), ("bid", "A", None, "USD"), ("in dollars", "A", 120, "USD"), ("in both", "A", None, None),
        ("equal", "A", 100, "KRW"), ("not lowest", "A", None, None), ("free", "A", None, None),
    )  # fmt: skip
    tables = {"bids": table, "awards": awards}
    margins = {"awarded": (0.25, False), "bid": (0.5, False), "equal": (0, False)}
    assert answers(tables, "R058", "process", fences={"R058": 0.6}) == margins
    assert answers(tables, "R058", "process", fences={"R058": 0.5}) == {**margins, "bid": (0.5, True)}
    assert answers(tables, "R058", "tenderer", fences={"R058": 0.5}) == {"A": (0, True)}
    assert answers(tables, "R024", "process", fences={"R024": 0.25}) == {
        **dict.fromkeys(("awarded",), (0.25, True)), "bid": (0.5, False), "equal": (0, True),
    }  # fmt: skip
    assert set(answers(tables, "R024", "tenderer", fences={"R024": 0.25})) == {"A", "B"}
    assert set(answers(tables, "R058", "process", currency="USD")) == {"equal"}  # nothing says in which it is


def test_the_lowest_of_those_that_were_refused():
    table = priced(
        ("lowest", "A", 100, "valid", "KRW"), ("lowest", "B", 90, "disqualified", "KRW"), ("lowest", "C", 130, "disqualified", "KRW"),
        ("higher", "A", 100, "valid", "KRW"), ("higher", "B", 110, "disqualified", "KRW"), ("higher", "C", 120, "pending", "KRW"),
        ("equal", "A", 100, "valid", "KRW"), ("equal", "B", 100, "disqualified", "KRW"),
        ("nobody valid", "A", 100, "pending", "KRW"), ("nobody valid", "B", 90, "disqualified", "KRW"),
        ("not awarded", "A", 100, "valid", "KRW"), ("not awarded", "B", 90, "disqualified", "KRW"),
        ("in dollars", "A", 100, "valid", "KRW"), ("in dollars", "B", 90, "disqualified", "KRW"),
    )  # fmt: skip
    named = ("lowest", "higher", "equal", "nobody valid")
    awards = awarded(*((name, "A", 100, "KRW") for name in named), ("in dollars", "A", 100, "USD"))
    assert answers({"bids": table, "awards": awards}, "R036", "process") == {
        "lowest": (1, True), "higher": (0, False), "equal": (1, True),
    }  # fmt: skip


def test_the_currency_of_an_award_counts_where_it_has_a_price():
    currencies = {"in won": "KRW", "in dollars": "USD"}
    rows = [(name, *bid, said) for name, said in currencies.items() for bid in (("A", 100, "valid"), ("B", 90, "disqualified"))]  # fmt: skip
    both = {name: (1, True) for name in currencies}
    for won, found in {
        (("A", 100, "KRW"),): {"in won": (1, True)},
        (("A", 100, "USD"),): {"in dollars": (1, True)},
        (("A", None, "USD"),): both,
        (("A", 100, None),): both,
        (("A", 100, "KRW"), ("C", 100, "USD")): both,
        (("C", 100, "USD"), ("A", 100, "KRW")): both,
    }.items():
        awards = awarded(*((name, *award) for name in currencies for award in won))
        assert answers({"bids": priced(*rows), "awards": awards}, "R036", "process") == found, won


def test_all_others_were_disqualified_in_one_lot():
    rows = [
        ("t", "1", "A", "valid"), ("t", "1", "B", "disqualified"), ("t", "1", "C", "disqualified"),
        ("t", "2", "A", "valid"), ("t", "2", "C", "disqualified"), ("t", "2", "D", "valid"),
        ("t", None, "E", None),
        ("cancelled", "1", "A", "valid"), ("cancelled", "1", "B", "disqualified"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["tender_id", "lot_id", "tenderer_id", "status"])
    won = pd.DataFrame([("t", "1"), ("t", "2"), ("cancelled", "1")], columns=["tender_id", "lot_id"])
    tenders = {"tender_id": ["t", "cancelled"], "number_of_lots": 2, "status": ["active", "cancelled"]}
    for lots in (["1", "2"], ["2", "1"]):
        tables = {
            "bids": table.assign(lot_id=table["lot_id"].replace(dict(zip(lots, "12", strict=True)))),
            "awards": won.assign(supplier_id="A", status="active"),
            "tenders": pd.DataFrame(tenders),
        }
        assert answers(tables, "R035", "process") == {"t": (2, True)}
        assert answers(tables, "R035", "tenderer") == {"A": (0, True)}


def test_unknown_firms_have_no_share_that_moves_the_fence():
    rows = [("A", "valid"), ("A", "disqualified"), (None, "valid"), (None, "valid")]
    table = pd.DataFrame(rows, columns=["tenderer_id", "status"]).assign(tender_id="t")
    assert answers({"bids": table.assign(bid_id=[*"1234"])}, "R038", "tenderer") == {"A": (0.5, True)}


def test_a_lot_is_compared_with_itself():
    table = priced(
        ("t", "A", 100, "valid", None), ("t", "B", 150, "valid", None), ("t", "C", 100, "valid", None), ("t", "D", 300, "valid", None),
        ("t", "E", 100, "disqualified", None), ("t", "F", 90, "disqualified", None),
    ).assign(lot_id=["1", "1", "2", "2", "1", None])  # fmt: skip
    awards = awarded(("t", "A", 100, None), ("t", "C", 100, None), ("t", "F", 90, None)).assign(
        lot_id=["1", "2", None]
    )
    tables = {
        "bids": table,
        "awards": awards,
        "tenders": pd.DataFrame({"tender_id": ["t"], "number_of_lots": [2]}),
    }
    # Of two lots the larger margin counts, and the smaller one. What is for no lot is compared with none.
    assert answers(tables, "R058", "process") == {"t": (2, False)}
    assert answers(tables, "R024", "process") == {"t": (0.5, False)}
    assert set(answers(tables, "R028", "tenderer")) == {"A", "E"}  # A and C asked the same for other work
    assert answers(tables, "R036", "process") == {"t": (1, True)}
    table.loc[4, "amount"] = 101  # E
    assert answers(tables, "R036", "process") == {"t": (0, False)}
    assert answers(tables, "R028", "process") == {"t": (0, False)}


def test_the_second_firm_of_a_lot_is_the_one_that_bid_so_close_there():
    table = priced(
        ("t", "W", 100, "valid", None), ("t", "X", 101, "valid", None), ("t", "Q", 300, "valid", None),
        ("t", "V", 50, "valid", None), ("t", "R", 101, "valid", None), ("t", "W", 102, "valid", None),
    ).assign(lot_id=[*"111222"])  # fmt: skip
    awards = awarded(("t", "W", 100, None), ("t", "V", 50, None)).assign(lot_id=["1", "2"])
    tables = {
        "bids": table,
        "awards": awards,
        "tenders": pd.DataFrame({"tender_id": ["t"], "number_of_lots": [2]}),
    }
    assert answers(tables, "R024", "process", fences={"R024": 0.02}) == {"t": (pytest.approx(0.01), True)}
    assert set(answers(tables, "R024", "tenderer", fences={"R024": 0.02})) == {"W", "X"}


def test_a_bid_after_the_deadline_that_was_accepted():
    deadline, before, later = (pd.Timestamp(f"2024-03-01 {time}") for time in ("12:00", "11:59", "12:01"))
    rows = [
        ("late", "b1", "A", "valid", later), ("late", "b1", "B", "valid", later), ("late", "b2", "C", "valid", before),
        ("in time", "b1", "A", "valid", deadline), ("not won", "b1", "C", "valid", later), ("not won", "b2", "A", "valid", before),
        ("refused", "b1", "A", "disqualified", later), ("not told", "b1", "A", "valid", pd.NaT), ("nobody", "b1", None, "valid", later),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["tender_id", "bid_id", "tenderer_id", "status", "date"])
    named = dict.fromkeys(table["tender_id"])
    awards = awarded(
        *((name, None if name == "nobody" else "A", None, None) for name in named), ("late", "B", None, None)
    )
    tables = {
        "bids": table,
        "awards": awards,
        "tenders": pd.DataFrame({"tender_id": list(named), "tender_end": deadline}),
    }
    assert answers(tables, "R030", "process") == {
        "late": (1, True),
        "in time": (0, False),
        "not won": (0, False),
    }
    assert answers(tables, "R030", "tenderer") == {"A": (1, True), "B": (1, True)}


def test_a_deadline_at_midnight_by_its_own_clock_ends_with_that_day():
    closes = {
        "day": "2024-03-01",
        "clock": "2024-03-01T00:00:30",
        "zone": "2024-03-01T00:00:00+09:00",
        "next": "2024-03-01",
    }
    bid = {
        "day": "2024-03-01T10:00",
        "clock": "2024-03-01T10:00",
        "zone": "2024-03-01T10:00:00+09:00",
        "next": "2024-03-02T10:00",
    }
    late = {}
    for name in closes:
        tables = {
            "tenders": pd.DataFrame({"tender_id": [name], "tender_end": [closes[name]]}),
            "bids": pd.DataFrame(
                {"tender_id": [name], "tenderer_id": "A", "status": "valid", "date": [bid[name]]}
            ),
            "awards": awarded((name, "A", None, None)),
        }
        late |= {id_: hit for id_, (_, hit) in answers(tables, "R030", "process").items()}
    assert late == {"day": False, "clock": True, "zone": False, "next": True}


def test_shares_of_bids_that_were_disqualified():
    table = pd.DataFrame(
        [
            ("t1", "b1", "A", "valid"), ("t1", "b2", "B", "disqualified"), ("t1", "b3", "C", "withdrawn"),
            ("t2", "b1", "A", "disqualified"), ("t2", "b1", "C", "disqualified"), ("t3", "b1", "A", "valid"),
            ("t4", "b1", "B", "disqualified"),
        ],
        columns=["tender_id", "bid_id", "tenderer_id", "status"],
    )  # fmt: skip
    buyers = pd.DataFrame(
        {
            "tender_id": ["t1", "t2", "t3", "t4"],
            "buyer_id": ["X", "X", "X", "Y"],
            "procuring_entity_id": ["P", None, "Q", "P"],
        }
    )
    tables, fence = {"bids": table, "tenders": buyers}, {"R038": 0.5}
    # A joint bid is one bid of the buyer's, and one of each of its firms'; who has a single bid has no share.
    assert answers(tables, "R038", "buyer", fences=fence) == {"X": (0.5, True)}
    assert answers(tables, "R038", "procuring entity", fences=fence) == {"P": (pytest.approx(2 / 3), True)}
    assert answers(tables, "R038", "tenderer", fences=fence) == {
        "A": (pytest.approx(1 / 3), False),
        "B": (1, True),
    }


def test_kinds_of_things_that_a_firm_supplies():
    items = pd.DataFrame(
        [("a1", "t1", "4511"), ("a1", "t1", "4521"), ("a2", "t2", "3012"), ("a3", "t3", "4511"), ("a4", "t4", "9011"), ("a5", "t5", "7011"), ("a5", "t5", None)],
        columns=["award_id", "tender_id", "classification_id"],
    )  # fmt: skip
    awards = pd.DataFrame(
        [("a1", "t1", "S", "active"), ("a2", "t2", "S", "active"), ("a3", "t3", "T", "active"), ("a4", "t4", "S", "pending"), ("a4", "t5", "S", None)],
        columns=["award_id", "tender_id", "supplier_id", "status"],
    )  # fmt: skip
    tables = {"awards": awards, "award_items": items}
    assert answers(tables, "R048", "tenderer", minimum_contracting_processes=2, fences={"R048": 2}) == {
        "S": (2, True)
    }


def test_a_fence_lies_above_0_and_counts_itself():
    # Quartiles 3 and 5: the low fence is 0, and would flag whoever has nothing.
    assert not flags.low_outliers([0, 3, 3, 3, 5, 5, 5]).any()
    assert flags.low_outliers([1, 20, 21, 22, 22, 23, 24]).tolist() == [True, *[False] * 6]
    assert flags.low_outliers([2, 2, 2, 2]).all() and flags.high_outliers([2, 2, 2, 2]).all()
    assert not flags.high_outliers([2, 2, 2]).any()  # too few for a fence
    assert flags.high_outliers([1, 2, 3], fence=2).tolist() == [False, True, True]


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
