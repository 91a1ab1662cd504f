"""A stage to measure on: what pytest-benchmark does as it really behaves, a gauge that never moves, a journal in a list."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks import journal
from benchmarks.accounts import descendants
from benchmarks.cell import Cell
from benchmarks.measure import Place, Rounds, whole_or_nothing
from benchmarks.models import Model
from benchmarks.workloads import Capacity

NUMBERS_PER_S = 1e6  # some 1 ms of computing for 1 ms asked, on any machine of today
BLOCKS_PER_S = 1000.0


class Gauge:
    """Always the same."""

    cores = 2

    def now(self) -> Capacity:
        return Capacity()


@dataclass
class Benchmark:
    """`benchmark.pedantic`, as tried: set-up and tear-down around every round, warm-ups too; the last answer only."""

    has_error: bool = False
    extra_info: dict[str, Any] = field(default_factory=dict)

    def pedantic(
        self,
        target: Callable[[], Any],
        setup: Callable[[], None] = lambda: None,
        teardown: Callable[[], None] = lambda: None,
        rounds: int = 1,
        warmup_rounds: int = 0,
    ) -> Any:
        for _ in range(warmup_rounds + rounds):
            setup()
            result = target()
            teardown()
        return result


@dataclass
class Stage:
    """Where cells are measured, and what is left of them."""

    provided: dict[str, Any]
    apart: frozenset[int] = frozenset()
    lines: list[str] = field(default_factory=list)
    benchmark: Benchmark = field(default_factory=Benchmark)

    def __post_init__(self) -> None:
        # who is here already (the fork server of an earlier test, a server) belongs to no cell
        apart = self.apart | {process.pid for process in descendants(self.apart)}
        self.place = Place(self.provided, Gauge(), apart, lambda entry: self.lines.append(journal.seal(entry)))  # type: ignore[arg-type]

    def play(self, model: Model, cell: Cell) -> list[dict[str, Any]]:
        """Measure a cell with a model that need not be one of the house's; its rounds."""
        self.benchmark = Benchmark()
        cell = self.place.furnish(cell)
        with whole_or_nothing(self.benchmark, self.place, cell) as kept:
            rounds = Rounds(cell, self.place, model, kept)
            self.benchmark.pedantic(rounds.perform, rounds.before, rounds.after, rounds=cell.rounds, warmup_rounds=1)
        return kept

    def rejects(self, model: Model, cell: Cell) -> str:
        """Measure a cell that must not become a result; the reason that the journal gives."""
        with suppress(Exception):
            self.play(model, cell)
        assert not [entry for entry in self.entries if entry.get("valid")], "the mutant survived"
        assert self.benchmark.has_error, "pytest-benchmark would keep it"
        assert not self.benchmark.extra_info
        return str(self.entries[-1]["reason"])

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the journal holds."""
        return [journal.unseal(line) for line in self.lines]
