"""Every page, light and dark, on a phone, a laptop and a projector: axe-core finds nothing, and nothing is cut off."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from scripts.atlas.collect import collect
from scripts.atlas.document import write as write_atlas
from scripts.atlas.share_format import SUFFIX, encode
from scripts.charts import draw_all
from scripts.charts.lib.theme import PAGES
from scripts.deck.files import write_deck
from scripts.deck.slides import deck
from scripts.report.claim_pages import read_claims, write_claims_page
from scripts.report.report import write_report
from scripts.site.race import RaceResources, race_resources
from scripts.tables.load import Run
from tests.accessible import RULES, WCAG, sideways, violations
from tests.browser import Look
from tests.scripts import recorded
from tests.scripts.atlas.fleet import fleet
from tests.scripts.site.visit import figures, served, start
from tests.scripts.synthetic import make
from tests.scripts.verdicts_sample import claim, claims

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
WIDTHS = (390, 1280, 1920)
EXPERIMENTS = ("io", "cpu", "scaling", "mixed", "task_memory", "startup_cost")
MACHINE = {"cpu": "one CPU", "cores": 2, "cores_usable": 2}
Check = Callable[..., None]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with charts and claims."""
    folder, made = tmp_path_factory.mktemp("run"), make(experiments=EXPERIMENTS)
    verdicts = ("holds", "refuted", "inconclusive", "not reproduced here", "could not be measured")
    talk = claims(claims=[claim(verdict.replace(" ", "-"), verdict=verdict) for verdict in verdicts])
    (folder / "claims.json").write_text(json.dumps(talk))
    run = Run(folder, recorded.environment("20260101-000000", 10), made.rounds, [], cells=[])
    draw_all(run, folder / "charts", lambda _: None, PAGES)
    return run


@pytest.fixture
def check(look: Look) -> Check:
    """Looks at an address in both schemes and every size."""

    def check(url: str, rules: Sequence[str] = RULES) -> None:
        wrong = list[str]()
        for dark in (False, True):
            view = look(url, height=900, dark=dark)
            for width in WIDTHS:
                view.page.set_viewport_size({"width": width, "height": 900})
                where = f"{'dark' if dark else 'light'} {width}: "
                wrong += [where + one for one in violations(view.page, rules)]
                wrong += [f"{where}{far} px beyond the window"] if (far := sideways(view.page)) > 0 else []
            view.close()
        assert "\n".join(wrong) == ""

    return check


def test_a_faint_text_and_a_nameless_button_would_be_seen(look: Look, tmp_path: Path) -> None:
    page = '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p style="color:#999">faint</p>'
    (tmp_path / "bad.html").write_text(f'{page}<button></button><div style="width:3000px">wide</div></main>')
    view = look((tmp_path / "bad.html").as_uri())
    assert {one.partition(":")[0] for one in violations(view.page)} == {"color-contrast", "button-name"}
    assert sideways(view.page) > 1000


def test_the_report(check: Check, run: Run) -> None:
    check(write_report(run).as_uri())


def test_the_page_of_claims(check: Check, run: Run) -> None:
    (talk,) = read_claims(run.path)
    check(write_claims_page(run.path, talk).as_uri())


def test_the_slides(check: Check, run: Run) -> None:
    write_deck(run, deck(run))
    check((run.path / "slides.html").as_uri())


def test_the_atlas(check: Check, tmp_path: Path) -> None:
    for one in fleet(9, np.random.default_rng(15), claims=4, flip_above=8):
        (tmp_path / f"{one.hash[:12]}{SUFFIX}").write_bytes(encode(one))
    write_atlas(collect([tmp_path]), tmp_path / "out")
    check((tmp_path / "out" / "index.html").as_uri())


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    return folder


@pytest.mark.parametrize("page", ["index.html", "commands.html", "models.html", "api.html"])
def test_the_documentation(check: Check, documents: Path, page: str) -> None:
    check((documents / page).as_uri(), WCAG)  # the theme has landmarks of one name; no rule of WCAG forbids them


@pytest.fixture(scope="module")
def resources() -> Iterator[RaceResources]:
    with race_resources() as resources:
        yield resources


@pytest.fixture
def site(resources: RaceResources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages of `make race`, with two runs on disk."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("20260101-101500", "20260102-101500")):
        recorded.record(tmp_path / "results" / "runs", name, blocks=8, seed=seed, machine=MACHINE)
    with served(resources, tmp_path / "results") as (url, _):
        yield url


def test_past_runs_and_their_comparison(look: Look, check: Check, site: str) -> None:
    check(f"{site}/runs")
    comparison = f"{site}/compare?a=20260101-101500&b=20260102-101500"
    view = look(comparison)
    view.page.locator("table").first.wait_for()  # until it is made the page says so, and loads itself again
    view.close()
    check(comparison)
    check(f"{site}/compare?a=nothing")


def test_the_race_before_it_and_after_it_and_its_saved_replay(
    look: Look, check: Check, site: str, tmp_path: Path
) -> None:
    check(site)
    view = look(site)
    start(view.page, models=["sequential", "asyncio"])
    assert violations(view.page) == []
    figures(view.page)
    check(site)
    with view.page.expect_download() as download:
        view.page.get_by_role("link", name="Save the replay").click()
    download.value.save_as(tmp_path / "race.html")
    check((tmp_path / "race.html").as_uri())
