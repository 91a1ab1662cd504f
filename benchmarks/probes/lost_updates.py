"""Do updates get lost when several threads, or several coroutines, read, compute and write one shared balance?

    balance = account.balance           # read
    balance = with_deposit(balance)     # compute: a call
    account.balance = balance           # write

What decides it: where Python may hand over to somebody else. CPython from 3.10 on looks whether to do so when a
function is entered and when a loop goes round, not between any two instructions. So the call in the middle is where
threads lose updates: one is stopped there, the others go on for 5 ms, and then it writes back what it read before
them. Nothing here sleeps or is slowed down to make that happen. A coroutine hands over where it says `await`, and
only there.

Nobody has to lock every update. `sharded`: each worker counts for itself, and all are added up in the end. `queue`: the
workers say what is to be done, and one thread does it. `count`: the counter is a piece of C (`itertools.count`), which
nobody interrupts where there is a GIL. So a right answer has a price, and it is told beside what gets lost:

    lost_share     updates lost ÷ updates made
    unit_seconds   time for all updates ÷ their number, while all workers want to make one

What you should see: `threads` lose a good part of their updates, and another part each time; so do `processes` that
share memory. Those with a lock, `sharded`, `queue` and `coroutines` lose none, and `coroutines-await` all but every
fourth, for four coroutines have read before the first one writes. `threads-increment`, the usual `balance += 1` with no
call in it, loses none where there is a GIL, in CPython from 3.10 on: the bug is there all the same, and comes out with
the first call that somebody puts in. Sharding costs nothing; a lock that others want costs a multiple of the update.
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
# Updates in all. Threads get 200 ms, so dozens of the 5 ms after which they have to hand over; for the others it is no
# matter of chance, and each update takes a lock that others want, maybe another process's, or a turn of the event loop.
MANY, FEW, FEWEST = 2_000_000, 100_000, 40_000


class Account:
    """What is shared."""

    def __init__(self) -> None:
        self.balance = 0
        self.lock = Lock()
        self.numbers = count(1)


def with_deposit(balance: int) -> int:
    """Compute: anything that is a function of its own."""
    return balance + 1


def update(account: Account, times: int) -> None:
    """Read, compute, write."""
    for _ in range(times):
        balance = account.balance
        balance = with_deposit(balance)
        account.balance = balance


def update_locked(account: Account, times: int) -> None:
    """The same, one thread at a time."""
    for _ in range(times):
        with account.lock:
            balance = account.balance
            balance = with_deposit(balance)
            account.balance = balance


def increment(account: Account, times: int) -> None:
    """The same without a call."""
    for _ in range(times):
        account.balance += 1


def count_on(account: Account, times: int) -> None:
    """Take the next number; the last one that anybody took is the balance."""
    for _ in range(times):
        number = next(account.numbers)
    with account.lock:
        account.balance = max(account.balance, number)


def update_shard(account: Account, times: int) -> None:
    """Update what is nobody else's, and add it in the end."""
    mine = Account()
    update(mine, times)
    with account.lock:
        account.balance += mine.balance


async def aupdate(account: Account, times: int) -> None:
    """The awaits stand between updates."""
    for _ in range(times):
        balance = account.balance
        balance = with_deposit(balance)
        account.balance = balance
        await asyncio.sleep(0)  # stands for any await that really waits: others go on


async def aupdate_awaiting(account: Account, times: int) -> None:
    """An await stands between reading and writing."""
    for _ in range(times):
        balance = account.balance
        await asyncio.sleep(0)
        account.balance = with_deposit(balance)


def update_value(shared: Any, times: int) -> None:
    """Read, compute, write what processes share."""
    for _ in range(times):
        balance = shared.value
        balance = with_deposit(balance)
        shared.value = balance


def update_value_locked(shared: Any, times: int) -> None:
    """The same, one process at a time."""
    for _ in range(times):
        with shared.get_lock():
            balance = shared.value
            balance = with_deposit(balance)
            shared.value = balance


def update_value_shard(shared: Any, times: int) -> None:
    """Update what is nobody else's, and add it in the end."""
    own = Account()
    update(own, times)
    with shared.get_lock():
        shared.value += own.balance


def in_threads(work: Callable[[Account, int], None], account: Account, times: int) -> float:
    """Let WORKERS threads work on the account: the seconds that it takes."""
    threads = [Thread(target=work, args=(account, times)) for _ in range(WORKERS)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - began


def through_queue(account: Account, times: int) -> float:
    """Let WORKERS threads say that there is a deposit, and one thread update the account."""
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
    """Let WORKERS coroutines work on the account."""

    async def gather() -> float:
        began = perf_counter()
        await asyncio.gather(*(work(account, times) for _ in range(WORKERS)))
        return perf_counter() - began

    return asyncio.run(gather())


def take_part(work: Callable[[Any, int], None], shared: Any, together: Any, times: int) -> None:
    """Begin with the others, and end with them."""
    together.wait()
    work(shared, times)
    together.wait()


def in_processes(work: Callable[[Any, int], None], account: Account, times: int) -> float:
    """Let WORKERS processes work on a number in memory that they share; to start them is not counted."""
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
    """Updates lost ÷ updates made, and seconds for each."""
    account, (work, updates) = Account(), FORMS[form]
    took = work(account, updates // WORKERS)
    return {"lost_share": 1 - account.balance / updates, "unit_seconds": took / updates}


PROBES = (Probe(FORMS, ("lost_share", "unit_seconds"), concurrency=(WORKERS,), tasks=1),)


def main() -> None:
    """Print what the form that the command line names has lost, and what an update took."""
    print(json.dumps(observed(sys.argv[1])))
