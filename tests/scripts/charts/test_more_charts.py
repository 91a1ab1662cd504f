"""Latencies, the decision map, CPU costs, heartbeats, Amdahl's law: what they show is what was measured."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from benchmarks.probes.offload_cost import LENGTHS
from scripts.analysis import latency_curves
from scripts.analysis.amdahl import Law, serial_share
from scripts.analysis.mix_winners import tiles
from scripts.charts import (
    CHARTS,
    cpu_cost,
    cpu_scaling,
    databases,
    decision,
    gil_convoy,
    gil_release,
    interpreters,
    loop_blocking,
    lost_updates,
    memory,
    offload_cost,
    scaling,
    speedup,
    startup_cost,
    task_latency,
    web_latency,
    web_throughput,
)
from scripts.charts.lib.groups import Group, groups_that_fit
from scripts.charts.lib.table import number, table_of, word
from scripts.charts.lib.theme import LIGHT, SLIDE, colour
from scripts.charts.lib.unit_cost import Cost
from scripts.stats.intervals import NoiseFloor
from scripts.tables.load import load
from scripts.util.format import count_text, seconds, times
from scripts.util.paths import REFERENCE
from tests.scripts.charts.legible import defects
from tests.scripts.charts.test_databases import a_run as database_run
from tests.scripts.drawings import a_run, artists, cells, drawn, of_full_run, texts
from tests.scripts.synthetic import CAPACITY, SyntheticRun, in_turns, make

pytestmark = pytest.mark.slow
COSTS = [chart for chart in CHARTS if isinstance(chart, Cost)]
reference = cache(lambda: load(REFERENCE))


def test_a_latency_curve_is_the_mean_of_the_quantiles_of_the_blocks_and_not_of_pooled_tasks() -> None:
    run, lines = a_run(), artists(of_full_run(task_latency), Line2D, "line-")
    spans = run.spans(experiment="io", workload="wire", model="threads", twin=False)
    took = (spans["end_s"] - spans["start_s"]).groupby(spans["block"])
    for share in (0.1, 0.5, 0.9):
        of_blocks = [np.quantile(block, share, method="inverted_cdf") for _, block in took]
        drawn_at = np.interp(share, *np.asarray(lines["wire-threads"].get_data())[::-1])
        assert drawn_at == pytest.approx(np.exp(np.mean(np.log(of_blocks))))
    assert set(lines) == {
        f"{w}-{m}" for w in ("wire", "http") for m in ("sequential", "threads", "processes", "asyncio")
    }


def test_no_p99_is_given_where_a_block_has_too_few_tasks_for_one() -> None:
    few = latency_curves.curves(a_run())["wire"]
    assert {curve.each_block for curve in few} == {80}
    assert {top for curve in few for top in curve.marked} == {0.5, 0.95}
    assert "99 %" not in " ".join(
        [*texts(of_full_run(task_latency)), task_latency.caption(a_run()), task_latency.alt(a_run())]
    )


def test_the_numbers_beside_a_latency_curve_are_those_at_its_markers() -> None:
    figure = of_full_run(task_latency)
    for curve in latency_curves.curves(a_run())["http"]:
        marks = artists(figure, Line2D, "value-")[f"http-{curve.cell.model}"].get_xdata()
        assert list(marks) == [curve.at(share).value for share in curve.marked]
        assert " / ".join(map(seconds, marks)) in texts(figure)
        band = artists(figure, PolyCollection, "band-")[f"http-{curve.cell.model}"].get_paths()[0].vertices[:, 0]
        assert {curve.low.min(), curve.high.max()} <= set(band)


def planted(winner: float, *, blocks: int = 8, noise: float = 0.02) -> SyntheticRun:
    """Mixed work of which threads take `winner` times as long as asyncio."""
    rounds = make(experiments=["mixed"], blocks=blocks, models=["sequential", "threads", "asyncio"]).rounds.copy()
    random = np.random.default_rng(3)
    base = rounds["model"].map({"sequential": 9.0, "threads": winner, "asyncio": 1.0})
    rounds["seconds"] = base * random.lognormal(sigma=noise, size=len(rounds))
    return SyntheticRun(rounds)


def winners_drawn(run: SyntheticRun) -> dict[str, Rectangle]:
    return artists(drawn(decision, run), Rectangle, "winner-")


def test_a_tile_wears_the_colours_of_those_that_are_the_fastest_and_no_others() -> None:
    alone, tied = winners_drawn(planted(1.5)), winners_drawn(planted(1.005))
    assert {to_hex(part.get_facecolor()) for part in alone.values()} == {colour("asyncio")}
    assert len(alone) == 12
    assert {to_hex(part.get_facecolor()) for part in tied.values()} == {colour("asyncio"), colour("threads")}
    assert len(tied) == 24
    for run in (planted(1.5), planted(1.005)):
        assert {line for tile in tiles(run) for line in decision.tile_lines(tile)} <= set(texts(drawn(decision, run)))


def one_equal(winner: float) -> SyntheticRun:
    """Mixed work that every model takes equally long for, but one size and share of which asyncio is faster at."""
    rounds = planted(1.0).rounds.copy()
    random = np.random.default_rng(4)
    rounds["seconds"] = random.lognormal(sigma=0.02, size=len(rounds))
    here = (rounds["model"] == "asyncio") & (rounds["compute_seconds"] == 0) & (rounds["concurrency"] == 4)
    rounds.loc[here, "seconds"] /= winner
    return SyntheticRun(rounds)


def test_a_map_on_which_nothing_is_decided_is_not_drawn() -> None:
    assert decision.draw(one_equal(1.0), LIGHT) is None
    assert decision.finding(one_equal(1.0)) == decision.caption(one_equal(1.0)) == ""
    parts = winners_drawn(one_equal(1.5))
    assert [key for key, part in parts.items() if part.get_hatch() != decision.HATCH] == ["0-4-asyncio"]
    assert len(parts) == 12
    assert decision.finding(one_equal(1.5)).endswith("Fastest in 1 of 12 mixes of waiting and computing: asyncio in 1")


def test_those_that_may_be_the_fastest_are_named_and_no_others() -> None:
    assert {tuple(tile.contenders) for tile in tiles(planted(1.005))} <= {
        ("threads", "asyncio"),
        ("asyncio", "threads"),
    }


def test_a_difference_smaller_than_that_of_twins_wins_no_tile() -> None:
    run = planted(1.12, noise=0.001)
    assert all(len(tile.family.winners) == 1 for tile in tiles(run))
    apart = SyntheticRun(run.rounds)
    wide = NoiseFloor(0.2, 0.1, 0.3, 3)
    vars(apart)["noise_floors"] = {"mixed work": wide, "waiting": wide, "computing": wide}
    assert not any(len(tile.family.winners) == 1 for tile in tiles(apart))


def test_the_serial_share_is_found_again() -> None:
    cores = np.array([1, 2, 4, 8.0])
    assert serial_share(list(cores), list(0.3 + 0.7 / cores)) == pytest.approx(0.3)
    assert serial_share([1, 2, 4], [1, 1, 1]) == pytest.approx(1)


def test_amdahls_line_is_drawn_and_its_share_is_said() -> None:
    figure = of_full_run(cpu_scaling)
    laws = cpu_scaling.laws_by_model(a_run(), cpu_scaling.chart_cells(a_run())[0])
    assert set(artists(figure, Line2D, "amdahl-")) == {f"primes-{model}" for model in laws} != set()
    assert all(str(law) in " ".join(texts(figure)) for law in laws.values())
    assert laws["processes"].serial < 0.5
    assert "threads" not in laws  # whose interval reaches beyond 100 %, where no law is


def test_a_serial_share_below_nothing_or_above_everything_is_no_law() -> None:
    assert not Law(1.18, 1.02, 1.34).possible
    assert not Law(-0.47, -0.6, -0.3).possible
    assert Law(0.2, 0.0, 0.4).possible


@pytest.mark.parametrize("side", cpu_cost.SIDES)
def test_the_cpu_cost_is_the_rounds_cpu_seconds_divided_by_their_tasks(side: str) -> None:
    run = a_run()
    rounds = run.rounds[~run.rounds["warmup"] & ~run.rounds["twin"] & run.rounds["experiment"].eq("io")]
    mine = rounds[rounds["model"].eq("asyncio") & rounds["workload"].eq("wire")]
    medians = mine.groupby("block")[cpu_cost.SIDES[side]].median() / 40
    (cell,) = (each for each in cpu_cost.chart_cells(run, side) if (each.workload, each.model) == ("wire", "asyncio"))
    assert cell.value == pytest.approx(np.exp(np.log(medians).mean()))
    assert any(text.startswith(seconds(cell.value)) for text in texts(of_full_run(cpu_cost)))


def test_the_server_has_no_row_where_nothing_was_asked_of_it() -> None:
    assert {each.workload for each in cpu_cost.chart_cells(a_run(), "server")} == {"wire", "http"}


def test_what_lets_go_of_the_gil_is_told_by_what_threads_and_processes_gain() -> None:
    run = make(experiments=["gil_release"])
    assert gil_release.finding(run) == "sha256 and matmul release the GIL; json and python hold it"
    assert artists(drawn(gil_release, run), Line2D, "limit-")["noop"].get_xdata()[0] == CAPACITY
    dots = artists(drawn(gil_release, run), Line2D, "value-")
    rows = {f"noop-{cell['model']}-2": cell["value"] for cell in cells(run, "gil_release")}
    assert {name: dot.get_xdata()[0] for name, dot in dots.items()} == rows


def test_where_even_processes_gained_nothing_nobody_lets_go_or_holds_on() -> None:
    rounds = make(experiments=["gil_release"]).rounds
    assert gil_release.finding(SyntheticRun(rounds.assign(processes_speedup=1.1))) == ""


def test_a_stack_is_called_after_its_framework_and_shown_with_what_its_clients_can_ask_at_most() -> None:
    figure, run = of_full_run(web_throughput), a_run()
    assert {"starlette", "starlette/hypercorn", "quart", "flask/sync", "flask/threads", "flask/gevent"} <= set(
        texts(figure)
    )
    waiting = next(groups for page, groups in web_throughput.panels(run).items() if "20 ms" in page)
    assert [group.limit for group in waiting] == [1600, 1600]
    mine = run.rounds[run.rounds["workload"].eq("quart")]
    assert next(row.value for row in waiting[0].rows if row.model == "quart") == pytest.approx(
        np.exp(np.log(mine["wait_per_second"]).mean())
    )
    assert web_throughput.finding(run).startswith("Requests a second, a page that does nothing: 2,")


def test_a_web_server_that_kept_its_client_busy_is_shown_as_no_more_than_that() -> None:
    pages = web_throughput.panels(a_run())
    busy = {
        (page, row.model) for page, groups in pages.items() for group in groups for row in group.rows if row.saturated
    }
    assert busy == {(web_throughput.HEADS["hello"], "starlette")}
    assert "Hollow marker" in " ".join(texts(of_full_run(web_throughput)))


def test_a_quantile_that_so_few_requests_cannot_show_is_not_drawn() -> None:
    everything = " ".join([*texts(of_full_run(web_latency)), web_latency.alt(a_run())])
    assert "(p99)" in everything
    assert "999 of 1,000" not in everything
    assert [group.title for group in web_latency.panels(a_run())["At 50\N{NO-BREAK SPACE}% of a server's best"]] == [
        web_latency.QUANTILES["p50"],
        web_latency.QUANTILES["p90"],
    ]


def test_a_task_pays_from_where_the_whole_interval_lies_above_one() -> None:
    assert (
        offload_cost.finding(a_run())
        == "Of the lengths measured, sending a task away pays with processes from 1 ms and dask from 10 ms"
    )
    lines = artists(of_full_run(offload_cost), Line2D, "line-")
    assert set(lines) == {"-processes", "-dask"}
    assert all(list(line.get_xdata()) == [1e-4, 1e-3, 1e-2, 1e-1] for line in lines.values())
    for each in offload_cost.chart_cells(a_run()):
        assert times(each.value) in offload_cost.alt(a_run())


def test_a_length_pays_only_where_every_longer_one_does() -> None:
    def pays(*gains: float) -> dict[str, float]:
        rounds = a_run().rounds[a_run().rounds["experiment"].eq("offload_cost") & a_run().rounds["model"].eq("dask")]
        columns = zip(LENGTHS, gains, strict=True)
        return offload_cost.break_even_s(
            SyntheticRun(rounds.assign(**{f"speedup_{name}": gain for name, gain in columns}))
        )

    assert pays(1.5, 0.8, 1.5, 1.6) == {"dask": 0.01}
    assert pays(1.5, 1.5, 1.5, 0.8) == {}


def test_rays_own_cpu_is_no_disturbance_and_a_lost_worker_stays() -> None:
    one = replace(offload_cost.chart_cells(a_run())[0], flags="disturbed, 1 worker lost")
    assert offload_cost.undisturbed(one).flags == "1 worker lost"


def test_a_heartbeat_names_what_stops_the_loop() -> None:
    rows = {cell["model"]: cell["value"] for cell in cells(a_run(), "loop_blocking")}
    assert loop_blocking.CHART.finding(a_run()).startswith(
        f"No beat of the event loop for {seconds(rows['time-sleep'])} beside time-sleep; for "
    )
    assert all(
        any(text.startswith(seconds(value)) for text in texts(of_full_run(loop_blocking.CHART)))
        for value in rows.values()
    )


FIGURE = re.compile(r"\d (?:s|ms|µs|ns|[KM]iB)\b|\d×|\d/s\b|\d–[\d,]+/s")


# Those whose figures are of other rounds than the disturbed ones, and the ideal, which nothing disturbs.
OF_OTHER_ROUNDS = ("where-time-goes", "claims", "speedup")


def test_no_title_gives_the_figure_of_a_cell_without_its_warning() -> None:
    disturbed = SyntheticRun(a_run().rounds.assign(disturbed=True), path=Path("no such run"))
    for words in ("finding", "caption"):
        said = {chart.NAME: text for chart in CHARTS if (text := getattr(chart, words)(disturbed))}
        given = {name: text for name, text in said.items() if FIGURE.search(text) and name not in OF_OTHER_ROUNDS}
        assert {"startup-cost", "loop-blocking", "cpu-scaling", "web-latency"} <= set(given)
        assert {name: text for name, text in given.items() if not re.search("disturbed|warning", text)} == {}
    assert all(FIGURE.search(chart.finding(a_run())) for chart in (scaling, cpu_scaling, speedup))


def test_no_speed_up_is_told_of_workers_that_gain_nothing() -> None:
    said = cpu_scaling.finding(a_run())
    assert said.startswith("Computing, times as fast as sequential: ")
    assert "speeds up" not in said


def test_the_throughput_in_a_title_is_that_of_the_largest_size_without_a_warning() -> None:
    sizes = {model: each.concurrency for (_, model), each in scaling.largest(a_run()).items()}
    assert sizes == {"threads": 50, "processes": 50, "asyncio": 50}
    assert "ighest" not in scaling.finding(a_run()) + scaling.caption(a_run())


def test_what_a_disturbed_cell_showed_of_the_gil_is_not_told() -> None:
    rounds = make(experiments=["gil_release"]).rounds
    busy = SyntheticRun(rounds.assign(disturbed=rounds["model"].isin(["json", "sha256"])))
    assert gil_release.finding(busy) == "matmul releases the GIL; python holds it"


def test_on_a_slide_with_a_headline_rows_are_left_out_rather_than_crowded() -> None:
    for chart in CHARTS:
        run = run_for(chart)
        theme = replace(SLIDE, headline=f"{chart.finding(run)} " * 2, small_print="Find it yourself: make bench")
        figure = chart.draw(run, theme)
        assert figure
        assert (chart.NAME, defects(figure)) == (chart.NAME, [])


def run_for(chart: object) -> SyntheticRun:
    """A run that has something for this chart."""
    return {interpreters: in_turns, databases: database_run}.get(chart, a_run)()  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.NAME)
def test_every_chart_has_a_caveat_and_the_data_that_it_shows(chart: object) -> None:
    table = chart.table(run_for(chart))  # type: ignore[attr-defined]
    assert chart.CAVEAT.endswith(".")  # type: ignore[attr-defined]
    assert table.rows
    assert all(len(row) == len(table.head) for row in table.rows)


def test_the_table_of_a_chart_holds_the_summary_to_the_last_digit() -> None:
    rows = [cell for cell in cells(a_run(), "io", "cpu") if cell["model"] != "sequential"]
    table = speedup.table(a_run())
    place = {name: table.head.index(name) for name in ("model", "workload", "speed-up", "low", "high")}
    shown = {(row[place["model"]][0], row[place["workload"]][0]): row for row in table.rows}
    for cell in rows:
        row = shown[cell["model"], cell["workload"]]
        ends = [row[place[name]][1] for name in ("speed-up", "low", "high")]
        assert ends == [cell["speedup"], cell["speedup_low"], cell["speedup_high"]]


def test_a_headline_claims_no_gain_that_is_not_established() -> None:
    assert speedup.finding(a_run()).startswith("Beside sequential: asyncio (20.0×) ")
    rounds = make(experiments=["cpu"], models=["sequential", "threads"]).rounds
    assert "nothing shown to be faster where tasks compute (pure Python)" in speedup.finding(SyntheticRun(rounds))


def test_a_column_that_is_empty_in_every_row_is_left_out() -> None:
    table = table_of(("a", "b", "c"), [[word("x"), number(float("nan"), count_text), number(1, count_text)]])
    assert table.head == ("a", "c")


def test_a_way_that_loses_updates_never_stands_among_those_that_lose_none() -> None:
    groups = {group.title: [row.model for row in group.rows] for group in lost_updates.groups(a_run())}
    assert set(groups.pop("lost no update")) == {"threads-lock", "processes-lock"}
    lost = {cell["model"]: cell["value"] for cell in cells(a_run(), "lost_updates")}
    assert groups == {f"lost {100 * lost[model]:.2g} %": [model] for model in ("threads", "processes")}
    assert "threads" not in lost_updates.CHART.finding(a_run()).replace("threads-lock", "")


def test_a_second_metric_is_drawn_from_its_own_values() -> None:
    groups = gil_convoy.groups(a_run())
    rounds = a_run().rounds[a_run().rounds["experiment"].eq("gil_convoy")]
    for group in groups:
        metric = "p50_seconds" if group.title.endswith("median") else "p90_seconds"
        for row in group.rows:
            values = rounds[rounds["model"].eq(row.model)][metric]
            assert row.value == pytest.approx(np.exp(np.log(values).mean()))


def test_few_that_wait_are_never_ranked_with_many() -> None:
    groups = memory.groups(a_run())
    assert [{row.concurrency for row in group.rows} for group in groups] == [{10}, {50}, {1000}, {100_000}]
    assert {row.concurrency for row in memory.CHART.main_rows(a_run())} == {1000}


@pytest.mark.parametrize("chart", COSTS, ids=lambda chart: chart.NAME)
def test_a_slide_shows_what_its_title_is_about(chart: Cost) -> None:
    run = reference()
    figure = chart.draw(run, replace(SLIDE, headline="A title of another slide", small_print="make slides"))
    shown = texts(figure) if figure else []
    for row in (chart.main_rows(run)[0], chart.main_rows(run)[-1]):
        assert any(chart.form(row.value) in text for text in shown)


def test_the_group_of_the_title_gets_its_room_first() -> None:
    rows = startup_cost.groups(a_run())[0].rows
    sizes = [
        Group(f"{size} waiting", [replace(rows[0], model=f"m{row}") for row in range(8)]) for size in (10, 100, 1000)
    ]
    kept, left_out = groups_that_fit(sizes, SLIDE, "1000 waiting")
    assert [group.title for group in kept] == ["10 waiting", "1000 waiting"]
    assert left_out == ["100 waiting"]


def test_what_does_not_fit_a_slide_is_named_on_it() -> None:
    many = [
        Group("models", [replace(startup_cost.groups(a_run())[0].rows[0], model=f"m{number}") for number in range(30)])
    ]
    kept, left_out = groups_that_fit([*many, Group("more", many[0].rows)], SLIDE)
    assert [row.model for row in kept[0].rows] == [*(f"m{number}" for number in range(18)), "m29"]
    assert left_out == [*(f"m{number}" for number in range(18, 29)), "more"]
