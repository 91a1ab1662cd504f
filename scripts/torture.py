"""`make torture`: runs that are killed at random instants, and result files that are damaged at random.

Nothing may be lost but the cell under way, nothing may be left behind, and no damaged number may be used. All of it
happens in a copy of the house, so that no result of yours is touched. The tests run a few of the very same trials.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.faults.corruption import corrupt
from scripts.faults.sandbox import LONGEST_S, Sandbox, after_a_while, words
from scripts.tables.load import load
from scripts.util.exit_codes import CommandError, Exit

ONLY = "io and (wire or sleep) and (asyncio or processes)"  # five cells, with a server and with a pool
AT_ONCE = 2  # runs under torture: they only have to survive, not to measure
SLOWEST = 3  # are named
TARGETS = ("driver", "block", "server")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def victim(house: Sandbox, driver: "subprocess.Popen[str]", target: str) -> psutil.Process | None:
    """The process to hit, once it is there; None when the run ended without one."""
    word = {"block": "pytest", "server": "servers.latency"}.get(target)
    while driver.poll() is None:
        if word is None:
            return psutil.Process(driver.pid)
        for process in house.processes():
            if word in words(process):
                return process
        time.sleep(0.02)
    return None


@dataclass(frozen=True)
class Blow:
    """What one kill did."""

    target: str
    signal: str
    hit: bool  # or the target had ended already
    code: int  # of the driver
    lost: int  # cells that are no result
    left: list[str]
    wrong: list[str]
    took_s: float  # until the driver had ended


def faults_at_the_end(driver: "subprocess.Popen[str]") -> Iterator[str]:
    """Wait for the driver, and say what is wrong with how it ended."""
    try:
        err = driver.communicate(timeout=LONGEST_S)[1]
    except subprocess.TimeoutExpired:
        driver.kill()
        yield f"it hung: {driver.communicate()[1][-500:]}"
        return
    if "Traceback" in err:
        yield f"a traceback: {err[-500:]}"


def begun(house: Sandbox) -> Path | None:
    """The run under way, as soon as it has its environment."""
    return next((run for run in reversed(house.runs()) if (run / "environment.json").exists()), None)


def strike(house: Sandbox, target: str, number: signal.Signals, delay_s: float) -> Blow:
    """Start a run, hit the target after a while, see what is left, go on with the run, and count what is lost."""
    shutil.rmtree(house.path / "results", ignore_errors=True)
    driver, began = house.start("--blocks", "1", "--only", ONLY, "--seed", "1"), time.monotonic()
    time.sleep(delay_s)
    process = victim(house, driver, target)
    if process:
        process.send_signal(number)
    wrong, took_s = list(faults_at_the_end(driver)), time.monotonic() - began
    left, run = after_a_while(house.left_behind), begun(house)
    before = {file: file.read_bytes() for file in run.rglob("*.journal")} if run else {}
    code = driver.returncode
    if run and not (run / "report.html").exists():
        resumed = house.bench("--resume", str(run.relative_to(house.path)))
        said = load(run).environment.get("resumed", []) if not resumed.returncode else []
        wrong += [f"not resumed: {resumed.stderr[-500:]}"] if len(said) != 1 else []
    wrong += [f"{file.name} was rewritten" for file, old in before.items() if not file.read_bytes().startswith(old)]
    lost = len(load(run).omissions) if run and not wrong else 0
    left += after_a_while(house.left_behind)
    return Blow(target, number.name, process is not None, code, lost, left, wrong, took_s)


def kill(times: int, seed: int, houses: list[Sandbox], length_s: float) -> list[Blow]:
    """Strike so often, at instants spread over the length of a run, at every target with every signal in turn."""
    rng = random.Random(seed)
    plan = [(TARGETS[n % 3], SIGNALS[(n + n // 3 + 2) % 3], rng.uniform(0.5, length_s)) for n in range(times)]
    shares = [plan[place :: len(houses)] for place in range(len(houses))]
    with ThreadPoolExecutor(len(houses)) as pool:
        done = pool.map(lambda house, share: [strike_home(house, *blow) for blow in share], houses, shares)
        return [blow for blows in done for blow in blows]


def strike_home(house: Sandbox, target: str, number: signal.Signals, delay_s: float) -> Blow:
    """Strike; where the target had ended already, once more and sooner, until it is hit."""
    while not (blow := strike(house, target, number, delay_s)).hit:
        delay_s /= 2
    return blow


def undisturbed(house: Sandbox) -> float:
    """How long the run takes that nobody hits. Stop when it fails."""
    began = time.monotonic()
    if (found := house.bench("--blocks", "1", "--only", ONLY, "--seed", "1")).returncode:
        raise CommandError(Exit.NOT_MEASURED, f"the run that nobody hit failed: {found.stderr[-500:]}")
    return time.monotonic() - began


def account(blows: list[Blow], damages: Counter[tuple[str, str]]) -> Iterator[str]:
    """What happened, in a few lines."""
    hits = Counter(f"{blow.signal} to the {blow.target}" for blow in blows if blow.hit)
    yield f"{hits.total()} kills ({', '.join(f'{count} {what}' for what, count in sorted(hits.items()))})"
    yield f"  worst loss: {max((blow.lost for blow in blows), default=0)} cell(s)"
    for blow in sorted(blows, key=lambda blow: -blow.took_s)[:SLOWEST]:
        yield f"  {blow.took_s:.0f} s until the driver had ended: {blow.signal} to the {blow.target}"
    yield f"  exit codes of the driver: {dict(Counter(blow.code for blow in blows))}"
    yield f"  left behind: {[what for blow in blows for what in blow.left] or 'nothing'}"
    yield f"  wrong: {[(blow.target, blow.signal, blow.wrong) for blow in blows if blow.wrong] or 'nothing'}"
    yield f"{damages.total()} corruptions"
    for (name, outcome), count in sorted(damages.items()):
        yield f"  {name:15} {count:4} {outcome}"


def survived(blows: list[Blow], damages: Counter[tuple[str, str]]) -> bool:
    """Whether it was as it must be."""
    kept = all(blow.lost <= 1 and not blow.left and not blow.wrong for blow in blows)
    return kept and all(outcome in ("refused", "omission", "unharmed") for _, outcome in damages)


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m scripts.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="runs to kill (default 100: some 15 minutes)")
    parser.add_argument("--corruptions", type=int, default=1000, help="copies of a run to damage (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random")
    return parser.parse_args()


def main() -> None:
    """Torture, and tell."""
    chosen = options()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else a job in the background hands on its deafness
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        houses = [Sandbox.build(folder / f"house{number}") for number in range(AT_ONCE)]
        blows = kill(chosen.kills, chosen.seed, houses, undisturbed(houses[0]))
        shutil.rmtree(houses[0].path / "results")
        for _ in range(2):
            houses[0].bench("--blocks", "3", "--only", ONLY)
        intact, other = houses[0].runs()
        damages = corrupt(chosen.corruptions, chosen.seed, intact, other, folder)
    print("\n".join(account(blows, damages)))
    sys.exit(Exit.OK if survived(blows, damages) else Exit.NEGATIVE)


if __name__ == "__main__":
    main()
