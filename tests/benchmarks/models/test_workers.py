"""What a worker process of a pool begins with: all that its tasks need, so that no worker imports it again."""

import os
import sys

import pytest

from benchmarks.core.runner import stop_fork_server
from benchmarks.core.traced import TracedWorkload
from benchmarks.models import _kept, missing_package, model
from benchmarks.workloads import EVERY_FORM, Workload
from tests.missing import missing

pytestmark = pytest.mark.real

at_fork = set[str]()  # in a worker: the modules that its fork server had loaded

os.register_at_fork(after_in_child=lambda: at_fork.update(sys.modules))


class Process(Workload):
    """A task answers with the number of its process, and task 9 fails."""

    name = "process"

    def perform(self, client: None, task: int) -> int:
        """The number of this process."""
        if task == 9:
            raise ValueError("task 9 fails")
        return os.getpid()


class Imports(Workload):
    """A task answers with our modules, and those of the pool, that its worker had to import."""

    name = "imports"
    forms = EVERY_FORM

    def perform(self, client: None, task: int) -> list[str]:
        """The modules imported since the fork."""
        ours = (name for name in set(sys.modules) - at_fork if name.startswith(("benchmarks", "servers", "concurrent")))
        return sorted(ours) if at_fork else ["no fork server has this module"]

    async def aperform(self, client: None, task: int) -> list[str]:
        """The same."""
        return self.perform(client, task)


@pytest.mark.parametrize("name", ["processes", "pool", "to_process", "loops_in_processes"])
def test_workers_import_nothing_that_the_fork_server_has_or_ten_of_them_take_three_times_as_long_to_start(
    name: str,
) -> None:
    stop_fork_server()
    with model(name)(TracedWorkload(Imports()), 2) as run:
        imported = [item[0] for item in run([0, 1])]
    stop_fork_server()
    assert imported == [[], []]


def test_a_patched_process_is_kept_for_the_rounds_of_a_cell_or_each_would_pay_for_its_start() -> None:
    if lacking := missing_package("gevent"):
        missing(lacking)
    stop_fork_server()
    rounds = []
    for _ in range(2):
        with model("gevent")(Process(), 2) as run:
            rounds.append(run([0, 1]))
    assert rounds[0] == rounds[1]
    assert set(rounds[0]) == _kept.pids()
    with model("gevent")(Process(), 2) as run, pytest.raises(ValueError, match="task 9 fails"):
        run([0, 9])
    stop_fork_server()
    assert not _kept.pids()
