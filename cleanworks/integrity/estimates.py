"""One estimate with its uncertainty: what every estimator of this package returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Estimate:
    """A figure and how sure it is.

    Attributes
    ----------
    value, error : float
        The estimate and its standard error, in the unit of the data (a share is 0 to 1).
    low, high : float
        The interval.
    level : float
        Its nominal confidence, 0.95 unless told.
    n : int
        Number of respondents (or rows) that the estimate rests on.
    method : str
        The estimator, in words.
    freedom : float
        Degrees of freedom of the interval; infinite for a normal one.
    design_effect : float or None
        Variance divided by that of a simple random sample of the same size; None where it has no meaning.
    note : str
        What a reader must know about this result, one or more sentences; empty when there is nothing to say.

    Examples
    --------
    >>> rate = Estimate(0.12, error=0.02, low=0.08, high=0.16, level=0.95, n=264, method="share")
    >>> round(rate.margin, 2)
    0.04
    """

    value: float
    error: float
    low: float
    high: float
    level: float
    n: int
    method: str
    freedom: float = float("inf")
    design_effect: float | None = None
    note: str = ""

    @property
    def margin(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    def to_series(self) -> pd.Series:
        """The same as one row of a table."""
        return pd.Series(asdict(self), dtype=object)

    def __str__(self) -> str:
        head = (
            f"{self.value:.4g} ({self.level:.0%} interval {self.low:.4g} to {self.high:.4g}, n = {self.n:,})"
        )
        return f"{head}. {self.note}" if self.note else head


def join_notes(*notes: str) -> str:
    """Put the notes that say something into one text."""
    return " ".join(note for note in notes if note)
