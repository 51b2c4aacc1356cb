"""Scorecard, league table, map of grades and brief: right numbers, nothing small shown, pages that are pages."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from cleanworks import city, paper, profiles
from cleanworks.errors import InputError
from cleanworks.integrity import assessment, products

NAMES = ("institutions", "citizen_responses", "staff_responses", "initiatives", "cases")


def rules():
    p = profiles.active()
    return {"unit": p["assessment.case_amount_unit"], "cap": p["assessment.deduction_cap"]}


@cache
def tables():
    return dict(zip(NAMES, city.load(*NAMES), strict=True))


@cache
def results(year=2025, least=30):
    return products.year_results(year, **tables(), **rules(), least=least)


def rng():
    return np.random.default_rng(11)


def test_the_overall_score_is_that_of_the_assessment_room():
    table = results().table
    id_ = "CEN-041"
    users = tables()["citizen_responses"].query("year == 2025 and institution_id == @id_")
    staff = tables()["staff_responses"].query("year == 2025 and institution_id == @id_")
    perceived = assessment.perceived_2022(
        10 * assessment.survey_part(users)["score"][id_], 10 * assessment.survey_part(staff)["score"][id_]
    )
    assert table.loc[id_, "perceived"] == pytest.approx(perceived)
    assert table.loc[id_, "overall"] == pytest.approx(
        assessment.overall_2022(
            perceived, table.loc[id_, "effort"], table.loc[id_, "deduction"], cap=rules()["cap"]
        )
    )


def test_the_error_is_that_of_a_bootstrap():
    chosen = {name: frame for name, frame in tables().items()}
    reported = (
        tables()["citizen_responses"].query("year == 2025").groupby("institution_id")["experienced"].sum()
    )
    staff = tables()["staff_responses"].query("year == 2025").groupby("institution_id")["experienced"].sum()
    quiet = (reported + staff).loc[lambda events: events == 0].index[0]
    one = tables()["institutions"].query("institution_id in ('CEN-041', @quiet)")
    chosen["institutions"] = one
    # Without ids: a bootstrap counts some people twice, which a survey must not.
    pick = {
        name: tables()[name].drop(columns="response_id")[
            tables()[name]["institution_id"].isin(one["institution_id"]) & tables()[name]["year"].eq(2025)
        ]
        for name in ("citizen_responses", "staff_responses")
    }
    said = products.year_results(2025, **{**chosen, **pick}, **rules()).table
    generator, found = np.random.default_rng(2), []
    for _ in range(20):
        again = {
            name: frame.groupby("institution_id").sample(frac=1, replace=True, random_state=generator)
            for name, frame in pick.items()
        }
        found.append(products.year_results(2025, **{**chosen, **again}, **rules()).table["overall"])
    spread = pd.concat(found, axis=1).std(axis=1)
    ratio = spread / said["error"]
    assert 0.6 < ratio["CEN-041"] < 1.4
    # Nobody reported anything in the other body: a bootstrap believes that it is certain, we do not.
    assert said.loc[quiet, "experienced"] == 0 and ratio[quiet] < 1


def test_a_body_where_nobody_reports_an_experience_is_not_thought_certain():
    table = results().published
    silent = table[table["experienced"] == 0]
    assert silent["error"].min() > 0.4 * table["error"].median()


def test_a_body_with_too_few_answers_has_no_score_anywhere():
    few = results(least=200)
    hidden = few.table[few.table["withheld"] != ""]
    assert len(hidden) and hidden[["overall", "low", "users", "staff"]].isna().all(axis=None)
    assert "fewer than 200 answers" in products.league_table(few, rng()).html
    with pytest.raises(InputError, match="fewer than 200 answers"):
        products.scorecard(few, hidden.index[0], rng())


def test_one_respondent_is_never_a_score():
    cut = tables()["citizen_responses"]
    cut = cut[(cut["year"] == 2025)]
    single = cut[cut["institution_id"] == "CEN-041"].head(1)
    rest = pd.concat([cut[cut["institution_id"] != "CEN-041"], single])
    table = products.year_results(2025, **{**tables(), "citizen_responses": rest}, **rules()).table
    assert table.loc["CEN-041", "withheld"] and np.isnan(table.loc["CEN-041", "overall"])
    assert table.loc[table["withheld"] == "", ["overall", "error", "grade"]].notna().all(axis=None)


def test_a_small_number_of_experiences_is_not_printed():
    table = results().published
    small = table.index[table["experienced"].between(1, 4)][0]
    html = products.scorecard(results(), small, rng()).html
    assert "Fewer than 5 of" in html
    assert f">{table.loc[small, 'experienced']} of {table.loc[small, 'users_answers']:,} users" not in html


def test_the_league_table_is_in_order_and_ranks_hold_their_intervals():
    html = products.league_table(results(), rng(), kind="metropolitan").html
    scores = [float(x) for x in re.findall(r'</th><td class="number">([\d.]+)</td>', html)]
    assert scores == sorted(scores, reverse=True) and len(scores) == len(
        results().of_type("metropolitan").published
    )
    for rank, low, high in re.findall(
        r'<tr><td class="number">(\d+)</td><td class="number">(\d+) to (\d+)</td>', html
    ):
        assert int(low) <= int(rank) <= int(high)


def test_every_body_is_a_tile_with_its_grade_in_figures():
    html = products.grade_map(results()).html
    tiles = re.findall(r'<li class="tile g(\d)"><span class="id">([A-Z]+-\d+)</span><b>(\d|none)</b>', html)
    assert len(tiles) == len(results().table)
    grades = results().table["grade"]
    assert all(shade == number == str(grades[body]) for shade, body, number in tiles if number != "none")


def test_the_brief_compares_the_bodies_scored_both_times():
    html = products.brief(results(), results(2024)).html
    both = results().published.index.intersection(results(2024).published.index)
    moved = (
        results().published.loc[both, "overall"].mean() - results(2024).published.loc[both, "overall"].mean()
    )
    assert f"Among the {len(both)} bodies" in html and f"{moved:+.1f} points since 2024" in html


def test_neighbours_by_hand():
    table = (
        results().published.groupby("type").get_group("metropolitan").sort_values("overall", ascending=False)
    )
    first = results().of_type("metropolitan").neighbours().iloc[0]
    a, b = table.iloc[0], table.iloc[1]
    assert first["z"] == pytest.approx(
        (a["overall"] - b["overall"]) / np.sqrt(a["error"] ** 2 + b["error"] ** 2)
    )
    assert first["apart"] == (first["z"] > 1.96)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: products.year_results(1999, **tables(), **rules()), "no rows of 1999"),
        (
            lambda: products.year_results(
                2025, **{**tables(), "staff_responses": tables()["cases"].drop(columns="year")}, **rules()
            ),
            "Missing column: year",
        ),
        (
            lambda: products.year_results(
                2025, **{**tables(), "institutions": tables()["institutions"].iloc[1:]}, **rules()
            ),
            "'CEN-001'",
        ),
        (lambda: products.year_results(2025, **tables(), **rules(), least=10**6), "No body has"),
        (lambda: products.year_results(2025, **tables(), **rules(), least=1), "2 or more"),
        (lambda: products.scorecard(results(), "NO-1", rng()), "no body 'NO-1'"),
        (lambda: products.league_table(results(), rng(), kind="villages"), "'villages' is not known"),
    ],
)
def test_bad_input_is_told(call, words):
    with pytest.raises(InputError, match=re.escape(words)):
        call()


def test_names_are_escaped():
    renamed = {**tables(), "institutions": tables()["institutions"].assign(name="<b>Office</b>")}
    odd = products.year_results(2025, **renamed, **rules())
    for page in (
        products.scorecard(odd, "CEN-041", rng()),
        products.league_table(odd, rng(), kind="central"),
        products.brief(odd),
        products.grade_map(odd),
    ):
        assert "<b>Office" not in page.html


def test_scorecard_and_brief_are_one_a4_page_each(tmp_path):
    if not paper.browser():
        pytest.fail("Chromium is missing: it prints the pages.")
    for page in (products.scorecard(results(), "CEN-041", rng()), products.brief(results(), results(2024))):
        content = page.save(tmp_path / "page.pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 1
