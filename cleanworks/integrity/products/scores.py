"""One year's assessment as one table: scores, errors, grades, and what must not be published.

The rules of 2022 (`assessment.overall_2022`), with the course's equal weights of questions and its teaching formula for cases; see
`assessment` for the status of every number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.integrity import assessment, grades
from cleanworks.integrity._quantiles import two_sided
from cleanworks.typed import Numbers

LEAST_ANSWERS = 30
"""Answers below which a body gets no score (ours); Korea does not grade bodies with too few valid answers (acrc-s29)."""

LEAST_PEOPLE = 5
"""People with an experience below which their number is not shown (ours)."""


@dataclass(frozen=True)
class YearResults:
    """Results of one year.

    Attributes
    ----------
    year : int
    table : DataFrame
        Indexed by ``institution_id``: ``name, type, region, users_answers, staff_answers, users, staff, perceived, effort, deduction,
        overall`` (points of 100), ``error`` (standard error of ``overall`` from the two surveys), ``low, high`` (95 % interval),
        ``grade`` (1 to 5 within type, missing where a type has a single score), ``experienced`` (users who reported an experience), ``withheld`` (why there is no score, or empty).
    items : mapping
        ``"users"`` and ``"staff"``: the mean of each question for each body, points of 100.
    least : int
        Answers below which a body has no score.
    """

    year: int
    table: pd.DataFrame
    items: Mapping[str, pd.DataFrame]
    least: int

    @property
    def published(self) -> pd.DataFrame:
        """The bodies with a score."""
        return self.table[self.table["withheld"] == ""]

    def of_type(self, kind: str | None) -> YearResults:
        """The same results for one type of bodies; for all of them with None.

        Raises
        ------
        InputError
            There is no such type.
        """
        if kind is None:
            return self
        input_checks.choice(kind, sorted(self.table["type"].unique()), "type")
        return YearResults(self.year, self.table[self.table["type"] == kind], self.items, self.least)

    def neighbours(self) -> pd.DataFrame:
        """Bodies next to each other in rank, type by type: ``upper, lower`` (ids), ``gap``, ``z`` (the gap in standard errors).

        ``apart`` says whether ``z`` passes 1.96. Each pair is looked at alone; of many pairs that do not differ, one in twenty passes.
        """
        rows = []
        for _, bodies in self.published.groupby("type", sort=True):
            ordered = bodies.sort_values("overall", ascending=False)
            for upper, lower in zip(ordered.itertuples(), ordered.iloc[1:].itertuples(), strict=False):
                gap = upper.overall - lower.overall
                rows.append((upper.Index, lower.Index, gap, gap / np.hypot(upper.error, lower.error)))
        pairs = pd.DataFrame(rows, columns=["upper", "lower", "gap", "z"])
        return pairs.assign(apart=pairs["z"] > two_sided(0.95))


def year_results(
    year: int,
    *,
    institutions: pd.DataFrame,
    citizen_responses: pd.DataFrame,
    staff_responses: pd.DataFrame,
    initiatives: pd.DataFrame,
    cases: pd.DataFrame,
    unit: float,
    cap: float,
    least: int = LEAST_ANSWERS,
) -> YearResults:
    """Score and grade every body of a year.

    Parameters
    ----------
    year : int
    institutions, citizen_responses, staff_responses, initiatives, cases : DataFrame
        Tables in the form of the course's city (see the data dictionary), any number of years.
    unit, cap : float
        Amount that counts as one unit in the deduction for cases, and the most points it may take.
    least : int
        Answers that a body needs in each survey, two or more.

    Raises
    ------
    InputError
        A year without answers, a missing column, answers of a body that the list does not hold, or no body with enough answers.
    """
    least = input_checks.whole(least, "least", least=2)
    input_checks.need_rows(
        institutions,
        ("institution_id", "name", "type", "region", "staff", "first_year", "last_year"),
        "institutions",
    )
    input_checks.unique(institutions, ["institution_id"], "institutions")
    bodies = institutions[
        (institutions["first_year"] <= year) & (institutions["last_year"] >= year)
    ].set_index("institution_id")
    users = _of_year(citizen_responses, year, "citizen_responses", bodies.index)
    staff = _of_year(staff_responses, year, "staff_responses", bodies.index)
    tasks = _of_year(initiatives, year, "initiatives", None)
    found = _of_year(cases, year, "cases", None, empty=True)

    parts, errors, items = {}, {}, {}
    experienced: Any = None
    for name, answers in (("users", users), ("staff", staff)):
        part = assessment.survey_part(answers)
        parts[name] = part.reindex(bodies.index)
        errors[name] = _errors(answers, part).reindex(bodies.index)
        scored = 10 * assessment.item_scores(answers)
        items[name] = scored.groupby(answers["institution_id"], observed=True).mean()
        if name == "users":
            experienced = (
                answers["experienced"].astype(float).groupby(answers["institution_id"], observed=True).sum()
            )
    effort = _effort(tasks).reindex(bodies.index)
    deduction = assessment.case_deduction(found, bodies["staff"], unit=unit, cap=cap)
    deduction = deduction.reindex(bodies.index).fillna(0.0)

    table = bodies[["name", "type", "region"]].copy()
    for name in ("users", "staff"):
        table[f"{name}_answers"] = parts[name]["respondents"].fillna(0).astype("int64")
    few = (table["users_answers"] < least) | (table["staff_answers"] < least)
    table["withheld"] = np.select(
        [few, effort.isna()], [f"fewer than {least} answers", "no evidence of effort"], ""
    )
    open_ = table["withheld"] == ""
    if not open_.any():
        raise InputError(
            f"No body has {least} answers in both surveys of {year}.",
            where="least",
            fix="Pool years, or ask more people.",
        )
    for name in ("users", "staff"):
        table[name] = (10 * parts[name]["score"]).where(open_)
    table["perceived"] = assessment.perceived_2022(table["users"], table["staff"])
    table["effort"], table["deduction"] = effort.where(open_), deduction.where(open_)
    table["overall"] = assessment.overall_2022(
        table["perceived"], table["effort"], table["deduction"], cap=cap
    )
    slope = _slopes(cap)
    table["error"] = np.hypot(*(10 * slope[name] * errors[name] for name in ("users", "staff"))).where(open_)
    z = two_sided(0.95)
    table["low"], table["high"] = table["overall"] - z * table["error"], table["overall"] + z * table["error"]
    table["grade"] = _grades(table)
    table["experienced"] = experienced.reindex(bodies.index).fillna(0).astype("int64")
    return YearResults(year, table, items, least)


def _effort(tasks: pd.DataFrame) -> pd.Series:
    """The mean score of each body's initiatives: on the spot where somebody looked, else on paper."""
    return tasks["site_score"].fillna(tasks["desk_score"]).groupby(tasks["institution_id"]).mean()


def _slopes(cap: float) -> dict[str, float]:
    """What one point more of each survey adds to the overall score: the rule is linear."""

    def overall(users: float, staff: float) -> Any:
        return assessment.overall_2022(assessment.perceived_2022(users, staff), 50.0, 0.0, cap=cap)

    return {"users": _slope(lambda x: overall(x, 50.0)), "staff": _slope(lambda x: overall(50.0, x))}


def _grades(table: pd.DataFrame) -> pd.Series:
    """Grades within each type. A type with one score has no spread, and so no grades."""
    spread = table.groupby("type")["overall"].transform("std", ddof=0)
    found = grades.grade(table["overall"].where(spread > 0), table["type"].where(spread > 0))
    return found.reindex(table.index)


def _of_year(
    table: pd.DataFrame, year: int, name: str, known: pd.Index | None, *, empty: bool = False
) -> pd.DataFrame:
    input_checks.need_rows(table, ("institution_id", "year"), name)
    rows = table[table["year"] == year]
    if rows.empty and not empty:
        years = sorted(table["year"].unique())
        raise InputError(
            f"There are no rows of {year}.",
            where=name,
            fix=f"The table holds {years[0]} to {years[-1]}." if years else "The table is empty.",
        )
    if known is not None:
        strange = rows.loc[~rows["institution_id"].isin(known), "institution_id"]
        if len(strange):
            raise InputError(
                f"{strange.iloc[0]!r} answers were given about a body that is not in the list of {year}.",
                where=f"{name}, row {strange.index[0]}",
                fix="Add the body to institutions, or correct its id.",
            )
    return rows


def _errors(answers: pd.DataFrame, part: pd.DataFrame, worst: float = 0.05) -> pd.Series:
    """Standard error of a body's score out of ten, from its perception and from its share of experiences.

    The variance of the share is taken at a share to which one more person with an experience is added, among as many people as have one
    in all bodies together (ours): where nobody reported anything, the share is not certain either. That the score does not fall
    below the worst share is left out, which makes the intervals of such bodies too wide rather than too narrow.
    """
    weights = pd.Series(assessment.EQUAL_QUESTIONS, dtype=float)
    weights = weights / weights.sum()
    experienced = answers["experienced"].astype("float64")
    by = answers["institution_id"]
    events, people = (experienced.groupby(by, observed=True).agg(how) for how in ("sum", "count"))
    typical = max(float(experienced.mean()), 1 / max(len(experienced), 1))
    share = (events + 1) / (people + 1 / typical)
    of_share = weights["experience"] * 10 / worst * np.sqrt(share * (1 - share) / people)
    return np.hypot(weights["perception"] * part["error"], of_share)


def _slope(rule: Callable[[float], Numbers]) -> float:
    return float(rule(51.0) - rule(50.0))
