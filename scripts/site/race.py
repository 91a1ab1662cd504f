"""A race: every model asked for really runs, and all that happens is told as it happens.

Models that run at the same time take the cores from each other, so each has the machine to itself, one after another;
the page replays what it was told side by side. A visitor may ask for all at once, and is told what that means.

Plain code in a thread of its own: it waits for processes and files, and must undo all of it however it ends. Rejected:
the same as coroutines (cancelled in the middle of starting a process, they lose it).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from benchmarks.machine.calibration import NUMBERS, Calibration
from benchmarks.machine.capacity import CapacityMonitor
from scripts.run.lifecycle import exclusive_lock
from scripts.site.lane_process import Lane
from scripts.site.race_request import Ask
from scripts.util.exit_codes import CommandError
from scripts.util.processes import scratch
from servers.subprocesses import ServiceError, serve

FRAMES_PER_S = 40  # an eye takes 25 for a movement; each costs a tenth of a millisecond
STOPPED = "stopped"

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class House:
    """What races share: a latency server, the measured machine, a folder for marks."""

    url: str
    numbers_per_s: float
    gauge: CapacityMonitor
    folder: Path


@contextmanager
def opened_house() -> Iterator[House]:
    """Calibrate, start the server; nothing is left afterwards."""
    pace = Calibration.measure([NUMBERS])
    with scratch(), serve("servers.latency") as server, CapacityMonitor(pace) as gauge:
        yield House(server.url, pace.rates[NUMBERS], gauge, Path(os.environ["TMPDIR"]))


@dataclass
class Race:
    """One race; `stopping` ends it early."""

    ask: Ask
    house: House
    tell: Tell
    starter: str = ""
    stopping: Event = field(default_factory=Event)

    def run(self) -> None:
        """Run all lanes; what goes wrong is told too."""
        reason = "the page has a fault; its terminal says more"
        try:
            with exclusive_lock():
                self.tell(self.introduction())
                self.run_all()
            reason = STOPPED * self.stopping.is_set()
        except (CommandError, ServiceError, OSError) as problem:
            reason = str(problem)
        finally:
            self.tell({"kind": "end", "reason": reason})

    def introduction(self) -> dict[str, Any]:
        """What is asked for, before anything has happened."""
        lanes = [
            {"model": model, "places": self.ask.places(model), "expected_s": self.ask.expected_s(model)}
            for model in self.ask.models
        ]
        return {"kind": "race", "ask": asdict(self.ask), "lanes": lanes, "numbers_per_s": self.house.numbers_per_s}

    def run_all(self) -> None:
        """One lane after another; or all at once, each with a server of its own that keeps its account."""
        numbers = range(len(self.ask.models))
        self.house.gauge.samples.clear()
        with ExitStack() as servers:
            spare = numbers[1:] if self.ask.together else ()
            urls = [self.house.url, *(servers.enter_context(serve("servers.latency")).url for _ in spare)]
            for group in [numbers] if self.ask.together else [[number] for number in numbers]:
                if not self.stopping.is_set():
                    self.run_group([(number, urls[place]) for place, number in enumerate(group)])
            self.measure()

    def measure(self) -> None:
        """Tell the floor of each lane, by the most computing that the machine was seen to do during this race."""
        self.house.gauge.sample()
        capacity = self.house.gauge.best(self.ask.workload)
        self.tell({"kind": "floors", "floors_s": [self.ask.floor_s(model, capacity) for model in self.ask.models]})

    def run_group(self, group: list[tuple[int, str]]) -> None:
        """Run lanes at the same time: get them ready, take the measure of the machine, let them go, watch."""
        with ExitStack() as opened:
            lanes = [opened.enter_context(self.lane(number, url)) for number, url in group]
            self.tell_all(lanes, "ready")
            while not all(lane.ready for lane in lanes):
                if self.stopping.wait(1 / FRAMES_PER_S):
                    return
            self.measure()
            for lane in lanes:
                lane.go()
            self.tell_all(lanes, "go")
            self.watch(lanes)

    def watch(self, lanes: list[Lane]) -> None:
        """Tell the marks of lanes, and their results, until all have one."""
        running = list(lanes)
        while running and not self.stopping.wait(1 / FRAMES_PER_S):
            for lane in list(running):
                result = lane.result()
                if marks := lane.news.read():
                    self.tell({"kind": "marks", "lane": lane.number, "now_us": lane.now_us(), "marks": marks})
                if result:
                    self.tell({"kind": "result", "lane": lane.number, **result})
                    running.remove(lane)

    def lane(self, number: int, url: str) -> Lane:
        """Start the process of a lane."""
        model, path = self.ask.models[number], self.house.folder / f"{number}.marks"
        order = self.ask.order(model, url, self.house.numbers_per_s, path)
        return Lane(number, order, self.ask.expected_s(model))

    def tell_all(self, lanes: list[Lane], kind: str) -> None:
        """Tell the same of several lanes."""
        for lane in lanes:
            self.tell({"kind": kind, "lane": lane.number})
