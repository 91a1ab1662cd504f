"""What `--base` and `--head` mean, and what is said when they can't be had. Real git, no environments."""

import subprocess
from pathlib import Path

import pytest

from scripts.revisions.environments import project_requirements
from scripts.revisions.git import Repository
from scripts.revisions.sides import Request, check, is_revision, python_of
from scripts.util.exit_codes import CommandError, Exit

WORK = "TASKS = [1]\ndef work(task): return task\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two commits: the first, `v1`, has no work.py; the second, on main, has."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "library.py").write_text("VALUE = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "v1")
    (folder / "work.py").write_text(WORK)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "two")
    return folder


def requests(project: Path, base: str, head: str = "", *, same_work: bool = False) -> list[Request]:
    work = project / "work.py"
    return [Request(name, source, work, same_work=same_work) for name, source in (("base", base), ("head", head))]


def refusal(pair: list[Request]) -> tuple[Exit, str]:
    with pytest.raises(CommandError) as refused:
        check(pair)
    return refused.value.code, str(refused.value)


def test_head_is_the_commit_where_base_is_a_revision(project: Path) -> None:
    assert [one.source for one in check(requests(project, "main"))] == ["main", "HEAD"]


def test_head_is_the_folder_where_base_is_a_package(project: Path) -> None:
    assert [one.source for one in check(requests(project, "httpx==0.27"))] == ["httpx==0.27", "."]


def test_outside_a_repository_there_are_no_revisions(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    code, words = refusal(requests(tmp_path, "main"))
    assert code == Exit.USAGE
    assert "is in no git repository, so it has no revision 'main'" in words


@pytest.mark.parametrize("name", ["nosuch", "--upload-pack=x", "main..v1", "main:work.py"])
def test_an_unknown_revision_is_named(project: Path, name: str) -> None:
    code, words = refusal([Request("base", name, project / "work.py"), Request("head", "HEAD", project / "work.py")])
    assert code == Exit.USAGE
    assert f"there is no revision {name!r}" in words


def test_uncommitted_changes_are_measured_where_the_folder_as_it_is_stands_against_its_commit(project: Path) -> None:
    (project / "library.py").write_text("VALUE = 2\n")
    assert [one.source for one in check(requests(project, "HEAD", "."))] == ["HEAD", "."]


def test_uncommitted_changes_are_not_left_out_in_silence(project: Path) -> None:
    (project / "library.py").write_text("VALUE = 2\n")
    code, words = refusal(requests(project, "main"))
    assert code == Exit.USAGE
    assert "uncommitted changes (library.py) would not be measured" in words
    assert "--head ." in words
    assert check(requests(project, "main", "."))


def test_files_that_git_does_not_know_are_no_changes(project: Path) -> None:
    (project / "notes.txt").write_text("")
    assert check(requests(project, "main"))


def test_a_revision_without_the_work_is_refused_before_anything_is_made(project: Path) -> None:
    code, words = refusal(requests(project, "v1"))
    assert code == Exit.USAGE
    assert "v1 has no file work.py. Next: --same-work" in words
    assert check(requests(project, "v1", same_work=True))


def test_a_checkout_leaves_the_users_repository_as_it_was(project: Path, tmp_path: Path) -> None:
    before = sorted(path for path in project.rglob("*") if path.name != "index")
    repository = Repository.containing(project, "v1")
    code = repository.check_out(repository.commit("v1"), tmp_path / "code")
    assert (code / "library.py").exists()
    assert not (code / "work.py").exists()
    assert sorted(path for path in project.rglob("*") if path.name != "index") == before
    assert git(project, "worktree", "list").count("\n") == 0
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("source", ["httpx==0.27", "httpx>=1,<2", "httpx[http2]==0.27", "httpx @ ./httpx", "a.b-c~=1"])
def test_a_requirement_is_no_revision(source: str) -> None:
    assert not is_revision(source)


@pytest.mark.parametrize("source", ["main", "v1.2", "feature/x", "HEAD~1", "1a2b3c4", "origin/main", "HEAD@{1}"])
def test_a_revision_is_no_requirement(source: str) -> None:
    assert is_revision(source)


def test_an_environment_is_known_by_its_interpreter(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("")
    assert python_of(tmp_path) is None
    python.chmod(0o755)
    assert python_of(tmp_path) == python_of(python) == python
    assert not is_revision(str(tmp_path))


@pytest.mark.parametrize(
    ("file", "text", "installs"),
    [
        ("pyproject.toml", "[project]\nname = 'a'\n", "."),
        ("pyproject.toml", "[tool.ruff]\n", ""),
        ("setup.py", "", "."),
        ("requirements.txt", "httpx\n", "-r"),
        ("README.md", "", ""),
    ],
)
def test_a_project_is_installed_as_it_says(tmp_path: Path, file: str, text: str, installs: str) -> None:
    (tmp_path / file).write_text(text)
    expected = {".": [str(tmp_path)], "-r": ["-r", str(tmp_path / "requirements.txt")], "": []}
    assert project_requirements(tmp_path) == expected[installs]


def test_a_damaged_pyproject_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(CommandError, match="cannot be read"):
        project_requirements(tmp_path)
