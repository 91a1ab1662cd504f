"""Not MongoDB: as much of its protocol as the drivers need for what is measured. `python -m servers.mongo`.

No MongoDB can be installed from where Python's packages come from, so this stands in for one and says so wherever its
figures are shown; a real one is used where MONGODB_URI is set. It implements OP_MSG (and OP_QUERY, with which drivers
say hello), stores documents by their `_id`, and waits as a real server can be asked to: `{"$where": "sleep(20) ||
true"}`. An answer costs some 30 µs, because encoded answers are cached: the drivers are what is measured. The driver's
own `bson` encodes and decodes.

An unknown command is answered with an error, never with `ok`.
"""

import asyncio
import itertools
import json
import os
import re
import signal
import struct
import sys
from time import perf_counter
from typing import Any

from servers.latency import new_event_loop, sleep_until
from servers.sockets import BACKLOG, CANNOT_MEASURE, RefusalError, listen, raise_file_limit
from servers.subprocesses import exit_with_parent

try:
    import bson
except ImportError:
    sys.exit("servers.mongo: it needs the package pymongo. Next: make full")

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEADER = struct.Struct("<iiii")  # length, message id, id of the message answered, kind
MORE_TO_COME = 2  # the flag of a message that wants no answer
SLEEP = re.compile(r"sleep\((\d+)\)")
NAME = "overlap's stand-in, not MongoDB"
HELLO = {
    "helloOk": True,
    "ismaster": True,
    "isWritablePrimary": True,
    "maxBsonObjectSize": 2**24,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
    "msg": NAME,
    "ok": 1.0,
}
BUILD = {"version": "0.0.0", "versionArray": [0, 0, 0, 0], "modules": [NAME], "ok": 1.0}

Document = dict[str, Any]


class Documents:
    """All collections: documents by `_id`, and the encoded answers since the last change."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[Any, Document]] = {}
        self.answers: dict[tuple[Any, ...], bytes] = {}

    def change(self, command: Document) -> bytes:
        """Insert, replace, or drop."""
        self.answers.clear()
        kind = next(iter(command))
        documents = self.collections.setdefault(command[kind], {})
        if kind == "drop":
            documents.clear()
            return bson.encode({"ok": 1.0})
        changed = command["documents"] if kind == "insert" else [one["q"] | one["u"] for one in command["updates"]]
        documents.update((document["_id"], document) for document in changed)
        return bson.encode({"n": len(changed), "nModified": len(changed), "ok": 1.0})

    def find(self, command: Document) -> bytes:
        """One document by its `_id`, or those from an `_id` on, in order, up to a limit."""
        wanted, limit = command.get("filter", {}).get("_id"), command.get("limit", 0)
        first = wanted.get("$gte") if isinstance(wanted, dict) else None
        key = (command["find"], "from" if first is not None else "one", first if first is not None else wanted, limit)
        if key not in self.answers:
            documents = self.collections.get(command["find"], {})
            if first is None and wanted is not None:
                batch = [documents[wanted]] if wanted in documents else []
            else:
                chosen = sorted(name for name in documents if first is None or name >= first)
                batch = [documents[name] for name in chosen[: limit or None]]
            cursor = {"id": bson.Int64(0), "ns": f"{command['$db']}.{command['find']}", "firstBatch": batch}
            self.answers[key] = bson.encode({"cursor": cursor, "ok": 1.0})
        return self.answers[key]


class Conversation(asyncio.Protocol):
    """One connection."""

    numbers = itertools.count(1)

    def __init__(self, documents: Documents) -> None:
        self.documents, self.left = documents, b""
        self.waiting: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        """Keep the transport for the answers."""
        self.transport = transport

    def connection_lost(self, problem: Exception | None) -> None:
        """Cancel the answers that are still waiting."""
        for task in self.waiting:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        """Buffer what arrives, and handle each complete message."""
        self.left += data
        while len(self.left) >= 4 and len(self.left) >= (length := int.from_bytes(self.left[:4], "little")):
            message, self.left = self.left[:length], self.left[length:]
            _, number, _, kind = HEADER.unpack_from(message)
            if kind == OP_MSG:
                self.converse(number, message)
            elif kind == OP_QUERY:
                self.send(number, OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(HELLO))
            else:
                self.transport.close()

    def converse(self, number: int, message: bytes) -> None:
        """Answer an OP_MSG, immediately or after the wait that it asks for."""
        command = read(message)
        where = command.get("filter", {}).get("$where")
        sleep = SLEEP.search(where) if where else None
        if sleep:
            task = asyncio.ensure_future(self.answer_later(number, command, perf_counter() + int(sleep[1]) / 1000))
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)
        elif not int.from_bytes(message[16:20], "little") & MORE_TO_COME:
            self.answer(number, command)

    async def answer_later(self, number: int, command: Document, due_s: float) -> None:
        """Answer at `due_s`, never sooner."""
        await sleep_until(due_s)
        self.answer(number, command)

    def answer(self, number: int, command: Document) -> None:
        """Send the answer to a command."""
        self.send(number, OP_MSG, b"\0\0\0\0\0" + self.reply(command))

    def reply(self, command: Document) -> bytes:
        """The encoded answer to a command."""
        match next(iter(command)):
            case "find":
                return self.documents.find(command)
            case "insert" | "update" | "drop":
                return self.documents.change(command)
            case "hello" | "ismaster" | "isMaster":
                return bson.encode(HELLO)
            case "buildInfo" | "buildinfo":
                return bson.encode(BUILD)
            case "ping" | "endSessions":
                return bson.encode({"ok": 1.0})
            case other:
                sentence = f"{NAME}: it does not know {other!r}"
                return bson.encode({"ok": 0.0, "code": 59, "codeName": "CommandNotFound", "errmsg": sentence})

    def send(self, number: int, kind: int, body: bytes) -> None:
        """Send the answer to message `number`."""
        header = HEADER.pack(HEADER.size + len(body), next(self.numbers), number, kind)
        self.transport.write(header + body)


def read(message: bytes) -> Document:
    """The command document of an OP_MSG, with its document sequences as fields."""
    command, at = Document(), HEADER.size + 4
    while at < len(message):
        kind, at = message[at], at + 1
        size = int.from_bytes(message[at : at + 4], "little")
        part, at = message[at : at + size], at + size
        if kind == 0:
            command = bson.decode(part) | command
        else:
            name, _, documents = part[4:].partition(b"\0")
            command = command | {name.decode(): bson.decode_all(documents)}
    return command


async def run() -> None:
    """Serve until a signal comes."""
    loop, documents = asyncio.get_running_loop(), Documents()
    loop.add_signal_handler(signal.SIGTERM, os._exit, 0)
    listening = listen("127.0.0.1", 0, expose=False)
    await loop.create_server(lambda: Conversation(documents), sock=listening, backlog=BACKLOG)
    url = f"mongodb://127.0.0.1:{listening.getsockname()[1]}/overlap"
    print(json.dumps({"url": url, "database": os.getpid(), "is": NAME}), flush=True)
    await loop.create_future()


def main() -> int:
    """Run the server; returns the exit code."""
    try:
        raise_file_limit(0)
        exit_with_parent()
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run())
    except RefusalError as refusal:
        print(f"servers.mongo: {refusal}", file=sys.stderr)
        return CANNOT_MEASURE
    return 0


if __name__ == "__main__":
    sys.exit(main())
