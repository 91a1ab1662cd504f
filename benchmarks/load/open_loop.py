"""Latency under load, measured by an open loop (requests on a schedule) and a closed loop (one after each answer).

`closed_loop` is what most benchmarks do: a client sends the next request when it has its answer. While the server
stalls, so does the client, and one slow request stands for the hundreds that would have arrived in that second. Gil
Tene named this coordinated omission ("How NOT to Measure Latency", 2013). `open_loop` follows his wrk2: instants are
drawn beforehand, each request is sent at its instant whatever became of the others, and is timed *from the planned
instant*. A request that the generator itself sends late counts as late, and `generator_late` says when that dominates:
the event loop wakes up to 1 ms late, because epoll counts whole milliseconds.

Rejected: correcting closed-loop figures afterwards (HdrHistogram's expected interval: it invents samples), a fixed
number of connections (a queue in the client that hides the server's), busy-waiting until the instant (it burns the core
that the server needs). Quantiles are order statistics of all requests: no histogram, no interpolation.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.load.quantiles import quantile
from benchmarks.workloads.wire import Wire

Fetch = Callable[[int], Awaitable[object]]  # sends the request of a task and waits for its answer

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
METRICS = (  # the leading metric first
    *("p99_seconds", "p50_seconds", "p90_seconds", "p999_seconds", "lag_p50_seconds", "lag_p99_seconds"),
    *("answered", "answered_per_second", "generator_late"),
)
LAG_SHARE = 0.1  # a generator this late, as a share of the latency at the same quantile, is part of the figure
GRACE_S = 30.0  # for the last answers; a server that takes longer is dead


@dataclass(frozen=True)
class Request:
    """One request: when it was planned, sent and answered, in seconds since the start."""

    planned: float
    sent: float
    answered: float


@dataclass(frozen=True)
class Latencies:
    """The requests of one loop."""

    requests: Sequence[Request]

    @property
    def seconds(self) -> list[float]:
        """Latencies from the planned instant to the answer, sorted."""
        return sorted(request.answered - request.planned for request in self.requests)

    @property
    def lags_s(self) -> list[float]:
        """How late the generator sent its requests, sorted; all 0 in a closed loop."""
        return sorted(request.sent - request.planned for request in self.requests)

    @property
    def achieved_per_s(self) -> float:
        """Answers per second, from the start to the last answer."""
        return len(self.requests) / max(request.answered for request in self.requests)

    @property
    def lagging(self) -> bool:
        """Whether the generator's lateness is a noticeable part of the median or the p99 latency."""
        ends = [(quantile(self.lags_s, q), quantile(self.seconds, q)) for q in (0.5, 0.99)]
        return any(lag is not None and took is not None and lag > LAG_SHARE * took for lag, took in ends)

    def metrics(self) -> dict[str, float | None]:
        """METRICS by name, in seconds; None for a quantile that needs more requests."""
        taken = {f"{name}_seconds": quantile(self.seconds, q) for name, q in QUANTILES.items()}
        late = {f"lag_{name}_seconds": quantile(self.lags_s, QUANTILES[name]) for name in ("p50", "p99")}
        count = {"answered": float(len(self.requests)), "answered_per_second": self.achieved_per_s}
        return taken | late | count | {"generator_late": float(self.lagging)}


def schedule(rate_per_s: float, seconds: float, seed: int | None) -> list[float]:
    """Planned instants in seconds: evenly spaced, or with a seed a Poisson process (independent users)."""
    if not (rate_per_s > 0 and seconds > 0):
        raise ValueError(f"A schedule needs a positive rate and time, not {rate_per_s:g} a second for {seconds:g} s.")
    if seed is None:
        return [number / rate_per_s for number in range(math.ceil(rate_per_s * seconds))]
    rng, due, at = random.Random(seed), [], 0.0
    while (at := at + rng.expovariate(rate_per_s)) < seconds:
        due.append(at)
    if not due:
        raise ValueError(f"No request falls into {seconds:g} s at {rate_per_s:g} a second; ask for longer.")
    return due


async def ask_on_schedule(fetch: Fetch, due: Sequence[float]) -> Latencies:
    """Send request n at `due[n]`, whether or not the others are answered."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def ask(task: int, planned: float) -> Request:
        sent = loop.time() - began
        await fetch(task)
        return Request(planned, sent, loop.time() - began)

    async with asyncio.timeout(due[-1] + GRACE_S), asyncio.TaskGroup() as group:
        asking = []
        for task, planned in enumerate(due):
            await asyncio.sleep(began + planned - loop.time())  # a negative time to sleep only lets others run
            asking.append(group.create_task(ask(task, planned)))
    return Latencies([task.result() for task in asking])


async def ask_in_turn(fetch: Fetch, clients: int, seconds: float) -> Latencies:
    """Let each client send a request, wait for the answer, and repeat, until the time is over."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    requests: list[Request] = []

    async def keep_asking() -> None:
        while (sent := loop.time() - began) < seconds:
            await fetch(len(requests))
            requests.append(Request(sent, sent, loop.time() - began))

    async with asyncio.timeout(seconds + GRACE_S), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(keep_asking())
    return Latencies(requests)


def against(workload: Wire, ask: Callable[[Fetch], Awaitable[Latencies]]) -> Latencies:
    """Run a loop over the `wire` workload's kept-alive connections, of which one is opened before. ConnectionError for
    a wrong answer.
    """

    async def run() -> Latencies:
        async with workload.aclient() as pool:

            async def fetch(task: int) -> None:
                if (body := await workload.aperform(pool, task)) != workload.expected(task):
                    raise ConnectionError(f"task {task} got {body[:60]!r}")

            await fetch(0)  # the first request of server and client is not counted
            return await ask(fetch)

    with asyncio.Runner() as runner:
        return runner.run(run())


def open_loop(url: str, rate_per_s: float, seconds: float, delay_s: float = 0.02) -> Latencies:
    """Open-loop latencies of the latency server with that delay, from evenly spaced requests."""
    due = schedule(rate_per_s, seconds, None)
    return against(Wire(url=url, delay_s=delay_s), lambda fetch: ask_on_schedule(fetch, due))


def closed_loop(url: str, concurrency: int, seconds: float, delay_s: float = 0.02) -> Latencies:
    """Closed-loop latencies of the same server with `concurrency` clients."""
    return against(Wire(url=url, delay_s=delay_s), lambda fetch: ask_in_turn(fetch, concurrency, seconds))
