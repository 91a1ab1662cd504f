"""The pool that forks: a lock that another thread holds at that moment stays locked in the worker for ever.

`fork` copies the memory of a process, but only the thread that called it. Another thread may be logging, or hold the
lock of a connection pool or of a C library's allocator. The copy of that lock is locked, and the thread that would
unlock it does not exist in the worker. The first to ask for it hangs: not always, not in tests, but one day under load.
What to do: `forkserver` or `spawn` wherever there are threads (there are: in pools, clients, NumPy, profilers).
`forkserver` is Python's default on Linux from 3.14 on. From 3.12 on Python warns of a fork beside threads.

The worker asks for the lock with a time-out, so that you need not wait for ever.
"""

import sys
import threading
import time
import warnings
from multiprocessing import get_context

PATIENCE_S = 1.0
lock = threading.Lock()  # as logging, or your favourite client, has one


def ask() -> tuple[bool, float]:
    """In the worker: whether the lock was had, and after how long."""
    began = time.perf_counter()
    return lock.acquire(timeout=PATIENCE_S), time.perf_counter() - began


def hold(begun: threading.Event, enough: threading.Event) -> None:
    """In another thread of the parent: hold the lock for a moment, as one does."""
    with lock:
        begun.set()
        enough.wait()


def had(method: str) -> bool:
    """Whether a worker started that way gets the lock, after the parent's thread has long released it."""
    begun, enough = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold, args=(begun, enough))
    thread.start()
    begun.wait()
    with get_context(method).Pool(1) as pool:
        enough.set()
        thread.join()
        got, after_s = pool.apply(ask)
    print(
        f"{method:10} the lock is free in the parent; the worker {'got it' if got else 'gave up'} after {after_s:.3f} s"
    )
    return got


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # what Python 3.12 says of it, which is right
    forked, served = had("fork"), had("forkserver")
    print(f"You should have seen the forked worker give up after {PATIENCE_S} s, and the other get the lock at once.")
    sys.exit("Not seen: the forked worker got the lock, or the other did not." if forked or not served else None)
