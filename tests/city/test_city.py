"""The city as a whole: keys, repetition, size, and shapes that look like public works."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cleanworks import city, profiles
from cleanworks.city import assembly, reading, schemas
from cleanworks.errors import InputError
from tests.few import few

NAMES = list(schemas.CONSTRUCTION)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert_frame_equal(one[name], other[name])


# --- keys and types ---------------------------------------------------------------------------------------------


def test_every_table_is_there_and_as_described(tables):
    assert list(tables) == NAMES
    for name, frame in tables.items():
        assert list(frame.columns) == schemas.table(name).names
        reading.check_table(frame, name)
        assert len(frame) > 0


def test_no_row_is_an_orphan(tables):
    reading.check_links(tables)


@pytest.mark.parametrize("code", ["seoul", "exampleland"])
@pytest.mark.parametrize("projects", few([1, 37, 100, 250], [1, 37]))
def test_keys_hold_at_any_size_and_for_any_profile(code, projects):
    made = city.make(projects, profile=code)
    assert len(made["projects"]) == projects
    reading.check(made)


def test_ids_and_dates_agree_along_the_chain(tables):
    contracts = tables["contracts"].merge(tables["tenders"], on=["tender_id", "project_id"])
    assert len(contracts) == len(tables["contracts"])
    assert (contracts["tender_end"] < contracts["bid_opening_date"]).all()
    assert (contracts["bid_opening_date"] <= contracts["award_date"]).all()
    assert (contracts["award_date"] <= contracts["date_signed"]).all()
    assert (contracts["date_signed"] <= contracts["period_start"]).all()
    winners = tables["bids"].rename(columns={"tenderer_id": "supplier_id", "amount": "value_amount"})
    assert len(contracts.merge(winners, on=["tender_id", "supplier_id", "value_amount"])) >= len(contracts)


def test_nothing_lies_after_the_reference_date(tables, seoul):
    end = pd.Timestamp(seoul["city.reference_date"])
    plans = {
        "period_start",
        "period_end",
        "tender_start",
        "tender_end",
        "date_due",
        "old_period_end",
        "new_period_end",
    }
    for name, frame in tables.items():
        for column in frame.select_dtypes("datetime"):
            if column not in plans:
                assert not (frame[column].dt.normalize() > end).any(), f"{name}.{column}"


def test_money_due_after_the_reference_date_is_not_called_unpaid(tables, seoul):
    payments = tables["payments"]
    waiting = payments[payments["date_paid"].isna()]
    assert (waiting["date_due"] >= pd.Timestamp(seoul["city.reference_date"])).any()
    assert (waiting["date_due"] < pd.Timestamp(seoul["city.reference_date"])).any()


# --- sums -------------------------------------------------------------------------------------------------------


def test_the_split_register_adds_up_to_the_claim(tables):
    lines = tables["payments"].query("tier < 2")
    split = lines.groupby("claim_id")["amount_registered"].sum()
    paid = tables["claims"].dropna(subset=["date_paid"]).set_index("claim_id")["amount"]
    assert (split.sort_index() == paid.sort_index()).all()


def test_claims_of_completed_works_add_up_to_the_final_value(tables):
    contracts = tables["contracts"].merge(tables["projects"][["project_id", "completion_final_value"]])
    finished = tables["claims"].query("kind == 'final'")["contract_id"]
    claimed = tables["claims"].groupby("contract_id")["amount"].sum()
    final = contracts.set_index("contract_id")["completion_final_value"].loc[finished]
    assert (claimed.loc[finished] == final).all()


def test_changes_of_contract_follow_each_other(tables):
    changes = tables["modifications"]
    before = changes.groupby("contract_id")["new_value"].shift()
    assert (changes["old_value"] == before)[before.notna()].all()
    first = changes.drop_duplicates("contract_id").merge(tables["contracts"], on="contract_id")
    assert (first["old_value"] == first["value_amount"]).all()


def test_a_payment_never_pays_on_more_than_the_claim_brought(tables):
    paid = tables["payments"].query("tier < 2").groupby("claim_id")["amount"].sum()
    claimed = tables["claims"].set_index("claim_id")["amount"].loc[paid.index]
    assert (paid <= claimed).all()


# --- repetition -------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_city():
    assert_same(city.make(120, seed=7), city.make(120, seed=7))


def test_another_seed_gives_another_city():
    one, other = city.make(100, seed=7)["contracts"], city.make(100, seed=8)["contracts"]
    assert not one["value_amount"].head(50).equals(other["value_amount"].head(50))


@pytest.mark.everything
def test_the_result_does_not_depend_on_how_many_blocks_are_made_at_once(seoul):
    def joined(blocks):
        pieces = list(assembly.pieces(430, 11, seoul, blocks_at_once=blocks))
        return {n: schemas.typed(n, pd.concat([p[n] for p in pieces], ignore_index=True)) for n in NAMES}

    one = joined(1)
    assert_same(one, joined(2))
    assert_same(one, joined(100))
    assert_same(one, city.make(430, seed=11, profile=seoul))


def test_a_small_city_is_the_beginning_of_a_large_one():
    small, large = city.make(100), city.make(200)
    for name in ("projects", "contracts", "progress", "payments", "wages"):
        assert_frame_equal(small[name], large[name].head(len(small[name])), check_dtype=False)


# --- shapes -----------------------------------------------------------------------------------------------------


def test_contract_sizes_have_a_heavy_tail(tables, seoul):
    value = tables["contracts"]["value_amount"].sort_values()
    largest = value.tail(len(value) // 10).sum() / value.sum()
    assert 0.4 < largest < 0.85
    assert 0.6 < value.median() / seoul["city.contract_median"] < 1.4
    assert value.mean() > 1.7 * value.median()


def test_plans_are_s_shaped(tables):
    """The middle half of the time brings clearly more than half of the work."""
    plans = tables["progress"].groupby("contract_id")["planned"]
    gains = []
    for _, planned in plans:
        full = np.flatnonzero(planned.to_numpy() >= 100)
        if len(full) and full[0] >= 11:
            curve = planned.to_numpy()[: full[0] + 1]
            quarter = len(curve) // 4
            gains.append(curve[-quarter - 1] - curve[quarter - 1])
    assert np.median(gains) > 60


def test_planned_never_falls_and_ends_at_a_hundred(tables):
    progress = tables["progress"]
    assert (progress.groupby("contract_id")["planned"].diff().dropna() >= 0).all()
    done = tables["contracts"].merge(tables["projects"].query("status == 'completion'")[["project_id"]])
    last = progress.groupby("contract_id").last().loc[done["contract_id"]]
    assert (last["actual"] == 100).all()


def test_winter_slows_the_work(tables):
    progress = tables["progress"].sort_values(["contract_id", "period"])
    gain = progress.groupby("contract_id")["actual"].diff()
    by_month = gain.groupby(progress["period"].dt.month).mean()
    assert by_month.loc[[1, 2]].mean() < 0.75 * by_month.loc[[4, 5, 9, 10]].mean()


def test_tenders_follow_the_budget_year(tables):
    months = tables["tenders"]["date_published"].dt.month.value_counts()
    assert months.loc[1] < 0.5 * months.loc[[10, 11]].mean()


def test_no_daily_report_on_sundays_and_holidays(tables, seoul):
    daily = tables["reports"].query("report_type == 'daily'")["date"]
    weekday = daily.dt.day_of_week
    assert not (weekday == 6).any()
    assert 0 < (weekday == 5).sum() < 0.7 * (weekday == 2).sum()
    assert not daily.isin(pd.to_datetime(seoul["calendar.holidays"])).any()


def test_only_long_mode_reports(tables):
    reporting = tables["contracts"].merge(tables["reports"][["contract_id"]].drop_duplicates())
    assert set(reporting["mode"]) == {"long"}
    rule = tables["contracts"]["value_amount"] > 1_000_000_000
    assert not (tables["contracts"]["mode"].eq("long") & ~rule).any()


def test_payment_lags_are_skewed_to_the_right(tables):
    for lag in (
        (tables["payments"]["date_paid"] - tables["payments"]["date_received"]).dt.days.dropna(),
        (tables["claims"]["date_paid"] - tables["claims"]["date_claimed"]).dt.days.dropna(),
    ):
        assert lag.skew() > 1
        assert lag.mean() > lag.median()


def test_another_profile_changes_scale_and_weekend():
    made = city.make(200, profile="exampleland")
    assert 100_000 < made["contracts"]["value_amount"].median() < 2_000_000
    daily = made["reports"].query("report_type == 'daily'")["date"].dt.day_of_week
    assert not (daily == 5).any()
    assert (daily == 6).any()


# --- loading ----------------------------------------------------------------------------------------------------


def test_load_gives_one_table_or_several(monkeypatch):
    monkeypatch.delenv("CLEANWORKS_DATA", raising=False)
    projects = city.load("projects")
    assert len(projects) == 300
    contracts, payments = city.load("contracts", "payments")
    assert set(payments["contract_id"]) <= set(contracts["contract_id"])


def test_a_learner_cannot_spoil_a_table_for_the_next_cell(monkeypatch):
    monkeypatch.delenv("CLEANWORKS_DATA", raising=False)
    projects = city.load("projects")
    projects["title"] = "x"
    projects.loc[0, "budget_amount"] = -1
    assert (city.load("projects")["budget_amount"] > 0).all()
    assert not (city.load("projects")["title"] == "x").any()


def test_load_follows_the_active_profile(monkeypatch):
    monkeypatch.delenv("CLEANWORKS_DATA", raising=False)
    monkeypatch.setenv("CLEANWORKS_PROFILE", "exampleland")
    assert set(city.load("projects")["district"]) <= set(profiles.load("exampleland")["names.districts"])


def test_tables_of_the_integrity_assessment_load_as_well(monkeypatch):
    monkeypatch.delenv("CLEANWORKS_DATA", raising=False)
    institutions = city.load("institutions")
    assert list(institutions.columns) == schemas.table("institutions").names


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: city.load("paymnts"), "no table 'paymnts'. Did you mean 'payments'"),
        (lambda: city.load(), "Which table"),
        (lambda: city.make(0), "number of projects cannot be 0"),
        (lambda: city.make(2.5), "number of projects cannot be 2.5"),
        (lambda: city.make(10, seed=-1), "seed cannot be -1"),
        (lambda: city.make(10, profile="nowhere"), "no profile 'nowhere'"),
    ],
)
def test_what_cannot_be_made_is_said(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)


def test_a_reference_date_inside_a_month_is_refused(seoul):
    import datetime

    with pytest.raises(InputError, match="not the last day of a month"):
        city.make(10, profile=seoul.replace({"city.reference_date": datetime.date(2026, 6, 15)}))
