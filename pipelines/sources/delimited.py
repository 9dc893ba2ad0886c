"""Read CSV and its relatives: an explicit dialect, every cell as text, every record numbered.

The whole file is parsed by DuckDB where every record has the same number of fields (fast, in
parallel). A file with blank lines, ragged records or doubtful quotes is read again record by
record, which is some ten times slower and says exactly which record is wrong.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb

from pipelines.sources.encodings import Decoded, decode_file
from pipelines.sources.errors import EmptyFile, FileUnreadable, LimitExceeded, Note
from pipelines.sources.headers import Header, find_header, header_at, title_above
from pipelines.sources.options import Content, FileOptions
from pipelines.sources.records import read_records
from pipelines.sources.tables import RawRows, suspicious_count_sql

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_BYTES = 1 << 20
_SAMPLE_RECORDS = 120
_BUFFER_BYTES = 32 * 1024**2


def read_delimited(
    content: Content, con: duckdb.DuckDBPyConnection, work_dir: Path, options: FileOptions
) -> RawRows:
    """Read one delimited text file into raw rows.

    Raises UndecodableBytes, EmptyFile, BrokenQuotes, LimitExceeded.
    """
    target = work_dir / f"{content.path.name}.utf8"
    decoded = decode_file(content.path, target, label=content.label, declared=options.encoding)
    sample = _sample_text(decoded.path)
    delimiter = options.delimiter or find_delimiter(sample)
    grid = _sample_grid(sample, delimiter)
    header = _header(grid, content, options)
    width = len(header.texts)
    if width > options.limits.columns:
        raise _too_wide(content, header.first + 1, width, options)
    notes = [_encoding_note(decoded), *_delimiter_note(options, delimiter)]
    columns = tuple(f"r{i}" for i in range(width))
    body_from = header.last + 2 if options.has_header else 1
    parsed, clean_rows = None, None
    if not decoded.has_blank_lines:
        scan = _scan_sql(decoded.path, delimiter, columns, options)
        total, skippable = _count(con, scan, columns)
        if total is not None:
            parsed = f"(select row_number() over () as _row, * from {scan})"
            if not skippable and all(header.texts):
                clean_rows = total - (body_from - 1)
    malformed: tuple[tuple[int, str, str, str], ...] = ()
    malformed_count = 0
    if parsed is None:
        records = read_records(
            content,
            decoded.path,
            work_dir,
            delimiter=delimiter,
            width=width,
            body_from=body_from,
            limits=options.limits,
        )
        parsed, malformed = records.relation, records.malformed
        malformed_count = records.malformed_count
        notes += records.notes
    return RawRows(
        content=content,
        sheet="",
        relation=parsed,
        columns=columns,
        header_texts=header.texts,
        header_row=header.first + 1 if options.has_header else 0,
        body_from=body_from,
        encoding=decoded.encoding,
        malformed=malformed,
        malformed_count=malformed_count,
        notes=tuple(notes),
        clean_rows=clean_rows,
        title=title_above(grid, header) if options.has_header else "",
    )


def _sample_text(path: Path) -> str:
    with path.open("rb") as handle:
        start = handle.read(_SAMPLE_BYTES)
        is_whole = not handle.read(1)
    if not is_whole and b"\n" in start:
        start = start[: start.rindex(b"\n") + 1]
    return start.decode("utf-8-sig", errors="ignore")


def find_delimiter(sample: str) -> str:
    """Choose the delimiter that splits the sample's records most evenly (comma if none does)."""

    def evenness(delimiter: str) -> float:
        widths = [len(row) for row in _sample_grid(sample, delimiter) if row]
        wide = [width for width in widths if width > 1]
        if not wide:
            return 0.0
        usual = max(set(wide), key=wide.count)
        return wide.count(usual) / len(widths) * (2 - 1 / usual)

    best = max(_DELIMITERS, key=evenness)
    return best if evenness(best) else ","


def _sample_grid(sample: str, delimiter: str) -> list[list[str]]:
    """Parse the sample's first records; a record that cannot be parsed is left out."""
    if len(delimiter) > 1:
        sample, delimiter = sample.replace(delimiter, "\x1f"), "\x1f"
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    previous = csv.field_size_limit(_SAMPLE_BYTES * 2)
    grid: list[list[str]] = []
    try:
        while len(grid) < _SAMPLE_RECORDS:
            try:
                grid.append(next(reader))
            except StopIteration:
                break
            except csv.Error:
                grid.append([])
    finally:
        csv.field_size_limit(previous)
    return grid


def _header(grid: list[list[str]], content: Content, options: FileOptions) -> Header:
    if not options.has_header:
        width = max(map(len, grid), default=0)
        if width:
            return Header(0, 0, tuple(f"column_{i + 1}" for i in range(width)))
    elif options.header_row is not None:
        found = header_at(grid, options.header_row - 1)
        if found:
            return found
    else:
        found = find_header(grid)
        if found:
            return found
    raise EmptyFile(
        "找不到表头：文件里没有内容" if options.header_row is None else "声明的表头行是空的",
        "no header: there is no content" if options.header_row is None
        else "the declared header row is empty",
        file=content.label,
        row=options.header_row,
        fix_zh="请重新导出，或改正 header_row",
        fix_en="export it again, or correct header_row",
    )  # fmt: skip


def _too_wide(content: Content, row: int, width: int, options: FileOptions) -> FileUnreadable:
    return LimitExceeded(
        f"有 {width} 列，最多 {options.limits.columns} 列",
        f"{width} columns, at most {options.limits.columns}",
        file=content.label,
        row=row,
        fix_zh="请核对分隔符，或在来源设置里提高限额",
        fix_en="check the delimiter, or raise the source's limit",
    )


def _encoding_note(decoded: Decoded) -> Note:
    why = {
        "bom": ("按 BOM", "by its BOM"),
        "utf-8": ("全文校验", "whole file checked"),
        "gb18030": ("不是 UTF-8，全文校验", "not UTF-8, whole file checked"),
        "declared": ("按来源声明", "as declared"),
    }[decoded.by]
    name = decoded.encoding.upper()
    return Note("encoding", f"编码 {name}（{why[0]}）", f"encoding {name} ({why[1]})")


def _delimiter_note(options: FileOptions, delimiter: str) -> list[Note]:
    if options.delimiter or delimiter == ",":
        return []
    shown = {"\t": "Tab"}.get(delimiter, delimiter)
    return [Note("delimiter", f"分隔符 {shown}", f"delimiter {shown}")]


def _scan_sql(path: Path, delimiter: str, columns: tuple[str, ...], options: FileOptions) -> str:
    """Give SQL that parses the file with nothing left to be guessed."""
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    record_bytes = options.limits.record_bytes
    return (
        f"read_csv({quoted(str(path))}, auto_detect = false, columns = {{{types}}},"
        f" header = false, delim = {quoted(delimiter)}, quote = '\"', escape = '\"',"
        f" nullstr = '', strict_mode = true, max_line_size = {record_bytes},"
        f" buffer_size = {max(_BUFFER_BYTES, 2 * record_bytes)})"
    )


def _count(
    con: duckdb.DuckDBPyConnection, scan: str, columns: tuple[str, ...]
) -> tuple[int | None, int]:
    """Count all records and those that may have to be skipped, in one parallel pass.

    Returns None where DuckDB does not take every record: then they are looked at one by one.
    """
    try:
        found = con.execute(suspicious_count_sql(scan, list(columns)))
        total, skipped = found.fetchone() or (0, 0)
    except duckdb.InvalidInputException:
        return None, 0
    return total, skipped


def quoted(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
