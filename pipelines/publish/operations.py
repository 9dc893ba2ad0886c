"""Write what the data team sees every morning, also after a night that was held back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines.core.sql_text import quote_name
from pipelines.publish.content_hash import fingerprint
from pipelines.publish.duckdb_session import DuckDBLimits, duckdb_session
from pipelines.publish.duckdb_target import audit, seal
from pipelines.publish.errors import PublishError
from pipelines.publish.files import remove_path
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.links import flip_link, shown_target
from pipelines.publish.night import MARTS_SCHEMA
from pipelines.settings import CompanyFolder

OPERATIONS_SCHEMA = "operations"
_KEEP_FILES = 3
_FILE_NAME = re.compile(r"operations-(\d{6,})\.duckdb")


@dataclass(frozen=True)
class PublishMeta:
    """The one row that tells a reader whether today's figures are today's.

    Attributes:
        state: `published`; `held` by a data check; `failed` for any other reason.
        as_of: day of the figures that readers are shown, None before the first night.
        as_of_attempted: day that the last run worked on.
        version: version that readers are shown, None before the first night.
        reason_zh: why it was held or failed, for people; None when published.
        reason_en: the same in English.
        run_id: the last run.
        updated_at: UTC time of this row.
    """

    state: Literal["published", "held", "failed"]
    as_of: date | None
    as_of_attempted: date
    version: str | None
    reason_zh: str | None
    reason_en: str | None
    run_id: str
    updated_at: datetime

    def __post_init__(self) -> None:
        if self.state not in ("published", "held", "failed"):
            raise PublishError(f"State {self.state!r}: allowed are published, held, failed.")
        if self.state == "published" and (self.as_of is None or self.version is None):
            raise PublishError("A published night has a day and a version.")
        if self.state != "published" and not (self.reason_zh and self.reason_en):
            raise PublishError(f"A {self.state} night says why, in Chinese and in English.")
        if self.updated_at.tzinfo is None:
            raise PublishError(f"updated_at {self.updated_at} has no time zone; pass it in UTC.")


def write_operations_file(
    folder: CompanyFolder,
    tables: Mapping[str, pa.Table | pd.DataFrame],
    meta: PublishMeta,
    *,
    limits: DuckDBLimits | None = None,
) -> Path:
    """Replace `published/operations.duckdb` by a file with these operations marts, whole or not.

    Written on every night, blocked ones included. The file is one of its own, so that a held night
    leaves `marts.duckdb` byte for byte as it was; readers that have the old one open keep it.

    Args:
        folder: the company folder.
        tables: operations marts by name, into schema `marts`; column types must be decided
            already, since an empty frame of objects has none.
        meta: the row of `operations.publish_meta`.
        limits: memory, threads and spill folder.

    Returns:
        The versioned file that the link now shows.

    Raises:
        OSError, duckdb.Error: the old file then stays in force and nothing staged is left.
    """
    paths = PublishedFolder(folder)
    paths.versions.mkdir(parents=True, exist_ok=True)
    chosen = limits or DuckDBLimits(temp_directory=folder.warehouse / "spill")
    files = _operations_files(paths)
    file = paths.versions / f"operations-{max(files, default=0) + 1:06d}.duckdb"
    try:
        expected = _write(file, tables, meta, chosen)
        seal(file)
        audit(file, expected, chosen)
        flip_link(paths.operations_link, file)
    finally:
        if shown_target(paths.operations_link) != f"versions/{file.name}":
            _remove_with_log(file)
    for number in sorted(files)[: 1 - _KEEP_FILES]:
        _remove_with_log(files[number])  # a writer killed half-way left its log too
    return file


def _remove_with_log(file: Path) -> None:
    remove_path(file)
    remove_path(file.with_name(file.name + ".wal"))


def _operations_files(paths: PublishedFolder) -> dict[int, Path]:
    found = ((_FILE_NAME.fullmatch(path.name), path) for path in paths.versions.iterdir())
    return {int(match[1]): path for match, path in found if match}


def _write(
    file: Path,
    tables: Mapping[str, pa.Table | pd.DataFrame],
    meta: PublishMeta,
    limits: DuckDBLimits,
) -> dict[str, tuple[int, int]]:
    with duckdb_session(limits, write={"staged": file}) as con:
        con.execute(f"create schema staged.{MARTS_SCHEMA}")
        con.execute(f"create schema staged.{OPERATIONS_SCHEMA}")
        for name, table in sorted(tables.items()):
            con.register("handed_over", table)
            con.execute(
                f"create table staged.{MARTS_SCHEMA}.{quote_name(name)} as from handed_over"
            )
            con.unregister("handed_over")
        _write_meta(con, meta)
        expected = {
            name: fingerprint(con, MARTS_SCHEMA, name, database="staged") for name in tables
        }
        con.execute("checkpoint staged")
        con.execute("detach staged")
    return expected


def _write_meta(con: duckdb.DuckDBPyConnection, meta: PublishMeta) -> None:
    con.execute(
        f"create table staged.{OPERATIONS_SCHEMA}.publish_meta ("
        "state varchar not null, as_of date, as_of_attempted date not null, version varchar, "
        "reason_zh varchar, reason_en varchar, run_id varchar not null, "
        "updated_at timestamp not null)"
    )
    row = asdict(meta)
    # timestamps of marts are UTC without zone: old drivers need an extension to show zoned ones
    row["updated_at"] = meta.updated_at.astimezone(UTC).replace(tzinfo=None)
    con.execute(
        f"insert into staged.{OPERATIONS_SCHEMA}.publish_meta by name "
        "select $state as state, $as_of::date as as_of, $as_of_attempted as as_of_attempted, "
        "$version as version, $reason_zh as reason_zh, $reason_en as reason_en, "
        "$run_id as run_id, $updated_at as updated_at",
        row,
    )
