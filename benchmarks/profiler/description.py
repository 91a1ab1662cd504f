"""A user's file for the record, and as a workload before anything is known of it."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.workloads._user_module import Code
from benchmarks.workloads.user_work import Mine


def forms_of(code: Code) -> tuple[str, ...]:
    """The forms that the file has."""
    return ("blocking",) * bool(code.blocking) + ("asyncio",) * bool(code.awaitable)


def workload(source: str, code: Code) -> Mine:
    """The work before anything is known of it; what only awaits can be awaited sequentially, too."""
    place, _, name = source.partition(":")
    stem = Path(place).stem if place.endswith(".py") else place.rpartition(".")[2]
    forms = forms_of(code) if code.blocking else ("blocking", "asyncio")
    return Mine(name=f"{stem}-{name}" if name else stem, forms=forms, source=source, size=len(code.tasks))


def described(source: str, code: Code) -> dict[str, Any]:
    """The file, for the record."""
    file = Path(code.module.__file__ or "")
    return {
        "source": source,
        "name": workload(source, code).name,
        "sha256": sha256(file.read_bytes()).hexdigest() if file.is_file() else None,
        "forms": list(forms_of(code)),
        "tasks": len(code.tasks),
        "has_client": bool(code.given("client") or code.given("aclient")),
        "expect": list(code.given("EXPECT") or []),
    }
