"""One process feeds 500 dashboards ten times a second (server-sent events): how late do the events arrive?

Each connection has its own coroutine, or its own thread (`in_threads`), and all of them are due at the same instants,
on the tenth of a second: the hardest case, for 500 events leave one after another. Lateness is what a client sees, from
the planned instant to the arrival, over all deliveries of 2 seconds; nothing is dropped, an event that missed its
instant still counts as late. Clients are a process of their own, and the share of its time that it is busy is told too.

You should see the 500th event of a tick leave a few milliseconds after the first, and no tick wait for the one before.
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
    """What is sent at `tick` tenths of a second of the clock."""
    return b"data: %012d\n\n" % tick


async def events(request: web.Request) -> web.StreamResponse:
    """Send an event on every tenth of a second, until the client leaves."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    tick = int(time.perf_counter() * TICKS_PER_S)
    while True:
        tick += 1
        await asyncio.sleep(tick / TICKS_PER_S - time.perf_counter())
        await response.write(event(tick))


def chunk(tick: int) -> bytes:
    """The event on the wire (HTTP/1.1, chunked)."""
    return b"%x\r\n%s\r\n" % (len(event(tick)), event(tick))


def first_tick(listener: Listener) -> int:
    """The tick of the first event that a client heard."""
    return int(listener.received[: listener.size].split(b"data: ")[1][:12])


def heard_until(listeners: list[Listener], tick: int) -> bool:
    """Whether every client has heard the event of `tick`."""
    return all(listener.arrivals and first_tick(listener) + len(listener.arrivals) > tick for listener in listeners)


def expected(listener: Listener) -> bytes:
    """An event for every tick since the first, and perhaps a part of the next."""
    first = first_tick(listener)
    ticks = range(first, first + len(listener.arrivals) + 1)
    return b"".join(map(chunk, ticks))[: len(listener.received)]


async def latenesses(url: str, clients: int, ticks: int) -> list[float]:
    """Seconds from the planned instant of each event to its arrival, for each client, once all have come."""
    async with crowd(url, SUBSCRIBE, len(chunk(0)), clients) as listeners:
        start = math.ceil(time.perf_counter() * TICKS_PER_S)
        async with asyncio.timeout(ticks / TICKS_PER_S + GRACE_S):
            while not heard_until(listeners, start + ticks - 1):  # noqa: ASYNC110 - counting each event would cost more
                await asyncio.sleep(1 / TICKS_PER_S)
    check(listeners, expected)
    heard = ((first_tick(listener) + place, at) for listener in listeners for place, at in enumerate(listener.arrivals))
    return [at - tick / TICKS_PER_S for tick, at in heard if start <= tick < start + ticks]


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
    """Print the metrics of the way that the command line names."""
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
