"""Shares of one machine under several conditions that it can really give, for `results/atlas`.

python -m scripts.atlas.conditions                           # all that this machine can give
python -m scripts.atlas.conditions --python "3.13 3.14" --only "io and wire" --blocks 3

Conditions are no machines, and the atlas counts them as conditions. Each is a `make bench` of its own; several Pythons
are one `make matrix`, whose blocks take turns.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine.pinning import PINNED
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.paths import LATEST, NEWEST_MATRIX, REFERENCE_SHARES

# What headlines and most claims rest on, without what takes minutes.
ONLY = "(io or cpu or mixed or network or lost_updates or loop_blocking or sequential_script) and not twin"
BLOCKS = 6  # as many as a verdict takes
CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/cpu"))
PERIOD_US = 100_000  # the kernel's own: a quota of as much is one core's


@dataclass(frozen=True)
class Condition:
    """A condition: its name, words before the command, and environment variables."""

    name: str
    prefix: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


def conditions(group: Path | None) -> Iterator[Condition]:
    """The conditions of this machine; `group` is a control group limited to one core, if one could be made."""
    cores = sorted(os.sched_getaffinity(0))
    yield Condition(f"{len(cores)} cores")
    yield Condition(f"{len(cores)} cores, server on one of its own", variables={PINNED: "1"})
    if shutil.which("taskset"):
        yield Condition("one core by affinity", ("taskset", "-c", str(cores[0])))
    if group:
        yield Condition("CPU quota of one core", ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"))


@contextmanager
def one_core_group() -> Iterator[Path | None]:
    """A control group that allows as much CPU as one core has; None where none can be made."""
    group = next(filter(None, map(make_group, CGROUPS)), None)
    try:
        yield group
    finally:
        if group:
            group.rmdir()


def make_group(root: Path) -> Path | None:
    """A group below a mounted hierarchy that limits CPU; None where that is none, or is not ours to change."""
    group = root / f"overlap-{os.getpid()}"
    if not (root / "cgroup.procs").exists():
        return None
    try:
        group.mkdir()
        version_2 = (group / "cpu.max").exists()
        (group / ("cpu.max" if version_2 else "cpu.cfs_quota_us")).write_text(str(PERIOD_US))
    except OSError:
        if group.exists():
            group.rmdir()
        return None
    return group


def run(command: list[str], **variables: str) -> None:
    """Run a verb of ours. CommandError where it could not measure."""
    done = subprocess.run(command, env=os.environ | variables, check=False)
    if done.returncode not in (Exit.OK, Exit.NEGATIVE):
        raise CommandError(Exit.NOT_MEASURED, f"{' '.join(command)} ended with {done.returncode}. Next: make doctor")


def verb(name: str, *arguments: str) -> list[str]:
    """The command of a verb."""
    return [sys.executable, "-m", f"scripts.{name}", *arguments]


def options() -> argparse.Namespace:
    """The command line."""
    parser = command_parser("conditions", __doc__)
    parser.add_argument("--only", default=ONLY, help="cells to measure (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=BLOCKS, help="of each condition (default %(default)s)")
    parser.add_argument("--python", default="", help="also under these, as for make matrix: '3.13 3.14'")
    parser.add_argument("--out", type=Path, default=REFERENCE_SHARES, help="folder of the shares (default %(default)s)")
    return parser.parse_args()


@exits_on_error
def main() -> None:
    """Measure under each condition, and write its share."""
    chosen = options()
    measured = [f"--only={chosen.only}", f"--blocks={chosen.blocks}"]
    with one_core_group() as group:
        for number, one in enumerate(conditions(group)):
            run([*one.prefix, *verb("bench", *measured)], **one.variables)
            share(LATEST, chosen.out, f"{number}-{one.name}", one.name)
    if chosen.python:
        run(verb("matrix", f"--python={chosen.python}", *measured))
        share(NEWEST_MATRIX, chosen.out, "python", "")


def share(folder: Path, out: Path, name: str, condition: str) -> None:
    """Write the share of a run."""
    file = out / f"{name.replace(' ', '-').replace(',', '')}.overlap.json"
    run(verb("share", f"--condition={condition}", f"--out={file}", str(folder)))


if __name__ == "__main__":
    main()
