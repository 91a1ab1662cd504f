"""Was the work done: all of it, no other, by nobody else, in no less time than it takes?

Each check takes what was counted beside the model and not by it: spans taken where a task is performed, the server's
account, the CPU that the kernel charged. Computing is held to the speed that a core had at the moment of the round.
"""

from dataclasses import dataclass
from typing import Any

from benchmarks.core.cell import Cell
from benchmarks.core.round import EARLY_S, Timing, peak_concurrency
from benchmarks.machine.calibration import PIECES
from benchmarks.machine.cpu_usage import TICK_S, TICKS, CpuUsage
from benchmarks.workloads import Capacity, Workload

SATURATED = 0.9  # of a core (or of the machine): what is this busy measures itself, not the waiting
# Of the CPU that the work takes at the speed of the moment. Honest rounds used from 0.9 of it on (looks at a core are
# 50 ms long, and it changes its speed); a third of the work looked up leaves two thirds.
LEAST_CPU = 0.75
# Where nobody calibrated the work (a user's own) or the CPU is counted elsewhere (a cluster's workers).
LEAST_CPU_UNSURE = 0.25
LEAST_SPAN = 0.5  # of one task's computing: a short task varies more than a round, and a look-up takes no time


@dataclass(frozen=True)
class Account:
    """What was counted of a round, and what the machine could do at its moment."""

    cell: Cell
    tasks: tuple[int, ...]
    timing: Timing
    usage: CpuUsage
    server: dict[str, Any]
    capacity: Capacity
    url: bool = False  # whether the latency server was asked
    own_cpu: bool = True  # whether all of the CPU was this machine's, and counted to the end
    on_other_machines: bool = False  # whether the tasks were done on other machines

    @property
    def workload(self) -> Workload:
        """The cell's own, which no model was given."""
        return self.cell.workload

    @property
    def calibrated(self) -> bool:
        """Whether a task's computing was sized by the calibration, and so is known task by task."""
        return any(need in PIECES for need in self.workload.needs)


def mismatch(account: Account) -> str:
    """What makes a round other work than every model's; empty when nothing does."""
    return too_much_at_once(account) or other_requests(account) or not_computed(account) or not_waited(account)


def too_much_at_once(account: Account) -> str:
    """More tasks in flight than the cell allows."""
    most, allowed = peak_concurrency(account.timing), account.cell.concurrency
    return f"{most} tasks were in flight at once, but {allowed} are allowed" if most > allowed else ""


def other_requests(account: Account) -> str:
    """Another number of requests, answers or connections at the server."""
    if not account.url:
        return ""
    server, tasks, allowed = account.server, len(account.tasks), account.cell.concurrency
    if not tasks == server["started"] == server["successes"]:
        return f"{tasks} tasks, but the server saw {server['started']} requests and met {server['successes']}"
    most, connections = peak_concurrency(account.timing), server["connections"]
    if not most <= connections <= allowed:
        return f"{most} tasks at once, {allowed} allowed, but the server saw {connections} connections"
    if server["peak_in_flight"] > allowed:
        return f"the server saw {server['peak_in_flight']} requests in flight at once, but {allowed} are allowed"
    return ""


def not_computed(account: Account) -> str:
    """Less CPU than the work takes, of the round or of a task."""
    if account.on_other_machines:
        return ""
    sure = account.calibrated and account.own_cpu
    work_s = sum(map(account.workload.compute_s, account.tasks)) / account.capacity.speed
    used_s, least = account.usage.ours_s, LEAST_CPU if sure else LEAST_CPU_UNSURE
    if used_s + TICKS * TICK_S < least * work_s:
        return f"the work takes {work_s:.3g} s of CPU, but {used_s:.3g} s were used: it was not done"
    return looked_up(account) if sure else ""


def looked_up(account: Account) -> str:
    """The first task that took less time than half of its computing."""
    for task, (start, end) in zip(account.tasks, account.timing.spans, strict=True):
        alone_s = account.workload.wait_s(task) + account.workload.compute_s(task) / account.capacity.speed
        least_s = account.workload.wait_s(task) + LEAST_SPAN * account.workload.compute_s(task) / account.capacity.speed
        if end - start < least_s - EARLY_S:
            return f"task {task} took {end - start:.3g} s, but its work takes {alone_s:.3g} s: it was not done"
    return ""


def not_waited(account: Account) -> str:
    """Less time than any schedule of the waits takes, where nothing is computed."""
    if account.on_other_machines or any(map(account.workload.compute_s, account.tasks)):
        return ""
    least_s = account.workload.ideal_s(list(account.tasks), account.cell.concurrency, account.capacity)
    early_s = EARLY_S * (1 + len(account.tasks) / account.cell.concurrency)
    if account.timing.seconds < least_s - early_s:
        return f"the round took {account.timing.seconds:.3g} s, but waiting for its tasks takes {least_s:.3g} s"
    return ""


def saturated(account: Account) -> str:
    """Which part of a cell that should wait was too busy to: server, machine, client; empty when none was."""
    if account.cell.compute_s or not account.cell.wait_s:
        return ""
    server_s, seconds, ours_s = account.server.get("cpu_s", 0.0), account.timing.seconds, account.usage.ours_s
    if server_s > SATURATED * seconds:
        return "server"
    if ours_s + server_s > SATURATED * account.capacity.parallel * seconds:
        return "machine"
    return "client" if ours_s > SATURATED * seconds else ""
