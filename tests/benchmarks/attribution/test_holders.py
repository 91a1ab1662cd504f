"""The line that held the loop, the GIL or a lock, for programs whose line is known; and none for programs without."""

from pathlib import Path

import pytest

from benchmarks.attribution.holders import Holder, holders
from benchmarks.attribution.traced_lock import tracing_locks
from benchmarks.core.round import time_round
from benchmarks.models import model
from benchmarks.workloads import Workload
from benchmarks.workloads.user_work import Mine
from tests.benchmarks.attribution.holding_programs import CLEAN, PLANTED, Program

pytestmark = pytest.mark.real


def held(program: Program, folder: Path) -> list[Holder]:
    """What is found in the program."""
    file = folder / f"{program.name.replace(' ', '_').replace(',', '')}.py"
    file.write_text(program.source)
    form = "asyncio" if "awork" in program.source else "blocking"
    with tracing_locks() as locks:
        mine = Mine(name=program.name, source=str(file), size=6, forms=(form,))
        tasks = mine.tasks(6)

        def run(workload: Workload) -> float:
            return time_round(model(program.model), workload, tasks, 3).seconds

        run(mine)  # imports and warms up
        return holders(run, mine, locks)


@pytest.mark.parametrize("program", PLANTED, ids=lambda program: program.name)
def test_no_other_line_than_the_planted_one_is_blamed(program: Program, tmp_path: Path) -> None:
    found = held(program, tmp_path)
    assert [(holder.kind, holder.line.line) for holder in found[:1]] == [(program.kind, program.line)]
    assert found[0].count * found[0].seconds_each > 0.02, "six tasks held it, for 20 to 60 ms each"
    assert found[0].share > 0.8


@pytest.mark.parametrize("program", CLEAN, ids=lambda program: program.name)
def test_nobody_is_blamed_where_nothing_is_held(program: Program, tmp_path: Path) -> None:
    assert held(program, tmp_path) == []
