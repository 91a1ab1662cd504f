"""Image processing: does it take processes, or will threads do?

12 pictures, each sized to about 50 ms of blurring on one core, as many at once as there are cores. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.machine.capacity import usable_cores
from benchmarks.workloads.images import Images

PICTURES = 12


@cells(
    "images",
    workloads=[Images()],
    models=["sequential", "threads", "processes"],
    concurrency=[usable_cores()],
    tasks=lambda concurrency: PICTURES,
    rounds=1,
    opt_in=True,
)
def test_images(measure: Measure, cell: Cell) -> None:
    """Blur."""
    measure(cell)
