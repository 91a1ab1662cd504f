"""The path of a round, split into terms that add up to what was measured.

SERVED is what the tasks waited as asked, and beyond that the server being late. In every other window the thread that
the path depends on ran (client CPU), was ready but had no core, or was blocked. The first two are the kernel's
account of the thread, read at the start and end of each task. What it was blocked in is what the sampler saw of such
windows over all rounds: the GIL, a lock, sockets (network and kernel), or another call. What nobody saw is
*unattributed*, and stays so.

Little's residual (the share of the tasks' time that the server did not see) is the same difference without the reasons:
all terms but the first two.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.attribution.path import Kind, Reading, Record, Window
from benchmarks.attribution.sampler import FIELDS
from benchmarks.attribution.thread_state import State
from benchmarks.core.time_terms import ASKED, BLOCKING, CORE, CPU, GIL, LATE, LOCK, NETWORK, POOL, TERMS, UNATTRIBUTED

PERIOD_S, LONGEST_S = 0.001, 0.02  # what a look at a thread stands for, alone; and at most
ENOUGH_SEEN_S = 0.01  # of a kind of window, before what was seen overrules the account
TRANSITION = (Kind.OPENING, Kind.CLOSING)  # where what is neither GIL nor core nor network is the pool's or the loop's


@dataclass(frozen=True)
class Sample:
    """The state of a thread at a moment, sampled from outside the process."""

    at_s: float
    tid: int
    state: State
    reading: Reading


def samples_of(flat: Sequence[float]) -> list[Sample]:
    """The samples that the sampler wrote as a flat list of FIELDS numbers each."""
    return [
        Sample(at_s, int(tid), State(int(state)), Reading(at_s, cpu_s, core_s))
        for at_s, tid, state, cpu_s, core_s in zip(*[iter(flat)] * FIELDS, strict=True)
    ]


@dataclass
class Timeline:
    """How long a thread had run, and waited for a core, at any moment: between two readings in proportion."""

    readings: list[Reading]
    times: list[float] = field(init=False)

    def __post_init__(self) -> None:
        """In order of time; a reading of a running thread is up to a tick old, and never less than the one before."""
        self.readings.sort(key=lambda reading: reading.at_s)
        self.times = [reading.at_s for reading in self.readings]
        cpu_s = core_s = 0.0
        for place, reading in enumerate(self.readings):
            cpu_s, core_s = max(cpu_s, reading.cpu_s), max(core_s, reading.core_wait_s)
            self.readings[place] = Reading(reading.at_s, cpu_s, core_s)

    def at(self, moment_s: float) -> tuple[float, float]:
        """Seconds run and waited until then."""
        place = bisect_right(self.times, moment_s)
        before, after = self.readings[max(0, place - 1)], self.readings[min(place, len(self.readings) - 1)]
        length_s = after.at_s - before.at_s
        share = min(max((moment_s - before.at_s) / length_s, 0.0), 1.0) if length_s > 0 else 0.0
        return (
            before.cpu_s + share * (after.cpu_s - before.cpu_s),
            before.core_wait_s + share * (after.core_wait_s - before.core_wait_s),
        )

    def within(self, window: Window) -> tuple[float, float]:
        """Seconds run and waited in a window; together no more than it is long."""
        (cpu_s, core_s), (cpu_end_s, core_end_s) = self.at(window.start_s), self.at(window.end_s)
        return fitted(cpu_end_s - cpu_s, core_end_s - core_s, window.seconds)


def fitted(cpu_s: float, core_s: float, length_s: float) -> tuple[float, float]:
    """Seconds run and waited, cut to `length_s` together: a thread may also run while the server has its request."""
    core_s = min(core_s, length_s)
    return min(cpu_s, length_s - core_s), core_s


@dataclass(frozen=True)
class Split:
    """The windows of one kind and thread, added up: seconds run, waited for a core, and blocked."""

    cpu_s: float = 0.0
    core_s: float = 0.0
    blocked_s: float = 0.0

    def plus(self, length_s: float, cpu_s: float, core_s: float) -> "Split":
        """The split with one more stretch added."""
        return Split(self.cpu_s + cpu_s, self.core_s + core_s, self.blocked_s + length_s - cpu_s - core_s)

    def as_seen(self, states: Mapping[State, float]) -> "Split":
        """The split with the runnable share that was sampled: the kernel's account is updated late, at each switch.

        The division of the runnable part into running and waiting for a core stays that of the account.
        """
        seen_s, counted_s = sum(states.values()), self.cpu_s + self.core_s
        if seen_s < ENOUGH_SEEN_S or not counted_s:
            return self
        length_s = counted_s + self.blocked_s
        runnable_s = length_s * states.get(State.RUNNABLE, 0.0) / seen_s
        ratio = runnable_s / counted_s
        return Split(self.cpu_s * ratio, self.core_s * ratio, length_s - runnable_s)


Group = tuple[Kind, bool]  # a kind of window, and whether the thread that opened the round has it


def timelines(record: Record, samples: Iterable[Sample]) -> dict[int, Timeline]:
    """The timeline of every thread of a round, from its own readings and from the samples."""
    readings = {record.tid: list(record.readings)}
    for step in record.steps:
        readings.setdefault(step.tid, []).extend((step.opened, step.begin, step.end))
    for sample in samples:
        if record.began_s <= sample.at_s <= record.closed_s:
            readings.setdefault(sample.tid, []).append(sample.reading)
    return {tid: Timeline(of_one) for tid, of_one in readings.items()}


def splits(record: Record, samples: Iterable[Sample]) -> dict[Group, Split]:
    """The path outside the server, added up by kind of window."""
    totals, lines = dict[Group, Split](), timelines(record, samples)
    exact = not record.shared  # each task has its thread to itself: what it used is what the thread did
    for window in record.path():
        if window.kind != Kind.SERVED and not (exact and window.step):
            cpu_s, core_s = lines[window.tid].within(window)
            add(totals, window, record, window.seconds, cpu_s, core_s)
    for step in record.chain() if exact else ():
        arrived_s, left_s = record.at_server(step)
        length_s = step.end.at_s - step.begin.at_s - (left_s - arrived_s)
        used = fitted(step.end.cpu_s - step.begin.cpu_s, step.end.core_wait_s - step.begin.core_wait_s, length_s)
        add(totals, Window(Kind.WORK, step.tid, 0, 0), record, length_s, *used)
    return totals


def add(
    totals: dict[Group, Split], window: Window, record: Record, length_s: float, cpu_s: float, core_s: float
) -> None:
    """Add a stretch of a window to the totals of its group."""
    group = window.kind, window.tid == record.tid
    totals[group] = totals.get(group, Split()).plus(length_s, cpu_s, core_s)


def weighted(samples: Sequence[Sample]) -> Iterator[tuple[Sample, float]]:
    """Each sample with its weight: the seconds until the next sample of the same thread, at most LONGEST_S."""
    after = dict[int, float]()
    for sample in reversed(samples):
        yield sample, min(after.get(sample.tid, sample.at_s + PERIOD_S) - sample.at_s, LONGEST_S)
        after[sample.tid] = sample.at_s


def seconds_by_state(records: Sequence[Record], samples: Sequence[Sample]) -> dict[Group, dict[State, float]]:
    """Sampled seconds by kind of window and by state of the thread."""
    weights = list(weighted(samples))[::-1]
    times = [sample.at_s for sample in samples]
    seconds = dict[Group, dict[State, float]]()
    for record in records:
        here = weights[bisect_right(times, record.began_s) : bisect_right(times, record.closed_s)]
        windows = dict[int, list[Window]]()
        for window in sorted(record.population(), key=lambda window: window.start_s):
            windows.setdefault(window.tid, []).append(window)
        starts = {tid: [window.start_s for window in of_one] for tid, of_one in windows.items()}
        for sample, weight_s in here:
            place = bisect_right(starts.get(sample.tid, []), sample.at_s) - 1
            if place >= 0 and sample.at_s < (window := windows[sample.tid][place]).end_s:
                states = seconds.setdefault((window.kind, window.tid == record.tid), {})
                states[sample.state] = states.get(sample.state, 0.0) + weight_s
    return seconds


def term_of(kind: Kind, state: State, shared: bool, any_waits: bool) -> str:
    """The term that a thread's blocked state counts for in a window; `any_waits`: some task requests a delay.

    Where none does, a worker with one task may wait in any call. A loop in any call but its own wait is blocked.
    """
    if state in (State.GIL, State.UNKNOWN):
        return GIL if state == State.GIL else UNATTRIBUTED
    if state == State.SOCKET and kind == Kind.OPENING:
        return NETWORK
    if kind in TRANSITION or (kind == Kind.BETWEEN and not shared):
        return POOL
    if state == State.LOCK:
        return LOCK
    return NETWORK if state == State.POLL or (not shared and (state == State.SOCKET or not any_waits)) else BLOCKING


def computing(kind: Kind, shared: bool) -> str:
    """The term that computing counts for in a window."""
    return POOL if kind in TRANSITION or (kind == Kind.BETWEEN and not shared) else CPU


def attribute(records: Sequence[Record], flat: Sequence[float]) -> dict[str, float]:
    """Seconds of a round by term, on average over the rounds: together the average of what was measured."""
    samples, shared = samples_of(flat), any(record.shared for record in records)
    any_waits = any(seconds for record in records for seconds in record.asked_s.values())
    totals, blocked = dict.fromkeys(TERMS, 0.0), seconds_by_state(records, samples)
    for record in records:
        for window in record.path():
            if window.kind == Kind.SERVED:
                assert window.step
                asked_s = min(record.asked_s.get(window.step.task, 0.0), window.seconds)
                totals[ASKED] += asked_s
                totals[LATE] += window.seconds - asked_s
        for (kind, ours), account in splits(record, samples).items():
            exact = kind == Kind.WORK and not shared
            split = account if exact else account.as_seen(blocked.get((kind, ours), {}))
            totals[computing(kind, shared)] += split.cpu_s
            totals[CORE] += split.core_s
            for term, share in shares(blocked.get((kind, ours), {}), kind, shared, any_waits).items():
                totals[term] += share * split.blocked_s
    return {term: totals[term] / len(records) for term in TERMS}


def shares(states: Mapping[State, float], kind: Kind, shared: bool, any_waits: bool) -> dict[str, float]:
    """The shares of blocked time in a window by term; all of it is unattributed without samples."""
    blocked = {state: seconds for state, seconds in states.items() if state != State.RUNNABLE}
    total_s = sum(blocked.values())
    if not total_s:
        return {UNATTRIBUTED: 1.0}
    terms = dict[str, float]()
    for state, seconds in blocked.items():
        term = term_of(kind, state, shared, any_waits)
        terms[term] = terms.get(term, 0.0) + seconds / total_s
    return terms
