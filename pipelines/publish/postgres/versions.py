"""Keep the versions in PostgreSQL: a schema for each, a list of them, and which one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.core.sql_text import quote_name
from pipelines.publish.errors import PublishError
from pipelines.publish.postgres.database import run

if TYPE_CHECKING:
    import psycopg

BOOKS = "gapwise"
"""Schema of what only the publish reads: versions, views it made, who may see what."""

_LONGEST_NAME = 63
_LOCK = 7_203_451

_BOOKS_SQL = f"""
    create schema if not exists {BOOKS};
    create table if not exists {BOOKS}.version (
        kind text not null, version text not null, primary key (kind, version));
    create table if not exists {BOOKS}.shown (kind text primary key, version text not null);
    create table if not exists {BOOKS}.view (
        kind text not null, name text not null, primary key (kind, name));
    create table if not exists {BOOKS}.access (
        login text not null, kind text not null, id text not null, primary key (login, kind, id));
    revoke all on schema {BOOKS} from public;
"""


def open_books(con: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Make the publish's own tables, unless they stand; one publish at a time may go on.

    The lock ends with the transaction: a server that is still busy with a killed publish's
    statement must be done with it before the next one begins.
    """
    run(con, f"select pg_advisory_xact_lock({_LOCK})")
    run(con, _BOOKS_SQL)


def version_schema(kind: str, version: str) -> str:
    """Name the schema of one version.

    Raises:
        PublishError: PostgreSQL would cut the name off.
    """
    name = f"{kind}_{version}"
    if len(name.encode()) > _LONGEST_NAME:
        raise PublishError(
            f"Schema {name} is too long a name for PostgreSQL (up to {_LONGEST_NAME} bytes). "
            "Publish under a shorter version."
        )
    return name


def is_staged(con: psycopg.Connection[tuple[Any, ...]], kind: str, version: str) -> bool:
    """Tell whether a version stands whole: its schema and its entry were committed together."""
    if not has_books(con):
        return False
    found = con.execute(
        f"select 1 from {BOOKS}.version v join pg_namespace n on n.nspname = %s "
        "where v.kind = %s and v.version = %s".encode(),
        [version_schema(kind, version), kind, version],
    )
    return found.fetchone() is not None


def shown_version(con: psycopg.Connection[tuple[Any, ...]], kind: str) -> str | None:
    """Read which version readers see; None before the first."""
    if not has_books(con):
        return None
    row = con.execute(
        f"select version from {BOOKS}.shown where kind = %s".encode(), [kind]
    ).fetchone()
    return None if row is None else str(row[0])


def staged_versions(con: psycopg.Connection[tuple[Any, ...]], kind: str) -> set[str]:
    """List the versions that stand."""
    if not has_books(con):
        return set()
    rows = con.execute(f"select version from {BOOKS}.version where kind = %s".encode(), [kind])
    return {str(version) for (version,) in rows.fetchall()}


def has_books(con: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Tell whether anything was ever published here."""
    row = con.execute("select to_regclass(%s) is not null", [f"{BOOKS}.access"]).fetchone()
    return bool(row and row[0])


def drop_version(con: psycopg.Connection[tuple[Any, ...]], kind: str, version: str) -> None:
    """Remove a version's schema, but nothing that somebody made on top of it.

    Raises:
        psycopg.Error: somebody's view depends on it, or a reader still has it open.
    """
    schema = version_schema(kind, version)
    with con.transaction():
        run(con, f"select pg_advisory_xact_lock({_LOCK})")
        run(con, "set local lock_timeout = '1s'")
        rows = con.execute("select tablename from pg_tables where schemaname = %s", [schema])
        tables = ", ".join(f"{quote_name(schema)}.{quote_name(name)}" for (name,) in rows)
        if tables:
            run(con, f"drop table {tables} restrict")
        run(con, f"drop schema if exists {quote_name(schema)} restrict")
        con.execute(
            f"delete from {BOOKS}.version where kind = %s and version = %s".encode(),
            [kind, version],
        )
