"""The path through a round: what had to happen, sequentially, until its last task had ended.

A round of many tasks at once has no sum of its own: 50 tasks wait 50 ms each, and the round takes 71.5. What the 71.5
consist of is the path. It ends with the task that ended last and goes back from there: the task that its worker (a
thread, a process, or one of the loop's places) did before, and so on to the first; before that the pool or loop was
opened, after the last it was closed. Each moment of the round belongs to exactly one window of the path, so whatever
the windows are split into adds up to what was measured.

- OPENING: from the start of the round until the worker's first task began. The round's thread has it until the worker
  begins to open its client, then the worker. A loop does its tasks in the thread that opened it: there OPENING ends
  with the first task of all, and what the loop does until the path's own first task begins is work for other tasks.
- SERVED: while the server had the request, from the arrival of its first byte until the answer was handed to the
  kernel. What a task waits for that is no server (`sleep`) is taken to begin with the task.
- WORK: the rest of each task, before and after that.
- BETWEEN: from the end of a task to the start of the next.
- CLOSING: from the end of the last task to the end of the round, in the round's thread.

What a thread does while the server has its request is beside the path, and costs nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from benchmarks.core.round import most_overlapping


class Kind(StrEnum):
    """What a window of the path is for."""

    OPENING = "opening"
    SERVED = "served"
    WORK = "work"
    BETWEEN = "between"
    CLOSING = "closing"


@dataclass(frozen=True)
class Reading:
    """The kernel's account of a thread at a moment: seconds run, and seconds waited for a core (0 where unknown)."""

    at_s: float
    cpu_s: float
    core_wait_s: float = 0.0


@dataclass(frozen=True)
class Step:
    """A task as the thread saw that did it; `opened` is when that thread began to open its client."""

    task: int
    tid: int
    opened: Reading
    begin: Reading
    end: Reading


@dataclass(frozen=True)
class Window:
    """A stretch of the path, and the thread that it depends on there."""

    kind: Kind
    tid: int
    start_s: float
    end_s: float
    step: Step | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Record:
    """The record of a round: its moments, the readings of the thread that opened it, its tasks, and the server's log.

    `asked_s` is the delay that each task requests; `served` has the moments when the server had a task's request, if
    it logs them; `loop` says that the model's tasks share an event loop.
    """

    began_s: float
    closed_s: float
    tid: int
    readings: tuple[Reading, ...]
    steps: tuple[Step, ...]
    asked_s: Mapping[int, float] = field(default_factory=dict)
    served: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    loop: bool = False

    @property
    def seconds(self) -> float:
        """What was measured."""
        return self.closed_s - self.began_s

    @cached_property
    def shared(self) -> bool:
        """Whether a thread may have several tasks in flight: an event loop has, even one that is held all the time."""
        spans = dict[int, list[tuple[float, float]]]()
        for step in self.steps:
            spans.setdefault(step.tid, []).append((step.begin.at_s, step.end.at_s))
        return self.loop or any(most_overlapping(of_one) > 1 for of_one in spans.values())

    def chain(self) -> list[Step]:
        """The tasks of the path, in the order in which they were done."""
        ordered = sorted(self.steps, key=lambda step: step.end.at_s, reverse=True)
        chain = ordered[:1]
        for step in ordered:
            if step.tid == chain[-1].tid and step.end.at_s <= chain[-1].begin.at_s:
                chain.append(step)
        return chain[::-1]

    def at_server(self, step: Step) -> tuple[float, float]:
        """When a task's request was with the server, within the task; empty where it asked none and waited for none."""
        start_s, end_s = step.begin.at_s, step.end.at_s
        arrived_s, left_s = self.served.get(step.task, (start_s, start_s + self.asked_s.get(step.task, 0.0)))
        arrived_s = min(max(arrived_s, start_s), end_s)
        return arrived_s, min(max(left_s, arrived_s), end_s)

    def of_task(self, step: Step) -> Iterator[Window]:
        """The windows of one task."""
        arrived_s, left_s = self.at_server(step)
        yield Window(Kind.WORK, step.tid, step.begin.at_s, arrived_s, step)
        yield Window(Kind.SERVED, step.tid, arrived_s, left_s, step)
        yield Window(Kind.WORK, step.tid, left_s, step.end.at_s, step)

    def opening(self, first: Step) -> Iterator[Window]:
        """What comes before a worker's first task."""
        begin_s = first.begin.at_s
        if first.tid == self.tid:
            earliest_s = min(step.begin.at_s for step in self.steps)
            yield Window(Kind.OPENING, self.tid, self.began_s, earliest_s)
            yield Window(Kind.BETWEEN, self.tid, earliest_s, begin_s)
        else:
            opened_s = min(max(first.opened.at_s, self.began_s), begin_s)
            yield Window(Kind.OPENING, self.tid, self.began_s, opened_s)
            yield Window(Kind.OPENING, first.tid, opened_s, begin_s)

    def path(self) -> list[Window]:
        """The windows from the start of the round to its end, without a gap and without an overlap."""
        chain = self.chain()
        windows = list(self.opening(chain[0]))
        for before, step in pairwise([None, *chain]):
            assert step
            if before:
                windows.append(Window(Kind.BETWEEN, step.tid, before.end.at_s, step.begin.at_s))
            windows += self.of_task(step)
        return [*windows, Window(Kind.CLOSING, self.tid, chain[-1].end.at_s, self.closed_s)]

    def population(self) -> list[Window]:
        """The windows whose samples tell what threads do in such a window: those of all workers, not of the path alone.

        A thread that has one task at a time does in it what those on the path do. A loop does a little for each of its
        tasks, so only the path's own windows tell.
        """
        if self.shared:
            return self.path()
        windows = [window for window in self.path() if window.tid == self.tid]
        workers = dict[int, list[Step]]()
        for step in sorted(self.steps, key=lambda step: step.begin.at_s):
            workers.setdefault(step.tid, []).append(step)
        for tid, steps in workers.items():
            if tid != self.tid:
                windows += [window for window in self.opening(steps[0]) if window.tid == tid]
                windows += [window for step in steps for window in self.of_task(step)]
                windows += [Window(Kind.BETWEEN, tid, one.end.at_s, other.begin.at_s) for one, other in pairwise(steps)]
        return windows
