"""A race: are there lost updates when several threads, or coroutines, read, compute and write one shared balance?

    balance = account.balance           # read
    balance = with_deposit(balance)     # compute: a call
    account.balance = balance           # write

It depends on where Python may switch. From 3.10 on CPython checks for a switch when a function is entered and when a
loop repeats, not between any two instructions. So threads lose updates at the call in the middle: one is stopped there,
the others run for 5 ms, and then it writes back the value that it read before. Nothing here sleeps or is slowed down to
provoke this. A coroutine switches at `await` only.

A lock on every update is not the only remedy. `sharded`: each worker counts for itself, and the counts are added at the
end. `queue`: workers send updates to one thread. `count`: the counter is C code (`itertools.count`), which a GIL makes
atomic. The metrics show what is lost, and what correctness costs:

    lost_share     lost updates ÷ updates made
    unit_seconds   time for all updates ÷ their number, while all workers update

What you should see: `threads` lose many of their updates, a different share each time; so do `processes` that share
memory. Locks, `sharded`, `queue` and `coroutines` lose none. `coroutines-await` loses three of four, because four
coroutines have read before the first one writes. `threads-increment`, a `balance += 1` without a call, loses none with
a GIL in CPython from 3.10 on; the bug still exists, and appears with the first call in between. Sharding costs nothing;
a contended lock costs a multiple of the update.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from multiprocessing import get_context
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any

from benchmarks.probes import Probe

WORKERS = 4
# Total updates. Threads run for 200 ms, dozens of switch intervals of 5 ms. The other forms do not depend on chance,
# and each of their updates takes a contended lock, maybe another process's, or an iteration of the event loop.
MANY, FEW, FEWEST = 2_000_000, 100_000, 40_000


class Account:
    """The shared balance."""

    def __init__(self) -> None:
        self.balance = 0
        self.lock = Lock()
        self.numbers = count(1)


def with_deposit(balance: int) -> int:
    """Compute: any function call."""
    return balance + 1


def update(account: Account, times: int) -> None:
    """Read, compute, write."""
    for _ in range(times):
        balance = account.balance
        balance = with_deposit(balance)
        account.balance = balance


def update_locked(account: Account, times: int) -> None:
    """Read, compute, write, under a lock."""
    for _ in range(times):
        with account.lock:
            balance = account.balance
            balance = with_deposit(balance)
            account.balance = balance


def increment(account: Account, times: int) -> None:
    """Increment without a call."""
    for _ in range(times):
        account.balance += 1


def count_on(account: Account, times: int) -> None:
    """Take the next number of a shared counter; the last number is the balance."""
    for _ in range(times):
        number = next(account.numbers)
    with account.lock:
        account.balance = max(account.balance, number)


def update_shard(account: Account, times: int) -> None:
    """Update a private balance, and add it to the shared one at the end."""
    mine = Account()
    update(mine, times)
    with account.lock:
        account.balance += mine.balance


async def aupdate(account: Account, times: int) -> None:
    """Await between updates."""
    for _ in range(times):
        balance = account.balance
        balance = with_deposit(balance)
        account.balance = balance
        await asyncio.sleep(0)  # like any await that really waits: others run


async def aupdate_awaiting(account: Account, times: int) -> None:
    """Await between reading and writing."""
    for _ in range(times):
        balance = account.balance
        await asyncio.sleep(0)
        account.balance = with_deposit(balance)


def update_value(shared: Any, times: int) -> None:
    """Read, compute, write a value shared by processes."""
    for _ in range(times):
        balance = shared.value
        balance = with_deposit(balance)
        shared.value = balance


def update_value_locked(shared: Any, times: int) -> None:
    """Read, compute, write, under a lock of all processes."""
    for _ in range(times):
        with shared.get_lock():
            balance = shared.value
            balance = with_deposit(balance)
            shared.value = balance


def update_value_shard(shared: Any, times: int) -> None:
    """Update a private balance, and add it to the shared one at the end."""
    own = Account()
    update(own, times)
    with shared.get_lock():
        shared.value += own.balance


def in_threads(work: Callable[[Account, int], None], account: Account, times: int) -> float:
    """Run the work in WORKERS threads; the duration in seconds."""
    threads = [Thread(target=work, args=(account, times)) for _ in range(WORKERS)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - began


def through_queue(account: Account, times: int) -> float:
    """Let WORKERS threads send deposits to one thread, which updates the account."""
    deposits = SimpleQueue[bool]()

    def write() -> None:
        while deposits.get():
            account.balance = with_deposit(account.balance)

    def deposit(shared: Account, times: int) -> None:
        for _ in range(times):
            deposits.put(True)

    writer, began = Thread(target=write), perf_counter()
    writer.start()
    in_threads(deposit, account, times)
    deposits.put(False)
    writer.join()
    return perf_counter() - began


def in_coroutines(work: Callable[[Account, int], Awaitable[None]], account: Account, times: int) -> float:
    """Run the work in WORKERS coroutines; the duration in seconds."""

    async def gather() -> float:
        began = perf_counter()
        await asyncio.gather(*(work(account, times) for _ in range(WORKERS)))
        return perf_counter() - began

    return asyncio.run(gather())


def take_part(work: Callable[[Any, int], None], shared: Any, together: Any, times: int) -> None:
    """Start and end together with the other processes."""
    together.wait()
    work(shared, times)
    together.wait()


def in_processes(work: Callable[[Any, int], None], account: Account, times: int) -> float:
    """Run the work in WORKERS processes on shared memory; the duration without their start."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    shared, together = context.Value("q", 0), context.Barrier(WORKERS + 1)
    processes = [context.Process(target=take_part, args=(work, shared, together, times)) for _ in range(WORKERS)]
    for process in processes:
        process.start()
    together.wait()
    began = perf_counter()
    together.wait()
    took = perf_counter() - began
    for process in processes:
        process.join()
    account.balance = shared.value
    return took


FORMS: dict[str, tuple[Callable[[Account, int], float], int]] = {
    "threads": (partial(in_threads, update), MANY),
    "threads-lock": (partial(in_threads, update_locked), FEW),
    "threads-sharded": (partial(in_threads, update_shard), MANY),
    "threads-queue": (through_queue, FEW),
    "threads-increment": (partial(in_threads, increment), MANY),
    "threads-count": (partial(in_threads, count_on), MANY),
    "coroutines": (partial(in_coroutines, aupdate), FEW),
    "coroutines-await": (partial(in_coroutines, aupdate_awaiting), FEW),
    "processes": (partial(in_processes, update_value), FEW),
    "processes-lock": (partial(in_processes, update_value_locked), FEWEST),
    "processes-sharded": (partial(in_processes, update_value_shard), MANY),
}


def observed(form: str) -> dict[str, float]:
    """The share of lost updates, and the seconds per update."""
    account, (work, updates) = Account(), FORMS[form]
    took = work(account, updates // WORKERS)
    return {"lost_share": 1 - account.balance / updates, "unit_seconds": took / updates}


PROBES = (Probe(FORMS, ("lost_share", "unit_seconds"), concurrency=(WORKERS,), tasks=1),)


def main() -> None:
    """Print the metrics of the form that the command line names."""
    print(json.dumps(observed(sys.argv[1])))
