"""Do the programs behind the claims see what they are made to see, and nothing where there is nothing?"""

import asyncio
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from math import isfinite
from pathlib import Path
from threading import Barrier, Event, Thread, active_count
from types import SimpleNamespace

import pytest

from benchmarks.core.cell import Cell
from benchmarks.core.registry import catalogue
from benchmarks.experiments.test_probes import ARGUMENTS
from benchmarks.models import NAMES, needs, without_cluster
from benchmarks.probes import (
    ProbeFailed,
    callback_chain,
    coordinated_omission,
    echo_server,
    forgotten_await,
    gil_convoy,
    loop_blocking,
    lost_updates,
    max_concurrency,
    pool_startup,
    run_probe,
    session_reuse,
    task_memory,
    thread_contention,
    thread_handoff,
    thread_stacks,
)
from benchmarks.workloads.sleep import Sleep
from servers.subprocesses import serve
from tests.missing import missing

OURS = (
    *(
        "lost_updates",
        "callback_chain",
        "forgotten_await",
        "loop_blocking",
        "max_concurrency",
        "thread_stacks",
        "gil_convoy",
        "coordinated_omission",
    ),
    *("asyncio_entry", "thread_handoff", "session_reuse", "thread_contention"),
)
PROBED = [cell for cell in catalogue() if cell.experiment in OURS]


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads take turns as often as Python can let them, so that a few updates are enough."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve("servers.latency") as service:
        yield service.url


def lost(form: str, updates: int) -> int:
    account, (work, _) = lost_updates.Account(), lost_updates.FORMS[form]
    work(account, updates // lost_updates.WORKERS)
    return updates - account.balance


@pytest.mark.parametrize("form", ["threads-lock", "threads-sharded", "threads-queue", "threads-count", "coroutines"])
def test_no_update_is_lost_where_none_can_be(form: str, eager_switching: None) -> None:
    assert lost(form, 4000) == 0


def test_an_await_between_reading_and_writing_loses_all_updates_but_those_of_one() -> None:
    assert lost("coroutines-await", 400) == 300


@pytest.mark.real
def test_threads_that_read_compute_and_write_lose_updates(eager_switching: None) -> None:
    assert any(lost("threads", 200_000) > 0 for _ in range(20))


def test_the_share_that_is_lost_is_the_share_that_was_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def every_fourth(account: lost_updates.Account, times: int) -> float:
        account.balance = times  # of WORKERS times as many
        return 8.0

    monkeypatch.setitem(lost_updates.FORMS, "planted", (every_fourth, 4000))
    assert lost_updates.observed("planted") == {"lost_share": 1 - 1 / lost_updates.WORKERS, "unit_seconds": 8 / 4000}


@pytest.mark.parametrize("form", thread_contention.FORMS)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_thread_does_its_part_of_the_operations_at_the_same_time(form: str, threads: int) -> None:
    make, _ = thread_contention.FORMS[form]
    operate, together, done = make(), Barrier(threads, timeout=20), list[int]()

    def operate_together(number: int, times: int) -> None:
        together.wait()  # nobody gets on before all threads have begun
        operate(number, times)
        done.append(times)

    assert thread_contention.seconds(operate_together, threads, 300) > 0
    assert done == [300 // threads] * threads


def test_an_operation_counts_from_the_first_thread_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 11.0, 13.0, 18.0])  # two threads begin, and two end
    monkeypatch.setattr(thread_contention, "perf_counter", lambda: next(clock))
    both_began = Barrier(2)

    def wait_for_the_other(number: int, times: int) -> None:
        both_began.wait()

    assert thread_contention.seconds(wait_for_the_other, 2, 10) == 8.0


@pytest.mark.real
@pytest.mark.parametrize("form", ["processes-lock", "processes-sharded"])
def test_processes_that_take_care_lose_no_update(form: str) -> None:
    assert lost(form, 4000) == 0


@pytest.mark.parametrize("form", callback_chain.FORMS)
@pytest.mark.parametrize("chains", [1, 99, 100, 250])
async def test_every_chain_takes_all_its_steps_and_none_is_lost(form: str, chains: int) -> None:
    assert await callback_chain.answers(form, chains) == [callback_chain.STEPS] * chains


@pytest.mark.parametrize("form", callback_chain.FORMS)
async def test_as_many_chains_as_stated_are_under_way_whatever_their_form(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback_chain, "AT_ONCE", 3)
    begun = list[None]()
    start = callback_chain.FORMS[form]

    def counted(loop: callback_chain.Loop, done: callback_chain.Then) -> None:
        begun.append(None)
        start(loop, done)

    monkeypatch.setitem(callback_chain.FORMS, form, counted)
    running = asyncio.ensure_future(callback_chain.answers(form, 10))
    await asyncio.sleep(0)
    assert len(begun) == 3
    await running
    assert len(begun) == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "side_effects", "warnings"), [("calling", 0, 0), ("forgotten-await", 0, 1), ("awaited", 1, 0)]
)
def test_what_nobody_awaits_does_nothing_and_only_what_nobody_keeps_is_warned_of(
    form: str, side_effects: float, warnings: float
) -> None:
    assert forgotten_await.observed(form) == {"side_effects": side_effects, "warnings": warnings}


def test_the_heart_notices_what_holds_up_the_loop_and_nothing_else() -> None:
    async def hold_up(_: str) -> None:
        await asyncio.sleep(0.02)
        time.sleep(0.15)  # noqa: ASYNC251
        await asyncio.sleep(0.02)

    gaps = asyncio.run(loop_blocking.gaps_beside(hold_up, ""))
    assert sum(gap >= 0.15 for gap in gaps) == 1
    assert len(gaps) >= 3
    assert min(gaps) >= loop_blocking.BEAT_S * 0.9


def test_work_that_is_over_before_the_next_beat_still_has_a_gap() -> None:
    async def over(_: str) -> None:
        pass

    assert asyncio.run(loop_blocking.gaps_beside(over, ""))


def test_a_file_without_room_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=300 * 2**20))
    with pytest.raises(SystemExit, match="has 300 MiB left, 512 are needed; set TMPDIR"):
        loop_blocking.large_file(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["file-read", "aiofiles"])
def test_the_whole_file_is_read_whatever_reads_it(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_blocking, "FILE_BYTES", 3 * 2**20)
    path = loop_blocking.large_file(tmp_path)
    assert path.stat().st_size == 3 * 2**20
    assert loop_blocking.observed(form, str(path))["longest_gap_seconds"] > 0


async def test_both_ways_to_a_thread_bring_back_what_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called = list[int]()

    def nothing() -> int:
        called.append(1)
        return 0

    monkeypatch.setattr(thread_handoff, "nothing", nothing)
    for form in thread_handoff.FORMS:
        called.clear()
        assert await thread_handoff.unit_seconds(form, 5) > 0
        assert len(called) == 6, form  # one is not counted


def test_an_echo_says_what_it_heard_and_ends_with_the_connection() -> None:
    near, far = socket.socketpair()
    answering = Thread(target=gil_convoy.echo, args=(far,))
    answering.start()
    with near:
        near.sendall(b"hello")
        assert near.recv(gil_convoy.BYTES) == b"hello"
    answering.join(10)
    assert not answering.is_alive()
    far.close()


@pytest.mark.parametrize("beside", [None, gil_convoy.compute_in_pieces, gil_convoy.compute_in_thread])
async def test_a_loop_answers_whatever_computes_in_it_and_ends_with_the_connection(
    beside: Callable[[Event], Awaitable[None]] | None,
) -> None:
    near, far = socket.socketpair()
    asking = asyncio.create_task(asyncio.to_thread(ask_and_hang_up, near))
    await asyncio.wait_for(gil_convoy.answer_in_loop(far, beside), 20)
    assert await asking == b"hello"
    assert active_count() <= 3


def ask_and_hang_up(connection: socket.socket) -> bytes:
    with connection:
        connection.sendall(b"hello")
        return connection.recv(gil_convoy.BYTES)


def test_the_thread_that_computes_is_gone_afterwards() -> None:
    before = active_count()
    with gil_convoy.computing_thread():
        assert active_count() == before + 1
    assert active_count() == before


def test_threads_are_counted_until_the_system_refuses_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Thread):
        started = 0

        def start(self) -> None:
            if Refused.started == 7:
                raise RuntimeError("can't start new thread")
            Refused.started += 1
            super().start()

    assert max_concurrency.threads_at_once(5) == 5
    monkeypatch.setattr(max_concurrency, "Thread", Refused)
    assert max_concurrency.threads_at_once(20) == 7


async def test_coroutines_that_wait_one_after_another_are_not_a_swarm() -> None:
    assert await max_concurrency.coroutines_at_once(50, 0.01) == 50
    assert await max_concurrency.coroutines_at_once(0, 0.01) == 0


@pytest.mark.parametrize("form", thread_stacks.FORMS)
def test_what_each_takes_is_what_all_take_divided_by_their_number(form: str) -> None:
    looks = iter([(1000, 100), (9000, 140)])
    assert thread_stacks.FORMS[form][0](4, lambda: next(looks)) == (2000, 10)


def test_the_second_look_comes_when_all_are_waiting() -> None:
    threads, running = list[int](), list[int]()

    def count_threads() -> tuple[int, int]:
        threads.append(active_count())
        return 0, 0

    def count_coroutines() -> tuple[int, int]:
        running.append(sum(task.get_coro().cr_await is not None for task in asyncio.all_tasks()))  # type: ignore[union-attr]
        return 0, 0

    thread_stacks.threads(4, count_threads)
    thread_stacks.coroutines(4, count_coroutines)
    assert threads[1] - threads[0] == running[1] - running[0] == 4


@pytest.mark.real
def test_a_server_that_is_stopped_goes_on_whatever_happens_meanwhile() -> None:
    with serve("servers.latency") as service:
        with coordinated_omission.frozen(service, 0.0, 60.0):
            time.sleep(0.1)
        assert session_reuse.unit_seconds("pooled", service.url, 3) > 0


@pytest.mark.real
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("way", echo_server.WAYS)
def test_every_echo_comes_back_on_every_loop(way: str, loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo_server, "ROUND_TRIPS", {"100k": 2})
    assert echo_server.measured(way, "100k", echo_server.factory(loop)) > 0


def test_an_echo_that_is_another_message_is_no_round_trip() -> None:
    with pytest.raises(ValueError, match="3 bytes were sent, and 3 others came back"):
        echo_server.require_equal(b"one", b"two")


def test_memory_is_looked_at_when_all_are_there_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_memory, "PATIENCE_S", 0.05)
    counts = iter([0, 0, 1, 2, 3])
    task_memory.wait_until(lambda: next(counts), 3)
    with pytest.raises(TimeoutError, match="only 2 of 3 tasks were waiting"):
        task_memory.wait_until(lambda: 2, 3)


@pytest.mark.real
@pytest.mark.parametrize("name", [name for name in without_cluster() if name != "sequential"])
def test_every_task_is_waiting_when_memory_is_looked_at(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.version_info < needs(name).python:
        pytest.skip(needs(name).unavailable_reason())
    if lacking := needs(name).unavailable_reason():
        missing(lacking)
    looks, reported = iter([1000, 3000]), list[float]()
    monkeypatch.setattr(task_memory, "FOR_EVER_S", 0.5)
    monkeypatch.setattr(task_memory, "tree_bytes", lambda: next(looks))
    task_memory.bytes_per_task(name, 4, reported.append)
    assert reported == [500]


def test_a_noted_task_has_the_answers_of_the_task_itself_and_leaves_one_byte(tmp_path: Path) -> None:
    path = tmp_path / "noted"
    path.touch()
    noted = task_memory.Noted(Sleep(delay_s=0.001), str(path))
    assert [noted.perform(None, 3), asyncio.run(noted.aperform(None, 4))] == [3, 4]
    assert path.read_bytes() == b".."


def test_every_model_is_asked_for_a_number_that_wait_or_never_has_two() -> None:
    sizes = {
        name: [size for size in task_memory.SIZES if task_memory.is_measured(name, size)] for name in without_cluster()
    }
    assert [name for name in without_cluster() if not sizes[name]] == ["sequential"]
    assert set(task_memory.RANGES) <= set(without_cluster())


def test_the_sizes_of_a_copied_model_follow_what_it_runs_its_tasks_in() -> None:
    alone = {name for name in NAMES if needs(name).interpreter_per_worker}
    assert alone == {"dask", "interpreters", "joblib", "pool", "processes", "ray", "to_process"}
    assert {name for name in NAMES if task_memory.has_children(name)} == alone | {"gevent", "loops_in_processes"}


@pytest.mark.real
@pytest.mark.parametrize("name", ["asyncio", "gather", "threads"])
def test_opening_a_model_and_handing_it_tasks_takes_time(name: str) -> None:
    metrics = pool_startup.observed(name)
    assert 0 < metrics["task_seconds"] < metrics["open_seconds"]


def test_an_answer_that_is_another_tasks_is_handed_over_in_vain() -> None:
    with pytest.raises(ValueError, match="5 tasks were handed over, and other answers came back"):
        pool_startup.hand_over(lambda tasks: tasks[::-1], 5)


@pytest.mark.real
def test_a_probe_that_fails_says_why() -> None:
    with pytest.raises(ProbeFailed, match="lost_updates nobody: KeyError: 'nobody'"):
        run_probe("lost_updates", "nobody")


@pytest.mark.real
@pytest.mark.parametrize("cell", PROBED, ids=str)
def test_every_probe_tells_what_its_experiment_promises(cell: Cell, url: str) -> None:
    values = cell.key() | {"url": url}
    metrics = run_probe(cell.experiment, *(values[name] for name in ARGUMENTS[cell.experiment]))
    assert set(metrics) == set(cell.metrics)
    assert all(value is None or isfinite(value) for value in metrics.values())
