"""`make claims`: measure what the claims of a talk need and no run has yet, then give a verdict on each.

    make claims                          # the talk of benchmarks/claims/async_await.toml
    make claims TALK=others              # another of ours; or TALK=path/to/yours.toml
    make claim ID=network-io             # one claim, in six blocks, in a minute
    make claims RUN=results/reference    # what that run says, measuring nothing

Exit 0 when every verdict is what the claim's author expects, 1 when an established one differs, 3 when something could
not be measured or was inconclusive; what can't be tested on this machine, and opinions, decide nothing.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.core.registry import find
from benchmarks.metadata.environment import environment, environment_mismatch
from scripts.report import claim_document, claim_terminal
from scripts.report.claim_pages import write_claims_page
from scripts.report.terminal import console
from scripts.run.lifecycle import (
    BLOCKS,
    interrupt_on_signals,
    link_newest,
    make_plan,
    measure,
    new_folder,
    new_run,
    running,
)
from scripts.stats.decisions import Verdict
from scripts.tables.load import FEW_BLOCKS, Run, load, write_tables
from scripts.tables.schema import read_environment
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.paths import LATEST, NEWEST_CLAIMS, NEWEST_MATRIX, VERDICTS
from scripts.verdict.claim import Claim, Talk
from scripts.verdict.claims_file import DEFAULT_TALK, find_talk
from scripts.verdict.evaluate import UNMEASURED, Finding, evaluate, has_cells
from scripts.verdict.requirements import unmet_requirement

INSTALL = "make .venv/full"  # all that make full installs, and nothing measured


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("claims", __doc__)
    parser.add_argument("--talk", default=DEFAULT_TALK, help="a claims file, or the name of one of ours (%(default)s)")
    parser.add_argument("--id", help="one claim only")
    parser.add_argument("--run", type=Path, help="judge this run, and measure nothing")
    parser.add_argument("--blocks", type=int, help=f"fresh interpreters (default {BLOCKS}; for one claim {FEW_BLOCKS})")
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--output", type=Path, help=f"folder for the verdicts (default {VERDICTS}, or the new run's)")
    parser.add_argument("--fresh", action="store_true", help="measure everything again, whatever earlier runs have")
    return parser.parse_args()


def chosen_talk(chosen: argparse.Namespace) -> Talk:
    """The talk, or the one claim of it."""
    return find_talk(chosen.talk, chosen.id)


def earlier(chosen: argparse.Namespace) -> list[Run]:
    """The runs whose figures may be used: the newest of each kind, if measured here by this very version."""
    if chosen.run:
        matrix = chosen.run / NEWEST_MATRIX.name  # beside the reference lies one of several interpreters
        return [load(path) for path in (chosen.run, matrix) if path == chosen.run or path.is_dir()]
    here, links = environment(), (LATEST, NEWEST_CLAIMS, NEWEST_MATRIX)
    paths = [] if chosen.fresh else dict.fromkeys(link.resolve() for link in links if link.exists())
    runs = [load(path) for path in paths if not environment_mismatch(read_environment(path), here)]
    kept = [run for run in runs if not run.ranges_only]
    return sorted(kept, key=lambda run: bool(run.other_interpreters))  # what can be judged on our own Python, is


def unmeasured_claims(talk: Talk, runs: list[Run]) -> list[Claim]:
    """The claims that can be tested here, but on none of the runs."""
    here = environment()
    testable = [claim for claim in talk.claims if claim.parts and not unmet_requirement(claim, here)]
    ours = [run for run in runs if not run.other_interpreters]
    return [claim for claim in testable if not any(has_cells(run, claim) for run in ours)]


def expression(claims: list[Claim]) -> str:
    """The cells of the claims as ONLY selects them."""
    cells = {str(cell): cell for claim in claims for cell in map(find, claim.cells)}
    return " or ".join(f"({' and '.join(sorted(cell.labels() - {'quick'}))} and not twin)" for cell in cells.values())


def measure_for(claims: list[Claim], chosen: argparse.Namespace) -> Run:
    """A new run of just the cells that the claims need, whole before anything is judged."""
    blocks = chosen.blocks if chosen.blocks is not None else FEW_BLOCKS if chosen.id is not None else BLOCKS
    if blocks < 2:
        raise CommandError(
            Exit.USAGE, f"BLOCKS={blocks}: an interval needs two, a verdict {FEW_BLOCKS}. Next: make claims"
        )
    run = new_folder()
    with running(run):
        new_run(run, make_plan(expression(claims), blocks, chosen.seed))
        measure(run)
        measured = load(run)
        write_tables(measured)
        if chosen.id is None:
            link_newest(NEWEST_CLAIMS, run)
    return measured


def untestable(talk: Talk) -> str:
    """Why none of the claims can be tested here, and what would change that."""
    here = environment()
    why = {claim: f"needs {claim.needs}" if claim.needs else unmet_requirement(claim, here) for claim in talk.claims}
    reasons = "; ".join(f"{claim.id}: {reason or 'an opinion'}" for claim, reason in why.items())
    todo = f". Next: {INSTALL}, then the same again" if "make full installs" in reasons else ""
    return f"{talk.path}: nothing in it can be tested here; {reasons}{todo}"


def code(findings: list[Finding]) -> Exit:
    """The exit code of the verdicts."""
    if any(finding.as_expected is False for finding in findings):
        return Exit.NEGATIVE
    undecided = (UNMEASURED, Verdict.INCONCLUSIVE.value)
    missing = any(finding.verdict in undecided and not finding.as_expected for finding in findings)
    return Exit.NOT_MEASURED if missing else Exit.OK


def verdicts(chosen: argparse.Namespace) -> tuple[list[Finding], Talk, Path]:
    """Measure what is missing, and judge: the findings, the talk, and the folder to write them to.

    That is the folder of a run only when this call measured it: what stands beside an earlier run is its evidence.
    """
    talk, runs = chosen_talk(chosen), earlier(chosen)
    measured = [] if chosen.run else [measure_for(left, chosen) for left in [unmeasured_claims(talk, runs)] if left]
    runs = measured + runs
    if not runs:
        raise CommandError(Exit.NOT_MEASURED, untestable(talk))
    usual = runs[0].path if measured else VERDICTS / runs[0].path.resolve().name
    return evaluate(talk, runs), talk, chosen.output or usual


@exits_on_error
def main() -> None:
    """Measure and judge."""
    interrupt_on_signals()
    findings, talk, folder = verdicts(options())
    document: dict[str, Any] = claim_document.document(talk, findings)
    folder.mkdir(parents=True, exist_ok=True)
    claim_terminal.show(document, console())
    kept = claim_document.write(document, folder)
    print(f"\nVerdicts: {kept}  Page: {write_claims_page(folder, document)}", file=sys.stderr)
    sys.exit(code(findings))


if __name__ == "__main__":
    main()
