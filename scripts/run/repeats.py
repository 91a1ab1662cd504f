"""Whole runs apart in time: between two of them the machine is left alone."""

import time
from collections.abc import Callable
from pathlib import Path

from scripts.tables.repeats import Plan, blocks_each, repeats

PAUSE_S = 60.0  # longer than a neighbour's burst lasts, and than a turbo clock takes to come down


def pauses_s(plan: Plan) -> list[float]:
    """The seconds for which the machine is left alone before each block: PAUSE_S before the first of a later repeat."""
    first = [number > 0 and number % blocks_each(plan) == 0 for number in range(plan["blocks"])]
    return [PAUSE_S if repeats(plan) > 1 and begins else 0.0 for begins in first]


def pause_before(run: Path, plan: Plan, number: int, wait: Callable[[float], None] = time.sleep) -> None:
    """Wait where a block is the first of a later repeat, and was not begun before the run was interrupted."""
    if (pause_s := pauses_s(plan)[number]) and not (run / "blocks" / f"{number:02}.journal").exists():
        wait(pause_s)
