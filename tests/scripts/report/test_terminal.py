"""What a terminal shows can be read at 60, 80 and 120 columns, and when it is piped."""

import io
import re

import pytest
from rich.console import Console
from rich.text import Text

from scripts.report import terminal
from scripts.report.progress import Live
from scripts.tables.load import Run
from tests.scripts.synthetic import SyntheticRun, make

WIDTHS = (60, 80, 120)
ABOUT = {"plan": {"only": ""}, "absent": {}}


def printed(run: SyntheticRun, width: int, *, color: bool = False) -> str:
    """What is printed of a run in a terminal of so many columns."""
    out = Console(file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False)
    terminal.show(Run(None, ABOUT, run.rounds, [], cells=[]), out)  # type: ignore[arg-type]
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_is_one_line_with_its_time_interval_and_speed_up(width: int) -> None:
    text = printed(make(experiments=["io"]), width)
    assert max(map(len, text.splitlines())) <= width
    row = next(line for line in text.splitlines() if line.startswith("  asyncio"))
    assert re.search(r"\b20\b.* \d+\.\d ms +[\d.]+–[\d.]+ ms +[\d.]+×", row)


def test_cells_of_different_task_counts_are_not_sorted_together() -> None:
    text = printed(make(experiments=["scaling"]), 80)
    sizes: list[set[str]] = []
    for line in text.splitlines():
        if line.startswith("scaling: "):
            assert re.match(r"scaling: wire, [\d,]+ tasks? \(wait", line)
            sizes.append(set())
        elif line.startswith("  ") and sizes and " ms " in line:
            sizes[-1].add(line.split()[-4 if "×" in line else -3])
    assert len(sizes) > 3
    heads = [line for line in text.splitlines() if line.startswith("scaling: ")]
    assert len(set(heads)) == len(heads)


@pytest.mark.slow
def test_the_heads_of_the_columns_stand_over_each_experiment() -> None:
    text = printed(make(experiments=["io", "cpu"]), 80)
    assert len(re.findall(r"^ +concurrency +time +95 % CI +speed-up +efficiency$", text, re.MULTILINE)) == 2


def test_a_warning_names_the_cells_that_have_it() -> None:
    run = make(experiments=["io"])
    run.rounds["saturated"] = run.rounds["model"].map({"processes": "client"}).fillna("")
    assert re.search(r"  warning: saturated: client \(processes at concurrency \d+\)", printed(run, 80))


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_on_a_disturbed_machine_the_first_line_says_so_and_what_to_do(width: int) -> None:
    run = make(experiments=["io"])
    assert "Warning" not in printed(run, width)
    run.rounds["disturbed"] = True
    text = " ".join(printed(run, width).split())
    assert text.startswith("Warning: 100 % of the rounds were disturbed by other load. Stop other programs")
    assert "make doctor" in text


def test_only_those_that_are_concluded_to_be_the_fastest_are_green(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    text = printed(make(experiments=["cpu"]), 80, color=True)
    primes = text.split("cpu: primes,")[1].split("cpu: ")[0]
    green = [line for line in primes.splitlines() if "\x1b[32m" in line]
    assert green
    assert all("processes" in line for line in green)
    few = printed(make(experiments=["cpu"], blocks=3), 80, color=True)
    assert "\x1b[32m" not in few


def test_no_colour_is_used_where_the_user_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = Console(file=io.StringIO(), width=80, force_terminal=True, highlight=False)
    run = make(experiments=["cpu"])
    terminal.show(Run(None, ABOUT, run.rounds, [], cells=[]), out)  # type: ignore[arg-type]
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", out.file.getvalue())  # type: ignore[attr-defined]


def in_progress(width: int, models: int = 8) -> list[str]:
    """The lines of progress in a terminal of so many columns."""
    live = Live(Console(file=io.StringIO(), force_terminal=True, width=width, height=24), 10)
    live.begin_block(9, 754.0, "3.14t")
    names = ["sequential", *(f"model_{number}" for number in range(models))]
    live.update({"kind": "block", "order": names})
    for number, name in enumerate(names):
        rounds = [{"seconds": 1 / (number + 1), "warmup": False}]
        labels = {"experiment": "io", "workload": "wire", "model": name, "twin": False}
        live.update({"kind": "cell", "cell": f"io-wire-{name}", "valid": True, "rounds": rounds} | labels)
    lines = Console(width=width).render_lines(live.bar.get_renderable())
    return [Text.assemble(*(segment.text for segment in line)).plain.rstrip() for line in lines]


@pytest.mark.parametrize("width", WIDTHS)
def test_progress_is_two_lines_that_say_block_time_left_and_the_estimate(width: int) -> None:
    lines = in_progress(width)
    assert len(lines) == 2
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("block 10/10 (3.14t)")
    assert "12:34 left" in lines[0]
    assert lines[1].startswith("so far: io: model_7 9×, model_6 8×")
    assert (lines[1][-1] == "…") is (width < 120)


def test_piped_progress_is_a_line_for_each_block() -> None:
    out = Console(file=io.StringIO(), width=80)
    live = Live(out, 2)
    live.begin_block(0, None)
    live.begin_block(1, 63.0)
    lines = out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines == ["block 1 of 2: first block.", "block 2 of 2: 1:03 left."]
