"""Ask what one cell of text means, of a database that knows the cell macros."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb

from pipelines.landing.cells import create_cell_macros


@cache
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    create_cell_macros(made)
    # A night's connection may sit in any zone: nothing may depend on it.
    made.execute("set timezone = 'America/New_York'")
    return made


def ask(expression: str, text: str | None) -> Any:
    """Return what an expression makes of the cell `t`."""
    found = connection().execute(f"select {expression} from (select $1::varchar as t)", [text])
    [(value,)] = found.fetchall()
    return value
