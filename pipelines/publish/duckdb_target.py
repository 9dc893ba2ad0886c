"""Publish the marts as one read-only DuckDB file that is audited before anyone sees it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.publish.content_hash import content_hash, fingerprint
from pipelines.publish.duckdb_session import (
    STORAGE_NUMBER,
    DuckDBLimits,
    duckdb_session,
    storage_number,
)
from pipelines.publish.errors import PublishError
from pipelines.publish.files import (
    fsync_directory,
    fsync_file,
    remove_path,
    require_link_or_nothing,
)
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.links import discard_unshown, flip_link
from pipelines.publish.night import MARTS_SCHEMA, MartSnapshot, NightSnapshot

COPIERS = 2
READ_ONLY_MODE = 0o444
"""Nobody, a BI tool opened for writing included, changes a file that was audited."""


class DuckDBTarget:
    """Show the marts at `published/marts.duckdb`, a link to `versions/marts-<version>.duckdb`."""

    name = "duckdb"

    def __init__(self, paths: PublishedFolder, limits: DuckDBLimits) -> None:
        self._paths = paths
        self._limits = limits

    def stage(self, night: NightSnapshot) -> None:
        """Copy all marts into a new file of the published format, close it and audit it.

        Raises:
            PublishError: the version exists already, or the copy is not equal to the build.
        """
        require_link_or_nothing(self._paths.marts_link)
        file = night.marts_file
        if file.exists():
            raise PublishError(f"{file} exists already; a published file is never overwritten.")
        file.parent.mkdir(parents=True, exist_ok=True)
        files = {"build": night.night.build_file}
        with duckdb_session(self._limits, read=files, write={"staged": file}) as con:
            con.execute(f"create schema staged.{MARTS_SCHEMA}")
            # Sorting one mart leaves cores idle: two at a time, the largest first.
            with ThreadPoolExecutor(COPIERS) as pool:
                for _ in pool.map(
                    lambda mart: _copy_in_one_transaction(con.cursor(), mart),
                    sorted(night.marts, key=lambda mart: -mart.rows),
                ):
                    pass
            con.execute("checkpoint staged")
            con.execute("detach staged")
        seal(file)
        audit(file, {mart.name: mart.fingerprint for mart in night.marts}, self._limits)

    def flip(self, version: str) -> None:
        """Point `marts.duckdb` at the version, with no foreign log beside either."""
        file = self._paths.marts_file(version)
        # a log left by someone who opened the file for writing makes DuckDB 2 refuse the file,
        # and 1.x merge foreign rows into it
        remove_path(_log_of(file))
        remove_path(_log_of(self._paths.marts_link))
        flip_link(self._paths.marts_link, file)

    def discard(self, version: str) -> None:
        """Remove the version's file."""
        file = self._paths.marts_file(version)
        discard_unshown(self._paths.marts_link, file)
        remove_path(_log_of(file))

    def holds(self, version: str) -> bool:
        """Tell whether the version's file stands."""
        return self._paths.marts_file(version).is_file()


def seal(file: Path) -> None:
    """Make a finished file read-only and wait until it is on disk.

    Raises:
        PublishError: DuckDB left a log beside it, so that not all rows are in the file.
    """
    if _log_of(file).exists():
        raise PublishError(f"{_log_of(file)} still stands beside the closed file.")
    file.chmod(READ_ONLY_MODE)
    fsync_file(file)
    fsync_directory(file.parent)


def audit(file: Path, expected: dict[str, tuple[int, int]], limits: DuckDBLimits) -> None:
    """Open the very file that readers will open and compare it with what was to be published.

    Raises:
        PublishError: another storage format, other tables, or other rows in one of them.
    """
    if storage_number(file) != STORAGE_NUMBER:
        raise PublishError(
            f"{file} is in storage format {storage_number(file)}, but readers on DuckDB 1.x need "
            f"{STORAGE_NUMBER}."
        )
    with duckdb_session(limits, read={"staged": file}) as con:
        found = {
            name: fingerprint(con, MARTS_SCHEMA, name, database="staged")
            for name in _table_names(con, "staged")
        }
    differing = [name for name in expected.keys() | found if expected.get(name) != found.get(name)]
    if differing:
        raise PublishError(
            f"{file} does not hold what was built. Tables that differ: "
            f"{', '.join(sorted(differing))}. The published night stands; run the night again."
        )


def verify_content(file: Path, hashes: dict[str, str], exclude: frozenset[str]) -> None:
    """Check that a kept version still holds the figures that its manifest names.

    Raises:
        PublishError: a mart is missing or its figures are not those that were published.
    """
    with duckdb_session(DuckDBLimits(), read={"kept": file}) as con:
        names = set(_table_names(con, "kept"))
        damaged = [
            name
            for name, expected in sorted(hashes.items())
            if name not in names
            or content_hash(con, MARTS_SCHEMA, name, exclude, database="kept") != expected
        ]
    if damaged:
        raise PublishError(
            f"{file} no longer holds what its manifest says in: {', '.join(damaged)}. "
            "It is not published; rebuild that day with a backfill."
        )


def _log_of(file: Path) -> Path:
    return file.with_name(file.name + ".wal")


def _table_names(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    rows = con.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ?",
        [database, MARTS_SCHEMA],
    ).fetchall()
    return [name for (name,) in rows]


def _copy_in_one_transaction(con: duckdb.DuckDBPyConnection, mart: MartSnapshot) -> None:
    """Copy a mart with its comments: a commit waits for the disk, so one for all of them."""
    con.begin()
    _copy(con, mart)
    con.commit()


def _copy(con: duckdb.DuckDBPyConnection, mart: MartSnapshot) -> None:
    staged = f"staged.{MARTS_SCHEMA}.{quote_name(mart.name)}"
    columns = ", ".join(
        f"{quote_name(column.name)} {column.type}{'' if column.is_nullable else ' not null'}"
        for column in mart.columns
    )
    con.execute(f"create table {staged} ({columns})")
    order = ", ".join(quote_name(name) for name in mart.info.order_by) or "all"
    con.execute(
        f"insert into {staged} select * from build.{MARTS_SCHEMA}.{quote_name(mart.name)} "
        f"order by {order}"
    )
    if mart.comment is not None:
        con.execute(f"comment on table {staged} is {quote_text(mart.comment)}")
    for column in mart.columns:
        if column.comment is not None:
            target = f"{staged}.{quote_name(column.name)}"
            con.execute(f"comment on column {target} is {quote_text(column.comment)}")
