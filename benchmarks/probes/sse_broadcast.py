"""One process sends server-sent events to 500 clients ten times a second: how late do they arrive?

Each connection has a coroutine or a thread of its own. All events are due at the same instants: the hardest case,
because 500 events are sent in sequence. Lateness counts from the planned instant to the arrival, over all deliveries of
2 seconds; nothing is dropped, and a late event counts as late. The clients run in a process of their own; its CPU share
is a metric.

What you should see: the 500th event of a tick leaves a few milliseconds after the first, and no tick waits for the
previous one.
"""

import asyncio
import json
import math
import sys
import time
from collections.abc import Callable

from aiohttp import web

from benchmarks.load.quantiles import quantile
from benchmarks.load.stream_clients import GRACE_S, Listener, check, crowd, open_for_all, serve_app
from benchmarks.probes import Probe
from benchmarks.probes._threaded_servers import feed, serve_threads
from servers.latency import new_event_loop
from servers.sockets import raise_file_limit
from servers.subprocesses import serve

CLIENTS, TICKS = 500, 20
TICKS_PER_S = 10
SUBSCRIBE = b"GET /events HTTP/1.1\r\nHost: overlap\r\nAccept: text/event-stream\r\n\r\n"


def event(tick: int) -> bytes:
    """The event of a tick; a tick is a tenth of a second of the clock."""
    return b"data: %012d\n\n" % tick


async def events(request: web.Request) -> web.StreamResponse:
    """Send an event every tenth of a second, until the client disconnects."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    tick = int(time.perf_counter() * TICKS_PER_S)
    while True:
        tick += 1
        await asyncio.sleep(tick / TICKS_PER_S - time.perf_counter())
        await response.write(event(tick))


def chunk(tick: int) -> bytes:
    """The event as an HTTP/1.1 chunk."""
    return b"%x\r\n%s\r\n" % (len(event(tick)), event(tick))


def first_tick(listener: Listener) -> int:
    """The tick of a client's first event."""
    return int(listener.received[: listener.size].split(b"data: ")[1][:12])


def heard_until(listeners: list[Listener], tick: int) -> bool:
    """Whether every client has the event of `tick`."""
    return all(listener.arrivals and first_tick(listener) + len(listener.arrivals) > tick for listener in listeners)


def expected(listener: Listener) -> bytes:
    """The bytes that a client should have: an event for every tick since its first, and perhaps a part of the next."""
    first = first_tick(listener)
    ticks = range(first, first + len(listener.arrivals) + 1)
    return b"".join(map(chunk, ticks))[: len(listener.received)]


async def latenesses(url: str, clients: int, ticks: int) -> list[float]:
    """Seconds from the planned instant of each event to its arrival at each client."""
    async with crowd(url, SUBSCRIBE, len(chunk(0)), clients) as listeners:
        start = math.ceil(time.perf_counter() * TICKS_PER_S)
        async with asyncio.timeout(ticks / TICKS_PER_S + GRACE_S):
            while not heard_until(listeners, start + ticks - 1):  # noqa: ASYNC110 - counting each event would cost more
                await asyncio.sleep(1 / TICKS_PER_S)
    check(listeners, expected)
    arrivals = (
        (first_tick(listener) + place, at) for listener in listeners for place, at in enumerate(listener.arrivals)
    )
    return [at - tick / TICKS_PER_S for tick, at in arrivals if start <= tick < start + ticks]


def measure(way: str, clients: int, ticks: int) -> dict[str, float | None]:
    """The metrics, once the server is up."""
    raise_file_limit(clients)
    with serve(__name__, way) as server, asyncio.Runner(loop_factory=new_event_loop) as runner:
        began, busy_s = time.perf_counter(), time.process_time()
        late = sorted(runner.run(latenesses(server.url, clients, ticks)))
        share = (time.process_time() - busy_s) / (time.perf_counter() - began)
    return {
        "lateness_p99_seconds": quantile(late, 0.99),
        "lateness_p50_seconds": quantile(late, 0.5),
        "lateness_p999_seconds": quantile(late, 0.999),
        "deliveries": len(late),
        "client_cpu_share": share,
    }


def main() -> None:
    """Print the metrics of the model that the command line names."""
    print(json.dumps(measure(sys.argv[1], CLIENTS, TICKS)))


def in_event_loop() -> None:
    """Serve with aiohttp."""
    app = web.Application()
    app.add_routes([web.get("/events", events)])
    serve_app(app)


WAYS: dict[str, Callable[[], None]] = {
    "threads": lambda: serve_threads(open_for_all(), feed(TICKS_PER_S, chunk)),
    "asyncio": in_event_loop,
}
PROBES = (
    Probe(
        WAYS,
        (
            *("lateness_p99_seconds", "lateness_p50_seconds", "lateness_p999_seconds"),
            *("deliveries", "client_cpu_share"),
        ),
        concurrency=(CLIENTS,),
        tasks=TICKS,
    ),
)

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
