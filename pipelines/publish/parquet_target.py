"""Publish the marts as Parquet files, one per mart, all of one night."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name, quote_text
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.duckdb_target import READ_ONLY_MODE
from pipelines.publish.errors import PublishError
from pipelines.publish.files import fsync_directory, fsync_file, require_link_or_nothing
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.links import discard_unshown, flip_link
from pipelines.publish.night import MARTS_SCHEMA, MartSnapshot, NightSnapshot

_LEVEL = 1
"""Of zstd: a fifth less processor time than its default for files one fiftieth larger."""

WRITERS = 2
DISK_WAITERS = 8


class ParquetTarget:
    """Show `published/parquet/<mart>.parquet`; the folder itself is the link that is flipped.

    Equal rows give equal bytes: the staged file is sorted, and row groups are of fixed size.
    """

    name = "parquet"

    def __init__(self, paths: PublishedFolder, limits: DuckDBLimits) -> None:
        self._paths = paths
        self._limits = limits

    def stage(self, night: NightSnapshot) -> None:
        """Write every mart of the audited DuckDB file into a folder of this version.

        Raises:
            PublishError: the folder exists already, or a file lacks rows.
        """
        require_link_or_nothing(self._paths.parquet_link)
        directory = self._paths.parquet_directory(night.version)
        if directory.exists():
            raise PublishError(
                f"{directory} exists already; a published file is never overwritten."
            )
        directory.mkdir(parents=True)
        files = {"marts_file": night.marts_file}
        # Compressing keeps one core busy for each file.
        with (
            duckdb_session(self._limits, read=files, directories=(directory,)) as con,
            ThreadPoolExecutor(WRITERS) as pool,
        ):
            for _ in pool.map(
                lambda mart: _write(con.cursor(), mart, directory / f"{mart.name}.parquet"),
                sorted(night.marts, key=lambda mart: -mart.rows),
            ):
                pass
        # Waiting for the disk keeps no core busy.
        with ThreadPoolExecutor(DISK_WAITERS) as pool:
            for _ in pool.map(fsync_file, sorted(directory.iterdir())):
                pass
        fsync_directory(directory)
        fsync_directory(directory.parent)

    def flip(self, version: str) -> None:
        """Point the folder's link at the version."""
        flip_link(self._paths.parquet_link, self._paths.parquet_directory(version))

    def discard(self, version: str) -> None:
        """Remove the version's folder."""
        discard_unshown(self._paths.parquet_link, self._paths.parquet_directory(version))

    def holds(self, version: str) -> bool:
        """Tell whether the version's folder stands."""
        return self._paths.parquet_directory(version).is_dir()


def _write(con: duckdb.DuckDBPyConnection, mart: MartSnapshot, file: Path) -> None:
    con.execute(
        f"copy marts_file.{MARTS_SCHEMA}.{quote_name(mart.name)} to {quote_text(str(file))} "
        f"(format parquet, compression zstd, compression_level {_LEVEL})"
    )
    written = con.execute(f"select count(*) from {parquet_rows([file])}").fetchall()
    if written[0][0] != mart.rows:
        raise PublishError(f"{file} holds {written[0][0]} rows instead of {mart.rows}.")
    file.chmod(READ_ONLY_MODE)
