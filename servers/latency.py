"""The server that simulates latency: `GET /delay?ms=50&n=7` answers `7` after 50 ms; `/stats` reports what was served.

The server must not be the bottleneck, so the hot path is short: aiohttp's low-level `web.Server` (no routing, no
middleware, no access log), the path split by hand, and everything that depends on the query alone is cached.

A delay is never shorter than requested, or a client could beat the ideal time. libuv's timers count whole milliseconds
of a clock that it truncates, so `asyncio.sleep(0.05)` on uvloop ended after 49.2 ms: we look at the clock again and
sleep for the rest (one request in twenty needs it; the median delay is 0.35 ms over). Sleeping until the next tick of
that clock was tried: it needs one timer, and is a whole millisecond late. The delay and the account of a request begin
when its first bytes arrive, not when its handler is entered: in a burst, the time before parsing is the server's, and
part of the delay.

Rejected: `web.Application` (routing costs more than waiting), answering straight to the transport (fastest, but then it
isn't aiohttp that answers), busy-waiting for the last fraction of a millisecond (it burns the core that the clients
need), `asyncio.sleep` alone (see above), aiohttp's graceful shutdown (waits for requests whose clients are gone).

A reset closes with SO_LINGER 0, because `abort()` alone sends a FIN where all was read, and that is no reset. Fates and
delays are drawn in `servers.delays`, counts are kept in `servers.request_stats`, the lifeline is in
`servers.subprocesses`.
"""

import argparse
import asyncio
import gc
import ipaddress
import json
import math
import os
import signal
import socket
import struct
import sys
from collections.abc import Awaitable, Mapping, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from servers.delays import ERROR, HANG, READERS, SERVED, Settings, changed, delay_s, fate, read_n
from servers.http_requests import from_another_site, ignore_malformed_requests, is_loopback
from servers.request_stats import Account
from servers.sockets import BACKLOG, CANNOT_MEASURE, WRONG_USAGE, RefusalError, listen, raise_file_limit
from servers.subprocesses import exit_with_parent

__all__ = ["Latency", "Settings", "delay_s", "main"]

WELL, INTERRUPTED = 0, 130
HINT = "There are GET /delay?ms=50&n=7, GET /stats, GET /log and POST /reset."
PLANS = 16_384  # 5 MB; rounds repeat their tasks, and 10,000 of them fit
NO_LINGERING = struct.pack("ii", 1, 0)


Plan: TypeAlias = tuple[float, int, bytes, Settings]  # the delay in s, the fate, the task's number in digits, the rest


class Connection(RequestHandler):
    """A connection that knows when the first bytes of its request arrived."""

    __slots__ = ("arrived_s",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        self.arrived_s = 0.0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note the time before anything is parsed."""
        if not self.arrived_s:
            self.arrived_s = perf_counter()
        super().data_received(data)


class Latency(web.Server):
    """An aiohttp server that counts what it serves."""

    def __init__(self, defaults: Settings, *, exposed: bool = False) -> None:
        super().__init__(self.handle, handler_cancellation=True, access_log=None)
        self.exposed = exposed
        self.account = Account(perf_counter())
        self.last_account: dict[RequestHandler, Account] = {}  # per open connection: the last account that counted it
        self.plan = lru_cache(PLANS)(self.new_plan)
        self.settings = lru_cache(1024)(lambda query: changed(defaults, parse_qsl(query, keep_blank_values=True)))

    def __call__(self) -> Connection:
        """A connection for whoever is accepted."""
        return Connection(self, loop=self._loop, **self._kwargs)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        self.last_account.pop(handler, None)
        super().connection_lost(handler, exc)

    def handle(self, request: web.BaseRequest) -> Awaitable[web.Response]:
        """Answer one request. A plain function: another coroutine would add measurable time."""
        path, _, query = request.raw_path.partition("?")
        connection = request.protocol
        assert isinstance(connection, Connection)
        start_s, connection.arrived_s = connection.arrived_s or perf_counter(), 0.0  # none of its own where pipelined
        if self.is_foreign(request.headers):
            return refuse()
        if path == "/delay" and request.method == "GET":
            return self.delay(request, query, start_s)
        return self.talk(request.method, path)

    def is_foreign(self, headers: Mapping[str, str]) -> bool:
        """Whether a web page elsewhere asks, through the browser of whoever works at this machine."""
        host = headers.get("Host", "localhost")
        if not (self.exposed or is_loopback(host)):
            return True  # a name elsewhere that was made to lead here
        return ("Sec-Fetch-Site" in headers or "Origin" in headers) and from_another_site(headers, host)

    async def talk(self, method: str, path: str) -> web.Response:
        """Answer the requests that are never counted, such as `/stats` and `/reset`."""
        if (method, path) == ("GET", "/stats"):
            return web.json_response(self.account.as_dict(perf_counter()))
        if (method, path) == ("GET", "/log"):
            return web.json_response(self.account.log.tolist())
        if (method, path) == ("POST", "/reset"):
            self.account = Account(perf_counter())
            return web.json_response({})
        known = path in ("/delay", "/stats", "/log", "/reset")
        return web.Response(status=405 if known else 404, text=f"{method} {path} is unknown. {HINT}\n")

    async def delay(self, request: web.BaseRequest, query: str, start_s: float) -> web.Response:
        """Wait, counted from `start_s`, and answer; counted in the account that is open now."""
        try:
            asked_s, end, digits, settings = self.plan(query)
        except ValueError as error:
            return web.Response(status=400, text=f"{error}\n")
        account = self.account
        account.begin(start_s)
        if self.last_account.get(request.protocol) is not account:
            self.last_account[request.protocol] = account
            account.connections += 1
        try:
            if settings.rate and (wait_s := account.wait_s(settings.rate, settings.burst, perf_counter())):
                account.rate_limited += 1
                return too_many(wait_s)
            if end == HANG:
                account.hangs += 1
                await asyncio.get_running_loop().create_future()  # until the client leaves and we are cancelled
            if asked_s:
                await sleep_until(start_s + asked_s)
                account.add_excess(perf_counter() - start_s - asked_s)
            if end != SERVED:
                return fail(account, end, request)
            body = digits.ljust(settings.bytes)
            account.successes += 1
            account.bytes += len(body)
            return web.Response(body=body)
        except asyncio.CancelledError:
            account.abandoned += end != HANG
            raise
        finally:
            account.end(int(digits), start_s, perf_counter())

    def new_plan(self, query: str) -> Plan:
        """The delay and outcome that a query asks for."""
        numbers = {"n": 0, "attempt": 0}
        rest = []
        for part in query.split("&"):
            name, _, text = part.partition("=")
            if name not in numbers:
                rest.append(part)
                continue
            try:
                numbers[name] = int(read_n(text))
            except ValueError as error:
                raise ValueError(f"{part}: {name} {error}.") from None
        settings, n = self.settings("&".join(rest)), numbers["n"]
        return delay_s(settings, n), fate(settings, n, numbers["attempt"]), b"%d" % n, settings


async def sleep_until(due_s: float) -> None:
    """Sleep in whole milliseconds until `due_s`, never shorter."""
    while (now_s := perf_counter()) < due_s:  # noqa: ASYNC110 - what we wait for is the clock
        await asyncio.sleep(math.ceil((due_s - now_s) * 1000) / 1000)


def too_many(wait_s: float) -> web.Response:
    """429; Retry-After counts whole seconds, so the exact wait is added in ms."""
    after = {"Retry-After": str(math.ceil(wait_s)), "Retry-After-Ms": f"{wait_s * 1000:.3f}"}
    return web.Response(status=429, headers=after, text="Over the rate limit, as asked.\n")


def fail(account: Account, end: int, request: web.BaseRequest) -> web.Response:
    """Answer 503, or close the connection with a RST; aiohttp then drops the answer silently."""
    if end == ERROR:
        account.errors += 1
        return web.Response(status=503, text="This attempt at this task fails, as it was asked to.\n")
    account.resets += 1
    if (transport := request.transport) is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        transport.abort()
    return web.Response()


async def refuse() -> web.Response:
    """403: pages of other sites shall not make this machine work."""
    return web.Response(status=403, text="Pages of other sites may not ask this server.\n")


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's event loop if installed, otherwise asyncio's."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def run(
    listening: socket.socket, backlog: int, defaults: Settings, advertised: str, facts: dict[str, Any]
) -> None:
    """Serve until a signal comes, then leave immediately: there is nothing to save."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, os._exit, WELL)
    loop.add_signal_handler(signal.SIGINT, os._exit, INTERRUPTED)
    ignore_malformed_requests()
    host, port = listening.getsockname()[:2]
    exposed = not ipaddress.ip_address(host).is_loopback
    await loop.create_server(Latency(defaults, exposed=exposed), sock=listening, backlog=backlog)
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    if not (await reader.read()).startswith(b"HTTP/1.1 200 "):
        raise RefusalError(f"Port {port} accepts connections, but it is not this server that answers.", CANNOT_MEASURE)
    writer.close()
    gc.freeze()  # the collector need not walk through modules while 10,000 requests wait
    url = f"http://[{advertised}]:{port}" if ":" in advertised else f"http://{advertised}:{port}"
    print(json.dumps({"url": url, "pid": os.getpid(), "loop": type(loop).__module__, **facts}), flush=True)
    await loop.create_future()


def own_name(listening: socket.socket) -> str:
    """The URL of the listening socket."""
    host = str(listening.getsockname()[0])
    if ipaddress.ip_address(host).is_unspecified:
        raise RefusalError(f"{host} means every address of this machine: add --advertise with the one to reach it by.")
    return host


def parser() -> argparse.ArgumentParser:
    """The command line; the options of `/delay` set its defaults."""
    options = argparse.ArgumentParser(prog="python -m servers.latency", description="Simulate latency over HTTP.")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--advertise", default="", metavar="HOST", help="by which address others reach this machine")
    options.add_argument("--expose", action="store_true", help="allow a --host that other machines can reach")
    options.add_argument("--expect", type=int, default=0, metavar="N", help="refuse to start if N can't be in flight")
    options.add_argument("--backlog", type=int, default=BACKLOG, metavar="N", help="connections that may wait")
    options.add_argument("--no-lifeline", action="store_true", help="do not exit at the end of stdin")
    for name in READERS:
        options.add_argument(f"--{name}", metavar="X", help=f"default of /delay's {name} ({getattr(Settings(), name)})")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server; returns the exit code."""
    given = parser().parse_args(arguments)
    try:
        defaults = changed(Settings(), [(name, text) for name in READERS if (text := getattr(given, name)) is not None])
        limit = raise_file_limit(given.expect)
        listening = listen(given.host, given.port, given.expose)
        advertised = given.advertise or own_name(listening)
        if not given.no_lifeline:
            exit_with_parent()
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run(listening, given.backlog, defaults, advertised, {"most_open_files": limit}))
    except (RefusalError, ValueError) as refusal:
        print(f"servers.latency: {refusal}", file=sys.stderr)
        return getattr(refusal, "code", WRONG_USAGE)
    return WELL


if __name__ == "__main__":
    sys.exit(main())
