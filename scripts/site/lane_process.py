"""One model's run in a race: a process that warms up, waits for the start, records its timeline, reports its result."""

import json
import os
import time
from pathlib import Path
from typing import Any, Self

from scripts.site.runner import LaneSpec
from scripts.site.shared_timeline import BEGAN, GO, SharedTimeline
from scripts.site.timeline_reader import TimelineReader
from servers.request_stats import reset, stats
from servers.subprocesses import Service, ending

READY_S = 30.0  # an interpreter, its imports, a pool: a second, on a machine that does nothing else
PATIENCE, SPARE_S = 10.0, 10.0  # a lane may take ten times its expected time, and ten seconds more
MAX_OUTPUT_BYTES = 65_536  # two lines of JSON


class Lane:
    """A lane of the race: the process of one model, with its timeline."""

    def __init__(self, number: int, spec: LaneSpec, expected_s: float) -> None:
        self.number, self.spec = number, spec
        self.limit_s = PATIENCE * expected_s + SPARE_S
        self.since = time.monotonic()
        self.timeline = SharedTimeline.create(Path(spec.path), spec.tasks)
        self.reader = TimelineReader(self.timeline)
        self.service = Service("scripts.site.runner", (spec.to_json(),))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.service.stop()
        self.timeline.close()
        Path(self.spec.path).unlink()

    def output_lines(self) -> list[dict[str, Any]]:
        """The lines that the process has written so far, parsed."""
        lines = os.pread(self.service.out.fileno(), MAX_OUTPUT_BYTES, 0).split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    @property
    def ready(self) -> bool:
        """Whether the lane waits for the start, or has failed."""
        return bool(self.output_lines()) or bool(self.problem(READY_S))

    def start(self) -> None:
        """Start the lane, after resetting the server's counts."""
        reset(self.spec.url)
        self.since = time.monotonic()
        self.timeline.moments[GO] = 1.0

    def now_us(self) -> int:
        """Microseconds since the lane began; 0 before."""
        began = self.timeline.moments[BEGAN]
        return round((time.perf_counter() - began) * 1e6) if began else 0

    def problem(self, limit_s: float) -> str:
        """Why the lane failed; empty while it has not."""
        if (code := self.service.process.poll()) is not None:
            return f"its process ended with {ending(code)}: {self.service.last_log_error().splitlines()[-1].strip()}"
        return f"not done after {limit_s:.0f} s" if time.monotonic() - self.since > limit_s else ""

    def result(self) -> dict[str, Any] | None:
        """The lane's result, checked against the server's counts; None while it runs."""
        problem = self.problem(self.limit_s)  # asked first: a process that has ended has written all its lines
        if len(lines := self.output_lines()) == 2:
            return self.checked_result(lines[1])
        return self.checked_result({"seconds": 0.0, "peak": 0, "reason": problem}) if problem else None

    def checked_result(self, run: dict[str, Any]) -> dict[str, Any]:
        """The result; invalid, with a reason, when the server's counts or the peak in flight contradict it."""
        counts, tasks = stats(self.spec.url), self.spec.tasks
        server = {name: int(counts[name]) for name in ("started", "successes")}
        reason = run["reason"]
        if not reason and not tasks == server["started"] == server["successes"]:
            reason = (
                f"{tasks} tasks, but the server counted {server['started']} requests and answered {server['successes']}"
            )
        if not reason and run["peak"] > self.spec.concurrency:
            reason = f"{run['peak']} tasks were in flight, but the concurrency is {self.spec.concurrency}"
        return {"seconds": run["seconds"], "requests": server["successes"], "peak": run["peak"], "reason": reason}
