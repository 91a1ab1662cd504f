"""One model's run of a race, in a process of its own: `python -m scripts.site.runner '{"model": "threads", …}'`.

It says that it is ready in one line of JSON, waits to be let go, runs the tasks once as a benchmark's round is run, and
says in a second line how that went. Before, as in a benchmark, the model runs a task that is thrown away: imports and
multiprocessing's fork server belong to no round.
"""

import gc
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.core.round import peak_concurrency, time_round, validation_error
from benchmarks.models import model, needs
from benchmarks.workloads.mixed import Mixed
from scripts.site.instrumented_workload import Marked
from scripts.site.shared_timeline import BEGAN, GO, Marks, opened

LOOK_S = 0.001  # between two looks whether we may go


@dataclass(frozen=True)
class Order:
    """What a runner is told to do; `path` is the file for its marks, of which an unmarked run leaves none."""

    model: str
    tasks: int
    concurrency: int
    task_s: float
    cpu_share: float
    url: str
    numbers_per_s: float
    path: str
    marked: bool = True

    @property
    def workload(self) -> Mixed:
        """The work."""
        plain = Mixed(self.cpu_share, self.task_s, self.url, self.numbers_per_s)
        return Marked(**asdict(plain), path=self.path) if self.marked else plain

    def to_json(self) -> str:
        """As an argument of the command line."""
        return json.dumps(asdict(self))


def wait_to_go(marks: Marks) -> None:
    """Sleep until the page lets the lane go, then say when it began."""
    while not marks.moments[GO]:
        time.sleep(LOOK_S)
    marks.moments[BEGAN] = time.perf_counter()


def run(order: Order) -> dict[str, Any]:
    """Run the tasks once: what it took, and what is wrong with it."""
    chosen, workload, marks = model(order.model), order.workload, opened(order.path)
    tasks = workload.tasks(order.tasks)
    with chosen(workload, needs(order.model).min_concurrency) as warm_up:
        warm_up(tasks[:1])
    marks.clear()
    gc.collect()
    say({"pid": os.getpid()})
    wait_to_go(marks)
    timing = time_round(chosen, workload, tasks, order.concurrency)
    wrong = validation_error(workload, tasks, timing)
    return {"seconds": timing.seconds, "reason": wrong or "", "peak": 0 if wrong else peak_concurrency(timing)}


def say(words: dict[str, Any]) -> None:
    """A line of JSON."""
    print(json.dumps(words), flush=True)
