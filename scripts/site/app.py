"""The routes of the page, and who may use them.

A page that starts work must know who asks for it: only pages of its own may open its socket (a site elsewhere
could, in a visitor's browser), and unless it is exposed it answers to names of the loopback only (a name elsewhere
could be made to lead here). Reports come from files, which anybody may have written:
they are shown in a sandbox, without a network.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from benchmarks.machine.capacity import usable_cores
from scripts.analysis.conclusions import ASSUMED_FLOOR
from scripts.atlas.share_format import LARGEST_BYTES
from scripts.charts.lib.theme import CLASSICAL, colour
from scripts.site.comparisons import Comparisons
from scripts.site.machines import MACHINES, Machines, add_machines, is_own
from scripts.site.pages import error_page, page
from scripts.site.race import RaceResources, race_resources
from scripts.site.race_request import LIMITS, MODELS, UNAVAILABLE, max_places, presets
from scripts.site.race_server import HEARTBEAT_S, MAX_MESSAGE_BYTES, RaceServer, Visitor
from scripts.site.run_index import RunEntry, index_runs
from scripts.site.saved_replay import values
from scripts.site.uploads import is_local
from scripts.util.exit_codes import CommandError
from scripts.util.format import percent
from scripts.util.paths import RESULTS
from servers.http_requests import from_another_site, ignore_malformed_requests, is_address, is_loopback

HERE = Path(__file__).parent
RACE_SERVER = web.AppKey("RACE_SERVER", RaceServer)
RUNS = web.AppKey("RUNS", Path)
COMPARISONS = web.AppKey("COMPARISONS", Comparisons)
HEADERS = web.AppKey("HEADERS", dict[str, str])
EXPOSED = web.AppKey("EXPOSED", bool)
POLICY = "Content-Security-Policy"
PAGE_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
REPORT_POLICY = (
    "sandbox allow-scripts allow-popups; default-src 'none'; img-src data: blob:; font-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'"
)
MAX_NAME_LETTERS = 64  # letters of a visitor's name
COLOURS = {name: colour(name) for name in MODELS if name not in UNAVAILABLE}
GUEST_PATHS = (
    "/",
    "/machines",
    "/machines/standing",
    "/machines/atlas.html",
)  # for other machines, where shares are taken
OpenResources = Callable[[], AbstractContextManager[RaceResources]]


def create_app(
    *,
    exposed: bool = False,
    results: Path = RESULTS,
    open_resources: OpenResources = race_resources,
    machines: Machines | None = None,
) -> web.Application:
    """The page; its resources are opened when it starts and closed when it ends."""
    ignore_malformed_requests()
    app = web.Application(middlewares=[guard], client_max_size=LARGEST_BYTES)
    app[RUNS], app[EXPOSED], app[COMPARISONS] = results, exposed, Comparisons()
    app[HEADERS] = {POLICY: PAGE_POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    app.cleanup_ctx.append(partial(provide_race_server, open_resources))
    app.on_shutdown.append(close_race_server)
    app.router.add_get("/", show_race)
    app.router.add_get("/live", watch)
    app.router.add_get("/replay.html", save_replay)
    app.router.add_get("/runs", list_runs)
    app.router.add_get("/runs/{name}/report.html", show_report)
    app.router.add_get("/compare", compare)
    add_machines(app, machines or Machines(results / "shares"), lambda: app[RACE_SERVER].in_progress)
    app.router.add_static("/static/", HERE / "static")
    return app


def dev_app() -> web.Application:
    """The page under `make dev`, whose live reload is a script from another port: without a policy against that."""
    app = create_app()
    del app[HEADERS][POLICY]
    return app


async def provide_race_server(open_resources: OpenResources, app: web.Application) -> AsyncIterator[None]:
    """Open the resources of races for as long as the page is served."""
    with open_resources() as resources:
        app[RACE_SERVER] = RaceServer(resources)
        yield


async def close_race_server(app: web.Application) -> None:
    """Stop the race and disconnect all visitors."""
    await app[RACE_SERVER].close()


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer to our own host names only, set the security headers, and turn errors into pages."""
    if problem := refusal(request):
        return error_page(403, problem)
    if request.path == "/" and not (request.app[EXPOSED] or is_own(request)):
        return web.Response(status=302, headers={"Location": "/machines"})
    if from_another_site(request.headers, request.host) and not is_plain_navigation(request):
        return error_page(403, "A page of another site asked for this. Open it from the list of runs.")
    try:
        response = await handler(request)
    except web.HTTPNotFound:
        response = error_page(404, "There is no such page. The race and the list of runs are above.")
    except CommandError as stop:
        response = error_page(422, str(stop))
    if not response.prepared:
        for name, value in request.app[HEADERS].items():
            response.headers.setdefault(name, value)
    return response


def refusal(request: web.Request) -> str:
    """Why nothing here is for this visitor; empty where something is.

    A machine of the local network gets what GUEST_PATHS may see, where shares are taken; and by number, because a name
    elsewhere could be made to lead here.
    """
    if request.app[EXPOSED] or (is_loopback(request.host) and is_own(request)):
        return ""
    if request.app[MACHINES].uploads is None:
        return "Start the page with --expose to reach it by another name than localhost."
    near = is_local(request.remote or "") and is_address(request.host)
    if near and (request.path in GUEST_PATHS or request.path.startswith("/static/")):
        return ""
    return "From other machines there is the page of machines only, at this machine's address as a number."


def is_plain_navigation(request: web.Request) -> bool:
    """Whether a link elsewhere is followed to a page that costs nothing to make."""
    followed = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET"
    alone = request.headers.get("Sec-Fetch-Dest") == "document" and "Origin" not in request.headers
    return followed and alone and request.path != "/compare"


async def show_race(request: web.Request) -> web.Response:
    """The race."""
    choice: dict[str, Any] = {
        "colours": COLOURS,
        "classical": list(CLASSICAL),
        "missing": UNAVAILABLE,
        "most": {name: max_places(name) for name in COLOURS},
        "margin": percent(ASSUMED_FLOOR.value),
    }
    return page("race.html", here="race", limits=LIMITS, presets=presets(), cores=usable_cores(), **choice)


async def save_replay(request: web.Request) -> web.Response:
    """The replay of the latest race, as a file to keep."""
    saved = values(request.app[RACE_SERVER].history, COLOURS)
    if saved is None:
        raise web.HTTPNotFound
    response = page("replay.html", **saved)
    response.headers["Content-Disposition"] = 'attachment; filename="overlap-race.html"'
    return response


async def watch(request: web.Request) -> web.WebSocketResponse:
    """The WebSocket over which a race is started and watched."""
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    await request.app[RACE_SERVER].visit(Visitor(socket, request.query.get("visitor", "")[:MAX_NAME_LETTERS]))
    return socket


async def list_runs(request: web.Request) -> web.Response:
    """All past runs."""
    runs = list(runs_of(request).values())
    names = [run.name for run in runs if not run.problem]
    return page("runs.html", here="runs", runs=runs, chosen={"a": names[:1], "b": names[1:2] or names[:1]})


def runs_of(request: web.Request) -> dict[str, RunEntry]:
    """The runs on disk now."""
    return index_runs(request.app[RUNS])


async def show_report(request: web.Request) -> web.StreamResponse:
    """A run's own report."""
    entry = runs_of(request).get(request.match_info["name"])
    if entry is None or entry.report is None:
        raise web.HTTPNotFound
    return web.FileResponse(entry.report, headers={POLICY: REPORT_POLICY})


async def compare(request: web.Request) -> web.Response:
    """Two runs side by side."""
    runs = runs_of(request)
    chosen = [runs.get(request.query.get(side, "")) for side in ("a", "b")]
    if any(entry is None or entry.problem for entry in chosen):
        return error_page(400, "Choose two runs that can be read: the list of runs is above.")
    one, other = (entry for entry in chosen if entry)
    if one == other:
        return error_page(400, f"{one.name} is the same run twice. Choose two that differ.")
    comparison = await request.app[COMPARISONS].get(one.folder, other.folder)
    if comparison is None:
        return page("making.html", status=202, here="runs", one=one, other=other)
    return page("compare.html", here="runs", one=one, other=other, comparison=comparison)
