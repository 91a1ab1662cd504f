"""`http.client` of the standard library: no pool, no redirects, no cookies."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.workloads.http_base import Pages


@dataclass(frozen=True)
class HttpClient(Pages):
    """Fetch pages with http.client."""

    name = "http-client"
    forms = ("blocking",)

    @contextmanager
    def client(self) -> Iterator[HTTPConnection]:
        """One connection, kept alive."""
        with closing(HTTPConnection(urlsplit(self.url).netloc)) as connection:
            yield connection

    def perform(self, client: HTTPConnection, task: int) -> bytes:
        """Fetch with http.client."""
        client.request("GET", self.target(task))
        with client.getresponse() as response:
            if response.status != 200:
                raise ConnectionError(f"{self.target(task)}: status {response.status}")
            return response.read()
