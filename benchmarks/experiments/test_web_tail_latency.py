"""Web frameworks when pages compute, or ask PostgreSQL: who has the longer tail? On request only.

`web_tail_latency`: each page computes 5 ms, two workers; users come when they like, at 50 % (`at_50_percent_load`) and
80 % (`at_80_percent_load`) of what the server answers at best, and are timed from when they wanted to ask.
`web_database_row`: each page is a row of PostgreSQL, and 100 clients wait for their answers, as in the comparisons that
made the question famous: 16 blocking workers against 5 asynchronous ones that keep 3 connections each, and 6 against 6
with 3 each; beside them 6 with threads, which keep their clients' connections open as the asynchronous ones do.
"""

from benchmarks.core.cell import Cell, Observe, cells
from benchmarks.core.context import BlockContext
from benchmarks.probes.web_stacks import PACKAGES, database_row, frameworks, tail_latency
from servers.web_server import SERVERS

COMPUTING = (("starlette", "uvicorn"), ("flask", "gunicorn-threads"), ("flask", "gunicorn-sync"))
WORKERS = {("flask", "gunicorn-sync"): (6, 16), ("flask", "gunicorn-threads"): (6,), ("starlette", "uvicorn"): (5, 6)}
CONNECTIONS = {16: 1, 5: 3, 6: 3}  # of each worker
CLIENTS = 100
OF_A_LOAD = ("p99_seconds", "p50_seconds", "p90_seconds", "p999_seconds", "generator_late")


@cells(
    "web_tail_latency",
    workloads=frameworks(),
    models=SERVERS,
    concurrency=[2],
    tasks=lambda workers: 1,
    where=lambda cell: (cell.workload.name, cell.model) in COMPUTING,
    opt_in=True,
    metrics=(
        *(f"{load}_{metric}" for load in ("at_80_percent_load", "at_50_percent_load") for metric in OF_A_LOAD),
        *("max_load_per_second", "max_load_server_cores", "max_load_client_cores"),
    ),
    group="frameworks",
    packages=PACKAGES,
    program="web_stacks",
)
def test_tails(observe: Observe, cell: Cell) -> None:
    """Ask on schedule for a page that computes."""
    observe(cell, lambda: tail_latency(cell))


@cells(
    "web_database_row",
    workloads=frameworks("postgres"),
    models=SERVERS,
    concurrency=CONNECTIONS,
    tasks=lambda workers: 1,
    where=lambda cell: cell.concurrency in WORKERS.get((cell.workload.name, cell.model), ()),
    opt_in=True,
    metrics=("p99_seconds", "p90_seconds", "p50_seconds", "row_per_second", "row_server_cores", "row_client_cores"),
    group="frameworks",
    packages={name: (*packages, "psycopg", "psycopg_pool") for name, packages in PACKAGES.items()},
    program="web_stacks",
)
def test_rows(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Ask for a page from the database, after each answer."""
    observe(cell, lambda: database_row(cell, place.databases["postgres"], CONNECTIONS[cell.concurrency], CLIENTS))
