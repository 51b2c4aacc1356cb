"""What the tables of the integrity assessment hold; the form is that of ``cleanworks.city.schemas``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from cleanworks.city.institutions import AREAS, FINDERS, KINDS, QUESTIONS, RANKS, YEARS
from cleanworks.city.schemas import Column, Details, Limits, Table

_TEXTS = {
    "transparent_handling": "The work is handled in a transparent way",
    "breach_of_standards": "Standards and procedures are not kept",
    "passive_conduct": "Officials are passive or avoid responsibility",
    "preferential_treatment": "Some people are favoured",
    "improper_solicitation": "Requests from outside the procedure are met",
    "abuse_of_power": "Officials abuse their position",
    "private_interest": "Officials pursue private interests",
}
"""The topics are published (acrc-s4); the wording is ours."""


def _year(**more: Unpack[Details]) -> Column:
    return Column("year", "integer", "Year of the assessment", low=YEARS[0], high=YEARS[-1], **more)


def _body(**more: Unpack[Details]) -> Column:
    return Column("institution_id", "id", "Institution", refers="institutions.institution_id", **more)


def _code(name: str, allowed: Iterable[str], meaning: str, **more: Unpack[Details]) -> Column:
    return Column(name, "code", meaning, allowed=tuple(allowed), **more)


def _score(name: str, meaning: str, **more: Unpack[Limits]) -> Column:
    more.setdefault("low", 0)
    more.setdefault("high", 100)
    return Column(name, "number", meaning, unit="points of 100", **more)


_ANSWERS = tuple(
    Column(
        name,
        "integer",
        f"Agreement with: {_TEXTS[name]}. 1 not at all, 7 fully; empty: no answer",
        null=True,
        low=1,
        high=7,
    )
    for name in QUESTIONS
)
_EXPERIENCE = (
    Column(
        "experienced",
        "flag",
        "Whether the person says that he or she gave or was asked for money, a meal or entertainment",
    ),
    Column("times", "integer", "How often in the last twelve months", unit="times", low=0),
)

INSTITUTIONS = Table(
    "institutions",
    "one institution",
    (
        Column("institution_id", "id", "The institution's number", key=True),
        Column("name", "text", "An invented name"),
        _code("type", [kind.name for kind in KINDS], "Type; grades are given within a type"),
        Column("region", "text", "Region of the seat"),
        Column("staff", "integer", "Number of staff", low=1),
        Column(
            "population",
            "number",
            "Inhabitants; empty unless a regional or local government",
            null=True,
            low=0,
        ),
        Column("first_year", "integer", "First year of assessment", low=YEARS[0]),
        Column("last_year", "integer", "Last year of assessment", high=YEARS[-1]),
    ),
)

CITIZEN_RESPONSES = Table(
    "citizen_responses",
    "one user of a service who answered",
    (
        Column("response_id", "id", "The answer's number", key=True),
        _body(),
        _year(),
        Column("duty", "text", "Kind of business the user had with the institution"),
        _code("mode", ["telephone", "email", "text message", "messenger"], "How the user was asked"),
        *_ANSWERS,
        *_EXPERIENCE,
    ),
    note="By default the two newest years. Six questions name something bad: there 7 is the worst answer.",
)

STAFF_RESPONSES = Table(
    "staff_responses",
    "one member of staff who answered",
    (
        Column("response_id", "id", "The answer's number", key=True),
        _body(),
        _year(),
        *_ANSWERS,
        *_EXPERIENCE,
    ),
    note="By default the two newest years. Six questions name something bad: there 7 is the worst answer.",
)

SURVEY_RESULTS = Table(
    "survey_results",
    "one survey of one institution in one year, summed up",
    (
        _body(key=True),
        _year(key=True),
        _code("survey", ["citizens", "staff"], "Who was asked", key=True),
        Column("invited", "integer", "People invited to answer", unit="people", low=1),
        Column("answered", "integer", "People who answered", unit="people", low=1),
        *(
            Column(name, "number", f"Mean answer to: {_TEXTS[name]}", null=True, low=1, high=7)
            for name in QUESTIONS
        ),
        Column(
            "experienced", "integer", "People who reported an experience of corruption", unit="people", low=0
        ),
    ),
    note="All ten years. In 2022 the questionnaire changes: no line and no difference crosses that year.",
)

CASES = Table(
    "cases",
    "one corruption case that came to light",
    (
        Column("case_id", "id", "The case's number", key=True),
        _body(),
        _year(),
        Column("date_found", "date", "When it was found"),
        _code(
            "kind", ["bribery", "embezzlement", "favour in hiring", "misuse of information"], "Kind of case"
        ),
        _code("found_by", FINDERS, "Who found it; inside: the institution itself"),
        _code("rank", RANKS, "Rank of the most senior person"),
        Column("people", "integer", "Staff involved", unit="people", low=1),
        Column("amount", "money", "Sum involved", unit="currency", low=0),
    ),
)

INITIATIVES = Table(
    "initiatives",
    "one task of the initiative assessment of one institution in one year",
    (
        Column("initiative_id", "id", "The row's number", key=True),
        _body(),
        _year(),
        _code("area", [area for area, _ in AREAS], "Area of effort"),
        Column("task", "text", "Task within the area"),
        _score("claimed_score", "What the institution gives itself"),
        _code("evidence", ["full", "partial", "none"], "Evidence handed in"),
        _score("desk_score", "What a reader of the evidence gives"),
        Column("site_checked", "flag", "Whether a visit checked it"),
        _score("site_score", "What the visit found; empty without a visit", null=True),
        _score("planted_done", "Planted truth: what was done"),
    ),
)

PROGRAMMES = Table(
    "programmes",
    "one institution in one programme in one year",
    (
        _body(key=True),
        _year(key=True),
        _code(
            "programme",
            ["initiative_assessment", "reform_pilot", "integrity_consulting"],
            "Local governments enter the first by population, bodies the second by lot, low scorers the third",
            key=True,
        ),
    ),
)

INTEGRITY_TRUTH = Table(
    "integrity_truth",
    "the planted truth about one institution in one year",
    (
        _body(key=True),
        _year(key=True),
        Column(
            "integrity",
            "number",
            "Integrity behind the answers; free of questionnaires",
            unit="points of 100",
        ),
        _score("effort", "Effort behind the initiatives"),
        Column(
            "citizen_bribery", "number", "Share of users who gave or were asked for a bribe", low=0, high=1
        ),
        Column("staff_bribery", "number", "The same for staff", low=0, high=1),
        Column("programme_effect", "number", "What the initiative programme adds", unit="points of 100"),
        Column("reform_effect", "number", "What the reform pilot adds for users", unit="points of 100"),
        Column("gaming", "flag", "Whether the institution steers its list of respondents"),
    ),
    note="For scoring a method only. No assessment knows it.",
)

TABLES = {
    table.name: table
    for table in (
        INSTITUTIONS,
        CITIZEN_RESPONSES,
        STAFF_RESPONSES,
        SURVEY_RESULTS,
        CASES,
        INITIATIVES,
        PROGRAMMES,
        INTEGRITY_TRUTH,
    )
}
