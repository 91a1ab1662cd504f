"""Which models are fastest at a kind of work on each machine, and the map of that over cores and Pythons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.analysis.conclusions import Outcome, conclude
from scripts.atlas.plausibility import paired
from scripts.atlas.share_format import Cell, Share
from scripts.stats.intervals import geometric_mean

WORK = {"waiting: raw HTTP/1.1": ("io", "wire"), "computing: pure Python": ("cpu", "primes")}


@dataclass(frozen=True)
class Place:
    """A group of machines with the same number of cores and the same Python: how often which models were fastest."""

    cores: int
    python: str
    winners: Counter[str]

    @property
    def words(self) -> str:
        """Such as: asyncio (3 of 4), asyncio or threads (1 of 4)."""
        total = sum(self.winners.values())
        return ", ".join(f"{name} ({count} of {total})" for name, count in self.winners.most_common())


def map_of(machines: Sequence[tuple[Share, str]]) -> list[Place]:
    """Machines and their fastest models, by cores and then by Python."""
    groups = dict[tuple[int, str], Counter[str]]()
    for share, fastest in machines:
        python = ".".join(share.python.version.split(".")[:2]) + "t" * share.python.free_threaded
        groups.setdefault((share.machine.cores_usable, python), Counter())[fastest] += 1
    return [Place(cores, python, winners) for (cores, python), winners in sorted(groups.items())]


def fastest_models(share: Share, experiment: str, workload: str) -> list[str]:
    """The fastest model and those that are not slower; empty without a comparison."""
    cells = [cell for cell in share.cells if (cell.experiment, cell.workload) == (experiment, workload)]
    cells = [cell for cell in cells if cell.metric == "seconds" and len(cell.values) > 1]
    best = one_each(cells)
    if len(best) < 2:
        return []
    first = best[0]
    return [first.model, *(cell.model for cell in best[1:] if not slower(cell, first))]


def one_each(cells: Sequence[Cell]) -> list[Cell]:
    """Each model's fastest cell, the fastest model first."""
    ranked = sorted(cells, key=lambda cell: geometric_mean(cell.values).estimate)
    return list({cell.model: cell for cell in reversed(ranked)}.values())[::-1]


def slower(cell: Cell, first: Cell) -> bool:
    """Whether the cell is slower than the first; its noise floor is not shared, and assumed."""
    pairs = paired(cell, first)
    ratio = geometric_mean(pairs) if len(pairs) > 1 else None
    return conclude(ratio, None).outcome is Outcome.SLOWER
