import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanworks.construction import payments as p
from cleanworks.errors import InputError

DAY = pd.Timestamp


def table(*rows):
    """Payments from short rows: payee type, registered, paid amount, received, due, paid."""
    columns = ["payee_type", "amount_registered", "amount", "date_received", "date_due", "date_paid"]
    made = pd.DataFrame(rows, columns=columns)
    for column in columns[3:]:
        made[column] = pd.to_datetime(made[column])
    return made.assign(
        tier=1, channel="through_prime", claim_id="q", subcontract_id=[f"s{i}" for i in range(len(made))]
    )


PAYMENTS = table(
    ("prime", 600.0, 600.0, "2026-03-02", "2026-03-02", "2026-03-02"),
    ("subcontractor", 200.0, 200.0, "2026-03-02", "2026-03-17", "2026-03-17"),
    ("subcontractor", 100.0, 90.0, "2026-03-02", "2026-03-17", "2026-04-16"),
    ("wages", 60.0, 0.0, "2026-03-02", "2026-03-17", None),
    ("equipment", 40.0, 0.0, "2026-04-10", "2026-04-25", None),
)


# Interest: the published example -----------------------------------------------------------------------------------


def test_the_worked_example_of_the_sources():
    """KRW 100 million, 15 days late, at 15.5 % a year of 365 days."""
    assert round(p.late_interest(100_000_000, days=15, rate=0.155)) == 636_986


@given(amount=st.floats(0, 1e12), days=st.integers(0, 2000), rate=st.floats(0, 1))
def test_interest_is_simple_interest(amount, days, rate):
    once = p.late_interest(amount, days, rate)
    assert p.late_interest(2 * amount, days, rate) == pytest.approx(2 * once)
    assert p.late_interest(amount, 2 * days, rate) == pytest.approx(2 * once)
    assert p.late_interest(amount, 365, rate) == pytest.approx(amount * rate)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 5, 0.1), "amount"),
        ((1, -5, 0.1), "days late"),
        ((1, 5, 15.5), "^rate: 15.5 is not a share"),
        ((1, 5, 0.1, -365), "^year_days: "),
        ((1, 5, 0.1, 0), "year_days: 0 is not"),
    ],
)
def test_interest_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        p.late_interest(*arguments)


# Deadlines ---------------------------------------------------------------------------------------------------------


def test_the_earlier_of_the_two_limits_counts():
    assert p.due_date("2026-03-02", 15) == DAY("2026-03-17")
    assert p.due_date("2026-03-02", 15, taken_over="2026-02-20", limit_days=60) == DAY("2026-03-17")
    assert p.due_date("2026-05-01", 15, taken_over="2026-02-20", limit_days=60) == DAY("2026-04-21")


def test_if_the_client_never_pays_the_second_limit_still_runs():
    received = pd.Series(pd.to_datetime(["2026-03-02", None]))
    over = pd.Series(pd.to_datetime(["2026-02-20", "2026-02-20"]))
    due = p.due_date(received, 15, taken_over=over, limit_days=60)
    assert due.tolist() == [DAY("2026-03-17"), DAY("2026-04-21")]
    assert pd.isna(p.due_date(received, 15)).tolist() == [False, True]
    assert p.due_date(pd.NaT, 15, taken_over="2026-02-20", limit_days=60) == DAY("2026-04-21")


def test_one_date_and_a_column_of_dates_go_together():
    over = pd.Series(pd.to_datetime(["2026-02-20", "2026-02-01"]), index=["s1", "s2"])
    due = p.due_date("2026-05-01", 15, taken_over=over, limit_days=60)
    assert due.to_dict() == {"s1": DAY("2026-04-21"), "s2": DAY("2026-04-02")}


dates = st.dates(min_value=pd.Timestamp("2015-01-01").date(), max_value=pd.Timestamp("2035-01-01").date())


@given(received=dates, over=dates, days=st.integers(0, 90), limit=st.integers(0, 90))
def test_due_date_agrees_with_counting_by_hand(received, over, days, limit):
    by_hand = min(DAY(received) + pd.Timedelta(days=days), DAY(over) + pd.Timedelta(days=limit))
    assert p.due_date(str(received), days, taken_over=str(over), limit_days=limit) == by_hand
    columns = p.due_date(
        pd.Series([DAY(received)]), days, taken_over=pd.Series([DAY(over)]), limit_days=limit
    )
    assert columns.iloc[0] == by_hand


def test_an_advance_waits_for_the_subcontract():
    assert p.advance_due_date("2026-01-05", "2026-01-20", 15) == DAY("2026-02-04")
    assert p.advance_due_date("2026-01-25", "2026-01-20", 15) == DAY("2026-02-09")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p.due_date("2026-03-02", -1), "cannot be negative"),
        (
            lambda: p.due_date("2026-03-02", 15, taken_over="2026-03-02"),
            "Give taken_over and limit_days together",
        ),
        (lambda: p.due_date("soon", 15), "Not a date"),
        (lambda: p.due_date(20260302, 15), "is a number, not a date"),
        (lambda: p.due_date(pd.Series([1, 2]), 15), "holds numbers, not dates"),
        (lambda: p.days_late("2026-03-17", None), "Say on which day you look"),
        (lambda: p.days_late(pd.Series([pd.NaT]), pd.Series([DAY("2026-01-01")])), "A due date is missing"),
    ],
)
def test_deadlines_refuse(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_days_late_counts_from_the_due_date():
    assert p.days_late("2026-03-17", "2026-03-17") == 0
    assert p.days_late("2026-03-17", "2026-03-10") == 0
    assert p.days_late("2026-03-17", "2026-04-16") == 30
    assert p.days_late("2026-03-17", None, as_of="2026-03-27") == 10
    due = pd.Series(["2026-03-17", "2026-03-30"], index=["a", "b"])
    assert p.days_late(due, None, as_of="2026-03-27").to_dict() == {"a": 10, "b": 0}
    assert p.days_late(due, "2026-03-19").to_dict() == {"a": 2, "b": 0}


def test_a_payment_after_the_day_you_look_is_not_yet_known():
    assert p.days_late("2026-03-17", "2026-04-16", as_of="2026-03-27") == 10
    column = p.days_late(pd.Series([DAY("2026-03-17")]), pd.Series([DAY("2026-04-16")]), as_of="2026-03-27")
    assert column.tolist() == [10]


def test_a_payment_before_the_day_you_look_stops_the_count():
    assert p.days_late("2026-03-17", "2026-03-27", as_of="2026-12-31") == 10
    column = p.days_late(pd.Series([DAY("2026-03-17")]), pd.Series([DAY("2026-03-27")]), as_of="2026-12-31")
    assert column.tolist() == [10]


# The split register ------------------------------------------------------------------------------------------------


def test_split_register_by_payee():
    register = p.split_register(PAYMENTS)
    assert register.loc["subcontractor", ["registered", "paid", "open"]].tolist() == [300, 290, 10]
    assert register.loc["wages", "share_paid"] == 0
    assert register["registered"].sum() == PAYMENTS["amount_registered"].sum()


def test_the_register_lists_the_kinds_that_are_there_in_their_order():
    kinds = pd.Categorical(["wages", "equipment", "wages"], categories=["bank", "equipment", "wages"])
    paid = table(
        ("", 1.0, 0.5, None, None, "2026-03-02"),
        ("", 0.0, 5.0, None, None, "2026-03-02"),
        ("", 1.0, 0, None, None, None),
    )
    register = p.split_register(paid.assign(payee_type=kinds))
    assert register.index.tolist() == ["wages", "equipment"]
    assert register["share_paid"].tolist() == pytest.approx(
        [0.25, np.nan], nan_ok=True
    )  # no share of nothing
    waiting = PAYMENTS.assign(
        payee_type=PAYMENTS["payee_type"].astype(
            pd.CategoricalDtype(["bank", "prime", "subcontractor", "wages", "equipment"])
        )
    )
    assert p.insolvency_loss(waiting, "2026-03-20", "ordinary account").index.tolist() == [
        "subcontractor",
        "wages",
    ]


def test_the_largest_shortfall_comes_first_and_equal_ones_in_the_order_of_the_table():
    mixed = pd.concat([PAYMENTS.iloc[[2, 1]]] * 40, ignore_index=True).assign(amount=[90.0, 170.0] * 40)
    found = p.split_differences(mixed)
    assert found.index.tolist() == [*range(1, 80, 2), *range(0, 80, 2)]
    assert found["difference"].tolist() == [-30.0] * 40 + [-10.0] * 40
    with pytest.raises(InputError, match=r"^amount, row 2: .*negative"):
        p.split_differences(PAYMENTS.assign(amount=[1.0, 1.0, -1.0, 1.0, 1.0]))


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        (p.split_register, "payee_type tier amount_registered amount date_paid"),
        (p.split_differences, "amount_registered amount date_paid"),
        (lambda t: p.payment_status(t, "2026-04-20", rate=0.1), "amount_registered date_due date_paid"),
        (
            lambda t: p.missed_instalments(t, "2026-04-20"),
            "subcontract_id amount_registered date_due date_paid",
        ),
        (
            lambda t: p.held_for_others(t, "2026-04-20"),
            "tier payee_type amount_registered date_received date_paid channel",
        ),
    ],
)
def test_a_missing_column_is_named(call, columns):
    for column in columns.split():
        with pytest.raises(InputError, match=f"^table payments: Missing column: {column}"):
            call(PAYMENTS.drop(columns=column))


def test_split_register_on_an_earlier_day():
    register = p.split_register(PAYMENTS, as_of="2026-03-20")
    assert register.loc["subcontractor", "paid"] == 200


def test_shares_of_resubcontractors_are_not_counted_twice():
    below = PAYMENTS.iloc[[1]].assign(tier=2, amount_registered=150.0, amount=150.0)
    with_tier_2 = pd.concat([PAYMENTS, below])
    assert p.split_register(with_tier_2)["registered"].sum() == p.split_register(PAYMENTS)["registered"].sum()
    assert p.held_for_others(with_tier_2, "2026-03-10").equals(p.held_for_others(PAYMENTS, "2026-03-10"))


def test_differences_name_the_row_and_the_shortfall():
    found = p.split_differences(PAYMENTS)
    assert found.index.tolist() == [2]
    assert found["difference"].tolist() == [-10]
    assert p.split_differences(PAYMENTS, tolerance=10).empty
    equal = pd.concat([PAYMENTS.iloc[[2]]] * 40, ignore_index=True)
    assert p.split_differences(equal).index.tolist() == list(range(40)), (
        "equal shortfalls stay in the order of the table"
    )


def test_register_refuses_negative_amounts_by_row():
    with pytest.raises(InputError, match="amount_registered, row 1"):
        p.split_register(table(("wages", 1.0, 1.0, None, None, None), ("wages", -1.0, 1.0, None, None, None)))
    with pytest.raises(InputError, match="Missing column: payee_type"):
        p.split_register(PAYMENTS.drop(columns="payee_type"))
    with pytest.raises(InputError, match=r"^amount.* cannot be negative"):
        p.split_register(PAYMENTS.assign(amount=-1.0))


def test_every_payment_gets_one_state():
    status = p.payment_status(PAYMENTS, "2026-04-20", rate=0.155)
    assert status["state"].tolist() == ["paid on time", "paid on time", "paid late", "overdue", "not yet due"]
    assert status["days_late"].tolist() == [0, 0, 30, 34, 0]
    assert status["interest"].iloc[3] == pytest.approx(60 * 0.155 * 34 / 365)


# Direct payment ----------------------------------------------------------------------------------------------------


def test_missed_instalments_are_overdue_and_unpaid():
    owed = PAYMENTS.assign(subcontract_id="s")
    missed = p.missed_instalments(owed, "2026-05-01")
    assert missed.loc["s"].to_dict() == {"missed": 2, "amount": 100, "oldest_days": 45}
    assert p.missed_instalments(owed, "2026-03-17").empty  # the due date itself
    assert p.missed_instalments(owed, "2026-03-18").loc["s"].to_dict() == {
        "missed": 2,
        "amount": 160,
        "oldest_days": 1,
    }
    several = owed.assign(subcontract_id=["s", "s", "few", "more", "more"])
    assert p.missed_instalments(several, "2026-05-01").index.tolist() == ["more"]
    assert p.missed_instalments(several, "2026-03-18").index.tolist() == [
        "few",
        "more",
    ]  # one each: the larger first


@pytest.mark.parametrize(
    ("facts", "must", "may"),
    [
        ({"missed": 0, "requested": True}, False, False),
        ({"missed": 1, "requested": True}, False, True),
        ({"missed": 2, "requested": False}, False, True),
        ({"missed": 2, "requested": True}, True, True),
        ({"insolvent": True}, False, False),
        ({"insolvent": True, "requested": True}, True, True),
        ({"guarantee_missing": True, "requested": True}, True, True),
        ({"agreement": True}, True, True),
        ({"judgment": True}, True, True),
        ({"very_low_price": True}, True, True),
        ({"missed": 2, "requested": True, "threshold": 3}, False, True),
        ({"missed": 1, "requested": True, "threshold": 3, "may_threshold": 2}, False, False),
    ],
)
def test_when_the_client_pays_directly(facts, must, may):
    answer = p.direct_payment(**facts)
    assert (answer.must, answer.may) == (must, may)
    assert bool(answer.grounds) == may


def test_direct_payment_refuses():
    with pytest.raises(InputError):
        p.direct_payment(-1)
    with pytest.raises(InputError, match="threshold"):
        p.direct_payment(1, threshold=0)


# Cash --------------------------------------------------------------------------------------------------------------


def by_day(**amounts):
    return pd.Series(
        list(amounts.values()), index=pd.to_datetime([key[1:].replace("_", "-") for key in amounts])
    )


def test_cash_falls_until_the_money_comes():
    cash = p.cash_position(by_day(d2026_01_01=100, d2026_02_01=100), by_day(d2026_01_31=120), opening=50)
    assert cash["balance"].tolist() == [-50, 70, -30]
    # 30 days of 50 borrowed; the last day is not followed by another.
    assert p.overdraft_cost(cash, rate=0.1) == pytest.approx(50 * 0.1 * 30 / 365)
    assert p.overdraft_cost(cash, rate=0.1, year_days=360) == pytest.approx(50 * 0.1 * 30 / 360)


@given(delay=st.integers(0, 200))
def test_later_money_never_helps(delay):
    costs = by_day(d2026_01_01=100.0, d2026_02_01=100.0)
    receipts = by_day(d2026_01_10=110.0, d2026_02_10=110.0)
    late = receipts.set_axis(receipts.index + pd.Timedelta(days=delay))
    assert p.cash_position(costs, late)["balance"].min() <= p.cash_position(costs, receipts)["balance"].min()
    assert p.cash_position(costs, late)["balance"].iloc[-1] == pytest.approx(20)


def test_payments_of_one_day_are_added():
    days = pd.DatetimeIndex(["2026-01-01", "2026-01-01", "2026-01-02"])
    cash = p.cash_position(pd.Series([40.0, 60.0, 5.0], index=days), by_day(d2026_01_02=20))
    assert cash["balance"].tolist() == [-100, -85]


def test_money_that_never_comes_is_left_out():
    receipts = pd.Series([70.0, 30.0], index=pd.DatetimeIndex(["2026-01-05", pd.NaT]))
    cash = p.cash_position(by_day(d2026_01_01=100), receipts)
    assert cash["balance"].iloc[-1] == -30


def test_cash_refuses():
    with pytest.raises(InputError, match="dates as its index"):
        p.cash_position([1, 2], by_day(d2026_01_01=1))
    with pytest.raises(InputError, match="cannot be negative"):
        p.cash_position(by_day(d2026_01_01=-1), by_day(d2026_01_01=1))


# Insolvency --------------------------------------------------------------------------------------------------------


def test_what_lies_in_the_contractors_account():
    assert p.held_for_others(PAYMENTS, "2026-03-20")["amount_registered"].sum() == 160
    assert p.held_for_others(PAYMENTS, "2026-03-01").empty
    direct = PAYMENTS.assign(channel="direct")
    assert p.held_for_others(direct, "2026-03-20").empty
    with pytest.raises(InputError, match=r"^table payments: Missing column: channel"):
        p.held_for_others(PAYMENTS.drop(columns="channel"), "2026-03-20")
    with pytest.raises(InputError, match=r"^date: "):
        p.held_for_others(PAYMENTS, "soon")


def test_money_received_and_passed_on_the_same_day_never_waits():
    same_day = PAYMENTS.assign(date_paid=PAYMENTS["date_received"])
    assert p.held_over_time(same_day, pd.date_range("2026-03-01", "2026-05-01")).sum() == 0


def test_held_over_time_agrees_with_single_days():
    days = pd.date_range("2026-03-01", "2026-04-30", freq="7D")
    series = p.held_over_time(PAYMENTS, days)
    assert series.tolist() == [p.held_for_others(PAYMENTS, day)["amount_registered"].sum() for day in days]


def test_the_three_routes():
    ordinary = p.insolvency_loss(PAYMENTS, "2026-03-20", "ordinary account")
    dedicated = p.insolvency_loss(PAYMENTS, "2026-03-20", "dedicated account")
    bypass = p.insolvency_loss(PAYMENTS, "2026-03-20", "bypass")
    assert ordinary["lost"].to_dict() == {"subcontractor": 100, "wages": 60}
    assert dedicated["lost"].to_dict() == {"subcontractor": 100, "wages": 0}
    assert bypass.empty
    assert bypass["lost"].sum() == 0


@given(recovery=st.floats(0, 1), day=st.integers(0, 60), route=st.sampled_from(p.ROUTES))
def test_no_route_loses_more_than_is_held_and_none_makes_money(recovery, day, route):
    result = p.insolvency_loss(PAYMENTS, DAY("2026-03-01") + pd.Timedelta(days=day), route, recovery)
    assert (result["lost"] >= 0).all()
    assert (result["safe"] >= -1e-9).all()
    np.testing.assert_allclose(result["lost"] + result["safe"], result["held"])


@given(day=st.integers(0, 60))
def test_each_route_is_at_least_as_safe_as_the_one_before(day):
    date = DAY("2026-03-01") + pd.Timedelta(days=day)
    ordinary, dedicated, bypass = (
        p.insolvency_loss(PAYMENTS, date, route)["lost"].sum() for route in p.ROUTES
    )
    assert ordinary >= dedicated >= bypass == 0


def test_insolvency_refuses():
    with pytest.raises(InputError, match="Use one of: ordinary account"):
        p.insolvency_loss(PAYMENTS, "2026-03-20", "escrow")
    with pytest.raises(InputError, match="not a share"):
        p.insolvency_loss(PAYMENTS, "2026-03-20", "bypass", recovery=50)
