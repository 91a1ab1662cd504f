"""Shares from files and folders: those that can be used, and those that are left out, each with its reason.

Of a share that was checked only what the atlas says is kept: the machine, the fastest models and a line per claim.
Ten thousand shares are a gigabyte of files, and take a fifth of that in memory. Files are examined by themselves, so
that many of them take all cores; only what they are beside each other, copies and versions, is decided in one place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.machine.capacity import usable_cores
from scripts.atlas.plausibility import implausible
from scripts.atlas.share_format import SUFFIX, Claim, Part, Share, ShareError, measurement_hash, read
from scripts.atlas.versions import differences, measures_like

MOST_FILES = 100_000  # of a folder: beyond it the rest is not read
MANY_FILES, PART = 500, 50  # a second of one core, which starting others takes as well; a tenth of it at a time
POLL_S = 2.0  # between two fingerprints of a folder: a person who drops a file waits no longer
Key = tuple[str, str]  # a claim: its talk and its id


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not used, and why."""

    path: Path
    reason: str


class Result(Struct, frozen=True, gc=False):
    """A claim on one machine: its verdict, and the estimate, 95 % CI and blocks of its first measure, if it has one."""

    verdict: str
    estimate: float | None
    low: float | None
    high: float | None
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A share without cells and claims, a result for each claim, and how many blocks have a value.

    The plan of a run of several Pythons counts the blocks of all of them.
    """

    share: Share
    results: dict[Key, Result]
    blocks: int


@dataclass(frozen=True)
class Collection:
    """The entries of versions of the measuring code that measure alike, each claim once, and what was left out."""

    entries: tuple[Entry, ...]
    claims: dict[Key, Claim]
    left_out: tuple[LeftOut, ...]

    @property
    def differences(self) -> list[str]:
        """What differs between the versions of the measuring code."""
        return differences({entry.share.code for entry in self.entries})

    @property
    def machines(self) -> tuple[Entry, ...]:
        """The machines as they are."""
        return tuple(entry for entry in self.entries if not entry.share.condition)

    @property
    def conditions(self) -> tuple[Entry, ...]:
        """The machines that were changed on purpose."""
        return tuple(entry for entry in self.entries if entry.share.condition)


def files(places: Iterable[Path]) -> Iterator[Path]:
    """Each named file, and the shares of each named folder, subfolders included; links are not followed out of it."""
    for place in places:
        if place.is_dir():
            inside = sorted(file for file in place.rglob(f"*{SUFFIX}") if file.is_file() and not file.is_symlink())
            yield from inside[:MOST_FILES]
        else:
            yield place


def fingerprint(places: Sequence[Path]) -> frozenset[tuple[str, int, int]]:
    """Names, sizes and times of the files: what changes when one arrives."""
    states = ((path, path.stat()) for path in files(places) if path.exists())
    return frozenset((str(path), state.st_size, state.st_mtime_ns) for path, state in states)


@dataclass(frozen=True)
class Examined:
    """The result of reading some files: entries with the hash of their values, their claims, and unusable files."""

    usable: list[tuple[Path, Entry, str]]
    claims: dict[Key, Claim]
    left_out: list[LeftOut]


def examine(paths: Sequence[Path]) -> Examined:
    """Read and check files, each by itself."""
    done = Examined([], {}, [])
    for path in paths:
        try:
            share = read(path)
        except ShareError as problem:
            done.left_out.append(LeftOut(path, str(problem)))
            continue
        if reason := implausible(share):
            done.left_out.append(LeftOut(path, reason))
            continue
        for claim in share.claims:
            done.claims.setdefault((claim.talk, claim.id), claim)
        done.usable.append((path, entry(share), measurement_hash(share)))
    return done


def examine_all(paths: Sequence[Path]) -> Iterator[Examined]:
    """The files in their order, many of them on all cores."""
    if len(paths) < MANY_FILES:
        yield examine(paths)
        return
    parts = [paths[at : at + PART] for at in range(0, len(paths), PART)]
    with ProcessPoolExecutor(usable_cores(), get_context("spawn")) as pool:
        yield from pool.map(examine, parts)


def collect(places: Iterable[Path]) -> Collection:
    """Read every share; keep those whose measuring code measures like that of most of them."""
    usable, left_out = list[tuple[Path, Entry]](), list[LeftOut]()
    paths_by_run, claims = dict[str, Path](), dict[Key, Claim]()
    for part in examine_all(list(files(places))):
        left_out += part.left_out
        claims |= {key: claim for key, claim in part.claims.items() if key not in claims}
        for path, one, measured in part.usable:
            if measured in paths_by_run:
                left_out.append(LeftOut(path, f"the same run as {paths_by_run[measured].name}"))
            else:
                usable.append((path, one))
                paths_by_run[measured] = path
    kept = most_common(measures_like(one.share.code) for _, one in usable)
    other = f"measured by another version of Overlap than the others ({kept[:8]})"
    left_out += [LeftOut(path, other) for path, one in usable if measures_like(one.share.code) != kept]
    entries = tuple(one for _, one in usable if measures_like(one.share.code) == kept)
    named = set[Key]().union(*(one.results for one in entries))
    return Collection(entries, {key: claims[key] for key in claims if key in named}, tuple(left_out))


def entry(share: Share) -> Entry:
    """The entry of a share in the atlas."""
    results = {(claim.talk, claim.id): result(claim) for claim in share.claims}
    blocks = {block for cell in share.cells for block in cell.blocks}
    return Entry(replace(share, cells=[], claims=[]), results, len(blocks))


def result(claim: Claim) -> Result:
    """The verdict, and the first measure that has an estimate."""
    part = deciding(claim)
    if not part:
        return Result(claim.verdict, None, None, None)
    return Result(claim.verdict, part.estimate, part.low, part.high, part.blocks)


def deciding(claim: Claim) -> Part | None:
    """The first measure that has an estimate."""
    return next((part for part in claim.parts if part.estimate is not None), None)


def most_common(codes: Iterable[str]) -> str:
    """The version that most shares have; of a tie the first; empty without any."""
    return next((code for code, _ in Counter(codes).most_common(1)), "")
