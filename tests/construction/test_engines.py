"""One definition, two engines: pandas and DuckDB answer the same, whatever the tables hold."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import hypothesis
import numpy as np
import pandas as pd
import pyarrow
import pytest
from hypothesis import strategies as st
from pyarrow import parquet

from cleanworks import city
from cleanworks.construction import flags
from cleanworks.construction.flags import _arrow, _core, _processes
from cleanworks.data import database, flagging, folder
from cleanworks.errors import InputError
from cleanworks.standards import ocds
from tests.few import few

CODES = [code for code, one in flags.REGISTRY.items() if one.family in ("tender", "market")]
CODES_OF_BIDS = ["R024", "R025", "R028", "R035", "R036", "R038", "R058", "bid-spread", "co-bidding"]
AFTER = [code for code, one in flags.REGISTRY.items() if one.family in ("contract", "payment")]
ON_SITE = [code for code in flags.REGISTRY if code not in {*CODES, *AFTER}]
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
                    ["valid", "disqualified", "pending", "withdrawn", "invited", None],
                    1,
                    [0.72, 0.14, 0.05, 0.03, 0.03, 0.03],
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
        status=some(["active", "cancelled", "terminated", None], len(awards)),
        contract_id=[f"C{number}" for number in range(len(awards))],
        value_amount=rng.integers(1, 900, len(awards)) * 1e5,
    )
    return {"tenders": tenders, "bids": bids, "awards": awards, "award_items": items, "contracts": contracts}


def after_signature(seed: int, size: int = 300) -> dict[str, pd.DataFrame]:
    """Contracts and what follows, with missing ids, days and amounts, other currencies, several changes and rows of nobody's."""
    rng = np.random.default_rng(seed)

    def some(values, size, shares=None):
        return rng.choice(np.array(values, dtype=object), size, p=shares)

    def days(size, low, high, missing=0.1):
        day = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(low, high, size), unit="h"))
        return day.mask(rng.random(size) < missing)

    def amounts(size, missing=0.05):
        return pd.Series(rng.integers(0, 900, size) * 1e5).mask(rng.random(size) < missing)

    n, firms, officials = size, [f"F{one}" for one in range(25)], [*"OPQRSTU", None]
    # Ids are local to a process: the reader puts the process in front, and a change may name a contract that is not there.
    ids = [f"T{one // 2}/{one % 2 + 1}" for one in range(n)]
    start = days(n, 0, 9000, 0.02)
    contracts = pd.DataFrame(
        {
            "contract_id": ids, "tender_id": [f"T{one // 2}" if one % 20 else None for one in range(n)],
            "supplier_id": some([*firms, None], n), "official_id": some(officials, n), "value_amount": amounts(n),
            "currency": some(["KRW", "USD", None], n, [0.7, 0.2, 0.1]), "date_signed": start, "period_start": start,
            "period_end": start + pd.to_timedelta(rng.integers(-20, 600, n), unit="D"),
            "status": some(["active", "cancelled", "terminated", None], n, [0.6, 0.1, 0.2, 0.1]),
        }
    )  # fmt: skip
    tenders = pd.DataFrame({"tender_id": [f"T{one}" for one in range(n // 2)]})
    tenders["procurement_method"] = some(["open", "direct", "limited", None], len(tenders))
    tenders["cost_estimate"] = amounts(len(tenders)) * 1.2
    projects = pd.DataFrame(
        {
            "project_id": [f"P{one}" for one in range(90)], "budget_amount": amounts(90), "completion_final_value": amounts(90),
            "currency": some(["KRW", "several", None], 90), "period_start": days(90, 0, 500), "period_end": days(90, 400, 9000),
            "completion_end_date": days(90, 3000, 12000), "status": some(["completed", "cancelled", None], 90),
        }
    )  # fmt: skip
    m = 2 * n
    changes = pd.DataFrame(
        {
            "contract_id": some([*ids[: n // 2], "gone", None], m), "date": days(m, 0, 14000),
            "type": some(["value", "duration", "scope", None], m), "rationale": some(["", " - ", "rain", "None", "rock", None], m),
            "old_value": amounts(m, 0.1), "new_value": amounts(m, 0.1), "official_id": some(officials, m),
            "new_period_end": days(m, 5000, 20000, 0.3),
        }
    )  # fmt: skip
    parts = pd.DataFrame(
        {
            "subcontract_id": [f"S{one}" for one in range(n)], "contract_id": some([*ids[: n // 3], None], n),
            "subcontractor_id": some([*firms, None], n), "value_amount": amounts(n), "prime_amount": amounts(n, 0.3),
            "tier": some([1.0, 1.0, 2.0, 3.0, np.nan], n).astype(float), "currency": some(["KRW", "USD", None], n),
        }
    )  # fmt: skip
    bids = pd.DataFrame(
        {"tender_id": some([*tenders["tender_id"], None], 4 * n), "tenderer_id": some(firms, 4 * n)}
    )
    k = 8 * n
    payments = pd.DataFrame(
        {
            "payment_id": [f"Y{one}" for one in range(k)], "contract_id": some([*ids, None], k),
            "tier": some([0.0, 1.0, 2.0, np.nan], k, [0.3, 0.4, 0.25, 0.05]).astype(float),
            "payee_type": some(["prime", "subcontractor", "worker", None], k), "payer_id": some([*firms, None], k),
            "amount_registered": amounts(k), "amount": amounts(k), "currency": some(["KRW", None], k, [0.9, 0.1]),
            "date_received": days(k, 0, 9000, 0.2), "date_due": days(k, 3000, 15000), "date_paid": days(k, 3000, 15000, 0.3),
        }
    )  # fmt: skip
    c = 3 * n
    claims = pd.DataFrame(
        {
            "claim_id": [f"K{one}" for one in range(c)], "contract_id": some([*ids, None], c), "amount": amounts(c),
            "currency": some(["KRW", "USD", None], c), "date_claimed": days(c, 0, 9000), "date_inspected": days(c, 0, 9500, 0.5),
            "date_paid": days(c, 0, 12000, 0.2),
        }
    )  # fmt: skip
    progress = pd.DataFrame(
        {
            "contract_id": some([*ids[:200], None], c), "period": some(pd.date_range("2024-01-31", periods=24, freq="ME"), c),
            "actual": some([0.0, 40.0, 90.0, 100.0, np.nan], c).astype(float), "paid": some([0.0, 30.0, 70.0, np.nan], c).astype(float),
        }
    ).assign(period=lambda rows: pd.to_datetime(rows["period"]))  # fmt: skip
    milestones = pd.DataFrame(
        {
            "contract_id": some([*ids, None], n), "type": some(["delivery", "reporting", "payment", None], n),
            "date_due": days(n, 0, 9000), "date_met": days(n, 0, 12000, 0.4),
        }
    )  # fmt: skip
    return {
        "contracts": contracts, "tenders": tenders, "projects": projects, "modifications": changes, "subcontracts": parts, "bids": bids,
        "payments": payments, "claims": claims, "progress": progress, "milestones": milestones,
    }  # fmt: skip


def on_site(seed: int, rows: int = 400) -> dict[str, pd.DataFrame]:
    """Workers, reports and what the public sees, with missing ids, days and numbers, days told twice and clocks beside days."""
    rng = np.random.default_rng(seed)

    def some(values, size):
        return rng.choice(np.array(values, dtype=object), size)

    def days(size, until, missing=0.1):
        day = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, until, size), unit="D"))
        return day.mask(rng.random(size) < missing)

    def numbers(size, top, missing=0.1):
        return pd.Series(rng.integers(0, top, size) * 1.0).mask(rng.random(size) < missing)

    n, workers, sites = rows, [*(f"W{one}" for one in range(rows // 60 + 2)), None], ["C1", "C2", "C3", None]
    months = [*pd.date_range("2024-01-31", periods=5, freq="ME"), pd.Timestamp("2024-03-01"), pd.NaT]
    who = {"worker_id": some(workers, n), "contract_id": some(sites, n)}
    part = n // 4
    few = {name: values[:part] for name, values in who.items()}
    attendance = pd.DataFrame({**who, "date": days(n, 100), "hours": numbers(n, 12, 0.001)})
    wages = pd.DataFrame(
        {
            **few, "wage_id": [f"G{one}" for one in range(part)], "month": pd.to_datetime(some(months, part)), "days_paid": numbers(part, 25, 0.03),
            "date_due": days(part, 150), "date_paid": days(part, 200, 0.3), "account_id": some([*"abcdefgh", None], part),
        }
    )  # fmt: skip
    told = pd.DataFrame(
        {**few, "month": pd.to_datetime(some(months, part)), "days_reported": numbers(part, 25, 0.03)}
    )
    people = pd.DataFrame(
        {
            "worker_id": some(workers, part), "employer_id": some(["E1", "E2", None], part), "account_id": some([*"abcxyz", None], part),
        }
    )  # fmt: skip
    reports = pd.DataFrame(
        {
            "contract_id": some([f"C{one}" for one in range(9)] + [None], part), "report_type": some(["daily", "daily", "weekly", None], part),
            "date": days(part, 160), "submitted_at": days(part, 180) + pd.Timedelta(hours=17), "actual": numbers(part, 101),
        }
    )  # fmt: skip
    progress = pd.DataFrame(
        {
            "contract_id": some([f"C{one}" for one in range(12)] + [None], n), "period": pd.to_datetime(some(months, n)),
            "planned": numbers(n, 5) * 25, "actual": numbers(n, 5) * 25, "paid": numbers(n, 5) * 25,
        }
    )  # fmt: skip
    amounts = {
        "contract_id": some(sites, part),
        "amount": numbers(part, 90, 0.01),
        "date_paid": days(part, 150, 0.3),
    }
    claims = pd.DataFrame(
        {**amounts, "claim_id": [f"K{one}" for one in range(part)], "date_claimed": days(part, 90)}
    )
    payments = pd.DataFrame(
        {**amounts, "payment_id": claims["claim_id"], "payee_type": some(["wages", "prime", None], part)}
    )
    disclosures = pd.DataFrame(
        {
            "disclosure_id": [f"D{one}" for one in range(n)], "project_id": some(["P1", "P2", "P3", None], n),
            "date_event": days(n, 150), "date_published": days(n, 220, 0.3),
        }
    )  # fmt: skip
    questions = pd.DataFrame(
        {
            "question_id": [f"Q{one}" for one in range(part)],
            "date_asked": days(part, 150),
            "date_answered": days(part, 220, 0.3),
        }
    )
    return {
        "attendance": attendance, "wages": wages, "retirement_days": told, "workers": people, "reports": reports, "progress": progress,
        "claims": claims, "payments": payments, "disclosures": disclosures, "questions": questions,
        "accidents": pd.DataFrame({"contract_id": some(sites, 9)}),
        "contracts": pd.DataFrame(
            {"contract_id": [f"C{one}" for one in range(8)], "status": ["active", "cancelled", "terminated", None] * 2}
        ),
    }  # fmt: skip


def plain(tables):
    """The same tables with texts as pandas reads them from a file; truth with gaps is left away, because pandas has no kind for it."""
    made = {}
    for name, table in tables.items():
        words = [one for one in table if table[one].dtype == object]
        mixed = [one for one in words if table[one].map(type).eq(bool).any()]
        made[name] = table.drop(columns=mixed).astype({one: "str" for one in words if one not in mixed})
    return made


def numbered(tables):
    """The same tables with whole numbers for all ids that have no gap."""
    codes = {}
    made = {}
    for name, table in tables.items():
        ids = [one for one in table if one.endswith("_id") and table[one].notna().all()]
        made[name] = table.assign(
            **{one: [codes.setdefault(text, len(codes)) for text in table[one]] for one in ids}
        )
    return made


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


def by_arrow_and_by_pandas(tables, codes, settings):
    """The answers of the two engines for tables in memory; fails if Arrow computes none."""
    codes = [code for code in codes if flags.coverage(tables).at[code, "possible"]]
    read = {place for code in codes for place in flags.indicator(code).reads}
    quick = _core.in_memory(tables, settings, read)
    assert isinstance(quick.engine, _arrow.Arrow)
    assert type(quick.in_pandas.engine) is _processes.Memory
    return [
        flags._whole(
            [
                (asked, level, part)
                for asked in map(flags.indicator, codes)
                for level, part in asked.parts(one, settings)
            ]
        )
        for one in (quick, quick.in_pandas)
    ]


@pytest.mark.parametrize("shape", [plain, lambda tables: numbered(plain(tables))], ids=["texts", "numbers"])
@pytest.mark.parametrize("seed", few([0, 1, 2, 3], [1]))
def test_arrow_answers_as_pandas_does_and_in_the_same_order(seed, shape):
    """The browser has no Arrow: what a page computes is what the book shows."""
    on_friday = {"weekend": (4, 5), "holidays": HOLIDAYS, "as_of": "2024-05-05", "minimum_group": 2}
    for tables, codes, settings in (
        (generated(seed), CODES, {"minimum_contracting_processes": 3}),
        (generated(seed), CODES, OTHER),
        (after_signature(seed), AFTER, {}),
        (after_signature(seed), AFTER, {**THRESHOLD, "as_of": "2024-11-15", "fences": {"R072": 0.2}}),
        (on_site(seed), ON_SITE, {}),
        (on_site(seed, 20), ON_SITE, on_friday),
    ):
        found, expected = by_arrow_and_by_pandas(shape(tables), codes, flags.Settings(**settings))
        assert len(expected) > 50
        pd.testing.assert_frame_equal(found, expected, rtol=1e-12)


def test_what_arrow_cannot_compare_is_compared_in_pandas():
    """A status as a number is none of the words that the standard has; it stops no indicator."""
    tables = plain(generated(3))
    tables["bids"] = tables["bids"].assign(status=1)
    tables["tenders"] = tables["tenders"].assign(status=2.5)
    found, expected = by_arrow_and_by_pandas(tables, CODES, flags.Settings())
    assert not len(
        expected[expected["code"] == "bid-spread"]
    )  # asks for valid bids, and nothing says that one is
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["A", 7, None]),
        pd.Categorical(["A", "B", None]),
        pd.array([1, 2, None], dtype="Int64"),
        # A text that came from a file in another encoding than it said.
        pd.array(["\ud800", "B", None], dtype=pd.StringDtype("python", na_value=np.nan)),
    ],
    ids=["objects", "categories", "nullable", "surrogates"],
)
def test_columns_that_are_not_plain_are_read_in_pandas(column):
    tables = {"tenders": pd.DataFrame({"tender_id": ["1", "2", "3"], "buyer_id": column})}
    made = _core.in_memory(tables, flags.Settings(), ["tenders.tender_id"])
    assert type(made.engine) is _processes.Memory


def test_firms_numbered_in_one_table_and_named_in_another_stop_nothing():
    bids = pd.DataFrame({"tender_id": [1, 1, 2], "tenderer_id": [10, 11, 12]})
    contracts = pd.DataFrame(
        {"contract_id": ["a", "b"], "tender_id": ["1", "2"], "supplier_id": ["10", "12"]}
    )
    parts = pd.DataFrame({"contract_id": ["a", "b"], "subcontractor_id": ["11", "12"]})
    found = flags.evaluate({"bids": bids, "contracts": contracts, "subcontracts": parts}, ["R070"])
    # In a the loser is hired; in b the winner of the tender.
    assert found[["id", "value"]].to_numpy().tolist() == [["a", 1.0], ["b", 0.0]]


@pytest.mark.parametrize(
    ("seed", "settings"), few([(0, {"minimum_contracting_processes": 3}), (1, OTHER)], [(1, OTHER)])
)
def test_both_engines_answer_the_same(tmp_path, seed, settings):
    tables, settings = generated(seed), flags.Settings(**settings)
    expected = flags.evaluate(tables, CODES, settings)
    found = by_files(tables, tmp_path, CODES, settings)
    assert set(expected["code"]) == set(CODES) - {"threshold-bunching"}
    assert expected.groupby("code", observed=True)["flagged"].any().sum() >= 10
    pd.testing.assert_frame_equal(in_order(found), in_order(expected), rtol=1e-12)


def test_both_engines_answer_the_same_of_the_city(tmp_path):
    tables = city.make(60)
    tables["accidents"] = tables["attendance"][["contract_id"]].iloc[::500]
    codes = [code for code in flags.REGISTRY if code != "R048"]
    settings = flags.Settings.of(city.profiles.active())
    expected = flags.evaluate(tables, codes, settings)
    assert set(expected["code"]) >= {*AFTER, *ON_SITE} - {"direct-then-raised", "R072"}
    pd.testing.assert_frame_equal(
        in_order(by_files(tables, tmp_path, codes, settings)), in_order(expected), rtol=1e-12
    )


THRESHOLD = {"direct_award_threshold": 4e7, "near_threshold": 0.5, "minimum_group": 2}


def test_what_follows_a_signature_is_ported():
    """Seventeen indicators of contracts and eight of payments, and the others of these rooms have a reason."""
    assert len(AFTER) == 25
    assert {one.code for one in flags.REGISTRY.values() if one.family in ("contract", "payment")} == set(
        AFTER
    )


@pytest.mark.parametrize(
    ("seed", "settings", "without"),
    [
        pytest.param(0, {}, (), marks=pytest.mark.everything),
        pytest.param(1, THRESHOLD, ("milestones",), marks=pytest.mark.everything),
        (2, {**THRESHOLD, "as_of": "2024-11-15", "fences": {"R072": 0.2}}, ("projects",)),
    ],
)
def test_both_engines_answer_the_same_of_contracts_and_payments(tmp_path, seed, settings, without):
    tables = {name: rows for name, rows in after_signature(seed).items() if name not in without}
    settings = flags.Settings(**settings)
    expected = flags.evaluate(tables, AFTER, settings)
    found = by_files(tables, tmp_path, AFTER, settings)
    silent = set(AFTER) - set(expected["code"])
    assert silent == (set() if settings.direct_award_threshold else {"direct-then-raised"})
    assert expected.groupby("code", observed=True)["flagged"].any().sum() >= 18
    pd.testing.assert_frame_equal(in_order(found), in_order(expected), rtol=1e-12)


def test_an_indicator_names_every_column_that_it_reads():
    """What it does not name is not made ready for it: texts stay texts, and clocks keep their zones."""
    tables = {**on_site(2), **after_signature(2), **generated(2)}
    settings = flags.Settings(
        minimum_contracting_processes=3, minimum_group=2, direct_award_threshold=4e7, near_threshold=0.5
    )
    codes = list(flags.coverage(tables).query("possible").index)
    whole = in_order(flags.evaluate(tables, codes, settings))
    for code in codes:
        named = {f"{place}{more}" for place in flags.indicator(code).reads for more in ("", "_offset")}
        some = {
            name: table[[one for one in table if f"{name}.{one}" in named]] for name, table in tables.items()
        }
        found = in_order(flags.evaluate(some, [code], settings))
        pd.testing.assert_frame_equal(found, in_order(whole[whole["code"] == code]), obj=code)


def test_numbers_and_days_that_are_texts_are_read_in_every_column():
    tables = {**on_site(2), **after_signature(2), **generated(2)}
    codes = list(flags.coverage(tables).query("possible").index)
    written = {}
    for name, table in tables.items():
        days = [one for one in table.select_dtypes("datetime") if f"{one}_offset" not in table]
        numbers = [one for one in table if one in _core.NUMBERS]
        written[name] = table.assign(
            **{one: table[one].dt.strftime("%Y-%m-%dT%H:%M:%S") for one in days},
            **{one: table[one].map(str, na_action="ignore") for one in numbers},
        )
    found, expected = (in_order(flags.evaluate(given, codes)) for given in (written, tables))
    pd.testing.assert_frame_equal(found, expected)


def test_every_indicator_is_defined_for_every_engine():
    """None is left that only pandas computes: the three groups of these tests hold them all."""
    assert len(CODES) + len(AFTER) + len(ON_SITE) == len(flags.REGISTRY)
    assert len(ON_SITE) == 19


HOLIDAYS = (
    dt.date(2024, 1, 1),
    dt.date(2024, 2, 9),
    dt.date(2024, 3, 2),
    dt.date(2024, 3, 1),
    dt.date(2031, 1, 1),
)


@pytest.mark.parametrize(
    ("seed", "settings"),
    [
        pytest.param(0, {}, marks=pytest.mark.everything),
        (1, {"holidays": HOLIDAYS, "weekend": (4, 5), "as_of": "2024-05-05", "minimum_group": 2}),
    ],
)
def test_both_engines_answer_the_same_of_workers_reports_and_the_public(tmp_path, seed, settings):
    tables, settings = on_site(seed), flags.Settings(**settings)
    expected = flags.evaluate(tables, ON_SITE, settings)
    assert set(expected["code"]) == set(ON_SITE)
    assert expected.groupby("code", observed=True)["flagged"].any().sum() >= 12
    found = by_files(tables, tmp_path, ON_SITE, settings)
    pd.testing.assert_frame_equal(in_order(found), in_order(expected), rtol=1e-12)


@pytest.mark.parametrize("examples", few([60, 1], [1]))
def test_both_engines_answer_the_same_of_any_few_rows(tmp_path_factory, examples):
    """Few rows meet the edges that many hide: one month, one report, nobody paid, the same day twice."""

    @hypothesis.settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @hypothesis.given(
        seed=st.integers(0, 2**32 - 1),
        rows=st.integers(8, 60),
        weekend=st.sets(st.integers(0, 6), max_size=3),
    )
    def same(seed, rows, weekend):
        tables = on_site(seed, rows)
        codes = [code for code in ON_SITE if flags.coverage(tables).at[code, "possible"]]
        settings = flags.Settings(weekend=tuple(weekend), holidays=HOLIDAYS, minimum_group=1)
        expected = flags.evaluate(tables, codes, settings)
        found = by_files(tables, tmp_path_factory.mktemp("few"), codes, settings)
        pd.testing.assert_frame_equal(in_order(found), in_order(expected), rtol=1e-12)

    same()


@pytest.mark.parametrize("how", few(["missing", "empty"], ["missing"]))
@pytest.mark.parametrize(
    "gone",
    [
        (
            "claims.date_inspected",
            "milestones.type",
            "modifications.date",
            "subcontracts.tier",
            "projects.currency",
        ),
        ("milestones.date_met", "modifications.type", "subcontracts.prime_amount", "payments.currency"),
        (
            "milestones.date_met",
            "modifications.new_period_end",
            "projects.budget_amount",
            "contracts.currency",
        ),
    ],
)
def test_columns_that_may_be_missing_are_missed_alike(tmp_path, gone, how):
    tables = after_signature(3, 60)
    for place in gone:
        name, _, column = place.partition(".")
        without = tables[name].drop(columns=column)
        tables[name] = without if how == "missing" else without.assign(**{column: None})
    codes = [code for code in AFTER if flags.coverage(tables).at[code, "possible"]]
    expected = flags.evaluate(tables, codes)
    assert len(codes) >= 20 and len(expected)
    pd.testing.assert_frame_equal(
        in_order(by_files(tables, tmp_path, codes, None)), in_order(expected), rtol=1e-12
    )


@pytest.mark.parametrize("how", few(["missing", "empty"], ["missing"]))
def test_tenders_without_their_ids_say_nothing_of_any_bid(tmp_path, how):
    tables = generated(2, 60)
    expected = flags.evaluate(
        {name: table for name, table in tables.items() if name != "tenders"}, CODES_OF_BIDS
    )
    nameless = tables["tenders"].drop(columns="tender_id")
    tables["tenders"] = nameless if how == "missing" else nameless.assign(tender_id=None)
    assert {"R024", "R028", "R035", "R038"} <= set(expected["code"])
    for found in (flags.evaluate(tables, CODES_OF_BIDS), by_files(tables, tmp_path, CODES_OF_BIDS, None)):
        pd.testing.assert_frame_equal(in_order(found), in_order(expected), rtol=1e-12)


@pytest.mark.parametrize(
    ("payments", "contracts", "known"),
    [
        (["contract_id", "currency"], ["contract_id", "currency"], ["a"]),
        (["currency"], ["contract_id", "currency"], ["a", "b"]),
        (["contract_id", "currency"], ["currency"], ["a", "b"]),
        (["contract_id"], ["contract_id", "currency"], ["a", "b"]),
    ],
)
def test_an_amount_in_another_currency_than_its_contract_is_unknown_where_that_can_be_told(
    tmp_path, payments, contracts, known
):
    rows = pd.DataFrame({"payment_id": ["a", "b"], "contract_id": ["c", "c"], "currency": ["KRW", "USD"]})
    paid = rows[["payment_id", *payments]].assign(
        amount=90.0, amount_registered=100.0, date_paid=pd.Timestamp("2024-05-01")
    )
    tables = {
        "payments": paid,
        "contracts": pd.DataFrame({"contract_id": ["c"], "currency": ["KRW"]})[contracts],
    }
    (tmp_path / "notes.parquet").write_text("read by no indicator")
    for found in (
        flags.evaluate(tables, ["short-payment"]),
        by_files(tables, tmp_path, ["short-payment"], None),
    ):
        assert sorted(found["id"]) == known


def test_a_report_of_the_evening_is_one_of_its_day_in_files_too(tmp_path):
    days = pd.to_datetime(["2024-01-01 18:00", "2024-01-09 06:00"])  # five working days lie between
    tables = {"reports": pd.DataFrame({"contract_id": "c", "report_type": "daily", "date": days})}
    for found in (flags.evaluate(tables, ["report-gap"]), by_files(tables, tmp_path, ["report-gap"], None)):
        assert found["value"].tolist() == [5]


@pytest.mark.parametrize(
    ("kind", "reason", "said"),
    [
        (duckdb.IOException, "\n No space left. \nStack", "Memory or disk space ran out: No space left"),
        (duckdb.OutOfMemoryException, "failed to allocate", "Memory or disk space ran out: failed to allocate"),
        (duckdb.ConversionException, "\n Could not convert 'x' \nLINE 1", "holds something else than it should: Could not convert 'x'"),
        (duckdb.InvalidInputException, "no such value", "holds something else than it should: no such value"),
    ],
)  # fmt: skip
def test_what_the_database_cannot_do_is_one_message(kind, reason, said):
    with pytest.raises(InputError) as found, database.database(threads=1):
        raise kind(reason)
    assert said in found.value.what and "\n" not in found.value.what and found.value.fix


def test_no_change_and_no_subcontract_are_answers_on_both_engines(tmp_path):
    tables = after_signature(4, 80)
    for name in ("modifications", "subcontracts"):
        tables[name] = pd.DataFrame({column: pd.Series(dtype=object) for column in tables[name]})
    codes = [code for code in AFTER if flags.coverage(tables).at[code, "possible"]]
    expected = flags.evaluate(tables, codes)
    contracts = expected[expected["code"].eq("cost-overrun") & expected["level"].eq("contract")]
    assert len(contracts) > 50 and contracts["value"].eq(0).all()
    pd.testing.assert_frame_equal(
        in_order(by_files(tables, tmp_path, codes, None)), in_order(expected), rtol=1e-12
    )


def test_ids_of_another_kind_are_the_same_ids_on_both_engines(tmp_path):
    contracts = pd.DataFrame(
        {
            "contract_id": [1, 2],
            "value_amount": [100.0, 100.0],
            "supplier_id": ["A", "B"],
            "tender_id": ["t", "u"],
        }
    )
    changes = pd.DataFrame({"contract_id": ["1"], "old_value": [100.0], "new_value": [130.0]})
    tables = {"contracts": contracts, "modifications": changes}
    for answers in (
        flags.evaluate(tables, ["cost-overrun"]),
        by_files(tables, tmp_path, ["cost-overrun"], None),
    ):
        assert answers.set_index(answers["id"].astype(str))["value"].to_dict() == {
            "1": pytest.approx(0.3),
            "2": 0,
        }


def test_of_two_changes_on_one_day_the_later_end_counts(tmp_path):
    """No order of the file decides."""
    contracts = pd.DataFrame(
        {"contract_id": ["c"], "period_start": ["2024-01-01"], "period_end": ["2024-04-10"]}
    )
    changes = pd.DataFrame(
        {"contract_id": "c", "date": "2024-03-01", "new_period_end": ["2024-05-30", "2024-04-20"]}
    )
    contracts[["period_start", "period_end"]] = contracts[["period_start", "period_end"]].apply(
        pd.to_datetime
    )
    changes[["date", "new_period_end"]] = changes[["date", "new_period_end"]].apply(pd.to_datetime)
    for rows in (changes, changes[::-1]):
        tables = {"contracts": contracts, "modifications": rows}
        for answers in (
            flags.evaluate(tables, ["time-overrun"]),
            by_files(tables, tmp_path, ["time-overrun"], None),
        ):
            assert answers["value"].tolist() == [0.5]


@pytest.mark.parametrize(
    "code", ["R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R058"]
)
def test_the_published_fixtures_are_reproduced_from_files(shared_data, tmp_path, code):
    folder = shared_data / "cardinal-fixtures" / "indicators"
    settings = flags.Settings(excluded_details=("EXC",), no_price_comparison=("NPC",))
    answers = by_files(ocds.read(folder / f"{code}.jsonl"), tmp_path, [code], settings)
    made = flagging.Flags("fixture", answers, pd.DataFrame(), {})
    assert json.loads(made.json()) == json.loads((folder / f"{code}.expected").read_text())


@pytest.mark.parametrize(
    ("place", "kind", "day"),
    [
        ("bids.date", "timestamp[us]", "9999-12-31"),
        ("bids.date", "date32", "9999-12-31"),
        ("tenders.tender_end", "timestamp[us]", "0001-01-01"),
        ("tenders.tender_end", "string", "0001-01-01"),
    ],
)
def test_a_day_that_stands_for_none_is_none_on_both_engines(tmp_path, place, kind, day):
    name, _column = place.split(".")
    texts = {"tenders.tender_end": "2024-03-31 09:00:00", "bids.date": "2024-03-01 09:00:00", place: day}
    kinds = {place: kind}

    def dated(of):
        text = texts[of]
        days = pyarrow.array([dt.datetime.fromisoformat(text)], "timestamp[us]")
        return (
            pyarrow.array([text]) if kinds.get(of) == "string" else days.cast(kinds.get(of, "timestamp[us]"))
        )

    tables = {
        "tenders": {"tender_id": ["t"], "tender_end": dated("tenders.tender_end")},
        "bids": {"tender_id": ["t"], "tenderer_id": ["A"], "bid_id": ["b"], "status": ["valid"], "date": dated("bids.date")},
        "contracts": {"contract_id": ["c"], "tender_id": ["t"], "supplier_id": ["A"]},
    }  # fmt: skip
    for name, columns in tables.items():
        parquet.write_table(pyarrow.table(columns), tmp_path / f"{name}.parquet")
    assert flags.evaluate(folder.load(tmp_path), ["R030"]).empty
    with database.database("200MB", 1) as engine:
        assert flags.evaluate(database.tables_of(tmp_path, engine), ["R030"], engine=engine).empty


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


def test_a_joint_bid_does_not_make_a_count_of_one_tenderer_doubtful(tmp_path):
    tenders = pd.DataFrame(
        {"tender_id": ["joint", "apart"], "procurement_method": "open", "number_of_tenderers": [1, 1]}
    )
    rows = [("joint", "1", "A"), ("joint", "1", "B"), ("apart", "1", "A"), ("apart", "2", "B")]
    bids = pd.DataFrame(rows, columns=["tender_id", "bid_id", "tenderer_id"]).assign(status="valid")
    tables = {"tenders": tenders, "bids": bids}
    for answers in (flags.evaluate(tables, ["R018"]), by_files(tables, tmp_path, ["R018"], None)):
        assert answers[["id", "flagged"]].to_numpy().tolist() == [["joint", True]]


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
        (
            {"bids": pd.DataFrame({"amount": ["3", " ", None, "12 million"]})},
            "column amount: '12 million' is not a number. Write digits only",
        ),
        (
            {"bids": pd.DataFrame({"date": ["2024-05-02", "05/02/2024"]})},
            "column date: '05/02/2024' is not a date.",
        ),
        (
            {"contracts": pd.DataFrame({"contract_id": ["c"], "date_signed": ["05/02/2024"]})},
            "column date_signed: '05/02/2024' is not a date.",
        ),
        (
            {"bids": pd.DataFrame({"date": [20240502, 20240503]})},
            "column date: The column holds numbers, not dates.",
        ),
        *(
            (
                {"bids": pd.DataFrame({"date": np.ones(2, kind)})},
                "column date: The column holds numbers, not dates.",
            )
            for kind in (
                "int8",
                "int16",
                "int32",
                "uint8",
                "uint16",
                "uint32",
                "uint64",
                "float32",
                "float64",
                "bool",
            )
        ),
        (
            {"bids": pd.DataFrame({"amount": [dt.date(2024, 5, 2)]})},
            "column amount: The column holds no numbers.",
        ),
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
