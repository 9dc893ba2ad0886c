"""Read from the build what the night is about to publish."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from pipelines.publish.content_hash import content_hash, fingerprint
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.errors import PublishError
from pipelines.publish.night import MARTS_SCHEMA, Column, MartInfo, MartSnapshot, Night

READERS = 2
_FILE_NAME = re.compile(r"\w{1,100}")


def describe_marts(night: Night, limits: DuckDBLimits) -> tuple[MartSnapshot, ...]:
    """Read from the build which marts there are, their columns, rows and content hashes.

    Returns:
        One snapshot per table of schema `marts`, by name.

    Raises:
        PublishError: no build file, no marts, a view among them, or a name in the night's settings
            that no mart has.
    """
    if not night.build_file.is_file():
        raise PublishError(f"There is no build file {night.build_file}. Run the build first.")
    with duckdb_session(limits, read={"build": night.build_file}) as con:
        comments = _tables(con, night.build_file)
        _require_known(night, comments)
        # Hashing a mart of a few hundred thousand rows leaves cores idle: two at a time.
        with ThreadPoolExecutor(READERS) as pool:
            described = pool.map(
                lambda name: _describe(con.cursor(), night, name, comments[name]), sorted(comments)
            )
            return tuple(described)


def _tables(con: duckdb.DuckDBPyConnection, build_file: Path) -> dict[str, str | None]:
    """Comments of the build's marts by table name; views are refused, as they would be lost."""
    views = con.execute(
        "select view_name from duckdb_views() where database_name = 'build' and schema_name = ?",
        [MARTS_SCHEMA],
    ).fetchall()
    if views:
        raise PublishError(
            f"Schema {MARTS_SCHEMA} of {build_file} holds views: "
            f"{', '.join(sorted(name for (name,) in views))}. A reader of the published file could "
            "not follow them into the build; materialise them as tables."
        )
    tables = con.execute(
        "select table_name, comment from duckdb_tables() "
        "where database_name = 'build' and schema_name = ?",
        [MARTS_SCHEMA],
    ).fetchall()
    if not tables:
        raise PublishError(f"Schema {MARTS_SCHEMA} of {build_file} is empty. Run the build first.")
    return dict(tables)


def _require_known(night: Night, tables: dict[str, str | None]) -> None:
    unknown = sorted((night.operations_marts | night.marts.keys()) - tables.keys())
    if unknown:
        raise PublishError(
            f"Not among the marts of {night.build_file}: {', '.join(unknown)}. "
            f"It holds: {', '.join(sorted(tables))}."
        )
    unfit = sorted(name for name in tables if not _FILE_NAME.fullmatch(name))
    if unfit:
        raise PublishError(
            f"Marts become files, but these names do not fit: {', '.join(unfit)}. "
            "Use letters, digits and underscores."
        )


def _describe(
    con: duckdb.DuckDBPyConnection, night: Night, name: str, comment: str | None
) -> MartSnapshot:
    rows = con.execute(
        "select column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where database_name = 'build' and schema_name = ? and table_name = ? "
        "order by column_index",
        [MARTS_SCHEMA, name],
    ).fetchall()
    columns = tuple(Column(*row) for row in rows)
    info = night.marts.get(name, MartInfo())
    missing = sorted(set(info.order_by) - {column.name for column in columns})
    if missing:
        raise PublishError(
            f"Mart {name} is to be sorted by columns it lacks: {', '.join(missing)}."
        )
    is_hashed = name not in night.operations_marts
    return MartSnapshot(
        name=name,
        comment=comment,
        columns=columns,
        fingerprint=fingerprint(con, MARTS_SCHEMA, name, database="build"),
        content_hash=content_hash(con, MARTS_SCHEMA, name, night.volatile_columns, database="build")
        if is_hashed
        else None,
        info=info,
    )
