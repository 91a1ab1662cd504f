"""C code that releases the GIL: SHA-256 over 1 MiB blocks."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from benchmarks.workloads import EVERY_FORM, Workload

BLOCK = bytes(range(256)) * 4096  # 1 MiB; hashlib releases the GIL above 2047 bytes


def digest(task: int, blocks: int) -> str:
    """SHA-256 of the task's number followed by `blocks` times BLOCK."""
    running = sha256(str(task).encode())
    for _ in range(blocks):
        running.update(BLOCK)
    return running.hexdigest()


@lru_cache
def digest_by_eights(task: int, blocks: int) -> str:
    """The same digest from updates of other sizes: the odd blocks with the number, the others eight at a time."""
    running, eight = sha256(str(task).encode() + BLOCK * (blocks % 8)), BLOCK * 8
    for _ in range(blocks // 8):
        running.update(eight)
    return running.hexdigest()


@dataclass(frozen=True)
class Digest(Workload):
    """Hash as many blocks as take one core about `task_s` seconds at `blocks_per_s`."""

    name = "digest"
    forms = EVERY_FORM
    needs = ("blocks_per_s",)
    task_s: float = 0.05
    blocks_per_s: float = 0.0

    @property
    def blocks(self) -> int:
        """How many blocks a task hashes."""
        return max(1, round(self.task_s * self.blocks_per_s))

    def perform(self, client: None, task: int) -> str:
        """Compute, without the GIL for most of it."""
        return digest(task, self.blocks)

    async def aperform(self, client: None, task: int) -> str:
        """The same; an event loop gains nothing from the released GIL."""
        return digest(task, self.blocks)

    def expected(self, task: int) -> str:
        """The digest, from updates of other sizes."""
        return digest_by_eights(task, self.blocks)

    def compute_s(self, task: int) -> float:
        """The calibrated time."""
        return self.task_s
