"""Whatever a file, an option or a variable holds, it is read or refused with a sentence, and soon."""

from pathlib import Path

import pytest

from scripts.faults.readers import READERS, Reader, outcome
from tests.scripts.recorded import record

TIMES = 60  # for each reader; `make torture` damages 2,000 inputs


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_input_never_ends_in_a_traceback_or_hangs(reader: Reader, tmp_path: Path) -> None:
    run = record(tmp_path)
    found = {outcome(reader, run, seed) for seed in range(TIMES)}
    assert found <= {"read", "refused"}
