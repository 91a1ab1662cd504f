"""The rows of a forest plot, in groups and panels: what they are called, and which of them a page has room for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from scripts.analysis.points import Point
from scripts.charts.lib.theme import Theme
from scripts.util.format import Format, between, short

GROUP_GAP = 0.4  # rows between two groups
SLIDE_PT = 210  # of rows of text, one below the other, between the title and the footer of a slide
HEADLINE_PT = 42  # that the longer title and the small print of a deck take


@dataclass(frozen=True)
class Group:
    """Rows under a common heading; without one when `title` is empty.

    `paint` colours its rows where the colours of models would say nothing; `names` are what its rows are called, and
    `styles` the models whose colour and marker they have, where that is not their model.
    """

    title: str
    rows: Sequence[Point]
    paint: str = ""
    names: Sequence[str] = ()
    styles: Sequence[str] = ()

    @property
    def limit(self) -> float:
        """The ideal of the group; NaN when it has none."""
        return max((row.limit for row in self.rows if math.isfinite(row.limit)), default=math.nan)

    @property
    def ceiling(self) -> float:
        """The value of a client that only sends and receives; NaN when it was not measured."""
        return max((row.ceiling for row in self.rows if math.isfinite(row.ceiling)), default=math.nan)

    @property
    def labels(self) -> list[str]:
        """The rows' names: the model, and the concurrency where a model has several rows."""
        if self.names:
            return list(self.names)
        models = [row.model for row in self.rows]
        sizes = ["" if models.count(row.model) == 1 else f", {row.concurrency}" for row in self.rows]
        return [f"{short(model)}{size}" for model, size in zip(models, sizes, strict=True)]

    @property
    def models(self) -> list[str]:
        """The model whose colour and marker each row has."""
        return list(self.styles or (row.model for row in self.rows))

    @property
    def height(self) -> int:
        """The number of rows, the title included."""
        return len(self.rows) + bool(self.title)

    def outermost(self, count: int) -> "Group":
        """The group with `count` of its rows: the first ones and the last, between which a title compares."""
        rows, names, styles = ([*of[: count - 1], *of[-1:]] for of in (self.rows, self.names, self.styles))
        return replace(self, rows=rows, names=names, styles=styles)


Panels = Mapping[str, Sequence[Group]]


def value_text(row: Point, form: Format) -> str:
    """As in `18.9× (18.2–19.6)`."""
    interval = between(row.low, row.high, form)
    return f"{form(row.value)} ({interval})" if interval and row.low < row.high else form(row.value)


def limit_text(group: Group, form: Format) -> str:
    """As in `ideal 20.0×, ceiling 18.1×`."""
    limits = {"ideal": group.limit, "ceiling": group.ceiling}
    return ", ".join(f"{name} {form(value)}" for name, value in limits.items() if math.isfinite(value))


def groups_that_fit(groups: Sequence[Group], theme: Theme, main: str = "") -> tuple[list[Group], list[str]]:
    """The groups that fit the page, and the titles of those that do not; of one that is too high alone, its first rows
    and its last.

    Then the names of the others are given. The group of the title `main` gets its room first: the chart's title is
    about it.
    """
    high_pt = SLIDE_PT - bool(theme.headline) * HEADLINE_PT if theme.height_in else math.inf
    room, shown = high_pt / theme.text_pt, list[Group]()
    ordered = sorted(groups, key=lambda group: group.title != main)
    if ordered and ordered[0].height > room:
        first, fits = ordered[0], int(room) - bool(ordered[0].title)
        others = [*first.labels[fits - 1 : -1], *(group.title for group in ordered[1:])]
        return [first.outermost(fits)], others
    for group in ordered:
        if group.height <= room:
            shown.append(group)
            room -= group.height + GROUP_GAP
    return [group for group in groups if group in shown], [group.title for group in groups if group not in shown]


def merge_panels(panels: Panels) -> list[Group]:
    """The groups of all panels, each with every row that it has in any of them."""
    rows = dict[str, dict[str, tuple[Point, str]]]()
    for group in chain.from_iterable(panels.values()):
        for name, row, style in zip(group.labels, group.rows, group.models, strict=True):
            rows.setdefault(group.title, {}).setdefault(name, (row, style))
    return [
        Group(title, [row for row, _ in same.values()], names=list(same), styles=[style for _, style in same.values()])
        for title, same in rows.items()
    ]


def panels_that_fit(
    panels: Panels, theme: Theme, main: str = "", *, shared: bool
) -> tuple[dict[str, list[Group]], list[str]]:
    """The panels with the groups that fit the page, and the names of those that do not."""
    if not shared:
        fits = {name: groups_that_fit(groups, theme, main) for name, groups in panels.items()}
        left_out = list(dict.fromkeys(title for _, dropped in fits.values() for title in dropped))
        return {name: kept for name, (kept, _) in fits.items() if kept}, left_out
    common, left_out = groups_that_fit(merge_panels(panels), theme, main)
    rows = {(group.title, name) for group in common for name in group.labels}
    kept = {name: [reduced_to(group, rows) for group in groups] for name, groups in panels.items()}
    kept = {name: [group for group in groups if group.rows] for name, groups in kept.items()}
    return {name: groups for name, groups in kept.items() if groups}, left_out


def reduced_to(group: Group, rows: set[tuple[str, str]]) -> Group:
    """The group reduced to these rows."""
    kept = [place for place, name in enumerate(group.labels) if (group.title, name) in rows]
    names, styles = group.labels, group.models
    return replace(
        group,
        rows=[group.rows[place] for place in kept],
        names=[names[place] for place in kept],
        styles=[styles[place] for place in kept],
    )


def values_text(panels: Panels, form: Format) -> Iterator[str]:
    """Every number of the panels as text, group by group."""
    for name, groups in panels.items():
        for group in groups:
            where = ", ".join(filter(None, [name, group.title]))
            rows = zip(group.labels, group.rows, strict=True)
            yield (f"{where}: " if where else "") + ", ".join(f"{label} {value_text(row, form)}" for label, row in rows)
