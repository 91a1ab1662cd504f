"""The forgotten await: calling a coroutine function runs none of it.

`save(order)` without `await` makes a coroutine object and throws it away. Nothing is saved, nothing is raised, and the
line takes under a microsecond, so that in a benchmark it wins. Python notices when the object is collected, and only
warns: "coroutine 'save' was never awaited". What to do: turn that warning into an error in your tests (`-W error`, or
`filterwarnings = ["error"]` for pytest), and let a linter or type checker look for unused coroutines. And check
answers: a benchmark that doesn't has measured how quickly nothing is done.
"""

import asyncio
import gc
import sys
import time
import warnings

saved: list[str] = []


async def save(order: str) -> None:
    """Takes a tenth of a second, as a database may."""
    await asyncio.sleep(0.1)
    saved.append(order)


async def main() -> tuple[float, float]:
    """Seconds of the line without and with its await."""
    began = time.perf_counter()
    save("forgotten")  # type: ignore[unused-coroutine]  # that is the mistake
    between = time.perf_counter()
    await save("awaited")
    return between - began, time.perf_counter() - between


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    forgotten_s, awaited_s = asyncio.run(main())
    gc.collect()

print(f"Without await {forgotten_s * 1e6:.1f} µs, with it {awaited_s:.3f} s. Saved: {saved}. Python said:")
print(*(f"    {type(one.message).__name__}: {one.message}" for one in caught), sep="\n")
print("You should have seen one order saved of two, no exception, and one RuntimeWarning.")
seen = saved == ["awaited"] and [one.category for one in caught] == [RuntimeWarning]
sys.exit(None if seen else "Not seen: something else was saved, or Python said something else.")
