"""Whole programs: they fetch their pages, all at once, or are no result."""

import subprocess

import pytest

from benchmarks.experiments.test_whole_command import run_program
from benchmarks.probes import whole_command
from servers.request_stats import stats
from servers.subprocesses import serve

pytestmark = pytest.mark.real
PAGES = 4


@pytest.mark.parametrize("name", whole_command.PROGRAMS)
def test_a_program_that_fetches_no_pages_is_no_result(name: str) -> None:
    with serve("servers.latency") as server:
        assert run_program(name, server.url, PAGES) > whole_command.DELAY_MS / 1000
        account = stats(server.url)
        assert account["successes"] == PAGES
        assert account["peak_in_flight"] in ([1] if name.endswith("sequential") else range(2, PAGES + 1))
    failed = (ValueError, subprocess.CalledProcessError)
    with serve("servers.latency", "--errors", "1") as server, pytest.raises(failed):
        run_program(name, server.url, PAGES)
