"""One HTTP/1.1 request as a generator of bytes, independent of who sends and receives them (h11, sans-I/O).

A file of its own, because it needs neither sockets nor an event loop: a blocking script must not pay for importing
asyncio, nor the reverse.
"""

from collections.abc import Generator

import h11


def exchange(connection: h11.Connection, host: str, target: str) -> Generator[bytes, bytes, bytes]:
    """One request: yields bytes to send (empty: wait for more), is sent bytes that arrived, returns the body."""
    request = h11.Request(method="GET", target=target, headers=[("Host", host)])
    received = yield connection.send(request) + connection.send(h11.EndOfMessage())
    body = b""
    connection.receive_data(received)
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            connection.receive_data((yield b""))
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.Response) and event.status_code != 200:
            raise ConnectionError(f"{target}: status {event.status_code}")
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionError(f"{target}: the server closed the connection")
    connection.start_next_cycle()
    return body
