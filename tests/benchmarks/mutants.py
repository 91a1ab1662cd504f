"""Planted faults: workloads and models that are wrong in one way each. All at module level: processes must find them.

Each is small and plausible, something that a newcomer might write; and each must never become a result.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from benchmarks.models import Model, Run
from benchmarks.workloads import Workload
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import BlockingConnection, Wire

DELAY_S = 0.005


@dataclass(frozen=True)
class QuickSleep(Sleep):
    delay_s: float = DELAY_S


@dataclass(frozen=True)
class QuickWire(Wire):
    delay_s: float = DELAY_S


# Workloads: the same fault in both forms, so that every model meets it.


class WrongValue(QuickSleep):
    """The third task is wrong."""

    def perform(self, client: Any, task: int) -> int:
        return super().perform(client, task) + (task == 2)

    async def aperform(self, client: Any, task: int) -> int:
        return await super().aperform(client, task) + (task == 2)


class SwallowedException(QuickSleep):
    """The third task fails, and nobody hears of it."""

    def perform(self, client: Any, task: int) -> Any:
        with suppress(ZeroDivisionError):
            return super().perform(client, task) // (task != 2)
        return None

    async def aperform(self, client: Any, task: int) -> Any:
        with suppress(ZeroDivisionError):
            return await super().aperform(client, task) // (task != 2)
        return None


class Raising(QuickSleep):
    """The third task fails loudly."""

    def perform(self, client: Any, task: int) -> int:
        return super().perform(client, task) // (task != 2)

    async def aperform(self, client: Any, task: int) -> int:
        return await super().aperform(client, task) // (task != 2)


class ForgottenAwait(QuickSleep):
    """The answer is a coroutine that nobody awaited."""

    def perform(self, client: Any, task: int) -> Any:
        return super().aperform(client, task)

    async def aperform(self, client: Any, task: int) -> Any:
        return super().aperform(client, task)


class ForgottenSleep(QuickSleep):
    """The right answer, but nothing was waited for."""

    def perform(self, client: Any, task: int) -> int:
        asyncio.sleep(self.delay_s).close()
        return task

    async def aperform(self, client: Any, task: int) -> int:
        asyncio.sleep(self.delay_s).close()  # closed, for the warning alone would fail this test
        return task


class Guessing(QuickWire):
    """Every other task is answered without asking the server; nobody would find that out by its answer or time."""

    def perform(self, client: Any, task: int) -> bytes:
        if task % 2:
            return super().perform(client, task)
        time.sleep(self.delay_s)
        return self.answer(task)

    async def aperform(self, client: Any, task: int) -> bytes:
        if task % 2:
            return await super().aperform(client, task)
        await asyncio.sleep(self.delay_s)
        return self.answer(task)


class AskingTwice(QuickWire):
    """Every task is two requests."""

    def perform(self, client: Any, task: int) -> bytes:
        super().perform(client, task)
        return super().perform(client, task)

    async def aperform(self, client: Any, task: int) -> bytes:
        await super().aperform(client, task)
        return await super().aperform(client, task)


class Impatient(QuickWire):
    """A first request of each task is given up before it is answered, so that the server has answered as often."""

    def perform(self, client: Any, task: int) -> bytes:
        with super().client() as hasty:
            hasty.socket.settimeout(self.delay_s / 5)
            with suppress(TimeoutError):
                super().perform(hasty, task)
        return super().perform(client, task)

    async def aperform(self, client: Any, task: int) -> bytes:
        async with super().aclient() as hasty:
            with suppress(TimeoutError):
                await asyncio.wait_for(super().aperform(hasty, task), self.delay_s / 5)
        return await super().aperform(client, task)


class Reconnecting(QuickWire):
    """Every task opens a connection of its own."""

    def perform(self, client: Any, task: int) -> bytes:
        with super().client() as connection:
            return super().perform(connection, task)

    async def aperform(self, client: Any, task: int) -> bytes:
        async with super().aclient() as pool:
            return await super().aperform(pool, task)


class OnTheServersErrors(QuickWire):
    """Any body will do, whatever the status: all fail, all were asked for, nobody complains."""

    def target(self, task: int) -> str:
        return super().target(task) + "&error=1"

    def perform(self, client: Any, task: int) -> bytes:
        with suppress(ConnectionError):
            super().perform(client, task)
        client.protocol = type(client.protocol)(client.protocol.our_role)
        return self.answer(task)

    async def aperform(self, client: Any, task: int) -> bytes:
        async with super().aclient() as own:
            with suppress(ConnectionError):
                await super().aperform(own, task)
        return self.answer(task)


class Remembering(Primes):
    """The answer is looked up, not computed."""

    def perform(self, client: Any, task: int) -> int:
        return self.answer(task)

    async def aperform(self, client: Any, task: int) -> int:
        return self.answer(task)


# Models: a fault around a right one.

Fault = Callable[[Model], Model]


def faulty(change: Callable[[Run, list[int]], Any]) -> Fault:
    """A model whose run() is changed."""

    def plant(right: Model) -> Model:
        @contextmanager
        def wrong(workload: Workload, concurrency: int) -> Iterator[Run]:
            with right(workload, concurrency) as run:
                yield lambda tasks: change(run, tasks)

        return wrong

    return plant


def double_a_task(run: Run, tasks: list[int]) -> list[Any]:
    answers = run(tasks)
    return [*answers[:-1], answers[0]]


def do_one_more(run: Run, tasks: list[int]) -> list[Any]:
    return run([*tasks, tasks[0]])[: len(tasks)]


def swap_two(run: Run, tasks: list[int]) -> list[Any]:
    answers = run(tasks)
    answers[0], answers[1] = answers[1], answers[0]
    return answers


def in_order_of_completion(run: Run, tasks: list[int]) -> list[Any]:
    return sorted(run(tasks[::-1]), key=lambda answer: answer[2])


def lose_exceptions(run: Run, tasks: list[int]) -> list[Any]:
    return [answer if task != 2 else None for task, answer in zip(tasks, run(tasks), strict=True)]


async def later(answers: list[Any]) -> list[Any]:
    return answers


def forget_to_await(run: Run, tasks: list[int]) -> Any:
    forgotten = later(run(tasks))
    forgotten.close()
    return forgotten


def return_coroutines(run: Run, tasks: list[int]) -> list[Any]:
    forgotten = [later([task]) for task in tasks]
    for coroutine in forgotten:
        coroutine.close()
    return forgotten


class Lazy(list[Any]):
    """A list that does the work when somebody looks."""

    def __init__(self, work: Callable[[], list[Any]], length: int) -> None:
        super().__init__([None] * length)
        self.work = work

    def __iter__(self) -> Iterator[Any]:
        return iter(self.work())


def return_early(run: Run, tasks: list[int]) -> list[Any]:
    return Lazy(lambda: run(tasks), len(tasks))


def leave_a_thread(run: Run, tasks: list[int]) -> list[Any]:
    threading.Thread(target=time.sleep, args=(0.3,), name="stray", daemon=True).start()
    return run(tasks)


def leave_a_pool(run: Run, tasks: list[int]) -> list[Any]:
    ThreadPoolExecutor(1, "stray").submit(time.sleep, 0.3)
    return run(tasks)


strays: list[subprocess.Popen[bytes]] = []


def leave_a_process(run: Run, tasks: list[int]) -> list[Any]:
    strays.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(2)"]))
    return run(tasks)


def leave_one_for_later(run: Run, tasks: list[int]) -> list[Any]:
    """A process that appears only when the round is over and checked."""
    if not strays:
        timer = threading.Timer(0.0, lambda: leave_a_process(run, []))
        timer.start()
    return run(tasks)


def remember_everything() -> Callable[[Run, list[int]], list[Any]]:
    """The answers of the first round, spans and all."""
    kept: list[Any] = []

    def recall(run: Run, tasks: list[int]) -> list[Any]:
        if not kept:
            kept.extend(run(tasks))
        return list(kept)

    return recall


MODEL_FAULTS: dict[str, Callable[[Run, list[int]], Any]] = {
    "a lost task": lambda run, tasks: run(tasks[:-1]),
    "a lost answer": lambda run, tasks: run(tasks)[:-1],
    "an answer twice": lambda run, tasks: [*run(tasks), *run(tasks)[:1]],
    "one answer for another": double_a_task,
    "two answers swapped": swap_two,
    "the order of completion": in_order_of_completion,
    "a swallowed exception": lose_exceptions,
    "a forgotten await of the round": forget_to_await,
    "forgotten awaits of the tasks": return_coroutines,
    "an early return": return_early,
    "no list": lambda run, tasks: iter(run(tasks)),
    "a task done twice": do_one_more,
    "a stray thread": leave_a_thread,
    "a stray pool": leave_a_pool,
    "a stray process": leave_a_process,
}

WORKLOAD_FAULTS: dict[str, Workload] = {
    "a wrong value": WrongValue(),
    "a swallowed exception": SwallowedException(),
    "an exception": Raising(),
    "a forgotten await": ForgottenAwait(),
    "a sleep not awaited": ForgottenSleep(),
    "fewer requests than tasks": Guessing(),
    "more requests than tasks": AskingTwice(),
    "requests given up": Impatient(),
    "connections not kept alive": Reconnecting(),
    "errors taken for answers": OnTheServersErrors(),
    "computing from memory": Remembering(task_s=0.05),
}


# A forked parent's socket, under a lock so that the test ends: without one, the children read each other's answers.

forked: dict[str, Any] = {}


def perform_over_the_parents_socket(task: int) -> Any:
    return forked["workload"].perform((forked["client"], forked["lock"]), task)


class Locked(QuickWire):
    """Fetch over a connection that others use too."""

    def perform(self, client: tuple[BlockingConnection, Any], task: int) -> bytes:  # type: ignore[override]
        connection, lock = client
        with lock:
            return super().perform(connection, task)


@contextmanager
def fork_with_an_open_connection(workload: Workload, concurrency: int) -> Iterator[Run]:
    """A pool of forked processes that have inherited one connection."""
    context = get_context("fork")
    with workload.client() as client, ProcessPoolExecutor(concurrency, context) as pool:
        forked.update(client=client, workload=workload, lock=context.Lock())
        yield lambda tasks: list(pool.map(perform_over_the_parents_socket, tasks))


@contextmanager
def threads_with_one_connection(workload: Workload, concurrency: int) -> Iterator[Run]:
    """The same with threads."""
    lock = threading.Lock()
    with workload.client() as client, ThreadPoolExecutor(concurrency) as pool:
        yield lambda tasks: list(pool.map(lambda task: workload.perform((client, lock), task), tasks))


@contextmanager
def without_a_gate(workload: Workload, concurrency: int) -> Iterator[Run]:
    """All at once, whatever is allowed."""
    with ThreadPoolExecutor(50) as pool:
        yield lambda tasks: list(pool.map(lambda task: workload.perform(None, task), tasks))


@contextmanager
def fork_and_forget(workload: Workload, concurrency: int) -> Iterator[Run]:
    """A child by `os.fork` that nobody waits for."""
    yield lambda tasks: [workload.perform(None, task) for task in tasks]
    if not os.fork():
        time.sleep(1)
        os._exit(0)
