"""`make torture`: runs that are killed at random instants, and result files that are damaged at random.

Nothing may be lost but the cell under way, nothing may be left behind, and no damaged number may be used. All of it
happens in a copy of the house, so that no result of yours is touched. The tests run a few of the very same trials.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import psutil
from filelock import FileLock, Timeout
from rich.console import Console

from benchmarks import journal
from scripts.console import show
from scripts.dataset import Run, load, write_tables
from scripts.exits import Exit, Stop

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).parents[1]
FOLDERS = ("servers", "benchmarks", "scripts")  # the house, as far as a run needs it
ONLY = "io and (wire or sleep) and (asyncio or processes)"  # five cells, with a server and with a pool
AT_ONCE = 2  # runs under torture: they only have to survive, not to measure
SLOWEST = 3  # are named
GONE_S = 2.0  # nothing may be left after it
LONGEST_S = 120.0  # of a run of these cells, on a machine that does much else
TARGETS = ("driver", "block", "server")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
MARK = "OVERLAP_TORTURE"  # in the environment of a trial's processes, so that each of them is found


@dataclass(frozen=True)
class House:
    """A copy of the code with results of its own."""

    path: Path

    @classmethod
    def build(cls, path: Path) -> "House":
        """Copy what a run needs."""
        for folder in FOLDERS:
            shutil.copytree(ROOT / folder, path / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", path)
        (path / "tmp").mkdir()
        return cls(path)

    def environment(self) -> dict[str, str]:
        """Ours, but that of no other trial."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | {MARK: str(self.path), "TMPDIR": str(self.path / "tmp"), "PYTHONPATH": ""}

    def command(self, *arguments: str) -> list[str]:
        """A call of the driver."""
        return [sys.executable, "-m", "scripts.bench", *arguments]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Begin a run."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*arguments), cwd=self.path, env=self.environment(), stderr=pipe, stdout=pipe, text=True
        )

    def bench(self, *arguments: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        """Run to the end; `before` are commands that change the world first, like `taskset`."""
        command = [*before, *self.command(*arguments)]
        return subprocess.run(
            command, cwd=self.path, env=self.environment(), capture_output=True, text=True, timeout=LONGEST_S
        )

    def runs(self) -> list[Path]:
        """Every run's folder, oldest first."""
        return sorted((self.path / "results" / "runs").glob("*"))

    def processes(self) -> list[psutil.Process]:
        """Whatever lives of this house."""
        return [one for one in psutil.process_iter() if belongs(one, str(self.path))]

    def left_behind(self) -> list[str]:
        """Processes (and so ports), temporary files, and a lock that somebody holds."""
        found = [f"process {one.pid}: {' '.join(words(one))}" for one in self.processes()]
        found += [str(file) for file in (self.path / "results").rglob("*.partial")]
        found += [str(file) for file in (self.path / "tmp").iterdir()]
        try:
            with FileLock(self.path / "results" / ".lock", timeout=0):
                return found
        except Timeout:
            return [*found, "the lock"]


def belongs(process: psutil.Process, mark: str) -> bool:
    """Whether a process that still runs has the mark."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except psutil.Error:
        return False


def words(process: psutil.Process) -> list[str]:
    """Its command line; empty when it has just gone."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def victim(house: House, driver: "subprocess.Popen[str]", target: str) -> psutil.Process | None:
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


def begun(house: House) -> Path | None:
    """The run under way, as soon as it has its environment."""
    return next((run for run in reversed(house.runs()) if (run / "environment.json").exists()), None)


def strike(house: House, target: str, number: signal.Signals, delay_s: float) -> Blow:
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


def after_a_while(look: Callable[[], list[str]]) -> list[str]:
    """What is still there when it should be gone."""
    deadline = time.monotonic() + GONE_S
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def kill(times: int, seed: int, houses: list[House], length_s: float) -> list[Blow]:
    """Strike so often, at instants spread over the length of a run, at every target with every signal in turn."""
    rng = random.Random(seed)
    plan = [(TARGETS[n % 3], SIGNALS[(n + n // 3 + 2) % 3], rng.uniform(0.5, length_s)) for n in range(times)]
    shares = [plan[place :: len(houses)] for place in range(len(houses))]
    with ThreadPoolExecutor(len(houses)) as pool:
        done = pool.map(lambda house, share: [strike_home(house, *blow) for blow in share], houses, shares)
        return [blow for blows in done for blow in blows]


def strike_home(house: House, target: str, number: signal.Signals, delay_s: float) -> Blow:
    """Strike; where the target had ended already, once more and sooner, until it is hit."""
    while not (blow := strike(house, target, number, delay_s)).hit:
        delay_s /= 2
    return blow


def undisturbed(house: House) -> float:
    """How long the run takes that nobody hits. Stop when it fails."""
    began = time.monotonic()
    if (found := house.bench("--blocks", "1", "--only", ONLY, "--seed", "1")).returncode:
        raise Stop(Exit.UNMEASURED, f"the run that nobody hit failed: {found.stderr[-500:]}")
    return time.monotonic() - began


@dataclass(frozen=True)
class Damage:
    """A kind of damage: how it is done to a copy of a run, given another run's folder and chance."""

    name: str
    do: Callable[[Path, Path, random.Random], None]


def raw_file(run: Path, rng: random.Random) -> Path:
    """A raw file of the run."""
    return rng.choice([*sorted((run / "blocks").glob("*.journal")), run / "environment.json", run / "pace.json"])


def a_journal(run: Path, rng: random.Random) -> Path:
    """A journal of the run."""
    return rng.choice(sorted((run / "blocks").glob("*.journal")))


def cut(run: Path, other: Path, rng: random.Random) -> None:
    """The end is missing."""
    file = raw_file(run, rng)
    file.write_bytes(file.read_bytes()[: rng.randrange(file.stat().st_size)])


def flip(run: Path, other: Path, rng: random.Random) -> None:
    """Some bits are another."""
    file = raw_file(run, rng)
    data = bytearray(file.read_bytes())
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    file.write_bytes(data)


def lines_changed(change: Callable[[list[str], random.Random], None]) -> Callable[[Path, Path, random.Random], None]:
    """Damage to the lines of a journal."""

    def do(run: Path, other: Path, rng: random.Random) -> None:
        file = a_journal(run, rng)
        lines = file.read_text().splitlines(keepends=True)
        change(lines, rng)
        file.write_text("".join(lines))

    return do


def repeat(lines: list[str], rng: random.Random) -> None:
    """A line twice."""
    lines.insert(rng.randint(0, len(lines)), rng.choice(lines))


def drop(lines: list[str], rng: random.Random) -> None:
    """A line less."""
    del lines[rng.randrange(len(lines))]


def reseal(change: Callable[[dict[str, Any], random.Random], None]) -> Callable[[list[str], random.Random], None]:
    """Damage inside a line whose checksum is right nevertheless."""

    def do(lines: list[str], rng: random.Random) -> None:
        place = rng.randrange(len(lines))
        entry = journal.unseal(lines[place])
        change(rng.choice([table for table in tables(entry) if table]), rng)
        text = json.dumps(entry, separators=(",", ":"))  # `journal.seal` would refuse NaN
        lines[place] = f"{crc32(text.encode()):08x} {text}\n"

    return do


def tables(value: Any) -> Iterator[dict[str, Any]]:
    """Every table in an entry, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from tables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from tables(inner)


def without_key(table: dict[str, Any], rng: random.Random) -> None:
    """A key is missing."""
    del table[rng.choice(sorted(table))]


def wrong_type(table: dict[str, Any], rng: random.Random) -> None:
    """A value is of another kind."""
    name = rng.choice(sorted(table))
    odd: list[Any] = ["../<b>", [], {}, [[]], "", -1.5, 10**400]
    table[name] = rng.choice([value for value in odd if type(value) is not type(table[name])])


def not_a_number(table: dict[str, Any], rng: random.Random) -> None:
    """NaN or infinity."""
    table[rng.choice(sorted(table))] = rng.choice([float("nan"), float("inf")])


def copied(run: Path, other: Path, rng: random.Random) -> None:
    """A journal stands for another block as well, or instead."""
    target = run / "blocks" / f"{rng.randrange(6):02}.journal"
    source = a_journal(run, rng)
    if source != target:
        shutil.copy(source, target)


def foreign_block(run: Path, other: Path, rng: random.Random) -> None:
    """A journal of another machine's run."""
    shutil.copy(a_journal(other, rng), run / "blocks" / f"{rng.randrange(6):02}.journal")


def foreign_line(run: Path, other: Path, rng: random.Random) -> None:
    """A line of another machine's run."""
    theirs = a_journal(other, rng).read_text().splitlines(keepends=True)
    lines_changed(lambda lines, _: lines.insert(rng.randint(0, len(lines)), rng.choice(theirs)))(run, other, rng)


def foreign_file(run: Path, other: Path, rng: random.Random) -> None:
    """Another machine's environment or pace."""
    name = rng.choice(["environment.json", "pace.json"])
    shutil.copy(other / name, run / name)


def other_schema(run: Path, other: Path, rng: random.Random) -> None:
    """As an older or a newer Overlap would write it."""
    file = run / "environment.json"
    file.write_text(file.read_text().replace('"schema": 1', f'"schema": {rng.choice(["0", "2", "null", "[]"])}'))


def emptied(run: Path, other: Path, rng: random.Random) -> None:
    """Nothing in it."""
    raw_file(run, rng).write_bytes(b"")


def binary(run: Path, other: Path, rng: random.Random) -> None:
    """Anything in it."""
    raw_file(run, rng).write_bytes(rng.randbytes(rng.randrange(1, 5000)))


def removed(run: Path, other: Path, rng: random.Random) -> None:
    """No such file."""
    raw_file(run, rng).unlink()


def folder_instead(run: Path, other: Path, rng: random.Random) -> None:
    """A folder of that name."""
    file = raw_file(run, rng)
    file.unlink()
    file.mkdir()


DAMAGES = (
    Damage("truncated", cut),
    Damage("bits flipped", flip),
    Damage("line repeated", lines_changed(repeat)),
    Damage("line missing", lines_changed(drop)),
    Damage("order lost", lines_changed(lambda lines, rng: rng.shuffle(lines))),
    Damage("key missing", lines_changed(reseal(without_key))),
    Damage("wrong type", lines_changed(reseal(wrong_type))),
    Damage("NaN", lines_changed(reseal(not_a_number))),
    Damage("block copied", copied),
    Damage("foreign block", foreign_block),
    Damage("foreign line", foreign_line),
    Damage("foreign file", foreign_file),
    Damage("another schema", other_schema),
    Damage("emptied", emptied),
    Damage("binary", binary),
    Damage("file missing", removed),
    Damage("folder instead", folder_instead),
)


def judge(run: Path, truth: Run) -> str:
    """What the suite makes of a damaged copy: `refused`, `omission`, `unharmed`; or what must never be."""
    try:
        found = load(run)
        write_tables(found)
        with redirect_stdout(StringIO()):
            show(found, Console(file=StringIO(), width=80))
    except Stop as stop:
        return "refused" if stop.code == Exit.UNREADABLE and "Next: " in str(stop) else f"WRONG STOP: {stop}"
    except Exception as problem:
        return f"TRACEBACK: {type(problem).__name__}: {problem}"
    if altered(found, truth):
        return "SILENT USE: a number was changed"
    if len(found.omissions) > len(truth.omissions):
        return "omission"
    return "unharmed" if len(found.rounds) == len(truth.rounds) else "SILENT LOSS: rounds are missing"


def altered(found: Run, truth: Run) -> bool:
    """Whether a number is there that was not measured; one that is missing is none."""
    key = ["experiment", "workload", "model", "concurrency", "twin", "block", "round"]
    both = found.rounds.merge(truth.rounds, how="left", on=key, suffixes=("", "_true"), indicator=True)
    if found.environment != truth.environment or (both["_merge"] != "both").any():
        return True
    measured = [name for name in found.rounds if name not in key]
    if not set(measured) <= set(truth.rounds):
        return True
    return any(differs(both[name], both[f"{name}_true"]) for name in measured)


def differs(found: "pd.Series[Any]", true: "pd.Series[Any]") -> bool:
    """Whether any value that is there is another."""
    return bool((found.notna() & (found != true)).any())


def corrupt(times: int, seed: int, intact: Path, other: Path, folder: Path) -> Counter[tuple[str, str]]:
    """Damage so many copies of a run, every kind in turn; how often each (kind, outcome) was seen."""
    rng, truth = random.Random(seed), load(intact)
    found: Counter[tuple[str, str]] = Counter()
    for number in range(times):
        copy = folder / "damaged"
        shutil.copytree(intact, copy, ignore=shutil.ignore_patterns("charts", "*.html", "*.log"))
        damage = DAMAGES[number % len(DAMAGES)]
        damage.do(copy, other, rng)
        found[damage.name, judge(copy, truth)] += 1
        shutil.rmtree(copy)
    return found


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
        houses = [House.build(folder / f"house{number}") for number in range(AT_ONCE)]
        blows = kill(chosen.kills, chosen.seed, houses, undisturbed(houses[0]))
        shutil.rmtree(houses[0].path / "results")
        for _ in range(2):
            houses[0].bench("--blocks", "3", "--only", ONLY)
        intact, other = houses[0].runs()
        damages = corrupt(chosen.corruptions, chosen.seed, intact, other, folder)
    print("\n".join(account(blows, damages)))
    sys.exit(Exit.WELL if survived(blows, damages) else Exit.DIFFERENT)


if __name__ == "__main__":
    main()
