"""The GIL: threads that run Python code take turns on one core.

Two threads that compute in Python use as much CPU as one: the thread that runs holds the interpreter's lock, the GIL. C
code may release it while it works (hashlib, Pillow, zlib, NumPy do), and then two threads use two cores. So it is not
"threads don't help with CPU-bound work", but: threads don't help Python code. What to do: processes, or a library that
does the loop in C, or a Python without the GIL.

What is counted is CPU time over wall time, the cores in use: however busy the machine is, that is never more than real.
"""

import hashlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

THREADS, TRIES = 2, 5
DATA = bytes(64 * 2**20)


def in_python(_: int) -> None:
    """Some 0.1 s of additions, each of which needs the lock."""
    sum(number for number in range(2_000_000))


def in_c(_: int) -> None:
    """Some 0.1 s in OpenSSL, which releases the GIL."""
    hashlib.sha256(DATA).digest()


def cores_used(work: Callable[[int], None]) -> float:
    """CPU seconds spent in a second, while as many threads as THREADS work."""
    with ThreadPoolExecutor(THREADS) as pool:
        wall, cpu = time.perf_counter(), time.process_time()
        list(pool.map(work, range(2 * THREADS)))
        return (time.process_time() - cpu) / (time.perf_counter() - wall)


def main() -> None:
    """Count, and say what it shows; again while other programs leave no second core to C code either."""
    for _ in range(TRIES):
        python, c = cores_used(in_python), cores_used(in_c)
        print(f"{THREADS} threads used {python:.2f} cores in Python code, {c:.2f} in C code that releases the GIL.")
        if c > 1.2:
            break
    print("You should have seen no more than 1 for Python code, and for C code as many as were free, up to 2.")
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        sys.exit("Not seen: this Python has no GIL.")
    if c <= 1.2:
        sys.exit("Not seen: no second core was free, not for C code either.")
    if python > 1.2:
        sys.exit("Not seen: Python code used more than one core under the GIL.")


if __name__ == "__main__":
    main()
