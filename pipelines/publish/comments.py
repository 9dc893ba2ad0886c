"""Describe published tables and columns in the file itself, from the contracts: BI tools show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from pipelines.core.sql_text import quote_name, quote_text


def write_comments(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> None:
    """Put description, unit and Chinese wording of every contracted column on the mart's table."""
    built = {
        (table, column)
        for table, column in con.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'marts'"
        ).fetchall()
    }
    tables = {table for table, _ in built}
    con.begin()  # a commit waits for the disk: one for all, not one for each of a thousand columns
    for node in manifest["nodes"].values():
        if (
            node["resource_type"] != "model"
            or node["schema"] != "marts"
            or node["name"] not in tables
        ):
            continue
        table = f"marts.{quote_name(node['name'])}"
        con.execute(
            f"comment on table {table} is {quote_text(_words(node['description'], node['config']['meta']))}"
        )
        for name, column in node["columns"].items():
            if (node["name"], name) in built:
                text = _words(
                    column["description"], column.get("config", {}).get("meta") or column["meta"]
                )
                con.execute(f"comment on column {table}.{quote_name(name)} is {quote_text(text)}")
    con.commit()


def _words(description: str, meta: Mapping[str, Any]) -> str:
    unit = f" [{meta['unit']}]" if meta.get("unit", "none") != "none" else ""
    return f"{description}{unit} / {meta.get('zh', '')}"
