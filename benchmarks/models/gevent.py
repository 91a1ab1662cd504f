"""gevent: blocking code in greenlets, `concurrency` of them in a pool, in one thread.

It patches the standard library for good, so that blocking calls let other greenlets run. So it needs a process of its
own, which patches before it imports the work, and is kept for the rounds of a cell: a program written for gevent would
not start that process. A greenlet borrows a client and returns it: clients are opened as needed.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Any

from benchmarks.models import Run
from benchmarks.models._kept import kept_process
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "package": "gevent", "child_process": True}


def patch() -> None:
    """Patch the standard library. No plug-in is looked for: gevent would search all installed packages 25 times."""
    from gevent import events, monkey

    events.notify_and_call_entry_points = events.notify
    monkey.patch_all()


def perform_all(workload: Workload, concurrency: int, tasks: list[int]) -> list[Any]:
    """Do the tasks in a pool of greenlets."""
    from gevent.pool import Pool

    def perform(task: int) -> Any:
        client = idle.pop() if idle else clients.enter_context(workload.client())
        answer = workload.perform(client, task)
        idle.append(client)
        return answer

    with ExitStack() as clients:
        idle: list[Any] = []
        return Pool(concurrency).map(perform, tasks)  # type: ignore[no-any-return]


@contextmanager
def gevent(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Send all tasks to a patched process, which has `concurrency` of them in flight."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["gevent.pool", __name__])
    call = kept_process(context, patch, perform_all)
    yield lambda tasks: call(workload, concurrency, tasks)
