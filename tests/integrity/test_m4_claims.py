"""What lesson m4 and its exercises say in words about the simulated institutions is true in every profile."""

import pytest

from cleanworks import city, profiles
from cleanworks.checks import m4
from cleanworks.integrity import assessment
from tests.few import few

OURS = "CEN-026"


@pytest.fixture(params=few(["seoul", "exampleland"], ["exampleland"]))
def country(request, monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, request.param)
    return profiles.load(request.param)


def newest(name):
    table = city.load(name)
    return table[table["year"] == 2025]


def test_staff_are_stricter_on_every_question(country):
    users, staff = (
        assessment.item_scores(table[table["institution_id"] == OURS]).mean()
        for table in (newest("citizen_responses"), newest("staff_responses"))
    )
    assert (staff < users - 1).all()


def test_the_forgotten_question_and_only_it_runs_against_the_others(country):
    users = newest("citizen_responses")
    users = users[users["institution_id"] == OURS]
    forgotten = assessment.item_scores(
        users, negative=[q for q in assessment.NEGATIVE if q != "abuse_of_power"]
    )
    found = assessment.unreversed_items(forgotten)
    assert list(found.index[found["suspect"]]) == ["abuse_of_power"]
    assert not assessment.unreversed_items(assessment.item_scores(users))["suspect"].any()


def test_one_person_more_costs_a_point_or_more(country):
    for name in ("citizen_responses", "staff_responses"):
        table = newest(name)
        ours = table[table["institution_id"] == OURS]["experienced"]
        now, then = (assessment.experience_score((ours.sum() + more) / len(ours)) for more in (0, 1))
        assert now - then >= 1 - 1e-9


def test_the_ministry_has_cases_found_inside_and_outside(country):
    cases = newest("cases")
    found = set(cases.loc[cases["institution_id"] == OURS, "found_by"])
    assert "inside" in found and len(found) > 1


def test_the_rules_agree_on_average_and_not_for_single_bodies(country):
    users, staff = (
        assessment.survey_part(newest(name))["score"] for name in ("citizen_responses", "staff_responses")
    )
    tasks = newest("initiatives")
    effort = tasks["site_score"].fillna(tasks["desk_score"]).groupby(tasks["institution_id"]).mean()
    staff_count = city.load("institutions").set_index("institution_id")["staff"]
    lost = assessment.case_deduction(
        newest("cases"), staff_count, unit=country["assessment.case_amount_unit"]
    )
    old = 10 * assessment.overall_2017(users, staff)
    new = assessment.overall_2022(
        assessment.perceived_2022(10 * users, 10 * staff), effort, lost[users.index]
    )
    assert abs(old.mean() - new.mean()) < 0.6
    assert ((old - new).abs() > 2).mean() > 0.2
    assert abs(old[OURS] - new[OURS]) < 1


def test_the_body_of_exercise_three_reaches_the_cap_only_under_the_proposal(country):
    cap = country["assessment.deduction_cap"]
    doubled = m4._deduction()
    assert doubled / 2 < cap < doubled
