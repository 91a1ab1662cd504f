"""No work that was not done passes: what is forgotten, left behind, left out or remembered is said, with advice."""

import asyncio
import re
import sys
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from benchmarks.profiler.agreement import Waits, dropped, forgotten_wait, remembered, unequal_wait
from benchmarks.profiler.description import workload
from benchmarks.profiler.one_by_one import one_by_one
from benchmarks.profiler.same_work import Doubts, look_at_forms
from benchmarks.profiler.trials import attempt
from benchmarks.workloads._user_answers import same_kind
from benchmarks.workloads._user_module import TaskFailed, UnusableFile, load
from benchmarks.workloads.user_work import Mine, references
from tests.benchmarks.own import written
from tests.benchmarks.profiler.wrong_work import HONEST, LEFT_OUT, WRONG, Case

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for value in vars(sys.modules.pop("mine_mywork", sys)).values():
        if isinstance(value, ThreadPool):  # it warns when it is thrown away, whoever is running then
            value.terminate()
            value.join()
    load.cache_clear()
    references.cache_clear()


def mine(folder: Path, text: str) -> Mine:
    source = written(folder, text)
    return workload(source, load(source))


def steps(_: str) -> None:
    """Nobody listens."""


def said_of(work: Mine, case: Case, alone_s: float = 0.0) -> str:
    """What the look at a form, or a model's attempt, says."""
    tasks = work.tasks(len(work.code.tasks))
    if case.run in ("work", "awork"):
        try:
            one_by_one(work, {"work": "blocking", "awork": "asyncio"}[case.run], tasks, steps)
        except TaskFailed as problem:
            return str(problem)
        return ""
    return attempt(case.run, work, tasks, len(tasks), dict.fromkeys(map(int, tasks), alone_s))


@pytest.mark.filterwarnings("ignore")  # of the very thing that is to be noticed
@pytest.mark.parametrize(
    "case", [one for one in WRONG if one not in LEFT_OUT], ids=lambda case: f"{case.run}: {case.name}"
)
def test_work_that_nobody_waited_for_is_never_taken_for_done(tmp_path: Path, case: Case) -> None:
    assert re.search(case.says, said_of(mine(tmp_path, case.text), case))


@pytest.mark.parametrize("case", LEFT_OUT, ids=lambda case: f"{case.run}: {case.name}")
def test_work_that_is_left_out_under_a_model_is_never_taken_for_done(tmp_path: Path, case: Case) -> None:
    work = mine(tmp_path, case.text)
    work = work if "time.time()" not in case.text else Mine(**{**vars(work), "compared": False})
    assert re.search(case.says, said_of(work, case, alone_s=0.01))


@pytest.mark.parametrize("case", HONEST, ids=lambda case: f"{case.run}: {case.name}")
def test_honest_work_is_not_accused(tmp_path: Path, case: Case) -> None:
    assert said_of(mine(tmp_path, case.text), case) == ""


def test_some_tasks_that_fail_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    text = "TASKS = range(8)\ndef work(t):\n    if t % 3 == 1: raise LookupError(f'no page {t}')\n    return t\n"
    sentence = said_of(mine(tmp_path, text), Case("", "work", text, ""))
    assert sentence.startswith(
        "3 of 8 tasks failed (task 1, 4, 7): task 1 (1) raised LookupError: no page 1 (mywork.py, line 3)"
    )
    assert sentence.endswith("Next: leave them out of TASKS, or catch that in the function and return what it means")


FORGETS, WAITS = Waits("asyncio", 0.0001, 0.0002), Waits("blocking", 0.02, 0.021)


def test_a_form_that_forgets_to_wait_is_refused_whichever_it_is() -> None:
    form, why = forgotten_wait(FORGETS, WAITS)
    assert form == "asyncio"
    assert why.startswith("`awork` waits 0.1 ms a task and `work` 20 ms: they do not do the same work. Next: wait for")
    assert forgotten_wait(Waits("blocking", 0.0, 0.0001), Waits("asyncio", 0.05, 0.05))[0] == "blocking"


def test_forms_that_wait_about_as_long_are_not_accused() -> None:
    pooled, fresh = Waits("asyncio", 0.02, 0.021), Waits("blocking", 0.05, 0.055)
    assert forgotten_wait(pooled, fresh) == ("", "")
    assert "part of the difference between them is the work" in unequal_wait(pooled, fresh)
    assert unequal_wait(pooled, Waits("blocking", 0.024, 0.03)) == ""


def test_forms_that_only_compute_agree_about_waiting() -> None:
    assert forgotten_wait(Waits("asyncio", 0.0, 0.01), Waits("blocking", 0.0004, 0.01)) == ("", "")


FIRST = [0.5, *[0.02] * 11]


@pytest.mark.parametrize(
    ("again", "fresh", "where"),
    [
        ([0.0001] * 12, FIRST, "in the process"),  # a dictionary
        ([0.02, *[0.0001] * 3, *[0.02] * 8], FIRST, "in the process"),  # some of the tasks only
        ([0.0001] * 12, [0.3, *[0.0001] * 11], "outside of it"),  # a file
        ([0.02] * 12, FIRST, ""),
        ([0.02] * 12, [0.1, *[0.02] * 11], ""),  # what the first task opens is no memory
        ([0.02] * 5 + [0.004] + [0.02] * 6, FIRST, ""),  # one quick task is chance
        ([0.012] * 12, FIRST, ""),  # warm caches of a processor
    ],
)
def test_answers_that_are_remembered_are_found_by_a_second_pass_and_a_fresh_process(
    again: list[float], fresh: list[float], where: str
) -> None:
    assert remembered(FIRST, again, fresh) == where


def test_quick_first_times_say_nothing_of_a_memory() -> None:
    assert remembered([0.0004] * 12, [0.00001] * 12, [0.0004] * 12) == ""


def test_a_hiccup_in_the_first_pass_is_no_memory() -> None:
    assert remembered([0.02, 0.2, 0.02, 0.02], [0.02] * 4, [0.02] * 4) == ""


def test_tasks_that_take_far_less_than_alone_were_left_out() -> None:
    alone = dict.fromkeys(range(10), 0.02)
    assert dropped(alone, [(task, 0.019) for task in range(10)]) == ""
    assert dropped(alone, [(task, 0.001 if task == 3 else 0.02) for task in range(10)]) == ""  # one may be luck
    assert dropped(alone, [(task, 0.001 if task < 2 else 0.02) for task in range(10)]).startswith(
        "2 of 10 tasks were not"
    )
    assert dropped({}, [(0, 0.0)]) == ""


def test_answers_that_need_not_be_equal_must_still_be_of_a_kind() -> None:
    assert same_kind(1.5, 2.5)
    assert same_kind(0, 0.5)
    assert not same_kind(1.5, None)
    assert not same_kind("a", 1)
    assert same_kind([], [1])


MEMORIES = {
    "a dictionary": """
SEEN = {}
def work(t):
    if t not in SEEN:
        time.sleep(0.02)
        SEEN[t] = t
    return SEEN[t]
""",
    "lru_cache": """
from functools import lru_cache
@lru_cache
def work(t):
    time.sleep(0.02)
    return t
""",
    "an attribute of the function": """
def work(t):
    if not hasattr(work, f"a{t}"):
        time.sleep(0.02)
        setattr(work, f"a{t}", t)
    return t
""",
}
FILE = """
import pathlib, time

TASKS = range(12)
def work(t):
    kept = pathlib.Path(__file__).with_suffix(f".{t}")
    if not kept.exists():
        time.sleep(0.02)
        kept.write_text("done")
    return t
"""


@pytest.mark.real
@pytest.mark.parametrize("memory", MEMORIES)
def test_waits_that_are_remembered_in_the_process_are_refused(tmp_path: Path, memory: str) -> None:
    work = mine(tmp_path, "import time\nTASKS = range(12)\n" + MEMORIES[memory])
    with pytest.raises(
        UnusableFile, match=r"`work` remembers its answers: a task took .* ms the first time.*Next: empty"
    ):
        look_at_forms(work, ("blocking",), 0.1, steps, Doubts())


@pytest.mark.real
def test_waits_that_a_file_remembers_make_the_ranking_a_note(tmp_path: Path) -> None:
    doubts = Doubts()
    look_at_forms(mine(tmp_path, FILE), ("blocking",), 0.1, steps, doubts)
    assert len(doubts.reasons) == 1
    assert "in a fresh process too: a file, a service or the system keeps its answer" in doubts.reasons[0]


FORMS = {
    "the await forgotten": ("async def awork(t): asyncio.sleep(0.02)\n", "'sleep' was never awaited"),
    "create_task": (
        "async def awork(t):\n    asyncio.create_task(asyncio.sleep(0.02))\n    return t\n",
        "were still pending when the loop closed",
    ),
    "no wait at all": ("async def awork(t): return t\n", "`awork` waits .* ms a task and `work` .* ms: they do not do"),
    "a wait that is half forgotten": (
        "async def awork(t):\n    await asyncio.sleep(0.002)\n    return t\n",
        "they do not do the same work",
    ),
}


@pytest.mark.real
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_does_not_do_the_work_is_set_aside_and_the_other_is_measured(tmp_path: Path, kind: str) -> None:
    text, says = FORMS[kind]
    both = "import asyncio, time\nTASKS = range(12)\ndef work(t):\n    time.sleep(0.02)\n    return t\n" + text
    looked = look_at_forms(mine(tmp_path, both), ("blocking", "asyncio"), 0.1, steps, Doubts())
    assert set(looked.times) == {"blocking"}
    assert re.search(says, looked.refused["asyncio"])


def test_a_loop_is_left_as_it_was_found(tmp_path: Path) -> None:
    """The check of pending tasks must not see those of whoever runs the loop."""
    work = mine(tmp_path, "import asyncio\nTASKS = [1]\nasync def awork(t): return t\n")

    async def inside() -> int:
        other = asyncio.create_task(asyncio.sleep(60))
        async with work.aclient() as client:
            answer: int = await work.aperform(client, work.tasks(1)[0])
        other.cancel()
        return answer

    assert asyncio.run(inside()) == 1
