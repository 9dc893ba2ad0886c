"""The tables of schema `matching`: which record is whose, and what is left to decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

_TEXT, _RATE = pa.string(), pa.float64()

TABLES: dict[str, dict[str, pa.DataType]] = {
    # Grain: one row per account as handed over.
    "customer_record": {
        "account_id": _TEXT, "customer_id": _TEXT, "matched_by": _TEXT, "matched_with": _TEXT,
        "match_probability": _RATE, "valid_credit_code": _TEXT,
    },
    # Grain: one row per lead that a customer was found for.
    "lead_customer": {"lead_id": _TEXT, "customer_id": _TEXT, "matched_by": _TEXT},
    # Grain: one row per pair of customers that only a person can decide on.
    "review_pair": {
        "record_a": _TEXT, "record_b": _TEXT, "account_a": _TEXT, "account_b": _TEXT,
        "evidence": _TEXT, "objection": _TEXT, "match_probability": _RATE,
    },
    # Grain: one row per row of the decisions sheet that cannot be followed.
    "decision_problem": {
        "record_a": _TEXT, "record_b": _TEXT, "decision": _TEXT, "problem": _TEXT,
        "message_en": _TEXT, "message_zh": _TEXT,
    },
}  # fmt: skip


def write_table(
    con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]] = ()
) -> None:
    """Write one table anew, typed even when there is no row."""
    con.execute("create schema if not exists matching")
    schema = pa.schema(list(TABLES[table].items()))
    con.register("rows_now", pa.Table.from_pylist([dict(row) for row in rows], schema=schema))
    con.execute(f"create or replace table matching.{table} as from rows_now")
    con.unregister("rows_now")
