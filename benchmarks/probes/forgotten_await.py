"""What happens when a coroutine function is called, and when the `await` before the call is forgotten?

    save("a letter")            # makes a coroutine, and runs none of it

What you should see: no letter is saved, in either case. When nobody keeps the coroutine, Python says so: one
RuntimeWarning, "coroutine 'save' was never awaited", when it is thrown away. That is a line on standard error and no
error: the program goes on as if the letter were saved. `calling` keeps the coroutine and closes it, which counts as
attention; `awaited` is the same call done right.
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
    """Call, and look at what came back."""
    coroutine = save("a letter")
    coroutine.close()


async def forgotten_await() -> None:
    """Mean to save."""
    save("a letter")  # type: ignore[unused-coroutine]


async def awaited() -> None:
    """Save."""
    await save("a letter")


FORMS: dict[str, Callable[[], Awaitable[None]]] = {
    "calling": calling,
    "forgotten-await": forgotten_await,
    "awaited": awaited,
}


def observed(form: str) -> dict[str, float]:
    """Side effects, and the warnings that a program gets that asked for nothing."""
    SAVED.clear()

    async def run() -> None:
        await FORMS[form]()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default", RuntimeWarning)  # as Python does unless told otherwise
        asyncio.run(run())
        gc.collect()  # where objects are not thrown away at once, as CPython does
    told = [warning for warning in caught if warning.category is RuntimeWarning]
    return {"side_effects": float(len(SAVED)), "warnings": float(len(told))}


PROBES = (Probe(FORMS, ("side_effects", "warnings")),)


def main() -> None:
    """Print what the form that the command line names has done."""
    print(json.dumps(observed(sys.argv[1])))
