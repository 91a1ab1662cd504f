"""Do updates get lost when several threads, or several coroutines, read, compute and write one shared balance?

    balance = account.balance           # read
    balance = with_deposit(balance)     # compute: a call
    account.balance = balance           # write

What decides it: where Python may hand over to somebody else. CPython from 3.10 on looks whether to do so when a
function is entered and when a loop goes round, not between any two instructions. So the call in the middle is where
threads lose updates: one is stopped there, the others go on for 5 ms, and then it writes back what it read before
them. Nothing here sleeps or is slowed down to make that happen. A coroutine hands over where it says `await`, and
only there.

What you should see: `threads` lose a good part of their updates, and another part each time; `threads-lock` and
`coroutines` none; `coroutines-await` all but every fourth, for four coroutines have read before the first one writes.
`threads-increment`, the usual `balance += 1` with no call in it, loses none where there is a GIL, in CPython from 3.10
on: the bug is there all the same, and comes out with the first call that somebody puts in.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from threading import Lock, Thread

WORKERS = 4
# Updates in all. Threads get 200 ms, so dozens of the 5 ms after which they have to hand over; for the others it is no
# matter of chance, and each update takes a lock that others want, or a turn of the event loop.
MANY, FEW = 2_000_000, 100_000


class Account:
    """What is shared."""

    def __init__(self) -> None:
        self.balance = 0
        self.lock = Lock()


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


def in_threads(work: Callable[[Account, int], None], account: Account, times: int) -> None:
    """Let WORKERS threads work on the account."""
    threads = [Thread(target=work, args=(account, times)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_coroutines(work: Callable[[Account, int], Awaitable[None]], account: Account, times: int) -> None:
    """Let WORKERS coroutines work on the account."""

    async def gather() -> None:
        await asyncio.gather(*(work(account, times) for _ in range(WORKERS)))

    asyncio.run(gather())


FORMS: dict[str, tuple[Callable[[Account, int], None], int]] = {
    "threads": (partial(in_threads, update), MANY),
    "threads-lock": (partial(in_threads, update_locked), FEW),
    "threads-increment": (partial(in_threads, increment), MANY),
    "coroutines": (partial(in_coroutines, aupdate), FEW),
    "coroutines-await": (partial(in_coroutines, aupdate_awaiting), FEW),
}


def lost_share(form: str) -> float:
    """Updates lost ÷ updates made."""
    account, (work, updates) = Account(), FORMS[form]
    work(account, updates // WORKERS)
    return 1 - account.balance / updates


def main() -> None:
    """Print what the form that the command line names has lost."""
    print(json.dumps({"lost_share": lost_share(sys.argv[1])}))
