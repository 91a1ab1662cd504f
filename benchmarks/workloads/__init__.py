"""The contract of a workload: what one task is, in a blocking and an awaitable form that do the same work.

A workload is a frozen, picklable dataclass in a file of its own; a process pool sends it to its workers. It knows
the right answer of every task, which exposes a model that loses, swaps or skips work, and the ideal time: the time that
no schedule can beat.

Rejected: a function pair without the answer (a forgotten await then measures 0.5 µs and passes), and an ideal time that
the harness guesses from `cpu_count()` (two cores gave 1.04 to 1.9 times the work of one, from minute to minute).
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from heapq import heapreplace
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar

EVERY_FORM = ("blocking", "asyncio", "trio")  # of computing: it awaits nothing, so any loop runs it


@dataclass(frozen=True)
class Capacity:
    """How much this machine really computes at the moment.

    `speed` is one core's rate over its rate when the task sizes were calibrated; `parallel` is how many times one
    core's work the machine does when every core is asked at once.
    """

    speed: float = 1.0
    parallel: float = 1.0

    def rate(self, workers: int) -> float:
        """Calibrated core-seconds of work that `workers` get done in one second."""
        return self.speed * min(workers, self.parallel)


@dataclass(frozen=True)
class Workload:
    """Base class of all workloads.

    `needs` names the fields that the harness fills in: the server's URL, a measured pace. `forms` are those in which a
    task can be done; `package` is what it cannot be done without, and `service` the database that it asks; what is not
    `isolated` uses packages that refuse to be imported in a sub-interpreter; a task that `waits_first` computes on what
    it has waited for; `lingering_thread_prefix` is how the names of threads begin that its package ends only a moment
    after everything was closed.
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    forms: ClassVar[tuple[str, ...]] = ("blocking", "asyncio")
    package: ClassVar[str] = ""
    service: ClassVar[str] = ""
    lingering_thread_prefix: ClassVar[str] = ""
    waits_first: ClassVar[bool] = False
    isolated: ClassVar[bool] = True
    keeps_threads: ClassVar[bool] = False  # between rounds, as a user's own pool does; `left_undone` sees those at work
    variants: ClassVar[Mapping[str, str]] = MappingProxyType({})  # library → `module:class` that awaits as it does

    @property
    def unavailable_reason(self) -> str:
        """Why it is unavailable on this machine, missing packages aside; empty if it is available."""
        return ""

    @property
    def module(self) -> str:
        """The module that brings the workload."""
        return type(self).__module__

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that a fork server should have loaded before it forks workers: a wrapper names its own, too."""
        return (self.module,)

    def tasks(self, count: int) -> list[int]:
        """`count` tasks; a task is a small integer, so that handing it over costs no model anything."""
        return list(range(count))

    def prepare(self, tasks: list[int]) -> None:
        """Prepare a round, before it and outside the clock."""

    def left_undone(self) -> str:
        """What a round has left unfinished, in words; empty if nothing. Called after each round."""
        return ""

    def client(self) -> AbstractContextManager[Any]:
        """Open what one blocking worker needs: a session, a connection, nothing."""
        return nullcontext()

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """Open what one event loop needs."""
        return nullcontext()

    def perform(self, client: Any, task: int) -> Any:
        """Do one task, blocking until it is done."""
        raise NotImplementedError

    async def aperform(self, client: Any, task: int) -> Any:
        """Do one task, awaiting wherever the blocking form waits; computing does not await, because it cannot."""
        raise NotImplementedError

    def for_library(self, library: str) -> "Workload":
        """The same work awaiting with that library; itself if it awaits nothing."""
        if library not in self.variants:
            return self
        module, name = self.variants[library].split(":")  # loaded only when such a task is performed
        variant: type[Workload] = getattr(import_module(module), name)
        return variant(**{field.name: getattr(self, field.name) for field in fields(self)})

    def expected(self, task: int) -> Any:
        """The right result of `task`, computed in another way than `perform` does where possible."""
        raise NotImplementedError

    def wait_s(self, task: int) -> float:
        """Seconds that `task` waits on an idle machine."""
        return 0.0

    def min_duration_s(self, task: int) -> float:
        """The shortest plausible duration of `task` in seconds: a forgotten await can also give the right answer."""
        return self.wait_s(task)

    def is_correct(self, task: int, answer: Any) -> bool:
        """Whether the answer is the right one."""
        return identical(answer, self.expected(task))

    def compute_s(self, task: int) -> float:
        """Seconds that `task` computes on one core at calibrated speed."""
        return 0.0

    def ideal_s(self, tasks: list[int], concurrency: int, capacity: Capacity) -> float:
        """Seconds that no schedule of `tasks`, started in order, can beat with `concurrency` of them in flight.

        The largest of three bounds: each task holds one place for its wait and its computing; all computing shares the
        cores that are really there; where tasks wait first, no computing starts before the shortest wait is over.
        """
        alone = [self.wait_s(task) + self.compute_s(task) / capacity.speed for task in tasks]
        computing_s = sum(map(self.compute_s, tasks)) / capacity.rate(concurrency)
        first_s = min(map(self.wait_s, tasks), default=0.0) if self.waits_first else 0.0
        return max(list_schedule(alone, concurrency), first_s + computing_s)


def identical(answer: Any, expected: Any) -> bool:
    """Whether two values are of the same type and equal: an answer's own idea of equality does not count.

    What stands for a tuple may be of a driver's own type, as asyncpg's rows are; its members may not.
    """
    if isinstance(expected, tuple) and isinstance(answer, Iterable) and type(answer) is not list:
        members = tuple(answer)
        return len(members) == len(expected) and all(map(identical, members, expected))
    return type(answer) is type(expected) and bool(answer == expected)


def list_schedule(seconds: list[float], places: int) -> float:
    """When the last task ends if each starts as soon as one of `places` is free, in the order given.

    `ceil(N / C) * L` when all are equal (Graham, "Bounds for certain multiprocessing anomalies", 1966).
    """
    free_at = [0.0] * min(places, len(seconds))
    for task_s in seconds:
        heapreplace(free_at, free_at[0] + task_s)
    return max(free_at, default=0.0)
