"""Several whole runs in one result, which show the variation from run to run.

The blocks of repeat r are r·n … (r + 1)·n - 1 of the same plan, so that an interrupted result is resumed like any run,
and the tasks are sized once, for all of them. Their values are taken together repeat by repeat, and an interval is over
the repeats (`tables.summary.block_medians`).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Plan = dict[str, Any]


def repeats(plan: Plan) -> int:
    """The number of whole runs in the plan."""
    return int(plan.get("repeat") or 1)


def blocks_each(plan: Plan) -> int:
    """The number of blocks of each run."""
    return int(plan["blocks"]) // repeats(plan)


def only_bench(plan: Plan, blocks: Iterable[int]) -> frozenset[int]:
    """Those of the blocks that measured only what `make bench` does: the last ones of each repeat of `make full`."""
    if not (bench_blocks := int(plan.get("bench_blocks") or 0)):
        return frozenset()
    return frozenset(int(one) for one in blocks if one % blocks_each(plan) >= blocks_each(plan) - bench_blocks)


def with_repeats(rounds: "pd.DataFrame", plan: Plan) -> "pd.DataFrame":
    """The rounds with the number of their repeat, where there are several."""
    return rounds.assign(repeat=rounds["block"] // blocks_each(plan)) if repeats(plan) > 1 else rounds
