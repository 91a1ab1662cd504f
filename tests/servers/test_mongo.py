"""What stands in for MongoDB: it says so, knows its limits, waits no less than asked, and is gone with its parent."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from benchmarks.backends.database_fixtures import Mongo
from benchmarks.backends.database_workloads import workloads_of
from benchmarks.core.round import time_round, validation_error
from benchmarks.models import model
from benchmarks.workloads.database import note
from benchmarks.workloads.pymongo import Pymongo
from servers.subprocesses import serve
from tests.missing import missing
from tests.servers.test_subprocesses import assert_gone, kill_a_parent_of

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def needs_pymongo() -> None:
    if not find_spec("pymongo"):
        missing("needs pymongo")


@pytest.fixture
def client() -> Iterator[Any]:
    from pymongo import MongoClient

    with serve("servers.mongo") as service:
        opened: Any = MongoClient(service.url)
        with opened:
            yield opened


def test_it_says_that_it_is_not_mongodb(client: Any) -> None:
    assert client.server_info()["modules"] == ["overlap's stand-in, not MongoDB"]


def test_a_command_that_it_does_not_know_is_an_error_and_not_ok(client: Any) -> None:
    from pymongo.errors import OperationFailure

    with pytest.raises(OperationFailure, match="not MongoDB: it does not know 'aggregate'"):
        client.x.y.count_documents({})


def test_what_was_changed_is_never_answered_from_before(client: Any) -> None:
    letters = client.x.letters
    letters.insert_many([{"_id": number, "is": "old"} for number in range(5)])
    assert [one["_id"] for one in letters.find({"_id": {"$gte": 2}}).limit(2)] == [2, 3]
    letters.replace_one({"_id": 3}, {"is": "new"}, upsert=True)
    assert [one["is"] for one in letters.find({"_id": {"$gte": 2}}).limit(2)] == ["old", "new"]
    assert letters.find_one({"_id": 9}) is None
    letters.drop()
    assert list(letters.find()) == []


def test_it_waits_no_less_than_it_was_asked_to_and_answers_others_meanwhile(client: Any) -> None:
    client.x.y.insert_one({"_id": 1})
    began = time.perf_counter()
    assert client.x.y.find_one({"_id": 1, "$where": "sleep(50) || true"}) == {"_id": 1}
    assert time.perf_counter() - began >= 0.05


def test_a_parent_that_is_killed_takes_it_along() -> None:
    assert_gone(*kill_a_parent_of("servers.mongo", "no fork"))


def test_another_server_of_the_protocol_gives_the_same_answers(tmp_path: Path) -> None:
    if not find_spec("nx_27017"):
        missing("needs nx_27017")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["-p", str(port), "--db", "memory", "--log-file", "log", "--pid-file", "pid"]
    command = [sys.executable, "-c", "from nx_27017.nx_27017 import main; main()", *options]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            store = Mongo(f"mongodb://127.0.0.1:{port}/overlap")
            store.fill()
            for query in ("rows", "write"):
                workload = replace(workloads_of(query, 2, Pymongo)[0], database=f"mongodb://127.0.0.1:{port}/overlap")
                for name in ("threads", "asyncio"):
                    assert (
                        validation_error(workload, [0, 1, 2], time_round(model(name), workload, [0, 1, 2], 2)) is None
                    )
            assert store.stored_texts() == {task: note(task) for task in range(3)}
            store.close()
        finally:
            server.kill()
