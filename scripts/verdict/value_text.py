"""The values and the bound of a claim's measure in words, each in the unit of the measure."""

import re
from functools import partial
from typing import Any

from scripts.util.format import amount, percent, seconds, tick, times

Part = dict[str, Any]  # a measure as claims.json has it
LARGE = 1e3  # from there on with a comma, as all counts


def value_text(part: Part, value: float | None) -> str:
    """A value of the measure with its unit."""
    if value is None:
        return "∞"
    if part["per_capacity"]:
        return f"{value:.2f}"
    if part["over"]:
        return times(value)
    if part["metric"].endswith("seconds"):
        return seconds(value) if value > 0 else "0 s"
    if "bytes" in part["metric"]:
        return amount(value)
    if "share" in part["metric"]:
        return percent(value)
    return f"{value:.4g}" if abs(value) < LARGE else f"{value:,.0f}"


def estimate_text(part: Part) -> str:
    """`35.2× (33.1–37.4×)`; empty where nothing was measured."""
    if part["estimate"] is None:
        return ""
    text, low, high = (value_text(part, part[end]) for end in ("estimate", "low", "high"))
    if low == high:
        return text
    bare, _, unit = low.partition(" ")
    shared = bare if unit and high.endswith(f" {unit}") else low.removesuffix("×")
    return f"{text} ({shared}–{high})"


def bound_text(part: Part) -> str:
    """The bound, in the unit of the value."""
    if part["per_capacity"]:
        return f"{part['bound'].split('×')[0].strip()} capacity"
    number = re.compile(r"\d[\d.]*(?:e[+-]?\d+)?")
    return number.sub(lambda match: tick(partial(value_text, part))(float(match[0])), str(part["bound"]))


def measure_text(part: Part) -> str:
    """The measure, as in `cpu/primes/sequential ÷ cpu/primes/threads (seconds)`."""
    names = filter(None, (part["of"], part["over"], "capacity" if part.get("per_capacity") else ""))
    metrics = dict.fromkeys(filter(None, (part["metric"], part["over"] and part["over_metric"])))
    return f"{' ÷ '.join(names)} ({' ÷ '.join(metrics)})"
