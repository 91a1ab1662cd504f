"""Progress of a running measurement: cells done, time left, and speed-ups so far.

Two lines in a terminal: where the run is, and the estimate, cut to the terminal's width. Piped, a line for each block.
"""

from collections.abc import Iterable
from statistics import median
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from scripts.util.format import seconds, shortened

HEADLINES = (("io", "wire"), ("cpu", "primes"))  # whose speed-ups are shown while the run goes on
BARS = {100: 30, 70: 20, 0: 10}  # columns of the bar in a terminal of at least so many


def clock(value: float) -> str:
    """The remaining time as `3:05`."""
    return f"{int(value) // 60}:{int(value) % 60:02}"


class Bar(Progress):
    """A line of progress, and under it the estimate as it stands."""

    estimate = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """Both lines, in the terminal's width."""
        yield self.make_tasks_table(self.tasks)
        if self.estimate:
            yield Text(shortened(f"so far: {self.estimate}", self.console.width), no_wrap=True)


class Live:
    """Progress of a run: cells done, time left, and speed-ups so far."""

    def __init__(self, out: Console, blocks: int) -> None:
        self.out, self.blocks = out, blocks
        self.block, self.cells_done = 0, 0
        self.python = ""  # the interpreter that is measured, where there are several
        self.rounds: dict[tuple[str, str, str, str], list[float]] = {}
        self.last = ""
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=next(size for least, size in BARS.items() if out.width >= least)),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
            console=out,
            disable=not out.is_terminal,
        )
        self.task: TaskID = self.bar.add_task("starting", total=None, left="")

    def begin_block(self, number: int, left_s: float | None, python: str = "") -> None:
        """Block `number` (from 0) starts, of an interpreter; `left_s` is the time that remains, once it is known."""
        self.block, self.python, whose = number, python, f" ({python})" if python else ""
        left = f"{clock(left_s)} left" if left_s is not None else "first block"
        self.bar.update(self.task, description=f"block {number + 1}/{self.blocks}{whose}", left=left)
        if not self.out.is_terminal:
            self.out.print(f"block {number + 1} of {self.blocks}{whose}: {left}. {self.estimate()}".rstrip())

    def update(self, entry: dict[str, Any]) -> None:
        """Take in an entry of the journal."""
        if entry["kind"] == "block":
            self.bar.update(self.task, total=self.cells_done + len(entry["order"]) * (self.blocks - self.block))
        elif entry["kind"] == "cell":
            self.cells_done += 1
            self.add_rounds(entry)
            self.bar.estimate = self.estimate() or self.last
            self.bar.update(self.task, advance=1)

    def add_rounds(self, entry: dict[str, Any]) -> None:
        """Keep a cell's rounds; print at once when it is invalid, and the first number."""
        if not entry["valid"]:
            self.out.print(f"not a result: {entry['cell']}: {entry['reason']}", markup=False)
            return
        measured = [one["seconds"] for one in entry["rounds"] if not one["warmup"]]
        self.last = f"{entry['cell']} {seconds(median(measured))}"
        if not self.rounds:
            self.out.print(f"first number: {self.last}", markup=False)
        if not entry["twin"]:
            key = (self.python, entry["experiment"], entry["workload"], entry["model"])
            self.rounds.setdefault(key, []).extend(measured)

    def estimate(self) -> str:
        """Speed-ups over sequential as they stand."""
        own = dict.fromkeys(key[1:3] for key in self.rounds if key[1] == "user_work")
        return "; ".join(text for text in (self.speedups(*headline) for headline in (*HEADLINES, *own)) if text)

    def speedups(self, experiment: str, workload: str) -> str:
        """The speed-ups of one workload."""
        identity = (self.python, experiment, workload)
        medians = {key[3]: median(rounds) for key, rounds in self.rounds.items() if key[:3] == identity}
        if "sequential" not in medians or len(medians) < 2:
            return ""
        others = sorted((value, name) for name, value in medians.items() if name != "sequential")
        return f"{experiment}: " + ", ".join(f"{name} {medians['sequential'] / value:.3g}×" for value, name in others)
