"""The table, the sentences and the console: what a reader is told, from rounds whose truth is known."""

import io
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from scripts.analysis.answers import answers, noise_floors_text
from scripts.analysis.contests import contest
from scripts.report import answer_table, terminal
from scripts.report.progress import Live
from scripts.report.terminal import show
from scripts.tables.load import Run
from scripts.tables.summary import control_floor, disturbed_share, summarise, too_disturbed
from tests.scripts.synthetic import SyntheticRun, make


def rounds(*, blocks: int = 10, **seconds_of_models: float) -> pd.DataFrame:
    """An io experiment on `wire` whose models take so long in every round."""
    common = {"experiment": "io", "workload": "wire", "concurrency": 20, "tasks": 40, "wait_seconds": 0.02}
    common |= {"compute_seconds": 0.0, "twin": False, "valid": True, "disturbed": False, "saturated": ""}
    return pd.DataFrame(
        common
        | {"model": model, "block": block, "round": number, "warmup": not number}
        # no two blocks and rounds alike, and the warm-up round far off
        | {"seconds": took * (1 + 0.01 * ((block + number) % 3)) * (1 if number else 9)}
        | {"ideal_seconds": 0.04, "efficiency": 0.04 / took}
        for model, took in seconds_of_models.items()
        for block in range(blocks)
        for number in range(3)
    )


def row_of(table: pd.DataFrame, model: str) -> Any:
    return summarise(table, ranges_only=False).set_index("model").loc[model]


def sentences_of(run: SyntheticRun) -> list[str]:
    return answers(run)


def test_a_discarded_round_never_reaches_a_figure() -> None:
    row = row_of(rounds(sequential=0.8, asyncio=0.05), "asyncio")
    assert 0.05 <= row["seconds"] <= 0.051
    assert row["cold_seconds"] > 0.4


def test_a_speed_up_is_paired_with_the_sequential_cell_of_the_same_work() -> None:
    table = rounds(sequential=0.8, asyncio=0.05)
    other = table.assign(tasks=400, seconds=table["seconds"] * 10)
    row = row_of(pd.concat([table, other[other["model"] == "sequential"]]), "asyncio")
    assert row["speedup"] == pytest.approx(16)
    assert row["ideal_speedup"] == pytest.approx(0.8 * 1.01 / 0.04, rel=0.02)


def test_without_a_sequential_cell_there_is_no_speed_up() -> None:
    assert summarise(rounds(asyncio=0.05), ranges_only=False)["speedup"].isna().all()


def test_a_cell_that_is_missing_in_a_block_says_so() -> None:
    table = rounds(sequential=0.8, asyncio=0.05)
    torn = table[(table["model"] != "asyncio") | (table["block"] != 3)]
    assert row_of(torn, "asyncio")["flags"] == "missing in 1 of 10 blocks"


def test_a_saturated_client_is_told_where_its_figure_is_shown() -> None:
    table = rounds(sequential=0.8, asyncio=0.05)
    ours = table["model"] == "asyncio"
    table = table.assign(saturated=ours.map({True: "client", False: ""}), disturbed=ours)
    assert row_of(table, "asyncio")["flags"] == "saturated: client, disturbed"
    assert row_of(table, "sequential")["flags"] == ""


def test_three_blocks_give_ranges_and_no_interval() -> None:
    row = summarise(rounds(blocks=3, asyncio=0.05), ranges_only=True).iloc[0]
    assert (row["seconds_low"], row["seconds_high"]) == pytest.approx((0.05 * 1.005, 0.05 * 1.015))


def test_what_may_be_zero_is_summarised_too() -> None:
    lossy = rounds(threads=0.05).assign(metric="lost_share", lost_share=lambda table: table["block"] % 2 * 0.5)
    row = summarise(lossy, ranges_only=False).iloc[0]
    assert row["value"] == pytest.approx(0.25)
    assert row["value_low"] < 0.25 < row["value_high"]


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.5, "lost_share", "50 %"),
        (0.0, "longest_gap_seconds", "0 s"),
        (0.0103, "longest_gap_seconds", "10.3 ms"),
        (2048, "resident_bytes", "2.00 KiB"),
        (1.0, "warnings", "1"),
        (1.8371, "threads_speedup", "1.84×"),
        (100_000.0, "peak_tasks", "100,000"),
    ],
)
def test_a_share_or_a_count_is_not_told_in_seconds(value: float, metric: str, text: str) -> None:
    assert terminal.number(value, metric) == text


def test_identical_twins_show_how_far_apart_identical_is() -> None:
    table = rounds(asyncio=0.05)
    assert control_floor(table) is None
    twin = table.assign(twin=True, seconds=table["seconds"] * 1.04)
    floor = control_floor(pd.concat([table, twin]))
    assert floor
    assert floor.value == pytest.approx(0.04)
    assert floor.controls == 1


def test_one_noisy_pair_that_computes_sets_no_floor_for_waiting() -> None:
    waiting = rounds(sequential=0.8, threads=0.06, asyncio=0.05)
    computing = rounds(sequential=0.26, processes=0.2)
    computing = computing.assign(experiment="cpu", workload="primes", wait_seconds=0.0, compute_seconds=0.05)
    both = (waiting[waiting["model"] == "asyncio"], 1.01), (computing[computing["model"] == "processes"], 1.4)
    twins = [cell.assign(twin=True, seconds=cell["seconds"] * factor) for cell, factor in both]
    run = SyntheticRun(pd.concat([waiting, computing, *twins]))
    floors = {kind: floor.value for kind, floor in run.noise_floors.items() if floor}
    assert floors == pytest.approx({"waiting": 0.01, "computing": 0.4})
    io, cpu = sentences_of(run)
    assert "The next is slower: threads took 1.20× its time" in io
    assert "no model was shown to be faster than another in this run. Beside processes, inconclusive: seq" in cpu
    assert noise_floors_text(run).startswith("A/A controls differed by 1.0 % (95 % CI ")
    assert ", 40.0 % (95 % CI " in noise_floors_text(run)


def test_a_kind_of_work_without_a_twin_is_named() -> None:
    assert noise_floors_text(make(experiments=["io", "mixed"])).endswith(
        ": smaller differences mean nothing. No A/A control was measured of computing and mixed work: "
        "a noise floor of 10 % is assumed."
    )


def test_three_blocks_say_nothing_of_noise() -> None:
    assert noise_floors_text(make(blocks=3)) == ""


def quiet(table: pd.DataFrame) -> SyntheticRun:
    """A run of these rounds with an A/A control that shows no noise."""
    return SyntheticRun(pd.concat([table, table[table["model"] == "asyncio"].assign(twin=True)]))


def test_the_sentence_names_the_fastest_and_what_is_slower() -> None:
    (sentence,) = sentences_of(quiet(rounds(sequential=0.8, threads=0.1, asyncio=0.05)))
    assert sentence.startswith(
        "For I/O-bound work (wire, concurrency 20), fastest in this run: asyncio, "
        "16.0× faster than sequential (95 % CI 16.0–16.0×; efficiency 80 %)."
    )
    assert "The next is slower: threads took 2.00× its time" in sentence


def test_those_that_come_next_to_the_fastest_are_named_together() -> None:
    (sentence,) = sentences_of(quiet(rounds(sequential=0.8, threads=0.1003, processes=0.1, asyncio=0.05)))
    assert "The next are slower: processes took 2.00× its time" in sentence
    assert " and threads took 2.01× its time" in sentence


def test_sequential_is_not_passed_over_where_it_comes_next() -> None:
    (tied,) = sentences_of(quiet(rounds(sequential=0.1, threads=0.1003, asyncio=0.05)))
    assert "The next are slower: sequential took 2.00× its time" in tied
    (alone,) = sentences_of(quiet(rounds(sequential=0.1, threads=0.2, asyncio=0.05)))
    assert "next" not in alone  # how many times faster than sequential the fastest is, stands there already
    assert "threads" not in alone


def test_a_model_that_is_only_tied_with_a_faster_one_is_given_no_gain() -> None:
    table = rounds(sequential=0.8, threads=0.055, asyncio=0.05)
    wild = table["model"] == "threads"
    table.loc[wild, "seconds"] *= (table.loc[wild, "block"] % 2).map({0: 0.01, 1: 100})
    (sentence,) = sentences_of(quiet(table))
    assert "fastest in this run: asyncio or threads. asyncio: 16.0× faster than sequential" in sentence
    assert "threads: " not in sentence
    found = contest(quiet(table), "io", "wire")
    assert found
    assert answer_table.fastest(found)[1] == [one for one in answer_table.fastest(found)[1] if "asyncio" in one]


def test_an_efficiency_above_one_says_what_that_is() -> None:
    table = rounds(sequential=0.8, asyncio=0.05)
    run = quiet(table.assign(efficiency=table["model"].map({"sequential": 0.05, "asyncio": 1.02})))
    assert "efficiency 102 %, above its ideal time)" in sentences_of(run)[0]


def test_where_no_difference_is_shown_none_is_called_measured() -> None:
    found = contest(SyntheticRun(rounds(sequential=0.054, asyncio=0.05)), "io", "wire")
    assert found
    assert found.family.others[0][1].outcome.value == "inconclusive"
    assert answer_table.fastest(found) == ("no difference shown", [])


def test_models_within_the_margin_are_named_together() -> None:
    (sentence,) = sentences_of(quiet(rounds(sequential=0.8, threads=0.0505, asyncio=0.05)))
    assert "fastest in this run: asyncio or threads. " in sentence
    assert "Beside asyncio, no measurable difference: threads took 1.01× its time" in sentence


def test_no_difference_inside_the_noise_floor_is_called_one() -> None:
    table = rounds(sequential=0.8, threads=0.056, asyncio=0.05)
    twin = table[table["model"] == "asyncio"]
    noisy = pd.concat([table, twin.assign(twin=True, seconds=twin["seconds"] * 1.2)])
    (sentence,) = sentences_of(SyntheticRun(noisy))
    assert "fastest in this run: asyncio or threads. " in sentence
    assert "Beside asyncio, inconclusive: threads took 1.12× its time" in sentence


def test_a_noise_floor_that_was_not_measured_is_not_taken_for_zero() -> None:
    table = rounds(sequential=0.8, threads=0.054, asyncio=0.05)
    assert "fastest in this run: asyncio, " in sentences_of(quiet(table))[0]
    assert "fastest in this run: asyncio or threads. " in sentences_of(SyntheticRun(table))[0]


def disturbing(share: float, **models: Any) -> SyntheticRun:
    """A clear difference, measured while others disturbed so many of the fastest model's rounds."""
    table = rounds(**models)
    hit = (table["model"] == "asyncio") & (table["round"] > 0) & (table["block"] < 10 * share)
    return SyntheticRun(table.assign(disturbed=hit))


def test_a_disturbed_run_headlines_no_winner() -> None:
    (sentence,) = sentences_of(disturbing(0.6, sequential=0.8, threads=0.1, asyncio=0.05))
    assert "no conclusion: other programs or the hypervisor disturbed 60 % of the rounds (asyncio)" in sentence
    assert "fastest" not in sentence


def test_a_disturbed_cell_that_took_more_time_is_left_out_and_named() -> None:
    table = rounds(sequential=0.8, threads=0.1, asyncio=0.05)
    hit = (table["model"] == "threads") & (table["round"] > 0)
    (sentence,) = sentences_of(quiet(table.assign(disturbed=hit)))
    assert "fastest in this run: asyncio, " in sentence
    assert "Not usable: other programs or the hypervisor disturbed 100 % of the rounds (threads)" in sentence


def test_some_disturbed_rounds_are_what_intervals_are_for() -> None:
    (sentence,) = sentences_of(disturbing(0.5, sequential=0.8, threads=0.1, asyncio=0.05))
    assert "The next is slower: threads" in sentence


def test_a_saturated_cell_decides_nothing() -> None:
    table = rounds(sequential=0.8, threads=0.1, asyncio=0.05)
    busy = table.assign(saturated=table["model"].map({"asyncio": "client"}).fillna(""))
    (sentence,) = sentences_of(SyntheticRun(busy))
    assert "no conclusion: the client was saturated (asyncio)" in sentence


def test_a_cell_that_beats_its_ideal_time_decides_nothing_and_says_so() -> None:
    table = rounds(sequential=0.8, threads=0.1, asyncio=0.05)
    wrong = table.assign(efficiency=table["efficiency"].where(table["model"] != "asyncio", 1.2))
    assert row_of(wrong, "asyncio")["flags"] == "above ideal"
    assert "no conclusion: it was faster than its ideal time (asyncio)" in sentences_of(SyntheticRun(wrong))[0]


def test_a_disturbed_cell_is_not_excused_by_a_quiet_one_beside_it() -> None:
    run = disturbing(0.6, threads=0.1, asyncio=0.05)
    assert disturbed_share(run.rounds) == 0.3
    assert too_disturbed(run.rounds).endswith("disturbed 60 % of the rounds")
    assert too_disturbed(run.rounds[run.rounds["model"] == "threads"]) == ""


def test_a_discarded_round_disturbs_nobody() -> None:
    table = rounds(asyncio=0.05)
    assert disturbed_share(table.assign(disturbed=table["warmup"])) == 0
    assert disturbed_share(table[table["warmup"]].assign(disturbed=True)) == 0


def test_the_run_says_what_share_was_disturbed() -> None:
    run = disturbing(0.6, sequential=0.8, threads=0.1, asyncio=0.05)
    assert "Other programs or the hypervisor disturbed 12 of 60 measured rounds." in printed(run).replace("\n", " ")


def test_three_blocks_headline_no_winner() -> None:
    (sentence,) = sentences_of(SyntheticRun(rounds(blocks=3, sequential=0.8, threads=0.1, asyncio=0.05)))
    assert sentence == (
        "For I/O-bound work (wire, concurrency 20): 3 blocks are too few for a conclusion; it takes 6. "
        "Lowest to highest block: sequential 804–812 ms, threads 100–102 ms, asyncio 50.2–50.8 ms."
    )


def test_when_nothing_beats_sequential_the_sentence_says_so() -> None:
    (sentence,) = sentences_of(SyntheticRun(rounds(sequential=0.8, threads=1.0)))
    assert "fastest in this run: sequential. The next is slower: threads took 1.2" in sentence


def test_a_run_without_sequential_gives_no_answer_rather_than_a_wrong_one() -> None:
    assert sentences_of(SyntheticRun(rounds(threads=0.9, asyncio=0.5))) == []


def test_a_run_that_only_observes_is_shown_without_answers() -> None:
    run = make(experiments=["startup_cost", "task_memory"])
    assert sentences_of(run) == []
    assert "process-spawn" in printed(run)


@pytest.mark.slow
def test_the_questions_are_answered_in_order() -> None:
    run = make()
    starts = ["For I/O-bound work", "For CPU-bound Python code", "For mixed work (20 % CPU, mixed, concurrency 16)"]
    starts += ["With `wire` (experiment `scaling`), asyncio beside threads in this run"]
    assert [sentence.startswith(start) for sentence, start in zip(sentences_of(run), starts, strict=True)] == [True] * 4
    assert contest(run, "mixed", "mixed").rows["concurrency"].nunique() == 1  # type: ignore[union-attr]


def printed(run: SyntheticRun, *, width: int = terminal.WIDTH) -> str:
    out = Console(file=io.StringIO(), width=width, no_color=True)
    about = {"plan": {"only": ""}, "absent": {}}
    full = Run(path=None, environment=about, rounds=run.rounds, omissions=[], cells=[])  # type: ignore[arg-type]
    show(full, out)
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.slow
def test_the_table_fits_80_columns_and_loses_nothing() -> None:
    text = printed(make())
    assert max(map(len, text.splitlines())) <= terminal.WIDTH
    assert "…" not in text
    assert "A/A controls differed by" in text


def test_piped_output_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.console().print("[bold]16×[/bold]")
    assert capsys.readouterr().out == "16×\n"


def test_the_current_estimate_and_the_first_number_are_shown_while_the_run_goes_on() -> None:
    out = Console(file=io.StringIO(), width=terminal.WIDTH)
    live = Live(out, blocks=2)
    cell = {"kind": "cell", "experiment": "io", "workload": "wire", "twin": False, "valid": True, "reason": ""}
    live.update({"kind": "block", "order": [{}, {}, {}]})
    for model, took in (("sequential", 0.8), ("asyncio", 0.05)):
        measured = [{"seconds": 9.0, "warmup": True}, {"seconds": took, "warmup": False}]
        live.update(cell | {"cell": f"io-wire-{model}-c20", "model": model, "rounds": measured})
    live.update(cell | {"cell": "io-wire-threads-c20", "model": "threads", "valid": False, "reason": "lost a task"})
    live.begin_block(1, 63.0)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "first number: io-wire-sequential-c20 800 ms" in text
    assert "not a result: io-wire-threads-c20: lost a task" in text
    assert "block 2 of 2: 1:03 left. io: asyncio 16×" in text


def test_the_bar_of_a_run_whose_last_blocks_are_smaller_ends_where_the_run_does() -> None:
    live = Live(Console(file=io.StringIO(), width=terminal.WIDTH), blocks=3)
    cell = {"kind": "cell", "cell": "io-wire-threads-c20", "valid": False, "reason": "lost a task"}
    for number, size in enumerate((4, 4, 1)):
        live.begin_block(number, None)
        live.update({"kind": "block", "order": [{}] * size})
        for _ in range(size):
            live.update(cell)
    (task,) = live.bar.tasks
    assert (task.completed, task.total) == (9, 9)
