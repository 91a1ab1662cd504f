"""A forest of one claim over machines as SVG: a row each with its 95 % CI, then the mean, then the next machine."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from scripts.atlas.machines import ClaimOverMachines, Effect

WIDTH, NAME, ROW, TOP = 640.0, 250.0, 20.0, 26.0  # CSS pixels: fits a phone in landscape and half a slide
MOST_ROWS = 40  # beyond it nobody reads names: the machines are drawn as a histogram on one row
BAR = 4.0  # pixels, of which one stays empty


@dataclass(frozen=True)
class Scale:
    """From a value to a place between the names and the right edge; logarithmic where every value is positive."""

    low: float
    high: float
    log: bool

    def x(self, value: float) -> float:
        """The place of a value, in pixels; values beyond the ends stand at the ends."""
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, self.inside(value)))
        return NAME + 10 + (WIDTH - NAME - 24) * (at - low) / (high - low)

    def inside(self, value: float) -> float:
        """The value, held between the ends."""
        return min(max(value, self.low), self.high)


def scale_of(one: ClaimOverMachines, log: bool) -> Scale:
    """From the smallest to the largest end of any interval, the bound included, with room on both sides."""
    ends = [value for effect in one.effects for value in (effect.low, effect.high)]
    ends += [bound for bound in bounds(one) if bound]
    if one.pooled:
        ends += [one.pooled.next_low, one.pooled.next_high]
    log = log and min(ends) > 0
    low, high = min(ends), max(ends)
    room = (high / low) ** 0.06 if log else 0.06 * (high - low)
    low, high = (low / room, high * room) if log else (low - room, high + room)
    return Scale(low, high, log) if high > low else Scale(low - 1, high + 1, log=False)


def bounds(one: ClaimOverMachines) -> list[float | None]:
    """The ends of the bound, as far as it has any."""
    return [one.part.bound_low, one.part.bound_high] if one.part else []


def forest(one: ClaimOverMachines) -> Markup:
    """The picture; empty where no machine has an effect."""
    if not one.effects or not one.part:
        return Markup("")
    scale = scale_of(one, one.part.log)
    rows = [*machine_rows(one.effects, scale), *summary_rows(one, scale)]
    height = TOP + ROW * len(rows) + 22
    body = Markup("").join(row(TOP + ROW * (place + 0.5)) for place, row in enumerate(rows))
    lines = Markup("").join(
        Markup('<line class="bound" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2:.0f}"/>').format(
            scale.x(bound), TOP - 6, height - 20
        )
        for bound in bounds(one)
        if bound is not None
    )
    return Markup('<svg class="forest" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}{}{}</svg>').format(
        WIDTH, height, description(one), axis(scale, height), lines, body
    )


def description(one: ClaimOverMachines) -> str:
    """The picture in words."""
    values = ", ".join(f"{effect.share.name}: {effect.estimate:.3g}" for effect in one.effects[:MOST_ROWS])
    return f"{one.id}: {one.sentence}. {values}"


def axis(scale: Scale, height: float) -> Markup:
    """Three labelled values along the bottom."""
    middle = math.sqrt(scale.low * scale.high) if scale.log else (scale.low + scale.high) / 2
    return Markup("").join(
        Markup('<text class="tick" x="{:.1f}" y="{:.0f}">{}</text>').format(scale.x(value), height - 4, f"{value:.3g}")
        for value in (scale.low, middle, scale.high)
    )


class Row:
    """One row: a name and marks, drawn at a height."""

    def __init__(self, name: str, marks: str, kind: str) -> None:
        self.name, self.marks, self.kind = name, marks, kind

    def __call__(self, y: float) -> Markup:
        """The row at this height."""
        name = Markup('<text class="name" x="0" y="{:.1f}">{}</text>').format(y + 4, shortened(self.name))
        return name + Markup('<g class="{}" transform="translate(0 {:.1f})">{}</g>').format(
            self.kind, y, Markup(self.marks)
        )


def shortened(name: str) -> str:
    """A name that fits its column, about 38 letters at 12 pixels."""
    return name if len(name) <= 38 else f"{name[:36]}…"


def machine_rows(effects: Sequence[Effect], scale: Scale) -> Iterator[Row]:
    """A row for each machine by estimate; one histogram of more than MOST_ROWS."""
    ordered = sorted(effects, key=lambda effect: effect.estimate)
    if len(ordered) > MOST_ROWS:
        yield Row(f"{len(ordered):,} machines, a histogram", bars(scale, ordered), "machines")
        return
    for effect in ordered:
        marks = interval(scale, effect.low, effect.high) + f'<circle cx="{scale.x(effect.estimate):.1f}" cy="0" r="4"/>'
        yield Row(effect.share.name, marks, effect.verdict.replace(" ", "-"))


def bars(scale: Scale, effects: Sequence[Effect]) -> str:
    """A bar for each place at which there are machines, as high as there are many."""
    places = Counter(BAR * round(scale.x(effect.estimate) / BAR) for effect in effects)
    most, foot = max(places.values()), ROW / 2 - 1
    heights = ((x, (ROW - 3) * count / most) for x, count in sorted(places.items()))
    return "".join(
        f'<rect x="{x - BAR / 2:.0f}" y="{foot - high:.1f}" width="{BAR - 1:.0f}" height="{high:.1f}"/>'
        for x, high in heights
    )


def summary_rows(one: ClaimOverMachines, scale: Scale) -> Iterator[Row]:
    """The mean over machines and the interval for the next one."""
    if summary := one.pooled:
        x, low, high = (scale.x(value) for value in (summary.estimate, summary.low, summary.high))
        diamond = f'<path d="M{low:.1f} 0L{x:.1f} -6L{high:.1f} 0L{x:.1f} 6Z"/>'
        yield Row(f"mean of {summary.machines} machines, 95 % CI", diamond, "mean")
        yield Row("next machine, 95 % prediction", interval(scale, summary.next_low, summary.next_high), "next")


def interval(scale: Scale, low: float, high: float) -> str:
    """A line between two values."""
    return f'<line x1="{scale.x(low):.1f}" x2="{scale.x(high):.1f}" y1="0" y2="0"/>'
