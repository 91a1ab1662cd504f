"""What the harness adds to a measurement: the same model timed by hand and by `time_round`, in turn.

By hand is what a script would do: open, run, close, between two looks at the clock. The harness adds two looks and a
tuple for each task. Both run in turn in one process, so that drift hits them alike; the median of the differences is
printed with its 95 % CI beside its aims: under 5 µs a task at 10,000 tasks that do nothing, under 2 % of a cell that
waits. An aim within the interval is undecided.
"""

import argparse
from collections.abc import Iterable, Iterator
from statistics import median
from time import perf_counter
from typing import NamedTuple

from scipy.stats import binom

from benchmarks.core.round import time_round
from benchmarks.core.runner import stop_fork_server
from benchmarks.models import Model, model, needs, without_cluster
from benchmarks.workloads import Workload
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve

AIM_TASK_US, AIM_PERCENT = 5.0, 2.0
TURNS = 17


class Estimate(NamedTuple):
    """The median of what the harness adds, and its 95 % CI."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, added: list[float]) -> "Estimate":
        """The estimate from the values (turns,), at least six.

        Their order gives the interval, whatever their distribution: how many lie below the median is binomial.
        """
        ordered, outside = sorted(added), int(binom.ppf(0.025, len(added), 0.5))
        return cls(median(ordered), ordered[outside - 1], ordered[-outside])

    def verdict(self, aim: float) -> str:
        """Whether an aim is met, as far as the interval tells."""
        return "met" if self.high < aim else "not met" if self.low >= aim else "undecided"


def by_hand(model: Model, workload: Workload, tasks: list[int], concurrency: int) -> float:
    """Seconds of a round without the harness."""
    began = perf_counter()
    with model(workload, concurrency) as run:
        run(tasks)
    return perf_counter() - began


def turns(
    name: str, workload: Workload, count: int, concurrency: int, number: int = TURNS
) -> list[tuple[float, float]]:
    """Seconds with the harness and by hand, of every turn; each goes first in every other turn; warmed up once."""
    chosen, tasks = model(name), workload.tasks(count)
    timings = []
    for turn in range(number + 1):
        pair = {}
        for harness in (True, False) if turn % 2 else (False, True):
            arguments = chosen, workload, tasks, concurrency
            pair[harness] = time_round(*arguments).seconds if harness else by_hand(*arguments)
        timings.append((pair[True], pair[False]))
    stop_fork_server()
    return timings[1:]


def measurable() -> list[str]:
    """The models that run here and keep to a concurrency."""
    return [name for name in without_cluster() if needs(name).bounded and not needs(name).unavailable_reason()]


def overheads(url: str, names: Iterable[str], number: int) -> Iterator[tuple[str, Estimate, Estimate]]:
    """For each model: µs added to each of 10,000 empty tasks, and percent added to a cell that waits."""
    for name in names:
        empty, waiting = turns(name, Nothing(), 10_000, 2, number), turns(name, Wire(url=url), 20, 10, number)
        added_us = Estimate.of([(harness - plain) / 10_000 * 1e6 for harness, plain in empty])
        yield name, added_us, Estimate.of([100 * (harness / plain - 1) for harness, plain in waiting])


def main() -> None:
    """Measure, print each model with the aims as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selfcheck.harness_overhead", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=measurable(), default=measurable(), metavar="MODEL")
    parser.add_argument(
        "--turns", type=at_least_six, default=TURNS, help="more narrow the intervals (default %(default)s)"
    )
    options = parser.parse_args()
    with serve("servers.latency") as server:
        print(f"{'model':20} {f'µs a task (aim < {AIM_TASK_US:g})':>34} {f'% of a cell (aim < {AIM_PERCENT:g})':>34}")
        for name, task, cell in overheads(server.url, options.models, options.turns):
            print(f"{name:20} {cell_text(task, AIM_TASK_US):>34} {cell_text(cell, AIM_PERCENT):>34}", flush=True)


def at_least_six(text: str) -> int:
    """A number of turns; fewer than six have no interval of 95 %."""
    if not text.isdecimal() or int(text) < 6:
        raise argparse.ArgumentTypeError(f"{text} is no number of turns from 6 on; give 6 or more")
    return int(text)


def cell_text(estimate: Estimate, aim: float) -> str:
    """The estimate with its interval, and the verdict on the aim."""
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f}) {estimate.verdict(aim)}"


if __name__ == "__main__":
    main()
