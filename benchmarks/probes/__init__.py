"""Small programs, each run in an interpreter of its own, that print one JSON object: name of a metric → value."""

import json
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 60


def run_probe(name: str, *args: object) -> dict[str, float]:
    """What the probe `name` prints. CalledProcessError when it fails."""
    # not `-m`: a spawned process would import the main module once more, and that would be measured
    program = f"from {__name__}.{name} import main; main()"
    command = [sys.executable, "-c", program, *map(str, args)]
    root = Path(__file__).parents[2]
    printed = subprocess.run(
        command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True, timeout=TIMEOUT_S
    )
    return json.loads(printed.stdout)  # type: ignore[no-any-return]
