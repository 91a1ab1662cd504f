"""The axes of a panel drawn as SVG: their ends, ticks and grid lines."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from scripts.charts.lib.interactive_panel import Panel
from scripts.util.axes import axis_share, log_ticks
from scripts.util.format import tick

WIDTH, EDGE = 360.0, 16.0  # of a drawing: as wide as a phone leaves, where 12 units of text are 12 pixels
LETTER = 6.6  # the width of a letter of 12 units, on average
STEPS = {10: (1, 2, 5), 2: (1,)}  # of a linear axis


@dataclass(frozen=True)
class Axis:
    """An axis of values: its two ends, its ticks, and whether equal factors are equally long."""

    low: float
    high: float
    ticks: Sequence[float]
    log: bool

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 to 1; what lies beyond an end lies at that end."""
        return axis_share(value, self.low, self.high, log=self.log)


def is_ratio(panel: Panel) -> bool:
    """Whether the values are factors, of which 1× is the one that changes nothing."""
    return panel.form(2.0).endswith("×")


def axes(panels: Sequence[Panel]) -> dict[str, Axis]:
    """A logarithmic and a linear axis on which every value of the panels has room."""
    values = [value for panel in panels for value in panel.values]
    values += [1.0] if is_ratio(panels[0]) else []
    low, high, first = min(values), max(values), panels[0]
    air = max((high / low) ** 0.06, 1.08)
    ends = (low / air, high * air)
    ticks = log_ticks(*ends, 0.26 if first.across else 0.15, first.base)
    return {"Log": Axis(*ends, ticks, log=True), "Linear": linear(high * 1.06, first.base)}


def linear(high: float, base: int) -> Axis:
    """An axis from zero, with four steps at the most."""
    last = math.ceil(math.log(high, base))
    steps = [one * float(base) ** power for power in range(last - 4, last + 1) for one in STEPS[base]]
    step = next(size for size in steps if high / size < 5)
    return Axis(0, high, [count * step for count in range(int(high / step) + 1)], log=False)


def value_axis(panel: Panel, axis: Axis, x: Callable[[float], float], bottom: float) -> Iterator[str]:
    """Grid lines from the bottom up, further than is seen, so that fewer rows need no other lines; ticks; the name."""
    yield f'<g class="axis" transform="translate(0 {bottom:g})">'
    for value in axis.ticks:
        yield f'<path class="grid" d="M{x(value):.1f} 0v-9999"/>'
    if is_ratio(panel):
        yield f'<path class="one" d="M{x(1):.1f} 0v-9999"/>'
    yield from words([(x(value), tick(panel.form)(value)) for value in axis.ticks], 14)
    yield f'<text class="tick" x="{WIDTH - EDGE:g}" y="31" text-anchor="end">{escape(panel.value)}</text></g>'


def words(ticks: Sequence[tuple[float, str]], y: float) -> Iterator[str]:
    """Words under an axis, centred; those without room are left out."""
    taken = -math.inf
    for x, word in ticks:
        half = len(word) * LETTER / 2
        middle = min(x, WIDTH - half)
        if middle - half > taken:
            taken = middle + half + LETTER
            yield f'<text class="tick" x="{middle:.1f}" y="{y:g}" text-anchor="middle">{escape(word)}</text>'


def upright(
    panel: Panel, axis: Axis, box: tuple[float, float, float, float], up: Callable[[float], float]
) -> Iterator[str]:
    """The axis of values at the left side: grid lines, ticks, and the name over it."""
    left, right, top, _ = box
    for value in axis.ticks:
        y = up(axis.share(value))
        yield f'<path class="grid" d="M{left:.1f} {y:.1f}H{right:g}"/>{side_tick(left, y, tick(panel.form)(value))}'
    if is_ratio(panel):
        yield f'<path class="one" d="M{left:.1f} {up(axis.share(1)):.1f}H{right:g}"/>'
    yield f'<text class="tick" x="0" y="{top - 8:g}">{escape(panel.value)}</text>'


def side_tick(left: float, y: float, word: str) -> str:
    """A word at the left side."""
    return f'<text class="tick" x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(word)}</text>'


def place_share(panel: Panel, place: float) -> float:
    """How far along the axis of places a place lies."""
    return axis_share(place, *panel.place_ends, log=panel.place_log)
