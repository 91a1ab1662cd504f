"""What a stranger calls the work of a workload; a user's own, and others, go by their own names."""

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
