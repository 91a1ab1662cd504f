"""Programs that hold the loop, the GIL or a lock on a line that is marked, and programs that hold nothing for long."""

from dataclasses import dataclass

TASKS = "TASKS = list(range(6))\n"


@dataclass(frozen=True)
class Program:
    """A user's file, the model to run it under, and what it holds; the line is the one that ends in `# held`."""

    name: str
    model: str
    text: str
    kind: str = ""

    @property
    def source(self) -> str:
        """The whole file."""
        return TASKS + self.text

    @property
    def line(self) -> int:
        """The number of the marked line."""
        return next(number for number, line in enumerate(self.source.splitlines(), 1) if line.endswith("# held"))


def awaiting(name: str, body: str, model: str = "asyncio", imports: str = "import asyncio") -> Program:
    """A program whose `awork` has that body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Program(name, model, f"{imports}\n\nasync def awork(task):\n{lines}\n    return task\n", "loop")


SORTED = "data = [str(n * 7919 % 1_000_003) for n in range(100_000)]"
SQUARES = "sum(n * n for n in range(600_000))"
SERVER = """import socket, threading, time
listener = socket.create_server(("127.0.0.1", 0))
address = listener.getsockname()

def serve():
    while True:
        connection = listener.accept()[0]
        time.sleep(0.03)
        connection.sendall(b"x")
        connection.close()

threading.Thread(target=serve, daemon=True).start()
"""
THREADS = """import threading
lock = threading.Lock()
"""

PLANTED = [
    awaiting("a sleep that blocks", "time.sleep(0.03)  # held", imports="import time"),
    awaiting("a sleep that blocks, on uvloop", "time.sleep(0.03)  # held", "uvloop", "import time"),
    awaiting("after an await", "await asyncio.sleep(0.01)\ntime.sleep(0.03)  # held", imports="import asyncio, time"),
    awaiting("a sum in Python", f"{SQUARES}  # held"),
    awaiting("a sum in Python, on uvloop", f"{SQUARES}  # held", "uvloop"),
    awaiting("a hash without the GIL", "hashlib.sha256(data).digest()  # held",
             imports="import hashlib\ndata = bytes(60_000_000)"),
    awaiting("a program that is waited for", "subprocess.run(['sleep', '0.03'])  # held", imports="import subprocess"),
    awaiting("a blocking socket", "with socket.create_connection(address) as end:\n    end.recv(1)  # held",
             imports=SERVER),
    Program("a helper two calls down", "asyncio", "import time\n\ndef load(task):\n    time.sleep(0.03)  # held\n\n"
            "def prepare(task):\n    load(task)\n\nasync def awork(task):\n    prepare(task)\n    return task\n",
            "loop"),
    Program("a callback", "asyncio", "import asyncio, time\n\ndef late():\n    time.sleep(0.03)  # held\n\n"
            "async def awork(task):\n    asyncio.get_running_loop().call_soon(late)\n    await asyncio.sleep(0.01)\n"
            "    return task\n", "loop"),
    Program("a sum in threads", "threads", f"def work(task):\n    {SQUARES}  # held\n    return task\n", "GIL"),
    Program("a lock in threads", "threads", f"import time\n{THREADS}\ndef work(task):\n    with lock:  # held\n"
            "        time.sleep(0.03)\n    return task\n", "lock"),
]  # fmt: skip

# Held in C with the GIL: a watchdog in the same process queues for the GIL itself, and sees a part at best.
HIDDEN = [
    awaiting("a sort in C", "sorted(data)  # held", imports=SORTED),
    Program("a sort in threads", "threads", f"{SORTED}\n\ndef work(task):\n    sorted(data)  # held\n    return task\n",
            "GIL"),
]  # fmt: skip

CLEAN = [
    awaiting("awaited sleeps", "await asyncio.sleep(0.03)"),
    awaiting("awaited sleeps, on uvloop", "await asyncio.sleep(0.03)", "uvloop"),
    awaiting("many short steps", "for _ in range(300):\n    await asyncio.sleep(0)"),
    awaiting("many short callbacks", "for _ in range(300):\n    asyncio.get_running_loop().call_soon(int)\n"
             "await asyncio.sleep(0.01)"),
    awaiting("a sum in pieces", "for _ in range(30):\n    sum(range(2_000))\n    await asyncio.sleep(0)"),
    awaiting("a sleep sent to a thread", "await asyncio.to_thread(time.sleep, 0.03)", imports="import asyncio, time"),
    awaiting("a future of a thread", "loop = asyncio.get_running_loop()\n"
             "await loop.run_in_executor(None, time.sleep, 0.03)", imports="import asyncio, time"),
    awaiting("short steps of each task", "for _ in range(20):\n    sum(range(2_000))\n    await asyncio.sleep(0.001)"),
    Program("sleeps in threads", "threads", "import time\n\ndef work(task):\n    time.sleep(0.03)\n    return task\n"),
    Program("hashes in threads, without the GIL", "threads", "import hashlib\ndata = bytes(60_000_000)\n\n"
            "def work(task):\n    hashlib.sha256(data).digest()\n    return task\n"),
    Program("a lock that is free", "threads", f"import time\n{THREADS}\ndef work(task):\n    with lock:\n        pass\n"
            "    time.sleep(0.03)\n    return task\n"),
    Program("sums that are short", "threads", "import time\n\ndef work(task):\n    for _ in range(10):\n"
            "        sum(range(2_000))\n        time.sleep(0.003)\n    return task\n"),
]  # fmt: skip
