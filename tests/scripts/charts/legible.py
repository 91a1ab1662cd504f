"""Is everything on a chart readable? The tests ask this of every chart in every theme."""

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

SLACK_PX = 0.5  # anti-aliasing


def visible_texts(figure: Figure) -> Iterator[Text]:
    """Every text that is drawn."""
    yield from (text for text in figure.texts if shows(text))
    for axes in figure.axes:
        yield from (text for text in axes_texts(axes) if shows(text))


def axes_texts(axes: Axes) -> Iterator[Text]:
    """Titles, annotations, and the labels of axes and of their ticks that are in view."""
    yield from axes.texts
    yield axes.title
    for axis in (axes.xaxis, axes.yaxis):
        yield axis.label
        yield from tick_labels(axis)


def tick_labels(axis: Axis) -> Iterator[Text]:
    """The labels of the ticks that are in view."""
    low, high = sorted(axis.get_view_interval())
    for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True):
        if low <= place <= high:
            yield label


def shows(text: Text) -> bool:
    """Whether anything of it is drawn."""
    return text.get_visible() and bool(text.get_text().strip())


def defects(figure: Figure) -> list[str]:
    """Texts that cover each other or leave the figure; empty when all is well."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in visible_texts(figure)]
    cut = [f"{text!r} leaves the figure" for text, box in boxes if not within(box, figure.bbox)]
    return cut + [f"{one!r} covers {two!r}" for (one, a), (two, b) in combinations(boxes, 2) if cover(a, b)]


def within(inner: BboxBase, outer: BboxBase) -> bool:
    """Whether one box lies in the other."""
    return bool(
        inner.x0 >= outer.x0 - SLACK_PX
        and inner.y0 >= outer.y0 - SLACK_PX
        and inner.x1 <= outer.x1 + SLACK_PX
        and inner.y1 <= outer.y1 + SLACK_PX
    )


def cover(one: BboxBase, other: BboxBase) -> bool:
    """Whether two boxes share more than an edge."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(wide > SLACK_PX and high > SLACK_PX)
