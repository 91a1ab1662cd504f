"""Whether a share can be true: what no machine can do, and what does not follow from the share's own values.

A determined forger can make values that agree with each other; what is found here are mistakes, damage and careless
forgeries. Each check gives the first reason in words.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from scripts.atlas.share_format import Cell, Part, Share

ABOVE_IDEAL = 1.05  # of efficiency: clocks and rounding give a cell at its ideal time a hundredth or two
ABOVE_CORES = 1.3  # of speed-up over the usable cores: clock rates rise when fewer cores are busy
SAME = 0.01  # relative difference within which a recomputed estimate is the one that was shared: values are rounded


def implausible(share: Share) -> str:
    """Why the share cannot be true; empty when nothing speaks against it."""
    return next(reasons(share), "")


def reasons(share: Share) -> Iterator[str]:
    """Everything that speaks against the share."""
    machine = share.machine
    if machine.cores_usable > machine.cores:
        yield f"{machine.cores_usable} usable cores of {machine.cores}"
    if share.python.gil and not share.python.free_threaded and share.python.version.endswith("t"):
        yield "a free-threaded version without a free-threaded build"
    keys = [cell.key for cell in share.cells]
    if len(set(keys)) < len(keys):
        yield "it has a cell twice"
    for cell in share.cells:
        yield from of_cell(cell, share.plan.blocks)
    yield from impossible_speedups(share)
    named = [(labels(cell), cell) for cell in share.cells]
    for claim in share.claims:
        for part in claim.parts:
            yield from of_part(part, named, claim.id)


def of_cell(cell: Cell, blocks: int) -> Iterator[str]:
    """What is wrong with one cell's values."""
    name = "/".join(map(str, cell.key[:4]))
    if len(cell.values) != len(cell.blocks) or len(set(cell.blocks)) != len(cell.blocks) or max(cell.blocks) >= blocks:
        yield f"{name} has {len(cell.values)} values for {len(cell.blocks)} of {blocks} blocks"
    elif not all(map(math.isfinite, [*cell.values, *cell.ideal_seconds])):
        yield f"{name} has a value that is not a number"
    elif cell.metric == "seconds":
        if min(cell.values) <= 0:
            yield f"{name} has a time of {min(cell.values):g} s"
        elif len(cell.ideal_seconds) not in (0, len(cell.values)):
            yield f"{name} has {len(cell.ideal_seconds)} ideal times for {len(cell.values)} values"
        elif any(ideal > ABOVE_IDEAL * value for ideal, value in zip(cell.ideal_seconds, cell.values, strict=False)):
            yield f"{name} is faster than its ideal time"
        elif cell.model == "sequential" and cell.tasks * cell.wait_seconds > ABOVE_IDEAL * min(cell.values):
            yield f"{name} waited less than its tasks do"


def impossible_speedups(share: Share) -> Iterator[str]:
    """Computing cells that are faster than sequential by more than the machine has cores."""
    timed = [
        cell for cell in share.cells if cell.metric == "seconds" and not cell.wait_seconds and cell.compute_seconds
    ]
    alone = {(cell.experiment, cell.workload, cell.tasks): cell for cell in timed if cell.model == "sequential"}
    for cell in timed:
        sequential = alone.get((cell.experiment, cell.workload, cell.tasks))
        if sequential and (gain := ratio(sequential, cell)) and gain > ABOVE_CORES * share.machine.cores_usable:
            yield f"{cell.model} computes {gain:.1f} times as fast as sequential on {share.machine.cores_usable} cores"


def of_part(part: Part, cells: Sequence[tuple[set[str], Cell]], claim: str) -> Iterator[str]:
    """Whether a verdict's ratio follows from the shared values, where the share has both cells."""
    if part.estimate is None or part.per_capacity or part.metric != "seconds":
        return
    of, over = cell_of(part.of, cells), cell_of(part.over, cells)
    if of and over and (again := ratio(of, over)) and abs(again / part.estimate - 1) > SAME:
        yield f"the ratio of claim {claim}, {part.estimate:.3g}, does not follow from its values, {again:.3g}"


def cell_of(reference: str, cells: Sequence[tuple[set[str], Cell]]) -> Cell | None:
    """The one cell that has all names of a reference such as `network/wire/asyncio/c50`."""
    wanted = set(filter(None, reference.split("/")))
    fits = [cell for names, cell in cells if wanted <= names] if wanted else []
    return fits[0] if len(fits) == 1 else None


def labels(cell: Cell) -> set[str]:
    """The words by which a claim names the cell."""
    total_s = cell.wait_seconds + cell.compute_seconds
    share = {f"cpu{round(100 * cell.compute_seconds / total_s)}"} if total_s and cell.workload == "mixed" else set()
    return {cell.experiment, cell.workload, cell.model, f"c{cell.concurrency}"} | share


def ratio(of: Cell, over: Cell) -> float | None:
    """How many times longer `of` takes, paired block by block; None with fewer than two blocks in common."""
    pairs = paired(of, over)
    return float(np.exp(np.log(pairs).mean())) if len(pairs) > 1 and (pairs > 0).all() else None


def paired(of: Cell, over: Cell) -> np.ndarray:
    """The ratio of each block that both cells have, shape (blocks,)."""
    other = dict(zip(over.blocks, over.values, strict=True))
    return np.array([value / other[block] for block, value in zip(of.blocks, of.values, strict=True) if block in other])
