"""Databases: right answers from every driver, as many connections for every model, and no password anywhere."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from benchmarks.backends.database_fixtures import STORES
from benchmarks.backends.database_workloads import BRIEF, KEYS, SERVERS, workloads_of
from benchmarks.backends.databases import (
    KINDS,
    DatabaseHandle,
    check,
    filled,
    redacted,
    unavailable_reason,
    without_password,
)
from benchmarks.core.cell import Cell
from benchmarks.core.round import peak_concurrency, time_round, validation_error
from benchmarks.machine.calibration import PIECES, Calibration
from benchmarks.models import model, needs
from benchmarks.workloads.database import BATCH, Database, note, table
from scripts import bench
from scripts.run import lifecycle
from scripts.run.block import Block, run_block
from scripts.util.exit_codes import Exit
from servers import mariadb
from servers.subprocesses import ServiceError
from tests.missing import missing
from tests.reachable import reachable_folder

TASKS, CONNECTIONS = 12, 4
MODELS = ("sequential", "threads", "asyncio")
ASKED = [
    *workloads_of("wait", CONNECTIONS, *SERVERS, KEYS[0]),
    *workloads_of("rows", CONNECTIONS, *BRIEF, *KEYS),
    *workloads_of("write", CONNECTIONS, *BRIEF, KEYS[0]),
]
PAIRS = [
    pytest.param(name, workload, id=f"{name}-{workload.name}")
    for workload in ASKED
    for name in MODELS
    if needs(name).fits(workload, CONNECTIONS, TASKS)
]
SECRET = "hunter2"


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], DatabaseHandle]]:
    """Databases of our own, each started when it is first asked for."""
    running = dict[str, DatabaseHandle]()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for kind in KINDS.values():
            patch.delenv(kind.variable or "NONE", raising=False)

        def database(service: str) -> DatabaseHandle:
            if lacks := KINDS[service].unavailable_reason():
                missing(lacks)
            if service not in running:
                running[service] = stack.enter_context(filled(service, sys.executable))
            return running[service]

        yield database


def to(served: DatabaseHandle) -> int:
    """How many connections of ours lead there."""
    port = urlsplit(served.url).port
    mine = psutil.Process().net_connections("tcp")
    return sum(bool(one.raddr) and one.raddr[1] == port for one in mine)


@pytest.mark.real
@pytest.mark.parametrize(("name", "workload"), PAIRS)
def test_every_driver_gives_the_right_answers_over_no_more_connections_than_every_other(
    name: str, workload: Database, databases: Callable[[str], DatabaseHandle]
) -> None:
    if lacks := unavailable_reason(workload):
        missing(lacks)
    served = databases(workload.service)
    workload, tasks, counts = replace(workload, database=served.url), workload.tasks(TASKS), list[int]()
    before = to(served)
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.003):
            counts.append(to(served))

    watch = threading.Thread(target=look)
    served.prepare(workload)
    watch.start()
    try:
        timing = time_round(model(name), workload, tasks, CONNECTIONS)
    finally:
        over.set()
        watch.join()
    assert validation_error(workload, tasks, timing) is None
    assert served.validation_error(workload, tasks) is None
    watching = 3 if workload.service == "mongo" else 0  # its client looks after the server over two more
    assert max(counts, default=0) - before <= CONNECTIONS + watching
    if workload.query == "wait":
        assert peak_concurrency(timing) in ([1] if name == "sequential" else range(2, CONNECTIONS + 1))


@pytest.mark.parametrize("query", ["wait", "rows", "write"])
def test_no_two_tasks_share_an_answer(query: str) -> None:
    for workload in workloads_of(query, 8, *BRIEF, *KEYS):
        assert len({workload.expected(task) for task in range(800)}) == 800


def test_a_hundred_rows_are_those_that_the_table_has_from_the_first_on() -> None:
    rows = workloads_of("rows", 8, SERVERS[0])[0].expected(3)
    assert len(rows) == BATCH
    assert rows == tuple(row for row in table() if 111 <= row[0] < 211)


def test_a_write_that_was_never_committed_is_never_a_result() -> None:
    class Store:
        def stored_texts(self) -> dict[int, str]:
            return {0: note(0), 1: note(0)}

    served = DatabaseHandle("", Store(), None, frozenset())  # type: ignore[arg-type]
    write, rows = workloads_of("write", 8, SERVERS[0])[0], workloads_of("rows", 8, SERVERS[0])[0]
    assert served.validation_error(write, [0, 1]) == "2 tasks wrote, but the database holds 1 of their rows"
    assert served.validation_error(write, [0, 1, 2]) == "3 tasks wrote, but the database holds 1 of their rows"
    assert served.validation_error(rows, [0, 1]) is None


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql://joe:hunter2@db:5432/x", "postgresql://joe@db:5432/x"),
        ("redis://:hunter2@db/0", "redis://@db/0"),
        ("mysql://joe:hun%40ter2@db/x", "mysql://joe@db/x"),
        ("mongodb://joe:hun@ter2@one,two/x", "mongodb://joe@one,two/x"),
        (
            "postgresql://db/x?user=joe&password=hunter2&sslmode=off",
            "postgresql://db/x?user=joe&password=…&sslmode=off",
        ),
        ("postgresql://db/x", "postgresql://db/x"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, safe: str) -> None:
    assert without_password(url) == safe


def test_a_message_that_repeats_the_password_is_kept_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_URI", "postgresql://joe:se%40cret@db/x")
    for words in ("postgresql://joe:se%40cret@db/x is gone", "wrong: se@cret", "wrong: se%40cret"):
        assert "cret" not in redacted(words)
    assert "se%40cret" not in repr(SERVERS[0](database=KINDS["postgres"].url))


def test_a_database_that_is_missing_is_listed_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARIADB_URI", raising=False)
    monkeypatch.setattr(mariadb, "which", lambda *_, **__: None)
    cell = Cell("databases", next(one for one in ASKED if one.service == "mariadb"), "asyncio", 4, 4)
    lacks = "needs MariaDB (apt-get install mariadb-server-core, or brew install mariadb), or MARIADB_URI"
    assert cell.unavailable_reason in (lacks, "needs aiomysql, which make full installs")
    monkeypatch.setenv("MARIADB_URI", "mysql://db/x")
    assert cell.unavailable_reason != lacks


def test_what_make_bench_measures_needs_no_database() -> None:
    assert all(cell.opt_in for cell in services_of())


def services_of() -> list[Cell]:
    from benchmarks.core.registry import catalogue

    return [cell for cell in catalogue() if cell.workload.service]


@pytest.mark.real
def test_a_url_that_does_not_answer_is_one_sentence_before_anything_is_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Calibration, "measure", lambda: pytest.fail("it went on"))
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    for variable, url in (
        ("POSTGRES_URI", f"postgresql://joe:{SECRET}@127.0.0.1:{port}/x"),
        ("MARIADB_URI", f"mysql://joe:{SECRET}@127.0.0.1:{port}/x"),
        ("REDIS_URI", f"redis://joe:{SECRET}@127.0.0.1:{port}/0"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(variable, url)
            patch.setattr(sys, "argv", ["bench", "--only", "databases"])
            with pytest.raises(SystemExit) as left:
                bench.main()
        words = capsys.readouterr().err
        assert left.value.code == Exit.NOT_MEASURED
        assert f"{variable}: {without_password(url)} can't be used: " in words
        assert "refused" in words
        assert words.rstrip().endswith(f"Next: correct {variable}, or unset it to have one started")
        assert len(words.splitlines()) == 1
        assert SECRET not in words


def refusal(service: str, url: str, monkeypatch: pytest.MonkeyPatch, connections: int = 32) -> str:
    monkeypatch.setenv(KINDS[service].variable, url)
    with pytest.raises(ServiceError) as refused:
        check(service, connections)
    assert SECRET not in str(refused.value)
    return str(refused.value)


@pytest.mark.real
def test_wrong_credentials_are_named_and_the_password_is_not(
    databases: Callable[[str], DatabaseHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    for service, says in (
        ("postgres", 'role "joe" does not exist'),
        ("mariadb", "Access denied"),
        ("valkey", "invalid username-password"),
    ):
        url = databases(service).url
        where = url.rpartition("@")[2] if "@" in url else url.partition("://")[2]
        assert says in refusal(service, f"{url.partition('://')[0]}://joe:{SECRET}@{where}", monkeypatch)


@pytest.mark.real
def test_a_server_of_another_version_than_is_supported_is_refused(
    databases: Callable[[str], DatabaseHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in ("postgres", "mariadb", "valkey"):
        with monkeypatch.context() as patch:
            patch.setattr(STORES[service], "oldest", (99, 1))
            assert "is too old, 99.1 is needed" in refusal(service, databases(service).url, patch)
            patch.setattr(STORES[service], "oldest", (1, 0))
            assert KINDS[service].called in check(service, 32)


@pytest.mark.real
def test_too_few_connections_are_refused_with_how_many_it_takes(
    databases: Callable[[str], DatabaseHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres = databases("postgres")
    postgres.store.ask("CREATE ROLE few LOGIN CONNECTION LIMIT 7")
    says = refusal("postgres", postgres.url.replace("postgres@", "few@"), monkeypatch)
    assert "PostgreSQL allows 7 connections more, 34 are needed. Next: raise its limit, or unset POSTGRES_URI" in says
    for service in ("mariadb", "valkey"):
        assert "connections more, 5002 are needed" in refusal(service, databases(service).url, monkeypatch, 5000)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a run that is about to begin, below one that a database's user can get to."""
    monkeypatch.setattr(Calibration, "measure", lambda: Calibration(dict.fromkeys(PIECES, 1e6)))
    with reachable_folder(monkeypatch) as folder:
        lifecycle.new_run(folder / "run", {"only": "", "blocks": 1, "seed": 1, "quick": False})
        yield folder / "run"


def results(block: Block) -> dict[str, str]:
    """Why each cell is no result; nothing where it is one."""
    return {entry["cell"]: entry["reason"] for entry in block.entries() if entry["kind"] == "cell"}


@pytest.mark.real
def test_a_database_that_dies_costs_the_cell_that_asked_it_and_no_other(run: Path) -> None:
    if lacks := KINDS["valkey"].unavailable_reason():
        missing(lacks)
    block = Block(run, 0, 1, "databases and (redis-wait or redis-write or sqlite3-write)")
    victims, before = list[int](), set(psutil.pids())

    def kill(entry: dict[str, object]) -> None:
        if entry["kind"] == "begin" and "redis-wait-sequential" in str(entry["cell"]) and not victims:
            victims.extend(one.pid for one in psutil.process_iter() if one.pid not in before and is_ours(one))
            for pid in victims:
                os.kill(pid, signal.SIGKILL)

    run_block(block, kill)
    reasons = results(block)
    assert len(victims) == 1
    assert len(reasons) == 8
    broken = {cell: reason for cell, reason in reasons.items() if reason}
    assert list(broken) == ["databases-redis-wait-sequential-c32"]
    assert "Error" in broken["databases-redis-wait-sequential-c32"]


def is_ours(process: psutil.Process) -> bool:
    """Whether it is a Valkey that some descendant of this process has started."""
    try:
        above = [parent.pid for parent in process.parents()]
        return process.name().startswith("valkey") and os.getpid() in above
    except psutil.Error:
        return False


@pytest.mark.real
def test_a_database_of_the_users_own_is_used_left_as_it_was_and_its_password_told_to_nobody(
    run: Path, databases: Callable[[str], DatabaseHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = databases("postgres")
    theirs.store.ask("CREATE DATABASE theirs")
    url = f"postgresql://postgres:{SECRET}@127.0.0.1:{urlsplit(theirs.url).port}/theirs"
    monkeypatch.setenv("POSTGRES_URI", url)
    block = Block(run, 0, 1, "databases and (psycopg-write or asyncpg-rows)")
    run_block(block, lambda entry: None)
    reasons = results(block)
    assert len(reasons) == 4
    assert not any(reasons.values())
    assert all(SECRET.encode() not in file.read_bytes() for file in run.rglob("*") if file.is_file())
    store = STORES["postgres"](url)
    assert store.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    store.close()


@pytest.mark.real
def test_a_database_that_cannot_be_used_costs_its_own_cells_and_is_named(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    monkeypatch.setenv("REDIS_URI", f"redis://:{SECRET}@127.0.0.1:{port}/0")
    block = Block(run, 0, 1, "databases and (redis-write and threads or sqlite3-write)")
    run_block(block, lambda entry: None)
    reasons = results(block)
    assert [cell for cell, reason in reasons.items() if reason] == ["databases-redis-write-threads-c8"]
    assert "Valkey can't be used: Error 111 connecting to" in reasons["databases-redis-write-threads-c8"]
    assert all(SECRET.encode() not in file.read_bytes() for file in run.rglob("*") if file.is_file())
