"""Write a query's rows to a Parquet file that is whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipelines.landing.typing_sql import literal


def write_parquet(con: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Write the rows of a SELECT, durably and in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".tmp")
    con.execute(f"copy ({select}) to {literal(str(staged))} (format parquet, compression zstd)")
    handle = os.open(staged, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    staged.replace(path)
