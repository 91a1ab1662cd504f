"""`make matrix`: the same selection under several Pythons, an environment for each, their blocks in turns.

A turn has a block of every interpreter, in an order drawn for that turn: whatever drifts, hits all alike.
"""

import argparse
import random
import sys
from pathlib import Path
from typing import Any

from scripts.run.interpreters import interpreters_named
from scripts.run.lifecycle import (
    interrupt_on_signals,
    link_newest,
    make_plan,
    measure,
    new_folder,
    new_run,
    running,
    write_outputs,
)
from scripts.run.preflight import check_selection
from scripts.run.venvs import check_measurable, make_environment
from scripts.tables.load import FEW_BLOCKS, Run
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.paths import NEWEST_MATRIX

# Waiting without a library, computing with and without the GIL, and what 3.14 and free-threaded builds have for it;
# what starting costs, how long a thread that computes holds up another, what a program takes in memory, and what
# threads pay for a shared object.
BEYOND = "models and (interpreters or loops_in_threads) and primes"
TIMED = f"(io and wire and not twin) or (cpu and (primes or digest) and not twin) or ({BEYOND})"
OBSERVED = "startup_cost or (gil_convoy and beside-computing) or interpreter_memory or (thread_contention and not c4)"
HEADLINE = f"{TIMED} or {OBSERVED}"


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = command_parser("matrix", __doc__)
    parser.add_argument(
        "--python", required=True, help="names or paths, as in '3.13 3.14+jit mine=/opt/python/bin/python3'"
    )
    parser.add_argument("--only", default="", help=f"cells to measure, by name (default: {HEADLINE})")
    parser.add_argument("--blocks", type=int, default=FEW_BLOCKS, help="turns, each with a block of every interpreter")
    parser.add_argument("--seed", type=int, help="seed of all orders (default: drawn)")
    return parser.parse_args()


def turns(names: list[str], blocks: int, seed: int) -> list[str]:
    """The interpreter of each block: every one once in each turn, in an order drawn for it."""
    drawn = [random.Random(f"{seed}/turn {turn}") for turn in range(blocks)]
    return [name for order in drawn for name in order.sample(names, len(names))]


def plan(chosen: argparse.Namespace, names: list[str]) -> dict[str, Any]:
    """What will be measured, fixed beforehand."""
    planned = make_plan(chosen.only or HEADLINE, chosen.blocks * len(names), chosen.seed)
    return planned | {"pythons": turns(names, chosen.blocks, planned["seed"])}


def matrix(chosen: argparse.Namespace, run: Path) -> Run:
    """Find the interpreters, make their environments, measure under each, and make everything of it."""
    if chosen.blocks < 1:
        raise CommandError(
            Exit.USAGE, f"BLOCKS={chosen.blocks}: at least one block of each Python is needed. Next: BLOCKS=6"
        )
    cells = check_selection(chosen.only, chosen.only or HEADLINE)
    interpreters = interpreters_named(chosen.python)
    described = []
    for one in interpreters:
        print(f"overlap: Python {one.name} ({one.version}) in .venvs/{one.name} ...", file=sys.stderr)
        described.append(make_environment(one, cells))
        check_measurable(described[-1], cells)
    planned = plan(chosen, [one.name for one in interpreters])
    new_run(run, planned, interpreters=described)
    measure(run)
    link_newest(NEWEST_MATRIX, run)
    return write_outputs(run)


def main() -> None:
    """Measure, and show the interpreters side by side."""
    interrupt_on_signals()
    chosen, run = options(), new_folder()
    try:
        with running(run):
            measured = matrix(chosen, run)
        from scripts.report.terminal import console, show

        show(measured, console())
    except CommandError as stop:
        leave(stop)
    print(f"\nChart: {run}/charts/pythons.png  Report: {run}/report.html  Tables: {run}/*.csv", file=sys.stderr)


if __name__ == "__main__":
    main()
