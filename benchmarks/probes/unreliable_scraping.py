"""The five sites, grown up: 320 pages, 30 at once, of a web that misbehaves. What does each model make of it?

    time_over_ideal  what all of it took ÷ the floor: the waits of all pages, listed over 30 places
    p50_seconds …    what one page took, its further attempts and the pauses between them included
    error_share      attempts that failed ÷ attempts
    retries          attempts beyond the first at each page
    fetched          pages that were there in the end; the rest was given up after three attempts

Of the attempts 10 % are answered with an error, 5 % with a reset connection, 3 % not at all. The same ones for every
model, because the server draws them from page and attempt: so error share, retries and pages are the same, and what
the server counted must be what was to be expected, or there is no result. A script scrapes once: nothing is warm.

What you should see: they all come close to the floor, processes least, for they must be started. What a page takes is
decided by the web: p99 is the time-out and what follows it, whoever waits.
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
    """What the server counted that was not to be expected; None when all was."""
    ends = Counter(end for task in tasks for end in workload.ends(task))
    for name, end in COUNTED.items():
        if account[name] != ends[end]:
            return f"the server counted {account[name]:.0f} {name}, and {ends[end]} were to be expected"
    return None


def measure(name: str, workload: UnreliablePages, pages: int, at_once: int) -> dict[str, float | None]:
    """The metrics of a model. ValueError when it did not end with the pages that can be had."""
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
    """Print the metrics of the model that the command line names; the server's URL comes after it."""
    workload = UnreliablePages(sys.argv[2], WEB.delay_s, WEB.sigma)
    print(json.dumps(measure(sys.argv[1], workload, PAGES, AT_ONCE)))
