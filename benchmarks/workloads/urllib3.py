"""urllib3, on which `requests` is built."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import urllib3

from benchmarks.workloads.http_base import Pages


@dataclass(frozen=True)
class Urllib3(Pages):
    """Fetch pages with urllib3."""

    name = "urllib3"
    forms = ("blocking",)

    @contextmanager
    def client(self) -> Iterator[urllib3.PoolManager]:
        """One pool manager, which keeps the worker's connection."""
        with urllib3.PoolManager() as manager:
            yield manager

    def perform(self, client: urllib3.PoolManager, task: int) -> bytes:
        """Fetch with urllib3."""
        response = client.request("GET", self.url + self.target(task))
        if response.status != 200:
            raise ConnectionError(f"{self.target(task)}: status {response.status}")
        return response.data
