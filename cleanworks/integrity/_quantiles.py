"""How many standard errors an interval reaches to each side."""

from __future__ import annotations

import math
from statistics import NormalDist

from cleanworks import input_checks

NORMAL = NormalDist()


def two_sided(level: float, freedom: float = math.inf) -> float:
    """The quantile behind a two-sided interval: of the normal distribution, or of Student's t with ``freedom``.

    >>> round(two_sided(0.95), 2), round(two_sided(0.95, 10), 2)
    (1.96, 2.23)
    """
    tail = 0.5 + input_checks.share(level, "level") / 2
    if math.isinf(freedom):
        return NORMAL.inv_cdf(tail)
    from scipy.stats import t as student  # only small samples need it

    return float(student.ppf(tail, freedom))
