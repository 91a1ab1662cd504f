"""Memory of the same program under different interpreters: versions, builds, with and without the GIL.

    imports     a program that has imported what a small service needs, and done nothing else
    objects     the same, holding 50,000 records: each a class instance with strings, numbers and a list

Measured as USS (memory that is freed when the process ends), in an interpreter of its own, after a garbage collection.
What you should see: a free-threaded build needs more, because its objects have larger headers and its allocator keeps
more memory.
"""

import gc
import json
import sys
from typing import Any

import psutil

from benchmarks.probes import Probe

RECORDS = 50_000


class Record:
    """A record such as a customer, an order or a message."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"record {number}"
        self.share = number / RECORDS
        self.tags = [f"tag {number % 100}", str(number)]
        self.about: dict[str, Any] = {"previous": None, "weight": float(number)}


def imports() -> list[Record]:
    """Import what a small service needs."""
    import asyncio
    import concurrent.futures.thread
    import email.message
    import http.client
    import logging
    import sqlite3

    assert all((asyncio, concurrent, email, http, logging, sqlite3))
    return []


def objects() -> list[Record]:
    """Import the same, and create the records."""
    return imports() + [Record(number) for number in range(RECORDS)]


FORMS = {"imports": imports, "objects": objects}

PROBES = (Probe(FORMS, ("program_bytes",)),)


def main() -> None:
    """Print the memory of this process in the form that the command line names."""
    objects = FORMS[sys.argv[1]]()
    gc.collect()
    print(json.dumps({"program_bytes": float(psutil.Process().memory_full_info().uss)}))
    del objects
