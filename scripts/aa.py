"""`make aa`: the suite against itself, through the whole real path: what does it say where the truth is known?

A/A controls come first: each verdict on them is false. A floor taken from the controls themselves would excuse every
one of them, so a control is judged by the floor of the others; and counted again without any floor, by Holm alone,
where one run in twenty may show one. Then slow-downs that were planted: was each found, and is the truth in its
interval? An interval is a 95 % one, so of twelve such truths about one in two runs leaves one outside; a wrong sign is
always wrong.

The run lies in results/aa: it is about this machine and this suite, and must not become the latest run of anybody.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.analysis.conclusions import Conclusion, Outcome, conclude
from scripts.analysis.wording import floor_text
from scripts.report.terminal import console
from scripts.run.lifecycle import interrupt_on_signals, make_plan, measure, new_folder, new_run, running
from scripts.stats import intervals
from scripts.tables.load import FEW_BLOCKS, Run, load
from scripts.tables.summary import paired
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.paths import RESULTS

BLOCKS = 10
PERCENT = (2, 5, 10, 20)  # as benchmarks/experiments/test_aa.py plants them; `planted0` is what they are compared with
EXPERIMENTS = ["aa", "planted0", *(f"planted{percent}" for percent in PERCENT)]
MARGIN = 0.01  # half the smallest planted difference: what lies inside is called the same
NO_NOISE = intervals.NoiseFloor(0.0, 0.0, 0.0, 1)
SAME = ["workload", "model", "concurrency", "wait_seconds", "compute_seconds"]


@dataclass(frozen=True)
class Pair:
    """Two cells whose true ratio is known, with the measured ratio of each block."""

    name: str
    true_ratio: float
    ratios: NDArray[np.float64]

    @property
    def measured_ratio(self) -> intervals.Interval:
        """The measured ratio."""
        return intervals.geometric_mean(self.ratios)


@dataclass(frozen=True)
class Judged:
    """A pair with the suite's conclusion, adjusted for all pairs of its kind."""

    pair: Pair
    conclusion: Conclusion
    bare: Conclusion  # by Holm alone, as if there were no noise

    @property
    def different(self) -> bool:
        """Whether the suite calls the two cells different."""
        return self.conclusion.differs

    @property
    def wrong_sign(self) -> bool:
        """Whether it calls the slowed one faster."""
        return self.conclusion.outcome is Outcome.FASTER

    @property
    def inside(self) -> bool:
        """Whether the truth is in the interval."""
        return self.pair.measured_ratio.contains(self.pair.true_ratio)


def cells_of(rounds: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    """The rounds of each cell, by what two cells of a pair have in common."""
    return dict(list(rounds.groupby(SAME)))


def pair_up(ones: pd.DataFrame, others: pd.DataFrame, true_ratio: float, more: str = "") -> list[Pair]:
    """The cells that both tables have, as pairs, where enough blocks measured both for a verdict."""
    base, pairs = cells_of(others), []
    for key, cell in cells_of(ones).items():
        ratios = paired(cell, base[key]).to_numpy(dtype=np.float64) if key in base else np.empty(0)
        if len(ratios) >= FEW_BLOCKS:
            pairs.append(Pair(f"{key[0]}/{key[1]}{more}", true_ratio, ratios))
    return pairs


def twins(rounds: pd.DataFrame) -> list[Pair]:
    """Identical cells."""
    aa = rounds[rounds["experiment"] == "aa"]
    return pair_up(aa[aa["twin"]], aa[~aa["twin"]], 1.0)


def planted(rounds: pd.DataFrame) -> list[Pair]:
    """Slowed cells and their originals, the smallest share first."""
    original = rounds[rounds["experiment"] == "planted0"]
    return [
        pair
        for percent in PERCENT
        for pair in pair_up(
            rounds[rounds["experiment"] == f"planted{percent}"], original, 1 + percent / 100, f" +{percent} %"
        )
    ]


def holm(pairs: list[Pair]) -> list[float]:
    """The p-value of each, adjusted for all of them."""
    return [float(p) for p in intervals.holm([pair.measured_ratio.p_value for pair in pairs])]


def by_holm(pair: Pair, p_value: float) -> Conclusion:
    """The outcome by the Holm-adjusted p-value alone, without a noise floor or a margin."""
    return conclude(pair.measured_ratio, NO_NOISE, margin=0.0, p_value=p_value)


def judge_twins(pairs: list[Pair]) -> list[Judged]:
    """Judge each pair of identical cells with the noise floor of the other pairs."""
    verdicts = []
    for place, (pair, p_value) in enumerate(zip(pairs, holm(pairs), strict=True)):
        others = [other.ratios for other in pairs[:place] + pairs[place + 1 :]]
        floor = intervals.noise_floor(others) if others else None
        verdicts.append(
            Judged(pair, conclude(pair.measured_ratio, floor, margin=MARGIN, p_value=p_value), by_holm(pair, p_value))
        )
    return verdicts


def judge_planted(pairs: list[Pair], floor: intervals.NoiseFloor) -> list[Judged]:
    """Judge each planted pair as any two cells of a run are judged."""
    return [
        Judged(pair, conclude(pair.measured_ratio, floor, margin=MARGIN, p_value=p_value), by_holm(pair, p_value))
        for pair, p_value in zip(pairs, holm(pairs), strict=True)
    ]


def table(title: str, verdicts: list[Judged]) -> Table:
    """A line a pair, within 80 columns."""
    rows = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name, width in ((title, 23), ("truth", 5), ("ratio, 95 % CI", 21), ("conclusion", 24), ("truth is", 8)):
        rows.add_column(name, width=width, no_wrap=True)
    for one in verdicts:
        rows.add_row(
            one.pair.name,
            f"{one.pair.true_ratio:g}",
            Text(str(one.pair.measured_ratio)),
            one.conclusion.outcome.value,
            inside(one),
        )
    return rows


def inside(judged: Judged) -> str:
    """Whether the truth is in the interval."""
    return "inside" if judged.inside else "OUTSIDE"


def sentences(same: list[Judged], slowed: list[Judged], floor: intervals.NoiseFloor) -> list[str]:
    """The result as sentences."""
    false, by_holm = sum(one.different for one in same), sum(one.bare.differs for one in same)
    lines = [
        f"A/A controls differed by {floor_text(floor)}: smaller differences mean nothing here and now.",
        f"False verdicts among {len(same)} A/A controls after Holm: {false} (without a noise floor: {by_holm}).",
    ]
    if slowed:
        lines.append(f"Truth inside its 95 % CI: {sum(one.inside for one in slowed)} of {len(slowed)}.")
        lines.append(f"Called faster though slowed: {sum(one.wrong_sign for one in slowed)} of {len(slowed)}.")
        lines += [f"Found at +{percent} %: {detected(slowed, percent)}." for percent in PERCENT]
    return lines


def detected(slowed: list[Judged], percent: int) -> str:
    """How many of the slow-downs by so much were called slower."""
    these = [one for one in slowed if one.pair.true_ratio == 1 + percent / 100]
    without = sum(one.bare.outcome is Outcome.SLOWER for one in these)
    slower = sum(one.conclusion.outcome is Outcome.SLOWER for one in these)
    return f"{slower} of {len(these)} (without a noise floor: {without})"


def report(run: Run, out: Console) -> Exit:
    """Print what the run says of itself; NEGATIVE when it says what is false.

    CommandError where the run is too short for the suite to conclude anything, true or false.
    """
    for omission in run.omissions:
        out.print(f"not a result: {omission}", markup=False)
    if not (pairs := twins(run.rounds)):
        lacking = f"no pair of A/A controls has the {FEW_BLOCKS} blocks that a verdict takes; the run has {run.blocks}"
        raise CommandError(Exit.NOT_MEASURED, f"{lacking}: see {run.path}. Next: make aa BLOCKS={BLOCKS}")
    floor = intervals.noise_floor([pair.ratios for pair in pairs])
    same, slowed = judge_twins(pairs), judge_planted(planted(run.rounds), floor)
    out.print(table("A/A controls", same))
    out.print(table("slowed on purpose", slowed))
    for sentence in sentences(same, slowed, floor):
        out.print(sentence, markup=False)
    wrong = any(one.different for one in same) or any(one.wrong_sign for one in slowed)
    return Exit.NEGATIVE if wrong else Exit.OK


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("aa", __doc__)
    many = f"fresh interpreters (default {BLOCKS}; a verdict takes {FEW_BLOCKS})"
    parser.add_argument("--blocks", type=int, default=BLOCKS, help=many)
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--run", type=Path, help="judge a run that was measured before: its folder")
    chosen = parser.parse_args()
    if chosen.blocks < 2:
        parser.error("an interval needs at least 2 blocks")
    return chosen


def measured(blocks: int, seed: int | None) -> Path:
    """The folder of a new run, all of its blocks measured."""
    interrupt_on_signals()
    run = new_folder(RESULTS / "aa")
    with running(run):
        new_run(run, make_plan(" or ".join(EXPERIMENTS), blocks, seed))
        try:
            measure(run)
        except KeyboardInterrupt:
            sentence = f"interrupted: an A/A comparison needs all its blocks. Raw data: {run}. Next: make aa"
            raise CommandError(Exit.INTERRUPTED, sentence) from None
    return run


@exits_on_error
def main() -> None:
    """Measure the suite against itself and print the result."""
    chosen = options()
    run = chosen.run or measured(chosen.blocks, chosen.seed)
    code = report(load(run), console())
    print(f"\nRaw data: {run}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
