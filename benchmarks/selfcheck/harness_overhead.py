"""What the harness adds to a measurement: the same model timed by hand and by `time_round`, in turn.

By hand is what a script would do: open, run, close, between two looks at the clock. The harness adds two looks and a
tuple for each task. The control is by hand once more: what it differs by is chance. All three run in turn in one
process, so that drift hits them alike; the medians of the differences are printed beside their aims: under 5 µs a task
at 10,000 tasks that do nothing, under 2 % of a cell that waits. An aim that the control misses too decides nothing.
"""

import argparse
import json
import multiprocessing.forkserver
from functools import partial
from itertools import cycle, permutations
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.core.round import time_round
from benchmarks.models import Model, model, needs, without_cluster
from benchmarks.workloads import Workload
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve

if TYPE_CHECKING:
    from collections.abc import Callable

AIM_TASK_US, AIM_SHARE = 5.0, 0.02
TURNS = 9  # odd, so that the median is one of them


class Timing(NamedTuple):
    """Seconds of a turn: with the harness, by hand, and by hand once more."""

    harness: float
    by_hand: float
    control: float


def by_hand(model: Model, workload: Workload, tasks: list[int], concurrency: int) -> float:
    """Seconds of a round without the harness."""
    began = perf_counter()
    with model(workload, concurrency) as run:
        run(tasks)
    return perf_counter() - began


def turns(name: str, workload: Workload, count: int, concurrency: int) -> list[Timing]:
    """The timings of every turn, each in another order, so that going first helps none; warmed up once."""
    chosen, tasks = model(name), workload.tasks(count)
    plain = partial(by_hand, chosen, workload, tasks, concurrency)
    ways: dict[str, Callable[[], float]] = {
        "harness": lambda: time_round(chosen, workload, tasks, concurrency).seconds,
        "by_hand": plain,
        "control": plain,
    }
    timings = []
    for _, order in zip(range(TURNS + 1), cycle(permutations(ways))):
        timings.append(Timing(**{way: ways[way]() for way in order}))
    multiprocessing.forkserver._forkserver._stop()  # type: ignore[attr-defined]
    return timings[1:]


def overheads(url: str) -> dict[str, dict[str, float]]:
    """For each model: microseconds added to each of 10,000 empty tasks, and the share added to a cell that waits."""
    results = {}
    for name in without_cluster():
        if needs(name).unavailable_reason() or not needs(name).bounded:
            continue
        empty = turns(name, Nothing(), 10_000, 2)
        waiting = turns(name, Wire(url=url), 20, 10)
        results[name] = {
            "task_us": median(one.harness - one.by_hand for one in empty) / 10_000 * 1e6,
            "control_us": median(one.control - one.by_hand for one in empty) / 10_000 * 1e6,
            "share": median(one.harness / one.by_hand for one in waiting) - 1,
            "control_share": median(one.control / one.by_hand for one in waiting) - 1,
        }
    return results


def main() -> None:
    """Measure, print, compare with the aims."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selfcheck.harness_overhead", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json = parser.parse_args().json
    with serve("servers.latency") as server:
        results = overheads(server.url)
    if as_json:
        print(json.dumps(results))
        return
    print(f"{'model':16} {'a task (aim < 5 µs)':>20} {'control':>10} {'a cell (aim < 2 %)':>20} {'control':>8}  aims")
    for name, of in results.items():
        task, cell = (
            f"{of['task_us']:17.2f} µs {of['control_us']:7.2f} µs",
            f"{100 * of['share']:18.1f} % {100 * of['control_share']:6.1f} %",
        )
        print(f"{name:16} {task} {cell}  {verdict(of)}")


def verdict(figures: dict[str, float]) -> str:
    """Whether both aims were met, or the control strays so far that they cannot be judged."""
    if abs(figures["control_us"]) >= AIM_TASK_US or abs(figures["control_share"]) >= AIM_SHARE:
        return "too unsteady to tell"
    return "met" if figures["task_us"] < AIM_TASK_US and figures["share"] < AIM_SHARE else "not met"


if __name__ == "__main__":
    main()
