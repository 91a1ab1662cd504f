"""The latency server's own cost per request: `python -m benchmarks.selfcheck.server_overhead [--json]`.

Our server and the barest aiohttp handler take turns (A B A B …) in short rounds, because this kind of machine drifts by
a third within a session; the median of the paired ratios is what counts. Load comes from `wrk -c64` where there is
one; otherwise from raw asyncio sockets in this process, which are slower than the server: they then bound both sides,
the ratio leans towards 1, and CPU per request is the number to look at.

Delay excess is what the server says about itself, at 10 in flight; beside it, how late an otherwise idle loop wakes on
this machine, for no server can do better. The last part holds 10,000 concurrent requests.
"""

import argparse
import asyncio
import json
import re
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import psutil
import uvloop
from aiohttp import web

from servers.request_stats import reset, stats
from servers.subprocesses import Service, exit_with_parent, serve

CONNECTIONS = 64
PATH = "/delay?ms=0&n=1"  # for both servers: aiohttp parses the query of every request
LEAD_S = 0.7  # the start of wrk on a shared core hit 10 of 400 requests, and so was the p99
LEAST_RATIO = 0.9  # of the barest handler's throughput: less, and our own code is what is measured
MOST_CPU_RATIO = 4 / 3  # 40 µs where the barest takes 30; in µs, it would be an aim for the machine
MOST_EXCESS_MS = 2.5  # at p99, more than an idle loop's: 5 % of the usual 50 ms
REQUEST = "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def barest() -> None:
    """The least that aiohttp can do: no routing, no log, one constant."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=b"1")

    listener = await asyncio.get_running_loop().create_server(web.Server(answer, access_log=None), "127.0.0.1", 0)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"}), flush=True)
    await asyncio.get_running_loop().create_future()


async def keep_asking(host: str, port: int, request: bytes, until_s: float) -> tuple[int, int]:
    """One connection, one request after another: (answers with status 200, others)."""
    reader, writer = await asyncio.open_connection(host, port)
    good = bad = 0
    while time.perf_counter() < until_s:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        good, bad = (good + 1, bad) if head.startswith(b"HTTP/1.1 200 ") else (good, bad + 1)
    writer.close()
    return good, bad


async def ask_with_sockets(url: str, path: str, connections: int, duration_s: float) -> float:
    """Requests/s over raw sockets."""
    host, _, port = url.removeprefix("http://").partition(":")
    start_s = time.perf_counter()
    asking = (
        keep_asking(host, int(port), REQUEST.format(path=path).encode(), start_s + duration_s)
        for _ in range(connections)
    )
    counts = await asyncio.gather(*asking)
    if bad := sum(bad for _, bad in counts):
        raise SystemExit(f"{url}{path}: {bad} requests were not answered with 200")
    return sum(good for good, _ in counts) / (time.perf_counter() - start_s)


def requests_per_s(url: str, path: str, connections: int, duration_s: float) -> float:
    """Requests/s with wrk, or without."""
    if (wrk := shutil.which("wrk")) is None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(ask_with_sockets(url, path, connections, duration_s))
    command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(duration_s))}s", url + path]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figure = re.search(r"Requests/sec: +([\d.]+)", output)
    if figure is None or "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{url}{path}: wrk says\n{output}")
    return float(figure[1])


def throughput(ours: Service, bare: Service, rounds: int) -> dict[str, float]:
    """Alternate; the median of the paired ratios, and the server CPU for a request."""
    mine, theirs, cpu_us, their_cpu_us = [], [], [], []
    process = psutil.Process(bare.pid)
    for _ in range(rounds):
        reset(ours.url)
        mine.append(requests_per_s(ours.url, PATH, CONNECTIONS, 1))
        account = stats(ours.url)
        cpu_us.append(account["cpu_s"] / account["requests"] * 1e6)
        before_s = sum(process.cpu_times()[:2])
        theirs.append(requests_per_s(bare.url, PATH, CONNECTIONS, 1))
        their_cpu_us.append((sum(process.cpu_times()[:2]) - before_s) / theirs[-1] * 1e6)
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    return {
        "requests_per_s": median(mine),
        "barest_requests_per_s": median(theirs),
        "ratio": median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "cpu_us": median(cpu_us),
        "cpu_ratio": median(one / other for one, other in zip(cpu_us, their_cpu_us, strict=True)),
        "barest_cpu_us": median(their_cpu_us),
    }


def excess(service: Service) -> dict[str, float]:
    """How late answers are at 10 in flight, 50 ms asked."""
    with ThreadPoolExecutor(1) as load:
        loading = load.submit(requests_per_s, service.url, "/delay?ms=50&n=1", 10, 4)
        time.sleep(LEAD_S)
        reset(service.url)
        time.sleep(4 - 2 * LEAD_S)
        account = stats(service.url)
        loading.result()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        late = runner.run(oversleep_s())
    return {
        "excess_p50_ms": account["delay_excess_p50_s"] * 1000,
        "excess_p99_ms": account["delay_excess_p99_s"] * 1000,
        "excess_max_ms": account["delay_excess_max_s"] * 1000,
        "machine_p50_ms": late[len(late) // 2] * 1000,
        "machine_p99_ms": late[len(late) * 99 // 100] * 1000,
    }


async def oversleep_s() -> list[float]:
    """How late ten coroutines wake that only sleep, in seconds, sorted: the machine's part of the excess."""
    late, sleeps, delay_s = [], 40, 0.05

    async def sleep() -> None:
        for _ in range(sleeps):
            start_s = time.perf_counter()
            await asyncio.sleep(delay_s)
            late.append(time.perf_counter() - start_s - delay_s)

    await asyncio.gather(*(sleep() for _ in range(10)))
    return sorted(late)


async def hold(url: str, count: int, delay_s: float) -> int:
    """Have `count` requests in flight at once; how many are answered rightly."""
    host, _, port = url.removeprefix("http://").partition(":")
    opening = asyncio.Semaphore(500)  # the kernel's accept queue is finite: 128 on some machines, 4096 on ours

    async def ask(n: int) -> bool:
        async with opening:
            reader, writer = await asyncio.open_connection(host, int(port))
        path = f"/delay?ms={delay_s * 1000:g}&n={n}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n%d" % n)

    return sum(await asyncio.gather(*map(ask, range(count))))


def many_in_flight(service: Service, count: int = 10_000) -> dict[str, float]:
    """`count` at once, as far as this process may open files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - 100)
    reset(service.url)
    start_s = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        right = runner.run(hold(service.url, count, 5))
    account = stats(service.url)
    return {
        "many_asked": count,
        "many_right": right,
        "many_peak_in_flight": account["peak_in_flight"],
        "many_seconds": time.perf_counter() - start_s,
        "many_cpu_s": account["cpu_s"],
    }


def measure(rounds: int) -> dict[str, Any]:
    """The results of throughput, excess delay and many in flight."""
    with serve("servers.latency") as ours, serve("benchmarks.selfcheck.server_overhead", "--barest") as bare:
        figures = {"load": "wrk" if shutil.which("wrk") else "raw sockets in this process", "rounds": rounds}
        return figures | throughput(ours, bare, rounds) | excess(ours) | many_in_flight(ours)


def describe(figures: dict[str, Any]) -> str:
    """The results as lines of text."""
    return (
        "Load from {load}, {rounds} rounds of 1 s each, taking turns\n"
        "  requests/s          {requests_per_s:8.0f}   barest aiohttp handler {barest_requests_per_s:.0f}\n"
        "  ratio               {ratio:8.2f}   from {ratio_min:.2f} to {ratio_max:.2f}, aim >= 0.9\n"
        "  CPU a request       {cpu_us:8.1f}   µs, barest {barest_cpu_us:.1f}: ratio {cpu_ratio:.2f}, aim < 1.33\n"
        "  delay excess p50    {excess_p50_ms:8.2f}   ms, at 10 in flight and 50 ms; idle loop {machine_p50_ms:.2f}\n"
        "  delay excess p99    {excess_p99_ms:8.2f}   ms, idle loop {machine_p99_ms:.2f}: aim < 2.5 more\n"
        "  {many_asked} in flight   {many_right:8d}   right, {many_peak_in_flight} at once, "
        "in {many_seconds:.1f} s (5 s asked), server CPU {many_cpu_s:.1f} s"
    ).format(**figures)


def main() -> int:
    """Measure and print; 0 where all aims were met, 1 where not."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.selfcheck.server_overhead", description=__doc__.split("\n")[0]
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--barest", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.barest:
        exit_with_parent()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(barest())
    figures = measure(given.rounds)
    print(json.dumps(figures) if given.json else describe(figures))
    met = (
        figures["ratio"] >= LEAST_RATIO
        and figures["cpu_ratio"] < MOST_CPU_RATIO
        and figures["excess_p99_ms"] - figures["machine_p99_ms"] < MOST_EXCESS_MS
        and figures["many_right"] == figures["many_asked"]
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
