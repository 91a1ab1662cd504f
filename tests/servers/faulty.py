"""A server that fails in the way that it is told to: `python -m tests.servers.faulty WAY`."""

import json
import os
import signal
import subprocess
import sys
import time

from servers.subprocesses import exit_with_parent


def ready(**facts: object) -> None:
    """Say that we are ready."""
    print(json.dumps({"url": "http://127.0.0.1:9", **facts}), flush=True)


def start_worker() -> int:
    """A worker of our own that nothing but a signal ends."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdin=subprocess.DEVNULL).pid


def main(way: str) -> None:
    """Fail."""
    if way == "dies at once":
        raise SystemExit("no such database")
    if way == "says nothing":
        print("still thinking", file=sys.stderr, flush=True)
    if way == "says something else":
        print("Listening!", flush=True)
    if way == "ignores everything":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ready()
    if way == "dies later":
        ready()
        sys.stdin.readline()
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(7)
    if way == "leaves a worker":
        ready(worker=start_worker())
        sys.stdin.readline()
        os._exit(0)
    if way == "has a lifeline and a worker":
        ready(worker=start_worker())
        exit_with_parent()
    if way == "talks too much":
        ready()
        print("x" * 1_000_000, flush=True)
        print("y" * 1_000_000, "the end", file=sys.stderr, flush=True)
        os._exit(3)
    time.sleep(60)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
