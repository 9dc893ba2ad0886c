"""The rules as tables for the warehouse: one per table of the workbook, typed even when empty."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from pipelines.core.rules.cells import SCALE, read_cell
from pipelines.core.rules.declaration import all_tables
from pipelines.core.rules.model import Column, Row, Table, TableRows, Value

DEFAULT_VERSION = "default"
_ARROW: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.decimal128(18, SCALE["number"]),
    "rate": pa.decimal128(9, SCALE["rate"]),
    "money": pa.decimal128(18, SCALE["money"]),
    "hours": pa.decimal128(18, SCALE["hours"]),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_DISABLED_COLUMNS = (
    pa.field("is_enabled", pa.bool_(), nullable=False),
    pa.field("disabled_reason_zh", pa.string()),
    pa.field("disabled_reason_en", pa.string()),
)


def arrow_schema(table: Table) -> pa.Schema:
    """Return the columns of one rules table, `rules_version` last.

    Text-like values are strings; a list is one string with a bar on either side of every member
    (`|visit|video|`), so that `like '%|visit|%'` asks for membership on every engine.
    """
    fields = [pa.field(each.id, _ARROW.get(each.type, pa.string())) for each in table.columns]
    extra = _DISABLED_COLUMNS if table.bad_rows_disable else ()
    return pa.schema([*fields, *extra, pa.field("rules_version", pa.string(), nullable=False)])


def default_settings_row(table: Table) -> dict[str, Value]:
    """Return the one row of a settings table with every setting at its default."""
    return {column.id: default_value(column) for column in table.columns}


def default_value(column: Column) -> Value:
    """Return the default of one setting; None where it has none."""
    return None if column.default is None else read_cell(column.default, column)


def default_table_rows(table: Table) -> list[Row]:
    """Return the typed rows that a table is shipped with."""
    if table.is_settings:
        return [Row(default_settings_row(table))]
    return [
        Row(
            {
                column.id: read_cell(cell, column)
                for column, cell in zip(table.columns, row, strict=True)
            }
        )
        for row in table.default_rows
    ]


def default_rows() -> TableRows:
    """Return every table of the workbook as shipped."""
    return {table_id: default_table_rows(table) for table_id, table in all_tables().items()}


def arrow_tables(
    rows: TableRows, version: str, disabled: dict[str, tuple[str, str]] | None = None
) -> dict[str, pa.Table]:
    """Build one Arrow table per rules table.

    Args:
        rows: Typed rows of every table.
        version: `rules_version` of every row.
        disabled: Metric id → reason in Chinese and English why its row is switched off.

    Returns:
        Table id → table; grain: one row per row of the sheet, one row in all for settings.
    """
    return {
        table_id: _arrow_table(table, rows[table_id], version, disabled or {})
        for table_id, table in all_tables().items()
    }


def _arrow_table(
    table: Table, rows: list[Row], version: str, disabled: dict[str, tuple[str, str]]
) -> pa.Table:
    records = []
    for row in rows:
        record: dict[str, object] = {name: _stored(value) for name, value in row.values.items()}
        if table.bad_rows_disable:
            reasons = disabled.get(str(row.values[table.key[0]]))
            zh, en = reasons or (None, None)
            record |= {
                "is_enabled": reasons is None,
                "disabled_reason_zh": zh,
                "disabled_reason_en": en,
            }
        records.append(record | {"rules_version": version})
    return pa.Table.from_pylist(records, schema=arrow_schema(table))


def _stored(value: Value) -> object:
    return "|" + "|".join(value) + "|" if isinstance(value, tuple) else value


def default_rules() -> dict[str, pa.Table]:
    """Return the rules of a company that has changed nothing, as version `default`."""
    return dict(_default_tables())


@cache
def _default_tables() -> dict[str, pa.Table]:
    return arrow_tables(default_rows(), DEFAULT_VERSION)
