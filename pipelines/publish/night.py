"""Say what one night publishes, and what a place that shows it must do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from pipelines.publish.errors import PublishError

MARTS_SCHEMA = "marts"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class MartInfo:
    """What the project knows about one mart beyond its table.

    Attributes:
        order_by: key columns, by which the published rows are sorted; none: by all columns, which
            costs more on a large table. They must identify a row, or equal nights may differ in
            the order of their rows.
        extra: anything to show in the manifest under `info` (grain, descriptions, owner).
    """

    order_by: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Night:
    """One finished build, as it is handed to the publish.

    Attributes:
        version: name of this publish, part of file names; never used twice.
        as_of: the day D that the figures are of.
        run_id: the run that built it.
        contract_version: version of the marts' contract; a breaking change raises it.
        build_file: DuckDB file whose schema `marts` holds the finished tables.
        marts: per mart, what is known beyond its table; marts not named have the defaults.
        volatile_columns: columns outside every content hash (`landed_at`, delivery columns).
        operations_marts: tables that are listed, but stand outside content hashes.
    """

    version: str
    as_of: date
    run_id: str
    contract_version: str
    build_file: Path
    marts: Mapping[str, MartInfo] = field(default_factory=dict)
    volatile_columns: frozenset[str] = frozenset()
    operations_marts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        require_version_name(self.version)


@dataclass(frozen=True)
class Column:
    """One column of a published mart."""

    name: str
    type: str
    is_nullable: bool
    comment: str | None


@dataclass(frozen=True)
class MartSnapshot:
    """One mart as it stands in the build: what every target must show.

    `fingerprint` is (rows, sum of row hashes), for checking copies within this process;
    `content_hash` is None for operations marts.
    """

    name: str
    comment: str | None
    columns: tuple[Column, ...]
    fingerprint: tuple[int, int]
    content_hash: str | None
    info: MartInfo

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.fingerprint[0]


@dataclass(frozen=True)
class NightSnapshot:
    """A night with its marts described; targets read the rows from `marts_file`, once staged."""

    night: Night
    sequence: int
    marts: tuple[MartSnapshot, ...]
    marts_file: Path

    @property
    def version(self) -> str:
        """Name of this publish."""
        return self.night.version


class Target(Protocol):
    """One place where readers see a night: a link, a folder, a database schema.

    Every method may be called again after a crash, and must then end in the same state.
    """

    name: str

    def stage(self, night: NightSnapshot) -> None:
        """Make the new night ready where no reader looks; may take long and may fail."""

    def flip(self, version: str) -> None:
        """Show a staged or kept version, in one step."""

    def discard(self, version: str) -> None:
        """Remove a version that no reader is shown; nothing there is no error."""

    def holds(self, version: str) -> bool:
        """Tell whether that version is staged whole or kept, so that it can be shown."""


def require_version_name(version: str) -> None:
    """Refuse a version that could not be a file name or would leave the folder.

    Raises:
        PublishError: names the version and what is allowed.
    """
    if not _VERSION.fullmatch(version):
        raise PublishError(
            f"Version {version!r} cannot be part of a file name. Allowed: up to 100 letters, "
            "digits, '.', '_' and '-', beginning with a letter or digit."
        )
