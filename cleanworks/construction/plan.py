"""A country plan: what must be ready first, in which order to build, what it may cost and bring, on two pages.

The list of prerequisites is our inference from what Seoul and UNDP report (ccs 2.8); which part needs which is our judgement.
Every amount, duration and share of effect is an assumption of whoever makes the plan, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cleanworks import input_checks
from cleanworks.draws import Draws
from cleanworks.errors import InputError

if TYPE_CHECKING:
    from cleanworks.paper import Page


# Steps of readiness: what a score says.
STEPS = ("nothing yet", "planned", "partly there", "in place")
READY = 2

PREREQUISITES: dict[str, str] = {
    "forms": "Standard reports and forms",
    "roles": "Defined roles with an electronic identity",
    "accounts": "A link to banks, or accounts for one purpose",
    "power": "The legal power to make payment depend on use",
    "connection": "Connection on the sites",
    "help": "Help desk and training",
    "reply": "A duty to answer citizens' questions",
    "protection": "Rules that protect personal data",
    "owner": "An owner with a budget after the project ends",
}

PARTS: dict[str, tuple[str, ...]] = {
    "Disclosure": ("forms", "reply", "protection", "owner"),
    "Project management": ("forms", "roles", "connection", "help", "owner"),
    "Payment": ("roles", "accounts", "power", "help", "owner"),
    "Workers": ("roles", "power", "connection", "protection", "owner"),
}

ASSUMPTIONS = (
    "yearly_contracts", "share_covered", "loss_share", "loss_avoided", "setup_cost", "yearly_cost",
)  # fmt: skip
WORDS: dict[str, str] = {
    "yearly_contracts": "Contracts a year",
    "share_covered": "Share of contracts in the system",
    "loss_share": "Share of their value lost today",
    "loss_avoided": "Share of that loss avoided",
    "setup_cost": "Cost of setting up",
    "yearly_cost": "Cost a year",
}
_MOST_WORDS = {"problem": 60, "first_step": 60, "risk": 60}


def readiness(scores: Mapping[str, int]) -> pd.DataFrame:
    """How ready each part is.

    Parameters
    ----------
    scores : mapping
        For each key of `PREREQUISITES` a step from 0 (nothing yet) to 3 (in place).

    Returns
    -------
    DataFrame
        Indexed by part: ``ready`` (share of the steps done, 0 to 1), ``missing`` (prerequisites below `READY`, as keys) and
        ``steps`` (how many steps are missing until each stands at `READY`). A mean can hide one step without which nothing works,
        so ``missing`` stands beside it.

    Raises
    ------
    InputError
        A prerequisite without score, an unknown one, or a score that is no step.
    """
    _check_scores(scores)
    rows = [
        (
            part,
            sum(scores[key] for key in needs) / (len(STEPS) - 1) / len(needs),
            tuple(key for key in needs if scores[key] < READY),
            sum(max(0, READY - scores[key]) for key in needs),
        )
        for part, needs in PARTS.items()
    ]
    return pd.DataFrame(rows, columns=["part", "ready", "missing", "steps"]).set_index("part")


def roadmap(
    scores: Mapping[str, int], order: Sequence[str], *, build_months: Mapping[str, float], step_months: float
) -> pd.DataFrame:
    """Stages one after the other: prepare what is missing, then build.

    Parameters
    ----------
    scores : mapping
        As in `readiness`.
    order : sequence of str
        The parts to build, the first one first. A prerequisite that an earlier part has prepared is not prepared again.
    build_months : mapping
        Months to build each part.
    step_months : float
        Months to raise one prerequisite by one step. Missing steps of one part are taken one after the other.

    Returns
    -------
    DataFrame
        Indexed by part: ``prepare``, ``build`` (months), ``start``, ``end`` (months from today) and ``first`` (what is prepared).

    Raises
    ------
    InputError
        An unknown part or one named twice, or a duration below zero.
    """
    _check_scores(scores)
    unknown = [part for part in order if part not in PARTS]
    if unknown or len(set(order)) != len(order) or not order:
        raise InputError(
            f"The order {list(order)} cannot be used.",
            where="order",
            fix=f"Name each part once. The parts are: {', '.join(PARTS)}.",
        )
    lacking = [part for part in order if part not in build_months]
    if lacking or step_months < 0 or any(build_months[part] < 0 for part in order):
        raise InputError(
            "Months are missing or below zero.",
            where="build_months, step_months",
            fix="Give each part its months.",
        )
    state, now, rows = dict(scores), 0.0, []
    for part in order:
        below = [key for key in PARTS[part] if state[key] < READY]
        prepare = step_months * sum(READY - state[key] for key in below)
        state |= dict.fromkeys(below, READY)
        rows.append(
            (part, prepare, build_months[part], now, now + prepare + build_months[part], tuple(below))
        )
        now = rows[-1][4]
    return pd.DataFrame(rows, columns=["part", "prepare", "build", "start", "end", "first"]).set_index("part")


def net_benefit(
    ranges: Mapping[str, tuple[float, float, float]],
    rng: np.random.Generator,
    *,
    years: int = 10,
    discount: float = 0.05,
    draws: int = 10_000,
) -> pd.DataFrame:
    """Cost and benefit under uncertainty.

    Parameters
    ----------
    ranges : mapping
        For each of `ASSUMPTIONS` the lowest, the most likely and the highest value: ``yearly_contracts``, ``setup_cost`` and
        ``yearly_cost`` in currency units; ``share_covered`` (of contracts), ``loss_share`` (of contract value lost today) and
        ``loss_avoided`` (share of that loss which the system would avoid), each 0 to 1. Drawn from a triangular distribution,
        independently of each other.
    rng : numpy Generator
    years : int
        Years of use. Setup is paid at once, the rest at the end of each year.
    discount : float
        Rate a year, 0.05 for 5 %.
    draws : int

    Returns
    -------
    DataFrame
        One row per draw: the assumptions, and ``cost``, ``benefit`` and ``net``, all as values of today.

    Raises
    ------
    InputError
        A missing assumption, three values that do not rise, a share above 1, or a number below zero.
    """
    _check_ranges(ranges)
    if years < 1 or draws < 1 or discount < 0:
        raise InputError(
            "Years and draws start at 1, the rate at 0.",
            where="years, draws, discount",
            fix="Give at least 1 year, 1 draw and a rate of 0 or more.",
        )
    chance = Draws(rng)
    drawn = pd.DataFrame(
        {
            name: chance.triangular(float(low), float(likely), float(high), draws)
            for name in ASSUMPTIONS
            for low, likely, high in [ranges[name]]
        }
    )
    factor = float(sum((1 + discount) ** -year for year in range(1, years + 1)))
    drawn["cost"] = drawn["setup_cost"] + factor * drawn["yearly_cost"]
    drawn["benefit"] = (
        factor
        * drawn["yearly_contracts"]
        * drawn["share_covered"]
        * drawn["loss_share"]
        * drawn["loss_avoided"]
    )
    return drawn.assign(net=drawn["benefit"] - drawn["cost"])


def drivers(drawn: pd.DataFrame) -> pd.Series:
    """Which assumption decides: its rank correlation with the net benefit, the strongest first. From `net_benefit`."""
    input_checks.need_columns(drawn, (*ASSUMPTIONS, "net"), "drawn")
    ranks = drawn[[*ASSUMPTIONS, "net"]].rank()
    vary = [name for name in ASSUMPTIONS if ranks[name].nunique() > 1]  # what never changes decides nothing
    strength = ranks[vary].corrwith(ranks["net"]).reindex(list(ASSUMPTIONS)).fillna(0.0)
    return strength.reindex(strength.abs().sort_values(ascending=False, kind="stable").index)


def break_even(drawn: pd.DataFrame) -> float:
    """The share of the loss that must be avoided for benefit to equal cost, with all other assumptions at their mean.

    Above 1 no effect is large enough; NaN if no draw avoids any loss, so that nothing can be said.
    """
    input_checks.need_columns(drawn, ("cost", "benefit", "loss_avoided"), "drawn")
    per_share = (drawn["benefit"] / drawn["loss_avoided"].where(drawn["loss_avoided"] > 0)).mean()
    return float(drawn["cost"].mean() / per_share)


@dataclass(frozen=True)
class CountryPlan:
    """The answers that make a plan. Texts are plain and short, at most 60 words each, so that the plan stays on two pages.

    ``money`` turns an amount into text, for example ``profile.money``; ``indicators`` has the columns ``indicator``, ``today`` and
    ``goal``, at most five rows. The other fields come from the functions of this module.
    """

    country: str
    owner: str
    problem: str
    first_step: str
    risk: str
    scores: Mapping[str, int]
    stages: pd.DataFrame
    drawn: pd.DataFrame
    indicators: pd.DataFrame
    money: Callable[[float], object] = field(default=lambda amount: f"{amount:,.0f}")

    def page(self) -> Page:
        """The plan as a `cleanworks.paper.Page` of two A4 sheets; ``page().save("plan.pdf")`` prints it.

        Raises
        ------
        InputError
            An empty answer, one that is too long, or too many indicators.
        """
        self._check()
        from cleanworks.paper import Page, escape

        title = f"Clean construction in {self.country}: a plan"
        body = (
            f'<section class="sheet"><h1>{escape(title)}</h1><p class="note">Owner: {escape(self.owner)}. '
            "Scores, months, amounts and effects are assumptions of the authors, to be changed when better is known.</p>"
            f"<h2>The problem</h2><p>{escape(self.problem)}</p>{self._ready()}<h2>The first step</h2><p>{escape(self.first_step)}</p></section>"
            f'<section class="sheet">{self._stages()}{self._money()}{self._indicators()}'
            f"<h2>What could stop it</h2><p>{escape(self.risk)}</p></section>"
        )
        return Page(title, body, style=_STYLE)

    def _check(self) -> None:
        for name in ("country", "owner", "problem", "first_step", "risk"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise InputError(f"The plan has no '{name}'.", where=name, fix="Write one or two sentences.")
            most = _MOST_WORDS.get(name, 12)
            if len(text.split()) > most or len(text) > 9 * most:
                raise InputError(
                    f"'{name}' has {len(text.split())} words.",
                    where=name,
                    fix=f"Use at most {most} short words: two pages are read.",
                )
        input_checks.need_columns(self.indicators, ("indicator", "today", "goal"), "indicators")
        if not 1 <= len(self.indicators) <= 5:
            raise InputError(
                f"There are {len(self.indicators)} indicators.", where="indicators", fix="Choose one to five."
            )
        long = self.indicators[["indicator", "today", "goal"]].astype(str).map(len).max().max()
        if long > 80:
            raise InputError(
                "A cell of the indicators is too long.", where="indicators", fix="Use at most 80 letters."
            )

    def _ready(self) -> str:
        from cleanworks.paper import table

        canvas = pd.DataFrame(
            {
                "Prerequisite": [PREREQUISITES[key] for key in PREREQUISITES],
                "Today": [STEPS[self.scores[key]] for key in PREREQUISITES],
                "Needed by": [
                    ", ".join(part for part, needs in PARTS.items() if key in needs) for key in PREREQUISITES
                ],
            }
        )
        parts = readiness(self.scores)
        short = pd.DataFrame(
            {
                "Part": parts.index,
                "Ready": parts["ready"].map(_percent),
                "Prepare first": [_sentence(keys) for keys in parts["missing"]],
            }
        )
        return (
            '<h2>Where we stand</h2><div class="canvas">'
            + table(canvas, caption="Prerequisites, scored by the authors")
            + '</div><div class="parts">'
            + table(short, caption="The parts of the system")
            + "</div>"
        )

    def _stages(self) -> str:
        from cleanworks.paper import escape, table

        rows = pd.DataFrame(
            {
                "Stage": self.stages.index,
                "Prepare first": [_sentence(keys) for keys in self.stages["first"]],
                "From": self.stages["start"].round().astype("int64"),
                "To": self.stages["end"].round().astype("int64"),
            }
        )
        length = max(float(self.stages["end"].max()), 1.0)

        def share(months: float) -> str:
            return f"{100 * months / length:.2f}%"

        bars = "".join(
            f'<div class="stage"><span>{escape(str(one.Index))}</span><span class="lane">'
            f'<i class="prepare" style="inset-inline-start:{share(one.start)};width:{share(one.prepare)}"></i>'
            f'<i class="build" style="inset-inline-start:{share(one.start + one.prepare)};width:{share(one.build)}"></i>'
            f'<b style="inset-inline-start:{share(one.end)}">{one.end:.0f}</b></span></div>'
            for one in self.stages.itertuples()
        )
        picture = (
            f'<figure><div role="img" aria-label="Stages one after the other; the table above holds the months">{bars}</div>'
            "<figcaption>Pale: prepare. Dark: build. The numbers are months from the decision.</figcaption></figure>"
        )
        months = table(rows, caption="What comes when, in months from the decision")
        return f'<h2>Stages</h2><div class="parts">{months}</div>{picture}'

    def _money(self) -> str:
        from cleanworks.paper import escape, table

        low, middle, high = (self.drawn["net"].quantile(share) for share in (0.05, 0.5, 0.95))
        money = lambda amount: escape(str(self.money(float(amount))))  # noqa: E731
        quantiles = self.drawn[list(ASSUMPTIONS)].quantile([0.05, 0.5, 0.95])
        amounts = ("yearly_contracts", "setup_cost", "yearly_cost")
        text = {
            name: (lambda v: str(self.money(float(v)))) if name in amounts else (lambda v: _percent(v, 1))
            for name in ASSUMPTIONS
        }
        rows = pd.DataFrame(
            [(WORDS[name], *(text[name](value) for value in quantiles[name])) for name in ASSUMPTIONS],
            columns=["Assumption", "Low", "Middle", "High"],
        )
        decides = WORDS[drivers(self.drawn).index[0]]
        return (
            f"<h2>Cost and benefit</h2><p>Net benefit, as a value of today: {money(middle)}, and in nine of ten draws between {money(low)} "
            f"and {money(high)}. In {_percent((self.drawn['net'] < 0).mean())} of the draws the system costs more than it brings. "
            f"{self._pays_if()} The assumption that decides most: {decides[0].lower()}{decides[1:]}.</p>"
            f'<div class="amounts">{table(rows, caption="What we assumed: the 5th, 50th and 95th of a hundred draws in order")}</div>'
        )

    def _pays_if(self) -> str:
        needed = break_even(self.drawn)
        if np.isnan(needed):
            return "No loss is avoided in any draw, so nothing can be said about when it pays."
        if needed > 1:
            return "Even if it avoided all of today's loss, it would not pay."
        return f"It pays if it avoids at least {_percent(needed, 1)} of today's loss."

    def _indicators(self) -> str:
        from cleanworks.paper import table

        rows = (
            self.indicators[["indicator", "today", "goal"]]
            .astype(str)
            .set_axis(["Indicator", "Today", "Goal"], axis=1)
        )
        return f'<h2>How we shall know</h2><div class="goals">{table(rows, caption="Measured from the first month")}</div>'


_STYLE = """
@page { margin: 14mm 16mm; }
body { font-size: 9.5pt; line-height: 1.35; overflow-wrap: break-word; }
th, td { padding-block: .22em; }
.goals table { table-layout: fixed; width: 100%; }
.goals th:first-child { width: 50%; }
.sheet + .sheet { break-before: page; }
h2 { margin: .7em 0 .25em; }
.canvas td:nth-child(2), .parts td:first-child { white-space: nowrap; }
.amounts td + td, .amounts th + th { text-align: end; }
.stage { display: grid; grid-template-columns: 12em 1fr; align-items: center; }
.lane { position: relative; height: 1.2em; margin-block: .15em; margin-inline-end: 2.2em; }
.lane i, .lane b { position: absolute; top: 0; bottom: 0; line-height: 1.2em; }
.lane b { font-weight: normal; padding-inline-start: .3em; }
.lane i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
figure { margin-block: .6em; }
.prepare { background: #a6cbd6; }
.build { background: #0f4a5d; }
@media (max-width: 32em) { .parts td:first-child { white-space: normal; } .stage { grid-template-columns: 7em 1fr; } }
"""


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}\u00a0%"


def _sentence(keys: Sequence[str]) -> str:
    """Prerequisites in a row: one capital letter at the beginning, semicolons because some hold commas."""
    words = "; ".join(PREREQUISITES[key][0].lower() + PREREQUISITES[key][1:] for key in keys)
    return words[:1].upper() + words[1:] or "Nothing"


def _check_scores(scores: Mapping[str, int]) -> None:
    missing = [key for key in PREREQUISITES if key not in scores]
    unknown = [key for key in scores if key not in PREREQUISITES]
    if missing or unknown:
        what = f"'{missing[0]}' has no score" if missing else f"'{unknown[0]}' is not a prerequisite"
        raise InputError(f"{what}.", where="scores", fix=f"Score each of: {', '.join(PREREQUISITES)}.")
    for key, value in scores.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < len(STEPS):
            raise InputError(
                f"The score of '{key}' is {value!r}.",
                where="scores",
                fix=f"Use 0 to {len(STEPS) - 1}: {', '.join(STEPS)}.",
            )


def _check_ranges(ranges: Mapping[str, tuple[float, float, float]]) -> None:
    for name in ASSUMPTIONS:
        if name not in ranges:
            raise InputError(
                f"'{name}' is missing.", where="ranges", fix="Give its lowest, most likely and highest value."
            )
        values = ranges[name]
        if len(values) != 3 or not all(np.isfinite(values)) or not 0 <= values[0] <= values[1] <= values[2]:
            raise InputError(
                f"'{name}' is {tuple(values)}.",
                where="ranges",
                fix="Give lowest, most likely and highest, rising from 0 on.",
            )
        if name in ("share_covered", "loss_share", "loss_avoided") and values[2] > 1:
            raise InputError(
                f"'{name}' is a share and rises above 1.", where="ranges", fix="Write 20 % as 0.20."
            )
