"""Which law of `scripts.predict.equation` a model follows, read from the requirements in the model's own file."""

from benchmarks.models import NAMES, needs
from scripts.analysis.model_order import WORKERS, order
from scripts.predict.equation import ALONE, CORES, GIL, LOOP


def law(model: str) -> str:
    """The law of a model; empty where the equation has none: for clusters, and for several event loops."""
    required = needs(model)
    if required.needs_subprocess or (required.workers in ("threads", "processes") and required.form != "blocking"):
        return ""
    if required.interpreter_per_worker:
        return CORES
    return {"caller": ALONE, "threads": GIL, "loop": LOOP}[required.workers]


def predictable() -> list[str]:
    """The models that the equation has a law for, the simplest to use first."""
    return sorted(filter(law, NAMES), key=simplicity)


def simplicity(model: str) -> tuple[bool, int, tuple[int, bool, str]]:
    """Sort key: threads before an event loop before processes before sub-interpreters; then the order of tables."""
    required = needs(model)
    return required.isolated, WORKERS.index(required.workers), order(model)
