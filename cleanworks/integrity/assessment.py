"""Scoring an Integrity Assessment: from answers to items, from items to parts, from parts to an overall score.

Which rule is published and which is ours is part of the result. Every weight carries a ``status``:

- ``published``: printed in a source;
- ``backed out``: derived by us from published results;
- ``unverified``: found in no page we could open; only compatible with published results;
- ``ours``: a teaching choice, because the official rule is not public.

Scores are out of ten up to the model of 2021 and out of a hundred from the model of 2022 (Sources: acrc-s1, acrc-s2,
acrc-s3, acrc-s35, acrc-s37, acrc-s41).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.integrity import published
from cleanworks.typed import Numbers

PERCEPTION = (
    "transparent_handling",
    "breach_of_standards",
    "passive_conduct",
    "preferential_treatment",
    "improper_solicitation",
    "abuse_of_power",
    "private_interest",
)
"""The seven perception questions of 2025, for users and for staff (acrc-s4)."""

NEGATIVE = PERCEPTION[1:]
"""The questions that name something bad: agreeing with them must lower the score."""

STATUSES = ("published", "backed out", "unverified", "ours")

_STATUS_OF_MARK = {"V": "published", "D": "backed out", "U": "unverified"}

EQUAL_QUESTIONS = {"perception": 7 / 9, "experience": 2 / 9}
"""Ours: each of the nine questions has the same say. The official weights are not public (acrc-s38)."""


# -- from an answer to a score ---------------------------------------------------------------------------------


def anchors(points: int = 7) -> pd.Series:
    """The score out of ten of each answer on a scale of ``points`` steps, index 1 to ``points``.

    On seven points: 0, 1.7, 3.3, 5, 6.7, 8.3, 10, as printed for 2002 (acrc-s1).
    """
    _check_points(points)
    answers = pd.RangeIndex(1, points + 1, name="answer")
    return pd.Series(10 * (np.arange(points) / (points - 1)), index=answers, name="score")


def to_ten(answers: Numbers, points: int = 7, *, reverse: bool = False) -> Numbers:
    """Convert answers 1 to ``points`` to a score from 0 to 10: ``10 * (r - 1) / (points - 1)`` (acrc-s1).

    Parameters
    ----------
    answers : Series, array or number
        Answers; a missing answer stays missing.
    points : int
        Number of steps of the scale.
    reverse : bool
        Set for a question that names something bad: 1 then scores 10 and ``points`` scores 0.

    Returns
    -------
    The same kind of object, float.

    Raises
    ------
    InputError
        When an answer lies outside the scale; the message names the first one and its row.
    """
    _check_points(points)
    values = (
        answers.astype("float64") if isinstance(answers, pd.Series) else np.asarray(answers, dtype="float64")
    )
    _check_codes(values, points)
    steps = points - values if reverse else values - 1
    score = 10 * steps / (points - 1)
    return float(score) if np.ndim(score) == 0 else score


def item_scores(
    responses: pd.DataFrame,
    items: Sequence[str] = PERCEPTION,
    negative: Sequence[str] = NEGATIVE,
    points: int = 7,
) -> pd.DataFrame:
    """Convert the question columns of a table of answers to scores out of ten, reversing the negative ones.

    Raises
    ------
    InputError
        When a column is missing or holds a code outside the scale; a row that appears twice (same
        ``response_id``) is an error too, since it would count one person twice.
    """
    input_checks.need_columns(responses, items, "answers")
    if "response_id" in responses:
        twice = responses["response_id"].duplicated()
        if twice.any():
            first = responses.loc[twice, "response_id"].iloc[0]
            raise InputError(
                f"Response {first} appears more than once.",
                where="table of answers",
                fix="Keep one row for each respondent.",
            )
    scored = {}
    for item in items:
        try:
            scored[item] = to_ten(responses[item], points, reverse=item in negative)
        except InputError as error:
            raise InputError(error.what, where=f"column {item}, {error.where}", fix=error.fix) from None
    return pd.DataFrame(scored, index=responses.index)


def unreversed_items(scores: pd.DataFrame) -> pd.DataFrame:
    """Items whose scores run against the others: the sign of a question that was not reversed.

    Parameters
    ----------
    scores : DataFrame
        Scores of the items, one row for each respondent, after :func:`item_scores`.

    Returns
    -------
    DataFrame
        Index ``item``; columns ``correlation`` (with the mean of the other items) and ``suspect`` (below zero).
        An item that everybody answered alike has no correlation and is not suspect.
    """
    input_checks.need_columns(scores, (), "scores")
    rows = {}
    for item in scores:
        rest = scores.drop(columns=item).mean(axis=1)
        both = pd.concat([scores[item], rest], axis=1).dropna()
        varies = len(both) > 2 and (both.std(ddof=0) > 0).all()
        rows[item] = float(np.corrcoef(both.T)[0, 1]) if varies else np.nan
    table = pd.DataFrame({"correlation": pd.Series(rows, dtype=float)}).rename_axis("item")
    table["suspect"] = table["correlation"].lt(0)
    return table


def perception(scores: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.Series:
    """Each respondent's perception score: the weighted mean of the items that he or she answered.

    ``weights`` default to equal ones, which is ours: the official weights of the items are unequal and not public
    (acrc-s38). They need not sum to one. A respondent without any answer gets a missing score.
    """
    input_checks.need_columns(scores, (), "scores")
    chosen = pd.Series(1.0, index=scores.columns) if weights is None else pd.Series(weights, dtype=float)
    unknown = [item for item in chosen.index if item not in scores]
    if unknown or len(chosen) != scores.shape[1]:
        name = unknown[0] if unknown else next(item for item in scores if item not in chosen.index)
        raise InputError(
            f"Weights and questions do not match at {name!r}.",
            where="weights of questions",
            fix="Give one weight for each question.",
        )
    if (chosen < 0).any() or chosen.sum() <= 0:
        raise InputError(
            "Weights must not be negative, and one must be above zero.",
            where="weights of questions",
            fix="Give each question a weight of 0 or more.",
        )
    chosen = chosen[scores.columns]
    values = scores.to_numpy(dtype=float)
    answered = ~np.isnan(values)
    total = answered @ chosen.to_numpy()
    summed = np.where(answered, values, 0.0) @ chosen.to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, summed / total, np.nan)
    return pd.Series(mean, index=scores.index, name="perception")


def experience_score(rate: Numbers, worst: float = 0.05) -> Numbers:
    """Turn a rate of corruption experience into a score from 0 to 10. OURS, a teaching model.

    ``10 * (1 - min(rate, worst) / worst)``: nobody reports it, 10; a share of ``worst`` or more, 0. The goalpost
    ``worst`` is declared before the data are seen. The official standardisation is not public (acrc-s41).

    Parameters
    ----------
    rate : Series, array or number
        Share of respondents, 0 to 1.
    worst : float
        The share at which the score reaches 0.
    """
    if not 0 < worst <= 1:
        raise InputError(
            f"The goalpost {worst} is not a share above 0.",
            where="worst",
            fix="Give a share above 0 and up to 1, for example 0.05.",
        )
    input_checks.numbers(rate, "rate of experience", low=0, high=1, missing=True)
    values = rate.astype("float64") if isinstance(rate, pd.Series) else np.asarray(rate, dtype="float64")
    score = 10 * (1 - np.minimum(values, worst) / worst)
    return float(score) if np.ndim(score) == 0 else score


def survey_part(
    responses: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
    worst: float = 0.05,
    parts: Mapping[str, float] = EQUAL_QUESTIONS,
) -> pd.DataFrame:
    """Score every institution on one survey (users or staff), out of ten.

    Respondent-level items are scored for each person and then averaged; the experience items are scored from the
    institution's total: the two scoring types of the manual's table of contents (acrc-s41).

    Parameters
    ----------
    responses : DataFrame
        Columns ``institution_id``, the seven questions of :data:`PERCEPTION` and ``experienced`` (true, false or
        missing).
    weights : mapping, optional
        Weights of the seven questions; equal by default (ours).
    worst : float
        Goalpost of :func:`experience_score` (ours).
    parts : mapping
        Weights of ``perception`` and ``experience``; by default every question counts alike (ours).

    Returns
    -------
    DataFrame
        Index ``institution_id``; columns ``respondents``, ``perception``, ``error`` (standard error of the
        perception mean, missing for one respondent), ``rate``, ``experience``, ``score``.
    """
    input_checks.need_columns(responses, (), "responses")
    answers = pd.DataFrame(
        {
            "institution_id": responses["institution_id"],
            "perception": perception(item_scores(responses), weights),
            "experienced": responses["experienced"].astype("float64"),
        }
    )
    grouped = answers.groupby("institution_id", observed=True)
    scored = pd.DataFrame(
        {
            "respondents": grouped.size(),
            "perception": grouped["perception"].mean(),
            "error": grouped["perception"].sem(),
            "rate": grouped["experienced"].mean(),
        }
    )
    scored["experience"] = experience_score(scored["rate"], worst)
    scored["score"] = combine(scored[["perception", "experience"]], parts)
    return scored


# -- weights ---------------------------------------------------------------------------------------------------


def weights(model: str | None = None) -> pd.DataFrame:
    """The weights of each model with their status.

    Returns
    -------
    DataFrame
        Columns ``model, part, weight, status, source, note``. Models: ``2017``, ``three-part``,
        ``two-part 2020-2021``, ``2018 external``, ``2022``, ``2022 perceived`` and ``nine questions``.
    """
    rows = published.table("ia_weights").rename(
        columns={"series": "model", "measure": "part", "value": "weight"}
    )
    rows["status"] = rows["mark"].map(_STATUS_OF_MARK)
    mine = pd.DataFrame(
        {
            "model": "nine questions",
            "part": list(EQUAL_QUESTIONS),
            "weight": list(EQUAL_QUESTIONS.values()),
            "status": "ours",
            "source": "",
            "note": "each of the nine questions counts alike; the official weights are not public",
        }
    )
    table = pd.concat([rows, mine], ignore_index=True)[
        ["model", "part", "weight", "status", "source", "note"]
    ]
    if model is None:
        return table
    chosen = table[table["model"].eq(model)].reset_index(drop=True)
    if chosen.empty:
        raise InputError(
            f"There is no model {model!r}.",
            where="weights",
            fix=f"Known models: {', '.join(table['model'].unique())}.",
        )
    return chosen


def weights_of(model: str) -> dict[str, float]:
    """The weights of one model as a mapping from part to weight."""
    rows = weights(model)
    return dict(zip(rows["part"], rows["weight"].astype(float), strict=True))


def combine(parts: Mapping[str, Numbers] | pd.DataFrame, weights: Mapping[str, float]) -> Numbers:
    """Weighted mean of named parts.

    Parameters
    ----------
    parts : mapping or DataFrame
        A score (or a column of scores) for each name in ``weights``.
    weights : mapping
        Weights that sum to one.

    Raises
    ------
    InputError
        When the weights do not sum to one or a part is missing.
    """
    total = sum(weights.values())
    if abs(total - 1) > 1e-9:
        raise InputError(
            f"The weights sum to {total:.4g}, not to 1.",
            where="weights",
            fix="Divide each weight by their sum, or correct the one that is wrong.",
        )
    absent = [name for name in weights if name not in parts]
    if absent:
        raise InputError(
            f"There is no score for the part {absent[0]!r}.",
            where="parts",
            fix=f"Parts needed: {', '.join(weights)}.",
        )
    return sum(weight * parts[name] for name, weight in weights.items())


# -- overall scores ----------------------------------------------------------------------------------------------


def overall_2017(external: Numbers, internal: Numbers, deduction: Numbers = 0.0) -> Numbers:
    """Overall integrity out of ten, model of 2017 without policy customers (acrc-s2).

    ``0.763 * external + 0.237 * internal - deduction``. Both weights are published. With 8.35 and 7.87 the result
    is 8.236, published as 8.24.
    """
    _check_range(external, 10, "external")
    _check_range(internal, 10, "internal")
    return combine({"external": external, "internal": internal}, weights_of("2017")) - deduction


def perceived_2022(external: Numbers, internal: Numbers) -> Numbers:
    """Perceived integrity out of a hundred from its two surveys, model of 2022; weights BACKED OUT (acrc-s37)."""
    _check_range(external, 100, "external")
    _check_range(internal, 100, "internal")
    return combine({"external": external, "internal": internal}, weights_of("2022 perceived"))


def overall_2022(
    perceived: Numbers,
    effort: Numbers,
    deduction: Numbers = 0.0,
    *,
    cap: float = 10.0,
    weights: Mapping[str, float] | None = None,
) -> Numbers:
    """Overall integrity out of a hundred, model of 2022 (acrc-s3, acrc-s4, acrc-s5).

    ``0.60 * perceived + 0.40 * effort - min(deduction, cap)``. Weights and cap are published; how a deduction is
    computed is not. Another country passes its own ``cap`` and ``weights`` (of ``perceived`` and ``effort``).
    """
    _check_range(perceived, 100, "perceived")
    _check_range(effort, 100, "effort")
    if np.any(np.asarray(deduction, dtype=float) < 0):
        raise InputError(
            "A deduction is below zero.",
            where="deduction",
            fix="Give the points to take away as positive numbers.",
        )
    parts = {"perceived": perceived, "effort": effort}
    return combine(parts, weights or weights_of("2022")) - np.minimum(deduction, cap)


# -- working backwards from published results ----------------------------------------------------------------------


@dataclass(frozen=True)
class BackedOut:
    """A weight derived from published results: the value, and the interval that rounding leaves open."""

    value: float
    low: float
    high: float

    def allows(self, weight: float) -> bool:
        """Whether a weight lies inside the interval."""
        return self.low <= weight <= self.high


def back_out_weight(
    first: float, second: float, total: float, *, decimals: int, deduction: float = 0.0
) -> BackedOut:
    """The weight of ``first`` in ``total = w * first + (1 - w) * second - deduction``.

    Parameters
    ----------
    first, second, total : float
        Published results.
    decimals : int
        Decimals they are printed with; each may be off by half of the last one, which gives the interval.
    deduction : float
        Points taken away from the total, if known.

    Raises
    ------
    InputError
        When the two parts are equal up to rounding: then every weight fits.
    """
    half = 0.5 * 10.0**-decimals
    gap = abs(first - second)
    if gap <= 2 * half:
        raise InputError(
            "The two parts are equal up to rounding, so every weight fits.",
            where="back_out_weight",
            fix="Use a result whose parts differ.",
        )

    def weight(a: float, b: float, c: float) -> float:
        return (c + deduction - b) / (a - b)

    corners = [
        weight(first + i * half, second + j * half, total + k * half)
        for i in (-1, 1)
        for j in (-1, 1)
        for k in (-1, 1)
    ]
    return BackedOut(weight(first, second, total), min(corners), max(corners))


# -- deductions ------------------------------------------------------------------------------------------------------

RANK_FACTORS = {"junior": 1.0, "middle": 1.5, "senior": 2.5, "head": 4.0}
"""Ours. A source says only that cases of senior officials weigh more (acrc-s38)."""


def case_deduction(
    cases: pd.DataFrame,
    staff: pd.Series,
    *,
    k: float = 8.0,
    cap: float | None = 10.0,
    unit: float = 1e6,
) -> pd.Series:
    """Points taken away for corruption cases, out of a hundred. OURS, a teaching model.

    ``min(cap, k * sum(rank * (1 + log10(1 + amount / unit))) / sqrt(staff))`` over the cases that bodies OUTSIDE
    the institution found. That only these count, and that rank matters, is published (acrc-s38); so is the cap
    (acrc-s4). The formula is not public.

    Parameters
    ----------
    cases : DataFrame
        Columns ``institution_id``, ``found_by`` (``inside`` or a body outside), ``rank`` (a key of
        :data:`RANK_FACTORS`) and ``amount`` (in currency units).
    staff : Series
        Number of staff, index ``institution_id``: the institutions to score.
    k : float
        Strength.
    cap : float or None
        Ceiling; None for none.
    unit : float
        Currency units that count as one in the logarithm; a million won by default.

    Returns
    -------
    Series
        Points, index as ``staff``; 0 for an institution without a case found outside.

    Raises
    ------
    InputError
        When a body has no staff, a rank is unknown, or an amount is missing or below zero.
    """
    input_checks.need_columns(cases, (), "cases")
    if not (staff > 0).all():
        first = staff[~(staff > 0)].index[0]
        raise InputError(
            f"Institution {first} has no staff.", where="staff", fix="Give the number of staff, above zero."
        )
    unknown = set(cases["rank"].unique()) - set(RANK_FACTORS)
    if unknown:
        raise InputError(
            f"{min(map(str, unknown))!r} is not a rank.",
            where="cases, column rank",
            fix=f"Use one of {', '.join(RANK_FACTORS)}.",
        )
    outside = cases[cases["found_by"] != "inside"]
    wrong = ~(outside["amount"] >= 0)
    if wrong.any():
        raise InputError(
            "An amount is missing or below zero.",
            where=f"cases, row {outside.index[wrong][0]}",
            fix="Write 0 where no money was involved.",
        )
    factor = outside["rank"].map(RANK_FACTORS).astype(float)
    gravity = factor * (1 + np.log10(1 + outside["amount"] / unit))
    burden = gravity.groupby(outside["institution_id"]).sum().reindex(staff.index, fill_value=0.0)
    return (k * burden / np.sqrt(staff.astype(float))).clip(upper=cap).rename("deduction")


# -- series ------------------------------------------------------------------------------------------------------------

BREAKS = (2008, 2012, 2022)
"""First years of a new model: no line and no difference crosses one of them (acrc-s20, acrc-s21, acrc-s3)."""


def model_of(year: int) -> str:
    """The series a year belongs to, for example ``"2012-2021"``. Scores of different series do not compare."""
    if year < 2002:
        raise InputError(
            f"There was no assessment in {year}.", where="year", fix="The first full one was in 2002."
        )
    starts = [2002, *BREAKS]
    start = max(first for first in starts if first <= year)
    later = [first for first in starts if first > start]
    return f"{start}-{later[0] - 1}" if later else f"{start}-"


def change(before: float, after: float, year_before: int, year_after: int) -> float:
    """Difference between two scores, refused when a change of model lies between them."""
    if model_of(year_before) != model_of(year_after):
        raise InputError(
            f"The scores of {year_before} and {year_after} belong to different models.",
            where="change",
            fix="Compare years of the same series: "
            + f"{model_of(year_before)} and {model_of(year_after)} do not join.",
        )
    return after - before


# -- checks ------------------------------------------------------------------------------------------------------------


def _check_points(points: int) -> None:
    input_checks.whole(points, "points", least=2)


def _check_codes(values: Numbers, points: int) -> None:
    flat = np.ravel(np.asarray(values, dtype=float))
    wrong = ~np.isnan(flat) & ((flat < 1) | (flat > points))
    if wrong.any():
        position = int(np.argmax(wrong))
        row = values.index[position] if isinstance(values, pd.Series) else position
        raise InputError(
            f"The answer {flat[position]:g} is outside the scale 1 to {points}.",
            where=f"row {row}",
            fix='Turn codes for "no answer" into empty cells, and correct typing errors.',
        )


def _check_range(values: Numbers, top: float, name: str) -> None:
    flat = np.ravel(np.asarray(values, dtype=float))
    wrong = ~np.isnan(flat) & ((flat < 0) | (flat > top))
    if wrong.any():
        raise InputError(
            f"The {name} score {flat[int(np.argmax(wrong))]:g} is outside 0 to {top:g}.",
            where=f"{name} score",
            fix="Check the scale: this model " + ("is out of ten." if top == 10 else "is out of a hundred."),
        )
