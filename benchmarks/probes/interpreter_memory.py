"""What does the same program take in memory? For comparing interpreters: a build, a version, with and without the GIL.

    imports     a program that has imported what a small service needs, and done nothing yet
    objects     the same, holding 50,000 records: a class, its dict, strings, numbers, a list in each

USS, what would be given back if the process ended, in an interpreter of its own and after a collection. What you should
see: a free-threaded build takes more, for each object there has a larger header, and its allocator keeps more in hand.
"""

import gc
import json
import sys
from typing import Any

import psutil

from benchmarks.probes import Probe

RECORDS = 50_000


class Record:
    """One of many: a customer, an order, a message."""

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
    """The same, and build the records."""
    return imports() + [Record(number) for number in range(RECORDS)]


FORMS = {"imports": imports, "objects": objects}

PROBES = (Probe(FORMS, ("program_bytes",)),)


def main() -> None:
    """Print what this process takes once it has done what the command line names."""
    held = FORMS[sys.argv[1]]()
    gc.collect()
    print(json.dumps({"program_bytes": float(psutil.Process().memory_full_info().uss)}))
    del held
