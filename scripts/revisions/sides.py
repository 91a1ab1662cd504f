"""The two sides of a comparison: what `--base` and `--head` mean, and where each side's code and interpreter are.

main, v1.2, 1a2b3c4     a git revision, installed into an environment of its own
.                       the folder as it is, changes that are not committed included
package==1.2            this project, or no project, with that version of a library
path/to/venv            an environment that is there already
"""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.revisions.environments import look_into, make_environment, packages, project_requirements
from scripts.revisions.git import Repository, git
from scripts.util.exit_codes import CommandError, Exit

REQUIREMENT = re.compile(r"[\w.-]+(\[[\w.,-]+\])?(\s*(===?|[<>~!]=|[<>])|\s+@)\s*\S.*")
AS_IT_IS = "."


@dataclass(frozen=True)
class Request:
    """What the command line asks of a side."""

    name: str  # "base" or "head"
    said: str  # the revision, requirement or path
    work: Path  # the work's file, as it lies in the user's folder
    function: str = ""
    python: str = ""
    extra: tuple[str, ...] = ()  # requirements of both sides
    same_work: bool = False  # today's file, whatever the revision has


@dataclass(frozen=True)
class Side:
    """One side, ready to be measured."""

    name: str
    label: str
    python: str
    source: str
    packages: dict[str, str]


def python_of(path: Path) -> Path | None:
    """The interpreter of an environment, given by its folder or by itself; None for any other path."""
    found = path / "bin" / "python" if path.is_dir() else path
    return found if found.is_file() and os.access(found, os.X_OK) and found.name.startswith("python") else None


def is_revision(said: str) -> bool:
    """Whether a side is a git revision."""
    return said != AS_IT_IS and not REQUIREMENT.fullmatch(said) and not python_of(Path(said))


def usual_python() -> str:
    """The interpreter of the environment that is active, or else the one that runs this program."""
    active = os.environ.get("VIRTUAL_ENV", "")
    found = python_of(Path(active)) if active else None
    return str(found) if found else sys.executable


def check(asked: Sequence[Request]) -> list[Request]:
    """The requests with the usual head filled in, before anything is made. CommandError when git can't follow one."""
    usual = "HEAD" if is_revision(asked[0].said) else AS_IT_IS
    complete = [one if one.said else replace(one, said=usual) for one in asked]
    for one in complete:
        if is_revision(one.said):
            repository = Repository.around(one.work.parent, one.said)
            if one.said == usual:
                repository.require_clean()
            require_work(one, repository, repository.commit(one.said))
        elif not one.work.is_file():
            raise CommandError(Exit.USAGE, f"there is no file {one.work}. Next: overlap ab --base main -- work.py")
    return complete


def make_side(asked: Request, folder: Path) -> Side:
    """Check out, install, describe; everything lies in `folder`. CommandError when something can't be had."""
    python = asked.python or usual_python()
    if is_revision(asked.said):
        return revision(asked, folder, python)
    project = project_folder(asked.work)
    home, source = folder / "environment", named(asked.work, asked.function)
    if theirs := python_of(Path(asked.said)):
        new = make_environment(home, str(theirs), asked.extra, name=asked.name)
        look_into(home, str(theirs), name=asked.name)
        return Side(asked.name, asked.said, new, source, packages(new, name=asked.name))
    wanted = [] if asked.said == AS_IT_IS else [asked.said]
    installed = project_requirements(project) if project else []
    new = make_environment(home, python, [*installed, *asked.extra, *wanted], name=f"{asked.name} ({asked.said})")
    label = "the folder as it is" if asked.said == AS_IT_IS else asked.said
    return Side(asked.name, label, new, source, packages(new, name=asked.name))


def revision(asked: Request, folder: Path, python: str) -> Side:
    """The side of a git revision."""
    repository = Repository.around(asked.work.parent, asked.said)
    commit = repository.commit(asked.said)
    code = repository.check_out(commit, folder / "code")
    work = work_in(asked, repository, code)
    name = f"{asked.name} ({asked.said})"
    new = make_environment(folder / "environment", python, [*project_requirements(code), *asked.extra], name=name)
    label = asked.said if commit.startswith(asked.said) else f"{asked.said} ({commit[:9]})"
    return Side(asked.name, label, new, named(work, asked.function), packages(new, name=name))


def require_work(asked: Request, repository: Repository, commit: str) -> None:
    """CommandError when the revision has no such file."""
    if not asked.work.is_relative_to(repository.root):
        raise CommandError(Exit.USAGE, f"{asked.work} lies outside {repository.root}. Next: give a file of the project")
    place = asked.work.relative_to(repository.root)
    if not asked.same_work and git(repository.root, "cat-file", "-e", f"{commit}:{place.as_posix()}").returncode:
        why = f"{asked.said} has no file {place}"
        raise CommandError(Exit.USAGE, f"{why}. Next: --same-work to use today's file on both sides")


def work_in(asked: Request, repository: Repository, code: Path) -> Path:
    """The work's file in a revision, or today's put there."""
    work = code / asked.work.relative_to(repository.root)
    if asked.same_work:
        work.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(asked.work, work)
    return work


def named(work: Path, function: str) -> str:
    """The work, as a survey takes it."""
    return f"{work}:{function}" if function else str(work)


def project_folder(work: Path) -> Path | None:
    """The nearest folder above the work that can be installed, within its git repository; None where there is none."""
    found = git(work.parent, "rev-parse", "--show-toplevel")
    top = Path(found.stdout.strip()).resolve() if not found.returncode else work.parent
    above = [folder for folder in work.parents if folder == top or top in folder.parents]
    return next((folder for folder in above if project_requirements(folder)), None)
