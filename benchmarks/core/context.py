"""Where a block measures: what it knows, what supports it, and how things were before any model was imported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from benchmarks.backends.databases import DatabaseHandle
from benchmarks.core.cell import Cell
from benchmarks.core.leaks import ProcessSnapshot, connections
from benchmarks.core.tampering import Originals
from benchmarks.machine.capacity import CapacityMonitor
from benchmarks.machine.cpu_usage import subreaper
from benchmarks.machine.heartbeat import Heartbeat
from benchmarks.machine.null_client import ceiling_s
from benchmarks.machine.pinning import NONE, Pinning
from benchmarks.machine.scheduler import ThreadTimes, thread_times
from benchmarks.workloads import Workload
from benchmarks.workloads.http_base import Pages
from servers.subprocesses import ServiceError


class InvalidCell(Exception):
    """A round was not whole, so its cell is not a result."""


@dataclass(frozen=True)
class BlockContext:
    """What all cells of a block share: parameters of workloads, the capacity gauge, processes outside of every cell."""

    params: dict[str, Any]  # values for the fields that a workload lists in `needs`
    gauge: CapacityMonitor
    excluded_pids: frozenset[int]
    write: Callable[[dict[str, Any]], None]
    databases: Mapping[str, DatabaseHandle | ServiceError] = field(default_factory=dict)  # the databases
    heartbeat: Heartbeat | None = None
    pinning: Pinning = NONE
    ceilings: dict[tuple[Any, ...], float] = field(default_factory=dict)  # by size, as far as measured

    @cached_property
    def baseline(self) -> ProcessSnapshot:
        """Threads and processes that existed before any model was imported; a newcomer that stays is a leak."""
        return ProcessSnapshot.now(self.excluded_pids)

    @cached_property
    def originals(self) -> Originals:
        """The functions and the state of this interpreter before any model was imported."""
        return Originals.now()

    @cached_property
    def first_threads(self) -> Mapping[int, ThreadTimes]:
        """The kernel's account of the threads that existed before any model was imported."""
        return thread_times()

    @cached_property
    def first_connections(self) -> frozenset[tuple[int, int]]:
        """The connections that were open before any model was imported."""
        return connections()

    def ceiling_s(self, workload: Workload, tasks: Sequence[int], concurrency: int) -> float:
        """What a client without a protocol takes for the same pages, measured once in a block.

        0 for other work, and for pages that it cannot fetch: errors, say, which have other lengths.

        Where the machine has a core to spare, the null client keeps off the server's, as the models do.
        """
        if not isinstance(workload, Pages):
            return 0.0
        size = (tuple(map(workload.target, tasks)), concurrency)
        if size not in self.ceilings:
            with self.pinning.client_apart():
                self.ceilings[size] = known_ceiling_s(workload, tasks, concurrency)
        return self.ceilings[size]

    def remember(self) -> None:
        """Record threads, processes and connections, at the first call: before the first model is imported."""
        subreaper(True)
        _ = self.baseline, self.originals, self.first_threads, self.first_connections

    def database(self, cell: Cell) -> DatabaseHandle | None:
        """The database of the cell's workload; None if it needs none. InvalidCell where the database did not start."""
        handle = self.databases[cell.workload.service] if cell.workload.service else None
        if isinstance(handle, ServiceError):
            raise InvalidCell(str(handle))
        return handle

    def bind(self, cell: Cell) -> Cell:
        """The cell with its workload's needs filled in."""
        given = {name: self.params[name] for name in cell.workload.needs}
        if database := self.database(cell):
            given["database"] = database.url
        return replace(cell, workload=replace(cell.workload, **given))


def known_ceiling_s(workload: Pages, tasks: Sequence[int], concurrency: int) -> float:
    """The ceiling in seconds; 0 where the null client could not fetch the pages."""
    try:
        return ceiling_s(workload, tasks, concurrency)
    except ConnectionError:
        return 0.0
