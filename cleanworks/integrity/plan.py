"""A plan to monitor and evaluate against corruption: who is assessed, how precisely, with which weights, when, on two pages.

The bounds for a mean over a changing set of bodies are arithmetic, the margins are textbook (Cochran: simple random sample times a
design effect). What a plan says about a country is the answer of whoever makes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.integrity import results
from cleanworks.integrity._quantiles import two_sided

if TYPE_CHECKING:
    from cleanworks.paper import Page


_TEXTS = {
    "mandate": "Who may ask, and by which rule",
    "purpose": "What the results are for",
    "bodies_chosen": "Who is assessed",
    "verification": "How claims are checked",
    "publication": "What is published",
    "protection": "How those who answer are protected",
    "risk": "What could go wrong",
}
_MOST_WORDS = 45
_MOST_ROWS, _MOST_STEPS, _MOST_PARTS = 4, 8, 6


@dataclass(frozen=True)
class RepeatChange:
    """The change of the mean among bodies assessed both times: what is possible, and what the two published means show.

    Attributes
    ----------
    published : float
        Second mean less first mean, each over its own set of bodies.
    lowest, highest : float
        The least and the greatest change that fit the published figures.
    """

    published: float
    lowest: float
    highest: float


def repeat_change(
    before: tuple[float, float],
    after: tuple[float, float],
    repeated: int,
    *,
    low: float = 0.0,
    high: float = 100.0,
) -> RepeatChange:
    """Bounds for the change among the bodies that were assessed both times.

    Parameters
    ----------
    before, after : (number of bodies, mean score)
        As published for two years.
    repeated : int
        Bodies in both years.
    low, high : float
        The scores that a body which left or came can have had; the ends of the scale if nothing is known.

    Returns
    -------
    RepeatChange
        In points of the scale. When all bodies repeat, the three numbers agree.

    Raises
    ------
    InputError
        More bodies repeated than were assessed, a mean outside the bounds, or scores that cannot give the published mean.
    """
    low, high = (float(value) for value in input_checks.numbers([low, high], "low, high"))
    if low >= high:
        raise InputError(
            f"The lowest score {low:g} is not below the highest {high:g}.",
            where="low, high",
            fix="Give the lowest possible score first.",
        )
    repeated = input_checks.whole(repeated, "repeated")
    ranges = []
    for name, (number, mean) in (("before", before), ("after", after)):
        number = input_checks.whole(number, f"{name}, number of bodies")
        mean = float(input_checks.numbers([mean], f"{name}, mean")[0])
        if repeated > number:
            raise InputError(
                f"{repeated} bodies cannot repeat: only {number} were assessed.",
                where=name,
                fix="Check the two counts.",
            )
        if not low <= mean <= high:
            raise InputError(
                f"The mean {mean:g} is not between {low:g} and {high:g}.",
                where=name,
                fix="Check the mean and the ends of the scale.",
            )
        others = number - repeated
        least = max(low, (number * mean - others * high) / repeated)
        most = min(high, (number * mean - others * low) / repeated)
        ranges.append((least, most))
    (first_low, first_high), (second_low, second_high) = ranges
    return RepeatChange(float(after[1] - before[1]), second_low - first_high, second_high - first_low)


def survey_options(
    interviews: int,
    bodies: Sequence[int],
    *,
    sd: float,
    rate: float,
    design_effect: float = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """What a number of interviews buys, for several numbers of bodies that share them equally.

    Parameters
    ----------
    interviews : int
        Completed interviews that can be paid for, in all.
    bodies : sequence of int
        Numbers of bodies to compare.
    sd : float
        Standard deviation of single answers, in points of the scale.
    rate : float
        Share of people with the experience asked about, 0 to 1.
    design_effect : float
        Variance of the design over that of a simple random sample.

    Returns
    -------
    DataFrame
        Indexed by ``bodies``: ``people`` in each body, ``margin`` of a body's mean score (half the width of its interval, points),
        ``rate_margin`` (the same for a body's rate, as a share) and ``expected_cases`` (people in a body with the experience).

    Raises
    ------
    InputError
        Fewer than two interviews for a body, or a number that is none.
    """
    total = input_checks.whole(interviews, "interviews")
    sd, effect = input_checks.positive(sd, "sd"), input_checks.positive(design_effect, "design_effect")
    rate = input_checks.share(rate, "rate")
    z = two_sided(level)
    rows = []
    for number in bodies:
        count = input_checks.whole(number, "bodies")
        people = total // count
        if people < 2:
            raise InputError(
                f"{total:,} interviews give {people} for each of {count:,} bodies.",
                where="bodies",
                fix="Assess fewer bodies, or pay for more interviews: one answer says nothing about its own error.",
            )
        error = z * math.sqrt(effect / people)
        rows.append((count, people, error * sd, error * math.sqrt(rate * (1 - rate)), rate * people))
    return pd.DataFrame(
        rows, columns=["bodies", "people", "margin", "rate_margin", "expected_cases"]
    ).set_index("bodies")


def ranks_under(scores: pd.DataFrame, weights: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Ranks of bodies under several sets of weights; rank 1 is the best, equal scores share the better rank.

    Parameters
    ----------
    scores : DataFrame
        One row for each body, one column for each part, all on one scale.
    weights : mapping
        Name of a set -> weight of each part. Each set must sum to 100.

    Returns
    -------
    DataFrame
        Indexed like ``scores``: one column of ranks for each set, and ``moves``, the greatest difference between two of them.

    Raises
    ------
    InputError
        A part without a weight, a weight without a part, weights below zero or that do not sum to 100.
    """
    input_checks.need_rows(scores, (), "scores")
    if not weights:
        raise InputError(
            "There is no set of weights.", where="weights", fix="Give at least one set of weights."
        )
    ranks = {}
    for name, chosen in weights.items():
        _check_weights(chosen, f"weights, {name}")
        strange = set(chosen) ^ set(scores.columns)
        if strange:
            raise InputError(
                f"{sorted(map(str, strange))[0]!r} stands only in the scores or only in the weights.",
                where=f"weights, {name}",
                fix="Give every column of the scores one weight.",
            )
        for part in chosen:
            input_checks.numbers(scores[part], f"scores, {part}")
        total = sum(scores[part] * weight for part, weight in chosen.items()) / 100
        # Rounded, so that a sum's last binary digit does not decide between equal bodies.
        ranks[name] = total.round(9).rank(ascending=False, method="min").astype("int64")
    table = pd.DataFrame(ranks)
    return table.assign(moves=table.max(axis=1) - table.min(axis=1))


def _check_weights(weights: Mapping[str, float], where: str) -> None:
    if not isinstance(weights, Mapping) or not weights:
        raise InputError("There are no weights.", where=where, fix='Write {"name of a part": 50, ...}.')
    values = input_checks.numbers(list(weights.values()), where, low=0)
    if not math.isclose(values.sum(), 100, abs_tol=1e-6):
        raise InputError(
            f"The weights sum to {values.sum():g}, not to 100.", where=where, fix="Share out 100 points."
        )


@dataclass(frozen=True)
class MEPlan:
    """The answers that make a plan to monitor and evaluate; texts of at most 45 words, so that it stays on two pages.

    Attributes
    ----------
    country, owner : str
        Where, and which office answers for it.
    mandate, purpose, bodies_chosen, verification, publication, protection, risk : str
    rows : sequence of `results.LogframeRow`
        One to four results with indicator, baseline and target.
    bodies, interviews : int
        How many bodies share how many interviews.
    sd, rate, design_effect : float
        As in `survey_options`.
    weights : mapping
        Part of the assessment -> points; they sum to 100.
    calendar : mapping
        Month of the first cycle (1 to 24) -> what is done. Two to eight steps.
    """

    country: str
    owner: str
    mandate: str
    purpose: str
    bodies_chosen: str
    verification: str
    publication: str
    protection: str
    risk: str
    rows: Sequence[results.LogframeRow]
    bodies: int
    interviews: int
    sd: float
    rate: float
    weights: Mapping[str, float]
    calendar: Mapping[int, str]
    design_effect: float = field(default=1.5)

    def weaknesses(self) -> list[str]:
        """What a reviewer would ask, from the rows and from the arithmetic of the survey; empty when nothing is found."""
        found = [
            f"{finding.row}: {finding.finding}"
            for row in self.rows
            for finding in results.weaknesses(row).itertuples(index=False)
        ]
        survey = self._survey()
        if survey["expected_cases"] < 10:
            found.append(
                f"In one body about {survey['expected_cases']:.1f} people with the experience are expected: publish no rate of a single body."
            )
        if not any("publish" in step.casefold() for step in self.calendar.values()):
            found.append("The calendar names no month of publication.")
        return found

    def page(self) -> Page:
        """The plan as a `cleanworks.paper.Page` of two A4 sheets; ``page().save("plan.pdf")`` prints it.

        Raises
        ------
        InputError
            An empty or too long answer, weights that do not sum to 100, too many rows or steps.
        """
        self._check()
        from cleanworks.paper import Page, escape

        title = f"Monitoring integrity in {self.country}: a plan"

        def text(name: str) -> str:
            return f"<h2>{_TEXTS[name]}</h2><p>{escape(getattr(self, name))}</p>"

        body = (
            f'<section class="sheet"><h1>{escape(title)}</h1><p class="note">Owner: {escape(self.owner)}. '
            "Every figure is an assumption or a target of the authors unless it names its source.</p>"
            f"{text('purpose')}{text('mandate')}{text('bodies_chosen')}{self._results()}{self._findings()}</section>"
            f'<section class="sheet">{self._precision()}{self._parts()}{self._calendar()}'
            f"{text('verification')}{text('publication')}{text('protection')}{text('risk')}</section>"
        )
        return Page(title, body, style=_STYLE)

    def _survey(self) -> pd.Series:
        table = survey_options(
            self.interviews, [self.bodies], sd=self.sd, rate=self.rate, design_effect=self.design_effect
        )
        return table.iloc[0]

    def _check(self) -> None:
        for name in ("country", "owner", *_TEXTS):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise InputError(f"The plan has no '{name}'.", where=name, fix="Write one or two sentences.")
            most = _MOST_WORDS if name in _TEXTS else 12
            if len(text.split()) > most or len(text) > 9 * most:
                raise InputError(
                    f"'{name}' has {len(text.split())} words.",
                    where=name,
                    fix=f"Use at most {most} short words.",
                )
        if not 1 <= len(self.rows) <= _MOST_ROWS:
            raise InputError(
                f"There are {len(self.rows)} results.", where="rows", fix=f"Choose one to {_MOST_ROWS}."
            )
        frame = results.logframe(self.rows)[["result", "indicator", "means of verification"]]
        if frame.map(len).max().max() > 90:
            raise InputError(
                "A result, indicator or source is too long.",
                where="rows",
                fix="Use at most 90 letters for each.",
            )
        _check_weights(self.weights, "weights")
        if len(self.weights) > _MOST_PARTS or max(map(len, self.weights)) > 60:
            raise InputError(
                f"There are {len(self.weights)} parts, or one has a long name.",
                where="weights",
                fix=f"Use at most {_MOST_PARTS} parts with at most 60 letters each.",
            )
        if not 2 <= len(self.calendar) <= _MOST_STEPS:
            raise InputError(
                f"There are {len(self.calendar)} steps.",
                where="calendar",
                fix=f"Choose two to {_MOST_STEPS}.",
            )
        for month, step in self.calendar.items():
            if isinstance(month, bool) or not isinstance(month, (int, np.integer)) or not 1 <= month <= 24:
                raise InputError(
                    f"{month!r} is not a month of the cycle.",
                    where="calendar",
                    fix="Use whole months from 1 to 24.",
                )
            if not isinstance(step, str) or not step.strip() or len(step) > 80:
                raise InputError(
                    f"Month {month} has no short step.", where="calendar", fix="Write at most 80 letters."
                )
        self._survey()

    def _results(self) -> str:
        from cleanworks.paper import table

        rows = results.logframe(self.rows).reset_index()
        rows = rows[["code", "result", "indicator", "baseline", "target", "means of verification"]]
        rows.columns = ["Row", "Result", "Indicator", "Baseline", "Target", "Checked with"]
        return f'<h2>Results and indicators</h2><div class="results" tabindex="0" role="region" aria-label="Results framework">{table(rows, caption="The results framework")}</div>'

    def _findings(self) -> str:
        from cleanworks.paper import escape

        found = self.weaknesses()
        if not found:
            return "<h2>What a reviewer would ask</h2><p>The automatic review found nothing. It cannot judge whether the results matter.</p>"
        items = "".join(f"<li>{escape(text)}</li>" for text in found[:8])
        more = f"<p>And {len(found) - 8} more.</p>" if len(found) > 8 else ""
        return f"<h2>What a reviewer would ask</h2><ul>{items}</ul>{more}"

    def _precision(self) -> str:
        one = self._survey()
        return (
            f"<h2>How precise it will be</h2><p>{self.interviews:,} interviews in {self.bodies:,} bodies are {one['people']:,.0f} in each. "
            f"A body's mean score is known within {one['margin']:.2f} points, nineteen times in twenty "
            f"(spread of answers {self.sd:g} points, design effect {self.design_effect:g}). "
            f"At a rate of {100 * self.rate:.2g}\u00a0%, {one['expected_cases']:.1f} people in each body would report the experience.</p>"
        )

    def _parts(self) -> str:
        from cleanworks.paper import table

        rows = pd.DataFrame({"Part": list(self.weights), "Points": list(self.weights.values())})
        return f'<h2>Weights</h2><div class="weights">{table(rows, caption="What counts how much, of 100 points", formats={"Points": "{:g}"})}</div>'

    def _calendar(self) -> str:
        from cleanworks.paper import table

        rows = pd.DataFrame(sorted(self.calendar.items()), columns=["Month", "Step"])
        return f'<h2>The first cycle</h2><div class="calendar">{table(rows, caption="Months from the decision")}</div>'


_STYLE = """
@page { margin: 14mm 16mm; }
body { font-size: 9.5pt; line-height: 1.35; overflow-wrap: break-word; }
th, td { padding-block: .2em; }
.sheet + .sheet { break-before: page; }
h2 { margin: .6em 0 .2em; }
p, ul { margin-block: .2em; }
.results table { table-layout: fixed; width: 100%; }
.results th:first-child { width: 7%; }
.results th:nth-child(4), .results th:nth-child(5) { width: 13%; }
.calendar td:first-child, .calendar th:first-child { width: 5em; }
@media (max-width: 32em) { .results { overflow-x: auto; } .results table { min-width: 38em; } }
"""
