"""Read any delivered file into text tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.sources.archives import unpack
from pipelines.sources.delimited import (
    Counts,
    DelimitedText,
    count_records,
    open_delimited,
    raw_rows,
)
from pipelines.sources.errors import FileUnreadable, UnknownFormat
from pipelines.sources.json_lines import read_json
from pipelines.sources.options import Content, FileOptions, Limits, Skipped, TextTable
from pipelines.sources.parquet import damaged_parquet, read_parquet
from pipelines.sources.spreadsheets import WorkbookWorker, read_workbook
from pipelines.sources.tables import RawRows, text_table

__all__ = [
    "FileOptions",
    "FileUnreadable",
    "Limits",
    "OpenedFile",
    "Skipped",
    "TextTable",
    "count_files",
    "open_file",
    "read_tables",
    "tables_of",
]


@dataclass(frozen=True)
class OpenedFile:
    """A delivered file unpacked and decoded: what its tables are made of, in the file's order."""

    name: str
    contents: tuple[RawRows | DelimitedText, ...]


def read_tables(
    path: Path,
    con: duckdb.DuckDBPyConnection,
    *,
    work_dir: Path,
    options: FileOptions | None = None,
    worker: WorkbookWorker | None = None,
) -> list[TextTable]:
    """Read one file, whatever it is, into text tables on a DuckDB connection.

    Reads csv and its relatives, xlsx, xlsm, xlsb, xls, ods, json, jsonl, parquet, each plain,
    .gz or .zip, by content and not by name, in bounded memory. `work_dir` holds unpacked and
    transcoded copies and must outlive the tables; give each call an empty one.

    Returns: one TextTable per sheet or archive member, in the file's order.
    Raises: a kind of FileUnreadable that names file, place, reason and fix.
    """
    opened = open_file(path, con, work_dir=work_dir, options=options, worker=worker)
    return tables_of(opened, con, count_files(con, [opened]))


def open_file(
    path: Path,
    con: duckdb.DuckDBPyConnection,
    *,
    work_dir: Path,
    options: FileOptions | None = None,
    worker: WorkbookWorker | None = None,
) -> OpenedFile:
    """Do the first half of `read_tables`, up to where the records of CSV files are counted.

    Raises: a kind of FileUnreadable.
    """
    options = options or FileOptions()
    work_dir.mkdir(parents=True, exist_ok=True)
    contents: list[RawRows | DelimitedText] = []
    delivered = Content(path.name, "", _plain_path(path, work_dir))
    for content, kind in unpack(delivered, work_dir, options.limits):
        contents += _contents(content, kind, con, work_dir, options=options, worker=worker)
    return OpenedFile(path.name, tuple(contents))


def count_files(con: duckdb.DuckDBPyConnection, files: Iterable[OpenedFile]) -> Counts:
    """Count the records of every delimited text in these files, those of one form together."""
    contents = [content for file in files for content in file.contents]
    return count_records(con, [text for text in contents if isinstance(text, DelimitedText)])


def tables_of(
    opened: OpenedFile, con: duckdb.DuckDBPyConnection, counts: Counts
) -> list[TextTable]:
    """Do the second half of `read_tables`, with the records counted.

    Raises: a kind of FileUnreadable.
    """
    tables = []
    for content in opened.contents:
        if isinstance(content, DelimitedText):
            tables.append(text_table(con, raw_rows(content, counts)))
        else:
            tables.append(_table_of_cells(con, content))
    if not tables:
        raise UnknownFormat("压缩包里没有文件", "no file in the archive", file=opened.name)
    return tables


def _table_of_cells(con: duckdb.DuckDBPyConnection, raw: RawRows) -> TextTable:
    try:
        return text_table(con, raw)
    except duckdb.Error as error:
        # A damaged page of Parquet comes to light only where it is read; a full disk or memory is none.
        if type(error) not in (duckdb.Error, duckdb.InvalidInputException):
            raise
        raise damaged_parquet(raw.content, error) from error


def _plain_path(path: Path, work_dir: Path) -> Path:
    """Reach the file by a name without wildcards: DuckDB takes `a[1].csv` for a pattern."""
    link = work_dir / "delivered.bin"
    link.unlink(missing_ok=True)
    link.symlink_to(path.resolve())
    return link


def _contents(
    content: Content,
    kind: str,
    con: duckdb.DuckDBPyConnection,
    work_dir: Path,
    *,
    options: FileOptions,
    worker: WorkbookWorker | None,
) -> Sequence[RawRows | DelimitedText]:
    if kind == "delimited":
        return [open_delimited(content, work_dir, options)]
    if kind in ("xlsx", "xlsb", "xls", "ods"):
        return read_workbook(content, work_dir, options, worker=worker)
    if kind == "parquet":
        return [read_parquet(content, con, options)]
    if kind in ("json", "jsonl"):
        return [read_json(content, con, work_dir, options, is_lines=kind == "jsonl")]
    raise _unknown(content, kind)


def _unknown(content: Content, kind: str) -> UnknownFormat:
    if kind == "sqlite":
        return UnknownFormat(
            "这是一个 SQLite 数据库",
            "this is an SQLite database",
            file=content.label,
            fix_zh="写成数据库来源：kind: database, url: sqlite:///文件, table: 表名",
            fix_en="make it a database source: kind: database, url: sqlite:///FILE, table: NAME",
        )
    what = {"html": "网页(HTML)", "xml": "XML", "image": "图片"}.get(kind, kind.upper())
    return UnknownFormat(
        f"内容是{what}，不是表格文件（不论扩展名）",
        f"the content is {kind}, not a table, whatever its name says",
        file=content.label,
        fix_zh="请用 Excel 打开并另存为 xlsx，或导出为 CSV",
        fix_en="open it in Excel and save it as xlsx, or export it as CSV",
    )
