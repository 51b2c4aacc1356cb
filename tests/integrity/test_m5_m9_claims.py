"""What lessons m5 and m9 say in words about their data is true."""

import json
from pathlib import Path

import numpy as np

from cleanworks import city
from cleanworks.integrity import assessment, evaluation, grades, published

LESSONS = Path(__file__).resolve().parents[2] / "notebooks" / "integrity"


def test_m5_overlapping_bars_can_differ_and_bars_apart_always_do():
    bodies = city.load("institutions").query("type == 'metropolitan'")["institution_id"]
    answers = city.load("citizen_responses").query("year == 2025")
    answers = answers[answers["institution_id"].isin(bodies)]
    person = assessment.perception(assessment.item_scores(answers))
    found = person.groupby(answers["institution_id"]).agg(["mean", "std", "count"])
    score, error = found["mean"].to_numpy(), (found["std"] / found["count"] ** 0.5).to_numpy()
    gaps = np.subtract.outer(score, score)
    apart = gaps > 1.96 * np.add.outer(error, error)
    differ = gaps > 1.96 * np.hypot.outer(error, error)
    assert (differ | ~apart).all()
    assert (differ & ~apart).sum() >= 3
    assert {3, 4} <= set(grades.grade(found["mean"]))


def test_m5_does_not_teach_overlap_as_a_test():
    text = "".join(
        "".join(c["source"]) for c in json.loads(next(LESSONS.glob("m5-*.ipynb")).read_text())["cells"]
    )
    assert "That is no test." in text and "90 % intervals" in text


def test_m9_about_half_of_the_weak_bodies_rise_by_themselves():
    link = evaluation.implied_correlation(137 / 460)
    assert 0.45 < evaluation.share_rising(link)[1] < 0.6


def test_m9_the_estimate_finds_what_was_planted():
    survey = city.load("survey_results").query("survey == 'citizens'")
    bad = [
        "breach_of_standards",
        "passive_conduct",
        "preferential_treatment",
        "improper_solicitation",
        "abuse_of_power",
        "private_interest",
    ]
    score = ((8 - survey[bad]).assign(good=survey["transparent_handling"]).mean(axis=1) - 1) / 6 * 100
    panel = survey[["institution_id", "year"]].assign(score=score)
    first = (
        city.load("programmes").query("programme == 'reform_pilot'").groupby("institution_id")["year"].min()
    )
    panel["start"] = panel["institution_id"].map(first)
    two = panel[panel["year"].isin([2020, 2022]) & (panel["start"] != 2023)]
    two = two.assign(treated=(two["start"] == 2021) & (two["year"] == 2022))
    found = evaluation.difference_in_differences(two, "score")
    assert 0 < found.low < 3 * 9 / 7 < found.high


def test_m9_shows_one_version_of_each_study_and_units_that_are_explained():
    table = published.table("effects")
    shown = table[
        ~table["series"].str.contains("2012 version") & ~table["measure"].str.startswith("audit probability")
    ]
    assert set(shown["unit"]) == {"percentage points", "%"}
    assert not shown["series"].str.contains("2012").any()
