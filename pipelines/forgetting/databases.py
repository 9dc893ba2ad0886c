"""Erase values inside databases: SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.forgetting.documents import erase_bytes
from pipelines.forgetting.eraser import Eraser
from pipelines.publish.duckdb_session import (
    STORAGE_NUMBER,
    DuckDBLimits,
    duckdb_session,
    storage_number,
)
from pipelines.publish.errors import PublishError


def erase_sqlite(path: Path, eraser: Eraser) -> bool:
    """Erase values in an SQLite file, free pages and log included; say whether it held any."""
    changed = False
    with sqlite3.connect(path, timeout=60) as con:
        con.execute("pragma secure_delete = on")
        tables = con.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        ).fetchall()
        for (name,) in tables:
            changed |= _erase_sqlite_table(con, quote_name(name), eraser)
    con.close()
    con = sqlite3.connect(path, timeout=60)
    if changed:
        con.execute("vacuum")
    con.execute("pragma wal_checkpoint(truncate)")
    con.close()
    return changed


def _erase_sqlite_table(con: sqlite3.Connection, table: str, eraser: Eraser) -> bool:
    columns = [row[1] for row in con.execute(f"pragma table_info({table})")]
    updates = []
    for row_id, *cells in con.execute(f"select rowid, * from {table}"):
        erased = _erased_row(cells, eraser)
        if erased is not None:
            updates.append([*erased, row_id])
    settings = ", ".join(f"{quote_name(column)} = ?" for column in columns)
    con.executemany(f"update {table} set {settings} where rowid = ?", updates)
    return bool(updates)


def held_in_duckdb(path: Path, eraser: Eraser) -> bool:
    """Say whether a DuckDB file holds a value in any text of any table."""
    with duckdb_session(DuckDBLimits(), read={"old": path}) as con:
        return any(
            eraser.text(text) != text or eraser.has_doubtful(text)
            for schema, table, _ in _tables(con)
            for column in _text_columns(con, schema, table)
            for (text,) in _distinct(con, f"old.{_named(schema, table)}", column)
        )


def erase_duckdb(path: Path, staged: Path, eraser: Eraser) -> bool:
    """Write a copy of a DuckDB file without the values; a changed row leaves its old text behind.

    Args:
        path: the file; only read.
        staged: the copy, in the same storage format; made only if the file holds a value.
        eraser: what is to disappear.

    Returns:
        Whether there is a copy that is to take the file's place.

    Raises:
        PublishError: the file is in another format than the publish writes.
    """
    if storage_number(path) != STORAGE_NUMBER:
        raise PublishError(f"{path} was not written by the publish; delete it and run again")
    if not held_in_duckdb(path, eraser):
        return False
    with duckdb_session(DuckDBLimits(), read={"old": path}, write={"new": staged}) as con:
        for schema, table, comment in _tables(con):
            con.execute(f"create schema if not exists new.{quote_name(schema)}")
            _copy(con, schema, table, comment)
            _update(con, f"new.{_named(schema, table)}", _text_columns(con, schema, table), eraser)
        con.execute("checkpoint new")
        con.execute("detach new")
    return True


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str | None]]:
    return con.execute(
        "select schema_name, table_name, comment from duckdb_tables() "
        "where database_name = 'old' order by all"
    ).fetchall()


def _columns(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[Any, ...]]:
    return con.execute(
        "select column_name, data_type, is_nullable, comment from duckdb_columns() where "
        "database_name = 'old' and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()


def _text_columns(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    """Return what has letters in it and so can hold a value: texts, lists of texts, JSON."""
    found = _columns(con, schema, table)
    return [quote_name(name) for name, kind, *_ in found if "VARCHAR" in kind or kind == "JSON"]


def _distinct(con: duckdb.DuckDBPyConnection, table: str, column: str) -> list[tuple[str]]:
    return con.execute(
        f"select distinct {column}::varchar from {table} where {column} is not null"
    ).fetchall()


def _named(schema: str, table: str) -> str:
    return f"{quote_name(schema)}.{quote_name(table)}"


def _copy(con: duckdb.DuckDBPyConnection, schema: str, table: str, comment: str | None) -> None:
    name, columns = _named(schema, table), _columns(con, schema, table)
    listed = ", ".join(
        f"{quote_name(c)} {kind}{'' if nullable else ' not null'}"
        for c, kind, nullable, _ in columns
    )
    con.execute(f"create table new.{name} ({listed})")
    con.execute(f"insert into new.{name} from old.{name}")
    if comment is not None:
        con.execute(f"comment on table new.{name} is {quote_text(comment)}")
    for column, _, _, words in columns:
        if words is not None:
            con.execute(f"comment on column new.{name}.{quote_name(column)} is {quote_text(words)}")


def _update(con: duckdb.DuckDBPyConnection, table: str, columns: list[str], eraser: Eraser) -> None:
    """Erase row by row where a name is doubtful, then column by column over the distinct texts."""
    any_of = " or ".join(f"contains({column}::varchar, ?)" for column in columns) or "false"
    for value in eraser.doubtful:
        rows = con.execute(
            f"select rowid, {', '.join(columns)} from {table} where {any_of}",
            [value] * len(columns),
        ).fetchall()
        for row_id, *cells in rows:
            erased = _erased_row(cells, eraser)
            if erased is not None:
                put = ", ".join(f"{column} = ?" for column in columns)
                con.execute(f"update {table} set {put} where rowid = ?", [*erased, row_id])
    for column in columns:
        for (old,) in _distinct(con, table, column):
            if (new := eraser.text(old)) != old:
                con.execute(
                    f"update {table} set {column} = ? where {column}::varchar = ?", [new, old]
                )


def _erased_row(cells: Iterable[Any], eraser: Eraser) -> list[Any] | None:
    """Return a row's cells without the values; None if it holds none."""
    old = list(cells)
    context = " | ".join(cell for cell in old if isinstance(cell, str))
    new = [
        eraser.row(cell, context)
        if isinstance(cell, str)
        else erase_bytes(cell, eraser)
        if isinstance(cell, bytes)
        else cell
        for cell in old
    ]
    return None if new == old else new
