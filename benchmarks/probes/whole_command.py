"""A program that fetches some pages at once and ends: what does each way cost, start and imports included?

Run as a whole, as a shell would. A model that is faster from 50 requests on may not be in a program that imports its
library first and fetches 50 pages once. Each form imports what it needs and no more, which is why the imports stand in
the functions. `http` is what people would write: requests in threads, aiohttp on asyncio, requests sequentially;
`wire` runs the same protocol code over blocking sockets and over asyncio streams.

You should see that importing a library costs as much as fetching a few hundred pages.
"""

import sys
from collections.abc import Callable

DELAY_MS = 50
Fetch = Callable[[str, int, int], list[bytes]]


def target(page: int) -> str:
    """The path of a page."""
    return f"/delay?ms={DELAY_MS}&n={page}"


def http_sequential(host: str, port: int, pages: int) -> list[bytes]:
    """One page after another, with requests."""
    import requests

    with requests.Session() as session:
        session.trust_env = False  # a proxy would be another measurement
        return [session.get(f"http://{host}:{port}{target(page)}").content for page in range(pages)]


def http_threads(host: str, port: int, pages: int) -> list[bytes]:
    """A thread for each page, with a session of its own."""
    from concurrent.futures import ThreadPoolExecutor

    import requests

    def fetch(page: int) -> bytes:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://{host}:{port}{target(page)}").content

    with ThreadPoolExecutor(pages) as pool:
        return list(pool.map(fetch, range(pages)))


def http_asyncio(host: str, port: int, pages: int) -> list[bytes]:
    """A coroutine for each page, with aiohttp."""
    import asyncio

    import aiohttp

    async def fetch_all() -> list[bytes]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def fetch(page: int) -> bytes:
                async with session.get(f"http://{host}:{port}{target(page)}") as response:
                    return await response.read()

            return await asyncio.gather(*map(fetch, range(pages)))

    return asyncio.run(fetch_all())


def wire_sequential(host: str, port: int, pages: int) -> list[bytes]:
    """One page after another, each over a blocking socket."""
    return [fetch_blocking(host, port, page) for page in range(pages)]


def wire_threads(host: str, port: int, pages: int) -> list[bytes]:
    """A thread for each page, with a blocking socket of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(pages) as pool:
        return list(pool.map(lambda page: fetch_blocking(host, port, page), range(pages)))


def fetch_blocking(host: str, port: int, page: int) -> bytes:
    """A page over a socket that blocks."""
    import socket

    import h11

    from benchmarks.workloads._h11_exchange import exchange

    talk = exchange(h11.Connection(h11.CLIENT), host, target(page))
    outgoing = next(talk)
    with socket.create_connection((host, port)) as stream:
        while True:
            try:
                if outgoing:
                    stream.sendall(outgoing)
                outgoing = talk.send(stream.recv(65536))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]


def wire_asyncio(host: str, port: int, pages: int) -> list[bytes]:
    """A coroutine for each page, over streams."""
    import asyncio

    import h11

    from benchmarks.workloads._h11_exchange import exchange

    async def fetch(page: int) -> bytes:
        talk = exchange(h11.Connection(h11.CLIENT), host, target(page))
        reader, writer = await asyncio.open_connection(host, port)
        outgoing = next(talk)
        while True:
            try:
                writer.write(outgoing)
                outgoing = talk.send(await reader.read(65536))
            except StopIteration as done:
                writer.close()
                await writer.wait_closed()
                return done.value  # type: ignore[no-any-return]

    async def fetch_all() -> list[bytes]:
        return await asyncio.gather(*map(fetch, range(pages)))

    return asyncio.run(fetch_all())


PROGRAMS: dict[str, Fetch] = {
    "http/sequential": http_sequential,
    "http/threads": http_threads,
    "http/asyncio": http_asyncio,
    "wire/sequential": wire_sequential,
    "wire/threads": wire_threads,
    "wire/asyncio": wire_asyncio,
}

if __name__ == "__main__":
    print(b" ".join(PROGRAMS[sys.argv[1]](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))).decode())
