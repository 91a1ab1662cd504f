"""Programs of which it is known what stops them, ten and more of each kind, made from a few parts."""
# ruff: noqa: E501 - a program stands on as few lines as it can

from typing import NamedTuple

HEAD = "import asyncio, socket, threading, time\nfrom concurrent.futures import ThreadPoolExecutor\nTASKS = range(64)\n"


class Planted(NamedTuple):
    """A program, the model that is looked at, and what stops it."""

    name: str
    model: str
    cause: str
    text: str
    backlog: int = 128
    accept_s: float = 0.0
    every_s: float = 0.0
    service_s: float = 0.01
    sweep_s: float = 6.0


CALLS = {
    "sleep": "time.sleep(0.01)",
    "a socket": "a, b = socket.socketpair(); threading.Timer(0.01, b.send, [b'x']).start(); a.recv(1); a.close(); b.close()",
    "an event": "done = threading.Event(); threading.Timer(0.01, done.set).start(); done.wait()",
    "a future": "ThreadPoolExecutor(1).submit(time.sleep, 0.01).result()",
    "a join": "thread = threading.Thread(target=time.sleep, args=(0.01,)); thread.start(); thread.join()",
}
BEFORE = {"": "", " after an await": "await asyncio.sleep(0); "}
BLOCKED = [
    Planted(
        f"{call}{after}",
        "asyncio",
        "blocked loop",
        f"{HEAD}async def awork(t):\n    {before}{CALLS[call]}\n    return t\n",
    )
    for call in CALLS
    for after, before in BEFORE.items()
]
HELD = {
    "a lock": "threading.Lock()",
    "a re-entrant lock": "threading.RLock()",
    "a condition": "threading.Condition()",
}
TAKEN = {
    "with": "with GATE:\n        {}\n",
    "acquire": "GATE.acquire()\n    try: {}\n    finally: GATE.release()\n",
}
WORK = {"waits": "time.sleep(0.01)", "computes": "sum(range(300_000))"}
LOCKS = [
    Planted(
        f"{kind}, {how}, {what}",
        "threads",
        "lock",
        f"{HEAD}GATE = {HELD[kind]}\ndef work(t):\n    {TAKEN[how].format(WORK[what])}    return t\n",
    )
    for kind in HELD
    for how in TAKEN
    for what in WORK
] + [
    Planted(
        f"a lock of asyncio, {how}",
        "asyncio",
        "lock",
        f"{HEAD}def aclient(): return asyncio.Lock()\nasync def awork(gate, t):\n    {line}\n    return t\n",
    )
    for how, line in {"async with": "async with gate: await asyncio.sleep(0.01)"}.items()
]
CAPS = (
    [
        Planted(
            f"a semaphore of {size}, {model}",
            model,
            "pool cap",
            f"{HEAD}GATE = threading.Semaphore({size})\ndef work(t):\n    with GATE: time.sleep(0.02)\n    return t\n"
            if model == "threads"
            else f"{HEAD}def aclient(): return asyncio.Semaphore({size})\n"
            "async def awork(gate, t):\n    async with gate: await asyncio.sleep(0.02)\n    return t\n",
        )
        for size in (1, 2, 3, 4)
        for model in ("threads", "asyncio")
    ]
    + [
        Planted(
            f"a pool of {size} connections",
            "asyncio",
            "pool cap",
            f"{HEAD}async def aclient():\n    queue = asyncio.Queue()\n    for one in range({size}): queue.put_nowait(one)\n    return queue\n"
            "async def awork(pool, t):\n    one = await pool.get()\n    await asyncio.sleep(0.02)\n    pool.put_nowait(one)\n    return t\n",
        )
        for size in (2, 4)
    ]
    + [
        Planted(
            "to_thread's own pool",
            "asyncio",
            "pool cap",
            f"{HEAD}async def awork(t): await asyncio.to_thread(time.sleep, 0.03)\n",
        ),
        Planted(
            "run_in_executor's own pool",
            "asyncio",
            "pool cap",
            f"{HEAD}async def awork(t): await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.03)\n",
        ),
        Planted(
            "a pool of threads of the user's",
            "threads",
            "pool cap",
            f"{HEAD}POOL = ThreadPoolExecutor(3)\ndef work(t): POOL.submit(time.sleep, 0.02).result()\n",
        ),
    ]
)
COMPUTING = {
    "a sum": "sum(i * i for i in range(20_000))",
    "a loop": "x = 0\n    for i in range(30_000): x += i",
    "sorting": "sorted(range(20_000), key=lambda n: -n)",
    "json": "__import__('json').loads(__import__('json').dumps(list(range(8_000))))",
    "a regular expression": "__import__('re').findall('a+b', 'aaab' * 15_000)",
    "strings": "''.join(str(n) for n in range(15_000))",
    "a dictionary": "{n: str(n) for n in range(15_000)}",
    "pickle": "__import__('pickle').loads(__import__('pickle').dumps([(n,) for n in range(15_000)]))",
    "recursion": "(lambda f: f(f, 18))(lambda f, n: n if n < 2 else f(f, n - 1) + f(f, n - 2))",
    "splitting": "[line.split(',') for line in ['a,b,c'] * 15_000]",
}
GIL = [
    Planted(name, "threads", "GIL", f"{HEAD}def work(t):\n    {line}\n    return t\n")
    for name, line in COMPUTING.items()
]
LOOP = [
    Planted(name, "asyncio", "one core", f"{HEAD}async def awork(t):\n    {line}\n    return t\n")
    for name, line in COMPUTING.items()
]
WAITING = [
    Planted("waits, threads", "threads", "waits", f"{HEAD}def work(t): time.sleep(0.02)\n"),
    Planted("waits, asyncio", "asyncio", "waits", f"{HEAD}async def awork(t): await asyncio.sleep(0.02)\n"),
]
ASK = "    with socket.create_connection(('127.0.0.1', PORT)) as one:\n        one.sendall(b'x')\n        one.recv(1)\n    return t\n"
KEPT = (
    "def client(): return socket.create_connection(('127.0.0.1', PORT))\n"
    "def work(one, t):\n    one.sendall(b'x')\n    one.recv(1)\n    return t\n"
)
SHARED = """
class One:
    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", PORT)
        self.waiting, self.task = [], asyncio.create_task(self.read())
        return self
    async def __aexit__(self, *why):
        self.task.cancel()
        await asyncio.wait([self.task])
        self.writer.close()
        await self.writer.wait_closed()
    async def read(self):
        while await self.reader.readexactly(1):
            self.waiting.pop(0).set_result(1)
    async def ask(self):
        done = asyncio.get_running_loop().create_future()
        self.waiting.append(done)
        self.writer.write(b"x")
        return await done
def aclient(): return One()
async def awork(one, t):
    await one.ask()
    return t
"""
SERVED = (
    [
        Planted(
            f"a backlog of {size}",
            "threads",
            "backlog",
            f"{HEAD}def work(t):\n{ASK}",
            backlog=size,
            accept_s=0.01,
            sweep_s=10,
        )
        for size in (1, 3)
    ]
    + [
        Planted(f"{rate} answers a second", "threads", "rate limit", HEAD + KEPT, every_s=1 / rate, service_s=0.02)
        for rate in (115, 125)
    ]
    + [
        Planted("answers over one connection", "asyncio", "one connection", HEAD + SHARED, service_s=0.01),
        Planted("a server without limits", "threads", "waits", HEAD + KEPT, service_s=0.02),
    ]
)
EVERY = [*BLOCKED, *LOCKS, *CAPS, *GIL, *LOOP, *WAITING, *SERVED]
