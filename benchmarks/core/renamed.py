"""Names that changed, old → new.

Raw files of earlier runs are never rewritten: they are read through this table. A user of an old name learns the new
one. An earlier run may have experiments that were REMOVED; they stay readable.
"""

import re
from typing import Any

EXPERIMENTS = {
    "blocking": "loop_blocking",
    "chaining": "callback_chain",
    "chat": "chat_broadcast",
    "clients": "blocking_client_in_async",
    "convoy": "gil_convoy",
    "crowded": "web_many_clients",
    "crowds": "concurrent_fetching",
    "crunching": "cpu_overhead",
    "dashboards": "sse_broadcast",
    "farming": "offload_cost",
    "footprint": "interpreter_memory",
    "forgetting": "forgotten_await",
    "freeze": "coordinated_omission",
    "handing": "thread_handoff",
    "letting_go": "gil_release",
    "libraries": "http_clients",
    "libraries_undelayed": "http_clients_undelayed",
    "memory": "task_memory",
    "mine": "user_work",
    "opening": "pool_startup",
    "overheads": "asyncio_entry",
    "pipeline": "backpressure",
    "pooling": "session_reuse",
    "rates": "rate_limit",
    "rows": "web_database_row",
    "scraping": "unreliable_scraping",
    "script": "sequential_script",
    "serving": "web_throughput",
    "sharing": "lost_updates",
    "sites": "five_sites",
    "stacks": "thread_stacks",
    "starting": "startup_cost",
    "swarms": "max_concurrency",
    "tails": "web_tail_latency",
    "undelayed": "fetching_undelayed",
}
REMOVED = {"latency": "coordinated_omission compares an open and a closed loop"}
WORKLOADS = {"nothing": "noop", "scraping": "unreliable-pages"}
MODELS = {"nothing": "idle"}
METRICS = {
    "armed": "timers_set",
    "at_once": "peak_tasks",
    "best_client_cores": "max_load_client_cores",
    "best_per_second": "max_load_per_second",
    "best_server_cores": "max_load_server_cores",
    "clients_busy": "client_cpu_share",
    "discarded": "warmup",
    "few_lateness_p99_seconds": "few_timers_lateness_p99_seconds",
    "floor_seconds": "ideal_seconds",
    "lagging": "generator_late",
    "scaling": "parallel_speedup",
    "share_of_limit": "rate_limit_share",
    "stretch": "time_over_ideal",
}
CLAIMS = {
    "async-files-do-not": "async-files-block-nothing",
    "await-sleep-does-not": "await-sleep-blocks-nothing",
    "best-threads-lose": "asyncio-beats-best-threads",
    "computing-in-an-executor-does-not": "executor-keeps-loop-free",
    "cpu-bound-not": "asyncio-not-for-computing",
    "from-a-certain-concurrency": "asyncio-faster-when-many",
    "one-thread-juggles": "one-thread-many-waits",
    "threads-do-that-too": "threads-slower-than-asyncio",
}
FIELDS = {"beside": "counterpart"}  # of a claim's measure, in its file and among verdicts
LOADS = {"half_": "at_50_percent_load_", "most_": "at_80_percent_load_"}  # prefixes of metrics
LABELS = {"headline": "quick"} | WORKLOADS | EXPERIMENTS  # words of ONLY and of a claim's references


def hint(name: str) -> str:
    """`'convoy' is now called 'gil_convoy'` for an old name of a cell, metric or field; empty for any other."""
    if name in REMOVED:
        return f"{name!r} was removed; {REMOVED[name]}"
    new = LABELS.get(name) or FIELDS.get(name) or metric(name)
    return f"{name!r} is now called {new!r}" if new != name else ""


def metric(name: str) -> str:
    """The name that a column or metric has now."""
    for old, new in LOADS.items():
        if name.startswith(old):
            return new + metric(name.removeprefix(old))
    return METRICS.get(name, name)


def expression(only: str) -> str:
    """An ONLY expression of an earlier run in the names of now."""
    return re.sub(r"[\w-]+", lambda word: LABELS.get(word[0], word[0]), only)


def entry(old: dict[str, Any]) -> dict[str, Any]:
    """A journal entry of an earlier run in the names of now; the cells and rounds in it as well."""
    new = {metric(name): [entry(one) for one in value] if tables(value) else value for name, value in old.items()}
    if isinstance(metrics := old.get("metrics"), dict):
        new["metrics"] = {metric(name): value for name, value in metrics.items()}
    parts = [(old.get(name), names) for name, names in COLUMNS.items()]
    if isinstance(old.get("cell"), str) and all(isinstance(value, str) for value, _ in parts):
        renamed = {name: COLUMNS[name].get(old[name], old[name]) for name in COLUMNS}
        prefix = "-".join(old[name] for name in COLUMNS)
        new |= renamed | {"cell": re.sub(f"^{re.escape(prefix)}", "-".join(renamed.values()), old["cell"])}
    return new


def reference(old: str) -> str:
    """A claim's reference to a cell, such as `convoy/alone`, in the names of now."""
    experiment, *names = old.split("/")
    return "/".join([EXPERIMENTS.get(experiment, experiment), *(WORKLOADS.get(name, name) for name in names)])


def verdicts(old: Any) -> Any:
    """A document of verdicts of an earlier run in the names of now."""
    if isinstance(old, list):
        return [verdicts(one) for one in old]
    if not isinstance(old, dict):
        return old
    new = {FIELDS.get(name, name): verdicts(value) for name, value in old.items()}
    if isinstance(new.get("id"), str):
        new["id"] = CLAIMS.get(new["id"], new["id"])
    for names, change in ((("of", "over"), reference), (("metric", "over_metric"), metric)):
        new |= {name: change(new[name]) for name in names if isinstance(new.get(name), str)}
    return new


COLUMNS = {"experiment": EXPERIMENTS, "workload": WORKLOADS, "model": MODELS}


def tables(value: Any) -> bool:
    """Whether it is a list of tables."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)
