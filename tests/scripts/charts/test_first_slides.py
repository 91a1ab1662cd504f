"""The headline, the time by requests and the forest of claims say what was measured and concluded, and nothing else."""

import json

import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from scripts.charts import claims, headline, speedup, time_by_requests
from scripts.charts.lib.theme import FAULT, FIRST_KIND, LIGHT, NEITHER
from scripts.tables.summary import paired
from scripts.util.format import seconds, times
from tests.scripts.drawings import a_run, artists, cells, drawn, of_full_run, texts
from tests.scripts.synthetic import SyntheticRun, make

pytestmark = pytest.mark.slow


def io_of(ratio: float) -> SyntheticRun:
    """Waiting work of which threads take `ratio` times as long as asyncio, and sequential ten times as long."""
    rounds = make(experiments=["io"], models=["sequential", "threads", "asyncio"]).rounds.copy()
    random = np.random.default_rng(1)
    base = rounds["model"].map({"sequential": 10.0, "threads": ratio, "asyncio": 1.0})
    rounds["seconds"] = base * random.lognormal(sigma=0.01, size=len(rounds))
    rounds["efficiency"] = 0.1
    return SyntheticRun(rounds)


def test_the_headline_names_one_winner_only_where_the_run_shows_one() -> None:
    assert headline.finding(io_of(1.5)).startswith("asyncio is 9.97×")
    assert headline.finding(io_of(1.5)).endswith(" faster than sequential")
    assert headline.finding(io_of(1.002)).startswith(("asyncio and threads are", "threads and asyncio are"))
    assert set(artists(drawn(headline, io_of(1.5)), Rectangle, "value-")) == {"sequential", "asyncio"}
    assert set(artists(drawn(headline, io_of(1.002)), Rectangle, "value-")) == {"sequential", "asyncio", "threads"}


def test_a_run_in_which_nothing_is_faster_has_no_headline() -> None:
    rounds = io_of(1.0).rounds
    even = SyntheticRun(rounds.assign(seconds=np.random.default_rng(2).lognormal(sigma=0.02, size=len(rounds))))
    assert headline.draw(even, LIGHT) is None
    assert headline.finding(even) == headline.caption(even) == headline.alt(even) == ""


def test_the_bars_of_the_headline_are_as_long_as_the_table_says() -> None:
    run, bars = a_run(), artists(of_full_run(headline), Rectangle, "value-")
    measured = {cell["model"]: cell for cell in cells(run, "io") if cell["workload"] == "wire"}
    for model, bar in bars.items():
        assert (bar.get_x(), bar.get_width()) == (0, pytest.approx(measured[model]["seconds"]))
        if model != "sequential":
            gain = f"{seconds(measured[model]['seconds'])}  {times(measured[model]['speedup'])} faster"
            assert gain in texts(of_full_run(headline))


def test_the_dots_of_single_blocks_are_the_ratios_that_the_interval_rests_on() -> None:
    run = a_run()
    dots = artists(of_full_run(speedup), Line2D, "blocks-")
    rounds = run.rounds[(run.rounds["experiment"] == "io") & (run.rounds["workload"] == "wire") & ~run.rounds["twin"]]
    of_model = dict(list(rounds.groupby("model")))
    for model in ("threads", "processes", "asyncio"):
        ratios = paired(of_model["sequential"], of_model[model])
        assert list(dots[f"wire-{model}-20"].get_xdata()) == list(ratios)
        value = artists(of_full_run(speedup), Line2D, "value-")[f"wire-{model}-20"].get_xdata()[0]
        assert np.exp(np.log(ratios).mean()) == pytest.approx(value)


def test_the_time_of_so_many_requests_is_when_the_last_of_them_was_done() -> None:
    run, lines = a_run(), artists(of_full_run(time_by_requests), Line2D, "line-wire-")
    assert set(lines) == {"sequential", "threads", "processes", "asyncio"}
    for model in ("sequential", "asyncio"):
        spans = run.spans(experiment="io", workload="wire", model=model, twin=False)
        ends = spans.groupby(["block", "round"])["end_s"].apply(lambda each: np.sort(each)[9])
        tenth = np.exp(np.log(ends.groupby("block").median()).mean())
        points = dict(zip(lines[model].get_xdata(), lines[model].get_ydata(), strict=True))
        xs = sorted(points)
        assert np.interp(10, xs, [points[x] for x in xs]) == pytest.approx(tenth, rel=0.2)
        assert (xs[0], xs[-1]) == (1, 40)
    axes = of_full_run(time_by_requests).axes[0]
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlim()[0], axes.get_ylim()[0]) == ("linear", "linear", 0, 0)


def test_a_claim_lies_right_of_the_line_exactly_where_it_holds() -> None:
    figure = of_full_run(claims)
    dots = artists(figure, Line2D, "value-")
    measured = {one.claim + one.name: one for one in claims.measures(a_run()) if one.point}
    assert len(dots) == len(measured) == 7
    for one in measured.values():
        dot = dots[f"{one.claim}-{one.name}-0"]
        assert (dot.get_xdata()[0] > 1) == (one.verdicts[1] in ("holds", "inconclusive"))
        paint = {"holds": FIRST_KIND, "inconclusive": NEITHER}.get(one.verdicts[1], FAULT)
        assert dot.get_color() == paint
    assert dots["network-io--0"].get_xdata()[0] == pytest.approx(2)  # 40, bound > 20
    assert dots["await-lets-others-run--0"].get_xdata()[0] == pytest.approx(3)  # 10 ms, bound < 30 ms
    assert dots["asyncio-not-for-computing--0"].get_xdata()[0] == pytest.approx(1.1)  # 1.0, bound 0.9 to 1.1


def test_a_claim_that_has_no_dot_is_counted_and_stands_in_the_table() -> None:
    assert "2 claims with an exact bound, or not measured, are in the table only" in " ".join(
        texts(of_full_run(claims))
    )
    assert {"forgotten await", "file operations"} <= {row[0][0] for row in claims.table(a_run()).rows}
    rest = "1 refuted, 1 inconclusive, 1 not reproduced here, 1 opinion and 1 not measured"
    assert claims.finding(a_run()) == f"Of 9 claims 4 hold; {rest}"


def test_the_chart_counts_the_claims_that_its_file_counts_and_calls_none_of_them_refuted_that_is_not() -> None:
    written = json.loads((a_run().path / "claims.json").read_text())["claims"]
    assert claims.finding(a_run()).startswith(f"Of {len(written)} claims ")
    said = claims.caption(a_run())
    assert said.endswith(". Refuted: threads-slower-than-asyncio. Not reproduced here: images-need-processes.")
    assert "await lets others run: holds (10.0 ms (9.80–10.2 ms), bound < 30 ms)" in claims.alt(a_run())
    footer = " ".join(texts(of_full_run(claims))).replace("\N{NO-BREAK SPACE}", " ")
    assert "each measure alone; the verdicts allow for all claims judged together" in footer
