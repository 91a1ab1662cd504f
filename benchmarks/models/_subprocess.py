"""A model in an interpreter of its own: what it imports, starts and cannot stop again never reaches the measuring one.

`distributed` keeps a thread for ever, and `ray` loads a hundred megabytes that every later collection of garbage would
walk through. A fork server that has loaded the model forks a process for each round; starting the fork server is part
of the first. A program made for such a library has no such process to start: it is a few milliseconds of theirs.

The process ends with ours, however ours ends, and takes with it what it has started. Rejected: a thread of ours that
watches it (nobody watches after SIGKILL).
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

folders: list[str] = []  # there: those that a cluster writes into
lost: list[str] = []  # the workers that the latest round has lost, by their names

opened = ExitStack()  # there: the model, until it is closed
run: "Run"  # there: its function from tasks to answers


def end_with_parent() -> None:
    """Leave when the measuring process is gone: its end of a pipe closes, whatever it dies of."""
    Thread(target=leave_after_parent, name="lifeline", daemon=True).start()


def leave_after_parent() -> None:
    """Wait for the parent's end, and undo everything that was started here: Ray's helpers would stay for minutes."""
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
    """Open the model called `name`, there."""
    global run
    model = getattr(import_module(f"benchmarks.models.{name}"), name)
    run = opened.enter_context(model(workload, concurrency))


def perform(tasks: list[int]) -> list[Any]:
    """Run the tasks, there."""
    return run(tasks)


def leave() -> list[str]:
    """Close the model, there; the workers that it has lost."""
    opened.close()
    return lost


@contextmanager
def apart(name: str, workload: "Workload", concurrency: int) -> Iterator["Run"]:
    """The model called `name`, opened in an interpreter of its own."""
    lost.clear()
    context = get_context("forkserver")
    context.set_forkserver_preload([f"benchmarks.models.{name}", workload.module])
    with ProcessPoolExecutor(1, context, end_with_parent) as pool:
        pool.submit(enter, name, workload, concurrency).result()
        try:
            yield lambda tasks: pool.submit(perform, tasks).result()
        finally:
            lost.extend(pool.submit(leave).result())
