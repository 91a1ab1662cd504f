"""Serve one of `servers.web_apps` with a web server: `python -m servers.web_server fastapi uvicorn --workers 2`.

We bind the port and listen before anything else starts, and the web server is handed the socket: no two race for a
port, and whoever connects early waits in the kernel's queue until somebody accepts. So one blocking GET tells that it
is ready, and if it dies before, the kernel closes its queue and the GET fails at once. Granian takes no socket: for it
the port is only held, by a socket that never listens, and its workers bind it themselves (SO_REUSEPORT).

One worker that answers is not all of them: a client that comes too early would find one worker and keep to it, and the
others would stay idle for as long as its connections live. So we wait until there are as many processes as were asked
for and none of them computes any more. Rejected: a page that tells the worker's number (the kernel may hand all
connections to the first).

The web server and its workers belong to our process group, and end with it by SIGKILL: nothing in them is worth saving.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import psutil

from servers.sockets import CANNOT_MEASURE, RefusalError, listen, raise_file_limit
from servers.subprocesses import ending, exit_with_parent
from servers.web_apps import HELLO

HOST = "127.0.0.1"
READY_S = 20.0  # a second on an idle machine
LOOK_S = 0.03  # between two looks at what its processes have computed
CALM = 3  # looks in a row at which they computed nothing
ASGI, WSGI = (
    ("uvicorn", "hypercorn", "granian"),
    ("gunicorn-sync", "gunicorn-threads", "gunicorn-gevent", "gunicorn", "granian"),
)
# Which servers each framework can be under, the one that its documentation starts it with first.
APPS = {
    "aiohttp": ("own",),
    "falcon": ASGI,
    "fastapi": ASGI,
    "flask": WSGI,
    "litestar": ASGI,
    "quart": ("hypercorn", "uvicorn", "granian"),
    "sanic": ("own",),
    "starlette": ASGI,
}


@dataclass(frozen=True)
class Asked:
    """What is to be served, and how."""

    app: str
    server: str
    workers: int = 1
    threads: int = 1

    @property
    def target(self) -> str:
        """The application, as every server wants it named."""
        return f"servers.web_apps.{self.app}:app"


def uvicorn(asked: Asked, listening: socket.socket) -> list[str]:
    """With uvloop and httptools, which it takes where they are installed."""
    return [*("uvicorn", asked.target, "--fd", str(listening.fileno()), "--workers", str(asked.workers)),
            *("--no-access-log", "--log-level", "warning")]  # fmt: skip


def hypercorn(asked: Asked, listening: socket.socket) -> list[str]:
    """With uvloop, which it only takes when told."""
    return [*("hypercorn", asked.target, "-b", f"fd://{listening.fileno()}", "-w", str(asked.workers)),
            *("-k", "uvloop", "--log-level", "WARNING")]  # fmt: skip


def granian(asked: Asked, listening: socket.socket) -> list[str]:
    """Each worker with one thread of its own runtime."""
    interface = "asgi" if "uvicorn" in APPS[asked.app] else "wsgi"
    return [*("granian", asked.target, "--interface", interface, "--host", HOST),
            *("--port", str(listening.getsockname()[1]), "--workers", str(asked.workers)),
            *("--no-access-log", "--log-level", "warning")]  # fmt: skip


def gunicorn(*kind: str) -> Callable[[Asked, socket.socket], list[str]]:
    """With a kind of workers, and the application loaded once for all of them; without, as it comes out of the box."""

    def command(asked: Asked, listening: socket.socket) -> list[str]:
        threads = ["--threads", str(asked.threads)] if "gthread" in kind else []
        return [*("gunicorn", asked.target, "-b", f"fd://{listening.fileno()}", "-w", str(asked.workers)),
                *("--log-level", "warning", *kind, *threads)]  # fmt: skip

    return command


def own(asked: Asked, listening: socket.socket) -> list[str]:
    """The server that a framework brings along, in one process."""
    return [f"servers.web_apps.{asked.app}", str(listening.fileno())]


TOGETHER = ("--preload", "-c", "python:servers.web_apps.flask")  # loaded once, and told of each new worker
# The name of each server, and how it is started: a module and its arguments.
SERVERS: dict[str, Callable[[Asked, socket.socket], list[str]]] = {
    "uvicorn": uvicorn,
    "hypercorn": hypercorn,
    "granian": granian,
    "gunicorn": gunicorn(),
    "gunicorn-sync": gunicorn("-k", "sync", *TOGETHER),
    "gunicorn-threads": gunicorn("-k", "gthread", *TOGETHER),
    "gunicorn-gevent": gunicorn("-k", "gevent"),
    "own": own,
}


def hold(asked: Asked) -> socket.socket:
    """A socket that listens on a free port; one that only holds the port where the server wants to bind it itself.

    Every connection inherits TCP_NODELAY from it. Servers switch it on themselves, but uvicorn takes what it is handed
    by number for a Unix socket and does not, and then each answer waits 40 ms for an acknowledgement (Nagle).
    """
    if asked.server != "granian":
        listening = listen(HOST, 0, expose=False)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((HOST, 0))
    return held


def start(asked: Asked, held: socket.socket) -> "subprocess.Popen[bytes]":
    """Start the web server, with the socket handed on."""
    return subprocess.Popen(
        [sys.executable, "-m", *SERVERS[asked.server](asked, held)],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        pass_fds=[held.fileno()],
    )


def await_answer(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return at the first right answer. RefusalError where the server ends first, or takes too long."""
    deadline = time.monotonic() + READY_S
    while (code := process.poll()) is None:
        if time.monotonic() > deadline:
            raise RefusalError(f"it was not ready after {READY_S:g} s.", CANNOT_MEASURE)
        with suppress(OSError, HTTPException):
            return say_hello(port)
        time.sleep(LOOK_S)
    raise RefusalError(f"it did not start ({ending(code)}).", CANNOT_MEASURE)


def say_hello(port: int) -> None:
    """One blocking GET. RefusalError where somebody else answers, OSError where nobody does."""
    connection = HTTPConnection(HOST, port, timeout=READY_S)
    try:
        connection.request("GET", "/hello", headers={"Connection": "close"})
        said = connection.getresponse().read()
    finally:
        connection.close()
    if said != HELLO.encode():
        raise RefusalError(f"port {port} answers {said[:60]!r}: that is not one of ours.", CANNOT_MEASURE)


def await_workers(process: "subprocess.Popen[bytes]", workers: int) -> None:
    """Return when there are that many processes and they have come to rest. RefusalError where they don't."""
    deadline, calm, last = time.monotonic() + READY_S, 0, -1.0
    while calm < CALM:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RefusalError(f"its {workers} workers did not come to rest in {READY_S:g} s.", CANNOT_MEASURE)
        time.sleep(LOOK_S)
        count, busy_s = work_of(process.pid)
        calm = calm + 1 if count >= workers and busy_s == last else 0
        last = busy_s


def work_of(pid: int) -> tuple[int, float]:
    """How many processes serve, and the seconds of CPU that all have used: the children, where there are any."""
    parent = psutil.Process(pid)
    children, busy_s = 0, sum(parent.cpu_times()[:2])
    for child in parent.children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            busy_s += sum(child.cpu_times()[:2])
            children += "resource_tracker" not in " ".join(child.cmdline())  # a helper of multiprocessing
    return max(1, children), busy_s


def serve(asked: Asked) -> int:
    """Start, say where it is, and wait for an end that nobody asked for."""
    if asked.server not in APPS[asked.app]:
        raise RefusalError(f"they don't go together; {asked.app} runs under {', '.join(APPS[asked.app])}.")
    if asked.server == "own" and asked.workers > 1:
        raise RefusalError("its own server is one process: leave --workers out.")
    raise_file_limit(0)
    with hold(asked) as held:
        port = held.getsockname()[1]
        process = start(asked, held)
        if asked.server != "granian":
            held.close()  # or nobody would notice that the server, which has its own copy, is gone
        await_answer(process, port)
        await_workers(process, asked.workers)
        print(json.dumps({"url": f"http://{HOST}:{port}", "server": process.pid}), flush=True)
        code = process.wait()
    raise RefusalError(f"it ended ({ending(code)}).", CANNOT_MEASURE)


def end_all(*_: object) -> None:
    """End this process, the web server and all its workers."""
    os.killpg(0, signal.SIGKILL)


def asked_for(arguments: Sequence[str] | None) -> Asked:
    """What the command line asks for."""
    options = argparse.ArgumentParser(prog="python -m servers.web_server", description="Serve the four pages.")
    options.add_argument("app", choices=APPS)
    options.add_argument("server", choices=SERVERS)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--threads", type=int, default=1, help="of each worker, where it has threads")
    return Asked(**vars(options.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server; the exit code."""
    asked = asked_for(arguments)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, end_all)
    exit_with_parent(end_all)
    try:
        return serve(asked)
    except RefusalError as refusal:
        print(f"{asked.app} under {asked.server}: {refusal}", file=sys.stderr, flush=True)
        code = refusal.code
    with suppress(psutil.NoSuchProcess):
        for left in psutil.Process().children(recursive=True):
            left.kill()
    return code


if __name__ == "__main__":
    sys.exit(main())
