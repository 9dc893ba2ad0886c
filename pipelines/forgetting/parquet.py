"""Erase values inside Parquet files."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.forgetting.eraser import Eraser


def erase_parquet(content: bytes, eraser: Eraser) -> bytes:
    """Return a Parquet file without the values; notes in its metadata stay."""
    table = pq.read_table(pa.BufferReader(content))
    erased = _column_by_column(_row_by_row(table, eraser), eraser)
    if erased.equals(table):
        return content
    out = pa.BufferOutputStream()
    pq.write_table(erased, out, compression="zstd")
    return bytes(out.getvalue())


def _column_by_column(table: pa.Table, eraser: Eraser) -> pa.Table:
    for place, field in enumerate(table.schema):
        if _is_text(field.type):
            column = table.column(place).cast(pa.string())
            known = pc.unique(column).drop_null()
            erased = pa.array([eraser.text(text) for text in known.to_pylist()], pa.string())
            if not erased.equals(known.cast(pa.string())):
                spread = pc.take(erased, pc.index_in(column, known)).cast(field.type)
                table = table.set_column(place, field, spread)
        elif pa.types.is_nested(field.type):
            values = [_nested(value, eraser) for value in table.column(place).to_pylist()]
            table = table.set_column(place, field, pa.array(values, field.type))
    return table


def _row_by_row(table: pa.Table, eraser: Eraser) -> pa.Table:
    """Erase doubtful values in the few rows that hold one."""
    texts = [place for place, field in enumerate(table.schema) if _is_text(field.type)]
    places: set[int] = set()
    for value in eraser.doubtful:
        for column in texts:
            hits = pc.match_substring(table.column(column).cast(pa.string()), value)
            places |= set(pc.indices_nonzero(hits.fill_null(False)).to_pylist())
    rows = {
        place: erased
        for place in sorted(places)
        if (erased := _erased_texts([table.column(c)[place].as_py() for c in texts], eraser))
    }
    if not rows:
        return table
    for number, column in enumerate(texts):
        values = table.column(column).to_pylist()
        for place, cells in rows.items():
            values[place] = cells[number]
        field = table.schema.field(column)
        table = table.set_column(column, field, pa.array(values, field.type))
    return table


def _erased_texts(cells: list[str | None], eraser: Eraser) -> list[str | None] | None:
    """Return the texts of a row without the values; None if they hold none."""
    context = " | ".join(cell for cell in cells if cell is not None)
    new = [None if cell is None else eraser.row(cell, context) for cell in cells]
    return None if new == cells else new


def _nested(value: Any, eraser: Eraser) -> Any:
    if isinstance(value, str):
        return eraser.text(value)
    if isinstance(value, dict):
        return {key: _nested(item, eraser) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_nested(item, eraser) for item in value]
    return value


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))
