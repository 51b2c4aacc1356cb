"""One definition, two engines: pandas and DuckDB answer the same, whatever the tables hold."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cleanworks import city
from cleanworks.construction import flags
from cleanworks.data import database, flagging
from cleanworks.errors import InputError
from cleanworks.standards import ocds

CODES = [code for code, one in flags.REGISTRY.items() if one.portable]
OTHER = {
    "minimum_contracting_processes": 1, "excluded_details": ("excluded",), "no_price_comparison": ("fixed price",), "currency": "KRW",
    "small_works_amount": 2e8, "short_submission_days_small": 5, "short_submission_days_by_details": {"urgent": 3},
    "short_submission_methods": ("open",), "fences": {"R024": 0.005, "R025": 0.2, "R038": 0.3},
}  # fmt: skip


def generated(seed: int, processes: int = 200) -> dict[str, pd.DataFrame]:
    """Tables of processes with what real files have: lots, joint bids, currencies, missing ids and days, awards that are still open."""
    rng = np.random.default_rng(seed)

    def some(values, size, shares=None):
        return rng.choice(np.array(values, dtype=object), size, p=shares)

    n = processes
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, n), unit="D")
    tenders = pd.DataFrame(
        {
            "tender_id": [f"T{number}" for number in range(n)],
            "status": some(["complete", "cancelled", None], n, [0.8, 0.1, 0.1]),
            "procurement_method": some(["open", "selective", "direct", None], n, [0.6, 0.2, 0.15, 0.05]),
            "procurement_method_details": some(["urgent", "fixed price", "excluded", None], n),
            "tender_start": start,
            "tender_end": start + pd.to_timedelta(rng.integers(-48, 900, n), unit="h"),
            "cost_estimate": rng.integers(1, 400, n) * 1e6,
            "number_of_tenderers": rng.integers(0, 7, n).astype(float),
            "number_of_lots": rng.choice([1, 1, 1, 3], n),
            "price_only": some([True, False, None], n, [0.8, 0.1, 0.1]),
            "buyer_id": some([*"ABCDEFGH", None], n),
            "procuring_entity_id": some([*"PQRS", None], n),
        }
    )
    tenders.loc[rng.random(n) < 0.05, "tender_start"] = pd.NaT
    tenders.loc[rng.random(n) < 0.05, "number_of_tenderers"] = np.nan
    bids, awards = [], []
    for one in tenders.itertuples():
        for lot in [None] if one.number_of_lots == 1 else ["1", "2", None]:
            firms = rng.choice(60, rng.integers(1, 7), replace=False)
            base, currency = rng.integers(100, 900) * 1000.0, some(["KRW", "USD"], 1, [0.9, 0.1])[0]
            for number, firm in enumerate(firms):
                members = [firm] if rng.random() > 0.12 else rng.choice(60, rng.integers(2, 4), replace=False)
                amount = (
                    base * rng.choice([1, 1.001, 1.02, 1.1])
                    if rng.random() > 0.03
                    else some([np.nan, 0], 1)[0]
                )
                status = some(
                    ["valid", "disqualified", "pending", "withdrawn", None], 1, [0.72, 0.15, 0.05, 0.05, 0.03]
                )[0]
                bid = f"{one.tender_id}/{lot}/{number}" if rng.random() > 0.05 else None
                day = one.tender_end + pd.Timedelta(hours=int(rng.integers(-200, 20)))
                for member in members:
                    name = f"F{member}" if rng.random() > 0.02 else None
                    known = currency if rng.random() > 0.05 else None
                    bids.append(
                        (
                            one.tender_id,
                            bid,
                            name,
                            amount,
                            known,
                            lot,
                            status,
                            day if rng.random() > 0.05 else pd.NaT,
                        )
                    )
            for number in range(rng.choice([1, 1, 1, 1, 2, 0])):
                price = base * rng.choice([1, 1, 1.02]) if rng.random() > 0.3 else np.nan
                status = some(["active", "cancelled", "pending", None], 1, [0.85, 0.07, 0.05, 0.03])[0]
                name = f"F{rng.choice(firms)}" if rng.random() > 0.03 else None
                row = (f"{one.tender_id}/{lot}/{number}", one.tender_id, name, price, currency, lot, status)
                awards += [row, (*row[:2], "F1", *row[3:])] if rng.random() < 0.05 else [row]
    bids = pd.DataFrame(
        bids, columns=["tender_id", "bid_id", "tenderer_id", "amount", "currency", "lot_id", "status", "date"]
    )
    awards = pd.DataFrame(
        awards, columns=["award_id", "tender_id", "supplier_id", "amount", "currency", "lot_id", "status"]
    )
    items = awards[["award_id", "tender_id"]].sample(
        frac=2, replace=True, random_state=seed, ignore_index=True
    )
    items["classification_id"] = some(["4511", "4521", "3012", "9011", None], len(items))
    contracts = awards[["tender_id", "supplier_id", "currency"]].assign(
        contract_id=[f"C{number}" for number in range(len(awards))],
        value_amount=rng.integers(1, 900, len(awards)) * 1e5,
    )
    return {"tenders": tenders, "bids": bids, "awards": awards, "award_items": items, "contracts": contracts}


def by_files(tables, folder, codes, settings):
    """The answers of DuckDB from Parquet files."""
    for name, table in tables.items():
        if len(table.columns):
            table.to_parquet(folder / f"{name}.parquet", index=False)
    with database.database(threads=1) as engine:
        return flags.evaluate(database.tables_of(folder, engine), codes, settings, engine)


def in_order(answers):
    answers = answers.astype({"code": str, "level": str, "id": str})
    return answers.sort_values(["code", "level", "id"], ignore_index=True)


@pytest.mark.parametrize(("seed", "settings"), [(0, {"minimum_contracting_processes": 3}), (1, OTHER)])
def test_both_engines_answer_the_same(tmp_path, seed, settings):
    tables, settings = generated(seed), flags.Settings(**settings)
    expected = flags.evaluate(tables, CODES, settings)
    found = by_files(tables, tmp_path, CODES, settings)
    assert set(expected["code"]) == set(CODES) - {"threshold-bunching"}
    assert expected.groupby("code", observed=True)["flagged"].any().sum() >= 10
    pd.testing.assert_frame_equal(in_order(found), in_order(expected), rtol=1e-12)


def test_both_engines_answer_the_same_of_the_city(tmp_path):
    made = city.make(60)
    tables = {name: made[name] for name in ("projects", "tenders", "bids", "contracts")}
    codes = [code for code in CODES if not code.startswith("R048")]
    expected = flags.evaluate(tables, codes)
    pd.testing.assert_frame_equal(
        in_order(by_files(tables, tmp_path, codes, flags.Settings())), in_order(expected), rtol=1e-12
    )


@pytest.mark.parametrize(
    "code", ["R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R058"]
)
def test_the_published_fixtures_are_reproduced_from_files(shared_data, tmp_path, code):
    folder = shared_data / "cardinal-fixtures" / "indicators"
    settings = flags.Settings(excluded_details=("EXC",), no_price_comparison=("NPC",))
    answers = by_files(ocds.read(folder / f"{code}.jsonl"), tmp_path, [code], settings)
    made = flagging.Flags("fixture", answers, pd.DataFrame(), {})
    assert json.loads(made.json()) == json.loads((folder / f"{code}.expected").read_text())


def test_a_joint_bid_of_three_is_one_tenderer_on_both_engines(tmp_path):
    rows = (
        [("t", "1", firm) for firm in "ABC"]
        + [("t", "2", firm) for firm in "CBA"]
        + [("u", "1", firm) for firm in "ABC"]
    )
    rows += [("u", "2", firm) for firm in "ABD"]
    bids = pd.DataFrame(rows, columns=["tender_id", "bid_id", "tenderer_id"]).assign(
        amount=5.0, status="valid"
    )
    for answers in (
        flags.evaluate({"bids": bids}, ["R028"]),
        by_files({"bids": bids}, tmp_path, ["R028"], None),
    ):
        same = answers[answers["level"].eq("process")].set_index("id")["flagged"]
        assert same.to_dict() == {"t": False, "u": True}


def test_clocks_with_their_offset_are_instants_in_files_too(tmp_path):
    tenders = pd.DataFrame(
        {"tender_id": ["t"], "tender_end": pd.to_datetime(["2024-03-01 09:00"]), "tender_end_offset": [0.0]}
    )
    bids = pd.DataFrame(
        {
            "tender_id": "t", "bid_id": "b", "tenderer_id": "A", "status": "valid",
            "date": pd.to_datetime(["2024-03-01 17:30"]), "date_offset": [540.0],
        }
    )  # fmt: skip
    contracts = pd.DataFrame({"contract_id": ["c"], "tender_id": ["t"], "supplier_id": ["A"]})
    tables = {"tenders": tenders, "bids": bids, "contracts": contracts}
    for answers in (flags.evaluate(tables, ["R030"]), by_files(tables, tmp_path, ["R030"], None)):
        assert answers["flagged"].tolist() == [False]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"tenders": pd.DataFrame({"tender_id": ["a", "a"]})}, "'a' appears twice"),
        ({"bids": pd.DataFrame({"amount": ["12 million"]})}, "12 million"),
    ],
)
def test_a_wrong_file_is_one_message(tmp_path, tables, message):
    with pytest.raises(InputError, match=message):
        by_files(tables, tmp_path, None, None)


def test_flags_of_a_large_folder_tell_what_those_of_a_small_one_tell(tmp_path, monkeypatch):
    """The command keeps large tables on the disk: the same counts, pictures and flagged cases."""
    made = city.make(40)
    tables = {**generated(2, 150), "payments": made["payments"], "modifications": made["modifications"]}
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
    small = flagging.flags_of(tmp_path, profile="seoul", currency="KRW")
    monkeypatch.setattr(flagging, "LARGE", 1)
    large = flagging.flags_of(tmp_path, profile="seoul", currency="KRW")
    assert small.whole and not large.whole
    assert large.looked == small.looked == len(small.answers) and large.rows == small.rows
    pd.testing.assert_frame_equal(large.coverage, small.coverage)
    pd.testing.assert_frame_equal(
        in_order(large.answers),
        in_order(small.answers[small.answers["flagged"]]),
        rtol=1e-12,
        check_dtype=False,
    )
    for one, two in zip(
        *(sorted(made.spreads, key=lambda s: (s.code, s.level)) for made in (small, large)), strict=True
    ):
        assert (one.code, one.level, one.looked, one.flagged) == (
            two.code,
            two.level,
            two.looked,
            two.flagged,
        )
        assert one.median == pytest.approx(two.median, nan_ok=True)
        assert (one.everyone is None) == (two.everyone is None)
    assert "name those that are worth a look" in large.page().html
    assert "name those that are worth a look" not in small.page().html
    assert json.loads(large.json()).keys() == json.loads(small.json()).keys()
