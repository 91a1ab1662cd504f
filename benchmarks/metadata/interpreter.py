"""An interpreter and what is installed for it, as JSON: `python -m benchmarks.metadata.interpreter`.

With the names of models and packages it says which of them cannot be used under it, and why.
"""

import importlib.metadata
import json
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from benchmarks.machine.gil import gil_enabling_extension
from benchmarks.metadata.environment import python, versions
from benchmarks.models import NAMES, missing_package, needs

BENCHMARKS = Path(__file__).parents[1]


def modules(package: str) -> list[str]:
    """What to import of a package."""
    found = importlib.metadata.packages_distributions().items()
    return [module for module, packages in found if package in packages and not module.startswith("_")]


def pure() -> list[str]:
    """The packages that are installed without compiled code."""
    wheels = {name: importlib.metadata.distribution(name).read_text("WHEEL") or "" for name in versions()}
    return [name for name, wheel in wheels.items() if "Root-Is-Purelib: true" in wheel]


def unloadable() -> dict[str, str]:
    """The files of experiments and probes that cannot be imported here, each with the reason."""
    reasons = {}
    for folder in ("experiments", "probes"):
        for module in iter_modules([str(BENCHMARKS / folder)]):
            try:
                import_module(f"benchmarks.{folder}.{module.name}")
            except ImportError as problem:
                reasons[f"{module.name}.py"] = str(problem)
    return reasons


def need_the_gil() -> dict[str, str]:
    """The packages whose import switches the GIL back on, each with the extension that does."""
    compiled = [name for name in versions() if name not in pure()]
    return {name: extension for name in compiled if (extension := gil_enabling_extension(*modules(name)))}


def lacking(names: list[str]) -> dict[str, str]:
    """Which of these models and packages cannot be used here, each with what it lacks."""
    found = {name: needs(name).unavailable_reason() if name in NAMES else missing_package(name) for name in names}
    return {name: lacks for name, lacks in found.items() if lacks}


def described(names: list[str]) -> dict[str, Any]:
    """Everything, as JSON takes it; of these models and packages, whether they can be used."""
    about = {"python": python(), "packages": versions(), "pure": pure(), "unloadable": unloadable()}
    return about | {"need_the_gil": need_the_gil(), "lacking": lacking(names)}


if __name__ == "__main__":
    print(json.dumps(described(sys.argv[1:])))
