"""Publish the marts to PostgreSQL: staged in a schema of their own, shown by views in one step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from pipelines.core.sql_text import quote_name
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.errors import FlipRefusedError, PublishError
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import kept_manifests
from pipelines.publish.night import MARTS_SCHEMA, MartSnapshot, NightSnapshot
from pipelines.publish.postgres.access import row_filters, write_access
from pipelines.publish.postgres.database import Database, PostgresLostError, retried, run
from pipelines.publish.postgres.restricted import restricted_tables
from pipelines.publish.postgres.roles import close_database, grant_reading, make_roles
from pipelines.publish.postgres.tables import TableCopy, copy_table, require_rows
from pipelines.publish.postgres.versions import (
    BOOKS,
    drop_version,
    is_staged,
    open_books,
    shown_version,
    staged_versions,
    version_schema,
)
from pipelines.publish.postgres.views import relations, show_schema
from pipelines.settings import RowPolicies

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger("gapwise")

RESTRICTED = "restricted"
PATIENCE_SECONDS = 300.0
"""How long a flip waits for readers that keep a transaction open; nobody waits for the flip."""

_KINDS = (MARTS_SCHEMA, RESTRICTED)


class PostgresTarget:
    """Show the marts as views of schema `marts` over tables of schema `marts_<version>`.

    Args:
        database: where.
        paths: the published folder, whose manifests say which versions are kept.
        limits: memory, threads and spill folder of the DuckDB connection that is read.
        policies: who sees which rows; None: whoever may read sees all.
        patience_seconds: how long to try for the views' locks.
    """

    name = "postgres"

    def __init__(
        self,
        database: Database,
        paths: PublishedFolder,
        limits: DuckDBLimits,
        policies: RowPolicies | None = None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._paths = paths
        self._limits = limits
        self._policies = policies
        self._patience_seconds = patience_seconds

    def stage(self, night: NightSnapshot) -> None:
        """Copy all marts into a schema of this version, committed whole or not at all.

        Raises:
            PostgresLostError: three tries failed.
            PublishError: what PostgreSQL refused, or a table lacks rows.
        """
        self._sweep()
        retried(lambda: self._stage(night))

    def flip(self, version: str) -> None:
        """Let all views show the version in one transaction.

        Raises:
            FlipRefusedError: certainly nothing changed: no connection, or readers held the views.
            PublishError: the connection was lost while committing; the next run completes it.
        """
        import psycopg

        is_committing = False
        try:
            with self._database.connected() as con:
                self._prepare_patiently(con, version)
                is_committing = True
                run(con, "commit")
        except (psycopg.Error, PostgresLostError) as error:
            said = " ".join(str(error).split())[:500]
            if is_committing:
                raise PublishError(
                    f"PostgreSQL went away while it showed version {version}: {said} "
                    "The next run completes it."
                ) from error
            raise FlipRefusedError(f"PostgreSQL cannot show version {version}: {said}") from error

    def discard(self, version: str) -> None:
        """Remove a version; what cannot be removed now is removed by a later night's stage.

        Raises:
            PublishError: readers are shown this very version.
        """
        try:
            with self._database.connected() as con:
                if shown_version(con, MARTS_SCHEMA) == version:
                    raise PublishError(
                        f"PostgreSQL shows version {version} to its readers; it is not removed."
                    )
                self._drop(con, version)
        except PostgresLostError as error:
            logger.warning("PostgreSQL keeps version %s for now: %s", version, error)

    def holds(self, version: str) -> bool:
        """Tell whether the version stands whole in the database."""
        with self._database.connected() as con:
            return all(is_staged(con, kind, version) for kind in _KINDS)

    def _stage(self, night: NightSnapshot) -> None:
        import psycopg

        files = {"marts_file": night.marts_file, "build": night.night.build_file}
        with duckdb_session(self._limits, read=files) as duck, self._database.connected() as con:
            try:
                make_roles(con)
                close_database(con)
                restricted = restricted_tables(duck, "build")
                with con.transaction():
                    open_books(con)
                    run(con, "set local maintenance_work_mem = '256MB'")
                    for kind, tables in (
                        (MARTS_SCHEMA, [_table(mart) for mart in night.marts]),
                        (RESTRICTED, restricted),
                    ):
                        schema = _new_schema(con, kind, night.version)
                        for table in tables:
                            written = copy_table(duck, con, schema, table)
                            if kind == MARTS_SCHEMA:
                                expected = {m.name: m.rows for m in night.marts}[table.name]
                                require_rows(schema, table.name, written, expected)
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                raise PublishError(_refusal(error)) from error

    def _prepare_patiently(self, con: psycopg.Connection[tuple[Any, ...]], version: str) -> None:
        """Do everything but the commit; start again where a reader holds a view."""
        import psycopg

        # a short lock timeout, since new readers queue behind whoever waits for a lock
        held = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
        tries = Retrying(
            retry=retry_if_exception_type(held),
            stop=stop_after_delay(self._patience_seconds),
            wait=wait_random(0.5, 2),
            reraise=True,
        )
        tries(_or_roll_back(con, lambda: self._prepare(con, version)))

    def _prepare(self, con: psycopg.Connection[tuple[Any, ...]], version: str) -> None:
        run(con, "begin; set local lock_timeout = '1s'")
        open_books(con)
        for kind in _KINDS:
            schema = version_schema(kind, version)
            policies = self._policies if kind == MARTS_SCHEMA else None
            filters = row_filters(relations(con, schema, "r"), schema, policies)
            show_schema(con, kind, schema, filters, is_guarded=policies is not None)
            grant_reading(con, kind)
            con.execute(
                f"insert into {BOOKS}.shown values (%s, %s) "
                "on conflict (kind) do update set version = excluded.version".encode(),
                [kind, version],
            )
        write_access(con, version_schema(MARTS_SCHEMA, version), self._policies)

    def _sweep(self) -> None:
        """Drop versions that nobody keeps: of killed publishes, and those once still in use."""
        kept = {manifest.version for manifest in kept_manifests(self._paths)}
        with self._database.connected() as con:
            shown = shown_version(con, MARTS_SCHEMA)
            standing = set().union(*(staged_versions(con, kind) for kind in _KINDS))
            for version in sorted(standing - kept - {shown}):
                self._drop(con, version)

    def _drop(self, con: psycopg.Connection[tuple[Any, ...]], version: str) -> None:
        import psycopg

        for kind in _KINDS:
            try:
                if version in staged_versions(con, kind):
                    drop_version(con, kind, version)
            except psycopg.OperationalError as error:
                if con.broken:
                    raise
                logger.warning("PostgreSQL keeps %s for now: %s", version, error)
            except psycopg.errors.DependentObjectsStillExist as error:
                logger.warning("PostgreSQL keeps %s: somebody built on it: %s", version, error)


def _or_roll_back(
    con: psycopg.Connection[tuple[Any, ...]], action: Callable[[], None]
) -> Callable[[], None]:
    def attempt() -> None:
        try:
            action()
        # Whatever it was, a keystroke included, is raised again: the next attempt, or the taking
        # back of the publish, must not find a failed transaction on this connection.
        except BaseException:
            if not con.broken:
                con.rollback()
            raise

    return attempt


def _new_schema(con: psycopg.Connection[tuple[Any, ...]], kind: str, version: str) -> str:
    schema = version_schema(kind, version)
    run(con, f"create schema {quote_name(schema)}")
    con.execute(f"insert into {BOOKS}.version values (%s, %s)".encode(), [kind, version])
    return schema


def _table(mart: MartSnapshot) -> TableCopy:
    return TableCopy(
        name=mart.name,
        source=f"marts_file.{MARTS_SCHEMA}.{quote_name(mart.name)}",
        columns=mart.columns,
        key=mart.info.order_by,
        comment=mart.comment,
    )


def _refusal(error: Exception) -> str:
    said = " ".join(str(error).split())[:500]
    return (
        f"PostgreSQL refused the night: {said}. Readers keep the night they have. "
        "Check the rights of the publishing login (docs/bi-postgres.md), then run again."
    )
