"""Runs that are killed at random instants: what is left behind, what is lost, and whether the run resumes."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.faults.sandbox import LONGEST_S, Sandbox, command_line, wait_until_empty
from scripts.tables.load import load
from scripts.util.exit_codes import CommandError, Exit

ONLY = "io and (wire or sleep) and (asyncio or processes)"  # five cells, with a server and with a pool
TARGETS = {  # what is hit, and a word of its command line
    "driver": "",
    "block": "-m pytest",
    "server": "-m servers.latency",
    "worker": "multiprocessing.forkserver",  # the fork server is called so too
    "tracker": "resource_tracker",
    "spinner": "machine.capacity",
}
WORK = Path(__file__).parents[2] / "docs" / "examples" / "queries.py"
VERBS = {  # what else is killed, by its driver or by any process of it
    "claims": ("claims", "--id", "gil-stops-threads", "--blocks", "2"),
    "mine": ("mine", str(WORK), "--blocks", "2"),
    "race": ("race", "--port", "0"),
    "matrix": ("matrix", "--python", f"own={sys.executable} other={sys.executable}", "--blocks", "2", "--only", ONLY),
    "why": ("why", "--only", "io and wire and asyncio"),
    "full": ("bench", "--full", "--blocks", "1"),
    "databases": (
        "bench",
        "--blocks",
        "1",
        "--only",
        "databases and (asyncpg-wait or redis-wait or pymysql-wait or pymongo-wait)",
    ),
    "cluster": ("bench", "--blocks", "1", "--only", "cluster and dask"),
    "joblib": ("bench", "--blocks", "1", "--only", "models and joblib"),
}
AFTER_S = 2.0  # from a blow to any process until the driver is ended
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def find_target(sandbox: Sandbox, driver: "subprocess.Popen[str]", target: str) -> psutil.Process | None:
    """The process to kill, once it exists; None when the run ended without it."""
    word = TARGETS[target]
    while driver.poll() is None:
        if not word:
            return psutil.Process(driver.pid)
        for process in sandbox.processes():
            if word in " ".join(command_line(process)):
                return process
        time.sleep(0.02)
    return None


@dataclass(frozen=True)
class Kill:
    """A kill and its consequences."""

    target: str
    signal: str
    hit: bool  # or the target had ended already
    code: int  # of the driver
    lost: int  # cells that are no result
    left: list[str]
    wrong: list[str]
    took_s: float  # until the driver had ended


def faults_at_the_end(driver: "subprocess.Popen[str]") -> Iterator[str]:
    """Wait for the driver and yield its faults: a hang or a traceback."""
    try:
        err = driver.communicate(timeout=LONGEST_S)[1]
    except subprocess.TimeoutExpired:
        driver.kill()
        yield f"it hung: {driver.communicate()[1][-500:]}"
        return
    if "Traceback" in err:
        yield f"a traceback: {err[-500:]}"


def current_run(sandbox: Sandbox) -> Path | None:
    """The newest run that has its environment; None before."""
    return next((run for run in reversed(sandbox.runs()) if (run / "environment.json").exists()), None)


def kill_once(sandbox: Sandbox, target: str, number: signal.Signals, delay_s: float) -> Kill:
    """Start a run, kill the target after a while, list what is left behind, resume the run, and count lost cells."""
    shutil.rmtree(sandbox.path / "results", ignore_errors=True)
    driver, began = sandbox.start("--blocks", "1", "--only", ONLY, "--seed", "1"), time.monotonic()
    time.sleep(delay_s)
    process = find_target(sandbox, driver, target)
    if process:
        process.send_signal(number)
    wrong, took_s = list(faults_at_the_end(driver)), time.monotonic() - began
    left, run = wait_until_empty(sandbox.left_behind), current_run(sandbox)
    before = {file: file.read_bytes() for file in run.rglob("*.journal")} if run else {}
    code = driver.returncode
    if run and not (run / "report.html").exists():
        resumed = sandbox.bench("--resume", str(run.relative_to(sandbox.path)))
        resumes = load(run).environment.get("resumed", []) if not resumed.returncode else []
        wrong += [f"not resumed: {resumed.stderr[-500:]}"] if len(resumes) != 1 else []
    wrong += [f"{file.name} was rewritten" for file, old in before.items() if not file.read_bytes().startswith(old)]
    lost = len(load(run).omissions) if run and not wrong else 0
    left += wait_until_empty(sandbox.left_behind)
    return Kill(target, number.name, process is not None, code, lost, left, wrong, took_s)


def kill_many(times: int, seed: int, sandboxes: list[Sandbox], length_s: float) -> list[Kill]:
    """Kill `times` runs at random instants, every target with every signal in turn."""
    rng = random.Random(seed)
    targets, kinds = list(TARGETS), len(TARGETS)
    plan = [(targets[n % kinds], SIGNALS[(n + n // kinds + 2) % 3], rng.uniform(0.5, length_s)) for n in range(times)]
    shares = [plan[place :: len(sandboxes)] for place in range(len(sandboxes))]
    with ThreadPoolExecutor(len(sandboxes)) as pool:
        done = pool.map(lambda sandbox, share: [kill_until_hit(sandbox, *one) for one in share], sandboxes, shares)
        return [one for share_of_kills in done for one in share_of_kills]


def kill_until_hit(sandbox: Sandbox, target: str, number: signal.Signals, delay_s: float) -> Kill:
    """Kill once; where the target had already ended, try again earlier."""
    while not (one := kill_once(sandbox, target, number, delay_s)).hit:
        delay_s /= 2
    return one


def kill_verb(sandbox: Sandbox, name: str, number: signal.Signals, delay_s: float, rng: random.Random) -> Kill:
    """Start another verb, hit its driver or any process of it after a while, end it, and see what is left."""
    verb, *arguments = VERBS[name]
    driver, began = sandbox.start(*arguments, verb=verb), time.monotonic()
    time.sleep(delay_s)
    others = [one for one in sandbox.processes() if one.pid != driver.pid]
    target = rng.choice(others) if others and rng.random() < 0.5 else psutil.Process(driver.pid)
    with suppress(psutil.NoSuchProcess):
        target.send_signal(number)
    if target.pid != driver.pid:
        time.sleep(AFTER_S)
        driver.terminate()
    wrong, took_s = list(faults_at_the_end(driver)), time.monotonic() - began
    left = wait_until_empty(sandbox.left_behind)
    return Kill(name, number.name, True, driver.returncode, 0, left, wrong, took_s)


def kill_verbs(times: int, seed: int, sandbox: Sandbox, length_s: float) -> list[Kill]:
    """Kill `times` runs of the verbs in turn."""
    rng, names = random.Random(seed), list(VERBS)
    return [
        kill_verb(sandbox, names[n % len(names)], SIGNALS[n % 3], rng.uniform(0.5, length_s), rng) for n in range(times)
    ]


def undisturbed_run_s(sandbox: Sandbox) -> float:
    """The seconds of a run that is not killed. CommandError when it fails."""
    began = time.monotonic()
    if (run := sandbox.bench("--blocks", "1", "--only", ONLY, "--seed", "1")).returncode:
        raise CommandError(Exit.NOT_MEASURED, f"the run that was not killed failed: {run.stderr[-500:]}")
    return time.monotonic() - began
