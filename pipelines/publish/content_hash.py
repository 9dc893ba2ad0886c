"""Tell whether two tables hold the same rows, whatever their order, thread count or file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import Any

import duckdb

from pipelines.core.sql_text import quote_name, quote_text

_FRACTIONS = {"double", "float"}
# their texts hold no comma and are never empty
_NUMBERS_AND_TIMES = _FRACTIONS | {
    "boolean", "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint",
    "uinteger", "ubigint", "uhugeint", "decimal", "date", "time", "timestamp",
    "timestamp with time zone", "uuid",
}  # fmt: skip
_HALF = "18446744073709551615::uhugeint"
# a zoned timestamp as text would depend on the session's time zone
_PLAIN = {"timestamp with time zone": "epoch_us({})::varchar", "blob": "hex({})"}


def content_hash(
    con: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    exclude: Collection[str] = (),
    *,
    database: str | None = None,
) -> str:
    """Reduce a table to one short text that changes when any figure in it does.

    Equal rows give an equal hash in any row order, column order, thread count or DuckDB file.
    Each row becomes one text (columns by name, texts with their length, NULL unlike ''), each text
    an md5, and the md5s are summed in two halves, so that a doubled row counts twice. Doubles count
    with 12 significant digits, since sums over threads differ in the last bits; zoned timestamps
    count as instants. Known drawback: a sum that is 0 in one run and 1e-17 in the next differs.

    Args:
        con: an open connection.
        schema: the table's schema.
        table: the table.
        exclude: columns that stand outside the hash, such as `landed_at`; those the table does
            not have are no error, since one list serves all marts.
        database: alias of an attached file, if not the connection's own.

    Returns:
        64 hexadecimal digits.
    """
    source = _qualified(database, schema, table)
    columns = sorted(
        (column for column in _column_types(con, source) if column[0] not in exclude),
        key=lambda column: column[0],
    )
    encoded = ", ".join(_parts(quote_name(name), type_) for name, type_ in columns)
    row = con.execute(
        f"select count(*), sum((digest & {_HALF})::ubigint), sum((digest >> 64)::ubigint) "
        f"from (select md5_number(concat('', {encoded or repr('')})) as digest from {source})"
    ).fetchone()
    names = "\x1f".join(name for name, _ in columns)
    return hashlib.sha256(f"{names}\x1e{row}".encode()).hexdigest()


def fingerprint(
    con: duckdb.DuckDBPyConnection, schema: str, table: str, *, database: str | None = None
) -> tuple[int, int]:
    """Count a table's rows and sum their engine hashes: a copy must have the same pair.

    Twenty times faster than `content_hash`, over all columns, exact to the last bit, but only
    comparable within one process: other engine versions hash otherwise.
    """
    source = _qualified(database, schema, table)
    columns = ", ".join(quote_name(name) for name, _ in _column_types(con, source))
    row = con.execute(f"select count(*), coalesce(sum(hash({columns})), 0) from {source}")
    count, total = row.fetchall()[0]
    return int(count), int(total)


def _qualified(database: str | None, schema: str, table: str) -> str:
    parts = [schema, table] if database is None else [database, schema, table]
    return ".".join(quote_name(part) for part in parts)


def _column_types(con: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, Any]]:
    description = con.execute(f"select * from {source} limit 0").description or []
    return [(str(column[0]), column[1]) for column in description]


def _parts(value: str, type_: Any) -> str:
    """SQL for one column as parts of the row's text, NULL parts being nothing.

    `12.50,` and `3:abc`; a NULL is `,` or `:`. Only texts need their length: what numbers and times
    look like ends at the comma, and leaving their lengths out halves the time.
    """
    if type_.id in _NUMBERS_AND_TIMES:
        return f"{_text(value, type_, 0)}, ','"
    if type_.id == "varchar":
        return f"strlen({value}), ':', {value}"
    return _encode(value, type_)


def _encode(value: str, type_: Any, depth: int = 0) -> str:
    """SQL for one value as a text that no neighbour can run into: `3:abc`, or `N` for NULL."""
    text = _text(value, type_, depth)
    return f"coalesce(length({text}) || ':' || ({text}), 'N')"


def _text(value: str, type_: Any, depth: int) -> str:
    if type_.id in _FRACTIONS:
        # + 0.0 turns -0.0 into 0.0; NaN has a sign of its own that means nothing
        plain = f"format('{{:.11e}}', {value}::double + 0.0)"
        return f"case when isnan({value}) then 'nan' else {plain} end"
    if type_.id in _NESTED:
        return _NESTED[type_.id](value, type_, depth)
    return _PLAIN.get(type_.id, "{}::varchar").format(value)


def _list_text(value: str, type_: Any, depth: int) -> str:
    item = f"item_{depth}"
    encoded = _encode(item, dict(type_.children)["child"], depth + 1)
    texts = f"list_transform({value}, lambda {item}: {encoded})"
    return f"len({value}) || ';' || array_to_string({texts}, '')"


def _struct_text(value: str, type_: Any, depth: int) -> str:
    fields = [
        _encode(f"struct_extract({value}, {quote_text(name)})", child, depth)
        for name, child in type_.children
    ]
    return f"case when {value} is not null then concat('', {', '.join(fields)}) end"


def _map_text(value: str, type_: Any, depth: int) -> str:
    """A map has no order of its own: its entries count sorted by their encoded text."""
    children, entry = dict(type_.children), f"item_{depth}"
    key = _encode(f"struct_extract({entry}, 'key')", children["key"], depth + 1)
    item = _encode(f"struct_extract({entry}, 'value')", children["value"], depth + 1)
    pairs = f"list_transform(map_entries({value}), lambda {entry}: {key} || {item})"
    return f"cardinality({value}) || ';' || array_to_string(list_sort({pairs}), '')"


_NESTED: dict[str, Callable[[str, Any, int], str]] = {
    "list": _list_text,
    "array": _list_text,
    "struct": _struct_text,
    "map": _map_text,
}
