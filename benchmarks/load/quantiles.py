"""Quantiles of so few values as can show them. Apart from what sends requests: a user's work needs no HTTP library."""

import math
from collections.abc import Sequence

UNSEEN = 0.05  # the largest acceptable chance that not even the slowest request reached the quantile


def shows_quantile(count: int, q: float) -> bool:
    """Whether `count` values show the quantile `q` at all: p99 needs 299.

    All of them stay below the true quantile with chance q**count (David & Nagaraja, "Order Statistics", 2003, 7.1).
    """
    return q**count <= UNSEEN


def quantile(ordered: Sequence[float], q: float) -> float | None:
    """The smallest value that at least the share `q` does not exceed; None when they are too few to show it."""
    return ordered[math.ceil(q * len(ordered)) - 1] if shows_quantile(len(ordered), q) else None
