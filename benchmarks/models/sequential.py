"""Sequential: one task after another, the baseline."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.models import Run
from benchmarks.workloads import Workload


@contextmanager
def sequential(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Do one task after another in this thread, whatever `concurrency` would allow."""
    with workload.client() as client:
        yield lambda tasks: [workload.perform(client, task) for task in tasks]
