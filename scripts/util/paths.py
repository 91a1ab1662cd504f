"""Where results lie, as the README names it, below the folder in which a verb is called."""

from pathlib import Path

RESULTS = Path("results")
RUNS = RESULTS / "runs"
LATEST = RESULTS / "latest"  # points to the newest run of `make bench` or `make matrix`
NEWEST_CLAIMS = RESULTS / "claims"  # points to the newest run that was measured for all claims of a talk
NEWEST_MATRIX = RESULTS / "matrix"  # points to the newest run of several interpreters
NEWEST_MINE = RESULTS / "mine"  # points to the newest run of a user's own work
REFERENCE = RESULTS / "reference"
REFERENCE_MATRIX = REFERENCE / "matrix"
