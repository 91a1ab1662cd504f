"""A run as a share: the cells that claims and headlines rest on, the verdicts, and nothing about the owner."""

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.analysis.contests import contest
from scripts.analysis.wording import RANGE
from scripts.atlas.share_format import Cell, Claim, Fastest, Machine, Part, Plan, Python, Share, sealed
from scripts.atlas.winners import WORK
from scripts.report.claim_document import document
from scripts.tables.columns import CELL_AND_TWIN
from scripts.tables.load import Run, load
from scripts.tables.repeats import repeats
from scripts.tables.summary import block_medians, flags
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict.claim import TALKS
from scripts.verdict.claims_file import read_talk
from scripts.verdict.evaluate import evaluate

HEADLINES = ("io", "cpu", "mixed", "network")  # experiments whose cells every share has
DIGITS = 5  # of a value: a block's median is never known better
UNSAFE = re.compile(r"[^\w .,:;@+/()#&'®™=*-]")


def judged_shares(run: Path, condition: str = "") -> list[Share]:
    """The share of a run's folder, judged anew on every talk that comes with Overlap; one for each of its interpreters.

    Several interpreters of one machine are conditions of it. CommandError where the environment lacks something.
    """
    loaded = load(run)
    parts = [loaded, *loaded.beside]
    try:
        return [judged(part, condition, several=len(parts) > 1) for part in parts]
    except KeyError as unsaid:
        raise CommandError(Exit.BAD_DATA, f"{run}/environment.json does not say {unsaid}. Next: make bench") from None


def judged(run: Run, condition: str, *, several: bool) -> Share:
    """The share of what one interpreter measured."""
    talks = [read_talk(path) for path in sorted(TALKS.glob("*.toml"))]
    build = f"Python {python(run.environment['python']).build}" * several
    verdicts = [document(talk, evaluate(talk, [run])) for talk in talks]
    return share_of(run, verdicts, ", ".join(filter(None, [condition, build])))


def share_of(run: Run, documents: Iterable[dict[str, Any]], condition: str = "") -> Share:
    """The share of a run with the verdict documents of the talks it was judged on."""
    environment, claims = run.environment, [claim for one in documents for claim in claims_of(one)]
    wanted = {name for claim in claims for part in claim.parts for name in (part.of, part.over) if name}
    return sealed(
        Share(
            schema=1,
            kind="overlap share",
            version=own_version(),
            code=str(environment.get("source", "0" * 16)),
            measured=measured_on(str(environment["run"])),
            condition=label(condition),
            machine=machine(environment["machine"]),
            python=python(environment["python"]),
            packages={name: release for name, release in environment["packages"].items() if name in DECISIVE},
            plan=plan(environment["plan"]),
            cells=cells_of(run, wanted),
            claims=claims,
            fastest=[one for work in WORK if (one := fastest(run, *work))],
            hash="0" * 16,
        )
    )


DECISIVE = frozenset({"aiohttp", "requests", "urllib3", "h11", "uvloop", "httpx", "asyncpg", "psycopg", "numpy"})


def own_version() -> str:
    """The version of Overlap that is installed; of a clone, that of its project file."""
    try:
        return version("overlap-bench")
    except PackageNotFoundError:
        return "clone"


def measured_on(run: str) -> str:
    """The day in a run's name; the time of day is left out for privacy."""
    day = re.match(r"(\d{4})(\d{2})(\d{2})-", run)
    return "-".join(day.groups()) if day else "1970-01-01"


def label(text: str) -> str:
    """A short text without the characters that a share may not have."""
    return UNSAFE.sub(" ", text)[:80].strip()


def plan(recorded: dict[str, Any]) -> Plan:
    """The plan, as far as values are read by it."""
    return Plan(recorded["blocks"], recorded["seed"], recorded["quick"], repeats(recorded))


def machine(recorded: dict[str, Any]) -> Machine:
    """The hardware; a kernel is named by its number only, since people name theirs after themselves."""
    kernel = re.match(r"[\d.]+", str(recorded["kernel"]))
    return Machine(
        cpu=label(str(recorded["cpu"])),
        cores=recorded["cores"],
        cores_usable=recorded["cores_usable"],
        cgroup_quota_cores=recorded["cgroup_quota_cores"],
        memory_gib=round(recorded["memory_bytes"] / 2**30, 1),
        system=label(str(recorded["system"])),
        kernel=kernel[0].strip(".")[:20] if kernel else "",
        architecture=str(recorded["architecture"]),
        virtual=bool(recorded["virtual"]),
    )


def python(recorded: dict[str, Any]) -> Python:
    """The interpreter's build."""
    return Python(
        version=str(recorded["version"]),
        implementation=str(recorded["implementation"]),
        compiler=label(str(recorded["compiler"])),
        optimised=recorded["optimised"],
        free_threaded=recorded["free_threaded"],
        gil=recorded["gil"],
        jit=recorded["jit"],
    )


def cells_of(run: Run, wanted: Iterable[str]) -> list[Cell]:
    """The headline cells and those that have all names of a reference in `wanted`; controls are left out."""
    references = [set(reference.split("/")) for reference in wanted]
    cells = []
    for key, rounds in run.rounds.groupby(CELL_AND_TWIN, sort=True):
        identity = dict(zip(CELL_AND_TWIN, key, strict=True))
        names = {identity["experiment"], identity["workload"], identity["model"], f"c{identity['concurrency']}"}
        named = identity["experiment"] in HEADLINES or any(
            {name for name in reference if not name.startswith("cpu") or name == "cpu"} <= names
            for reference in references
        )
        if named and not identity["twin"] and (one := cell(identity, rounds, run.blocks_for(rounds))):
            cells.append(one)
    return cells


def cell(identity: dict[str, Any], rounds: pd.DataFrame, blocks: int) -> Cell | None:
    """One cell; None where no block has a value. Its values are those of blocks, also where whole runs are the unit:

    two cells are compared within the blocks that both have, and no value of a run says of which it was made.
    """
    rounds = rounds.drop(columns="repeat", errors="ignore")
    metric = rounds["metric"].iloc[0] if "metric" in rounds else None
    metric = metric if isinstance(metric, str) else "seconds"
    values = block_medians(rounds, metric)
    if values.empty:
        return None
    ideal = block_medians(rounds, "ideal_seconds").reindex(values.index) if metric == "seconds" else pd.Series()
    return Cell(
        experiment=identity["experiment"],
        workload=identity["workload"],
        model=identity["model"],
        concurrency=int(identity["concurrency"]),
        tasks=int(identity["tasks"]),
        wait_seconds=rounded(identity["wait_seconds"]),
        compute_seconds=rounded(identity["compute_seconds"]),
        metric=metric,
        blocks=[int(block) for block in values.index],
        values=[rounded(value) for value in values],
        ideal_seconds=[] if ideal.isna().any() else [rounded(value) for value in ideal],
        flags=label(flags(rounds, blocks)),
    )


def fastest(run: Run, experiment: str, workload: str) -> Fastest | None:
    """The fastest models at this work as the run concludes; None where it was not measured."""
    measured = contest(run, experiment, workload)
    return Fastest(experiment, workload, [cell.name for cell in measured.family.winners]) if measured else None


def rounded(value: float) -> float:
    """The value to DIGITS significant digits."""
    return float(np.format_float_scientific(value, precision=DIGITS - 1)) if value else 0.0


def claims_of(document: dict[str, Any]) -> list[Claim]:
    """The verdicts of one talk, as `claims.json` has them."""
    return [
        Claim(
            talk=document["talk"],
            id=claim["id"],
            text=re.sub(r"[\x00-\x1f\x7f-\x9f<>]", " ", claim["text"])[:300],
            verdict=claim["verdict"],
            parts=[part_of(part) for part in claim["parts"]],
        )
        for claim in document["claims"]
    ]


def part_of(part: dict[str, Any]) -> Part:
    """One measure of a claim."""
    kept = {name: part[name] for name in Part.__struct_fields__ if name not in ("bound", "metric", "over")}
    ends = dict.fromkeys(("estimate", "low", "high"))  # None where they are no interval: machines are pooled by theirs
    kept |= ends if part.get("interval") == RANGE else {name: part[name] and rounded(part[name]) for name in ends}
    bound = str(part["bound"]).translate({ord("<"): "below", ord(">"): "above"})
    return Part(
        **kept, bound=re.sub(r"(below|above)=?\s*", r"\1 ", bound), metric=part["metric"], over=part["over"] or ""
    )
