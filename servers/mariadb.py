"""A private MariaDB, from the system's `mariadbd`: `python -m servers.mariadb` prints where it answers.

Loopback only; one user, without a password, for one database. It reads none of the system's settings. Its log is
written to disk once a second: the disk is not what is measured, and PostgreSQL's log here is never synced either.

Its tables are made by `mariadbd --bootstrap`. Rejected: `mariadb-install-db`, which does the same, but wants a program
of another Debian package, and under root changes the owner of a system program.
"""

import sys
from pathlib import Path
from shutil import which
from typing import Any

from servers.database_process import HOST, DatabaseProcess
from servers.sockets import CANNOT_MEASURE, RefusalError

CONNECTIONS = 300
INSTALL = "apt-get install mariadb-server-core, or brew install mariadb"
BEFORE = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
FIRST = """\
CREATE DATABASE overlap CHARACTER SET utf8mb4;
CREATE USER overlap@'%';
GRANT ALL ON overlap.* TO overlap@'%';
"""


class MariaDB(DatabaseProcess):
    """MariaDB."""

    name = "MariaDB"

    def prepare(self) -> None:
        """Create its system tables, our user and our database."""
        (self.folder / "data").mkdir(mode=0o777)
        (self.folder / "data").chmod(0o777)  # for nobody; the parent folder is closed to other users
        made = self.folder / "made.sql"
        made.write_text("".join([BEFORE, *((scripts() / name).read_text() for name in TABLES)]))
        with made.open("rb") as file:
            self.run(*self.base_command(), "--bootstrap", "--log-warnings=0", stdin=file)
        (self.folder / "first.sql").write_text(FIRST)

    def base_command(self) -> list[str]:
        """The program with the options that every call needs."""
        return [require_program(), "--no-defaults", f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"]

    def command(self) -> list[str]:
        """The command line, with all settings."""
        return [
            *self.base_command(),
            *(f"--socket={self.folder / 'socket'}", f"--port={self.port}", f"--bind-address={HOST}"),
            *(f"--max-connections={CONNECTIONS}", f"--init-file={self.folder / 'first.sql'}"),
            *("--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"),
        ]

    def ready(self) -> bool:
        """Whether its log says that it is ready."""
        return "ready for connections" in self.log.read_text(errors="replace")

    def facts(self) -> dict[str, Any]:
        """Its URL."""
        return {"url": f"mysql://overlap@{HOST}:{self.port}/overlap"}


def program() -> str | None:
    """Path of `mariadbd`, also in the folders that Debian leaves out of PATH; None if missing."""
    return which("mariadbd") or which("mariadbd", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def require_program() -> str:
    """Path of `mariadbd`. RefusalError if it is missing."""
    if path := program():
        return path
    raise RefusalError(f"there is no mariadbd. Next: {INSTALL}", CANNOT_MEASURE)


def scripts() -> Path:
    """The folder with the SQL scripts that create its system tables."""
    above = Path(require_program()).resolve().parents[1]
    places = [above / "share" / name for name in ("mysql", "mariadb")]
    for place in places:
        if (place / TABLES[0]).exists():
            return place
    raise RefusalError(f"there is no {TABLES[0]} in {' or '.join(map(str, places))}. Next: {INSTALL}", CANNOT_MEASURE)


if __name__ == "__main__":
    sys.exit(MariaDB.main())
