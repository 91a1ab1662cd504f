"""Server and client on cores of their own, where there are enough of them.

While a cell waits, the latency server answers beside it. Where both run on the same cores each delays the other, and
the scheduler decides by how much. From LEAST_CORES on the server has one core and the client has the others.

With two cores that was tried, in turns, and left. For asyncio it made no difference: 105 ms free and 116 ms pinned at
100 in flight, 173 and 168 ms at 200, with a spread of 15 %. Threads took 2.7 times as long (125 and 332 ms at 100), and
the server's own delays grew from 19 to 168 ms, because neither could use a core that the other had left idle. A cell
that computes keeps all cores, for they are what it is held to.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self

LEAST_CORES = 4  # three are left for the client: a loop, its threads, the processes of a pool
PINNED = "OVERLAP_PINNED"  # a variable: set apart from two cores on, to see what that does; the run's record says so


@dataclass(frozen=True)
class Pinning:
    """The cores of the server, those of the client while a cell waits, and all of them; none are set apart if empty."""

    server: frozenset[int] = frozenset()
    client: frozenset[int] = frozenset()

    @classmethod
    def for_this_process(cls) -> Self:
        """The pinning for the cores that this process may use."""
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
        return cls.of(cores, 2 if os.environ.get(PINNED) else LEAST_CORES)

    @classmethod
    def of(cls, cores: set[int], least: int = LEAST_CORES) -> Self:
        """The last core for the server, where there are at least so many."""
        if len(cores) < least:
            return cls()
        return cls(frozenset({max(cores)}), frozenset(cores - {max(cores)}))

    def described(self) -> dict[str, list[int]] | None:
        """What a run records of it; None where nothing is pinned."""
        return {"server": sorted(self.server), "client": sorted(self.client)} if self.server else None

    def pin_server(self, pid: int) -> None:
        """Give the server its core."""
        if self.server:
            with suppress(OSError):  # the process has ended, or is another user's
                os.sched_setaffinity(pid, self.server)

    @contextmanager
    def client_apart(self) -> Iterator[None]:
        """Keep this thread, and whatever it starts, off the server's core."""
        if not self.client:
            yield
            return
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.client)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)


NONE = Pinning()
