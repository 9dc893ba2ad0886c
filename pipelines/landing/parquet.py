"""Write a query's rows to a Parquet file that is whole or not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.core.sql_text import quote_text

BATCH_ROWS = 50_000


def write_parquet(con: duckdb.DuckDBPyConnection, select: str | Sequence[str], path: Path) -> None:
    """Write the rows of a SELECT, or of several of the same columns, durably and in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".tmp")
    selects = [select] if isinstance(select, str) else select
    if len(selects) == 1:
        to = f"{quote_text(str(staged))} (format parquet, compression zstd)"
        con.execute(f"copy ({selects[0]}) to {to}")
    else:
        _write_in_turn(con, selects, staged)
    handle = os.open(staged, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    staged.replace(path)


def _write_in_turn(con: duckdb.DuckDBPyConnection, selects: Sequence[str], path: Path) -> None:
    """Run one SELECT after the other: memory is that of the largest, not of all."""
    import pyarrow.parquet as pq

    schema = con.sql(f"select * from ({selects[0]}) limit 0").to_arrow_table().schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for select in selects:
            for batch in con.sql(select).to_arrow_reader(BATCH_ROWS):
                writer.write_batch(batch)
