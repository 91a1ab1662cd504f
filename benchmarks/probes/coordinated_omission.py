"""A server stalls for a second. Which load generator sees it: an open loop, or a closed loop?

The latency server's process is stopped for one second of two and a half (SIGSTOP, like a garbage collection, a full
disk or a noisy neighbour) at some 400 requests per second: on a schedule, whether or not earlier requests are answered
(`open`), or from two clients that wait for their answers (`closed`), as in most benchmarks.

What you should see: the open loop's p99 is nearly the whole second. The closed loop's p99 is unchanged: its two clients
stalled with the server and sent nothing, so the stall is two requests of hundreds. Gil Tene calls it coordinated
omission (github.com/giltene/wrk2).
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.load.open_loop import METRICS, Latencies, closed_loop, open_loop
from benchmarks.probes import Probe
from servers.subprocesses import Service, serve

ANSWER_S = 0.005
CLIENTS = 2
RATE_PER_S = CLIENTS / ANSWER_S
AFTER_S, FOR_S, SECONDS = 0.5, 1.0, 2.5  # the closed loop's p99 needs 299 answers
FORMS = ("open", "closed")


@contextmanager
def frozen(service: Service, after_s: float, for_s: float) -> Iterator[None]:
    """Stop the server's process for `for_s` seconds; it is continued in any case."""
    signals = ((after_s, signal.SIGSTOP), (after_s + for_s, signal.SIGCONT))
    timers = [threading.Timer(delay_s, os.kill, (service.pid, number)) for delay_s, number in signals]
    for timer in timers:
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
        os.kill(service.pid, signal.SIGCONT)


def ask(form: str, url: str) -> Latencies:
    """Run the open or the closed loop."""
    if form == "open":
        return open_loop(url, RATE_PER_S, SECONDS, delay_s=ANSWER_S)
    return closed_loop(url, CLIENTS, SECONDS, delay_s=ANSWER_S)


PROBES = (Probe(FORMS, METRICS, concurrency=(CLIENTS,), tasks=round(RATE_PER_S * SECONDS)),)


def main() -> None:
    """Print the latencies of the loop that the command line names."""
    with serve("servers.latency") as service, frozen(service, AFTER_S, FOR_S):
        latencies = ask(sys.argv[1], service.url)
    print(json.dumps(latencies.metrics()))
