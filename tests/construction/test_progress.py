import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanworks.construction import progress as p
from cleanworks.errors import InputError


def months(start, count):
    return pd.date_range(start, periods=count, freq="ME")


def one_contract(planned, actual, **more):
    table = pd.DataFrame(
        {
            "contract_id": "a",
            "period": months("2025-01-31", len(planned)),
            "planned": planned,
            "actual": actual,
        }
    )
    return table.assign(**more)


CONTRACTS = pd.DataFrame(
    {
        "contract_id": ["a", "b"],
        "value_amount": [4000.0, 1000.0],
        "period_start": pd.to_datetime(["2025-01-01"] * 2),
    }
)


# Earned value ------------------------------------------------------------------------------------------------------


def test_the_published_fence():
    """Four sides for $1,000 each, one a day; at the end of day three two and a half stand, for $2,800.

    The published answers of this well-known examination exercise: CV -300, CPI .893, SV -500, SPI .833, EAC 4,479,
    ETC 1,679, VAC -479. The last three were worked out there with the rounded CPI.
    """
    fence = p.EarnedValue(pv=3000, ev=2500, ac=2800, bac=4000)
    assert (fence.cv, fence.sv) == (-300, -500)
    assert fence.cpi == pytest.approx(0.893, abs=5e-4)
    assert fence.spi == pytest.approx(0.833, abs=5e-4)
    assert fence.eac == pytest.approx(4479, abs=1.5)
    assert fence.etc == pytest.approx(1679, abs=1.5)
    assert fence.vac == pytest.approx(-479, abs=1.5)


def test_percentages_become_money():
    assert p.planned_value(75, 4000) == 3000
    assert p.earned_value(pd.Series([0, 62.5, 100]), 4000).tolist() == [0, 2500, 4000]


def test_ratio_percent_is_spi_times_100():
    assert p.ratio_percent(62.5, 75) == pytest.approx(100 * p.schedule_index(2500, 3000))


def test_a_ratio_to_nothing_is_missing():
    assert np.isnan(p.schedule_index(0, 0))
    assert p.cost_index(pd.Series([5.0, 5.0]), pd.Series([0.0, 10.0])).isna().tolist() == [True, False]


money = st.floats(1e6, 1e10)


@given(pv=money, ev=money, ac=money, extra=money)
def test_earned_value_identities(pv, ev, ac, extra):
    bac = ev + extra
    e = p.EarnedValue(pv, ev, ac, bac)
    assert e.etc + e.ac == pytest.approx(e.eac)
    assert e.vac + e.eac == pytest.approx(bac)
    assert e.cpi * e.eac == pytest.approx(bac)
    assert e.spi * pv == pytest.approx(ev)
    assert e.sv == pytest.approx((e.spi - 1) * pv, rel=1e-6, abs=1e-6 * pv)
    assert e.cv == pytest.approx((e.cpi - 1) * ac, rel=1e-6, abs=1e-6 * ac)


def test_the_table_computes_the_same_as_by_hand():
    table = p.earned_value_table(one_contract([50, 75], [40, 62.5], cost=[1800.0, 2800.0]), CONTRACTS)
    last = table.iloc[-1]
    assert (last.bac, last.pv, last.ev, last.ac) == (4000, 3000, 2500, 2800)
    assert last.eac == pytest.approx(4000 / (2500 / 2800))


def test_the_client_s_cost_is_what_it_paid():
    table = p.earned_value_table(one_contract([50], [40], paid=[55.0], cost=[1.0]), CONTRACTS, cost="paid")
    assert table["ac"].tolist() == [2200]
    with pytest.raises(InputError, match="Use one of: cost, paid"):
        p.earned_value_table(one_contract([50], [40], paid=[55.0]), CONTRACTS, cost="budget")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p.planned_value(101, 10), "between 0 and 100, and this one is 101"),
        (lambda: p.planned_value(pd.Series([1, -2], index=["x", "y"]), 10), "row y"),
        (lambda: p.earned_value(50, -1), "An amount cannot be negative"),
        (lambda: p.schedule_index("many", 2), "Not a number"),
        (lambda: p.EarnedValue(1, 2, -3, 4), "AC: An amount cannot be negative"),
        (lambda: p.earned_value_table(one_contract([5], [5]), CONTRACTS), "Missing column: cost"),
        (lambda: p.earned_value_table([1, 2], CONTRACTS), "A table is needed, not list"),
        (lambda: p.earned_value_table(one_contract([5], [5], cost=1.0), CONTRACTS.iloc[1:]), "Contract a"),
        (
            lambda: p.earned_value_table(one_contract([5], [5], cost=1.0), pd.concat([CONTRACTS, CONTRACTS])),
            "appears twice",
        ),
    ],
)
def test_bad_input_gets_one_clear_message(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_paid_may_exceed_the_price_at_signature():
    changed = one_contract([100], [100], paid=[112.0])
    assert p.earned_value_table(changed, CONTRACTS, cost="paid")["ac"].tolist() == pytest.approx([4480])
    assert p.paid_ahead(changed).tolist() == [12]


def test_zeros_that_cannot_be_true_become_missing():
    table = p.zeros_as_missing(one_contract([1, 4, 20, 40], [0, 2, 0, 30]))
    assert table["actual"].isna().tolist() == [False, False, True, False]
    assert p.zeros_as_missing(one_contract([20], [0]))["actual"].isna().all()


# Earned schedule ---------------------------------------------------------------------------------------------------


def test_lipkes_worked_figure():
    """His figure: at the end of July (AT = 7) all of May and a part of June is earned, so ES = 5 + a fraction."""
    plan = [10, 25, 45, 70, 100, 140, 175, 200]
    es = p.earned_schedule(plan, 120)
    assert es == pytest.approx(5 + (120 - 100) / (140 - 100))
    assert es - 7 == pytest.approx(-1.5)


def test_a_late_project_ends_with_spi_1_but_not_with_spi_t_1():
    planned = [25, 50, 75, 100, 100, 100, 100, 100]
    actual = [12.5, 25, 37.5, 50, 62.5, 75, 87.5, 100]
    table = p.schedule_table(one_contract(planned, actual), CONTRACTS)
    assert table["spi"].iloc[[3, -1]].tolist() == [0.5, 1.0]
    assert table["spi"].iloc[3:].is_monotonic_increasing
    planned_months = table["at"].iloc[3]
    assert table["spi_t"].iloc[-1] == pytest.approx(planned_months / table["at"].iloc[-1])
    assert table["sv_t"].iloc[-1] == pytest.approx(planned_months - table["at"].iloc[-1])


def slow_es(plan, value):
    """The definition, read aloud: count whole periods, then add the part of the next."""
    plan = [0.0, *plan]
    whole = max(i for i, planned in enumerate(plan) if value >= planned)
    if whole == len(plan) - 1:
        return float(whole)
    return whole + (value - plan[whole]) / (plan[whole + 1] - plan[whole])


plans = st.lists(st.floats(0.5, 50), min_size=1, max_size=20).map(lambda steps: list(np.cumsum(steps)))


@given(plan=plans, share=st.floats(0.001, 1))
def test_earned_schedule_agrees_with_its_definition(plan, share):
    value = share * plan[-1]
    assert p.earned_schedule(plan, value) == pytest.approx(slow_es(plan, value))


@given(plan=plans)
def test_work_exactly_on_plan_earns_exactly_its_time(plan):
    assert p.earned_schedule(plan, np.array(plan)) == pytest.approx(np.arange(1, len(plan) + 1))


@given(plan=plans, shares=st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_more_work_never_earns_less_time(plan, shares):
    times = p.earned_schedule(plan, np.sort(shares) * plan[-1])
    assert (np.diff(times) >= -1e-9).all()


@given(
    plan=plans,
    pace=st.floats(0.2, 0.95),
)
def test_a_finished_project_has_spi_1_and_spi_t_planned_over_actual(plan, pace):
    full = 100 * np.array(plan) / plan[-1]
    full[-1] = 100
    duration = len(full)
    needed = int(np.ceil(duration / pace))
    planned = np.interp(np.arange(1, needed + 1), np.arange(duration + 1), [0, *full])
    actual = np.interp(np.arange(1, needed + 1) * duration / needed, np.arange(duration + 1), [0, *full])
    assert p.schedule_index(actual[-1], planned[-1]) == pytest.approx(1)
    assert p.earned_schedule(planned, actual[-1]) / needed == pytest.approx(duration / needed)


def test_beyond_the_plan_there_is_no_answer():
    assert np.isnan(p.earned_schedule([10, 20], 30))
    assert np.isnan(p.earned_schedule([10, 20], np.nan))
    assert p.earned_schedule([0, 0, 5], 0) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "The plan is empty"),
        (([10, 5],), "falls after period 1"),
        (([1, np.nan],), "has a gap"),
        (([1, 2],), "negative"),
    ],
)
def test_a_plan_that_is_none_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        p.earned_schedule(*arguments, -1)


@pytest.mark.parametrize("times", [[2, 1], [0, 1], [1]])
def test_times_must_rise(times):
    with pytest.raises(InputError, match="times must rise"):
        p.earned_schedule([10, 20], 5, times)


def test_a_report_before_the_start_is_refused():
    late_start = CONTRACTS.assign(period_start=pd.Timestamp("2025-06-01"))
    with pytest.raises(InputError, match="2025-01-31 is dated before the start of contract a"):
        p.schedule_table(one_contract([10], [10]), late_start)


def test_forecast_from_pace():
    assert p.forecast_duration(12, 0.75) == 16
    assert np.isnan(p.forecast_duration(12, 0))


# Looking on a day, reviews, warnings -------------------------------------------------------------------------------


def test_status_shows_only_what_was_known_on_the_day():
    table = pd.concat([one_contract([10, 20], [10, 15]), one_contract([5], [5]).assign(contract_id="b")])
    status = p.status_at(table, "2025-02-15")
    assert status.set_index("contract_id")["actual"].to_dict() == {"a": 10, "b": 5}
    assert p.status_at(table, "2024-01-01").empty


def test_review_points_are_dated_by_the_first_month_end_at_or_above():
    reviews = p.review_points(one_contract([30, 60, 95, 100], [10, 29.9, 60, 90]), [30, 60, 95])
    assert reviews["planned_date"].dt.month.tolist() == [1, 2, 3]
    assert reviews["actual_date"].dt.month.tolist()[:2] == [3, 3]
    assert reviews["days_late"].tolist()[:2] == [59, 31]
    assert reviews.iloc[2][["actual_date", "days_late"]].isna().all()
    with pytest.raises(InputError, match="between 0 and 100"):
        p.review_points(one_contract([30], [10]), [130])


def warn(values, planned=None, **rule):
    planned = [20.0] * len(values) if planned is None else planned
    table = one_contract(planned, [0.0] * len(values), spi=values)
    return p.early_warning(table, **rule).iloc[0]


def test_two_low_months_in_a_row_warn_at_the_second():
    found = warn([1.0, 0.85, 0.95, 0.85, 0.8, 0.7])
    assert found.warned
    assert found.date == pd.Timestamp("2025-05-31")
    assert found.spi == 0.8


def test_the_limit_itself_is_not_below_the_limit():
    assert not warn([0.9, 0.9, 0.9]).warned


def test_months_before_the_plan_is_under_way_do_not_count():
    assert not warn([0.2, 0.2, 1, 1], planned=[2, 9.9, 30, 60]).warned
    assert warn([0.2, 0.2, 1, 1], planned=[2, 9.9, 30, 60], from_planned=0).warned


def test_silence_neither_starts_nor_stops_a_count():
    assert warn([0.8, np.nan, 0.8]).warned
    assert not warn([0.8, np.nan, np.nan]).warned


def test_runs_do_not_cross_contracts():
    table = pd.concat(
        [one_contract([20], [0], spi=[0.5]), one_contract([20], [0], spi=[0.5]).assign(contract_id="b")]
    )
    assert not p.early_warning(table)["warned"].any()


def slow_warning(values, below, needed):
    run = 0
    for position, value in enumerate(values):
        run = run + 1 if value < below else 0
        if run >= needed:
            return position
    return None


@given(
    values=st.lists(st.floats(0, 1.5), min_size=1, max_size=15),
    below=st.floats(0.1, 1.4),
    needed=st.integers(1, 4),
)
def test_the_warning_agrees_with_counting_by_hand(values, below, needed):
    position = slow_warning(values, below, needed)
    found = warn(values, below=below, months=needed)
    assert found.warned == (position is not None)
    if position is not None:
        assert found.date == months("2025-01-31", len(values))[position]


@given(values=st.lists(st.floats(0, 1.5), min_size=1, max_size=15), below=st.floats(0.1, 1.2))
def test_a_stricter_limit_never_removes_a_warning(values, below):
    assert warn(values, below=below).warned <= warn(values, below=below + 0.2).warned


def test_a_rule_of_zero_months_is_refused():
    with pytest.raises(InputError, match="months: 0 is not a whole number"):
        warn([0.5], months=0)


def test_payment_ahead_of_work():
    assert p.paid_ahead(one_contract([1, 1], [40, 50], paid=[55.0, 45.0])).tolist() == [15, -5]
    with pytest.raises(InputError, match="paid"):
        p.paid_ahead(one_contract([1], [40]))


# Runs --------------------------------------------------------------------------------------------------------------


def test_a_run_ends_with_its_sign_and_with_its_contract():
    sign = pd.Series([False, True, True, False, True, True, True, True, False])
    of = pd.Series(list("aaaaa") + list("bbb") + ["c"])
    assert p.longest_run(sign, of).to_dict() == {"a": 2, "b": 3, "c": 0}
    with pytest.raises(InputError, match="same rows"):
        p.longest_run(sign, of.iloc[::-1])
