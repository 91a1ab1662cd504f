"""The wheel: what it holds, and what it does far from the clone, with the packages that it declares and no others."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from overlap_bench.comparison import Comparison
from tests.overlap_bench.installed import Installed

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parents[2]
Call = Callable[..., "subprocess.CompletedProcess[str]"]
NOTEBOOK = ROOT / "docs" / "examples" / "measure.ipynb"


@pytest.fixture(scope="module")
def jupyter(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel where somebody has notebooks."""
    return Installed.make(tmp_path_factory.mktemp("jupyter") / "venv", str(wheel), "nbclient", "ipykernel")


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary files, in which nothing of ours may be left."""
    (folder := tmp_path / "temporary").mkdir()
    yield folder
    assert list(folder.glob("overlap-*")) == []


@pytest.fixture
def call(installed: Installed, tmp_path: Path, temporary: Path) -> Call:
    """Call a program as a user who has the wheel, in a folder and a home of their own."""
    return lambda *command: installed.call(tmp_path, *command, TMPDIR=str(temporary))


@pytest.mark.real
def test_nothing_of_a_general_name_lies_in_site_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"overlap_bench"}
    assert not [name for name in names if name.endswith((".pyc", "reference/report.html", ".png"))]
    assert wheel.stat().st_size < 10 * 2**20


@pytest.mark.real
def test_what_the_suite_reads_is_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    house = tmp_path / "overlap_bench" / "_house"
    for name in ("pyproject.toml", "requirements-full.lock", "benchmarks/claims/async_await.toml"):
        assert (house / name).read_bytes() == (ROOT / name).read_bytes()
    kinds = (".py", ".toml", ".html", ".css", ".js", ".json", ".md")
    for folder in ("benchmarks", "servers", "scripts", "docs/lessons"):
        ours = {one.relative_to(ROOT) for one in (ROOT / folder).rglob("*") if one.suffix in kinds}
        assert ours == {one.relative_to(house) for one in (house / folder).rglob("*") if one.suffix in kinds}


@pytest.mark.real
def test_the_program_says_its_version_and_keeps_results_in_the_users_data_folder(call: Call, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "__init__.py").write_text("raise SystemExit('the wrong scripts')\n")
    version = call("overlap", "--version")
    assert (version.returncode, version.stdout) == (0, "overlap 0.1.0\n")
    done = call("overlap", "report")
    assert done.returncode == 4
    assert f"{tmp_path}/home" in done.stderr
    assert "Next: overlap bench" in done.stderr
    assert call("overlap", "models").returncode == 0
    assert not (tmp_path / "results").exists()


@pytest.mark.real
def test_the_program_measures_from_any_folder(call: Call, tmp_path: Path) -> None:
    line = ["--results", "here", "bench", "--only", "cpu and primes and sequential", "--blocks", "1"]
    done = call("overlap", *line)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "latest" / "report.html").exists()


@pytest.mark.real
def test_a_users_test_finds_the_fixture_without_the_clone(call: Call, tmp_path: Path) -> None:
    test = tmp_path / "test_pages.py"
    test.write_text(
        "import asyncio\n"
        "async def awork(task):\n    await asyncio.sleep(0.02)\n    return task\n"
        "def test_it(overlap):\n"
        "    found = overlap(awork, tasks=range(20), models='asyncio', blocks=1)\n"
        "    assert found.speedup('asyncio').estimate > 1.5\n"
    )
    done = call("python", "-m", "pytest", "-q", str(test))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.real
def test_the_notebook_runs_without_the_clone(jupyter: Installed, temporary: Path, tmp_path: Path) -> None:
    program = (
        "import sys, nbformat; from nbclient import NotebookClient as C;"
        "book = nbformat.read(sys.argv[1], 4);"
        "[one.update(source=one['source'].replace('blocks=6', 'blocks=1')) for one in book.cells];"
        "C(book, timeout=240).execute(); nbformat.write(book, sys.argv[2])"
    )
    line = ("python", "-c", program, str(NOTEBOOK), str(tmp_path / "out.ipynb"))
    done = jupyter.call(tmp_path, *line, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr[-2000:]
    text = (tmp_path / "out.ipynb").read_text()
    assert "<table><caption>fetch: " in text
    assert "<svg" in text
    assert "Interval(estimate=" in text


def test_a_comparison_shows_itself_as_a_table_with_a_bar_a_model() -> None:
    entry = {"concurrency": 10, "seconds": {"estimate": 0.1, "low": 0.09, "high": 0.11}}
    speedups = {"threads": (8.0, 7.5, 8.5), "sequential": (1.0, 1.0, 1.0)}
    results = [
        {"model": name, "speedup": dict(zip(("estimate", "low", "high"), three, strict=True)), **entry}
        for name, three in speedups.items()
    ]
    made = Comparison(
        {
            "work": {"name": "<fetch>"},
            "size": {"tasks": 40, "blocks": 6},
            "results": results,
            "learned": {"unfit": {"processes": "the answer, a <lock>, cannot be pickled"}},
            "not_results": [],
        }
    )
    html = made._repr_html_()
    assert html.count("<svg") == 2
    assert "&lt;fetch&gt;: 40 tasks a round, 6 blocks" in html
    assert "<lock>" not in html
    assert 'aria-label="8 (7.5 to 8.5) times sequential"' in html
    assert "threads" in str(made)
    with pytest.raises(LookupError, match="cannot be pickled"):
        made.speedup("processes")
