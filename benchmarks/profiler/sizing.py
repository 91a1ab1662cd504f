"""What a survey of a user's work says: how a task spends its time, how many at once pay, what stops it, how to size it.

Pure: what was timed in, figures and sentences out. A ladder is what one model did with 1, 2, 4, … tasks at once. It is
one look each, not blocks: it finds the sizes that are then measured, and no verdict rests on it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median
from typing import Any

from benchmarks.core.cell import Cell
from benchmarks.load.open_loop import quantile
from benchmarks.workloads.user_work import Mine

GAIN = 1.1  # of throughput, or a rung was not worth climbing: looks of a third of a second differ by half of that
PAYS = 0.9  # of the best throughput: who reaches it has all that there is to gain
MOST = {"processes": 16}  # at once on the ladder: each is an interpreter of 10 MB and more
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
ROUNDS_S = (1.0, 0.5)  # one after another: the longer the better; small work lies
FEW, SHORT_S = 8, 5.0  # at once: fewer are compared only where a round one after another would take longer than this
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
    """How much of a task's computing lets go of the GIL, from the cores that threads kept busy.

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


def bottleneck(
    ladders: Mapping[str, Sweep],
    parallel: float,
    memory: Mapping[str, dict[str, float]],
    available_bytes: float,
    most: int,
    *,
    waits: bool,
    disturbed: bool = False,
) -> dict[str, Any]:
    """What stops the best model from doing more, and a sentence that says how that is known; None where it is not."""
    model, ladder = max(ladders.items(), key=lambda item: max(rung.tasks_per_second for rung in item[1]))
    at = next(rung for rung in ladder if rung.concurrency == knee(ladder))
    top, used = ladder[-1], max(rung.cores_used for rung in ladder if rung.concurrency >= at.concurrency)
    needs = memory.get(model, {}).get("bytes_per_task", 0.0) * top.concurrency
    stretch = top.p50_seconds / ladder[0].p50_seconds
    if needs > available_bytes / 2:
        by, why = "memory", f"{top.concurrency} at once need {needs / 2**20:,.0f} MiB, more than half of what is free"
    elif used >= max(BUSY * parallel, 1 / BUSY) or (model == "processes" and not waits):
        by, why = "all cores", f"{used:.2g} cores were busy, and this machine did {parallel:.2g} cores' worth at once"
    elif used >= BUSY:
        by, why = "one core", f"{used:.2g} cores were busy: what holds the GIL, or runs in a loop, has no more than one"
    elif not waits:
        by, why = "one core", "its tasks compute all the time, and more of them at once gained nothing"
    elif at is top:
        known = "as many as the file allows" if top.concurrency >= most else "as far as was looked"
        by, why = "the waits", f"more at once still paid at {top.concurrency}, {known}"
    elif disturbed:
        return told(model, at, None, f"What stops {model} cannot be told: others were using the machine.")
    else:
        longer = f"with {top.concurrency} at once a task took {stretch:.2g} times as long"
        by, why = "the other side", f"{longer}, and {used:.0%} of a core was used"
    return told(model, at, by, f"What stops {model} is {by}: {why}.")


def told(model: str, at: LoadStep, by: str | None, sentence: str) -> dict[str, Any]:
    """A bound, as it stands in `learned`."""
    return {"by": by, "model": model, "concurrency": at.concurrency, "sentence": sentence}


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
        whole = part or again or f"all {given} tasks"
        minutes = max(1, round(blocks * (self.seconds + 3) / 60))
        sentence = f"A round is {whole}; {len(self.cells)} cells in {blocks} blocks, about {minutes} min."
        most = max(cell.concurrency for cell in self.cells)
        if higher := [f"{model} {size}" for model, size in pays.items() if size > most]:
            sentence += f" More at once would pay ({', '.join(higher)}): {most} is as many as keep a block short."
        return {
            "tasks": self.tasks,
            "repeated": self.tasks > given,
            "subset": self.tasks < given,
            "blocks": blocks,
            "rounds": max(cell.rounds for cell in self.cells),
            "sentence": sentence,
        }


def size(each_s: float, ladders: Mapping[str, Sweep], models: Sequence[str], stated: int) -> RunPlan:
    """Tasks and cells that fit into a block: as many at once as pay, and rounds as long as there is time for."""
    equal = max([2, *map(knee, ladders.values())])
    while True:
        for round_s in ROUNDS_S:
            found = sized(max(2 * equal, math.ceil(round_s / each_s), 4), equal, each_s, ladders, models, stated)
            if found.seconds <= BLOCK_S:
                return found
        if equal <= (FEW if found.tasks * each_s <= SHORT_S else 2):
            return found
        equal = 2 ** ((equal - 1).bit_length() - 1)  # the power of two below


def sized(
    tasks: int, equal: int, each_s: float, ladders: Mapping[str, Sweep], models: Sequence[str], stated: int
) -> RunPlan:
    """The cells for that many tasks, and how long a block of them takes."""
    cells, total_s = list[CellPlan](), 0.0
    for model in models:
        family = next((name for name, members in FAMILIES.items() if model in members and name in ladders), "")
        for concurrency, views in places(model, tasks, equal, ladders.get(family), stated).items():
            round_s = (
                tasks * each_s if model == "sequential" else estimate(ladders.get(family), tasks, concurrency, each_s)
            )
            rounds = 1 if round_s > LONG_S else 2
            discarded = 0 if model == "sequential" and round_s > LONG_S else 1
            cells.append(CellPlan(model, concurrency, rounds, discarded, views))
            total_s += round_s * (rounds + discarded)
    twin = next((cell for cell in cells if cell.model in FAMILIES), cells[0])
    return RunPlan(tasks, equal, total_s, (*cells, CellPlan(**asdict(twin) | {"twin": True})))


def places(model: str, tasks: int, equal: int, ladder: Sweep | None, stated: int) -> dict[int, tuple[str, ...]]:
    """The concurrencies at which a model is measured, and in which view: equal for all, and the best of each."""
    if model == "sequential":
        return {1: ("equal", "best")}
    if model == "gather":  # it keeps to no number
        return {tasks: ("best",)} if tasks <= (stated or MOST_AT_ONCE) else {}
    limit = min(max(2, tasks // 2), stated or MOST_AT_ONCE, MOST.get(family(model), MOST_AT_ONCE))  # two waves and more
    best = max(2, min(knee(ladder), limit)) if ladder else min(equal, limit)
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
