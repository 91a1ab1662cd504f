"""Databases: what does each way of driving one gain, where it waits, where it fetches 100 rows, and where it writes?

Real servers on this machine, started once a block; for MongoDB a stand-in. As many connections for every model as may
be in flight: 32 for a query that waits in the server, 8 where it answers at once, for then drivers and server share
the cores. Opening them is part of a round, as it is part of a script. Sequentially, what waits takes so long that
being cold is nothing beside it: no round is discarded there. Rows from Redis are a hundred trips each. On request only.
"""

from functools import partial

from benchmarks.backends.database_workloads import BRIEF, KEYS, SERVERS, workloads_of
from benchmarks.core.cell import Cell, Measure, cells

MANY, FEW = 32, 8
POOLS = ("asyncpg-pool", "psycopg-pool")

databases = partial(cells, "databases", rounds=1, opt_in=True)
waits = partial(
    databases, workloads=workloads_of("wait", MANY, *SERVERS, KEYS[0]), concurrency=[MANY], tasks=lambda many: 6 * many
)
briefly = partial(
    databases,
    models=["sequential", "threads", "asyncio"],
    concurrency=[FEW],
    where=lambda cell: cell.model != "sequential" or not cell.workload.name.startswith(POOLS),
)


@waits(models=["threads", "asyncio"])
def test_waits(measure: Measure, cell: Cell) -> None:
    """Wait, many at once."""
    measure(cell)


@waits(models=["sequential"], warmup_rounds=0)
def test_waits_one_by_one(measure: Measure, cell: Cell) -> None:
    """Wait, sequentially."""
    measure(cell)


@briefly(workloads=workloads_of("rows", FEW, *BRIEF), tasks=lambda few: 75 * few)
def test_rows(measure: Measure, cell: Cell) -> None:
    """Fetch rows."""
    measure(cell)


@briefly(workloads=workloads_of("rows", FEW, *KEYS), tasks=lambda few: 8 * few)
def test_rows_of_keys(measure: Measure, cell: Cell) -> None:
    """Fetch rows, each by its key."""
    measure(cell)


@briefly(workloads=workloads_of("write", FEW, *BRIEF, KEYS[0]), tasks=lambda few: 40 * few)
def test_writes(measure: Measure, cell: Cell) -> None:
    """Write and commit."""
    measure(cell)
