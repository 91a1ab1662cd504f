"""One latency server for all tests of the session, and a stage for each test."""

from collections.abc import Iterator

import pytest

from servers.supervise import Service, serve
from tests.benchmarks.stage import BLOCKS_PER_S, NUMBERS_PER_S, Stage


@pytest.fixture(scope="session")
def server() -> Iterator[Service]:
    with serve("servers.latency") as service:
        yield service


@pytest.fixture
def stage(server: Service) -> Stage:
    provided = {"url": server.url, "numbers_per_s": NUMBERS_PER_S, "blocks_per_s": BLOCKS_PER_S}
    return Stage(provided, frozenset({server.pid}))
