"""Whole runs apart in time: between two of them the machine is left alone."""

import time
from collections.abc import Callable
from pathlib import Path

from scripts.tables.repeats import Plan, blocks_each, repeats

PAUSE_S = 60.0  # longer than a neighbour's burst lasts, and than a turbo clock takes to come down


def pause_before(run: Path, plan: Plan, number: int, wait: Callable[[float], None] = time.sleep) -> None:
    """Wait where a block is the first of a later repeat, and was not begun before the run was interrupted."""
    first = number > 0 and number % blocks_each(plan) == 0
    if repeats(plan) > 1 and first and not (run / "blocks" / f"{number:02}.journal").exists():
        wait(PAUSE_S)
