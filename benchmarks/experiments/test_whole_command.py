"""What a whole program takes that fetches some pages at once and ends: imports and start included.

From how many requests on asyncio pays in such a program is another number than in one that runs on. The cells of a
block come in a shuffled order, so the programs run in turns. On request only.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.core.cell import Cell, Observe, cells
from benchmarks.core.context import BlockContext
from benchmarks.probes import whole_command
from benchmarks.workloads.http import Http
from benchmarks.workloads.wire import Wire

STARTS = 3  # the median of them: the first may find cold caches
ROOT = Path(__file__).parents[2]
SIZES = [1, 10, 50, 200, 500]
PAGES = [Wire(delay_s=whole_command.DELAY_MS / 1000), Http(delay_s=whole_command.DELAY_MS / 1000)]


def run_program(name: str, url: str, pages: int) -> float:
    """Seconds that the program takes. ValueError when it fetched the wrong pages."""
    address = urlsplit(url)
    # by its path and -P: neither the package of the probes nor their folder is part of such a program
    command = [sys.executable, "-P", whole_command.__file__, name, str(address.hostname), str(address.port), str(pages)]
    began = time.perf_counter()
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, stdout=subprocess.PIPE)
    took_s = time.perf_counter() - began
    if done.stdout.split() != [b"%d" % page for page in range(pages)]:
        raise ValueError(f"the program fetched {done.stdout!r:.60}")
    return took_s


@cells(
    "whole_command",
    workloads=PAGES,
    models=["sequential", "threads", "asyncio"],
    concurrency=SIZES,
    tasks=lambda concurrency: concurrency,
    where=lambda cell: cell.model != "sequential" or cell.concurrency <= 10,
    opt_in=True,
    metrics=("command_seconds",),
    program="whole_command",
)
def test_whole_command(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Start, fetch, end."""
    name, url = f"{cell.workload.name}/{cell.model}", place.params["url"]
    observe(cell, lambda: {"command_seconds": median(run_program(name, url, cell.tasks) for _ in range(STARTS))})
