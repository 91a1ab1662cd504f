"""A race: every requested model really runs, and every event is sent to the visitors as it happens.

Models that run at the same time take the cores from each other, so each has the machine to itself, sequentially;
the page replays the events side by side. A visitor may ask for all models at once, and reads what that means.

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
from scripts.run.guards import exclusive_lock
from scripts.site.lane_process import Lane
from scripts.site.race_request import RaceRequest
from scripts.site.standings import headline, words
from scripts.util.exit_codes import CommandError
from scripts.util.processes import temporary_folder
from servers.subprocesses import ServiceError, serve

FRAMES_PER_S = 40  # an eye takes 25 for a movement; each costs a tenth of a millisecond
STOPPED_BY_VISITOR = "stopped"

Broadcast = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class RaceResources:
    """The resources of all races: a latency server, the speed and capacity of the machine, a folder for timelines."""

    url: str
    numbers_per_s: float
    capacity: CapacityMonitor
    folder: Path


@contextmanager
def race_resources() -> Iterator[RaceResources]:
    """Calibrate and start the server; stop it and remove all files afterwards."""
    pace = Calibration.measure([NUMBERS])
    with temporary_folder(), serve("servers.latency") as server, CapacityMonitor(pace) as capacity:
        yield RaceResources(server.url, pace.rates[NUMBERS], capacity, Path(os.environ["TMPDIR"]))


@dataclass
class Race:
    """One race; `stopping` ends it early."""

    request: RaceRequest
    resources: RaceResources
    broadcast: Broadcast
    visitor: str = ""
    stopping: Event = field(default_factory=Event)
    seconds: dict[str, float] = field(default_factory=dict)  # of each model with a valid result

    def run(self) -> None:
        """Run all lanes; an error is broadcast too."""
        reason = "the page has a fault; its terminal says more"
        try:
            with exclusive_lock():
                self.broadcast(self.introduction())
                self.run_all()
            reason = STOPPED_BY_VISITOR * self.stopping.is_set()
        except (CommandError, ServiceError, OSError) as problem:
            reason = str(problem)
        finally:
            self.broadcast(
                {"kind": "end", "reason": reason, "headline": headline(self.seconds) if self.seconds else ""}
            )

    def introduction(self) -> dict[str, Any]:
        """The first message: the request, its lanes, and the time that each is expected to take."""
        lanes = [
            {"model": model, "places": self.request.places(model), "expected_s": self.request.expected_s(model)}
            for model in self.request.models
        ]
        return {
            "kind": "race",
            "request": asdict(self.request),
            "lanes": lanes,
            "numbers_per_s": self.resources.numbers_per_s,
        }

    def run_all(self) -> None:
        """Run one lane after another; or all at once, each with a latency server of its own, for its request counts."""
        numbers = range(len(self.request.models))
        self.resources.capacity.samples.clear()
        with ExitStack() as servers:
            spare = numbers[1:] if self.request.together else ()
            urls = [self.resources.url, *(servers.enter_context(serve("servers.latency")).url for _ in spare)]
            for group in [numbers] if self.request.together else [[number] for number in numbers]:
                if not self.stopping.is_set():
                    self.run_group([(number, urls[place]) for place, number in enumerate(group)])
            self.broadcast_ideal()

    def broadcast_ideal(self) -> None:
        """Send the ideal time of all lanes, by the largest capacity measured during this race."""
        self.resources.capacity.sample()
        capacity = self.resources.capacity.best(self.request.workload)
        self.broadcast({"kind": "ideal", "ideal_s": self.request.ideal_s(capacity)})

    def run_group(self, group: list[tuple[int, str]]) -> None:
        """Run lanes at the same time: wait until all are ready, measure the capacity, start them, follow them."""
        with ExitStack() as opened:
            lanes = [opened.enter_context(self.lane(number, url)) for number, url in group]
            self.broadcast_all(lanes, "ready")
            while not all(lane.ready for lane in lanes):
                if self.stopping.wait(1 / FRAMES_PER_S):
                    return
            self.broadcast_ideal()
            for lane in lanes:
                lane.start()
            self.broadcast_all(lanes, "go")
            self.watch(lanes)

    def watch(self, lanes: list[Lane]) -> None:
        """Send the events of lanes, and their results, until all have one."""
        running = list(lanes)
        while running and not self.stopping.wait(1 / FRAMES_PER_S):
            for lane in list(running):
                result = lane.result()
                if marks := lane.reader.read():
                    self.broadcast({"kind": "marks", "lane": lane.number, "now_us": lane.now_us(), "marks": marks})
                if result:
                    running.remove(lane)
                    self.conclude(lane, result)

    def conclude(self, lane: Lane, result: dict[str, Any]) -> None:
        """Send the result of a lane, and what all results so far say in words."""
        if not result["reason"]:
            self.seconds[lane.spec.model] = result["seconds"]
        self.broadcast({"kind": "result", "lane": lane.number, **result})
        texts = [words(model, self.seconds) if model in self.seconds else "" for model in self.request.models]
        self.broadcast({"kind": "standings", "words": texts})

    def lane(self, number: int, url: str) -> Lane:
        """Start the process of a lane."""
        model, path = self.request.models[number], self.resources.folder / f"{number}.marks"
        spec = self.request.spec(model, url, self.resources.numbers_per_s, path)
        return Lane(number, spec, self.request.expected_s(model))

    def broadcast_all(self, lanes: list[Lane], kind: str) -> None:
        """Send the same kind of message for several lanes."""
        for lane in lanes:
            self.broadcast({"kind": kind, "lane": lane.number})
