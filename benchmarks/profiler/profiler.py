"""A look at a user's work before it is measured: does it run, what does a task do, how many at once pay, what size?

In an interpreter of its own, because it runs the user's code. What it is about to do, and at last what it found, goes
line by line to a file of its own: what the user's code prints cannot get in between, and when a function never returns
the last line says which. No verdict rests on these looks; they fix what the blocks then measure.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import IO, Any

import psutil

from benchmarks.machine.calibration import Calibration
from benchmarks.machine.capacity import CapacityMonitor, usable_cores
from benchmarks.machine.cpu_usage import CpuUsage, snapshot, usage_between
from benchmarks.models import NAMES
from benchmarks.profiler.sizing import FAMILIES, Sweep, bottleneck, knee, released, size
from benchmarks.profiler.trials import (
    ENOUGH_S,
    Timed,
    attempt,
    climb,
    fits,
    memory,
    one_by_one,
    opening_s,
    race,
    said,
    unpicklable,
)
from benchmarks.workloads._user_module import Code, TaskFailed, UnusableFile, load, same
from benchmarks.workloads.user_work import Mine, Task
from servers.subprocesses import exit_with_parent

SCHEMA = 1  # of survey.json and mine.json
MODELS = ("sequential", *(name for family in FAMILIES.values() for name in family))  # unless others are asked for
IN_PROCESSES = ("processes", "interpreters", "pool", "joblib", "to_process", "loops_in_processes", "dask", "ray")
AGAIN = 3  # tasks that are done twice, and that each model tries
NEGLIGIBLE = 0.01  # a share of waiting or computing below this is that of the clocks
CACHED = 0.25  # a task that takes less than this share of its time the second time was not done again


@dataclass
class Profiler:
    """A survey under way."""

    source: str
    models: Sequence[str]
    blocks: int
    out: IO[str]
    notes: list[str] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)
    at: str = ""

    def tell(self, **entry: Any) -> None:
        """Write a line, for whoever waits for it."""
        self.out.write(json.dumps(entry, allow_nan=False) + "\n")
        self.out.flush()

    def step(self, what: str) -> None:
        """Say what comes next: if it never ends, this is the last that is heard."""
        self.at = what
        self.tell(step=what)

    def run(self, pace: Calibration) -> dict[str, Any]:
        """Everything, in the order in which a mistake shows soonest."""
        self.step("importing the file")
        before, began = snapshot(), time.perf_counter()
        code = load(self.source)
        learned: dict[str, Any] = {"import_seconds": time.perf_counter() - began}
        mine = workload(self.source, code)
        stated = int(code.given("MOST_AT_ONCE") or 0)
        most = min(stated or len(code.tasks), len(code.tasks))
        tasks = mine.tasks(len(code.tasks))
        with CapacityMonitor(pace) as gauge:
            speeds = [gauge.latest(mine).speed]
            times = {form: one_by_one(mine, form, tasks, self.step, ENOUGH_S) for form in spoken(code)}
            speeds.append(gauge.sample().speed)
        mine = self.sized_up(mine, code, times, mean(speeds), learned)
        each_s = times["blocking" if code.blocking else "asyncio"].each_s
        models = self.able(mine, code, times)
        if "threads" in models and (wrong := race(mine, each_s)):
            self.notes.append(f"Not safe in threads, as far as a stress of it shows: {wrong}.")
        ladders = self.ladders(mine, models, most, each_s)
        with CapacityMonitor(pace) as gauge:
            parallel = gauge.latest(mine).parallel
        parallel = max([parallel, *(rung.cores_used for ladder in ladders.values() for rung in ladder)])
        self.weigh(mine, ladders, learned)
        learned["gil"] = released(ladders["threads"], parallel) if "threads" in ladders else None
        disturbed = self.mind(usage_between(before, snapshot()))
        free, waits = float(psutil.virtual_memory().available), mine.each_waits_s > 0
        learned["bottleneck"] = (
            bottleneck(ladders, parallel, learned["memory"], free, most, waits=waits, disturbed=disturbed)
            if ladders
            else None
        )
        learned |= {"unfit": self.unfit, "notes": self.notes}
        found = size(each_s, ladders, models, stated)
        return {
            "schema": SCHEMA,
            "work": described(self.source, code),
            "learned": learned,
            "size": found.described(len(code.tasks), self.blocks, learned["knee"]),
            "workload": asdict(replace(mine, size=found.tasks)),
            "cells": [asdict(cell) for cell in found.cells],
        }

    def mind(self, usage: CpuUsage) -> bool:
        """Whether others had much of the machine meanwhile; then it is noted."""
        if disturbed := usage.disturbed(usable_cores()):
            taken = (usage.others_s + usage.steal_s) / usage.elapsed_s
            sentence = f"Meanwhile {taken:.2g} cores were taken by other programs or the hypervisor"
            self.notes.append(f"{sentence}: how many at once pay, and the size that follows from it, may be off.")
        return disturbed

    def sized_up(self, mine: Mine, code: Code, times: dict[str, Timed], speed: float, learned: dict[str, Any]) -> Mine:
        """What a task waits and computes, at the calibration's speed, and whether two answers to it are alike."""
        learned["forms"] = {form: found.described() for form, found in times.items()}
        opens = {"blocking": "client", "asyncio": "aclient"}
        self.step("opening a client")
        learned["client_open_seconds"] = {
            form: opening_s(mine, form) if code.given(opens[form]) else None for form in times
        }
        computes_s = min(found.computes_s for found in times.values())
        waits_s = min(found.waits_s for found in times.values())
        whole_s = waits_s + computes_s
        why = self.unalike(mine, times)
        stated = bool(code.given("answer"))
        learned["answers"] = {
            "compared": stated or not why,
            "against": "answer" if stated else "one after another",
            "why": why,
        }
        return replace(
            mine,
            each_waits_s=waits_s if waits_s > NEGLIGIBLE * whole_s else 0.0,
            each_computes_s=computes_s * speed if computes_s > NEGLIGIBLE * whole_s else 0.0,
            compared=not why,
        )

    def unalike(self, mine: Mine, times: dict[str, Timed]) -> str:
        """Why answers cannot be compared: the first task that gives another one the second time; else empty."""
        form, found = next(iter(times.items()))
        tasks = [task for task in mine.tasks(len(mine.code.tasks)) if task in found.answers][:AGAIN]
        again = one_by_one(mine, form, tasks, self.step)
        if sum(again.seconds) < CACHED * sum(found.seconds[1 : 1 + AGAIN]) and len(found.seconds) > AGAIN:
            self.notes.append("A task that is done again takes a fraction of its time: something keeps its answers.")
        for task in tasks:
            first, second = found.answers[task], again.answers[task]
            if not same(first, second):
                return f"task {task} gave {first!r:.60} and then {second!r:.60}. Next: write answer(task)"
        return ""

    def able(self, mine: Mine, code: Code, times: dict[str, Timed]) -> list[str]:
        """The models that can do the work: each has tried a few tasks; why not, for the others."""
        found, tasks = list[str](), mine.tasks(len(code.tasks))[:AGAIN]
        for name in filter(lambda name: name in NAMES and fits(name, mine), self.models):
            self.step(f"{name}, a few tasks")
            sealed = self.sealed(tasks, times) if name in IN_PROCESSES else ""
            if why := sealed or attempt(name, mine, tasks, len(tasks)):
                self.unfit[name] = why
            else:
                found.append(name)
        if not found:
            raise TaskFailed(f"no model could do a few tasks: {next(iter(self.unfit.items()), 'none was asked for')}")
        return found

    def sealed(self, tasks: Sequence[int], times: dict[str, Timed]) -> str:
        """What keeps a task or its answer from being sent to another process."""
        answers = next(iter(times.values())).answers
        for task in tasks:
            assert isinstance(task, Task)
            given, got = (
                unpicklable(task.value, f"task {int(task)}"),
                unpicklable(answers.get(task), f"the answer to task {task}"),
            )
            if given or got:
                return given or got
        return ""

    def ladders(self, mine: Mine, models: Sequence[str], most: int, each_s: float) -> dict[str, Sweep]:
        """A ladder for each family that can do the work."""
        found = dict[str, Sweep]()
        for name in filter(models.__contains__, FAMILIES):
            ladder, why = climb(name, mine, most, each_s, self.step)
            self.notes += [f"{why[:1].upper()}{why[1:]}."] if why else []
            if ladder:
                found[name] = ladder
        return found

    def weigh(self, mine: Mine, ladders: dict[str, Sweep], learned: dict[str, Any]) -> None:
        """Ladders and memory, as they stand in `learned`."""
        learned["ladder"] = {name: [asdict(rung) for rung in ladder] for name, ladder in ladders.items()}
        learned["knee"] = {name: knee(ladder) for name, ladder in ladders.items()}
        learned["memory"] = {}
        for name, at_once in learned["knee"].items():
            if (bytes_per_task := memory(name, mine, at_once, self.step)) is not None:
                learned["memory"][name] = {"concurrency": at_once, "bytes_per_task": bytes_per_task}


def spoken(code: Code) -> tuple[str, ...]:
    """The forms that the file has."""
    return ("blocking",) * bool(code.blocking) + ("asyncio",) * bool(code.awaitable)


def workload(source: str, code: Code) -> Mine:
    """The work before anything is known of it; what only awaits can be awaited one after another, too."""
    place, _, name = source.partition(":")
    stem = Path(place).stem if place.endswith(".py") else place.rpartition(".")[2]
    forms = spoken(code) if code.blocking else ("blocking", "asyncio")
    return Mine(name=f"{stem}-{name}" if name else stem, forms=forms, source=source, size=len(code.tasks))


def described(source: str, code: Code) -> dict[str, Any]:
    """The file, for the record."""
    file = Path(code.module.__file__ or "")
    return {
        "source": source,
        "name": workload(source, code).name,
        "sha256": sha256(file.read_bytes()).hexdigest() if file.is_file() else None,
        "forms": list(spoken(code)),
        "tasks": len(code.tasks),
        "has_client": bool(code.given("client") or code.given("aclient")),
        "expect": list(code.given("EXPECT") or []),
    }


def main() -> None:
    """Survey the work that the command line names, and write what is found."""
    parser = argparse.ArgumentParser(prog="survey", description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--pace", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", default="")
    parser.add_argument("--blocks", type=int, default=10)
    chosen = parser.parse_args()
    exit_with_parent()
    sys.stdin = open(os.devnull)  # noqa: SIM115 - what the user's code reads is not the pipe that ties us to our parent
    models = chosen.models.split() or MODELS
    with chosen.out.open("a") as out:
        survey = Profiler(chosen.source, models, chosen.blocks, out)
        try:
            survey.tell(found=survey.run(Calibration.read(chosen.pace)))
        except UnusableFile as problem:
            survey.tell(unfit=str(problem))
        except BaseException as problem:
            at = "" if isinstance(problem, TaskFailed) else f"{survey.at}: "
            survey.tell(failed=f"{at}{said(problem)}")
    sys.stdout.flush()
    os._exit(0)  # whatever the user's code has left running
