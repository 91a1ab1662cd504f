"""What does a computing thread do to a thread that answers requests? An echo server, and beside it a thread that adds.

Threads share one GIL. Whoever wants it while another thread computes asks for it and waits: after 5 ms, the switch
interval, the one that computes has to hand it over. A thread that answers a request gives the GIL up as soon as it
waits for the next one, so it pays those 5 ms for every single request: David Beazley showed it live ("Python
Concurrency From the Ground Up", 2015). The client is a process of its own, so that it shares nothing with the server,
and asks 10 ms after it was answered.

Rejected: asking again at once. Over the loopback the next request is there before the other thread has woken up to
take the GIL, so that half the requests pass under its nose, and none would that came over a network.

What you should see: `alone`, an answer takes well under a millisecond; `beside-computing`, over 5 ms, though both
threads together have work for little more than one core; `beside-computing-short`, with the switch interval set to
0.5 ms, over 0.5 ms: so it is the interval; `beside-process`, with the computing in another process, hardly more than
alone. Without a GIL the threads do not wait for each other.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from threading import Event, Thread
from time import perf_counter, sleep

REQUESTS = 50
PAUSE_S = 0.01  # long enough for the answering thread to wait for the next request, and for nothing else
BYTES = 64
SWITCH_S = {"beside-computing-short": 0.0005}  # otherwise Python's own
FORMS = ("alone", "beside-computing", "beside-computing-short", "beside-process")
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
        if form.startswith("beside"):
            running.enter_context(computing_process() if form == "beside-process" else computing_thread())
        answering = Thread(target=echo, args=(connection,))
        answering.start()
        answering.join()
    took = sorted(json.loads(asking.communicate()[0]))
    return {"p50_seconds": median(took), "p90_seconds": took[len(took) * 9 // 10]}


def main() -> None:
    """Print what the answers take beside what the command line names."""
    print(json.dumps(observed(sys.argv[1])))
