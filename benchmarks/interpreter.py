"""What an interpreter says of itself and of what is installed for it: `python -m benchmarks.interpreter`, as JSON.

With the name of a package it imports that package only and says whether the GIL is on then: a module that has not
declared that it can do without switches it on for good, so each package is asked in a process of its own.
"""

import importlib.metadata
import json
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import benchmarks
from benchmarks.environment import gil, python, versions


def modules(package: str) -> list[str]:
    """What to import of a package."""
    found = importlib.metadata.packages_distributions().items()
    return [module for module, packages in found if package in packages and not module.startswith("_")]


def pure() -> list[str]:
    """The packages that are installed without compiled code."""
    wheels = {name: importlib.metadata.distribution(name).read_text("WHEEL") or "" for name in versions()}
    return [name for name, wheel in wheels.items() if "Root-Is-Purelib: true" in wheel]


def unloadable() -> dict[str, str]:
    """The files of experiments that cannot be imported here, each with the reason."""
    found = {}
    for module in iter_modules(benchmarks.__path__):
        if module.name.startswith("test_"):
            try:
                import_module(f"benchmarks.{module.name}")
            except ImportError as problem:
                found[f"{module.name}.py"] = str(problem)
    return found


def described() -> dict[str, Any]:
    """Everything, as JSON takes it."""
    return {"python": python(), "packages": versions(), "pure": pure(), "unloadable": unloadable()}


if __name__ == "__main__":
    if asked := sys.argv[1:]:
        for name in modules(asked[0]):
            import_module(name)
        print(json.dumps(gil()))
    else:
        print(json.dumps(described()))
