"""Quantiles of so few values as can show them. Apart from what sends requests: a user's work needs no HTTP library."""

import math
from collections.abc import Sequence

UNSEEN = 0.05  # the largest acceptable chance that not even the slowest request reached the quantile


def quantile(ordered: Sequence[float], q: float) -> float | None:
    """The smallest value that at least the share `q` does not exceed; None when too few: p99 needs 299 values.

    All n stay below the true quantile with chance q**n (David & Nagaraja, "Order Statistics", 2003, 7.1).
    """
    return ordered[math.ceil(q * len(ordered)) - 1] if q ** len(ordered) <= UNSEEN else None
