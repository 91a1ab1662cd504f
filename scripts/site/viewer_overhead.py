"""The overhead of watching a race: the same runs with a visitor who watches them live, and without one, in turns.

A watched run has a timeline, the page's server, a WebSocket, a visitor in a process of its own, and with `--browser`
the page itself in Chromium. An unwatched run is the same runner without a timeline, which is read only when it has
ended. Pairs take turns (A B B A …), so that a machine whose speed drifts affects both alike; a ratio's interval is a
t-interval over pairs, on the log scale.
"""

import argparse
import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from scripts.site.lane_process import Lane
from scripts.site.race_request import RaceRequest
from scripts.stats.decisions import Bound, Verdict, verdict
from scripts.stats.intervals import geometric_mean
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from servers.subprocesses import ROOT, serve

WORK: dict[str, Any] = {"tasks": 200, "delay_ms": 30, "concurrency": 20, "cpu_percent": 3}
AIM, AIM_FRAMES_PER_S = 1.05, 30
AIM_WORDS = {Verdict.HOLDS: "met", Verdict.REFUTED: "missed", Verdict.INCONCLUSIVE: "inconclusive"}
PAIRS = 7
CHROMIUM_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0")
PAGE_LOAD_S = 2.0  # until a browser has loaded the page


@dataclass
class WatchedRace:
    """The frames and seconds of each lane that a visitor received."""

    numbers_per_s: float = 0.0
    frames: dict[int, int] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    def add(self, message: dict[str, Any]) -> bool:
        """Add a message; whether more will come. CommandError when the race failed."""
        if message["kind"] == "race":
            self.numbers_per_s = message["numbers_per_s"]
        elif message["kind"] == "marks":
            self.frames[message["lane"]] = self.frames.get(message["lane"], 0) + 1
        elif message["kind"] == "result":
            self.seconds[message["lane"]] = message["seconds"]
        if problem := message.get("sentence") or message.get("reason"):
            raise CommandError(Exit.NOT_MEASURED, f"the race went wrong: {problem}")
        return bool(message["kind"] != "end")


async def watch(url: str) -> WatchedRace:
    """Start a race and watch it to its end."""
    watched = WatchedRace()
    async with ClientSession() as session, session.ws_connect(f"{url}live?visitor=cost") as socket:
        await socket.receive()  # the messages of the race before
        await socket.send_json({"do": "start", **WORK})
        async for message in socket:
            if not watched.add(json.loads(message.data)):
                break
    return watched


def unwatched(url: str, numbers_per_s: float, folder: Path) -> list[float]:
    """Seconds of each lane without a visitor."""
    request, lane_seconds = RaceRequest.read(WORK), []
    for number, model in enumerate(request.models):
        spec = replace(request.spec(model, url, numbers_per_s, folder / f"{number}.marks"), marked=False)
        with Lane(number, spec, request.expected_s(model)) as lane:
            lane_seconds.append(run_unwatched(lane))
    return lane_seconds


def run_unwatched(lane: Lane) -> float:
    """Start a lane and wait for its end. CommandError when it gave no result."""
    while not lane.ready:
        time.sleep(0.01)
    lane.start()
    lane.service.process.wait(lane.limit_s)
    result = lane.result() or {"reason": "it did not end"}
    if result["reason"]:
        raise CommandError(Exit.NOT_MEASURED, f"{lane.spec.model} gave no result: {result['reason']}")
    return float(result["seconds"])


@contextmanager
def page() -> Iterator[str]:
    """Start `make race`; its URL."""
    command = [sys.executable, "-m", "scripts.race"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        try:
            if not (url := re.search(r"http://\S+", process.stdout.readline())):
                raise CommandError(Exit.NOT_MEASURED, "the page did not start. Next: make race")
            yield url[0]
        finally:
            process.terminate()


@contextmanager
def browser(url: str, *, needed: bool) -> Iterator[None]:
    """The page in Chromium for as long as it is watched. CommandError where no Chromium is installed."""
    if not needed:
        yield
        return
    if (path := shutil.which("chromium")) is None:
        raise CommandError(
            Exit.NOT_MEASURED, "no chromium is installed. Next: apt-get install chromium, or leave --browser out"
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, *CHROMIUM_OPTIONS, f"--user-data-dir={profile}", url]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(PAGE_LOAD_S)
                yield
            finally:
                process.terminate()


def pairs(count: int, *, browsing: bool) -> Iterator[tuple[WatchedRace, list[float]]]:
    """The watched and the unwatched side of each pair; the first pair is a warm-up."""
    with page() as url, serve("servers.latency") as server, tempfile.TemporaryDirectory() as folder:
        for number in range(1 + count):
            watched, unwatched_s = WatchedRace(), list[float]()
            for is_watched in (True, False) if number % 2 == 0 else (False, True):
                if is_watched:
                    with browser(url, needed=browsing):
                        watched = asyncio.run(watch(url))
                    numbers_per_s = watched.numbers_per_s
                else:
                    unwatched_s = unwatched(server.url, numbers_per_s, Path(folder))
            if number:
                yield watched, unwatched_s


@exits_on_error
def main() -> None:
    """Measure, print, compare with the aims."""
    parser = argparse.ArgumentParser(prog="python -m scripts.site.viewer_overhead", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how many, at least 2 (default %(default)s)")
    parser.add_argument("--browser", action="store_true", help="watch in Chromium too")
    chosen = parser.parse_args()
    measured = list(pairs(max(2, chosen.pairs), browsing=chosen.browser))
    print(f"{WORK['tasks']} tasks of {WORK['delay_ms']} ms in each lane, {len(measured)} pairs")
    print(f"{'model':12} {'watched / unwatched':>26} {f'frames/s (aim ≥ {AIM_FRAMES_PER_S})':>20}  aim ≤ {AIM}")
    for lane, model in enumerate(RaceRequest.read(WORK).models):
        ratio = geometric_mean([watched.seconds[lane] / unwatched_s[lane] for watched, unwatched_s in measured])
        frames_per_s = geometric_mean(
            [watched.frames[lane] / watched.seconds[lane] for watched, _ in measured]
        ).estimate
        sentence = AIM_WORDS[verdict(ratio, Bound(high=AIM))]
        interval = f"{ratio.estimate:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"
        print(f"{model:12} {interval:>26} {frames_per_s:20.0f}  {sentence}")


if __name__ == "__main__":
    main()
