"""Rows that a landing keeps between its steps: Parquet files beside the copies that it reads.

A temporary table keeps 5 to 8 MB per million rows that it cannot spill: fifty million rows left no memory
for the step after it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.core.sql_text import parquet_rows, quote_name, quote_text
from pipelines.landing.batch import LandingContext


def keep_rows(context: LandingContext, name: str, select: str) -> None:
    """Write the rows of a SELECT and show them as a temporary view."""
    file = _folder(context) / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    context.con.execute(f"copy ({select}) to {quote_text(str(file))} (format parquet)")
    rows = f"select * from {parquet_rows([file])}"
    context.con.execute(f"create or replace temp view {quote_name(name)} as {rows}")


@contextmanager
def rows_let_go(context: LandingContext) -> Iterator[None]:
    """Remove what was kept, at the end of a `with` block."""
    try:
        yield
    finally:
        shutil.rmtree(_folder(context), ignore_errors=True)


def _folder(context: LandingContext) -> Path:
    # Sources land side by side.
    return context.work_dir / "rows" / context.source.name
