"""A user's own work as a workload like any other: a file with a function and its tasks, a dozen lines.

    TASKS = ["a", "b", "c"]          # or def tasks(): …
    def work(task): …                # blocking, or
    async def awork(task): …         # awaitable, or both

`client()` and `aclient()` open what one worker or one loop needs, which `work` and `awork` are then given first;
`answer(task)` is the right result; `ideal(tasks, concurrency)` is the limit in seconds.

The file is imported in the processes that measure, and nowhere else; it is named, never pickled. A task travels as the
object that it is, because in the user's program it would. (Rejected: a number that the worker looks up. It hides what
it costs to send a picture to another process, and a set has another order in each.)
"""

from asyncio import Runner, all_tasks, get_running_loop
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any

from benchmarks.workloads import Capacity, Workload
from benchmarks.workloads._unfinished import Before, begin, left_since, undone
from benchmarks.workloads._unfinished_loop import pending_tasks, scheduled, unread_calls
from benchmarks.workloads._user_answers import same, same_kind
from benchmarks.workloads._user_clients import aopened, opened
from benchmarks.workloads._user_module import Code, TaskFailed, attempting, load

PLAIN = (str, bytes, int, float, list, dict, tuple, type(None))  # no promise of anything: not looked at further


class Task(int):
    """A task's number in the user's list; `value` is what the user's function is given."""

    value: Any

    @classmethod
    def of(cls, number: int, value: Any) -> "Task":
        """The task of that number."""
        made = cls(number)
        made.value = value
        return made

    def __str__(self) -> str:
        return f"{int(self)} ({self.value!r:.60})"


@dataclass(frozen=True)
class Mine(Workload):
    """The work of the file `source`; what one task waits and computes was measured one at a time, on average."""

    keeps_threads = True  # what the file opens at its top is older than any round
    source: str = ""
    name: str = "user_work"  # type: ignore[misc]  # as the file is called
    forms: tuple[str, ...] = ("blocking", "asyncio")  # type: ignore[misc]
    each_waits_s: float = 0.0
    each_computes_s: float = 0.0
    compared: bool = True  # whether two answers to one task are alike
    size: int = 1  # tasks in a round

    def __reduce__(self) -> tuple[Any, ...]:
        """Whoever receives it has the code loaded before the first task arrives, whose class may stand in there."""
        return revived, tuple(getattr(self, field.name) for field in fields(self))

    @property
    def code(self) -> Code:
        """The user's file, imported in this process."""
        return load(self.source)

    @property
    def module(self) -> str:
        """What loads the user's file into a fork server, too."""
        return "benchmarks.workloads.user_work_loaded"

    def tasks(self, count: int) -> list[int]:
        """`count` of the user's tasks: evenly from the list when it has more, over and over when it has fewer."""
        values = self.code.tasks
        numbers = [
            place * len(values) // count if count < len(values) else place % len(values) for place in range(count)
        ]
        return [Task.of(number, values[number]) for number in numbers]

    def prepare(self, tasks: list[int]) -> None:
        """Look what is unfinished before the round."""
        rounds[self.source] = begin()

    def left_undone(self) -> str:
        """What the round has begun and not finished, in words; empty when nothing."""
        return left_since(rounds.pop(self.source)) if self.source in rounds else ""

    @contextmanager
    def client(self) -> Iterator[Any]:
        """What the user's `client()` opens; where there is only an awaitable form, a loop to run it in."""
        if not self.code.blocking:
            with awaiting(self) as client:
                yield client
        elif make := self.code.given("client"):
            with opened(make()) as client:
                yield partial(self.code.blocking, client)
        else:
            yield self.code.blocking

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """What the user's `aclient()` opens. Raises TaskFailed when tasks of the user's are pending at its end."""
        assert self.code.awaitable
        loop = get_running_loop()
        known, timers = all_tasks(), scheduled(loop)
        if make := self.code.given("aclient"):
            async with aopened(make()) as client:
                yield partial(self.code.awaitable, client)
        else:
            yield self.code.awaitable
        if left := pending_tasks(known) or unread_calls(loop, timers):
            raise TaskFailed(left)

    def perform(self, client: Any, task: int) -> Any:
        """Call the user's function."""
        with attempting(task):
            return result(task, client(task.value))  # type: ignore[attr-defined]

    async def aperform(self, client: Any, task: int) -> Any:
        """Await the user's function."""
        with attempting(task):
            return result(task, await client(task.value))  # type: ignore[attr-defined]

    def expected(self, task: int) -> Any:
        """What the user's `answer` says, or what came when each task was done sequentially in this process."""
        if says := self.code.given("answer"):
            with attempting(task):
                return says(self.code.tasks[task])
        return reference(self, task)

    def is_correct(self, task: int, answer: Any) -> bool:
        """Whether it is as it should be; of the same kind, where two answers to one task are never alike."""
        alike = same if self.compared or self.code.given("answer") else same_kind
        return alike(answer, self.expected(task))

    def min_duration_s(self, task: int) -> float:
        """Nothing: what tasks waited on average does not bind a single one."""
        return 0.0

    def wait_s(self, task: int) -> float:
        """The average."""
        return self.each_waits_s

    def compute_s(self, task: int) -> float:
        """The average."""
        return self.each_computes_s

    def ideal_s(self, tasks: list[int], concurrency: int, capacity: Capacity) -> float:
        """The user's `ideal`, or what tasks took one at a time, spread evenly over the places and the cores."""
        if ideal := self.code.given("ideal"):
            return float(ideal([task.value for task in tasks], concurrency))  # type: ignore[attr-defined]
        alone = self.each_waits_s + self.each_computes_s / capacity.speed
        waves = max(1.0, len(tasks) / concurrency)
        return max(waves * alone, len(tasks) * self.each_computes_s / capacity.rate(concurrency))


def revived(*values: Any) -> Mine:
    """The workload in another process, where its file is loaded at once."""
    mine = Mine(*values)
    load(mine.source)
    return mine


@contextmanager
def awaiting(mine: Mine) -> Iterator[Callable[[Any], Any]]:
    """The awaitable form as a blocking one: a loop that runs while it is called, and no longer."""
    stack = AsyncExitStack()
    with Runner() as runner:
        try:
            client = runner.run(stack.enter_async_context(mine.aclient()))
            yield lambda value: runner.run(client(value))
        finally:
            runner.run(stack.aclose())


rounds: dict[str, Before] = {}  # what was unfinished when the round in progress began, by source


def result(task: int, answer: Any) -> Any:
    """The answer. Raises TaskFailed where it is only the promise of one."""
    if not isinstance(answer, PLAIN) and (promise := undone(answer)):
        raise TaskFailed(f"task {task} returned {promise}")
    return answer


@cache
def references(source: str) -> dict[int, Any]:
    """The answers to tasks that were done sequentially, as far as this process knows them."""
    return {}


def reference(mine: Mine, task: int) -> Any:
    """The answer to one of them; those of a whole round are found at once, with one client."""
    known = references(mine.source)
    if task not in known:
        learn(mine, {task, *mine.tasks(mine.size)} - known.keys())
    return known[task]


def learn(mine: Mine, tasks: Iterable[int]) -> None:
    """Do these tasks sequentially, and keep their answers."""
    values = mine.code.tasks
    with mine.client() as client:
        for task in sorted(tasks):
            references(mine.source)[task] = mine.perform(client, Task.of(task, values[task]))
