"""The printed products of one year's assessment. All text from data is escaped; colours never stand alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cleanworks.errors import InputError
from cleanworks.integrity import assessment, grades
from cleanworks.integrity.products.scores import LEAST_PEOPLE, YearResults
from cleanworks.typed import Row

if TYPE_CHECKING:
    from cleanworks.paper import Page


_GRADES = {1: "best", 2: "good", 3: "middle", 4: "weak", 5: "weakest"}
_NOTE = "Intervals hold what the two surveys leave uncertain (95 %); what a survey does not ask, no interval shows."


def league_table(
    results: YearResults, rng: np.random.Generator, *, kind: str | None = None, title: str = ""
) -> Page:
    """Bodies in the order of their scores, with interval, grade, and how far each rank would move in a repeated survey.

    Parameters
    ----------
    results : YearResults
    rng : numpy Generator
        For the ranks of repeated surveys (`grades.rank_intervals`, 90 %).
    kind : str, optional
        One type of bodies. Types face different users and laws; a table across types compares what is not alike.
    title : str, optional

    Returns
    -------
    cleanworks.paper.Page
    """
    from cleanworks.paper import Page, escape

    chosen = results.of_type(kind)
    shown = chosen.published.sort_values("overall", ascending=False)
    if shown.empty:
        raise InputError(
            f"No body of type {kind!r} has a score in {results.year}.",
            where="league_table",
            fix="Choose another type.",
        )
    ranks = grades.rank_intervals(shown["overall"], shown["error"], rng)
    start, end = shown["low"].min(), shown["high"].max()

    def place(value: float) -> str:
        return f"{100 * (value - start) / max(end - start, 1e-9):.1f}%"

    rows = "".join(
        f'<tr><td class="number">{rank.rank}</td><td class="number">{rank.low} to {rank.high}</td><th scope="row">{escape(body.name)}</th>'
        f'<td class="number">{body.overall:.1f}</td><td class="number">{body.low:.1f} to {body.high:.1f}</td>'
        f'<td class="lane" aria-hidden="true"><i style="inset-inline-start:{place(body.low)};width:calc({place(body.high)} - {place(body.low)})"></i>'
        f'<b style="inset-inline-start:{place(body.overall)}"></b></td><td class="number">{_grade(body)}</td></tr>'
        for body, rank in zip(shown.itertuples(), ranks.itertuples(), strict=True)
    )
    columns = ("Rank", "Rank if asked again", "Body", "Score", "Interval", "On the scale", "Grade")
    head = "".join(f'<th scope="col">{text}</th>' for text in columns)
    pairs = chosen.neighbours()
    close = (
        f"{(~pairs['apart']).sum()} of {len(pairs)} neighbours in rank are too close to be told apart."
        if len(pairs)
        else ""
    )
    name = title or f"Integrity scores {results.year}" + (f": {kind}" if kind else "")
    body = (
        f'<h1>{escape(name)}</h1><p class="note">Points of 100. {close} {_NOTE}</p>'
        f'<div class="wide" tabindex="0" role="region" aria-label="League table"><table class="league"><caption>{len(shown)} bodies; the rank holds in 90 of 100 repeated surveys '
        f"between the two numbers beside it</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{_withheld(chosen)}"
    )
    return Page(name, body, style=_STYLE)


def grade_map(results: YearResults, *, title: str = "") -> Page:
    """Every body as a tile in the colour of its grade, type by type and region by region; the grade is written on the tile.

    Korea's commission shows its grades as a map in five colours (acrc-s67); the tiles need no map of the country.
    """
    from cleanworks.paper import Page, escape

    name = title or f"Grades {results.year}"
    parts = []
    for kind, bodies in results.table.groupby("type", sort=True):
        tiles = "".join(
            f'<li class="tile g{_grade(body, "0")}"><span class="id">{escape(str(body.Index))}</span>'
            f"<b>{_grade(body, 'none')}</b></li>"
            for body in bodies.sort_values(["region", "name"]).itertuples()
        )
        counts = bodies["grade"].value_counts().reindex(range(1, 6), fill_value=0)
        line = ", ".join(f"grade {grade}: {count}" for grade, count in counts.items())
        parts.append(
            f'<section class="kind"><h2>{escape(kind)}</h2><p>{len(bodies)} bodies; {line}.</p><ul class="tiles">{tiles}</ul></section>'
        )
    legend = "".join(
        f'<li class="tile g{grade}"><span class="id">{word}</span><b>{grade}</b></li>'
        for grade, word in _GRADES.items()
    )
    body = (
        f'<h1>{escape(name)}</h1><p class="note">A tile is a body, ordered by region. Its number is its grade within its type, 1 is best. '
        "Grades follow the mean and the spread of each type, so some bodies are always weakest.</p>"
        f'<ul class="tiles legend">{legend}<li class="tile g0"><span class="id">withheld</span><b>none</b></li></ul>{"".join(parts)}'
    )
    return Page(name, body, style=_STYLE, landscape=True)


def scorecard(results: YearResults, institution_id: str, rng: np.random.Generator) -> Page:
    """One page for one body: score, interval, grade, place among its type, its parts, and its weakest questions.

    Raises
    ------
    InputError
        The body is unknown, or its score is withheld.
    """
    from cleanworks.paper import Page, escape, table

    body = _body(results, institution_id)
    peers = results.of_type(body["type"]).published
    place = grades.rank_intervals(peers["overall"], peers["error"], rng).loc[institution_id]
    means = peers[["users", "staff", "effort", "deduction", "overall"]].mean()
    words = {
        "users": "What users say",
        "staff": "What staff say",
        "effort": "Effort against corruption",
        "deduction": "Deduction for cases",
        "overall": "Overall score",
    }
    parts = pd.DataFrame(
        [(text, body[key], means[key], body[key] - means[key]) for key, text in words.items()],
        columns=["Part", "This body", "Mean of its type", "Difference"],
    )
    form = {"This body": "{:.1f}", "Mean of its type": "{:.1f}", "Difference": "{:+.1f}"}
    asked = pd.DataFrame({name: results.items[name].loc[institution_id] for name in ("users", "staff")})
    mean = pd.DataFrame(
        {name: results.items[name].reindex(peers.index).mean() for name in ("users", "staff")}
    )
    gaps = (asked - mean).stack().sort_values().head(3)
    weakest = "".join(
        f"<li>{escape(question.replace('_', ' ').capitalize())}, {who}: {asked.loc[question, who]:.0f}, {abs(gap):.1f} points "
        f"{'below' if gap < 0 else 'above'} the mean of the type.</li>"
        for (question, who), gap in gaps.items()
    )
    few = 0 < body["experienced"] < LEAST_PEOPLE
    said = f"Fewer than {LEAST_PEOPLE}" if few else f"{body['experienced']:,.0f}"
    name = f"{body['name']}, {results.year}"
    content = (
        f'<section class="sheet"><h1>{escape(name)}</h1><p class="note">Scorecard. {body["users_answers"]:,} users and {body["staff_answers"]:,} members of staff answered.</p>'
        f'<div class="figures"><p><b>{body["overall"]:.1f}</b> of 100<br>between {body["low"]:.1f} and {body["high"]:.1f}</p>'
        f"<p><b>Grade {_grade(body)}</b><br>1 is best, within its type</p>"
        f"<p><b>Rank {place['rank']}</b> of {len(peers)}<br>asked again: {place['low']} to {place['high']}</p></div>"
        f"<h2>Where the score comes from</h2>{_wide('Parts of the score', table(parts, caption='Points of 100; the deduction is taken off', formats=form))}"
        f"<h2>Questions furthest below bodies of the same type</h2><ol>{weakest}</ol>"
        f"<h2>Experience</h2><p>{said} of {body['users_answers']:,} users reported an experience of corruption. "
        "A number this small says little about one body; look at its type and at several years.</p>"
        f"<h2>What to do with this page</h2><p>Read the weakest questions with the staff who meet users, choose one process to change, and say "
        f'how next year\'s answers should show it.</p><p class="note">{_NOTE} Weights of questions and the deduction follow the teaching rules of this course.</p></section>'
    )
    return Page(name, content, style=_STYLE)


def brief(results: YearResults, previous: YearResults | None = None, *, title: str = "") -> Page:
    """One page for the press and the minister, made from the data.

    Parameters
    ----------
    results : YearResults
    previous : YearResults, optional
        The year before: the change is shown for bodies with a score in both years.

    Raises
    ------
    InputError
        The two years were scored by different models: such a change has no meaning (`assessment.change`).
    """
    from cleanworks.paper import Page, escape, table

    shown = results.published
    mean, error = shown["overall"].mean(), np.sqrt((shown["error"] ** 2).sum()) / len(shown)
    by_type = shown.groupby("type").agg(
        bodies=("overall", "size"),
        overall=("overall", "mean"),
        users=("users", "mean"),
        staff=("staff", "mean"),
        effort=("effort", "mean"),
    )
    by_type = by_type.sort_values("overall", ascending=False).reset_index()
    by_type.columns = ["Type", "Bodies", "Overall", "Users", "Staff", "Effort"]
    shares = shown["grade"].value_counts().reindex(range(1, 6), fill_value=0)
    counts = pd.DataFrame(
        {
            "Grade": [f"{grade} ({_GRADES[grade]})" for grade in shares.index],
            "Bodies": shares.to_numpy(),
            "Share": 100 * shares.to_numpy() / len(shown),
        }
    )
    gap = shown["users"].mean() - shown["staff"].mean()
    pairs = results.neighbours()
    lines = [
        f"Users score their bodies {abs(gap):.1f} points {'higher' if gap >= 0 else 'lower'} than the staff of these bodies do.",
        f"The mean is highest for the type {by_type['Type'].iloc[0]} and lowest for the type {by_type['Type'].iloc[-1]}.",
    ]
    if len(pairs):
        lines.append(
            f"{(~pairs['apart']).sum():,} of {len(pairs):,} bodies next to each other in rank are too close to be told apart."
        )
    if previous is not None:
        lines.insert(0, _change(results, previous))
    hidden = len(results.table) - len(shown)
    lines.append(
        f"{hidden} of {len(results.table)} bodies have no published score, because fewer than {results.least} people answered or evidence is missing."
        if hidden
        else f"All {len(results.table)} bodies have a score: at least {results.least} users and {results.least} members of staff answered for each."
    )
    name = title or f"Integrity assessment {results.year}: results"
    answers = shown["users_answers"].sum(), shown["staff_answers"].sum()
    body = (
        f'<section class="sheet"><h1>{escape(name)}</h1><div class="figures"><p><b>{mean:.1f}</b> of 100<br>mean of {len(shown)} bodies, '
        f"between {mean - 1.96 * error:.1f} and {mean + 1.96 * error:.1f}</p><p><b>{answers[0]:,}</b> users<br>answered</p><p><b>{answers[1]:,}</b> members of staff<br>answered</p></div>"
        f"<h2>What the results say</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
        f"<h2>By type</h2>{_wide('By type', table(by_type, caption='Means, points of 100', formats=dict.fromkeys(['Overall', 'Users', 'Staff', 'Effort'], '{:.1f}')))}"
        f"<h2>Grades</h2>{table(counts, caption='Bodies in each grade, within types', formats={'Share': '{:.0f} %'})}"
        f"<h2>What the results do not say</h2><p>A score holds what users and staff think and what bodies could prove, not how much corruption there is. "
        f'Grades compare bodies of one type with each other.</p><p class="note">{_NOTE}</p></section>'
    )
    return Page(name, body, style=_STYLE)


def _wide(name: str, table: str) -> str:
    """A table that scrolls inside its own frame where the page is narrower, with the keyboard as well."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{name}">{table}</div>'


def _grade(body: Row, missing: str = "-") -> str:
    return missing if pd.isna(body.grade) else str(body.grade)


def _change(results: YearResults, previous: YearResults) -> str:
    now, then = results.published["overall"], previous.published["overall"]
    both = now.index.intersection(then.index)
    if both.empty:
        raise InputError(
            f"No body has a score in {previous.year} and in {results.year}.",
            where="previous",
            fix="Choose a year in which the same bodies were assessed.",
        )
    moved = assessment.change(then[both].mean(), now[both].mean(), previous.year, results.year)
    errors = np.hypot(results.published.loc[both, "error"], previous.published.loc[both, "error"])
    margin = 1.96 * np.sqrt((errors**2).sum()) / len(both)
    return f"Among the {len(both)} bodies scored in both years the mean changed by {moved:+.1f} points since {previous.year} (give or take {margin:.1f})."


def _body(results: YearResults, institution_id: str) -> pd.Series:
    if institution_id not in results.table.index:
        raise InputError(
            f"There is no body {institution_id!r} in {results.year}.",
            where="institution_id",
            fix=f"Ids look like {results.table.index[0]!r}.",
        )
    body = results.table.loc[institution_id]
    if body["withheld"]:
        raise InputError(
            f"{body['name']} has no score in {results.year}: {body['withheld']}.",
            where="institution_id",
            fix="Print no scorecard for it; tell the body why, and how many answers came.",
        )
    return body


def _withheld(results: YearResults) -> str:
    from cleanworks.paper import escape

    hidden = results.table[results.table["withheld"] != ""]
    if hidden.empty:
        return ""
    items = "; ".join(f"{escape(body.name)} ({escape(body.withheld)})" for body in hidden.itertuples())
    return f"<h2>Without a score</h2><p>{items}.</p>"


_STYLE = """
@page { margin: 14mm 16mm; }
body { line-height: 1.4; overflow-wrap: break-word; }
h2 { margin: .8em 0 .2em; }
.figures { display: grid; grid-template-columns: repeat(3, 1fr); gap: .8em; margin-block: .6em; }
.figures p { border-inline-start: .3em solid #0f4a5d; padding-inline-start: .6em; margin: 0; }
.figures b { font-size: 1.5em; }
.wide { overflow-x: auto; }
.league { min-width: 46em; width: 100%; }
.league .number { white-space: nowrap; }
.league tr { break-inside: avoid; }
.league thead { display: table-header-group; }
.league tbody th { font-weight: normal; text-align: start; background: none; }
.lane { position: relative; min-width: 11em; }
.lane i, .lane b { position: absolute; top: 50%; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.lane i { height: .22em; margin-top: -.11em; background: #6f9fb0; }
.lane b { width: .5em; height: .5em; margin: -.25em 0 0 -.25em; border-radius: 50%; background: #0f4a5d; }
.tiles { list-style: none; display: flex; flex-wrap: wrap; gap: 3px; padding: 0; margin: .3em 0; }
.tile { width: 5.9em; white-space: nowrap; padding: .2em .3em; border: 1px solid #5b6673; font-size: .72em; display: flex; justify-content: space-between; gap: .2em;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; break-inside: avoid; }
.legend .tile { width: 8.6em; }
.g1 { background: #08306b; color: #fff; } .g2 { background: #2a5f9e; color: #fff; } .g3 { background: #d3e3f3; color: #111; }
.g4 { background: #fbd9b5; color: #111; } .g5 { background: #a63603; color: #fff; } .g0 { background: #fff; color: #111; border-style: dashed; }
@media (max-width: 32em) { .figures { grid-template-columns: 1fr; } }
"""
