"""What stops an event loop? A heart beats every 10 ms; beside it one coroutine does something. Does the heart go on?

    longest_gap_seconds     the longest time between two beats while the coroutine was at it
    median_gap_seconds      the usual one: 10 ms and what the machine adds

What you should see: `await` lets the heart beat on, whether it waits for an answer of a server (`await-wait`) or for
time (`await-sleep`), and whatever does not await stops it for as long as it takes: `time-sleep`, reading a large file
(`file-read`), computing (`computing`). A thread takes the reading away from the loop (`aiofiles` does that, chunk by
chunk); it takes computing away only in part (`computing-to-thread`): each beat waits until the other thread hands over
the GIL, up to 5 ms. `idle` is the heart alone: what the machine does to it, no code can make better.

The file is in the page cache, so no disk is waited for; a disk would only make it worse. It is made by the probe and
gone within a second or two, before the system would begin to write it out beside the next measurement.
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
BEATS_BEFORE = 5  # let the heart find its pace
WAIT_S, SLEEP_S = 1.0, 0.5
FILE_BYTES = 256 * 2**20
CHUNK_BYTES = 2**20  # what is read at once: half a millisecond, and 256 hand-overs to a thread
NUMBERS = 200_000  # a third of a second of computing


async def nothing(_: str) -> None:
    """The heart alone."""
    await asyncio.sleep(SLEEP_S)


async def await_wait(url: str) -> None:
    """Await the answer of a server that takes a second."""
    workload = Wire(url=url, delay_s=WAIT_S)
    async with workload.aclient() as client:
        await workload.aperform(client, 0)


async def time_sleep(_: str) -> None:
    """Wait, and hold up the loop."""
    time.sleep(SLEEP_S)  # noqa: ASYNC251 - the mistake that is shown


async def await_sleep(_: str) -> None:
    """Wait."""
    await asyncio.sleep(SLEEP_S)


async def file_read(path: str) -> None:
    """Read a file the way it is always read."""
    with open(path, "rb") as file:  # noqa: ASYNC230 - the mistake that is shown
        file.read()


async def aiofiles_read(path: str) -> None:
    """Read it with aiofiles, in chunks."""
    async with aiofiles.open(path, "rb") as file:
        while await file.read(CHUNK_BYTES):
            pass


async def computing(_: str) -> None:
    """Compute."""
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
    """Seconds between beats, from the last one before the work to the first one after it."""
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
    """The gaps beside the work of this form; `argument` is the URL or the path that it needs."""
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
    """Print the gaps beside what the command line names; the latency server's URL comes after it."""
    form, url = sys.argv[1:]
    if form not in ("file-read", "aiofiles"):
        print(json.dumps(observed(form, url)))
        return
    with tempfile.TemporaryDirectory(prefix="overlap-") as folder:
        print(json.dumps(observed(form, str(large_file(Path(folder))))))
