"""Verdicts as `make claims` writes them, of every kind, and with names that would like to be markup."""

from typing import Any

HOSTILE = """<img src=x onerror="document.title='owned'">"""


def measure(**other: Any) -> dict[str, Any]:
    """One measure of a claim."""
    fields = {
        "name": "",
        "bound": "> 5",
        "per_capacity": False,
        "bound_low": 5.0,
        "bound_high": None,
        "of": "network/wire/sequential",
        "over": "network/wire/asyncio/c50",
        "metric": "seconds",
        "over_metric": "",
        "log": True,
        "blocks": 10,
        "estimate": 35.25,
        "low": 33.1,
        "high": 37.4,
        "code": ["benchmarks/models/asyncio.py", "benchmarks/workloads/wire.py"],
        "p_value": 0.00012,
        "verdict": "holds",
        "reason": "",
        "counterpart": None,
    }
    return fields | other


def claim(name: str, **other: Any) -> dict[str, Any]:
    """One claim."""
    fields = {
        "id": name,
        "text": f"A sentence about {name}.",
        "where": "When to use it",
        "verdict": "holds",
        "expected": "holds",
        "as_expected": True,
        "reason": "",
        "why": "",
        "source": "",
        "condition": "",
        "command": f"make claim ID={name}",
        "run": "20260101-000000",
        "parts": [measure()],
    }
    return fields | other


def claims(**other: Any) -> dict[str, Any]:
    """A talk with its verdicts."""
    counterpart = {
        name: measure()[name] for name in ("over", "metric", "over_metric", "log", "blocks", "low", "high", "code")
    }
    fields = {
        "schema": 1,
        "talk": "async_await",
        "title": "What talks say",
        "source": "the usual introduction",
        "sentence": "Of 6 claims 1 holds, 1 is refuted.",
        "claims": [
            claim("network-io", parts=[
                measure(counterpart=counterpart | {"of": "network/http/sequential", "estimate": 20.0}),
            ]),
            claim("cpu-bound", verdict="refuted", as_expected=False, why="It has a reason.", parts=[
                measure(bound="0.9 … 1.1", bound_low=0.9, bound_high=1.1, estimate=1.3, low=1.2, high=1.4,
                        verdict="refuted"),
            ]),
            claim("two-parts", where="Pitfalls", parts=[
                measure(name="without", of="lost_updates/coroutines", over="", metric="lost_share", log=False,
                        bound="= 0", bound_low=0.0, bound_high=0.0, estimate=0.0, low=0.0, high=0.0),
                measure(name="with", of="lost_updates/await", over="", metric="lost_share", log=False, bound="> 0",
                        bound_low=0.0, estimate=0.4, low=0.2, high=None, verdict="inconclusive"),
            ]),
            claim("unmeasured", verdict="could not be measured", as_expected=None, reason="no server", parts=[
                measure(estimate=None, low=None, high=None, blocks=0, p_value=None, verdict="could not be measured")
            ]),
            claim("taste", verdict="opinion", as_expected=None, parts=[]),
            claim("hostile", text=HOSTILE, where=HOSTILE, why=HOSTILE, source=HOSTILE, parts=[
                measure(of=HOSTILE, code=["../../../../etc/passwd", "benchmarks/../pyproject.toml", HOSTILE])
            ]),
        ],
    }  # fmt: skip
    return fields | other
