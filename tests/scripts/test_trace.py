"""The trace keeps to the rules of the trace-event format, and to the spans that were measured."""

import gzip
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scripts import trace
from scripts.tables.load import load
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.recorded import record


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return record(tmp_path, blocks=3)


def written(run: Path, only: str = "") -> dict[str, Any]:
    path = trace.write_trace(load(run), only)
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return dict(json.loads(text))


def test_every_event_is_as_the_format_wants_it(recorded: Path) -> None:
    trace = written(recorded)
    assert trace["displayTimeUnit"] in ("ms", "ns")
    for event in trace["traceEvents"]:
        assert event["ph"] in ("X", "M")
        assert isinstance(event["name"], str)
        assert event["pid"] > 0
        assert event["tid"] > 0
        assert isinstance(event["args"], dict)
        if event["ph"] == "X":
            assert event["ts"] >= 0
            assert event["dur"] >= 0
            assert event["cat"]
        else:
            key = "name" if event["name"].endswith("_name") else "sort_index"
            assert event["name"] in ("process_name", "thread_name", "process_sort_index", "thread_sort_index")
            assert list(event["args"]) == [key]


def test_every_process_and_thread_is_named_once_and_no_thread_belongs_to_two_processes(recorded: Path) -> None:
    events = written(recorded)["traceEvents"]
    processes = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    assert [name.partition(":")[0] for name in processes.values()] == ["sequential", "threads", "asyncio"]
    owners = defaultdict(set)
    for event in events:
        owners[event["tid"]].add(event["pid"])
    named = [event["tid"] for event in events if event["name"] == "thread_name"]
    assert sorted(named) == sorted(owners)
    assert all(len(pids) == 1 for pids in owners.values())


def test_no_two_tasks_of_a_lane_overlap_or_perfetto_would_drop_one(recorded: Path) -> None:
    lanes = defaultdict(list)
    for event in written(recorded)["traceEvents"]:
        if event["ph"] == "X":
            lanes[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    for spans in lanes.values():
        assert all(first[1] <= second[0] + 1e-3 for first, second in pairwise(sorted(spans)))


def test_a_task_stands_where_it_was_measured(recorded: Path) -> None:
    events = written(recorded, "asyncio")["traceEvents"]
    tasks = {event["name"]: event for event in events if event["name"].startswith("task")}
    assert [(tasks[f"task {n}"]["ts"], tasks[f"task {n}"]["dur"]) for n in range(4)] == [
        (10, 19_990), (20, 20_080), (30, 20_170), (40, 20_260)
    ]  # fmt: skip
    assert {event["name"] for event in events if event.get("cat") == "round"} == {"start", "run", "stop"}


def test_a_large_trace_is_compressed_and_its_older_form_goes(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = trace.write_trace(load(recorded))
    monkeypatch.setattr(trace, "LARGE", 10)
    large = trace.write_trace(load(recorded))
    assert (small.name, large.name) == ("trace.json", "trace.json.gz")
    assert not small.exists()
    assert json.loads(gzip.decompress(large.read_bytes()))["traceEvents"]


def test_a_wrong_name_is_answered_with_the_right_ones(recorded: Path) -> None:
    with pytest.raises(
        CommandError, match=r"'asynco'; the nearest name is 'asyncio'\. Next: make trace ONLY=asyncio"
    ) as stop:
        trace.write_trace(load(recorded), "asynco")
    assert stop.value.code == Exit.USAGE


def test_without_spans_nothing_is_written(recorded: Path) -> None:
    with pytest.raises(CommandError, match="no spans were kept") as stop:
        trace.write_trace(load(recorded), "asyncio and threads")
    assert stop.value.code == Exit.NOT_MEASURED
    assert not (recorded / "trace.json").exists()
