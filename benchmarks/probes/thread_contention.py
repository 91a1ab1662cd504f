"""What does it cost threads to share an object?

Every thread repeats one operation on an object that is its own, or on one that all threads share. All start together,
and the time counts from the first thread's first operation to the last one's last:

    unit_seconds   time for all operations ÷ their number

`own_counter` is the control: each thread increments an attribute of an object of its own. `counter`, `dict` and `list`
are one object for all, without a lock of the program's: all increment one attribute, each the value at a key of its
own, and all append to one list. What unlocked increments lose is counted by `lost_updates`; here they are timed.
`lock` takes one lock around an increment. `queue` and `simple_queue` pass an item through one queue: each thread puts
and gets.

What you should see: with a GIL the time for an operation stays as it is, however many threads there are, because one
runs at a time. Without it, `own_counter` takes half the time in two threads on two cores; what is shared gains far
less, or takes longer than in one thread: the object's own lock and the counts of its references move between cores.
"""

import json
import sys
from collections.abc import Callable
from queue import Queue, SimpleQueue
from threading import Barrier, Lock, Thread
from time import perf_counter
from typing import Any

from benchmarks.probes import Probe

MANY, FEW = 1_000_000, 100_000  # operations: some 50 ms; a queue written in Python takes ten times as long for each


class Counter:
    """An object with a number to increment."""

    def __init__(self) -> None:
        self.count = 0


def counting(counter_of_thread: Callable[[], Counter]) -> Callable[[int, int], None]:
    """Increment the number of the counter that a thread is given."""

    def operate(number: int, times: int) -> None:
        counter = counter_of_thread()
        for _ in range(times):
            counter.count += 1

    return operate


def own_counter() -> Callable[[int, int], None]:
    """Increment an attribute of an object that no other thread sees."""
    return counting(Counter)


def counter() -> Callable[[int, int], None]:
    """Increment one attribute of an object that all threads share."""
    shared = Counter()
    return counting(lambda: shared)


def dictionary() -> Callable[[int, int], None]:
    """Increment the value at a key of one's own, in a dictionary that all threads share."""
    shared: dict[int, int] = {}

    def operate(number: int, times: int) -> None:
        shared[number] = 0
        for _ in range(times):
            shared[number] += 1

    return operate


def append() -> Callable[[int, int], None]:
    """Append to a list that all threads share."""
    shared: list[int] = []

    def operate(number: int, times: int) -> None:
        for _ in range(times):
            shared.append(number)  # noqa: PERF401 - the operation that is measured

    return operate


def locked() -> Callable[[int, int], None]:
    """Increment one's own number under a lock that all threads share."""
    lock = Lock()

    def operate(number: int, times: int) -> None:
        count = 0
        for _ in range(times):
            with lock:
                count += 1

    return operate


def through(queue: Any) -> Callable[[int, int], None]:
    """Put an item into a queue and get one."""

    def operate(number: int, times: int) -> None:
        for _ in range(times):
            queue.put(number)
            queue.get()

    return operate


FORMS: dict[str, tuple[Callable[[], Callable[[int, int], None]], int]] = {
    "own_counter": (own_counter, MANY),
    "counter": (counter, MANY),
    "dict": (dictionary, MANY),
    "list": (append, MANY),
    "lock": (locked, MANY),
    "queue": (lambda: through(Queue()), FEW),
    "simple_queue": (lambda: through(SimpleQueue()), MANY),
}


def seconds(operate: Callable[[int, int], None], threads: int, operations: int) -> float:
    """Seconds from the first thread's first operation to the last one's last."""
    ready, begins, ends = Barrier(threads), list[float](), list[float]()

    def work(number: int) -> None:
        ready.wait()
        begins.append(perf_counter())
        operate(number, operations // threads)
        ends.append(perf_counter())

    workers = [Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return max(ends) - min(begins)


def unit_seconds(form: str, threads: int) -> float:
    """Seconds per operation: the time for all ÷ their number."""
    make, operations = FORMS[form]
    return seconds(make(), threads, operations) / operations


PROBES = (Probe(FORMS, ("unit_seconds",), concurrency=(1, 2, 4), tasks=1, arguments=("model", "concurrency")),)


def main() -> None:
    """Print the cost of an operation in the form, and with the number of threads, that the command line names."""
    print(json.dumps({"unit_seconds": unit_seconds(sys.argv[1], int(sys.argv[2]))}))
