"""Web frameworks under their servers, with 32 clients: what a page costs that does nothing, and one that waits 20 ms.

And the same with two workers, and with 200 clients of a page that waits 50 ms. `benchmarks.probes.web_stacks` says how.
On request only: `make bench ONLY=frameworks` selects these and the experiments on latency and on PostgreSQL.
"""

from benchmarks.core.cell import Cell, Observe, cells
from benchmarks.probes.web_stacks import PACKAGES, STACKS, frameworks, many_clients, throughput
from servers.web_server import SERVERS

IN_PAIRS = (("starlette", "uvicorn"), ("flask", "gunicorn-threads"))
CROWDED = (("aiohttp", "own"), ("flask", "gunicorn"), ("flask", "gunicorn-threads"))
MANY, LONG_MS, SECONDS = 200, 50, 0.8


@cells(
    "web_throughput",
    workloads=frameworks(),
    models=SERVERS,
    concurrency=[1, 2],
    tasks=lambda workers: 1,
    where=lambda cell: (cell.workload.name, cell.model) in (STACKS if cell.concurrency == 1 else IN_PAIRS),
    opt_in=True,
    metrics=(
        *("hello_per_second", "wait_per_second", "hello_server_cores", "hello_client_cores"),
        *("wait_server_cores", "wait_client_cores", "idle_bytes"),
    ),
    group="frameworks",
    packages=PACKAGES,
    program="web_stacks",
)
def test_serving(observe: Observe, cell: Cell) -> None:
    """Ask for two pages, over and over."""
    observe(cell, lambda: throughput(cell))


@cells(
    "web_many_clients",
    workloads=frameworks(),
    models=SERVERS,
    concurrency=[1],
    tasks=lambda workers: 1,
    where=lambda cell: (cell.workload.name, cell.model) in CROWDED,
    opt_in=True,
    metrics=("wait_per_second", "wait_server_cores", "wait_client_cores"),
    group="frameworks",
    packages=PACKAGES,
    program="web_stacks",
)
def test_crowded(observe: Observe, cell: Cell) -> None:
    """Ask with many clients for a page that waits longer."""
    observe(cell, lambda: many_clients(cell, MANY, LONG_MS, SECONDS))
