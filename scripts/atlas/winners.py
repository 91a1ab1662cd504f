"""The map of the fastest models over cores and Pythons, from what each machine's own run concluded."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scripts.atlas.share_format import Share

WORK = {("io", "wire"): "waiting: raw HTTP/1.1", ("cpu", "primes"): "computing: pure Python"}


@dataclass(frozen=True)
class Place:
    """A group of machines with the same number of cores and the same Python: how often which models were fastest."""

    cores: int
    python: str
    winners: Counter[str]

    @property
    def words(self) -> str:
        """The counts in words: `asyncio (3 of 4), asyncio or threads (1 of 4)`."""
        total = sum(self.winners.values())
        return ", ".join(f"{name} ({count} of {total})" for name, count in self.winners.most_common())


def maps(shares: Iterable[Share]) -> list[tuple[str, list[Place]]]:
    """For each kind of work that any machine has measured: its places, by cores and then by Python."""
    groups = {work: dict[tuple[int, str], Counter[str]]() for work in WORK}
    for share in shares:
        for one in share.fastest:
            if (work := (one.experiment, one.workload)) in groups:
                place = share.machine.cores_usable, share.python.name
                groups[work].setdefault(place, Counter())[one.words] += 1
    return [(WORK[work], [Place(*at, group[at]) for at in sorted(group)]) for work, group in groups.items() if group]
