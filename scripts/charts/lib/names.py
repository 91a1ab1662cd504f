"""Readable names of workloads; a user's own and unlisted ones keep their names."""

WORK = {
    "wire": "raw HTTP/1.1 (h11)",
    "http": "requests, aiohttp",
    "sleep": "waiting only",
    "primes": "pure Python",
    "digest": "hashing",
}


def work(workload: str) -> str:
    """The workload's name on a chart."""
    return WORK.get(workload, workload)
