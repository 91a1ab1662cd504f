"""How many tasks in flight pay, how much of the computing holds the GIL, and which cells are measured.

Pure: what was timed in, figures and sentences out. A sweep is what one model did with 1, 2, 4, … tasks in flight. It is
one look each, not blocks: it finds the sizes that are then measured, and no verdict rests on it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean, median
from typing import Any

from benchmarks.core.cell import Cell
from benchmarks.load.quantiles import quantile
from benchmarks.profiler.evidence import Evidence
from benchmarks.workloads.user_work import Mine

GAIN = 1.1  # of throughput, or a rung was not worth climbing: looks of a third of a second differ by half of that
PAYS = 0.9  # of the best throughput: who reaches it has all that there is to gain
MOST = {"processes": 16}  # concurrent on the ladder: each is an interpreter of 10 MB and more
MOST_AT_ONCE = 512
# A ladder stands for the models that run tasks the same way.
FAMILIES = {
    "threads": ("threads", "to_thread"),
    "asyncio": ("asyncio", "uvloop", "queue_workers", "gather"),
    "processes": ("processes", "interpreters"),
}
BUSY = 0.85  # of one core, or of all: what is this busy is at its limit
TAIL = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
BLOCK_S = 10.0  # of rounds in a block: ten of them, and the starts of ten interpreters, are two minutes
QUICK_BLOCK_S = 3.0  # where the answer is wanted within half a minute
ROUNDS_S = (1.0, 0.5)  # sequentially: the longer the better; small work lies
FEW, SHORT_S = 8, 5.0  # at once: fewer are compared only where a round sequentially would take longer than this
LONG_S = 1.0  # a cell whose round takes this long is measured once a block


@dataclass(frozen=True)
class LoadStep:
    """What a model did with so many tasks at once; `seconds` with opening and closing, the rate without."""

    concurrency: int
    tasks: int
    seconds: float
    tasks_per_second: float
    cores_used: float
    p50_seconds: float
    a_second_longer: int = 0  # tasks that took whole seconds longer than the others
    end_spread: float | None = None  # how unevenly they ended: spread of the gaps ÷ their mean
    evidence: Evidence | None = None

    def round_s(self, tasks: int) -> float:
        """How long a round of so many tasks would take."""
        return max(0.0, self.seconds - self.tasks / self.tasks_per_second) + tasks / self.tasks_per_second


Sweep = Sequence[LoadStep]


def spread(values: Sequence[float]) -> dict[str, float]:
    """The middle of several tasks and how far they lie apart."""
    ordered = sorted(values)
    aside = len(ordered) // 20
    return {"median": median(ordered), "mean": mean(ordered), "low": ordered[aside], "high": ordered[-1 - aside]}


def tail(values: Sequence[float]) -> dict[str, float | None]:
    """The quantiles of a task's time; None for one that so few tasks cannot show: of p99 it takes 299."""
    return {name: quantile(sorted(values), share) for name, share in TAIL.items()}


def heights(most: int) -> Iterable[int]:
    """1, 2, 4, … and the most itself."""
    height = 1
    while height < most:
        yield height
        height *= 2
    yield most


def goes_on(ladder: Sweep) -> bool:
    """Whether to climb on: until two rungs in a row gained nothing."""
    if len(ladder) < 3:
        return True
    before = max(rung.tasks_per_second for rung in ladder[:-2])
    return max(rung.tasks_per_second for rung in ladder[-2:]) > GAIN * before


def knee(ladder: Sweep) -> int:
    """The least concurrency that has as good as all of the gain."""
    best = max(rung.tasks_per_second for rung in ladder)
    return next(rung.concurrency for rung in ladder if rung.tasks_per_second >= PAYS * best)


def released(threads: Sweep, parallel: float) -> dict[str, Any]:
    """How much of a task's computing releases the GIL, from the cores that threads kept busy.

    What holds the GIL is done by one core: threads that use `u` cores held it for 1 / u of their computing. Where they
    never filled one core they waited, and nothing can be told.
    """
    top = max(threads, key=lambda rung: rung.cores_used)
    full = top.cores_used >= BUSY * parallel
    share = max(0.0, 1 - 1 / top.cores_used) if top.cores_used >= BUSY else None
    if share is not None and share < 0.1:  # a tenth is what the clocks of the system's accounts differ by
        share = 0.0
    return {
        "threads": top.concurrency,
        "cores_used": top.cores_used,
        "released_share": share,
        "at_least": bool(share) and full,
    }


@dataclass(frozen=True)
class Limits:
    """How many tasks may be in flight: as the file states, and, by family, as many as a sweep came through with."""

    stated: int = MOST_AT_ONCE
    reached: Mapping[str, int] = field(default_factory=dict)

    def of(self, model: str) -> int:
        """For one model."""
        return min(self.stated, self.reached.get(family(model), MOST_AT_ONCE))


@dataclass(frozen=True)
class CellPlan:
    """One cell that will be measured."""

    model: str
    concurrency: int
    rounds: int
    warmup_rounds: int
    views: tuple[str, ...]
    twin: bool = False


@dataclass(frozen=True)
class RunPlan:
    """How many tasks a round has, and the cells."""

    tasks: int
    equal: int  # the concurrency that every model gets
    seconds: float  # of a block, estimated
    cells: tuple[CellPlan, ...]

    def described(self, given: int, blocks: int, pays: dict[str, int]) -> dict[str, Any]:
        """What was done about the size, for the record and in a sentence."""
        part = f"{self.tasks} of the {given:,} tasks, evenly from the list" if self.tasks < given else ""
        again = f"the {given} tasks over and over, until there are {self.tasks}" if self.tasks > given else ""
        tasks = part or again or f"all {given} tasks"
        minutes = max(1, round(blocks * (self.seconds + 3) / 60))
        sentence = f"A round is {tasks}; {len(self.cells)} cells in {blocks} blocks, about {minutes} min."
        most = max(cell.concurrency for cell in self.cells)
        if higher := [f"{model} {size}" for model, size in pays.items() if size > most]:
            sentence += (
                f" The profile found {', '.join(higher)} faster still; a block stays short up to concurrency {most}."
            )
        return {
            "tasks": self.tasks,
            "repeated": self.tasks > given,
            "subset": self.tasks < given,
            "blocks": blocks,
            "rounds": max(cell.rounds for cell in self.cells),
            "sentence": sentence,
        }


def size(
    each_s: float, ladders: Mapping[str, Sweep], models: Sequence[str], limits: Limits, block_s: float = BLOCK_S
) -> RunPlan:
    """Tasks and cells that fit into a block: as many in flight as pay, and rounds as long as there is time for."""
    equal = min(limits.stated, max([2, *map(knee, ladders.values())]))
    while True:
        for round_s in ROUNDS_S:
            plan = sized(max(2 * equal, math.ceil(round_s / each_s), 4), equal, each_s, ladders, models, limits)
            if plan.seconds <= block_s:
                return plan
        if equal <= (FEW if plan.tasks * each_s <= SHORT_S else 2):
            return plan
        equal = 2 ** ((equal - 1).bit_length() - 1)  # the power of two below


def sized(
    tasks: int, equal: int, each_s: float, ladders: Mapping[str, Sweep], models: Sequence[str], limits: Limits
) -> RunPlan:
    """The cells for that many tasks, and how long a block of them takes."""
    cells, total_s = list[CellPlan](), 0.0
    for model in models:
        family = next((name for name, members in FAMILIES.items() if model in members and name in ladders), "")
        for concurrency, views in concurrencies(model, tasks, equal, ladders.get(family), limits.of(model)).items():
            round_s = (
                tasks * each_s if model == "sequential" else estimate(ladders.get(family), tasks, concurrency, each_s)
            )
            rounds = 1 if round_s > LONG_S else 2
            discarded = 0 if model == "sequential" and round_s > LONG_S else 1
            cells.append(CellPlan(model, concurrency, rounds, discarded, views))
            total_s += round_s * (rounds + discarded)
    twin = next((cell for cell in cells if cell.model in FAMILIES), cells[0])
    return RunPlan(tasks, equal, total_s, (*cells, CellPlan(**asdict(twin) | {"twin": True})))


def concurrencies(model: str, tasks: int, equal: int, ladder: Sweep | None, most: int) -> dict[int, tuple[str, ...]]:
    """The concurrencies at which a model is measured, and in which view: equal for all, and the best of each."""
    if model == "sequential":
        return {1: ("equal", "best")}
    if model == "gather":  # it keeps to no number
        return {tasks: ("best",)} if tasks <= most else {}
    limit = min(max(2, tasks // 2), most, MOST.get(family(model), MOST_AT_ONCE))  # two waves and more
    best = min(limit, max(2, knee(ladder))) if ladder else min(equal, limit)
    both = [("equal", min(equal, limit)), ("best", best)]
    return {size: tuple(view for view, one in both if one == size) for _, size in both}


def family(model: str) -> str:
    """Whose ladder stands for a model; its own name where none does."""
    return next((name for name, members in FAMILIES.items() if model in members), model)


def estimate(ladder: Sweep | None, tasks: int, concurrency: int, each_s: float) -> float:
    """How long a round takes, by the rung that is nearest below."""
    if not ladder:
        return tasks * each_s / min(concurrency, 2)
    rung = next((rung for rung in reversed(ladder) if rung.concurrency <= concurrency), ladder[0])
    return rung.round_s(tasks)


def cells_of(survey: dict[str, Any]) -> list[Cell]:
    """The cells that a survey has fixed."""
    workload = Mine(**survey["workload"] | {"forms": tuple(survey["workload"]["forms"])})
    return [
        Cell("user_work", workload, one["model"], one["concurrency"], workload.size, one["twin"], one["rounds"],
             one["warmup_rounds"], opt_in=True)
        for one in survey["cells"]
    ]  # fmt: skip
