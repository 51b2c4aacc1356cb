"""The simulated institutions: tables that hold together, figures near the published ones, truth that is really there."""

import numpy as np
import pandas as pd
import pytest

from cleanworks import city, profiles
from cleanworks.city import institutions, schemas, schemas_integrity
from cleanworks.errors import InputError
from cleanworks.integrity import assessment, grades, published

QUESTIONS = list(institutions.QUESTIONS)


@pytest.fixture(scope="module")
def tables():
    return institutions.make(profile=profiles.load("seoul"))


@pytest.fixture(scope="module")
def scores(tables):
    """Scores of every body and year with the teaching models: external, internal, effort, deduction, overall."""
    results = tables["survey_results"]
    items = pd.DataFrame(
        {q: assessment.to_ten(results[q], reverse=q in assessment.NEGATIVE) for q in assessment.PERCEPTION}
    )
    experience = assessment.experience_score(results["experienced"] / results["answered"])
    part = 10 * assessment.combine(
        {"perception": items.mean(axis=1), "experience": experience}, assessment.EQUAL_QUESTIONS
    )
    wide = results.assign(part=part).pivot(index=["institution_id", "year"], columns="survey", values="part")
    table = pd.DataFrame({"external": wide["citizens"], "internal": wide["staff"]})
    table["perceived"] = assessment.perceived_2022(table["external"], table["internal"])
    tasks = tables["initiatives"]
    given = tasks["site_score"].fillna(tasks["desk_score"])
    table["effort"] = given.groupby([tasks["institution_id"], tasks["year"]]).mean()
    bodies = tables["institutions"].set_index("institution_id")
    cases = tables["cases"]
    taken = [
        assessment.case_deduction(cases[cases["year"].eq(year)], bodies["staff"]).rename(year)
        for year in institutions.YEARS
    ]
    deductions = pd.concat(taken, axis=1).stack()
    deductions.index.names = ["institution_id", "year"]
    table["deduction"] = deductions
    table["overall"] = assessment.overall_2022(table["perceived"], table["effort"], table["deduction"])
    table["type"] = table.index.get_level_values("institution_id").map(bodies["type"])
    return table


# -- the tables hold together ---------------------------------------------------------------------------------------


def test_there_is_a_description_of_every_table(tables):
    assert set(tables) == set(schemas_integrity.TABLES)
    for name, described in schemas_integrity.TABLES.items():
        assert list(tables[name].columns) == described.names


@pytest.mark.parametrize("name", list(schemas_integrity.TABLES))
def test_values_are_those_described(tables, name):
    table = tables[name]
    for column in schemas_integrity.TABLES[name].columns:
        values = table[column.name]
        assert column.null or values.notna().all(), column.name
        if column.allowed:
            assert set(values) <= set(column.allowed), column.name
        if column.low is not None:
            assert values.min() >= column.low, column.name
        if column.high is not None:
            assert values.max() <= column.high, column.name
    key = schemas_integrity.TABLES[name].key
    assert not key or not table.duplicated(key).any()


def test_no_row_belongs_to_a_body_that_is_not_there(tables):
    known = set(tables["institutions"]["institution_id"])
    for name, table in tables.items():
        assert set(table["institution_id"]) <= known, name


def test_single_answers_and_their_summary_agree(tables):
    results = (
        tables["survey_results"].query("year == 2025 and survey == 'citizens'").set_index("institution_id")
    )
    answers = tables["citizen_responses"].query("year == 2025")
    grouped = answers.groupby("institution_id")
    assert (grouped.size() == results["answered"]).all()
    assert (grouped["experienced"].sum() == results["experienced"]).all()
    assert np.allclose(grouped[QUESTIONS].mean(), results[QUESTIONS])


def test_the_number_of_times_belongs_to_the_answer(tables):
    for name in ("citizen_responses", "staff_responses"):
        assert (tables[name]["experienced"] == tables[name]["times"].gt(0)).all()


def test_the_same_seed_gives_the_same_country_and_another_seed_another(tables):
    again = institutions.make(profile=profiles.load("seoul"))
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, again[name])
    small = [institutions.make(seed=seed, bodies=0.1, respondents=0.2) for seed in (1, 2)]
    assert not small[0]["survey_results"].equals(small[1]["survey_results"])


def test_years_asked_for_do_not_change_the_answers(tables):
    other = institutions.make(profile=profiles.load("seoul"), respondent_years=[2025])
    assert set(other["citizen_responses"]["year"]) == {2025}
    pd.testing.assert_frame_equal(
        other["staff_responses"], tables["staff_responses"].query("year == 2025").reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(other["survey_results"], tables["survey_results"])


def test_a_country_without_single_answers_still_has_its_columns():
    none = institutions.make(bodies=0.05, respondents=0.1, respondent_years=[])
    assert list(none["citizen_responses"].columns) == schemas_integrity.CITIZEN_RESPONSES.names
    assert none["citizen_responses"].empty and len(none["survey_results"]) > 0


def test_impossible_sizes_and_years_are_refused():
    with pytest.raises(InputError, match="no year 1990"):
        institutions.make(respondent_years=[1990])
    with pytest.raises(InputError, match="above zero"):
        institutions.make(bodies=0)


# -- near the published figures ------------------------------------------------------------------------------------


def test_bodies_of_2025_are_the_published_ones(tables):
    here = tables["institutions"].query("last_year >= 2025")
    counts = here["type"].value_counts()
    for kind in counts.index:
        assert counts[kind] == published.value("ia_by_type", "bodies", of=kind, year=2025)


@pytest.mark.parametrize(
    ("measure", "tolerance"),
    [("external", 0.7), ("internal", 0.7), ("perceived", 0.6), ("effort", 0.6), ("overall", 0.6)],
)
def test_averages_since_2022_lie_near_the_published_ones(scores, measure, tolerance):
    ours = scores.groupby("year")[measure].mean()
    theirs = published.series("cia_headline", measure, of="all")
    assert (ours[theirs.index] - theirs).abs().max() < tolerance


def test_users_and_staff_up_to_2021_lie_near_the_published_averages(scores):
    for measure in ("external", "internal"):
        ours = scores.groupby("year")[measure].mean() / 10
        theirs = published.series("ia_headline", measure, of="2012-2021")
        both = [year for year in theirs.index if year in ours.index]
        assert len(both) >= 5
        assert (ours[both] - theirs[both]).abs().max() < 0.1


def test_types_of_2025_lie_near_the_published_ones(scores):
    ours = scores.xs(2025, level="year").groupby("type")["overall"].mean()
    for kind, score in ours.items():
        # Points of 100. The bodies are drawn, and some types have few: their mean moves by more than a point from draw to draw.
        assert score == pytest.approx(published.value("ia_by_type", "overall", of=kind, year=2025), abs=1.5)


def test_reported_experience_lies_near_the_published_rates(tables):
    summed = tables["survey_results"].groupby(["survey", "year"])[["experienced", "answered"]].sum()
    rate = 100 * summed["experienced"] / summed["answered"]
    rows = published.table("ia_experience")
    wide = rows[
        rows["series"].str.startswith("gave or was asked") & rows["measure"].isin(["citizens", "staff"])
    ]
    for row in wide.itertuples():
        assert rate[row.measure, row.year] == pytest.approx(row.value, abs=0.12), (row.measure, row.year)


def test_cases_lie_near_the_published_counts(tables):
    outside = tables["cases"].query("found_by != 'inside' and year == 2025")
    assert len(outside) == pytest.approx(
        published.value("ia_deductions", "cases", of="all", year=2025), rel=0.15
    )
    bodies = published.value("ia_deductions", "bodies with a deduction", of="all", year=2025)
    assert outside["institution_id"].nunique() == pytest.approx(bodies, rel=0.2)


def test_the_average_deduction_lies_near_the_implied_one(scores):
    ours = scores.groupby("year")["deduction"].mean()[2025]
    theirs = published.value("ia_deductions", "implied average deduction", year=2025)
    assert ours == pytest.approx(theirs, abs=0.15)


def test_grades_and_their_moves_lie_near_the_published_shares(scores):
    given = {
        year: grades.grade(part["overall"], part["type"])
        for year, part in ((year, scores.xs(year, level="year")) for year in (2023, 2024, 2025))
    }
    shares = 100 * given[2025].value_counts(normalize=True).sort_index()
    assert (shares - [5, 24, 39, 26, 5]).abs().max() < 6.5
    both = pd.concat([given[2023], given[2024]], axis=1, keys=["before", "after"]).dropna()
    assert 100 * (both["after"] < both["before"]).mean() == pytest.approx(29.8, abs=4)
    assert 100 * (both["after"] > both["before"]).mean() == pytest.approx(28.9, abs=4)


def test_the_weights_can_be_recovered_from_the_bodies(scores):
    here = scores.xs(2025, level="year")
    left = here["overall"] + here["deduction"]
    found, *_ = np.linalg.lstsq(here[["perceived", "effort"]].to_numpy(), left.to_numpy(), rcond=None)
    assert np.allclose(found, [0.60, 0.40])


# -- the planted truth ---------------------------------------------------------------------------------------------


def test_the_reported_rate_understates_the_true_one(tables):
    results = tables["survey_results"].query("survey == 'citizens'")
    truth = tables["integrity_truth"].merge(results[["institution_id", "year", "answered"]])
    true_rate = np.average(truth["citizen_bribery"], weights=truth["answered"])
    reported = results["experienced"].sum() / results["answered"].sum()
    expected = institutions.ADMITS * institutions.ANSWERS_LESS
    assert reported / true_rate == pytest.approx(expected, abs=0.06)


def test_integrity_does_not_jump_with_the_questionnaire_but_scores_do(tables, scores):
    truth = tables["integrity_truth"].groupby("year")["integrity"].mean()
    gap = (scores["external"] - scores["internal"]).groupby("year").mean()
    assert abs(truth[2022] - truth[2021]) < 0.5
    assert gap[2022] - gap[2021] > 15


def test_the_reform_shows_in_the_answers_with_its_planted_size(tables, scores):
    reformed = tables["integrity_truth"].set_index(["institution_id", "year"])["reform_effect"].gt(0)
    after = reformed.unstack()[2025]
    change = scores["external"].unstack()[2025] - scores["external"].unstack()[2022]
    before = reformed.unstack()[2022]
    new, never = change[after.eq(True) & before.eq(False)], change[after.eq(False)]
    error = np.hypot(new.sem(), never.dropna().sem())
    assert new.mean() - never.mean() == pytest.approx(institutions.REFORM_EFFECT, abs=3 * error)
    assert new.mean() - never.mean() > 2 * error


def test_entry_by_population_is_sharp(tables):
    local = tables["institutions"].query("type == 'basic'")
    enrolled = tables["programmes"].query("programme == 'initiative_assessment' and year == 2020")
    large = local["population"].ge(institutions.PROGRAMME_POPULATION)
    assert (local["institution_id"].isin(enrolled["institution_id"]) == large).all()
    assert 20 <= large.sum() <= 60


def test_consulted_bodies_were_low_the_year_before_and_tend_to_rise(tables, scores):
    consulted = tables["programmes"].query("programme == 'integrity_consulting'")
    by_type = scores.groupby(["type", "year"])["perceived"]
    z = (scores["perceived"] - by_type.transform("mean")) / by_type.transform("std")
    before = z.reindex(pd.MultiIndex.from_arrays([consulted["institution_id"], consulted["year"] - 1]))
    after = z.reindex(pd.MultiIndex.from_arrays([consulted["institution_id"], consulted["year"]]))
    assert before.mean() < -0.9
    assert after.mean() > before.mean() + 0.2


def test_bodies_that_steer_their_list_answer_more_and_better(tables):
    truth = tables["integrity_truth"].query("year == 2025").set_index("institution_id")
    results = (
        tables["survey_results"].query("year == 2025 and survey == 'citizens'").set_index("institution_id")
    )
    steering = truth["gaming"]
    assert 5 <= steering.sum() <= 15
    rate = results["answered"] / results["invited"]
    assert rate[steering].mean() > 1.4 * rate[~steering].mean()
    answers = tables["citizen_responses"].query("year == 2025")
    best = answers[QUESTIONS].eq([7, 1, 1, 1, 1, 1, 1]).all(axis=1).groupby(answers["institution_id"]).mean()
    assert best[steering].mean() > 3 * best[~steering].mean()


def test_initiatives_claim_more_than_they_did_and_site_checks_find_it(tables):
    tasks = tables["initiatives"]
    assert (tasks["claimed_score"] >= tasks["planted_done"]).all()
    seen = tasks[tasks["site_checked"]]
    assert (seen["site_score"] - seen["planted_done"]).abs().mean() < 3
    assert tasks["site_score"].notna().equals(tasks["site_checked"])


# -- size ---------------------------------------------------------------------------------------------------------


def test_the_country_scales_in_both_directions():
    small = institutions.make(bodies=0.1, respondents=0.1)
    assert 40 <= len(small["institutions"]) <= 60
    assert small["survey_results"].query("survey == 'citizens'")["answered"].mean() == pytest.approx(
        26, rel=0.25
    )


def test_amounts_follow_the_money_of_the_profile():
    median = {}
    for code in ("seoul", "exampleland"):
        profile = profiles.load(code)
        median[code] = (
            institutions.make(profile=profile, bodies=0.3, respondents=0.05)["cases"]["amount"].median()
            / profile["city.contract_median"]
        )
    assert median["seoul"] == pytest.approx(median["exampleland"], rel=0.1)


def test_descriptions_say_what_is_planted():
    assert "Planted truth" in schemas_integrity.INITIATIVES["planted_done"].meaning
    assert isinstance(schemas_integrity.INTEGRITY_TRUTH, schemas.Table)


@pytest.mark.parametrize("name", list(schemas_integrity.TABLES))
def test_the_city_hands_the_tables_out_as_described(name):
    pytest.importorskip("pandera")
    schemas.pandera_schema(name).validate(city.load(name, profile="seoul"))
