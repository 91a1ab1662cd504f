"""The words about a run that stand under every chart: the machine, the interpreter, how often, what the bars are."""

import math
from collections.abc import Iterable, Sequence

from scripts.analysis.points import Point, Run, first_value
from scripts.analysis.wording import interval_kind, repeats
from scripts.tables.repeats import only_bench


def block_count(run: Run) -> int:
    """How many blocks the run has."""
    blocks = run.rounds["block"].nunique() if "block" in run.rounds else 0
    return int(blocks or first_value(run.environment, "blocks") or 0)


def block_words(run: Run) -> str:
    """As in `10 blocks`; of `make full`, which measures some cells in fewer, `7 to 10 blocks`."""
    blocks, plan = block_count(run), run.environment.get("plan", {})
    fewer = len(only_bench(plan, run.rounds["block"].unique())) if "block" in run.rounds else 0
    return f"{f'{blocks - fewer} to ' if fewer else ''}{blocks} block{'' if blocks == 1 else 's'}"


def interval_words(run: Run, plural: str = "") -> str:
    """What a bar shows: `95 % CI of 10 blocks`, or a range with too few blocks. `plural` is "s" for several."""
    of = f"{repeats(run)} whole runs" if repeats(run) > 1 and not run.ranges_only else block_words(run)
    return f"{interval_kind(run, plural)} of {of}"


def sure(run: Run) -> str:
    """The meaning of a chart's bars and small dots, for its footer."""
    unit = "run" if repeats(run) > 1 else "block"
    return f"Bars: {interval_words(run)}" + (f"; small dots: each {unit}" if block_count(run) > 1 else "")


def machine_words(run: Run) -> str:
    """CPU, cores and Python of the run; unknown ones are left out."""
    environment = run.environment
    cpu = first_value(environment, "cpu_model", "cpu_name", "brand", "brand_raw", "cpu", "processor")
    cores = first_value(environment, "cores_usable", "usable_cores", "cores")
    python = first_value(environment, "python_version", "python", "version")
    parts = [
        str(cpu) if cpu else "unknown CPU",
        f"{cores} core{'' if cores == 1 else 's'} usable" if cores else "",
        f"Python\N{NO-BREAK SPACE}{str(python).split()[0]}" if python else "",
        "GIL\N{NO-BREAK SPACE}off" if first_value(environment, "gil") is False else "",
        "JIT\N{NO-BREAK SPACE}on" if first_value(environment, "jit") is True else "",
    ]
    return ", ".join(filter(None, parts))


def limits_words(shown: Iterable[Point]) -> str:
    """The meaning of a chart's dashed and dotted lines."""
    has_ceiling = any(math.isfinite(each.ceiling) for each in shown)
    return "Dashed: the ideal" + ("; dotted: a client that only sends and receives (ceiling)." if has_ceiling else ".")


def footer(run: Run, measured: str, cells: Sequence[Point], *notes: str, sure: str, markers: bool = True) -> str:
    """The footer of a chart: work, machine, number of blocks, meaning of the bars, disturbed cells."""
    disturbed = sum("disturbed" in each.flags for each in cells)
    sentences = [
        measured,
        machine_words(run),
        sure,
        "Hollow marker: client, server or machine saturated"
        if markers and any(each.saturated for each in cells)
        else "",
        f"Disturbed by other programs: {disturbed} of {len(cells)} cells" if disturbed else "",
        *notes,
    ]
    return ". ".join(filter(None, sentences)) + "."
