"""`requests`, the blocking half of `http`, where libraries are compared and not models."""

from dataclasses import dataclass

from benchmarks.workloads.http import Http


@dataclass(frozen=True)
class Requests(Http):
    """Fetch pages with requests."""

    name = "requests"
    forms = ("blocking",)
