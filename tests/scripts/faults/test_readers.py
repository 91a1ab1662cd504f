"""Whatever a file, an option or a variable holds, it is read or refused with a sentence, and soon."""

import random
from pathlib import Path

import pytest

from scripts import bench
from scripts.faults.readers import READERS, WORDS, Reader, outcome
from tests.scripts.recorded import record

TIMES = 60  # for each reader; `make torture` damages 2,000 inputs


def command_line_of_bench(folder: Path, rng: random.Random) -> None:
    """A damaged command line of `make bench`, up to its plan."""
    names = ["--only", "--blocks", "--seed", "--quick", "--cluster", "--bind", "--resume", "--", "--nonsense", "-h"]
    values = ["", "-1", "0", "1e9", "9" * 5000, "nan", "io", "x" * 300, "\x1b[2J", "--", *WORDS]
    words = [rng.choice(names if rng.random() < 0.5 else values) for _ in range(rng.randint(0, 5))]
    bench.plan(bench.options(words))


OPTIONS = Reader("options", command_line_of_bench)


@pytest.mark.slow
@pytest.mark.parametrize("reader", [*READERS, OPTIONS], ids=lambda reader: reader.name)
def test_damaged_input_never_ends_in_a_traceback_or_hangs(reader: Reader, tmp_path: Path) -> None:
    run = record(tmp_path)
    outcomes = {outcome(reader, run, seed) for seed in range(TIMES)}
    assert outcomes <= {"read", "refused"}
