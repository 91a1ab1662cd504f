"""Waiting for a quiet machine: how long, and that it favours no side. The clock is simulated."""

import numpy as np
import pytest

from scripts.analysis.revisions import Pairs, Sample, changes, pooled_sample
from scripts.revisions.measurement import PER_TURN, order
from scripts.revisions.quiet import Patience, duration_s


class Machine:
    """Others come and go; a look at them takes a second."""

    def __init__(self, seed: int, busy_share: float = 0.5, lasts_s: float = 20.0) -> None:
        self.now, self.rng = 0.0, np.random.default_rng(seed)
        self.lasts_s, self.busy_share = lasts_s, busy_share
        self.busy, self.until = True, float(self.rng.exponential(lasts_s))

    def advance(self, seconds: float) -> None:
        self.now += seconds
        while self.until < self.now:
            self.busy = bool(self.rng.random() < self.busy_share)
            self.until += float(self.rng.exponential(self.lasts_s))

    def measure(self) -> float:
        self.advance(1.0)
        return 0.5 if self.busy else 0.0

    def block(self, seconds: float) -> float:
        """What a block measures: a third more while others are there, and its own noise."""
        took = seconds * (1.3 if self.busy else 1.0) * float(np.exp(0.02 * self.rng.standard_normal()))
        self.advance(5 * took)
        return took


def run(seed: int, effect: float, budget_s: float) -> tuple[Pairs, Patience]:
    machine = Machine(seed)
    patience = Patience(budget_s, machine.measure, lambda: machine.now)
    sides, measured = order(10, seed), {"base": list[Sample](), "head": list[Sample]()}
    for start in range(0, len(sides), PER_TURN):
        patience.wait()
        turn = [(side, machine.block(effect if side == "head" else 1.0)) for side in sides[start : start + PER_TURN]]
        for name, samples in measured.items():
            samples.append(pooled_sample([Sample(took, 0.0, 0.0, 0.0) for side, took in turn if side == name]))
    return Pairs("threads", 10, measured["base"], measured["head"]), patience


@pytest.mark.parametrize("budget_s", [0.0, 600.0])
def test_waiting_favours_no_side(budget_s: float) -> None:
    runs = [changes([run(seed, 1.0, budget_s)[0]])[0] for seed in range(500)]
    assert sum(one.verdict in ("faster", "slower") for one in runs) / 500 <= 0.05
    logs = [np.log(one.ratio.estimate) for one in runs if one.ratio]
    assert abs(float(np.mean(logs))) <= 3 * float(np.std(logs)) / np.sqrt(500)


def test_waiting_makes_a_busy_machine_tell_more() -> None:
    widths = {
        budget_s: np.mean(
            [np.log(change.ratio.high / change.ratio.low) for seed in range(50)
             for change in changes([run(seed, 1.1, budget_s)[0]]) if change.ratio]
        )
        for budget_s in (0.0, 600.0)
    }  # fmt: skip
    assert widths[600.0] < widths[0.0]


def test_it_waits_no_longer_than_it_may_and_says_how_long_it_did() -> None:
    now = [0.0]

    def look() -> float:
        now[0] += 1.0
        return 0.9

    patience = Patience(5.0, look, lambda: now[0])
    assert not patience.wait()
    assert patience.waited_s == pytest.approx(5.0)
    assert not patience.wait()
    assert now[0] == pytest.approx(5.0)


def test_a_quiet_machine_is_not_waited_for() -> None:
    patience = Patience(60.0, lambda: 0.01, lambda: 0.0)
    assert patience.wait()
    assert patience.waited_s == 0.0


def test_without_the_option_nobody_looks() -> None:
    def look() -> float:
        raise AssertionError

    assert Patience(0.0, look).wait()


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0)])
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "-5m", "5d", "5 minutes", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        duration_s(text)
