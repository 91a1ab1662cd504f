"""The order of models in tables and charts: the classical four, then their rivals, then others by name."""

CLASSICAL = ("sequential", "threads", "processes", "asyncio")
RIVALS = (
    "uvloop",
    "trio",
    "gevent",
    "anyio",
    "interpreters",
    "dask",
    "joblib",
    "ray",
    "to_thread",
    "gather",
    "queue_workers",
    "to_process",
    "pool",
    "loops_in_threads",
    "loops_in_processes",
)
FAMILIES = {
    "thread": "threads",
    "task": "asyncio",
    "process": "processes",
}  # one unit of it, as `startup_cost` names it


def family(model: str) -> str:
    """The model that a row belongs to: `process-spawn` belongs to `processes`."""
    return FAMILIES.get(model.split("-")[0], model)


def order(model: str) -> tuple[int, str]:
    """Sort key: the classical four first, then the rivals, then everything else by name."""
    known = (*CLASSICAL, *RIVALS)
    base = family(model)
    return (known.index(base) if base in known else len(known), model)
