"""`make race`: a page on which the models race, live, on the work that you choose; and on which past runs are found.

It listens on loopback only, unless told otherwise: whoever reaches the page can make this machine work.
"""

import argparse
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable

from aiohttp import web

from scripts.site.app import create_app
from scripts.site.race_request import MAX_CONCURRENCY
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, leave
from servers.sockets import RefusalError, listen, raise_file_limit
from servers.subprocesses import ServiceError


def address(listening: socket.socket) -> str:
    """Where the page is found."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = command_parser("race", __doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--expose", action="store_true", help="allow a --host that other machines can reach")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser.parse_args()


def announce(listening: socket.socket, *, browse: bool) -> Callable[[web.Application], Awaitable[None]]:
    """Say where the page is, once it is furnished."""

    async def say(app: web.Application) -> None:
        print(f"The race is at {address(listening)} (Ctrl-C ends it)", flush=True)
        if browse:
            webbrowser.open(address(listening))

    return say


def main() -> None:
    """Listen, serve, say where."""
    given = options()
    signal.signal(signal.SIGHUP, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))  # which aiohttp obeys
    try:
        raise_file_limit(MAX_CONCURRENCY)
        with listen(given.host, given.port, given.expose) as listening:
            app = create_app(exposed=given.expose)
            app.on_startup.append(announce(listening, browse=given.open))
            web.run_app(app, sock=listening, print=None, access_log=None)
    except RefusalError as refusal:
        leave(CommandError(Exit(refusal.code), str(refusal)))
    except ServiceError as problem:
        leave(CommandError(Exit.NOT_MEASURED, f"{problem} Next: make doctor"))
    sys.exit(Exit.OK)  # Ctrl-C is the way to end it


if __name__ == "__main__":
    main()
