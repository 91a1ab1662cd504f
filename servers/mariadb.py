"""A MariaDB of our own, from the system's `mariadbd`: `python -m servers.mariadb` prints where it answers.

Loopback only; one user, without a password, for one database. It reads no settings of the machine's, and its log goes
to the disk once a second, as PostgreSQL's here is never synced: a disk is not what is measured.

Its tables are made by `mariadbd --bootstrap`. Rejected: `mariadb-install-db`, which does the same, but wants a program
of another Debian package, and run as root makes a program of the system's belong to our user.
"""

import sys
from pathlib import Path
from shutil import which
from typing import Any

from servers.database_process import HOST, Foreign
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


class MariaDB(Foreign):
    """MariaDB."""

    name = "MariaDB"

    def prepare(self) -> None:
        """Make the tables that it keeps its users in, and what it does first: make ours."""
        (self.folder / "data").mkdir(mode=0o777)
        (self.folder / "data").chmod(0o777)  # nobody's too; the folder above lets no other user in
        made = self.folder / "made.sql"
        made.write_text("".join([BEFORE, *((scripts() / name).read_text() for name in TABLES)]))
        with made.open("rb") as file:
            self.run(*self.told(), "--bootstrap", "--log-warnings=0", stdin=file)
        (self.folder / "first.sql").write_text(FIRST)

    def told(self) -> list[str]:
        """The program, with what it must be told whatever it does."""
        return [found(), "--no-defaults", f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"]

    def command(self) -> list[str]:
        """Start it, with its settings."""
        return [
            *self.told(),
            *(f"--socket={self.folder / 'socket'}", f"--port={self.port}", f"--bind-address={HOST}"),
            *(f"--max-connections={CONNECTIONS}", f"--init-file={self.folder / 'first.sql'}"),
            *("--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"),
        ]

    def ready(self) -> bool:
        """It says so."""
        return "ready for connections" in self.log.read_text(errors="replace")

    def facts(self) -> dict[str, Any]:
        """Where it is."""
        return {"url": f"mysql://overlap@{HOST}:{self.port}/overlap"}


def program() -> str | None:
    """The server's program; Debian puts it where only root looks."""
    return which("mariadbd") or which("mariadbd", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def found() -> str:
    """The same. RefusalError where there is none."""
    if path := program():
        return path
    raise RefusalError(f"there is no mariadbd. Next: {INSTALL}", CANNOT_MEASURE)


def scripts() -> Path:
    """The folder of the scripts that make its tables: beside the program's."""
    above = Path(found()).resolve().parents[1]
    places = [above / "share" / name for name in ("mysql", "mariadb")]
    for place in places:
        if (place / TABLES[0]).exists():
            return place
    raise RefusalError(f"there is no {TABLES[0]} in {' or '.join(map(str, places))}. Next: {INSTALL}", CANNOT_MEASURE)


if __name__ == "__main__":
    sys.exit(MariaDB.main())
