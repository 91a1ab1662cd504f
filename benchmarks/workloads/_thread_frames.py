"""The Python frames of all threads of this process."""

import gc
import sys
from threading import Lock
from types import FrameType

SAFE = (3, 11, 9)
one_at_a_time = Lock()


def thread_frames() -> dict[int, FrameType]:
    """The innermost frame of each thread that runs Python, by the thread's ident.

    Before Python 3.11.9 a garbage collection that begins within `sys._current_frames()` can wait for ever for a lock
    that the call holds (python/cpython#106883). So no collection begins during the call.
    """
    if sys.version_info >= SAFE:
        return sys._current_frames()
    with one_at_a_time:
        thresholds = gc.get_threshold()
        gc.set_threshold(0)
        try:
            return sys._current_frames()
        finally:
            gc.set_threshold(*thresholds)
