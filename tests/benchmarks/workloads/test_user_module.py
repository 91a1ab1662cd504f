"""A user's file is imported as its own program would have it, and what is wrong with it is said with what to write."""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.profiler.description import workload
from benchmarks.profiler.trials import attempt
from benchmarks.workloads._user_errors import described, hint
from benchmarks.workloads._user_module import UnusableFile, load
from benchmarks.workloads.user_work import references
from tests.benchmarks.own import written


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", ["overlap", "--models=threads", "--blocks=6"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    load.cache_clear()
    references.cache_clear()


def project(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


WORK = "TASKS = [1, 2]\ndef work(task): return task\n"


def test_argparse_at_import_reads_none_of_overlaps_own_arguments(tmp_path: Path) -> None:
    text = "import argparse, sys\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=3)\n"
    code = load(written(tmp_path, f"{text}options = parser.parse_args()\nARGUMENTS = sys.argv\n{WORK}"))
    assert code.given("options").n == 3
    assert code.given("ARGUMENTS") == [str(tmp_path / "mywork.py")]


@pytest.mark.parametrize(
    "text",
    [
        "async def tasks():\n    for n in range(3): yield n\n",
        "async def tasks(): return [0, 1, 2]\n",
        "async def numbers():\n    for n in range(3): yield n\nTASKS = numbers()\n",
        "import asyncio\nasync def tasks():\n    for n in range(3):\n        await asyncio.sleep(0)\n        yield n\n",
    ],
)
def test_tasks_that_come_awaiting_are_collected(tmp_path: Path, text: str) -> None:
    assert load(written(tmp_path, f"{text}def work(task): return task\n")).tasks == (0, 1, 2)


def test_async_tasks_without_an_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.workloads._user_module.MOST_TASKS", 50)
    text = "async def tasks():\n    while True: yield 1\ndef work(task): ...\n"
    with pytest.raises(UnusableFile, match="gives more than 50 tasks"):
        load(written(tmp_path, text))


def test_relative_imports_of_the_users_package_work(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/prices/__init__.py": "",
        "shop/prices/fetch.py": f"from ..helpers import double\nfrom . import rates\n{WORK}",
        "shop/prices/rates.py": "",
        "shop/helpers.py": "def double(n): return 2 * n\n",
    }
    folder = project(tmp_path, files)
    code = load(str(folder / "shop" / "prices" / "fetch.py"))
    assert code.module.__name__ == "shop.prices.fetch"
    assert code.given("double")(4) == 8


def test_relative_imports_work_in_a_folder_without_init(tmp_path: Path) -> None:
    folder = project(
        tmp_path, {"jobs/fetch.py": f"from .helpers import double\n{WORK}", "jobs/helpers.py": "double = 2\n"}
    )
    assert load(str(folder / "jobs" / "fetch.py")).given("double") == 2


def test_modules_of_the_users_project_are_found_from_a_file_deep_inside(tmp_path: Path) -> None:
    folder = project(
        tmp_path, {"src/shop/api.py": "PRICE = 7\n", "tools/bench/fetch.py": f"from shop.api import PRICE\n{WORK}"}
    )
    (tmp_path / "pyproject.toml").touch()
    assert load(str(folder / "tools" / "bench" / "fetch.py")).given("PRICE") == 7


def test_the_folder_that_is_named_as_the_project_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERLAP_PROJECT", str(tmp_path))
    folder = project(
        tmp_path, {"shopkeeper.py": "PRICE = 7\n", "away/fetch.py": f"from shopkeeper import PRICE\n{WORK}"}
    )
    assert load(str(folder / "away" / "fetch.py")).given("PRICE") == 7


def test_a_package_called_tests_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one == "tests" or one.startswith("tests.")]:
        monkeypatch.delitem(sys.modules, name)
    folder = project(
        tmp_path,
        {
            "tests/__init__.py": "",
            "tests/test_shop.py": f"from .helpers import PRICE\n{WORK}",
            "tests/helpers.py": "PRICE = 7\n",
        },
    )
    code = load(str(folder / "tests" / "test_shop.py"))
    assert code.given("PRICE") == 7
    assert code.module.__file__ == str(folder / "tests" / "test_shop.py")


def test_a_package_called_as_one_of_ours_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = project(tmp_path, {"benchmarks/__init__.py": "", "benchmarks/fetch.py": WORK})
    with pytest.raises(UnusableFile, match=r"its package is called benchmarks.*Next: put the work into a file outside"):
        load(str(folder / "benchmarks" / "fetch.py"))


@pytest.mark.parametrize("file", ["helpers.py", "helpers/__init__.py", "below/helpers.py"])
def test_install_is_never_said_of_the_users_own_module(tmp_path: Path, file: str) -> None:
    folder = project(tmp_path, {file: "", "work/fetch.py": f"import helpers\n{WORK}"})
    place = folder / "work" / "fetch.py"
    if file.startswith("below"):
        place = folder / "fetch.py"
        place.write_text(f"import helpers\n{WORK}")
    with pytest.raises(UnusableFile) as problem:
        load(str(place))
    assert "It is your own, in" in str(problem.value)
    assert f"Next: make mine PROJECT={folder}" in str(problem.value)
    assert "pip install" not in str(problem.value)


def test_a_package_that_is_missing_leads_to_the_python_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"No module named 'no_such'\. Next: make mine PYTHON=\S+no_such WORK="):
        load(written(tmp_path, f"import no_such.part\n{WORK}"))


def test_a_file_that_is_read_by_a_relative_path_is_told_where_it_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"FileNotFoundError.*Next: build the path from Path\(__file__\).parent"):
        load(written(tmp_path, f"open('prices-of-nobody.csv')\n{WORK}"))


def raised(call: Any) -> str:
    """What is said of the error that a call raises."""
    try:
        call()
    except BaseException as problem:
        return described(problem)
    raise AssertionError("nothing was raised")


def test_an_object_of_another_loop_is_answered_with_aclient() -> None:
    gate = asyncio.Semaphore(1)

    async def contend() -> None:
        async def hold() -> None:
            async with gate:
                await asyncio.sleep(0.001)

        await asyncio.gather(hold(), hold())

    asyncio.run(contend())
    assert "Next: make it in aclient(), which each loop calls once" in raised(lambda: asyncio.run(contend()))


def test_a_connection_of_another_thread_is_answered_with_client() -> None:
    from concurrent.futures import ThreadPoolExecutor

    connection = sqlite3.connect(":memory:")
    with ThreadPoolExecutor(1) as pool:
        error = raised(lambda: pool.submit(connection.execute, "select 1").result())
    connection.close()
    assert error.endswith("Next: open the connection in client(), so that each worker has its own")


def test_asyncio_run_inside_a_loop_is_answered_with_await() -> None:
    async def nothing() -> None: ...

    async def outer() -> None:
        coroutine = nothing()
        try:
            asyncio.run(coroutine)
        finally:
            coroutine.close()

    assert "Next: await the coroutine in awork" in raised(lambda: asyncio.run(outer()))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("AssertionError: daemonic processes are not allowed to have children", "let the models start the processes"),
        ("InterfaceError: cannot perform operation: another operation is in progress", "open a session for each task"),
        (
            "InvalidRequestError: This session is provisioning; concurrent operations are not permitted",
            "session",
        ),
        ("RuntimeError: readuntil() called while another coroutine is already waiting for incoming data", "session"),
        ("HTTPError: 429 Client Error: Too Many Requests", "MOST_AT_ONCE = 2"),
        ("OSError: [Errno 24] Too many open files", "ulimit -n"),
        ("OperationalError: database is locked", "MOST_AT_ONCE = 1"),
        ("ValueError: signal only works in main thread of the main interpreter", "leave signals"),
        ("RuntimeError: cannot schedule new futures after shutdown", "open the pool in client()"),
        ("RuntimeError: Event loop is closed", "make it in aclient()"),
        ("ValueError: no price in 4290 lines", ""),
        ("KeyError: 'session'", ""),
    ],
)
def test_what_libraries_say_is_answered_with_what_to_write(words: str, says: str) -> None:
    assert says in hint(words)
    assert bool(hint(words)) == bool(says)


GATES = ["asyncio.Semaphore(2)", "asyncio.Lock()", "asyncio.Condition()", "asyncio.Queue()"]


@pytest.mark.slow
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_aclient_makes_is_given_to_the_tasks_untaken(tmp_path: Path, gate: str) -> None:
    """What every hint says: make it in aclient(). To enter it there would be to take it."""
    use = "await gate.put(t)" if "Queue" in gate else "async with gate: await asyncio.sleep(0)"
    text = f"TASKS = range(6)\ndef aclient(): return {gate}\nasync def awork(gate, t):\n    {use}\n    return t\n"
    source = written(tmp_path, f"import asyncio\n{text}")
    work = workload(source, load(source))
    assert attempt("asyncio", work, work.tasks(6), 3) == ""


@pytest.mark.slow
@pytest.mark.parametrize("gate", ["threading.Lock()", "threading.RLock()", "threading.Semaphore(1)"])
def test_a_gate_that_client_makes_is_given_to_the_tasks_untaken(tmp_path: Path, gate: str) -> None:
    text = f"TASKS = range(6)\ndef client(): return {gate}\ndef work(gate, t):\n    with gate: return t\n"
    source = written(tmp_path, f"import threading\n{text}")
    work = workload(source, load(source))
    assert attempt("threads", work, work.tasks(6), 3) == ""
