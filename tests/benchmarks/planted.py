"""Workloads that watch or fail, in a module of their own: workers import it quickly, and sub-interpreters at all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
