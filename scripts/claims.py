"""`make claims`: measure what the claims of a talk need and no run has yet, then give a verdict on each.

    make claims                          # the talk of benchmarks/claims/async_await.toml
    make claims TALK=others              # another of ours; or TALK=path/to/yours.toml
    make claim ID=network-io             # one claim, in six blocks, in a minute
    make claims RUN=results/reference    # what that run says, measuring nothing

Exit 0 when every verdict is what the claim's author expects, 1 when an established one differs, 3 when something could
not be measured or was not established; what can't be tested on this machine, and opinions, decide nothing.
"""

import argparse
import os
import random
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.core.registry import find
from benchmarks.metadata.environment import environment, environment_mismatch
from scripts.bench import (
    BLOCKS,
    RESULTS,
    enough_files,
    exclusive_lock,
    interrupt,
    measure,
    measured,
    new_run,
    readable_errors,
    worth_keeping,
)
from scripts.report import claim_document
from scripts.report.claim_pages import write_claims_page
from scripts.report.terminal import Live, console
from scripts.run.block import require_disk_space
from scripts.stats.decisions import Verdict
from scripts.tables.load import FEW_BLOCKS, LATEST, Run, load, write_tables
from scripts.tables.schema import read_environment
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.verdict.claims_file import DEFAULT_TALK, TALKS, Claim, Talk, nearest, read_talk
from scripts.verdict.evaluate import UNMEASURED, Finding, evaluate, has
from scripts.verdict.requirements import unmet_requirement

NEWEST = RESULTS / "claims"  # points to the newest run that was measured for a whole talk
MATRIX = RESULTS / "matrix"  # and to the newest of several interpreters
INSTALL = "make .venv/full"  # all that make full installs, and nothing measured


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.claims", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--talk", default=DEFAULT_TALK, help="a claims file, or the name of one of ours (%(default)s)")
    parser.add_argument("--id", help="one claim only")
    parser.add_argument("--run", type=Path, help="judge this run, and measure nothing")
    parser.add_argument("--blocks", type=int, help=f"fresh interpreters (default {BLOCKS}; for one claim {FEW_BLOCKS})")
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--fresh", action="store_true", help="measure everything again, whatever earlier runs have")
    return parser.parse_args()


def talk_called(name: str) -> Talk:
    """A claims file by its path, or one of ours by its name. Stop when there is none."""
    if Path(name).suffix:
        return read_talk(Path(name))
    if name not in (names := [file.stem for file in sorted(TALKS.glob("*.toml"))]):
        raise CommandError(Exit.USAGE, f"no talk is called {name!r}{nearest(name, names)}")
    return read_talk(TALKS / f"{name}.toml")


def chosen_talk(chosen: argparse.Namespace) -> Talk:
    """The talk, or the one claim of it."""
    talk = talk_called(chosen.talk)
    return talk if chosen.id is None else talk.only(chosen.id)


def earlier(chosen: argparse.Namespace) -> list[Run]:
    """The runs whose figures may be used: the newest of each kind, if measured here by this very version."""
    if chosen.run:
        return [load(chosen.run)]
    here, found = environment(), (path.resolve() for path in (LATEST, NEWEST, MATRIX) if path.exists())
    paths = [] if chosen.fresh else dict.fromkeys(found)
    runs = [load(path) for path in paths if not environment_mismatch(read_environment(path), here)]
    kept = [run for run in runs if not run.ranges_only]
    return sorted(kept, key=lambda run: bool(run.beside))  # what can be judged on our own Python, is


def missing(talk: Talk, runs: list[Run]) -> list[Claim]:
    """The claims that can be tested here, but on none of the runs."""
    here = environment()
    testable = [claim for claim in talk.claims if claim.parts and not unmet_requirement(claim, here)]
    ours = [run for run in runs if not run.beside]
    return [claim for claim in testable if not any(has(run, claim) for run in ours)]


def expression(claims: list[Claim]) -> str:
    """The cells of the claims as ONLY selects them."""
    cells = {str(cell): cell for claim in claims for cell in map(find, claim.cells)}
    return " or ".join(
        f"({' and '.join(sorted(cell.labels() - {'headline'}))} and not twin)" for cell in cells.values()
    )


def measure_for(claims: list[Claim], chosen: argparse.Namespace) -> Run:
    """A new run of just the cells that the claims need, whole before anything is judged."""
    blocks = chosen.blocks if chosen.blocks is not None else FEW_BLOCKS if chosen.id is not None else BLOCKS
    if blocks < 2:
        raise CommandError(
            Exit.USAGE, f"BLOCKS={blocks}: an interval needs two, a verdict {FEW_BLOCKS}. Next: make claims"
        )
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10_000)
    run = RESULTS / "runs" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    with readable_errors(lambda: run if measured(run) else None), exclusive_lock(), worth_keeping(run):
        enough_files()
        require_disk_space(RESULTS)
        new_run(run, {"only": expression(claims), "blocks": blocks, "seed": seed, "quick": False})
        measure(run, Live(console(stderr=True), blocks))
        found = load(run)
        write_tables(found)
        if chosen.id is None:
            with atomic_write(NEWEST) as link:
                link.symlink_to(os.path.relpath(run.resolve(), RESULTS.resolve()))
    return found


def untestable(talk: Talk) -> str:
    """Why none of the claims can be tested here, and what would change that."""
    here = environment()
    why = {claim: f"needs {claim.needs}" if claim.needs else unmet_requirement(claim, here) for claim in talk.claims}
    said = "; ".join(f"{claim.id}: {reason or 'an opinion'}" for claim, reason in why.items())
    todo = f". Next: {INSTALL}, then the same again" if "make full installs" in said else ""
    return f"{talk.path}: nothing in it can be tested here; {said}{todo}"


def code(found: list[Finding]) -> Exit:
    """What the verdicts come to."""
    if any(finding.as_expected is False for finding in found):
        return Exit.NEGATIVE
    undecided = (UNMEASURED, Verdict.NOT_ESTABLISHED.value)
    missing = any(finding.verdict in undecided and not finding.as_expected for finding in found)
    return Exit.NOT_MEASURED if missing else Exit.OK


def verdicts(chosen: argparse.Namespace) -> tuple[list[Finding], Talk, Path]:
    """Measure what is missing, and judge: the findings, the talk, and the run's folder that they belong to."""
    talk, runs = chosen_talk(chosen), earlier(chosen)
    if not chosen.run and (left := missing(talk, runs)):
        runs.insert(0, measure_for(left, chosen))
    if not runs:
        raise CommandError(Exit.NOT_MEASURED, untestable(talk))
    return evaluate(talk, runs), talk, runs[0].path


def main() -> None:
    """Measure and judge."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        found, talk, folder = verdicts(options())
    except CommandError as stop:
        leave(stop)
    document: dict[str, Any] = claim_document.document(talk, found)
    claim_document.show(document, console())
    kept = claim_document.write(document, folder)
    print(f"\nVerdicts: {kept}  Page: {write_claims_page(folder, document)}", file=sys.stderr)
    sys.exit(code(found))


if __name__ == "__main__":
    main()
