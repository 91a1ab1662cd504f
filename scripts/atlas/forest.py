"""A forest of one claim over machines: a row each with its 95 % CI, then the mean, then the next machine.

Every row is a name and a strip of SVG whose marks stand at percentages: on a phone the name stands above the strip, and
letters keep their size on any screen. Rejected: one SVG for all, which shrinks its letters with its width.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from scripts.atlas.machines import ClaimOverMachines, Effect
from scripts.util.axes import axis_share

HIGH = 20.0  # CSS pixels of a strip
EDGE = 3.0  # per cent of a strip on both sides, which a mark at the end needs
MOST_ROWS = 40  # beyond it nobody reads names: the machines are drawn as a histogram on one row


@dataclass(frozen=True)
class Scale:
    """From a value to a place on a strip, in per cent; logarithmic where every value is positive."""

    low: float
    high: float
    log: bool

    def x(self, value: float) -> float:
        """The place of a value; values beyond the ends stand at the ends."""
        return EDGE + (100 - 2 * EDGE) * axis_share(value, self.low, self.high, log=self.log)


def scale_of(claim: ClaimOverMachines, log: bool) -> Scale:
    """From the smallest to the largest end of any interval, the bound included, with room on both sides."""
    ends = [value for effect in claim.effects for value in (effect.low, effect.high)]
    ends += [bound for bound in bounds(claim) if bound]
    if claim.pooled:
        ends += [claim.pooled.next_low, claim.pooled.next_high]
    log = log and min(ends) > 0
    low, high = min(ends), max(ends)
    room = (high / low) ** 0.06 if log else 0.06 * (high - low)
    low, high = (low / room, high * room) if log else (low - room, high + room)
    return Scale(low, high, log) if high > low else Scale(low - 1, high + 1, log=False)


def bounds(claim: ClaimOverMachines) -> list[float]:
    """The ends of the bound, as far as it has any."""
    ends = (claim.part.bound_low, claim.part.bound_high) if claim.part else ()
    return [end for end in ends if end is not None]


def forest(claim: ClaimOverMachines) -> Markup:
    """The picture; empty where no machine has an effect."""
    if not claim.effects or not claim.part:
        return Markup("")
    scale = scale_of(claim, claim.part.log)
    bound = "".join(
        f'<line class="bound" {at("x1", scale, end)} {at("x2", scale, end)} y2="20"/>' for end in bounds(claim)
    )
    rows = [*machine_rows(claim.effects, scale), *summary_rows(claim, scale)]
    strips = Markup("").join(row(name, kind, Markup(bound + marks)) for name, kind, marks in rows)
    return Markup('<div class="forest" role="img" aria-label="{}">{}{}</div>').format(
        description(claim), strips, row("", "axis", axis(scale))
    )


def row(name: str, kind: str, marks: Markup) -> Markup:
    """A name and a strip."""
    return Markup('<span>{}</span><svg class="{}" height="{:.0f}">{}</svg>').format(name, kind, HIGH, marks)


def at(attribute: str, scale: Scale, value: float) -> str:
    """An attribute that stands at a value."""
    return f'{attribute}="{scale.x(value):.2f}%"'


def description(claim: ClaimOverMachines) -> str:
    """The text alternative of the picture."""
    values = ", ".join(f"{effect.share.name}: {effect.estimate:.3g}" for effect in claim.effects[:MOST_ROWS])
    return f"{claim.id}: {claim.sentence}. {values}"


def axis(scale: Scale) -> Markup:
    """Three labelled values along the bottom."""
    middle = math.sqrt(scale.low * scale.high) if scale.log else (scale.low + scale.high) / 2
    places = zip((scale.low, middle, scale.high), ("start", "middle", "end"), strict=True)
    return Markup("").join(
        Markup('<text x="{:.2f}%" y="14" text-anchor="{}">{}</text>').format(scale.x(value), anchor, f"{value:.3g}")
        for value, anchor in places
    )


Row = tuple[str, str, str]  # name, class of the strip, marks


def machine_rows(effects: Sequence[Effect], scale: Scale) -> Iterator[Row]:
    """A row for each machine by estimate; one histogram of more than MOST_ROWS."""
    ordered = sorted(effects, key=lambda effect: effect.estimate)
    if len(ordered) > MOST_ROWS:
        yield f"{len(ordered):,} machines, a histogram", "machines", bars(scale, ordered)
        return
    for effect in ordered:
        dot = f'<circle {at("cx", scale, effect.estimate)} cy="10" r="4"/>'
        yield effect.share.name, effect.verdict.replace(" ", "-"), interval(scale, effect.low, effect.high) + dot


def bars(scale: Scale, effects: Sequence[Effect]) -> str:
    """A histogram: a bar for each per cent of the strip, its height the number of machines there."""
    places = Counter(round(scale.x(effect.estimate)) for effect in effects)
    most = max(places.values())
    heights = ((x, (HIGH - 3) * count / most) for x, count in sorted(places.items()))
    return "".join(
        f'<rect x="{x - 0.4:.1f}%" y="{HIGH - 1 - high:.1f}" width="0.8%" height="{high:.1f}"/>' for x, high in heights
    )


def summary_rows(claim: ClaimOverMachines, scale: Scale) -> Iterator[Row]:
    """The mean over machines and the interval for the next one."""
    if summary := claim.pooled:
        diamond = (
            f'<svg {at("x", scale, summary.estimate)} y="10" overflow="visible"><path d="M-7 0L0 -6L7 0L0 6Z"/></svg>'
        )
        mean = interval(scale, summary.low, summary.high) + diamond
        yield f"mean of {summary.machines} machines, 95 % CI", "mean", mean
        yield "next machine, 95 % prediction", "next", interval(scale, summary.next_low, summary.next_high)


def interval(scale: Scale, low: float, high: float) -> str:
    """A line between two values."""
    return f'<line {at("x1", scale, low)} {at("x2", scale, high)} y1="10" y2="10"/>'
