"""Interpreters side by side: paired turn by turn, and each said with its build, its GIL and what it lacks."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from matplotlib.lines import Line2D
from rich.console import Console

from scripts.analysis.interpreter_builds import build_difference
from scripts.analysis.interpreter_ratios import notes, rows, sentences, sharing, threads_speedup
from scripts.charts import interpreters
from scripts.charts.lib.theme import LIGHT, SLIDE, style
from scripts.report import terminal_interpreters as terminal
from scripts.util.format import times
from tests.scripts.charts.legible import defects
from tests.scripts.drawings import artists, texts
from tests.scripts.recorded import interpreter
from tests.scripts.synthetic import SPEED, SyntheticRun, in_turns, make

pytestmark = pytest.mark.slow


def test_a_drift_that_hits_all_alike_is_no_difference() -> None:
    for row in rows(in_turns()):
        faster = dict(row.faster)
        if (row.cell["workload"], row.cell["model"]) == ("primes", "threads"):
            faster.pop("3.13t")
        for name, ratio in faster.items():
            assert ratio.value == pytest.approx(SPEED[name])
            assert ratio.high / ratio.low < 1.001


def test_a_block_that_is_missing_costs_its_turn_only() -> None:
    run = in_turns()
    other = run.other_interpreters[0]
    torn = replace(other, rounds=other.rounds[other.rounds["block"] != 4])
    compared = rows(replace(run, other_interpreters=(torn,)))
    assert {round(row.faster["3.14"].value, 3) for row in compared} == {1.25}
    assert {row.faster["3.14"].flags for row in compared} == {""}


def test_a_cell_that_an_interpreter_lacks_is_left_out_and_not_invented() -> None:
    run = in_turns()
    free = run.other_interpreters[1]
    lacking = replace(free, rounds=free.rounds[free.rounds["workload"] != "http"])
    compared = rows(replace(run, other_interpreters=(run.other_interpreters[0], lacking)))
    assert {row.cell["workload"] for row in compared if "3.13t" not in row.faster} == {"http"}


def newer(run: SyntheticRun) -> SyntheticRun:
    """The same, whose second interpreter alone has another model, twice as fast as sequentially there."""
    rounds = run.other_interpreters[0].rounds
    more = rounds[(rounds["workload"] == "primes") & (rounds["model"] == "sequential")].assign(model="interpreters")
    more["seconds"] /= 2
    later = replace(run.other_interpreters[0], rounds=pd.concat([rounds, more], ignore_index=True))
    return replace(run, other_interpreters=(later, *run.other_interpreters[1:]))


def test_a_model_that_only_a_later_interpreter_has_is_set_beside_one_after_another() -> None:
    run = newer(in_turns())
    (row_of_model,) = [row for row in rows(run) if row.cell["model"] == "interpreters"]
    assert (row_of_model.baseline, list(row_of_model.faster)) == ("sequential", ["3.14"])
    assert row_of_model.faster["3.14"].value == pytest.approx(2 * SPEED["3.14"])
    figure = interpreters.draw(run, LIGHT)
    assert figure
    assert "interpreters*" in texts(figure)
    assert "* beside sequential under 3.13" in " ".join(texts(figure)).replace("\N{NO-BREAK SPACE}", " ")
    assert defects(figure) == []


def test_work_that_only_a_later_interpreter_did_is_named_and_not_compared() -> None:
    run = newer(in_turns())
    alone = replace(run, rounds=run.rounds[run.rounds["workload"] != "primes"])
    assert "interpreters" not in {row.cell["model"] for row in rows(alone)}
    assert "3.14 only: cpu/primes/interpreters." in list(notes(alone))


def test_memory_is_said_as_times_as_much_and_not_as_times_as_fast() -> None:
    run = in_turns()
    parts = [with_memory(one, held) for one, held in zip(run.by_interpreter, (4e7, 2e7, 5e7), strict=True)]
    joined = replace(parts[0], other_interpreters=tuple(parts[1:]))
    assert "interpreter_memory" not in {row.work for row in rows(joined)}
    (sentence,) = [one for one in sentences(joined) if "Memory" in one]
    assert sentence.startswith(
        "Memory of a program, objects: 38.1 MiB under 3.13; 3.14 takes 0.50× (0.50–0.50×) as much and "
    )
    assert "3.13t takes 1.25×" in sentence


def test_an_answer_beside_computing_is_told_with_and_without_the_gil() -> None:
    run = in_turns()
    parts = [with_convoy(one, took_s) for one, took_s in zip(run.by_interpreter, (5e-3, 5e-3, 5e-5), strict=True)]
    (sentence,) = [one for one in sentences(replace(parts[0], other_interpreters=tuple(parts[1:]))) if "answer" in one]
    assert sentence.startswith(
        "An answer from a thread beside one that computes takes 5.00 ms under 3.13 (with the GIL), "
    )
    assert "1.00× (1.00–1.00×) as fast under 3.14 (with the GIL)" in sentence
    assert "100× (100–100×) as fast under 3.13t (without the GIL)" in sentence


def test_what_doing_without_the_gil_costs_is_left_open_where_the_builds_differ() -> None:
    run = in_turns()
    without = run.other_interpreters[-1]
    for field, other in (("version", "3.13.9"), ("compiler", "Clang 20"), ("optimised", "yes")):
        environment = without.environment | {"python": without.environment["python"] | {field: other}}
        parts = (*run.other_interpreters[:-1], replace(without, environment=environment))
        (cost,) = [
            one for one in sentences(replace(run, other_interpreters=parts)) if "sequential" in one.split("Tasks")[0]
        ]
        assert cost == (
            "What 3.13t costs a sequential program is left open: no build here differs by the GIL alone."
        ), field


def test_a_jit_is_set_beside_the_same_build_without_it() -> None:
    run = in_turns()
    with_jit = run.other_interpreters[0]
    python = run.environment["python"] | {"jit": True}
    parts = (replace(with_jit, environment=with_jit.environment | {"python": python}), *run.other_interpreters[1:])
    assert "Sequentially, 3.14 takes 0.80× (0.80–0.80×) the time of 3.13." in sentences(
        replace(run, other_interpreters=parts)
    )
    other = (
        replace(with_jit, environment=with_jit.environment | {"python": python | {"version": "3.9"}}),
        run.other_interpreters[1],
    )
    assert any("differs by its JIT alone" in one for one in sentences(replace(run, other_interpreters=other)))


def test_a_jit_is_never_set_beside_a_build_without_the_gil() -> None:
    run = in_turns(names=("3.13", "3.14", "3.13t"))
    with_jit, free = run.other_interpreters
    python = free.environment["python"] | {"jit": True, "free_threaded": False, "gil": True}
    only = replace(free, other_interpreters=(replace(with_jit, environment=with_jit.environment | {"python": python}),))
    assert any("differs by its JIT alone" in one for one in sentences(only))
    assert (
        build_difference(only, only.other_interpreters[0], ("jit",))
        == "3.13t has free_threaded = True and 3.14 has free_threaded = False"
    )


def test_a_disturbed_build_is_named_and_its_figures_are_not() -> None:
    run = in_turns()
    free = run.other_interpreters[-1]
    busy = replace(free, rounds=free.rounds.assign(disturbed=True))
    gain, left_out, cost, *_ = sentences(replace(run, other_interpreters=(*run.other_interpreters[:-1], busy)))
    assert "3.13t" not in gain
    assert left_out == (
        "Threads against sequential under 3.13t: not usable, other programs or the hypervisor disturbed "
        "100 % of the rounds."
    )
    assert "Sequentially" not in cost


def test_no_gain_of_threads_is_called_impossible() -> None:
    assert sentences(in_turns())[-1].endswith(" cores' worth of work in parallel, the ideal for threads.")


def test_the_title_sets_two_builds_beside_each_other_that_differ_in_the_gil_alone() -> None:
    run = in_turns()
    older = replace(run, environment=run.environment | {"python": run.environment["python"] | {"version": "3.9"}})
    alike = run.other_interpreters[0].environment | {"python": run.environment["python"]}
    found = replace(
        older, other_interpreters=(replace(run.other_interpreters[0], environment=alike), run.other_interpreters[1])
    )
    assert "with the GIL (3.14)" in interpreters.finding(found)


def test_two_threads_are_compared_with_one_under_the_same_interpreter() -> None:
    run = in_turns()
    parts = [with_sharing(one, factor) for one, factor in zip(run.by_interpreter, (1.0, 1.0, 0.5), strict=True)]
    ((form, ratios),) = sharing(replace(parts[0], other_interpreters=tuple(parts[1:])))
    assert form == "dict"
    assert {python: ratio.value for python, ratio in ratios.items()} == pytest.approx(
        {"3.13": 1, "3.14": 1, "3.13t": 2}
    )
    assert list(sharing(run)) == []


def with_sharing(run: SyntheticRun, factor: float) -> SyntheticRun:
    """The run with operations on a dict: two threads take `factor` times as long for one as one thread does."""
    base = run.rounds[(run.rounds["workload"] == "primes") & (run.rounds["model"] == "sequential")]
    base = base.assign(experiment="thread_contention", workload="noop", model="dict", metric="unit_seconds")
    operations = [base.assign(concurrency=1, unit_seconds=1e-7), base.assign(concurrency=2, unit_seconds=1e-7 * factor)]
    return replace(run, rounds=pd.concat([run.rounds.assign(metric=None), *operations], ignore_index=True))


def with_convoy(run: SyntheticRun, took_s: float) -> SyntheticRun:
    base = run.rounds[(run.rounds["workload"] == "primes") & (run.rounds["model"] == "sequential")]
    more = base.assign(experiment="gil_convoy", workload="noop", model="beside-computing", metric="p50_seconds")
    rounds = pd.concat([run.rounds.assign(metric=None), more.assign(p50_seconds=took_s)], ignore_index=True)
    return replace(run, rounds=rounds)


def with_memory(run: SyntheticRun, held: float) -> SyntheticRun:
    base = run.rounds[(run.rounds["workload"] == "primes") & (run.rounds["model"] == "sequential")]
    more = base.assign(experiment="interpreter_memory", workload="noop", model="objects", metric="program_bytes")
    rounds = pd.concat([run.rounds.assign(metric=None), more.assign(program_bytes=held)], ignore_index=True)
    return replace(run, rounds=rounds)


def test_a_model_that_only_the_first_interpreter_has_is_in_the_table_and_not_in_the_chart() -> None:
    run = in_turns()
    others = tuple(replace(one, rounds=one.rounds[one.rounds["model"] != "asyncio"]) for one in run.other_interpreters)
    without = replace(run, other_interpreters=others)
    assert {row.cell["model"] for row in rows(without) if not row.faster} == {"asyncio"}
    assert {title.title for groups in interpreters.panels(without).values() for title in groups} == {
        "sequential", "threads", "processes"
    }  # fmt: skip


def test_the_sentence_sets_threads_without_the_gil_beside_threads_with_it() -> None:
    gain, cost, capacity = sentences(in_turns())
    assert capacity.startswith("Meanwhile this machine did 1.8")
    assert "under 3.13 (with the GIL)" in gain
    assert "under 3.13t (without the GIL). Brackets: 95 % CI." in gain
    assert cost == "Sequentially, 3.13t takes 1.25× (1.25–1.25×) the time of 3.13."


def test_few_turns_give_ranges_and_say_so() -> None:
    run = in_turns(blocks=2)
    assert sentences(run)[0].endswith("Brackets: range.")
    assert "range of 2 blocks" in interpreters.caption(run)


def test_what_is_not_alike_is_named() -> None:
    run = in_turns(facts={
        "3.13": {"pure": ["h11"], "packages": {"aiohttp": "3.14.5", "h11": "0.16"}},
        "3.14": {"packages": {"aiohttp": "3.12.0"}},
        "3.13t": {
            "pure": ["aiohttp"],
            "left_out": {"uvloop": "has no wheel for this Python"},
            "absent": {"gevent": "needs gevent, and importing greenlet._greenlet switches the GIL back on"},
            "unloadable": {"test_images.py": "No module named 'PIL'"},
            "need_the_gil": {"uvloop": "uvloop.loop"},
            "python": interpreter("3.13t", optimised=False)["python"],
        },
    })  # fmt: skip
    lines = list(notes(run))
    assert "3.13t: CPython 3.13.1, not optimised (no PGO), free-threaded, GCC." in lines
    assert "3.13: CPython 3.13.1, optimised, GCC." in lines
    assert "3.14: aiohttp 3.12.0, and 3.13 has 3.14.5." in lines
    assert "3.13t: uvloop has no wheel for this Python, and was left out." in lines
    gone = "3.13t: gevent was left out: needs gevent, and importing greenlet._greenlet switches the GIL back on."
    assert gone in lines
    assert "3.13t: aiohttp is pure Python here, and compiled for 3.13 and 3.14." in lines
    assert "3.13t: test_images.py was left out: No module named 'PIL'." in lines
    assert "3.13t: importing uvloop (uvloop.loop) switches the GIL back on." in lines
    assert not any("h11" in one for one in lines)


def test_a_gil_that_came_back_is_said_and_not_called_off() -> None:
    run = in_turns()
    free = run.other_interpreters[1]
    back = free.environment | {"python": free.environment["python"] | {"gil": True}}
    with_gil = replace(run, other_interpreters=(run.other_interpreters[0], replace(free, environment=back)))
    assert "3.13t: the GIL was switched back on while it was measured." in list(notes(with_gil))
    assert "without the GIL" not in " ".join(sentences(with_gil))


@pytest.mark.parametrize("theme", [LIGHT, SLIDE], ids=lambda theme: theme.name)
@pytest.mark.parametrize("names", [tuple(SPEED), ("3.13", "3.13t")], ids=len)
def test_no_text_of_the_chart_covers_another(theme: Any, names: tuple[str, ...]) -> None:
    figure = interpreters.draw(in_turns(names=names), theme)
    assert figure
    assert defects(figure) == []


def test_the_chart_shows_the_ratios_and_its_footer_the_builds() -> None:
    run = in_turns()
    figure = interpreters.draw(run, LIGHT)
    assert figure
    dots = artists(figure, Line2D, "value-")
    for row in rows(run):
        if row.cell["workload"] in ("wire", "primes"):
            for name, ratio in row.faster.items():
                key = f"{row.cell['workload']}-{row.cell['model']}-{name}-{row.cell['concurrency']}"
                assert dots[key].get_xdata() == [ratio.value]
    footer = " ".join(texts(figure)).replace("\N{NO-BREAK SPACE}", " ")
    assert "3.13t: CPython 3.13.1, optimised, free-threaded" in footer
    assert "Only in the table: digest, http, sleep" in footer


def test_the_chart_as_text_and_its_table_leave_no_interpreter_out() -> None:
    run = in_turns()
    shown = sum(len(row.faster) for row in rows(run))
    assert len(interpreters.table(run).rows) == shown
    assert interpreters.alt(run).count("3.14 ") == interpreters.alt(run).count("3.13t ") == shown / 2
    assert "without the GIL (3.13t)" in interpreters.finding(run)


def test_a_run_of_one_interpreter_has_no_such_chart() -> None:
    run = make(experiments=["io"], blocks=2)
    assert (
        interpreters.draw(run, LIGHT),
        interpreters.caption(run),
        interpreters.alt(run),
        interpreters.finding(run),
    ) == (
        None,
        "",
        "",
        "",
    )
    assert interpreters.table(run).rows == ()


def test_a_run_whose_environment_says_nothing_of_a_gil_is_no_obstacle() -> None:
    run = SyntheticRun(make(experiments=["cpu"], blocks=2).rounds, environment={"python": {"version": "3.13.0"}})
    assert interpreters.draw(run, LIGHT) is None


def test_the_first_rows_are_what_the_title_says() -> None:
    run = in_turns()
    figure = interpreters.draw(run, LIGHT)
    assert figure
    gains = {one.python: threads_speedup(one) for one in run.by_interpreter}
    dots = artists(figure, Line2D, "value-primes-gain-")
    assert {key.removesuffix("-0"): dot.get_xdata()[0] for key, dot in dots.items()} == {
        python: value.value for python, value in gains.items() if value
    }
    assert all(times(dot.get_xdata()[0]) in " ".join(texts(figure)) for dot in dots.values())
    assert "3.13t, without the GIL" in texts(figure)


def test_neighbouring_versions_and_builds_look_different() -> None:
    names = ["3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t"]
    assert len({style(name) for name in names}) == len({style(name)[0] for name in names}) == len(names)


def test_the_terminal_keeps_to_80_columns_however_many_interpreters(capsys: pytest.CaptureFixture[str]) -> None:
    run = replace(in_turns(), other_interpreters=in_turns().other_interpreters * 3)
    out = Console(width=80, no_color=True)
    terminal.show(with_omissions(run), out)
    output = capsys.readouterr().out
    assert max(map(len, output.splitlines())) <= 80
    assert "wire threads" in output
    assert "1.25 (1.25–1.25)" in output


def with_omissions(run: SyntheticRun) -> Any:
    for one in run.by_interpreter:
        vars(one)["omissions"] = []
    return run


def test_rounds_of_both_are_kept_apart() -> None:
    run = in_turns()
    assert not set(run.rounds["block"]) & set(pd.concat(one.rounds for one in run.other_interpreters)["block"])
