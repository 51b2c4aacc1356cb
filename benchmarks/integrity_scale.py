"""Time and memory of a whole assessment: 500 institutions, 300 respondents each, 10 years.

    python benchmarks/integrity_scale.py [--institutions 500] [--respondents 300] [--years 10] [--draws 1000]

For every year: score the answers of citizens and staff, join them with effort and deductions, grade within type, give
rank intervals of sampling error, and draw the ranks of an index of four parts under 1,000 sets of choices. Answers are
made first and not counted. The limits are 60 seconds on two cores and 4 GiB.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
import pandas as pd

from cleanworks.integrity import assessment, composite, grades

LIMIT_SECONDS, LIMIT_GIB = 60, 4
TYPES = ("central", "metropolitan", "basic", "education", "corporation")


def answers(
    rng: np.random.Generator, institutions: pd.DataFrame, respondents: int, shift: float
) -> pd.DataFrame:
    """One survey of one year: seven questions of 1 to 7 and an experience, for each respondent."""
    n = len(institutions) * respondents
    level = np.repeat(institutions["level"].to_numpy() + shift, respondents)
    own = level + rng.normal(0, 1.0, n)
    table = {"institution_id": np.repeat(institutions["institution_id"].to_numpy(), respondents)}
    for item in assessment.PERCEPTION:
        code = np.clip(np.rint(own + rng.normal(0, 0.8, n)), 1, 7)
        table[item] = 8 - code if item in assessment.NEGATIVE else code
    table["experienced"] = rng.random(n) < 0.01
    return pd.DataFrame(table)


def make(rng: np.random.Generator, institutions: int, respondents: int, years: int):
    """Institutions, and for each year the answers of citizens (three quarters) and staff, effort and deductions."""
    bodies = pd.DataFrame(
        {
            "institution_id": [f"I{i:04d}" for i in range(institutions)],
            "type": np.resize(TYPES, institutions),
            "level": rng.normal(5.6, 0.25, institutions),
        }
    )
    citizens = respondents * 3 // 4
    rounds = []
    for _ in range(years):
        rounds.append(
            (
                answers(rng, bodies, citizens, 0.0),
                answers(rng, bodies, respondents - citizens, -0.9),
                rng.normal(83, 5, institutions).clip(0, 100),
                rng.exponential(0.5, institutions),
            )
        )
    return bodies, rounds


def assess(bodies, external, internal, effort, deduction, rng, draws) -> pd.DataFrame:
    """One year: scores, grades, rank intervals and ranks under many choices."""
    parts = {"external": assessment.survey_part(external), "internal": assessment.survey_part(internal)}
    scores = bodies.set_index("institution_id")[["type"]].assign(effort=effort, deduction=deduction)
    for name, part in parts.items():
        scores[name] = 10 * part["score"]
    scores["perceived"] = assessment.perceived_2022(scores["external"], scores["internal"])
    scores["overall"] = assessment.overall_2022(scores["perceived"], scores["effort"], scores["deduction"])
    scores["grade"] = grades.grade(scores["overall"], scores["type"])
    # The error of the perceived part alone: effort and deductions are not samples.
    error = 6 * np.hypot(0.7 * parts["external"]["error"], 0.3 * parts["internal"]["error"])
    sampling = grades.rank_intervals(scores["overall"], error, rng, draws=draws, groups=scores["type"])
    indicators = scores[["external", "internal", "effort", "deduction"]]
    weights = pd.Series({"external": 0.4, "internal": 0.2, "effort": 0.3, "deduction": 0.1})
    choices = composite.monte_carlo_ranks(indicators, weights, rng, draws=draws, negative=["deduction"])
    moved = composite.grade_changes(scores, rng, draws=draws)
    return (
        scores.join(sampling.add_prefix("sampling_"))
        .join(choices.add_prefix("choices_"))
        .join(moved["moved"])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("institutions", 500), ("respondents", 300), ("years", 10), ("draws", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    rng = np.random.default_rng(2024)
    bodies, rounds = make(rng, options.institutions, options.respondents, options.years)
    rows = sum(len(external) + len(internal) for external, internal, *_ in rounds)
    wall, cpu = time.perf_counter(), time.process_time()
    results = [assess(bodies, *each, rng, options.draws) for each in rounds]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    table = pd.concat(results, keys=range(options.years), names=["year"])
    print(f"{rows:,} answers, {len(table):,} scores, {options.draws:,} draws a year and kind")
    print(
        f"{wall:.1f} s wall, {cpu:.1f} s CPU (limit {LIMIT_SECONDS}), peak {peak:.2f} GiB (limit {LIMIT_GIB})"
    )
    width = (table["sampling_high"] - table["sampling_low"]).mean()
    print(
        f"mean width of a rank interval within type: {width:.0f} of {options.institutions / len(TYPES):.0f} places"
    )
    print(f"mean share of draws with another grade: {table['moved'].mean():.0%}")
    raise SystemExit(0 if wall < LIMIT_SECONDS and peak < LIMIT_GIB else 1)


if __name__ == "__main__":
    main()
