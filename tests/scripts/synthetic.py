"""A run that never happened: the same tables as a real one, made from a few constants and a seed.

The models behave as simple theory says (a fixed start, a cost for each task that is serial or parallel, the floor), so
the charts look like real ones; `stretch` pulls the differences apart for layouts that must survive anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.probes.offload_cost import LENGTHS
from scripts.stats.intervals import NoiseFloor
from scripts.tables.summary import noise_floors, summarise
from tests.scripts.recorded import interpreter

CORES = 2
CAPACITY = 1.85
CLASSICAL = ("sequential", "threads", "processes", "asyncio")
START_S = {"sequential": 0.0001, "threads": 0.002, "processes": 0.09, "asyncio": 0.001}
TASK_S = {"sequential": 0.0004, "threads": 0.00045, "processes": 0.0005, "asyncio": 0.00022}
UNIT = {"task": 9e-6, "thread": 7.4e-5, "process-fork": 0.0021, "process-forkserver": 0.0105, "process-spawn": 0.061}
BYTES = {"threads": (1000, 24_400.0), "asyncio": (1000, 6_100.0), "processes": (50, 11_300_000.0)}
MORE_BYTES = {("asyncio", 100_000): 2_040.0, ("trio", 1000): 3_900.0, ("threads", 10): 29_000.0, ("gevent", 10): 1.6e6}
OPENED = {"threads": (1e-5, 0.016), "asyncio": (8e-6, 0.0004), "processes": (2e-4, 0.05), "gevent": (1.6e-5, 0.17)}
ANSWERS = {"alone": (1e-4, 2e-4), "beside-computing": (0.0053, 0.0057), "asyncio-computing": (0.054, 0.067)}
UPDATES = {
    "threads": (0.45, 3e-7),
    "threads-lock": (0.0, 7e-7),
    "processes-lock": (0.0, 2e-5),
    "processes": (0.5, 2e-6),
}
FARMS = {  # seconds of a task that does nothing; the speed-up at 100 µs, 1 ms, 10 ms, 100 ms
    "processes": (8e-5, (0.6, 1.4, 1.9, 1.9)),
    "dask": (4e-4, (0.15, 0.8, 1.4, 1.8)),
}
GAPS = {"await-sleep": 0.0112, "time-sleep": 0.506, "file-read": 0.11, "aiofiles": 0.0124}
THREADS = {"python": 0.93, "json": 1.02, "sha256": 1.81, "matmul": 1.7}  # two of them, against one
STACKS = {  # requests/s of a page that does nothing, of one that waits; seconds of one that computes
    ("starlette", "uvicorn", 1): (16_000, 1_430, 0),
    ("starlette", "hypercorn", 1): (5_200, 1_120, 0),
    ("quart", "hypercorn", 1): (2_900, 1_040, 0),
    ("flask", "gunicorn-threads", 1): (4_100, 1_470, 0),
    ("flask", "gunicorn-gevent", 1): (3_400, 1_300, 0),
    ("flask", "gunicorn-sync", 1): (2_600, 46, 0),
    ("starlette", "uvicorn", 2): (17_000, 1_450, 0.02),
    ("flask", "gunicorn-threads", 2): (5_200, 1_480, 0.05),
    ("flask", "gunicorn-sync", 2): (0, 0, 0.012),
}
ENVIRONMENT = {
    "run": "2026-11-23T23-40-00",
    "seed": 7,
    "machine": {"cpu": "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", "cores": 4, "cores_usable": CORES},
    "python": {"version": "3.11.15", "gil": True},
}


@dataclass(frozen=True)
class Work:
    """A cell to be."""

    experiment: str
    workload: str
    model: str
    concurrency: int
    tasks: int
    wait_s: float = 0.0
    compute_s: float = 0.0
    holds_gil: bool = True
    twin: bool = False

    @property
    def asks(self) -> bool:
        """Whether a server does the waiting."""
        return self.workload in ("wire", "http")

    @property
    def floor_s(self) -> float:
        """The limit."""
        waves = -(-self.tasks // self.concurrency)
        return max(
            waves * (self.wait_s + self.compute_s), self.tasks * self.compute_s / min(self.concurrency, CAPACITY)
        )

    @property
    def seconds(self) -> float:
        """What simple theory makes of it."""
        base = self.model if self.model in START_S else "asyncio"
        alone = self.tasks * (self.wait_s + self.compute_s + TASK_S[base])
        computing = self.tasks * (self.compute_s * self.holds_gil + TASK_S[base])
        parallel = min(self.concurrency, CAPACITY)
        ran = {
            "sequential": alone,
            "threads": max(self.floor_s, computing),
            "processes": max(self.floor_s, self.tasks * (self.compute_s + TASK_S[base]) / parallel),
            "asyncio": max(self.floor_s, self.tasks * (self.compute_s + TASK_S[base])),
        }[base]
        return START_S[base] * (self.concurrency / 10 if base == "processes" else 1) + ran * 1.02


@dataclass(frozen=True)
class SyntheticRun:
    """As `scripts.tables.load.Run`, as far as charts look."""

    rounds: pd.DataFrame
    path: Path = Path(__file__).parent / "synthetic_run"  # which holds what no rounds tell: why.json
    environment: dict[str, Any] = field(default_factory=lambda: ENVIRONMENT)
    python: str = ""
    other_interpreters: tuple["SyntheticRun", ...] = ()

    @property
    def by_interpreter(self) -> tuple["SyntheticRun", ...]:
        """The run, and the same cells under other interpreters."""
        return (self, *self.other_interpreters)

    @property
    def ranges_only(self) -> bool:
        """Too few blocks."""
        return self.rounds["block"].nunique() < 6

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per cell."""
        return summarise(self.rounds, ranges_only=self.ranges_only)

    @cached_property
    def noise_floors(self) -> dict[str, NoiseFloor | None]:
        """How far twins were apart."""
        return {} if self.ranges_only else noise_floors(self.rounds)

    def spans(self, **identity: object) -> pd.DataFrame:
        """Waves of tasks that fill each round between its start and its end."""
        rounds = self.rounds[~self.rounds["warmup"] & self.rounds["seconds"].notna()]
        for name, value in identity.items():
            rounds = rounds[rounds[name] == value]
        frames = [spans_of(row) for row in rounds.to_dict("records")]
        columns = ["block", "round", "task", "start_s", "end_s"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def spans_of(row: dict[Any, Any]) -> pd.DataFrame:
    """The tasks of one round."""
    shares_core = row["compute_seconds"] and row["model"] == "asyncio"
    width = 1 if row["model"] == "sequential" or shares_core else row["concurrency"]
    waves = -(-row["tasks"] // width)
    task = np.arange(row["tasks"])
    each_s = row["run_seconds"] / waves
    start_s = row["start_seconds"] + (task // width) * each_s + (task % width) * each_s * 0.006
    end_s = start_s + each_s * 0.87
    return pd.DataFrame(
        {"block": row["block"], "round": row["round"], "task": task, "start_s": start_s, "end_s": end_s}
    )


def works(models: Sequence[str]) -> Iterator[Work]:
    """The grid of the real experiments."""
    for model in models:
        for workload in ("wire", "http", "sleep"):
            yield Work("io", workload, model, 20, 40, wait_s=0.02)
        yield Work("cpu", "primes", model, CORES, 8, compute_s=0.05)
        yield Work("cpu", "digest", model, CORES, 8, compute_s=0.05, holds_gil=False)
        for size in (1, 4):
            if model in ("threads", "processes"):
                yield Work("cpu_scaling", "primes", model, size, 8, compute_s=0.05)
        for size in (1, 10, 50, 200, 1000):
            if model != "sequential" and (model != "processes" or size <= 50):
                yield Work("scaling", "wire", model, size, max(10, min(3 * size, 1000)), wait_s=0.02)
        for share in (0, 0.01, 0.05, 0.2, 0.5, 1):
            for size in (4, 16):
                yield Work("mixed", "mixed", model, size, 16, wait_s=0.02 * (1 - share), compute_s=0.02 * share)
    if "asyncio" in models:
        yield Work("io", "wire", "asyncio", 20, 40, wait_s=0.02, twin=True)


def rounds_of(work: Work, block: int, random: np.random.Generator, stretch: float) -> Iterator[dict[str, Any]]:
    """A cold round and two measured ones."""
    mood = random.lognormal(sigma=0.04)
    for number in range(3):
        seconds = work.seconds * mood * random.lognormal(sigma=0.02) * (1.6 if number == 0 else 1)
        seconds *= stretch ** ((len(work.model) % 5) - 2)
        start_s = min(START_S.get(work.model, 0.001), seconds / 4)
        client = work.experiment == "scaling" and work.concurrency >= 200
        yield row(work, block, number) | {
            "seconds": seconds,
            "start_seconds": start_s,
            "run_seconds": seconds - start_s * 1.2,
            "stop_seconds": start_s * 0.2,
            "ideal_seconds": work.floor_s,
            "ceiling_seconds": 1.1 * work.floor_s if work.asks else np.nan,
            "efficiency": work.floor_s / seconds,
            "saturated": "client" if client else "",
            "parallel_capacity": CAPACITY * random.lognormal(sigma=0.05),
            "cpu_seconds": work.tasks * (work.compute_s + TASK_S.get(work.model, 0.0003)) + start_s,
            "server_cpu_seconds": work.tasks * 1e-4 * random.lognormal(sigma=0.05) if work.asks else np.nan,
        }


def row(work: Work, block: int, number: int) -> dict[str, Any]:
    """The columns that every round has."""
    return {
        "experiment": work.experiment,
        "workload": work.workload,
        "model": work.model,
        "concurrency": work.concurrency,
        "tasks": work.tasks,
        "wait_seconds": work.wait_s,
        "compute_seconds": work.compute_s,
        "twin": work.twin,
        "block": block,
        "round": number,
        "warmup": number == 0,
        "disturbed": False,
        "saturated": "",
        "valid": True,
    }


def costs(block: int, random: np.random.Generator, stretch: float) -> Iterator[dict[str, Any]]:
    """What is observed once a block."""
    for model, unit_s in UNIT.items():
        value = unit_s * random.lognormal(sigma=0.05) * stretch ** (len(model) % 3)
        yield row(Work("startup_cost", "noop", model, 1, 1), block, 1) | {
            "metric": "unit_seconds",
            "unit_seconds": value,
        }
    for model, (size, held) in BYTES.items():
        value = held * random.lognormal(sigma=0.02) * stretch ** (len(model) % 3)
        yield row(Work("task_memory", "sleep", model, size, size, wait_s=0.02), block, 1) | {
            "metric": "bytes_per_task",
            "bytes_per_task": value,
        }
    for (model, size), held in MORE_BYTES.items():
        yield observed(Work("task_memory", "sleep", model, size, size, wait_s=0.02), block, random, bytes_per_task=held)
    for model, (task_s, open_s) in OPENED.items():
        opening = Work("pool_startup", "noop", model, 10, 1000)
        yield observed(opening, block, random, task_seconds=task_s, open_seconds=open_s)
    for model, (p50_s, p90_s) in ANSWERS.items():
        yield observed(Work("gil_convoy", "noop", model, 1, 50), block, random, p50_seconds=p50_s, p90_seconds=p90_s)
    for model, (lost, update_s) in UPDATES.items():
        yield observed(Work("lost_updates", "noop", model, 4, 1), block, random, lost_share=lost, unit_seconds=update_s)
    for model, (task_s, speedups) in FARMS.items():
        gained = {f"speedup_{length}": value for length, value in zip(LENGTHS, speedups, strict=True)}
        own = np.random.default_rng(block)  # the others' draws stay as they were
        yield observed(Work("offload_cost", "noop", model, 2, 1_000), block, own, task_seconds=task_s, **gained)
    for model, gap_s in GAPS.items():
        value = gap_s * random.lognormal(sigma=0.02) * stretch ** (len(model) % 3)
        yield row(Work("loop_blocking", "noop", model, 1, 1), block, 1) | {
            "metric": "longest_gap_seconds",
            "longest_gap_seconds": value,
        }
    for model, both in THREADS.items():
        yield row(Work("gil_release", "noop", model, 2, 2), block, 1) | {
            "metric": "threads_speedup",
            "threads_speedup": both * (1 + block % 3 / 50) * stretch ** (len(model) % 3),
            "processes_speedup": CAPACITY,
        }


def observed(work: Work, block: int, random: np.random.Generator, **metrics: float) -> dict[str, Any]:
    """What a probe tells, the foremost metric first."""
    moods = {name: value * random.lognormal(sigma=0.03) for name, value in metrics.items()}
    return row(work, block, 1) | {"metric": next(iter(metrics))} | moods


def served(block: int, stretch: float) -> Iterator[dict[str, Any]]:
    """Web frameworks, which are observed once a block."""
    random = np.random.default_rng(block)
    for (framework, server, workers), (hello, wait, seconds) in STACKS.items():
        luck = random.lognormal(sigma=0.03) * min(stretch, 3) ** (len(framework + server) % 3)
        if hello:
            yield row(Work("web_throughput", framework, server, workers, 1), block, 1) | {
                "metric": "hello_per_second",
                "hello_per_second": hello * luck,
                "wait_per_second": wait * luck,
                "hello_client_cores": hello / 16_500,
            }
        if seconds:
            yield row(Work("web_tail_latency", framework, server, workers, 1), block, 1) | {
                "metric": "at_80_percent_load_p99_seconds",
                **{
                    f"at_80_percent_load_{name}_seconds": seconds * size * luck
                    for name, size in (("p50", 1), ("p90", 2), ("p99", 4))
                },
                **{
                    f"at_50_percent_load_{name}_seconds": seconds * size * luck / 2
                    for name, size in (("p50", 1), ("p90", 2))
                },
            }


def make(
    *,
    blocks: int = 10,
    models: Sequence[str] = CLASSICAL,
    experiments: Sequence[str] = (),
    stretch: float = 1,
    seed: int = 1,
) -> SyntheticRun:
    """A run; of some experiments only, when they are named."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for block in range(blocks):
        for work in works(models):
            rows += rounds_of(work, block, random, stretch)
        rows += costs(block, random, stretch)
        rows += served(block, stretch)
    rounds = pd.DataFrame(rows)
    if experiments:  # of which nobody has asked why
        return SyntheticRun(rounds[rounds["experiment"].isin(experiments)], path=Path("no such run"))
    return SyntheticRun(rounds)


TIMED = ["seconds", "start_seconds", "run_seconds", "stop_seconds"]
SPEED = {"3.13": 1.0, "3.14": 1.25, "3.13t": 0.8}  # of the first; what is planted


def in_turns(
    blocks: int = 8, names: tuple[str, ...] = tuple(SPEED), facts: dict[str, dict[str, Any]] | None = None
) -> SyntheticRun:
    """A run of several interpreters whose machine drifts threefold; threads scale where there is no GIL."""
    interpreters = [interpreter(name) | (facts or {}).get(name, {}) for name in names]
    drift, parts = np.random.default_rng(3).uniform(1, 3, blocks), list[SyntheticRun]()
    base = make(blocks=blocks, experiments=["io", "cpu"]).rounds
    for place, one in enumerate(interpreters):
        rounds = base.copy()
        free = (rounds["workload"] == "primes") & (rounds["model"] == "threads") & (one["name"] == "3.13t")
        factor = drift[rounds["block"]] / SPEED[one["name"]] * np.where(free, 0.6, 1)
        rounds[TIMED] = rounds[TIMED].mul(factor, axis=0)
        rounds["block"] = rounds["block"] * len(names) + place
        mine = {"interpreters": interpreters, "python": one["python"], "packages": one["packages"]}
        parts.append(SyntheticRun(rounds, environment=ENVIRONMENT | mine, python=one["name"]))
    return replace(parts[0], other_interpreters=tuple(parts[1:]))
