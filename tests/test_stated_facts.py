"""The thresholds that the documents state are those of the code: each sentence is made of the constant itself."""

from pathlib import Path

import pytest

from benchmarks.attribution.watchdog import HELD_S
from benchmarks.core.cell_runner import FRESH_S
from benchmarks.core.round import CLOCKS_APART_S
from benchmarks.core.work_done import LEAST_CPU, LEAST_CPU_UNSURE, LEAST_SPAN, SATURATED
from benchmarks.machine.calibration import MOST_TRIALS, STEADY, TRIALS
from benchmarks.machine.capacity import ABOVE, MAX_AGE_S
from benchmarks.machine.cpu_usage import DISTURBED_SHARE, TICK_S, TICKS
from benchmarks.machine.pinning import LEAST_CORES
from benchmarks.metadata.cluster import TRIPS
from scripts.ab import CONCURRENCY, TURNS
from scripts.analysis.attribution import CLOSES
from scripts.analysis.conclusions import ASSUMED_FLOOR, MARGIN, SHORTEST_S
from scripts.analysis.revisions import LEAST
from scripts.atlas.collect import MANY_FILES
from scripts.atlas.plausibility import ABOVE_CALIBRATED, ABOVE_IDEAL
from scripts.atlas.share_format import LARGEST_BYTES
from scripts.revisions.measurement import LONGEST_S
from scripts.run.repeats import PAUSE_S
from scripts.selfbench import AIM_BYTES, ATLAS_AIM_S, SHARES
from scripts.site.uploads import MOST_ATTEMPTS, MOST_EACH, MOST_IN_ALL, MOST_KEPT
from scripts.tables.load import FEW_BLOCKS
from scripts.tables.summary import FLAGGED_SHARE, MOST_DISTURBED

DOCS = Path(__file__).parents[1] / "docs"
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SPELLED: dict[float, str] = {0.1: "a tenth", 0.25: "a quarter", 0.5: "half", 0.75: "three quarters"}
SPELLED |= {float(number): word for number, word in enumerate(NUMBERS)} | {20.0: "twenty", 60.0: "a minute"}


def percent(share: float) -> str:
    """As the documents write it: `5 %`."""
    return f"{100 * share:.4g} %"


FACTS = {
    "how-it-measures.md": (
        f"a sample at most {MAX_AGE_S:g} seconds old when it begins",
        f"one at most {SPELLED[FRESH_S]} a second old when it ends",
        f"A round with an efficiency above {ABOVE:g} is marked `above_ideal`",
        f"A cell with a mean efficiency above {ABOVE:g} decides nothing",
        f"A run of fewer than {SPELLED[FEW_BLOCKS]} blocks gets ranges",
        f"has fewer than {SPELLED[FEW_BLOCKS]} blocks",
        f"Where a kind of work has no control, {percent(ASSUMED_FLOOR.value)} is assumed",
        f"a margin stated beforehand, {percent(MARGIN)}",
        f"when more than {SPELLED[MOST_DISTURBED]} of its rounds were disturbed",
        f"or {SPELLED[FLAGGED_SHARE]} of them saturated",
        f"a median round under {1000 * SHORTEST_S:g} ms",
        f"whole runs, {SPELLED[PAUSE_S]} apart",
        f"when something was more than {percent(SATURATED)} busy",
        f"took more than {percent(DISTURBED_SHARE)} of the cores",
        f"in the queue for a core for more than {percent(DISTURBED_SHARE)} of the round",
        f"until {SPELLED[TRIALS]} trials in a row lie within {percent(STEADY)}, at most {MOST_TRIALS} times",
        f"From {SPELLED[LEAST_CORES]} cores on the latency server has a core of its own",
        f"a round must use at least {percent(LEAST_CPU)} of the CPU",
        f"less {1000 * TICKS * TICK_S:g} ms",
        f"Each must last at least {SPELLED[LEAST_SPAN]} of its computing",
        f"up to {SPELLED[1 - LEAST_CPU]} of the computing, when it is skipped",
        f"up to {SPELLED[1 - LEAST_CPU_UNSURE]} of the computing of a user's own work",
    ),
    "why.md": (
        f"A step of the loop counts from {1000 * HELD_S:g} ms on",
        f"above {percent(CLOSES)} of the time, trust the sum less",
    ),
    "on-a-cluster.md": (
        f"more than {SPELLED[CLOCKS_APART_S]} of a second off ours",
        f"a call to a worker and back (median of {SPELLED[TRIPS]})",
    ),
    "compare-two-revisions.md": (
        f"concurrency {CONCURRENCY}; `--models` and `--concurrency` change that",
        f"Tasks of more than {LONGEST_S / 2 / CONCURRENCY:g} s get less concurrency",
        f"{SPELLED[TURNS]} by default (`--blocks`)",
        f"`--threshold`, {percent(MARGIN)})",
        f"A difference must lie beyond {percent(LEAST.value)}",
        f"A verdict takes {SPELLED[FEW_BLOCKS]} turns",
    ),
    "many-machines.md": (
        f"one JSON file of at most {LARGEST_BYTES // 1000} KB",
        f"The page takes files of at most {LARGEST_BYTES // 1000} KB",
        f"From one machine it takes {MOST_ATTEMPTS} attempts a minute and {MOST_EACH} files",
        f"from all together {MOST_IN_ALL} attempts a minute and {MOST_KEPT:,} files",
        f"a wait more than {percent(ABOVE_IDEAL - 1)} faster than its ideal time",
        f"computing more than {ABOVE_CALIBRATED:g} times as fast as its ideal time",
        f"a speed-up of computing beyond {ABOVE_CALIBRATED:g} times its cores",
        f"From {MANY_FILES} files on, the atlas reads them on all cores",
        f"`make selfbench` measures {SHARES:,} shares",
        f"(aims: {ATLAS_AIM_S:g} s, {AIM_BYTES >> 30} GiB)",
    ),
}


@pytest.mark.parametrize(("page", "fact"), [(page, fact) for page, facts in FACTS.items() for fact in facts])
def test_no_page_states_a_threshold_that_the_code_does_not_have(page: str, fact: str) -> None:
    assert fact in " ".join((DOCS / page).read_text().split())
