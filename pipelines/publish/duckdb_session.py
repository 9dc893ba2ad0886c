"""Open DuckDB for one publishing step, with nothing in reach but the files of that step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.core.sql_text import quote_name, quote_text

STORAGE_VERSION = "v1.0.0"
"""Storage format of published files: the oldest that DuckDB 1.x drivers in BI tools can read."""

STORAGE_NUMBER = 64
"""The number that format carries at byte 12 of the file."""

_STORAGE_NUMBER_AT = 12


@dataclass(frozen=True)
class DuckDBLimits:
    """Bound what one publish may take of the machine; None leaves DuckDB's own default.

    memory_limit reads like '2GB'; temp_directory is where larger sorts spill.
    """

    memory_limit: str | None = None
    temp_directory: Path | None = None
    threads: int | None = None


def storage_number(path: Path) -> int:
    """Read from a DuckDB file's header which storage format it is written in."""
    with path.open("rb") as file:
        header = file.read(_STORAGE_NUMBER_AT + 8)
    return int.from_bytes(header[_STORAGE_NUMBER_AT:], "little")


@contextmanager
def duckdb_session(
    limits: DuckDBLimits,
    *,
    read: Mapping[str, Path] | None = None,
    write: Mapping[str, Path] | None = None,
    directories: tuple[Path, ...] = (),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach the named files, forbid everything else, and close it all at the end.

    Args:
        limits: memory, threads, spill folder.
        read: alias to existing file, attached read-only.
        write: alias to file, made in the published storage format; the caller waits for the disk
            when it is finished (`seal`), not every commit.
        directories: folders that COPY may write to.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if limits.memory_limit is not None:
        config["memory_limit"] = limits.memory_limit
    if limits.temp_directory is not None:
        limits.temp_directory.mkdir(parents=True, exist_ok=True)
        config["temp_directory"] = str(limits.temp_directory)
    if limits.threads is not None:
        config["threads"] = limits.threads
    if write:
        config["fsync_mode"] = "none"
    with duckdb.connect(":memory:", config=config) as con:
        for alias, path in (read or {}).items():
            con.execute(f"attach {quote_text(str(path))} as {quote_name(alias)} (read_only)")
        for alias, path in (write or {}).items():
            con.execute(
                f"attach {quote_text(str(path))} as {quote_name(alias)} "
                f"(storage_version {quote_text(STORAGE_VERSION)})"
            )
        _lock_down(con, _allowed(limits, read, write, directories))
        yield con


def _allowed(
    limits: DuckDBLimits,
    read: Mapping[str, Path] | None,
    write: Mapping[str, Path] | None,
    directories: tuple[Path, ...],
) -> list[Path]:
    files = [*(read or {}).values(), *(write or {}).values()]
    spill = [] if limits.temp_directory is None else [limits.temp_directory]
    return sorted({*(path.parent for path in files), *directories, *spill})


def _lock_down(con: duckdb.DuckDBPyConnection, directories: list[Path]) -> None:
    # in this order: the allowed folders cannot be set once external access is off
    listed = ", ".join(quote_text(str(directory)) for directory in directories)
    con.execute(f"set allowed_directories = [{listed}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
