"""The lessons: each is short, shows what it says, and says so when there was nothing to see."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.machine.capacity import usable_cores
from benchmarks.machine.gil import gil
from scripts.report import lesson_list
from scripts.util.exit_codes import Exit
from tests.missing import missing

BUSY = "no second core was free"  # what the lesson on the GIL says of a machine that does much else
CURES = {  # the mistake, and what would have been right
    "the_blocked_loop": ("time.sleep(WORK_S)  #", "await asyncio.sleep(WORK_S)  #"),
    "the_forgotten_await": ('    save("forgotten")', '    await save("forgotten")'),
    "the_leaked_socket": ("        fetch(url)\n", ""),
    "the_pool_that_forks": ("    with lock:\n", "    with threading.Lock():\n"),
    "the_unread_future": ("pool.submit(fetch, page)", "pool.submit(str, page)"),
}


def run(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(file)], check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", lesson_list.names())
def test_a_lesson_fits_a_page_argues_its_case_and_knows_nothing_of_this_project(name: str) -> None:
    text = (lesson_list.LESSONS / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 60
    assert lesson_list.first_sentence(name).endswith(".")
    assert "What to do: " in " ".join(lesson_list.explanation(name).split())
    assert "You should have seen" in text
    assert "Not seen: " in text
    assert not [word for word in ("benchmarks", "servers", "scripts") if f"from {word}" in text]


@pytest.mark.real
@pytest.mark.parametrize("name", lesson_list.names())
def test_a_lesson_shows_what_it_teaches(name: str) -> None:
    if name == "the_gil" and not gil():
        pytest.skip("this Python has no GIL")
    if name == "the_gil" and usable_cores() < 2:
        missing("the GIL is not to be told from a single core")
    done = run(lesson_list.LESSONS / f"{name}.py")
    assert done.returncode == 0 or (name == "the_gil" and BUSY in done.stderr), done.stdout + done.stderr
    assert "You should have seen" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.real
@pytest.mark.parametrize("name", CURES)
def test_a_lesson_whose_mistake_is_put_right_says_that_it_saw_nothing(name: str, tmp_path: Path) -> None:
    text = (lesson_list.LESSONS / f"{name}.py").read_text()
    mistake, cure = CURES[name]
    assert text.count(mistake) == 1
    cured = tmp_path / f"{name}.py"
    cured.write_text(text.replace(mistake, cure))
    done = run(cured)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" in done.stderr or "Not seen: " in done.stderr


def test_every_lesson_but_the_gil_has_a_cure() -> None:
    assert {*CURES, "the_gil"} == set(lesson_list.names())


def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.lesson", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_without_a_name_they_are_listed() -> None:
    done = typed()
    assert done.returncode == Exit.OK
    assert all(name in done.stdout for name in lesson_list.names())
    assert "Next: make lesson LESSON=" in done.stdout


def test_a_wrong_name_is_answered_with_the_right_one() -> None:
    done = typed("gil")
    assert done.returncode == Exit.USAGE
    assert "no lesson is called 'gil'; the nearest name is 'the_gil'. Next: make lesson, for all" in done.stderr


@pytest.mark.real
def test_a_lesson_is_given_with_what_it_says_and_what_it_measures() -> None:
    done = typed("the_forgotten_await")
    assert done.returncode == 0
    assert done.stdout.index("runs none of it") < done.stdout.index("$ python") < done.stdout.index("Without await")
