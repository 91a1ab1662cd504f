"""The fields of a claims file: texts, bounds, and error messages."""

import math
import re
from typing import Any

from scripts.stats.decisions import Bound

BOUND = re.compile(r"(?P<sign>[<>]=?|=)\s*(?P<number>\S+)|(?P<low>\S+)\s*(?:…|\.\.|to)\s*(?P<high>\S+)")
PER_CAPACITY = re.compile(r"\s*[×*]\s*capacity$")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # would move the cursor of whoever reads it
LONGEST_BOUND = 100  # letters


class Mistake(ValueError):
    """What is wrong with a claims file: in which claim, in which field."""

    def __init__(self, claim: str, field: str, what: object) -> None:
        super().__init__(f"claim {claim}, {field}: {what}" if claim else f"{field}: {what}")
        self.claim = claim


def text(row: dict[str, Any], field: str, name: str) -> str:
    """The text of a field; empty when it is not there. Mistake when it is something else."""
    if not isinstance(value := row.get(field, ""), str):
        raise Mistake(name, field, f"is a text, not {value!r:.60}")
    if CONTROL.search(value):
        raise Mistake(name, field, f"holds a control character: {value!r:.60}")
    return value


def bound(written: str, name: str, field: str) -> tuple[Bound, bool]:
    """`> 20`, `= 0`, `0.9 … 1.1`, `> 0.75 × capacity` as a Bound, and whether it counts in capacities. Mistake."""
    plain = PER_CAPACITY.sub("", written.strip()) if len(written) <= LONGEST_BOUND else ""
    form = 'is written like "> 20", ">= 100", "= 0", "0.9 … 1.1" or "> 0.75 × capacity"'
    if not (match := BOUND.fullmatch(plain)):
        raise Mistake(name, field, f"{written!r:.60} is no bound; a bound {form}")
    try:
        return bound_of(match), plain != written.strip()
    except ValueError as problem:
        raise Mistake(name, field, f"{written!r}: {problem}; a bound {form}") from None


def bound_of(match: re.Match[str]) -> Bound:
    """The Bound of a match. Raises ValueError."""
    if match["low"]:
        return Bound(finite(match["low"]), finite(match["high"]))
    number = finite(match["number"])
    if match["sign"] == "=":
        return Bound(number, number)
    is_open = len(match["sign"]) == 1
    return Bound(low=number, open_low=is_open) if match["sign"][0] == ">" else Bound(high=number, open_high=is_open)


def finite(written: str) -> float:
    """A number that something can be compared with. ValueError."""
    if not math.isfinite(number := float(written)):
        raise ValueError(f"{written} is no bound")
    return number
