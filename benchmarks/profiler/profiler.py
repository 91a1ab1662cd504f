"""A look at a user's work before it is measured: is it done, which models can do it, how many in flight pay, what size?

In an interpreter of its own, because it runs the user's code, and each model's trial in another. What it is about to
do, and at last what came of it, goes line by line to a file of its own: what the user's code prints cannot get in
between. No verdict rests on this; it fixes what the blocks then measure.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import mean
from time import perf_counter  # before a user's file is imported, which may replace them
from typing import IO, Any

import psutil

from benchmarks.machine.calibration import Calibration
from benchmarks.machine.capacity import CapacityMonitor, usable_cores
from benchmarks.machine.cpu_usage import CpuUsage, snapshot, subreaper, usage_between
from benchmarks.models import NAMES, needs
from benchmarks.profiler.description import described, forms_of, workload
from benchmarks.profiler.diagnosis import Machine, diagnose
from benchmarks.profiler.file_checks import loaded, mind_nothing
from benchmarks.profiler.isolated import isolated
from benchmarks.profiler.one_by_one import ENOUGH_S, opening_s
from benchmarks.profiler.same_work import Doubts, Looked, look_at_forms, sealed
from benchmarks.profiler.sizing import (
    BLOCK_S,
    FAMILIES,
    MOST_AT_ONCE,
    QUICK_BLOCK_S,
    Limits,
    Sweep,
    knee,
    released,
    size,
)
from benchmarks.profiler.trials import LADDER_S, RUNG_S, Plan, Trial, can_run, error_text, memory, trial
from benchmarks.workloads._user_module import TaskFailed, UnusableFile
from benchmarks.workloads.user_work import Mine
from servers.subprocesses import exit_with_parent

SCHEMA = 2  # of survey.json and mine.json
MODELS = ("sequential", *(name for family in FAMILIES.values() for name in family))  # unless others are asked for
QUICK_MODELS = ("sequential", *FAMILIES)
NEGLIGIBLE = 0.01  # a share of waiting or computing below this is that of the clocks
PATIENCE_S = 15.0  # with a step of a trial beyond what its tasks take: an interpreter starts in one
CLUSTER_PATIENCE_S = 90.0  # Ray takes half a minute to start
SPEED = {  # seconds of tasks one at a time, of a sweep, of one step of it, of a block; when quick and otherwise
    False: (ENOUGH_S, LADDER_S, RUNG_S, BLOCK_S),
    True: (0.4, 3.0, 0.1, QUICK_BLOCK_S),
}


@dataclass
class Profiler:
    """A profile under way."""

    source: str
    models: Sequence[str]
    blocks: int
    out: IO[str]
    quick: bool = False
    doubts: Doubts = field(default_factory=Doubts)
    unfit: dict[str, str] = field(default_factory=dict)
    at: str = ""

    def write_entry(self, **entry: Any) -> None:
        """Write a line, for whoever waits for it."""
        self.out.write(json.dumps(entry, allow_nan=False) + "\n")
        self.out.flush()

    def step(self, what: str) -> None:
        """Say what comes next: if it never ends, this is the last that is heard."""
        self.at = what
        self.write_entry(step=what)

    def run(self, pace: Calibration) -> dict[str, Any]:
        """Everything, in the order in which a mistake shows soonest."""
        self.step("importing the file")
        before, began = snapshot(), perf_counter()
        code = loaded(self.source, self.doubts)
        learned: dict[str, Any] = {"import_seconds": perf_counter() - began}
        enough_s, *sweep_s, block_s = SPEED[self.quick]
        with CapacityMonitor(pace) as gauge:
            mine = workload(self.source, code)
            speeds = [gauge.latest(mine).speed]
            looked = look_at_forms(mine, forms_of(code), enough_s, self.step, self.doubts)
            capacity = gauge.sample()
        mine = self.informed(looked, mean([*speeds, capacity.speed]), learned)
        plan = self.plan(mine, looked, *sweep_s)
        mind_nothing(looked, self.doubts)
        trials = self.trials(plan, looked)
        sweeps = {name: one.sweep for name, one in trials.items() if one.sweep}
        self.weigh(plan, sweeps, learned)
        disturbed = self.note_disturbance(usage_between(before, snapshot()))
        parallel = max([capacity.parallel, *(step.cores_used for sweep in sweeps.values() for step in sweep)])
        learned["gil"] = released(sweeps["threads"], parallel) if "threads" in sweeps else None
        machine = Machine(parallel, available_bytes(), 0.0, disturbed, mine.each_waits_s > 0, plan.most)
        learned["stops"] = stops(sweeps, machine, learned["memory"])
        learned |= {"unfit": self.unfit, "notes": self.doubts.notes, "doubts": self.doubts.reasons}
        limits = Limits(plan.most if code.given("MOST_AT_ONCE") else MOST_AT_ONCE, reached(trials))
        sized = size(plan.each_s, sweeps, list(trials), limits, block_s)
        return {
            "schema": SCHEMA,
            "work": described(self.source, code),
            "learned": learned,
            "size": sized.described(len(code.tasks), self.blocks, learned["knee"]),
            "workload": asdict(replace(mine, size=sized.tasks)),
            "cells": [asdict(cell) for cell in sized.cells],
        }

    def note_disturbance(self, usage: CpuUsage) -> bool:
        """Whether others had much of the machine meanwhile; then it is noted."""
        if disturbed := usage.disturbed(usable_cores()):
            taken = (usage.others_s + usage.steal_s) / usage.elapsed_s
            sentence = f"Meanwhile {taken:.2g} cores were taken by other programs or the hypervisor"
            self.doubts.notes.append(f"{sentence}: how many in flight pay, and the size that follows, may be off.")
        return disturbed

    def informed(self, looked: Looked, speed: float, learned: dict[str, Any]) -> Mine:
        """The work with what a task waits and computes, at the calibration's speed."""
        mine, times = looked.mine, looked.times
        learned["forms"] = {form: timed.described() for form, timed in times.items()}
        self.unfit |= {name: why for name in self.models for why in [looked.refused.get(needs(name).form)] if why}
        opens = {"blocking": "client", "asyncio": "aclient"}
        self.step("opening a client")
        learned["client_open_seconds"] = {
            form: opening_s(mine, form) if mine.code.given(opens[form]) else None for form in times
        }
        stated = bool(mine.code.given("answer"))
        learned["answers"] = {
            "compared": stated or not looked.unlike,
            "against": "answer" if stated else "sequential",
            "why": looked.unlike,
        }
        computes_s, waits_s = (
            min(getattr(timed, part) for timed in times.values()) for part in ("computes_s", "waits_s")
        )
        total_s = waits_s + computes_s
        return replace(
            mine,
            each_waits_s=waits_s if waits_s > NEGLIGIBLE * total_s else 0.0,
            each_computes_s=computes_s * speed if computes_s > NEGLIGIBLE * total_s else 0.0,
            compared=not looked.unlike,
        )

    def plan(self, mine: Mine, looked: Looked, ladder_s: float, rung_s: float) -> Plan:
        """What is tried of each model."""
        tasks = len(mine.code.tasks)
        most = min(int(mine.code.given("MOST_AT_ONCE") or tasks), tasks)
        first = next(iter(looked.times.values()))
        answers = None if sealed(first.answers) else first.answers
        return Plan(mine, most, first.each_s, answers, first.shortest_s, ladder_s=ladder_s, rung_s=rung_s)

    def trials(self, plan: Plan, looked: Looked) -> dict[str, Trial]:
        """Each model that can do the work, tried in an interpreter of its own; why not, for the others."""
        completed = dict[str, Trial]()
        able = [name for name in self.models if name in NAMES and can_run(name, plan.mine) and name not in self.unfit]
        for name in able:
            one = self.tried(name, plan, looked)
            if one.failure:
                self.unfit[name] = one.failure
                continue
            completed[name] = one
            self.doubts.notes += [f"{one.note[:1].upper()}{one.note[1:]}."] if one.note else []
            if one.unsafe:
                self.doubts.notes.append(f"Not safe in threads, as far as a stress of it shows: {one.unsafe}.")
        if not completed:
            raise TaskFailed(f"no model could do a few tasks: {next(iter(self.unfit.values()), 'none was asked for')}")
        return completed

    def tried(self, name: str, plan: Plan, looked: Looked) -> Trial:
        """One model."""
        self.step(f"{name}, a few tasks")
        if needs(name).workers == "processes" and (why := sealed(looked.sample())):
            return Trial(why)
        patience_s = CLUSTER_PATIENCE_S if needs(name).needs_subprocess else PATIENCE_S
        own_plan = replace(plan, sweeps=name in FAMILIES, stresses=name == "threads")
        try:
            return isolated(trial, name, own_plan, patience_s=patience_s + 8 * plan.each_s, step=self.step)
        except TaskFailed as problem:
            return Trial(str(problem))

    def weigh(self, plan: Plan, sweeps: Mapping[str, Sweep], learned: dict[str, Any]) -> None:
        """Sweeps and memory, as they stand in `learned`."""
        learned["sweep"] = {name: [asdict(step) for step in sweep] for name, sweep in sweeps.items()}
        learned["knee"] = {name: knee(sweep) for name, sweep in sweeps.items()}
        learned["memory"] = {}
        for name, at_once in learned["knee"].items() if not self.quick else ():
            self.step(f"memory of {name}")
            try:
                size = isolated(memory, name, plan, at_once, patience_s=PATIENCE_S + 4 * plan.each_s, step=self.step)
            except TaskFailed:
                continue
            learned["memory"][name] = {"concurrency": at_once, "bytes_per_task": size}


def reached(trials: Mapping[str, Trial]) -> dict[str, int]:
    """How many in flight each family came through with."""
    return {name: one.reached for name, one in trials.items() if name in FAMILIES}


def stops(sweeps: Mapping[str, Sweep], machine: Machine, weighed: Mapping[str, Any]) -> dict[str, Any]:
    """What stops each model that was swept."""
    causes = {}
    for name, sweep in sweeps.items():
        size = weighed.get(name, {}).get("bytes_per_task", 0.0)
        one = diagnose(name, sweep, replace(machine, bytes_per_task=size))
        causes[name] = {"cause": one.cause, "term": one.term, "sentence": one.sentence, "change": one.change}
    return causes


def available_bytes() -> float:
    """Memory that is free, in the control group where one sets a limit (Linux)."""
    free = float(psutil.virtual_memory().available)
    try:
        most, used = (int(Path("/sys/fs/cgroup", name).read_text()) for name in ("memory.max", "memory.current"))
        return min(free, float(most - used))
    except (OSError, ValueError):
        return free


def main() -> None:
    """Profile the work that the command line names, and write what comes of it."""
    parser = argparse.ArgumentParser(prog="profiler", description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--pace", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", default="")
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    exit_with_parent()
    subreaper(True)  # a program that a task leaves behind is seen as ours
    sys.stdin = open(os.devnull)  # noqa: SIM115 - what the user's code reads is not the pipe that ties us to our parent
    models = chosen.models.split() or (QUICK_MODELS if chosen.quick else MODELS)
    with chosen.out.open("a") as out:
        profiler = Profiler(chosen.source, models, chosen.blocks, out, chosen.quick)
        try:
            profiler.write_entry(found=profiler.run(Calibration.read(chosen.pace)))
        except UnusableFile as problem:
            profiler.write_entry(unfit=str(problem))
        except BaseException as problem:
            at = "" if isinstance(problem, TaskFailed) else f"{profiler.at}: "
            profiler.write_entry(failed=f"{at}{error_text(problem)}")
    sys.stdout.flush()
    os._exit(0)  # whatever the user's code has left running
