"""The order of models in tables and charts: the classical four, then the others by what runs their tasks."""

from benchmarks.core.cell import CLASSICAL
from benchmarks.models import NAMES, needs

WORKERS = ("caller", "threads", "loop", "processes")  # the simplest to use first
FAMILIES = {
    "thread": "threads",
    "task": "asyncio",
    "process": "processes",
}  # one unit of it, as `startup_cost` names it


def family(model: str) -> str:
    """The model that a row belongs to: `process-spawn` belongs to `processes`."""
    return FAMILIES.get(model.split("-")[0], model)


def order(model: str) -> tuple[int, bool, str]:
    """Sort key: the classical four first, then by workers, those that need no package first; then all else by name."""
    base = family(model)
    if base in CLASSICAL:
        return CLASSICAL.index(base), False, model
    if base in NAMES:
        return len(CLASSICAL) + WORKERS.index(needs(base).workers), bool(needs(base).package), model
    return len(CLASSICAL) + len(WORKERS), False, model
