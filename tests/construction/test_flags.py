"""The monitoring indicators: each on a table small enough to check by eye, and all on the simulated city."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cleanworks import city, profiles
from cleanworks.construction import flags
from cleanworks.construction.flags import _core, _processes
from cleanworks.errors import InputError
from tests.few import few

ROOT = Path(__file__).resolve().parents[2]


def day(text):
    return pd.Timestamp(text)


def table(columns, *rows):
    """A table from a line of column names; columns named date, month or period hold dates."""
    names = columns.split()
    made = pd.DataFrame(rows, columns=names)
    dates = [n for n in names if re.search(r"date|month$|period", n)]
    return made.assign(**{n: pd.to_datetime(made[n]) for n in dates})


def values(tables, code, level=None, **settings):
    """id -> (value, flagged)."""
    found = flags.evaluate(tables, [code], flags.Settings(**settings))
    assert not found.duplicated(["level", "id"]).any(), "one answer about each"
    if level:
        found = found[found["level"] == level]
    return {row.id: (row.value, row.flagged) for row in found.itertuples()}


# Contracts ---------------------------------------------------------------------------------------------------------------

CONTRACTS = table(
    "contract_id tender_id project_id supplier_id official_id value_amount date_signed period_start period_end",
    ("c1", "t1", "p1", "S", "O1", 100, "2024-01-01", "2024-01-01", "2024-12-31"),
    ("c2", "t2", "p2", "S", "O1", 200, "2024-01-01", "2024-01-01", "2024-12-31"),
)
CHANGES = table(
    "modification_id contract_id date type rationale old_value new_value old_period_end new_period_end official_id",
    ("m1", "c1", "2024-02-01", "value", "", 100, 120, "2024-12-31", "2024-12-31", "O1"),
    ("m2", "c1", "2024-06-01", "value", "rock under the road", 120, 110, "2024-12-31", "2024-12-31", "O1"),
    ("m3", "c2", "2024-09-01", "duration", "rain", 200, 200, "2024-12-31", "2025-12-31", "O1"),
)
BUILT = {"contracts": CONTRACTS, "modifications": CHANGES}


def test_cost_overrun_adds_up_rises_and_cuts():
    assert values(BUILT, "cost-overrun") == {"c1": (pytest.approx(0.10), False), "c2": (0.0, False)}
    assert values(BUILT, "cost-overrun", cost_overrun=0.05)["c1"][1]


def test_r069_counts_the_rises_alone():
    assert values(BUILT, "R069")["c1"] == (pytest.approx(0.20), True)


def test_cost_overrun_of_a_project_compares_with_its_budget():
    projects = pd.DataFrame(
        {"project_id": ["p1", "p2"], "budget_amount": [100, 100], "completion_final_value": [130, np.nan]}
    )
    assert values({**BUILT, "projects": projects}, "cost-overrun", "project") == {
        "p1": (pytest.approx(0.3), True)
    }


def test_time_overrun_uses_the_last_agreed_end():
    assert values(BUILT, "time-overrun") == {"c1": (0.0, False), "c2": (pytest.approx(1.0), True)}


def test_changes_a_year_do_not_explode_in_the_first_week():
    changes = CHANGES.assign(date=day("2024-01-03")).head(1)
    found = values({"contracts": CONTRACTS, "modifications": changes}, "change-intensity", as_of="2024-01-08")
    assert found["c1"] == (pytest.approx(4.0), True)  # one in a quarter, not fifty a year


def test_first_change_and_reasons():
    assert values(BUILT, "first-change")["c1"] == (31.0, True)
    assert values(BUILT, "changes-without-reason") == {"c1": (0.5, True), "c2": (0.0, False)}


def test_low_bid_then_change_needs_both():
    tenders = pd.DataFrame({"tender_id": ["t1", "t2"], "cost_estimate": [130, 210]})
    assert values({**BUILT, "tenders": tenders}, "low-bid-then-change") == {
        "c1": (pytest.approx(0.2), True),
        "c2": (0.0, False),
    }
    tenders["cost_estimate"] = 100
    assert not values({**BUILT, "tenders": tenders}, "low-bid-then-change")["c1"][1]


def test_direct_award_just_below_the_threshold_then_raised():
    tenders = pd.DataFrame({"tender_id": ["t1", "t2"], "procurement_method": ["direct", "open"]})
    found = values({**BUILT, "tenders": tenders}, "direct-then-raised", direct_award_threshold=104)
    assert found == {"c1": (pytest.approx(110 / 104), True)}
    assert values({**BUILT, "tenders": tenders}, "direct-then-raised") == {}  # no threshold, nothing to say


def test_delivery_failure_from_progress_and_from_milestones():
    progress = table(
        "contract_id period actual",
        ("c1", "2024-12-31", 90),
        ("c1", "2025-02-28", 100),
        ("c2", "2024-12-31", 100),
    )
    found = values({"contracts": CONTRACTS, "progress": progress}, "R067")
    assert found == {"c1": (59.0, True), "c2": (0.0, False)}
    milestones = table(
        "contract_id type date_due date_met",
        ("c1", "delivery", "2024-05-01", "2024-05-11"),
        ("c1", "payment", "2024-01-01", None),
    )
    assert values({"contracts": CONTRACTS, "milestones": milestones}, "R067") == {"c1": (10.0, True)}


def test_of_a_contract_that_has_ended_nobody_waits_for_work_and_reports():
    """It ended on a day that no table tells: to count on to the reading day would make it later with each day."""
    contracts = CONTRACTS.assign(status=["terminated", "active"])
    progress = table("contract_id period actual", ("c1", "2024-12-31", 90), ("c2", "2024-12-31", 90))
    at = {"as_of": "2025-03-01"}
    assert values({"contracts": contracts, "progress": progress}, "R067", **at) == {"c2": (60.0, True)}
    columns = "contract_id date_due date_met"
    met = table(
        columns, ("c1", "2024-05-01", None), ("c1", "2024-06-01", "2024-06-03"), ("c2", "2025-02-27", None)
    )
    found = values({"contracts": contracts, "milestones": met}, "R067", **at)
    assert found == {"c1": (2.0, True), "c2": (2.0, True)}
    daily = table(
        "contract_id report_type date", ("c1", "daily", "2025-02-03"), ("c2", "daily", "2025-02-03")
    )
    assert set(values({"contracts": contracts, "reports": daily}, "report-silence", **at)) == {"c2"}


def test_money_paid_on_a_cancelled_contract_is_looked_at():
    claims = pd.DataFrame({"contract_id": ["c1"], "amount": [111], "date_paid": [day("2024-05-01")]})
    tables = {**BUILT, "contracts": CONTRACTS.assign(status="cancelled"), "claims": claims}
    assert values(tables, "R068")["c1"] == (pytest.approx(111 / 110), True)


def test_payments_above_the_contract():
    claims = table(
        "claim_id contract_id amount date_paid", ("k1", "c1", 111, "2024-05-01"), ("k2", "c2", 300, None)
    )
    assert values({**BUILT, "claims": claims}, "R068") == {
        "c1": (pytest.approx(111 / 110), True),
        "c2": (0.0, False),
    }


SUBCONTRACTS = pd.DataFrame(
    {
        "subcontract_id": ["s1", "s2"], "contract_id": "c1", "tier": [1, 2], "subcontractor_id": ["L", "M"],
        "value_amount": [30, 10], "prime_amount": [60, 12],
    }
)  # fmt: skip


def test_subcontracts():
    tables = {**BUILT, "subcontracts": SUBCONTRACTS}
    assert values(tables, "R071")["c1"] == (pytest.approx(0.6), True)  # tier 2 is inside tier 1
    assert values(tables, "subcontract-chain") == {"c1": (2.0, True)}
    assert values(tables, "subcontract-rate") == {"s1": (0.5, True), "s2": (pytest.approx(10 / 12), False)}
    bids = pd.DataFrame({"tender_id": "t1", "tenderer_id": ["S", "L"]})
    assert values({**tables, "bids": bids}, "R070") == {"c1": (1.0, True)}


def test_repeat_pairs_need_three():
    many = pd.concat([CONTRACTS.head(1)] * 4).assign(contract_id=list("abcd"))
    others = pd.concat([CONTRACTS.head(1)] * 8).assign(
        contract_id=list("efghijkl"), official_id=list("12345678")
    )
    found = values({"contracts": pd.concat([many, others])}, "repeat-pairs")
    assert found["O1/S"] == (4.0, True)
    assert sum(flagged for _, flagged in found.values()) == 1


# The market ---------------------------------------------------------------------------------------------------------------


def test_concentration_of_equal_firms_is_one_over_their_number():
    contracts = pd.DataFrame(
        {
            "contract_id": list("abcd"),
            "tender_id": list("abcd"),
            "supplier_id": list("abcd"),
            "value_amount": 5,
        }
    )
    tenders = pd.DataFrame({"tender_id": list("abcd"), "buyer_id": "B"})
    assert values({"contracts": contracts, "tenders": tenders}, "concentration", minimum_group=2) == {
        "B": (pytest.approx(0.25), False)
    }


def test_small_buyers_have_no_share():
    tenders = pd.DataFrame(
        {
            "tender_id": list("abcd"),
            "buyer_id": "B",
            "procurement_method": "open",
            "number_of_tenderers": [1, 1, 3, 4],
        }
    )
    assert values({"tenders": tenders}, "single-bid-share") == {}
    assert values({"tenders": tenders}, "single-bid-share", minimum_group=4)["B"][0] == 0.5


def test_bunching_below_the_threshold():
    estimates = [96, 97, 98, 99, 99.5, 99.9, 95.5, 96.5, 101, 200]
    tenders = pd.DataFrame({"tender_id": range(len(estimates)), "cost_estimate": estimates})
    assert values({"tenders": tenders}, "threshold-bunching") == {}  # no threshold, nothing to say
    found = values({"tenders": tenders}, "threshold-bunching", "all", direct_award_threshold=100)
    assert found == {"tenders.cost_estimate": (pytest.approx(8 / 9), True)}


def test_first_digits_at_powers_of_ten():
    assert list(flags.first_digits([1, 9.99, 10, 999, 1000, 0.05, 0, -3, np.nan, 10**12])) == [
        1,
        9,
        1,
        9,
        1,
        5,
        1,
    ]


def test_benford_needs_enough_amounts():
    assert flags.benford_distance([1, 20, 3000]) == (pytest.approx(0.0884311), 3)
    assert np.isnan(flags.benford_distance([0, -1])[0])
    generator = np.random.default_rng(5)
    amounts = 10 ** generator.uniform(3, 8, 5000)
    bids = pd.DataFrame({"amount": amounts})
    assert not values({"bids": bids}, "benford")["bids.amount"][1]
    assert values({"bids": bids.head(299)}, "benford") == {}
    assert values({"bids": bids.assign(amount=generator.uniform(500, 600, 5000))}, "benford")["bids.amount"][
        1
    ]


# Payments -----------------------------------------------------------------------------------------------------------------

PAYMENTS = table(
    "payment_id contract_id tier payee_type payer_id amount_registered amount date_received date_due date_paid",
    ("y0", "c1", 0, "prime", "CITY", 100, 100, None, "2024-02-15", "2024-02-10"),
    ("y1", "c1", 1, "subcontractor", "S", 50, 50, "2024-02-10", "2024-02-25", "2024-02-25"),
    ("y2", "c1", 1, "equipment", "S", 20, 10, "2024-02-10", "2024-02-25", "2024-03-11"),
    ("y3", "c1", 1, "materials", "S", 10, 10, "2024-02-10", "2024-02-25", None),
)


def test_payment_delay_counts_to_the_reading_day_while_unpaid():
    found = values({"payments": PAYMENTS}, "payment-delay", as_of="2024-04-10")
    # 2024 has a 29 February: 10 February to 11 March is 30 days.
    assert found == {"y1": (15.0, False), "y2": (30.0, True), "y3": (60.0, True)}


def test_a_payment_after_the_reading_day_has_not_happened_yet():
    found = values({"payments": PAYMENTS}, "payment-delay", as_of="2024-02-20")
    assert found["y2"] == (10.0, False)


def test_late_interest_of_the_published_example():
    # KRW 100 m, 15 days, 15.5 % a year: 636,986 (ccs 5).
    one = PAYMENTS.iloc[[1]].assign(amount_registered=100_000_000, date_paid=day("2024-03-11"))
    assert round(values({"payments": one}, "late-interest", as_of="2024-12-31")["y1"][0]) == 636_986


def test_overdue_short_and_late_shares():
    tables = {"payments": PAYMENTS}
    assert values(tables, "overdue", as_of="2024-04-10") == {"c1": (10.0, True)}
    assert values(tables, "short-payment")["y2"] == (0.5, True)
    assert values(tables, "late-share", "payer", as_of="2024-04-10", minimum_group=1)["S"] == (
        pytest.approx(2 / 3),
        True,
    )


def test_pass_through_does_not_count_the_second_tier_again():
    second = PAYMENTS.iloc[[1]].assign(payment_id="y9", tier=2, amount=25)
    claims = table("claim_id contract_id amount date_paid", ("k", "c1", 180, "2024-02-10"))
    found = values({"payments": pd.concat([PAYMENTS, second]), "claims": claims}, "pass-through")
    assert found == {"c1": (pytest.approx(60 / 180), False)}


# Workers -------------------------------------------------------------------------------------------------------------------


def attendance(worker, contract, *days):
    return pd.DataFrame(
        {"worker_id": worker, "contract_id": contract, "date": pd.to_datetime(list(days)), "hours": 8.0}
    )


def test_ghost_days_inside_the_window_only():
    wages = table(
        "wage_id worker_id contract_id month days_paid",
        ("g1", "w1", "c1", "2024-05-31", 5), ("g2", "w2", "c1", "2024-05-31", 20), ("g3", "w2", "c1", "2024-01-31", 20),
    )  # fmt: skip
    cards = attendance("w1", "c1", *pd.date_range("2024-05-01", periods=4))
    found = values({"wages": wages, "attendance": cards}, "ghost-days", "worker and month")
    assert found == {"w1/c1/2024-05-31": (1.0, False), "w2/c1/2024-05-31": (20.0, True)}


def test_double_presence_counts_days():
    cards = pd.concat(
        [
            attendance("w1", "c1", "2024-05-01", "2024-05-02"),
            attendance("w1", "c2", "2024-05-02"),
            attendance("w1", "c3", "2024-05-02"),
        ]
    )
    assert values({"attendance": cards}, "double-presence") == {"w1": (1.0, True)}


def test_no_rest_day_counts_the_longest_run():
    cards = pd.concat(
        [
            attendance("w1", "c1", *pd.date_range("2024-05-01", periods=14), "2024-05-20"),
            attendance("w2", "c1", *pd.date_range("2024-05-15", periods=3)),
            attendance("w3", "c1", "2024-05-18"),
        ]
    ).sample(frac=1, random_state=3)
    assert values({"attendance": cards}, "no-rest-day") == {
        "w1": (14.0, True),
        "w2": (3.0, False),
        "w3": (1.0, False),
    }


def test_cards_counted_in_numbers_agree_with_counting_in_texts():
    generator = np.random.default_rng(11)
    cards = pd.DataFrame(
        {
            "worker_id": generator.choice(["w1", "w2", "w3", "w4"], 400), "contract_id": generator.choice(["c1", "c2"], 400),
            "date": pd.Timestamp("2024-01-20") + pd.to_timedelta(generator.integers(0, 60, 400), "D"),
        }
    )  # fmt: skip
    double = cards.groupby(["worker_id", "date"])["contract_id"].nunique().gt(1).groupby(level=0).sum()
    assert {
        worker: days for worker, (days, _) in values({"attendance": cards}, "double-presence").items()
    } == double.to_dict()

    def longest(days):
        days = sorted(set(days))
        runs, run = [1], 1
        for before, after in itertools.pairwise(days):
            run = run + 1 if (after - before).days == 1 else 1
            runs.append(run)
        return max(runs)

    runs = cards.groupby("worker_id")["date"].agg(longest)
    assert {
        worker: days for worker, (days, _) in values({"attendance": cards}, "no-rest-day").items()
    } == runs.to_dict()
    months = (
        cards.drop_duplicates()
        .groupby(["worker_id", "contract_id", cards["date"].dt.strftime("%Y-%m")])
        .size()
    )
    told = table("worker_id contract_id month days_reported", ("w9", "c1", "2024-12-31", 0))
    found = values({"attendance": cards, "retirement_days": told}, "unreported-days")
    assert {"/".join(key): days for key, days in months.items()} == {
        key[:-3]: days for key, (days, _) in found.items()
    }


def test_shared_account_and_unreported_days():
    workers = pd.DataFrame({"worker_id": ["w1", "w2", "w3"], "account_id": ["a", "a", "b"]})
    assert values({"workers": workers}, "shared-account") == {"a": (2.0, True), "b": (1.0, False)}
    cards = attendance("w1", "c1", *pd.date_range("2024-05-01", periods=10))
    told = table("worker_id contract_id month days_reported", ("w1", "c1", "2024-05-31", 4))
    found = values({"attendance": cards, "retirement_days": told}, "unreported-days")
    assert found == {"w1/c1/2024-05-31": (6.0, True)}


# Reporting -----------------------------------------------------------------------------------------------------------------


def progress(contract, planned, actual, start="2024-01-31"):
    months = pd.date_range(start, periods=len(planned), freq="ME")
    return pd.DataFrame({"contract_id": contract, "period": months, "planned": planned, "actual": actual})


def test_copied_flat_and_zero_progress():
    months = pd.concat(
        [
            progress("copied", [10, 20.5, 31.2, 40], [10, 20.5, 31.2, 38]),
            progress("flat", [10, 20, 30, 40], [8, 8, 8, 8]),
            progress("zero", [5, 20, 30, 40], [0, 0, 0, 35]),
            progress("fine", [50, 80, 100, 100], [48, 82, 100, 100]),
        ]
    )
    tables = {"progress": months}
    assert values(tables, "copied-progress") == {
        "copied": (3, True),
        "flat": (0, False),
        "zero": (0, False),
        "fine": (0, False),
    }
    assert values(tables, "flat-progress")["flat"] == (3, True)
    assert not values(tables, "flat-progress")["fine"][1]  # 100 stays 100 when the work is done
    assert values(tables, "zero-progress")["zero"] == (2, True)  # in the first month little was planned
    assert values(tables, "spi")["flat"] == (pytest.approx(0.2), True)
    assert values(tables, "progress-gap")["zero"] == (5.0, False)


def test_report_gaps_leave_out_weekends_and_holidays():
    reports = table(
        "contract_id report_type date",
        ("c1", "daily", "2024-05-03"),
        ("c1", "daily", "2024-05-07"),
        ("c1", "weekly", "2024-05-20"),
    )
    # Friday to Tuesday: only Monday is missing, and not even Monday if it is a holiday.
    assert values({"reports": reports}, "report-gap")["c1"][0] == 1
    assert values({"reports": reports}, "report-gap", holidays=(day("2024-05-06").date(),))["c1"][0] == 0
    # Where Friday and Saturday are free, Sunday is missing, too.
    assert values({"reports": reports}, "report-gap", weekend=(4, 5))["c1"][0] == 2
    assert values({"reports": reports}, "report-silence", as_of="2024-05-16")["c1"] == (6, True)


def test_a_finished_contract_may_be_silent():
    reports = table("contract_id report_type date actual", ("c1", "daily", "2024-05-03", 100.0))
    assert values({"reports": reports}, "report-silence", as_of="2024-09-01") == {}


# The limits ----------------------------------------------------------------------------------------------------------------

START = day("2024-01-01")


def after(days):
    return START + pd.Timedelta(days=days)


def contract(**more):
    """One contract of 100, agreed for 100 days."""
    row = {"contract_id": "c", "tender_id": "t", "supplier_id": "S", "value_amount": 100.0}
    row |= {"date_signed": START, "period_start": START, "period_end": after(100)}
    return pd.DataFrame([row | more])


def changed(count=1, **more):
    row = {"contract_id": "c", "date": after(10), "old_value": 100.0, "new_value": 100.0}
    return pd.DataFrame([row | {"new_period_end": after(100)} | more] * count)


def with_change(count=1, contract_=None, **more):
    return {
        "contracts": contract() if contract_ is None else contract_,
        "modifications": changed(count, **more),
    }


def project(**more):
    row = {"project_id": "p", "budget_amount": 100.0, "period_start": START, "period_end": after(100)}
    return {**with_change(), "projects": pd.DataFrame([row | more])}


def low_bid(estimate=100, day_=90, rise=9):
    tables = with_change(
        contract_=contract(value_amount=90.0), date=after(day_), old_value=90.0, new_value=90.0 + rise
    )
    return {**tables, "tenders": pd.DataFrame({"tender_id": ["t"], "cost_estimate": [estimate]})}


def direct(price, rise):
    tables = with_change(contract_=contract(value_amount=price), old_value=price, new_value=price + rise)
    return {**tables, "tenders": pd.DataFrame({"tender_id": ["t"], "procurement_method": ["direct"]})}


def subcontract(tier=1, **more):
    row = {
        "subcontract_id": "s",
        "contract_id": "c",
        "subcontractor_id": "L",
        "tier": tier,
        "value_amount": 50.0,
    }
    return {"contracts": contract(), "subcontracts": pd.DataFrame([row | more])}


def payment(count=1, late=0, **more):
    """Payments due on day 20 of money received on day 5; the ``late`` first ones are paid a day after."""
    row = {
        "contract_id": "c",
        "payer_id": "S",
        "payee_type": "equipment",
        "tier": 1,
        "date_received": after(5),
    }
    row |= {"amount": 100.0, "amount_registered": 100.0, "date_due": after(20), "date_paid": after(20)}
    rows = [
        {"payment_id": f"y{n}", **row, **({"date_paid": after(21)} if n < late else {}), **more}
        for n in range(count)
    ]
    return {"payments": pd.DataFrame(rows)}


def claim(**more):
    row = {"claim_id": "k", "contract_id": "c", "amount": 100.0, "date_claimed": START, "date_paid": after(5)}
    return pd.DataFrame([row | more])


def on_card(days, **wage):
    """A worker with ten days on the card in January, and what another list says of that month."""
    cards = attendance("w", "c", *pd.date_range(START, periods=days))
    row = {"worker_id": "w", "contract_id": "c", "month": day("2024-01-31")}
    name = "wages" if "days_paid" in wage else "retirement_days"
    return {"attendance": cards, name: pd.DataFrame([row | wage])}


def hurt(count):
    """Two cards of 100,000 hours each: as many as 100 people work in a year."""
    cards = attendance("w", "c", "2024-01-01", "2024-01-02").assign(hours=100_000.0)
    return {"attendance": cards, "accidents": pd.DataFrame({"contract_id": ["c"] * count})}


def reported(*days, actual=50.0):
    rows = {"contract_id": "c", "report_type": "daily", "date": [after(n) for n in days], "actual": actual}
    return {"reports": pd.DataFrame(rows)}


def months(planned, actual, paid=None):
    return {"progress": progress("c", planned, actual).assign(paid=paid)}


def waited(table_, id_, start, end, days):
    """Something that happened on the first day, and what it waited for."""
    return {table_: pd.DataFrame({id_: ["x"], start: [START], end: [after(days)]})}


# Indicator, level, how a table is made of one number or some, and what it must then answer. The first lines of each indicator lie
# on its limit, the last beyond it.
LIMITS = [
    ("cost-overrun", "contract", lambda new: with_change(new_value=new), {110: (0.10, False), 111: (0.11, True)}),
    ("cost-overrun", "project", lambda end: project(completion_final_value=end), {110: (0.10, False), 111: (0.11, True)}),
    ("time-overrun", "contract", lambda n: with_change(new_period_end=after(100 + n)), {10: (0.10, False), 11: (0.11, True)}),
    ("time-overrun", "project", lambda n: project(completion_end_date=after(100 + n)), {10: (0.10, False), 11: (0.11, True)}),
    # To the agreed end, a year after the signature; to the reading day, where that is earlier.
    ("change-intensity", "contract", lambda n: with_change(n, contract(period_end=after(365.25))), {3: (3, False), 4: (4, True)}),
    ("change-intensity", "contract", lambda end: with_change(3, contract(period_end=after(end))), {2 * 365.25: (1.5, False), 9999: (1, False)}),
    ("changes-without-reason", "contract", lambda words: {"modifications": pd.DataFrame({"contract_id": "c", "rationale": words})}, {
        ("rain", " - "): (1 / 2, True), ("rain", "rock", "nan"): (1 / 3, False), (None, "none", "None"): (1, True),
    }),
    ("low-bid-then-change", "contract", lambda estimate: low_bid(estimate=estimate), {99: (0.1, False), 100: (0.1, True)}),
    ("low-bid-then-change", "contract", lambda n: low_bid(day_=n), {90: (0.1, True), 91: (0, False)}),
    ("low-bid-then-change", "contract", lambda rise: low_bid(rise=rise), {9: (0.1, True), 8: (8 / 90, False)}),
    ("direct-then-raised", "contract", lambda price: direct(*price), {
        (95, 5): (1, False), (94, 7): (1.01, False), (100, 6): (1.06, False), (95, 6): (1.01, True), (99, 2): (1.01, True),
    }),
    ("R067", "contract", lambda n: {**with_change(), **waited("milestones", "contract_id", "date_due", "date_met", n)}, {0: (0, False), 1: (1, True)}),
    ("R068", "contract", lambda paid: {**with_change(new_value=110), "claims": claim(amount=paid)}, {110: (1, False), 111: (111 / 110, True)}),
    ("R069", "contract", lambda new: with_change(new_value=new), {110: (0.10, False), 111: (0.11, True)}),
    ("R071", "contract", lambda passed: subcontract(prime_amount=passed), {50: (0.50, False), 51: (0.51, True)}),
    ("subcontract-chain", "contract", subcontract, {1: (1, False), 2: (2, True)}),
    ("subcontract-rate", "subcontract", lambda own: subcontract(value_amount=own, prime_amount=100), {70: (0.7, False), 69: (0.69, True)}),
    ("bid-spread", "process", lambda prices: {"bids": pd.DataFrame({"tender_id": "t", "amount": prices, "status": "valid"})}, {
        (99, 100, 101): (0.01, False), (198, 200, 201): (1.5275252316519 / 199.66666666667, True),
    }),
    ("threshold-bunching", "process", lambda estimate: {"tenders": pd.DataFrame({"tender_id": ["x"], "cost_estimate": estimate})}, {
        95: (1, True), 100: (0, False), 105: (0, False),
    }),
    ("payment-delay", "payment", lambda n: payment(date_paid=after(5 + n)), {15: (15, False), 16: (16, True)}),
    ("late-share", "payer", lambda late: payment(8, late), {2: (1 / 4, False), 3: (3 / 8, True)}),
    ("late-interest", "payment", lambda n: payment(date_paid=after(20 + n), amount_registered=36_500), {
        -1: (0, False), 0: (0, False), 0.5: (7.75, True), 1: (15.5, True),
    }),
    ("short-payment", "payment", lambda amount: payment(amount=amount), {98.5: (0.015, False), 98: (0.02, True)}),
    ("client-delay", "claim", lambda n: {"claims": claim(date_paid=after(n))}, {5: (5, False), 6: (6, True)}),
    ("client-delay", "claim", lambda n: {"claims": claim(date_inspected=after(2), date_paid=after(n))}, {7: (5, False), 8: (6, True)}),
    ("paid-ahead", "contract", lambda paid: months([10, 50], [0, 20], [90, paid]), {30: (10, False), 31: (11, True)}),
    ("ghost-days", "worker and month", lambda paid: on_card(10, days_paid=paid), {12: (2, False), 13: (3, True)}),
    ("ghost-days", "worker", lambda paid: on_card(10, days_paid=paid), {12: (2, False), 13: (3, True)}),
    ("unreported-days", "worker and month", lambda told: on_card(10, days_reported=told), {8: (2, False), 7: (3, True)}),
    ("no-rest-day", "worker", lambda n: {"attendance": attendance("w", "c", *pd.date_range(START, periods=n))}, {13: (13, False), 14: (14, True)}),
    ("wage-delay", "wage", lambda n: waited("wages", "wage_id", "date_due", "date_paid", n), {0: (0, False), 1: (1, True)}),
    ("accidents", "contract", hurt, {0: (0, False), 1: (1, False), 2: (2, True)}),
    # The first day is a Monday.
    ("report-gap", "contract", lambda n: reported(0, n), {8: (5, False), 9: (6, True)}),
    ("zero-progress", "contract", lambda planned: months([planned], [0]), {9: (0, False), 10: (1, True)}),
    ("flat-progress", "contract", lambda n: months([50] * 6, [30] * n + [60] * (6 - n)), {4: (3, True), 3: (2, False)}),
    ("flat-progress", "contract", lambda share: months([50] * 6, [share] * 6), {0: (0, False), 1: (5, True), 99: (5, True), 100: (0, False)}),
    ("copied-progress", "contract", lambda n: months([10, 20, 30, 40], [10, 20, 30, 40][:n] + [5] * (4 - n)), {2: (2, False), 3: (3, True)}),
    ("copied-progress", "contract", lambda share: months([share] * 4, [share] * 4), {0: (0, False), 1: (4, True), 99: (4, True), 100: (0, False)}),
    ("spi", "contract", lambda actual: months([10, 50], [0, actual]), {45: (0.9, False), 44: (0.88, True)}),
    ("progress-gap", "contract", lambda actual: months([10, 50], [0, actual]), {41: (9, False), 40: (10, True)}),
    ("disclosure-delay", "disclosure", lambda n: waited("disclosures", "disclosure_id", "date_event", "date_published", n), {30: (30, False), 31: (31, True)}),
    ("unanswered", "question", lambda n: waited("questions", "question_id", "date_asked", "date_answered", n), {14: (14, False), 15: (15, True)}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "level", "make", "number", "expected"),
    [
        pytest.param(code, level, make, number, expected, id=f"{code}-{level}-{number}")
        for code, level, make, cases in LIMITS
        for number, expected in cases.items()
    ],
)
def test_what_lies_on_a_limit_and_what_lies_beyond_it(code, level, make, number, expected):
    settings = {"as_of": after(2 * 365.25), "direct_award_threshold": 100}
    if code == "change-intensity" and number == 9999:
        settings["as_of"] = after(3 * 365.25)
    ((value, hit),) = values(make(number), code, level, **settings).values()
    assert (value, hit) == (pytest.approx(expected[0]), expected[1])


# What counts, and what does not -----------------------------------------------------------------------------------------------


def due(*rows):
    """Payments of 100 that somebody owes below the contractor: contract, payer, due, paid (days after the start)."""
    made = [
        (
            f"y{n}",
            contract_,
            payer,
            "equipment",
            1,
            100.0,
            START,
            after(due_),
            None if paid is None else after(paid),
        )
        for n, (contract_, payer, due_, paid) in enumerate(rows)
    ]
    return {
        "payments": table(
            "payment_id contract_id payer_id payee_type tier amount_registered date_received date_due date_paid",
            *made,
        )
    }


def wages(*rows):
    made = [
        (f"g{n}", worker, *(None if d is None else after(d) for d in days))
        for n, (worker, *days) in enumerate(rows)
    ]
    return table("wage_id worker_id date_due date_paid", *made)


def passed(*rows):
    """What was passed on of claims of 100: contract, tier, kind of payee, amount, whether it was paid."""
    made = [
        (c, tier, kind, amount, after(9) if paid else None, START) for c, tier, kind, amount, paid in rows
    ]
    claims = [(c, 100.0, after(1)) for c in dict.fromkeys(row[0] for row in rows)]
    return {
        "payments": table("contract_id tier payee_type amount date_paid date_received", *made),
        "claims": table("contract_id amount date_paid", *claims),
    }


def offers(*rows):
    return table("tender_id bid_id tenderer_id amount status currency", *rows)


def met(*rows):
    """Bids of firms: process, lot, bid, firm, status."""
    bids_ = table("tender_id lot_id bid_id tenderer_id status", *rows)
    lots = pd.DataFrame({"tender_id": bids_["tender_id"].unique()})
    return {"bids": bids_, "tenders": lots.assign(number_of_lots=np.where(lots["tender_id"] == "t5", 2, 1))}


def bought(*rows):
    """Contracts of buyers, each of its own tender: buyer, firm, value, currency."""
    made = [(f"c{n}", f"t{n}", firm, value, currency) for n, (_, firm, value, currency) in enumerate(rows)]
    return {
        "contracts": table("contract_id tender_id supplier_id value_amount currency", *made),
        "tenders": pd.DataFrame(
            {"tender_id": [f"t{n}" for n in range(len(rows))], "buyer_id": [r[0] for r in rows]}
        ),
    }


def asked(**tenderers):
    """Open tenders of buyers with the numbers of their tenderers; 0 stands for a direct award to one firm."""
    rows = [(b, "open" if n else "direct", max(n, 1)) for b, numbers in tenderers.items() for n in numbers]
    made = table("buyer_id procurement_method number_of_tenderers", *rows)
    return {"tenders": made.assign(tender_id=[f"t{n}" for n in range(len(rows))])}


def won(**losses):
    """Twelve tenders that A, B, C and D won in turn, and the firms that lost some of them, by number."""
    rows = [(f"t{n}", "ABCD"[n % 4], "valid") for n in range(12)]
    rows += [(f"t{n}", firm, "valid") for firm, numbers in losses.items() for n in numbers]
    made = table("tender_id tenderer_id status", *rows).assign(bid_id=[f"b{n}" for n in range(len(rows))])
    awarded = [(f"t{n}", "ABCD"[n % 4], "active") for n in range(12)]
    return {"bids": made, "awards": table("tender_id supplier_id status", *awarded)}


def chosen(*rows, winners="A"):
    """Bids of one tender that A won: firm and status."""
    made = table("tenderer_id status", *rows).assign(tender_id="t")
    won = [("t", firm, "active") for firm in winners]
    return {"bids": made, "awards": table("tender_id supplier_id status", *won)}


TWO = pd.concat([contract(), contract(contract_id="d")])
LIST = "wage_id worker_id contract_id month days_paid"
IN_TWO_MONTHS = attendance(
    "w", "c", *pd.date_range(START, periods=10), *pd.date_range("2024-02-01", periods=10)
)
WORKERS = table(
    "worker_id employer_id",
    *((f"w{n}", "E") for n in range(8)),
    *((f"v{n}", "F") for n in range(4)),
    ("u", None),
)
WON = dict.fromkeys("ABCD", (1, False))

# Each line is one sentence, and small tables whose answer anybody can count. Days are counted from the start of the contract.
CASES = {
    # Contracts
    "a contract that nobody changed costs what was agreed": ("cost-overrun", {**with_change(1, TWO, new_value=105)}, {
        "c": (0.05, False), "d": (0, False),
    }),
    "a sum in several currencies is compared with nothing": ("cost-overrun", project(completion_final_value=150, currency="several"), {"c": (0, False)}),
    "nothing is a share of a budget of 0": ("cost-overrun", project(completion_final_value=150, budget_amount=0), {"c": (0, False)}),
    "a change of no contract changes none": (
        "cost-overrun", {
            "contracts": pd.concat([contract(), contract(contract_id=None)]),
            "modifications": pd.concat([changed(), changed(new_value=120, contract_id=None)]),
        }, {"c": (0, False)},
    ),
    "nothing is a share of a price of 0": ("cost-overrun", with_change(1, contract(value_amount=0)), {}),
    "a contract agreed for no day has no share of its time": ("time-overrun", with_change(1, contract(period_end=START)), {}),
    "a change without amounts adds nobody knows what": ("direct-then-raised", {**direct(95, 9), "modifications": changed(new_value=np.nan)}, {}),
    "without a change a direct award stands": ("direct-then-raised", {**direct(95, 9), "modifications": changed(contract_id="d")}, {"c": (0.95, False)}),
    "a price of 0 has no share": ("low-bid-then-change", {**low_bid(), "contracts": contract(value_amount=0)}, {}),
    "of several milestones the latest counts, and payments do not": (
        "R067", {**with_change(), "milestones": table(
            "contract_id type date_due date_met",
            ("c", "delivery", START, after(3)), ("c", "assessment", START, after(8)), ("c", "payment", START, after(20)),
            ("d", "reporting", START, after(4)), ("e", None, START, after(5)), (None, None, START, after(6)),
        )}, {"c": (8, True), "d": (4, True), "e": (5, True)},
    ),
    "an end that was moved by agreement is the end": (
        "R067", {**with_change(new_period_end=day("2024-06-30")), "progress": progress("c", [100], [100], "2024-06-30")}, {"c": (0, False)},
    ),
    "a contract that changes made worth nothing has no share": ("R068", {**with_change(new_value=0), "claims": claim()}, {}),
    "each loser that was hired counts, the winner and others do not": (
        "R070", {
            "contracts": table("contract_id tender_id supplier_id", ("c", "t", "S"), ("d", "t", None), ("e", "t", "S")),
            "subcontracts": table("contract_id subcontractor_id", ("c", "L"), ("c", "M"), ("c", "M"), ("c", "S"), ("c", "Q"), ("d", "L"), ("e", "Q")),
            "bids": table("tender_id tenderer_id", *(("t", firm) for firm in "SLMN"), ("t2", "Q")),
        }, {"c": (2, True), "d": (1, True), "e": (0, False)},
    ),
    # Shares .2, .2, .2, .2 and 1: the fence lies at 0.8667. The firm of four contracts is left out.
    "a firm that hands on all five of its contracts": (
        "R072", {
            "contracts": table("contract_id supplier_id", *((f"{f}{n}", f) for f in "ABCDE" for n in range(5)), *((f"X{n}", "X") for n in range(4))),
            "subcontracts": pd.DataFrame({"contract_id": ["A0", "A0", "B0", "C0", "D0", *(f"E{n}" for n in range(5)), "X0"]}),
        }, {**dict.fromkeys("ABCD", (0.2, False)), "E": (1, True)},
    ),
    "three pairs are too few to say what is unusual": (
        "repeat-pairs", {"contracts": table("contract_id official_id supplier_id", *((n, "O", firm) for n, firm in enumerate("SSSSSTU")), ("x", None, "S"), ("y", "O", None))},
        {"O/S": (5, False), "O/T": (1, False), "O/U": (1, False)},
    ),
    "a pair of two contracts among pairs of one is none yet": (
        "repeat-pairs", {"contracts": table("contract_id official_id supplier_id", *((n, "O", firm) for n, firm in enumerate("SSTUVW")))},
        {"O/S": (2, False), **dict.fromkeys(("O/T", "O/U", "O/V", "O/W"), (1, False))},
    ),
    # Payments, seen on day 30
    "overdue is what fell due before the day and was not paid by then": (
        "overdue", due(
            ("c", "S", 20, None), ("c", "S", 20, 35), ("c", "S", 20, 30), ("c", "S", 30, None), ("c", "S", 40, None),
            (None, "S", 20, None), ("e", "S", 20, 20),
        ), {"c": (200, True), "e": (0, False)},
    ),
    "of an amount that nobody knows no sum is made": (
        "overdue", {"payments": due(("c", "S", 20, 20), ("d", "S", 20, None))["payments"].assign(amount_registered=[100, np.nan])}, {"c": (0, False)},
    ),
    "late are those of what was due; four are too few": (
        "late-share", due(
            ("c", "P", 20, 20), ("c", "P", 20, 20), ("c", "P", 20, 21), ("c", "P", 20, None), ("c", "P", 30, 30), ("c", "P", 31, None),
            *[("c", "Q", 20, None)] * 4, ("c", None, 20, 20),
        ), {"P": (0.4, True), "equipment": (0.6, True), "1": (0.6, True)},
    ),
    "a claim that nobody has inspected waits from its own day": ("client-delay", {"claims": pd.concat(
        [claim(claim_id="seen", date_inspected=after(2), date_paid=after(8)), claim(claim_id="unseen", date_inspected=pd.NaT, date_paid=after(8))],
    )}, {"seen": (6, True), "unseen": (8, True)}),
    "of nothing registered no share is missing, nor of what is unpaid": ("short-payment", {
        "payments": pd.concat([payment(1, amount_registered=0)["payments"], payment(1, date_paid=pd.NaT, amount=0)["payments"]]),
    }, {}),
    # Shares .5, .5, .5, .5 and .1: the fence lies at 0.1667. What is unpaid, of tier 2 or the contractor's own is not passed on.
    "a contractor that passes on a tenth where others pass on half": (
        "pass-through", passed(
            *((c, 1, "subcontractor", 50, True) for c in "abcd"), ("e", 0, "wages", 10, True), ("e", 1, "equipment", 80, False),
            ("e", 2, "subcontractor", 80, True), ("e", 0, "prime", 80, True), ("e", None, "subcontractor", 80, True),
            ("f", 1, "subcontractor", 40, True), ("f", 1, "equipment", None, True),
        ), {**dict.fromkeys("abcd", (0.5, False)), "e": (0.1, True)},
    ),
    "wages are a share of the claims, and that is no flag": (
        "wage-share", passed(("c", 0, "wages", 30, True), ("c", 1, "equipment", 60, True), ("c", 0, None, 5, True)), {"c": (0.3, False)},
    ),
    "a subcontractor that one table numbers and another names is one firm, and lost unless it was awarded a lot": (
        "R070", {
            "contracts": contract(), "subcontracts": table("contract_id subcontractor_id", ("c", 7), ("c", 8)),
            "bids": table("tender_id tenderer_id", ("t", "S"), ("t", "7"), ("t", "7"), ("t", "8")),
            "awards": table("tender_id supplier_id status", ("t", "8", "active")),
        }, {"c": (1, True)},
    ),
    # Workers
    "a month is compared with its own cards, and a worker has the sum": (
        "ghost-days", {"attendance": IN_TWO_MONTHS, "wages": table(
            LIST, ("g1", "w", "c", "2024-01-31", 12), ("g2", "w", "c", "2024-02-29", 15), ("g3", "v", "c", "2024-01-31", 3),
            ("g4", "u", "c", "2024-01-31", 9), ("g5", "u", "c", "2024-01-31", None), ("g6", "w", "d", "2024-01-31", None),
        )}, {"w/c/2024-01-31": (2, False), "w/c/2024-02-29": (5, True), "v/c/2024-01-31": (3, True), "w": (7, True), "v": (3, True)},
    ),
    "the months after the last report are not due yet": (
        "unreported-days", {"attendance": IN_TWO_MONTHS, "retirement_days": table(
            "worker_id contract_id month days_reported", ("w", "c", "2024-01-31", 10),
        )}, {"w/c/2024-01-31": (0, False)},
    ),
    "a number of days that is not told is not 0": (
        "unreported-days", {"attendance": IN_TWO_MONTHS, "retirement_days": table(
            "worker_id contract_id month days_reported", ("w", "c", "2024-01-31", None), ("w", "c", "2024-02-29", 3),
        )}, {"w/c/2024-02-29": (7, True)},
    ),
    "days that were reported for no site are compared with none": (
        "unreported-days", {"attendance": IN_TWO_MONTHS, "retirement_days": table(
            "worker_id contract_id month days_reported", ("w", None, "2024-01-31", 3),
        )}, {},
    ),
    "a site that nobody knows is no second site": (
        "double-presence", {"attendance": pd.concat([attendance("w", "c", "2024-01-01"), attendance("w", None, "2024-01-01")])}, {"w": (0, False)},
    ),
    "an account is shared by different workers, wherever they are named": (
        "shared-account", {
            "wages": table("account_id worker_id", ("a", "w1"), ("a", "w1"), ("b", "w2"), ("b", "w3"), (None, "w4"), (None, "w5")),
            "workers": table("account_id worker_id", ("c", "w6"), ("c", "w7")),
        }, {"a": (1, False), "b": (2, True), "c": (2, True)},
    ),
    "wages that are not due yet are not late": (
        "wage-delay", {"wages": wages(("w", 20, None), ("w", 30, None), ("w", 31, None), ("w", 40, 25), ("w", None, 25), ("w", 20, 22))},
        {"g0": (10, True), "g1": (0, False), "g3": (-15, False), "g5": (2, True)},
    ),
    "a quarter of late wages is no flag for an employer, and four wages are too few": (
        "wage-delay employer", {
            "wages": wages(*((f"w{n}", 20, 21 if n < 2 else 20) for n in range(8)), *((f"v{n}", 20, 29) for n in range(4)), ("u", 20, 29)),
            "workers": WORKERS,
        }, {"E": (0.25, False)},
    ),
    "more than a quarter is, and a worker who is listed twice counts once": (
        "wage-delay employer", {
            "wages": wages(*((f"w{n}", 20, 21 if n < 2 else 20) for n in range(5)), *((f"v{n}", 20, 29) for n in range(4)), ("v0", None, 29)),
            "workers": pd.concat([WORKERS, WORKERS]),
        }, {"E": (0.4, True)},
    ),
    "without hours, or with hours that nobody knows, there is no rate": (
        "accidents", {
            "attendance": table("contract_id hours", ("c", 200_000), ("d", 0), ("e", 8), ("e", None), (None, 8)),
            "accidents": pd.DataFrame({"contract_id": [*"ccde", None]}),
        }, {"c": (2, True)},
    ),
    # The public, seen on day 30
    "an item of nobody's project is nobody's": (
        "disclosure-share", {"disclosures": table("project_id date_published", ("p", START), ("p", None), (None, START))}, {"p": (0.5, False)},
    ),
    "a question waits from the day it is asked until it is answered or the day one looks": (
        "unanswered", {"questions": table(
            "question_id date_asked date_answered",
            ("q1", START, None), ("q2", START, after(40)), ("q3", after(20), after(22)), ("q4", after(30), None), ("q5", after(31), None),
        )}, {"q1": (30, True), "q2": (30, True), "q3": (2, False), "q4": (0, False)},
    ),
    # Reports
    "rows without a contract or a month are no months": (
        "zero-progress", {"progress": pd.concat([progress(None, [50], [0]), progress("c", [50], [50]), progress("c", [50], [0]).assign(period=pd.NaT)])},
        {"c": (0, False)},
    ),
    "a 0 in the last month is not yet entered": ("spi", months([50, 100], [45, 0]), {"c": (0.9, False)}),
    "the plan of nothing has no index": ("spi", months([0], [10]), {}),
    "half of the daily reports came within two days": (
        "late-report", {"reports": table(
            "contract_id report_type date submitted_at",
            ("c", "daily", START, after(1)), ("c", "daily", START, after(2)), ("c", "daily", START, after(9)), ("c", "weekly", START, after(99)),
            ("d", "daily", START, None), (None, "daily", START, after(9)),
        ).assign(submitted_at=lambda t: pd.to_datetime(t["submitted_at"]))}, {"c": (2, False)},
    ),
    "a report of the evening is one of its day": ("report-gap", {
        "reports": reported(0.75, 1.5, 9.25)["reports"],
    }, {"c": (5, False)}),
    "the longest gap counts, and a report without a day closes none": ("report-gap", {
        "reports": pd.concat([reported(0, 1, 9)["reports"], reported(5)["reports"].assign(date=pd.NaT), reported(5)["reports"].assign(report_type=None)]),
    }, {"c": (5, False)}),
    # Day 30 is a Wednesday: between it and day 21, a Monday, lie six working days.
    "who has finished is silent, who has not is asked": ("report-silence", {
        "reports": pd.concat([reported(21)["reports"], reported(21, actual=100.0)["reports"].assign(contract_id="d")]),
    }, {"c": (6, True)}),
    # The market
    "bids are compared in one currency, from three on, and a joint bid is one": (
        "bid-spread", {"bids": offers(
            *(("t1", f"b{n}", f, 100, "valid", "KRW") for n, f in enumerate("ABC")), ("t1", "b3", "D", 50, "disqualified", "KRW"), ("t1", "b4", "E", 0, "valid", "KRW"),
            ("t2", "b5", "A", 90, "valid", "KRW"), ("t2", "b6", "B", 100, "valid", "KRW"), ("t2", "b7", "C", 110, "valid", "KRW"),
            ("t3", "b8", "A", 100, "valid", "KRW"), ("t3", "b9", "B", 100, "valid", "KRW"), ("t3", "b10", "C", 100, "valid", "USD"),
            *(("t4", "b11", f, 100, "valid", "KRW") for f in "ABC"), ("t4", "b12", "D", 100, "valid", "KRW"),
        )}, {"t1": (0, True), "t2": (0.1, False)},
    ),
    # Pairs meet 3, 1, 1, 1 and 1 times: the fence lies at 2.667. Who was only invited, is in the same bid or bids for another lot meets nobody.
    "two firms that meet three times where others meet once": (
        "co-bidding", met(
            ("t1", None, "b1", "A", "valid"), ("t1", None, "b2", "B", "valid"), ("t1", None, "b3", "C", "valid"),
            ("t2", None, "b1", "A", "valid"), ("t2", None, "b2", "B", "valid"), ("t2", None, "b3", "D", "valid"),
            ("t3", None, "b1", "A", "valid"), ("t3", None, "b2", "B", "valid"), ("t3", None, "b3", "E", "invited"), ("t3", None, "b4", None, "valid"),
            ("t4", None, "b1", "A", "valid"), ("t4", None, "b1", "F", "valid"),
            ("t5", "1", "b1", "G", "valid"), ("t5", "2", "b2", "H", "valid"), ("t5", None, "b3", "I", "valid"),
        ), {"A/B": (3, True), "A/C": (1, False), "B/C": (1, False), "A/D": (1, False), "B/D": (1, False)},
    ),
    "who bids together and alone meets the others both ways": (
        "co-bidding", met(
            ("t1", None, "b1", "A", "valid"), ("t1", None, "b1", "B", "valid"), ("t1", None, "b2", "C", "valid"), ("t1", None, "b3", "A", "valid"),
            ("t2", None, "b1", "A", "valid"), ("t2", None, "b1", "B", "valid"), ("t2", None, "b2", "A", "valid"),
            ("t3", None, "b1", "D", "valid"), ("t3", None, "b1", "E", "valid"), ("t3", None, "b2", "D", "valid"), ("t3", None, "b2", "F", "valid"),
        ), {"A/B": (2, False), **dict.fromkeys(("A/C", "B/C", "D/E", "D/F", "E/F"), (1, False))},
    ),
    "where all meet three times nobody stands out": (
        "co-bidding", met(*((t, None, f, f, "valid") for t in ("t1", "t2", "t3") for f in "ABCD")),
        dict.fromkeys(("A/B", "A/C", "A/D", "B/C", "B/D", "C/D"), (3, False)),
    ),
    "a buyer of five contracts has an index in each currency, unless one firm or value is unknown": (
        "concentration", bought(
            *(("B", f, v, "KRW") for f, v in zip("SSTTT", (20, 30, 10, 20, 20), strict=True)), *(("C", "S", 1, "KRW") for _ in range(4)),
            *(("D", f, 1, "KRW") for f in ("S", "S", "S", "S", None)), *(("E", "S", v, "KRW") for v in (1, 1, 1, 1, None)),
            *(("F", f, 1, "KRW") for f in "SSSSS"), *(("F", f, 1, None) for f in "STUVW"), *(("G", "S", 0, "KRW") for _ in range(5)),
        ), {"B": (0.5, True), "F (KRW)": (1, True), "F (no currency)": (0.2, False)},
    ),
    # Shares .2, .2, .2, .2 and 1: the fence lies at 0.8667.
    "a buyer whose open tenders all have one bid": (
        "single-bid-share", asked(**{b: [1, 2, 2, 2, 2, 0] for b in "ABCD"}, E=[1] * 5, X=[1] * 4), {**dict.fromkeys("ABCD", (0.2, False)), "E": (1, True)},
    ),
    "of three buyers nobody can say what is unusual": ("single-bid-share", asked(A=[2] * 5, B=[2] * 5, C=[1] * 5), {
        "A": (0, False), "B": (0, False), "C": (1, False),
    }),
    # |1/3 - .301| + |1/3 - .176| + |1/3 - .125| + what the digits 4 to 9 should have, over nine digits
    "three amounts that begin with 1, 2 and 3": ("benford", {"bids": pd.DataFrame({"amount": [1, 20, 3000]})}, {"bids.amount": (0.0884311, True)}),
    # Tenders
    "who bids once and loses once has not bid to lose": ("R025", won(X=[0]), {**WON, "X": (0, False)}),
    "who bids as often as the others and always loses may have": ("R025", won(X=[0, 1, 2]), {**WON, "X": (0, True)}),
    "all others disqualified": ("R035", chosen(("A", "valid"), ("B", "disqualified"), ("C", "disqualified")), {
        "t": (2, True), "A": (0, True),
    }),
    "nobody disqualified": ("R035", chosen(("A", "valid"), ("B", "withdrawn")), {"t": (0, False)}),
    "another valid bid": ("R035", chosen(("A", "valid"), ("B", "disqualified"), ("C", "valid")), {"t": (1, False)}),
    "another valid bid before it": ("R035", chosen(("C", "valid"), ("B", "disqualified"), ("A", "valid")), {"t": (1, False)}),
    "another valid bid after it": ("R035", chosen(("B", "disqualified"), ("A", "valid"), ("C", "valid")), {"t": (1, False)}),
    "the winner has a bid that was disqualified, too": (
        "R035", chosen(("A", "valid"), ("A", "disqualified"), ("B", "disqualified")), {"t": (1, True), "A": (0, True)},
    ),
    "one of two winners was disqualified": ("R035", chosen(("A", "valid"), ("B", "disqualified"), winners="AB"), {"t": (1, False)}),
    "one of two winners was disqualified before": ("R035", chosen(("B", "disqualified"), ("A", "valid"), winners="AB"), {"t": (1, False)}),
    "nobody knows whose bid was disqualified": ("R035", chosen(("A", "valid"), ("B", "disqualified"), (None, "disqualified")), {}),
    "the fate of one bid is not known": ("R035", chosen(("A", "valid"), ("B", "disqualified"), ("C", None)), {}),
    "the winner is not the one whose bid was valid": ("R035", chosen(("B", "valid"), ("C", "disqualified")), {"t": (1, False)}),
}  # fmt: skip


@pytest.fixture(params=["Arrow", "pandas"])
def in_memory(request, monkeypatch):
    """The two engines of tables in memory: a page in the browser has no Arrow."""
    if request.param == "pandas":
        monkeypatch.setattr(_core, "quickest", lambda tables, needed: (_processes.Memory(), tables))


@pytest.mark.usefixtures("in_memory")
@pytest.mark.parametrize("case", CASES)
def test_what_counts_and_what_does_not(case):
    name, tables, expected = CASES[case]
    code, _, level = name.partition(" ")
    settings = {"as_of": after(30), "direct_award_threshold": 100, "benford_minimum": 3}
    named = flags.indicator(code).reads
    some = {name: rows[[one for one in rows if f"{name}.{one}" in named]] for name, rows in tables.items()}
    for given in (tables, some):
        found = values(given, code, level or None, **settings)
        assert found == {id_: (pytest.approx(value), hit) for id_, (value, hit) in expected.items()}


class Country:
    """A profile that answers with what it was asked for."""

    def __getitem__(self, key):
        return (key,) if key.startswith("calendar.") else key


def test_a_profile_sets_every_limit_that_a_country_may_change():
    told = vars(flags.Settings.of(Country()))
    changed = {name: value for name, value in told.items() if value != vars(flags.Settings())[name]}
    assert set(changed) == {
        "short_submission_days", "short_submission_days_small", "small_works_amount", "prime_to_sub_days", "late_interest_rate", "year_days",
        "client_days", "correction_share", "direct_award_threshold", "near_threshold", "early_change_days", "price_raise", "report_gap_days",
        "flat_months", "progress_gap_points", "paid_ahead_points", "disclosure_days", "answer_days", "weekend", "holidays",
    }  # fmt: skip


def test_the_limit_of_days_for_small_works_and_for_single_procedures():
    tenders = table(
        "tender_id cost_estimate procurement_method_details",
        ("small", 50, None),
        ("large", 51, None),
        ("urgent", 99, "urgent"),
    )
    tables = {"tenders": tenders.assign(tender_start=START, tender_end=after(6))}
    law = {"short_submission_days": 15, "short_submission_days_small": 6, "small_works_amount": 50}
    found = values(tables, "R003", **law, short_submission_days_by_details={"urgent": 7})
    assert {id_: hit for id_, (_, hit) in found.items()} == {"small": False, "large": True, "urgent": True}


def test_a_threshold_is_compared_in_its_own_currency():
    tenders = table(
        "tender_id cost_estimate currency", ("k1", 99, "KRW"), ("k2", 50, "KRW"), ("u", 101, "USD")
    )
    bunching = {"tables": {"tenders": tenders}, "code": "threshold-bunching", "level": "process"}
    assert values(**bunching) == {}  # no threshold
    assert values(**bunching, direct_award_threshold=100) == {}  # nobody said in which currency
    assert values(**bunching, direct_award_threshold=100, currency="KRW") == {"k1": (1, True)}


# The registry --------------------------------------------------------------------------------------------------------------


def test_every_indicator_says_what_it_is_and_how_it_can_be_wrong():
    reference = flags.reference()
    assert len(reference) == len(flags.REGISTRY) >= 60
    assert (
        not (reference[["name", "definition", "formula", "unit", "needs", "innocent", "source"]] == "")
        .any()
        .any()
    )
    for code, one in flags.REGISTRY.items():
        assert one.code == code
        for words in (one.definition, one.formula, *one.innocent, *one.fields, *one.optional, *one.source):
            assert words in one.__doc__
        assert ("Also uses: " in one.__doc__) == bool(one.optional)
        assert one.__doc__.endswith("A flag can be innocent:\n- " + "\n- ".join(one.innocent))
        assert not re.search(r"\b(corrupt|fraud|guilty|crime)", one.definition, re.IGNORECASE), code


def of_everything():
    """Tables of a small city with what it has not: awards and their items, milestones, accidents, a buyer."""
    tables = dict(city.make(projects=20))
    contracts = tables["contracts"]
    awards = contracts[["tender_id", "supplier_id"]].assign(
        award_id=contracts["contract_id"], status="active"
    )
    dates = {"date_due": contracts["period_end"], "date_met": contracts["period_end"]}
    more = {
        "awards": awards,
        "award_items": awards[["award_id", "tender_id"]].assign(classification_id="4521"),
        "milestones": contracts[["contract_id"]].assign(**dates),
        "accidents": contracts[["contract_id"]],
        "tenders": tables["tenders"].assign(buyer_id="B"),
    }
    return {**tables, **more}


EVERYTHING = of_everything()
FEW = flags.Settings(
    minimum_group=1,
    minimum_contracting_processes=1,
    benford_minimum=1,
    direct_award_threshold=1e8,
    near_threshold=1.0,
)


@pytest.mark.parametrize("code", flags.REGISTRY)
def test_the_columns_that_an_indicator_asks_for_are_enough(code):
    for way in flags.REGISTRY[code].ways:
        assert len(flags.evaluate(of_columns(way), [code], FEW)), way


@pytest.mark.parametrize("code", [code for code, one in flags.REGISTRY.items() if len(one.ways) > 1])
def test_half_of_one_way_and_half_of_another_is_not_possible_and_names_what_completes_one(code):
    one = flags.REGISTRY[code]
    mixed = [
        way
        for way in itertools.product(*(field.split("|") for field in one.fields))
        if not any(set(whole) <= set(way) for whole in one.ways)
    ]
    for way in mixed:
        tables = of_columns(way)
        row = flags.coverage(tables).loc[code]
        assert not row["possible"] and row["missing"], way
        assert flags.possible(way).loc[code].tolist()[2:] == [False, row["missing"]]
        assert code not in set(flags.evaluate(tables)["code"])
        with pytest.raises(InputError, match=re.escape(f"cannot be computed: {row['missing']} missing")):
            flags.evaluate(tables, [code])
        more = of_columns([*way, *row["missing"].split(", ")])
        assert flags.coverage(more).loc[code, "possible"]
        assert len(flags.evaluate(more, [code], FEW)), way
        # A column that is there and holds nothing closes its way, too: the other one is gone.
        for whole in one.ways:
            other = dict(of_columns([*whole, *way]))
            for field in set(way) - set(whole):
                name, column = field.split(".")
                other[name] = other[name].assign(**{column: None})
            assert len(flags.evaluate(other, [code], FEW)), (whole, way)


def test_a_column_that_one_of_the_missing_choices_names_is_not_asked_for_again():
    projects = of_columns(["projects.project_id"])
    assert flags.coverage(projects).loc["single-bid-share", "missing"] == (
        "tenders.tender_id, tenders.procurement_method, tenders.number_of_tenderers, "
        "tenders.buyer_id|projects.public_authority, tenders.buyer_id|tenders.project_id"
    )


def of_columns(fields):
    """Some columns of `EVERYTHING`."""
    columns = {}
    for field in fields:
        name, column = field.split(".")
        columns.setdefault(name, []).append(column)
    return {name: EVERYTHING[name][list(dict.fromkeys(wanted))] for name, wanted in columns.items()}


def test_what_was_cancelled_is_as_if_it_were_not_there():
    """For what a contract agreed, and for a tender; what was paid and worked has happened all the same."""
    day_ = {"as_of": "2026-06-30", "minimum_group": 1, "direct_award_threshold": 1e8, "near_threshold": 1.0}
    for name, key, of_it in (
        ("contracts", "contract_id", ("modifications", "subcontracts", "milestones", "progress", "reports")),
        ("tenders", "tender_id", ("bids",)),
    ):
        table_ = EVERYTHING[name]
        out = set(table_[key].iloc[::3])
        said = {
            **EVERYTHING,
            name: table_.assign(status=np.where(table_[key].isin(out), "cancelled", "active")),
        }
        gone = {
            **EVERYTHING,
            **{one: EVERYTHING[one][~EVERYTHING[one][key].isin(out)] for one in (name, *of_it)},
        }
        codes = [code for code, one in flags.REGISTRY.items() if f"{name}.status" in one.optional]
        assert len(codes) > 10
        for code in codes:
            found, without = (
                flags.evaluate(tables, [code], flags.Settings(**day_)) for tables in (said, gone)
            )
            pd.testing.assert_frame_equal(found, without)


def test_texts_are_read_as_the_numbers_and_days_they_tell():
    told = {
        "contracts": pd.DataFrame({"contract_id": ["c"], "value_amount": ["100"]}),
        "modifications": pd.DataFrame({"contract_id": ["c"], "old_value": [" 100 "], "new_value": ["110.0"]}),
        "claims": pd.DataFrame({"contract_id": "c", "amount": ["111", " "], "date_paid": ["2024-05-01", ""]}),
    }
    assert values(told, "R068") == {"c": (pytest.approx(111 / 110), True)}
    for wrong in ("1,000", "many"):
        told["claims"]["amount"] = ["111", wrong]
        with pytest.raises(
            InputError, match=f"table claims, column amount, row 1: '{wrong}' is not a number"
        ):
            values(told, "R068")


def test_a_day_with_its_zone_is_an_instant_and_the_day_of_an_event_is_that_of_its_place():
    asked_ = {
        "question_id": ["q"],
        "date_asked": ["2024-03-01T09:00:00+09:00"],
        "date_answered": ["2024-03-02T00:00:00Z"],
    }
    assert values({"questions": pd.DataFrame(asked_)}, "unanswered") == {"q": (1, False)}
    shown = {
        "disclosure_id": ["d"],
        "date_event": ["2024-03-01T06:00:00+09:00"],
        "date_published": ["2024-03-31T03:00:00Z"],
    }
    assert values({"disclosures": pd.DataFrame(shown)}, "disclosure-delay") == {
        "d": (pytest.approx(29.875), False)
    }


def test_what_is_not_known_is_not_added():
    tables = {**with_change(new_value=110), "claims": claim()}
    assert values(tables, "R068") == {"c": (pytest.approx(100 / 110), False)}
    endless = pd.concat([claim(amount=np.inf), claim()], ignore_index=True)
    assert values({**tables, "claims": endless}, "R068") == {}
    tables["contracts"] = contract(currency="KRW")
    assert values({**tables, "claims": claim(currency="USD")}, "R068") == {}
    for same in ("KRW", None):
        assert len(values({**tables, "claims": claim(currency=same)}, "R068")) == 1


def test_an_id_that_stands_for_two_is_refused_where_others_are_looked_up_in_it():
    twice = {**BUILT, "contracts": pd.concat([CONTRACTS, CONTRACTS.tail(1)], ignore_index=True)}
    with pytest.raises(InputError, match="table contracts, row 2: The contract_id 'c2' appears twice"):
        values(twice, "R069")
    assert values({**twice, "tenders": asked(A=[1])["tenders"]}, "R018") == {
        "t0": (1, True)
    }  # reads no contract
    projects = project(completion_final_value=110.0)
    projects["projects"] = pd.concat([projects["projects"]] * 2, ignore_index=True)
    with pytest.raises(InputError, match="table projects, row 1: The project_id 'p' appears twice"):
        values(projects, "cost-overrun")
    tenders = low_bid()
    tenders["tenders"] = pd.concat([tenders["tenders"]] * 2, ignore_index=True)
    with pytest.raises(InputError, match="table tenders, row 1: The tender_id 't' appears twice"):
        values(tenders, "low-bid-then-change")


def test_where_nothing_tells_the_day_nobody_waits():
    nobody = {
        name: frame.assign(
            **{column: day("0001-01-01").as_unit("s") for column in frame.select_dtypes("datetime")}
        )
        for name, frame in EVERYTHING.items()
    }
    waits = ["change-intensity", "payment-delay", "late-share", "late-interest", "overdue", "client-delay", "wage-delay", "report-silence"]  # fmt: skip
    assert flags.evaluate(nobody, [*waits, "disclosure-delay", "unanswered"]).empty
    assert pd.isna(flags.reading_day({}, flags.Settings()))


def test_the_day_of_reading_is_that_of_the_latest_event():
    tables = {**payment(2, 1), "claims": claim(date_paid=after(3)), "contracts": contract()}
    assert flags.reading_day(tables, flags.Settings()) == after(
        21
    )  # not the end of the contract, which is to come
    assert flags.reading_day(tables, flags.Settings(as_of="2024-06-30T08:00+09:00")) == day(
        "2024-06-29 23:00"
    )
    assert flags.read_on(tables) == (after(21), "payments.date_paid")
    # Months of a plan lie ahead.
    planned = pd.DataFrame(
        {"contract_id": "c1", "period": [after(9), after(900)], "planned": [10, 90], "actual": [5, None]}
    )
    assert flags.reading_day({**tables, "progress": planned}, flags.Settings()) == after(21)
    assert flags.read_on({"progress": planned}) == (after(9), "progress.period")
    late = values({**tables, "progress": planned}, "payment-delay")
    assert late == values(tables, "payment-delay")


def test_a_score_is_of_one_level():
    rows = [
        ("R024", "process", "t1", True),
        ("R024", "process", "t2", False),
        ("R024", "tenderer", "A", True),
        ("R018", "process", "t2", True),
    ]
    found = pd.DataFrame(rows, columns=["code", "level", "id", "flagged"])
    score = flags.score(found, "R024", ["t1", "t2"], "process")
    assert (score.true_alarms, score.false_alarms, score.missed, score.rightly_quiet) == (1, 0, 1, 0)
    assert flags.score(found, "R024", iter(["A", "B"]), "tenderer").missed == 1


def test_labels_lead_from_the_marked_row_to_what_is_asked_for():
    planted = pd.DataFrame(
        [("bid", "bids", "b1"), ("bid", "bids", "b3"), ("pay", "payments", "y2"), ("day", "attendance", "w/c1/2024-01-01"), ("plan", "projects", "p2")],
        columns=["kind", "table", "row_id"],
    )  # fmt: skip
    links = ["contract_id", "tender_id", "project_id"]
    tables = {
        "planted": planted,
        "contracts": pd.DataFrame(
            [("c1", "t1", "p1"), ("c2", "t2", "p2"), ("c3", "t2", "p2")], columns=links
        ),
        "bids": pd.DataFrame({"bid_id": ["b1", "b2", "b3"], "tender_id": ["t1", "t1", "t2"]}),
        "payments": pd.DataFrame({"payment_id": ["y1", "y2"], "contract_id": ["c1", "c3"]}),
        "attendance": attendance("w", "c1", "2024-01-01", "2024-01-02"),
        "projects": pd.DataFrame({"project_id": ["p1", "p2"]}),
    }
    for kind, level, ids in (
        ("bid", "process", {"t1", "t2"}), ("bid", "contract", {"c1", "c2", "c3"}), ("pay", "payment", {"y2"}),
        ("pay", "contract", {"c3"}), ("pay", "project", {"p2"}), ("day", "worker", {"w"}), ("day", "process", {"t1"}), ("plan", "contract", {"c2", "c3"}),
    ):  # fmt: skip
        assert flags.labels(tables, kind, level) == ids
    with pytest.raises(InputError, match="do not lead to worker_id"):
        flags.labels(tables, "bid", "worker")
    with pytest.raises(InputError, match="no labels on the level 'worker and month'"):
        flags.labels(tables, "day", "worker and month")


def test_every_published_code_is_there():
    published = {
        f"R{number:03}" for number in (3, 18, 24, 25, 28, 30, 35, 36, 38, 48, 58, 67, 68, 69, 70, 71, 72)
    }
    assert published <= set(flags.REGISTRY)


def test_every_source_is_in_the_bibliography():
    entries = set(
        re.findall(r"@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"))
    )
    used = {key for one in flags.REGISTRY.values() for key in one.source}
    assert used <= entries


def test_every_field_named_is_a_column_of_the_city_or_of_open_data():
    city_columns = {f"{name}.{column}" for name, frame in CITY.items() for column in frame}
    open_data = {
        "tenders.buyer_id",
        "tenders.procuring_entity_id",
        "tenders.status",
        "tenders.currency",
        "tenders.number_of_lots",
        "bids.currency",
        "bids.lot_id",
        "projects.currency",
        "payments.currency",
        "claims.currency",
        "contracts.currency",
        "contracts.status",
        "accidents.contract_id",
    }
    for one in flags.REGISTRY.values():
        for field in (*one.fields, *one.optional):
            for choice in field.split("|"):
                known = choice in city_columns | open_data or choice.split(".")[0] in (
                    "awards",
                    "award_items",
                    "milestones",
                )
                assert known, (one.code, choice)


CITY = city.make(projects=150)
SETTINGS = flags.Settings.of(profiles.load("seoul"))


@pytest.fixture(scope="module")
def results():
    return flags.evaluate(CITY, settings=SETTINGS)


def test_the_city_allows_all_but_the_two_that_need_other_tables(results):
    able = flags.coverage(CITY)
    assert set(able.index[~able["possible"]]) == {"R048", "accidents"}
    assert "accidents.contract_id" in able.loc["accidents", "missing"]
    assert set(results["code"].unique()) >= set(able.index[able["possible"]]) - {"direct-then-raised"}


def test_no_indicator_needs_the_labels(results):
    without = {name: frame for name, frame in CITY.items() if name != "planted"}
    pd.testing.assert_frame_equal(flags.evaluate(without, settings=SETTINGS), results)


def test_an_indicator_answers_on_the_levels_that_it_names(results):
    for code, levels in results.groupby("code", observed=True)["level"]:
        assert set(levels) <= set(flags.indicator(code).levels), code


def test_an_id_is_answered_once_on_each_level(results):
    assert not results.duplicated(["code", "level", "id"]).any()
    assert results["value"].notna().all()


def test_the_order_of_the_rows_changes_nothing():
    shuffled = {
        name: frame.sample(frac=1, random_state=1).reset_index(drop=True) for name, frame in CITY.items()
    }
    codes = list(flags.coverage(CITY).query("possible").index)
    keys = ["code", "level", "id"]
    one, two = (
        flags.evaluate(t, codes, SETTINGS)
        .astype({"code": str, "level": str})
        .sort_values(keys, ignore_index=True)
        for t in (CITY, shuffled)
    )
    pd.testing.assert_frame_equal(one, two)


# What each control must find in a city of 300 projects: everything that was planted in its own way. What it accuses wrongly is
# measured in the lessons; here only that it does not accuse everybody.
@pytest.mark.parametrize(
    ("code", "kind", "level"),
    [
        ("R003", "short_tender_period", "process"), ("R018", "single_bidder", "process"), ("R028", "identical_bids", "process"),
        ("copied-progress", "copied_reports", "contract"), ("flat-progress", "flat_progress", "contract"),
        ("report-gap", "missing_reports", "contract"), ("paid-ahead", "paid_ahead_of_work", "contract"),
        ("R070", "losing_bidder_subcontracted", "contract"), ("subcontract-chain", "resubcontracting", "contract"),
        ("payment-delay", "late_subcontract_payment", "payment"), ("payment-delay", "unpaid_subcontractor", "payment"),
        ("short-payment", "split_mismatch", "payment"), ("ghost-days", "ghost_worker", "worker"),
        ("double-presence", "double_presence", "worker"), ("shared-account", "shared_account", "account"),
        ("unreported-days", "unreported_retirement_days", "worker and month"), ("wage-delay", "late_wages", "wage"),
        ("unanswered", "unanswered_question", "question"), ("disclosure-delay", "missing_disclosure", "disclosure"),
    ],
)  # fmt: skip
def test_the_control_finds_what_was_planted(results, code, kind, level):
    real = flags.labels(CITY, kind, level)
    score = flags.score(results, code, real, level)
    assert score.recall.value == 1
    assert score.false_alarm_rate.value < 0.5
    assert 0 <= score.precision.low <= score.precision.value <= score.precision.high <= 1


def test_a_case_that_could_not_be_looked_at_counts_as_missed(results):
    score = flags.score(results, "R018", {"T-nowhere"})
    assert (score.missed, score.true_alarms) == (1, 0)


# Bad input -----------------------------------------------------------------------------------------------------------------


def test_an_unknown_code_lists_the_codes():
    with pytest.raises(InputError, match=r"no indicator 'R999'.*R003"):
        flags.evaluate({}, ["R999"])


def test_missing_columns_are_named():
    with pytest.raises(
        InputError, match=r"R018 \(Single bid\) cannot be computed: tenders.number_of_tenderers missing"
    ):
        flags.evaluate({"tenders": pd.DataFrame({"tender_id": [], "procurement_method": []})}, ["R018"])


def test_what_columns_that_are_filled_allow():
    able = flags.possible(iter(["tenders.tender_id", "tenders.date_published"]))
    assert able.loc["R003", ["possible", "missing"]].tolist() == [
        False,
        "tenders.tender_start, tenders.tender_end",
    ]


def test_several_levels_must_be_chosen(results):
    with pytest.raises(InputError, match="Choose one of: process, tenderer"):
        flags.score(results, "R024", set())
    with pytest.raises(InputError, match="no level 'worker'"):
        flags.score(results, "R024", set(), "worker")


def test_labels_say_what_they_cannot_do():
    with pytest.raises(InputError, match=r"No row is marked 'ghosts'.*ghost_worker"):
        flags.labels(CITY, "ghosts", "worker")
    with pytest.raises(InputError, match="level 'planet'"):
        flags.labels(CITY, "ghost_worker", "planet")


@pytest.mark.parametrize(
    "name", few([name for name in CITY if name != "planted"], ["projects", "payments", "workers"])
)
def test_one_table_without_rows_stops_nobody(name):
    found = flags.evaluate({**CITY, name: CITY[name].iloc[:0]}, settings=SETTINGS)
    assert found["value"].notna().all()


def test_tables_without_rows_give_empty_answers():
    empty = {name: frame.iloc[:0] for name, frame in CITY.items()}
    assert flags.evaluate(empty, settings=SETTINGS).empty
    assert flags.evaluate({}).empty


def test_an_early_change_comes_within_the_limit_itself():
    changes = CHANGES.head(1)
    for signed, early in (("2024-01-01", True), ("2023-12-31", False)):  # 90 and 91 days before the change
        tables = {
            "contracts": CONTRACTS.assign(date_signed=day(signed)),
            "modifications": changes.assign(date=day("2024-03-31")),
        }
        assert values(tables, "first-change")["c1"][1] is early


def test_a_project_that_publishes_less_than_half_is_flagged():
    shown = {
        "p": ["2024-01-02", "2024-01-03", None],
        "half": ["2024-01-02", None],
        "q": [None, None, "2024-01-02"],
    }
    rows = [(f"{name}{n}", name, date) for name, dates in shown.items() for n, date in enumerate(dates)]
    tables = {"disclosures": table("disclosure_id project_id date_published", *rows)}
    assert values(tables, "disclosure-share") == {
        "p": (pytest.approx(2 / 3), False), "half": (0.5, False), "q": (pytest.approx(1 / 3), True),
    }  # fmt: skip


def test_an_employer_of_many_late_wages_is_flagged_and_one_of_few_is_left_out():
    paid = {"late": ["2024-02-20"] * 6, "few": ["2024-02-20"] * 4}
    rows = [
        (f"{who}{n}", f"w-{who}", "2024-02-10", date)
        for who, dates in paid.items()
        for n, date in enumerate(dates)
    ]
    tables = {
        "wages": table("wage_id worker_id date_due date_paid", *rows),
        "workers": table("worker_id employer_id", ("w-late", "late"), ("w-few", "few")),
    }
    assert values(tables, "wage-delay", "employer", as_of="2024-03-01") == {"late": (1.0, True)}


def test_a_contract_without_a_chain_is_not_one_with_a_chain():
    own = SUBCONTRACTS.assign(tier=[0, 0])
    assert values({**BUILT, "subcontracts": own}, "subcontract-chain") == {"c1": (0.0, False)}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"tender_id": ["1"]}), "^tables: Several tables are needed, not one DataFrame. Give a dictionary"),
        ([pd.DataFrame()], "^tables: Several tables are needed, not one list."),
        ({"tenders": ["1"]}, "^tenders: A table is needed, not list."),
    ],
)  # fmt: skip
def test_what_is_not_tables_by_their_names_is_refused(given, message):
    for ask in (flags.evaluate, flags.coverage, flags.filled_columns, lambda x: flags.evaluate(x, ["R018"])):
        with pytest.raises(InputError, match=message):
            ask(given)
