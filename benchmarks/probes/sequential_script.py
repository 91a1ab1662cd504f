"""A script that fetches five pages sequentially: what does asyncio cost it?

Measured as a whole: start of the interpreter, imports, five pages without delay (a delay would cost both forms the
same). Each form imports only what it needs, so the imports are in the functions. `wire` runs the same protocol code
over a blocking socket and over asyncio streams; `http` uses requests and aiohttp.

What you should see: the pages cost next to nothing, the imports nearly everything.
"""

import sys
from collections.abc import Callable

PAGES = 5


def wire_sequential(host: str, port: int) -> list[bytes]:
    """Pages over a blocking socket."""
    import socket

    import h11

    from benchmarks.workloads._h11_exchange import exchange

    def fetch(page: int) -> bytes:
        talk = exchange(connection, host, f"/delay?n={page}")
        outgoing = next(talk)
        while True:
            try:
                if outgoing:
                    stream.sendall(outgoing)
                outgoing = talk.send(stream.recv(65536))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    connection = h11.Connection(h11.CLIENT)
    with socket.create_connection((host, port)) as stream:
        return [fetch(page) for page in range(PAGES)]


def wire_asyncio(host: str, port: int) -> list[bytes]:
    """Pages over asyncio streams."""
    import asyncio

    import h11

    from benchmarks.workloads._h11_exchange import exchange

    async def fetch_all() -> list[bytes]:
        connection = h11.Connection(h11.CLIENT)
        reader, writer = await asyncio.open_connection(host, port)

        async def fetch(page: int) -> bytes:
            talk = exchange(connection, host, f"/delay?n={page}")
            outgoing = next(talk)
            while True:
                try:
                    writer.write(outgoing)
                    outgoing = talk.send(await reader.read(65536))
                except StopIteration as done:
                    return done.value  # type: ignore[no-any-return]

        pages = [await fetch(page) for page in range(PAGES)]
        writer.close()
        await writer.wait_closed()
        return pages

    return asyncio.run(fetch_all())


def http_sequential(host: str, port: int) -> list[bytes]:
    """Pages with requests."""
    import requests

    with requests.Session() as session:
        session.trust_env = False  # no proxy
        return [session.get(f"http://{host}:{port}/delay?n={page}").content for page in range(PAGES)]


def http_asyncio(host: str, port: int) -> list[bytes]:
    """Pages with aiohttp."""
    import asyncio

    import aiohttp

    async def fetch_all() -> list[bytes]:
        async with aiohttp.ClientSession() as session:
            pages = []
            for page in range(PAGES):
                async with session.get(f"http://{host}:{port}/delay?n={page}") as response:
                    pages.append(await response.read())
            return pages

    return asyncio.run(fetch_all())


SCRIPTS: dict[str, Callable[[str, int], list[bytes]]] = {
    "wire/sequential": wire_sequential,
    "wire/asyncio": wire_asyncio,
    "http/sequential": http_sequential,
    "http/asyncio": http_asyncio,
}

if __name__ == "__main__":
    print(b" ".join(SCRIPTS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))).decode())
