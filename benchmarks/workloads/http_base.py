"""Pages of the latency server, which `wire` and `http` fetch: each holds its own number, and comes after a delay.

After the same delay, or each after its own, drawn from a lognormal distribution: most pages are quick, and a few take
several times as long, as on the web. The server draws them from (seed, page) alone, so that they are known here.
"""

from dataclasses import dataclass

from benchmarks.workloads import Workload
from servers.delays import Settings, delay_s


@dataclass(frozen=True)
class Pages(Workload):
    """Page n of `url`, after `delay_s` seconds; with a `sigma` above 0, that is the median of a long tail."""

    needs = ("url",)
    url: str = ""
    delay_s: float = 0.02
    sigma: float = 0.0
    seed: int = 0

    def target(self, task: int) -> str:
        """The path of the task's page."""
        tail = f"&distribution=lognormal&sigma={self.sigma:g}&seed={self.seed}" if self.sigma else ""
        return f"/delay?ms={self.delay_s * 1000:g}{tail}&n={task}"

    def expected(self, task: int) -> bytes:
        """The server echoes the task's number."""
        return str(task).encode()

    def wait_s(self, task: int) -> float:
        """The task's delay, drawn as the server draws it."""
        if not self.sigma:
            return self.delay_s
        return delay_s(Settings(self.delay_s * 1000, "lognormal", self.sigma, seed=self.seed), task)
