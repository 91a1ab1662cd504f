"""What does a session per request cost, compared with one session that keeps its connection?

`requests.get(…)` opens a session, a connection pool and a connection for one request, and discards them. The usual
comparison of requests with aiohttp does that on one side and keeps a session on the other, and takes the difference for
the cost of threads (as in github.com/airbytehq/airbyte/pull/29737, over TLS to a distant server).

What you should see: a session per request costs clearly more even over loopback, where connecting takes no time. Over
TLS and a distance, two or three round trips are added, which are the greater part.
"""

import json
import sys
from collections.abc import Callable
from time import perf_counter

import requests

from benchmarks.probes import Probe
from benchmarks.workloads.http import Http

REQUESTS = 200


def pooled(workload: Http, count: int) -> list[bytes]:
    """All requests with one session."""
    with workload.client() as session:
        return [workload.perform(session, task) for task in range(count)]


def session_per_request(workload: Http, count: int) -> list[bytes]:
    """Each request with a session of its own."""

    def fetch(task: int) -> bytes:
        with workload.client() as session:
            return workload.perform(session, task)

    return [fetch(task) for task in range(count)]


FORMS: dict[str, Callable[[Http, int], list[bytes]]] = {"pooled": pooled, "session-per-request": session_per_request}


def unit_seconds(form: str, url: str, count: int = REQUESTS) -> float:
    """Seconds per request, after a warm-up."""
    workload = Http(url=url, delay_s=0)
    FORMS[form](workload, 5)
    began = perf_counter()
    answers = FORMS[form](workload, count)
    took = perf_counter() - began
    if answers != [workload.expected(task) for task in range(count)]:
        raise requests.RequestException("an answer is wrong")
    return took / count


PROBES = (Probe(FORMS, ("unit_seconds",), tasks=REQUESTS, arguments=("model", "url")),)


def main() -> None:
    """Print the cost of a request in the form that the command line names; the second argument is the server's URL."""
    print(json.dumps({"unit_seconds": unit_seconds(sys.argv[1], sys.argv[2])}))
