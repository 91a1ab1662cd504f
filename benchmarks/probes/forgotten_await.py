"""What happens when a coroutine function is called, and when the `await` before the call is forgotten?

    save("a letter")            # creates a coroutine, and runs none of it

What you should see: no letter is saved, in either case. If nothing keeps the coroutine, Python warns when it is
deleted: one RuntimeWarning, "coroutine 'save' was never awaited". That is a line on standard error and no exception:
the program continues as if the letter were saved. `calling` keeps the coroutine and closes it, which prevents the
warning; `awaited` is the correct call.
"""

import asyncio
import gc
import json
import sys
import warnings
from collections.abc import Awaitable, Callable

from benchmarks.probes import Probe

SAVED: list[str] = []


async def save(letter: str) -> None:
    """The side effect."""
    SAVED.append(letter)


async def calling() -> None:
    """Call, and close the coroutine that is returned."""
    coroutine = save("a letter")
    coroutine.close()


async def forgotten_await() -> None:
    """Forget the `await`."""
    save("a letter")  # type: ignore[unused-coroutine]


async def awaited() -> None:
    """Call and await."""
    await save("a letter")


FORMS: dict[str, Callable[[], Awaitable[None]]] = {
    "calling": calling,
    "forgotten-await": forgotten_await,
    "awaited": awaited,
}


def observed(form: str) -> dict[str, float]:
    """Count the side effects, and the warnings under Python's default filters."""
    SAVED.clear()

    async def run() -> None:
        await FORMS[form]()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default", RuntimeWarning)  # Python's default
        asyncio.run(run())
        gc.collect()  # for Pythons that do not delete objects immediately
    warned = [warning for warning in caught if warning.category is RuntimeWarning]
    return {"side_effects": float(len(SAVED)), "warnings": float(len(warned))}


PROBES = (Probe(FORMS, ("side_effects", "warnings")),)


def main() -> None:
    """Print the metrics of the form that the command line names."""
    print(json.dumps(observed(sys.argv[1])))
