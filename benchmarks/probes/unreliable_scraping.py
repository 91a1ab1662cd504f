"""Scrape 320 unreliable pages with concurrency 30: how close does each model come to the ideal time?

    time_over_ideal  total time ÷ ideal time (list scheduling of all pages' waits over 30 places)
    p50_seconds …    time of one page, with its retries and the pauses between them
    error_share      failed attempts ÷ attempts
    retries          attempts beyond the first of each page
    fetched          pages fetched in the end; the others failed three times

Of the attempts 10 % get an error, 5 % a reset connection, 3 % no answer. They are the same for every model, because the
server draws them from page and attempt. So error share, retries and pages are equal, and the server's counts must match
the expected ones, or there is no result. A script scrapes once, so there is no warm-up.

What you should see: all models come close to the ideal time, processes least because of their start-up. The pages
decide their own times: p99 is the time-out plus the retry, under every model.
"""

import json
import sys
from collections import Counter

from benchmarks.core.round import time_round, validation_error
from benchmarks.load.quantiles import quantile
from benchmarks.models import model
from benchmarks.probes import Probe
from benchmarks.workloads import Capacity
from benchmarks.workloads.unreliable_pages import UnreliablePages
from servers.delays import ERROR, HANG, RESET, SERVED
from servers.request_stats import reset, stats

MODELS = ("threads", "processes", "asyncio")
PAGES, AT_ONCE = 320, 30
WEB = UnreliablePages(delay_s=0.02, sigma=1)
COUNTED = {"successes": SERVED, "errors": ERROR, "resets": RESET, "hangs": HANG}


def unexpected(workload: UnreliablePages, tasks: list[int], account: dict[str, float]) -> str | None:
    """How the server's counts differ from the expected ones; None if they match."""
    ends = Counter(end for task in tasks for end in workload.ends(task))
    for name, end in COUNTED.items():
        if account[name] != ends[end]:
            return f"the server counted {account[name]:.0f} {name}, and {ends[end]} were to be expected"
    return None


def measure(name: str, workload: UnreliablePages, pages: int, at_once: int) -> dict[str, float | None]:
    """The metrics of a model. ValueError if it did not fetch exactly the pages that can be fetched."""
    tasks = workload.tasks(pages)
    reset(workload.url)
    timing = time_round(model(name), workload, tasks, at_once)
    account = stats(workload.url)
    if wrong := validation_error(workload, tasks, timing) or unexpected(workload, tasks, account):
        raise ValueError(wrong)
    took = sorted(end - start for start, end in timing.spans)
    return {
        "time_over_ideal": timing.seconds / workload.ideal_s(tasks, at_once, Capacity()),
        "p50_seconds": quantile(took, 0.5),
        "p99_seconds": quantile(took, 0.99),
        "error_share": 1 - account["successes"] / account["started"],
        "retries": account["started"] - pages,
        "fetched": account["successes"],
    }


PROBES = (
    Probe(
        MODELS,
        ("time_over_ideal", "p50_seconds", "p99_seconds", "error_share", "retries", "fetched"),
        workloads=(WEB,),
        concurrency=(AT_ONCE,),
        tasks=PAGES,
        arguments=("model", "url"),
    ),
)


def main() -> None:
    """Print the metrics of the model that the command line names; the second argument is the server's URL."""
    workload = UnreliablePages(sys.argv[2], WEB.delay_s, WEB.sigma)
    print(json.dumps(measure(sys.argv[1], workload, PAGES, AT_ONCE)))
