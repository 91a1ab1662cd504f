"""The time that a run has left, by the blocks that it measured.

Its blocks are not alike: the last ones of `make full` measure what `make bench` does, and those of several Pythons take
turns. A mean over all of them said three times too much while the long ones ran. So each kind has its own mean; a kind
of which none was measured yet takes as long a cell as the others did.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean

Kind = tuple[str, str]  # what it measures, and under which interpreter


@dataclass
class TimeLeft:
    """Durations of a run's blocks so far: `kinds` has the kind of each block, `cells` counts those that a kind plans.

    `pauses_s` has the seconds for which the machine is left alone before each block.
    """

    kinds: Sequence[Kind]
    cells: Callable[[Kind], int]
    pauses_s: Sequence[float]
    measured_s: dict[Kind, list[float]] = field(default_factory=dict)

    def add(self, number: int, seconds: float) -> None:
        """Block `number` took so long, all of it measured now."""
        self.measured_s.setdefault(self.kinds[number], []).append(seconds)

    def seconds(self, number: int) -> float | None:
        """The time from before block `number` to the end; None until a block was measured."""
        return sum(self.expected(number)) if self.measured_s else None

    def expected(self, number: int) -> Iterator[float]:
        """The time of each block from `number` on, and of the pauses before them."""
        yield from self.pauses_s[number:]
        for kind in self.kinds[number:]:
            known = self.measured_s.get(kind)
            yield fmean(known) if known else self.cells(kind) * self.seconds_per_cell()

    def seconds_per_cell(self) -> float:
        """The mean over the blocks that were measured."""
        cells = sum(len(known) * self.cells(kind) for kind, known in self.measured_s.items())
        return sum(map(sum, self.measured_s.values())) / cells
