"""The working model: who may do what, in which order, and what the journal remembers."""

from __future__ import annotations

import json
import sqlite3

import pandas as pd
import pytest

from cleanworks import city
from cleanworks.city import schemas
from cleanworks.construction import registry
from cleanworks.construction.registry import Refusal, TakenAlready, User, shapes
from cleanworks.construction.registry.play import ORDER
from cleanworks.construction.registry.public_register import PERSONAL, TABLES
from cleanworks.errors import InputError

OFFICIAL = User("official-1", "official")
CONTRACTOR = User("builder-1", "contractor", frozenset({"C-1"}))
SUPERVISOR = User("eye-1", "supervisor", frozenset({"C-1"}))
BANK = User("bank-1", "bank")
CITIZEN = User("citizen-1", "citizen")

PROJECT = {
    "project_id": "P-1", "title": "Bridge", "district": "North", "budget_amount": 5e9,
    "period_start": "2026-01-01", "period_end": "2027-06-30",
}  # fmt: skip
TENDER = {"tender_id": "T-1", "project_id": "P-1", "cost_estimate": 4e9, "date_published": "2025-10-01"}
CONTRACT = {
    "contract_id": "C-1", "project_id": "P-1", "supplier_id": "F-1", "official_id": "official-1", "mode": "long",
    "value_amount": 4e9, "date_signed": "2025-12-20", "period_start": "2026-01-01", "period_end": "2027-06-30",
}  # fmt: skip
REPORT = {
    "report_id": "R-1", "contract_id": "C-1", "report_type": "daily", "date": "2026-03-02",
    "submitted_at": "2026-03-02T18:00:00", "planned": 10.0, "actual": 8.0,
}  # fmt: skip


@pytest.fixture
def book():
    with registry.Registry() as opened:
        yield opened


@pytest.fixture
def site(book):
    """A registry with one contract and its approved schedule."""
    return with_schedule(book)


def with_schedule(book):
    book.enter(OFFICIAL, "projects", PROJECT)
    book.enter(OFFICIAL, "contracts", CONTRACT)
    book.enter(CONTRACTOR, "schedules", {"contract_id": "C-1", "planned": {"2026-03": 10}})
    book.approve(OFFICIAL, "schedules", "C-1")
    return book


@pytest.fixture(scope="module")
def tables():
    return city.make(projects=40)


def test_a_report_goes_from_the_site_to_approval(site):
    site.enter(CONTRACTOR, "reports", REPORT)
    site.check(SUPERVISOR, "reports", "R-1")
    site.approve(OFFICIAL, "reports", "R-1")
    history = site.history("reports", "R-1")
    assert history["role"].tolist() == ["contractor", "supervisor", "official"]
    assert history["state"].tolist() == ["entered", "checked", "approved"]
    assert site.verify() == []


def test_a_step_out_of_order_is_refused_and_leaves_no_trace(site):
    site.enter(CONTRACTOR, "reports", REPORT)
    before = site.head()
    with pytest.raises(
        Refusal,
        match=r"R-1 of reports is entered; it must be checked before anybody can approve it\. Ask the supervisor",
    ):
        site.approve(OFFICIAL, "reports", "R-1")
    assert site.head() == before


def test_a_report_needs_an_approved_schedule(book):
    book.enter(OFFICIAL, "projects", PROJECT)
    book.enter(OFFICIAL, "contracts", CONTRACT)
    book.enter(CONTRACTOR, "schedules", {"contract_id": "C-1"})
    with pytest.raises(Refusal, match="no approved schedule, and reports come after it"):
        book.enter(CONTRACTOR, "reports", REPORT)


def test_short_mode_takes_no_reports(book):
    book.enter(OFFICIAL, "projects", PROJECT)
    book.enter(OFFICIAL, "contracts", {**CONTRACT, "mode": "short"})
    with pytest.raises(Refusal, match="short mode, which has no reports"):
        book.enter(CONTRACTOR, "reports", REPORT)


def test_wrong_roles_and_strange_contracts_are_refused(site):
    with pytest.raises(Refusal, match="The role citizen may not enter reports; this is for: contractor"):
        site.enter(CITIZEN, "reports", REPORT)
    with pytest.raises(Refusal, match="other does not work on contract C-1"):
        site.enter(User("other", "contractor", frozenset({"C-2"})), "reports", REPORT)
    with pytest.raises(Refusal, match=r"record R-1 of reports is not in the registry\. Enter it first"):
        site.check(SUPERVISOR, "reports", "R-1")
    site.enter(CONTRACTOR, "reports", REPORT)
    with pytest.raises(Refusal, match="The role contractor may not check reports; this is for: supervisor"):
        site.check(CONTRACTOR, "reports", "R-1")
    with pytest.raises(Refusal, match="record R-1 of reports is there already; a number is given once"):
        site.enter(CONTRACTOR, "reports", REPORT)
    with pytest.raises(Refusal, match=r"There is no step 'release' for reports\. Steps: check, approve"):
        site.release(BANK, "reports", "R-1")
    with pytest.raises(Refusal, match="may not answer reports; this is for: nobody"):
        site.answer(OFFICIAL, "reports", "R-1")
    with pytest.raises(InputError, match=r"role of user .*'mayor' is not known"):
        User("somebody", "mayor")


def test_an_approved_record_is_never_changed_but_an_entered_one_is(site):
    site.enter(CONTRACTOR, "reports", REPORT)
    site.check(SUPERVISOR, "reports", "R-1")
    with pytest.raises(Refusal, match="may not send back reports; this is for: supervisor or official"):
        site.send_back(CONTRACTOR, "reports", "R-1", "I was wrong")
    site.send_back(OFFICIAL, "reports", "R-1", "8 % or 80 %?")
    back = site.table("reports").iloc[0]
    assert (back["state"], back["sent_back_because"]) == ("entered", "8 % or 80 %?")
    with pytest.raises(Refusal, match="R-1 of reports has the key report_id, which is never changed"):
        site.correct(CONTRACTOR, "reports", "R-1", report_id="R-2")
    with pytest.raises(InputError, match="'actual' must be a percentage"):
        site.correct(CONTRACTOR, "reports", "R-1", actual=900.0)
    site.correct(CONTRACTOR, "reports", "R-1", actual=9.0)
    site.check(SUPERVISOR, "reports", "R-1")
    site.approve(OFFICIAL, "reports", "R-1")
    with pytest.raises(Refusal, match="R-1 of reports is approved, and an approved record is never changed"):
        site.correct(CONTRACTOR, "reports", "R-1", actual=20.0)
    with pytest.raises(Refusal, match="R-1 of reports is approved and cannot be sent back"):
        site.send_back(OFFICIAL, "reports", "R-1", "too late")
    assert site.table("reports")["actual"].tolist() == [9.0]


def test_the_second_official_is_told_who_was_first(site):
    site.enter(CONTRACTOR, "reports", REPORT)
    site.check(SUPERVISOR, "reports", "R-1")
    site.approve(OFFICIAL, "reports", "R-1")
    with pytest.raises(TakenAlready, match=r"approved already.*official-1 was first"):
        site.approve(User("official-2", "official"), "reports", "R-1")


EVALUATION = {"evaluation_id": "E-1", "contract_id": "C-1", "point": 30, "score": 80, "date": "2026-06-01"}


def test_evaluation_and_as_built_wait_for_their_stage(site):
    with pytest.raises(Refusal, match="approved reports say 0 %"):
        site.enter(OFFICIAL, "evaluations", EVALUATION)
    site.enter(CONTRACTOR, "reports", {**REPORT, "actual": 31.0})
    site.check(SUPERVISOR, "reports", "R-1")
    site.approve(OFFICIAL, "reports", "R-1")
    site.enter(OFFICIAL, "evaluations", EVALUATION)
    with pytest.raises(Refusal, match="no final inspection"):
        site.enter(CONTRACTOR, "as_built", {"contract_id": "C-1", "date": "2027-07-01"})


def test_progress_of_another_contract_opens_no_evaluation(site):
    builder = User("builder-2", "contractor", frozenset({"C-2"}))
    eye = User("eye-2", "supervisor", frozenset({"C-2"}))
    report = {**REPORT, "contract_id": "C-2", "actual": 90.0}
    steps = [
        registry.Step(OFFICIAL, "enter", "contracts", "C-2", {**CONTRACT, "contract_id": "C-2"}),
        registry.Step(
            builder, "enter", "schedules", "C-2", {"contract_id": "C-2", "planned": {"2026-03": 10}}
        ),
        registry.Step(OFFICIAL, "approve", "schedules", "C-2"),
        registry.Step(builder, "enter", "reports", "R-1", report),
        registry.Step(eye, "check", "reports", "R-1"),
        registry.Step(OFFICIAL, "approve", "reports", "R-1"),
        registry.Step(OFFICIAL, "enter", "evaluations", "E-1", EVALUATION),
    ]
    before = site.head()
    with pytest.raises(Refusal, match="C-1 is evaluated at 30 %, and approved reports say 0 %"):
        site.act(steps)
    assert site.head() == before
    assert (
        site.act(
            [
                *steps[:-1],
                registry.Step(OFFICIAL, "enter", "evaluations", "E-1", {**EVALUATION, "contract_id": "C-2"}),
            ]
        )
        == 7
    )


def test_each_role_sees_its_part(site):
    site.enter(CONTRACTOR, "reports", REPORT)
    assert len(site.see(OFFICIAL, "reports")) == 1
    assert len(site.see(CONTRACTOR, "reports")) == 1
    assert site.see(User("other", "contractor", frozenset({"C-2"})), "reports").empty
    with pytest.raises(Refusal, match="A citizen does not see reports"):
        site.see(CITIZEN, "reports")


def test_a_worker_sees_his_own_wages_only(tables):
    with registry.play(
        {name: tables[name] for name in ("projects", "tenders", "contracts", "workers", "wages")}
    ) as book:
        for name in tables["wages"]["worker_id"].unique()[:2]:
            seen = book.see(User("someone", "worker", worker_id=name), "wages")
            assert set(seen["worker_id"]) == {name}
            assert len(seen) == (tables["wages"]["worker_id"] == name).sum()
            assert seen.index.tolist() == list(range(len(seen)))
        assert book.see(User("someone", "worker"), "wages").empty


def test_what_each_role_may_do_is_told_in_words():
    rights = registry.rights()
    assert set(rights) == set(registry.LINES)
    assert rights["claims"] == {
        "official": "approves, sees all", "contractor": "enters, sees own", "supervisor": "checks, sees own", "bank": "pays, sees all",
        "worker": "", "citizen": "",
    }  # fmt: skip
    assert (
        rights["questions"]["citizen"] == "enters" and rights["questions"]["official"] == "answers, sees all"
    )


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("projects", {"budget_amount": -1}, "amount cannot be negative"),
        ("projects", {"period_start": "2028-01-01"}, "The period_end lies before the period_start"),
        ("projects", {"project_id": ""}, "'project_id' is empty"),
        ("contracts", {"project_id": "P-9"}, "refers to projects P-9, and there is no such record"),
    ],
)
def test_a_wrong_record_is_refused(book, kind, change, message):
    book.enter(OFFICIAL, "projects", {**PROJECT, "project_id": "P-0"})
    with pytest.raises(InputError, match=message):
        book.enter(OFFICIAL, kind, {**(PROJECT if kind == "projects" else CONTRACT), **change})
    assert book.head()[0] == 1


# Money -----------------------------------------------------------------------------------------------------------

SHARES = pd.DataFrame(
    {
        "payment_id": ["Y-1", "Y-2", "Y-3", "Y-4", "Y-5"],
        "payee_type": ["prime", "subcontractor", "wages", "equipment", "materials"],
        "payee_id": ["F-1", "F-2", "crew", "F-3", "F-4"],
        "tier": [0, 1, 0, 0, 0],
        "subcontract_id": [None, "S-1", None, None, None],
        "amount_registered": [50e6, 30e6, 10e6, 5e6, 5e6],
    }
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"payee_type": ["prime", "friend", "wages", "equipment", "materials"]},
            "'friend' is not a kind of payee.*|row 1",
        ),
        ({"amount_registered": [50e6, 30e6, 10e6, 5e6, 5e6 + 2]}, "add up to 100,000,002"),
        ({"tier": [0, 2, 0, 0, 0]}, "add up to 70,000,000"),
    ],
)
def test_a_split_that_does_not_fit_its_claim_is_refused(claim, change, message):
    with pytest.raises(InputError, match=message):
        registry.register_split(claim, CONTRACTOR, "K-1", SHARES.assign(**change))
    assert claim.table("payments").empty


def test_a_split_may_miss_one_unit_and_hold_what_a_giver_passes_on(claim):
    last = {
        "payment_id": "Y-6",
        "payee_type": "subcontractor",
        "payee_id": "F-5",
        "tier": 2,
        "amount_registered": 20e6,
    }
    shares = pd.concat(
        [SHARES.assign(amount_registered=[50e6 + 1, 30e6, 10e6, 5e6, 5e6]), pd.DataFrame([last])]
    )
    assert len(registry.register_split(claim, CONTRACTOR, "K-1", shares)) == 6


def test_a_split_without_tiers_is_the_contractors_own_side(claim):
    keys = registry.register_split(claim, CONTRACTOR, "K-1", SHARES.drop(columns=["tier", "subcontract_id"]))
    assert keys == SHARES["payment_id"].tolist()
    assert claim.table("payments")["tier"].tolist() == [0] * 5


def test_one_split_is_signed_and_paid_and_another_waits(claim):
    claim.enter(
        CONTRACTOR,
        "claims",
        {
            "claim_id": "K-2",
            "contract_id": "C-1",
            "kind": "progress",
            "amount": 1e6,
            "date_claimed": "2026-04-01",
        },
    )
    with pytest.raises(Refusal, match="Claim K-2 has no registered split"):
        registry.sign_split(claim, SUPERVISOR, OFFICIAL, "K-2")
    with pytest.raises(Refusal, match="There is no claim K-3"):
        registry.register_split(claim, CONTRACTOR, "K-3", SHARES)
    registry.register_split(claim, CONTRACTOR, "K-2", pd.DataFrame(
        {"payment_id": ["Z-1"], "payee_type": ["prime"], "payee_id": ["F-1"], "amount_registered": [1e6]}
    ))  # fmt: skip
    registry.pay_claim(signed(claim), BANK, "K-1", "2026-03-10", route="direct", days=15)
    assert claim.table("payments").set_index("payment_id")["state"].to_dict() == {
        **dict.fromkeys(SHARES["payment_id"], "released"), "Z-1": "entered",
    }  # fmt: skip


def test_only_the_bank_tells_that_money_has_come(claim):
    signed(claim)
    come = {"date_received": "2026-03-10"}
    with pytest.raises(Refusal, match="The role contractor may not receive payments; this is for: bank"):
        claim.act([registry.Step(CONTRACTOR, "receive", "payments", "Y-2", come)])
    claim.act([registry.Step(BANK, "receive", "payments", "Y-2", come)])
    assert claim.history("payments", "Y-2")["state"].tolist()[-1] == "approved"


@pytest.fixture
def claim(site):
    site.enter(
        CONTRACTOR,
        "subcontracts",
        {
            "subcontract_id": "S-1", "contract_id": "C-1", "value_amount": 3e8, "prime_amount": 4e8,
            "date_signed": "2026-01-05", "subcontractor_id": "F-2", "tier": 1,
        },
    )  # fmt: skip
    site.enter(
        CONTRACTOR,
        "claims",
        {
            "claim_id": "K-1",
            "contract_id": "C-1",
            "kind": "progress",
            "amount": 100e6,
            "date_claimed": "2026-03-01",
        },
    )
    return site


def signed(book):
    book.check(SUPERVISOR, "claims", "K-1")
    book.approve(OFFICIAL, "claims", "K-1")
    registry.register_split(book, CONTRACTOR, "K-1", SHARES)
    registry.sign_split(book, SUPERVISOR, OFFICIAL, "K-1")
    return book


def test_the_shares_must_add_up(claim):
    before = claim.head()
    with pytest.raises(InputError, match=r"add up to 105,000,000 and the claim is 100,000,000"):
        registry.register_split(
            claim, CONTRACTOR, "K-1", SHARES.assign(amount_registered=[55e6, 30e6, 10e6, 5e6, 5e6])
        )
    assert claim.head() == before


def test_money_past_the_contractor_arrives_at_once(claim):
    registry.pay_claim(signed(claim), BANK, "K-1", "2026-03-10", route="direct", days=15)
    rows = claim.table("payments")
    assert (rows["date_paid"] == pd.Timestamp("2026-03-10")).all()
    assert (rows["state"] == "released").all()


def test_money_through_the_contractor_waits_and_carries_interest(claim):
    registry.pay_claim(signed(claim), BANK, "K-1", "2026-03-10", route="through_prime", days=15)
    registry.pass_on(claim, BANK, "Y-3", "2026-03-12")
    shown = registry.status(claim, "2026-04-09", rate=0.155).set_index("payment_id")
    assert shown.loc["Y-3", "days_late"] == 0
    assert shown.loc["Y-2", "days_late"] == 15
    # ccs.md, section 5: 100 million, 15 days late, 15.5 % a year: 636,986; here 30 % of it.
    assert shown.loc["Y-2", "interest"] == pytest.approx(636_986 * 0.3, abs=1)
    duties = registry.direct_payment_duties(claim, "2026-04-09", requested=["S-1"])
    assert (duties.loc["S-1", "may"], duties.loc["S-1", "must"]) == (True, False)
    for asked, threshold, must in ((["S-1"], 1, True), (["S-2"], 1, False), (["S-1"], 2, False)):
        duties = registry.direct_payment_duties(
            claim, "2026-04-09", requested=asked, threshold=threshold, may_threshold=2
        )
        assert duties.loc["S-1"].to_dict() == {"missed": 1, "may": must, "must": must}
    assert list(duties.index) == ["S-1"], "wages are no subcontract's instalments"
    registry.pass_on(claim, BANK, "Y-4", "2026-04-10", amount=4e6)
    assert claim.table("payments").set_index("payment_id").loc["Y-4", "amount"] == 4e6


def test_the_bank_pays_nothing_that_is_not_approved(claim):
    registry.register_split(claim, CONTRACTOR, "K-1", SHARES)
    with pytest.raises(Refusal, match="must be approved before anybody can release it"):
        registry.pay_claim(claim, BANK, "K-1", "2026-03-10", route="direct", days=15)
    with pytest.raises(InputError, match="route: 'by hand' is not known"):
        registry.pay_claim(claim, BANK, "K-1", "2026-03-10", route="by hand", days=15)
    assert claim.table("claims")["state"].tolist() == ["entered"]


def test_attendance_wages_and_retirement_days_are_compared():
    name = {"worker_id": "W-1", "contract_id": "C-1"}
    attendance = pd.DataFrame([{**name, "date": d} for d in ("2026-03-02", "2026-03-03", "2026-03-03")])
    wages = pd.DataFrame([{**name, "month": pd.Timestamp("2026-03-31"), "days_paid": 3}])
    days = pd.DataFrame([{**name, "month": pd.Timestamp("2026-03-31"), "days_reported": 2}])
    row = registry.reconcile(attendance, wages, days).iloc[0]
    assert (row["days_on_site"], row["days_paid"], row["days_reported"], row["agrees"]) == (2, 3, 2, False)
    for paid, reported, agrees in ((2, 2, True), (2, 3, False), (3, 3, False)):
        table = registry.reconcile(
            attendance, wages.assign(days_paid=paid), days.assign(days_reported=reported)
        )
        assert table["agrees"].tolist() == [agrees]


def test_who_stands_in_one_list_only_has_0_days_in_the_others():
    day, month = pd.Timestamp("2026-03-31"), pd.Timestamp("2026-03-31")
    attendance = pd.DataFrame({"worker_id": ["A"], "contract_id": "C-1", "date": day})
    wages = pd.DataFrame({"worker_id": ["B"], "contract_id": "C-1", "month": month, "days_paid": 5})
    days = pd.DataFrame({"worker_id": ["C"], "contract_id": "C-1", "month": month, "days_reported": 7})
    for kind in ("object", pd.CategoricalDtype([*"ABCD"])):
        table = registry.reconcile(*(one.astype({"worker_id": kind}) for one in (attendance, wages, days)))
        assert set(table["month"]) == {month}, "the last day of a month is of that month"
        told = table.set_index("worker_id")[["days_on_site", "days_paid", "days_reported"]]
        assert told.T.to_dict("list") == {"A": [1, 0, 0], "B": [0, 5, 0], "C": [0, 0, 7]}
    for lists, place in (
        ((wages, wages, days), "attendance"),
        ((attendance, days, days), "wages"),
        ((attendance, wages, wages), "retirement_days"),
    ):
        with pytest.raises(InputError, match=f"^table {place}: Missing column"):
            registry.reconcile(*lists)


# The whole city, the journal, the public view ----------------------------------------------------------------------


def test_the_city_plays_and_comes_back_unchanged(tables):
    with registry.play(tables) as book:
        assert book.verify() == []
        for name in set(ORDER) - {"schedules"}:
            want, got = tables[name], book.table(name, state=False)
            key = list(shapes.SHAPES[name].key)
            want, got = (
                want.sort_values(key).reset_index(drop=True),
                got.sort_values(key).reset_index(drop=True),
            )
            for column in want.columns:
                left, right = want[column], got[column]
                assert left.isna().equals(right.isna()), (name, column)
                assert (left.dropna().astype(str) == right.dropna().astype(left.dtype).astype(str)).all(), (
                    name,
                    column,
                )


# One record of each kind, and a second one where a step may still be to come.
RECORDS = {
    "projects": [{**PROJECT, "budget_approval_date": "2025-09-01"}, {**PROJECT, "project_id": "P-2", "budget_approval_date": None}],
    "tenders": [{**TENDER, "date_published": "2025-10-01"}],
    "bids": [{"bid_id": "B-1", "tender_id": "T-1", "tenderer_id": "F-1", "amount": 4e9, "date": "2025-10-20"}],
    "contracts": [CONTRACT],
    "modifications": [{"modification_id": "M-1", "contract_id": "C-1", "date": "2026-02-01", "old_value": 4e9, "new_value": 5e9}],
    "subcontracts": [
        {"subcontract_id": "S-1", "contract_id": "C-1", "subcontractor_id": "F-2", "tier": 1, "value_amount": 8e8, "prime_amount": 9e8, "date_signed": "2026-01-05"},
    ],
    "reports": [
        {**REPORT, "checked_at": "2026-03-03", "approved_at": "2026-03-04"},
        {**REPORT, "report_id": "R-2", "checked_at": "2026-03-05", "approved_at": None},
        {**REPORT, "report_id": "R-3", "checked_at": None, "approved_at": "2026-03-06"},
    ],
    "progress": [
        {"contract_id": "C-1", "period": "2026-01-31", "planned": 10, "actual": 8.0, "cost": 1e8},
        {"contract_id": "C-1", "period": "2026-02-28", "planned": 25, "actual": 20.0, "cost": 1e8},
    ],
    "claims": [
        {"claim_id": "K-1", "contract_id": "C-1", "kind": "progress", "amount": 1e8, "date_claimed": "2026-03-10", "date_inspected": "2026-03-12", "date_paid": "2026-03-15"},
        {"claim_id": "K-2", "contract_id": "C-1", "kind": "progress", "amount": 1e8, "date_claimed": "2026-04-10", "date_inspected": None, "date_paid": None},
    ],
    "payments": [
        {"payment_id": f"Y-{n}", "claim_id": "K-1", "contract_id": "C-1", "subcontract_id": "S-1", "tier": 1, "payee_type": "subcontractor", "payer_id": "F-1",
         "payee_id": "F-2", "channel": "prime", "amount_registered": 5e7, "amount": 5e7, "date_received": received, "date_due": "2026-03-30", "date_paid": paid}
        for n, (received, paid) in enumerate((("2026-03-15", "2026-03-20"), ("2026-03-15", None), (None, None)), 1)
    ],
    "workers": [{"worker_id": "W-1", "contract_id": "C-1", "daily_wage": 2e5, "date_start": "2026-01-07", "account_id": "A-1"}],
    "attendance": [{"worker_id": "W-1", "contract_id": "C-1", "date": "2026-01-08", "hours": 8.0}],
    "wages": [
        {"wage_id": f"G-{n}", "worker_id": "W-1", "contract_id": "C-1", "month": "2026-01-31", "amount_due": 2e6, "amount_paid": 2e6, "date_due": "2026-02-10", "date_paid": paid}
        for n, paid in enumerate(("2026-02-09", None), 1)
    ],
    "retirement_days": [{"worker_id": "W-1", "contract_id": "C-1", "month": "2026-01-31", "contribution": 1e5, "date_reported": "2026-02-15"}],
    "disclosures": [
        {"disclosure_id": f"D-{n}", "project_id": "P-1", "item": "budget", "date_event": "2025-09-02", "date_published": shown}
        for n, shown in enumerate(("2025-09-20", None), 1)
    ],
    "questions": [
        {"question_id": f"Q-{n}", "project_id": "P-1", "topic": "noise", "date_asked": "2026-05-01", "date_answered": answered}
        for n, answered in enumerate(("2026-05-09", None), 1)
    ],
    "complaints": [
        {"complaint_id": f"X-{n}", "contract_id": "C-1", "type": "wage", "amount": 1e6, "date": "2026-06-01", "date_settled": settled}
        for n, settled in enumerate(("2026-06-20", None), 1)
    ],
}  # fmt: skip
# What each does on its way, by whom and under which day: a step whose day is empty has not happened yet, save for an inspection.
JOURNAL = {
    ("registry", "origin"): ["declare official-city 2025-09-01"],
    ("projects", "P-1"): ["enter official-city 2025-09-01"],
    ("projects", "P-2"): ["enter official-city 2026-01-01"],  # its budget has no day: the first that it must have
    ("tenders", "T-1"): ["enter official-city 2025-10-01"],
    ("bids", "B-1"): ["enter official-city 2025-10-20"],
    ("contracts", "C-1"): ["enter official-C-1 2025-12-20"],
    ("schedules", "C-1"): ["enter contractor-C-1 2025-12-20", "approve official-C-1 2025-12-20"],
    ("modifications", "M-1"): ["enter official-C-1 2026-02-01"],
    ("subcontracts", "S-1"): ["enter contractor-C-1 2026-01-05", "approve official-C-1 2026-01-05"],
    ("reports", "R-1"): ["enter contractor-C-1 2026-03-02T18:00:00", "check supervisor-C-1 2026-03-03", "approve official-C-1 2026-03-04"],
    ("reports", "R-2"): ["enter contractor-C-1 2026-03-02T18:00:00", "check supervisor-C-1 2026-03-05"],
    ("reports", "R-3"): ["enter contractor-C-1 2026-03-02T18:00:00"],
    ("progress", "C-1/2026-01-31"): ["enter contractor-C-1 2026-01-31", "check supervisor-C-1 2026-01-31", "approve official-C-1 2026-01-31"],
    ("claims", "K-1"): [
        "enter contractor-C-1 2026-03-10", "check supervisor-C-1 2026-03-12", "approve official-C-1 2026-03-12", "release bank-C-1 2026-03-15",
    ],
    ("claims", "K-2"): ["enter contractor-C-1 2026-04-10", "check supervisor-C-1 2026-04-10", "approve official-C-1 2026-04-10"],
    ("payments", "Y-1"): [
        "enter contractor-C-1 2026-03-15", "check supervisor-C-1 2026-03-15", "approve official-C-1 2026-03-15", "release bank-C-1 2026-03-20",
    ],
    ("payments", "Y-2"): ["enter contractor-C-1 2026-03-15", "check supervisor-C-1 2026-03-15", "approve official-C-1 2026-03-15"],
    ("payments", "Y-3"): ["enter contractor-C-1 2026-03-30", "check supervisor-C-1 2026-03-30", "approve official-C-1 2026-03-30"],
    ("workers", "W-1"): ["enter contractor-C-1 2026-01-07"],
    ("attendance", "W-1/C-1/2026-01-08"): ["enter contractor-C-1 2026-01-08"],
    ("wages", "G-1"): ["enter contractor-C-1 2026-01-31", "approve official-C-1 2026-01-31", "release bank-C-1 2026-02-09"],
    ("wages", "G-2"): ["enter contractor-C-1 2026-01-31", "approve official-C-1 2026-01-31"],
    ("retirement_days", "W-1/C-1/2026-01-31"): ["enter contractor-C-1 2026-02-15"],
    ("disclosures", "D-1"): ["enter official-city 2025-09-02", "answer official-city 2025-09-20"],
    ("disclosures", "D-2"): ["enter official-city 2025-09-02"],
    ("questions", "Q-1"): ["enter citizen-city 2026-05-01", "answer official-city 2026-05-09"],
    ("questions", "Q-2"): ["enter citizen-city 2026-05-01"],
    ("complaints", "X-1"): ["enter contractor-C-1 2026-06-01", "answer official-C-1 2026-06-20"],
    ("complaints", "X-2"): ["enter contractor-C-1 2026-06-01"],
}  # fmt: skip
RELEASED = {
    ("claims", "K-1"): "date_paid",
    ("payments", "Y-1"): "date_paid",
    ("reports", "R-1"): "approved_at",
}


def recorded(**instead):
    return {name: pd.DataFrame(rows) for name, rows in {**RECORDS, **instead}.items()}


def test_every_record_goes_its_way_under_the_days_of_its_steps():
    with registry.play(recorded()) as book:
        with book.store.reading() as connection:
            lines = list(book.store.lines(connection))
        told: dict[tuple[str, str], list[str]] = {}
        for one in lines:
            told.setdefault((one.kind, one.record), []).append(f"{one.action} {one.user_id} {one.at}")
        assert {name: told[name] for name in JOURNAL} == JOURNAL
        assert list(dict.fromkeys(one.kind for one in lines)) == ["registry", *ORDER]
        assert book.simulated and book.verify() == []
        # A day that is still to come when a record is entered is told by its own step.
        for name, column in RELEASED.items():
            *before, last = [one for one in lines if (one.kind, one.record) == name]
            assert json.loads(last.change) == {column: last.at}
            assert not any(json.loads(one.change).get(column) for one in before)
        assert book.table("schedules")["planned"].tolist() == [{"2026-01-31": 10.0, "2026-02-28": 25.0}]


@pytest.mark.parametrize(
    ("name", "column", "actions"),
    [
        ("reports", "checked_at", ["enter"]), ("reports", "approved_at", ["enter", "check"]), ("claims", "date_inspected", ["enter", "check", "approve", "release"]),
        ("claims", "date_paid", ["enter", "check", "approve"]), ("wages", "date_paid", ["enter", "approve"]), ("questions", "date_answered", ["enter"]),
    ],
)  # fmt: skip
def test_a_step_that_has_no_column_has_not_happened(name, column, actions):
    first = shapes.key_of(name, RECORDS[name][0])
    without = recorded()[name].drop(columns=column)
    with registry.play({**recorded(), name: without}) as book:
        assert book.history(name, first)["action"].tolist() == actions


@pytest.mark.parametrize("column", ["contract_id", "date_signed"])
def test_contracts_without_a_column_are_named_before_their_schedules_are_made(column):
    with pytest.raises(InputError, match=f"table contracts: Missing column: {column}"):
        registry.play({**recorded(), "contracts": recorded()["contracts"].drop(columns=column)})


def test_without_progress_a_schedule_plans_nothing():
    given = {
        name: table for name, table in recorded().items() if name in ("projects", "tenders", "contracts")
    }
    with registry.play(given) as book:
        assert book.table("schedules")["planned"].tolist() == [{}]


def test_shapes_name_columns_of_the_city():
    for name in set(ORDER) - {"schedules"}:
        assert set(shapes.SHAPES[name].columns) <= set(schemas.table(name).names), name
        assert list(shapes.SHAPES[name].key) == schemas.table(name).key, name


def test_the_public_view_hides_persons_and_unapproved_records(site, tables):
    site.enter(
        CONTRACTOR,
        "claims",
        {
            "claim_id": "K-1",
            "contract_id": "C-1",
            "kind": "progress",
            "amount": 1e6,
            "date_claimed": "2026-03-01",
        },
    )
    assert registry.public_view(site)["claims"].empty
    with registry.play(tables) as book:
        shown = registry.public_view(book)
    assert set(shown) == set(TABLES)
    accounts, workers = set(tables["workers"]["account_id"]), set(tables["workers"]["worker_id"])
    for name, frame in shown.items():
        assert not set(frame.columns) & {*PERSONAL, "cost"} - {"cost" if name != "progress" else ""}, name
        cells = set(frame.astype(str).to_numpy().ravel())
        assert not cells & accounts and not cells & workers, name
    wages = shown["payments"]["payee_type"] == "wages"
    assert set(shown["payments"].loc[wages, "payee_id"]) == {"workers"}


def test_why_a_record_was_sent_back_is_not_for_the_public(claim):
    claim.send_back(SUPERVISOR, "claims", "K-1", "Ask Mr Hong about the lorries.")
    signed(claim)
    shown = registry.public_view(claim)["claims"]
    assert shown["claim_id"].tolist() == ["K-1"]
    assert not {"sent_back_because", "state"} & set(shown.columns)
    assert "Hong" not in shown.to_csv()


def test_a_payment_is_shown_before_the_subcontract_that_waits_for_its_signature(claim):
    from cleanworks import allimi

    shown = registry.public_view(signed(claim))
    assert shown["subcontracts"].empty and shown["payments"]["subcontract_id"].isna().all()
    assert "project/p-1.html" in allimi.make(shown).files


def test_a_missing_registry_is_named_and_not_made(tmp_path):
    for place in (tmp_path / "nothing.db", tmp_path, f"sqlite:///{tmp_path}/nothing.db", "sqlite://"):
        with pytest.raises(InputError, match="no such registry"):
            registry.public_view(place)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "text.db").write_text("this is no database, only a long enough text file " * 40)
    with pytest.raises(InputError, match="cannot be opened"):
        registry.public_view(tmp_path / "text.db")


@pytest.mark.parametrize(
    ("table", "journal_mode", "message"),
    [
        ("letters (id integer, text text)", "delete", "holds no registry"),
        ("letters (id integer, text text)", "wal", "holds no registry"),
        ("head (id integer, text text)", "delete", "'head' of this database belongs to something else"),
        (None, "delete", "holds no registry"),
    ],
)
def test_the_database_of_something_else_stays_as_it_is(tmp_path, table, journal_mode, message):
    place = tmp_path / "other#1 of 50%.db"
    raw = sqlite3.connect(place)
    raw.execute(f"PRAGMA journal_mode = {journal_mode}")
    if table:
        raw.execute(f"CREATE TABLE {table}")
        raw.execute(f"INSERT INTO {table.split()[0]} VALUES (1, 'Dear colleague')")
        raw.commit()
    before = place.read_bytes() if place.exists() else place.touch() or b""
    for there in (place, f"sqlite:///{str(place).replace('%', '%25').replace('#', '%23')}"):
        with pytest.raises(InputError, match=message) as error:
            registry.existing(there)
        assert error.value.where and error.value.fix
    assert place.read_bytes() == before
    if table and table.startswith("head"):
        with pytest.raises(InputError, match=message):
            registry.Registry(place)
        assert place.read_bytes() == before
    raw.close()


def test_a_registry_that_is_there_is_opened_for_reading(tmp_path):
    place = tmp_path / "a b#c%20?.db"
    with registry.Registry(place) as book:
        book.enter(OFFICIAL, "projects", PROJECT)
    before = place.read_bytes()
    with registry.existing(place) as book:
        assert book.table("projects")["title"].tolist() == ["Bridge"] and book.verify() == []
        with pytest.raises(InputError, match="opened for reading"):
            book.enter(OFFICIAL, "projects", {**PROJECT, "project_id": "P-2"})
    assert place.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == [place.name]


def test_a_registry_cut_off_in_the_middle_is_named(tables, tmp_path):
    place = tmp_path / "registry.db"
    registry.play(tables, place).close()
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    with pytest.raises(InputError, match=r"registry cannot be (opened|read): .*malformed"):
        registry.public_view(place)


@pytest.mark.parametrize("simulated", [True, False])
def test_the_first_line_says_whether_entries_are_simulated(tables, simulated, tmp_path):
    place = tmp_path / "registry.db"
    with registry.play(tables, place, simulated=simulated) as book:
        first = book.history("registry", "origin")
        assert first[["n", "action", "role"]].to_numpy().tolist() == [[1, "declare", "official"]]
        assert book.simulated is simulated and book.verify() == []
        with pytest.raises(Refusal, match="first line"):
            book.act([registry.Step(OFFICIAL, "declare", "registry", "origin", {"simulated": not simulated})])
    raw = sqlite3.connect(place)
    raw.execute(
        "UPDATE records SET content = ? WHERE kind = 'registry'",
        [f'{{"simulated": {str(not simulated).lower()}}}'],
    )
    raw.commit()
    raw.close()
    with registry.existing(place) as book:
        assert [damage.place for damage in book.verify()] == ["registry origin"]


def test_a_registry_filled_by_hand_is_not_called_simulated(site):
    assert site.simulated is False
    with pytest.raises(InputError, match="keeps no table 'registry'"):
        site.enter(OFFICIAL, "registry", {"simulated": True})


def test_the_same_tables_give_the_same_journal(tables):
    with registry.play(tables) as first, registry.play(tables) as second:
        assert first.head() == second.head()


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        (
            "UPDATE journal SET change = replace(change, 'Bridge', 'Palace') WHERE n = 1",
            "journal line 1",
            "changed after",
        ),
        ("DELETE FROM journal WHERE n = 2", "journal line 2", "missing"),
        ("DELETE FROM journal WHERE n = (SELECT max(n) FROM journal)", "end of the journal", "counted"),
        ("UPDATE records SET content = replace(content, 'Bridge', 'Palace')", "projects P-1", "differs"),
        ("DELETE FROM records WHERE kind = 'contracts'", "contracts C-1", "gone"),
    ],
)
def test_tampering_is_found_and_located(tmp_path, statement, where, what):
    place = tmp_path / "registry.db"
    with registry.Registry(place) as book:
        with_schedule(book)
    raw = sqlite3.connect(place)
    if "journal" in statement:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
        raw.execute("DROP TRIGGER journal_no_update")
        raw.execute("DROP TRIGGER journal_no_delete")
    raw.execute(statement)
    raw.commit()
    raw.close()
    with registry.Registry(place) as book:
        found = book.verify()
    assert any(d.place == where and what in d.what for d in found), found


def test_a_journal_rewritten_from_end_to_end_is_found_by_a_published_line(tmp_path):
    with registry.Registry() as first, registry.Registry() as second:
        published = with_schedule(first).head()
        second.enter(OFFICIAL, "projects", {**PROJECT, "title": "Palace"})
        assert second.verify() == []
        assert [d.place for d in second.verify(published)] == [f"journal line {published[0]}"]


def spoil(frame, column, value, row=3):
    changed = frame.copy()
    changed[column] = changed[column].astype(object)
    changed.loc[changed.index[row], column] = value
    return changed


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("payments", lambda t: t.drop(columns="amount"), "table payments: Missing column: amount"),
        ("claims", lambda t: spoil(t, "amount", -5.0), "claims, column amount, row 3.*negative"),
        ("bids", lambda t: spoil(t, "bid_id", t["bid_id"].iloc[0]), "table bids, row 3.*appears twice"),
        ("contracts", lambda t: spoil(t, "project_id", "P-none"), "table contracts, row 3.*no such row"),
        ("reports", lambda t: t.rename(columns={"actual": "workers_on_site", "workers_on_site": "actual"})
         .assign(actual=lambda f: f["actual"] + 200), "table reports.*percentage"),
        ("claims", lambda t: t.rename(columns={"amount": "date_claimed", "date_claimed": "amount"}), "claims, column date_claimed"),
    ],
)  # fmt: skip
def test_wrong_tables_are_refused_whole(tables, tmp_path, name, change, message):
    with registry.Registry(tmp_path / "registry.db") as book:
        with pytest.raises(InputError, match=message):
            registry.play({**tables, name: change(tables[name])}, book)
        assert book.head()[0] == 0
