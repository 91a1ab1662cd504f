"""`make race`: a page on which the models race, live, on the work that you choose; and on which past runs are found.

It listens on loopback only, unless told otherwise: whoever reaches the page can make this machine work. With `--listen`
other machines of the local network may send the file that `make share` wrote, with a code that this machine shows; they
see on how many machines each claim holds, and can start nothing.
"""

import argparse
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from aiohttp import web

from scripts.site.app import create_app
from scripts.site.machines import Machines
from scripts.site.race_request import MAX_CONCURRENCY
from scripts.site.uploads import Uploads, is_local, new_code
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.paths import SHARES
from servers.http_requests import is_loopback
from servers.sockets import RefusalError, listen, raise_file_limit
from servers.subprocesses import ServiceError


def address(listening: socket.socket, host: str = "") -> str:
    """The URL of the page; for a wildcard address, that of this machine's loopback."""
    own, port = listening.getsockname()[:2]
    host = host or {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(own, own)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def local_addresses() -> list[str]:
    """This machine's IPv4 addresses in local networks."""
    addresses = (one.address for each in psutil.net_if_addrs().values() for one in each if one.family == socket.AF_INET)
    return [one for one in addresses if is_local(one) and not is_loopback(one)]


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("race", __doc__)
    parser.add_argument("--host", help="default 127.0.0.1; with --listen 0.0.0.0")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--expose", action="store_true", help="allow a --host that other machines can reach")
    parser.add_argument("--listen", action="store_true", help="take shares from the local network, with a code")
    parser.add_argument(
        "--shares", type=Path, default=SHARES, help=f"folder of the page of machines (default {SHARES})"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser.parse_args()


def announce(
    listening: socket.socket, machines: Machines, *, browse: bool
) -> Callable[[web.Application], Awaitable[None]]:
    """Say where the page is once its resources are open, and where other machines send their shares."""

    async def say(app: web.Application) -> None:
        print(f"The race is at {address(listening)} (Ctrl-C ends it)", flush=True)
        if machines.uploads:
            where = " or ".join(machines.addresses) or "this machine's address"
            print(f"Shares are taken at {where} with the code {machines.uploads.code}", flush=True)
        if browse:
            webbrowser.open(address(listening))

    return say


def machines_of(chosen: argparse.Namespace, listening: socket.socket) -> Machines:
    """The page of machines, which takes shares where that was asked for."""
    if not chosen.listen:
        return Machines(chosen.shares)
    addresses = tuple(address(listening, one) for one in local_addresses())
    return Machines(chosen.shares, Uploads(chosen.shares, new_code()), addresses)


def main() -> None:
    """Listen, serve, and print the address."""
    chosen = options()
    host = chosen.host or ("0.0.0.0" if chosen.listen else "127.0.0.1")
    signal.signal(signal.SIGHUP, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))  # which aiohttp obeys
    try:
        raise_file_limit(MAX_CONCURRENCY)
        with listen(host, chosen.port, chosen.expose or chosen.listen) as listening:
            machines = machines_of(chosen, listening)
            app = create_app(exposed=chosen.expose, machines=machines)
            app.on_startup.append(announce(listening, machines, browse=chosen.open))
            web.run_app(app, sock=listening, print=None, access_log=None)
    except RefusalError as refusal:
        leave(CommandError(Exit(refusal.code), str(refusal)))
    except ServiceError as problem:
        leave(CommandError(Exit.NOT_MEASURED, f"{problem} Next: make doctor"))
    sys.exit(Exit.OK)  # Ctrl-C is the way to end it


if __name__ == "__main__":
    main()
