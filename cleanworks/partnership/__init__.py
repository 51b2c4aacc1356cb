"""The partnership through which other countries came to Seoul's and the ACRC's practices: what sources say, step by step.

`steps.csv` holds one dated step for each row, `changes.csv` what each partner changed. Each row names its source (a key of the
bibliography) and, for steps, a mark of confidence: A for a primary source, B for a press report. What no source says is not in
the tables: a path that ends there may well go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cleanworks import figures, shown
from cleanworks.errors import InputError

if TYPE_CHECKING:
    from cleanworks.paper import Page

_HERE = Path(__file__).parent

KINDS = {
    "asked": "asked, and was chosen",
    "exchange": "workshop, webinar or visit",
    "agreement": "memorandum",
    "rule": "law, decree or method",
    "building": "reported as being built",
    "reported": "reported as built",
    "results": "assessment made and reported",
}
"""What a step is, in words, from the first contact to an assessment that was made."""

RUNS = ("reported", "results")
"""The kinds of step that speak of something that runs."""

SELECTION = {"countries at the workshop": 20, "countries that asked": 11, "countries that were chosen": 5}
"""The workshop of December 2015 in Seoul (ccs-s21) and what followed (ccs-s24)."""

_MARKS = {
    "asked": (">", "ink"),
    "exchange": ("o", "sky"),
    "agreement": ("D", "purple"),
    "rule": ("^", "orange"),
    "building": ("P", "yellow"),
    "reported": ("s", "green"),
    "results": ("*", "blue"),
}


def steps() -> pd.DataFrame:
    """Every dated step that a source reports.

    Returns
    -------
    DataFrame
        ``partner, practice`` (construction or integrity), ``date`` (month, the middle of the year where only the year is
        known), ``kind`` (a key of :data:`KINDS`), ``what, source, mark``; in order of partner and date.
    """
    shown.offer()
    return _steps().copy()


def changes() -> pd.DataFrame:
    """What each partner took and what it changed: ``partner, practice, took, changed, source``."""
    shown.offer()
    return pd.read_csv(_HERE / "changes.csv")


def paths() -> pd.DataFrame:
    """One row for each partner and practice: how long its path is, as far as sources tell.

    Returns
    -------
    DataFrame
        ``partner, practice, first, runs, last`` (dates; ``runs`` is the first report of something that runs, missing where
        there is none) and ``years``, from ``first`` to ``runs``. A path that begins with a result or a rule has no ``years``:
        nobody says when its contact began.
    """
    rows = []
    for (partner, practice), one in _steps().groupby(["partner", "practice"], sort=False):
        runs = one.loc[one["kind"].isin(RUNS), "date"].min()
        contact = one["kind"].iloc[0] in ("asked", "exchange", "agreement")
        years = (runs - one["date"].min()).days / 365.25 if contact and pd.notna(runs) else float("nan")
        rows.append([partner, practice, one["date"].min(), runs, one["date"].max(), round(years, 1)])
    shown.offer()
    return pd.DataFrame(rows, columns=["partner", "practice", "first", "runs", "last", "years"])


def draw(axes: Any, practice: str) -> None:
    """Draw the paths of one practice: a line from the first to the last source, and a mark for each step.

    Raises
    ------
    InputError
        There is no such practice.
    """
    chosen = _steps()[_steps()["practice"] == practice]
    if chosen.empty:
        raise InputError(f"There is no practice {practice!r}.", fix="Use 'construction' or 'integrity'.")
    partners = list(dict.fromkeys(chosen.sort_values("date", ascending=False, kind="stable")["partner"]))
    for height, partner in enumerate(partners):
        one = chosen[chosen["partner"] == partner]
        axes.plot(
            [one["date"].min(), one["date"].max()], [height, height], color="#9AA5B1", linewidth=2, zorder=1
        )
        axes.annotate(
            "no later source",
            (one["date"].max(), height),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color="#52606D",
        )
    for kind, name in KINDS.items():
        some = chosen[chosen["kind"] == kind]
        if len(some):
            heights = [partners.index(partner) for partner in some["partner"]]
            marker, colour = _MARKS[kind]
            size = 130 if kind == "results" else 55
            axes.scatter(
                some["date"],
                heights,
                marker=marker,
                color=figures.COLOURS[colour],
                s=size,
                label=name,
                zorder=2,
            )
    axes.set_yticks(range(len(partners)), partners)
    axes.set_xlim(pd.Timestamp("2015-06-01"), pd.Timestamp("2028-01-01"))
    axes.set_ylim(-0.6, len(partners) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, fontsize=9)


@cache
def _steps() -> pd.DataFrame:
    table = pd.read_csv(_HERE / "steps.csv", dtype=str)
    middle = table["date"].str.len().eq(4)
    table["date"] = pd.to_datetime(table["date"].where(~middle, table["date"] + "-07") + "-01")
    order = {partner: place for place, partner in enumerate(dict.fromkeys(table["partner"]))}
    by = table.assign(_partner=table["partner"].map(order)).sort_values(
        ["_partner", "practice", "date"], kind="stable"
    )
    return by.drop(columns="_partner").reset_index(drop=True)


_ASKS = {
    "need": "What is wrong today, and how do you know?",
    "practice": "Which practice do you want to learn from, and which part of it?",
    "owner": "Which office will run it, with which budget, after the project ends?",
    "partners": "Who else has to act, and do they agree?",
    "adapt": "What must be different in your country?",
    "first_step": "What will a citizen or an official see first, and by when?",
}
"""What a request answers: demand, effort by everybody concerned, and adaptation in the country."""

_MOST_WORDS = 60


@dataclass(frozen=True)
class Request:
    """A request for a partnership on one page, to send to the office of UNDP in one's own country.

    Every field is a short text of at most 60 words; ``contact`` names an office, not a person.

    >>> missing = Request("Exampleland", "Ministry of Works", need="Nobody sees what was paid.").missing()
    >>> missing[0]
    'practice'
    """

    country: str
    institution: str
    need: str = ""
    practice: str = ""
    owner: str = ""
    partners: str = ""
    adapt: str = ""
    first_step: str = ""
    contact: str = ""

    def missing(self) -> list[str]:
        """The names of the fields that are still empty, in the order of the page."""
        return [
            name
            for name in ("country", "institution", *_ASKS, "contact")
            if not str(getattr(self, name)).strip()
        ]

    def page(self) -> Page:
        """The request as a page; ``page().save("request.html")`` writes it, and any browser prints it.

        Raises
        ------
        InputError
            A field is empty or too long.
        """
        from cleanworks.paper import Page, escape

        gaps = self.missing()
        if gaps:
            raise InputError(
                f"The request does not say: {', '.join(gaps)}.",
                where="request",
                fix="Write one or two sentences for each; where you do not know yet, say who will find out.",
            )
        for name in _ASKS:
            count = len(str(getattr(self, name)).split())
            if count > _MOST_WORDS:
                raise InputError(
                    f"'{name}' has {count} words.",
                    where="request",
                    fix=f"Use at most {_MOST_WORDS}: one page is read.",
                )
        title = f"Request for a partnership: {self.institution}, {self.country}"
        parts = "".join(
            f"<h2>{escape(ask)}</h2><p>{escape(str(getattr(self, name)))}</p>" for name, ask in _ASKS.items()
        )
        body = (
            f'<section class="sheet"><h1>{escape(title)}</h1><p>To the office of the United Nations Development Programme in '
            f"{escape(self.country)}.</p>{parts}<p>Contact: {escape(self.contact)}</p></section>"
        )
        return Page(title, body)
