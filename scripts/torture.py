"""`make torture`: runs that are killed at random instants or starved, and result files that are damaged at random.

Nothing may be lost but the cell in progress, nothing may be left behind, and no damaged number may be used. All of it
happens in copies of the project, so that your results are safe. The tests run a few of the same trials.

As root on Linux it has a /dev/shm of its own: a semaphore does not say whose it is, and others have theirs there.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scripts.faults.corruption import corrupt
from scripts.faults.kills import ONLY, Kill, kill_many, kill_verbs, undisturbed_run_s
from scripts.faults.limits import LIMITS, Trial, can_try, try_limit
from scripts.faults.readers import damage_inputs
from scripts.faults.sandbox import Sandbox
from scripts.util.exit_codes import Exit

CONCURRENT_RUNS = 2  # they only have to survive, not to measure well
SLOWEST = 3  # are listed
VERB_S = 12.0  # other verbs are hit within it: most have begun their first block by then
OWN = "OVERLAP_TORTURE_OWN"  # set once we have a /dev/shm of our own


def summary_lines(kills: list[Kill], trials: list[Trial], damages: Counter[tuple[str, str]]) -> Iterator[str]:
    """The outcome of all trials, line by line."""
    yield from summary_of_kills(kills)
    yield f"{len(trials)} limits"
    for trial in trials:
        sentence = (trial.stderr.strip().splitlines() or [""])[-1] if trial.code else f"{trial.measured} rounds"
        yield f"  {trial.limit:28} {trial.code} {sentence}"
        yield from (f"    no result: {one}" for one in trial.lost)
        yield from (f"    WRONG: {one}" for one in trial.wrong)
    yield f"{damages.total()} corruptions"
    for (name, outcome), count in sorted(damages.items()):
        yield f"  {name:15} {count:4} {outcome}"


def summary_of_kills(kills: list[Kill]) -> Iterator[str]:
    """The outcome of all kills."""
    hits = Counter(f"{one.signal} to the {one.target}" for one in kills if one.hit)
    yield f"{hits.total()} kills ({', '.join(f'{count} {what}' for what, count in sorted(hits.items()))})"
    yield f"  worst loss: {max((one.lost for one in kills), default=0)} cell(s)"
    for one in sorted(kills, key=lambda one: -one.took_s)[:SLOWEST]:
        yield f"  {one.took_s:.0f} s until the driver had ended: {one.signal} to the {one.target}"
    yield f"  exit codes of the driver: {dict(Counter(one.code for one in kills))}"
    yield f"  left behind: {[what for one in kills for what in one.left] or 'nothing'}"
    yield f"  wrong: {[(one.target, one.signal, one.wrong) for one in kills if one.wrong] or 'nothing'}"


def all_as_required(kills: list[Kill], trials: list[Trial], damages: Counter[tuple[str, str]]) -> bool:
    """Whether every trial ended as required."""
    kept = all(one.lost <= 1 and not one.left and not one.wrong for one in kills)
    kept = kept and not any(trial.wrong for trial in trials)
    return kept and all(outcome in ("refused", "omission", "unharmed", "read") for _, outcome in damages)


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=120, help="runs of make bench to kill (default 120: 20 minutes)")
    parser.add_argument("--verbs", type=int, default=80, help="runs of other verbs to kill (default 80: 20 minutes)")
    parser.add_argument("--corruptions", type=int, default=1000, help="copies of a run to damage (default 1000)")
    parser.add_argument("--inputs", type=int, default=2000, help="inputs of other readers to damage (default 2000)")
    parser.add_argument("--limits", type=int, default=len(LIMITS), help="limits to run under (default all: 10 minutes)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random")
    return parser.parse_args()


def main() -> None:
    """Run all trials and print the outcome."""
    chosen = options()
    own_shared_memory()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would pass on that it ignores SIGINT
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        sandboxes = [Sandbox.build(folder / f"copy{number}") for number in range(CONCURRENT_RUNS)]
        kills = kill_many(chosen.kills, chosen.seed, sandboxes, undisturbed_run_s(sandboxes[0])) if chosen.kills else []
        kills += kill_verbs(chosen.verbs, chosen.seed, sandboxes[0], VERB_S)
        possible = [limit for limit in LIMITS[: chosen.limits] if can_try(limit)]
        trials = [try_limit(Sandbox.build(folder / f"limit{number}"), one) for number, one in enumerate(possible)]
        damages = damage(chosen, sandboxes[0], folder) if chosen.corruptions + chosen.inputs else Counter()
    print("\n".join(summary_lines(kills, trials, damages)))
    sys.exit(Exit.OK if all_as_required(kills, trials, damages) else Exit.NEGATIVE)


def damage(chosen: argparse.Namespace, sandbox: Sandbox, folder: Path) -> Counter[tuple[str, str]]:
    """Damage result files and other inputs; counts of each (kind, outcome)."""
    shutil.rmtree(sandbox.path / "results", ignore_errors=True)
    for _ in range(2):
        sandbox.bench("--blocks", "3", "--only", ONLY)
    intact, other = sandbox.runs()
    damages = corrupt(chosen.corruptions, chosen.seed, intact, other, folder)
    return damages + damage_inputs(chosen.inputs, chosen.seed, intact)


def own_shared_memory() -> None:
    """Start again with a /dev/shm of our own, where that can be had."""
    enter = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /dev/shm && exec "$@"', "sh"]
    if OWN in os.environ or os.geteuid() or subprocess.run([*enter, "true"], capture_output=True).returncode:
        return
    os.execvpe(enter[0], [*enter, sys.executable, "-m", "scripts.torture", *sys.argv[1:]], {**os.environ, OWN: "1"})


if __name__ == "__main__":
    main()
