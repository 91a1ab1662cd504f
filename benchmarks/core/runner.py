"""A cell becomes rounds: the only file that touches pytest-benchmark.

It fails closed. A cell is marked as an error until its last round has been checked, so that a wrong answer, an
assertion, Ctrl-C or a time-out never leaves a valid-looking entry in the JSON (seen with plain pytest-benchmark: all
three do). pytest-benchmark's set-up and tear-down run for every round, warm-ups included, outside the clock, but it
returns only the last round's value: so each round is checked in the tear-down.
"""

import faulthandler
import multiprocessing.forkserver
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import Any

from benchmarks.core.cell import Cell
from benchmarks.core.cell_runner import CellRunner
from benchmarks.core.context import BlockContext, InvalidCell
from benchmarks.core.leaks import ProcessSnapshot, end_leaked
from benchmarks.machine.cpu_usage import adopting, end_with_children, snapshot, usage_between, used_s
from benchmarks.models import model

BUDGET_S = 60.0  # a cell's rounds take under ten seconds; what takes this long hangs


@contextmanager
def budget() -> Iterator[None]:
    """End this process with a traceback of every thread if the cell takes longer than BUDGET_S."""
    assert sys.__stderr__, "a block has a log"
    faulthandler.dump_traceback_later(BUDGET_S, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def stop_fork_server() -> None:
    """Let the next cell start a fork server of its own, with its own workload's module in it and no other's.

    Asked politely it stays as long as any of its workers does, and a pool that was interrupted while it started leaves
    workers that nobody will ever tell to go: a block waited for them until the driver's patience was at its end.
    """
    server: Any = multiprocessing.forkserver._forkserver
    if server._forkserver_pid:
        end_with_children(server._forkserver_pid)
    server._stop()


@contextmanager
def cell_in_progress(benchmark: Any, place: BlockContext, cell: Cell) -> Iterator[None]:
    """Mark the cell as begun, and as an error until the body is through."""
    place.write({"kind": "begin", "cell": str(cell)})
    benchmark.has_error = True
    try:
        with budget():
            yield
    except BaseException:
        end_leaked(ProcessSnapshot.now(place.excluded_pids), place.baseline)
        raise
    finally:
        stop_fork_server()
    benchmark.extra_info.update(cell.key())
    benchmark.has_error = False


def measure(benchmark: Any, place: BlockContext, cell: Cell) -> list[dict[str, Any]]:
    """Time the rounds of a cell. InvalidCell when one of them is not whole."""
    rounds = CellRunner(place.bind(cell), place, model)
    with cell_in_progress(benchmark, place, cell):
        benchmark.pedantic(
            rounds.perform,
            setup=rounds.setup,
            teardown=rounds.teardown,
            warmup_rounds=cell.warmup_rounds,
            rounds=cell.rounds,
        )
    return rounds.finish()


def record_metrics(
    benchmark: Any, place: BlockContext, cell: Cell, probe: Callable[[], Mapping[str, float | None]]
) -> list[dict[str, Any]]:
    """Take values instead of times: one round of a probe that returns metrics by name."""
    with cell_in_progress(benchmark, place, cell):
        before, apart_s = snapshot(place.excluded_pids), used_s(place.excluded_pids)
        with adopting():
            metrics = benchmark.pedantic(probe, rounds=1)
        usage = usage_between(before, snapshot(place.excluded_pids), used_s(place.excluded_pids) - apart_s)
        if set(metrics) != set(cell.metrics):
            raise InvalidCell(f"{cell}: the probe tells {sorted(metrics)}, but {sorted(cell.metrics)} was to be told")
        if wrong := [name for name, value in metrics.items() if value is not None and not isfinite(value)]:
            raise InvalidCell(f"{cell}: no finite number was found for {', '.join(wrong)}")
    return [
        {
            "round": 0,
            "warmup": False,
            "seconds": usage.elapsed_s,
            "cpu_seconds": usage.ours_s,
            "others_cpu_seconds": usage.others_s,
            "steal_seconds": usage.steal_s,
            "disturbed": bool(reason := usage.disturbed_by(place.gauge.cores)),
            "disturbed_by": reason,
            "metrics": {name: metrics[name] for name in cell.metrics},
        }
    ]
