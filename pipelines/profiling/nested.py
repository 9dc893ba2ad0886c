"""Open cells that hold JSON objects, so that what is inside can be a column: attributes.value.amount."""

from __future__ import annotations

import duckdb

from pipelines.landing.reshape import open_nested
from pipelines.profiling.evidence import SAMPLE_ROWS
from pipelines.sources.files import TextTable

_DEPTH = 3
_MOST_COLUMNS = 300


def with_nested(con: duckdb.DuckDBPyConnection, table: TextTable) -> TextTable:
    """Return the table with a column for every key inside its JSON cells, three levels deep."""
    first = 0
    for _ in range(_DEPTH):
        wanted = [
            f"{table.headers[position]}.{key}"
            for position in range(first, len(table.headers))
            for key in _keys(con, table, position)
        ]
        first = len(table.headers)
        if not wanted or first + len(wanted) > _MOST_COLUMNS:
            return table
        table = open_nested(con, table, wanted)
    return table


def _keys(con: duckdb.DuckDBPyConnection, table: TextTable, position: int) -> list[str]:
    """Return the keys of the objects in one column, of the first rows; [] where it holds none."""
    cell = f"c{position}"
    found = con.execute(
        f"select distinct unnest(json_keys({cell})) as key from"
        f" (select {cell} from {table.relation} limit {SAMPLE_ROWS})"
        f" where left({cell}, 1) = '{{' and json_valid({cell}) order by key"
    ).fetchall()
    return [key for (key,) in found]
