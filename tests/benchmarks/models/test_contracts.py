"""The two contracts, for every model and workload: right answers in order, and a floor that nothing beats."""

import asyncio
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import FrozenInstanceError, asdict, replace
from functools import partial
from math import ceil, isqrt
from pathlib import Path
from threading import Barrier
from urllib.parse import parse_qsl

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.core.runner import stop_fork_server
from benchmarks.core.traced import TracedWorkload
from benchmarks.experiments.test_five_sites import MEDIAN_S, SEED, SIGMA, SITES
from benchmarks.machine.calibration import CHUNK
from benchmarks.models import NAMES, Model, Requirements, Run, missing_package, model, needs, without_cluster
from benchmarks.models.sequential import sequential
from benchmarks.workloads import Capacity, Workload, list_schedule
from benchmarks.workloads._h11_exchange import exchange
from benchmarks.workloads.aiohttp import Aiohttp
from benchmarks.workloads.digest import Digest
from benchmarks.workloads.files import BYTES, ColdFiles, Files, content, ends, write_files
from benchmarks.workloads.http import Http
from benchmarks.workloads.http_blocking import HttpBlocking
from benchmarks.workloads.http_client import HttpClient
from benchmarks.workloads.httpx import Httpx
from benchmarks.workloads.images import Images, blur, blur_by_band
from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.primes import FIRST, Primes, sum_of_primes, sum_of_primes_by_sieve
from benchmarks.workloads.requests import Requests
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.unreliable_pages import UnreliablePages
from benchmarks.workloads.urllib3 import Urllib3
from benchmarks.workloads.wire import Wire
from servers.delays import Settings, changed, delay_s
from servers.subprocesses import serve
from tests.benchmarks.planted import Backwards, Diary
from tests.missing import missing

SMALL: list[Workload] = [
    Nothing(),
    Sleep(delay_s=0.002),
    Http(delay_s=0.002),
    HttpBlocking(delay_s=0.002),
    Requests(delay_s=0.002),
    Urllib3(delay_s=0.002),
    HttpClient(delay_s=0.002),
    Httpx(delay_s=0.002),
    Aiohttp(delay_s=0.002),
    Wire(delay_s=0.002),
    Wire(delay_s=0.002, sigma=1),
    Files(),
    ColdFiles(),
    Images(task_s=0.001, pixels_per_s=4_000_000),
    Primes(task_s=0.001, numbers_per_s=400_000),
    Digest(task_s=0.001, blocks_per_s=1000),
    UnreliablePages(delay_s=0.002, errors=0.2, resets=0.2, hangs=0, timeout_s=9, pause_s=0.001),
    Mixed(task_s=0.002, cpu_share=0.5, numbers_per_s=400_000),
    Mixed(task_s=0.002, cpu_share=0, numbers_per_s=400_000),
]
TASKS = 7
FEW = ("wire", "primes")
PAIRS = [
    pytest.param(name, workload, id=f"{name}-{workload.name}")
    for name in NAMES
    for workload in SMALL
    if needs(name).fits(workload, TASKS, TASKS)
    and not (needs(name).needs_subprocess and workload.name not in FEW)  # which start a cluster each time
]
MODELS = Path(__file__).parents[3] / "benchmarks" / "models"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve("servers.latency") as server:
        yield server.url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path, 7)
    return tmp_path


def furnished(workload: Workload, folder: Path, url: str = "") -> Workload:
    if isinstance(workload, Files):
        return replace(workload, folder=folder)
    return replace(workload, url=url) if "url" in workload.needs else workload  # type: ignore[call-arg]


def opened(name: str, workload: Workload, concurrency: int) -> AbstractContextManager[Run]:
    """The model, opened for as many at once as it keeps to. Skips what cannot be here."""
    if sys.version_info < needs(name).python:
        pytest.skip(needs(name).unavailable_reason())
    if lacking := needs(name).unavailable_reason() or missing_package(workload.package):
        missing(lacking)
    return model(name)(workload, concurrency if needs(name).bounded else TASKS)


@pytest.mark.parametrize("name", without_cluster())
def test_a_model_answers_in_order_within_its_concurrency_and_closes_every_client(name: str, tmp_path: Path) -> None:
    workload = Backwards(path=tmp_path / "diary")
    concurrency = 3 if needs(name).bounded else workload.count
    with opened(name, workload, concurrency) as run:
        breach = workload.breach(run, concurrency)
    stop_fork_server()
    assert (breach, workload.unclosed()) == ("", 0)


@contextmanager
def as_they_finish(workload: Workload, concurrency: int) -> Iterator[Run]:
    with ThreadPoolExecutor(concurrency) as pool, workload.client() as client:
        yield lambda tasks: [
            one.result() for one in as_completed([pool.submit(workload.perform, client, task) for task in tasks])
        ]


@contextmanager
def ungated(workload: Workload, concurrency: int) -> Iterator[Run]:
    with ThreadPoolExecutor(TASKS) as pool, workload.client() as client:
        yield lambda tasks: list(pool.map(partial(workload.perform, client), tasks))


@contextmanager
def losing(workload: Workload, concurrency: int) -> Iterator[Run]:
    with sequential(workload, concurrency) as run:
        yield lambda tasks: run(tasks[:-1])


@contextmanager
def leaving_open(workload: Workload, concurrency: int) -> Iterator[Run]:
    client = workload.client().__enter__()
    yield lambda tasks: [workload.perform(client, task) for task in tasks]


@pytest.mark.parametrize(
    ("planted", "says"),
    [(as_they_finish, "answers "), (ungated, "[3-7] tasks in flight"), (losing, "answers "), (leaving_open, "1 open")],
)
def test_a_wrong_model_breaks_its_contract_without_a_server(planted: Model, says: str, tmp_path: Path) -> None:
    workload = Backwards(path=tmp_path / "diary")
    with planted(workload, 2) as run:
        breach = workload.breach(run, 2)
    assert re.match(says, breach or f"{workload.unclosed()} open")


@pytest.mark.real
@pytest.mark.parametrize(("name", "workload"), PAIRS)
def test_every_model_gives_every_workloads_right_answers_in_order(
    name: str, workload: Workload, folder: Path, url: str
) -> None:
    workload = furnished(workload, folder, url)
    tasks = workload.tasks(TASKS)
    with opened(name, workload, 2) as run:
        assert run(tasks) == [workload.expected(task) for task in tasks]
    stop_fork_server()


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_a_workload_can_be_sent_to_another_process_and_never_changes(workload: Workload) -> None:
    assert pickle.loads(pickle.dumps(TracedWorkload(workload))).workload == workload
    with pytest.raises(FrozenInstanceError):
        workload.url = ""  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "workload", [workload for workload in SMALL if "url" not in workload.needs], ids=lambda workload: workload.name
)
def test_both_forms_of_a_task_do_the_same(workload: Workload, folder: Path) -> None:
    workload = furnished(workload, folder)
    for task in workload.tasks(3):
        assert workload.perform(None, task) == asyncio.run(workload.aperform(None, task)) == workload.expected(task)


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_no_two_tasks_share_an_answer_or_a_swap_would_go_unseen(workload: Workload) -> None:
    answers = [workload.expected(task) for task in workload.tasks(10)]
    assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("width", [100, 3_000, 20_000])
def test_no_two_of_a_thousand_computing_tasks_share_an_answer_and_all_are_equally_hard(width: int) -> None:
    workload = Primes(task_s=1, numbers_per_s=width)
    assert len({workload.expected(task) for task in range(1000)}) == 1000
    first, last = (sum(map(isqrt, range(*workload.span(task), 2))) for task in (0, 999))  # most divisions of a number
    assert last < 1.06 * first


def divisions_per_number(start: int, stop: int) -> float:
    """How many trial divisions a number of a range takes."""
    tried = (next((d for d in range(3, isqrt(n) + 1, 2) if not n % d), isqrt(n)) for n in range(start, stop, 2))
    return sum((last - 1) // 2 for last in tried) / (stop - start)


@pytest.mark.parametrize("width", [7_000, 14_000, 35_000, 70_000])  # 10 to 50 ms, and 50 ms of a core twice as fast
def test_the_piece_that_sizes_a_task_is_as_hard_per_number_or_50_ms_would_take_63(width: int) -> None:
    workload = Primes(task_s=1, numbers_per_s=width)
    tasks = [divisions_per_number(*workload.span(task)) for task in (0, 5, 9)]
    assert tasks == pytest.approx([divisions_per_number(FIRST, FIRST + CHUNK)] * 3, rel=0.02)


@pytest.mark.parametrize(("start", "stop"), [(3, 4), (3, 30), (99, 201), (100_001, 100_101)])
def test_the_sieve_and_trial_division_find_the_same_primes(start: int, stop: int) -> None:
    assert sum_of_primes(start, stop) == sum_of_primes_by_sieve(start, stop)


@pytest.mark.parametrize("side", [32, 61, 200])
def test_a_blurred_picture_is_known_from_its_single_colours(side: int) -> None:
    assert [blur(task, side) for task in range(3)] == [blur_by_band(task, side) for task in range(3)]


@pytest.mark.parametrize("damaged", [content(3)[:-1], bytes(BYTES), content(4), content(3)[:-8] + content(4)[-8:]])
def test_a_torn_or_swapped_file_is_never_an_answer(damaged: bytes) -> None:
    assert ends(content(3)) == Files().expected(3) != ends(damaged)


@pytest.mark.parametrize("pages", [Wire(delay_s=0.05), Http(delay_s=0.2, sigma=1, seed=3), Wire(delay_s=1, sigma=0.5)])
def test_a_page_waits_as_long_as_the_server_lets_it_wait(pages: Wire | Http) -> None:
    for task in range(20):
        query, _, number = pages.target(task).partition("?")[2].rpartition("&n=")
        assert number == str(task)
        assert pages.wait_s(task) == pytest.approx(delay_s(changed(Settings(), parse_qsl(query)), task))


def test_five_sites_are_a_long_tail_of_one_and_a_half_to_two_seconds() -> None:
    delays = [Wire("", MEDIAN_S, SIGMA, SEED).wait_s(task) for task in range(SITES)]
    assert 1.5 <= sum(delays) <= 2
    assert len(set(delays)) == SITES


waits = st.lists(st.floats(0.001, 1), min_size=1, max_size=30)


@given(count=st.integers(1, 50), places=st.integers(1, 60), each_s=st.sampled_from([0.25, 0.5, 1.0]))
def test_equal_waits_take_as_many_waves_as_it_needs(count: int, places: int, each_s: float) -> None:
    assert list_schedule([each_s] * count, places) == ceil(count / places) * each_s


@given(seconds=waits, places=st.integers(1, 10))
def test_no_schedule_beats_the_longest_task_or_the_shared_work(seconds: list[float], places: int) -> None:
    took = list_schedule(seconds, places)
    assert took >= max(seconds) - 1e-9
    assert took >= sum(seconds) / places - 1e-9
    assert took <= sum(seconds) + 1e-9


@given(parallel=st.floats(1, 8), speed=st.floats(0.5, 2), concurrency=st.integers(1, 16))
def test_the_floor_of_computing_is_its_work_over_the_cores_that_are_there(
    parallel: float, speed: float, concurrency: int
) -> None:
    workload = Primes(task_s=0.05, numbers_per_s=1)
    floor = workload.ideal_s(workload.tasks(16), concurrency, Capacity(speed, parallel))
    assert floor >= 16 * 0.05 / (speed * min(concurrency, parallel)) - 1e-9
    assert floor >= ceil(16 / concurrency) * 0.05 / speed - 1e-9
    assert floor >= workload.ideal_s(workload.tasks(16), concurrency + 1, Capacity(speed, parallel)) - 1e-9


def test_the_ideal_time_of_mixed_work_is_one_wait_and_all_computing_where_that_is_most() -> None:
    tasks = list(range(12))
    waiting = Mixed(task_s=0.01, cpu_share=0.05, numbers_per_s=1)
    computing = replace(waiting, cpu_share=0.5)
    assert waiting.ideal_s(tasks, 12, Capacity(1, 20)) == pytest.approx(0.01)
    assert computing.ideal_s(tasks, 12, Capacity(1, 2)) == pytest.approx(0.005 + 12 * 0.005 / 2)


def talk(arriving: list[bytes]) -> bytes:
    conversation = exchange(h11.Connection(our_role=h11.CLIENT), "here", "/delay")
    assert b"GET /delay HTTP/1.1" in next(conversation)
    try:
        for piece in arriving:
            conversation.send(piece)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    pytest.fail("the answer never ended")


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def test_an_answer_that_arrives_byte_by_byte_is_the_same_answer() -> None:
    message = answer(b"17   ")
    assert talk([message]) == talk([bytes([byte]) for byte in message]) == b"17   "


@pytest.mark.parametrize(
    ("arriving", "says"),
    [([answer(b"", "503 Busy")], "status 503"), ([answer(b"17")[:-1], b""], "peer.*closed|closed")],
)
def test_an_error_or_a_torn_answer_is_never_an_answer(arriving: list[bytes], says: str) -> None:
    with pytest.raises((ConnectionError, h11.RemoteProtocolError), match=says):
        talk(arriving)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_fits_a_slide(name: str) -> None:
    assert len((MODELS / f"{name}.py").read_text().splitlines()) <= 50


def test_an_unknown_model_is_named_with_those_that_exist() -> None:
    with pytest.raises(KeyError, match="no model is called 'thread'; there are anyio, asyncio"):
        model("thread")


@pytest.mark.real
def test_knowing_the_models_loads_none_of_them() -> None:
    program = (
        "import sys, benchmarks.models as m; print([n for n in m.NAMES if f'benchmarks.models.{n}' in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.real
@pytest.mark.parametrize("name", [name for name in NAMES if name not in without_cluster()])
def test_every_client_is_closed_with_its_worker(name: str, tmp_path: Path) -> None:
    workload = Diary(path=tmp_path / "diary")
    with opened(name, workload, 3) as run:
        assert run(workload.tasks(TASKS)) == list(range(TASKS))
    lines = workload.path.read_text().split()
    assert lines.count("open") == lines.count("close") >= 1


@pytest.mark.parametrize("name", ["threads", "to_thread"])
def test_a_pool_lets_in_as_many_as_asked_and_not_as_many_as_the_library_would(name: str) -> None:
    many = 40  # the executor that asyncio makes on its own has at most 32 threads
    together = Barrier(many)

    class Together(Nothing):
        def perform(self, client: None, task: int) -> int:
            together.wait(20)  # BrokenBarrierError unless all are in flight
            return task

    with model(name)(Together(), many) as run:
        assert run(list(range(many))) == list(range(many))


def test_a_workload_without_a_client_needs_none() -> None:
    assert isinstance(Sleep().client(), nullcontext)


def test_the_installed_program_names_no_verb_that_only_a_clone_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERLAP_PROGRAM", "overlap")
    assert (
        Requirements(package="no_such_package").unavailable_reason() == "needs no_such_package, which is not installed"
    )


def test_what_a_model_needs_is_known_without_its_packages() -> None:
    assert needs("trio") == Requirements(workers="loop", package="trio", form="trio")
    assert needs("threads") == Requirements(workers="threads")
    assert (
        Requirements(package="no_such_package").unavailable_reason()
        == "needs no_such_package, which make full installs"
    )
    assert (
        Requirements(package="no_such_package", no_wheel_from=(3, 11))
        .unavailable_reason()
        .startswith("needs no_such_package, which has no wheel")
    )
    assert Requirements(package="h11", no_wheel_from=(3, 11)).unavailable_reason() == ""
    assert Requirements(python=(9, 1)).unavailable_reason().startswith("needs Python 9.1, and this is 3.")


def test_a_model_is_never_paired_with_a_workload_that_it_cannot_run() -> None:
    assert not Requirements(form="trio").fits(Http(), 3, 7)
    assert Requirements(form="trio").fits(Wire(), 3, 7)
    assert not Requirements().fits(Aiohttp(), 3, 7)
    assert not Requirements(isolated=True).fits(Images(), 3, 7)
    assert not Requirements(min_concurrency=2).fits(Sleep(), 1, 7)
    assert Requirements(bounded=False).fits(Sleep(), 7, 7)
    assert not Requirements(bounded=False).fits(Sleep(), 3, 7)


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_a_workload_in_another_librarys_words_keeps_its_answers_and_its_settings(workload: Workload) -> None:
    if "trio" not in workload.forms:
        return
    if lacking := needs("trio").unavailable_reason():
        missing(lacking)
    spoken = workload.for_library("trio")
    assert asdict(spoken) == asdict(workload)
    assert [spoken.expected(task) for task in range(3)] == [workload.expected(task) for task in range(3)]
