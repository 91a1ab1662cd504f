"""The null client: it fetches all, waits as long as the server makes it, and no known client beats it by much."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.machine.null_client import ceiling_s, fetch_all
from benchmarks.workloads.wire import Wire
from servers.request_stats import reset, stats
from servers.subprocesses import serve

pytestmark = pytest.mark.real
DELAY_S, CONCURRENCY = 0.05, 50
WAVES, SECONDS = 20, 2


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve("servers.latency") as server:
        yield server.url


def test_a_ceiling_of_requests_that_were_never_sent_is_none(url: str) -> None:
    reset(url)
    seconds = ceiling_s(Wire(url=url, delay_s=0.02), range(95, 105), 5)
    account = stats(url)
    assert account["successes"] == 2 * 10 + 2, "two tries, and an answer of each length"
    assert 1 < account["peak_in_flight"] <= 5
    assert seconds >= 2 * 0.02


def test_wrk_is_no_more_than_a_tenth_faster_than_the_null_client(url: str) -> None:
    if not (wrk := shutil.which("wrk")):
        pytest.skip("wrk is not installed")
    command = [wrk, "-t1", f"-c{CONCURRENCY}", f"-d{SECONDS}s", f"{url}/delay?ms={DELAY_S * 1000:g}&n=7"]
    ratios = []
    for _ in range(3):  # in turns: the machine that one meets is that of the other
        tasks = [7] * WAVES * CONCURRENCY
        ours = len(tasks) / ceiling_s(Wire(url=url, delay_s=DELAY_S), tasks, CONCURRENCY)
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        theirs = float(re.search(r"Requests/sec:\s*([\d.]+)", output)[1])  # type: ignore[index]
        ratios.append(theirs / ours)
    assert min(ratios) < 1.1, f"wrk did {ratios} of the null client's requests per second"
    assert max(ratios) > 0.7, "or the null client counts requests that wrk finds to take longer"


@pytest.mark.parametrize(("answer", "why"), [(b"", "without an answer"), (b"x" * 50, "longer than")])
def test_a_server_that_does_not_answer_as_expected_never_holds_up_a_block(answer: bytes, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(2) as pool:
        accepted = pool.submit(lambda: listening.accept()[0])
        answered = pool.submit(lambda: accepted.result().sendall(answer))
        with pytest.raises(ConnectionError, match=why):
            fetch_all(listening.getsockname(), [(b"GET / HTTP/1.1\r\n\r\n", 20)], 1, patience_s=0.5)
        answered.result()
        accepted.result().close()
