"""How often an interval holds what many runs come to: over the blocks of one run, and over several runs.

docs/how-it-measures.md has the shares in a table, and a test that they are those of the simulation.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from scripts.stats.intervals import t_limits
from tests.scripts.simulate import HOSTS, Host, runs_on

PAGE = Path(__file__).parents[3] / "docs" / "how-it-measures.md"
COUNT, BLOCKS, RUNS = 4000, 10, 3


def coverage(host: Host, runs: int) -> float:
    """The share of results of so many runs whose 95 % interval holds the long-run ratio."""
    ratios = runs_on(host, count=COUNT, runs=runs, blocks=BLOCKS, seed=1)
    limits = t_limits(ratios[:, 0] if runs == 1 else ratios.mean(axis=-1))
    return float(((limits.low <= 0) & (limits.high >= 0)).mean())


@pytest.mark.parametrize("name", HOSTS)
def test_an_interval_over_three_runs_covers_wherever_runs_differ(name: str) -> None:
    # On hosts of two speeds all three runs may meet the same one: no interval of three runs can know of the other.
    assert coverage(HOSTS[name], RUNS) >= (0.7 if HOSTS[name].fast else 0.94)


def test_an_interval_over_the_blocks_of_one_run_covers_that_run_alone() -> None:
    assert coverage(HOSTS["the same all the time"], 1) >= 0.94
    assert coverage(HOSTS["10 % from run to run"], 1) < 0.5
    assert coverage(HOSTS["hosts of two speeds"], 1) < 0.2


def table() -> str:
    """The shares, as the page has them."""
    rows = [f"| {name} | {coverage(host, 1):.0%} | {coverage(host, RUNS):.0%} |" for name, host in HOSTS.items()]
    head = [f"| the machine is | over the blocks of one run | over {RUNS} runs |", "| --- | ---: | ---: |"]
    return "\n".join([*head, *(row.replace("%", " %").replace("  %", " %") for row in rows)])


def test_the_page_states_the_coverage_of_the_simulation() -> None:
    match = re.search(r"<!-- coverage -->\n(.*)\n<!-- /coverage -->", PAGE.read_text(), re.DOTALL)
    assert match
    assert match[1] == table()


def test_a_cell_that_minds_the_machine_as_much_as_the_other_is_no_worse_off_in_one_run() -> None:
    alike = Host(spread=0.10, sensitivity=(1.0, 1.0))
    assert coverage(alike, 1) == pytest.approx(0.95, abs=0.015)
    assert np.isfinite(coverage(alike, 2))
