"""How good is a control? Its alarms against what really happened.

A control that reads records (an early warning, a payment check, a red flag) raises alarms. Where the truth is known -
in the simulated city it is planted and labelled - each alarm is right or wrong, and each case is caught or missed:

====================  ====================  =======================
the control ...       the case is real      nothing was wrong
====================  ====================  =======================
... alarms            true alarm            false alarm
... is quiet          missed                rightly quiet
====================  ====================  =======================

*Precision* is the share of alarms that are right. *Recall* is the share of real cases that are caught. The *false alarm
rate* is the share of the blameless that are accused. All three are shares of small counts, so each carries its interval.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import pandas as pd

from cleanworks import input_checks
from cleanworks.errors import InputError
from cleanworks.wilson import interval


def wilson(hits: int, out_of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share.

    Unlike the interval of the schoolbook (share plus or minus a margin) it never leaves 0 to 1 and stays useful when
    the counts are small or the share is 0 or 1.

    Parameters
    ----------
    hits, out_of : int
        How many, out of how many.
    confidence : float
        0.95 means that intervals made in this way contain the true share about 95 times in 100.

    Returns
    -------
    (low, high) : tuple of float
        Shares from 0 to 1; both NaN when ``out_of`` is 0, because nothing was observed.

    Raises
    ------
    InputError
        Negative counts, more hits than cases, or a confidence that is not between 0 and 1.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> low, high = scoring.wilson(8, 10)
    >>> round(low, 2), round(high, 2)
    (0.49, 0.94)
    """
    if not 0 <= hits <= out_of:
        raise InputError(
            f"{hits} hits out of {out_of} is impossible.",
            where="wilson",
            fix="Give counts with 0 <= hits <= out_of.",
        )
    input_checks.share(confidence, "confidence")
    if out_of == 0:
        return float("nan"), float("nan")
    return interval(hits / out_of, out_of, NormalDist().inv_cdf(0.5 + confidence / 2))


@dataclass(frozen=True)
class Share:
    """A share with the counts behind it: ``hits`` out of ``out_of``, and its Wilson interval.

    Examples
    --------
    >>> share = scoring.Share(hits=8, out_of=10)
    >>> share.value, round(share.low, 2), round(share.high, 2)
    (0.8, 0.49, 0.94)
    """

    hits: int
    out_of: int
    confidence: float = 0.95

    @property
    def value(self) -> float:
        """The share, 0 to 1; NaN when there was nothing to count."""
        return self.hits / self.out_of if self.out_of else float("nan")

    @property
    def low(self) -> float:
        """Lower end of the interval, 0 to 1."""
        return wilson(self.hits, self.out_of, self.confidence)[0]

    @property
    def high(self) -> float:
        """Upper end of the interval, 0 to 1."""
        return wilson(self.hits, self.out_of, self.confidence)[1]

    def __str__(self) -> str:
        if not self.out_of:
            return "nothing to count"
        return f"{self.hits} of {self.out_of} = {self.value:.0%} (interval {self.low:.0%} to {self.high:.0%})"


@dataclass(frozen=True)
class Score:
    """The four counts of a control, and the three shares made from them.

    Examples
    --------
    >>> control = scoring.Score(true_alarms=8, false_alarms=2, missed=4, rightly_quiet=86)
    >>> control.precision.value, round(control.recall.value, 2)
    (0.8, 0.67)
    >>> control.table()[["hits", "out_of"]]
                      hits  out_of
    precision            8      10
    recall               8      12
    false alarm rate     2      88
    """

    true_alarms: int
    false_alarms: int
    missed: int
    rightly_quiet: int
    confidence: float = 0.95

    @property
    def precision(self) -> Share:
        """Of all alarms, how many were right."""
        return Share(self.true_alarms, self.true_alarms + self.false_alarms, self.confidence)

    @property
    def recall(self) -> Share:
        """Of all real cases, how many were caught."""
        return Share(self.true_alarms, self.true_alarms + self.missed, self.confidence)

    @property
    def false_alarm_rate(self) -> Share:
        """Of all that were in order, how many were accused."""
        return Share(self.false_alarms, self.false_alarms + self.rightly_quiet, self.confidence)

    def table(self) -> pd.DataFrame:
        """The three shares as a table: rows precision, recall and false alarm rate; columns hits, out_of, share, low, high."""
        shares = {
            "precision": self.precision,
            "recall": self.recall,
            "false alarm rate": self.false_alarm_rate,
        }
        rows = {name: (s.hits, s.out_of, s.value, s.low, s.high) for name, s in shares.items()}
        return pd.DataFrame.from_dict(
            rows, orient="index", columns=["hits", "out_of", "share", "low", "high"]
        )


def score(
    alarms: Iterable[Any], real: Iterable[Any], everything: Iterable[Any], confidence: float = 0.95
) -> Score:
    """Compare alarms with the truth.

    Parameters
    ----------
    alarms : ids
        What the control accused.
    real : ids
        What really happened (the labels).
    everything : ids
        All that the control looked at. Ids outside it are an error, so that a score cannot improve by leaving things out.

    Returns
    -------
    Score

    Raises
    ------
    InputError
        An alarm or a label that is not in ``everything``.

    Examples
    --------
    >>> control = scoring.score(alarms=["a", "b", "c"], real=["b", "d"], everything="abcdefgh")
    >>> control.true_alarms, control.false_alarms, control.missed
    (1, 2, 1)
    """
    alarms, real, everything = set(alarms), set(real), set(everything)
    for name, ids in (("alarms", alarms), ("real", real)):
        strangers = sorted(map(str, ids - everything))
        if strangers:
            raise InputError(
                f"{len(strangers)} ids were not among those looked at, for example {strangers[0]}.",
                where=name,
                fix="Compare the same kind of id (contracts with contracts), over the same rows.",
            )
    return Score(
        true_alarms=len(alarms & real),
        false_alarms=len(alarms - real),
        missed=len(real - alarms),
        rightly_quiet=len(everything - alarms - real),
        confidence=confidence,
    )
