"""A workload that notes when a client is opened and closed; in a module of its own, which workers import quickly."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.workloads.nothing import Nothing


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
    """`nothing` with a client that notes when it is opened and closed."""

    path: Path = Path()

    def client(self) -> Any:
        return DiaryClient(self.path)

    def aclient(self) -> Any:
        return DiaryClient(self.path)
