"""Flask: blocking, a worker or a thread for each request (WSGI)."""

import time
from typing import Any

from flask import Flask, Response

from servers.web_apps import HELLO, compute, pool, row

app = Flask(__name__)
connections = pool()


def post_worker_init(worker: object) -> None:
    """What gunicorn calls in each new worker: keep connections open."""
    if connections:
        connections.open(wait=True)


@app.get("/hello")
def hello() -> Response:
    """Answer at once."""
    return Response(HELLO, mimetype="text/plain")


@app.get("/wait/<int:ms>")
def wait(ms: int) -> dict[str, int]:
    """Answer later."""
    time.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/row/<int:number>")
def page(number: int) -> dict[str, Any]:
    """Answer from the database."""
    return row(connections, number)


@app.get("/compute/<int:numbers>")
def squares(numbers: int) -> dict[str, int]:
    """Answer after computing."""
    return {"sum": compute(numbers)}
