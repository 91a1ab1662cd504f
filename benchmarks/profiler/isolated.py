"""A trial in an interpreter of its own: what hangs, crashes or keeps state there costs one model and no other.

The child says through a pipe what it is about to do. When it says nothing for too long, it is ended with all its
children, and the step it had named last is what hangs.
"""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from benchmarks.core.runner import stop_fork_server
from benchmarks.machine.cpu_usage import end_with_children
from benchmarks.workloads._user_errors import described
from benchmarks.workloads._user_module import TaskFailed, UnusableFile

Step = Callable[[str], None]
Result = TypeVar("Result")


def isolated(job: Callable[..., Result], *arguments: Any, patience_s: float, step: Step) -> Result:
    """What `job(*arguments, step=…)` returns in a fresh interpreter. TaskFailed when it raises, ends or hangs there."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(theirs, job, arguments))
    process.start()
    theirs.close()
    try:
        result: Result = received(ours, patience_s, step)
        return result
    except EOFError:
        process.join(1.0)
        raise TaskFailed(f"its interpreter ended with {process.exitcode}") from None
    finally:
        if process.pid:
            end_with_children(process.pid)
        process.join()
        ours.close()


def received(ours: Connection, patience_s: float, step: Step) -> Any:
    """The child's result, once it has come. TaskFailed with its failure, or with the step that hangs."""
    at = "starting its interpreter"
    while ours.poll(patience_s):
        kind, value = ours.recv()
        if kind == "step":
            at = value
            step(value)
        elif kind == "failed":
            raise TaskFailed(value)
        elif kind == "unusable":
            raise UnusableFile(value)
        else:
            return value
    raise TaskFailed(
        f"{at}: it hangs, nothing had happened for {patience_s:g} s. A lock, semaphore or queue that is made once for "
        "all loops or workers does that. Next: make it in aclient() or client()"
    )


def child(out: Connection, job: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Do the job, and send what came of it."""
    try:
        result = job(*arguments, step=lambda what: out.send(("step", what)))
        out.send(("done", result))
    except TaskFailed as problem:
        out.send(("failed", str(problem)))
    except UnusableFile as problem:
        out.send(("unusable", str(problem)))
    except BaseException as problem:
        out.send(("failed", described(problem)))
    finally:
        stop_fork_server()
    time.sleep(60)  # until our parent ends us: what the user's code has left running must not delay it
