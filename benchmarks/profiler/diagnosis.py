"""What stops a model from doing more, decided from evidence, and what to change; "can't tell" where that is not enough.

Pure: the steps of a sweep in, one cause and one sentence out. Each cause has a sign of its own, and a cause is named
only by that sign; causes that look alike from here (a rate limit, the other side's own cores, a full network) are named
together and decided between by nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.core.time_terms import BLOCKING, CPU, ELSEWHERE, GIL, LOCK, LOOP_HELD, NETWORK, TERM_WORDS
from benchmarks.profiler.evidence import Evidence
from benchmarks.profiler.sizing import BUSY, LoadStep, knee
from benchmarks.profiler.timeline import RETRY_S

MOST_OF = 0.5  # of the time, or of the workers: what holds for more than half is what stops the rest
IDLE = 0.35  # of a core: who computes less than this is not stopped by computing
SECOND_CORE = 1.3  # parallel capacity: with less, the GIL and a single core look alike
ONE_CORE = 1.15  # cores busy: more is not one core, whatever the reason
GIL_LATE = 0.2  # of its time in which a sleeping thread was kept from going on
NO_GAIN = 1.15  # of throughput, from one step to the next
CLEAR_GAIN = 1.4  # the same where other programs use the machine
NEARLY_A_CORE = 0.6  # of computing: what holds the GIL, or runs in a loop, ends at one core
MANY_WORKERS = 4.5  # that more workers than four are evenly spaced by chance happens once in hundreds
NEAR = 0.25  # of a pool's gain to the number of its connections
STEADY = 0.1  # plateaus differ by less than this
EVEN = 0.25  # spread of the gaps between ends ÷ their mean; chance alone gives 1
CAN_NOT_TELL = "can't tell"
# The term of `make why` that a cause adds to. Memory, a pool's size and what still gains have none.
TERMS = {
    "GIL": GIL,
    "lock": LOCK,
    "all cores": CPU,
    "one core": CPU,
    "blocked loop": BLOCKING,
    "backlog": NETWORK,
    "rate limit": NETWORK,
    "one connection": NETWORK,
}
WORDS = TERM_WORDS | {BLOCKING: LOOP_HELD, NETWORK: ELSEWHERE}


@dataclass(frozen=True)
class Machine:
    """What the machine had to give meanwhile."""

    parallel: float  # cores' worth of work at once
    available_bytes: float
    bytes_per_task: float = 0.0
    disturbed: bool = False
    waits: bool = True  # whether a task waits at all
    most: int = 512  # tasks in flight that the file allows, or has


@dataclass(frozen=True)
class Diagnosis:
    """What stops a model, and what to change. `cause` is one of those below, or "can't tell"."""

    model: str
    cause: str
    why: str
    change: str = ""

    @property
    def term(self) -> str:
        """The term of `make why` that the cause adds to; empty where there is none."""
        return TERMS.get(self.cause, "")

    @property
    def sentence(self) -> str:
        """For people, in one sentence, and one more with what to change."""
        where = "can't tell what stops it" if self.cause == CAN_NOT_TELL else WORDS.get(self.term, "")
        start = ": ".join(filter(None, [self.model, where, self.why]))
        return f"{start}. {self.change}".strip()


def diagnose(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis:
    """The one cause that the evidence shows, the surest sign first."""
    signs = (memory, backlog, blocked_loop, default_pool, lock, cores, still_climbing, disturbed, other_side)
    diagnoses = (sign(model, sweep, machine) for sign in signs)
    return next(filter(None, diagnoses), Diagnosis(model, CAN_NOT_TELL, "nothing that was looked at was at its limit"))


def top(sweep: Sequence[LoadStep]) -> LoadStep:
    """The step that shows what stops it: the last."""
    return sweep[-1]


def memory(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """Tasks in flight would need more than half of what is free."""
    needs = machine.bytes_per_task * top(sweep).concurrency
    if not needs > machine.available_bytes / 2:
        return None
    size = f"{top(sweep).concurrency} tasks in flight need {needs / 2**20:,.0f} MiB of memory"
    fitting = max(1, int(machine.available_bytes / 2 / machine.bytes_per_task))
    why = f"memory: {size}, and {machine.available_bytes / 2**20:,.0f} MiB are free"
    return Diagnosis(model, "memory", why, f"Next: write MOST_AT_ONCE = {fitting}")


def backlog(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """Some tasks take whole seconds longer, and connections were asked for again."""
    step = max(sweep, key=lambda one: one.a_second_longer)
    if step.a_second_longer < 2 or step.p50_seconds > RETRY_S:
        return None
    slow = f"with {step.concurrency} in flight {step.a_second_longer} of {step.tasks} tasks took whole seconds longer"
    if not step.evidence or not step.evidence.syn_retransmits:
        return Diagnosis(model, CAN_NOT_TELL, f"{slow}, and no connection was seen to be asked for again")
    again = f"{step.evidence.syn_retransmits} connections were asked for again"
    why = f"{slow}, because the server's listen backlog was full and {again}"
    return Diagnosis(model, "backlog", why, "Next: raise backlog= of the server, or keep connections open in client()")


def blocked_loop(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """The loop could not run what was due, and did not compute meanwhile."""
    evidence = top(sweep).evidence
    if evidence is None or evidence.loop_blocked is None or evidence.loop_cpu is None:
        return None
    waited = evidence.loop_blocked - evidence.loop_cpu - evidence.loop_core_wait
    if evidence.loop_blocked < MOST_OF or waited < IDLE:
        return None
    at = f" ({evidence.loop_blocked_at})" if evidence.loop_blocked_at else ""
    longest = f", up to {1000 * (evidence.loop_longest_gap_s or 0.0):.0f} ms at a stretch"
    blocked = f"for {100 * evidence.loop_blocked:.0f} % of the time{longest}"
    why = f"{blocked}: awork calls something that blocks{at}"
    return Diagnosis(model, "blocked loop", why, "Next: await it, or put it into asyncio.to_thread()")


def default_pool(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """Calls wait for a thread of the loop's default pool."""
    evidence = top(sweep).evidence
    if evidence is None or not evidence.pool_queued or not_enough_to_gain(sweep):
        return None
    why = (
        f"asyncio.to_thread has {evidence.pool_limit} threads (min(32, cores + 4)), "
        f"and up to {evidence.pool_queued} calls waited for one"
    )
    change = f"Next: loop.set_default_executor(ThreadPoolExecutor({top(sweep).concurrency})) in aclient()"
    return Diagnosis(model, "pool cap", why, change)


def not_enough_to_gain(sweep: Sequence[LoadStep]) -> bool:
    """Whether the last step still gained as much as it could."""
    return len(sweep) > 1 and sweep[-1].tasks_per_second > 1.7 * sweep[-2].tasks_per_second


def lock(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """Most of the workers that can wait did, for a lock, a semaphore or a pool's connection: one always has it."""
    evidence = top(sweep).evidence
    if evidence is None or top(sweep).concurrency < 2 or not_enough_to_gain(sweep):
        return None
    kind, share = max(
        ((name, evidence.waits.get(name, 0.0)) for name in ("lock", "semaphore", "pool")), key=lambda one: one[1]
    )
    if share < max(MOST_OF - 0.5 / top(sweep).concurrency, 0.3):
        return None
    at = f" ({evidence.waits_at})" if evidence.waits_at else ""
    waited = f"{100 * share:.0f} % of its workers waited for a {kind if kind != 'pool' else 'pool or queue'}{at}"
    if kind == "lock":
        return Diagnosis(model, "lock", waited, "Next: hold it for less, or give each worker its own in client()")
    why = f"a {'semaphore' if kind == 'semaphore' else 'pool'} that lets fewer in: {waited}"
    return Diagnosis(model, "pool cap", why, "Next: make it as large as the concurrency")


def cores(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """As many cores were busy as there are, or as one interpreter can use."""
    step = max(sweep[-2:], key=lambda one: one.cores_used)
    used, evidence = step.cores_used, step.evidence
    if used >= BUSY * machine.parallel and (used > ONE_CORE or machine.parallel < ONE_CORE):
        why = f"{used:.2g} cores were busy of the {max(used, machine.parallel):.2g} that this machine gave"
        return Diagnosis(model, "all cores", why)
    if not BUSY <= used <= ONE_CORE or evidence is None or model == "processes":
        return None
    return one_core(model, used, evidence, machine)


def one_core(model: str, used: float, evidence: Evidence, machine: Machine) -> Diagnosis:
    """One core was busy: because of the loop, the GIL, or what cannot be told."""
    busy = f"{used:.2g} cores were busy of {max(used, machine.parallel):.2g}"
    if evidence.loop_cpu is not None:
        if evidence.loop_cpu >= BUSY - 0.1:
            why = f"the loop's thread computed for {100 * evidence.loop_cpu:.0f} % of the time, on one core"
            return Diagnosis(model, "one core", why, "Next: compute in processes, or where the GIL is released")
        return Diagnosis(model, CAN_NOT_TELL, f"{busy}, and the loop was not what computed")
    if machine.parallel < SECOND_CORE:
        return Diagnosis(model, CAN_NOT_TELL, f"{busy}: with no second core the GIL does not show")
    if (late := evidence.gil_late or 0.0) >= GIL_LATE:
        why = f"{busy}, and a thread that only slept was kept waiting for {100 * late:.0f} % of its time"
        return Diagnosis(model, "GIL", why, "Next: compute in processes, or on a free-threaded Python")
    return Diagnosis(model, CAN_NOT_TELL, f"{busy}, but the GIL was free")


def disturbed(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """Others had the machine, and nothing above shows through it."""
    return Diagnosis(model, CAN_NOT_TELL, "other programs were using the machine") if machine.disturbed else None


def still_climbing(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """Nothing yet: the last step still gained, and no core is what it will run out of."""
    step = top(sweep)
    gain = step.tasks_per_second / sweep[-2].tasks_per_second if len(sweep) > 1 else 1.0
    clear = gain >= (CLEAR_GAIN if machine.disturbed else NO_GAIN) or machine.most == 1
    if knee(sweep) != step.concurrency or not clear or not machine.waits or step.cores_used >= NEARLY_A_CORE:
        return None
    known = "as many as the file has or allows" if step.concurrency >= machine.most else "as many as were tried"
    return Diagnosis(
        model, "waits", f"nothing stops it yet: more in flight still gained at {step.concurrency}, {known}"
    )


def other_side(model: str, sweep: Sequence[LoadStep], machine: Machine) -> Diagnosis | None:
    """No core was busy, nobody waited for a lock, and more in flight gained nothing: it is outside of this program."""
    step, evidence = top(sweep), top(sweep).evidence
    if step.cores_used > IDLE or step.concurrency < 4 or evidence is None or not machine.waits:
        return Diagnosis(
            model, CAN_NOT_TELL, f"{step.cores_used:.2g} cores were busy, and more in flight gained nothing"
        )
    multiple = step.tasks_per_second / sweep[0].tasks_per_second
    if evidence.waits.get("limiter", 0.0) >= MOST_OF:
        return Diagnosis(
            model, "rate limit", f"it has a rate limit of its own: most workers wait for it ({evidence.waits_at})"
        )
    paced = evidence.waits.get("sleep", 0.0) >= IDLE
    if evidence.connections == 1 and multiple < NO_GAIN and not paced:
        why = f"{step.concurrency} tasks in flight shared a single connection"
        return Diagnosis(
            model, "one connection", why, "Next: open one for each worker in client(), or a pool in aclient()"
        )
    if (
        1 < evidence.connections <= step.concurrency / 2
        and abs(multiple / evidence.connections - 1) < NEAR
        and not paced
    ):
        why = f"a pool of connections: {step.concurrency} tasks in flight shared {evidence.connections}"
        return Diagnosis(model, "pool cap", why, "Next: make the pool as large as the concurrency")
    if rate := steady_rate(sweep):
        why = f"as under a rate limit, {rate:.3g} tasks/s ended at an even pace with {knee(sweep)} in flight and more"
        return Diagnosis(model, "rate limit", why, f"Next: write MOST_AT_ONCE = {knee(sweep)}: more only wait longer")
    longer = step.p50_seconds / sweep[0].p50_seconds
    why = (
        f"with {step.concurrency} in flight a task took {longer:.2g}× as long and {100 * step.cores_used:.0f} % of a "
        "core was busy; a rate limit, one connection at a time or the other side's own cores look the same from here"
    )
    return Diagnosis(model, CAN_NOT_TELL, why)


def steady_rate(sweep: Sequence[LoadStep]) -> float:
    """The rate of tasks whose ends are evenly spaced, at two steps and more; 0 where it could be anything else.

    A server that does k tasks at once gives k times the rate of one, in bursts; two or three may be evenly spaced by
    chance, so such rates are left out.
    """
    flat = [
        step for step in sweep if step.tasks_per_second >= (1 - STEADY) * max(one.tasks_per_second for one in sweep)
    ]
    if (
        len(flat) < 2
        or flat[-1] is not sweep[-1]
        or any(step.end_spread is None or step.end_spread > EVEN for step in flat[-2:])
    ):
        return 0.0
    multiple = flat[-1].tasks_per_second / sweep[0].tasks_per_second
    near_integer = multiple < MANY_WORKERS and abs(multiple - round(multiple)) < STEADY * multiple
    return 0.0 if near_integer or multiple < NO_GAIN else flat[-1].tasks_per_second
