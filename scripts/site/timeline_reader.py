"""The new events of a lane. A module apart from `shared_timeline`, which workers import and which needs no numpy."""

import numpy as np

from scripts.site.shared_timeline import BEGAN, HEADER, KINDS, SharedTimeline


class TimelineReader:
    """Reads the events of a timeline that were not read before."""

    def __init__(self, marks: SharedTimeline) -> None:
        self.marks = marks
        self.reported = np.zeros(len(marks.moments) - len(HEADER), dtype=bool)

    def read(self) -> list[int]:
        """The new events as task, kind, microseconds since the lane began, task, kind, …"""
        moments = np.array(self.marks.moments)
        new = np.flatnonzero((moments[len(HEADER) :] > 0) & ~self.reported)
        self.reported[new] = True
        new = new[np.argsort(moments[len(HEADER) + new], kind="stable")]
        since_us = np.rint((moments[len(HEADER) + new] - moments[BEGAN]) * 1e6).astype(int)
        return np.column_stack((new // len(KINDS), new % len(KINDS), since_us)).ravel().tolist()
