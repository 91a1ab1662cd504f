"""What is checked before a run: the selection, the databases that it needs, open files and disk space."""

import errno
import resource
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from benchmarks.backends.databases import KINDS, check, services
from benchmarks.core.cell import Cell
from benchmarks.core.registry import catalogue, experiments
from benchmarks.core.selection import check as check_expression
from benchmarks.core.selection import chosen
from scripts.util.exit_codes import CommandError, Exit
from servers.subprocesses import ServiceError

LEFT_OUT = ("test_aa", "test_cluster")  # of make full: the suite itself, and Ray started again for every round
NEEDED_FILES = 2048  # a thousand connections on both ends of the measurement, each with its own descriptor
NEEDED_BYTES = 16 * 2**20  # a run takes some 4 MB, and half a line on a full disk is no record


def every_experiment() -> str:
    """All experiments as ONLY selects them, except those that measure the suite itself or take too long."""
    names = {cell.experiment for file, cells in experiments().items() if file.stem not in LEFT_OUT for cell in cells}
    return f"({' or '.join(sorted(names))})"


def check_selection(typed: str, only: str) -> list[Cell]:
    """The cells of `only`. CommandError when `typed` has no meaning, or when `only`, made of it, selects no cell."""
    cells = catalogue()
    try:
        check_expression(typed, set().union(*(cell.labels() for cell in cells)))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, str(problem)) from None
    if not (selected := [cell for cell in cells if chosen(only, cell)]):
        raise CommandError(Exit.USAGE, f"ONLY={only!r} selects no cell. Next: make bench ONLY=io")
    return selected


@cache
def cells_selected(only: str) -> int:
    """How many cells ONLY selects, of those that can be measured here."""
    return sum(chosen(only, cell) and not cell.unavailable_reason for cell in catalogue())


def check_measurable(cells: list[Cell]) -> None:
    """CommandError when our own interpreter can measure none of the cells, or a database is not fit for them."""
    if all(cell.unavailable_reason for cell in cells):
        raise CommandError(
            Exit.NOT_MEASURED, f"nothing of that can be measured here: {cells[0]} {cells[0].unavailable_reason}"
        )
    check_databases(cell for cell in cells if not cell.unavailable_reason)


def check_databases(cells: Iterable[Cell]) -> None:
    """CommandError when a database of the user's own, which one of the cells needs, can't be measured against."""
    cells = list(cells)
    for service in services(cell.workload for cell in cells):
        if KINDS[service].url:
            try:
                check(service, max(cell.concurrency for cell in cells if cell.workload.service == service))
            except ServiceError as problem:
                raise CommandError(Exit.NOT_MEASURED, str(problem)) from None


def raise_file_limit() -> None:
    """Raise the limit of open files to NEEDED_FILES. CommandError when that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < NEEDED_FILES:
        sentence = (
            f"only {hard} files may be open, {NEEDED_FILES} are needed. Next: ulimit -Hn {NEEDED_FILES}; make bench"
        )
        raise CommandError(Exit.NOT_MEASURED, sentence)
    if soft < NEEDED_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (NEEDED_FILES, hard))


def require_disk_space(folder: Path) -> None:
    """OSError when less than NEEDED_BYTES are free: what can't be recorded should not be measured."""
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        raise OSError(errno.ENOSPC, f"less than {NEEDED_BYTES // 2**20} MiB are free", str(folder))
