"""The cells of a user's own work, for where their time goes: every form of the file under a model of its own.

    python -m benchmarks.attribution.own_work path/to/file.py --models "threads asyncio" --concurrency 10

It prints one JSON line: what the experiment of a user's own work reads instead of a survey, because a look at where the
time goes needs no search for the best size. In an interpreter of its own, because it runs the user's code.
"""

import argparse
import json
import sys
from dataclasses import asdict, replace

from benchmarks.models import needs
from benchmarks.profiler.description import forms_of, workload
from benchmarks.workloads._user_module import UnusableFile, load

USUAL = {"blocking": "threads", "asyncio": "asyncio"}
MOST_TASKS = 200  # of a round: it is for a sum of seconds, not for a tail of latencies
CONCURRENCY = 10


def plan(source: str, models: list[str], concurrency: int) -> dict[str, object]:
    """Workload and cells as a survey has them. UnusableFile, ValueError."""
    code = load(source)
    mine = replace(workload(source, code), size=min(len(code.tasks), MOST_TASKS))
    most = min(concurrency, mine.size, int(code.given("MOST_AT_ONCE") or concurrency))
    chosen = models or [USUAL[form] for form in forms_of(code)]
    if wrong := [name for name in chosen if not needs(name).fits(mine, most, mine.size)]:
        raise ValueError(f"{wrong[0]} cannot run {mine.name} at concurrency {most}: it has {', '.join(mine.forms)}")
    cells = [
        {"model": name, "concurrency": 1 if name == "sequential" else most, "twin": False, "rounds": 1,
         "warmup_rounds": 1, "views": []}
        for name in chosen
    ]  # fmt: skip
    return {"workload": asdict(mine), "cells": cells, "work": {"source": source}}


def main() -> None:
    """Print the plan of the work that the command line names, or what is wrong with it."""
    parser = argparse.ArgumentParser(prog="own_work", description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--models", default="")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY)
    chosen = parser.parse_args()
    try:
        print("\n" + json.dumps(plan(chosen.source, chosen.models.split(), chosen.concurrency)))
    except (UnusableFile, ValueError) as problem:
        print(f"\n{json.dumps({'unusable': str(problem)})}")
    sys.exit(0)


if __name__ == "__main__":
    main()
