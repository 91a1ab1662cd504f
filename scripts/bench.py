"""`make bench`, `make quick` and `make full`: measure in blocks, make tables, charts and report, then answer.

The blocks of `make full` measure every experiment, the last of them what `make bench` measures, which so has as many
blocks in either; with BLOCKS or ONLY all blocks measure the same. At the end it says where the time goes.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.run.cluster import ClusterConfig, describe_cluster
from scripts.run.explanation import explain_headline
from scripts.run.lifecycle import (
    BLOCKS,
    interrupt_on_signals,
    make_plan,
    measure,
    new_folder,
    new_run,
    resume_run,
    running,
    suggest_resume,
    write_outputs,
)
from scripts.run.preflight import check_measurable, check_selection, every_experiment
from scripts.tables.schema import read_environment
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, leave

if TYPE_CHECKING:
    from scripts.tables.load import Run

QUICK_BLOCKS = 3
FULL_BLOCKS = 6  # of everything: as many as an interval needs, some seven minutes each; the rest are of `make bench`


def options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("bench", __doc__)
    parser.add_argument("--only", default="", help="cells to measure, by name: 'http and (threads or asyncio)'")
    parser.add_argument("--blocks", type=int, help=f"fresh interpreters (default {BLOCKS}; quick {QUICK_BLOCKS})")
    parser.add_argument("--repeat", type=int, default=1, help="whole runs, apart in time, in one result (default 1)")
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--quick", action="store_true", help="the quick cells only: a first look, no verdicts")
    parser.add_argument("--full", action="store_true", help="every experiment, those of the claims included")
    parser.add_argument(
        "--why", action="store_true", help="then where the time of the headline cells goes: minutes more"
    )
    parser.add_argument("--cluster", default="", help="an existing cluster for dask or ray: tcp://…, or Ray's address")
    parser.add_argument("--bind", default="", help="where the latency server listens, for workers on other machines")
    parser.add_argument("--address", default="", help="this machine's address, as those workers reach it")
    parser.add_argument("--resume", type=Path, help="resume an interrupted run: its folder")
    return parser.parse_args(words)


def plan(chosen: argparse.Namespace) -> dict[str, Any]:
    """The plan of the run. CommandError when the options contradict each other."""
    blocks = (QUICK_BLOCKS if chosen.quick else BLOCKS) if chosen.blocks is None else chosen.blocks
    bench_blocks = BLOCKS - FULL_BLOCKS if chosen.full and not chosen.only and chosen.blocks is None else 0
    if chosen.repeat < 1:
        raise CommandError(Exit.USAGE, f"REPEAT={chosen.repeat}: at least one run is needed. Next: make bench REPEAT=3")
    parts = ["quick"] * chosen.quick + [every_experiment()] * chosen.full + [f"({chosen.only})"] * bool(chosen.only)
    only = " and ".join(parts)
    check_measurable(check_selection(chosen.only, only))
    planned = make_plan(only, blocks, chosen.seed, quick=chosen.quick, repeat=chosen.repeat, bench_blocks=bench_blocks)
    return planned | ({"why": True} if chosen.full or chosen.why else {})  # where its time goes is measured at the end


def bench(chosen: argparse.Namespace, run: Path) -> "Run":
    """Measure a new run, or the rest of an interrupted one, and write its outputs."""
    planned = plan(chosen)
    if chosen.resume:
        resume_run(run)
    else:
        suggest_resume()
        cluster = describe_cluster(ClusterConfig(chosen.cluster, chosen.bind, chosen.address), planned["only"])
        new_run(run, planned, **cluster)
    measure(run)
    if read_environment(run)["plan"].get("why"):
        explain_headline(run)
    return write_outputs(run)


def main() -> None:
    """Measure and answer."""
    interrupt_on_signals()
    chosen = options()
    run: Path = chosen.resume or new_folder()
    try:
        with running(run, resumed=bool(chosen.resume)):
            measured = bench(chosen, run)
        from scripts.report.terminal import console, show

        show(measured, console())
    except CommandError as stop:
        leave(stop)
    except KeyboardInterrupt:
        leave(CommandError(Exit.INTERRUPTED, f"interrupted. Everything is measured and written: see {run}"))
    print(f"\nCharts: {run}/charts  Report: {run}/report.html  Tables: {run}/*.csv", file=sys.stderr)


if __name__ == "__main__":
    main()
