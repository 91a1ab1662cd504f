"""`make matrix`: the same selection under several Pythons, an environment for each, their blocks in turns.

A turn has a block of every interpreter, in an order drawn for that turn: whatever drifts, hits all alike.
"""

import argparse
import os
import random
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.bench import (
    RESULTS,
    check_selection,
    enough_files,
    exclusive_lock,
    interrupt,
    measure,
    measured,
    new_run,
    readable_errors,
    worth_keeping,
    write_outputs,
)
from scripts.run.block import require_disk_space
from scripts.run.interpreters import asked
from scripts.run.venvs import check_able, ready
from scripts.tables.load import FEW_BLOCKS, Run
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit, leave

# Waiting without a library, computing with and without the GIL, and what 3.14 has for it; what starting costs, how long
# a thread that computes holds up another, and what a program takes in memory.
TIMED = (
    "(io and wire and not twin) or (cpu and (primes or digest) and not twin) or (models and interpreters and primes)"
)
HEADLINE = f"{TIMED} or starting or (convoy and beside-computing) or footprint"
NEWEST = RESULTS / "matrix"  # points to the newest run of several interpreters


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m scripts.matrix", description=__doc__)
    parser.add_argument(
        "--python", required=True, help="names or paths, as in '3.13 3.14t mine=/opt/python/bin/python3'"
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
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10_000)
    order = turns(names, chosen.blocks, seed)
    only = chosen.only or HEADLINE
    return {"only": only, "blocks": len(order), "seed": seed, "quick": False, "pythons": order}


def matrix(chosen: argparse.Namespace, run: Path) -> Run:
    """Find the interpreters, make their environments, measure under each, and make everything of it."""
    if chosen.blocks < 1:
        raise CommandError(
            Exit.USAGE, f"BLOCKS={chosen.blocks}: at least one block of each Python is needed. Next: BLOCKS=6"
        )
    cells = check_selection(chosen.only, chosen.only or HEADLINE)
    interpreters = asked(chosen.python)
    enough_files()
    require_disk_space(RESULTS)
    described = []
    for one in interpreters:
        print(f"overlap: Python {one.name} ({one.version}) in .venvs/{one.name} ...", file=sys.stderr)
        described.append(found := ready(one, cells))
        check_able(found, cells)
    planned = plan(chosen, [one.name for one in interpreters])
    new_run(run, planned, interpreters=described)
    from scripts.report.terminal import Live, console

    measure(run, Live(console(stderr=True), planned["blocks"]))
    with atomic_write(NEWEST) as link:
        link.symlink_to(os.path.relpath(run.resolve(), RESULTS.resolve()))
    return write_outputs(run)


def main() -> None:
    """Measure, and show the interpreters side by side."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    chosen = options()
    run = RESULTS / "runs" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    try:
        with readable_errors(lambda: run if measured(run) else None), exclusive_lock(), worth_keeping(run):
            found = matrix(chosen, run)
        from scripts.report.terminal import console, show

        show(found, console())
    except CommandError as stop:
        leave(stop)
    print(f"\nChart: {run}/charts/pythons.png  Report: {run}/report.html  Tables: {run}/*.csv", file=sys.stderr)


if __name__ == "__main__":
    main()
