"""`aiohttp`, the awaited half of `http`, for comparing libraries instead of models."""

from dataclasses import dataclass

from benchmarks.workloads.http import Http


@dataclass(frozen=True)
class Aiohttp(Http):
    """Fetch pages with aiohttp."""

    name = "aiohttp"
    forms = ("asyncio",)
