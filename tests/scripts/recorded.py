"""A small run on disk, written as a real one is: an environment, a pace, and a journal for each block."""

import json
import random
from pathlib import Path
from typing import Any

from benchmarks.core import journal
from scripts.tables.schema import fingerprint

MODELS = ("sequential", "threads", "asyncio")
SECONDS = {"sequential": 0.8, "threads": 0.06, "asyncio": 0.05}


def environment(name: str, blocks: int) -> dict[str, Any]:
    """What a run says of itself, as far as it is read."""
    return {
        "machine": {"cpu": f"CPU of {name}", "cores": 2, "cores_usable": 2},
        "python": {"version": "3.11.7", "optimised": True, "gil": True},
        "packages": {"aiohttp": "3.14.5"},
        "schema": journal.SCHEMA,
        "run": name,
        "plan": {"only": "io", "blocks": blocks, "seed": 1, "quick": False},
    }


def cell(model: str) -> dict[str, Any]:
    """The identity of a cell, and its name."""
    return {
        "cell": f"io-wire-{model}-c20",
        "experiment": "io",
        "workload": "wire",
        "model": model,
        "concurrency": 20,
        "tasks": 4,
        "wait_seconds": 0.02,
        "compute_seconds": 0.0,
        "twin": False,
    }


def one_round(model: str, number: int, rng: random.Random) -> dict[str, Any]:
    """A round's columns."""
    seconds = SECONDS[model] * rng.uniform(0.95, 1.05)
    return {
        "round": number,
        "warmup": number == 0,
        "seconds": seconds,
        "start_seconds": 0.001,
        "run_seconds": seconds - 0.002,
        "stop_seconds": 0.001,
        "ideal_seconds": 0.04,
        "cpu_seconds": 0.01,
        "disturbed": False,
        "saturated": "",
        "parallel_capacity": 1.9,
        "spans_us": [10, 20_000, 20, 20_100, 30, 20_200, 40, 20_300],
        "requests": 4,
    }


def interpreter(name: str, **python: Any) -> dict[str, Any]:
    """What a run of several interpreters says of one."""
    facts = {"version": f"{name.rstrip('t')}.1", "implementation": "CPython", "compiler": "GCC", "optimised": True}
    flags = {"free_threaded": name.endswith("t"), "gil": not name.endswith("t"), "jit": False}
    lists = dict[str, Any](pure=[], unloadable={}, left_out={}, need_the_gil={}, absent={})
    return {"name": name, "python": facts | flags | python, "packages": {"aiohttp": "3.14.5"}, **lists}


def record(
    folder: Path,
    name: str = "20260101-000000",
    blocks: int = 3,
    seed: int = 1,
    machine: dict[str, Any] | None = None,
    pythons: tuple[str, ...] = (),
    python: dict[str, Any] | None = None,
) -> Path:
    """Write a run of that name into the folder; it lacks nothing. Of several interpreters, one block each in turns."""
    rng, run = random.Random(f"{seed}/{name}"), folder / name
    (run / "blocks").mkdir(parents=True)
    facts = environment(name, blocks)
    facts["machine"] = machine or facts["machine"]
    facts["python"] = python or facts["python"]
    if pythons:
        facts["interpreters"] = [interpreter(python) for python in dict.fromkeys(pythons)]
        facts["plan"]["pythons"] = list(pythons)
    (run / "environment.json").write_text(json.dumps(facts, indent=1))
    pace = {"numbers_per_s": rng.uniform(4.8e5, 5e5), "blocks_per_s": 865.0, "pixels_per_s": 2e7}
    (run / "pace.json").write_text(json.dumps(pace))
    for block in range(blocks):
        for entry in entries(block, fingerprint(run, facts), rng):
            journal.append(run / "blocks" / f"{block:02}.journal", entry)
    return run


def entries(block: int, of: str, rng: random.Random) -> list[dict[str, Any]]:
    """The lines of a block's journal."""
    lines: list[dict[str, Any]] = [
        {"kind": "run", "schema": journal.SCHEMA, "block": block, "of": of},
        {"kind": "block", "schema": journal.SCHEMA, "block": block, "order": [cell(model) for model in MODELS]},
    ]
    for model in MODELS:
        rounds = [one_round(model, number, rng) for number in range(3)]
        lines.append({"kind": "begin", "cell": cell(model)["cell"]})
        lines.append({"kind": "cell", **cell(model), "valid": True, "reason": "", "rounds": rounds})
    return [*lines, {"kind": "end"}]
