"""Open a model in an interpreter of its own, so that its imports and threads never reach the measuring one.

`distributed` keeps a thread for ever, and `ray` loads a hundred megabytes that every later garbage collection would
scan. A fork server that has loaded the model forks a process for each round; the first round includes its start. A
program written for such a library would not start this process: it adds a few milliseconds.

The process ends with ours, however ours ends, and kills what it has started. Rejected: a watching thread in our process
(it does not survive SIGKILL).
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context, parent_process
from shutil import rmtree
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.models._contract import Run
    from benchmarks.workloads import Workload

folders: list[str] = []  # in the child: the folders that a cluster writes into
lost: list[str] = []  # the workers that the latest round has lost, by their names

opened = ExitStack()  # in the child: the open model
run: "Run"  # in the child: the model's function from tasks to answers


def end_with_parent() -> None:
    """Exit when the measuring process is gone, whatever ended it."""
    Thread(target=leave_after_parent, name="lifeline", daemon=True).start()


def leave_after_parent() -> None:
    """Wait for the parent's end, then kill all children and delete all folders: Ray's would stay for minutes."""
    import psutil

    if parent := parent_process():
        parent.join()
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
        for folder in folders:
            rmtree(folder, ignore_errors=True)
        os._exit(1)


def enter(name: str, workload: "Workload", concurrency: int) -> None:
    """In the child: open a model."""
    global run
    model = getattr(import_module(f"benchmarks.models.{name}"), name)
    run = opened.enter_context(model(workload, concurrency))


def perform(tasks: list[int]) -> list[Any]:
    """In the child: run the tasks."""
    return run(tasks)


def leave() -> list[str]:
    """In the child: close the model; returns the workers that it has lost."""
    opened.close()
    return lost


@contextmanager
def in_subprocess(name: str, workload: "Workload", concurrency: int) -> Iterator["Run"]:
    """Open a model in an interpreter of its own."""
    lost.clear()
    context = get_context("forkserver")
    context.set_forkserver_preload([f"benchmarks.models.{name}", *workload.modules])
    with ProcessPoolExecutor(1, context, end_with_parent) as pool:
        pool.submit(enter, name, workload, concurrency).result()
        try:
            yield lambda tasks: pool.submit(perform, tasks).result()
        finally:
            lost.extend(pool.submit(leave).result())
