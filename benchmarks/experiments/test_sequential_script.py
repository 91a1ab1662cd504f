"""A simple script: what does asyncio cost where nothing happens at once, the start of the interpreter included?

On request only. The probe says how it is done and what you should see.
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
from benchmarks.probes import sequential_script
from benchmarks.workloads.http import Http
from benchmarks.workloads.wire import Wire

STARTS = 3  # the median of them: the first may find cold caches
ROOT = Path(__file__).parents[2]


def run_script(name: str, url: str) -> float:
    """Seconds that the script takes as a program of its own. ValueError when it fetched the wrong pages."""
    address = urlsplit(url)
    # by its path and -P: neither the package of the probes nor their folder is part of such a script
    command = [sys.executable, "-P", sequential_script.__file__, name, str(address.hostname), str(address.port)]
    began = time.perf_counter()
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, stdout=subprocess.PIPE)
    took_s = time.perf_counter() - began
    if done.stdout.split() != [b"%d" % page for page in range(sequential_script.PAGES)]:
        raise ValueError(f"the script fetched {done.stdout!r:.60}")
    return took_s


@cells(
    "sequential_script",
    workloads=[Wire(delay_s=0), Http(delay_s=0)],
    models=["sequential", "asyncio"],
    concurrency=[1],
    tasks=lambda concurrency: sequential_script.PAGES,
    opt_in=True,
    metrics=("script_seconds",),
    program="sequential_script",
)
def test_script(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Start, fetch, end."""
    name, url = f"{cell.workload.name}/{cell.model}", place.params["url"]
    observe(cell, lambda: {"script_seconds": median(run_script(name, url) for _ in range(STARTS))})
