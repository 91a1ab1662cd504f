"""The environment that a block starts in, and the switches that would change what it measures.

`PYTHONASYNCIODEBUG=1` made asyncio 2.6 times slower than threads, and nothing recorded it. So a block gets the
variables named here and no others. KEEP_ENV names what a user sets on purpose (`KEEP_ENV="PYTHON_JIT PYTHON_GIL"`):
it is kept, recorded, and makes a run one of another machine. A user's own work keeps the user's variables too, for its
keys and addresses stand there; but no switch that was not asked for.
"""

import os
import re
import sys
import tracemalloc
from collections.abc import Iterator, Mapping

KEEP = "KEEP_ENV"
LEFT_OUT = "OVERLAP_LEFT_OUT"  # the names of what `make` has not passed on
OWN_WORK = "OVERLAP_MINE"  # set while a user's own work is measured
# Who the user is, where programs and temporary files lie, the language of messages, the user's own databases.
NAMED = re.compile(
    "HOME|USER|LOGNAME|SHELL|PATH|TMPDIR|TMP|TEMP|LANG|LANGUAGE|LC_.*|TZ|OVERLAP_.*|KEEP_ENV|CI"
    "|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|POSTGRES_URI|MARIADB_URI|MONGODB_URI|REDIS_URI"
)
# What changes how an interpreter, its allocator, its libraries or its clients behave.
SWITCHES = re.compile(
    "PYTHON.*|MALLOC_.*|GLIBC_TUNABLES|LD_(?!LIBRARY_PATH).*|DYLD_(?!LIBRARY_PATH).*|JEMALLOC_.*|MIMALLOC_.*"
    "|COVERAGE_.*|COV_CORE_.*|PYTEST_.*|GEVENT_.*|GREENLET_.*|UV_THREADPOOL_SIZE|UVLOOP_.*|TRIO_.*|AIOHTTP_.*"
    "|MULTIDICT_.*|YARL_.*|FROZENLIST_.*|OMP_.*|OPENBLAS_.*|MKL_.*|JOBLIB_.*|LOKY_.*|RAY_.*|DASK_.*"
    "|(?i:.*_PROXY)"
)
# Set by shells, editors and this project's own Makefile, and without effect on a figure: not worth a word.
HARMLESS = re.compile("PYTHONDONTWRITEBYTECODE|PYTHONUNBUFFERED|PYTHONIOENCODING|PYTHONUTF8|PYTEST_.*|PYTHONPATH")
PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_benchmark.plugin"}


def kept_names(environ: Mapping[str, str]) -> set[str]:
    """The variables that KEEP_ENV names."""
    return set(environ.get(KEEP, "").replace(",", " ").split())


def block_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of a block: those named here, those that KEEP_ENV names, and only known plugins for pytest."""
    kept, own_work = kept_names(environ), OWN_WORK in environ

    def stays(name: str) -> bool:
        theirs = own_work and (name == "PYTHONPATH" or not SWITCHES.fullmatch(name))
        return bool(name in kept or theirs or NAMED.fullmatch(name))

    return {name: value for name, value in environ.items() if stays(name)} | PLUGINS


def switches(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The switches that are set and would matter, with their values; those that `make` took away are only "set"."""
    taken = dict.fromkeys(environ.get(LEFT_OUT, "").split(), "set")
    return {
        name: value
        for name, value in sorted({**taken, **environ}.items())
        if value and SWITCHES.fullmatch(name) and not HARMLESS.fullmatch(name)
    }


def kept_switches(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What KEEP_ENV keeps, as it is recorded: a switch with its value; of anything else, which may be a secret, no."""
    kept = kept_names(environ) & environ.keys()
    return {name: environ[name] if SWITCHES.fullmatch(name) else "set" for name in sorted(kept)}


def interpreter_moods() -> Iterator[str]:
    """What slows or changes this very interpreter, each as a phrase: read from the interpreter, however it was set."""
    if sys.flags.dev_mode:
        yield "development mode is on"
    if sys.flags.optimize:
        yield f"assertions are off (-O, level {sys.flags.optimize})"
    if tracemalloc.is_tracing():
        yield "tracemalloc traces every allocation"
    if sys.gettrace():
        yield "a debugger or coverage traces every line"
    if sys.getprofile():
        yield "a profiler looks at every call"
    if getattr(sys, "is_stack_trampoline_active", bool)():
        yield "perf support is on"
    yield from monitoring_tools()


def monitoring_tools() -> Iterator[str]:
    """The tools that watch this interpreter through `sys.monitoring`, from Python 3.12 on."""
    if monitoring := getattr(sys, "monitoring", None):
        names = filter(None, map(monitoring.get_tool, range(6)))
        yield from (f"{name} monitors this interpreter" for name in names)


def unasked_moods(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The moods of this interpreter that KEEP_ENV does not explain: it may keep a switch that sets one."""
    return [] if kept_names(environ) else list(interpreter_moods())
