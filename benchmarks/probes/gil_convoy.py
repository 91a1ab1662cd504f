"""What does computing do to whoever answers requests? An echo server, in a thread or a loop, and beside it what adds.

Threads share one GIL. Whoever wants it while another thread computes asks for it and waits: after 5 ms, the switch
interval, the one that computes has to hand it over. A thread that answers a request gives the GIL up as soon as it
waits for the next one, so it pays those 5 ms for every single request: David Beazley showed it live ("Python
Concurrency From the Ground Up", 2015). The client is a process of its own, so that it shares nothing with the server,
and asks 10 ms after it was answered.

An event loop that answers waits for the GIL as well when a thread computes (`asyncio-to-thread`): after its `select`,
and again after whatever else lets go of the GIL before the answer is sent. A coroutine that computes holds the loop for
as long as it does (`asyncio-computing`): here 10 ms at a time, and then it lets the loop go round once.

Rejected: asking again at once. Over the loopback the next request is there before the other thread has woken up to
take the GIL, so that half the requests pass under its nose, and none would that came over a network.

What you should see: `alone`, an answer takes well under a millisecond; `beside-computing`, over 5 ms, though both
threads together have work for little more than one core; `beside-short-turns`, with the switch interval set to
0.5 ms, over 0.5 ms: so it is the interval; `beside-process`, with the computing in another process, hardly more than
alone; `asyncio-to-thread`, no less than a thread; `asyncio-computing`, two or three of the pieces that are computed;
`asyncio-process`, hardly more than alone. Without a GIL the threads do not wait for each other.
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
PAUSE_S = 0.01  # long enough for the answering thread to wait for the next request, and for nothing else
BYTES = 64
PIECE_S = 0.01  # that a coroutine computes before it lets the loop go round
SWITCH_S = {"beside-short-turns": 0.0005}  # otherwise Python's own
FOR_EVER = 10**12


def echo(connection: socket.socket) -> None:
    """Send back what comes, until nothing does."""
    while received := connection.recv(BYTES):
        connection.sendall(received)


def compute(numbers: int, over: Event) -> None:
    """Add in Python, and look now and then whether it is over."""
    total = 0
    for number in range(numbers):
        total += number
        if not number % 1000 and over.is_set():
            return


async def compute_in_pieces(over: Event) -> None:
    """Add in the loop, and let others have a turn now and then."""
    while not over.is_set():
        until = perf_counter() + PIECE_S
        while perf_counter() < until:
            compute(1000, over)
        await asyncio.sleep(0)


async def compute_in_thread(over: Event) -> None:
    """Add in a thread of the loop's."""
    await asyncio.to_thread(compute, FOR_EVER, over)


@contextmanager
def computing_thread() -> Iterator[None]:
    """A thread that adds."""
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
    """A process that adds."""
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
    """Echo in an event loop, and compute beside it until nothing comes any more."""
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
    """Echo in a thread, with that beside it."""

    def answer(connection: socket.socket) -> None:
        with beside():
            answer_in_thread(connection)

    return answer


def in_loop(
    inside: Callable[[Event], Awaitable[None]] | None = None,
    beside: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Callable[[socket.socket], None]:
    """Echo in a loop, with the one inside it and the other beside it."""

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
    """Ask so many times: the seconds that each answer took."""
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
    """The other process: ask the port that the command line names, print what the answers took."""
    print(json.dumps(ask(("127.0.0.1", int(sys.argv[1])), REQUESTS)))


def observed(form: str) -> dict[str, float]:
    """What an answer took in the middle, and what one in ten exceeded."""
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
    """Print what the answers take beside what the command line names."""
    print(json.dumps(observed(sys.argv[1])))
