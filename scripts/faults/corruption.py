"""Every kind of damage to result files, done at random, and how the suite treats a damaged run.

No damaged number may be used: a damaged file is refused, or what is missing of it is named.
"""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from rich.console import Console

from benchmarks.core import journal
from benchmarks.core.journal import journals
from scripts.report.terminal import show
from scripts.tables.load import Run, load, write_tables
from scripts.util.exit_codes import CommandError, Exit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Damage:
    """A kind of damage: a function of a copy of a run, another run's folder, and a random generator."""

    name: str
    apply: Callable[[Path, Path, random.Random], None]


def random_file(run: Path, rng: random.Random) -> Path:
    """A random raw file of the run."""
    return rng.choice([*journals(run), run / "environment.json", run / "pace.json"])


def random_journal(run: Path, rng: random.Random) -> Path:
    """A random journal of the run."""
    return rng.choice(journals(run))


def truncate(run: Path, other: Path, rng: random.Random) -> None:
    """Truncate a file."""
    file = random_file(run, rng)
    file.write_bytes(file.read_bytes()[: rng.randrange(file.stat().st_size)])


def flip_bits(run: Path, other: Path, rng: random.Random) -> None:
    """Flip one to three bits of a file."""
    file = random_file(run, rng)
    data = bytearray(file.read_bytes())
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    file.write_bytes(data)


def change_lines(change: Callable[[list[str], random.Random], None]) -> Callable[[Path, Path, random.Random], None]:
    """Damage that changes the lines of a journal."""

    def do(run: Path, other: Path, rng: random.Random) -> None:
        file = random_journal(run, rng)
        lines = file.read_text().splitlines(keepends=True)
        change(lines, rng)
        file.write_text("".join(lines))

    return do


def repeat_line(lines: list[str], rng: random.Random) -> None:
    """Repeat a line."""
    lines.insert(rng.randint(0, len(lines)), rng.choice(lines))


def drop_line(lines: list[str], rng: random.Random) -> None:
    """Remove a line."""
    del lines[rng.randrange(len(lines))]


def reseal(change: Callable[[dict[str, Any], random.Random], None]) -> Callable[[list[str], random.Random], None]:
    """Damage inside a line, with a valid checksum."""

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


def remove_key(table: dict[str, Any], rng: random.Random) -> None:
    """Remove a key."""
    del table[rng.choice(sorted(table))]


def change_type(table: dict[str, Any], rng: random.Random) -> None:
    """Replace a value by one of another type."""
    name = rng.choice(sorted(table))
    odd: list[Any] = ["../<b>", [], {}, [[]], "", -1.5, 10**400]
    table[name] = rng.choice([value for value in odd if type(value) is not type(table[name])])


def write_nan(table: dict[str, Any], rng: random.Random) -> None:
    """Replace a value by NaN or infinity."""
    table[rng.choice(sorted(table))] = rng.choice([float("nan"), float("inf")])


def copy_journal(run: Path, other: Path, rng: random.Random) -> None:
    """Copy a journal over that of another block."""
    target = run / "blocks" / f"{rng.randrange(6):02}.journal"
    source = random_journal(run, rng)
    if source != target:
        shutil.copy(source, target)


def insert_foreign_block(run: Path, other: Path, rng: random.Random) -> None:
    """Insert a journal of another machine's run."""
    shutil.copy(random_journal(other, rng), run / "blocks" / f"{rng.randrange(6):02}.journal")


def insert_foreign_line(run: Path, other: Path, rng: random.Random) -> None:
    """Insert a line of another machine's run."""
    theirs = random_journal(other, rng).read_text().splitlines(keepends=True)
    change_lines(lambda lines, _: lines.insert(rng.randint(0, len(lines)), rng.choice(theirs)))(run, other, rng)


def insert_foreign_file(run: Path, other: Path, rng: random.Random) -> None:
    """Insert another machine's environment or calibration."""
    name = rng.choice(["environment.json", "pace.json"])
    shutil.copy(other / name, run / name)


def change_schema(run: Path, other: Path, rng: random.Random) -> None:
    """Change the schema's version."""
    file = run / "environment.json"
    file.write_text(file.read_text().replace('"schema": 1', f'"schema": {rng.choice(["0", "2", "null", "[]"])}'))


def empty_file(run: Path, other: Path, rng: random.Random) -> None:
    """Empty a file."""
    random_file(run, rng).write_bytes(b"")


def random_bytes(run: Path, other: Path, rng: random.Random) -> None:
    """Fill a file with random bytes."""
    random_file(run, rng).write_bytes(rng.randbytes(rng.randrange(1, 5000)))


def remove_file(run: Path, other: Path, rng: random.Random) -> None:
    """Remove a file."""
    random_file(run, rng).unlink()


def replace_by_folder(run: Path, other: Path, rng: random.Random) -> None:
    """Replace a file by a folder."""
    file = random_file(run, rng)
    file.unlink()
    file.mkdir()


DAMAGES = (
    Damage("truncated", truncate),
    Damage("bits flipped", flip_bits),
    Damage("line repeated", change_lines(repeat_line)),
    Damage("line missing", change_lines(drop_line)),
    Damage("order lost", change_lines(lambda lines, rng: rng.shuffle(lines))),
    Damage("key missing", change_lines(reseal(remove_key))),
    Damage("wrong type", change_lines(reseal(change_type))),
    Damage("NaN", change_lines(reseal(write_nan))),
    Damage("block copied", copy_journal),
    Damage("foreign block", insert_foreign_block),
    Damage("foreign line", insert_foreign_line),
    Damage("foreign file", insert_foreign_file),
    Damage("another schema", change_schema),
    Damage("emptied", empty_file),
    Damage("binary", random_bytes),
    Damage("file missing", remove_file),
    Damage("folder instead", replace_by_folder),
)


def judge(run: Path, intact: Run) -> str:
    """How the suite treats a damaged copy: `refused`, `omission`, `unharmed`; anything else is a defect."""
    try:
        damaged = load(run)
        write_tables(damaged)
        with redirect_stdout(StringIO()):
            show(damaged, Console(file=StringIO(), width=80))
    except CommandError as stop:
        return "refused" if stop.code == Exit.BAD_DATA and "Next: " in str(stop) else f"WRONG STOP: {stop}"
    except Exception as problem:
        return f"TRACEBACK: {type(problem).__name__}: {problem}"
    if altered(damaged, intact):
        return "SILENT USE: a number was changed"
    if len(damaged.omissions) > len(intact.omissions):
        return "omission"
    return "unharmed" if len(damaged.rounds) == len(intact.rounds) else "SILENT LOSS: rounds are missing"


def altered(damaged: Run, intact: Run) -> bool:
    """Whether a number differs from the measured one; missing numbers don't count."""
    key = ["experiment", "workload", "model", "concurrency", "twin", "block", "round"]
    both = damaged.rounds.merge(intact.rounds, how="left", on=key, suffixes=("", "_true"), indicator=True)
    if damaged.environment != intact.environment or (both["_merge"] != "both").any():
        return True
    measured = [name for name in damaged.rounds if name not in key]
    if not set(measured) <= set(intact.rounds):
        return True
    return any(differs(both[name], both[f"{name}_true"]) for name in measured)


def differs(damaged: "pd.Series[Any]", true: "pd.Series[Any]") -> bool:
    """Whether any value that is present differs."""
    return bool((damaged.notna() & (damaged != true)).any())


def corrupt(times: int, seed: int, intact: Path, other: Path, folder: Path) -> Counter[tuple[str, str]]:
    """Damage `times` copies of a run, every kind in turn; counts of each (kind, outcome)."""
    rng, reference = random.Random(seed), load(intact)
    outcomes: Counter[tuple[str, str]] = Counter()
    for number in range(times):
        copy = folder / "damaged"
        shutil.copytree(intact, copy, ignore=shutil.ignore_patterns("charts", "*.html", "*.log"))
        damage = DAMAGES[number % len(DAMAGES)]
        damage.apply(copy, other, rng)
        outcomes[damage.name, judge(copy, reference)] += 1
        shutil.rmtree(copy)
    return outcomes
