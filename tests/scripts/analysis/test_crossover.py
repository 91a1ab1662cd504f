"""From which concurrency on asyncio is faster than threads: said of measured sizes only, and not too early."""

import numpy as np
import pandas as pd
import pytest

from scripts.analysis.conclusions import Outcome, conclude
from scripts.analysis.crossover import Crossover, crossovers
from scripts.analysis.families import Candidate, Sizes, at_sizes
from scripts.stats.intervals import Interval, NoiseFloor
from tests.scripts.simulate import WORLDS, sessions
from tests.scripts.synthetic import SyntheticRun

FLOOR = NoiseFloor(0.01, 0.005, 0.02, 3)
MEASURED = (2, 10, 50, 100, 200)


def interval(low: float, estimate: float, high: float) -> Interval:
    return Interval(estimate, low, high, 10, 0.95, 0.001)


def sizes(**ratios: tuple[float, float, float] | str) -> Sizes:
    """Sizes called `c50` with the time of asyncio over that of threads, or why they decide nothing."""
    return Sizes({
        int(name[1:]): conclude(None, FLOOR, unusable=one) if isinstance(one, str) else conclude(interval(*one), FLOOR)
        for name, one in ratios.items()
    })  # fmt: skip


SAME, FASTER, UNCLEAR, SLOWER = (0.97, 0.99, 1.01), (0.6, 0.7, 0.8), (0.8, 0.95, 1.1), (1.2, 1.3, 1.4)


@pytest.mark.parametrize(
    ("by_size", "onset"),
    [
        (sizes(c2=SAME, c10=SAME, c50=FASTER, c100=FASTER), 50),
        (sizes(c2=SLOWER, c50=FASTER), 50),
        (sizes(c2=FASTER, c50=FASTER), 2),
        (sizes(c2=SAME, c10=UNCLEAR, c50=FASTER), None),  # it may have begun at 10
        (sizes(c2=FASTER, c10=SAME, c50=FASTER), 50),  # it must stay: the first lead was lost again
        (sizes(c2=SAME, c10=FASTER, c50=SAME), None),
        (sizes(c2=SAME, c50=FASTER, c1000="the client was saturated"), 50),
        (sizes(c2=SAME, c10="disturbed", c50=FASTER), 50),
        (sizes(c2="disturbed", c50="disturbed"), None),
    ],
)
def test_the_onset_is_a_measured_size_after_one_without_a_difference(by_size: Sizes, onset: int | None) -> None:
    assert by_size.onset == onset


def test_the_sentence_names_measured_sizes_and_no_other() -> None:
    by_size = sizes(c2=SAME, c10=SAME, c50=FASTER, c1000="the client was saturated")
    assert str(Crossover("network", "http", by_size, "in this run")) == (
        "With `http` (experiment `network`), asyncio beside threads in this run: "
        "1.43× faster at concurrency 50 (95 % CI 1.25–1.67×); "
        "no measurable difference at 2 and 10; not usable at 1,000 (the client was saturated)."
    )


def cell(model: str, size: int, seconds: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> pd.DataFrame:
    """The rounds of a cell from seconds of shape (blocks, rounds)."""
    block, number = (index.ravel() for index in np.indices(seconds.shape))
    common = {"experiment": "network", "workload": "wire", "model": model, "concurrency": size, "tasks": size}
    common |= {"wait_seconds": 0.05, "compute_seconds": 0.0, "twin": False, "warmup": False, "disturbed": False}
    return pd.DataFrame(common | {"saturated": "", "block": block, "round": number, "seconds": seconds.ravel()})


def quick_candidate(seconds: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Candidate:
    """A usable cell of seconds (blocks, rounds), its medians taken beforehand: thousands of them are compared."""
    made = Candidate("one", ONE_ROUND)
    vars(made).update(values=pd.Series(np.median(seconds, axis=-1)), unusable="", blocks=frozenset(range(len(seconds))))
    return made


def simulated(onset: float, count: int, world: str, seed: int) -> list[Sizes]:
    """Whole sessions in which threads take longer only beyond the onset, the more the larger the size."""
    slower = [max(1.0, (size / onset) ** 0.25) for size in MEASURED]
    true_s = [0.05 * factor for factor in slower] + [0.05] * len(MEASURED)
    trials = []
    for seconds in sessions(WORLDS[world], true_s, count=count, blocks=10, seed=seed):
        cells = [quick_candidate(seconds[:, place]) for place in range(2 * len(MEASURED))]
        pairs = zip(MEASURED, cells[len(MEASURED) :], cells, strict=False)
        trials.append(at_sizes({size: (one, other) for size, one, other in pairs}, {"waiting": FLOOR}))
    return trials


ONE_ROUND = cell("one", 2, np.full((1, 1), 0.05))


def truthful(by_size: Sizes, onset: float) -> bool:
    """Whether the stated first size is the first that was measured beyond the onset, or none is stated."""
    return by_size.onset in (None, next(size for size in MEASURED if size > onset))


@pytest.mark.slow
@pytest.mark.parametrize("onset", [30, 70])
@pytest.mark.parametrize("world", ["calm", "drift"])
def test_an_onset_is_stated_at_the_next_measured_size_or_not_at_all(onset: float, world: str) -> None:
    trials = simulated(onset, 40, world, seed=round(onset))
    assert sum(truthful(one, onset) for one in trials) >= 38
    if world == "calm":
        assert sum(one.onset is not None for one in trials) >= 20  # it does find it


@pytest.mark.slow
@pytest.mark.parametrize("onset", [5, 30, 70, 150])
@pytest.mark.parametrize("world", WORLDS)
def test_onsets_are_true_in_95_percent_of_simulated_runs(onset: float, world: str) -> None:
    trials = simulated(onset, 300, world, seed=round(onset))
    assert np.mean([truthful(one, onset) for one in trials]) >= 0.95


def test_no_size_below_the_true_onset_is_called_faster_more_often_than_the_level() -> None:
    trials = simulated(150, 60, "drift", seed=9)
    early = [any(one.conclusions[size].outcome is Outcome.FASTER for size in (2, 10, 50, 100)) for one in trials]
    assert np.mean(early) <= 0.05


def test_a_run_of_two_experiments_names_each() -> None:
    steady = np.full((6, 2), 0.05)
    one = pd.concat([cell(model, size, steady) for model in ("threads", "asyncio") for size in MEASURED])
    both = pd.concat([one, one.assign(experiment="scaling")], ignore_index=True)
    starts = [str(each).partition(",")[0] for each in crossovers(SyntheticRun(both))]
    assert starts == ["With `wire` (experiment `network`)", "With `wire` (experiment `scaling`)"]
