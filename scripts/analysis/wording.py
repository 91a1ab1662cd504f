"""The wording of conclusions, shared by all outputs."""

from collections.abc import Iterable

from scripts.analysis.conclusions import Conclusion
from scripts.analysis.families import Candidate, Family
from scripts.analysis.points import Run
from scripts.stats.intervals import Interval, NoiseFloor
from scripts.util.format import between, percent, times

CI, RANGE = "95 % CI", "range"  # the only two names of what stands beside an estimate


def interval_kind(run: Run, plural: str = "") -> str:
    """What the numbers in brackets are: CI, or RANGE with too few blocks. `plural` is "s" for several."""
    return (RANGE if run.ranges_only else CI) + plural


def interval_meaning(run: Run) -> str:
    """The same in a sentence."""
    if run.ranges_only:
        return f"Too few blocks for a confidence interval: a {RANGE} gives the smallest and largest block."
    return f"{CI}s are t-intervals over {'whole runs' if repeats(run) > 1 else 'blocks'}, on the log scale."


def ci(interval: Interval) -> str:
    """`95 % CI 0.98–1.15×`."""
    return f"{CI} {between(interval.low, interval.high, times)}"


def repeats(run: Run) -> int:
    """How many whole runs, apart in time, the run consists of."""
    return int(run.rounds["repeat"].nunique()) if "repeat" in run.rounds else 1


def in_run(run: Run) -> str:
    """The scope of a run's sentences: `in this run`, or `in 3 runs`."""
    return f"in {repeats(run)} runs" if repeats(run) > 1 else "in this run"


def either(names: Iterable[str]) -> str:
    """`asyncio`, `asyncio or threads`, `asyncio, threads or trio`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def winners(family: Family) -> str:
    """The names of the fastest models, several where they are tied; empty where none can be named."""
    return either(cell.name for cell in family.winners) if family.winners else ""


def undecided(family: Family) -> str:
    """What is said in place of the fastest where none can be named."""
    return "no conclusion" if family.disqualified or not family.fastest else "no difference shown"


def some(parts: Iterable[str], most: int) -> list[str]:
    """The first of them, and how many more there are: `threads`, `trio`, `2 more`."""
    every = list(parts)
    left = len(every) - most
    return [*every[:most], f"{left} more"] if left > 0 else every


def duration_text(cell: Candidate, conclusion: Conclusion) -> str:
    """`threads took 1.06× its time (95 % CI 1.04–1.09×)`."""
    assert conclusion.ratio
    return f"{cell.name} took {times(conclusion.ratio.estimate)} its time ({ci(conclusion.ratio)})"


def last_over_first(family: Family) -> str:
    """How the last of a family compares with the first: `15.2× as much`, or the outcome."""
    _, last = family.others[-1]
    if last.differs and last.ratio:
        return f"{times(last.ratio.estimate)} as much"
    return last.reason or last.outcome.value


def reasons(pairs: Iterable[tuple[Candidate, Conclusion]]) -> str:
    """`the client was saturated (asyncio, threads)`: why cells are not usable, each reason once."""
    names = dict[str, list[str]]()
    for cell, one in pairs:
        names.setdefault(one.reason, []).append(cell.name)
    return "; ".join(f"{reason} ({', '.join(those)})" for reason, those in names.items())


def floor_text(floor: NoiseFloor) -> str:
    """`1.4 % (95 % CI 0.9–2.6 %, 3 controls)`, or that it is assumed. Of one control the interval is very wide."""
    if not floor.controls:
        return f"{percent(floor.value)} (assumed)"
    controls = f"{floor.controls} control{'s' * (floor.controls > 1)}"
    return f"{100 * floor.value:.1f} % (95 % CI {100 * floor.low:.1f}–{100 * floor.high:.1f} %, {controls})"
