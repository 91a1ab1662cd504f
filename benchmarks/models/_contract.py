"""What a model gives: a function from tasks to their answers, in order."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from benchmarks.workloads import Workload

Run = Callable[[list[int]], list[Any]]
Model = Callable[[Workload, int], AbstractContextManager[Run]]
