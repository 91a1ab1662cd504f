"""From which concurrency on asyncio is faster than threads, said of the sizes that were measured and of no other."""

from dataclasses import dataclass

from scripts.analysis.conclusions import Outcome
from scripts.analysis.contests import CROSSOVER_EXPERIMENTS, sizes
from scripts.analysis.families import Sizes
from scripts.analysis.points import Run
from scripts.analysis.wording import ci, in_run
from scripts.util.format import listed, times

ONE, OTHER = "asyncio", "threads"
OTHER_OUTCOMES = (Outcome.NO_DIFFERENCE, Outcome.INCONCLUSIVE, Outcome.NOT_USABLE)


@dataclass(frozen=True)
class Crossover:
    """How asyncio compares with threads at each concurrency of an experiment's workload."""

    experiment: str
    workload: str
    sizes: Sizes
    where: str  # "in this run", or in how many

    @property
    def onset(self) -> float | None:
        """The first measured size from which on asyncio is faster; None where that is not clear."""
        return self.sizes.onset

    def __str__(self) -> str:
        parts = [*self.differences(), *filter(None, map(self.others, OTHER_OUTCOMES))]
        work = f"With `{self.workload}` (experiment `{self.experiment}`)"
        return f"{work}, {ONE} beside {OTHER} {self.where}: {'; '.join(parts)}."

    def differences(self) -> list[str]:
        """The sizes with a difference, as in `1.45× faster at concurrency 50 (95 % CI 1.38–1.52×)`."""
        sentences = []
        for size, one in self.sizes.conclusions.items():
            if one.differs and one.ratio:
                faster = one.outcome is Outcome.FASTER
                ratio = one.ratio.inverse if faster else one.ratio
                sentences.append(f"{times(ratio.estimate)} {one.outcome.value} at concurrency {size:,} ({ci(ratio)})")
        return sentences

    def others(self, outcome: Outcome) -> str:
        """The sizes without one, as in `no measurable difference at 2 and 10`."""
        if not (there := self.sizes.with_outcome(outcome)):
            return ""
        why = dict.fromkeys(self.sizes.conclusions[size].reason for size in there)
        reason = f" ({listed(filter(None, why))})" if any(why) else ""
        return f"{outcome.value} at {listed(f'{size:,}' for size in there)}{reason}"


def crossovers(run: Run) -> list[Crossover]:
    """A crossover for each workload measured under threads and asyncio at three sizes or more; none from few blocks."""
    rounds = run.rounds
    here = rounds[rounds["experiment"].isin(CROSSOVER_EXPERIMENTS) & rounds["model"].isin([ONE, OTHER])]
    pairs = sorted(set(zip(here["experiment"], here["workload"], strict=True)))
    measured = [(*pair, sizes(run, *pair, ONE, OTHER)) for pair in pairs]
    return [
        Crossover(experiment, workload, each, in_run(run))
        for experiment, workload, each in measured
        if each and len(each.conclusions) >= 3 and not run.ranges_only
    ]
