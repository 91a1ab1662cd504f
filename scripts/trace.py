"""`make trace`: when each task ran, in Chrome's trace-event format, which Perfetto (ui.perfetto.dev) opens.

Of each cell the measured round nearest its median. A process of the trace is a cell, a thread is a lane: the first
that was free when a task began. Above the lanes stand the phases of the round. Complete events (`X`) with times in
microseconds, named by metadata events (`M`), as "Trace Event Format" (Google, 2016) has them; pids and tids begin at 1
and no tid is used twice, because Perfetto takes 0 for the idle task and a tid for a thread of the whole trace.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.core.selection import check, selects
from scripts.analysis.points import Point, points
from scripts.charts.lib.timeline_data import cells, lanes, nearest
from scripts.tables.load import Run, load
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import run_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.format import seconds as in_words
from scripts.util.format import tick
from scripts.util.paths import writable

LARGE = 1_000_000  # bytes: beyond it the file is compressed
PHASES = ("start", "run", "stop")
Event = dict[str, Any]


def selected_cells(run: Run, only: str) -> list[Point]:
    """The cells that ONLY selects; without it those of the timeline. CommandError when it selects none."""
    if not only:
        return [cell for column in cells(run).values() for cell in column]
    measured = points(run, list(dict.fromkeys(run.summary["experiment"])), "seconds")
    try:
        check(only, set().union(*map(names, measured)))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, str(problem).replace("make bench", "make trace")) from None
    return [cell for cell in measured if selects(only, names(cell))]


def names(cell: Point) -> set[str]:
    """The labels by which ONLY selects a cell."""
    share = {f"cpu{round(cell.cpu_percent)}"} if cell.wait_s and cell.compute_s else set()
    return {cell.experiment, cell.workload, cell.model, f"c{cell.concurrency}"} | share


def title(cell: Point) -> str:
    """As in `asyncio: io wire c10, wait 20 ms`."""
    does = [f"{verb} {tick(in_words)(value)}" for verb, value in (("wait", cell.wait_s), ("compute", cell.compute_s))]
    kept = [words for words, value in zip(does, (cell.wait_s, cell.compute_s), strict=True) if value]
    return ", ".join([f"{cell.model}: {cell.experiment} {cell.workload} c{cell.concurrency}", *kept])


def metadata(kind: str, pid: int, tid: int, **args: Any) -> Event:
    """An event that names or sorts a process or a thread."""
    return {"name": kind, "ph": "M", "pid": pid, "tid": tid, "args": args}


def complete(name: str, category: str, start_s: float, end_s: float, pid: int, tid: int, **args: Any) -> Event:
    """An event with a beginning and a length."""
    times = {"ts": round(start_s * 1e6, 3), "dur": round((end_s - start_s) * 1e6, 3)}
    return {"name": name, "cat": category, "ph": "X", **times, "pid": pid, "tid": tid, "args": args}


def events(run: Run, cell: Point, pid: int, first_tid: int) -> Iterator[Event]:
    """A cell's process: its name, the phases of its round, and its tasks in their lanes. Nothing without spans."""
    typical = nearest(run, cell)
    if typical is None:
        return
    row, spans = typical
    placed = lanes(list(spans["start_s"]), list(spans["end_s"]))
    yield metadata("process_name", pid, first_tid, name=title(cell))
    yield metadata("process_sort_index", pid, first_tid, sort_index=pid)
    for lane, name in enumerate(["round", *(f"lane {number + 1}" for number in range(max(placed) + 1))]):
        yield metadata("thread_name", pid, first_tid + lane, name=name)
        yield metadata("thread_sort_index", pid, first_tid + lane, sort_index=lane)
    yield from phases(row, pid, first_tid)
    for (task, start_s, end_s), lane in zip(
        spans[["task", "start_s", "end_s"]].itertuples(index=False), placed, strict=True
    ):
        yield complete(f"task {task}", cell.workload, start_s, end_s, pid, first_tid + 1 + lane, task=int(task))


def phases(row: dict[Any, Any], pid: int, tid: int) -> Iterator[Event]:
    """The phases of the round: start the pool or loop, run, stop."""
    start_s = 0.0
    for phase in PHASES:
        end_s = start_s + float(row[f"{phase}_seconds"])
        yield complete(phase, "round", start_s, end_s, pid, tid, block=int(row["block"]), round=int(row["round"]))
        start_s = end_s


def document(run: Run, only: str = "") -> dict[str, Any]:
    """The whole trace. CommandError when the cells have no spans."""
    entries: list[Event] = []
    for pid, cell in enumerate(selected_cells(run, only), 1):
        entries += events(run, cell, pid, max((event["tid"] for event in entries), default=0) + 1)
    if not entries:
        raise CommandError(
            Exit.NOT_MEASURED, f"{run.path}: no spans were kept of what ONLY={only!r} selects. Next: make trace"
        )
    about = {name: run.environment[name] for name in ("run", "machine", "python")}
    return {"traceEvents": entries, "displayTimeUnit": "ms", "otherData": about}


def write_trace(run: Run, only: str = "") -> Path:
    """Write trace.json into the run's folder; trace.json.gz when it is large."""
    text = json.dumps(document(run, only), separators=(",", ":")).encode()
    small, large = run.path / "trace.json", run.path / "trace.json.gz"
    path, other = (large, small) if len(text) > LARGE else (small, large)
    with atomic_write(path) as file:
        file.write_bytes(gzip.compress(text, mtime=0) if path == large else text)
    other.unlink(missing_ok=True)
    return path


@exits_on_error
def main() -> None:
    """Write the trace of the run that the command line names."""
    parser = run_parser("trace", __doc__)
    parser.add_argument("--only", default="", help="cells by name: 'scaling and asyncio' (default: the timeline's)")
    chosen = parser.parse_args()
    print(write_trace(load(writable(chosen.run)), chosen.only))
    sys.exit(0)


if __name__ == "__main__":
    main()
