"""Measure a function of yours under the models, in child processes, and look at what came of it.

    from overlap_bench import measure

    result = measure(fetch, tasks=urls, models="threads asyncio")
    result.speedup("threads").low

It runs `overlap mine` in a process of its own: nothing is timed in the caller's interpreter, whose threads, loop and
memory would be measured with it.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from overlap_bench.handover import write_work
from overlap_bench.house import command, environment

BLOCKS = 6  # as few as intervals take
COMPARED = (0, 1, 3)  # exit codes of a comparison that was made, whatever came of what was expected
BAR = 260  # pixels of the longest bar


class MeasurementError(RuntimeError):
    """The work could not be measured; the sentence says why and what to do."""


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % confidence interval over blocks; a range with fewer than six blocks."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True)
class Comparison:
    """What was measured; `document` is mine.json, as results/README.md describes it."""

    document: dict[str, Any]

    @property
    def models(self) -> list[str]:
        """The models that were measured, the fastest first."""
        return list(dict.fromkeys(one["model"] for one in self.document["results"]))

    def result(self, model: str) -> dict[str, Any]:
        """The best cell of a model. LookupError with the reason when it has none."""
        for one in self.document["results"]:
            if one["model"] == model:
                return dict(one)
        unfit = self.document["learned"]["unfit"].get(model)
        lost = [one["reason"] for one in self.document["not_results"] if f"-{model}-" in one["cell"]]
        raise LookupError(f"{model} was not measured: {unfit or next(iter(lost), 'it was not asked for')}")

    def speedup(self, model: str) -> Interval:
        """How many times as fast as sequential."""
        return Interval(**self.result(model)["speedup"])

    def seconds(self, model: str) -> Interval:
        """Seconds of a round."""
        return Interval(**self.result(model)["seconds"])

    def __str__(self) -> str:
        rows = [f"{name:16}{self.speedup(name)!s:>28}× sequential" for name in self.models]
        return "\n".join([self.document["work"]["name"], *rows])

    def _repr_html_(self) -> str:
        """A table with a bar for each model's speed-up and a line for its interval, as a notebook shows it."""
        longest = max(self.speedup(name).high for name in self.models)
        rows = "".join(self._row(name, BAR / longest) for name in self.models)
        size = f"{self.document['size']['tasks']} tasks a round, {self.document['size']['blocks']} blocks"
        caption = f"<caption>{escape(self.document['work']['name'])}: {size}</caption>"
        head = "".join(f"<th>{title}</th>" for title in ("model", "concurrency", "seconds", "× sequential", ""))
        unfit = self.document["learned"]["unfit"].items()
        notes = "".join(f"<p>{escape(model)}: {escape(why)}</p>" for model, why in unfit)
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}"

    def _row(self, model: str, scale: float) -> str:
        one, gain = self.result(model), self.speedup(model)
        cells = (escape(model), one["concurrency"], f"{one['seconds']['estimate']:.3g}", escape(str(gain)))
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + f"<td>{bar(gain, scale)}</td></tr>"


def bar(gain: Interval, scale: float) -> str:
    """A bar of the estimate, with its interval as a line, as SVG."""
    long, low, high = (scale * value for value in (gain.estimate, gain.low, gain.high))
    return (
        f'<svg width="{BAR + 4}" height="16" role="img" aria-label="{gain} times sequential">'
        f'<rect y="2" width="{long:.1f}" height="12" fill="#4477aa"/>'
        f'<path d="M{low:.1f} 8H{high:.1f}M{low:.1f} 4v8M{high:.1f} 4v8" stroke="currentColor" stroke-width="2"/></svg>'
    )


def measure(
    work: Callable[..., Any] | str | Path,
    tasks: Iterable[Any] | None = None,
    *,
    client: Callable[[], Any] | None = None,
    models: str = "",
    blocks: int = BLOCKS,
    options: Iterable[str] = (),
) -> Comparison:
    """Measure `work(task)`, blocking or `async def`, under `models` (all that fit without) and return the comparison.

    `work` is any function, method or partial, or the path of a file that has its own `TASKS`; with `client`, each
    worker opens one and the call is `work(client, task)`. `options` are further ones of `overlap mine`.
    MeasurementError when it cannot be measured.
    """
    with tempfile.TemporaryDirectory(prefix="overlap-") as folder:
        out = Path(folder) / "mine.json"
        source = write_work(Path(folder), work, tasks, client)
        line = command("mine", source, f"--models={models}", f"--blocks={blocks}", f"--json={out}", *options)
        done = subprocess.run(line, env=environment(), capture_output=True, text=True)
        if done.returncode not in COMPARED or not out.exists():
            raise MeasurementError(done.stderr.strip() or f"overlap mine ended with exit code {done.returncode}")
        return Comparison(json.loads(out.read_text()))
