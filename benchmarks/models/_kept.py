"""A process that is kept for the rounds of a cell, as the fork server is: for a model that patches its interpreter.

A program is patched once, when it starts, and not before each of its rounds: started anew for each, greenlets that
fetched pages in 140 ms seemed to take 430. So the warm-up round includes the start, and the process ends with the fork
server, at the end of the cell.
"""

from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

kept: list[tuple[BaseProcess, Connection]] = []  # the process that runs, if one does, and our end of its pipe


def serve(pipe: Connection, prepare: Callable[[], None], function: Callable[..., Any]) -> None:
    """In the process: call the function for each message; an exception is sent back like a result."""
    prepare()
    while True:
        try:
            pipe.send(function(*pipe.recv()))
        except Exception as problem:
            pipe.send(problem)


def kept_process(
    context: ForkServerContext, prepare: Callable[[], None], function: Callable[..., Any]
) -> Callable[..., Any]:
    """Calls `function` in the process that is kept, which has called `prepare` first; started unless it runs."""
    if not pids():
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there, prepare, function), daemon=True)
        process.start()
        there.close()
        kept[:] = [(process, here)]
    pipe = kept[0][1]

    def call(*arguments: Any) -> Any:
        pipe.send(arguments)
        if isinstance(result := pipe.recv(), Exception):
            raise result
        return result

    return call


def pids() -> frozenset[int]:
    """The process that is kept, if it runs: no round has left it behind."""
    return frozenset(process.pid for process, _ in kept if process.is_alive() and process.pid)
