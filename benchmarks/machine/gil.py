"""Who needs the GIL: on a free-threaded build, a compiled module that has not declared that it can do without.

To import such a module switches the GIL on for good, for the whole process. So each package is asked in a process of
its own, and what depends on one that does is listed as absent: with the GIL on it would be no free-threaded result.
Whoever switches it on unforeseen is warned of, and a warning is an error in a block: the cell is no result and names
the module, and the next one begins in a new interpreter.
"""

import re
import subprocess
import sys
import sysconfig
from functools import cache

ASK = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
SAID = re.compile(r"has been enabled to load module '([^']+)'")
LONGEST_S = 60


def gil() -> bool:
    """Whether the GIL is on at this moment."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def free_threaded() -> bool:
    """Whether this build can do without a GIL."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


@cache
def gil_enabling_extension(*modules: str) -> str:
    """The extension that switches the GIL back on when these modules are imported; empty when none does."""
    if not free_threaded():
        return ""
    command = [sys.executable, "-Walways", "-c", ASK, *modules]
    stderr = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LONGEST_S).stderr
    return warning[1] if (warning := SAID.search(stderr)) else ""
