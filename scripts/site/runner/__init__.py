"""One model's run of a race, in a process of its own: `python -m scripts.site.runner '{"model": "threads", …}'`.

It prints that it is ready as one line of JSON, waits for the start, runs the tasks once as a benchmark's round is run,
and prints the result as a second line. Before, as in a benchmark, the model runs a warm-up task: imports and
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
from scripts.site.instrumented_workload import InstrumentedMixed
from scripts.site.shared_timeline import BEGAN, GO, SharedTimeline, timeline_at

POLL_S = 0.001  # between two checks for the start


@dataclass(frozen=True)
class LaneSpec:
    """The specification of a lane; `path` is the file of its timeline."""

    model: str
    tasks: int
    concurrency: int
    task_s: float
    cpu_share: float
    url: str
    numbers_per_s: float
    path: str
    blocks_loop: bool = False

    @property
    def workload(self) -> InstrumentedMixed:
        """The workload, which records the moments of its tasks."""
        plain = Mixed(self.cpu_share, self.task_s, self.url, self.numbers_per_s)
        return InstrumentedMixed(**asdict(plain), path=self.path, blocks_loop=self.blocks_loop)

    def to_json(self) -> str:
        """As JSON for the command line."""
        return json.dumps(asdict(self))


def wait_for_start(timeline: SharedTimeline) -> None:
    """Sleep until the page starts the lane, then record when it began."""
    while not timeline.moments[GO]:
        time.sleep(POLL_S)
    timeline.moments[BEGAN] = time.perf_counter()


def run(spec: LaneSpec) -> dict[str, Any]:
    """Run the tasks once: the seconds, the peak in flight, and the reason when the result is invalid."""
    chosen, workload, timeline = model(spec.model), spec.workload, timeline_at(spec.path)
    tasks = workload.tasks(spec.tasks)
    with chosen(workload, needs(spec.model).min_concurrency) as warm_up:
        warm_up(tasks[:1])
    timeline.clear()
    gc.collect()
    print_json({"pid": os.getpid()})
    wait_for_start(timeline)
    timing = time_round(chosen, workload, tasks, spec.concurrency)
    wrong = validation_error(workload, tasks, timing)
    return {"seconds": timing.seconds, "reason": wrong or "", "peak": 0 if wrong else peak_concurrency(timing)}


def print_json(message: dict[str, Any]) -> None:
    """Print a line of JSON."""
    print(json.dumps(message), flush=True)
