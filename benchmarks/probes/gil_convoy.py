"""How does computing delay answers? An echo server in a thread or a loop, with computing beside it.

Threads share one GIL. A thread that needs it while another computes waits for the switch interval, 5 ms; then the
computing thread must release it. A thread that answers requests releases the GIL whenever it waits for the next one, so
it pays those 5 ms for every request, as David Beazley showed ("Python Concurrency From the Ground Up", 2015). The
client is a process of its own, shares nothing with the server, and sends a request 10 ms after the last answer.

An event loop waits for the GIL as well when a thread computes (`asyncio-to-thread`): after its `select`, and after
every other release of the GIL before the answer is sent. A computing coroutine blocks the loop (`asyncio-computing`):
here for 10 ms at a time, then the loop runs once.

Rejected: sending the next request immediately. Over the loopback it arrives before the other thread has woken up to
take the GIL, so half the requests would see no delay; over a network all would.

What you should see: `alone`, well under 1 ms; `beside-computing`, over 5 ms, although both threads together need little
more than one core; `beside-short-turns`, with a switch interval of 0.5 ms, over 0.5 ms: the interval is the cause;
`beside-process`, with the computing in another process, hardly more than alone; `asyncio-to-thread`, at least as long
as in a thread; `asyncio-computing`, two or three of the computed pieces; `asyncio-process`, hardly more than alone.
Without a GIL the threads do not wait for each other.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from statistics import median
from threading import Event, Thread
from time import perf_counter, sleep

from benchmarks.probes import Probe

REQUESTS = 50
PAUSE_S = 0.01  # long enough for the answering thread to be waiting again
BYTES = 64
PIECE_S = 0.01  # of computing before a coroutine lets the loop run
SWITCH_S = {"beside-short-turns": 0.0005}  # otherwise Python's default
FOR_EVER = 10**12


def echo(connection: socket.socket) -> None:
    """Send back what arrives, until the client disconnects."""
    while received := connection.recv(BYTES):
        connection.sendall(received)


def compute(numbers: int, over: Event) -> None:
    """Compute in Python until `over` is set."""
    total = 0
    for number in range(numbers):
        total += number
        if not number % 1000 and over.is_set():
            return


async def compute_in_pieces(over: Event) -> None:
    """Compute in the loop in pieces of PIECE_S."""
    while not over.is_set():
        until = perf_counter() + PIECE_S
        while perf_counter() < until:
            compute(1000, over)
        await asyncio.sleep(0)


async def compute_in_thread(over: Event) -> None:
    """Compute in a thread of the loop's executor."""
    await asyncio.to_thread(compute, FOR_EVER, over)


@contextmanager
def computing_thread() -> Iterator[None]:
    """A thread that computes."""
    over = Event()
    thread = Thread(target=compute, args=(FOR_EVER, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def computing_process() -> Iterator[None]:
    """A process that computes."""
    program = f"from {__name__} import FOR_EVER, compute; from threading import Event; compute(FOR_EVER, Event())"
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def answer_in_thread(connection: socket.socket) -> None:
    """Echo in a thread of its own."""
    answering = Thread(target=echo, args=(connection,))
    answering.start()
    answering.join()


async def answer_in_loop(connection: socket.socket, beside: Callable[[Event], Awaitable[None]] | None) -> None:
    """Echo in an event loop with `beside` running, until the client disconnects."""
    over = Event()
    reader, writer = await asyncio.open_connection(sock=connection)
    computing = asyncio.ensure_future(beside(over)) if beside else None
    while received := await reader.read(BYTES):
        writer.write(received)
    over.set()
    if computing:
        await computing
    writer.close()


def in_thread(beside: Callable[[], AbstractContextManager[None]] = nullcontext) -> Callable[[socket.socket], None]:
    """Echo in a thread, with `beside` running."""

    def answer(connection: socket.socket) -> None:
        with beside():
            answer_in_thread(connection)

    return answer


def in_loop(
    inside: Callable[[Event], Awaitable[None]] | None = None,
    beside: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Callable[[socket.socket], None]:
    """Echo in a loop, with `inside` running in it and `beside` running beside it."""

    def answer(connection: socket.socket) -> None:
        with beside():
            asyncio.run(answer_in_loop(connection, inside))

    return answer


FORMS: dict[str, Callable[[socket.socket], None]] = {
    "alone": in_thread(),
    "beside-computing": in_thread(computing_thread),
    "beside-short-turns": in_thread(computing_thread),
    "beside-process": in_thread(computing_process),
    "asyncio-alone": in_loop(),
    "asyncio-computing": in_loop(compute_in_pieces),
    "asyncio-to-thread": in_loop(compute_in_thread),
    "asyncio-process": in_loop(beside=computing_process),
}


def ask(address: tuple[str, int], requests: int) -> list[float]:
    """Send that many requests; the latency of each in seconds."""
    took = []
    with socket.create_connection(address) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(requests):
            sleep(PAUSE_S)
            began = perf_counter()
            connection.sendall(b"?" * BYTES)
            connection.recv(BYTES)
            took.append(perf_counter() - began)
    return took


def client() -> None:
    """The client process: send requests to the port on the command line, and print the latencies."""
    print(json.dumps(ask(("127.0.0.1", int(sys.argv[1])), REQUESTS)))


def observed(form: str) -> dict[str, float]:
    """The median and the 90th percentile of the latencies."""
    sys.setswitchinterval(SWITCH_S.get(form, sys.getswitchinterval()))
    command = [sys.executable, "-c", f"from {__name__} import client; client()"]
    with ExitStack() as running:
        listener = running.enter_context(socket.create_server(("127.0.0.1", 0)))
        asking = subprocess.Popen([*command, str(listener.getsockname()[1])], stdout=subprocess.PIPE)
        connection = running.enter_context(listener.accept()[0])
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        FORMS[form](connection)
    took = sorted(json.loads(asking.communicate()[0]))
    return {"p50_seconds": median(took), "p90_seconds": took[len(took) * 9 // 10]}


PROBES = (Probe(FORMS, ("p50_seconds", "p90_seconds"), tasks=REQUESTS),)


def main() -> None:
    """Print the latencies of the form that the command line names."""
    print(json.dumps(observed(sys.argv[1])))
