"""The landing log: one record per delivery, saying what was read and where its rows went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.publish.files import replace_file_atomically

Status = Literal["landed", "blocked", "unreadable", "repeated"]


@dataclass(frozen=True)
class Counts:
    """Where the rows of one file went. The law: read = the sum of all the others."""

    read: int = 0
    landed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    exact_duplicates: int = 0
    skipped: int = 0
    held: int = 0

    @property
    def is_reconciled(self) -> bool:
        """Return whether every row read is accounted for."""
        return self.read == (
            self.landed
            + self.unchanged
            + self.quarantined
            + self.exact_duplicates
            + self.skipped
            + self.held
        )


@dataclass(frozen=True)
class LandingRecord:
    """What became of one delivery. Grain: one per delivery and landing contract (fingerprint)."""

    seq: int
    source: str
    entity: str
    name: str
    part: str
    export_on: date
    covers_until: date
    arrived_at: datetime
    status: Status
    fingerprint: str
    counts: Counts = field(default_factory=Counts)
    superseded: int = 0
    deleted: int = 0
    live_keys: int = 0
    live_keys_before: int = 0
    earliest_on: date | None = None
    encodings: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()
    notes_zh: tuple[str, ...] = ()
    error_en: str | None = None
    error_zh: str | None = None
    rows_path: str | None = None
    quarantine_path: str | None = None

    @property
    def landing_id(self) -> str:
        """Files that share an export date form one landing: `2026-03-10`."""
        return self.export_on.isoformat()

    @property
    def is_in_chain(self) -> bool:
        """Return whether the delivery's rows count (a blocked one leaves the last in force)."""
        return self.status in ("landed", "repeated")


class LandingLog:
    """Read and write the records of one company's landings."""

    def __init__(self, landing: Path) -> None:
        self._root = landing / "_log"

    def write(self, record: LandingRecord) -> None:
        """Store one record; a delivery has landed once its record is there."""
        # asdict() copies every value deeply, which takes longer than writing the file.
        body = vars(record) | {"counts": vars(record.counts)}
        text = json.dumps(body, ensure_ascii=False, indent=1, default=_iso)
        replace_file_atomically(self._path(record.source, record.seq), text.encode("utf-8"))

    def of_source(self, source: str) -> list[LandingRecord]:
        """Return the records of one source in order of arrival."""
        return [_read(path) for path in sorted((self._root / source).glob("*.json"))]

    def all(self, sources: Iterable[str]) -> list[LandingRecord]:
        """Return the records of several sources."""
        return [record for source in sources for record in self.of_source(source)]

    def forget_source(self, source: str) -> None:
        """Drop one source's records, so that it lands anew from the archive."""
        for path in (self._root / source).glob("*.json"):
            path.unlink()

    def _path(self, source: str, seq: int) -> Path:
        return self._root / source / f"{seq:08d}.json"


def _read(path: Path) -> LandingRecord:
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    body["counts"] = Counts(**body["counts"])
    for name in ("export_on", "covers_until", "earliest_on"):
        body[name] = date.fromisoformat(body[name]) if body[name] else None
    body["arrived_at"] = datetime.fromisoformat(body["arrived_at"])
    for name in ("encodings", "new_columns", "missing_columns", "notes_en", "notes_zh"):
        body[name] = tuple(body[name])
    return LandingRecord(**body)


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"a landing record cannot hold {type(value).__name__}")


def renamed(record: LandingRecord, part: str) -> LandingRecord:
    """Return the record as part of another part (the same file under a new name)."""
    return replace(record, part=part)
