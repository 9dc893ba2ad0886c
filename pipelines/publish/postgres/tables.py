"""Copy tables of a DuckDB file into a PostgreSQL schema: types, rows, keys, indexes, comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.publish.errors import PublishError
from pipelines.publish.night import Column
from pipelines.publish.postgres.database import run

if TYPE_CHECKING:
    import psycopg

BATCH_ROWS = 20_000
"""Rows that are in memory at once; wide texts included, a few tens of megabytes."""

_INDEX_FROM_ROWS = 10_000
_FILTERED_BY = (
    "person_id", "owner_id", "customer_id", "opportunity_id", "scope_id", "period_start",
)  # fmt: skip
_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TINYINT": "smallint",
    "HUGEINT": "numeric(38,0)",
    "UBIGINT": "numeric(20,0)",
    "UINTEGER": "bigint",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "UUID": "uuid",
}


@dataclass(frozen=True)
class TableCopy:
    """One table to copy.

    Attributes:
        name: its name in PostgreSQL.
        source: quoted name of the table in DuckDB, or a query in parentheses.
        columns: what it consists of, with types of DuckDB.
        key: columns that identify a row; empty if none are known.
        comment: what it is, for people.
    """

    name: str
    source: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    comment: str | None = None


def copy_table(
    duck: duckdb.DuckDBPyConnection,
    con: psycopg.Connection[tuple[Any, ...]],
    schema: str,
    table: TableCopy,
) -> int:
    """Make a table in a new schema and fill it in bounded memory.

    The caller's transaction must have made the schema, since rows are stored as if long committed:
    readers then never have to ask whether they may see them.

    Returns:
        Number of rows written.
    """
    target = f"{quote_name(schema)}.{quote_name(table.name)}"
    defined = ", ".join(
        f"{quote_name(c.name)} {_type(c.type)}{'' if c.is_nullable else ' not null'}"
        for c in table.columns
    )
    run(con, f"create table {target} ({defined})")
    rows = _copy_rows(duck, con, target, table)
    run(con, "; ".join([*_keys(target, table, rows), *_comments(target, table)]) or "select")
    return rows


def _type(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL("):
        return duckdb_type.replace("DECIMAL", "numeric")
    return _TYPES.get(duckdb_type, "text")


def _copy_rows(
    duck: duckdb.DuckDBPyConnection,
    con: psycopg.Connection[tuple[Any, ...]],
    target: str,
    table: TableCopy,
) -> int:
    import pyarrow as pa
    from pyarrow import csv

    selected = ", ".join(_selected(column) for column in table.columns)
    # a relation is read as it streams; the result of execute() would first be held whole
    batches = duck.sql(f"select {selected} from {table.source}").to_arrow_reader(BATCH_ROWS)
    # every text is quoted, NULL is nothing: '' and NULL stay apart
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    names = ", ".join(quote_name(column.name) for column in table.columns)
    statement = f"copy {target} ({names}) from stdin (format csv, freeze)"
    with con.cursor() as cursor:
        with cursor.copy(statement.encode()) as copy:
            for batch in batches:
                sink = pa.BufferOutputStream()
                csv.write_csv(batch, sink, options)
                copy.write(memoryview(sink.getvalue()))
        return cursor.rowcount


def _selected(column: Column) -> str:
    name = quote_name(column.name)
    if column.type in _TYPES or column.type.startswith("DECIMAL("):
        return name
    return f"cast({name} as varchar) as {name}"


def _keys(target: str, table: TableCopy, rows: int) -> list[str]:
    """Statements for the key, by which BI tools find relations, and for what is filtered by."""
    statements = []
    if table.key:
        columns = {column.name: column for column in table.columns}
        names = ", ".join(map(quote_name, table.key))
        statements.append(
            f"create unique index on {target} ({names})"
            if any(columns[name].is_nullable for name in table.key)
            else f"alter table {target} add primary key ({names})"
        )
    if rows >= _INDEX_FROM_ROWS:
        present = {column.name for column in table.columns} - set(table.key[:1])
        statements += [
            f"create index on {target} ({quote_name(name)})"
            for name in _FILTERED_BY
            if name in present
        ]
    statements.append(f"analyze {target}")
    return statements


def _comments(target: str, table: TableCopy) -> list[str]:
    statements = [
        f"comment on column {target}.{quote_name(column.name)} is {quote_text(column.comment)}"
        for column in table.columns
        if column.comment is not None
    ]
    if table.comment is not None:
        statements.append(f"comment on table {target} is {quote_text(table.comment)}")
    return statements


def tables_of(
    duck: duckdb.DuckDBPyConnection, database: str, schema: str, names: Sequence[str] | None = None
) -> list[TableCopy]:
    """Describe the tables of one schema of an attached file as they would be copied."""
    found = duck.execute(
        "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? order by table_name, column_index",
        [database, schema],
    ).fetchall()
    columns: dict[str, list[Column]] = {}
    for table, *column in found:
        columns.setdefault(table, []).append(Column(*column))
    return [
        TableCopy(
            name=name,
            source=".".join(map(quote_name, (database, schema, name))),
            columns=tuple(listed),
        )
        for name, listed in columns.items()
        if names is None or name in names
    ]


def require_rows(schema: str, table: str, written: int, expected: int) -> None:
    """Refuse a copy that lacks rows or has too many.

    Raises:
        PublishError: names the table and both counts.
    """
    if written != expected:
        raise PublishError(
            f"PostgreSQL took {written} rows of {table} into {schema} instead of {expected}. "
            "Nothing was published; run the night again."
        )
