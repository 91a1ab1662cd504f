"""Serve one of `servers.web_apps` with a web server: `python -m servers.web_server fastapi uvicorn --workers 2`.

The port is bound and listens before anything else starts, and the web server inherits the socket: nothing races for a
port, and early connections wait in the kernel's queue. So one blocking GET shows that the server is ready; if it dies
first, the kernel closes the queue and the GET fails immediately. Granian takes no socket: for it the port is reserved
by a socket that never listens, and its workers bind it themselves (SO_REUSEPORT).

One ready worker is not all of them: an early client would connect to that one, and the others would stay idle as long
as the connections live. So we wait until as many processes exist as were requested and none of them computes any more.
Rejected: a page that returns the worker's number (the kernel may hand all connections to the first).

The web server and its workers belong to our process group and end with it by SIGKILL: they hold nothing worth saving.
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

from servers.ending import alive, kill_until_gone
from servers.sockets import CANNOT_MEASURE, RefusalError, listen, raise_file_limit
from servers.subprocesses import ending, exit_with_parent
from servers.web_apps import HELLO

HOST = "127.0.0.1"
READY_S = 20.0  # a second on an idle machine
LOOK_S = 0.03  # between two samples of its processes' CPU time
CALM = 3  # consecutive samples without CPU time
ASGI, WSGI = (
    ("uvicorn", "hypercorn", "granian"),
    ("gunicorn-sync", "gunicorn-threads", "gunicorn-gevent", "gunicorn", "granian"),
)
# The servers that can run each framework; first the one that its documentation uses.
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
class StackSpec:
    """A framework, its server, and their settings."""

    app: str
    server: str
    workers: int = 1
    threads: int = 1

    @property
    def target(self) -> str:
        """The application as `module:attribute`."""
        return f"servers.web_apps.{self.app}:app"


def uvicorn(spec: StackSpec, listening: socket.socket) -> list[str]:
    """uvicorn, with uvloop and httptools, which it uses if installed."""
    return [*("uvicorn", spec.target, "--fd", str(listening.fileno()), "--workers", str(spec.workers)),
            *("--no-access-log", "--log-level", "warning")]  # fmt: skip


def hypercorn(spec: StackSpec, listening: socket.socket) -> list[str]:
    """hypercorn with uvloop, which is not its default."""
    return [*("hypercorn", spec.target, "-b", f"fd://{listening.fileno()}", "-w", str(spec.workers)),
            *("-k", "uvloop", "--log-level", "WARNING")]  # fmt: skip


def granian(spec: StackSpec, listening: socket.socket) -> list[str]:
    """granian; each worker with one runtime thread."""
    interface = "asgi" if "uvicorn" in APPS[spec.app] else "wsgi"
    return [*("granian", spec.target, "--interface", interface, "--host", HOST),
            *("--port", str(listening.getsockname()[1]), "--workers", str(spec.workers)),
            *("--no-access-log", "--log-level", "warning")]  # fmt: skip


def gunicorn(*kind: str) -> Callable[[StackSpec, socket.socket], list[str]]:
    """gunicorn with a worker class and the application preloaded; with its defaults if none is given."""

    def command(spec: StackSpec, listening: socket.socket) -> list[str]:
        threads = ["--threads", str(spec.threads)] if "gthread" in kind else []
        return [*("gunicorn", spec.target, "-b", f"fd://{listening.fileno()}", "-w", str(spec.workers)),
                *("--log-level", "warning", *kind, *threads)]  # fmt: skip

    return command


def own(spec: StackSpec, listening: socket.socket) -> list[str]:
    """The framework's own server, in one process."""
    return [f"servers.web_apps.{spec.app}", str(listening.fileno())]


TOGETHER = ("--preload", "-c", "python:servers.web_apps.flask")  # loaded once, with a hook for each new worker
# Each server's name, and the function that returns its module and arguments.
SERVERS: dict[str, Callable[[StackSpec, socket.socket], list[str]]] = {
    "uvicorn": uvicorn,
    "hypercorn": hypercorn,
    "granian": granian,
    "gunicorn": gunicorn(),
    "gunicorn-sync": gunicorn("-k", "sync", *TOGETHER),
    "gunicorn-threads": gunicorn("-k", "gthread", *TOGETHER),
    "gunicorn-gevent": gunicorn("-k", "gevent"),
    "own": own,
}


def hold(spec: StackSpec) -> socket.socket:
    """A socket that listens on a free port; for granian one that only reserves the port.

    Every connection inherits TCP_NODELAY from it. Servers set it themselves, except uvicorn: it takes an inherited file
    descriptor for a Unix socket, and then each answer waits 40 ms for an acknowledgement (Nagle).
    """
    if spec.server != "granian":
        listening = listen(HOST, 0, expose=False)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((HOST, 0))
    return listener


def start(spec: StackSpec, listener: socket.socket) -> "subprocess.Popen[bytes]":
    """Start the web server with the inherited socket."""
    return subprocess.Popen(
        [sys.executable, "-m", *SERVERS[spec.server](spec, listener)],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        pass_fds=[listener.fileno()],
    )


def await_answer(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait for the first correct answer. RefusalError if the server ends first or takes too long."""
    deadline = time.monotonic() + READY_S
    while (code := process.poll()) is None:
        if time.monotonic() > deadline:
            raise RefusalError(f"it was not ready after {READY_S:g} s.", CANNOT_MEASURE)
        with suppress(OSError, HTTPException):
            return say_hello(port)
        time.sleep(LOOK_S)
    raise RefusalError(f"it did not start ({ending(code)}).", CANNOT_MEASURE)


def say_hello(port: int) -> None:
    """One blocking GET. RefusalError if another program answers, OSError if none does."""
    connection = HTTPConnection(HOST, port, timeout=READY_S)
    try:
        connection.request("GET", "/hello", headers={"Connection": "close"})
        body = connection.getresponse().read()
    finally:
        connection.close()
    if body != HELLO.encode():
        raise RefusalError(f"port {port} answers {body[:60]!r}: that is not one of ours.", CANNOT_MEASURE)


def await_workers(process: "subprocess.Popen[bytes]", workers: int) -> None:
    """Wait until that many processes exist and are idle. RefusalError if that takes too long."""
    deadline, calm, last = time.monotonic() + READY_S, 0, -1.0
    while calm < CALM:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RefusalError(f"its {workers} workers did not come to rest in {READY_S:g} s.", CANNOT_MEASURE)
        time.sleep(LOOK_S)
        count, busy_s = work_of(process.pid)
        calm = calm + 1 if count >= workers and busy_s == last else 0
        last = busy_s


def work_of(pid: int) -> tuple[int, float]:
    """How many processes serve, and their CPU seconds; the children, if there are any."""
    parent = psutil.Process(pid)
    children, busy_s = 0, sum(parent.cpu_times()[:2])
    for child in parent.children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            busy_s += sum(child.cpu_times()[:2])
            children += "resource_tracker" not in " ".join(child.cmdline())  # a helper of multiprocessing
    return max(1, children), busy_s


def serve(spec: StackSpec) -> int:
    """Start it, print its URL, and wait in case it ends by itself; returns the exit code."""
    if spec.server not in APPS[spec.app]:
        raise RefusalError(f"they don't go together; {spec.app} runs under {', '.join(APPS[spec.app])}.")
    if spec.server == "own" and spec.workers > 1:
        raise RefusalError("its own server is one process: leave --workers out.")
    raise_file_limit(0)
    with hold(spec) as listener:
        port = listener.getsockname()[1]
        process = start(spec, listener)
        if spec.server != "granian":
            listener.close()  # the server has its own copy; with ours open, its death would go unnoticed
        await_answer(process, port)
        await_workers(process, spec.workers)
        print(json.dumps({"url": f"http://{HOST}:{port}", "server": process.pid}), flush=True)
        code = process.wait()
    raise RefusalError(f"it ended ({ending(code)}).", CANNOT_MEASURE)


def end_all(*_: object) -> None:
    """Kill the web server and all its workers, those without a master too, and this process."""
    kill_until_gone(others_of_the_group)
    os.killpg(0, signal.SIGKILL)


def others_of_the_group() -> list[psutil.Process]:
    """The living processes of our process group, without this one."""
    group = os.getpgid(0)
    others = (one for one in psutil.process_iter() if one.pid != os.getpid() and alive(one))
    return [one for one in others if group_of(one) == group]


def group_of(process: psutil.Process) -> int | None:
    """The process group of a process; None when it has ended."""
    with suppress(ProcessLookupError):
        return os.getpgid(process.pid)
    return None


def parse(arguments: Sequence[str] | None) -> StackSpec:
    """The command line as a StackSpec."""
    options = argparse.ArgumentParser(prog="python -m servers.web_server", description="Serve the four pages.")
    options.add_argument("app", choices=APPS)
    options.add_argument("server", choices=SERVERS)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--threads", type=int, default=1, help="of each worker, where it has threads")
    return StackSpec(**vars(options.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server; returns the exit code."""
    spec = parse(arguments)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, end_all)
    exit_with_parent(end_all)
    try:
        return serve(spec)
    except RefusalError as refusal:
        print(f"{spec.app} under {spec.server}: {refusal}", file=sys.stderr, flush=True)
        code = refusal.code
    with suppress(psutil.NoSuchProcess):
        for left in psutil.Process().children(recursive=True):
            left.kill()
    return code


if __name__ == "__main__":
    sys.exit(main())
