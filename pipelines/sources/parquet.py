"""Read Parquet as a text table: every value in the one spelling that cells are typed from."""

from __future__ import annotations

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name
from pipelines.sources.errors import DamagedFile, LimitExceeded
from pipelines.sources.options import Content, FileOptions
from pipelines.sources.tables import RawRows

_ROW_NUMBER = "file_row_number"


def read_parquet(content: Content, con: duckdb.DuckDBPyConnection, options: FileOptions) -> RawRows:
    """Describe a Parquet file as raw rows; nothing is read yet.

    Timestamps with a zone end in Z (UTC), nested values are JSON text. Rows count from 1.
    """
    scan, number = parquet_rows([content.path]), "row_number() over ()"
    try:
        columns = con.execute(f"describe select * from {scan}").fetchall()
    except duckdb.Error as error:
        raise damaged_parquet(content, error) from error
    named = [(name, kind) for name, kind, *_ in columns]
    # The reader's own number is counted by several threads, unless a column of the file has its name.
    if _ROW_NUMBER not in (name.lower() for name, _ in named):
        scan = parquet_rows([content.path], f"{_ROW_NUMBER} = true")
        number = f"{_ROW_NUMBER} + 1"
    if len(named) > options.limits.columns:
        raise LimitExceeded(
            f"有 {len(named)} 列，最多 {options.limits.columns} 列",
            f"{len(named)} columns, at most {options.limits.columns}",
            file=content.label,
        )
    cells = ", ".join(
        f"nullif({_as_text(name, kind)}, '') as r{i}" for i, (name, kind) in enumerate(named)
    )
    return RawRows(
        content=content,
        sheet="",
        relation=f"(select {number} as _row, {cells} from {scan})",
        columns=tuple(f"r{i}" for i in range(len(named))),
        header_texts=tuple(name for name, _ in named),
        header_row=0,
        body_from=1,
    )


def damaged_parquet(content: Content, error: duckdb.Error) -> DamagedFile:
    """Word that a Parquet file cannot be read."""
    return DamagedFile(
        "Parquet 文件已损坏或不完整",
        "the Parquet file is damaged or cut off",
        file=content.label,
        value=str(error),
        fix_zh="请重新导出",
        fix_en="export it again",
    )


def _as_text(name: str, kind: str) -> str:
    column = quote_name(name)
    if kind == "TIMESTAMP WITH TIME ZONE":
        # An epoch needs no time zone data; a cast to text would take the session's zone.
        utc = f"make_timestamp(epoch_us({column}))"
        return f"replace({utc}::varchar, ' ', 'T') || 'Z'"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "LIST")):
        return f"to_json({column})::varchar"
    return f"{column}::varchar"
