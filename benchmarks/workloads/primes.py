"""Python code that holds the GIL: find primes by trial division, add them up.

The work grows evenly with `width`, so that a task can be sized to the machine. A task must last about 50 ms: a
CPU-bound cell under about 0.3 s once gave threads a 1.58x "speed-up" under the GIL.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from math import isqrt

from benchmarks.workloads import EVERY_FORM, Workload

# Trial division costs more the larger the numbers. A task of 50 ms visits some 35,000 of them, and they must all cost
# the same: those from here on do to 1 %. Beginning at 100,001, a task of 50 ms took 63, because the piece that sizes it
# (`calibration`) has the smallest numbers only.
FIRST = 1_000_001
# From one task's first number to the next's. With ranges end to end, the thousandth task would be harder than the
# first. Ranges this close together are equally hard, and still no two add up to the same: every step leaves some primes
# behind and meets larger ones.
STEP = 100


def sum_of_primes(start: int, stop: int) -> int:
    """The sum of the primes in [start, stop), by trial division; `start` is odd and above 2."""
    return sum(n for n in range(start, stop, 2) if all(n % d for d in range(3, isqrt(n) + 1, 2)))


@lru_cache
def primes_up_to(most: int) -> tuple[int, ...]:
    """The primes from 2 to `most`, by the sieve of Eratosthenes."""
    sieve = bytearray([1]) * (most + 1)
    sieve[:2] = b"\0\0"
    for n in range(2, isqrt(most) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, most + 1, n)))
    return tuple(compress(range(most + 1), sieve))


@lru_cache
def sum_of_primes_by_sieve(start: int, stop: int) -> int:
    """The same sum, found by crossing out multiples: another way, so that it can check the first."""
    sieve = bytearray([1]) * (stop - start)
    for prime in primes_up_to(isqrt(stop)):
        first = max(prime * prime, -(-start // prime) * prime) - start
        sieve[first::prime] = bytes(len(range(first, stop - start, prime)))
    return sum(compress(range(start, stop), sieve))


@dataclass(frozen=True)
class Primes(Workload):
    """Add up the primes of a range that takes one core about `task_s` seconds at `numbers_per_s`."""

    name = "primes"
    forms = EVERY_FORM
    needs = ("numbers_per_s",)
    task_s: float = 0.05
    numbers_per_s: float = 0.0

    @property
    def width(self) -> int:
        """How many numbers a task visits, even and at least two."""
        return max(2, round(self.task_s * self.numbers_per_s / 2) * 2)

    def span(self, task: int) -> tuple[int, int]:
        """The range of `task`: each task has one of its own, so no answer fits another."""
        start = FIRST + task * STEP
        return start, start + self.width

    def perform(self, client: None, task: int) -> int:
        """Compute."""
        return sum_of_primes(*self.span(task))

    async def aperform(self, client: None, task: int) -> int:
        """Compute without awaiting: there is nothing to wait for."""
        return sum_of_primes(*self.span(task))

    def expected(self, task: int) -> int:
        """The sum as the sieve finds it."""
        return sum_of_primes_by_sieve(*self.span(task))

    def compute_s(self, task: int) -> float:
        """The calibrated time."""
        return self.task_s
