"""What has happened in a lane since it was last asked. Apart from `marks`, which workers import: they need no numpy."""

import numpy as np

from scripts.site.shared_timeline import BEGAN, HEADER, KINDS, Marks


class News:
    """What has happened since it was last asked."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.known = np.zeros(len(marks.moments) - len(HEADER), dtype=bool)

    def read(self) -> list[int]:
        """Task, kind and microseconds since the lane began, of one new mark after the other."""
        moments = np.array(self.marks.moments)
        new = np.flatnonzero((moments[len(HEADER) :] > 0) & ~self.known)
        self.known[new] = True
        new = new[np.argsort(moments[len(HEADER) + new], kind="stable")]
        since_us = np.rint((moments[len(HEADER) + new] - moments[BEGAN]) * 1e6).astype(int)
        return np.column_stack((new // len(KINDS), new % len(KINDS), since_us)).ravel().tolist()
