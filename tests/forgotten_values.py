"""Search a company folder for a value, in every file and packing; shares no code with what erases."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def places_of(home: Path, values: list[str]) -> list[tuple[str, str]]:
    """Return (file, value) wherever one of the values still stands."""
    found = []
    assert any(home.iterdir()), "an empty folder proves nothing"
    for path in sorted(home.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        texts = [path.name, *_texts(path)]
        plain = "\n".join(texts)
        narrow = "".join(c for c in plain if c not in " \u3000-")
        found += [
            (str(path.relative_to(home)), value)
            for value in values
            for spelled in (value, json.dumps(value)[1:-1])
            if spelled in plain or spelled in narrow
        ]
    return found


def _texts(path: Path) -> Iterator[str]:
    head = path.read_bytes()[:16]
    if head[8:12] == b"DUCK":
        yield from _of_duckdb(path)
    if head.startswith(b"SQLite format 3"):
        with sqlite3.connect(path) as con:
            yield "\n".join(con.iterdump())
    yield from _of_bytes(path.read_bytes())


def _of_duckdb(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        for schema, table in con.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            yield repr(con.execute(f'from "{schema}"."{table}"').fetchall())


def _of_bytes(content: bytes) -> Iterator[str]:
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name
                yield from _of_bytes(packed.read(name))
    elif content.startswith(b"\x1f\x8b"):
        yield from _of_bytes(gzip.decompress(content))
    elif content.startswith(b"\x28\xb5\x2f\xfd"):
        yield from _of_bytes(pa.CompressedInputStream(pa.BufferReader(content), "zstd").read())
    elif content.startswith(b"PAR1"):
        table = pq.read_table(pa.BufferReader(content))
        yield repr(table.to_pylist()) + repr(table.schema.metadata)
    # Free pages of databases count: the raw bytes are searched in every encoding.
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        yield content.decode(encoding, errors="ignore")
