"""Flask: blocking, a worker or a thread for each request (WSGI)."""

import time
from typing import Any

from flask import Flask, Response

from servers.web_apps import HELLO, compute, pool, row

app = Flask(__name__)
connections = pool()


def post_worker_init(worker: object) -> None:
    """Called by gunicorn in each new worker: open the pool."""
    if connections:
        connections.open(wait=True)


@app.get("/hello")
def hello() -> Response:
    """The text, immediately."""
    return Response(HELLO, mimetype="text/plain")


@app.get("/wait/<int:ms>")
def wait(ms: int) -> dict[str, int]:
    """Wait, then answer."""
    time.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/row/<int:number>")
def page(number: int) -> dict[str, Any]:
    """A row of the database."""
    return row(connections, number)


@app.get("/compute/<int:numbers>")
def squares(numbers: int) -> dict[str, int]:
    """Compute, then answer."""
    return {"sum": compute(numbers)}
