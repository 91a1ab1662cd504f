"""No work at all: only the model and the harness are measured."""

from dataclasses import dataclass
from typing import cast

from benchmarks.workloads import EVERY_FORM, Workload


@dataclass(frozen=True)
class Nothing(Workload):
    """Return the task."""

    name = "noop"
    forms = EVERY_FORM

    def perform(self, client: None, task: int) -> int:
        """Return the task."""
        return task

    async def aperform(self, client: None, task: int) -> int:
        """Return the task."""
        return task

    def expected(self, task: int) -> int:
        """The task itself."""
        return task


def noop_named(name: str, **fields: object) -> Nothing:
    """A noop under another name, for programs that do their work themselves."""
    return cast("Nothing", type(name, (Nothing,), {"name": name, "__module__": __name__} | fields)())
