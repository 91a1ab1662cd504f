"""A run of `make mine` (mine.json, see results/README.md) as a question to be advised on."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from scipy.optimize import nnls

from scripts.predict.recommend import Anchor, Question, Source, Task, predicted_times
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import seconds

FILE = "mine.json"
# How much a prediction, and a step of the sweep measured once, weigh against a cell of every block.
PRIOR_WEIGHT, STEP_WEIGHT = 0.05, 0.1
SCHEMA = 2


class Result(NamedTuple):
    """A cell of a run of make mine: the model, its tasks, and the seconds of a round."""

    model: str
    concurrency: int
    tasks: int
    seconds: float


@dataclass(frozen=True)
class Mine:
    """A run of make mine."""

    path: Path
    document: Mapping[str, Any]

    @property
    def learned(self) -> Mapping[str, Any]:
        """The profile of the work: its tasks by form, GIL share, memory and sweep."""
        return self.document["learned"]  # type: ignore[no-any-return]

    @property
    def forms(self) -> dict[str, Task]:
        """A task in each form that it was measured in."""
        opening = self.learned.get("client_open_seconds") or {}
        return {
            form: Task(one["wait_seconds"]["mean"], one["cpu_seconds"]["mean"], opening.get(form) or 0.0)
            for form, one in self.learned["forms"].items()
        }

    @property
    def gil_share(self) -> float:
        """The share of computing that holds the GIL: all of it where there was too little to measure."""
        return 1.0 - ((self.learned.get("gil") or {}).get("released_share") or 0.0)

    def with_memory(self, source: Source) -> Source:
        """The source with this work's memory for each task in flight, named after both."""
        bytes_per_task = {model: one["bytes_per_task"] for model, one in (self.learned.get("memory") or {}).items()}
        measured = ", ".join(sorted({one.model for one in self.results}))
        run, work = self.document["run"], self.document["work"]["name"]
        name = f"run {run}, which measured {work} under {measured}; the costs of {source.name}"
        return replace(source, name=name, place_bytes={**source.place_bytes, **bytes_per_task})

    def measured_text(self, advised: str, models: Collection[str]) -> str:
        """A sentence that compares the measured times of the advised model and of the quickest candidate."""
        best_s: dict[str, float] = {}
        for one in self.results:
            best_s[one.model] = min(one.seconds, best_s.get(one.model, inf))
        quickest = min((model for model in best_s if model in models), key=best_s.__getitem__, default=advised)
        tasks = f"{self.document['size']['tasks']:,} tasks"
        if advised not in best_s:
            return f"make mine did not measure {advised}."
        took = [f"{model} {seconds(best_s[model])}" for model in dict.fromkeys([advised, quickest])]
        return f"make mine measured for {tasks}: {', '.join(took)}. How sure that is, the report of that run says."

    @property
    def results(self) -> list[Result]:
        """The measured times of every model and concurrency."""
        return [
            Result(one["model"], one["concurrency"], one["tasks"], one["seconds"]["estimate"])
            for one in self.document["results"]
        ]

    @property
    def work(self) -> Question:
        """The question about all tasks, each model up to the concurrency it was measured with."""
        sweeps = self.learned["sweep"].items()
        return Question(
            tasks=int(self.document["work"]["tasks"]),
            forms=self.forms,
            gil_share=self.gil_share,
            capacity=float(self.document["parallel_capacity"]),
            memory_bytes=float(psutil.virtual_memory().available),
            reach={model: max(step["concurrency"] for step in steps) for model, steps in sweeps},
            unfit=tuple(self.learned["unfit"]),
        )

    def question(self, source: Source) -> Question:
        """The question, each model's prediction scaled to its measured time."""
        models = {one.model for one in self.results} & set(source.fit.models)
        return self.work.with_changes(anchors={model: anchor(self, source, model) for model in models})


def anchor(mine: Mine, source: Source, model: str) -> Anchor:
    """How much longer than predicted the model takes to start and to run.

    A cell took both; a step of the sweep ran in a pool that had started, which tells them apart. By least squares of
    the relative errors, held a little to 1; then both so much longer that it fits the cells, which every block has.
    """
    cells = [
        shares(mine, source, model, one.concurrency, one.tasks, one.seconds)
        for one in mine.results
        if one.model == model
    ]
    steps = [
        shares(mine, source, model, one["concurrency"], one["tasks"], one["tasks"] / one["tasks_per_second"])
        for one in mine.learned["sweep"].get(model, [])
    ]
    prior = [[PRIOR_WEIGHT, 0.0], [0.0, PRIOR_WEIGHT]]
    observations = [[0.0, STEP_WEIGHT * run] for _, run in steps]
    targets = [PRIOR_WEIGHT, PRIOR_WEIGHT, *[1.0] * len(cells), *[STEP_WEIGHT] * len(observations)]
    factors = nnls(np.array([*prior, *cells, *observations]), np.array(targets))[0]
    start, run = factors / np.exp(np.log(np.array(cells) @ factors).mean())
    return Anchor(float(start), float(run))


def shares(mine: Mine, source: Source, model: str, concurrency: int, tasks: int, seconds: float) -> list[float]:
    """The predicted start and run times of a measured cell, as shares of its measured `seconds`."""
    predicted = predicted_times(mine.work.with_changes(tasks=tasks), source, model, np.array(float(concurrency)))
    return [float(predicted.start_s) / seconds, float(predicted.bounds_s.max()) / seconds]


def has_profile(path: Path) -> bool:
    """Whether the run is one of make mine."""
    return (path / FILE).exists()


def read(path: Path) -> Mine:
    """The mine.json of a run. CommandError when it cannot be read or has another schema."""
    try:
        document = json.loads((path / FILE).read_text())
        if document["schema"] != SCHEMA:
            raise CommandError(
                Exit.BAD_DATA, f"{path / FILE} is of another schema than {SCHEMA}. Next: make mine WORK=…"
            )
        mine = Mine(path, document)
        assert mine.work.forms
        assert all(one.seconds > 0 for one in mine.results)
        assert mine.results
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as problem:
        raise CommandError(Exit.BAD_DATA, f"{path / FILE} is damaged: {problem!r}. Next: make mine WORK=…") from None
    return mine
