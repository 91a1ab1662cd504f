"""What blocks an event loop? A heartbeat of 10 ms shows it, while another coroutine does something.

    longest_gap_seconds     the longest time between two beats while the coroutine ran
    median_gap_seconds      the median: 10 ms plus the machine's delay

What you should see: the heartbeat continues during an `await`, whether for a server's answer (`await-wait`) or for time
(`await-sleep`). Everything else blocks it for its whole duration: `time-sleep`, reading a large file (`file-read`),
computing (`computing`). A thread moves reading out of the loop (`aiofiles` does so, chunk by chunk), but computing only
in part (`computing-to-thread`): each beat waits up to 5 ms until the other thread releases the GIL. `idle` is the
heartbeat alone: the machine's own delay.

The file is in the page cache, so the disk does not count; a disk would only add to it. The probe creates it and deletes
it within two seconds, before the system would write it out during the next measurement.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import aiofiles

from benchmarks.probes import Probe
from benchmarks.workloads.primes import FIRST, sum_of_primes
from benchmarks.workloads.wire import Wire

BEAT_S = 0.01
BEATS_BEFORE = 5  # a steady heartbeat before the work starts
WAIT_S, SLEEP_S = 1.0, 0.5
FILE_BYTES = 256 * 2**20
CHUNK_BYTES = 2**20  # bytes per read: half a millisecond, and 256 hand-overs to a thread
NUMBERS = 100_000  # some 0.2 s of computing


async def nothing(_: str) -> None:
    """Do nothing: the heartbeat alone."""
    await asyncio.sleep(SLEEP_S)


async def await_wait(url: str) -> None:
    """Await the answer of a server that takes a second."""
    workload = Wire(url=url, delay_s=WAIT_S)
    async with workload.aclient() as client:
        await workload.aperform(client, 0)


async def time_sleep(_: str) -> None:
    """Wait, and block the loop."""
    time.sleep(SLEEP_S)  # noqa: ASYNC251 - the mistake that is shown


async def await_sleep(_: str) -> None:
    """Wait without blocking the loop."""
    await asyncio.sleep(SLEEP_S)


async def file_read(path: str) -> None:
    """Read a file with `open`, and block the loop."""
    with open(path, "rb") as file:  # noqa: ASYNC230 - the mistake that is shown
        file.read()


async def aiofiles_read(path: str) -> None:
    """Read it with aiofiles, in chunks."""
    async with aiofiles.open(path, "rb") as file:
        while await file.read(CHUNK_BYTES):
            pass


async def computing(_: str) -> None:
    """Compute, and block the loop."""
    sum_of_primes(FIRST, FIRST + NUMBERS)


async def computing_to_thread(_: str) -> None:
    """Compute in a thread."""
    await asyncio.to_thread(sum_of_primes, FIRST, FIRST + NUMBERS)


FORMS: dict[str, Callable[[str], Awaitable[None]]] = {
    "idle": nothing,
    "await-wait": await_wait,
    "time-sleep": time_sleep,
    "await-sleep": await_sleep,
    "file-read": file_read,
    "aiofiles": aiofiles_read,
    "computing": computing,
    "computing-to-thread": computing_to_thread,
}


async def beat(beats: list[float]) -> None:
    """Note the time every BEAT_S."""
    while True:
        beats.append(time.perf_counter())
        await asyncio.sleep(BEAT_S)


async def gaps_beside(work: Callable[[str], Awaitable[None]], argument: str) -> list[float]:
    """Seconds between beats, from the last beat before the work to the first after it."""
    beats: list[float] = []
    heart = asyncio.create_task(beat(beats))
    await asyncio.sleep(BEATS_BEFORE * BEAT_S)
    before = len(beats) - 1
    await work(argument)
    after = len(beats)
    await asyncio.sleep(2 * BEAT_S)
    heart.cancel()
    return [later - earlier for earlier, later in pairwise(beats[before : after + 1])]


def observed(form: str, argument: str) -> dict[str, float]:
    """The longest and the median gap; `argument` is the URL or path that the form needs."""
    gaps = asyncio.run(gaps_beside(FORMS[form], argument))
    return {"longest_gap_seconds": max(gaps), "median_gap_seconds": median(gaps)}


def large_file(folder: Path) -> Path:
    """A file of FILE_BYTES in the page cache."""
    if (free := shutil.disk_usage(folder).free) < 2 * FILE_BYTES:
        raise SystemExit(
            f"{folder} has {free // 2**20} MiB left, {2 * FILE_BYTES // 2**20} are needed; "
            "set TMPDIR to a folder with more room"
        )
    path = folder / "large"
    with path.open("wb") as file:
        for number in range(FILE_BYTES // CHUNK_BYTES):
            file.write(bytes([number]) * CHUNK_BYTES)
    return path


PROBES = (Probe(FORMS, ("longest_gap_seconds", "median_gap_seconds"), arguments=("model", "url")),)


def main() -> None:
    """Print the gaps of the form that the command line names; the second argument is the latency server's URL."""
    form, url = sys.argv[1:]
    if form not in ("file-read", "aiofiles"):
        print(json.dumps(observed(form, url)))
        return
    with tempfile.TemporaryDirectory(prefix="overlap-") as folder:
        print(json.dumps(observed(form, str(large_file(Path(folder))))))
