"""A country plan: what must be ready first, in which order to build, what it may cost and bring, on two pages.

The list of prerequisites is our inference from what Seoul and UNDP report (ccs 2.8); which part needs which is our judgement.
Every amount, duration and share of effect is an assumption of whoever makes the plan, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cleanworks.construction._input import need_columns
from cleanworks.errors import InputError

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


def roadmap(scores: Mapping[str, int], order: Sequence[str], *, build_months: Mapping[str, float], step_months: float) -> pd.DataFrame:
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
            f"The order {list(order)} cannot be used.", where="order", fix=f"Name parts once each, out of: {', '.join(PARTS)}."
        )
    lacking = [part for part in order if part not in build_months]
    if lacking or step_months < 0 or any(build_months[part] < 0 for part in order):
        raise InputError("Months are missing or below zero.", where="build_months, step_months", fix="Give each part its months.")
    state, now, rows = dict(scores), 0.0, []
    for part in order:
        below = [key for key in PARTS[part] if state[key] < READY]
        prepare = step_months * sum(READY - state[key] for key in below)
        state |= dict.fromkeys(below, READY)
        rows.append((part, prepare, build_months[part], now, now + prepare + build_months[part], tuple(below)))
        now = rows[-1][4]
    return pd.DataFrame(rows, columns=["part", "prepare", "build", "start", "end", "first"]).set_index("part")


def net_benefit(ranges: Mapping[str, tuple[float, float, float]], rng: np.random.Generator, *, years: int = 10, discount: float = 0.05, draws: int = 10_000) -> pd.DataFrame:
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
        raise InputError("Years and draws start at 1, the rate at 0.", where="years, draws, discount")
    drawn = pd.DataFrame({name: _triangular(rng, *map(float, ranges[name]), draws) for name in ASSUMPTIONS})
    factor = float(sum((1 + discount) ** -year for year in range(1, years + 1)))
    drawn["cost"] = drawn["setup_cost"] + factor * drawn["yearly_cost"]
    drawn["benefit"] = factor * drawn["yearly_contracts"] * drawn["share_covered"] * drawn["loss_share"] * drawn["loss_avoided"]
    return drawn.assign(net=drawn["benefit"] - drawn["cost"])


def drivers(drawn: pd.DataFrame) -> pd.Series:
    """Which assumption decides: its rank correlation with the net benefit, the strongest first. From `net_benefit`."""
    need_columns(drawn, (*ASSUMPTIONS, "net"), "drawn")
    ranks = drawn[[*ASSUMPTIONS, "net"]].rank()
    strength = ranks[list(ASSUMPTIONS)].corrwith(ranks["net"]).fillna(0.0)
    return strength.reindex(strength.abs().sort_values(ascending=False, kind="stable").index)


def break_even(drawn: pd.DataFrame) -> float:
    """The share of the loss that must be avoided for benefit to equal cost, with all other assumptions at their mean."""
    need_columns(drawn, ("cost", "benefit", "loss_avoided"), "drawn")
    per_share = (drawn["benefit"] / drawn["loss_avoided"].where(drawn["loss_avoided"] > 0)).mean()
    return float(drawn["cost"].mean() / per_share)


@dataclass(frozen=True)
class CountryPlan:
    """The answers that make a plan. Texts are plain and short, at most 60 words each, so that the plan stays on two pages.

    ``money`` turns an amount into text, for example ``profile.money``; ``indicators`` has the columns ``indicator``, ``today`` and
    ``goal``, at most six rows. The other fields come from the functions of this module.
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
    money: object = field(default=lambda amount: f"{amount:,.0f}")

    def page(self):
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

    def _check(self):
        for name in ("country", "owner", "problem", "first_step", "risk"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise InputError(f"The plan has no '{name}'.", where=name, fix="Write one or two sentences.")
            most = _MOST_WORDS.get(name, 12)
            if len(text.split()) > most or len(text) > 9 * most:
                raise InputError(
                    f"'{name}' has {len(text.split())} words.", where=name, fix=f"Use at most {most} short words: two pages are read."
                )
        need_columns(self.indicators, ("indicator", "today", "goal"), "indicators")
        if not 1 <= len(self.indicators) <= 6:
            raise InputError(f"There are {len(self.indicators)} indicators.", where="indicators", fix="Choose one to six.")
        long = self.indicators[["indicator", "today", "goal"]].astype(str).map(len).max().max()
        if long > 80:
            raise InputError("A cell of the indicators is too long.", where="indicators", fix="Use at most 80 letters.")

    def _ready(self):
        from cleanworks.paper import table

        canvas = pd.DataFrame(
            {
                "Prerequisite": [PREREQUISITES[key] for key in PREREQUISITES],
                "Today": [STEPS[self.scores[key]] for key in PREREQUISITES],
                "Needed by": [", ".join(part for part, needs in PARTS.items() if key in needs) for key in PREREQUISITES],
            }
        )
        parts = readiness(self.scores)
        short = pd.DataFrame(
            {
                "Part": parts.index,
                "Ready": parts["ready"].map("{:.0%}".format),
                "Missing first": [", ".join(PREREQUISITES[key] for key in keys) or "nothing" for keys in parts["missing"]],
            }
        )
        return (
            "<h2>Where we stand</h2>"
            + table(canvas, caption="Prerequisites, scored by the authors")
            + table(short, caption="The parts of the system")
        )

    def _stages(self):
        from cleanworks.paper import escape, table

        rows = pd.DataFrame(
            {
                "Stage": self.stages.index,
                "Prepare first": [", ".join(PREREQUISITES[key] for key in keys) or "nothing" for keys in self.stages["first"]],
                "From month": self.stages["start"].round().astype(int),
                "To month": self.stages["end"].round().astype(int),
            }
        )
        length = max(float(self.stages["end"].max()), 1.0)
        bars = "".join(
            f'<rect class="prepare" x="{150 + 430 * one.start / length:.1f}" y="{8 + 24 * place}" width="{430 * one.prepare / length:.1f}" height="16"/>'
            f'<rect class="build" x="{150 + 430 * (one.start + one.prepare) / length:.1f}" y="{8 + 24 * place}" width="{430 * one.build / length:.1f}" height="16"/>'
            f'<text x="0" y="{21 + 24 * place}">{escape(str(one.Index))}</text>'
            for place, one in enumerate(self.stages.itertuples())
        )
        picture = (
            f'<figure><svg viewBox="0 0 590 {16 + 24 * len(self.stages)}" role="img" aria-label="Stages one after the other; '
            f'the table above holds the months">{bars}</svg><figcaption>Pale: prepare. Dark: build.</figcaption></figure>'
        )
        return "<h2>Stages</h2>" + table(rows, caption="What comes when (months from the decision)") + picture

    def _money(self):
        from cleanworks.paper import escape, table

        low, middle, high = (self.drawn["net"].quantile(share) for share in (0.05, 0.5, 0.95))
        money = lambda amount: escape(str(self.money(float(amount))))  # noqa: E731
        names = {name: name.replace("_", " ") for name in ASSUMPTIONS}
        quantiles = self.drawn[list(ASSUMPTIONS)].quantile([0.05, 0.5, 0.95])
        amounts = ("yearly_contracts", "setup_cost", "yearly_cost")
        text = {name: (lambda v: str(self.money(float(v)))) if name in amounts else "{:.1%}".format for name in ASSUMPTIONS}
        rows = pd.DataFrame(
            [(names[name].capitalize(), *(text[name](value) for value in quantiles[name])) for name in ASSUMPTIONS],
            columns=["Assumption", "Low", "Middle", "High"],
        )
        worst = names[drivers(self.drawn).index[0]]
        return (
            f"<h2>Cost and benefit</h2><p>Net benefit: {money(middle)}, with 90 % of the draws between {money(low)} and {money(high)}. "
            f"In {(self.drawn['net'] < 0).mean():.0%} of the draws the system costs more than it brings. "
            f"The assumption that decides most: {worst}. "
            f"Break-even: {break_even(self.drawn):.1%} of today's loss avoided.</p>"
            + table(rows, caption="What was assumed (illustrative; 5 %, 50 % and 95 % of the draws)")
        )

    def _indicators(self):
        from cleanworks.paper import table

        rows = self.indicators[["indicator", "today", "goal"]].astype(str).set_axis(["Indicator", "Today", "Goal"], axis=1)
        return "<h2>How we shall know</h2>" + table(rows, caption="Measured from the first month")


_STYLE = """
body { font-size: 9.5pt; }
.sheet + .sheet { break-before: page; }
h2 { margin: .8em 0 .3em; }
svg { width: 100%; max-width: 150mm; }
svg text { font-size: 13px; fill: #1f2937; }
.prepare { fill: #a6cbd6; }
.build { fill: #0f4a5d; }
"""


def _check_scores(scores):
    missing = [key for key in PREREQUISITES if key not in scores]
    unknown = [key for key in scores if key not in PREREQUISITES]
    if missing or unknown:
        what = f"'{missing[0]}' has no score" if missing else f"'{unknown[0]}' is no prerequisite"
        raise InputError(f"{what}.", where="scores", fix=f"Score each of: {', '.join(PREREQUISITES)}.")
    for key, value in scores.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < len(STEPS):
            raise InputError(f"The score of '{key}' is {value!r}.", where="scores", fix=f"Use 0 to {len(STEPS) - 1}: {', '.join(STEPS)}.")


def _check_ranges(ranges):
    for name in ASSUMPTIONS:
        if name not in ranges:
            raise InputError(f"'{name}' is missing.", where="ranges", fix="Give its lowest, most likely and highest value.")
        values = ranges[name]
        if len(values) != 3 or not all(np.isfinite(values)) or not 0 <= values[0] <= values[1] <= values[2]:
            raise InputError(f"'{name}' is {tuple(values)}.", where="ranges", fix="Give lowest, most likely and highest, rising from 0 on.")
        if name in ("share_covered", "loss_share", "loss_avoided") and values[2] > 1:
            raise InputError(f"'{name}' is a share and rises above 1.", where="ranges", fix="Write 20 % as 0.20.")


def _triangular(rng, low, middle, high, draws):
    return np.full(draws, low) if low == high else rng.triangular(low, middle, high, draws)
