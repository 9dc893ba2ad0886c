"""Pull a source and archive the answer like a file: `pull/erp_orders_2026-03-10T0215.parquet`."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.core.cursor import CursorValue, decode_cursor
from pipelines.landing.archive import Archive, ArchiveDamaged
from pipelines.landing.log import LandingLog
from pipelines.settings import AnyPullSource, CompanyFolder, CompanySettings, DatabaseSource
from pipelines.settings.secrets import SecretUnavailable
from pipelines.sources.pull import PullFailed
from pipelines.sources.pulls import PullOrder, pull_source

REACHED = b"gapwise.cursor_reached"
DEFINITION = b"gapwise.definition"


def admit_pull(
    folder: CompanyFolder,
    settings: CompanySettings,
    source: AnyPullSource,
    archive: Archive,
    seen_at: datetime,
) -> list[tuple[str, str]]:
    """Ask a source for its rows and archive them; return problems (English, Chinese).

    A source that cannot be asked leaves its last landing in force and stops nobody else.

    Args:
        folder: the company's folder.
        settings: company.yml.
        source: what is asked.
        archive: where the answer goes.
        seen_at: when the night began (UTC): the answer covers what happened until then.
    """
    work_dir = folder.warehouse / "work"
    work_dir.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=work_dir, prefix="pull-") as place:
            order = _order(folder, settings, source, archive, seen_at)
            pulled = pull_source(order, Path(place) / "pulled.parquet")
            archive.admit(
                source.name, pulled.path, pull_name(source.name, seen_at, settings.zone), seen_at
            )
    except (PullFailed, SecretUnavailable) as error:
        return [(error.message_en, error.message_zh)]
    except ArchiveDamaged as error:
        return [(str(error), f"{source.name}：上次拉取的存档已损坏，无法确定增量起点：{error}")]
    except OSError as error:
        why = error.strerror or type(error).__name__
        return [
            (
                f"{source.name}: the answer cannot be kept: {why}; check space and rights of the "
                "company folder, then run again",
                f"{source.name}：无法保存拉取结果：{why}；请检查公司文件夹的空间和权限后重跑",
            )
        ]
    return []


def pull_name(source: str, seen_at: datetime, zone: ZoneInfo) -> str:
    """Name a pull by its source and the company's local time, which says what day it covers."""
    return f"pull/{source}_{seen_at.astimezone(zone):%Y-%m-%dT%H%M}.parquet"


def pull_order(
    folder: CompanyFolder, settings: CompanySettings, source: AnyPullSource, pulled_at: datetime
) -> PullOrder:
    """Return the order for everything that a source has."""
    zone = ZoneInfo(source.timezone) if source.timezone else settings.zone
    return PullOrder(source, folder.root, pulled_at, zone)


def _order(
    folder: CompanyFolder,
    settings: CompanySettings,
    source: AnyPullSource,
    archive: Archive,
    seen_at: datetime,
) -> PullOrder:
    order = pull_order(folder, settings, source, seen_at)
    if not isinstance(source, DatabaseSource) or source.cursor is None:
        return order
    definition = _definition(source)
    reached = cursor_reached(folder, source.name, definition, archive)
    return PullOrder(source, folder.root, seen_at, order.zone, reached, definition)


def cursor_reached(
    folder: CompanyFolder, source: str, definition: str, archive: Archive
) -> CursorValue | None:
    """Return how far the archived pulls of a source have come; None: everything is to be pulled.

    It is read from the last archived pull whose rows count, so nothing but the archive is needed. A
    blocked pull does not count: its rows would be missing for ever. A changed query begins anew.

    Raises:
        ArchiveDamaged: that pull cannot be read back.
    """
    fallen = {r.seq for r in LandingLog(folder.landing).of_source(source) if not r.is_in_chain}
    pulls = [
        d
        for d in archive.manifest.deliveries()
        if d.source == source and d.seq not in fallen and d.name.startswith("pull/")
    ]
    if not pulls:
        return None
    with archive.opened(pulls[-1], folder.warehouse / "work") as path:
        try:
            notes = pq.read_metadata(path).metadata or {}
        except pa.ArrowInvalid as error:
            raise ArchiveDamaged(f"{pulls[-1].name}: {error}") from error
    if REACHED not in notes or notes.get(DEFINITION, b"").decode() != definition:
        return None
    return decode_cursor(notes[REACHED].decode())


def _definition(source: DatabaseSource) -> str:
    """Return a hash of what decides which rows and columns come."""
    asked = json.dumps([source.table, source.query, source.cursor], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()[:16]
