"""Wiring only: options, selection, order, and the fixtures that the experiments use."""

import gc
import random
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.backends.databases import opened, redacted, running, services
from benchmarks.core import journal
from benchmarks.core.cell import Cell, Measure, Observe
from benchmarks.core.context import BlockContext
from benchmarks.core.runner import measure, record_metrics
from benchmarks.core.selection import check, chosen
from benchmarks.machine.calibration import Calibration
from benchmarks.machine.capacity import CapacityMonitor
from benchmarks.machine.gil import gil
from benchmarks.machine.heartbeat import Heartbeat
from benchmarks.machine.pinning import Pinning
from benchmarks.machine.switches import unasked_moods
from benchmarks.models._cluster import serving
from servers.subprocesses import exit_with_parent, serve

ROUNDS = pytest.StashKey[list[dict[str, Any]]]()  # what a test has measured


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a block is told by the driver; all have defaults, so that `pytest benchmarks` works by hand."""
    group = parser.getgroup("overlap")
    group.addoption("--only", default="", help="cells to run, by name: 'http and (threads or asyncio)'")
    group.addoption("--block", type=int, default=0, help="number of this block within its run")
    group.addoption("--seed", type=int, default=0, help="seed of the run; with the block's number it gives the order")
    group.addoption("--journal", type=Path, help="file that each finished cell is appended to")
    group.addoption("--pace", type=Path, help="file with the calibration of CPU-bound tasks (default: calibrate now)")
    group.addoption("--without", type=Path, help="file with the names of cells to leave out, a line each")
    group.addoption("--server-python", default=sys.executable, help="interpreter of the server (default: this one)")
    group.addoption("--server-bind", default="", help="address that the server listens on (default: loopback only)")
    group.addoption("--server-address", default="", help="address by which other machines reach it")
    group.addoption("--why", type=Path, help="file for where each cell's time goes, which is then all that is measured")
    group.addoption("--supervised", action="store_true", help="end with the parent that holds our standard input")


def pytest_configure(config: pytest.Config) -> None:
    """Live no longer than the driver, and end at once when interrupted.

    Python would unwind, and a `ProcessPoolExecutor` that is interrupted while it starts waits forever for workers that
    nobody has told to go. What is whole stands in the journal already, and the driver ends whoever is left.
    """
    if config.getoption("journal") and (moods := unasked_moods()):
        sentence = f"{'; '.join(moods)}: figures would be those of that. Next: unset it, or name it in KEEP_ENV"
        raise pytest.UsageError(sentence)
    if config.getoption("supervised"):
        exit_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    """A run may be shown to anybody: it says what the machine is, not what it is called."""
    machine_info.pop("node", None)


def pytest_benchmark_update_commit_info(config: pytest.Config, commit_info: dict[str, Any]) -> None:
    """Nor what its owner's branches and folders are called."""
    for name in ("branch", "project"):
        commit_info[name] = None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what ONLY selects, can be measured here and is not done yet; shuffled by the run's seed and its number."""
    only, done = config.getoption("only"), without(config)
    try:
        check(only, set().union(*(cell_of(item).labels() for item in items)))
    except ValueError as problem:
        raise pytest.UsageError(str(problem)) from None
    here = [item for item in items if chosen(only, cell_of(item)) and not cell_of(item).unavailable_reason]
    kept = [item for item in here if str(cell_of(item)) not in done]
    random.Random(f"{config.getoption('seed')}/{config.getoption('block')}").shuffle(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def without(config: pytest.Config) -> set[str]:
    """The cells that an earlier attempt at this block has finished, or died of."""
    path = config.getoption("without")
    return set(path.read_text().split()) if path else set()


def cell_of(item: pytest.Item) -> Cell:
    """The cell that a test measures."""
    assert isinstance(item, pytest.Function)
    cell = item.callspec.params["cell"]
    assert isinstance(cell, Cell)
    return cell


@pytest.fixture(scope="session")
def write(request: pytest.FixtureRequest) -> Callable[[dict[str, Any]], None]:
    """Append an entry to the block's journal; to nowhere when a person runs pytest by hand."""
    path = request.config.getoption("journal")
    return partial(journal.append, path) if path else lambda entry: None


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest, write: Callable[[dict[str, Any]], None]) -> Iterator[BlockContext]:
    """The server, the spinners, the calibration; the journal's first and last entries."""
    config, items = request.config, request.session.items
    path = config.getoption("pace")
    pace = Calibration.read(path) if path else Calibration.measure()
    gc.collect()
    gc.freeze()  # pytest's own hundred thousand objects are no part of any program that is measured
    bound = serving(config.getoption("server_bind"), config.getoption("server_address"))
    with (
        serve("servers.latency", *bound, python=config.getoption("server_python")) as server,
        CapacityMonitor(pace) as gauge,
        Heartbeat() as heartbeat,
    ):
        order = [cell_of(item).key() | {"cell": str(cell_of(item))} for item in items]
        write({"kind": "block", "schema": journal.SCHEMA, "block": config.getoption("block"), "order": order})
        with opened(services(cell_of(item).workload for item in items), config.getoption("server_python")) as served:
            support = frozenset({server.pid, heartbeat.pid} | gauge.pids).union(
                *(database.pids for database in running(served))
            )
            pinning = Pinning.for_this_process()
            pinning.pin_server(server.pid)
            context = BlockContext({"url": server.url} | pace.rates, gauge, support, write, served, heartbeat, pinning)
            context.remember()
            yield context
        server.check()
    write({"kind": "end"})


@pytest.fixture(name="measure")
def measure_fixture(request: pytest.FixtureRequest, place: BlockContext) -> Measure:
    """`measure(cell)` times a cell, or tells where its time goes."""
    if why := request.config.getoption("why"):
        from benchmarks.attribution.rounds import keep

        return partial(keep, why, place)
    benchmark = request.node.funcargs["benchmark"] = request.getfixturevalue("benchmark")
    return keeping(request.node, partial(measure, benchmark, place))


@pytest.fixture(name="observe")
def observe_fixture(request: pytest.FixtureRequest, benchmark: Any, place: BlockContext) -> Observe:
    """`observe(cell, probe)` takes a cell's values from a probe."""
    return keeping(request.node, partial(record_metrics, benchmark, place))


def keeping(item: pytest.Item, measured: Callable[..., list[dict[str, Any]]]) -> Callable[..., None]:
    """The same function, whose rounds are kept with the test until it has ended."""

    def kept(*args: Any) -> None:
        item.stash[ROUNDS] = measured(*args)

    return kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Enter the cell in the journal when its test has ended: an assertion after the measurement counts too."""
    if call.when == "call" and not item.config.getoption("why"):
        rounds = item.stash.get(ROUNDS, [])
        reason = explained(call.excinfo.value) if call.excinfo else "" if rounds else "not measured"
        fixtures, cell = item.funcargs, cell_of(item)  # type: ignore[attr-defined]
        fixtures["benchmark"].has_error = bool(reason)
        entry = {
            "kind": "cell",
            "cell": str(cell),
            **cell.key(),
            "gil": gil(),
            "valid": not reason,
            "reason": reason,
        }
        fixtures["place"].write(entry | {"rounds": [] if reason else rounds})
    return (yield)


def explained(problem: BaseException) -> str:
    """What went wrong in one line; of a TaskGroup's failures the first."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return redacted(f"{type(problem).__name__}: {problem}")
