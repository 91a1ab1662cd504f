"""What does a model cost beside the work: to open and close it, and to hand it a task that does nothing?

    task_seconds    handing over one of 1,000 tasks and getting its answer back, when everything has been started
    open_seconds    opening the model for ten at once, one task for each of them, closing it

Each model as its file has it, in an interpreter of its own; a first opening, which imports what the model needs and
starts its fork server, is not counted. A pool starts its workers when there is work for them, and only as many as there
is: so the tasks are part of opening it.

What you should see: where a task is a function call it takes a microsecond, where it is a coroutine some, where it goes
to a thread some tens, and where it is pickled and sent to a process a tenth of a millisecond. A pool of processes takes
a thousand times as long to open as a loop, and a thousand tasks of a tenth of a second do not mind.
"""

import json
import sys
from time import perf_counter

from benchmarks.models import Run, model, needs, without_cluster
from benchmarks.probes import Probe
from benchmarks.workloads.noop import Nothing

AT_ONCE, TASKS = 10, 1_000


def at_once(name: str) -> int:
    """For how many at once the model called `name` is opened; one without a gate, for all tasks."""
    return AT_ONCE if needs(name).bounded else TASKS


def hand_over(run: Run, count: int) -> float:
    """Seconds that so many tasks take. ValueError when an answer is not its task's."""
    tasks, began = list(range(count)), perf_counter()
    answers = run(tasks)
    took = perf_counter() - began
    if answers != tasks:
        raise ValueError(f"{count} tasks were handed over, and other answers came back")
    return took


def observed(name: str) -> dict[str, float]:
    """Both costs of the model called `name`."""
    opened, workload, size = model(name), Nothing(), at_once(name)
    with opened(workload, size) as run:
        hand_over(run, AT_ONCE)
    began = perf_counter()
    with opened(workload, size) as run:
        hand_over(run, AT_ONCE)
        started = perf_counter()
        task_s = hand_over(run, TASKS) / TASKS
        stopping = perf_counter()
    return {"task_seconds": task_s, "open_seconds": perf_counter() - stopping + started - began}


PROBES = (
    Probe(
        without_cluster(),
        ("task_seconds", "open_seconds"),
        concurrency=(AT_ONCE, TASKS),
        tasks=TASKS,
        where=lambda model, concurrency: concurrency == at_once(model),
    ),
)


def main() -> None:
    """Print what the model that the command line names costs."""
    print(json.dumps(observed(sys.argv[1])))
