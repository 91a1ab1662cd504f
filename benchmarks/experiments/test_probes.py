"""What programs of their own measure: each file in `probes/` says what is asked of it, and what you should see."""

import pytest

from benchmarks.core.cell import Cell, Observe, cells
from benchmarks.core.context import BlockContext
from benchmarks.probes import Probe, probes, run_probe
from benchmarks.workloads.noop import Nothing, noop_named


def cells_of(program: str, probe: Probe) -> list[Cell]:
    """The cells of one experiment."""
    workloads = {"noop": Nothing()}
    grid = cells(
        probe.experiment or program,
        workloads=[workloads.get(one) or noop_named(one) if isinstance(one, str) else one for one in probe.workloads],
        models=probe.models,
        concurrency=probe.concurrency,
        tasks=lambda concurrency: probe.tasks or concurrency,
        where=lambda cell: probe.where(cell.model, cell.concurrency),
        opt_in=probe.opt_in,
        metrics=probe.metrics,
        program=program,
    )
    return list(grid.args[1])


CASES = [(program, probe) for program, defined in probes() for probe in defined]
ARGUMENTS = {probe.experiment or program: probe.arguments for program, probe in CASES}


@pytest.mark.parametrize("cell", [cell for case in CASES for cell in cells_of(*case)], ids=str)
def test_probe(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Run the program."""
    values = place.params | cell.key()
    observe(cell, lambda: run_probe(cell.program, *(values[name] for name in ARGUMENTS[cell.experiment])))
