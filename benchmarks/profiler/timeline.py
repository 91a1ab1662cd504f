"""What the spans of tasks show without anything else: retries of whole seconds, and ends at an even pace. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, median, pstdev

RETRY_S = 0.95  # a connection that is not answered is asked for again after a second, and so on: timers are this exact
LATE_S = 0.4  # how much later than the whole second such a task may end
FEWEST_GAPS = 9  # fewer say nothing of their spread


def end_spread(ends: Sequence[float]) -> float | None:
    """How unevenly tasks end: spread of the gaps ÷ their mean, without the first tenth (bursts that were saved up)."""
    ordered = sorted(ends)[len(ends) // 10 :]
    gaps = [after - before for before, after in pairwise(ordered)]
    return pstdev(gaps) / mean(gaps) if len(gaps) >= FEWEST_GAPS and mean(gaps) > 0 else None


def a_second_longer(spans: Sequence[float]) -> int:
    """How many tasks took whole seconds longer than the middle one: connections are asked for again after 1, 2, 3 s."""
    if len(spans) < 2:
        return 0
    usual = median(spans)
    extra = [span - usual for span in spans]
    return sum(any(second - 1 + RETRY_S <= one <= second + LATE_S for second in range(1, 8)) for one in extra)
