"""The ceiling: what a client reaches that does nothing but send and receive.

Prepared bytes over non-blocking sockets and the system's own poll, in one thread: no protocol, no library, no model,
and no check but for the length of each answer. What lies between the ideal time and the ceiling is the server's, the
network's and this loop's, and no model's. (wrk at concurrency 50 and 50 ms reaches 0.88 of the
ideal throughput, not 1.)

Connections are opened within the time, as those of a round are. The length of an answer depends on that of its body
alone, so one answer of each length is read beforehand.
"""

import select
import socket
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from benchmarks.workloads.http_base import Pages

RECEIVE_BYTES = 65_536
PATIENCE_S = 5.0  # beyond the longest delay: a server silent for so long will not answer
TRIES = 2  # the first one meets a cold server; the ceiling is the best of them
END_OF_HEAD = b"\r\n\r\n"


def ceiling_s(pages: Pages, tasks: Sequence[int], concurrency: int) -> float:
    """Seconds to fetch the pages of these tasks, `concurrency` at once. ConnectionError."""
    parts = urlsplit(pages.url)
    address = parts.hostname or "127.0.0.1", parts.port or 80
    lengths = {body: answer_bytes(address, 10 ** (body - 1)) for body in {len(str(task)) for task in tasks}}
    requests = [(request(address, pages.target(task)), lengths[len(str(task))]) for task in tasks]
    patience_s = PATIENCE_S + max(map(pages.wait_s, tasks))
    return min(fetch_all(address, requests, min(concurrency, len(tasks)), patience_s) for _ in range(TRIES))


def request(address: tuple[str, int], target: str) -> bytes:
    """The bytes of a request."""
    return f"GET {target} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode()


def answer_bytes(address: tuple[str, int], task: int) -> int:
    """How long the whole answer to a task is, as its own head says."""
    with socket.create_connection(address) as connection:
        connection.sendall(request(address, f"/delay?ms=0&n={task}"))
        got = b""
        while END_OF_HEAD not in got:
            got += received(connection)
    head = got[: got.index(END_OF_HEAD)].lower()
    return len(head) + len(END_OF_HEAD) + int(head.partition(b"content-length:")[2].split()[0])


def received(connection: socket.socket) -> bytes:
    """What has arrived. ConnectionError where the server has closed."""
    if not (data := connection.recv(RECEIVE_BYTES)):
        raise ConnectionError("the server closed the connection of the null client")
    return data


def fetch_all(
    address: tuple[str, int], requests: Sequence[tuple[bytes, int]], concurrency: int, patience_s: float
) -> float:
    """Send every request and wait until all answers have arrived in full; the seconds that it took.

    ConnectionError where the server closes, answers at another length, or is silent for `patience_s`.
    """
    poll, patience = (select.epoll(), patience_s) if hasattr(select, "epoll") else (select.poll(), 1000 * patience_s)
    began_s, waiting = time.perf_counter(), iter(requests)
    connections, missing, left = dict[int, socket.socket](), dict[int, int](), len(requests)
    try:
        for _ in range(concurrency):
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect_ex(address)
            connections[connection.fileno()] = connection
            poll.register(connection.fileno(), select.POLLOUT)
        while left:
            events = poll.poll(patience)
            if not events:
                raise ConnectionError("the server left the null client without an answer")
            for number, event in events:
                connection = connections[number]
                if event & select.POLLIN:
                    missing[number] -= len(received(connection))
                    if missing[number] < 0:
                        raise ConnectionError("an answer was longer than the null client expected")
                    if missing[number]:
                        continue
                    left -= 1
                elif not event & select.POLLOUT:
                    raise ConnectionError("the server refused the null client")
                else:
                    poll.modify(number, select.POLLIN)
                if following := next(waiting, None):
                    connection.send(following[0])
                    missing[number] = following[1]
        return time.perf_counter() - began_s
    finally:
        for connection in connections.values():
            connection.close()
