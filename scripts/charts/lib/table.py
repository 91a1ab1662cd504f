"""The data behind a chart as a table: the text of each cell and its sort key."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts.analysis.points import Point
from scripts.util.format import Format, count_text, seconds, tick

EMPTY = ("", -math.inf)
Value = tuple[str, float | str]  # the text, and the key


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first cell names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def word(text: str) -> Value:
    """A cell that is sorted by its text."""
    return text, text


def number(value: float, form: Format) -> Value:
    """A cell that is sorted by its number; empty when there is none."""
    return (form(value), value) if math.isfinite(value) else EMPTY


def table_of(head: Sequence[str], rows: Iterable[Sequence[Value]]) -> Table:
    """A table without the columns that are empty in every row. ValueError where a row does not fit the head."""
    rows = [tuple(row) for row in rows]
    if unlike := {len(row) for row in rows} - {len(head)}:
        raise ValueError(f"Rows of {unlike} columns under a head of {len(head)}.")
    kept = [place for place in range(len(head)) if any(row[place][0] for row in rows)]
    return Table(tuple(head[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows))


def of_points(cells: Sequence[Point], value: str, form: Format, limit: str = "ideal") -> Table:
    """The cells of a chart: what they did, the value with its interval, the ideal (or other `limit`) and warnings."""
    head = ("model", "workload", "concurrency", "tasks", "waits", "computes", value, "low", "high", limit, "warnings")
    return table_of(head, [of_point(each, form) for each in cells])


def of_point(point: Point, form: Format) -> list[Value]:
    """The row of a cell: its names and sizes, its value with interval and limit, its warnings."""
    return [
        word(point.model),
        word(point.workload),
        number(point.concurrency, count_text),
        number(point.tasks, count_text),
        number(point.wait_s or math.nan, tick(seconds)),
        number(point.compute_s or math.nan, tick(seconds)),
        *(number(one, form) for one in (point.value, point.low, point.high, point.limit)),
        word(point.flags),
    ]
