"""`make mine` from outside: what is wrong costs a sentence and nothing else, and what is right becomes a comparison."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.machine.calibration import Calibration
from scripts import mine
from scripts.faults.sandbox import Sandbox
from scripts.mine import models_of, source_of, survey
from scripts.report import work_document
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict import expectations
from tests.benchmarks.own import BOTH, NAPS, written

ROOT = Path(__file__).parents[2]
TIME_OUT_S = 2.0


@pytest.fixture(scope="module")
def pace() -> Calibration:
    return Calibration.measure()


@pytest.fixture
def surveyed(tmp_path: Path, pace: Calibration, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that lets a file be surveyed as `make mine` does it."""
    pace.write(tmp_path / "pace.json")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def look(text: str, models: str = "sequential threads") -> dict[str, Any]:
        source = written(tmp_path, text)
        (tmp_path / "survey.json").write_text(json.dumps({"work": {"source": source}}))
        os.environ["OVERLAP_MINE"] = str(tmp_path / "survey.json")
        return survey(tmp_path, source, models, 6, lambda step: None)

    yield look
    os.environ.pop("OVERLAP_MINE", None)


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ("", "WORK is missing: which file has your work? Next: make mine WORK=path/to/file.py"),
        ("no/such.py", "WORK=no/such.py: there is no file no/such.py"),
        ("./README.md", "README.md is no Python file"),
    ],
)
def test_a_missing_file_is_asked_for(work: str, says: str) -> None:
    with pytest.raises(CommandError, match=re.escape(says)) as stop:
        source_of(work)
    assert stop.value.code == Exit.USAGE


def test_a_file_is_named_so_that_every_process_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, NAPS)
    assert source_of("mywork.py:work") == f"{tmp_path}/mywork.py:work"
    assert source_of("package.module:work") == "package.module:work"


def test_a_misspelt_model_is_told_the_nearest() -> None:
    assert models_of("threads uvloop") == "sequential threads uvloop"
    with pytest.raises(
        CommandError, match=r"no model is called 'thread'; the nearest name is 'threads'\. Next: make models"
    ):
        models_of("thread")


@pytest.mark.real
def test_a_file_that_does_not_import_is_wrong_usage(surveyed: Any) -> None:
    with pytest.raises(CommandError, match=r"No module named 'no_such_package'. Next: make mine PYTHON=") as stop:
        surveyed("import no_such_package")
    assert stop.value.code == Exit.USAGE


@pytest.mark.real
def test_a_function_that_raises_is_told_with_its_task(surveyed: Any) -> None:
    with pytest.raises(CommandError, match=r"task 2 \(2\) raised ValueError: no such page") as stop:
        surveyed("TASKS = range(5)\ndef work(task):\n    if task == 2: raise ValueError('no such page')\n")
    assert stop.value.code == Exit.NOT_MEASURED


@pytest.mark.real
def test_a_function_that_exits_is_told_with_its_task(surveyed: Any) -> None:
    with pytest.raises(CommandError, match=r"task 0 \(1\) called sys.exit"):
        surveyed("import sys\nTASKS = [1]\ndef work(task): sys.exit()\n")


@pytest.mark.real
def test_a_function_that_ends_its_interpreter_is_told_with_its_task(surveyed: Any) -> None:
    with pytest.raises(CommandError, match=r"its interpreter ended with 7 at task 0 \(1\)"):
        surveyed("import os\nTASKS = [1]\ndef work(task): os._exit(7)\n")


@pytest.mark.real
def test_a_function_that_never_returns_is_ended(surveyed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine, "PATIENCE_S", TIME_OUT_S)
    with pytest.raises(CommandError, match=r"task 1 \(1\) had not ended after 2 s. Next:") as stop:
        surveyed("import time\nTASKS = range(3)\ndef work(task):\n    while task: time.sleep(1)\n")
    assert stop.value.code == Exit.NOT_MEASURED


@pytest.mark.real
def test_a_client_that_cannot_be_opened_is_told(surveyed: Any) -> None:
    with pytest.raises(CommandError, match="ConnectionError: nobody there"):
        surveyed("TASKS = [1]\ndef client(): raise ConnectionError('nobody there')\ndef work(client, task): ...\n")


NOISY = """
import sys, os, time, random
TASKS = (n for n in range(20))
def work(task):
    print('{"found": "nonsense"}', flush=True)
    os.write(1, b'{"failed": "nonsense"}\\n')
    assert sys.stdin.read() == ""
    time.sleep(0.005)
    return float("nan")
"""


@pytest.mark.real
def test_what_a_function_prints_is_never_taken_for_a_figure(surveyed: Any, tmp_path: Path) -> None:
    profile = surveyed(NOISY)
    assert profile["work"]["tasks"] == 20
    assert profile["learned"]["answers"] == {"compared": True, "against": "sequential", "why": ""}
    assert "nonsense" in (tmp_path / "survey.log").read_text()
    assert profile["learned"]["forms"]["blocking"]["compute_share"] < 0.5
    assert {cell["model"] for cell in profile["cells"]} == {"sequential", "threads"}


LOCKED = """
import threading, time
TASKS = [threading.Lock() for _ in range(6)]
def work(lock):
    time.sleep(0.005)
    return time.time()
"""


@pytest.mark.real
def test_what_cannot_be_sent_or_compared_is_said_and_the_rest_is_measured(surveyed: Any) -> None:
    profile = surveyed(LOCKED, "sequential threads processes")
    assert profile["learned"]["unfit"] == {
        "processes": "task 0, a lock, cannot be pickled: cannot pickle '_thread.lock' object"
    }
    assert not profile["learned"]["answers"]["compared"]
    assert re.match(r"task 0 \(.*lock.*\) gave [\d.]+ and then [\d.]+. Next:", profile["learned"]["answers"]["why"])
    assert {cell["model"] for cell in profile["cells"]} == {"sequential", "threads"}


@pytest.mark.real
def test_an_awaitable_form_with_other_answers_is_left_out_with_the_first_difference(surveyed: Any) -> None:
    text = BOTH[: BOTH.rindex("return")] + "return task * 2 + task % 2\n"
    profile = surveyed(text, "sequential asyncio")
    assert profile["learned"]["unfit"] == {"asyncio": "task 1 (1) got the answer 3 instead of 2"}


@pytest.mark.parametrize(
    ("line", "of", "over", "holds"),
    [
        ("asyncio at least 5x sequential", "sequential", "asyncio", ">= 5"),
        ("asyncio >= 5 × sequential", "sequential", "asyncio", ">= 5"),
        ("threads at most 1.2x sequential", "sequential", "threads", "<= 1.2"),
        ("processes faster than threads", "threads", "processes", "> 1"),
        ("threads@8 slower than asyncio@20", "asyncio@20", "threads@8", "< 1"),
        ("asyncio 0.9 … 1.1 x threads", "threads", "asyncio", "0.9 … 1.1"),
        ("asyncio more than 100 tasks/s", "asyncio", "", "> 100"),
        ("asyncio more than 100 tasks a second", "asyncio", "", "> 100"),
    ],
)
def test_an_expectation_means_what_it_says(line: str, of: str, over: str, holds: str) -> None:
    part = expectations.claim(line, str).parts[0]
    assert (part.measure.of, part.measure.over, part.holds) == (of, over, holds)


def test_within_ten_percent_is_the_same_both_ways() -> None:
    limit = expectations.claim("uvloop within 10% of asyncio", str).parts[0].bound
    assert limit.low * limit.high == pytest.approx(1)
    assert limit.high == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("asyncio is great", "EXPECT: 'asyncio is great' cannot be read. Next: write it like"),
        ("thread at least 2x sequential", "no model is called 'thread' here; the nearest name is 'threads'"),
        ("asyncio at least 1.2.3x sequential", "'>= 1.2.3'"),
        ("asyncio 3 … 2 x threads", "No value lies between 3 and 2"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused_before_anything_is_measured(line: str, says: str) -> None:
    with pytest.raises(CommandError, match=re.escape(says)) as stop:
        expectations.check([line])
    assert stop.value.code == Exit.USAGE


def test_a_file_expects_nothing_of_models_that_were_not_asked_for() -> None:
    lines = ["processes at most 4x sequential", "threads@8 faster than sequential", "threads at least 2 tasks/s"]
    assert expectations.about_models(lines, ["sequential", "threads"]) == lines[1:]


def test_more_than_the_limit_is_explained_by_the_cpu_of_a_task() -> None:
    def result(model: str, cpu_s: float, low: float) -> dict[str, Any]:
        return {"model": model, "cpu_seconds": cpu_s, "tasks": 100, "efficiency": {"low": low}}

    alone, within = result("sequential", 0.6, 0.9), result("processes", 0.4, 0.8)
    assert list(work_document.above_limit([result("threads", 0.4, 1.2), within, alone])) == [
        "threads undercut the ideal time, which is made of tasks alone: "
        "a task took 4.00 ms of CPU there and 6.00 ms alone (docs/your-own-work.md)."
    ]
    assert not list(work_document.above_limit([result("threads", 0.6, 1.2), alone]))


def a_run(seconds: dict[str, float], blocks: int = 6) -> Any:
    """A run in which models took so long."""
    from scripts.tables.load import Run

    rows = [
        {
            "experiment": "user_work", "workload": "mywork", "model": model,
            "concurrency": 1 if model == "sequential" else 8, "tasks": 16, "wait_seconds": 0.02,
            "compute_seconds": 0.0, "twin": False, "block": block, "round": 0,
            "valid": True, "warmup": False, "disturbed": False, "seconds": took * (1 + 0.01 * (block % 3)),
            "ideal_seconds": 0.1, "efficiency": 0.5, "saturated": "", "parallel_capacity": 1.8, "cpu_seconds": 0.1,
        }
        for model, took in seconds.items()
        for block in range(blocks)
    ]  # fmt: skip
    environment = {
        "run": "x", "plan": {"only": "user_work", "blocks": blocks}, "packages": {},
        "machine": {"cpu": "a CPU", "cores_usable": 2}, "python": {"version": "3.11.7", "gil": True},
    }  # fmt: skip
    return Run(Path("x"), environment, pd.DataFrame(rows), [], [])


def test_an_expectation_that_no_longer_holds_is_exit_code_1() -> None:
    run = a_run({"sequential": 1.0, "threads": 0.5, "asyncio": 0.1})
    findings = expectations.findings(run, ["asyncio at least 5x sequential", "threads at least 5x sequential"])
    assert [finding.verdict for finding in findings] == ["holds", "refuted"]
    assert expectations.code(findings) == Exit.NEGATIVE
    assert expectations.code(findings[:1]) == Exit.OK


def test_an_expectation_that_cannot_be_decided_is_no_success() -> None:
    few = expectations.findings(
        a_run({"sequential": 1.0, "asyncio": 0.1}, blocks=3), ["asyncio at least 5x sequential"]
    )
    assert few[0].verdict == "inconclusive"
    none = expectations.findings(a_run({"sequential": 1.0}), ["asyncio at least 5x sequential"])
    assert expectations.code(few) == expectations.code(none) == Exit.NOT_MEASURED


def test_the_answer_is_about_the_users_own_work_with_each_model_at_its_best() -> None:
    from scripts.analysis.answers import answers

    sentences = answers(a_run({"sequential": 1.0, "threads": 0.5, "asyncio": 0.1}))
    assert len(sentences) == 1
    assert sentences[0].startswith(
        "For your own work (mywork, concurrency 8), fastest in this run: asyncio, 10.0× faster than sequential"
    )
    assert "The next is slower: threads took 5.00× its time" in sentences[0]
    nothing = answers(a_run({"sequential": 1.0, "threads": 1.5}))
    assert "fastest in this run: sequential" in nothing[0]


@pytest.mark.parametrize(
    "doubt",
    [
        "answers cannot be compared: task 0 gave 1.5 and then 2.5",
        "a task of `work` took 20 ms and then 0.1 ms, in a fresh process too: a file keeps its answer",
    ],
)
def test_work_that_is_in_doubt_never_gets_a_winner(tmp_path: Path, doubt: str) -> None:
    from scripts.analysis.answers import answers
    from scripts.tables.load import with_doubt

    run = a_run({"sequential": 1.0, "threads": 0.5, "asyncio": 0.1})
    assert "fastest" in answers(run)[0]
    (tmp_path / "survey.json").write_text(json.dumps({"learned": {"doubts": [doubt]}}))
    sentences = answers(replace(run, rounds=with_doubt(tmp_path, run.rounds)))
    assert "fastest" not in sentences[0]
    assert doubt in sentences[0]
    expected = expectations.findings(
        replace(run, rounds=with_doubt(tmp_path, run.rounds)), ["asyncio faster than threads"]
    )
    assert expectations.code(expected) == Exit.NOT_MEASURED


def test_the_chart_shows_the_users_own_work_at_each_size() -> None:
    from scripts.charts import speedup

    run = a_run({"sequential": 1.0, "threads": 0.5, "asyncio": 0.1})
    assert speedup.finding(run) == "Beside sequential: asyncio (10.0×) fastest in your own work (concurrency 8)"
    assert "mywork concurrency 8" in speedup.alt(run)


NAMES = {
    *("schema", "run", "machine", "python", "parallel_capacity", "work", "learned", "size", "results", "not_results"),
    "expectations",
}


@pytest.mark.real
def test_a_users_own_work_becomes_a_run_a_report_and_a_comparison(tmp_path: Path) -> None:
    house = Sandbox.build(tmp_path)
    source = written(tmp_path, BOTH + 'EXPECT = ["asyncio faster than sequential"]\n')
    done = house.bench(
        source, "--blocks=2", "--models=threads asyncio", "--expect=threads at least 1x sequential", verb="mine"
    )
    assert done.returncode == Exit.NOT_MEASURED, done.stderr  # two blocks establish nothing
    assert "inconclusive: asyncio faster than sequential" in done.stdout
    run = tmp_path / "results" / "mine"
    made = json.loads((run / "mine.json").read_text())
    assert set(made) == NAMES
    assert made["schema"] == 2
    assert {result["model"] for result in made["results"]} == {"sequential", "threads", "asyncio"}
    assert all(result["seconds"]["estimate"] > 0 for result in made["results"])
    assert made["not_results"] == []
    assert [one["text"] for one in made["expectations"]] == [
        "threads at least 1x sequential",
        "asyncio faster than sequential",
    ]
    assert "One task of" in (run / "report.html").read_text()
    assert (run / "charts" / "speedup.png").exists()
    assert not (tmp_path / "results" / "latest").exists()
    for file in run.glob("blocks/01.*"):
        file.unlink()
    again = house.bench(f"--resume={run.resolve()}", f"--json={tmp_path / 'kept.json'}", verb="mine")
    assert "2 blocks are too few for a verdict" in " ".join(again.stdout.split()), again.stderr
    assert json.loads((tmp_path / "kept.json").read_text())["results"][0]["flags"].count("missing") == 0
    assert house.left_behind() == []


@pytest.mark.real
def test_work_that_cannot_run_leaves_no_run_behind(tmp_path: Path) -> None:
    house = Sandbox.build(tmp_path)
    done = house.bench(written(tmp_path, "TASKS = []\ndef work(task): ...\n"), verb="mine")
    assert done.returncode == Exit.USAGE
    assert "has no tasks. Next: write TASKS" in done.stderr
    assert "Traceback" not in done.stderr
    assert house.runs() == []
    assert house.left_behind() == []


OWN_POOL = """
import time
from concurrent.futures import ThreadPoolExecutor
POOL = ThreadPoolExecutor(4)
TASKS = range(20)
def work(task): return POOL.submit(time.sleep, 0.005).result()
"""


@pytest.mark.real
def test_a_pool_that_the_users_file_keeps_open_is_the_users(tmp_path: Path) -> None:
    house = Sandbox.build(tmp_path)
    done = house.bench(written(tmp_path, OWN_POOL), "--quick", "--blocks=1", "--models=threads", verb="mine")
    assert done.returncode == Exit.OK, done.stderr
    made = json.loads((tmp_path / "results" / "mine" / "mine.json").read_text())
    assert {result["model"] for result in made["results"]} == {"sequential", "threads"}
    assert made["not_results"] == []


def test_the_progress_line_stays_one_line_of_80_columns() -> None:
    from io import StringIO

    from rich.console import Console

    from scripts.report.progress import Live

    screen = StringIO()
    live = Live(Console(file=screen, force_terminal=True, width=80, height=24), 10)
    models = ("sequential", "threads", "to_thread", "asyncio", "uvloop", "queue_workers", "gather", "processes")
    with live.bar:
        live.begin_block(9, 754.0)
        live.hear({"kind": "block", "order": list(models)})
        for model in models:
            cell = {"experiment": "user_work", "workload": "a_file_with_a_long_name-function", "model": model}
            rounds = [{"seconds": 1.0 if model == "sequential" else 0.02, "warmup": False}]
            live.hear(
                {"kind": "cell", "cell": f"user_work-{model}", "valid": True, "twin": False, "rounds": rounds} | cell
            )
        live.bar.refresh()
        drawn = live.bar.get_renderable()
    lines = Console(width=80).render_lines(drawn)
    assert len(lines) == 2
    text = "".join(segment.text for line in lines for segment in line)
    assert "block 10/10" in text
    assert "12:34 left" in text
    assert "user_work" in text


def test_a_step_of_the_profile_is_one_line_whatever_the_task_is_called() -> None:
    from scripts.util.format import shortened

    assert shortened("task 3 ('a\nb')", 40) == "task 3 ('a b')"
    assert shortened("[red]" + "x" * 100, 20) == "(red)xxxxxxxxxxxxxx…"
    assert len(shortened("x" * 100, 67)) == 67
