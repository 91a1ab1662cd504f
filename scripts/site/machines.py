"""The page of machines: on how many each claim holds, renewed as shares arrive; and where a room sends them.

The folder is read in a thread, and never while a race runs: that would take the machine from what is raced.
"""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from scripts.atlas.collect import POLL_S, Collection, collect, fingerprint
from scripts.atlas.document import page as atlas_page
from scripts.atlas.document import units
from scripts.atlas.machines import ClaimOverMachines, over_machines
from scripts.atlas.share_format import LARGEST_BYTES
from scripts.site.pages import page
from scripts.site.uploads import RefusedError, Uploads

BODY_S, MOST_BODIES = 20.0, 8  # a share over a crowded network; shares in memory at a time
CODE_HEADER = "Overlap-Code"


@dataclass(frozen=True)
class Standing:
    """The state of the shares in a folder: the claims that any machine measured, and the atlas as a page."""

    version: int = 0
    unit: str = "machine"
    count: int = 0
    claims: tuple[ClaimOverMachines, ...] = ()
    left_out: int = 0
    atlas: str = ""

    @property
    def differing(self) -> list[ClaimOverMachines]:
        """Claims that hold on some machines and are refuted on others."""
        return [one for one in self.claims if one.verdicts["holds"] and one.verdicts["refuted"]]

    @property
    def others(self) -> list[ClaimOverMachines]:
        """All other claims."""
        return [one for one in self.claims if one not in self.differing]


@dataclass
class Machines:
    """The shares in a folder as the page shows them; `uploads` where other machines may send theirs."""

    folder: Path
    uploads: Uploads | None = None
    addresses: tuple[str, ...] = ()
    standing: Standing = field(default_factory=Standing)
    state: frozenset[tuple[str, int, int]] = frozenset()
    bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_BODIES))
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def follow(self, busy: Callable[[], bool]) -> None:
        """Renew the standing whenever the folder changes and nothing else is `busy`, until cancelled."""
        while True:
            if not busy():
                await self.renew()
            await asyncio.sleep(POLL_S)

    async def renew(self) -> None:
        """Read the folder again, if anything in it changed."""
        state = fingerprint([self.folder]) if self.folder.is_dir() else frozenset()
        if state != self.state:
            self.standing = await asyncio.to_thread(read, self.folder, self.standing.version + 1)
            self.state = state


def read(folder: Path, version: int) -> Standing:
    """Read the shares in the folder."""
    collection: Collection = collect([folder])
    entries, unit = units(collection)
    claims = over_machines(collection, entries)
    measured = tuple(one for one in claims if one.machines)
    page = atlas_page(collection, claims, unit) if entries else ""
    return Standing(version, unit, len(entries), measured, len(collection.left_out), page)


MACHINES = web.AppKey("MACHINES", Machines)


def add_machines(app: web.Application, machines: Machines, busy: Callable[[], bool]) -> None:
    """Add the page, and what it needs while it is served."""
    app[MACHINES] = machines
    app.cleanup_ctx.append(partial(follow_folder, machines, busy))
    app.router.add_get("/machines", show_machines)
    app.router.add_get("/machines/standing", show_standing)
    app.router.add_get("/machines/atlas.html", show_atlas)
    app.router.add_post("/machines", receive)


async def follow_folder(machines: Machines, busy: Callable[[], bool], app: web.Application) -> AsyncIterator[None]:
    """Follow the folder for as long as the page is served."""
    await machines.renew()
    following = asyncio.create_task(machines.follow(busy))
    yield
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def values(request: web.Request) -> dict[str, Any]:
    """The variables of the templates; the code is for this machine's own screen only."""
    machines, own = request.app[MACHINES], is_own(request)
    code = machines.uploads.code if machines.uploads and own else ""
    where = machines.addresses if own else (f"http://{request.host}/",)
    receiving = machines.uploads is not None
    return {"standing": machines.standing, "receiving": receiving, "code": code, "addresses": where, "own": own}


def is_own(request: web.Request) -> bool:
    """Whether the request comes from this machine."""
    return bool(request.remote) and ipaddress.ip_address(request.remote or "").is_loopback


async def show_machines(request: web.Request) -> web.Response:
    """The page."""
    return page("machines.html", here="machines", **values(request))


async def show_standing(request: web.Request) -> web.Response:
    """The part of the page that changes; 204 where the visitor has this version."""
    if request.query.get("version") == str(request.app[MACHINES].standing.version):
        return web.Response(status=204)
    return page("_standing.html", **values(request))


async def show_atlas(request: web.Request) -> web.Response:
    """The whole atlas."""
    if not (text := request.app[MACHINES].standing.atlas):
        raise web.HTTPNotFound
    return web.Response(
        text=text, content_type="text/html", headers={"Content-Security-Policy": "sandbox allow-scripts"}
    )


async def receive(request: web.Request) -> web.Response:
    """Take a share, which is the body of the request; what became of it, in a sentence."""
    machines = request.app[MACHINES]
    if (uploads := machines.uploads) is None:
        return web.Response(status=403, text="Shares are taken when the page is started with --listen.")
    try:
        uploads.admit(request.remote or "", request.headers.get(CODE_HEADER, ""))
        data = await body(request, machines.bodies)
        async with machines.writing:
            return web.Response(text=await asyncio.to_thread(uploads.take, request.remote or "", data))
    except RefusedError as refusal:
        return web.Response(status=refusal.status, text=str(refusal))


async def body(request: web.Request, bodies: asyncio.Semaphore) -> bytes:
    """The body, of at most a share's size and as it was sent. Raises RefusedError."""
    if "Content-Encoding" in request.headers:
        raise RefusedError(415, "Send the file as it is, not compressed.")
    try:
        async with asyncio.timeout(BODY_S), bodies:
            return await request.read()
    except TimeoutError:
        raise RefusedError(408, f"The file had not arrived after {BODY_S:g} s.") from None
    except web.HTTPRequestEntityTooLarge:
        raise RefusedError(413, f"A share has at most {LARGEST_BYTES:,} bytes.") from None
