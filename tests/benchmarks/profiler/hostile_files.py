"""Users' files that do at import, in their tasks or between them what no benchmark expects, and what must be said.

`says` is what `make mine` must say: where `stops`, instead of measuring; else in its notes, doubts or reasons.
"""
# ruff: noqa: E501 - a program stands on as few lines as it can

from typing import NamedTuple

WORK = "TASKS = range(12)\ndef work(t):\n    time.sleep(0.01)\n    return t\n"
LATER = "import os, sys, time\nTASKS = range(12)\ndef work(t):\n    time.sleep(0.01)\n    return t\n"


class HostileFile(NamedTuple):
    """A file of a user's, what must be said of it, and whether nothing may be measured."""

    name: str
    text: str
    says: str
    stops: bool = True
    models: str = "sequential threads"


AT_IMPORT = [
    HostileFile("argparse with a required option", "import argparse, time\np = argparse.ArgumentParser()\np.add_argument('--url', required=True)\np.parse_args()\n" + WORK, "calls sys.exit"),
    HostileFile("sys.exit with a message", f"import sys, time\n{WORK}sys.exit('not today')\n", "calls sys.exit"),
    HostileFile("exit()", f"import time\n{WORK}exit()\n", "calls sys.exit"),
    HostileFile("os._exit", f"import os, time\n{WORK}os._exit(3)\n", "its interpreter ended with 3 at importing the file"),
    HostileFile("a crash", f"import ctypes, time\n{WORK}ctypes.string_at(0)\n", "its interpreter ended with -11 at importing"),
    HostileFile("asyncio.run at the top", f"import asyncio, time\n{WORK}async def main(): raise RuntimeError('no server')\nasyncio.run(main())\n", "no server"),
    HostileFile("input()", f"import time\nname = input('who? ')\n{WORK}", "EOFError.*from the keyboard"),
    HostileFile("getpass", f"import getpass, time\nword = getpass.getpass()\n{WORK}", "EOFError.*from the keyboard"),
    HostileFile("a syntax error", "import time\nTASKS = [1]\ndef work(t)\n    return t\n", "SyntaxError.*line 3"),
    HostileFile("an import of itself", f"import mywork, time\n{WORK}", "", stops=False),
    HostileFile("KeyboardInterrupt at the top", f"import time\nraise KeyboardInterrupt\n{WORK}", "KeyboardInterrupt"),
    HostileFile("a GeneratorExit at the top", f"import time\nraise GeneratorExit\n{WORK}", "GeneratorExit"),
    HostileFile("everything below __name__", "import time\nif __name__ == '__main__':\n    TASKS = range(3)\n    def work(t): return t\n", "has no function work"),
    HostileFile("a change of folder", f"import os, time\nos.chdir('/')\n{WORK}", "", stops=False),
    HostileFile("a print flood", f"import sys, time\nfor _ in range(200_000): print('x' * 40)\n{WORK}", "", stops=False),
    HostileFile("closed output", f"import os, sys, time\nsys.stdout.close(); sys.stderr.close()\nos.close(1); os.close(2)\n{WORK}", "its interpreter ended with 1"),
    HostileFile("signals that are ignored", f"import signal, time\nfor s in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD): signal.signal(s, signal.SIG_IGN)\n{WORK}", "", stops=False, models="sequential threads processes"),
    HostileFile("an alarm", f"import signal, time\nsignal.alarm(1)\n{WORK}", r"ended with -14|SIGALRM"),
    HostileFile("an interval timer with a handler that raises", f"import signal, time\ndef late(*_): raise TimeoutError('too late')\nsignal.signal(signal.SIGALRM, late)\nsignal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\n{WORK}", "too late"),
    HostileFile("a switch interval", f"import sys, time\nsys.setswitchinterval(1)\n{WORK}", "", stops=False),
    HostileFile("a recursion limit", f"import sys, time\nsys.setrecursionlimit(60)\n{WORK}", "", stops=False),
    HostileFile("garbage collection off", f"import gc, time\ngc.disable()\n{WORK}", "garbage collection was changed"),
    HostileFile("time.sleep patched", f"import time\nreal = time.sleep\ntime.sleep = lambda s: None\n{WORK}", "time.sleep was replaced"),
    HostileFile("time.perf_counter patched", f"import time\ntime.perf_counter = lambda: 0.0\n{WORK}", "changes what measures it: time.perf_counter was replaced"),
    HostileFile("start method spawn forced", f"import multiprocessing, time\nmultiprocessing.set_start_method('spawn', force=True)\n{WORK}", "", stops=False, models="sequential processes"),
    HostileFile("monkey-patching by gevent at the top", f"from gevent import monkey\nmonkey.patch_all()\nimport time\n{WORK}", "changes what measures it: .*replaced"),
    HostileFile("environment changed", f"import os, time\nos.environ['PYTHONPATH'] = '/nowhere'\nos.environ['PATH'] = ''\n{WORK}", "", stops=False, models="sequential processes"),
    HostileFile("a thread that computes for ever", f"import threading, time\ndef spin():\n    while True: pass\nthreading.Thread(target=spin, daemon=True).start()\n{WORK}", "keeps .* cores busy while no task runs", stops=False),
    HostileFile("memory without end at import", f"import resource, time\nresource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\nx = bytearray(2 << 30)\n{WORK}", "MemoryError"),
    HostileFile("excepthook that exits", f"import os, sys, time\nsys.excepthook = lambda *_: os._exit(0)\nimport nothing_of_the_kind\n{WORK}", "No module named"),
]  # fmt: skip
TASKS = [
    HostileFile("None", "import time\nTASKS = None\ndef work(t): return t\n", "has no tasks"),
    HostileFile("an empty generator", "def tasks():\n    return\n    yield\ndef work(t): return t\n", "has no tasks"),
    HostileFile("a number", "TASKS = 40\ndef work(t): return t\n", "cannot be listed.*not iterable"),
    HostileFile("a function that needs an argument", "def tasks(n): return range(n)\ndef work(t): return t\n", "cannot be listed"),
    HostileFile("an infinite generator", "import itertools\nTASKS = itertools.count()\ndef work(t): return t\n", "more than 1,000,000 tasks"),
    HostileFile("a generator that raises halfway", "def tasks():\n    yield 1\n    raise LookupError('page 2')\ndef work(t): return t\n", "page 2"),
    HostileFile("a generator that waits for ever", "import time\ndef tasks():\n    yield 1\n    time.sleep(1e6)\ndef work(t): return t\n", "had not ended"),
    HostileFile("one string", "TASKS = 'https://site.invalid'\ndef work(t): return t\n", "TASKS is one str, and each letter would be a task"),
    HostileFile("a dictionary", "import time\nTASKS = {'a': 1, 'b': 2}\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "", stops=False),
    HostileFile("a set of strings", "import time\nTASKS = {'a', 'b', 'c', 'd'}\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "TASKS is another list in each process"),
    HostileFile("huge tasks", "import time\nTASKS = [b'x' * 20_000_000] * 4\ndef work(t):\n    time.sleep(0.01)\n    return len(t)\n", "", stops=False, models="sequential processes"),
    HostileFile("random tasks, others in each process", "import random, time\nTASKS = [random.random() for _ in range(12)]\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "TASKS is another list in each process"),
    HostileFile("a different number of tasks each time", "import random, time\nTASKS = range(random.randint(5, 500))\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "TASKS is another list in each process"),
]  # fmt: skip
HEAD = "import asyncio, os, random, threading, time\nTASKS = range(12)\n"
MEMORIES = [
    HostileFile("lru_cache on what work calls", HEAD + "from functools import lru_cache\n@lru_cache\ndef page(t):\n    time.sleep(0.02)\n    return t\ndef work(t): return page(t)\n", "remembers its answers"),
    HostileFile("a class attribute", HEAD + "class Page:\n    seen = {}\n    def get(self, t):\n        if t not in self.seen:\n            time.sleep(0.02)\n            Page.seen[t] = t\n        return self.seen[t]\ndef work(t): return Page().get(t)\n", "remembers its answers"),
    HostileFile("cached_property on the task", HEAD + "from functools import cached_property\nclass Task:\n    @cached_property\n    def page(self):\n        time.sleep(0.02)\n        return 1\nTASKS = [Task() for _ in range(12)]\ndef work(t): return t.page\n", "remembers its answers"),
    HostileFile("a result kept in the task", HEAD + "TASKS = [{'n': n} for n in range(12)]\ndef work(t):\n    if 'page' not in t:\n        time.sleep(0.02)\n        t['page'] = 1\n    return t['page']\n", "remembers its answers|changes its tasks"),
    HostileFile("a mutable default", HEAD + "def work(t, seen={}):\n    if t not in seen:\n        time.sleep(0.02)\n        seen[t] = t\n    return seen[t]\n", "remembers its answers"),
    HostileFile("an async cache of futures", HEAD + "SEEN = {}\nasync def awork(t):\n    if t not in SEEN:\n        await asyncio.sleep(0.02)\n        SEEN[t] = t\n    return SEEN[t]\n", "remembers its answers"),
    HostileFile("not modified the second time", HEAD + "ETAGS = {}\ndef work(t):\n    if ETAGS.get(t) == 'v1':\n        time.sleep(0.001)\n        return t\n    time.sleep(0.03)\n    ETAGS[t] = 'v1'\n    return t\n", "remembers its answers"),
    HostileFile("a client that remembers", HEAD + "class Client(dict): ...\ndef client(): return Client()\ndef work(client, t):\n    if t not in client:\n        time.sleep(0.02)\n        client[t] = t\n    return client[t]\n", "remembers its answers"),
    HostileFile("computing that is remembered", HEAD + "from functools import cache\n@cache\ndef work(t): return sum(i * t for i in range(200_000))\n", "remembers its answers"),
    HostileFile("a file on the disk", HEAD + "import pathlib\ndef work(t):\n    kept = pathlib.Path(__file__).with_suffix(f'.{t}')\n    if not kept.exists():\n        time.sleep(0.02)\n        kept.write_text('x')\n    return t\n", "keeps its answer", stops=False),
    HostileFile("a memory that forgets half", HEAD + "SEEN = {}\ndef work(t):\n    if t % 2 or t not in SEEN:\n        time.sleep(0.02)\n        SEEN[t] = t\n    return t\n", "remembers its answers"),
]  # fmt: skip
BETWEEN = [
    HostileFile("tasks that are used up", HEAD + "TASKS = [[1, 2, 3] for _ in range(12)]\ndef work(t):\n    time.sleep(0.01)\n    return t.pop()\n", "IndexError: pop from empty list|changes its tasks"),
    HostileFile("tasks that grow", HEAD + "TASKS = [[] for _ in range(12)]\ndef work(t):\n    t.append(1)\n    time.sleep(0.005 * len(t))\n    return 1\n", "changes its tasks: .* became .*copy"),
    HostileFile("iterators as tasks", HEAD + "TASKS = [iter(range(3)) for _ in range(12)]\ndef work(t):\n    time.sleep(0.01)\n    return sum(t)\n", "answers cannot be compared", stops=False),
    HostileFile("random failures", HEAD + "def work(t):\n    time.sleep(0.005)\n    if random.random() < 0.2: raise ConnectionError('flaky')\n    return t\n", "flaky"),
    HostileFile("failures that only come in threads", HEAD + "def work(t):\n    time.sleep(0.005)\n    if threading.current_thread() is not threading.main_thread(): raise RuntimeError('main thread only')\n    return t\n", "main thread only", stops=False),
    HostileFile("random answers", HEAD + "def work(t):\n    time.sleep(0.01)\n    return random.random()\n", "answers cannot be compared", stops=False),
    HostileFile("answers without an equality", HEAD + "class Page:\n    def __init__(self): self.at = time.time()\n    def __eq__(self, other): raise TypeError('no')\ndef work(t):\n    time.sleep(0.01)\n    return Page()\n", "answers cannot be compared", stops=False),
    HostileFile("nothing is done at all", HEAD + "def work(t): pass\n", "as long as a function that does nothing", stops=False),
    HostileFile("a session bound to its first loop", HEAD + "LOOP = None\nasync def awork(t):\n    global LOOP\n    here = asyncio.get_running_loop()\n    LOOP = LOOP or here\n    if LOOP is not here: raise RuntimeError('Task got Future attached to a different loop')\n    await asyncio.sleep(0.01)\n    return t\n", "different loop.*aclient", models="sequential asyncio"),
    HostileFile("a queue of the first loop", HEAD + "QUEUE = asyncio.Queue(2)\nasync def awork(t):\n    await QUEUE.put(t)\n    await asyncio.sleep(0.01)\n    return await QUEUE.get()\n", "aclient|answer", stops=False, models="sequential asyncio"),
    HostileFile("a client that hangs when it closes", HEAD + "class Client:\n    def close(self): time.sleep(1e6)\ndef client(): return Client()\ndef work(client, t):\n    time.sleep(0.01)\n    return t\n", "had not ended"),
    HostileFile("work that changes the folder", HEAD + "def work(t):\n    os.chdir('/tmp')\n    time.sleep(0.01)\n    return t\n", "", stops=False),
    HostileFile("work that sets a signal handler", HEAD + "import signal\ndef work(t):\n    signal.signal(signal.SIGUSR1, lambda *_: None)\n    time.sleep(0.01)\n    return t\n", "Threads can set no signals", stops=False),
    HostileFile("work that calls asyncio.run inside awork", HEAD + "async def awork(t):\n    asyncio.run(asyncio.sleep(0.01))\n    return t\n", "instead of asyncio.run"),
    HostileFile("work that kills its own process", HEAD + "import signal\ndef work(t): os.kill(os.getpid(), signal.SIGKILL)\n", "ended with -9"),
    HostileFile("work that raises KeyboardInterrupt", HEAD + "def work(t): raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    HostileFile("awork that raises CancelledError", HEAD + "async def awork(t): raise asyncio.CancelledError\n", "CancelledError"),
    HostileFile("awork that cancels itself", HEAD + "async def awork(t):\n    asyncio.current_task().cancel()\n    await asyncio.sleep(0.01)\n", "Cancel"),
    HostileFile("awork that stops the loop", HEAD + "async def awork(t):\n    asyncio.get_running_loop().stop()\n    await asyncio.sleep(0.01)\n    return t\n", "loop"),
    HostileFile("a bare except that keeps going", HEAD + "def work(t):\n    try: raise SystemExit\n    except BaseException: return None\n", "as long as a function that does nothing", stops=False),
    HostileFile("a warning that is an error", HEAD + "import warnings\nwarnings.simplefilter('error')\ndef work(t):\n    warnings.warn('old')\n    return t\n", "UserWarning: old"),
    HostileFile("two devices of which one is broken", HEAD + "GATE = threading.Semaphore(2)\ndef work(t):\n    if not GATE.acquire(blocking=False): raise ConnectionResetError('device dropped the connection')\n    try: time.sleep(0.01)\n    finally: GATE.release()\n    return t\n", "MOST_AT_ONCE = ", stops=False),
    HostileFile("MOST_AT_ONCE that is no number", HEAD + "MOST_AT_ONCE = 'two'\ndef work(t): return t\n", "MOST_AT_ONCE is .*whole number"),
    HostileFile("MOST_AT_ONCE of nothing", HEAD + "MOST_AT_ONCE = -1\ndef work(t): return t\n", "MOST_AT_ONCE is .*whole number"),
    HostileFile("a slip of the pen", HEAD + "MOST_AT_ONE = 2\ndef work(t): return t\n", "MOST_AT_ONE means nothing here. Next: call it MOST_AT_ONCE"),
    HostileFile("EXPECT that is a string", HEAD + "EXPECT = 'threads at least 2x sequential'\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "EXPECT lists sentences"),
    HostileFile("ideal that is nonsense", HEAD + "def ideal(tasks, concurrency): return float('nan')\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "ideal\\(tasks, concurrency\\) returned"),
    HostileFile("ideal of minus one", HEAD + "def ideal(tasks, concurrency): return -1\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "ideal\\(tasks, concurrency\\) returned"),
    HostileFile("answer that raises", HEAD + "def answer(t): raise LookupError('no answer')\ndef work(t):\n    time.sleep(0.01)\n    return t\n", "no answer"),
    HostileFile("work without a parameter", HEAD + "def work():\n    time.sleep(0.01)\n    return 1\n", "takes 0 positional arguments.*Next: write def work"),
    HostileFile("work with two parameters and no client", HEAD + "def work(client, t): return t\n", "missing 1 required positional argument.*beside a def client"),
    HostileFile("work that is a class", HEAD + "class work:\n    def __init__(self, t): time.sleep(0.01)\n", "", stops=False),
]  # fmt: skip
EVERY = [*AT_IMPORT, *TASKS, *MEMORIES, *BETWEEN]
