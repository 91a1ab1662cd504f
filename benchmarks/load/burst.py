"""Closed-loop throughput of a web server: a burst of requests, and the CPU that client and server used.

A burst is sent by `wrk`, at a few microseconds a request; without wrk by our own client, and `client_busy` shows when
that was the bottleneck.
"""

import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass

import psutil

from benchmarks.load.generator import LoadFailed, Page, in_turn
from benchmarks.machine.cpu_usage import own_cpu_s

WARM_UP_S, WARM_UP_CLIENTS = 0.1, 4
ANSWERS = re.compile(r"(\d+) requests in ([\d.]+)(us|ms|s|m)\b")
UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Burst:
    """Throughput of a saturated server, and the CPU that client and server used."""

    per_second: float
    client_busy: float  # cores
    server_busy: float


def burst(page: Page, clients: int, seconds: float, server: int) -> Burst:
    """Measure the throughput of the process `server` and its children with that many clients, after a warm-up.

    Few clients warm it up: requests that they leave in the queue of a single-threaded server would be answered before
    the first request that counts.
    """
    in_turn(page, min(WARM_UP_CLIENTS, clients), WARM_UP_S)
    server_s, client_s, began = busy_s(server), own_cpu_s(), time.perf_counter()
    if wrk := shutil.which("wrk"):
        per_second = wrk_per_s(wrk, page, clients, seconds)
    else:
        per_second = in_turn(page, clients, seconds).achieved_per_s
    took_s = time.perf_counter() - began
    return Burst(per_second, (own_cpu_s() - client_s) / took_s, (busy_s(server) - server_s) / took_s)


def wrk_per_s(wrk: str, page: Page, clients: int, seconds: float) -> float:
    """Requests per second, measured by wrk. It takes whole seconds only, so it is interrupted. LoadFailed."""
    command = [wrk, "-t1", f"-c{clients}", "-d60s", "--timeout", "10s", page.url + page.path]
    asking = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(seconds)
        asking.send_signal(signal.SIGINT)
        output = asking.communicate(timeout=10)[0]
    finally:
        asking.kill()
        asking.wait()
    return parse_wrk(output)


def parse_wrk(output: str) -> float:
    """Requests per second in wrk's output. LoadFailed if an answer was wrong or missing."""
    match = ANSWERS.search(output)
    if match is None or "Non-2xx" in output or "Socket errors" in output or not int(match[1]):
        raise LoadFailed(f"wrk says: {' '.join(output.split())[:300]}")
    return int(match[1]) / (float(match[2]) * UNITS_S[match[3]])


def busy_s(pid: int) -> float:
    """CPU seconds of a process and its children, also finished ones. LoadFailed if it is gone."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        return sum(sum(one.cpu_times()[:4]) for one in family)
    except psutil.NoSuchProcess:
        raise LoadFailed("the server is gone") from None
