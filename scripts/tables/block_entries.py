"""The entries of a run's journals: complete cells, and an omission with its reason for whatever is not one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.core import journal, renamed
from scripts.tables.schema import Entry, fault, journal_mismatch


@dataclass(frozen=True)
class Omission:
    """A planned result that is missing or unusable, with the reason."""

    block: int
    subject: str
    reason: str

    def __str__(self) -> str:
        return f"block {self.block}, {self.subject}: {self.reason}"


def missing_blocks(path: Path, blocks: int) -> Iterator[Omission]:
    """The blocks that were planned and have no journal."""
    begun = {journal.block_name(file) for file in journal.journals(path)}
    for number in range(blocks):
        if f"{number:02}" not in begun:
            yield Omission(number, "every cell", "not measured: the block has no journal")


def duplicate_entries(entries: list[Entry]) -> Iterator[Omission]:
    """An omission where a cell has several entries: equal copies count once, of entries that differ none counts."""
    alike = all(entry == entries[0] for entry in entries)
    words = "entered twice; it counts once" if alike else "two entries that differ; neither counts"
    if len(entries) > 1:
        yield Omission(entries[0]["block"], entries[0]["cell"], words)


def read_block(file: Path, run: str) -> Iterator[Entry | Omission]:
    """The complete cells of a block's journal, and an omission for every other; one omission for a foreign journal."""
    if not journal.block_name(file).isdecimal():
        yield Omission(-1, file.name, "its name is no block's number")
        return
    block = int(journal.block_name(file))
    try:
        lines = [
            (number, renamed.entry(line) if isinstance(line, dict) else line) for number, line in journal.read(file)
        ]
    except OSError as problem:
        yield Omission(block, file.name, problem.strerror or str(problem))
        return
    if mismatch := journal_mismatch(lines[0][1] if lines else None, block, run):
        yield Omission(block, file.name, mismatch)
        return
    yield from read_entries(block, lines)


def read_entries(block: int, lines: list[tuple[int, Entry | ValueError]]) -> Iterator[Entry | Omission]:
    """The complete cells among the lines, and an omission for each other line."""
    faults = {number: str(line) if isinstance(line, ValueError) else fault(line) for number, line in lines}
    yield from (Omission(block, f"line {number}", wrong) for number, wrong in faults.items() if wrong)
    sound = [line for number, line in lines if not isinstance(line, ValueError) and not faults[number]]
    planned = {cell["cell"] for line in sound if line["kind"] == "block" for cell in line["order"]}
    entries = [line | {"block": block} for line in sound if line["kind"] == "cell"]
    for entry in entries:
        if planned and entry["cell"] not in planned:
            yield Omission(block, entry["cell"], "it was not planned for this block")
        else:
            yield entry if entry["valid"] else Omission(block, entry["cell"], entry["reason"])
    ended = planned or any(line["kind"] == "end" for line in sound)
    missing = sorted(planned - {entry["cell"] for entry in entries}) if ended else ["every other cell"]
    yield from (Omission(block, cell, "not measured: the block was cut short") for cell in missing)
