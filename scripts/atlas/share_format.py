"""The file that one machine shares: its schema, its content hash, and reading it without trusting it.

A share says what the machine is and what it measured, and nothing about whose it is: no host, user, path or run name.
Whatever is read came from somebody else's disk, so every field has a type, a length and a range (msgspec checks them
while it decodes), no text has control characters or markup, and nothing is executed. Nothing in a share refers back to
what holds it, so that the garbage collector need not look at the 10,000 objects of each.
"""

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from scripts.util.format import plural

SCHEMA = 1
LARGEST_BYTES = 300_000  # of a share; a room of 10,000 machines then fits in memory one file at a time
SUFFIX = ".overlap.json"

Name = Annotated[str, Meta(max_length=60, pattern=r"^[\w.@+-]+\Z")]
Text = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f<>]*\Z")]
Label = Annotated[str, Meta(max_length=80, pattern=r"^[\w .,:;@+/()#&'®™=*-]*\Z")]
Reference = Annotated[str, Meta(max_length=120, pattern=r"^[\w./-]*\Z")]
Count = Annotated[int, Meta(ge=1, le=100_000_000)]
Cores = Annotated[int, Meta(ge=1, le=4096)]
# Of any unit: sums of squares of them are still numbers, and no measure of a program comes near.
Value = Annotated[float, Meta(ge=-1e15, le=1e15)]
Values = Annotated[list[Value], Meta(min_length=1, max_length=200)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{16,64}\Z")]
Verdict = Literal[
    "holds", "refuted", "inconclusive", "not reproduced here", "not testable here", "opinion", "could not be measured"
]


class Machine(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """The hardware and the system, as far as they decide a figure."""

    cpu: Label
    cores: Cores
    cores_usable: Cores
    cgroup_quota_cores: Value | None
    memory_gib: Annotated[float, Meta(gt=0, le=1_000_000)]
    system: Label
    kernel: Annotated[str, Meta(max_length=20, pattern=r"^[0-9.]*\Z")]
    architecture: Name
    virtual: bool


class Python(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """The interpreter's build."""

    version: Annotated[str, Meta(max_length=30, pattern=r"^\d+\.\d+[\w.+]*\Z")]
    implementation: Name
    compiler: Label
    optimised: bool | None
    free_threaded: bool
    gil: bool
    jit: bool

    @property
    def name(self) -> str:
        """The short name: `3.14`, `3.14t` for a free-threaded build, or `3.14+jit` where the JIT is on."""
        return ".".join(self.version.split(".")[:2]) + "t" * self.free_threaded + "+jit" * self.jit

    @property
    def build(self) -> str:
        """The same with the whole version, which tells two builds of one minor version apart: `3.13.5t`."""
        return self.version + "t" * self.free_threaded + "+jit" * self.jit


class Cell(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """One cell: the median of each block, in seconds or in the unit of its metric, and the ideal time of each."""

    experiment: Name
    workload: Name
    model: Name
    concurrency: Count
    tasks: Count
    wait_seconds: Annotated[float, Meta(ge=0, le=86_400)]
    compute_seconds: Annotated[float, Meta(ge=0, le=86_400)]
    metric: Name
    blocks: Annotated[list[Annotated[int, Meta(ge=0, le=10_000)]], Meta(min_length=1, max_length=200)]
    values: Values
    ideal_seconds: Annotated[list[Value], Meta(max_length=200)]
    flags: Label

    @property
    def key(self) -> tuple[str, str, str, int, float]:
        """The key that identifies the cell within its run."""
        return (self.experiment, self.workload, self.model, self.concurrency, self.compute_seconds)


class Part(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """One measure of a claim: the cells, the interval, and the verdict on its bound."""

    of: Reference
    over: Reference
    metric: Name
    bound: Text
    bound_low: Value | None
    bound_high: Value | None
    per_capacity: bool
    log: bool
    blocks: Annotated[int, Meta(ge=0, le=10_000)]
    estimate: Value | None
    low: Value | None
    high: Value | None
    verdict: Verdict


class Claim(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """A claim of a talk and its verdict on this machine."""

    talk: Name
    id: Name
    text: Text
    verdict: Verdict
    parts: Annotated[list[Part], Meta(max_length=20)]


class Fastest(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """The conclusion about one kind of work: the fastest models, several where tied; none where inconclusive."""

    experiment: Name
    workload: Name
    models: Annotated[list[Name], Meta(max_length=100)]

    @property
    def words(self) -> str:
        """The winners as a key for counting."""
        return " or ".join(self.models) or "inconclusive"


class Plan(Struct, forbid_unknown_fields=True, frozen=True, gc=False, omit_defaults=True):
    """The plan of the run, fixed before measuring; `blocks` are those of all its whole runs, `repeat` of them."""

    blocks: Annotated[int, Meta(ge=1, le=10_000)]
    seed: int
    quick: bool
    repeat: Annotated[int, Meta(ge=1, le=10_000)] = 1

    def repeat_of(self, block: int) -> int:
        """The whole run that a block is of."""
        return block * self.repeat // self.blocks


class Share(Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """The share of a run by one machine, or by one condition of a machine."""

    schema: Literal[1]
    kind: Literal["overlap share"]
    version: Name  # of Overlap
    code: Digest  # of the measuring code: figures of two versions are never mixed
    measured: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]
    condition: Label  # what was changed on the machine, such as "one core by affinity"; empty for the machine itself
    machine: Machine
    python: Python
    packages: dict[Name, Name]
    plan: Plan
    cells: Annotated[list[Cell], Meta(min_length=1, max_length=5_000)]
    claims: Annotated[list[Claim], Meta(max_length=1_000)]
    fastest: Annotated[list[Fastest], Meta(max_length=20)]
    hash: Digest

    @property
    def name(self) -> str:
        """The name of the machine or condition in a table."""
        if self.condition:
            return self.condition
        return f"{self.machine.cpu}, {plural(self.machine.cores_usable, 'core')}, Python {self.python.name}"


class ShareError(ValueError):
    """Why a file is left out, in a sentence."""


def content_hash(share: Share) -> str:
    """SHA-256 of everything else in the share, in a canonical form."""
    return sha256(msgspec.json.encode(msgspec.structs.replace(share, hash="0" * 16), order="sorted")).hexdigest()


def measurement_hash(share: Share) -> str:
    """SHA-256 of the measured values alone: the same run under another name has the same."""
    return sha256(msgspec.json.encode([share.cells, share.plan], order="sorted")).hexdigest()


def with_hash(share: Share) -> Share:
    """The share with its hash."""
    return msgspec.structs.replace(share, hash=content_hash(share))


def encode(share: Share) -> bytes:
    """The file's bytes, with a line end."""
    return msgspec.json.encode(share, order="sorted") + b"\n"


DECODER = msgspec.json.Decoder(Share)


def decode(data: bytes) -> Share:
    """A share from a file's bytes. Raises ShareError with the reason: not JSON, another schema, a bad field or hash."""
    if len(data) > LARGEST_BYTES:
        raise ShareError(f"{len(data):,} bytes, more than the {LARGEST_BYTES:,} of a share")
    if data[:2] == b"\x1f\x8b":
        raise ShareError("compressed; a share is plain JSON")
    try:
        share = DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise ShareError(f"no share of schema {SCHEMA}: {problem!s:.200}") from None
    if share.hash != content_hash(share):
        raise ShareError("its content hash does not match: the file was changed after it was written")
    return share


def read(path: Path) -> Share:
    """A share from a file, which is read no further than a share can reach. Raises ShareError."""
    try:
        with path.open("rb") as file:
            return decode(file.read(LARGEST_BYTES + 1))
    except OSError as problem:
        raise ShareError(problem.strerror or str(problem)) from None
