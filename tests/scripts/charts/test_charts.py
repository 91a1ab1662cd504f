"""A chart may not say anything else than the table, hide a number behind another, or pass over a missing one."""

import math
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from scripts.analysis import mix_winners
from scripts.analysis.footer import interval_words
from scripts.analysis.model_order import family
from scripts.charts import (
    CHARTS,
    Chart,
    cpu_cost,
    cpu_scaling,
    databases,
    decision,
    draw_all,
    headline,
    interpreters,
    lost_updates,
    memory,
    mixed,
    scaling,
    speedup,
    startup_cost,
    task_latency,
    timeline,
    where_time_goes,
)
from scripts.charts.lib.theme import DARK, LIGHT, PHONE, SLIDE, Theme, save, style
from scripts.charts.lib.timeline_data import races
from scripts.charts.lib.unit_cost import Cost
from scripts.util.format import between, bytes_text, rate, seconds, times
from tests.scripts.charts.legible import defects, visible_texts
from tests.scripts.drawings import RUNS, a_run, artists, cells, drawn, of_full_run, texts
from tests.scripts.synthetic import CLASSICAL, SyntheticRun, make

if TYPE_CHECKING:
    from matplotlib.figure import Figure

pytestmark = pytest.mark.slow

MODULES = tuple(
    chart for chart in CHARTS if chart.NAME not in ("databases", "pythons")
)  # which have files of their own


HARD = ("full", "huge differences", "many models")


@pytest.mark.parametrize(
    ("name", "theme"),
    [*((name, LIGHT) for name in RUNS), *((name, theme) for name in HARD for theme in (SLIDE, PHONE))],
    ids=lambda value: value.name if isinstance(value, Theme) else value,
)
def test_no_text_covers_another_or_is_cut_off(name: str, theme: Theme) -> None:
    if name == "full":
        figures: dict[str, Figure | None] = {module.NAME: of_full_run(module, theme) for module in MODULES}
    else:
        figures = {module.NAME: module.draw(a_run(name), theme) for module in MODULES}
    assert {chart: faults for chart, figure in figures.items() if figure and (faults := defects(figure))} == {}
    assert all(figures[chart] for chart in ("timeline", "scaling"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_a_slide_is_full_hd_and_its_text_at_least_24_pixels_high(module: Chart) -> None:
    figure = of_full_run(module, SLIDE)
    assert (figure.get_size_inches() * float(SLIDE.dpi)).tolist() == [1920, 1080]
    assert min(float(text.get_fontsize()) for text in visible_texts(figure)) * SLIDE.dpi / 72 >= 24


SHOWN_PX = {LIGHT: 830, PHONE: 390}  # how wide a page is in the report, and on a telephone
LEAST_PX = {LIGHT: 11, PHONE: 12}


@pytest.mark.parametrize("theme", SHOWN_PX, ids=lambda theme: theme.name)
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_no_text_is_too_small_to_read_where_a_chart_is_shown(module: Chart, theme: Theme) -> None:
    figure = of_full_run(module, theme)
    pixels_of_a_point = SHOWN_PX[theme] / (72 * figure.get_size_inches()[0])
    assert min(float(text.get_fontsize()) for text in visible_texts(figure)) * pixels_of_a_point >= LEAST_PX[theme]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_on_a_phone_panels_stand_one_below_the_other(module: Chart) -> None:
    boxes = [axes.get_position() for axes in of_full_run(module, PHONE).axes]
    assert all(one.y1 <= other.y0 or other.y1 <= one.y0 for one, other in combinations(boxes, 2))


def test_the_speed_up_chart_shows_the_table() -> None:
    run, figure = a_run(), of_full_run(speedup)
    dots, bars = artists(figure, Line2D, "value-"), artists(figure, Line2D, "interval-")
    rows = [cell for cell in cells(run, "io", "cpu") if cell["model"] != "sequential"]
    assert len(dots) == len(rows) == 15
    for cell in rows:
        key = f"{cell['workload']}-{cell['model']}-{cell['concurrency']}"
        assert dots[key].get_xdata() == [cell["speedup"]]
        assert list(bars[key].get_xdata()) == [cell["speedup_low"], cell["speedup_high"]]
        interval = between(cell["speedup_low"], cell["speedup_high"], times)
        assert f"{times(cell['speedup'])} ({interval})" in texts(figure)


def test_the_speed_up_chart_marks_the_limit_of_every_workload() -> None:
    run, figure = a_run(), of_full_run(speedup)
    for workload, line in (lines := artists(figure, Line2D, "limit-")).items():
        limits = [cell["ideal_speedup"] for cell in cells(run, "io", "cpu") if cell["workload"] == workload]
        ideal = max(limits[:-1] if np.isnan(limits[-1]) else limits)
        assert line.get_xdata()[0] in limits
        assert line.get_xdata()[0] <= ideal
        assert any(text.startswith(f"ideal {times(line.get_xdata()[0])}") for text in texts(figure))
    assert set(lines) == {"wire", "http", "sleep", "primes", "digest"}
    assert set(artists(figure, Line2D, "ceiling-")) == {"wire", "http"}  # a server is asked in no other


@pytest.mark.parametrize(("module", "experiment", "column"), [
    (scaling, ["scaling"], "tasks_per_second"),
    (cpu_scaling, ["cpu", "cpu_scaling"], "speedup"),  # `cpu` has the point with as many workers as cores
])  # fmt: skip
def test_a_line_chart_shows_the_table(module: Chart, experiment: list[str], column: str) -> None:
    figure, rows = of_full_run(module), cells(a_run(), *experiment)
    scaled = {(cell["workload"], cell["model"]) for cell in rows if cell["experiment"] == experiment[-1]}
    rows = [cell for cell in rows if (cell["workload"], cell["model"]) in scaled]
    lines, bands = artists(figure, Line2D, "line-"), artists(figure, PolyCollection, "band-")
    for key, line in lines.items():
        mine = sorted(
            (cell for cell in rows if f"{cell['workload']}-{cell['model']}" == key),
            key=lambda cell: cell["concurrency"],
        )
        assert list(line.get_xdata()) == [cell["concurrency"] for cell in mine]
        assert list(line.get_ydata()) == [cell[column] for cell in mine]
        edges = {tuple(point) for point in bands[key].get_paths()[0].vertices.tolist()}
        assert edges == {(cell["concurrency"], cell[f"{column}_{end}"]) for cell in mine for end in ("low", "high")}
    assert set(lines) == {f"{cell['workload']}-{cell['model']}" for cell in rows if cell["model"] != "sequential"}


def test_the_mixed_chart_shows_the_seconds_of_every_share() -> None:
    figure, rows = of_full_run(mixed), cells(a_run(), "mixed")
    for axes, size in zip(figure.axes, (4, 16), strict=True):
        for line in (line for line in axes.lines if str(line.get_gid() or "").startswith("line-")):
            model = str(line.get_gid()).removeprefix("line-mixed-")
            mine = [cell for cell in rows if cell["model"] == model and cell["concurrency"] == size]
            mine.sort(key=lambda cell: cell["compute_seconds"])
            assert list(np.asarray(line.get_ydata())) == [cell["seconds"] for cell in mine]
    assert {"0 %", "1 %", "5 %", "20 %", "50 %", "100 %"} <= set(texts(figure))


def test_sequential_stands_beside_every_concurrency_and_lends_no_panel_its_limit() -> None:
    rounds = make(experiments=["mixed"]).rounds
    run = SyntheticRun(rounds[(rounds["model"] != "sequential") | (rounds["concurrency"] == 16)])
    alone = sorted(cell["seconds"] for cell in cells(run, "mixed") if cell["model"] == "sequential")
    for axes in drawn(mixed, run).axes:
        (line,) = (line for line in axes.lines if line.get_gid() == "line-mixed-sequential")
        assert sorted(np.asarray(line.get_ydata())) == alone
    few, many = mix_winners.panels(mix_winners.mixed_cells(run)).values()
    limits = [min(each.limit for each in panel if math.isfinite(each.limit)) for panel in (few, many)]
    assert limits == pytest.approx([4 * 0.02, 0.02])


@pytest.mark.parametrize(("module", "form"), [(startup_cost.CHART, seconds), (memory.CHART, bytes_text)])
def test_a_cost_is_labelled_with_its_unit(module: Cost, form: Any) -> None:
    run = make(experiments=[module.experiment], blocks=6)
    figure, rows = drawn(module, run), cells(run, module.experiment)
    dots = artists(figure, Line2D, "value-")
    assert sorted(dot.get_xdata()[0] for dot in dots.values()) == sorted(cell["value"] for cell in rows)
    for cell in rows:
        assert any(text.startswith(form(cell["value"])) for text in texts(figure))


def test_a_line_of_one_cell_still_shows_its_interval() -> None:
    run = make(experiments=["scaling"], models=["processes"])
    only = SyntheticRun(run.rounds[run.rounds["concurrency"] == 10])
    bars = artists(drawn(scaling, only), LineCollection, "interval-")
    cell = cells(only, "scaling")[0]
    ends = bars["wire-processes"].get_segments()[0][:, 1].tolist()
    assert ends == [cell["tasks_per_second_low"], cell["tasks_per_second_high"]]


def test_a_saturated_cell_is_hollow_and_the_footer_says_so() -> None:
    figure = of_full_run(scaling)
    dots = artists(figure, Line2D, "value-wire-asyncio-")
    assert {size for size, dot in dots.items() if dot.get_markerfacecolor() == LIGHT.paper} == {"200", "1000"}
    assert "Hollow marker" in " ".join(texts(figure))


def test_the_limit_of_throughput_is_concurrency_over_delay() -> None:
    line = artists(of_full_run(scaling), Line2D, "limit-")["wire"]
    assert np.asarray(line.get_ydata())[:3] == pytest.approx([1 / 0.02, 10 / 0.02, 50 / 0.02])


def test_without_a_sequential_cell_cpu_scaling_shows_throughput_not_nothing() -> None:
    run = a_run()
    alone = SyntheticRun(run.rounds[run.rounds["experiment"].eq("cpu_scaling") & run.rounds["model"].ne("sequential")])
    assert "Tasks finished in a second" in " ".join(texts(drawn(cpu_scaling, alone)))
    assert "/s" in cpu_scaling.caption(alone)


def test_the_timeline_shows_the_round_nearest_the_median_and_every_task_of_it() -> None:
    run, figure = a_run(), of_full_run(timeline)
    measured = run.rounds[~run.rounds["warmup"] & ~run.rounds["twin"] & run.rounds["experiment"].eq("io")]
    for model, one in races(run)["io"].items():
        took = measured.loc[measured["model"].eq(model) & measured["workload"].eq("wire"), "seconds"]
        assert abs(one.seconds - took.median()) == (took - took.median()).abs().min()
        assert any(text.startswith(seconds(one.seconds)) for text in texts(figure))
    bars = artists(figure, Rectangle, "task-wire-asyncio-")
    one = races(run)["io"]["asyncio"]
    assert [bars[str(number)].get_x() for number in range(40)] == list(one.starts)
    assert [bars[str(number)].get_x() + bars[str(number)].get_width() for number in range(40)] == pytest.approx(
        one.ends
    )


def test_a_missing_experiment_is_skipped_with_its_reason(tmp_path: Path) -> None:
    messages: list[str] = []
    written = draw_all(make(experiments=["task_memory"], blocks=6), tmp_path, messages.append)
    names = [f"memory{end}" for end in (".svg", ".png", "-phone.svg", "-dark.svg", "-phone-dark.svg")]
    assert [path.name for path in written] == names
    assert all(path.stat().st_size > 1000 for path in written)
    assert len(messages) == 1
    assert messages[0].count(" needs ") == len(CHARTS) - 1
    assert f"speedup needs {speedup.NEEDS}" in messages[0]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = make(experiments=["startup_cost"], blocks=6)
    one, two = (
        save(drawn(startup_cost.CHART, run), LIGHT, tmp_path / name, "what it shows") for name in ("one", "two")
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert b"<dc:date>" not in one[0].read_bytes()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_model_has_one_colour_in_every_chart(theme: Theme) -> None:
    worn: dict[str, set[Any]] = {}
    for module in (speedup, task_latency, scaling, cpu_scaling, mixed, cpu_cost, startup_cost.CHART, memory.CHART):
        for key, dot in artists(of_full_run(module, theme), Line2D, "value-").items():
            worn.setdefault(family(key.split("-")[1]), set()).add((dot.get_color(), dot.get_marker()))
    assert worn == {model: {style(model)} for model in (*CLASSICAL, "trio", "gevent")}


def test_three_blocks_are_called_a_range_and_never_an_interval() -> None:
    run = a_run("three blocks")
    assert interval_words(run) == "range of 3 blocks"
    assert decision.draw(run, LIGHT) is None  # it would say that nothing is established
    assert headline.draw(run, LIGHT) is None
    for module in set(MODULES) - {headline, decision, where_time_goes}:  # its rounds are those of the attribution
        everything = " ".join([*texts(drawn(module, run)), module.caption(run), module.alt(run), module.finding(run)])
        assert "interval" not in everything
        assert "3 blocks" in everything


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_caption_and_text_say_the_numbers_of_the_table(module: Chart) -> None:
    run = a_run()
    assert module.caption(run).endswith(".")
    assert "\n" not in module.caption(run)
    for cell in cells(run, {"task-handover": "pool_startup"}.get(module.NAME, module.NAME)):
        if module is lost_updates.CHART or module.NAME == "offload-cost":
            continue  # its foremost metric, what is lost or a task costs, is none of the values
        column, form = {
            "scaling": ("tasks_per_second", rate),
            "mixed": ("seconds", seconds),
            "web-throughput": ("value", rate),
        }.get(module.NAME, ("value", bytes_text if module is memory.CHART else seconds))
        assert form(cell[column]) in module.alt(run)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.NAME)
def test_with_nothing_measured_a_chart_says_nothing(module: Chart) -> None:
    run = make(experiments=["task_memory" if module is startup_cost.CHART else "startup_cost"], blocks=6)
    assert module.draw(run, LIGHT) is None
    assert module.caption(run) == module.alt(run) == module.finding(run) == ""
    assert module.table(run).rows == ()


def test_every_footer_names_machine_python_and_blocks() -> None:
    for module in set(MODULES) - {where_time_goes}:  # its rounds are those of the attribution
        footer = " ".join(texts(of_full_run(module))).replace("\N{NO-BREAK SPACE}", " ")
        assert all(part in footer for part in ("Xeon", "2 cores usable", "Python 3.11.15", "10 blocks"))


def test_an_environment_that_knows_nothing_is_no_obstacle() -> None:
    run = SyntheticRun(make(experiments=["startup_cost"]).rounds, environment={})
    assert "unknown CPU" in " ".join(texts(drawn(startup_cost.CHART, run)))


def test_the_package_offers_every_chart() -> None:
    assert set(CHARTS) == {*MODULES, databases, interpreters}  # these two have tests of their own
