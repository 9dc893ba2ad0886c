"""Hand tables of the build file to Spark as Parquet, and take Spark's tables back into it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name, quote_text

_PLAIN = {
    "VARCHAR": "string", "BIGINT": "bigint", "INTEGER": "int", "SMALLINT": "smallint",
    "TINYINT": "tinyint", "DOUBLE": "double", "FLOAT": "float", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp",
}  # fmt: skip
# Sums of whole numbers are wider here than Spark's; one that does not fit fails, it is never cut.
_WIDE = {"HUGEINT", "UHUGEINT", "UBIGINT"}
_WIDE_AS = "bigint"
_DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")


@dataclass(frozen=True)
class HandedTable:
    """A table of the build file as Parquet, with the columns that Spark is to see."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    folder: Path

    @property
    def create_sql(self) -> str:
        """Spark's statement for an external table; types are told, so that no file is opened."""
        columns = ", ".join(f"`{name}` {type_}" for name, type_ in self.columns)
        return (
            f"create table `{self.schema}`.`{self.name}` ({columns}) "
            f"using parquet location '{self.folder.as_uri()}'"
        )


def hand_over(
    con: duckdb.DuckDBPyConnection, lake: Path, schemas: Collection[str]
) -> list[HandedTable]:
    """Write every table of these schemas as Parquet, one folder each, below `lake`/handed.

    Raises:
        ValueError: a column has a type that Spark has no like of.
    """
    rows = con.execute(
        """
        select columns.schema_name, columns.table_name, columns.column_name, columns.data_type
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
        where columns.database_name = current_database()
            and list_contains(?, columns.schema_name)
        order by columns.schema_name, columns.table_name, columns.column_index
        """,
        [sorted(schemas)],
    ).fetchall()
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, type_ in rows:
        found.setdefault((schema, table), []).append((column, type_))
    return [_written(con, lake, *key, columns) for key, columns in found.items()]


def _written(
    con: duckdb.DuckDBPyConnection,
    lake: Path,
    schema: str,
    table: str,
    columns: list[tuple[str, str]],
) -> HandedTable:
    folder = lake / "handed" / schema / table
    folder.mkdir(parents=True, exist_ok=True)
    shown = ", ".join(
        f"cast({quote_name(name)} as {_WIDE_AS}) as {quote_name(name)}"
        if type_ in _WIDE
        else quote_name(name)
        for name, type_ in columns
    )
    target = quote_text(str(folder / "part.parquet"))
    con.execute(
        f"copy (select {shown} from {quote_name(schema)}.{quote_name(table)}) "
        f"to {target} (format parquet)"
    )
    types = tuple((name, _spark_type(schema, table, name, type_)) for name, type_ in columns)
    return HandedTable(schema, table, types, folder)


def _spark_type(schema: str, table: str, column: str, type_: str) -> str:
    if type_ in _WIDE:
        return _WIDE_AS
    if _DECIMAL.fullmatch(type_):
        return type_.lower()
    if type_ not in _PLAIN:
        raise ValueError(f"{schema}.{table}.{column} is {type_}, which Spark cannot be handed")
    return _PLAIN[type_]


def register(session: Any, tables: Iterable[HandedTable]) -> None:
    """Make handed tables known to Spark under the names that they have in the build file.

    Their schemas are there, and empty of them: a statement costs more than a small table.
    """
    for table in tables:
        session.sql(table.create_sql)


def bring_back(
    con: duckdb.DuckDBPyConnection,
    lake: Path,
    tables: Mapping[tuple[str, str], Collection[str]],
    *,
    copied_schema: str,
) -> None:
    """Show Spark's tables in the build file, as if they had been built there.

    What is published is copied, with its columns that may not be NULL; the rest is a view of the
    Parquet files.

    Args:
        con: the build file.
        lake: where Spark wrote `<schema>/<table>/*.parquet`.
        tables: schema and name of each table, with the columns that are never NULL.
        copied_schema: the schema whose tables become tables.
    """
    con.execute("set TimeZone = 'UTC'")
    for (schema, name), required in tables.items():
        con.execute(f"create schema if not exists {quote_name(schema)}")
        source = parquet_rows(sorted((lake / schema / name).glob("*.parquet")))
        columns = con.execute(f"describe select * from {source}").fetchall()
        shown = ", ".join(_plain_column(column, type_) for column, type_, *_ in columns)
        relation = f"{quote_name(schema)}.{quote_name(name)}"
        kind = "table" if schema == copied_schema else "view"
        con.execute(f"create or replace {kind} {relation} as select {shown} from {source}")
        for column in required if kind == "table" else ():
            con.execute(f"alter table {relation} alter column {quote_name(column)} set not null")


def _plain_column(name: str, type_: str) -> str:
    """A moment comes back as UTC without a zone, as it was handed over."""
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"{quote_name(name)} at time zone 'UTC' as {quote_name(name)}"
    return quote_name(name)
