"""Latency under load, from both sides of a famous mistake: requests on schedule, and requests after answers.

`closed_loop` is what most benchmarks do: a client asks again when it has its answer. While the server stands still, so
does the client, and one slow request stands for the hundreds of users that a real second would have brought. Gil Tene
named this coordinated omission ("How NOT to Measure Latency", 2013); his wrk2 is the cure that `open_loop` follows: a
plan of instants drawn beforehand, each request sent at its own, whatever became of the others, and timed *from the
planned instant*. So a request that the generator itself sends late is charged for it, and `generator_late` says when
that is what was measured: the event loop wakes up to 1 ms late, because epoll counts whole milliseconds.

Rejected: correcting closed-loop figures afterwards (HdrHistogram's expected interval: it invents samples), a fixed
number of connections (a queue in the client that hides the server's), spinning until the instant (it burns the core
that the server needs). Quantiles are order statistics of all requests: no histogram, no interpolation.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.load.quantiles import quantile
from benchmarks.workloads.wire import Wire

Fetch = Callable[[int], Awaitable[object]]  # asks for the answer to a task and waits for it

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
METRICS = (  # by name, the foremost first
    *("p99_seconds", "p50_seconds", "p90_seconds", "p999_seconds", "lag_p50_seconds", "lag_p99_seconds"),
    *("answered", "answered_per_second", "generator_late"),
)
LAG_SHARE = 0.1  # a generator this late, as a share of the latency at the same quantile, is part of the figure
GRACE_S = 30.0  # for the last answers; a server that takes longer is dead


@dataclass(frozen=True)
class Request:
    """One request: when it should have been sent, when it was, when it was answered; in seconds since the start."""

    planned: float
    sent: float
    answered: float


@dataclass(frozen=True)
class Latencies:
    """What all requests of one loop took."""

    requests: Sequence[Request]

    @property
    def seconds(self) -> list[float]:
        """From the planned instant to the answer, shortest first."""
        return sorted(request.answered - request.planned for request in self.requests)

    @property
    def lags_s(self) -> list[float]:
        """How late the generator sent its requests, most punctual first; all 0 in a closed loop, which has no plan."""
        return sorted(request.sent - request.planned for request in self.requests)

    @property
    def achieved_per_s(self) -> float:
        """Answers a second, from the start to the last of them."""
        return len(self.requests) / max(request.answered for request in self.requests)

    @property
    def lagging(self) -> bool:
        """Whether the generator's own lateness is a noticeable part of the typical or of the extreme latency."""
        ends = [(quantile(self.lags_s, q), quantile(self.seconds, q)) for q in (0.5, 0.99)]
        return any(lag is not None and took is not None and lag > LAG_SHARE * took for lag, took in ends)

    def metrics(self) -> dict[str, float | None]:
        """Everything by name, in seconds; None for a quantile that so few requests cannot show."""
        taken = {f"{name}_seconds": quantile(self.seconds, q) for name, q in QUANTILES.items()}
        late = {f"lag_{name}_seconds": quantile(self.lags_s, QUANTILES[name]) for name in ("p50", "p99")}
        count = {"answered": float(len(self.requests)), "answered_per_second": self.achieved_per_s}
        return taken | late | count | {"generator_late": float(self.lagging)}


def schedule(rate_per_s: float, seconds: float, seed: int | None) -> list[float]:
    """Instants at which requests are due: evenly spaced, or with a seed as independent users come (Poisson)."""
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
    """Send request n at `due[n]`, whatever became of the others."""
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
    """Let each client ask, wait for the answer, and ask again, until the time is over."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked: list[Request] = []

    async def keep_asking() -> None:
        while (sent := loop.time() - began) < seconds:
            await fetch(len(asked))
            asked.append(Request(sent, sent, loop.time() - began))

    async with asyncio.timeout(seconds + GRACE_S), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(keep_asking())
    return Latencies(asked)


def against(workload: Wire, ask: Callable[[Fetch], Awaitable[Latencies]]) -> Latencies:
    """Ask a server over the `wire` workload's connections: as many as are in use at once, kept alive, one opened first.

    ConnectionError for a wrong answer, which is no latency at all.
    """

    async def run() -> Latencies:
        async with workload.aclient() as pool:

            async def fetch(task: int) -> None:
                if (body := await workload.aperform(pool, task)) != workload.expected(task):
                    raise ConnectionError(f"task {task} got {body[:60]!r}")

            await fetch(0)  # the server's and the client's first request is another question
            return await ask(fetch)

    with asyncio.Runner() as runner:
        return runner.run(run())


def open_loop(url: str, rate_per_s: float, seconds: float, seed: int | None = None, delay_s: float = 0.02) -> Latencies:
    """Ask the latency server for answers after `delay_s`, on schedule: evenly, or with a seed at random instants."""
    due = schedule(rate_per_s, seconds, seed)
    return against(Wire(url=url, delay_s=delay_s), lambda fetch: ask_on_schedule(fetch, due))


def closed_loop(url: str, concurrency: int, seconds: float, delay_s: float = 0.02) -> Latencies:
    """Ask the same by `concurrency` clients that wait for each answer before they ask again."""
    return against(Wire(url=url, delay_s=delay_s), lambda fetch: ask_in_turn(fetch, concurrency, seconds))
