"""The unread future: an exception stays in its future, unseen until `result()` is called.

`pool.submit(fetch, url)` returns immediately, whatever becomes of `fetch`; only `result()` raises the exception. A
comparison of concurrency models that was tried submitted its requests, waited for the pool to finish, printed its times
and exited with 0, in 0.9 s, with its server switched off. `asyncio.gather(return_exceptions=True)` hides them as well,
in a list. What to do: read every result (`list(pool.map(…))`, a TaskGroup), and check the answers.

Here twenty requests go to a port without a server.
"""

import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

REQUESTS, WORKERS, PAGE_S = 20, 5, 0.2
with socket.socket() as reserved:
    reserved.bind(("127.0.0.1", 0))
    port = reserved.getsockname()[1]  # no server has it, now that it is closed


def fetch(page: int) -> bytes:
    """One page, were there a server, which took PAGE_S for each."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    connection.request("GET", f"/{page}")
    return connection.getresponse().read()


began = time.perf_counter()
with ThreadPoolExecutor(WORKERS) as pool:
    futures = [pool.submit(fetch, page) for page in range(REQUESTS)]
took_s, floor_s = time.perf_counter() - began, REQUESTS / WORKERS * PAGE_S

print(f'"{REQUESTS} pages in {took_s:.3f} s, {REQUESTS / took_s:,.0f} pages a second." No error so far.')
failed = [problem for future in futures if (problem := future.exception())]
print(f"Asked now, {len(failed)} of {REQUESTS} futures hold an exception, the first: {failed[0]!r}")
print(f"You should have seen it finish sooner than is possible ({floor_s} s), and {REQUESTS} exceptions afterwards.")
sys.exit(
    None if len(failed) == REQUESTS and took_s < floor_s else "Not seen: some request was answered, or it took long."
)
