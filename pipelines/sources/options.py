"""What a source may declare about its files, and how much a file may cost."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.sources.errors import Note
from pipelines.sources.scans import CsvScan


@dataclass(frozen=True)
class Limits:
    """Bound what one hostile file can take: bytes, columns, time, memory.

    Units: bytes unpacked, times compressed size, archives inside archives, columns,
    bytes per record, seconds and MB per workbook.
    """

    unpacked_bytes: int = 8 * 1024**3
    ratio: float = 250.0
    # Small files may compress better than the ratio without hurting anybody.
    ratio_from_bytes: int = 64 * 1024**2
    depth: int = 3
    members: int = 1_000
    columns: int = 2_000
    record_bytes: int = 16 * 1024**2
    timeout_s: float = 300.0
    memory_mb: int = 1_024


@dataclass(frozen=True)
class Lookup:
    """Names for ids from another array of the same JSON document.

    A column `<column>.<value>` is added: where `column` equals `key` of an element of `records`,
    it holds that element's `value`.
    """

    column: str
    records: str
    key: str
    value: str


@dataclass(frozen=True)
class FileOptions:
    """Say what is known about a file; whatever is not said is found out or refused.

    `header_row` counts as a person does (1 is the first). `sheet` is a name or a glob;
    empty means every visible sheet. `delimiter` may have several characters. `records` names the
    array of a JSON document whose objects are the rows (`cards`, or `data/items`).
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str = ""
    header_row: int | None = None
    has_header: bool = True
    records: str = ""
    lookups: tuple[Lookup, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Skipped:
    """Count the rows that are no data of their own, by kind, with the first 20 row numbers of some.

    `elsewhere` are rows of a mixed file that another entity takes; `folded` are rows of a change
    log that another row of their record stands for.
    """

    empty: int = 0
    subtotal: int = 0
    note: int = 0
    subtotal_rows: tuple[int, ...] = ()
    note_rows: tuple[int, ...] = ()
    elsewhere: int = 0
    folded: int = 0

    @property
    def count(self) -> int:
        """Return all rows but the empty ones, which nobody counts as read."""
        return self.subtotal + self.note + self.elsewhere + self.folded


@dataclass(frozen=True)
class TextTable:
    """One table found in a file, every cell as text.

    `relation` (a name or a subquery, for use after FROM) has `_row BIGINT` (the Excel row, or the record
    number in the file counting the header) and `c0 … cN VARCHAR`, NULL where empty. Grain: one
    row per data row; `headers[i]` names `c<i>`. `malformed` is a relation of the same
    connection: `_row BIGINT, reason_zh, reason_en, sample VARCHAR`.

    Law: rows_read = rows of relation + skipped.count + malformed_count.
    Empty rows are counted apart. A CSV relation is a view that parses the file again at each
    use (faster than keeping a copy), so read it once.
    """

    file: str
    member: str
    sheet: str
    headers: tuple[str, ...]
    relation: str
    header_row: int
    encoding: str | None
    rows_read: int
    skipped: Skipped
    malformed: str
    malformed_count: int
    notes: tuple[Note, ...]
    is_date1904: bool = False
    title: str = ""
    scan: CsvScan | None = None

    @property
    def plain_scan(self) -> CsvScan | None:
        """Return the CSV scan that gives these very rows (a table shaped since is another one)."""
        return self.scan if self.scan and self.scan.relation == self.relation else None


@dataclass(frozen=True)
class Content:
    """One readable thing: a file of its own, or a member unpacked from an archive.

    `name` is only ever text; `path` is where its bytes are.
    """

    file: str
    member: str
    path: Path

    @property
    def label(self) -> str:
        """Name the content for messages."""
        return f"{self.file}/{self.member}" if self.member else self.file

    def renamed(self, member: str, path: Path) -> Content:
        """Point at a member inside this content."""
        inner = f"{self.member}/{member}" if self.member else member
        return dataclasses.replace(self, member=inner, path=path)
