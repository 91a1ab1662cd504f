"""The table in Parquet holds what the table in CSV does."""

from pathlib import Path

import pandas as pd
from arro3.io import read_parquet

from scripts.tables import parquet


def test_a_missing_value_in_parquet_is_null_and_not_a_number_or_a_text(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "model": ["threads", None],
            "tasks": [5, 2**40],
            "seconds": [0.25, float("nan")],
            "twin": [True, False],
            "odd": [True, None],
        }
    )
    parquet.write(table.astype({"odd": object}), tmp_path / "table.parquet")
    read = read_parquet(tmp_path / "table.parquet").read_all()
    assert {name: read[str(name)].to_pylist() for name in table} == {
        "model": ["threads", None],
        "tasks": [5, 2**40],
        "seconds": [0.25, None],
        "twin": [True, False],
        "odd": [True, None],
    }
