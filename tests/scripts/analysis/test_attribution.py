"""Where the time goes, in words: sums that add up, and nothing that nobody saw."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.analysis.attribution import Attribution, holder_text, read
from scripts.charts import where_time_goes
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts import synthetic
from tests.scripts.synthetic import SyntheticRun

FOLDER = SyntheticRun.path


def cells() -> list[Attribution]:
    return read(FOLDER / "why.json")


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.cell)
def test_the_numbers_of_a_sentence_add_up_to_the_first(cell: Attribution) -> None:
    total, *parts = map(float, re.findall(r"(?<![\w.])\d+(?:\.\d+)?", cell.sentence().replace(",", "")))
    assert sum(parts) == pytest.approx(total, rel=0.01)
    assert sum(cell.terms.values()) == pytest.approx(cell.seconds)


def test_a_sum_that_does_not_close_says_so() -> None:
    cell = cells()[0]
    terms = cell.terms | {"unattributed": 0.1 * cell.seconds, "asked": cell.terms["asked"] - 0.1 * cell.seconds}
    assert cell.closes
    assert not replace(cell, terms=terms).closes
    assert "10 % of the time is unattributed" in replace(cell, terms=terms).caveat()


def test_what_the_system_does_not_tell_is_left_out_by_name() -> None:
    caveat = replace(cells()[0], left_out="the system does not allow it").caveat()
    assert "left out: waiting for the GIL, a lock and the network, because the system does not allow it" in caveat


def test_a_bar_is_as_long_as_it_was_asked_to_be() -> None:
    assert {len(cell.bar(40)) for cell in cells()} == {40}


def test_the_line_that_held_the_loop_is_named_with_its_file() -> None:
    holder = {"kind": "loop", "file": "/home/me/pages.py", "line": 5, "function": "awork", "call": "time.sleep",
              "count": 30.0, "seconds_each": 0.02, "share": 1.0}  # fmt: skip
    assert holder_text(holder).startswith("time.sleep at pages.py:5 in awork held the loop for 20.0 ms, 30.0 times")


@pytest.mark.parametrize(
    "text", ["{", '{"schema": 1}', '{"schema": 1, "cells": [{"cell": "io"}]}', '{"schema": 9, "cells": []}']
)
def test_a_damaged_file_is_refused_with_the_command_that_makes_it_again(text: str, tmp_path: Path) -> None:
    (tmp_path / "why.json").write_text(text)
    with pytest.raises(CommandError, match="Next: make why RUN=") as refused:
        read(tmp_path / "why.json")
    assert refused.value.code == Exit.BAD_DATA


def test_a_run_without_attribution_has_no_chart() -> None:
    assert read(FOLDER / "nothing.json") == []
    assert json.loads((FOLDER / "why.json").read_text())["schema"] == 1


def test_a_cell_whose_attribution_took_far_longer_than_it_does_is_no_bar_and_no_finding(tmp_path: Path) -> None:
    document = json.loads((FOLDER / "why.json").read_text())
    slow = document["cells"][0]
    slow["slowdown"] = 6.55
    (tmp_path / "why.json").write_text(json.dumps(document))
    run = replace(synthetic.make(blocks=6, experiments=["io"]), path=tmp_path)
    assert slow["cell"] not in {cell.cell for cell in where_time_goes.chart_cells(run)}
    left_out = f"{slow['experiment']} {slow['workload']} {slow['concurrency']}: {slow['model']} (6.55× as long)"
    assert left_out in where_time_goes.left_out_words(run)
    assert "6.55×" not in where_time_goes.finding(run)
    (first, *others) = read(tmp_path / "why.json")
    assert "took 6.55× the time of rounds without" in first.caveat()
    assert "too much to stand for them" in first.caveat()
    assert not any("too much" in other.caveat() for other in others)
