"""A revision of the user's project in a folder of its own, and nothing of their repository touched.

`git clone --shared` into a temporary folder, which takes milliseconds. (Rejected: `git worktree add`. It enters the
worktree into the user's repository, and stays there when the program is killed.)
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.util.exit_codes import CommandError, Exit

MOST_FILES = 3  # changed files that a sentence names


def git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call git in a folder. CommandError when there is no git."""
    try:
        return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError(Exit.NOT_MEASURED, "git is missing. Next: install it") from None


@dataclass(frozen=True)
class Repository:
    """The user's repository."""

    root: Path

    @classmethod
    def containing(cls, folder: Path, revision: str) -> "Repository":
        """The repository that a folder belongs to. CommandError when it belongs to none."""
        top = git(folder, "rev-parse", "--show-toplevel")
        if top.returncode:
            why = f"{folder} is in no git repository, so it has no revision {revision!r}"
            raise CommandError(Exit.USAGE, f"{why}. Next: call overlap ab in the project's folder")
        return cls(Path(top.stdout.strip()).resolve())

    def commit(self, revision: str) -> str:
        """The commit that a revision means. CommandError when there is none."""
        parsed = git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if parsed.returncode:
            shallow = git(self.root, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"
            more = f"git fetch --unshallow origin {revision}" if shallow else "git branch --all"
            raise CommandError(Exit.USAGE, f"there is no revision {revision!r} in {self.root}. Next: {more}")
        return parsed.stdout.strip()

    def require_clean(self) -> None:
        """CommandError when tracked files were changed since the last commit: they would be left out in silence."""
        lines = git(self.root, "status", "--porcelain", "--untracked-files=no").stdout.splitlines()
        if changed := [line[3:] for line in lines]:
            names = ", ".join(changed[:MOST_FILES]) + ", …" * (len(changed) > MOST_FILES)
            why = f"uncommitted changes ({names}) would not be measured"
            raise CommandError(Exit.USAGE, f"{why}. Next: commit them, or --head . to measure the folder as it is")

    def check_out(self, commit: str, folder: Path) -> Path:
        """The files of a commit, in `folder`. CommandError when git can't."""
        cloned = git(self.root, "clone", "-q", "--shared", "--no-checkout", str(self.root), str(folder))
        done = git(folder, "checkout", "-q", "--detach", commit) if not cloned.returncode else cloned
        if done.returncode:
            raise CommandError(Exit.NOT_MEASURED, f"git cannot check out {commit[:12]}: {done.stderr.strip()[-300:]}")
        return folder
