"""Where the measuring code stands, and how a verb of it is started from anywhere, in any project's folder."""

import os
import sys
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

HERE = Path(__file__).parent
HOUSE = HERE / "_house" if (HERE / "_house").is_dir() else HERE.parent


def command(module: str, *arguments: str) -> list[str]:
    """The command line of a verb. `-P`: a `scripts` folder in the user's own project must not be taken for ours."""
    return [python(), "-P", "-m", f"scripts.{module}", *arguments]


def python() -> str:
    """The interpreter with Overlap's packages: this one, or that of the clone that this one knows only by its path."""
    own = HOUSE / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def environment(results: str = "") -> dict[str, str]:
    """The environment of a verb: ours, the house on its path, and where results go."""
    path = os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))
    place = results or os.environ.get("OVERLAP_RESULTS") or str(results_folder())
    fixed = {"PYTHONPATH": path, "OVERLAP_PROGRAM": "overlap", "OVERLAP_RESULTS": os.path.abspath(place)}
    cache = os.environ.get("OVERLAP_CACHE") or str(user_cache_path("overlap-bench"))
    return {"OVERLAP_CACHE": cache, "MPLCONFIGDIR": f"{cache}/matplotlib"} | os.environ | fixed


def results_folder() -> Path:
    """Where results go unless it is said: a clone's own folder, or, once installed, the user's data folder."""
    return HOUSE / "results" if HERE.parent == HOUSE else user_data_path("overlap-bench") / "results"
