"""Workloads that watch or fail, in a module of their own: workers import it quickly, and sub-interpreters at all."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import anyio

from benchmarks.workloads import Workload
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.sleep import Sleep


class DiaryClient:
    """A client that keeps a diary: O_APPEND writes of one word are whole, whichever process writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, word: str) -> None:
        with self.path.open("a") as file:
            file.write(word + "\n")

    def __enter__(self) -> "DiaryClient":
        self.note("open")
        return self

    def __exit__(self, *reason: object) -> None:
        self.note("close")

    async def __aenter__(self) -> "DiaryClient":
        return self.__enter__()

    async def __aexit__(self, *reason: object) -> None:
        self.__exit__()


@dataclass(frozen=True)
class Diary(Nothing):
    """`noop` with a client that notes when it is opened and closed."""

    path: Path = Path()

    def client(self) -> Any:
        return DiaryClient(self.path)

    def aclient(self) -> Any:
        return DiaryClient(self.path)


@dataclass(frozen=True)
class Backwards(Diary):
    """Tasks of which the first takes longest, so that they end in reverse; the diary knows how many were in flight."""

    name = "backwards"
    count: int = 7
    step_s: float = 0.004

    def note(self, word: str) -> None:
        DiaryClient(self.path).note(word)

    def perform(self, client: Any, task: int) -> int:
        self.note("begin")
        time.sleep(self.step_s * (self.count - task))
        self.note("end")
        return task * task

    async def aperform(self, client: Any, task: int) -> int:
        self.note("begin")
        await anyio.sleep(self.step_s * (self.count - task))
        self.note("end")
        return task * task

    def expected(self, task: int) -> int:
        return task * task

    def breach(self, run: Callable[[list[int]], list[Any]], concurrency: int) -> str:
        """What a model's function does that the contract forbids; empty when it keeps to it."""
        tasks = self.tasks(self.count)
        if (answers := run(tasks)) != [self.expected(task) for task in tasks]:
            return f"answers {answers}"
        begun = [{"begin": 1, "end": -1}.get(word, 0) for word in self.path.read_text().split()]
        peak = max(accumulate(begun))
        return f"{peak} tasks in flight" if peak > concurrency else ""

    def unclosed(self) -> int:
        """How many clients are open when the model is closed; 1 when none was ever opened."""
        words = self.path.read_text().split()
        return words.count("open") - words.count("close") if "open" in words else 1


@dataclass(frozen=True)
class Raising(Sleep):
    """`sleep` whose fourth task fails."""

    def perform(self, client: None, task: int) -> int:
        if task == 3:
            raise ValueError("task 3 went wrong")
        return super().perform(client, task)

    async def aperform(self, client: None, task: int) -> int:
        return self.perform(client, task)

    def for_library(self, library: str) -> Workload:
        return self
