"""Shares from files and folders: those that can be used, and those that are left out, each with its reason.

Of a share that was checked only what the atlas says is kept: the machine, a line per claim, and the fastest models.
Ten thousand shares are half a gigabyte of files, and take a fifth of that in memory.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scripts.atlas.plausibility import implausible
from scripts.atlas.share_format import SUFFIX, Claim, Part, Share, ShareError, measurement_hash, read
from scripts.atlas.winners import WORK, fastest_models

MOST_FILES = 100_000  # of a folder: beyond it the rest is not read
Key = tuple[str, str]  # a claim: its talk and its id


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """A claim on one machine: its verdict, and the estimate and 95 % CI of its first measure, where it has one."""

    verdict: str
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A share without cells and claims, a result for each claim, and the fastest models at each kind of work."""

    share: Share
    results: dict[Key, Result]
    fastest: dict[str, str]


@dataclass(frozen=True)
class Collection:
    """The entries of one version of the measuring code, each claim once, and what was left out."""

    entries: tuple[Entry, ...]
    claims: dict[Key, Claim]
    left_out: tuple[LeftOut, ...]

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


def collect(places: Iterable[Path], code: str = "") -> Collection:
    """Read every share; keep those of one version of the measuring code: `code`, or the most common among them."""
    usable, left_out, seen = list[tuple[Path, Entry]](), list[LeftOut](), dict[str, Path]()
    claims = dict[Key, Claim]()
    for path in files(places):
        try:
            share = checked(path, seen)
        except ShareError as problem:
            left_out.append(LeftOut(path, str(problem)))
            continue
        claims |= {(claim.talk, claim.id): claim for claim in share.claims if (claim.talk, claim.id) not in claims}
        usable.append((path, entry(share, claims)))
    kept = code or most_common(one.share.code for _, one in usable)
    other = f"measured by another version of Overlap than the others ({kept[:8]})"
    left_out += [LeftOut(path, other) for path, one in usable if one.share.code != kept]
    return Collection(tuple(one for _, one in usable if one.share.code == kept), claims, tuple(left_out))


def checked(path: Path, seen: dict[str, Path]) -> Share:
    """The share, which no earlier file has and which can be true. Raises ShareError otherwise."""
    share = read(path)
    measured = measurement_hash(share)
    if measured in seen:
        raise ShareError(f"the same run as {seen[measured].name}")
    if reason := implausible(share):
        raise ShareError(reason)
    seen[measured] = path
    return share


def entry(share: Share, claims: dict[Key, Claim]) -> Entry:
    """What the atlas keeps of a share; `claims` gives the keys, so that each is held once."""
    own = {key: key for key in claims}
    results = {own[claim.talk, claim.id]: result(claim) for claim in share.claims}
    fastest = {work: " or ".join(models) for work, where in WORK.items() if (models := fastest_models(share, *where))}
    return Entry(msgspec.structs.replace(share, cells=[], claims=[]), results, fastest)


def result(claim: Claim) -> Result:
    """The verdict, and the first measure that has an estimate."""
    part = deciding(claim)
    return Result(claim.verdict, *((part.estimate, part.low, part.high) if part else (None, None, None)))


def deciding(claim: Claim) -> Part | None:
    """The first measure that has an estimate."""
    return next((part for part in claim.parts if part.estimate is not None), None)


def most_common(codes: Iterable[str]) -> str:
    """The version that most shares have; of a tie the first; empty without any."""
    return next((code for code, _ in Counter(codes).most_common(1)), "")
