"""What the harness adds to a measurement: the same model timed by hand and by `time_round`, in turn.

By hand is what a script would do: open, run, close, between two looks at the clock. The harness adds two looks and a
tuple for each task. Both run in turn in one process, so that drift hits them alike; the medians of the differences are
printed beside their aims: under 5 µs a task at 10,000 tasks that do nothing, under 2 % of a cell that waits.
"""

import argparse
import json
import multiprocessing.forkserver
from statistics import median
from time import perf_counter

from benchmarks.core.round import time_round
from benchmarks.models import Model, model, needs, without_cluster
from benchmarks.workloads import Workload
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve

AIM_TASK_US, AIM_SHARE = 5.0, 0.02
PAIRS = 9  # odd, so that the median is one of them


def by_hand(model: Model, workload: Workload, tasks: list[int], concurrency: int) -> float:
    """Seconds of a round without the harness."""
    began = perf_counter()
    with model(workload, concurrency) as run:
        run(tasks)
    return perf_counter() - began


def pairs(name: str, workload: Workload, count: int, concurrency: int) -> list[tuple[float, float]]:
    """Seconds with the harness and by hand, in turn (A B B A …, so that going first helps neither), warmed up once."""
    chosen, tasks = model(name), workload.tasks(count)
    ways = [lambda: time_round(chosen, workload, tasks, concurrency).seconds]
    ways += [lambda: by_hand(chosen, workload, tasks, concurrency)]
    timings = []
    for number in range(PAIRS + 1):
        order = (0, 1) if number % 2 else (1, 0)
        took = {way: ways[way]() for way in order}
        timings.append((took[0], took[1]))
    multiprocessing.forkserver._forkserver._stop()  # type: ignore[attr-defined]
    return timings[1:]


def overheads(url: str) -> dict[str, dict[str, float]]:
    """For each model: microseconds added to each of 10,000 empty tasks, and the share added to a cell that waits."""
    results = {}
    for name in without_cluster():
        if needs(name).unavailable_reason() or not needs(name).bounded:
            continue
        empty = pairs(name, Nothing(), 10_000, 2)
        waiting = pairs(name, Wire(url=url), 20, 10)
        results[name] = {
            "task_us": median(ours - plain for ours, plain in empty) / 10_000 * 1e6,
            "share": median(ours / plain for ours, plain in waiting) - 1,
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
    print(f"{'model':12} {'a task (aim < 5 µs)':>20} {'a cell (aim < 2 %)':>20}  aims")
    for name, figures in results.items():
        met = figures["task_us"] < AIM_TASK_US and figures["share"] < AIM_SHARE
        print(f"{name:12} {figures['task_us']:17.2f} µs {figures['share']:20.1%}  {'met' if met else 'not met'}")


if __name__ == "__main__":
    main()
