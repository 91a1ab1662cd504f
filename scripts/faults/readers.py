"""Damaged input for every reader: claims, environments, ONLY, and the addresses of databases.

Each is either refused with a sentence or read; nothing else may happen, and nothing may take long. The raw files of
blocks are damaged in `scripts.faults.corruption`, where it is known what must come out.
"""

import json
import os
import random
import shutil
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from benchmarks.backends.databases import KINDS, redacted, without_password
from benchmarks.core.registry import catalogue
from benchmarks.core.selection import check
from scripts.faults.corruption import tables
from scripts.tables.load import load
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict.claim import TALKS
from scripts.verdict.claims_file import find_talk

LONGEST_S = 10.0  # what takes longer hangs
ODD: list[Any] = [
    *(None, True, [], {}, [[]], [1], "", "\x1b[2J", "\x9b", "[/x]", "../..", "x" * 10_000, "\ud800"),
    *(-1, 0, 10**12, 10**400, float("nan"), float("inf"), -0.0, 1e308),
]
WORDS = ("and", "or", "not", "(", ")", "io", "threads", "c20", "()", "", "x" * 300, "not " * 5000, "(" * 300)
ADDRESSES = (
    "postgresql://u:p[w@h/d",
    "http://[",
    "x://:@",
    "mysql://u:p@h:99999999/d",
    "://",
    "u:%zz@h",
    "\n",
    "x://a:b@c:d@e",
)


@dataclass(frozen=True)
class Reader:
    """A reader, and a function that makes its damaged input from a folder and a random generator."""

    name: str
    read: Callable[[Path, random.Random], Any]


def damaged_bytes(data: bytes, rng: random.Random) -> bytes:
    """Cut, changed, repeated or stuffed."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(changed) + 1)
        match rng.randrange(4):
            case 0:
                del changed[place:]
            case 1:
                changed[place : place + 1] = rng.randbytes(1)
            case 2:
                changed[place:place] = changed[rng.randrange(len(changed) + 1) :][: rng.randrange(1, 200)]
            case _:
                changed[place:place] = rng.choice(
                    [b"[" * 3000, b'"', b"\n[[claim]]\n", b"{", b"=", b"\xff", b"\\u0000"]
                )
    return bytes(changed)


def claims(folder: Path, rng: random.Random) -> Any:
    """A claims file of ours with damaged bytes."""
    file = folder / "damaged.toml"
    file.write_bytes(damaged_bytes(rng.choice(sorted(TALKS.glob("*.toml"))).read_bytes(), rng))
    return find_talk(str(file), rng.choice([None, "", "network-io", "\x1b", "x" * 5000]))


def environment(folder: Path, rng: random.Random) -> Any:
    """A run's environment with odd values, or with damaged bytes."""
    document = json.loads((folder / "environment.json").read_text())
    for _ in range(rng.randint(1, 3)):
        table = rng.choice([table for table in tables(document) if table])
        table[rng.choice(sorted(table))] = rng.choice(ODD)
    text = json.dumps(document).encode()
    run = folder / "damaged"
    run.mkdir(exist_ok=True)
    (run / "environment.json").write_bytes(text if rng.random() < 0.7 else damaged_bytes(text, rng))
    read_environment(run if rng.random() < 0.9 else folder / ("x" * 300))
    return load_refused(run)


def load_refused(run: Path) -> bool:
    """Whether no block counts for a run whose environment was changed afterwards."""
    shutil.rmtree(run / "blocks", ignore_errors=True)
    shutil.copytree(run.parent / "blocks", run / "blocks")
    shutil.copy(run.parent / "pace.json", run)
    unchanged = json.loads((run / "environment.json").read_text()) == json.loads(
        (run.parent / "environment.json").read_text()
    )
    try:
        load(run)
    except CommandError:
        return True
    if not unchanged:
        raise AssertionError("figures of a changed environment were used")
    return False


def only(folder: Path, rng: random.Random) -> Any:
    """A selection of cells made of anything."""
    some = "".join(rng.choices(string.printable, k=rng.randrange(20)))
    typed = " ".join(rng.choices([*WORDS, some], k=rng.randint(1, 8)))
    try:
        check(typed, set().union(*(cell.labels() for cell in catalogue())))
    except ValueError as refusal:
        raise CommandError(Exit.USAGE, str(refusal)) from None


def addresses(folder: Path, rng: random.Random) -> Any:
    """An address of a database in an environment variable: shown and hidden without its password."""
    variable = rng.choice([kind.variable for kind in KINDS.values() if kind.variable])
    address = rng.choice(ADDRESSES) + "".join(rng.choices(string.printable, k=rng.randrange(9)))
    with variable_set(variable, address.replace("\0", "")):
        return without_password(address), redacted(f"it said {address}")


@contextmanager
def variable_set(name: str, value: str) -> Iterator[None]:
    """An environment variable for as long as the block lasts."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})


READERS = tuple(Reader(read.__name__, read) for read in (claims, environment, only, addresses))


def outcome(reader: Reader, folder: Path, seed: int) -> str:
    """The outcome of one damaged input: read, refused, or a fault."""
    rng, began = random.Random(f"{reader.name}/{seed}"), time.monotonic()
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            reader.read(folder, rng)
        ended = "read"
    except CommandError:
        ended = "refused"
    except SystemExit as left:  # argparse has said what is wrong
        ended = "refused" if left.code in (0, 2) else f"left with {left.code}"
    except Exception as problem:
        ended = f"{type(problem).__name__} at seed {seed}: {problem!s:.200}"
    took_s = time.monotonic() - began
    return ended if took_s < LONGEST_S else f"took {took_s:.0f} s at seed {seed}"


def damage_inputs(times: int, seed: int, folder: Path) -> Counter[tuple[str, str]]:
    """Damage `times` inputs, the readers in turn; `folder` holds the environment of a run."""
    chosen = ((READERS[number % len(READERS)], seed + number) for number in range(times))
    return Counter((reader.name, outcome(reader, folder, number)) for reader, number in chosen)
