"""Read JSON arrays of objects, JSON lines and an array inside a JSON document as text tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines.core.sql_text import quote_text
from pipelines.sources.encodings import decode_file
from pipelines.sources.errors import DamagedFile, EmptyFile, LimitExceeded, Note
from pipelines.sources.json_document import (
    document_objects,
    json_pointer,
    lookup_columns,
    only_records,
)
from pipelines.sources.options import Content, FileOptions
from pipelines.sources.tables import RawRows


def read_json(
    content: Content,
    con: duckdb.DuckDBPyConnection,
    work_dir: Path,
    options: FileOptions,
    *,
    is_lines: bool,
) -> RawRows:
    """Describe a JSON file as raw rows: one object is one row, its keys are the headers.

    Keys of later objects are found too (one pass over the file). Nested lists and objects stay
    JSON text. Rows count objects from 1. With `options.records` the rows are the objects of that
    array of the document, and `options.lookups` add names for ids from its other arrays.
    """
    target = work_dir / f"{content.path.name}.utf8"
    decoded = decode_file(content.path, target, label=content.label, declared=options.encoding)
    notes = [
        Note(
            "encoding",
            f"编码 {decoded.encoding.upper()}",
            f"encoding {decoded.encoding.upper()}",
        )
    ]
    shape = "newline_delimited" if is_lines else "array"
    if not is_lines and not options.records and _begins_with_object(decoded.path):
        found, count = only_records(con, decoded.path, content)
        if found:
            options = replace(options, records=found)
            notes.append(
                Note("records", f"行取自 JSON 数组 {found}", f"rows are the JSON array {found}")
            )
        elif count > 1:
            shape = "unstructured"  # one object after the other, whatever the file is called
    if options.records:
        objects = document_objects(con, decoded.path, content, options)
    else:
        objects = _objects_sql(decoded.path, shape, options)
    headers, texts = _cells(con, decoded.path, objects, content, options)
    cells = ", ".join(f"{text} as r{i}" for i, text in enumerate(texts))
    return RawRows(
        content=content,
        sheet="",
        relation=f"(select _row, {cells} from {objects})",
        columns=tuple(f"r{i}" for i in range(len(headers))),
        header_texts=tuple(headers),
        header_row=0,
        body_from=1,
        encoding=decoded.encoding,
        notes=tuple(notes),
    )


def _objects_sql(path: Path, shape: str, options: FileOptions) -> str:
    """Give SQL of all objects of a file, numbered from 1."""
    return (
        f"(select row_number() over () as _row, json from read_json_objects({quote_text(str(path))},"
        f" format = '{shape}', maximum_object_size = {options.limits.record_bytes}))"
    )


def _cells(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    objects: str,
    content: Content,
    options: FileOptions,
) -> tuple[list[str], list[str]]:
    """Return the headers of all objects and, for each, the SQL of its cell."""
    keys = _keys(con, objects, content)
    if len(keys) > options.limits.columns:
        raise LimitExceeded(
            f"有 {len(keys)} 个字段，最多 {options.limits.columns} 个",
            f"{len(keys)} keys, at most {options.limits.columns}",
            file=content.label,
        )
    texts = [f"nullif(json_extract_string(json, {json_pointer(key)}), '')" for key in keys]
    named = lookup_columns(con, path, options) if options.records else {}
    return [*keys, *named], [*texts, *named.values()]


def _begins_with_object(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(256).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _keys(con: duckdb.DuckDBPyConnection, objects: str, content: Content) -> list[str]:
    """List all keys, those of the first objects first. Raises DamagedFile, EmptyFile."""
    try:
        odd = con.execute(
            f"select min(_row) from {objects} where json_type(json) <> 'OBJECT'"
        ).fetchone()
        found = con.execute(
            f"select key from (select _row, unnest(json_keys(json)) as key,"
            f" generate_subscripts(json_keys(json), 1) as place from {objects})"
            f" group by key order by min((_row, place))"
        ).fetchall()
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise DamagedFile(
            "JSON 不完整或有语法错误",
            "the JSON is cut off or has a syntax error",
            file=content.label,
            value=str(error),
            fix_zh="请重新导出；应为对象数组或每行一个对象",
            fix_en="export it again, as an array of objects or one object per line",
        ) from error
    if odd and odd[0] is not None:
        raise DamagedFile(
            "JSON 里有不是对象的元素",
            "the JSON has an element that is no object",
            file=content.label,
            row=odd[0],
        )
    if not found:
        raise EmptyFile("JSON 里没有对象", "the JSON has no objects", file=content.label)
    return [key for (key,) in found]
