"""Print this interpreter and its packages as JSON: `python -m benchmarks.metadata.interpreter [NAME ...]`.

NAMEs are models and packages; the output says which of them are unavailable, and why.
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
    """The modules that a package provides."""
    provided = importlib.metadata.packages_distributions().items()
    return [module for module, packages in provided if package in packages and not module.startswith("_")]


def pure() -> list[str]:
    """The packages installed without compiled code."""
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
    """The packages whose import enables the GIL again, each with the extension that does so."""
    compiled = [name for name in versions() if name not in pure()]
    return {name: extension for name in compiled if (extension := gil_enabling_extension(*modules(name)))}


def unavailable(names: list[str]) -> dict[str, str]:
    """The models and packages among `names` that are unavailable here, each with the reason."""
    reasons = {name: needs(name).unavailable_reason() if name in NAMES else missing_package(name) for name in names}
    return {name: reason for name, reason in reasons.items() if reason}


def described(names: list[str]) -> dict[str, Any]:
    """The interpreter as JSON values, with which of these models and packages are unavailable."""
    about = {"python": python(), "packages": versions(), "pure": pure(), "unloadable": unloadable()}
    return about | {"need_the_gil": need_the_gil(), "unavailable": unavailable(names)}


if __name__ == "__main__":
    print(json.dumps(described(sys.argv[1:])))
