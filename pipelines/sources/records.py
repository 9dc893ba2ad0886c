"""Read delimited text record by record, where the fast parser refused the file.

Numbers every record as a person counts it, fills short ones, sets aside those with too many
fields or doubtful quotes, and stops at a quotation mark that is never closed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.core.sql_text import parquet_rows
from pipelines.sources.errors import BrokenQuotes, FileUnreadable, LimitExceeded, Note
from pipelines.sources.options import Content, Limits

Malformed = tuple[int, str, str, str]
_BATCH_ROWS = 20_000
_BATCH_CELLS_BYTES = 32 * 1024**2
_KEPT_MALFORMED = 10_000
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Records:
    """Parsed records as a Parquet file; `malformed` keeps the first 10,000 with their reason."""

    relation: str
    malformed: tuple[Malformed, ...]
    malformed_count: int
    notes: list[Note]


class _Lines:
    """Hand lines to the parser and remember those of the record in hand."""

    def __init__(self, path: Path, delimiter: str, record_bytes: int) -> None:
        self.path, self.delimiter, self.record_bytes = path, delimiter, record_bytes
        self.held: list[str] = []
        self.held_bytes = 0

    def start(self) -> None:
        self.held, self.held_bytes = [], 0

    def __iter__(self) -> Iterator[str]:
        with self.path.open("r", encoding="utf-8-sig", newline="\n") as handle:
            # A bound on each read: a file may be one endless line.
            while line := handle.readline(self.record_bytes + 1):
                self.held.append(line)
                self.held_bytes += len(line)
                if self.held_bytes > self.record_bytes:
                    raise _RecordTooLong
                if len(self.delimiter) > 1:
                    line = line.replace(self.delimiter, _SEPARATOR)
                yield line

    @property
    def text(self) -> str:
        return "".join(self.held)[:200].rstrip("\r\n")


class _RecordTooLong(Exception):
    """A record is longer than the limit; the caller knows which."""


class _Sheet:
    """Collect records and write them to Parquet a batch at a time."""

    def __init__(self, path: Path, width: int) -> None:
        self.width = width
        fields = [pa.field("_row", pa.int64())]
        fields += [pa.field(f"r{i}", pa.string()) for i in range(width)]
        self.schema = pa.schema(fields)
        self.writer = pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=1)
        self.numbers: list[int] = []
        self.rows: list[list[str]] = []
        self.size = 0

    def add(self, number: int, row: list[str], size: int) -> None:
        self.numbers.append(number)
        self.rows.append(row)
        self.size += size
        if len(self.rows) >= _BATCH_ROWS or self.size >= _BATCH_CELLS_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self.rows:
            return
        columns = [[cell or None for cell in column] for column in zip(*self.rows, strict=True)]
        arrays = [pa.array(self.numbers, pa.int64())]
        arrays += [pa.array(column, pa.string()) for column in columns]
        self.writer.write_table(pa.table(arrays, schema=self.schema))
        self.numbers, self.rows, self.size = [], [], 0


def read_records(
    content: Content,
    path: Path,
    work_dir: Path,
    *,
    delimiter: str,
    width: int,
    body_from: int,
    limits: Limits,
) -> Records:
    """Parse a UTF-8 text file record by record.

    Blank lines count as records (a person sees them). Raises BrokenQuotes where a quotation mark
    swallows lines, LimitExceeded where a record is longer than the limit.
    """
    target = work_dir / f"{content.path.name}.records.parquet"
    sheet = _Sheet(target, width)
    malformed: list[Malformed] = []
    malformed_count, short_count = 0, 0
    short_rows: list[int] = []
    for number, row, wrong, lines in _parsed(content, path, delimiter, limits):
        is_body = number >= body_from
        reason = wrong or _too_many(row, width)
        if reason is not None and is_body:
            malformed_count += 1
            if len(malformed) < _KEPT_MALFORMED:
                malformed.append((number, *reason, lines.text))
            continue
        cells = (row or [])[:width]
        if is_body and 0 < len(cells) < width:
            short_count += 1
            short_rows += [number] if len(short_rows) < 5 else []
        sheet.add(number, cells + [""] * (width - len(cells)), lines.held_bytes)
    sheet.flush()
    sheet.writer.close()
    relation = parquet_rows([target])
    note = _short_note(short_count, short_rows)
    return Records(relation, tuple(malformed), malformed_count, note)


def _too_many(row: list[str] | None, width: int) -> tuple[str, str] | None:
    """Word what is wrong with a record that has values beyond the last header."""
    extra = [cell for cell in (row or [])[width:] if cell.strip()]
    if not extra:
        return None
    return (
        f"比表头多 {len(extra)} 个字段（第 {width} 列之后）",
        f"{len(extra)} more fields than the header (after column {width})",
    )


def _parsed(
    content: Content, path: Path, delimiter: str, limits: Limits
) -> Iterator[tuple[int, list[str] | None, tuple[str, str] | None, _Lines]]:
    """Yield each record's number, fields (None if unparseable), and what is wrong with it."""
    lines = _Lines(path, delimiter, limits.record_bytes)
    one = delimiter if len(delimiter) == 1 else _SEPARATOR
    previous = csv.field_size_limit(limits.record_bytes)
    number = 0
    try:
        reader = csv.reader(iter(lines), delimiter=one, strict=True)
        while True:
            number += 1
            lines.start()
            try:
                row = next(reader)
            except StopIteration:
                return
            except _RecordTooLong:
                raise _too_long(content, number, lines, limits) from None
            except csv.Error as error:
                if "unexpected end" in str(error) or len(lines.held) > 1:
                    raise _unclosed(content, number, lines) from error
                reason = (f"引号或换行不合规：{error}", f"quotes or line ends are wrong: {error}")
                yield number, None, reason, lines
                continue
            yield number, row, None, lines
    finally:
        csv.field_size_limit(previous)


def _unclosed(content: Content, number: int, lines: _Lines) -> FileUnreadable:
    return BrokenQuotes(
        "引号没有闭合，后面的行无法区分",
        "a quotation mark is not closed, the rows after it cannot be told apart",
        file=content.label,
        row=number,
        value=lines.text,
        fix_zh="请在这一行补上或删去引号，或重新导出",
        fix_en="close or remove the quotation mark in this row, or export again",
    )


def _too_long(content: Content, number: int, lines: _Lines, limits: Limits) -> FileUnreadable:
    if '"' in "".join(lines.held)[:1_000_000]:
        return _unclosed(content, number, lines)
    return LimitExceeded(
        f"一行超过 {limits.record_bytes} 字节",
        f"one record is longer than {limits.record_bytes} bytes",
        file=content.label,
        row=number,
        value=lines.text[:80],
        fix_zh="请核对文件是否是表格",
        fix_en="check whether the file is a table",
    )


def _short_note(short: int, rows: list[int]) -> list[Note]:
    if not short:
        return []
    at = ", ".join(map(str, rows)) + ("…" if short > len(rows) else "")
    zh = f"{short} 行字段不足，缺的按空值（第 {at} 行）"
    return [Note("short_rows", zh, f"{short} short rows, missing fields are empty (rows {at})")]
