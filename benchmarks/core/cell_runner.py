"""The rounds of one cell: what is cleared before each, what is counted and checked after it, and its columns."""

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import get_native_id
from typing import Any
from urllib.parse import urlsplit

from benchmarks.core.cell import Cell
from benchmarks.core.context import BlockContext, InvalidCell
from benchmarks.core.leaks import (
    ProcessSnapshot,
    borrowed_threads,
    connections,
    end_leaked,
    settle_threads,
    wait_for_exit,
)
from benchmarks.core.round import CLOCKS_APART_S, Timing, spans_us, time_round, validation_error
from benchmarks.core.work_done import Account, mismatch, saturated
from benchmarks.machine.calibration import kind_of
from benchmarks.machine.capacity import ABOVE
from benchmarks.machine.cpu_usage import DISTURBED_SHARE, CpuSnapshot, CpuUsage, snapshot, usage_between
from benchmarks.machine.heartbeat import asleep_s, slept_s
from benchmarks.machine.pinning import NONE
from benchmarks.machine.scheduler import thread_times
from benchmarks.models import NAMES, Model, _kept, _subprocess, needs
from benchmarks.models._cluster import external_address
from benchmarks.workloads import Capacity
from servers.request_stats import reset, stats

CLOCK, WALL_CLOCK, MONOTONIC = time.perf_counter, time.time, time.monotonic  # taken before a model could replace them
FRESH_S = 0.5  # of a capacity sample: one that old is as good as one just after the cell


@dataclass
class CellRunner:
    """The rounds of one cell, as pytest-benchmark calls for them: `setup`, `perform`, `teardown`, over and over."""

    cell: Cell
    place: BlockContext
    find_model: Callable[[str], Model]
    done: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place.remember()
        self.tasks = tuple(self.cell.workload.tasks(self.cell.tasks))
        self.model: Model = self.find_model(self.cell.model)
        self.needs_subprocess = self.cell.model in NAMES and needs(self.cell.model).needs_subprocess
        self.stretches: list[tuple[float, float]] = []  # when each round began and ended, by `time.monotonic`
        self.on_other_machines = bool(external_address(self.cell.model))
        self.url = self.place.params["url"] if "url" in self.cell.workload.needs else None
        self.database = self.place.database(self.cell)
        for task in self.tasks:
            self.cell.workload.expected(task)  # computed now, so that checking a round costs little

    def setup(self) -> None:
        """Clear the table: what the tasks find, garbage, the server's account, the machine's."""
        if not self.done:  # later rounds are compared with the snapshot at the end of the round before
            self.fail_if("; ".join(self.place.originals.changes()))
        self.fail_if(self.early())
        self.cell.workload.prepare(list(self.tasks))
        self.capacity = self.place.gauge.latest(self.cell.workload)
        gc.collect()
        _subprocess.lost.clear()
        if self.url:
            self.ceiling_s = self.place.ceiling_s(self.cell.workload, self.tasks, self.cell.concurrency)
            reset(self.url)
        if self.database:
            self.database.prepare(self.cell.workload)
            self.database_cpu_s = self.database.cpu_s()
        if not self.cell.workload.keeps_threads:
            settle_threads(self.place.first_threads)
        self.pid, self.threads = os.getpid(), thread_times()
        self.asleep_s, self.began = asleep_s(), MONOTONIC()
        self.reading: CpuSnapshot = snapshot(self.place.excluded_pids)

    def perform(self) -> None:
        """The part inside the clock."""
        clock = WALL_CLOCK if self.on_other_machines else CLOCK  # which starts anew on each machine
        pinning = self.place.pinning if self.pinned else NONE
        with pinning.client_apart():
            self.timing: Timing = time_round(self.model, self.cell.workload, self.tasks, self.cell.concurrency, clock)

    @property
    def pinned(self) -> bool:
        """Whether the client keeps off the server's core: where it waits for that server, and computes nothing."""
        waits = bool(self.url) and not self.cell.compute_s and not self.on_other_machines
        return waits and self.place.pinning != NONE

    def teardown(self) -> None:
        """Take the accounts, check the answers, keep the round."""
        if os.getpid() != self.pid:
            os._exit(1)  # a copy of this process that a model has forked, and that also returned from the round
        reading = snapshot(self.place.excluded_pids)
        self.stretches.append((self.began, MONOTONIC()))
        server = stats(self.url) if self.url else self.databases()
        usage = usage_between(self.reading, reading, server.get("cpu_s", 0.0))
        slack_s = CLOCKS_APART_S if self.on_other_machines else 0.0
        self.fail_if(validation_error(self.cell.workload, self.tasks, self.timing, slack_s))
        if self.database:
            self.fail_if(self.database.validation_error(self.cell.workload, list(self.tasks)))
        self.fail_if("; ".join(self.place.originals.changes()))
        self.fail_if(self.left_behind())
        account = self.account(usage, server)
        if mismatch(account):  # at the speed of a moment ago: look at this one
            self.place.gauge.renew(self.cell.workload)
            account = self.account(usage, server)
        self.fail_if(mismatch(account))
        self.done.append(self.to_record(account))

    def account(self, usage: CpuUsage, server: dict[str, Any]) -> Account:
        """What was counted of the round that has just ended."""
        capacity = self.place.gauge.around(self.cell.workload, self.began)
        own_cpu = not self.needs_subprocess
        return Account(
            self.cell, self.tasks, self.timing, usage, server, capacity, bool(self.url), own_cpu, self.on_other_machines
        )

    def finish(self) -> list[dict[str, Any]]:
        """The rounds, with what can be said of them only now: suspensions, and the ideal time at the moment of each."""
        self.place.gauge.renew(self.cell.workload, oldest_s=FRESH_S)
        if self.cell.model == "sequential" and self.cell.workload.compute_s(0):
            self.add_own_speed()
        for entry, (began, ended) in zip(self.done, self.stretches, strict=True):
            self.add_ideal(entry, began)
            if self.place.heartbeat:
                self.place.heartbeat.wait(ended)
                entry["suspended_seconds"] += self.place.heartbeat.suspended_s(began, ended)
            if entry["suspended_seconds"] > DISTURBED_SHARE * entry["seconds"]:
                entry |= {"disturbed": True, "disturbed_by": "a suspension"}
        return self.done

    def add_ideal(self, entry: dict[str, Any], since: float) -> None:
        """Add the ideal time of a round, and whether the round was faster by more than the capacity samples differ."""
        gauge, size = self.place.gauge, self.cell.concurrency
        ideal_s = gauge.ideal_s(self.cell.workload, list(self.tasks), size, entry["seconds"], since)
        entry |= {"ideal_seconds": ideal_s, "above_ideal": ideal_s > ABOVE * entry["seconds"]}

    def add_own_speed(self) -> None:
        """Take the speed of the sequential baseline as a sample of one core: no ideal time may be slower."""
        work_s = sum(map(self.cell.workload.compute_s, self.tasks))
        for entry in (entry for entry in self.done if entry["cpu_seconds"]):
            self.place.gauge.add(kind_of(self.cell.workload), Capacity(work_s / entry["cpu_seconds"], 1.0))

    def early(self) -> str:
        """What is there already and should begin within the clock; empty when nothing is."""
        here = list[str]()
        if not self.done:
            here += self.newcomers(ProcessSnapshot.now(self.place.excluded_pids))
        if self.url:
            port = urlsplit(self.url).port
            opened = connections() - self.place.first_connections
            here += ["a connection to the server" for _, peer in opened if peer == port]
        return "; ".join(f"{one} was there before the round: its start-up is outside the clock" for one in here)

    def newcomers(self, now: ProcessSnapshot) -> list[str]:
        """The threads and processes that no block begins with; threads that are the work's own are its own business."""
        new = now.leaked_since(self.place.baseline)
        return [one for one in new if not (self.cell.workload.keeps_threads and one.startswith("thread "))]

    def left_behind(self) -> str:
        """What has not ended with the round, or worked in it and is older; empty when nothing has."""
        baseline, excluded = self.place.baseline, self.place.excluded_pids
        prefix = self.cell.workload.lingering_thread_prefix
        wait_for_exit(prefix, baseline, excluded if self.needs_subprocess else None)
        now = ProcessSnapshot.now(self.place.excluded_pids | _kept.pids())
        end_leaked(now, baseline)
        left = [f"{one} was left behind" for one in self.newcomers(now)]
        keeps = self.cell.workload.keeps_threads
        borrowed = [] if keeps else borrowed_threads(self.threads, self.place.first_threads)
        return "; ".join(left + [f"{one} is older than the round and worked in it" for one in borrowed])

    def databases(self) -> dict[str, Any]:
        """The account of a database: the time that it has computed, where that can be told."""
        if not self.database or self.database_cpu_s is None or (now_s := self.database.cpu_s()) is None:
            return {}
        return {"cpu_s": now_s - self.database_cpu_s}

    def fail_if(self, complaint: str | None) -> None:
        """Raise InvalidCell when there is a complaint."""
        if complaint:
            raise InvalidCell(f"{self.cell}, round {len(self.done)}: {complaint}")

    def to_record(self, account: Account) -> dict[str, Any]:
        """The columns of this round."""
        timing, usage, server = self.timing, account.usage, account.server
        return {
            "round": len(self.done),
            "warmup": len(self.done) < self.cell.warmup_rounds,
            "seconds": timing.seconds,
            "start_seconds": timing.start_s,
            "run_seconds": timing.run_s,
            "stop_seconds": timing.stop_s,
            "cpu_seconds": usage.ours_s,
            "others_cpu_seconds": usage.others_s,
            "steal_seconds": usage.steal_s,
            "disturbed": bool(reason := self.disturbed_by(usage)),
            "disturbed_by": reason,
            "suspended_seconds": slept_s(self.asleep_s),
            **self.run_queue(),
            "core_speed": self.capacity.speed,
            "parallel_capacity": self.capacity.parallel,
            "saturated": saturated(account),
            "spans_us": spans_us(timing),
            **({"workers_lost": len(_subprocess.lost)} if _subprocess.lost else {}),
        } | (self.wire_entry(server) if self.url else {"server_cpu_seconds": server["cpu_s"]} if server else {})

    def run_queue(self) -> dict[str, float]:
        """Seconds that the main thread was ready and had no core; empty where the kernel has no account."""
        now = thread_times().get(get_native_id())
        return {"run_queue_seconds": (now - self.threads[get_native_id()]).core_wait_s} if now else {}

    def disturbed_by(self, usage: CpuUsage) -> str:
        """What disturbed the round; empty if nothing. One thread alone waits for a core only beside other load."""
        alone = self.cell.model == "sequential" and not self.url and not self.database
        queued_s = self.run_queue().get("run_queue_seconds", 0.0) if alone else 0.0
        taken = usage.disturbed_by(self.place.gauge.cores)
        return taken or ("a queue for the cores" if queued_s > DISTURBED_SHARE * self.timing.seconds else "")

    def wire_entry(self, server: dict[str, Any]) -> dict[str, Any]:
        """The columns that the server's account gives."""
        return {
            "server_cpu_seconds": server["cpu_s"],
            "requests": server["requests"],
            "connections": server["connections"],
            "peak_in_flight": server["peak_in_flight"],
            "received_bytes": server["bytes"],
            "delay_excess_p99_seconds": server["delay_excess_p99_s"],
            "pinned": self.pinned,
            **({"ceiling_seconds": self.ceiling_s} if self.ceiling_s else {}),
        }
