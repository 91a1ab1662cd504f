"""The chart of a claim: the value and its interval against the bound, drawn the same way for every claim.

A few lines of SVG that stand in the page's text and take its colours, so that a hundred claims cost a few kilobytes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from scripts.util.axes import axis_share, even_ticks, log_ticks
from scripts.verdict.value_text import bound_text, estimate_text, value_text

WIDTH, EDGE = 400.0, 14.0  # of the drawing, in its own units
ROW, AXIS = 36.0, 34.0
LETTER = 6.4  # how wide a letter of the smallest text is, at most
LOGARITHMIC = 1.5  # ends that lie less of a factor apart are as well told apart on a linear axis


@dataclass(frozen=True)
class Scale:
    """The horizontal axis of the drawing; values beyond the ends are drawn at the ends."""

    low: float
    high: float
    log: bool

    def place(self, value: float | None, otherwise: float = 0) -> float:
        """The x of a value; an unbounded one is at its end of the drawing (0 or 1)."""
        share = otherwise if value is None else axis_share(value, self.low, self.high, log=self.log)
        return EDGE + share * (WIDTH - 2 * EDGE)

    def ticks(self) -> list[float]:
        """A few round numbers."""
        if self.log:
            return log_ticks(self.low, self.high, 0.18)
        step = even_ticks(self.high - self.low, 5)[1]
        first = math.ceil(self.low / step - 1e-9)
        return [count * step for count in range(first, math.floor(self.high / step + 1e-9) + 1)]


def scale(part: dict[str, Any]) -> Scale:
    """An axis that holds the value, its interval, the bound, and what is shown beside it."""
    rows = [part, part["counterpart"]] if part["counterpart"] else [part]
    ends = [row[name] for row in rows for name in ("estimate", "low", "high")] + [part["bound_low"], part["bound_high"]]
    finite = [float(value) for value in ends if value is not None]
    low, high = min(finite), max(finite)
    if part["log"] and low > 0 and high / low > LOGARITHMIC:
        return Scale(low / (high / low) ** 0.12, high * (high / low) ** 0.12, log=True)
    air = 0.12 * (high - low) or 0.5 * abs(high) or 1.0
    return Scale(0.0 if 0 <= low < air else low - air, high + air, log=False)


def draw(part: dict[str, Any]) -> Markup:
    """The drawing of one measure of a claim; empty when nothing was measured."""
    if part["estimate"] is None:
        return Markup("")
    axis, counterpart = (
        scale(part),
        part["counterpart"] if part["counterpart"] and part["counterpart"]["estimate"] is not None else None,
    )
    rows = [("judged", part)] + ([("counterpart", part | counterpart)] if counterpart else [])
    height = ROW * len(rows) + AXIS
    inside = [*region(part, axis, ROW * len(rows)), *axis_lines(part, axis, ROW * len(rows))]
    for place, (kind, row) in enumerate(rows):
        inside += value_lines(row, axis, place * ROW, kind)
    label = f"{estimate_text(part)}, bound {bound_text(part)}: {part['verdict']}"
    label += f"; counterpart {estimate_text(part | counterpart)}" if counterpart else ""
    opening = f'<svg class="claim-chart" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(label)}">'
    return Markup(opening + "".join(inside) + "</svg>")


def region(part: dict[str, Any], axis: Scale, high: float) -> Iterator[str]:
    """Where the claim holds: a shade, and a line at each end of the bound."""
    left, right = axis.place(part["bound_low"], 0), axis.place(part["bound_high"], 1)
    yield f'<rect class="holds" x="{left:.1f}" y="0" width="{max(right - left, 1):.1f}" height="{high:g}"/>'
    ends = [value for value in dict.fromkeys((part["bound_low"], part["bound_high"])) if value is not None]
    for x in map(axis.place, ends):
        for row in range(round(high / ROW)):  # beside the bars, and not through their words
            yield f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="{row * ROW + 17:g}" y2="{(row + 1) * ROW:g}"/>'


def axis_lines(part: dict[str, Any], axis: Scale, y: float) -> Iterator[str]:
    """The axis with its ticks; what the shade means stands under it."""
    yield f'<line class="axis" x1="{EDGE:g}" x2="{WIDTH - EDGE:g}" y1="{y:g}" y2="{y:g}"/>'
    taken = -math.inf
    for value in axis.ticks():
        x, word = axis.place(value), value_text(part, value)
        if x - len(word) * LETTER / 2 > taken and fits(x, word):
            taken = x + len(word) * LETTER / 2 + 6
            yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y:g}" y2="{y + 4:g}"/>'
            yield text(x, y + 15, word, "tick")
    yield text(WIDTH / 2, y + 29, f"shaded: the claim holds ({bound_text(part)})", "tick")


def fits(x: float, word: str) -> bool:
    """Whether a word centred there stays in the drawing."""
    return len(word) * LETTER / 2 <= x <= WIDTH - len(word) * LETTER / 2


def value_lines(part: dict[str, Any], axis: Scale, y: float, kind: str) -> Iterator[str]:
    """A value: its interval as a bar, a dot, and the words over it."""
    low, high, x = axis.place(part["low"], 0), axis.place(part["high"], 1), axis.place(part["estimate"])
    yield f'<line class="{kind}" x1="{low:.1f}" x2="{high:.1f}" y1="{y + 25:g}" y2="{y + 25:g}"/>'
    yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y + 25:g}" r="4.5"/>'
    words = estimate_text(part) if kind == "judged" else f"counterpart: {estimate_text(part)}"
    half = len(words) * LETTER / 2 + 2
    yield text(min(max(x, half), WIDTH - half), y + 13, words, "value")


def text(x: float, y: float, words: str, kind: str) -> str:
    """Words centred at a place."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:g}">{escape(words)}</text>'
