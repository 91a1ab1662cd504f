"""The lines of a growing file, as another process writes them."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

POLL_S = 0.1  # between two reads: the screen needs no more, and reading disturbs the measurement


@dataclass
class Tail:
    """Reads only the new bytes of a file, because our computing disturbs the measurement; `at` is the first of them."""

    path: Path
    at: int = 0
    last_line_at: float = field(default_factory=time.monotonic)

    @property
    def silent_s(self) -> float:
        """Seconds since the last complete line."""
        return time.monotonic() - self.last_line_at

    def new(self) -> list[bytes]:
        """The complete lines since the last call; a line that is still being written is left for the next call."""
        with self.path.open("rb") as file:
            file.seek(self.at)
            lines = [line for line in file if line.endswith(b"\n")]
        self.at += sum(map(len, lines))
        return lines

    def follow(self, process: subprocess.Popen[bytes], silence_s: float) -> Iterator[bytes]:
        """Yield each line as it comes, until the process has ended or written none for `silence_s`."""
        self.last_line_at = time.monotonic()
        while True:
            ended = process.poll() is not None
            for line in self.new():
                yield line
                self.last_line_at = time.monotonic()
            if ended or self.silent_s > silence_s:
                return
            time.sleep(POLL_S)
