"""The lines that held the loop, the GIL or a lock in rounds of a cell: which, how often, how long."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from benchmarks.attribution import watchdog
from benchmarks.attribution.traced_lock import LockHold
from benchmarks.attribution.user_frame import Line
from benchmarks.attribution.watchdog import HELD_S, Hold, watching
from benchmarks.workloads import Workload

ROUNDS = 2  # under watch
TASKLESS_SHARE = 0.05  # of a round that a thread without tasks must have held the GIL for: its steps cannot be counted


@dataclass(frozen=True)
class Holder:
    """A line that held the loop, the GIL or a lock: how often in a round, and for how long each time."""

    kind: str
    line: Line
    count: float
    seconds_each: float
    share: float  # of all the time for which something of this kind was held

    def to_record(self) -> dict[str, Any]:
        """The entry that a results file keeps."""
        return {"kind": self.kind, **asdict(self.line), "count": self.count, "seconds_each": self.seconds_each,
                "share": self.share}  # fmt: skip


@dataclass(frozen=True)
class WatchedWorkload(Workload):
    """The same workload, whose loops and tasks the watchdog of this process knows."""

    name = "watched"
    workload: Workload
    library: str = "asyncio"

    @property
    def modules(self) -> tuple[str, ...]:
        """This one and the wrapped workload's."""
        return __name__, *self.workload.modules

    def for_library(self, library: str) -> "WatchedWorkload":
        """The wrapped workload in that library's words."""
        return replace(self, workload=self.workload.for_library(library), library=library)

    def client(self) -> AbstractContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.client()

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """The wrapped workload's, under watch."""
        with self.loop():
            async with self.workload.aclient() as client:
                yield client

    def loop(self) -> AbstractContextManager[None]:
        """The watch over the running loop."""
        if not watchdog.active:
            return nullcontext()
        return watchdog.active.on_trio() if self.library == "trio" else watchdog.active.on_asyncio()

    def perform(self, client: Any, task: int) -> Any:
        """Perform; the thread begins another task."""
        if watchdog.active:
            watchdog.active.begin_task()
        return self.workload.perform(client, task)

    async def aperform(self, client: Any, task: int) -> Any:
        """Perform."""
        return await self.workload.aperform(client, task)


def holders(run: Callable[[WatchedWorkload], float], workload: Workload, locks: list[LockHold]) -> list[Holder]:
    """The lines that held something in watched rounds; `run` returns seconds, traced locks fill `locks` meanwhile."""
    locks.clear()
    with watching() as dog:
        seconds = sum(run(WatchedWorkload(workload)) for _ in range(ROUNDS))
    stretches = [hold for key, hold in dog.holds.items() if counts(key, hold, seconds)]
    contended = [
        Hold("lock", {hold.line: hold.seconds}) for hold in locks if hold.waiters and hold.seconds >= HELD_S / 10
    ]
    return grouped([*stretches, *contended])


def counts(key: tuple[Any, ...], hold: Hold, round_s: float) -> bool:
    """Whether a stretch is long enough to be reported."""
    taskless = hold.kind == "GIL" and not key[2]
    return hold.seconds >= (max(HELD_S, TASKLESS_SHARE * round_s) if taskless else HELD_S)


def grouped(holds: Iterable[Hold]) -> list[Holder]:
    """The holders, one a line of code, with the longest total first."""
    lines = dict[tuple[str, Line], list[float]]()
    for hold in holds:
        lines.setdefault((hold.kind, hold.line), []).append(hold.seconds)
    totals = dict[str, float]()
    for (kind, _), seconds in lines.items():
        totals[kind] = totals.get(kind, 0.0) + sum(seconds)
    lines_held = [
        Holder(kind, line, len(seconds) / ROUNDS, median(seconds), sum(seconds) / totals[kind])
        for (kind, line), seconds in lines.items()
        if sum(seconds) >= HELD_S
    ]
    return sorted(lines_held, key=lambda holder: holder.count * holder.seconds_each, reverse=True)
