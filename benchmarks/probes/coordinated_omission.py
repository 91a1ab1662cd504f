"""A server stands still for a second. Who notices: a client that asks on schedule, or one that asks after each answer?

The latency server's process is stopped for one second of two and a half (SIGSTOP: as a garbage collection, a full
disk or a neighbour would) while it is asked some 400 times a second: once on schedule, whatever became of the other
requests (`open`), once by two clients that wait for their answers (`closed`), as most benchmarks do.

What you should see: the open loop's p99 is nearly the whole second. The closed loop's is what it always is: while the
server stood still, its two clients stood still too and asked nothing, so the freeze is two requests of hundreds. Gil
Tene calls it coordinated omission (github.com/giltene/wrk2).
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
    """Stop the server's process for a while; it goes on in any case."""
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
    """Ask on schedule, or after each answer."""
    if form == "open":
        return open_loop(url, RATE_PER_S, SECONDS, delay_s=ANSWER_S)
    return closed_loop(url, CLIENTS, SECONDS, delay_s=ANSWER_S)


PROBES = (Probe(FORMS, METRICS, concurrency=(CLIENTS,), tasks=round(RATE_PER_S * SECONDS)),)


def main() -> None:
    """Print what the loop that the command line names has seen of the freeze."""
    with serve("servers.latency") as service, frozen(service, AFTER_S, FOR_S):
        found = ask(sys.argv[1], service.url)
    print(json.dumps(found.metrics()))
