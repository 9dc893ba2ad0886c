"""Bring a table into the form of one row per record: pick rows, fold a change log, open nested cells.

What to do is data of a preset (`where`, `where_not`, `pivot`, dotted headers); no rows get lost on the
way: those that another entity takes and those that another row stands for are counted as skipped.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import duckdb

from pipelines.core.names import normalise_name
from pipelines.core.sql_text import quote_text
from pipelines.settings import SourceSettings
from pipelines.sources.errors import Note
from pipelines.sources.files import TextTable
from pipelines.sources.json_document import json_pointer
from pipelines.sources.presets import ANY_VALUE, EntityPreset, Pivot

_numbers = itertools.count(1)
# A part of a composed key for exports without ids: equal rows are different things and are counted.
TWIN_NUMBER = "#"


class ShapeColumnMissing(Exception):
    """A table lacks a column that says which rows are whose: none of its rows can be used."""

    def __init__(self, header: str) -> None:
        super().__init__(header)
        self.header = header


def reshape(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    source: SourceSettings,
    preset: EntityPreset,
    zone: str,
) -> TextTable:
    """Return the table as one row per record of the entity.

    Args:
        con: a landing connection, with the cell macros.
        table: what was read.
        source: the configured source; its `where` replaces the preset's.
        preset: how the system writes the entity.
        zone: time zone of naive times in a change log.

    Returns:
        A table of the same file and sheet; rows_read = rows + skipped.count + malformed_count.

    Raises:
        ShapeColumnMissing: a column named by `where` is not there, or a change log lacks its key,
            value or time.
    """
    wanted = _wanted_headers(source, preset)
    table = open_nested(con, table, wanted)
    if source.fill_down:
        table = _filled_down(con, table, source.fill_down)
    where = preset.where if source.where is None else _tuples(source.where)
    where_not = preset.where_not if source.where is None else {}
    if where or where_not:
        table = _pick_rows(con, table, where, where_not)
    if preset.pivot is not None and _position(table, preset.pivot.field_name) is not None:
        table = _fold_changes(con, table, preset.pivot, wanted, zone, preset.date_order)
    for parts in {**preset.compose, **source.compose}.values():
        if TWIN_NUMBER in parts and all(
            part == TWIN_NUMBER or _position(table, part) is not None for part in parts
        ):
            return _number_twins(con, table, parts)
    return table


def _tuples(conditions: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {header: tuple(values) for header, values in conditions.items()}


def _wanted_headers(source: SourceSettings, preset: EntityPreset) -> tuple[str, ...]:
    """Return every header that the mapping asks for, each once."""
    own = [[v] if isinstance(v, str) else v for v in source.columns.values()]
    lists: list[Iterable[str]] = [*own, *preset.columns.values(), *preset.compose.values()]
    lists += [*source.compose.values(), preset.where, preset.where_not, source.where or ()]
    lists += [*source.multiply.values(), source.fill_down]
    return tuple(dict.fromkeys(itertools.chain.from_iterable(lists)))


def open_nested(
    con: duckdb.DuckDBPyConnection, table: TextTable, wanted: Sequence[str]
) -> TextTable:
    """Add a column for every wanted header with dots that reaches into a JSON cell: data.list.name."""
    added: dict[str, str] = {}
    for header in wanted:
        if "." not in header or header in table.headers:
            continue
        parts = header.split(".")
        for length in range(len(parts) - 1, 0, -1):
            base = ".".join(parts[:length])
            if base in table.headers and _holds_json(con, table, base):
                cell = f"c{table.headers.index(base)}"
                pointer = json_pointer(*parts[length:])
                added[header] = (
                    f"case when json_valid({cell}) then json_extract_string({cell}, {pointer}) end"
                )
                break
    if not added:
        return table
    first = len(table.headers)
    cells = ", ".join(f"{sql} as c{first + i}" for i, sql in enumerate(added.values()))
    relation = _view(con, f"select *, {cells} from {table.relation}")
    return replace(table, headers=(*table.headers, *added), relation=relation)


def _holds_json(con: duckdb.DuckDBPyConnection, table: TextTable, header: str) -> bool:
    """Tell whether a column holds JSON objects or lists: `Owner` of a sheet has no `Owner.id` inside."""
    cell = f"c{table.headers.index(header)}"
    found = con.execute(
        f"select count(*) from {table.relation} where left(ltrim({cell}), 1) in ('{{', '[')"
        f" and json_valid({cell})"
    ).fetchone()
    return bool(found and found[0])


def _filled_down(
    con: duckdb.DuckDBPyConnection, table: TextTable, headers: Sequence[str]
) -> TextTable:
    """Give the lines of a document what only its first line says: number, date, customer.

    A document begins where its number, the first of the headers, is filled.
    """
    cells = [_cell(table, header) for header in headers]
    others = [f"c{i}" for i in range(len(table.headers)) if f"c{i}" not in cells]
    down = ", ".join(
        f"coalesce({cell}, first_value({cell}) over (partition by _document order by _row)) as {cell}"
        for cell in cells
    )
    relation = _view(
        con,
        f"select {', '.join(['_row', *others, down])} from (select *, count({cells[0]}) over"
        f" (order by _row rows unbounded preceding) as _document from {table.relation})",
    )
    return replace(table, relation=relation)


def _number_twins(
    con: duckdb.DuckDBPyConnection, table: TextTable, parts: Sequence[str]
) -> TextTable:
    """Add the column `#`: 1, 2, … among rows whose other key parts are equal, in the file's order."""
    cells = [_cell(table, part) for part in parts if part != TWIN_NUMBER]
    # Alike is what would be one key: odd spaces and full-width letters make no difference there.
    key = f"cell_id(concat_ws('|', {', '.join(cells)}))"
    number = f"row_number() over (partition by {key} order by _row)"
    relation = _view(
        con, f"select *, cast({number} as varchar) as c{len(table.headers)} from {table.relation}"
    )
    return replace(table, headers=(*table.headers, TWIN_NUMBER), relation=relation)


def _pick_rows(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    where: Mapping[str, tuple[str, ...]],
    where_not: Mapping[str, tuple[str, ...]],
) -> TextTable:
    """Keep the rows of this entity; the others are counted as another's.

    A header with a question mark need not be there: then the condition asks nothing.
    """
    conditions = [
        f"coalesce({_is_one_of(_cell(table, header.removesuffix('?')), values)}, false)"
        for header, values in where.items()
        if not header.endswith("?") or _position(table, header[:-1]) is not None
    ]
    conditions += [
        f"not coalesce({_is_one_of(_cell(table, header), values)}, false)"
        for header, values in where_not.items()
        if _position(table, header) is not None
    ]
    if not conditions:
        return table
    kept = f"select * from {table.relation} where {' and '.join(conditions)}"
    elsewhere = _count(con, f"select * from {table.relation}") - _count(con, kept)
    note = Note(
        "elsewhere",
        f"{elsewhere} 行不属于此来源（按 {'、'.join([*where, *where_not])} 区分）",
        f"{elsewhere} rows are none of this source's (told apart by {', '.join([*where, *where_not])})",
    )
    return replace(
        table,
        relation=_view(con, kept),
        skipped=replace(table.skipped, elsewhere=table.skipped.elsewhere + elsewhere),
        notes=(*table.notes, note) if elsewhere else table.notes,
    )


def _fold_changes(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    pivot: Pivot,
    wanted: Sequence[str],
    zone: str,
    order: str,
) -> TextTable:
    """Fold a change log into one row per record: the newest value of each field.

    Headers: the key's, one per field that occurs, `<field> @ <at>` (when it last changed) where the
    mapping asks for it, each group of `latest` (as `field|value`), and the time of the last change.
    """
    field = f"lower(cell_name({_cell(table, pivot.field_name)}))"
    value, at = _cell(table, pivot.value), _cell(table, pivot.at)
    newest = f"order by cell_timestamp({at}, ord := {quote_text(order)}, tz := {quote_text(zone)}) nulls first, _row"
    keys = [_cell(table, key) for key in pivot.key]
    columns = dict(zip(pivot.key, keys, strict=True))
    found = con.execute(
        f"select distinct {field} as f from {table.relation} where f is not null order by f"
    ).fetchall()
    for (name,) in found:
        only = f"filter (where {field} = {quote_text(name)})"
        columns[name] = f"last({value} {newest}) {only}"
        if f"{name} @ {pivot.at}" in wanted:
            columns[f"{name} @ {pivot.at}"] = f"last({at} {newest}) {only}"
    for name, fields in pivot.latest.items():
        only = f"filter (where {_is_one_of(_cell(table, pivot.field_name), fields)})"
        columns[name] = f"last({field} || '|' || coalesce({value}, '') {newest}) {only}"
    columns[pivot.at] = f"last({at} {newest})"
    cells = ", ".join(f"{sql} as c{i}" for i, sql in enumerate(columns.values()))
    relation = f"changes_folded_{next(_numbers)}"
    con.execute(
        f"create or replace temp table {relation} as"
        f" select min(_row) as _row, {cells} from {table.relation} group by {', '.join(keys)} order by 1"
    )
    read, records = _count(con, f"select * from {table.relation}"), _count(con, f"from {relation}")
    note = Note(
        "folded",
        f"{read} 条变更合并为 {records} 条记录",
        f"{read} changes were folded into {records} records",
    )
    return replace(
        table,
        headers=tuple(columns),
        relation=relation,
        skipped=replace(table.skipped, folded=read - records),
        notes=(*table.notes, note),
    )


def _position(table: TextTable, header: str) -> int | None:
    wanted = normalise_name(header)
    for position, found in enumerate(table.headers):
        if normalise_name(found) == wanted:
            return position
    return None


def _cell(table: TextTable, header: str) -> str:
    position = _position(table, header)
    if position is None:
        raise ShapeColumnMissing(header)
    return f"c{position}"


def _is_one_of(cell: str, values: Sequence[str]) -> str:
    if ANY_VALUE in values:
        return f"not cell_is_blank({cell})"
    listed = ", ".join(quote_text(normalise_name(str(value))) for value in values)
    return f"lower(cell_name({cell})) in ({listed})"


def _view(con: duckdb.DuckDBPyConnection, select: str) -> str:
    name = f"reshaped_{next(_numbers)}"
    con.execute(f"create or replace temp view {name} as {select}")
    return name


def _count(con: duckdb.DuckDBPyConnection, select: str) -> int:
    found = con.execute(f"select count(*) from ({select})").fetchone()
    return int(found[0]) if found else 0
