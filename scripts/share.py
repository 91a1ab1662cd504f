"""`make share`: one small file of a run, to send to somebody who makes an atlas of many machines.

    make share                         # the latest run, with its verdicts
    make share RUN=results/runs/<id> CONDITION="one core by affinity"

A run of several Pythons gives a file for each. It prints what is in a file before it writes it. Nothing is sent
anywhere.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from scripts.atlas.build import shares_of_run
from scripts.atlas.plausibility import implausible
from scripts.atlas.share_format import LARGEST_BYTES, SUFFIX, Share, ShareError, decode, encode
from scripts.report.terminal import console
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import run_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.paths import SHARES


def options() -> argparse.Namespace:
    """The command line."""
    parser = run_parser("share", __doc__)
    parser.add_argument("--condition", default="", help="what was changed on this machine: 'one core by affinity'")
    parser.add_argument("--out", type=Path, help=f"file to write (default {SHARES}/<hash>{SUFFIX})")
    return parser.parse_args()


def contents(share: Share) -> list[str]:
    """The contents of the file, a line each."""
    machine, python = share.machine, share.python
    runs = f" in {share.plan.repeat} runs" if share.plan.repeat > 1 else ""
    quota = f", quota {machine.cgroup_quota_cores:g} cores" if machine.cgroup_quota_cores else ""
    return [
        f"machine: {machine.cpu}, {machine.cores_usable} of {machine.cores} cores{quota}, {machine.memory_gib:g} GiB",
        f"system: {machine.system} {machine.kernel}, {machine.architecture}{', virtual' * machine.virtual}",
        f"Python: {python.implementation} {python.version}, {python.compiler}, GIL {'on' if python.gil else 'off'}",
        f"packages: {', '.join(f'{name} {version}' for name, version in share.packages.items())}",
        f"condition: {share.condition or 'none, the machine as it is'}",
        f"measured: {share.measured}, {share.plan.blocks} blocks{runs}, Overlap {share.version} ({share.code[:8]})",
        f"figures: the median of each block for {len(share.cells)} cells",
        f"verdicts: {len(share.claims)} claims of {len({claim.talk for claim in share.claims})} talks",
        "not in it: host and user names, paths, times of day, code, answers",
    ]


def write(share: Share, out: Path | None) -> Path:
    """Write the file. Raises CommandError where it would be larger than a share may be, or be refused."""
    data = encode(share)
    if len(data) > LARGEST_BYTES:
        sentence = (
            f"the share would have {len(data):,} bytes; the most is {LARGEST_BYTES:,}. Next: make share of a make bench"
        )
        raise CommandError(Exit.NOT_MEASURED, sentence)
    if why := refusal(data):
        sentence = f"an atlas would leave this share out: {why}. Next: make share RUN=<another run>"
        raise CommandError(Exit.NOT_MEASURED, sentence)
    path = out or SHARES / f"{share.hash[:12]}{SUFFIX}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write_bytes(data)
    return path


def refusal(data: bytes) -> str:
    """Why the reader of an atlas would refuse the file; empty where it would not."""
    try:
        return implausible(decode(data))
    except ShareError as problem:
        return str(problem)


def show(share: Share, out: Console) -> None:
    """Print the contents."""
    for line in contents(share):
        name, _, text = line.partition(": ")
        out.print(f"[bold]{name:>10}[/]  {escape(text)}", highlight=False)


@exits_on_error
def main() -> None:
    """Say what is shared, and write it."""
    chosen = options()
    shares = shares_of_run(chosen.run, chosen.condition)
    for share in shares:
        show(share, console())
        path = write(share, chosen.out and place(chosen.out, share, alone=len(shares) == 1))
        print(f"{path}, {path.stat().st_size / 1000:.0f} kB. Next: send it, or make atlas FROM={path.parent}")
    sys.exit(Exit.OK)


def place(out: Path, share: Share, *, alone: bool) -> Path:
    """The file of a share: as it was named; one of several also has its Python and its hash, as two may be of one."""
    name, python = out.name.removesuffix(SUFFIX), share.python.name
    return out if alone else out.with_name(f"{name}-{python}-{share.hash[:6]}{SUFFIX}")


if __name__ == "__main__":
    main()
