"""The user's own work for a fork server: whoever imports this has the file loaded that `make mine` was asked about."""

import json
import os
from pathlib import Path

from benchmarks.workloads._user_module import load

if survey := os.environ.get("OVERLAP_MINE"):
    load(json.loads(Path(survey).read_text())["work"]["source"])
