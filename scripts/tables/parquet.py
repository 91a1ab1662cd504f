"""Parquet by arro3: pandas would need pyarrow for it, which alone is a quarter of an environment."""

from pathlib import Path
from typing import Any

import pandas as pd
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

TYPES = {
    "boolean": DataType.bool(),
    "integer": DataType.int64(),
    "floating": DataType.float64(),
    "mixed-integer-float": DataType.float64(),
}


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table of numbers, texts, and yes or no; what is missing is null."""
    columns = [column(table[name]) for name in table]
    write_parquet(Table.from_arrays(columns, names=list(map(str, table))), path)


def column(values: "pd.Series[Any]") -> Array:
    """A column as Arrow has it."""
    kind = TYPES.get(pd.api.types.infer_dtype(values, skipna=True), DataType.string())
    present = [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]
    return Array(present, kind)
