"""From a promise to a results framework: logframe rows, indicator rubrics, and what can be detected.

A results framework has, for each result, an indicator, a baseline, a target, a means of verification, and risks and
assumptions (acrc-s156). The rubric of two points a letter is ours. Sample sizes are textbook formulas for two
proportions (cochran-1977, fleiss-2003).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.integrity._quantiles import NORMAL, two_sided

LEVELS = ("activity", "output", "outcome", "impact")
"""Levels of a results framework, from what is done to what it is for (acrc-s156)."""

_TYPES = (
    ("input", "what is put in", "hours of audit", "Says nothing about effect."),
    ("output", "what the programme delivers", "improvement plans verified", "Delivered is not yet used."),
    (
        "outcome",
        "what changes for people",
        "share of users asked for a bribe",
        "Slow; needs a survey large enough.",
    ),
    ("impact", "what the change is for", "leakage; spread of prices paid", "Many other causes."),
)

_LEVEL_OF_TYPE = {"input": "activity", "output": "output", "outcome": "outcome", "impact": "impact"}

SMART = {
    "specific": "says who, what and where",
    "measurable": "can be counted, with a unit",
    "achievable": "can be reached with the means there are",
    "relevant": "shows the result and not something near it",
    "time-bound": "says by when",
}
"""The five letters of SMART (acrc-s157); the explanations are ours."""

RACER = {
    "relevant": "shows the result and not something near it",
    "accepted": "those who are measured agree with it",
    "credible": "an outsider would believe it and could check it",
    "easy": "can be collected at a bearable cost",
    "robust": "is hard to game and moves only when the result moves",
}
"""The five letters of RACER, a textbook rubric of the European Commission; the explanations are ours."""

RUBRICS = {"SMART": SMART, "RACER": RACER}


def indicator_types() -> pd.DataFrame:
    """The four types of indicator with an example and a warning each; index ``type``.

    Counts of detected cases fit no type well: more cases can mean more corruption or better detection.
    """
    columns = ["type", "measures", "example", "warning"]
    return pd.DataFrame(_TYPES, columns=columns).set_index("type")


# -- logframe rows -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Indicator:
    """What is measured.

    Attributes
    ----------
    name : str
    type : str
        ``input``, ``output``, ``outcome`` or ``impact``.
    unit : str
        For example ``"% of service users"``.
    better : str
        ``"down"`` or ``"up"``: the direction that counts as progress.
    detection : bool
        Set when it counts cases that somebody found: its direction then proves nothing by itself.
    """

    name: str
    type: str
    unit: str
    better: str
    detection: bool = False

    def __post_init__(self) -> None:
        where = f"indicator {self.name!r}"
        _say(self.name, "the name of an indicator")
        _say(self.unit, "unit", where)
        input_checks.choice(self.type, tuple(_LEVEL_OF_TYPE), f"{where}, type")
        input_checks.choice(self.better, ("down", "up"), f"{where}, better")


@dataclass(frozen=True)
class LogframeRow:
    """One row of a results framework, in the columns of UNDP's handbook (acrc-s156).

    ``code`` names the row; ``leads_to`` is the code of the row above it that it serves, empty for the top. Numbers are
    in the indicator's unit, years are calendar years. A row that cannot be a row (no result, target year before the
    baseline) raises `InputError`; what is merely weak is reported by :func:`weaknesses`.
    """

    code: str
    level: str
    result: str
    indicator: Indicator
    baseline: float | None
    baseline_year: int | None
    target: float
    target_year: int
    verification: str = ""
    assumptions: Sequence[str] = ()
    risks: Sequence[str] = ()
    milestones: Mapping[int, float] = field(default_factory=dict)
    leads_to: str = ""

    def __post_init__(self) -> None:
        where = f"row {self.code!r}"
        _say(self.code, "the code of a row")
        _say(self.result, "result", where)
        input_checks.choice(self.level, LEVELS, f"{where}, level")
        input_checks.numbers([self.target], f"{where}, target")
        if self.baseline is not None:
            input_checks.numbers([self.baseline], f"{where}, baseline")
            if self.baseline_year is None:
                raise InputError("The baseline has no year.", where=where, fix="Give baseline_year.")
        if self.baseline_year is not None and self.target_year <= self.baseline_year:
            raise InputError(
                f"The target year {self.target_year} is not after the baseline year {self.baseline_year}.",
                where=where,
                fix="Give a later target year.",
            )
        if isinstance(self.assumptions, str) or isinstance(self.risks, str):
            raise InputError(
                "Assumptions and risks are lists of sentences.", where=where, fix='Write ("One sentence.",).'
            )


def weaknesses(row: LogframeRow) -> pd.DataFrame:
    """What a reviewer would ask about a row: columns ``row``, ``part``, ``finding``; empty when nothing is weak."""
    found = [(part, text) for part, text in _weak_parts(row) if text]
    return pd.DataFrame(
        {"row": row.code, "part": [part for part, _ in found], "finding": [text for _, text in found]},
        columns=["row", "part", "finding"],
    )


def _weak_parts(row: LogframeRow) -> Iterator[tuple[str, str]]:
    yield "baseline", _weak_baseline(row)
    yield "target", _impossible(row.target, row) or _weak_target(row)
    named = _says_something(row.verification)
    yield "verification", "" if named else "Nobody can check the figure: name the source."
    high = row.level in ("outcome", "impact")
    bare = high and not any(_says_something(assumption) for assumption in row.assumptions)
    yield "assumptions", "No assumption is named for a result that others must bring about." if bare else ""
    expected = _LEVEL_OF_TYPE[row.indicator.type]
    yield (
        "indicator",
        ""
        if expected == row.level
        else f"An {row.indicator.type} indicator does not measure an {row.level}; it fits the level {expected}.",
    )
    yield (
        "indicator",
        "It counts detected cases: a rise can mean more corruption or better detection. Add an experience rate."
        if row.indicator.detection
        else "",
    )
    plain = row.level == "activity" and not row.milestones
    yield "milestones", "An activity without milestones cannot be followed." if plain else ""


def _weak_baseline(row: LogframeRow) -> str:
    if row.baseline is None:
        return "There is no baseline, so no change can be shown."
    if row.baseline_year is None or not 1900 <= row.baseline_year <= 2200:
        return f"The baseline is of {row.baseline_year}, which is not a year: give four digits."
    return _impossible(row.baseline, row)


def _impossible(value: float, row: LogframeRow) -> str:
    """What is wrong with a value that its unit cannot have."""
    unit = row.indicator.unit.casefold()
    if unit.startswith(("%", "per cent", "percent")) and not 0 <= value <= 100:
        return f"{value:,g} % lies outside 0 to 100: nothing can have more than all, or less than none."
    if unit.startswith("share") and not 0 <= value <= 1:
        return f"A share of {value:,g} lies outside 0 to 1."
    return ""


_EMPTY_WORDS = frozenset(
    {"none", "unknown", "later", "tbd", "todo", "n/a", "to be decided", "to be determined", "not known"}
)


def _says_something(text: str) -> bool:
    """Whether a text has words: not a question mark, and no word that stands for "not yet"."""
    words = re.findall(r"\w+", text)
    return len("".join(words)) >= 4 and text.strip(" .").casefold() not in _EMPTY_WORDS


def _weak_target(row: LogframeRow) -> str:
    if row.baseline is None:
        return ""
    change = row.target - row.baseline
    if change == 0:
        return "The target equals the baseline."
    if (change < 0) != (row.indicator.better == "down"):
        return f"The target moves away from what counts as progress ({row.indicator.better})."
    return ""


def logframe(rows: Sequence[LogframeRow]) -> pd.DataFrame:
    """The rows as a table one can print, most general result first; index ``code``."""
    _codes(rows)
    ordered = sorted(rows, key=lambda row: -LEVELS.index(row.level))
    cells = [
        {
            "code": row.code,
            "level": row.level,
            "result": row.result,
            "indicator": f"{row.indicator.name} ({row.indicator.unit})",
            "baseline": "none" if row.baseline is None else f"{row.baseline:g} ({row.baseline_year})",
            "target": f"{row.target:g} ({row.target_year})",
            "means of verification": row.verification,
            "assumptions": "; ".join(row.assumptions),
            "risks": "; ".join(row.risks),
        }
        for row in ordered
    ]
    return pd.DataFrame(cells).set_index("code")


# -- rubrics -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RubricScore:
    """Points of an indicator on a rubric; ``flagged`` are the letters with no point, whatever the total."""

    rubric: str
    table: pd.DataFrame
    total: int
    highest: int
    flagged: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """An indicator with a zero is sent back, even if the other letters are full."""
        return not self.flagged


def score_rubric(points: Mapping[str, int], rubric: str = "SMART") -> RubricScore:
    """Score an indicator 0, 1 or 2 on each letter of ``SMART`` or ``RACER`` and flag any 0 (the points are ours).

    Raises
    ------
    InputError
        When a letter is missing or unknown, or its points are not 0, 1 or 2.
    """
    letters = RUBRICS[input_checks.choice(rubric, tuple(RUBRICS), "rubric")]
    missing = [letter for letter in letters if letter not in points]
    unknown = [letter for letter in points if letter not in letters]
    if missing or unknown:
        what = (
            f"There are no points for {missing[0]!r}."
            if missing
            else f"{unknown[0]!r} is not a letter of the rubric."
        )
        raise InputError(what, where=rubric, fix=f"Score each of: {', '.join(letters)}.")
    for letter in letters:
        if points[letter] not in (0, 1, 2):
            raise InputError(
                f"{points[letter]!r} points cannot be given.",
                where=f"{rubric}, {letter}",
                fix="Give 0, 1 or 2.",
            )
    table = pd.DataFrame(
        {
            "asks": list(letters.values()),
            "points": [int(points[letter]) for letter in letters],
        },
        index=pd.Index(letters, name="letter"),
    )
    table["flag"] = table["points"].eq(0)
    return RubricScore(
        rubric, table, int(table["points"].sum()), 2 * len(letters), tuple(table.index[table["flag"]])
    )


# -- what can be detected ------------------------------------------------------------------------------------------

FORMULAS = ("average", "pooled")


def sample_size_two_rates(
    before: float,
    after: float,
    *,
    power: float = 0.8,
    level: float = 0.95,
    design_effect: float = 1.0,
    formula: str = "average",
) -> float:
    """People needed in EACH of two rounds to detect a change of a rate, two-sided.

    Parameters
    ----------
    before, after : float
        The two rates, 0 to 1, among the people counted (for SDG 16.5.1, those who had a contact).
    power, level : float
        Chance of detecting the change; one minus the chance of a false alarm.
    design_effect : float
        Variance of the design over that of a simple random sample.
    formula : str
        ``"average"``: ``2 p (1-p) (z_level + z_power)^2 / d^2`` with ``p`` the mean of the two rates, the formula
        behind "about 7,200". ``"pooled"``: pooled variance under no change, separate ones under the change
        (fleiss-2003, without continuity correction).

    Returns
    -------
    float
        People, not rounded; round up.
    """
    first, second = _two_rates(before, after)
    input_checks.share(power, "power")
    deff = input_checks.positive(design_effect, "design_effect")
    average = (first + second) / 2
    pooled = 2 * average * (1 - average)
    if input_checks.choice(formula, FORMULAS, "formula") == "average":
        root = (two_sided(level) + NORMAL.inv_cdf(power)) * math.sqrt(pooled)
    else:
        separate = first * (1 - first) + second * (1 - second)
        root = two_sided(level) * math.sqrt(pooled) + NORMAL.inv_cdf(power) * math.sqrt(separate)
    if root <= 0:
        raise InputError(f"A power of {power:g} is reached without a sample.", where="power", fix="Use 0.8.")
    return float(deff * (root / (second - first)) ** 2)


def power_two_rates(
    n: float,
    before: float,
    after: float,
    *,
    level: float = 0.95,
    design_effect: float = 1.0,
    formula: str = "average",
) -> float:
    """Chance of detecting a change of a rate with ``n`` people in each round; inverse of the sample size."""
    first, second = _two_rates(before, after)
    effective = input_checks.positive(n, "n") / input_checks.positive(design_effect, "design_effect")
    average = (first + second) / 2
    pooled = math.sqrt(2 * average * (1 - average))
    distance = abs(second - first) * math.sqrt(effective)
    if input_checks.choice(formula, FORMULAS, "formula") == "average":
        return NORMAL.cdf(distance / pooled - two_sided(level))
    separate = math.sqrt(first * (1 - first) + second * (1 - second))
    return NORMAL.cdf((distance - two_sided(level) * pooled) / separate)


@dataclass(frozen=True)
class Detectable:
    """The smallest change a survey can show: ``after`` and ``change`` are missing when not even zero would be seen."""

    baseline: float
    after: float | None
    change: float | None
    note: str

    @property
    def possible(self) -> bool:
        return self.after is not None


def minimum_detectable_change(
    n: float,
    baseline: float,
    *,
    direction: str = "down",
    power: float = 0.8,
    level: float = 0.95,
    design_effect: float = 1.0,
    formula: str = "average",
) -> Detectable:
    """The smallest fall (or rise) of a rate that two rounds of ``n`` people each detect with the power asked for."""
    start = input_checks.share(baseline, "baseline")
    input_checks.share(power, "power")
    end = 0.0 if input_checks.choice(direction, ("down", "up"), "direction") == "down" else 1.0

    def gap(after: float) -> float:
        reached = power_two_rates(n, start, after, level=level, design_effect=design_effect, formula=formula)
        return reached - power

    tiny = 1e-9 if end == 0.0 else 1 - 1e-9
    if gap(tiny) < 0:
        return Detectable(
            start,
            None,
            None,
            f"With {n:,.0f} people in each round, not even a change from {start:.2%} to {end:.0%} would be seen "
            f"with a power of {power:.0%}. Pool institutions or years, or choose another indicator.",
        )
    from scipy.optimize import brentq

    near = start + (end - start) * 1e-9
    after = brentq(gap, near, tiny, xtol=1e-14, rtol=1e-13)
    word = "fall" if end == 0.0 else "rise"
    note = f"A {word} from {start:.2%} to {after:.2%} or further would be seen with a power of {power:.0%}."
    return Detectable(start, float(after), float(after - start), note)


# -- checks --------------------------------------------------------------------------------------------------------


def _two_rates(before: float, after: float) -> tuple[float, float]:
    first = input_checks.share(before, "before", ends=True)
    second = input_checks.share(after, "after", ends=True)
    if first == second:
        raise InputError(
            f"Both rates are {first:g}: there is no change to detect.",
            where="before and after",
            fix="Give the rate that you expect afterwards.",
        )
    return first, second


def _say(text: str, part: str, where: str | None = None) -> None:
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"There is no text for {part}.", where=where, fix="Write one sentence.")


def _codes(rows: Sequence[LogframeRow]) -> list[str]:
    codes = [row.code for row in rows]
    if not codes:
        raise InputError("There are no rows.", where="logframe", fix="Pass at least one LogframeRow.")
    twice = [code for code in codes if codes.count(code) > 1]
    if twice:
        raise InputError(
            f"The code {twice[0]!r} is used twice.", where="logframe", fix="Give each row a code of its own."
        )
    return codes
