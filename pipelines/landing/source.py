"""Land one source: take what lies in the inbox, then land every delivery that has not landed yet."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipelines.landing.archive import Archive, FileStillChanging
from pipelines.landing.batch import LandingContext
from pipelines.landing.connection import LandingDatabase
from pipelines.landing.contract import load_entities
from pipelines.landing.fingerprint import landing_fingerprint
from pipelines.landing.land import land_batch
from pipelines.landing.log import LandingLog, LandingRecord
from pipelines.landing.manifest import Delivery
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.pull import admit_pull
from pipelines.settings import (
    CompanyFolder,
    CompanySettings,
    ConfigurationError,
    FileSource,
    SourceSettings,
)

BATCH_BYTES = 64 * 1024**2
BATCH_FILES = 200
Problem = tuple[str, str]  # (English, Chinese)
TEMPORARY_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".filepart")


@dataclass(frozen=True)
class SourceLanding:
    """What a night found of one source."""

    source: str
    records: tuple[LandingRecord, ...]
    new_records: tuple[LandingRecord, ...]
    problems: tuple[Problem, ...]


def land_source(
    folder: CompanyFolder,
    settings: CompanySettings,
    source: SourceSettings,
    vocabulary: Vocabulary,
    seen_at: datetime,
    *,
    pulls: bool = True,
) -> SourceLanding:
    """Archive and land one source; its troubles are reported, not raised.

    Args:
        folder: the company's folder.
        settings: company.yml.
        source: which source.
        vocabulary: the company's words, from the rules in force.
        seen_at: arrival time of whatever is new (UTC).
        pulls: whether databases and services are asked; a night that may use nothing new asks none.

    Returns:
        Every record of the source and those made now, with problems in both languages.
    """
    archive = Archive(folder.archive)
    if isinstance(source, FileSource):
        problems = admit_inbox(folder, source, archive, seen_at)
        return land_archived(folder, settings, source, vocabulary, problems)
    # What is archived lands first: an incremental pull must know whether the last one was blocked.
    before = land_archived(folder, settings, source, vocabulary, [])
    if not pulls:
        return before
    problems = admit_pull(folder, settings, source, archive, seen_at)
    after = land_archived(folder, settings, source, vocabulary, problems)
    return replace(after, new_records=(*before.new_records, *after.new_records))


def admit_inbox(
    folder: CompanyFolder, source: FileSource, archive: Archive, seen_at: datetime
) -> list[Problem]:
    """Archive every file that matches the source's glob, oldest export first; return problems."""
    problems: list[Problem] = []
    for file in inbox_files(folder, source):
        name = _shown(folder, file)
        try:
            archive.admit(source.name, file, name, seen_at)
        except FileStillChanging as error:
            problems.append(
                (str(error), f"{name} 正在写入，留到下一晚读取；请先用临时文件名写完再改名。")
            )
        except OSError as error:
            problems.append(
                (
                    f"{name} cannot be read: {error.strerror}; check its rights, then run again",
                    f"{name} 无法读取：{error.strerror}；请检查文件权限后重跑",
                )
            )
    return problems


def inbox_files(folder: CompanyFolder, source: FileSource) -> list[Path]:
    """Return the files of a source in order of name, temporary and lock files left out."""
    pattern = source.path if Path(source.path).is_absolute() else str(folder.root / source.path)
    # Path.glob takes no absolute pattern.
    found = [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    return [path for path in found if path.is_file() and not is_left_out(path)]


def is_left_out(path: Path) -> bool:
    """Tell whether a file is none that anybody delivered: locks of Excel, hidden and half-written ones."""
    return path.name.startswith(("~$", ".~lock", ".")) or path.name.endswith(TEMPORARY_SUFFIXES)


def _shown(folder: CompanyFolder, file: Path) -> str:
    return str(file.relative_to(folder.root)) if file.is_relative_to(folder.root) else str(file)


def waiting_bytes(folder: CompanyFolder, source: SourceSettings) -> int:
    """Return how much of a source is archived and has not landed."""
    records = LandingLog(folder.landing).of_source(source.name)
    missing, _ = _not_landed(Archive(folder.archive), source, records)
    return sum(delivery.size_bytes for delivery in missing)


def land_archived(
    folder: CompanyFolder,
    settings: CompanySettings,
    source: SourceSettings,
    vocabulary: Vocabulary,
    problems: list[Problem],
    database: LandingDatabase | None = None,
) -> SourceLanding:
    """Land what is archived of one source and has not landed.

    Arguments as for `land_source`; cells are typed on `database`, or on one of its own.
    """
    entity = load_entities().get(source.entity)
    if entity is None:
        known = ", ".join(load_entities())
        raise ConfigurationError(
            f"source {source.name!r}: no entity {source.entity!r}; known: {known}"
        )
    fingerprint = landing_fingerprint(settings, source, entity, vocabulary)
    archive, log = Archive(folder.archive), LandingLog(folder.landing)
    records = _still_valid(log, source, fingerprint)
    missing, parts = _not_landed(archive, source, records)
    new: list[LandingRecord] = []
    if missing:
        with ExitStack() as opened:
            work_dir = folder.warehouse / "work"
            database = database or opened.enter_context(
                LandingDatabase(work_dir, reach=folder.root)
            )
            context = LandingContext(
                con=opened.enter_context(database.connection()),
                settings=settings,
                source=source,
                entity=entity,
                vocabulary=vocabulary,
                fingerprint=fingerprint,
                company_root=folder.root,
                landing_root=folder.landing,
                work_dir=work_dir,
            )
            for batch in _batches(missing):
                for record in land_batch(context, archive, batch, [*records, *new], parts):
                    log.write(record)
                    new.append(record)
    return SourceLanding(source.name, (*records, *new), tuple(new), tuple(problems))


def _still_valid(log: LandingLog, source: SourceSettings, fingerprint: str) -> list[LandingRecord]:
    """Return what has landed; under other settings or words everything lands anew."""
    records = log.of_source(source.name)
    if all(record.fingerprint == fingerprint for record in records):
        return records
    log.forget_source(source.name)
    return []


def _not_landed(
    archive: Archive, source: SourceSettings, records: list[LandingRecord]
) -> tuple[list[Delivery], dict[str, str]]:
    """Return the deliveries that wait, and the part that each content landed under before."""
    deliveries = [d for d in archive.manifest.deliveries() if d.source == source.name]
    landed = {record.seq: record.part for record in records}
    parts: dict[str, str] = {}
    for delivery in deliveries:
        if delivery.seq in landed:
            parts.setdefault(delivery.sha256, landed[delivery.seq])
    return [d for d in deliveries if d.seq not in landed], parts


def _batches(deliveries: list[Delivery]) -> Iterator[list[Delivery]]:
    """Cut deliveries into batches of bounded size: many small files together, a large one alone."""
    batch: list[Delivery] = []
    size = 0
    for delivery in deliveries:
        if batch and (size + delivery.size_bytes > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(delivery)
        size += delivery.size_bytes
    if batch:
        yield batch
