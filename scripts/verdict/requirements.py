"""The requirements of a claim on a machine and its Pythons, and the unmet ones in words."""

from typing import Any

from benchmarks.backends.databases import KINDS
from benchmarks.core.registry import find
from scripts.analysis.interpreter_ratios import build_difference
from scripts.tables.load import Run
from scripts.verdict.claim import Claim
from scripts.verdict.fields import bound

OF_MACHINE = ("cores", "capacity", "system")  # named first: no other Python can meet them
BUILD = {"gil": "the GIL", "free_threaded": "free threading", "optimised": "profile-guided optimisation"}
EXAMPLE = "3.13 3.13t"
NAMED_BY_CLAIMS = {"python": "version", "gil": "free_threaded"}  # what builds differ in where a claim's sides do


def unmet_requirement(claim: Claim, environment: dict[str, Any], capacity: float | None = None) -> str:
    """The first condition of the claim that a machine and Python do not meet, in words; empty when all are.

    Every model and library that it names must be there, too. Without a `capacity` what the claim asks of it is left
    open. One Python alone never meets what is asked of two.
    """
    if unmet := unmet_of_machine(claim, environment, capacity):
        return unmet
    if claim.sided:
        return f"needs a matrix of {sides_text(claim, 'of')} and {sides_text(claim, 'over')}, as in: {command(claim)}"
    names = {name for part in claim.parts for cell in part.measure.cells for name in cell.split("/")}
    reasons = (why for name, why in environment.get("absent", {}).items() if name in names)
    conditions = (unmet_by(environment, capacity, *condition) for condition in claim.when)
    return next(filter(None, (*reasons, *conditions)), "")


def unmet_of_machine(claim: Claim, environment: dict[str, Any], capacity: float | None) -> str:
    """The first unmet condition that depends on the machine, not on the Python; empty when all are met."""
    conditions = ((name, value) for name, value in claim.when if name in OF_MACHINE and not isinstance(value, dict))
    return next(filter(None, (unmet_by(environment, capacity, *condition) for condition in conditions)), "")


def unmet_by(environment: dict[str, Any], capacity: float | None, name: str, required: Any) -> str:
    """Why one condition is not met; empty when it is met."""
    machine, python = environment["machine"], environment["python"]
    if name in ("cores", "capacity"):
        what = {"cores": "usable cores", "capacity": "a parallel capacity of"}[name]
        measured = machine["cores_usable"] if name == "cores" else capacity
        met = measured is None or bound(required, "", name)[0].contains(measured)
        return "" if met else f"needs {what} {required}, and here it was {measured:.3g}"
    if name == "package":
        return "" if required in environment["packages"] else f"needs the package {required}"
    if name == "database":
        return unmet_by_databases(environment.get("databases", {}), required)
    if name == "system":
        return "" if machine.get("system") == required else f"needs {required}"
    if name == "python":
        return "" if f"{python['version']}.".startswith(f"{required}.") else f"needs Python {required}"
    if bool(python.get(name, name == "gil")) == required:
        return ""
    return f"needs {in_words(name, required)}" + (
        f', as in: make matrix PYTHON="{EXAMPLE}"' if name != "optimised" else ""
    )


def unmet_by_databases(databases: dict[str, str], required: str) -> str:
    """Why a run has no database of that product; empty when it had one. A stand-in does not count."""
    if any(database.startswith(required) for database in databases.values()):
        return ""
    variable = next((kind.variable for kind in KINDS.values() if kind.called == required), "")
    return f"needs {required}" + (f", which {variable} names" if variable else "")


def in_words(name: str, required: Any) -> str:
    """The Python that a condition requires, in words."""
    return f"Python {required}" if name == "python" else f"a Python {'with' if required else 'without'} {BUILD[name]}"


def sides_text(claim: Claim, which: str) -> str:
    """Which Python one of the two sides of a claim is."""
    return " that is ".join(in_words(name, required[which]) for name, required in claim.sided.items())


def command(claim: Claim) -> str:
    """The command that measures a claim about two Pythons."""
    versions = claim.sided.get("python")
    version = dict(claim.when).get("python")
    python = f"{versions['of']} {versions['over']}" if versions else f"{version} {version}t" if version else EXAMPLE
    only = " or ".join(dict.fromkeys(find(cell).experiment for cell in claim.cells))
    return f'make matrix PYTHON="{python}" ONLY="{only}"'


def other_difference(of: Run, over: Run, claim: Claim) -> str:
    """How two interpreters differ in a field that the claim is not about, in words; empty when in none."""
    return build_difference(of, over, {NAMED_BY_CLAIMS.get(name, name) for name in claim.sided})


def compared(of: Run, over: Run) -> str:
    """Which two interpreters are set against each other; empty when they are one."""
    versions = [f"{one.python} (Python {one.environment['python']['version']})" for one in (of, over)]
    return f"{versions[0]} against {versions[1]}" if of is not over else ""
