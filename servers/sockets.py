"""A listening socket and enough open files, or an error that says what to type.

A server binds its port itself, before anything else starts, so that no two race for it. Only loopback unless told
otherwise: a benchmark that opens a port to the network by accident is somebody's security incident.
"""

import ipaddress
import socket
import sys

BACKLOG = 16_384  # a burst of 10,000 connections; the kernel lowers it to its own limit (net.core.somaxconn)
OWN_FILES = 64  # listening socket, event loop, standard streams, libraries
WRONG_USAGE, CANNOT_MEASURE = 2, 3  # exit codes


class RefusalError(Exception):
    """Why the server does not start, what to type next, and the exit code."""

    def __init__(self, sentence: str, code: int = WRONG_USAGE) -> None:
        super().__init__(sentence)
        self.code = code


def listen(host: str, port: int, expose: bool) -> socket.socket:
    """A listening socket; RefusalError for any address but loopback unless `expose` is set."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise RefusalError(
            f"{host} port {port} is no address of this machine ({error}): try --host 127.0.0.1."
        ) from None
    if not (expose or ipaddress.ip_address(address[0]).is_loopback):
        raise RefusalError(
            f"{host} can be reached by other machines: add --expose if you mean it, or leave --host out."
        )
    try:
        return socket.create_server((str(address[0]), port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RefusalError(
            f"cannot listen on {host} port {port}: {why}. Next: another --port, or --port 0 for any free one"
        ) from None


def raise_file_limit(expected: int) -> int:
    """Raise the limit of open files to the hard limit. RefusalError if that is too low for `expected` requests."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return sys.maxsize
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # macOS reports a hard limit that it refuses
        limit = soft
    if limit != resource.RLIM_INFINITY and limit < (needed := expected + OWN_FILES):
        raise RefusalError(
            f"{expected} requests in flight need {needed} open files, but the hard limit is {limit}: "
            f"type `sudo prlimit --pid $$ --nofile={needed}:{needed}` and start again, or lower --expect.",
            CANNOT_MEASURE,
        )
    return limit
