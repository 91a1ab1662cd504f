"""More programs that seem to do their work and do not, shape by shape, each with what must be said of it.

`run` is what does the work, as in `wrong_work`: a form, one task at a time, or a model.
"""
# ruff: noqa: E501 - a program stands on as few lines as it can

from tests.benchmarks.profiler.wrong_work import ASYNC, POOL, TIME, Case

FETCH = ASYNC + "async def fetch(t):\n    await asyncio.sleep(0.01)\n    return t\n"
UNAWAITED = "never awaited"
KEPT = "kept and never run"
HOLDS = "holds a coroutine, which has not run"
NEVER_AWAITED = [
    Case("coroutines in a comprehension", "awork", FETCH + "async def awork(t):\n    [fetch(n) for n in range(3)]\n    return t\n", UNAWAITED),
    Case("coroutines kept in a dictionary of the module", "awork", FETCH + "KEPT = {}\nasync def awork(t):\n    KEPT[t] = fetch(t)\n    return t\n", KEPT),
    Case("a list of coroutines as the answer", "awork", FETCH + "async def awork(t):\n    return [fetch(n) for n in range(3)]\n", HOLDS),
    Case("a dictionary of coroutines as the answer", "awork", FETCH + "async def awork(t):\n    return {'page': fetch(t)}\n", HOLDS),
    Case("a coroutine in a tuple as the answer", "work", FETCH + "def work(t):\n    return t, fetch(t)\n", HOLDS),
    Case("map of coroutines", "awork", FETCH + "async def awork(t):\n    list(map(fetch, range(3)))\n    return t\n", UNAWAITED),
    Case("a lambda that returns a coroutine", "work", FETCH + "work = lambda t: fetch(t)\n", "coroutine, which has not run"),
    Case("partial of a coroutine function called", "awork", FETCH + "from functools import partial\nasync def awork(t):\n    partial(fetch, t)()\n    return t\n", UNAWAITED),
    Case(
        "a decorator that forgets to await",
        "awork",
        FETCH + "import functools\ndef timed(f):\n    @functools.wraps(f)\n    async def inner(t):\n        f(t)\n        return t\n    return inner\n"
        "@timed\nasync def awork(t): await asyncio.sleep(0.01)\n",
        UNAWAITED,
    ),
    Case(
        "a blocking decorator around a coroutine function",
        "work",
        FETCH + "import functools\ndef logged(f):\n    @functools.wraps(f)\n    def inner(t): return f(t)\n    return inner\n"
        "@logged\nasync def work(t): await asyncio.sleep(0.01)\n",
        "coroutine, which has not run|awaitable",
    ),
    Case("a context manager of coroutines that is not entered", "awork", FETCH + "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def session():\n    await asyncio.sleep(0.01)\n    yield 1\nasync def awork(t):\n    return session()\n", "not entered|context manager"),
    Case("an async generator that nobody goes through", "awork", FETCH + "async def pages(t):\n    await asyncio.sleep(0.01)\n    yield t\nasync def awork(t):\n    pages(t)\n    return t\n", "pages\\(…\\) makes a generator and nothing goes through it. Next: async for"),
    Case("an async generator kept in a list", "awork", FETCH + "async def pages(t):\n    await asyncio.sleep(0.01)\n    yield t\nasync def awork(t):\n    return [pages(t)]\n", "async_generator"),
    Case("a generator that nobody goes through", "work", "import time\nTASKS = range(6)\ndef pages(t):\n    time.sleep(0.01)\n    yield t\ndef work(t):\n    pages(t)\n    return t\n", "makes a generator and nothing goes through it. Next: for"),
    Case("wait_for without await", "awork", FETCH + "async def awork(t):\n    asyncio.wait_for(fetch(t), 1)\n    return t\n", UNAWAITED),
    Case("to_thread without await", "awork", ASYNC + "import time\nasync def awork(t):\n    asyncio.to_thread(time.sleep, 0.01)\n    return t\n", UNAWAITED),
    Case("an anext that is not awaited", "awork", FETCH + "async def pages(t):\n    await asyncio.sleep(0.01)\n    yield t\nasync def awork(t):\n    anext(pages(t))\n    return t\n", "is not awaited"),
    Case("a bound method that is not awaited", "awork", ASYNC + "class Api:\n    async def get(self, t): await asyncio.sleep(0.01)\nAPI = Api()\nasync def awork(t):\n    API.get(t)\n    return t\n", UNAWAITED),
    Case("an async property", "awork", ASYNC + "class Row:\n    @property\n    async def value(self): await asyncio.sleep(0.01)\nasync def awork(t):\n    Row().value\n    return t\n", UNAWAITED),
    Case("an awaitable object of the user's as the answer", "awork", ASYNC + "class Query:\n    def __await__(self): return asyncio.sleep(0.01).__await__()\nasync def awork(t): return Query()\n", "awaitable"),
    Case("an exception that is swallowed with the await", "awork", FETCH + "async def awork(t):\n    try:\n        return fetch(t) + 1\n    except TypeError:\n        return t\n", UNAWAITED),
]  # fmt: skip
LEFT = "still pending|had not ended|still at work|still ran"
NOT_WAITED_FOR = [
    Case("run_in_executor without await", "awork", ASYNC + "import time\nasync def awork(t):\n    asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.5)\n    return t\n", LEFT),
    Case("a loop's future in a list as the answer", "awork", FETCH + "async def awork(t):\n    return [asyncio.ensure_future(fetch(t))]\n", "future|" + LEFT),
    Case("a future in a dictionary as the answer", "work", POOL + "def work(t): return {'answer': POOL.submit(time.sleep, 0.01)}\n", "future"),
    Case("a list of futures as the answer", "work", POOL + "def work(t): return [POOL.submit(time.sleep, 0.01)]\n", "future"),
    Case("futures waited for with a timeout of nothing", "work", POOL + "from concurrent.futures import wait\ndef work(t):\n    wait([POOL.submit(time.sleep, 0.5)], timeout=0)\n    return t\n", LEFT),
    Case("a timeout that is swallowed", "work", POOL + "def work(t):\n    try: return POOL.submit(time.sleep, 0.5).result(timeout=0.001)\n    except TimeoutError: return None\n", LEFT),
    Case("call_later", "awork", ASYNC + "DONE = []\nasync def awork(t):\n    asyncio.get_running_loop().call_later(5, DONE.append, t)\n    return t\n", "call_later|scheduled"),
    Case("call_soon that has not run", "awork", ASYNC + "import time\nasync def awork(t):\n    asyncio.get_running_loop().call_later(0.2, time.sleep, 0.01)\n    return t\n", "call_later|scheduled"),
    Case("a timer", "work", TIME + "def work(t):\n    threading.Timer(0.5, print).start()\n    return t\n", "[Tt]imer|still at work"),
    Case("shield whose caller is cancelled", "awork", FETCH + "async def awork(t):\n    try: await asyncio.wait_for(asyncio.shield(asyncio.sleep(5)), 0.001)\n    except TimeoutError: return t\n", LEFT),
    Case("as_completed of which only the first is taken", "awork", ASYNC + "async def awork(t):\n    for one in asyncio.as_completed([asyncio.sleep(s) for s in (0, 5)]):\n        await one\n        return t\n", LEFT),
    Case("a task group that is never entered", "awork", FETCH + "async def awork(t):\n    group = asyncio.TaskGroup()\n    try: group.create_task(fetch(t))\n    except RuntimeError: pass\n    return t\n", UNAWAITED),
    Case("run_coroutine_threadsafe on a loop in a thread", "work", ASYNC + "import threading\nLOOP = asyncio.new_event_loop()\nthreading.Thread(target=LOOP.run_forever, daemon=True).start()\ndef work(t):\n    asyncio.run_coroutine_threadsafe(asyncio.sleep(1), LOOP)\n    return t\n", LEFT),
    Case("run_coroutine_threadsafe under threads", "threads", ASYNC + "import threading\nLOOP = asyncio.new_event_loop()\nthreading.Thread(target=LOOP.run_forever, daemon=True).start()\ndef work(t):\n    asyncio.run_coroutine_threadsafe(asyncio.sleep(1), LOOP)\n    return t\n", LEFT),
    Case("shutdown without waiting", "work", "import time\nfrom concurrent.futures import ThreadPoolExecutor\nTASKS = range(3)\ndef work(t):\n    pool = ThreadPoolExecutor(1)\n    pool.submit(time.sleep, 1)\n    pool.shutdown(wait=False)\n    return t\n", LEFT),
    Case("a process that nobody joins", "work", "import multiprocessing, time\nTASKS = range(2)\ndef work(t):\n    multiprocessing.get_context('fork').Process(target=time.sleep, args=(2,)).start()\n    return t\n", "still ran|process"),
    Case("os.fork that nobody waits for", "work", "import os, time\nTASKS = range(2)\ndef work(t):\n    if os.fork() == 0:\n        time.sleep(2)\n        os._exit(0)\n    return t\n", "still ran|process"),
    Case("a thread of _thread", "work", "import _thread, time\nTASKS = range(3)\ndef slow():\n    time.sleep(1)\ndef work(t):\n    _thread.start_new_thread(slow, ())\n    return t\n", "still at work"),
    Case("a subprocess of asyncio that nobody waits for", "awork", ASYNC + "async def awork(t):\n    await asyncio.create_subprocess_exec('sleep', '2')\n    return t\n", "still ran|process"),
    Case("a shell command in the background", "work", "import os\nTASKS = range(2)\ndef work(t): return os.system('sleep 2 &')\n", "still ran|process"),
]  # fmt: skip
HONEST = [
    Case("partial of a coroutine function as work", "work", FETCH + "from functools import partial\nwork = partial(fetch)\n", ""),
    Case("run_in_executor that is awaited", "awork", ASYNC + "import time\nasync def awork(t):\n    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.01)\n    return t\n", ""),
    Case("to_thread under asyncio, round after round", "asyncio", ASYNC + "import time\nasync def awork(t):\n    await asyncio.to_thread(time.sleep, 0.002)\n    return t\n", ""),
    Case("a time-out that is not reached", "asyncio", ASYNC + "async def awork(t):\n    async with asyncio.timeout(5):\n        await asyncio.sleep(0.002)\n    return t\n", ""),
    Case("wait_for", "asyncio", FETCH + "async def awork(t): return await asyncio.wait_for(fetch(t), 5)\n", ""),
    Case("an async generator that is gone through", "asyncio", FETCH + "async def pages(t):\n    yield t\nasync def awork(t): return [page async for page in pages(t)]\n", ""),
    Case("a generator of the module that is gone through now and then", "work", "TASKS = range(6)\ndef ids():\n    n = 0\n    while True:\n        yield n\nIDS = ids()\ndef work(t): return next(IDS)\n", ""),
    Case("a timer that ends", "work", TIME + "def work(t):\n    done = threading.Event()\n    threading.Timer(0.001, done.set).start()\n    done.wait()\n    return t\n", ""),
    Case("a timer that is cancelled", "work", TIME + "def work(t):\n    watch = threading.Timer(30, print)\n    watch.start()\n    watch.cancel()\n    return t\n", ""),
    Case("a process that is joined", "work", "import multiprocessing\nTASKS = range(2)\ndef work(t):\n    one = multiprocessing.get_context('fork').Process(target=int)\n    one.start()\n    one.join()\n    return t\n", ""),
    Case("a pool of processes that stays open", "work", "import multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\nTASKS = range(3)\nPOOL = ProcessPoolExecutor(1, multiprocessing.get_context('fork'))\ndef work(t): return POOL.submit(abs, t).result()\n", ""),
    Case("a subprocess of asyncio that is waited for", "awork", ASYNC + "async def awork(t):\n    one = await asyncio.create_subprocess_exec('true')\n    return await one.wait()\n", ""),
    Case("a shell command that ends", "work", "import os\nTASKS = range(2)\ndef work(t): return os.system('true')\n", ""),
    Case("a context manager that is entered", "awork", FETCH + "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def session():\n    yield 1\nasync def awork(t):\n    async with session() as one: return one\n", ""),
    Case("a call of a generator function whose list is taken", "work", "TASKS = range(6)\ndef pages(t):\n    yield t\ndef work(t): return list(pages(t))\n", ""),
]  # fmt: skip
