"""Which model for which work: the page docs/which-model.md, whose sentences are written and whose figures are a run's.

How the models stand at one piece of work is what `conclusions` says of it: the fastest, all of them where several are
tied, and of every other how it compares. What a run has not measured, the page says it has not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from benchmarks.probes.offload_cost import LENGTHS
from benchmarks.probes.web_stacks import CLIENTS, WAIT_MS
from scripts.analysis.answers import disturbance, noise
from scripts.analysis.conclusions import MARGIN
from scripts.analysis.crossover import crossovers
from scripts.analysis.evidence import Measure, evidence
from scripts.analysis.interpreter_ratios import sentences
from scripts.analysis.model_order import order
from scripts.charts import offload_cost
from scripts.report.claim_document import doubt
from scripts.report.model_table import ordered, requirements_text
from scripts.report.standings import Figure, Standing, standing
from scripts.tables.load import Run
from scripts.util.format import amount, listed, seconds, tick, times

PAGE = Path("docs/which-model.md")
CROWD = 1_000  # tasks that wait, at which a model's memory is shown; of models that do not go so far, the most


def figure(run: Run, of: str, metric: str = "seconds", over: str = "") -> Figure | None:
    """A metric of a cell, or its ratio to that of another; None where the run has it not."""
    found = evidence(run, measure := Measure(of, metric, over))
    form = times if over or "speedup" in metric else amount if "bytes" in metric else seconds
    if not (ratio := found.interval):
        return None
    return Figure(ratio.estimate, ratio.low, ratio.high, form, doubt(measure, found))


def mixtures(run: Run) -> Iterator[tuple[float, Standing]]:
    """Mixed work from none to all of it computing, as many at once as were measured at most."""
    rows = run.summary[run.summary["experiment"] == "mixed"]
    most = rows["concurrency"].max()
    tasks = rows[["compute_seconds", "wait_seconds"]].drop_duplicates().sort_values("compute_seconds")
    for compute_s, wait_s in tasks.itertuples(index=False):
        if place := standing(run, "mixed", "mixed", int(most), compute_s):
            yield compute_s / (wait_s + compute_s), place


def sizes(run: Run, experiment: str, workload: str) -> list[Standing]:
    """The standings at the same work for each concurrency."""
    rows = run.summary[(run.summary["experiment"] == experiment) & (run.summary["workload"] == workload)]
    standings = (standing(run, experiment, workload, int(size)) for size in sorted(set(rows["concurrency"])))
    return [one for one in standings if one]


def gil_release_gains(run: Run) -> list[tuple[str, Figure | None, Figure | None]]:
    """The speed-up of two threads and two processes for each kind of C code, most for threads first."""
    kinds = run.summary.loc[run.summary["experiment"] == "gil_release", "model"]
    metrics = ("threads_speedup", "processes_speedup")
    kinds_measured = [(kind, *(figure(run, f"gil_release/{kind}", metric) for metric in metrics)) for kind in kinds]
    return sorted(kinds_measured, key=lambda one: -(one[1].value if one[1] else 0.0))


OffloadRow = tuple[str, Figure | None, Figure | None, list[Figure | None]]


def offload_costs(run: Run) -> list[OffloadRow]:
    """The start cost and task cost of processes and clusters, and their speed-up by task length."""
    kinds = sorted(set(run.summary.loc[run.summary["experiment"] == "offload_cost", "model"]), key=order)
    return [
        (
            name,
            figure(run, f"offload_cost/{name}", "start_seconds"),
            figure(run, f"offload_cost/{name}", "task_seconds"),
            [figure(run, f"offload_cost/{name}", f"speedup_{length}") for length in LENGTHS],
        )
        for name in kinds
    ]


def memory(run: Run, model: str) -> tuple[Figure, int] | None:
    """The memory of a waiting task of a model, and how many waited."""
    rows = run.summary[(run.summary["experiment"] == "task_memory") & (run.summary["model"] == model)]
    measured = sorted(map(int, set(rows["concurrency"])))
    size = max((one for one in measured if one <= CROWD), default=0)
    size_bytes = figure(run, f"task_memory/{model}/c{size}", "bytes_per_task") if size else None
    return (size_bytes, size) if size_bytes else None


@dataclass(frozen=True)
class Price:
    """The requirements of a model, and its overheads."""

    model: str
    needs: str
    opened: Figure | None
    handed: Figure | None
    memory: tuple[Figure, int] | None
    absent: str


def prices(run: Run) -> list[Price]:
    """The prices of all models."""
    absent = run.environment.get("absent", {})
    return [
        Price(
            name,
            requirements_text(name),
            figure(run, f"pool_startup/{name}", "open_seconds"),
            figure(run, f"pool_startup/{name}", "task_seconds"),
            memory(run, name),
            absent.get(name, ""),
        )
        for name in ordered()
    ]


def text(run: Run, matrix: Run | None = None) -> str:
    """The page, from a run and, where there is one, from a run of several Pythons."""
    environment = Environment(
        loader=PackageLoader("scripts.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(listed=listed, models=lambda pairs: listed(f"`{name}`" for name, _ in pairs))
    page = environment.get_template("which-model.md").render(
        run=run,
        margin=MARGIN,
        noise=noise(run),
        disturbance=disturbance(run),
        standing=partial(standing, run),
        sizes=partial(sizes, run),
        figure=partial(figure, run),
        memory=partial(memory, run),
        gil_release_gains=gil_release_gains(run),
        offload_costs=offload_costs(run),
        pays=offload_cost.finding(run),
        clients=CLIENTS,
        wait_ms=WAIT_MS,
        lengths=[tick(seconds)(length_s) for length_s, _ in LENGTHS.values()],
        mixtures=list(mixtures(run)),
        crossovers=crossovers(run),
        prices=prices(run),
        pythons=sentences(matrix) if matrix else [],
    )
    return re.sub(r"\n{3,}", "\n\n", page)
