"""What a committed run holds is evidence: no verb changes it, whatever it makes of it."""

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from scripts import claims
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.recorded import record

CLAIM = """
[[claim]]
id = "faster"
text = "Threads are faster."
ratio = { of = "io/wire/sequential", over = "io/wire/threads" }
holds = "> 2"
expected = "holds"
"""


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed run, in the folder where verbs are called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(CLAIM)
    return record(tmp_path / "results", "reference", blocks=6)


def content(run: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}


def judge(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["claims", "--talk", "mine.toml", *arguments])
    with pytest.raises(SystemExit) as left:
        claims.main()
    return int(str(left.value.code))


def test_judging_a_committed_run_never_replaces_its_verdicts(reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (reference / "claims-mine.json").write_text("committed")
    before = content(reference)
    assert judge(monkeypatch, "--run", "results/reference") in (Exit.OK, Exit.NOT_MEASURED)
    assert content(reference) == before
    assert {file.name for file in Path("results/verdicts/reference").iterdir()} == {
        "claims-mine.json",
        "claims-mine.md",
        "claims-mine.html",
    }


def test_the_verdicts_go_where_they_are_asked_to(reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(monkeypatch, "--run", "results/reference", "--output", "a folder/below") in (
        Exit.OK,
        Exit.NOT_MEASURED,
    )
    assert Path("a folder/below/claims-mine.json").exists()
    assert not Path("results/verdicts").exists()


@pytest.mark.parametrize("verb", ["charts.__main__", "report.__main__", "slides", "trace"])
def test_what_is_drawn_of_a_committed_run_is_drawn_in_a_copy(
    verb: str, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, folders = import_module(f"scripts.{verb}"), list[Path]()

    def load(run: Path) -> None:
        folders.append(run)
        raise CommandError(Exit.BAD_DATA, "enough")

    monkeypatch.setattr(module, "load", load)
    for run in ("results/reference", "results/runs/own"):
        monkeypatch.setattr(sys, "argv", [verb, run])
        with suppress(SystemExit):
            module.main()
    assert folders == [Path("results/copies/reference"), Path("results/runs/own")]
    assert content(folders[0]).keys() == {folders[0] / file.relative_to(reference) for file in content(reference)}
