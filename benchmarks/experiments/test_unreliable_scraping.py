"""Scraping hundreds of pages of a web that misbehaves: which model comes closest to what the web allows?

A program in `probes/`. One page after another is left out: that it takes the sum of all waits, some 20 s, is known. On
request only.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.core.runner import BlockContext
from benchmarks.probes import run_probe, unreliable_scraping


@cells(
    "unreliable_scraping",
    workloads=[unreliable_scraping.WEB],
    models=unreliable_scraping.MODELS,
    concurrency=[unreliable_scraping.AT_ONCE],
    tasks=lambda concurrency: unreliable_scraping.PAGES,
    opt_in=True,
    metrics=("time_over_ideal", "p50_seconds", "p99_seconds", "error_share", "retries", "fetched"),
)
def test_unreliable_scraping(
    observe: Callable[[Cell, Callable[[], dict[str, float]]], None], place: BlockContext, cell: Cell
) -> None:
    """Scrape."""
    observe(cell, lambda: run_probe("unreliable_scraping", cell.model, place.params["url"]))
