"""One race in words: the time of each model relative to sequential, and the fastest.

One run of each model has no interval. Times within the noise floor that is assumed where no A/A control was measured
are "about equal", and none of them is placed before another.
"""

from collections.abc import Mapping

from scripts.analysis.conclusions import ASSUMED_FLOOR, alike
from scripts.util.format import listed

BASELINE = "sequential"
Seconds = Mapping[str, float]  # of each model with a valid result


def about_equal(one_s: float, other_s: float) -> bool:
    """Whether one run of each cannot tell two times apart."""
    return alike(one_s, other_s, ASSUMED_FLOOR.value)


def rough(ratio: float) -> str:
    """A ratio of two single runs, to two digits: 19×, 1.4×."""
    return f"{float(f'{ratio:.2g}'):,g}×"


def against(model: str, base: str, seconds: Seconds) -> str:
    """`19× faster than sequential`, `1.4× slower than …` or `about equal to …`."""
    one_s, base_s = seconds[model], seconds[base]
    if about_equal(one_s, base_s):
        return f"about equal to {base}"
    ratio, word = (base_s / one_s, "faster") if one_s < base_s else (one_s / base_s, "slower")
    return f"{rough(ratio)} {word} than {base}"


def leaders(seconds: Seconds) -> list[str]:
    """The fastest, and those about equal to it, in the order in which they ran."""
    best_s = min(seconds.values())
    return [model for model, one_s in seconds.items() if about_equal(one_s, best_s)]


def words(model: str, seconds: Seconds) -> str:
    """The words on a model's lane: relative to sequential where that ran, else to the fastest."""
    if len(seconds) == 1:
        return ""
    if BASELINE in seconds:
        return "the baseline" if model == BASELINE else against(model, BASELINE, seconds)
    first = leaders(seconds)
    if model in first:
        return "fastest" if len(first) == 1 else f"about equal to {listed(one for one in first if one != model)}"
    return against(model, min(seconds, key=seconds.__getitem__), seconds)


def headline(seconds: Seconds) -> str:
    """The fastest and by how much; `seconds` holds at least one model."""
    first = leaders(seconds)
    if len(seconds) == 1:
        return f"{first[0]} took {seconds[first[0]]:.3g} s."
    if len(first) == len(seconds):
        return f"About equal: {listed(first)}."
    base = BASELINE if BASELINE in seconds and BASELINE not in first else next_best(seconds, first)
    if any(about_equal(seconds[model], seconds[base]) for model in first):
        return f"Fastest: {listed(first)} (about equal)."
    gains = [rough(seconds[base] / seconds[model]) for model in sorted(first, key=seconds.__getitem__, reverse=True)]
    gain = "–".join(dict.fromkeys((gains[0].removesuffix("×") if gains[0] != gains[-1] else gains[0], gains[-1])))
    tied = " (about equal)" * (len(first) > 1)
    return f"Fastest: {listed(first)}{tied}, {gain} faster than {base}."


def next_best(seconds: Seconds, first: list[str]) -> str:
    """The fastest of those behind the leaders."""
    return min((model for model in seconds if model not in first), key=seconds.__getitem__)
