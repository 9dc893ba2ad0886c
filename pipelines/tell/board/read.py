"""Read what the board shows of one night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.tell.board.queries import QUERIES, Query
from pipelines.tell.board.rows import Row

if TYPE_CHECKING:
    from datetime import date

    import duckdb


def read_all(con: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, list[Row]]:
    """Return the rows of every query; a mart that this company has not built yet has none.

    Args:
        con: a file with schema marts.
        as_of: D.
    """
    built = {
        name
        for (name,) in con.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
    }
    return {
        name: _rows(con, query, as_of) if query.mart in built else []
        for name, query in QUERIES.items()
    }


def _rows(con: duckdb.DuckDBPyConnection, query: Query, as_of: date) -> list[Row]:
    values: dict[str, Any] = {"as_of": as_of} if "$as_of" in query.sql else {}
    cursor = con.execute(query.sql, values)
    names = [column[0] for column in cursor.description or ()]
    return [
        Row(query.mart, query.key, dict(zip(names, row, strict=True))) for row in cursor.fetchall()
    ]
