"""Wilson's interval for a share (wilson-1927): one formula for the indicators, the surveys and the reports of a class.

scipy has it for whole counts only, and takes a second to load in a page; the tests compare the two.
"""

from __future__ import annotations

import math


def interval(share: float, n: float, quantile: float) -> tuple[float, float]:
    """The lower and the upper end, 0 to 1.

    Parameters
    ----------
    share : float
        What was observed, 0 to 1.
    n : float
        The number of independent answers behind it, above zero; with a design effect it need not be whole.
    quantile : float
        How many standard errors the interval reaches to each side: 1.96 for 95 %.

    Examples
    --------
    >>> low, high = interval(0.8, 10, 1.96)
    >>> round(low, 2), round(high, 2)
    (0.49, 0.94)
    """
    curve = quantile**2 / n
    middle = (share + curve / 2) / (1 + curve)
    reach = math.sqrt(share * (1 - share) * curve + curve**2 / 4) / (1 + curve)
    # At 0 and at 1 the end is exact; rounding must not push it outside.
    return (0.0 if share == 0 else max(0.0, middle - reach)), (
        1.0 if share == 1 else min(1.0, middle + reach)
    )
