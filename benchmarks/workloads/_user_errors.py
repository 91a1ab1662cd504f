"""What the errors of users' code mean, and what to write instead: one table, by what libraries are known to say.

A hint stands behind the library's own words, never instead of them.
"""

import re
from pathlib import Path

OURS = (
    "benchmarks",
    "servers",
    "scripts",
)  # packages of ours: a user's of the same name cannot be imported beside them
HINTS = (
    (
        r"bound to a different event loop|attached to a different loop|[Ee]vent loop is closed",
        "It was made in another event loop. Next: make it in aclient(), which each loop calls once",
    ),
    (
        r"SQLite objects created in a thread can only be used in that same thread",
        "Next: open the connection in client(), so that each worker has its own",
    ),
    (
        r"daemonic processes are not allowed to have children",
        "Its workers may start no processes. Next: let work(task) do one item, and let the models start the processes",
    ),
    (
        r"another operation is in progress|concurrent operations are not permitted|IllegalStateChangeError"
        r"|already waiting for incoming data|another coroutine is already waiting|cannot be used concurrently"
        r"|is not safe for use in concurrent|got Future .* attached|Packet sequence number wrong|simultaneous",
        "The tasks share one session, which does one thing at a time. "
        "Next: open a session for each task inside the function, or take one from a pool that aclient() opens",
    ),
    (
        r"\b429\b|Too Many Requests|[Rr]ate.?limit",
        "The service limits the rate. Next: write MOST_AT_ONCE = 2 in the file, or wait between tasks",
    ),
    (r"Too many open files", "Next: ulimit -n 4096, or write MOST_AT_ONCE = 100 in the file"),
    (r"database is locked", "SQLite lets one writer in. Next: write MOST_AT_ONCE = 1 in the file, or only read"),
    (
        r"asyncio\.run\(\) cannot be called from a running event loop|This event loop is already running",
        "Next: await the coroutine in awork instead of asyncio.run()",
    ),
    (
        r"no running event loop|There is no current event loop",
        "Next: write it as async def awork(task), or make it in aclient()",
    ),
    (
        r"signal only works in main thread",
        "Threads can set no signals. Next: leave signals to the program around work(task)",
    ),
    (
        r"^TypeError: (?!tasks\(\))\S+\(\) (?:takes \d|missing \d)",
        "Next: write def work(task), or def work(client, task) beside a def client()",
    ),
    (
        r"^EOFError",
        "It reads from the keyboard, and standard input is empty here. Next: write the value into the file",
    ),
    (
        r"cannot schedule new futures after (?:interpreter )?shutdown",
        "Its pool was shut down by an earlier task. Next: open the pool in client()",
    ),
)  # fmt: skip
FAILS_TOGETHER = re.compile(
    r"Connection(?:Reset|Refused|Aborted)|BrokenPipe|Timeout|timed out|in use|busy|locked|in progress|\b429\b|\b503\b"
    r"|too many|Too Many|dropped|Disconnected",
)


def hint(words: str) -> str:
    """What an error means and what to write, as a further sentence; empty where nothing is known of it."""
    return next((f". {sentence}" for pattern, sentence in HINTS if re.search(pattern, words)), "")


def located(problem: BaseException) -> str:
    """Where an exception was raised: file and line."""
    trace = problem.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f" ({Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno})" if trace else ""


def described(problem: BaseException) -> str:
    """An exception in one line: its type, its words, where it was raised, and a hint. Of a group the first."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    words = f"{type(problem).__name__}: {problem}".rstrip(": ")
    relative = (
        isinstance(problem, FileNotFoundError) and problem.filename and not Path(str(problem.filename)).is_absolute()
    )
    path = ". Next: build the path from Path(__file__).parent: the current folder is Overlap's" if relative else ""
    return f"{words}{located(problem)}{path or hint(words)}"


def for_missing(name: str, place: str) -> str:
    """What to do about a module that is not found: one of the user's own is never to be installed."""
    first = name.partition(".")[0]
    if first in OURS:
        return f"Overlap has a package {first} itself. Next: import yours under another name"
    if own := own_module(first, place):
        return f"It is your own, in {own.parent}. Next: make mine PROJECT={own.parent} WORK=…"
    return f"Next: make mine PYTHON=path/to/the/python/that/has/{first} WORK=…"


def own_module(name: str, place: str) -> Path | None:
    """The user's own module or package of that name, in the folders above the file, beside or just below it."""
    path = Path(place).resolve()
    near = [*list(path.parents)[:4], *(one for one in path.parent.iterdir() if one.is_dir())] if path.exists() else []
    places = (folder / one for folder in near for one in (f"{name}.py", name))
    return next((one for one in places if name and (one.is_file() or (one / "__init__.py").exists())), None)
