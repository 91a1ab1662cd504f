"""A short look at a user's work, for a comparison of two revisions: does it run here, how long is a task, its answers.

In an interpreter of its own, because it runs the user's code. `make mine` looks longer (benchmarks.profiler.profiler),
for it also asks how many tasks at once pay; two revisions only need the same size on both sides.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.models import needs
from benchmarks.profiler.description import forms_of, workload
from benchmarks.profiler.one_by_one import one_by_one
from benchmarks.profiler.trials import attempt, can_run, error_text
from benchmarks.workloads._user_answers import inside, same
from benchmarks.workloads._user_module import TaskFailed, UnusableFile, load
from benchmarks.workloads.user_work import Mine
from servers.subprocesses import exit_with_parent

LONG_ENOUGH_S = 0.5  # at tasks one at a time
AGAIN = 3  # tasks that are done twice, and that each model tries


def look(source: str, models: list[str]) -> dict[str, Any]:
    """What a task takes, which of the models can run it, and a digest of each answer."""
    code = load(source)
    mine, form = workload(source, code), forms_of(code)[0]
    tasks = mine.tasks(len(code.tasks))
    timed = one_by_one(mine, form, tasks, lambda step: None, LONG_ENOUGH_S)
    if why := timed.failed():
        raise TaskFailed(why)
    again = one_by_one(mine, form, tasks[:AGAIN], lambda step: None)
    alike = all(same(timed.answers[task], answer) for task, answer in again.answers.items())
    mine = replace(mine, compared=alike, each_waits_s=timed.waits_s, each_computes_s=timed.computes_s)
    unavailable = {name: why for name in models if (why := unfit_for(name, mine, tasks[:AGAIN], timed.shortest_s))}
    return {
        "workload": asdict(mine),
        "each_s": timed.each_s,
        "most": int(code.given("MOST_AT_ONCE") or 0),
        "compared": alike,
        "unfit": unavailable,
        "answers": {str(int(task)): digest(answer) for task, answer in timed.answers.items()} if alike else {},
    }


def unfit_for(name: str, mine: Mine, tasks: list[int], shortest_s: Mapping[int, float]) -> str:
    """Why a model cannot run the work; empty when it can."""
    if can_run(name, mine):
        return attempt(name, mine, tasks, len(tasks), shortest_s)
    return needs(name).unavailable_reason() or f"the file has no {needs(name).form} form of the work"


def digest(answer: Any) -> str:
    """What tells an answer from another in another process; empty where nothing does."""
    try:
        return sha256(inside(answer)).hexdigest()
    except Exception:
        return ""


def main() -> None:
    """Look, and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", required=True)
    chosen = parser.parse_args()
    sys.argv = [chosen.source.partition(":")[0]]  # the work's own arguments: none
    exit_with_parent()
    sys.stdin = open(os.devnull)  # noqa: SIM115 - the pipe that ties us to our parent is not for the user's code
    outcome: dict[str, Any]
    try:
        outcome = {"seen": look(chosen.source, chosen.models.split())}
    except UnusableFile as problem:
        outcome = {"unfit": str(problem)}
    except BaseException as problem:
        outcome = {"failed": error_text(problem)}
    chosen.out.write_text(json.dumps(outcome))
    sys.stdout.flush()
    os._exit(0)  # whatever the user's code has left running


if __name__ == "__main__":
    main()
