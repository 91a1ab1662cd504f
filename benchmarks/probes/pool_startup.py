"""What does a model cost without work: start-up and shutdown, and the hand-over of a task that does nothing?

    task_seconds    hand-over of one of 1,000 tasks and its answer, after start-up
    open_seconds    start-up for concurrency 10, ten tasks, shutdown

Each model as in its file, in an interpreter of its own. A first start-up, which imports the model's packages and starts
its fork server, is not counted. A pool starts workers only when there is work for them, so ten tasks are part of it.

What you should see: about 1 µs per task as a function call, a few as a coroutine, some tens in a thread, and 100 µs if
it is pickled and sent to a process. Start-up of a process pool takes a thousand times as long as of a loop; for a
thousand tasks of 0.1 s neither matters.
"""

import json
import sys
from time import perf_counter

from benchmarks.models import Run, model, needs, without_cluster
from benchmarks.probes import Probe
from benchmarks.workloads.noop import Nothing

AT_ONCE, TASKS = 10, 1_000


def at_once(name: str) -> int:
    """The concurrency of a model: AT_ONCE, or all tasks if it is unbounded."""
    return AT_ONCE if needs(name).bounded else TASKS


def hand_over(run: Run, count: int) -> float:
    """Duration of that many tasks in seconds. ValueError if an answer is wrong."""
    tasks, began = list(range(count)), perf_counter()
    answers = run(tasks)
    took = perf_counter() - began
    if answers != tasks:
        raise ValueError(f"{count} tasks were handed over, and other answers came back")
    return took


def observed(name: str) -> dict[str, float]:
    """Both metrics of a model."""
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
    """Print the metrics of the model that the command line names."""
    print(json.dumps(observed(sys.argv[1])))
