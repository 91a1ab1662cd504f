"""The leaked socket: a session opened before a fork is one socket in every worker.

A forked worker inherits its parent's open connections: not copies, the same ones. The parent may have used a
`requests.Session` once, or opened a database connection or a Redis client at the top of a module. Then all workers
write into the one socket, and each reads what comes next. They take turns where they should not (in a trial 20 workers
took as long as one), or read each other's answers. What to do: open connections in the worker (`initializer=`),
and let no pool fork a process that has any open (`forkserver`, `spawn`).

The server says from which port a request came: each connection has one of its own.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context

import requests

WORKERS, DELAY_S = 4, 0.5
session = requests.Session()


class Telling(BaseHTTPRequestHandler):
    """Answers, after a while, with the port that asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send it."""
        time.sleep(DELAY_S)
        text = str(self.client_address[1]).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))


def fetch(url: str) -> str:
    """The port, or what became of the request."""
    try:
        return session.get(url, timeout=4 * DELAY_S).text
    except requests.RequestException as problem:
        return type(problem).__name__


if __name__ == "__main__":
    fork, server = get_context("fork"), ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # broken connections are what is shown
    serving = fork.Process(target=server.serve_forever, daemon=True)
    serving.start()
    url = f"http://127.0.0.1:{server.server_port}/"
    found = {}
    for name in ("opened in the worker", "opened before the fork"):  # `session` has no connection yet, then it has one
        with fork.Pool(WORKERS) as pool:
            began = time.perf_counter()
            found[name] = sorted(set(pool.map(fetch, [url] * WORKERS, chunksize=1)))
            print(f"{name}: {time.perf_counter() - began:.2f} s, connections (or errors): {', '.join(found[name])}")
        fetch(url)
    serving.terminate()
    print(f"You should have seen {WORKERS} connections and {DELAY_S} s, then fewer, in more time, or broken answers.")
    own, inherited = found.values()
    sys.exit(None if len(own) == WORKERS > len(inherited) else "Not seen: the workers did not share a connection.")
