"""`make selfbench`: the overhead of the suite itself.

A block of `make bench` is timed from outside: the share of it that is spent in timed rounds, and what a cell costs on
top of its rounds. Then tables, charts and report of runs that have 10,000, 100,000 and 1,000,000 spans, made of as many
copies of the blocks of a run as that takes; and of half of its cells, for the growth with their number. Then the atlas
of 10,000 machines, which never were, each with a share like that of the run. What the
harness adds to a task, and the server to a request, is asked of `benchmarks.selfcheck.harness_overhead` and
`benchmarks.selfcheck.server_overhead`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.core import journal
from scripts.atlas.build import shares_of_run
from scripts.atlas.share_format import Share
from scripts.atlas.synthetic import write_synthetic
from scripts.report.terminal import console
from scripts.run.guards import exclusive_lock, readable_errors
from scripts.run.lifecycle import make_plan, measure, new_run, write_environment
from scripts.run.preflight import raise_file_limit
from scripts.tables.load import Run, load
from scripts.tables.schema import fingerprint, read_environment
from scripts.util.exit_codes import exits_on_error
from scripts.util.format import bytes_text, percent, seconds
from scripts.util.paths import REFERENCE, RESULTS

SPANS = (10_000, 100_000, 1_000_000)
AIM_S, AIM_BYTES = 20.0, 2**30  # for charts and report of a million spans
STEPS = {
    "tables": "from scripts.tables.load import load, write_tables as made",
    "charts and report": (
        "from scripts.tables.load import load; from scripts.report.report import draw_and_write as made"
    ),
}
SHARES, ATLAS_AIM_S = 10_000, 60.0  # a large conference, while the next speaker is announced
ATLAS = (
    "from scripts.atlas.__main__ import collect_and_write\n"
    "collect_and_write([Path(sys.argv[1])], Path(sys.argv[1]) / 'atlas')"
)


@dataclass(frozen=True)
class Cost:
    """Seconds and peak memory of one step in a process of its own, imports included."""

    seconds: float
    peak_bytes: int


def time_block() -> tuple[float, float, int]:
    """One block of `make bench`: its seconds, those of its rounds (warm-up rounds too), the number of its cells."""
    run = RESULTS / "selfbench" / "block"
    shutil.rmtree(run, ignore_errors=True)
    new_run(run, make_plan("", blocks=1, seed=1))
    began = time.monotonic()
    measure(run)
    elapsed_s = time.monotonic() - began
    cells = load(run).cells
    return elapsed_s, sum(one["seconds"] for cell in cells for one in cell["rounds"]), len(cells)


def enlarged_run(run: Path, into: Path, blocks: int, keep: Callable[[str], bool] = lambda cell: True) -> Path:
    """A run made of `blocks` copies of another's blocks, with the cells that `keep` selects."""
    (into / "blocks").mkdir(parents=True)
    (into / "pace.json").write_bytes((run / "pace.json").read_bytes())
    recorded = read_environment(run)
    write_environment(into, recorded | {"plan": recorded["plan"] | {"blocks": blocks, "repeat": 1, "bench_blocks": 0}})
    run_fingerprint = fingerprint(into, read_environment(into))
    journals = journal.journals(run)
    for number in range(blocks):
        lines = renumbered_lines(journals[number % len(journals)], number, run_fingerprint, keep)
        (into / "blocks" / f"{number:02}.journal").write_text("".join(lines))
    return into


def renumbered_lines(file: Path, block: int, run_fingerprint: str, keep: Callable[[str], bool]) -> Iterator[str]:
    """The lines of a journal, rewritten for another block of another run."""
    for _, entry in journal.read(file):
        if isinstance(entry, dict) and keep(str(entry.get("cell", ""))):
            changed: dict[str, Any] = {key: block for key in entry if key == "block"}
            changed |= {key: run_fingerprint for key in entry if key == "of"}
            if "order" in entry:
                changed["order"] = [cell for cell in entry["order"] if keep(cell["cell"])]
            yield journal.seal(entry | changed)


def step_cost(step: str, run: Path) -> Cost:
    """Run one step on a run, in an interpreter of its own."""
    return program_cost(f"{STEPS[step]}; made(load(Path(sys.argv[1])))", run)


def atlas_cost(share: Share, count: int, folder: Path) -> Cost:
    """Make the atlas of so many machines, each with a share as large as this one."""
    write_synthetic(share, count, folder)
    return program_cost(ATLAS, folder)


def program_cost(program: str, folder: Path) -> Cost:
    """Run a program on a folder, in an interpreter of its own; the peak is that of its largest process."""
    began = time.monotonic()
    command = [sys.executable, "-c", f"import sys; from pathlib import Path; {program}", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"overlap: {program} of {folder} ended with {process.returncode}")
    return Cost(time.monotonic() - began, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def enlarged_runs(run: Run, folder: Path) -> Iterator[tuple[str, Path]]:
    """Runs with more and more spans, and one with half of the cells, each with its description."""
    each = len(run.spans()) / run.blocks
    for spans in SPANS:
        blocks = ceil(spans / each)
        yield f"{blocks * each:,.0f} spans, {blocks} blocks", enlarged_run(run.path, folder / str(spans), blocks)
    names = sorted({cell["cell"] for cell in run.cells})
    for share in (2, 1):
        kept = {"", *names[::share]}
        copy = enlarged_run(run.path, folder / f"half{share}", run.blocks, kept.__contains__)
        yield f"{len(kept) - 1} cells, {run.blocks} blocks", copy


def costs(run: Path, folder: Path) -> Iterator[tuple[str, str, float, Cost]]:
    """For each step: its name, its input, its aim in seconds, and its measured cost."""
    for what, path in enlarged_runs(load(run), folder):
        yield from ((step, f"a run of {what}", AIM_S, step_cost(step, path)) for step in STEPS)
    yield "atlas", f"{SHARES:,} shares", ATLAS_AIM_S, atlas_cost(shares_of_run(run)[0], SHARES, folder / "shares")


def report(run: Path) -> list[dict[str, Any]]:
    """Measure, print each figure, and return all."""
    out = console()
    block_s, rounds_s, cells = time_block()
    share, rest = percent(rounds_s / block_s), seconds((block_s - rounds_s) / cells)
    out.print(f"A block: {seconds(block_s)}, of which {share} in rounds; {rest} more for each cell.")
    figures: list[dict[str, Any]] = [{"what": "block", "seconds": block_s, "timed_seconds": rounds_s, "cells": cells}]
    table = Table(
        "step", "of", "time", "aim", "peak", title=f"what is made of results (aim of memory: {AIM_BYTES >> 30} GiB)"
    )
    with tempfile.TemporaryDirectory(prefix="overlap-selfbench-") as folder:
        for step, what, aim_s, cost in costs(run, Path(folder)):
            figures.append({"what": what, "step": step, "seconds": cost.seconds, "peak_bytes": cost.peak_bytes})
            style = "bold" if cost.seconds > aim_s or cost.peak_bytes > AIM_BYTES else ""
            table.add_row(step, what, seconds(cost.seconds), seconds(aim_s), bytes_text(cost.peak_bytes), style=style)
    out.print(table)
    return figures


@exits_on_error
def main() -> None:
    """Measure the suite."""
    parser = argparse.ArgumentParser(prog="make selfbench", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, default=REFERENCE, help="the run to make larger (%(default)s)")
    with readable_errors(), exclusive_lock():
        raise_file_limit()
        figures = report(parser.parse_args().run)
    file = RESULTS / "selfbench" / "selfbench.json"
    file.write_text(json.dumps(figures, indent=1))
    print(f"All figures: {file}", file=sys.stderr)


if __name__ == "__main__":
    main()
