"""Whether a claim that is well written makes sense: its bound can hold and can fail, its fields go together.

A verdict on a claim that nothing can refute, or nothing can hold, says nothing of the machine.
"""

import re
from collections import Counter
from typing import Any

from scripts.util.unknown_names import nearest
from scripts.verdict.claim import Claim, Part
from scripts.verdict.fields import Mistake

SYSTEMS = ("Linux", "Darwin", "Windows")
PYTHON = re.compile(r"\d+(\.\d+){0,2}")
PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ONLY_DIFFERS = "not reproduced here"
DIMENSIONS = ("seconds", "bytes", "share", "speedup", "per_second")  # what a metric's name ends in
TALK_FIELDS = ("title", "source")


def check_head(head: dict[str, Any]) -> None:
    """Mistake where the table of the talk has an unknown field."""
    for field in head.keys() - set(TALK_FIELDS):
        raise Mistake("talk", field, f"there is no such field{nearest(field, TALK_FIELDS)}")


def check(claim: Claim, row: dict[str, Any]) -> None:
    """Mistake where fields contradict each other, or a bound can never hold or never fail."""
    if not claim.text.strip():
        raise Mistake(claim.id, "text", "every claim needs its sentence")
    check_fields(claim, row)
    for one in claim.parts:
        check_measure(claim, one)
        check_bound(claim.id, one)
    names = Counter(one.name for one in claim.parts)
    if len(claim.parts) > 1 and (twice := next((name for name, count in names.items() if count > 1), None)) is not None:
        raise Mistake(claim.id, "part.name", f"{twice!r} stands at two measures; give each a name of its own")


def check_fields(claim: Claim, row: dict[str, Any]) -> None:
    """Mistake where one field makes another meaningless."""
    measured = min(row.keys() & {"ratio", "value", "part", "holds"}, default="")
    if claim.needs and (claim.opinion or measured):
        raise Mistake(claim.id, "needs", f"what nothing here can measure has no {measured or 'opinion'}; leave one out")
    if claim.opinion and claim.expected:
        raise Mistake(claim.id, "expected", "an opinion has no verdict to expect; leave it out")
    if claim.differs and not claim.condition:
        raise Mistake(claim.id, "differs", "from which condition? Next: write condition = …, as the source has it")
    if claim.expected == ONLY_DIFFERS and not claim.differs:
        raise Mistake(claim.id, "expected", f"is {ONLY_DIFFERS!r} only of a claim that says in what it differs")
    for name, required in claim.when:
        for one in required.values() if isinstance(required, dict) else [required]:
            check_condition(claim.id, name, one)
        if isinstance(required, dict) and required["of"] == required["over"]:
            raise Mistake(claim.id, f"when.{name}", "both sides are the same; write it once")


def check_condition(claim: str, name: str, required: Any) -> None:
    """Mistake unless a machine or Python can meet the condition, and another can not."""
    if name == "system" and required not in SYSTEMS:
        raise Mistake(claim, "when.system", f"no system is called {required!r:.60}{nearest(required, SYSTEMS)}")
    if name == "python" and not PYTHON.fullmatch(required):
        raise Mistake(claim, "when.python", f"is a version like '3.14', not {required!r:.60}")
    if name == "package" and not PACKAGE.fullmatch(required):
        raise Mistake(claim, "when.package", f"is the name of a package, not {required!r:.60}")


def check_measure(claim: Claim, part: Part) -> None:
    """Mistake where a ratio is always 1, is of two units, or a value has another side."""
    of, over = part.measure, part.measure.over
    if not over and of.over_metric:
        raise Mistake(claim.id, "value.over_metric", "a value has no other side; write a ratio")
    if over and (over, of.over_metric or of.metric) == (of.of, of.metric) and not claim.sided:
        raise Mistake(claim.id, "ratio.over", "is the same cell and metric as of: the ratio is always 1")
    if over and of.over_metric and dimension(of.metric) != dimension(of.over_metric):
        raise Mistake(claim.id, "ratio.over_metric", f"{of.over_metric} has another unit than {of.metric}")
    if part.counterpart and bool(part.counterpart.over) != bool(over):
        raise Mistake(claim.id, "counterpart", f"is a {'ratio' if over else 'value'}, as the measure itself")


def dimension(metric: str) -> str:
    """The dimension of a metric, from the end of its name."""
    return next((one for one in DIMENSIONS if metric.endswith(one)), metric)


def check_bound(claim: str, part: Part) -> None:
    """Mistake where no ratio, which is above 0, could miss the bound or meet it."""
    bound = part.bound
    if part.per_capacity and not part.measure.over:
        raise Mistake(claim, "holds", "only a ratio can be counted in capacities")
    if not part.measure.over:
        return
    if bound.low == bound.high:
        raise Mistake(claim, "holds", "a ratio never is exactly a number; write a range, as in '0.95 … 1.05'")
    if bound.of_every_ratio:
        raise Mistake(claim, "holds", f"{part.holds!r}: a ratio is above 0, so this holds whatever is measured")
    if bound.of_no_ratio:
        raise Mistake(claim, "holds", f"{part.holds!r}: a ratio is above 0, so this can never hold")
