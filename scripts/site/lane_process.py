"""One model's run as the page sees it: a process that gets ready, is let go, leaves marks, and says how it went."""

import json
import os
import time
from pathlib import Path
from typing import Any, Self

from scripts.site.runner import Order
from scripts.site.shared_timeline import BEGAN, GO, Marks
from scripts.site.timeline_reader import News
from servers.request_stats import reset, stats
from servers.subprocesses import Service, ending

READY_S = 30.0  # an interpreter, its imports, a pool: a second, on a machine that does nothing else
PATIENCE, SPARE_S = 10.0, 10.0  # a lane may take so many times what was expected of it, and as much again
MOST_SAID = 65_536  # two lines of JSON


class Lane:
    """A lane of the race."""

    def __init__(self, number: int, order: Order, expected_s: float) -> None:
        self.number, self.order = number, order
        self.limit_s = PATIENCE * expected_s + SPARE_S
        self.since = time.monotonic()
        self.marks = Marks.create(Path(order.path), order.tasks)
        self.news = News(self.marks)
        self.service = Service("scripts.site.runner", (order.to_json(),))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.service.stop()
        self.marks.close()
        Path(self.order.path).unlink()

    def said(self) -> list[dict[str, Any]]:
        """The lines that the process has written so far."""
        lines = os.pread(self.service.out.fileno(), MOST_SAID, 0).split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    @property
    def ready(self) -> bool:
        """Whether it waits to be let go, or never will."""
        return bool(self.said()) or bool(self.trouble(READY_S))

    def go(self) -> None:
        """Let it go, on a fresh account of the server."""
        reset(self.order.url)
        self.since = time.monotonic()
        self.marks.moments[GO] = 1.0

    def now_us(self) -> int:
        """Microseconds since it began; 0 before."""
        began = self.marks.moments[BEGAN]
        return round((time.perf_counter() - began) * 1e6) if began else 0

    def trouble(self, limit_s: float) -> str:
        """Why it will say no more; empty while it may."""
        if (code := self.service.process.poll()) is not None:
            return f"its process ended with {ending(code)}: {self.service.last_log_error().splitlines()[-1].strip()}"
        return f"not done after {limit_s:.0f} s" if time.monotonic() - self.since > limit_s else ""

    def result(self) -> dict[str, Any] | None:
        """How it went, both sides of the wire told; None while it runs."""
        trouble = self.trouble(self.limit_s)  # looked for first: what it said before it ended is there then
        if len(said := self.said()) == 2:
            return self.told(said[1])
        return self.told({"seconds": 0.0, "peak": 0, "reason": trouble}) if trouble else None

    def told(self, run: dict[str, Any]) -> dict[str, Any]:
        """The result, which is none where the server has seen other work than was asked for."""
        account, tasks = stats(self.order.url), self.order.tasks
        seen = {name: int(account[name]) for name in ("started", "successes")}
        reason = run["reason"]
        if not reason and not tasks == seen["started"] == seen["successes"]:
            reason = f"{tasks} tasks, but the server saw {seen['started']} requests and met {seen['successes']}"
        if not reason and run["peak"] > self.order.concurrency:
            reason = f"{run['peak']} tasks were in flight at once, but {self.order.concurrency} are allowed"
        return {"seconds": run["seconds"], "requests": seen["successes"], "peak": run["peak"], "reason": reason}
