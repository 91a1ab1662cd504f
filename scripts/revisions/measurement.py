"""Both sides in turns: a look at each, one plan for both, then blocks: base, head, head, base, or the mirror image."""

import json
import math
import os
import random
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.core.registry import experiments
from benchmarks.machine.switches import OWN_WORK
from scripts.analysis.revisions import Pairs, Sample, pooled_sample
from scripts.revisions.quiet import Patience
from scripts.revisions.sides import Side
from scripts.run.block import Block, environment, run_block
from scripts.tables.schema import Entry
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import last_line
from scripts.util.processes import end_session

EXPERIMENT = "user_work"
FILE = "test_user_work.py"  # the only experiment that a side can import: it has no packages but those it needs
SIDES = ("base", "head")
PER_TURN = 4  # interpreters
LOOK_S = 120.0  # for the look at one side
ROUND_S = 0.5  # of a round of tasks one at a time: the clock and the scheduler are small against it
CELL_S = 1.0  # of all measured rounds of a cell in one interpreter
LONGEST_S = 4.0  # of a round; slower tasks get less concurrency
MOST_TASKS = 2_000
ROUNDS = (2, 10)

Looks = Mapping[str, Mapping[str, Any]]


def order(turns: int, seed: int) -> list[str]:
    """The side of each block: a turn has one side's blocks in the middle, the other's around them, as drawn."""
    drawn = random.Random(f"{seed}/turns")
    pairs = [drawn.sample(SIDES, 2) for _ in range(turns)]
    return [side for outer, inner in pairs for side in (outer, inner, inner, outer)]


def survey_side(side: Side, models: Sequence[str], run: Path) -> dict[str, Any]:
    """A short survey of the work on one side. CommandError when the work can't be run there."""
    out, log = run / f"look-{side.name}.json", run / f"look-{side.name}.log"
    (run / f"{side.name}.json").write_text(json.dumps({"work": {"source": side.source}}))
    os.environ[OWN_WORK] = str((run / f"{side.name}.json").resolve())  # for the fork servers of the look
    program = "from benchmarks.profiler.look import main; main()"  # not -m: every worker would import it once more
    command = [side.python, "-P", "-c", program, side.source, f"--out={out}", f"--models={' '.join(models)}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True, env=environment()
        )
        try:
            process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            raise CommandError(Exit.NOT_MEASURED, f"{side.label}: the work had not ended after {LOOK_S:g} s") from None
        finally:
            end_session(process)
    return survey_of(json.loads(out.read_text()) if out.exists() else {}, side, log)


def survey_of(outcome: Mapping[str, Any], side: Side, log: Path) -> dict[str, Any]:
    """The survey's answer. CommandError with what went wrong."""
    if "seen" in outcome:
        return dict(outcome["seen"])
    if "unfit" in outcome:
        raise CommandError(Exit.USAGE, f"{side.label}: {outcome['unfit']}")
    why = outcome.get("failed") or last_line(log.read_text(errors="replace"))
    raise CommandError(Exit.NOT_MEASURED, f"{side.label}: {why}")


def plan(surveys: Looks, models: Sequence[str], concurrency: int) -> list[dict[str, Any]]:
    """The cells of both sides: those models that can run both, at sizes that give rounds of half a second."""
    each_s = max(survey["each_s"] for survey in surveys.values())
    at_once = at_most(surveys, min(concurrency, max(2, int(LONGEST_S / each_s / 2))))
    able = [name for name in models if not any(name in survey["unfit"] for survey in surveys.values())]
    if not able:
        side, survey = next((side, survey) for side, survey in surveys.items() if survey["unfit"])
        name, why = next(iter(survey["unfit"].items()))
        raise CommandError(Exit.NOT_MEASURED, f"no model can run the work on both sides: {side}, {name}: {why}")
    size = min(MOST_TASKS, max(2 * at_once, math.ceil(ROUND_S / each_s)))
    return [cell(name, 1 if name == "sequential" else at_once, size, each_s) for name in able]


def at_most(surveys: Looks, concurrency: int) -> int:
    """The concurrency, capped at the MOST_AT_ONCE of either side's file."""
    return min([concurrency, *(int(survey["most"]) for survey in surveys.values() if survey["most"])])


def cell(model: str, concurrency: int, tasks: int, each_s: float) -> dict[str, Any]:
    """A cell as a survey has it, with rounds enough to fill CELL_S."""
    rounds = min(ROUNDS[1], max(ROUNDS[0], math.ceil(CELL_S / (tasks * each_s / concurrency))))
    return {"model": model, "concurrency": concurrency, "rounds": rounds, "warmup_rounds": 1, "twin": False} | {
        "views": ["equal"],
        "tasks": tasks,
    }


def write_surveys(run: Path, surveys: Looks, cells: Sequence[Mapping[str, Any]]) -> None:
    """Write the survey that the blocks of each side measure: the same cells, of that side's work."""
    for side, survey in surveys.items():
        kept = [{name: value for name, value in one.items() if name != "tasks"} for one in cells]
        workload = survey["workload"] | {"name": "work", "size": cells[0]["tasks"]}
        (run / f"{side}.json").write_text(
            json.dumps({"work": {"source": workload["source"]}, "workload": workload, "cells": kept})
        )


def measure(
    run: Path,
    sides: Mapping[str, Side],
    sequence: Sequence[str],
    seed: int,
    patience: Patience,
    begin: Callable[[int, str], None],
    listen: Callable[[Entry], None],
) -> None:
    """Run the blocks; before each turn wait for a quiet machine, where that was asked for."""
    others = tuple(file.name for file in experiments() if file.name != FILE)
    for number, name in enumerate(sequence):
        if number % PER_TURN == 0:
            patience.wait()
        begin(number, name)
        os.environ[OWN_WORK] = str((run / f"{name}.json").resolve())
        run_block(Block(run, number, seed, EXPERIMENT, sides[name].python, others), listen)


def collect(run: Path, sequence: Sequence[str], cells: Iterable[Mapping[str, Any]], seed: int) -> list[Pairs]:
    """The samples of each cell, turn by turn, from the journals of the blocks."""
    blocks = [cells_of(Block(run, number, seed, EXPERIMENT)) for number in range(len(sequence))]
    return [pairs(one["model"], one["concurrency"], sequence, blocks) for one in cells]


def cells_of(block: Block) -> dict[str, Entry]:
    """A block's cells by model."""
    return {entry["model"]: entry for entry in block.entries() if entry["kind"] == "cell"}


def pairs(model: str, concurrency: int, sequence: Sequence[str], blocks: Sequence[Mapping[str, Entry]]) -> Pairs:
    """One model's samples; why there are none where a block has no valid cell of it."""
    sides: dict[str, list[Sample]] = {name: [] for name in SIDES}
    for start in range(0, len(sequence) - PER_TURN + 1, PER_TURN):
        turn = defaultdict[str, list[Sample]](list)
        for number in range(start, start + PER_TURN):
            entry = blocks[number].get(model)
            if not entry or not entry["valid"]:
                reason = entry["reason"] if entry else "it was not measured"
                return Pairs(model, concurrency, failure=f"{sequence[number]}: {reason}")
            turn[sequence[number]].append(sample(entry))
        for name in SIDES:
            sides[name].append(pooled_sample(turn[name]))
    return Pairs(model, concurrency, sides["base"], sides["head"])


def sample(entry: Entry) -> Sample:
    """The medians of one cell's measured rounds in one interpreter."""
    rounds = [one for one in entry["rounds"] if not one["warmup"]]
    tasks = entry["tasks"]
    return Sample(
        median(one["seconds"] for one in rounds),
        median(one["cpu_seconds"] / tasks for one in rounds),
        median(one["start_seconds"] + one["stop_seconds"] for one in rounds),
        median(median(spans(one)) for one in rounds),
    )


def spans(entry: Entry) -> list[float]:
    """The seconds that each task of a round was in flight."""
    moments = entry["spans_us"]
    return [(end - start) / 1e6 for start, end in zip(moments[::2], moments[1::2], strict=True)]


def disturbed_share(run: Path, blocks: int, seed: int) -> float:
    """The share of measured rounds that other programs or the hypervisor disturbed."""
    entries = [entry for number in range(blocks) for entry in cells_of(Block(run, number, seed, EXPERIMENT)).values()]
    rounds = [one["disturbed"] for entry in entries for one in entry["rounds"] if not one["warmup"]]
    return sum(rounds) / len(rounds) if rounds else 0.0


def answers_differ(surveys: Looks) -> int:
    """How many tasks have other answers on the two sides; 0 too where answers can't be compared."""
    base, head = (surveys[name]["answers"] for name in SIDES)
    return sum(bool(base[task] and head[task]) and base[task] != head[task] for task in base.keys() & head.keys())
