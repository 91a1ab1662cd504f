"""What is measured is the very function that was given, or it is refused with what to write instead."""

import asyncio
import functools
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workloads._user_module import Code, load
from overlap_bench import MeasurementError, measure
from overlap_bench.handover import write_work

TASKS = range(3)


def work(task: int) -> str:
    """Another function than those of the same name below."""
    return "the module's own"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    load.cache_clear()


def handed(folder: Path, given: Any, tasks: Any = (1, 2), client: Any = None) -> Code:
    """The work as the processes that measure it have it."""
    return load(write_work(folder, given, tasks, client))


class Site:
    """Something with a state."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fetch(self, task: int) -> str:
        return f"{self.name}/{task}"

    async def afetch(self, task: int) -> str:
        return f"{self.name}/{task}"

    def __call__(self, task: int) -> str:
        return f"called {self.name}/{task}"

    @classmethod
    def of_class(cls, task: int) -> str:
        return f"{cls.__name__}/{task}"

    @staticmethod
    def of_nobody(task: int) -> str:
        return f"nobody/{task}"


def nested() -> Callable[[int], str]:
    def work(task: int) -> str:
        return "the nested one"

    return work


def decorated(function: Callable[[int], str]) -> Callable[[int], str]:
    @functools.wraps(function)
    def inner(task: int) -> str:
        return f"decorated {function(task)}"

    return inner


GIVEN: dict[str, tuple[Any, str]] = {
    "the module's own": (work, "the module's own"),
    "a nested one of the same name": (nested(), "the nested one"),
    "a decorated one of the same name": (decorated(work), "decorated the module's own"),
    "a decorated nested one": (decorated(nested()), "decorated the nested one"),
    "a bound method": (Site("a").fetch, "a/1"),
    "a class method": (Site.of_class, "Site/1"),
    "a static method": (Site.of_nobody, "nobody/1"),
    "an object that can be called": (Site("b"), "called b/1"),
    "a partial": (functools.partial(lambda name, task: f"{name}/{task}", "c"), "c/1"),
    "a partial of a bound method": (functools.partial(Site("d").fetch), "d/1"),
    "a lambda": (lambda task: f"lambda/{task}", "lambda/1"),
    "a builtin": (str, "1"),
    "a partial of a partial": (functools.partial(functools.partial("{}{}".format, "e"), ), "e1"),
    "a closure over a loop's variable": ([lambda task, n=n: f"{n}/{task}" for n in range(3)][2], "2/1"),
}  # fmt: skip


@pytest.mark.parametrize("kind", GIVEN)
def test_no_other_function_than_the_one_that_was_given_is_measured(tmp_path: Path, kind: str) -> None:
    function, answer = GIVEN[kind]
    code = handed(tmp_path, function)
    assert code.blocking
    assert code.blocking(1) == answer


def test_an_awaitable_bound_method_is_measured_as_one(tmp_path: Path) -> None:
    code = handed(tmp_path, Site("f").afetch)
    assert code.awaitable
    assert asyncio.run(code.awaitable(1)) == "f/1"


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ("abc", "each letter would be a task"),
        (b"abc", "each letter would be a task"),
        (40, "tasks is a int, which cannot be gone through"),
        (itertools.count(), "more than 1,000,000 tasks"),
    ],
    ids=["a string", "bytes", "a number", "without an end"],
)
def test_tasks_that_are_no_list_are_refused_with_what_to_write(tmp_path: Path, tasks: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        handed(tmp_path, work, tasks)


def test_a_function_without_tasks_is_refused_with_what_to_write(tmp_path: Path) -> None:
    alone = functools.partial(work)
    with pytest.raises(ValueError, match=r"there are no tasks. Next: give them, as in measure\(work, tasks=range"):
        handed(tmp_path, alone, None)


class Locked:
    """What no other process can be given."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def fetch(self, task: int) -> int:
        with self.lock:
            return task


@pytest.mark.parametrize(
    ("function", "tasks", "says"),
    [
        (Locked().fetch, [1], "the function, or what it holds, cannot be sent.*Next: open connections and locks in"),
        (work, [threading.Lock()], "a task cannot be sent to another process"),
    ],
    ids=["the function", "a task"],
)
def test_what_cannot_be_sent_is_named_with_what_to_write(
    tmp_path: Path, function: Any, tasks: list[Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        handed(tmp_path, function, tasks)


async def forgets(task: int) -> int:
    asyncio.sleep(0.01)  # type: ignore[unused-coroutine]
    return task


def remembers() -> Callable[[int], int]:
    cache: dict[int, int] = {}

    def work(task: int) -> int:
        if task not in cache:
            time.sleep(0.02)
            cache[task] = task
        return cache[task]

    return work


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "says"),
    [(forgets, "'sleep' was never awaited"), (remembers(), "remembers its answers")],
    ids=["a forgotten await", "a memory in a closure"],
)
def test_the_fixtures_door_refuses_what_the_command_refuses(function: Any, says: str) -> None:
    with pytest.raises(MeasurementError, match=says):
        measure(function, tasks=range(12), blocks=1)
