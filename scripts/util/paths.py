"""Where the suite and its results lie.

In a clone, results lie below the folder in which a verb is called. `overlap`, which is called anywhere, says where by
OVERLAP_RESULTS; the reference then is the one that comes with the suite.
"""

import os
import shutil
from pathlib import Path

HOUSE = Path(__file__).parents[2]
RESULTS_VARIABLE = os.environ.get("OVERLAP_RESULTS", "")
RESULTS = Path(RESULTS_VARIABLE or "results")
RUNS = RESULTS / "runs"
LATEST = RESULTS / "latest"  # points to the newest run of `make bench` or `make matrix`
NEWEST_CLAIMS = RESULTS / "claims"  # points to the newest run that was measured for all claims of a talk
NEWEST_MATRIX = RESULTS / "matrix"  # points to the newest run of several interpreters
NEWEST_MINE = RESULTS / "mine"  # points to the newest run of a user's own work
REFERENCE = (HOUSE / "results" if RESULTS_VARIABLE else RESULTS) / "reference"
REFERENCE_MATRIX = REFERENCE / "matrix"
REFERENCE_REPEATS = REFERENCE / "repeats.json"  # what several whole runs say, each judged by itself
SHARES = RESULTS / "shares"  # files that `make share` wrote, or others sent
ATLAS = RESULTS / "atlas"  # what `make atlas` makes
REFERENCE_SHARES = (
    HOUSE / "results" if RESULTS_VARIABLE else RESULTS
) / "atlas"  # of the reference, under several conditions
COPIES = RESULTS / "copies"  # of committed runs, for what is made of them
VERDICTS = RESULTS / "verdicts"  # on runs that RUN names: a run's own folder holds what was made with it


def committed(run: Path) -> bool:
    """Whether a folder belongs to the reference, which `make reference` alone may change."""
    return run.resolve().is_relative_to(REFERENCE.resolve())


def writable(run: Path) -> Path:
    """The folder to write what is made of a run: its own, or a fresh copy of a committed one."""
    if not (committed(run) and run.is_dir()):
        return run
    copy = COPIES / run.resolve().name
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(run, copy))
