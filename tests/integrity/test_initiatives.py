"""The scorecard of anti-corruption initiatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cleanworks.errors import InputError
from cleanworks.integrity import initiatives, published


@pytest.fixture
def rng():
    return np.random.default_rng(2024)


@pytest.fixture
def tasks():
    """Six tasks of one body: each way in which a claim can meet evidence and a visit."""
    return pd.DataFrame(
        {
            "claimed_score": [90.0, 90, 90, 90, 90, 90],
            "evidence": ["full", "partial", "none", "full", "none", "full"],
            "desk_score": [88.0, 70, 60, 85, 60, 85],
            "site_checked": [False, False, False, True, True, True],
            "site_score": [np.nan, np.nan, np.nan, 85, 82, 40],
        }
    )


def handed_in(score=80.0, institutions=("A", "B")):
    layout = initiatives.areas()
    effort = layout[layout["block"].eq("effort")]
    rows = [
        (body, area, f"task {i}", score)
        for body in institutions
        for area, n in effort["tasks"].items()
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["institution_id", "area", "task", "score"])


def performance(value=80.0):
    return pd.DataFrame(
        {"integrity improvement": [value] * 2, "corrupt officials": [value] * 2}, index=["A", "B"]
    )


# -- weights -------------------------------------------------------------------------------------------------------


def test_the_weights_of_2014_sum_to_a_hundred():
    table = initiatives.areas()
    assert list(table["weight"]) == [13.5, 13.5, 31.5, 18.0, 13.5, 3.0, 7.0]
    assert table["weight"].sum() == pytest.approx(100)
    assert table.groupby("block")["weight"].sum().to_dict() == {"effort": 90, "performance": 10}
    assert list(table["tasks"]) == [4, 3, 4, 3, 3, 1, 1]


def test_the_weights_of_paca_sum_to_a_hundred():
    table = initiatives.areas("PACA 2023")
    assert list(table["weight"]) == [20, 30, 40, 10]
    assert table["tasks"].isna().all()
    with pytest.raises(InputError, match="2014, PACA 2023"):
        initiatives.areas("2018")


# -- evidence ------------------------------------------------------------------------------------------------------


def test_every_task_has_one_of_four_states(tasks):
    assert list(initiatives.evidence_states(tasks)) == [
        "evidenced", "evidenced", "claimed", "verified", "verified", "refuted",
    ]  # fmt: skip


def test_a_claim_alone_counts_nothing_and_a_visit_overrides_it(tasks):
    assert list(initiatives.site_check(tasks)) == [88, 70, 0, 85, 82, 40]
    harsh = initiatives.CREDIT | {"refuted": 0.5, "claimed": 0.25}
    assert list(initiatives.site_check(tasks, credit=harsh)) == [88, 70, 15, 85, 82, 20]


def test_a_wider_tolerance_refutes_less(tasks):
    assert initiatives.evidence_states(tasks, tolerance=60).eq("refuted").sum() == 0


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("evidence", "some", "'some' is not known"),
        ("claimed_score", 101, "outside 0 to 100"),
        ("desk_score", None, "missing"),
        ("site_score", None, "visit's score is missing"),
    ],
)
def test_faulty_tasks_are_named(tasks, column, value, message):
    tasks.loc[4, column] = value
    with pytest.raises(InputError, match=message):
        initiatives.site_check(tasks)


def test_visits_go_partly_by_lot_and_partly_to_the_widest_gaps(tasks, rng):
    many = pd.concat([tasks] * 50, ignore_index=True)
    chosen = initiatives.choose_visits(many, 60, rng, at_random=0.5)
    assert chosen.value_counts().to_dict() == {"": 240, "lot": 30, "risk": 30}
    gap = many["claimed_score"] - many["desk_score"]
    assert gap[chosen.eq("risk")].min() == 30
    with pytest.raises(InputError, match="7 visits for 6 tasks"):
        initiatives.choose_visits(tasks, 7, rng)


# -- scorecard -----------------------------------------------------------------------------------------------------


def test_equal_scores_give_that_score_and_the_deduction_lowers_it():
    lost = pd.Series({"B": 1.5})
    card = initiatives.scorecard(handed_in(), initiatives.areas(), performance=performance(), deduction=lost)
    assert card["total"].to_dict() == pytest.approx({"A": 80, "B": 78.5})
    assert card.loc["A", "effort"] == pytest.approx(72)
    assert card.loc["A", "performance"] == pytest.approx(8)
    assert card.loc["A", "removing corruption-causing factors"] == pytest.approx(0.8 * 31.5)


def test_a_task_not_handed_in_counts_nothing():
    rows = handed_in()
    short = rows.drop(rows[rows["institution_id"].eq("A") & rows["area"].str.startswith("removing")].index[0])
    card = initiatives.scorecard(short, initiatives.areas(), performance=performance())
    assert card.loc["A", "missing_tasks"] == 1
    assert card.loc["A", "total"] == pytest.approx(80 - 0.8 * 31.5 / 4)
    whole_area = rows[~(rows["institution_id"].eq("A") & rows["area"].eq("prevention and reporting"))]
    card = initiatives.scorecard(whole_area, initiatives.areas(), performance=performance())
    assert card.loc["A", "total"] == pytest.approx(80 - 0.8 * 13.5)


def test_without_performance_one_must_ask_for_rescaling():
    with pytest.raises(InputError, match="no score for the area 'integrity improvement'"):
        initiatives.scorecard(handed_in(), initiatives.areas())
    card = initiatives.scorecard(handed_in(), initiatives.areas(), rescale=True)
    assert card["total"].tolist() == pytest.approx([80, 80])


def test_other_peoples_weights_work_too():
    layout = initiatives.areas("PACA 2023")
    rows = pd.DataFrame(
        {"institution_id": "P1", "area": layout.index, "task": "all", "score": [100.0, 50, 25, 0]}
    )
    card = initiatives.scorecard(rows, layout)
    assert card.loc["P1", "total"] == pytest.approx(20 + 15 + 10)


def test_scorecards_that_cannot_be_are_refused():
    layout = initiatives.areas()
    wrong = layout.assign(weight=layout["weight"].where(layout.index != "corrupt officials", 6.0))
    with pytest.raises(InputError, match="sum to 99, not to 100"):
        initiatives.scorecard(handed_in(), wrong, performance=performance())
    with pytest.raises(InputError, match="'gifts' is not an area"):
        initiatives.scorecard(handed_in().replace("prevention and reporting", "gifts"), layout)
    with pytest.raises(InputError, match="more than one row"):
        initiatives.scorecard(pd.concat([handed_in()] * 2), layout)
    extra = pd.concat([handed_in(), handed_in().assign(task=lambda rows: rows["task"] + " again")])
    with pytest.raises(InputError, match="more tasks than"):
        initiatives.scorecard(extra, layout)
    with pytest.raises(InputError, match="no row for B"):
        initiatives.scorecard(handed_in(), layout, performance=performance().loc[["A"]])


def test_what_refusing_to_cooperate_costs():
    lost = initiatives.cooperation_deduction(pd.Series([10, 10, 50]), pd.Series([10, 8, 0]))
    assert lost.tolist() == pytest.approx([0, 0.1, 1.0])
    with pytest.raises(InputError, match="More requests were answered"):
        initiatives.cooperation_deduction(pd.Series([1]), pd.Series([2]))


# -- groups, selection, tiers --------------------------------------------------------------------------------------


def test_the_groups_of_2014_hold_254_bodies():
    table = published.table("aia_coverage")
    of_2014 = table[table["year"].eq(2014)]
    assert of_2014.loc[of_2014["series"].ne("all"), "value"].sum() == 254
    assert of_2014.loc[of_2014["series"].eq("all"), "value"].item() == 254


def test_groups_follow_staff_and_population():
    bodies = pd.DataFrame(
        {
            "institution_id": list("abcdef"),
            "type": ["central", "corporation", "corporation", "corporation", "basic", "basic"],
            "staff": [10, 3000, 299, 149, 500, 500],
            "population": [np.nan, np.nan, np.nan, np.nan, 300_000, 299_999],
        }
    )
    table = initiatives.groups(bodies)
    assert table["group"].fillna("-").tolist() == [
        "central", "corporation I", "corporation V", "-", "basic", "-",
    ]  # fmt: skip
    assert table.loc["d", "reason"] == "fewer than 150 staff"
    assert table.loc["f", "reason"] == "population below 300,000"
    with pytest.raises(InputError, match="'ministry' is not known"):
        initiatives.groups(bodies.assign(type="ministry"))


def test_tiers_hold_their_shares_within_each_group(rng):
    scores = pd.Series(rng.normal(size=200))
    group = pd.Series(np.repeat(["a", "b"], 100))
    table = initiatives.tiers(scores, group)
    assert table[group.eq("a")].value_counts().sort_index().tolist() == [16, 20, 28, 20, 16]
    assert table[scores.groupby(group).idxmax()].eq(1).all()


def test_equal_scores_share_a_tier_and_flat_groups_are_refused():
    scores = pd.Series([5.0, 5, 5, 4, 3])
    table = initiatives.tiers(scores, pd.Series(["a"] * 5))
    assert table[:3].nunique() == 1
    with pytest.raises(InputError, match="do not differ"):
        initiatives.tiers(pd.Series([5.0] * 5), pd.Series(["a"] * 5))
    with pytest.raises(InputError, match=r"sum to 0\.9"):
        initiatives.tiers(scores, pd.Series(["a"] * 5), shares=(0.1, 0.2, 0.2, 0.2, 0.2))


# -- the year ------------------------------------------------------------------------------------------------------


def test_the_cycle_is_in_order_and_ends_with_the_release_in_january():
    table = initiatives.cycle()
    assert table["start"].is_monotonic_increasing
    assert table.iloc[-1]["step"] == "results published"
    assert set(table["status"]) == {"published", "ours"}


def test_the_link_of_2019_is_a_difference_of_published_changes():
    change = published.table("aia_ia_link")
    rose, everybody = (
        change.loc[change["series"].eq(name) & change["measure"].eq("change in IA"), "value"].item()
        for name in ("AIA grade rose", "all")
    )
    assert rose - everybody == pytest.approx(0.05)
