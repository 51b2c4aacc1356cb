"""Every planted label points at a row that truly carries the irregularity, and every rate is obeyed."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cleanworks import city
from cleanworks.city import planted, schemas
from cleanworks.errors import InputError
from tests.few import few

KINDS = list(planted.kinds()["kind"])
DAY = pd.Timedelta(days=1)


class Truth:
    """The labelled rows of one kind, joined to what is needed to look at them."""

    def __init__(self, tables, profile):
        self.tables, self.profile = tables, profile
        self.reference = pd.Timestamp(profile["city.reference_date"])

    def rows(self, kind: str) -> pd.DataFrame:
        labels = self.tables["planted"].query("kind == @kind")
        table = labels["table"].iloc[0]
        frame, key = self.tables[table], schemas.table(table).key
        ids = frame[key[0]].astype(str)
        for part in key[1:]:
            ids = (
                ids
                + "/"
                + (frame[part].dt.strftime("%Y-%m-%d") if frame[part].dtype.kind == "M" else frame[part])
            )
        found = frame[ids.isin(labels["row_id"])]
        assert len(found) == len(labels), "a label points at no row"
        return found

    def with_(self, rows, name, on):
        return rows.merge(self.tables[name], on=on, suffixes=("", "_of_" + name))


@pytest.fixture(scope="module")
def truth(tables, seoul):
    return Truth(tables, seoul)


def test_labels_name_the_project_of_their_row(tables):
    labels = tables["planted"].query("table in ['contracts', 'payments', 'tenders', 'claims']")
    number = labels["row_id"].str.split("-").str[1]
    assert (number == labels["project_id"].str.split("-").str[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_planted_in_its_table_and_explained(tables, kind):
    described = planted.kinds().set_index("kind").loc[kind]
    labels = tables["planted"].query("kind == @kind")
    assert len(labels) > 0
    assert set(labels["table"]) == {described["table"]}
    assert described["meaning"].endswith(".")
    assert described["share_of"]


def test_no_row_carries_a_label_twice(tables):
    assert not tables["planted"].duplicated(["kind", "table", "row_id"]).any()


# --- each kind is what it says ----------------------------------------------------------------------------------


def test_short_tender_period(truth):
    rows = truth.rows("short_tender_period")
    assert (
        (rows["tender_end"] - rows["tender_start"]).dt.days < truth.profile["procurement.minimum_tender_days"]
    ).all()


def test_threshold_hugging(truth):
    rows, limit = truth.rows("threshold_hugging"), truth.profile["procurement.direct_award_threshold"]
    assert (rows["cost_estimate"] < limit).all()
    assert (rows["cost_estimate"] > 0.95 * limit).all()
    assert (rows["procurement_method"] == "direct").all()


def test_single_bidder(truth):
    rows = truth.rows("single_bidder")
    assert (rows["number_of_tenderers"] == 1).all()
    assert rows["procurement_method"].isin(["open", "selective"]).all()


def test_identical_bids(truth):
    rows = truth.rows("identical_bids")[["tender_id", "amount"]]
    same = (
        rows.merge(truth.tables["bids"], on=["tender_id", "amount"])
        .groupby("tender_id")["tenderer_id"]
        .nunique()
    )
    assert (same >= 2).all()
    assert len(same) == len(rows)


def test_lowest_bid_disqualified(truth):
    rows = truth.rows("lowest_bid_disqualified")
    lowest = truth.tables["bids"].query("status != 'withdrawn'").groupby("tender_id")["amount"].min()
    assert (rows["status"] == "disqualified").all()
    assert (rows["amount"].to_numpy() <= lowest.loc[rows["tender_id"]].to_numpy()).all()


def test_delayed_project(truth):
    rows = truth.with_(truth.rows("delayed_project"), "projects", "project_id")
    last = truth.tables["progress"].groupby("contract_id").last()
    planned_days = (rows["period_end"] - rows["period_start"]).dt.days
    overrun = (
        rows["completion_end_date"].fillna(truth.reference) - rows["period_end"]
    ).dt.days / planned_days
    done = rows["completion_end_date"].notna()
    assert (overrun[done] > 0.1).all()
    open_ = rows[~done]
    behind = (last["planned"] - last["actual"]).loc[open_["contract_id"]].to_numpy()
    overdue = (open_["period_end"] < truth.reference).to_numpy()
    assert (overdue | (behind > 3)).all()


def test_copied_reports(truth):
    progress = truth.tables["progress"]
    for contract in truth.rows("copied_reports")["contract_id"]:
        own = progress.query("contract_id == @contract")
        same = (own["planned"] == own["actual"]) & own["planned"].between(0.5, 97)
        assert same.sum() >= 4, contract


def test_flat_progress(truth):
    progress = truth.tables["progress"]
    for contract in truth.rows("flat_progress")["contract_id"]:
        actual = progress.query("contract_id == @contract")["actual"]
        still = (actual.diff() == 0) & actual.between(1, 99)
        longest = still.astype(int).groupby((~still).cumsum()).sum().max()
        assert longest >= 3, contract


def test_zero_not_entered(truth):
    rows = truth.rows("zero_not_entered")
    assert (rows["actual"] == 0).all()
    assert (rows["cost"] > 0).all()


def test_change_order_inflation(truth):
    rows = truth.with_(truth.rows("change_order_inflation"), "contracts", "contract_id")
    assert (
        (rows["date"] - rows["date_signed"]).dt.days <= truth.profile["flags.early_change_days"] + 30
    ).all()
    assert ((rows["new_value"] - rows["old_value"]) / rows["value_amount"] > 0.12).all()


def test_missing_reports(truth):
    daily = truth.tables["reports"].query("report_type == 'daily'")
    for contract in truth.rows("missing_reports")["contract_id"]:
        gap = daily.query("contract_id == @contract")["date"].diff().max()
        assert gap >= 11 * DAY, contract


def test_losing_bidder_subcontracted(truth):
    rows = truth.with_(truth.rows("losing_bidder_subcontracted"), "contracts", "contract_id")
    bids = truth.tables["bids"].rename(columns={"tenderer_id": "subcontractor_id"})
    assert rows.merge(bids, on=["tender_id", "subcontractor_id"])["subcontract_id"].nunique() == len(rows)
    assert (rows["subcontractor_id"] != rows["supplier_id"]).all()


def test_resubcontracting(truth):
    rows = truth.rows("resubcontracting")
    assert (rows["tier"] == 2).all()
    parents = truth.tables["subcontracts"].set_index("subcontract_id").loc[rows["parent_subcontract_id"]]
    assert (parents["tier"] == 1).all()
    assert (parents["contract_id"].to_numpy() == rows["contract_id"].to_numpy()).all()
    assert (parents["value_amount"].to_numpy() > rows["value_amount"].to_numpy()).all()


def test_paid_ahead_of_work(truth):
    progress = truth.tables["progress"]
    running = progress[(progress["actual"] > 0) & (progress["actual"] < 100)]
    widest = (running["paid"] - running["actual"]).groupby(running["contract_id"]).max()
    assert (widest.loc[truth.rows("paid_ahead_of_work")["contract_id"]] > 5).all()


def test_prepaid(truth):
    rows = truth.rows("prepaid")
    assert (rows["date_paid"] < rows["date_inspected"].fillna(truth.reference + DAY)).all()


def test_late_subcontract_payment(truth):
    rows = truth.rows("late_subcontract_payment")
    assert (rows["date_paid"].fillna(truth.reference + DAY) > rows["date_due"] + 5 * DAY).mean() > 0.98
    assert (rows["date_paid"].fillna(truth.reference + DAY) > rows["date_due"]).all()
    assert (rows["payee_type"] == "subcontractor").all()


def test_unpaid_subcontractor(truth):
    rows = truth.rows("unpaid_subcontractor")
    assert rows["date_paid"].isna().all()
    assert (rows["date_due"] < truth.reference).all()


def test_split_mismatch(truth):
    rows = truth.rows("split_mismatch")
    assert (
        rows["amount"] < rows["amount_registered"] * (1 - truth.profile["payment.correction_share"])
    ).all()


def test_diverted_money(truth):
    rows = truth.rows("diverted_money")
    assert (rows["amount"] < 0.7 * rows["amount_registered"]).all()
    prime = truth.tables["payments"].query("payee_type == 'prime'").set_index("claim_id")
    gained = (prime["amount"] - prime["amount_registered"]).loc[rows["claim_id"].unique()]
    missing = (rows["amount_registered"] - rows["amount"]).groupby(rows["claim_id"]).sum().loc[gained.index]
    assert (gained == missing).all()


def test_ghost_worker(truth):
    rows = truth.rows("ghost_worker")
    assert not rows["worker_id"].isin(truth.tables["attendance"]["worker_id"]).any()
    paid = truth.tables["wages"].groupby("worker_id")["days_paid"].max()
    assert (paid.loc[rows["worker_id"]] >= 10).all()


def test_shared_account(truth):
    rows = truth.rows("shared_account")
    assert (rows.groupby("account_id").size() >= 3).all()


def test_double_presence(truth):
    rows = truth.rows("double_presence")
    same_day = truth.tables["attendance"].groupby(["worker_id", "date"])
    sites, hours = same_day["contract_id"].nunique(), same_day["hours"].sum()
    key = pd.MultiIndex.from_frame(rows[["worker_id", "date"]])
    assert (sites.loc[key] >= 2).all()
    assert (hours.loc[key] >= 2 * truth.profile["labour.hours_per_day"]).all()


def test_late_wages(truth):
    rows = truth.rows("late_wages")
    assert (rows["date_paid"].fillna(truth.reference + DAY) > rows["date_due"] + 4 * DAY).all()


def test_unreported_retirement_days(truth):
    rows = truth.rows("unreported_retirement_days")
    seen = truth.tables["attendance"]
    seen = (
        seen.assign(month=seen["date"] + pd.offsets.MonthEnd(0))
        .groupby(["worker_id", "contract_id", "month"])
        .size()
    )
    worked = seen.loc[pd.MultiIndex.from_frame(rows[["worker_id", "contract_id", "month"]])].to_numpy()
    assert (rows["days_reported"] <= 0.6 * worked).all()


def test_disclosures(truth):
    assert truth.rows("missing_disclosure")["date_published"].isna().all()
    late = truth.rows("late_disclosure")
    assert ((late["date_published"] - late["date_event"]).dt.days > 60).all()


def test_unanswered_question(truth):
    rows = truth.rows("unanswered_question")
    assert rows["date_answered"].isna().all()
    assert (truth.reference - rows["date_asked"] >= 45 * DAY).all()


# --- look-alikes ------------------------------------------------------------------------------------------------


def test_honest_rows_look_like_planted_ones(truth):
    """Without look-alikes every control would be perfect and nothing could be learned about false alarms."""
    tables = truth.tables

    def labelled(kind):
        return set(tables["planted"].query("kind == @kind")["row_id"])

    tenders = tables["tenders"]
    single = tenders[
        (tenders["number_of_tenderers"] == 1) & tenders["procurement_method"].isin(["open", "selective"])
    ]
    assert set(single["tender_id"]) - labelled("single_bidder")
    short = tenders[
        (tenders["procurement_method"] == "open")
        & ((tenders["tender_end"] - tenders["tender_start"]).dt.days < 15)
    ]
    assert set(short["tender_id"]) - labelled("short_tender_period")
    pay = tables["payments"].query("payee_type == 'subcontractor' and tier == 1")
    late = pay[pay["date_paid"] > pay["date_due"]]
    assert set(late["payment_id"]) - labelled("late_subcontract_payment")
    less = pay[pay["amount"] < pay["amount_registered"]]
    assert set(less["payment_id"]) - labelled("split_mismatch")
    valid = tables["bids"].query("status == 'valid'")
    same = valid[valid.duplicated(["tender_id", "amount"], keep=False)]["tender_id"]
    planted_tenders = tables["bids"][tables["bids"]["bid_id"].isin(labelled("identical_bids"))]["tender_id"]
    assert set(same) - set(planted_tenders)
    twice = tables["attendance"].duplicated(["worker_id", "date"])
    assert twice.sum() > len(labelled("double_presence"))
    running = tables["progress"].query("0 < actual < 100")
    ahead = running[running["paid"] - running["actual"] > 10]["contract_id"]
    assert set(ahead) - labelled("paid_ahead_of_work")


# --- rates ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def without(seoul):
    """A city in which nothing is planted."""
    return city.make(200, profile=seoul.replace({f"planted.{kind}": 0 for kind in KINDS}))


def test_a_rate_of_nothing_plants_nothing(without):
    assert len(without["planted"]) == 0
    assert without["subcontracts"]["tier"].max() == 1


def test_turning_one_kind_off_leaves_the_other_draws_alone(seoul):
    with_, off = (
        city.make(100, profile=p) for p in (seoul, seoul.replace({"planted.unanswered_question": 0}))
    )
    for name in ("contracts", "progress", "payments", "attendance", "disclosures"):
        assert_frame_equal(with_[name], off[name])
    assert "unanswered_question" not in set(off["planted"]["kind"])


@pytest.mark.parametrize("kind", few(KINDS, ["identical_bids", "ghost_worker", "copied_reports"]))
def test_a_higher_rate_plants_more(seoul, kind):
    quiet = {f"planted.{other}": 0 for other in KINDS}
    counts = [
        len(city.make(100, profile=seoul.replace({**quiet, f"planted.{kind}": rate}))["planted"])
        for rate in (0.0, 0.2, 0.7)
    ]
    assert counts[0] == 0
    assert counts[0] < counts[1] < counts[2]


def test_the_share_planted_is_near_the_rate(seoul):
    made = city.make(600, profile=seoul.replace({"planted.prepaid": 0.3}))
    old = pd.Timestamp(seoul["city.reference_date"]) - 30 * DAY
    claims = made["claims"]
    eligible = claims[(claims["kind"] != "advance") & (claims["date_claimed"] <= old)]
    share = (made["planted"]["kind"] == "prepaid").sum() / len(eligible)
    assert abs(share - 0.3) < 4 * np.sqrt(0.3 * 0.7 / len(eligible))


@pytest.mark.parametrize("value", [-0.1, 1.5, "often", True])
def test_a_rate_that_is_no_share_is_refused(seoul, value):
    with pytest.raises(InputError, match=r"planted\.ghost_worker"):
        city.make(10, profile=seoul.replace({"planted.ghost_worker": value}))
