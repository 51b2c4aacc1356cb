"""The kinds of values that tables of every room hold, by one name each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd

Tables: TypeAlias = Mapping[str, pd.DataFrame]
"""Tables by their names."""

Day: TypeAlias = str | dt.date
"""A day as people hand it in: a text such as "2026-03-31", a date, or a Timestamp, which is a date too."""


Numbers: TypeAlias = float | np.ndarray | pd.Series
"""A number, or a column of them; what takes either gives the same kind back."""

Values: TypeAlias = Sequence[float] | np.ndarray | pd.Series
"""Several numbers, however they are held."""

Days: TypeAlias = Day | pd.Series | pd.DatetimeIndex
"""A day, or a column of them."""


class Row(Protocol):
    """One row of `itertuples`: its attributes are the columns of the table."""

    def __getattr__(self, column: str) -> Any: ...
