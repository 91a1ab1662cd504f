"""The line that held the loop, the GIL or a lock, for programs whose line is known; and none for programs without."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from benchmarks.attribution.holders import Holder, holders
from benchmarks.attribution.traced_lock import tracing_locks
from benchmarks.core.round import time_round
from benchmarks.models import model
from benchmarks.workloads import EVERY_FORM, Workload
from benchmarks.workloads.user_work import Mine
from tests.benchmarks.attribution.holding_programs import CLEAN, HIDDEN, PLANTED, Program

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
    holders = held(program, tmp_path)
    assert [(holder.kind, holder.line.line) for holder in holders[:1]] == [(program.kind, program.line)]
    least_s = 0.01 if program.kind == "GIL" else 0.05  # who waits for the GIL as well sees a part of each hold
    assert holders[0].count * holders[0].seconds_each > least_s, "six tasks held it, for 20 to 60 ms each"
    assert holders[0].share > 0.8


@pytest.mark.parametrize("program", HIDDEN, ids=lambda program: program.name)
def test_what_c_code_hides_is_blamed_on_its_line_or_the_next(program: Program, tmp_path: Path) -> None:
    lines = {holder.line.line for holder in held(program, tmp_path) if holder.share > 0.5}
    assert lines <= {program.line, program.line + 1}  # the watchdog has the GIL again only when the call is over


@dataclass(frozen=True)
class InTrio(Workload):
    """Tasks of trio, for `blocking_s` in a blocking call and then in trio's own sleep."""

    name = "in_trio"
    forms = EVERY_FORM
    blocking_s: float

    async def aperform(self, client: None, task: int) -> int:
        time.sleep(self.blocking_s)  # noqa: ASYNC251 - held
        await trio.sleep(0.02)
        return task


@pytest.mark.parametrize(("blocking_s", "calls"), [(0.03, ["time.sleep"]), (0.0, [])])
def test_a_loop_of_trio_is_watched_too(blocking_s: float, calls: list[str]) -> None:
    def run(workload: Workload) -> float:
        return time_round(model("trio"), workload, range(6), 3).seconds

    assert [holder.line.call for holder in holders(run, InTrio(blocking_s), [])] == calls


@pytest.mark.parametrize("program", CLEAN, ids=lambda program: program.name)
def test_nobody_is_blamed_where_nothing_is_held(program: Program, tmp_path: Path) -> None:
    assert held(program, tmp_path) == []
