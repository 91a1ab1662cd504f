"""Machines that never were: shares with a known truth."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.atlas.share_format import Cell, Claim, Fastest, Machine, Part, Plan, Python, Share, with_hash
from scripts.stats.intervals import geometric_mean

BLOCKS = 10
WAIT_S, TASKS = 0.05, 20


def machine(cores: int = 4, cpu: str = "Intel Core i7", **other: Any) -> Machine:
    given: dict[str, Any] = {
        "cores_usable": cores,
        "cgroup_quota_cores": None,
        "memory_gib": 16.0,
        "system": "Linux",
        "kernel": "6.12",
        "architecture": "x86_64",
        "virtual": False,
    }
    return Machine(cpu=cpu, cores=cores, **given | other)


def python(version: str = "3.14.2", **other: Any) -> Python:
    given: dict[str, Any] = {"optimised": True, "free_threaded": False, "gil": True, "jit": False}
    return Python(version=version, implementation="CPython", compiler="GCC 14.2.0", **given | other)


def cell(model: str, values: Sequence[float], **other: Any) -> Cell:
    given: dict[str, Any] = {
        "experiment": "io",
        "workload": "wire",
        "concurrency": 1 if model == "sequential" else TASKS,
        "tasks": TASKS,
        "wait_seconds": WAIT_S,
        "compute_seconds": 0.0,
        "metric": "seconds",
        "ideal_seconds": [],
        "flags": "",
    }
    rounded = [float(f"{value:.5g}") for value in values]
    return Cell(model=model, blocks=list(range(len(values))), values=rounded, **given | other)


def claim(name: str, of: Cell, over: Cell, bound: float = 1.1) -> Claim:
    """The claim that `of` takes more than `bound` times as long, with the verdict that its values have."""
    ratio = geometric_mean(np.array(of.values) / np.array(over.values))
    verdict: Any = "holds" if ratio.low > bound else "refuted" if ratio.high < bound else "inconclusive"
    references = [f"{one.experiment}/{one.workload}/{one.model}" for one in (of, over)]
    part = Part(
        of=references[0],
        over=references[1],
        metric="seconds",
        bound=f"above {bound:g}",
        bound_low=bound,
        bound_high=None,
        per_capacity=False,
        log=True,
        blocks=len(of.values),
        estimate=ratio.estimate,
        low=ratio.low,
        high=ratio.high,
        verdict=verdict,
    )
    return Claim(talk="talk", id=name, text=f"What {name} says.", verdict=verdict, parts=[part])


def share(ratios: Sequence[float], rng: np.random.Generator, noise: float = 0.03, **other: Any) -> Share:
    """A machine on which threads take `ratio` times as long as asyncio, for each claim in an experiment of its own."""
    cells, claims = [], []
    for number, ratio in enumerate(ratios):
        base = 0.06 * math.exp(rng.normal(0, 0.1))
        common = {"experiment": f"e{number}" if number else "io"}
        values = base * np.exp(rng.normal(0, noise, (2, BLOCKS)))
        threads, asyncio = cell("threads", values[0] * ratio, **common), cell("asyncio", values[1], **common)
        cells += [cell("sequential", [1.1] * BLOCKS, **common), threads, asyncio]
        claims.append(claim(f"claim-{number}", threads, asyncio))
    given: dict[str, Any] = {
        "version": "0.2.0",
        "code": "0123456789abcdef",
        "measured": "2026-11-29",
        "condition": "",
        "machine": machine(),
        "python": python(),
        "packages": {"aiohttp": "3.14.5"},
        "fastest": [Fastest("io", "wire", ["asyncio"])],
    }
    plan = Plan(BLOCKS, int(rng.integers(1 << 30)), quick=False)
    fields = given | other
    return with_hash(
        Share(schema=1, kind="overlap share", plan=plan, cells=cells, claims=claims, hash="0" * 16, **fields)
    )


def fleet(size: int, rng: np.random.Generator, claims: int = 30, flip_above: int | None = None) -> list[Share]:
    """Machines of many kinds; where `flip_above` is given, the first claim turns round on those with more cores."""
    shares = []
    for place in range(size):
        cores = int([2, 4, 6, 8, 10, 12, 16, 24][place % 8])
        ratios = np.exp(rng.normal(math.log(1.3), 0.1, claims))
        if flip_above is not None:
            ratios[0] = math.exp(rng.normal(-0.3 if cores > flip_above else 0.5, 0.1))
        given = machine(
            cores,
            str(rng.choice(["Intel Core i7", "AMD Ryzen 7", "Apple M3"])),
            system=str(rng.choice(["Linux", "Darwin", "Windows"])),
            kernel=str(rng.choice(["6.1", "6.12", "7.0"])),
        )
        build = python(str(rng.choice(["3.12.9", "3.13.1", "3.14.2"])))
        shares.append(share([float(ratio) for ratio in ratios], rng, machine=given, python=build))
    return shares
