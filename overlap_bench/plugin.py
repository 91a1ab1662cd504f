"""A pytest fixture that measures a project's own work, there as soon as overlap-bench is installed.

    def test_threads_pay(overlap):
        assert overlap(work, tasks=range(40), models="threads").speedup("threads").low > 5

(Rejected: timing in the test's own process. One process is one block, and says nothing about the next.)
"""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def overlap() -> Callable[..., Any]:
    """`overlap(work, tasks=…, models=…)` measures a function, sync or async, and returns the comparison."""
    from overlap_bench.comparison import MeasurementError, measure

    def compare(*args: Any, **options: Any) -> Any:
        try:
            return measure(*args, **options)
        except (MeasurementError, ValueError) as problem:
            pytest.fail(str(problem), pytrace=False)

    return compare
