"""`aiohttp`, the awaiting half of `http`, where libraries are compared and not models."""

from dataclasses import dataclass

from benchmarks.workloads.http import Http


@dataclass(frozen=True)
class Aiohttp(Http):
    """Fetch pages with aiohttp."""

    name = "aiohttp"
    forms = ("asyncio",)
