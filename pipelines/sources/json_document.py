"""Read one array of a JSON document (a board, an API answer), with names for ids from its other arrays."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb

from pipelines.core.sql_text import quote_text
from pipelines.sources.errors import DamagedFile
from pipelines.sources.options import Content, FileOptions

# A whole document is one value in memory, so it has a limit of its own.
DOCUMENT_BYTES = 256 * 1024**2
_SMALLEST_BUFFER = 1024**2
_NO_JSON = (duckdb.InvalidInputException, duckdb.IOException)
_numbers = itertools.count(1)


def json_pointer(*keys: str) -> str:
    """Write keys as a JSON pointer, in which nothing but ~ and / is special, as an SQL literal."""
    return quote_text("".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys))


def document_objects(
    con: duckdb.DuckDBPyConnection, path: Path, content: Content, options: FileOptions
) -> str:
    """Return SQL of the objects of the array `options.records`, in its order.

    Grain: one row per object. Columns: `_row` (from 1), `json`.

    Raises:
        DamagedFile: no JSON, or no such array in it; the arrays that it has are named.
    """
    document = _document(path)
    pointer = json_pointer(*options.records.split("/"))
    try:
        found = con.execute(f"select json_type(json, {pointer}) from {document}").fetchone()
        if found is None or found[0] != "ARRAY":
            arrays = _arrays(con, document)
            raise DamagedFile(
                f"JSON 里没有数组“{options.records}”；现有数组：{arrays}",
                f"the JSON has no array {options.records!r}; it has: {arrays}",
                file=content.label,
                fix_zh="请导出整个文档，或选用相应的 preset，或在来源里写 records",
                fix_en="export the whole document, name that system's preset, or declare records",
            )
        # One copy of the array: the document is parsed once, not at every use.
        table = f"json_records_{next(_numbers)}"
        con.execute(
            f"create or replace temp table {table} as select generate_subscripts(items, 1) as _row,"
            f" unnest(items) as json from (select json_extract(json, {pointer})::json[] as items"
            f" from {document})"
        )
    except _NO_JSON as error:
        raise DamagedFile(
            "JSON 不完整或有语法错误",
            "the JSON is cut off or has a syntax error",
            file=content.label,
            value=str(error)[:300],
            fix_zh="请重新导出",
            fix_en="export it again",
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise _too_large(content) from error
    return f"(select _row, json from {table})"


def lookup_columns(
    con: duckdb.DuckDBPyConnection, path: Path, options: FileOptions
) -> dict[str, str]:
    """Return the names that other arrays give to ids: header → SQL over `json`."""
    columns = {}
    for lookup in options.lookups:
        table = f"json_names_{next(_numbers)}"
        pointer = json_pointer(*lookup.records.split("/"))
        con.execute(
            f"create or replace temp table {table} as"
            f" select json_extract_string(item, {json_pointer(lookup.key)}) as key,"
            f" any_value(json_extract_string(item, {json_pointer(lookup.value)})) as value"
            f" from (select unnest(json_extract(json, {pointer})::json[]) as item"
            f" from {_document(path)}) group by key"
        )
        given = f"json_extract_string(json, {json_pointer(*lookup.column.split('.'))})"
        columns[f"{lookup.column}.{lookup.value}"] = (
            f"(select value from {table} where key = {given})"
        )
    return columns


def _document(path: Path) -> str:
    # Twice this much is set aside for every thread, however small the file is.
    size = min(DOCUMENT_BYTES, max(_SMALLEST_BUFFER, path.stat().st_size + 1))
    return (
        f"(select json from read_json_objects({quote_text(str(path))}, format = 'unstructured',"
        f" maximum_object_size = {size}))"
    )


def _too_large(content: Content) -> DamagedFile:
    return DamagedFile(
        "JSON 文档过大，内存放不下",
        "the JSON document is too large for the memory of a landing",
        file=content.label,
        fix_zh="请导出为每行一条记录（JSON Lines）或 CSV",
        fix_en="export it with one record a line (JSON Lines), or as CSV",
    )


def only_records(
    con: duckdb.DuckDBPyConnection, path: Path, content: Content
) -> tuple[str | None, int]:
    """Find where the rows of a JSON file without a declared array lie.

    Returns:
        The path of the only array of objects in a document (`data`, `data/items`), or None where the
        file is a plain array or one object after the other; and how many objects stand at the top.

    Raises:
        DamagedFile: a document with no array of objects, or with several: a person has to choose.
    """
    document = _document(path)
    try:
        found = con.execute(f"select count(*), min(json_type(json)) from {document}").fetchone()
        arrays = _arrays_of_objects(con, document)
    except _NO_JSON:
        return None, 0
    except duckdb.OutOfMemoryException as error:
        raise _too_large(content) from error
    count, kind = found or (0, None)
    if count != 1 or kind != "OBJECT":
        return None, int(count)
    if len(arrays) == 1:
        return arrays[0], 1
    named = ", ".join(arrays) or "-"
    raise DamagedFile(
        f"JSON 文档里要有一个对象数组；现有：{named}",
        f"a JSON document needs one array of objects; it has: {named}",
        file=content.label,
        fix_zh="在来源里写 records，例如 records: data/items",
        fix_en="name one as records in the source, for example records: data/items",
    )


def _arrays_of_objects(con: duckdb.DuckDBPyConnection, document: str) -> list[str]:
    """Return the paths of arrays of objects, one or two levels down, as `records` takes them."""
    tops = f"(select json, unnest(json_keys(json)) as key from {document} where json_type(json) = 'OBJECT')"
    inner = (
        f"(select json_extract(json, '/' || key) as json, key as over from {tops}"
        " where json_type(json, '/' || key) = 'OBJECT')"
    )
    nested = f"(select json, over, unnest(json_keys(json)) as key from {inner})"
    holds_objects = (
        "json_type(json, '/' || key) = 'ARRAY' and json_type(json, '/' || key || '/0') = 'OBJECT'"
    )
    found = con.execute(
        f"select key from {tops} where {holds_objects}"
        f" union all select over || '/' || key from {nested} where {holds_objects}"
    ).fetchall()
    return [path for (path,) in found]


def _arrays(con: duckdb.DuckDBPyConnection, document: str) -> str:
    """Name the arrays at the top of a document, so that a person can choose one."""
    found = con.execute(
        f"select key from (select json, unnest(json_keys(json)) as key from {document}"
        f" where json_type(json) = 'OBJECT')"
        " where json_type(json, '/' || key) = 'ARRAY'"
    ).fetchall()
    return ", ".join(key for (key,) in found) or "-"
