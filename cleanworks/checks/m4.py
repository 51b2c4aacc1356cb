"""Checks of the exercise set m4: from answers to a score of the Integrity Assessment."""

from __future__ import annotations

import pandas as pd

from cleanworks import city, profiles
from cleanworks.integrity import assessment, published
from cleanworks.learn import CheckSet, Outcome, compare, compare_choice, every, open_answer

check = CheckSet("m4")

YEAR = 2025
QUESTION = "abuse_of_power"
ASKED = "BAS-195"
"""Institution of question m4-e2."""
CAPPED = "BAS-185"
"""Institution of question m4-e3: it has several cases found outside."""
STRENGTH = 16.0
"""Strength of the proposed deduction in m4-e3, twice the usual one."""
PERCEIVED, EFFORT = 74.0, 80.0
"""Made-up parts of the institution in m4-e3."""
PAIRS = {
    "2009 and 2011": (2009, 2011),
    "2011 and 2012": (2011, 2012),
    "2019 and 2021": (2019, 2021),
    "2021 and 2022": (2021, 2022),
}


@check.question("m4-e1", "new_overall")
def new_overall(new_overall: object) -> Outcome:
    letter = {
        part: published.value("ia_institutions", part, year=2017)
        for part in ("external", "internal", "overall")
    }
    users, staff = letter["external"], 8.20
    swapped = (
        assessment.weights_of("2017")["internal"] * users + assessment.weights_of("2017")["external"] * staff
    )
    return compare(
        new_overall,
        assessment.overall_2017(users, staff),
        unit="points of 10",
        rtol=1e-4,
        mistakes=[
            (
                (users + staff) / 2,
                "This is halfway: it counts users and staff alike. In 2017 they did not count alike.",
            ),
            (swapped, "The weights are the wrong way round. Which of the two surveys counts more?"),
            (
                letter["overall"],
                "This is the score of the letter. Staff have a new score now; compute again.",
            ),
            (
                letter["overall"] + staff - letter["internal"],
                "You added the whole gain of the staff score. Only its weighted part arrives in the overall score.",
            ),
        ],
    )


def _answers() -> pd.Series:
    said = city.load("citizen_responses")
    return said.loc[(said["year"] == YEAR) & (said["institution_id"] == ASKED), QUESTION]


@check.question("m4-e2", "abuse_score")
def abuse_score(abuse_score: object) -> Outcome:
    answers = _answers()
    mean = answers.mean()
    filled = 10 * (7 - answers.fillna(answers.max())).mean() / 6
    return compare(
        abuse_score,
        pd.Series(assessment.to_ten(answers, reverse=True)).mean(),
        unit="points of 10",
        mistakes=[
            (
                pd.Series(assessment.to_ten(answers)).mean(),
                "The scale is not turned round. Abuse of power is something bad: agreeing with it must lower the score.",
            ),
            (
                10 * (7 - mean) / 7,
                "You divided by seven. Between the first and the last of seven steps there are six gaps.",
            ),
            (
                10 * mean / 7,
                "Two things are missing: 1 must score 0 or 10, and the scale must be turned round.",
            ),
            (
                10 * ((7 - mean) - 1) / 6,
                "The turned scale runs from 0 to 6, not from 1 to 7: a 1 would score below ten. Turn it with 8 minus the answer.",
            ),
            (
                filled,
                "You filled the empty answers. A question left out is no answer and must not count as one.",
            ),
            (mean, "This is the mean answer. Convert it to a score out of ten."),
        ],
    )


def _deduction() -> float:
    cases = city.load("cases")
    staff = city.load("institutions").set_index("institution_id")["staff"]
    unit = profiles.active()["assessment.case_amount_unit"]
    taken = assessment.case_deduction(cases[cases["year"] == YEAR], staff, k=STRENGTH, cap=None, unit=unit)
    return float(taken[CAPPED])


@check.question("m4-e3", "score_2022")
def score_2022(score_2022: object) -> Outcome:
    p = profiles.active()
    weights = {"perceived": p["assessment.perception_weight"], "effort": p["assessment.effort_weight"]}
    cap, deduction = p["assessment.deduction_cap"], _deduction()
    parts = assessment.combine({"perceived": PERCEIVED, "effort": EFFORT}, weights)
    taken = min(deduction, cap)
    halves = (PERCEIVED + EFFORT) / 2
    return compare(
        score_2022,
        assessment.overall_2022(PERCEIVED, EFFORT, deduction, cap=cap, weights=weights),
        unit="points of 100",
        rtol=1e-5,
        mistakes=[
            (parts - deduction, "You took the whole deduction away. The model sets a limit to it."),
            (parts, "Nothing is deducted yet."),
            (
                weights["perceived"] * (PERCEIVED - taken) + weights["effort"] * EFFORT,
                "You deducted from the perceived part, so that its weight made the deduction smaller. Weigh first, deduct last.",
            ),
            (
                weights["effort"] * PERCEIVED + weights["perceived"] * EFFORT - taken,
                "The weights of the two parts are the wrong way round.",
            ),
            (halves - taken, "You counted both parts alike. The model gives them different weights."),
            (parts + taken, "A deduction is taken away, not added."),
        ],
    )


@check.question("m4-e4", "perception_weight", "status")
def perception_weight(perception_weight: object, status: object) -> Outcome:
    seen, met, total = (
        published.value("ia_headline", measure, year=2018)
        for measure in ("external, perception", "external, experience", "external")
    )
    right = assessment.back_out_weight(seen, met, total, decimals=2).value
    return every(
        compare(
            perception_weight,
            right,
            unit="share",
            rtol=0.01,
            name="`perception_weight`",
            mistakes=[
                (1 - right, "This is the weight of experience, the other part."),
                (total / seen, "You divided the total by one part. The other part contributes too."),
                (0.5, "Equal weights would put the total halfway between the two parts. It is not there."),
                (
                    (seen - total) / (total - met),
                    "This is how far the total is from each part, one divided by the other. A weight is a share of the whole gap.",
                ),
            ],
        ),
        compare_choice(
            status,
            "backed out",
            options=assessment.STATUSES,
            name="`status`",
            mistakes={
                "published": "The three scores are published; the weight is not. Nobody printed it.",
                "unverified": "Unverified means that a number goes round and nobody can show where it is from. You can show how you got this one.",
                "ours": "A choice of ours could be any number. This one follows from published results.",
            },
        ),
    )


@check.question("m4-e5", "may_compare", "note")
def may_compare(may_compare: object, note: object) -> Outcome:
    right = {pair: assessment.model_of(a) == assessment.model_of(b) for pair, (a, b) in PAIRS.items()}
    forgot_2012 = {**right, "2011 and 2012": True}
    first = compare(
        may_compare,
        right,
        name="`may_compare`",
        mistakes=[
            (
                dict.fromkeys(right, True),
                "Not every pair may be compared: look for the years in which the model changed.",
            ),
            (dict.fromkeys(right, False), "Too strict: years of one and the same model may be compared."),
            (
                forgot_2012,
                "The change of 2022 is easy to see, since the scale changed too. There is an earlier one among these years that left the scale as it was.",
            ),
            (
                {pair: not may for pair, may in right.items()},
                "This is the wrong way round. `True` means that the two years may be compared.",
            ),
        ],
    )
    second = open_answer(
        note,
        [
            "says that the model changed in 2022",
            "says that the two scores must not be compared, whatever the scale",
            "says what the head can say instead",
            "does not mend the comparison by dividing or multiplying a score",
        ],
        least_words=15,
        name="`note`",
    )
    return every(first, second)
