"""The databases before a run: those of the user's own are looked at, and `make doctor` lists what there is."""

from collections.abc import Iterable

from benchmarks.backends.databases import KINDS, check, described, services
from benchmarks.core.cell import Cell
from scripts.util.exit_codes import CommandError, Exit
from servers.subprocesses import ServiceError


def look(cells: Iterable[Cell]) -> None:
    """Stop where a database of the user's own, which one of the cells asks, is not fit to be measured against."""
    asked = [cell for cell in cells if not cell.unavailable_reason]
    for service in services(cell.workload for cell in asked):
        if KINDS[service].url:
            try:
                check(service, max(cell.concurrency for cell in asked if cell.workload.service == service))
            except ServiceError as problem:
                raise CommandError(Exit.NOT_MEASURED, str(problem)) from None


def found() -> list[tuple[str, str]]:
    """Each database by its name, and what it is here or what it lacks."""
    here = described()
    return [(kind.called, here.get(name, kind.unavailable_reason())) for name, kind in KINDS.items()]
