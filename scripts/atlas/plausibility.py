"""Whether a share is plausible: no impossible speed, and verdicts that follow from its own values.

A determined forger can make values that agree with each other; what is found here are mistakes, damage and careless
forgeries. Each check gives the first reason in words. Plain Python: ten thousand shares have three million cells of a
few blocks each, for which an array takes longer than a loop.
"""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, median

from scripts.atlas.share_format import Cell, Part, Plan, Share

ABOVE_IDEAL = 1.05  # of a wait: clocks and rounding give a cell at its ideal time a hundredth or two
# Of computing: the ideal time is a calibration of the same moment, and clock rates rise when fewer cores are busy.
ABOVE_CALIBRATED = 1.3
SAME = 0.01  # relative difference within which a recomputed estimate is the one that was shared: values are rounded
SHORTEST_S = 1e-9  # no clock tells less


def implausible(share: Share) -> str:
    """Why the share is implausible; empty when it is plausible."""
    return next(reasons(share), "")


def reasons(share: Share) -> Iterator[str]:
    """All reasons why the share is implausible."""
    machine = share.machine
    if machine.cores_usable > machine.cores:
        yield f"{machine.cores_usable} usable cores of {machine.cores}"
    if share.python.gil and not share.python.free_threaded and share.python.version.endswith("t"):
        yield "a free-threaded version without a free-threaded build"
    if len({cell.key for cell in share.cells}) < len(share.cells):
        yield "it has a cell twice"
    for cell in share.cells:
        if wrong := of_cell(cell, share.plan.blocks):
            yield f"{'/'.join(map(str, cell.key[:4]))} {wrong}"
    timed = [cell for cell in share.cells if cell.metric == "seconds"]
    yield from impossible_speedups(timed, machine.cores_usable, share.plan)
    names = Names(timed)
    for claim in share.claims:
        for part in claim.parts:
            yield from of_part(part, names, claim.id, share.plan)


def of_cell(cell: Cell, blocks: int) -> str:
    """What is wrong with one cell's values; empty when nothing is."""
    values, ideal = cell.values, cell.ideal_seconds
    if len(values) != len(cell.blocks) or len(set(cell.blocks)) != len(cell.blocks) or max(cell.blocks) >= blocks:
        return f"has {len(values)} values for {len(cell.blocks)} of {blocks} blocks"
    if cell.metric != "seconds":
        return ""
    if min(values) < SHORTEST_S:
        return f"has a time of {min(values):g} s"
    if ideal and len(ideal) != len(values):
        return f"has {len(ideal)} ideal times for {len(values)} values"
    if ideal and beats_ideal(cell):
        return "is faster than its ideal time"
    if cell.model == "sequential" and cell.tasks * cell.wait_seconds > ABOVE_IDEAL * min(values):
        return "waited less than its tasks do"
    return ""


def beats_ideal(cell: Cell) -> bool:
    """Whether it is faster than its ideal time by more than that is unsure: a wait in any block, computing in most."""
    ratios = [ideal / value for ideal, value in zip(cell.ideal_seconds, cell.values, strict=True)]
    return median(ratios) > ABOVE_CALIBRATED if cell.compute_seconds else max(ratios) > ABOVE_IDEAL


def impossible_speedups(cells: Sequence[Cell], cores: int, plan: Plan) -> Iterator[str]:
    """Computing cells that are faster than sequential by more than the machine has cores."""
    computing = [cell for cell in cells if cell.compute_seconds and not cell.wait_seconds]
    alone = {(cell.experiment, cell.workload, cell.tasks): cell for cell in computing if cell.model == "sequential"}
    for cell in computing:
        sequential = alone.get((cell.experiment, cell.workload, cell.tasks))
        gain = log_ratio(sequential, cell, plan) if sequential else None
        if gain is not None and gain > math.log(ABOVE_CALIBRATED * cores):
            yield f"{cell.model} computes {math.exp(gain):.1f} times as fast as sequential on {cores} cores"


class Names:
    """Cells by the words that a claim names them by, as in `network/wire/asyncio/c50`."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells, self.places = cells, dict[str, set[int]]()
        for place, cell in enumerate(cells):
            for label in labels(cell):
                self.places.setdefault(label, set()).add(place)

    def cell(self, reference: str) -> Cell | None:
        """The one cell that has all words of a reference; None where none or several have."""
        fits = [self.places.get(label, set()) for label in reference.split("/") if label]
        places = set.intersection(*fits) if fits else set()
        return self.cells[places.pop()] if len(places) == 1 else None


def labels(cell: Cell) -> Iterator[str]:
    """The words by which a claim names the cell."""
    yield from (cell.experiment, cell.workload, cell.model, f"c{cell.concurrency}")
    if cell.workload == "mixed" and (total_s := cell.wait_seconds + cell.compute_seconds):
        yield f"cpu{round(100 * cell.compute_seconds / total_s)}"


def of_part(part: Part, names: Names, claim: str, plan: Plan) -> Iterator[str]:
    """Whether a verdict's ratio follows from the shared values, where the share has both cells."""
    if part.estimate is None or part.per_capacity or part.metric != "seconds":
        return
    of, over = names.cell(part.of), names.cell(part.over)
    again = log_ratio(of, over, plan) if of and over else None
    if again is not None and not math.isclose(math.exp(again), part.estimate, rel_tol=SAME):
        ratio = f"{part.estimate:.3g}, does not follow from its values, {math.exp(again):.3g}"
        yield f"the ratio of claim {claim}, {ratio}"


def log_ratio(of: Cell, over: Cell, plan: Plan) -> float | None:
    """How much longer `of` takes, paired block by block, and whole runs weighed alike.

    None with fewer than two blocks in common.
    """
    other, logs = dict(zip(over.blocks, over.values, strict=True)), dict[int, list[float]]()
    pairs = [(block, value) for block, value in zip(of.blocks, of.values, strict=True) if block in other]
    for block, value in pairs:
        logs.setdefault(plan.repeat_of(block), []).append(math.log(value) - math.log(other[block]))
    return fmean(map(fmean, logs.values())) if len(pairs) > 1 else None
