"""A user's own file: whatever is in it, it is measured as it is, or a sentence says why it cannot be."""

import asyncio
import pickle
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.core.round import time_round, validation_error
from benchmarks.models import model
from benchmarks.profiler.description import workload
from benchmarks.profiler.isolated import isolated
from benchmarks.profiler.one_by_one import Timed, one_by_one
from benchmarks.profiler.trials import Plan, attempt, climb, memory, stress
from benchmarks.workloads import Capacity
from benchmarks.workloads._user_answers import same, unpicklable
from benchmarks.workloads._user_clients import opened
from benchmarks.workloads._user_module import TaskFailed, UnusableFile, load
from benchmarks.workloads.user_work import Mine, Task, learn, references
from tests.benchmarks.own import BOTH, NAPS, written


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    load.cache_clear()
    references.cache_clear()


def mine(folder: Path, text: str, name: str = "mywork.py") -> Mine:
    source = written(folder, text, name)
    return workload(source, load(source))


def plan(work: Mine, most: int = 64, each_s: float = 0.005) -> Plan:
    """A plan of what is known of all tasks."""
    learn(work, set(work.tasks(work.size)))
    return Plan(work, most, each_s, None, dict.fromkeys(map(int, work.tasks(work.size)), 0.0), ladder_s=60)


def steps(_: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "import no_such_package",
            r"No module named 'no_such_package'. Next: make mine PYTHON=\S+no_such_package WORK=",
        ),
        ("def work(:", r"SyntaxError: .*mywork.py, line 1"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(mywork.py, line 1\)"),
        ("import sys; sys.exit()", r"it calls sys.exit. Next: put that under if __name__"),
        ("def work(task): ...", r"has no tasks. Next: write TASKS"),
        ("TASKS = []\ndef work(task): ...", r"has no tasks"),
        ("def tasks(): 1 / 0\ndef work(task): ...", r"its tasks cannot be listed: ZeroDivisionError"),
        ("import itertools\nTASKS = itertools.count()\ndef work(task): ...", r"more than 1,000,000 tasks"),
        ("TASKS = [1]", r"has no function work \(or awork\). Next: write def work\(task\)"),
        ("TASKS = [1]\ndef awork(task): ...", r"awork is not awaitable. Next: write async def awork"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_what_to_write(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        load(written(tmp_path, text))


def test_a_file_named_like_a_module_of_the_standard_library_is_still_the_users(tmp_path: Path) -> None:
    assert load(written(tmp_path, NAPS, "json.py")).tasks == tuple(range(12))


def test_a_function_is_found_by_its_name_and_by_what_it_is(tmp_path: Path) -> None:
    source = written(tmp_path, "TASKS = [1]\nasync def fetch(task): return task\ndef other(task): ...")
    assert load(f"{source}:fetch").awaitable
    assert not load(f"{source}:fetch").blocking
    assert load(f"{source}:other").blocking


def test_a_generator_of_tasks_is_not_used_up_by_the_first_model(tmp_path: Path) -> None:
    work = mine(tmp_path, NAPS.replace("range(12)", "(n for n in range(3))"))
    assert work.tasks(5) == work.tasks(5) == [0, 1, 2, 0, 1]


def test_a_subset_is_taken_evenly_and_keeps_its_numbers(tmp_path: Path) -> None:
    tasks = mine(tmp_path, NAPS.replace("range(12)", "list('abcdefghijkl')")).tasks(4)
    assert [(int(task), task.value) for task in tasks if isinstance(task, Task)] == [
        (0, "a"),
        (3, "d"),
        (6, "g"),
        (9, "j"),
    ]


def test_a_task_travels_as_the_object_that_it_is() -> None:
    sent = pickle.loads(pickle.dumps(Task.of(3, Path("picture.jpg"))))
    assert (sent, sent.value, str(sent)) == (3, Path("picture.jpg"), "3 (PosixPath('picture.jpg'))")


@pytest.mark.slow
@pytest.mark.parametrize("model", ["sequential", "threads", "asyncio", "to_thread"])
def test_a_function_that_raises_on_the_third_task_is_told_with_the_task(tmp_path: Path, model: str) -> None:
    broken = "    if task == 2: raise ValueError('no such page')\n    return task"
    text = f"TASKS = range(5)\ndef work(task):\n{broken}\nasync def awork(task):\n{broken}\n"
    work = mine(tmp_path, text)
    failure = attempt(model, work, work.tasks(5), 2)
    assert failure.startswith("task 2 (2) raised ValueError: no such page (mywork.py, line ")


@pytest.mark.slow
@pytest.mark.parametrize("model", ["sequential", "threads", "asyncio"])
def test_a_task_that_exits_ends_nobody_else(tmp_path: Path, model: str) -> None:
    text = "import sys\nTASKS = [1]\ndef work(task): sys.exit(3)\nasync def awork(task): sys.exit(3)\n"
    work = mine(tmp_path, text)
    assert attempt(model, work, work.tasks(1), 1) == "task 0 (1) called sys.exit"


class Plain:
    """Without equality."""

    def __init__(self, value: int) -> None:
        self.value = value


@pytest.mark.parametrize("answer", [float("nan"), [1, float("nan")], Plain(3), {"a": Plain(4)}])
def test_answers_that_equal_nothing_but_themselves_are_compared_by_what_they_hold(answer: object) -> None:
    assert same(answer, pickle.loads(pickle.dumps(answer)))
    assert not same(answer, Plain(5))


def test_arrays_are_compared_although_they_have_no_single_truth() -> None:
    import numpy

    assert same(numpy.arange(3), numpy.arange(3))
    assert not same(numpy.arange(3), numpy.arange(4))


def test_a_wrong_answer_is_never_a_result_and_the_first_difference_is_told(tmp_path: Path) -> None:
    work = mine(tmp_path, BOTH.replace("return task * 2\n", "return task * 2 + (task == 7)\n", 1))
    tasks = work.tasks(12)
    timing = time_round(model("asyncio"), work, tasks, 4)
    assert validation_error(work, tasks, timing) == "task 7 (7) got the answer 14 instead of 15"


def test_the_users_answer_is_the_right_one(tmp_path: Path) -> None:
    work = mine(tmp_path, NAPS + "def answer(task): return 99\n")
    assert attempt("sequential", work, work.tasks(2), 1) == "task 0 (0) got the answer 0 instead of 99"


@pytest.mark.slow
def test_answers_that_change_are_not_compared_but_exceptions_still_count(tmp_path: Path) -> None:
    work = mine(tmp_path, "import time\nTASKS = range(3)\ndef work(task): return time.time()\n")
    assert "got the answer" in attempt("threads", work, work.tasks(3), 2)
    references.cache_clear()
    assert attempt("threads", replace(work, compared=False), work.tasks(3), 2) == ""


@pytest.mark.slow
def test_a_connection_that_closes_in_its_own_thread_only_does_not_spoil_threads(tmp_path: Path) -> None:
    text = "import sqlite3\nTASKS = range(4)\ndef client(): return sqlite3.connect(':memory:')\n"
    work = mine(tmp_path, text + "def work(db, task): return db.execute('select ?', (task,)).fetchone()\n")
    assert attempt("threads", work, work.tasks(4), 2) == ""
    with opened(sqlite3.connect(":memory:")) as connection:
        pass
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("select 1")


@pytest.mark.slow
def test_what_only_awaits_is_awaited_one_after_another_too(tmp_path: Path) -> None:
    text = "import asyncio\nTASKS = range(4)\nasync def awork(task):\n    await asyncio.sleep(0)\n    return task\n"
    work = mine(tmp_path, text)
    assert attempt("sequential", work, work.tasks(4), 1) == attempt("asyncio", work, work.tasks(4), 2) == ""


@pytest.mark.slow
def test_every_awaitable_client_is_closed(tmp_path: Path) -> None:
    text = """
closed = []
class Client:
    async def aclose(self): closed.append(1)
TASKS = [1, 2]
def aclient(): return Client()
async def awork(client, task): return task
"""
    work = mine(tmp_path, text)
    assert attempt("asyncio", work, work.tasks(2), 2) == ""
    assert work.code.given("closed") == [1, 1]  # one more for the answers that it was compared with


class Locked:
    """Holds what nobody can send."""

    def __init__(self) -> None:
        self.name = "fine"
        self.handle = (1, asyncio.Lock, lambda: 0)


def test_what_cannot_be_pickled_is_named_down_to_the_part() -> None:
    assert unpicklable({"a": [1, "b"]}, "task 0") == ""
    problem = unpicklable({"page": Locked()}, "task 0")
    assert problem.startswith("task 0['page'].handle[2], a function, cannot be pickled:")


UNSAFE = """
import time
TASKS = range(64)
current = None
def work(task):
    global current
    current = task
    time.sleep(0.0005)
    return current
"""


@pytest.mark.slow
def test_a_function_that_keeps_its_state_in_a_global_is_found_out_by_a_stress_of_threads(tmp_path: Path) -> None:
    assert "got the answer" in stress(plan(mine(tmp_path, UNSAFE), each_s=0.0005))


@pytest.mark.slow
def test_a_function_without_shared_state_is_not_accused(tmp_path: Path) -> None:
    assert stress(plan(mine(tmp_path, NAPS))) == ""


@pytest.mark.slow
def test_waiting_and_computing_are_told_apart(tmp_path: Path) -> None:
    waits = one_by_one(naps := mine(tmp_path, NAPS), "blocking", naps.tasks(6), steps)
    assert waits.waits_s > 5 * waits.computes_s
    text = "TASKS = range(6)\ndef work(task): return sum(range(200_000))\n"
    computes = one_by_one(sums := mine(tmp_path, text, "sums.py"), "blocking", sums.tasks(6), steps)
    assert computes.computes_s > 5 * computes.waits_s


@pytest.mark.slow
def test_short_work_is_looked_at_in_whole_passes_after_a_cold_one(tmp_path: Path) -> None:
    naps = mine(tmp_path, NAPS)
    timed = one_by_one(naps, "blocking", naps.tasks(4), steps, least_s=0.1)
    assert len(timed.seconds) % 4 == 0
    assert sum(timed.seconds) >= 0.08
    assert (timed.warm.start, timed.warm.stop) == (4, len(timed.seconds))


@pytest.mark.parametrize(
    ("timed", "counts"), [(1, [0]), (3, [1, 2]), (4, [1, 2, 3]), (7, [1, 2, 3, 4, 5, 6]), (9, [4, 5, 6, 7])]
)
def test_what_counts_has_each_task_as_often_as_any_other(timed: int, counts: list[int]) -> None:
    seconds = list(map(float, range(timed)))
    split = Timed(range(4), seconds)
    assert [int(one) for one in seconds[split.warm]] == counts


@pytest.mark.slow
def test_a_ladder_ends_where_the_tasks_do(tmp_path: Path) -> None:
    steps_climbed, why = climb("threads", plan(mine(tmp_path, NAPS), most=4), steps)
    assert [rung.concurrency for rung in steps_climbed] == [1, 2, 4]
    assert why == ""


@pytest.mark.slow
def test_a_ladder_that_breaks_keeps_its_lower_rungs_and_says_where(tmp_path: Path) -> None:
    text = """
import threading, time
TASKS = range(40)
here, lock = [], threading.Lock()
def work(task):
    with lock: here.append(task)
    try:
        if len(here) > 2: raise ConnectionError("too many at once")
        time.sleep(0.005)
        return task
    finally:
        with lock: here.remove(task)
"""
    steps_climbed, why = climb("threads", plan(mine(tmp_path, text), most=16), steps)
    assert [rung.concurrency for rung in steps_climbed] == [1, 2]
    assert "threads with 4 in flight: task" in why
    assert "ConnectionError: too many at once" in why


def test_the_floor_is_the_users_ideal_where_there_is_one(tmp_path: Path) -> None:
    work = mine(tmp_path, NAPS + "def ideal(tasks, concurrency): return len(tasks) / concurrency\n")
    assert work.ideal_s(work.tasks(12), 4, Capacity()) == 3
    usual = replace(mine(tmp_path, NAPS, "other.py"), each_waits_s=0.1, each_computes_s=0.2)
    assert usual.ideal_s(usual.tasks(12), 4, Capacity(parallel=2)) == pytest.approx(1.2)  # computing, on two cores
    assert usual.ideal_s(usual.tasks(12), 1, Capacity(parallel=2)) == pytest.approx(3.6)


@pytest.mark.real
def test_processes_are_given_the_users_own_classes(tmp_path: Path) -> None:
    text = """
class Page:
    def __init__(self, n): self.n = n
TASKS = [Page(n) for n in range(4)]
def work(page): return Page(page.n + 1)
"""
    work = mine(tmp_path, text)
    assert attempt("processes", work, work.tasks(4), 2) == ""


@pytest.mark.real
def test_a_task_that_raises_in_another_process_is_named_there_too(tmp_path: Path) -> None:
    text = """
class Own(Exception):
    def __init__(self, a, b): pass
TASKS = range(3)
def work(task): raise Own(1, 2)
"""
    work = replace(mine(tmp_path, text), compared=False)
    assert attempt("processes", work, work.tasks(3), 2).startswith("task 0 (0) raised Own:")


@pytest.mark.real
def test_memory_of_a_task_is_that_of_what_it_holds(tmp_path: Path) -> None:
    text = """
import time
TASKS = range(8)
def work(task):
    held = b'x' * 20_000_000
    time.sleep(0.1)
    return len(held)
"""
    work = plan(mine(tmp_path, text))
    result = isolated(memory, "threads", work, 4, patience_s=60, step=steps)
    assert 10_000_000 < result < 40_000_000


def test_a_failed_task_keeps_its_words_when_it_is_sent() -> None:
    assert str(pickle.loads(pickle.dumps(TaskFailed("task 2 raised")))) == "task 2 raised"
