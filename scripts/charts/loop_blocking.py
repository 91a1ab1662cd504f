"""How long the event loop goes without a heartbeat while something runs in it: the pitfalls, made visible."""

from scripts.analysis.points import Run, warned
from scripts.charts.lib import unit_cost
from scripts.charts.lib.theme import FIRST_KIND
from scripts.util.format import seconds


class Heartbeat(unit_cost.Cost):
    """The costs as silences of the event loop."""

    def finding(self, run: Run) -> str:
        """How long the loop was blocked by two of the things that ran in it."""
        rows = self.main_rows(run)
        ends = [rows[-1], *rows[: len(rows) > 1]] if rows else []
        gaps = [f"for {seconds(row.value)} beside {row.model}{warned(row)}" for row in ends]
        return f"No beat of the event loop {'; '.join(gaps)}" if gaps else ""


LABELS = {
    "idle": "nothing",
    "await-sleep": "await asyncio.sleep(0.5)",
    "await-wait": "await a response",
    "aiofiles": "aiofiles, in chunks",
    "computing-to-thread": "to_thread(compute)",
    "file-read": "file.read(), 256 MiB",
    "computing": "compute()",
    "time-sleep": "time.sleep(0.5)",
}
POSITION = 120
CHART = Heartbeat(
    NAME="loop-blocking",
    NEEDS="a cell of loop_blocking",
    CAVEAT="The heartbeat comes every 10 ms: it does not show what holds the loop for less than that.",
    experiment="loop_blocking",
    metric="longest_gap_seconds",
    title="What stops the event loop, and for how long?",
    reading="The longest time between two beats of a 10 ms heartbeat while this ran in the loop.",
    measured="Measured: ticks of a coroutine that sleeps 10 ms between two looks at the clock",
    noun="between two beats",
    unit="longest gap",
    form=seconds,
    linear=True,
    labels=LABELS,
    paint=FIRST_KIND,
)
