"""The virtual environments of a matrix, in .venvs: what a block imports, and what the selected cells need.

It holds nothing of what draws and computes, and is locked for that Python alone: the versions and hashes of our own
lock wherever they have a wheel for it, so that what is compared is Pythons. Nothing is compiled. A package without a
wheel is left out with what uv says of it, and costs only the models and workloads that need it.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.backends.databases import KINDS
from benchmarks.core.cell import Cell
from benchmarks.models import NAMES, needs
from scripts.run.interpreters import ROOT, Interpreter, error_of, executable, json_output, uv, variables
from scripts.util.exit_codes import CommandError, Exit

if TYPE_CHECKING:
    import subprocess

LOCK = ROOT / "requirements-full.lock"
NEEDED = ("psutil", "pytest", "pytest-benchmark")  # without these no block can run
IMPORTED = (
    "aiohttp",
    "aiofiles",
    "h11",
    "multidict",
    "pillow",
    "requests",
)  # by the experiments' files, whatever ONLY is
REASON_LENGTH = 200


def canonical(requirement: str) -> str:
    """The name of a package, or of what is required of it, as registries compare names."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def requirements_by_name() -> dict[str, str]:
    """Every requirement in pyproject.toml, those of the extras included, by the package's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return {canonical(one): one for several in lists for one in several}


def packages_of_cell(cell: Cell) -> list[tuple[str, str]]:
    """The packages that a cell needs, each with the name of the model or workload that needs it."""
    of_model = (needs(cell.model).package,) if cell.model in NAMES else cell.packages
    workload, service = cell.workload, cell.workload.service
    of_workload = (workload.package, KINDS[service].package if service else "")
    packages = [(cell.model, package) for package in of_model] + [(workload.name, package) for package in of_workload]
    return [(name, package) for name, package in packages if package]


def locked_packages() -> set[str]:
    """The packages in our own lock: no others are ever installed."""
    return set(re.findall(r"^([\w.-]+)==", LOCK.read_text(), re.MULTILINE))


def packages_to_install(cells: Iterable[Cell]) -> dict[str, str]:
    """What to install for these cells: a requirement for each package."""
    imported = sorted(
        {canonical(package) for cell in cells for _, package in packages_of_cell(cell)} & locked_packages()
    )
    requirements = requirements_by_name()
    return {name: requirements.get(name, name) for name in dict.fromkeys((*NEEDED, *IMPORTED, *imported))}


def make_environment(one: Interpreter, cells: list[Cell]) -> dict[str, Any]:
    """Make the environment unless it exists; its description for environment.json. CommandError when it fails."""
    stamp, packages = one.home / "made-of.json", packages_to_install(cells)
    inputs = {"path": one.path, "version": one.version, "packages": packages, "lock": LOCK.read_text()}
    previous = json.loads(stamp.read_text()) if stamp.exists() else {}
    if {name: previous.get(name) for name in inputs} != inputs:
        check_uv(uv("venv", "-q", "--clear", "--no-project", "--python", one.path, str(one.home)), one.name)
        previous = inputs | {"left_out": install(one, packages)}
        stamp.write_text(json.dumps(previous))
    description = describe_interpreter(one.name, cells)
    return description | {
        "left_out": previous["left_out"],
        "absent": unavailable_names(cells, description.pop("unavailable"), previous["left_out"]),
    }


def unavailable_names(cells: Iterable[Cell], unavailable: dict[str, str], left_out: dict[str, str]) -> dict[str, str]:
    """The models and workloads that an interpreter cannot be measured with, each with the reason."""
    reasons = dict[str, str]()
    for cell in cells:
        for name, package in [(cell.model, cell.model), *packages_of_cell(cell)]:
            if why := left_out.get(canonical(package)):
                reasons[name] = f"needs {package}, which {why}"
            elif package in unavailable:
                reasons.setdefault(name, unavailable[package])
        if why := unavailable_reason(cell):
            reasons.setdefault(cell.workload.name, why)
    return reasons


def unavailable_reason(cell: Cell) -> str:
    """Why this machine can't measure a cell under any interpreter; empty when it can."""
    kind = KINDS.get(cell.workload.service)
    return cell.workload.unavailable_reason or (kind.unavailable_reason() if kind and kind.program else "")


def check_measurable(interpreter: dict[str, Any], cells: list[Cell]) -> None:
    """CommandError when an interpreter can measure none of the cells."""
    reasons = [interpreter["absent"].get(cell.model) or interpreter["absent"].get(cell.workload.name) for cell in cells]
    if all(reasons):
        sentence = f"Python {interpreter['name']} can measure nothing of that: {cells[0].model} {reasons[0]}"
        raise CommandError(Exit.NOT_MEASURED, f"{sentence}. Next: leave it out, or ask for more")


def install(one: Interpreter, packages: dict[str, str]) -> dict[str, str]:
    """Lock and install the packages; returns those without a wheel for this Python, each with the reason."""
    left_out, locked = dict[str, str](), compile_lock(one, packages.values())
    if locked.returncode:
        tried = {name: compile_lock(one, [requirement]) for name, requirement in packages.items()}
        left_out = {name: missing_wheel_reason(name, ended.stderr) for name, ended in tried.items() if ended.returncode}
        locked = compile_lock(one, [packages[name] for name in packages if name not in left_out])
    lock = (one.home / "requirements.lock").read_text()
    not_meant = [name for name in packages if name not in left_out and f"\n{name}==" not in f"\n{lock}"]
    left_out |= dict.fromkeys(not_meant, "is not made for this Python")
    if missing := [f"{name} {left_out[name]}" for name in NEEDED if name in left_out]:
        raise CommandError(Exit.NOT_MEASURED, f"Python {one.name}: {missing[0]}. Next: leave it out")
    check_uv(locked, one.name)
    options = ("--require-hashes", "--only-binary", ":all:", "--compile-bytecode", "--python", one.python)
    check_uv(uv("pip", "sync", "-q", *options, str(one.home / "requirements.lock")), one.name)
    return left_out


def compile_lock(one: Interpreter, requirements: Iterable[str]) -> "subprocess.CompletedProcess[str]":
    """Lock these for this Python, beginning with our own lock: uv keeps its versions and hashes where they fit."""
    lock = one.home / "requirements.lock"
    lock.write_text(LOCK.read_text())
    options = ("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--only-binary", ":all:")
    return uv(
        "pip", "compile", "-q", *options, "--python", one.python, "-", "-o", str(lock), text="\n".join(requirements)
    )


def missing_wheel_reason(package: str, stderr: str) -> str:
    """Why a package can't be installed, from uv's error output."""
    if without_wheel := re.search(r"(?:Wheels are required for|only found wheels for) `([\w.-]+)`", stderr):
        owner = "" if canonical(without_wheel[1]) == package else f" of {without_wheel[1]}, which it needs,"
        return f"has no wheel{owner} for this Python"
    return f"can't be installed: {' '.join(stderr.split())[-REASON_LENGTH:] or 'uv printed nothing'}"


def check_uv(ended: "subprocess.CompletedProcess[str]", name: str) -> None:
    """CommandError when uv failed for an interpreter."""
    if ended.returncode:
        why = f"no environment could be made for Python {name}: {error_of(ended)}"
        raise CommandError(Exit.NOT_MEASURED, f"{why}. Next: leave it out")


def describe_interpreter(name: str, cells: Sequence[Cell] = ()) -> dict[str, Any]:
    """Version, build and packages of an environment's interpreter, and which of the cells' packages it can't import."""
    names = {cell.model for cell in cells if cell.model in NAMES}
    names |= {package for cell in cells for _, package in packages_of_cell(cell)}
    command = [executable(name), "-m", "benchmarks.metadata.interpreter", *sorted(names)]
    description = json_output(command, **variables(name))
    if description is None:
        raise CommandError(
            Exit.NOT_MEASURED, f"Python {name} in .venvs/{name} does not run. Next: rm -r .venvs/{name}, once more"
        )
    return {"name": name, **description}


def interpreter_mismatch(environment: dict[str, Any]) -> str:
    """Why a run of several interpreters can't be resumed: one of them, or its packages, changed. Empty if none did."""
    changed = [
        one["name"]
        for one in environment.get("interpreters", [])
        if not same_interpreter(one, describe_interpreter(one["name"]))
    ]
    return f"was measured with another Python {changed[0]} or other packages" if changed else ""


def same_interpreter(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two descriptions are of the same build with the same packages."""
    return all(one[part] == other[part] for part in ("python", "packages"))
