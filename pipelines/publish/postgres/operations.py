"""Show the state of the latest night in PostgreSQL, held and failed nights included."""

from __future__ import annotations

import logging
from pathlib import Path

from pipelines.core.sql_text import quote_name
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.errors import PublishError
from pipelines.publish.postgres.database import Database, driver, run
from pipelines.publish.postgres.roles import grant_reading, make_roles
from pipelines.publish.postgres.tables import copy_table, tables_of
from pipelines.publish.postgres.versions import (
    BOOKS,
    drop_version,
    open_books,
    staged_versions,
    version_schema,
)
from pipelines.publish.postgres.views import relations, show_schema
from pipelines.settings.secrets import SecretUnavailable

logger = logging.getLogger("gapwise")

OPERATIONS = "operations"


def show_operations(database: Database, file: Path, limits: DuckDBLimits) -> bool:
    """Let schema `operations` show publish_meta and the operations marts of a finished file.

    It is told after the night, so a database that is down now fails nothing: the next night tells
    it again, and the log says so.

    Args:
        database: where.
        file: the versioned operations file that `operations.duckdb` shows.
        limits: memory, threads and spill folder.

    Returns:
        Whether readers see it.
    """
    try:
        psycopg = driver()
    except PublishError as error:
        logger.warning("PostgreSQL schema %s stays as it was: %s", OPERATIONS, error)
        return False
    try:
        _show(database, file, limits)
    except (psycopg.Error, PublishError, SecretUnavailable) as error:
        logger.warning("PostgreSQL schema %s stays as it was: %s", OPERATIONS, error)
        return False
    return True


def _show(database: Database, file: Path, limits: DuckDBLimits) -> None:
    import psycopg

    version = file.stem.rpartition("-")[2]
    with duckdb_session(limits, read={"state": file}) as duck, database.connected() as con:
        make_roles(con)
        tables = [t for kind in ("marts", OPERATIONS) for t in tables_of(duck, "state", kind)]
        with con.transaction():
            run(con, "set local lock_timeout = '5s'")
            open_books(con)
            stale = staged_versions(con, OPERATIONS)
            # a company folder that was made anew counts from 1 again
            version = version if version not in stale else f"{version}_{len(stale)}"
            schema = version_schema(OPERATIONS, version)
            run(con, f"create schema {quote_name(schema)}")
            for table in tables:
                copy_table(duck, con, schema, table)
            con.execute(
                f"insert into {BOOKS}.version values (%s, %s)".encode(), [OPERATIONS, version]
            )
            filters = dict.fromkeys(relations(con, schema, "r"))
            show_schema(con, OPERATIONS, schema, filters, is_guarded=False)
            grant_reading(con, OPERATIONS)
        for old in sorted(stale):
            try:
                drop_version(con, OPERATIONS, old)
            except psycopg.errors.LockNotAvailable:
                logger.info("PostgreSQL keeps operations %s while it is read", old)
