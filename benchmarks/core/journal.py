"""What a block writes while it runs: one line for each finished cell, on disk before the next cell starts.

pytest-benchmark writes its JSON once, at the very end, so a killed block would lose everything. The journal is the
record that every table is made from; the JSON beside it is for other tools. Each line carries a checksum: a flipped
bit or a torn line is noticed, named and left out, never used.
"""

import json
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

COMPRESSED = ".xz"  # what is added to a journal's name when its run is kept; `xzcat` shows its lines
SCHEMA = 1  # raised whenever a line's meaning changes; a reader refuses unknown numbers


def seal(entry: dict[str, Any]) -> str:
    """One line: checksum, space, JSON. ValueError for NaN, which JSON does not have."""
    text = json.dumps(entry, allow_nan=False, separators=(",", ":"))
    return f"{crc32(text.encode()):08x} {text}\n"


def unseal(line: str) -> dict[str, Any]:
    """The entry of a line; ValueError when the line is torn or altered."""
    checksum, _, text = line.rstrip("\n").partition(" ")
    if not line.endswith("\n") or f"{crc32(text.encode()):08x}" != checksum:
        raise ValueError("torn or altered line")
    entry = json.loads(text)
    if not isinstance(entry, dict):
        raise ValueError("not an entry")
    return entry


def append(path: Path, entry: dict[str, Any]) -> None:
    """Add an entry and wait until it is on disk; that a cell has begun matters only to who is watching."""
    with path.open("a", encoding="utf-8") as file:
        file.write(seal(entry))
        file.flush()
        if entry.get("kind") != "begin":
            os.fsync(file.fileno())


def entry_or_problem(line: str) -> dict[str, Any] | ValueError:
    """The entry of a line, or what is wrong with it."""
    try:
        return unseal(line)
    except ValueError as problem:
        return problem


def read(path: Path) -> Iterator[tuple[int, dict[str, Any] | ValueError]]:
    """Every line's number (from 1) with its entry, or with what is wrong with it; the lines may be compressed."""
    number = 0
    opened = lzma.open if path.suffix == COMPRESSED else open
    with opened(path, "rt", encoding="utf-8", errors="replace", newline="\n") as file:
        try:
            for number, line in enumerate(file, 1):
                yield number, entry_or_problem(line)
        except (lzma.LZMAError, EOFError) as problem:
            yield number + 1, ValueError(f"the compressed file is damaged: {problem}")


def journals(run: Path) -> list[Path]:
    """The journals of a run's blocks, in their order, compressed or not."""
    return sorted((run / "blocks").glob("*.journal*"))


def block_name(path: Path) -> str:
    """What a journal's name says of its block: its number, if it is a journal of the suite."""
    return path.name.removesuffix(COMPRESSED).removesuffix(".journal")


def compress(run: Path) -> None:
    """Replace the journals of a run that has ended by compressed ones, about a quarter of the size."""
    for path in (run / "blocks").glob("*.journal"):
        path.with_name(path.name + COMPRESSED).write_bytes(lzma.compress(path.read_bytes(), preset=9))
        path.unlink()
