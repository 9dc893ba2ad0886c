"""Read CSV and its relatives: an explicit dialect, every cell as text, every record numbered.

The whole file is parsed by DuckDB where every record has the same number of fields (fast, in
parallel). A file with blank lines, ragged records or doubtful quotes is read again record by
record, which is some ten times slower and says exactly which record is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.sources.dialect import find_delimiter, sample_grid, sample_text
from pipelines.sources.encodings import Decoded, decode_file
from pipelines.sources.errors import EmptyFile, FileUnreadable, LimitExceeded, Note
from pipelines.sources.headers import Header, find_header, header_at, title_above
from pipelines.sources.options import Content, FileOptions
from pipelines.sources.records import read_records
from pipelines.sources.scans import CsvForm, CsvScan
from pipelines.sources.tables import RawRows, suspicious_count_sql


@dataclass(frozen=True)
class DelimitedText:
    """A delimited file, UTF-8 by now, with form and header found, its records not yet counted."""

    content: Content
    work_dir: Path
    decoded: Decoded
    form: CsvForm
    header: Header
    title: str
    options: FileOptions

    @property
    def body_from(self) -> int:
        """Return the number (from 1) of the first record after the header."""
        return self.header.last + 2 if self.options.has_header else 1


# Of each file (by path) that is read record for record by DuckDB: all records, and those of them
# that may have to be skipped.
Counts = dict[Path, tuple[int, int]]


def open_delimited(content: Content, work_dir: Path, options: FileOptions) -> DelimitedText:
    """Decode one delimited text file and find its delimiter and header.

    Raises UndecodableBytes, EmptyFile, LimitExceeded.
    """
    target = work_dir / f"{content.path.name}.utf8"
    decoded = decode_file(content.path, target, label=content.label, declared=options.encoding)
    sample = sample_text(decoded.path)
    delimiter = options.delimiter or find_delimiter(sample)
    grid = sample_grid(sample, delimiter)
    header = _header(grid, content, options)
    width = len(header.texts)
    if width > options.limits.columns:
        raise _too_wide(content, header.first + 1, width, options)
    return DelimitedText(
        content=content,
        work_dir=work_dir,
        decoded=decoded,
        form=CsvForm(delimiter, width, options.limits.record_bytes, "\r" in sample),
        header=header,
        title=title_above(grid, header) if options.has_header else "",
        options=options,
    )


def count_records(con: duckdb.DuckDBPyConnection, texts: Sequence[DelimitedText]) -> Counts:
    """Count the records of many files, those of one form in one parallel pass.

    A file that is missing from the result has records that DuckDB does not take: they are looked
    at one by one. It does not take its fellows along: each is then counted alone.
    """
    forms: dict[CsvForm, list[DelimitedText]] = {}
    for text in texts:
        if not text.decoded.has_blank_lines:
            forms.setdefault(text.form, []).append(text)
    counts: Counts = {}
    for form, alike in forms.items():
        together = _count(con, form, alike)
        counts |= together
        if len(alike) > 1:
            for text in alike:
                if text.decoded.path not in together:
                    counts |= _count(con, form, [text])
    return counts


def _count(con: duckdb.DuckDBPyConnection, form: CsvForm, texts: Sequence[DelimitedText]) -> Counts:
    relation = form.scan_sql([text.decoded.path for text in texts])
    headers = [text.header.texts for text in texts if text.options.has_header]
    sql = suspicious_count_sql(relation, list(form.columns), by="_path", headers=headers)
    try:
        found = con.execute(sql).fetchall()
    except duckdb.InvalidInputException:
        return {}
    return {Path(path): (records, suspicious) for path, records, suspicious in found}


def raw_rows(text: DelimitedText, counts: Counts) -> RawRows:
    """Give the raw rows of a counted file.

    Raises BrokenQuotes, LimitExceeded.
    """
    decoded, form, header = text.decoded, text.form, text.header
    notes = [_encoding_note(decoded), *_delimiter_note(text.options, form.delimiter)]
    scan, is_clean = None, False
    malformed: tuple[tuple[int, str, str, str], ...] = ()
    malformed_count = 0
    if decoded.path in counts:
        records_count, suspicious = counts[decoded.path]
        scan = CsvScan(decoded.path, form, records_count, text.body_from)
        is_clean = not suspicious and all(header.texts)
        relation = scan.numbered
    else:
        records = read_records(
            text.content,
            decoded.path,
            text.work_dir,
            delimiter=form.delimiter,
            width=form.width,
            body_from=text.body_from,
            limits=text.options.limits,
        )
        relation, malformed = records.relation, records.malformed
        malformed_count = records.malformed_count
        notes += records.notes
    return RawRows(
        content=text.content,
        sheet="",
        relation=relation,
        columns=form.columns,
        header_texts=header.texts,
        header_row=header.first + 1 if text.options.has_header else 0,
        body_from=text.body_from,
        encoding=decoded.encoding,
        malformed=malformed,
        malformed_count=malformed_count,
        notes=tuple(notes),
        scan=scan if is_clean else None,
        title=text.title,
    )


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
