"""What the harness adds to a measurement: the same model timed by hand and by `time_round`, in turn.

By hand is what a script would do: open, run, close, between two looks at the clock. The harness adds two looks and a
tuple for each task. Both run in turn in one process, so that drift hits them alike; the median of the differences is
printed with its 95 % CI beside its aims: under 5 µs a task at 10,000 tasks that do nothing, under 2 % of a cell that
waits. An aim within the interval is undecided.
"""

import argparse
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import NamedTuple

from benchmarks.core.round import time_round
from benchmarks.core.runner import stop_fork_server
from benchmarks.models import Model, model, needs, without_cluster
from benchmarks.workloads import Workload
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve

AIM_TASK_US, AIM_PERCENT = 5.0, 2.0
# Of 17 sorted values the 5th and the 13th enclose the median with 95.1 %, whatever their distribution (binomial).
TURNS, LOW, HIGH = 17, 4, 12


class Estimate(NamedTuple):
    """The median of what the harness adds, and its 95 % CI."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, added: list[float]) -> "Estimate":
        """The estimate from the values (turns,)."""
        ordered = sorted(added)
        return cls(median(ordered), ordered[LOW], ordered[HIGH])

    def verdict(self, aim: float) -> str:
        """Whether an aim is met, as far as the interval tells."""
        return "met" if self.high < aim else "not met" if self.low >= aim else "undecided"


def by_hand(model: Model, workload: Workload, tasks: list[int], concurrency: int) -> float:
    """Seconds of a round without the harness."""
    began = perf_counter()
    with model(workload, concurrency) as run:
        run(tasks)
    return perf_counter() - began


def turns(name: str, workload: Workload, count: int, concurrency: int) -> list[tuple[float, float]]:
    """Seconds with the harness and by hand, of every turn; each goes first in every other turn; warmed up once."""
    chosen, tasks = model(name), workload.tasks(count)
    timings = []
    for turn in range(TURNS + 1):
        pair = {}
        for harness in (True, False) if turn % 2 else (False, True):
            arguments = chosen, workload, tasks, concurrency
            pair[harness] = time_round(*arguments).seconds if harness else by_hand(*arguments)
        timings.append((pair[True], pair[False]))
    stop_fork_server()
    return timings[1:]


def overheads(url: str) -> Iterator[tuple[str, Estimate, Estimate]]:
    """For each model: µs added to each of 10,000 empty tasks, and percent added to a cell that waits."""
    for name in without_cluster():
        if needs(name).unavailable_reason() or not needs(name).bounded:
            continue
        empty, waiting = turns(name, Nothing(), 10_000, 2), turns(name, Wire(url=url), 20, 10)
        added_us = Estimate.of([(harness - plain) / 10_000 * 1e6 for harness, plain in empty])
        yield name, added_us, Estimate.of([100 * (harness / plain - 1) for harness, plain in waiting])


def main() -> None:
    """Measure, print each model with the aims as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selfcheck.harness_overhead", description=__doc__)
    parser.parse_args()
    with serve("servers.latency") as server:
        print(f"{'model':20} {f'µs a task (aim < {AIM_TASK_US:g})':>34} {f'% of a cell (aim < {AIM_PERCENT:g})':>34}")
        for name, task, cell in overheads(server.url):
            print(f"{name:20} {cell_text(task, AIM_TASK_US):>34} {cell_text(cell, AIM_PERCENT):>34}", flush=True)


def cell_text(estimate: Estimate, aim: float) -> str:
    """The estimate with its interval, and the verdict on the aim."""
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f}) {estimate.verdict(aim)}"


if __name__ == "__main__":
    main()
