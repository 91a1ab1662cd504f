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

from scripts.revisions.environments import link_environment, make_environment, packages, project_requirements
from scripts.revisions.git import Repository, git
from scripts.util.exit_codes import CommandError, Exit

REQUIREMENT = re.compile(r"[\w.-]+(\[[\w.,-]+\])?(\s*(===?|[<>~!]=|[<>])|\s+@)\s*\S.*")
AS_IT_IS = "."


@dataclass(frozen=True)
class Request:
    """The request for one side, from the command line."""

    name: str  # "base" or "head"
    source: str  # the revision, requirement or path
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
    executable = path / "bin" / "python" if path.is_dir() else path
    return (
        executable
        if executable.is_file() and os.access(executable, os.X_OK) and executable.name.startswith("python")
        else None
    )


def is_revision(text: str) -> bool:
    """Whether a side is a git revision."""
    return text != AS_IT_IS and not REQUIREMENT.fullmatch(text) and not python_of(Path(text))


def usual_python() -> str:
    """The interpreter of the environment that is active, or else the one that runs this program."""
    active = os.environ.get("VIRTUAL_ENV", "")
    executable = python_of(Path(active)) if active else None
    return str(executable) if executable else sys.executable


def check(pair: Sequence[Request]) -> list[Request]:
    """The requests with the usual head filled in, before anything is made. CommandError when git can't follow one."""
    usual = "HEAD" if is_revision(pair[0].source) else AS_IT_IS
    complete = [one if one.source else replace(one, source=usual) for one in pair]
    for one in complete:
        if is_revision(one.source):
            repository = Repository.containing(one.work.parent, one.source)
            if one.source == usual and complete[1].source != AS_IT_IS:
                repository.require_clean()
            require_work(one, repository, repository.commit(one.source))
        elif not one.work.is_file():
            raise CommandError(Exit.USAGE, f"there is no file {one.work}. Next: overlap ab --base main -- work.py")
    return complete


def make_side(request: Request, folder: Path) -> Side:
    """Check out, install, describe; everything lies in `folder`. CommandError when something can't be had."""
    python = request.python or usual_python()
    if is_revision(request.source):
        return revision(request, folder, python)
    project = project_folder(request.work)
    home, source = folder / "environment", work_reference(request.work, request.function)
    if theirs := python_of(Path(request.source)):
        new = make_environment(home, str(theirs), request.extra, name=request.name)
        link_environment(home, str(theirs), name=request.name)
        return Side(request.name, request.source, new, source, packages(new, name=request.name))
    requirements = [] if request.source == AS_IT_IS else [request.source]
    installed = project_requirements(project) if project else []
    new = make_environment(
        home, python, [*installed, *request.extra, *requirements], name=f"{request.name} ({request.source})"
    )
    label = "the folder as it is" if request.source == AS_IT_IS else request.source
    return Side(request.name, label, new, source, packages(new, name=request.name))


def revision(request: Request, folder: Path, python: str) -> Side:
    """The side of a git revision."""
    repository = Repository.containing(request.work.parent, request.source)
    commit = repository.commit(request.source)
    code = repository.check_out(commit, folder / "code")
    work = work_in(request, repository, code)
    name = f"{request.name} ({request.source})"
    new = make_environment(folder / "environment", python, [*project_requirements(code), *request.extra], name=name)
    label = request.source if commit.startswith(request.source) else f"{request.source} ({commit[:9]})"
    return Side(request.name, label, new, work_reference(work, request.function), packages(new, name=name))


def require_work(request: Request, repository: Repository, commit: str) -> None:
    """CommandError when the revision has no such file."""
    if not request.work.is_relative_to(repository.root):
        raise CommandError(
            Exit.USAGE, f"{request.work} lies outside {repository.root}. Next: give a file of the project"
        )
    place = request.work.relative_to(repository.root)
    if not request.same_work and git(repository.root, "cat-file", "-e", f"{commit}:{place.as_posix()}").returncode:
        why = f"{request.source} has no file {place}"
        raise CommandError(Exit.USAGE, f"{why}. Next: --same-work to use today's file on both sides")


def work_in(request: Request, repository: Repository, code: Path) -> Path:
    """The work's file in a revision, or today's put there."""
    work = code / request.work.relative_to(repository.root)
    if request.same_work:
        work.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(request.work, work)
    return work


def work_reference(work: Path, function: str) -> str:
    """The work, as a survey takes it."""
    return f"{work}:{function}" if function else str(work)


def project_folder(work: Path) -> Path | None:
    """The nearest folder above the work that can be installed, within its git repository; None where there is none."""
    toplevel = git(work.parent, "rev-parse", "--show-toplevel")
    top = Path(toplevel.stdout.strip()).resolve() if not toplevel.returncode else work.parent
    above = [folder for folder in work.parents if folder == top or top in folder.parents]
    return next((folder for folder in above if project_requirements(folder)), None)
