"""What lessons say about numbers, computed again: a sentence that stops being true is found here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cleanworks import agenda, city, profiles
from cleanworks.agenda import Day, Item, Pause, clock
from cleanworks.construction import disclosure, flags, published
from cleanworks.construction.progress import early_warning, schedule_table, zeros_as_missing
from cleanworks.construction.scoring import score
from cleanworks.errors import InputError
from cleanworks.integrity import results
from tests.city.auctions import PUBLISHED
from tests.few import few

ROOT = Path(__file__).resolve().parents[1]


def test_c1_one_row_of_the_risk_facts_is_not_from_the_citys_nomination():
    facts = published.table("risk_facts")
    assert facts[facts["source"] != "ccs-s6"]["measure"].tolist() == ["construction share of employment"]
    assert facts["source"].ne("").all() and facts["mark"].ne("").all()


@pytest.mark.parametrize(("country", "silent"), [("seoul", 1), ("jordan", 2), ("uganda", 2)])
def test_c3_counts_silence_in_the_working_days_of_a_country_s_sites(country, silent):
    lesson = json.loads(
        (ROOT / "notebooks/construction/c3-registering-reporting-approving.ipynb").read_text(encoding="utf-8")
    )
    counting = next(
        "".join(cell["source"]) for cell in lesson["cells"] if "busday_count" in "".join(cell["source"])
    )
    thursday_and_monday = pd.to_datetime(["2026-03-05", "2026-03-09"])
    names = {
        "reports": pd.DataFrame({"report_type": "daily", "contract_id": "C-1", "date": thursday_and_monday}),
        "profile": profiles.load(country),
    }
    exec(counting, names)
    assert names["gap"]["C-1"] == silent


EDITIONS = few(profiles.available(), ["seoul", "jordan"])


@pytest.mark.parametrize("edition", EDITIONS)
def test_o1_the_mean_lies_far_above_the_median_in_many_districts(monkeypatch, edition):
    monkeypatch.setenv(profiles.VARIABLE, edition)
    projects = city.load("projects")
    budgets = projects[projects["status"] == "implementation"].groupby("district")["budget_amount"]
    sizes = budgets.agg(["count", "mean", "median"]).query("count > 3")
    assert (sizes["mean"] > 1.25 * sizes["median"]).mean() > 0.4


@pytest.mark.parametrize("edition", EDITIONS)
def test_c4_from_some_limit_on_recall_hardly_rises_and_false_alarms_do(monkeypatch, edition):
    monkeypatch.setenv(profiles.VARIABLE, edition)
    progress, contracts, planted = city.load("progress", "contracts", "planted")
    delayed = planted.loc[planted["kind"] == "delayed_project", "row_id"]
    schedule = schedule_table(zeros_as_missing(progress), contracts)
    low, high = (
        score(warned.loc[warned["warned"], "contract_id"], delayed, contracts["contract_id"])
        for warned in (
            early_warning(schedule, measure="spi", below=limit, months=2) for limit in (0.85, 0.95)
        )
    )
    assert high.recall.value - low.recall.value < 0.06
    assert high.false_alarms - low.false_alarms > 5 * (high.true_alarms - low.true_alarms)


@pytest.mark.parametrize("edition", EDITIONS)
def test_c7_most_gaps_between_wage_and_card_are_a_day_or_two(monkeypatch, edition):
    monkeypatch.setenv(profiles.VARIABLE, edition)
    attendance, wages = city.load("attendance", "wages")
    key = ["worker_id", "contract_id"]
    card = attendance.groupby([*key, attendance["date"].dt.to_period("M").rename("month")])["date"].nunique()
    paid = wages.groupby([*key, wages["month"].dt.to_period("M")])["days_paid"].sum()
    gaps = (paid - card.reindex(paid.index, fill_value=0)).loc[lambda days: days > 0]
    assert 0.5 < (gaps <= 2).mean() < 0.9


def test_c4_a_zero_may_be_an_advance_and_what_was_paid_does_not_decide():
    progress = city.load("progress")
    advances = progress[(progress["actual"] == 0) & (progress["paid"] > 0) & (progress["planned"] < 5)]
    assert len(advances) > 0, "the lesson says that a contractor may have its advance at 0 %"
    kept = zeros_as_missing(progress)
    assert (kept["actual"] == 0).sum() > 0
    pd.testing.assert_frame_equal(kept, zeros_as_missing(progress.assign(paid=0.0)).assign(paid=kept["paid"]))


def test_c7_most_wages_that_a_strict_rule_would_hold_were_earned():
    attendance, wages, planted = (city.load(name) for name in ["attendance", "wages", "planted"])
    key = ["worker_id", "contract_id"]
    card = attendance.groupby([*key, attendance["date"].dt.to_period("M").rename("month")])["date"].nunique()
    paid = wages.groupby([*key, wages["month"].dt.to_period("M")])["days_paid"].sum()
    held = paid[paid > card.reindex(paid.index, fill_value=0)].reset_index()
    of_ghosts = held["worker_id"].isin(planted.loc[planted["kind"] == "ghost_worker", "row_id"])
    assert 0 < of_ghosts.mean() < 0.5


def test_c10_a_project_without_changes_makes_the_building_stage_look_like_the_largest_gap():
    tables = {name: city.load(name) for name in ["projects", "tenders", "contracts", "modifications"]}
    filled = disclosure.coverage(tables)
    changed = tables["contracts"].merge(tables["modifications"], on="contract_id")["project_id"]
    rows = {"all": filled, "with a change": filled[filled.index.isin(changed)]}
    lowest = {
        name: disclosure.by_stage(some).groupby("stage")["share"].mean().idxmin()
        for name, some in rows.items()
    }
    assert lowest == {"all": "implementation", "with a change": "preparation"}


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_c8_flags_choose_better_than_the_lot_on_the_half_that_they_were_not_learned_on(seed):
    tables = {name: city.load(name) for name in ["projects", "tenders", "bids", "contracts", "planted"]}
    kinds = {
        "R003": "short_tender_period",
        "R018": "single_bidder",
        "R028": "identical_bids",
        "R036": "lowest_bid_disqualified",
    }
    results = flags.evaluate(tables, list(kinds))
    tenders = tables["tenders"]["tender_id"]
    to_learn = tenders.sample(frac=0.5, random_state=seed)
    to_choose = tenders.drop(to_learn.index)
    assert not set(to_learn) & set(to_choose)
    real = {code: flags.labels(tables, kind, "process") for code, kind in kinds.items()}
    seen = results[results["id"].isin(to_learn)]
    precision = {
        code: flags.score(seen, code, real[code] & set(to_learn), "process").precision.value for code in kinds
    }
    flagged = results[results["flagged"] & results["id"].isin(to_choose)]
    best = flagged["code"].map(precision).astype(float).groupby(flagged["id"]).max()
    chosen = set(best.reindex(to_choose, fill_value=0).sample(frac=1, random_state=seed).nlargest(20).index)
    everything = set().union(*real.values()) & set(to_choose)
    assert len(chosen & everything) > 1.5 * 20 * len(everything) / len(to_choose)


def test_c8_equal_prices_are_often_chance_and_common_in_the_published_auctions():
    tables = {name: city.load(name) for name in ["projects", "tenders", "bids", "contracts", "planted"]}
    agreed = flags.labels(tables, "identical_bids", "process")
    score = flags.score(flags.evaluate(tables, ["R028"]), "R028", agreed, "process")
    assert 0.2 < score.precision.value < 0.6
    assert abs(PUBLISHED["tenders with identical bids, %"][2] - 100 / 8) < 0.5


def test_w1_three_modules_fit_where_the_division_says_four():
    breaks = (
        Pause(clock("10:45"), 15, "Coffee"),
        Pause(clock("12:30"), 60, "Lunch"),
        Pause(clock("15:00"), 15, "Coffee"),
    )
    day = Day(clock("09:00"), clock("16:30"), breaks, (("Welcome", 20),), (("Close", 10),), 15)
    assert agenda.free_minutes([day]) // 75 == 4
    modules = [Item(f"m{n}", f"Module {n}", 45, 30) for n in range(4)]
    made = agenda.plan(modules[:3], [day])
    with pytest.raises(InputError, match="too long"):
        agenda.plan(modules, [day])
    late = np.array([agenda.late_at_end(made, 0, share) for share in (0.0, 0.1, 0.5)])
    assert late[0] == late[1] == 0, "the free minutes pay for a tenth"


def test_m1_the_promised_fall_is_seen_in_less_than_half_of_such_pairs_of_surveys():
    chance = results.power_two_rates(3000, 0.024, 0.016, design_effect=1.5)
    assert 0.3 < chance < 0.5, "the lesson says that they report no change more often than not"


def test_m12_bodies_a_spread_apart_are_told_apart_by_the_margin_of_their_difference():
    lesson = Path(__file__).parent.parent / "notebooks/integrity/m12-building-your-countrys-system.ipynb"
    said: dict[str, Any] = {"frame": range(495)}
    for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "city.load" not in "".join(cell["source"]):
            exec("".join(cell["source"]), said)
        if "most" in said:
            break
    options, spread = said["options"], said["spread"]
    rng = np.random.default_rng(1)
    seen = {}
    for bodies, people in options["people"].items():
        error = 1.6 * (1.5 / people) ** 0.5
        gap = spread + error * (rng.standard_normal(20_000) - rng.standard_normal(20_000))
        seen[bodies] = (gap > 1.96 * 2**0.5 * error).mean()
    assert said["most"] == max(bodies for bodies, share in seen.items() if share > 0.5)
