"""Small programs, each run in an interpreter of its own, that print one JSON object: name of a metric → value."""

import json
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 60


class ProbeFailed(Exception):
    """A probe ended without metrics: its name, and the last thing that it said."""


def run_probe(name: str, *args: object) -> dict[str, float]:
    """What the probe `name` prints. ProbeFailed when it fails; all that it said is on standard error."""
    # not `-m`: a spawned process would import the main module once more, and that would be measured
    program = f"from {__name__}.{name} import main; main()"
    command = [sys.executable, "-c", program, *map(str, args)]
    root = Path(__file__).parents[2]
    printed = subprocess.run(
        command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    sys.stderr.write(printed.stderr)
    if printed.returncode:
        last = (printed.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ProbeFailed(f"{name} {' '.join(map(str, args))}: {last}")
    return json.loads(printed.stdout)  # type: ignore[no-any-return]
