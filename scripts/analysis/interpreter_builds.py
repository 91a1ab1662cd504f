"""The builds of a run's interpreters in words: their versions, switches and packages, and how two of them differ."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from scripts.analysis.points import Run
from scripts.util.format import listed

BUILT = {
    "version": "is Python {}",
    "compiler": "was built by {}",
    "optimised": "has optimised = {}",
    "free_threaded": "has free_threaded = {}",
    "jit": "has jit = {}",
}
SWITCHES = {"free_threaded": "the GIL", "jit": "its JIT"}


def build_properties(python: Mapping[str, Any]) -> dict[str, Any]:
    """What tells an interpreter's build from others, the switches that were on included."""
    return {what: python.get(what, False if what in SWITCHES else None) for what in BUILT}


def build_difference(one: Run, other: Run, apart_from: Collection[str] = ()) -> str:
    """The first property in which two builds differ, in words; empty where they are alike but for `apart_from`."""
    builds = [(run.python, build_properties(run.environment["python"])) for run in (one, other)]
    for what, words in BUILT.items():
        if what not in apart_from and builds[0][1][what] != builds[1][1][what]:
            return " and ".join(f"{name} {words.format(build[what])}" for name, build in builds)
    return ""


def differ_only_in(switch: str, one: Run, other: Run) -> bool:
    """Whether two builds have the same version, compiler, optimisation and switches, but for this switch."""
    states = [[run.environment["python"].get(name) for name in SWITCHES if name != switch] for run in (one, other)]
    return states[0] == states[1] and not build_difference(one, other, (switch,))


def effective_switches(run: Run) -> list[str]:
    """The switches of its build that were in effect while it was measured."""
    python = run.environment["python"]
    return ["free_threaded"] * (not python["gil"]) + ["jit"] * bool(python.get("jit"))


def gil(run: Run) -> str:
    """`with the GIL` or `without the GIL`."""
    return "with the GIL" if run.environment["python"]["gil"] else "without the GIL"


def build(interpreter: dict[str, Any]) -> str:
    """An interpreter of a run in words: version, build, features switched on."""
    python = interpreter["python"]
    flags = {True: "optimised", False: "not optimised (no PGO)", None: "optimised or not is not on record"}
    free = ["free-threaded"] * python["free_threaded"] + ["JIT on"] * python["jit"]
    return ", ".join(
        [f"{interpreter['name']}: {python['implementation']} {python['version']}", flags[python["optimised"]], *free]
    )


def package_differences(interpreter: dict[str, Any], interpreters: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Differences between an interpreter's packages and the first one's, and which files could not be measured.

    A file that none of them can load is no part of the run.
    """
    first = interpreters[0]
    for package, version in interpreter["packages"].items():
        if version != (other := first["packages"].get(package, version)):
            yield f"{package} {version}, and {first['name']} has {other}."
    for package in interpreter["pure"]:
        if rivals := [
            other["name"] for other in interpreters if package in other["packages"] and package not in other["pure"]
        ]:
            yield f"{package} is pure Python here, and compiled for {listed(rivals)}."
    reasons = " ".join(interpreter["absent"].values())
    for package, why in interpreter["left_out"].items():
        if f"needs {package}," not in reasons:
            yield f"{package} {why}, and was left out."
    for file, why in interpreter["unloadable"].items():
        if not all(file in other["unloadable"] for other in interpreters):
            yield f"{file} was left out: {why}."
    for package, extension in interpreter["need_the_gil"].items():
        yield f"importing {package} ({extension}) switches the GIL back on."
    for left_out, why in interpreter["absent"].items():
        yield f"{left_out} was left out: {why.partition(', and this is')[0]}."
