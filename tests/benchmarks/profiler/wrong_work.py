"""Programs that seem to do their work and do not, each with what must be said of it; and honest ones beside them.

A case is (name, what runs it, text of the file, what must be said). It is run by a form, one task at a time, or under
a model.
"""
# ruff: noqa: E501 - a program stands on as few lines as it can

from typing import NamedTuple


class Case(NamedTuple):
    """A program of a user's."""

    name: str
    run: str  # "work", "awork": one task at a time; else the name of a model
    text: str
    says: str  # a regular expression; empty where there is nothing to complain about


ASYNC = "import asyncio\nTASKS = range(6)\n"
POOL = (
    "import time\nfrom concurrent.futures import ThreadPoolExecutor\nTASKS = range(6)\nPOOL = ThreadPoolExecutor(2)\n"
)
TIME = "import threading, time\nTASKS = range(12)\n"

NOT_AWAITED = [
    Case("a library's coroutine", "awork", ASYNC + "async def awork(t): asyncio.sleep(0.01)\n", "'sleep' was never awaited"),
    Case(
        "a coroutine of the user's own",
        "awork",
        ASYNC + "async def fetch(t): await asyncio.sleep(0.01)\nasync def awork(t):\n    fetch(t)\n    return t\n",
        r"'fetch' was never awaited \(6×\).*Next: await fetch",
    ),
    Case(
        "one of two coroutines",
        "awork",
        ASYNC + "async def log(t): ...\nasync def awork(t):\n    await asyncio.sleep(0)\n    log(t)\n    return t\n",
        "'log' was never awaited",
    ),
    Case(
        "an async client called from a blocking function",
        "work",
        "TASKS = range(6)\nclass Client:\n    async def get(self, t): return t\ndef work(t): Client().get(t)\n",
        "'Client.get' was never awaited",
    ),
    Case(
        "a coroutine kept in a cycle, which is thrown away late",
        "awork",
        ASYNC + "async def fetch(t): ...\nasync def awork(t):\n    kept = []\n    kept += [fetch(t), kept]\n",
        "'fetch' was never awaited",
    ),
    Case("under asyncio", "asyncio", ASYNC + "async def awork(t): asyncio.sleep(0.01)\n", "'sleep' was never awaited"),
    Case("under gather", "gather", ASYNC + "async def awork(t): asyncio.sleep(0.01)\n", "'sleep' was never awaited"),
]  # fmt: skip
PROMISES = [
    Case(
        "a coroutine as the answer",
        "work",
        ASYNC + "async def fetch(t): return t\ndef work(t): return fetch(t)\n",
        r"returned a coroutine, which has not run. Next: write async def awork",
    ),
    Case(
        "a coroutine as the answer of awork",
        "awork",
        ASYNC + "async def fetch(t): return t\nasync def awork(t): return fetch(t)\n",
        "returned a coroutine",
    ),
    Case("a future as the answer", "work", POOL + "def work(t): return POOL.submit(time.sleep, 0.01)\n", "future.result"),
    Case(
        "a loop's future as the answer",
        "awork",
        ASYNC + "async def awork(t): return asyncio.ensure_future(asyncio.sleep(0.01))\n",
        "a future of a loop, which was never awaited|asyncio tasks .* were still pending",
    ),
    Case("a generator as the answer", "work", "TASKS = [1, 2]\ndef work(t):\n    yield t\n", "returned a generator, whose"),
    Case(
        "an async generator as the answer",
        "awork",
        ASYNC + "async def pages(t):\n    yield t\nasync def awork(t): return pages(t)\n",
        "returned a async_generator, whose",
    ),
    Case("map as the answer", "work", "TASKS = [1, 2]\ndef work(t): return map(str, [t])\n", "returned a map, whose work"),
    Case("filter as the answer", "work", "TASKS = [1, 2]\ndef work(t): return filter(None, [t])\n", "returned a filter"),
    Case(
        "the answer of apply_async",
        "work",
        "from multiprocessing.pool import ThreadPool\nimport time\nTASKS = [1, 2]\nPOOL = ThreadPool(1)\n"
        "def work(t): return POOL.apply_async(time.sleep, (0.01,))\n",
        "a future whose result was never waited for",
    ),
]  # fmt: skip
LEFT_BEHIND = [
    Case(
        "create_task",
        "awork",
        ASYNC + "async def awork(t):\n    asyncio.create_task(asyncio.sleep(5))\n    return t\n",
        r"6 asyncio tasks \(sleep\) were still pending.*Next: await what create_task",
    ),
    Case(
        "ensure_future",
        "awork",
        ASYNC + "async def awork(t):\n    asyncio.ensure_future(asyncio.sleep(5))\n    return t\n",
        "6 asyncio tasks",
    ),
    Case(
        "gather without await",
        "awork",
        ASYNC + "async def awork(t):\n    asyncio.gather(asyncio.sleep(5), asyncio.sleep(5))\n    return t\n",
        "12 asyncio tasks",
    ),
    Case(
        "wait that stops at the first",
        "awork",
        ASYNC + "async def awork(t):\n    tasks = [asyncio.create_task(asyncio.sleep(s)) for s in (0, 5)]\n"
        "    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)\n    return t\n",
        "6 asyncio tasks",
    ),
    Case(
        "create_task under asyncio",
        "asyncio",
        ASYNC + "async def awork(t):\n    asyncio.create_task(asyncio.sleep(5))\n    return t\n",
        "asyncio tasks",
    ),
    Case(
        "create_task under queue_workers",
        "queue_workers",
        ASYNC + "async def awork(t):\n    asyncio.create_task(asyncio.sleep(5))\n    return t\n",
        "asyncio tasks",
    ),
    Case(
        "submit that nobody waits for",
        "work",
        POOL + "def work(t):\n    POOL.submit(time.sleep, 1)\n    return t\n",
        r"\d submitted calls had not ended with the round. Next: return future.result",
    ),
    Case(
        "map of a pool that nobody goes through",
        "work",
        POOL + "def work(t):\n    POOL.map(time.sleep, [1])\n    return t\n",
        "submitted calls had not ended",
    ),
    Case(
        "a pool for each task that is not shut down",
        "work",
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\nTASKS = range(3)\n"
        "def work(t):\n    ThreadPoolExecutor(1).submit(time.sleep, 1)\n    return t\n",
        "submitted calls had not ended",
    ),
    Case(
        "apply_async that nobody waits for",
        "work",
        "from multiprocessing.pool import ThreadPool\nimport time\nTASKS = range(3)\nPOOL = ThreadPool(1)\n"
        "def work(t):\n    POOL.apply_async(time.sleep, (1,))\n    return t\n",
        "submitted calls had not ended",
    ),
    Case(
        "submit from awork",
        "awork",
        POOL + "async def awork(t):\n    POOL.submit(time.sleep, 1)\n    return t\n",
        "submitted calls had not ended",
    ),
    Case(
        "submit under threads",
        "threads",
        POOL + "def work(t):\n    POOL.submit(time.sleep, 1)\n    return t\n",
        "submitted calls had not ended",
    ),
    Case(
        "a thread that nobody joins",
        "work",
        TIME + "def slow(): time.sleep(1)\ndef work(t):\n    threading.Thread(target=slow).start()\n    return t\n",
        r"thread Thread-\d+.* was still at work after the round. Next: join",
    ),
    Case(
        "a worker thread that is given the work through a queue",
        "work",
        "import queue, threading, time\nTASKS = range(4)\nQUEUE = queue.Queue()\n"
        "def serve():\n    while True:\n        QUEUE.get()\n        time.sleep(1)\n"
        "threading.Thread(target=serve, daemon=True).start()\n"
        "def work(t):\n    QUEUE.put(t)\n    return t\n",
        "was still at work after the round",
    ),
    Case(
        "a program that nobody waits for",
        "work",
        "import subprocess, sys\nTASKS = range(2)\n"
        "def work(t):\n    subprocess.Popen(['sleep', '2'])\n    return t\n",
        "program .*sleep.* still ran after the round. Next: wait",
    ),
]  # fmt: skip
LEFT_OUT = [
    Case(
        "who finds the lock taken returns at once, with timestamps",
        "threads",
        TIME + "BUSY = threading.Lock()\ndef work(t):\n    if not BUSY.acquire(blocking=False): return None\n"
        "    try:\n        time.sleep(0.01)\n        return time.time()\n    finally: BUSY.release()\n",
        "got the answer None instead of|were not done",
    ),
    Case(
        "who finds the lock taken returns at once, with the same answer",
        "threads",
        TIME + "BUSY = threading.Lock()\ndef work(t):\n    if BUSY.acquire(blocking=False):\n"
        "        try: time.sleep(0.01)\n        finally: BUSY.release()\n    return t\n",
        r"\d+ of 12 tasks were not done: task \d+ took .* ms there and waits .* ms alone",
    ),
    Case(
        "only one coroutine at a time does its work",
        "asyncio",
        ASYNC + "busy = False\nasync def awork(t):\n    global busy\n    if busy: return t\n    busy = True\n"
        "    await asyncio.sleep(0.01)\n    busy = False\n    return t\n",
        "tasks were not done",
    ),
    Case(
        "work is done in the main thread only",
        "threads",
        TIME + "def work(t):\n    if threading.current_thread() is threading.main_thread(): time.sleep(0.01)\n    return t\n",
        "12 of 12 tasks were not done",
    ),
    Case(
        "the answer is of another kind under threads",
        "threads",
        TIME + "def work(t):\n    time.sleep(0.001)\n"
        "    return time.time() if threading.current_thread() is threading.main_thread() else 'soon'\n",
        "got the answer 'soon' instead of",
    ),
    Case(
        "tasks that share one call in flight",
        "asyncio",
        ASYNC + "flight = None\nasync def call():\n    await asyncio.sleep(0.02)\nasync def awork(t):\n    global flight\n"
        "    if flight and not flight.done() and t: return t\n    flight = asyncio.ensure_future(call())\n"
        "    await flight\n    return t\n",
        "tasks were not done",
    ),
]  # fmt: skip
HONEST = [
    Case("a pool that is waited for", "work", POOL + "def work(t): return POOL.submit(int, t).result()\n", ""),
    Case("a pool under threads", "threads", POOL + "def work(t): return POOL.submit(int, t).result()\n", ""),
    Case(
        "create_task that is awaited",
        "asyncio",
        ASYNC + "async def awork(t):\n    one = asyncio.create_task(asyncio.sleep(0.001, t))\n    return await one\n",
        "",
    ),
    Case(
        "to_thread",
        "asyncio",
        "import asyncio, time\nTASKS = range(6)\nasync def awork(t): await asyncio.to_thread(time.sleep, 0.001)\n",
        "",
    ),
    Case(
        "a worker thread whose answer is waited for",
        "threads",
        "import queue, threading, time\nTASKS = range(4)\nQUEUE = queue.Queue()\n"
        "def serve():\n    while True:\n        task, done = QUEUE.get()\n        done.set()\n"
        "threading.Thread(target=serve, daemon=True).start()\n"
        "def work(t):\n    done = threading.Event()\n    QUEUE.put((t, done))\n    done.wait()\n    return t\n",
        "",
    ),
    Case(
        "a background task of the client that ends with it",
        "asyncio",
        ASYNC + "class Client:\n    def __init__(self): self.beat = asyncio.create_task(asyncio.sleep(60))\n"
        "    async def close(self):\n        self.beat.cancel()\n        await asyncio.wait([self.beat])\n"
        "def aclient(): return Client()\nasync def awork(client, t):\n    await asyncio.sleep(0)\n    return t\n",
        "",
    ),
    Case("a program that is waited for", "threads", "import subprocess\nTASKS = range(2)\ndef work(t): return subprocess.call('true')\n", ""),
]  # fmt: skip
WRONG = [*NOT_AWAITED, *PROMISES, *LEFT_BEHIND, *LEFT_OUT]
