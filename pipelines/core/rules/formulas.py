"""The formulas of the metrics sheet as data: what the warehouse needs to compute each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipelines.core.names import normalise_name
from pipelines.core.rules.conditions import (
    ORDERED,
    Condition,
    parse_conditions,
    plain_number,
    split_list,
)
from pipelines.core.rules.numbers import plain_text, written_money, written_rate
from pipelines.core.rules.references import EntityColumns

# Computed by models of their own, which know more than a row of the sheet can say.
MODELLED = frozenset(
    {
        "signed_amount", "collected_amount", "collection_amount_days", "order_count",
        "new_customer_count", "valid_lead_count", "lost_customer_count", "active_customer_count",
        "response_minutes", "responded_lead_count",
    }
)  # fmt: skip
# A distinct count of these is a count of rows, so that days add up.
KEYS = {
    "accounts": "account_id", "leads": "lead_id", "opportunities": "opportunity_id",
    "activities": "activity_id", "quotes": "quote_id", "tasks": "task_id",
}  # fmt: skip
_NUMBERS = frozenset({"money", "number", "integer"})
_ALIASED = {"region": "region", "product_line": "product_line", "customer_type": "customer_type",
            "team": "team"}  # fmt: skip
_YES = frozenset({"true", "yes", "y", "1", "是", "√", "对"})
_NO = frozenset({"false", "no", "n", "0", "否", "×"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

FORMULA_SCHEMA = pa.schema(
    [
        pa.field("metric", pa.string(), nullable=False),
        ("entity", pa.string()),
        ("aggregate", pa.string()),
        ("date_column", pa.string()),
        ("date_kind", pa.string()),
        ("value_column", pa.string()),
        ("value_kind", pa.string()),
        ("reach_at_least", pa.decimal128(18, 4)),
        ("reach_column", pa.string()),
        ("reach_kind", pa.string()),
        ("window_months", pa.int64()),
        ("is_additive", pa.bool_()),
    ]
)
CONDITION_SCHEMA = pa.schema(
    [
        pa.field("metric", pa.string(), nullable=False),
        ("condition_no", pa.int64()),
        ("column_name", pa.string()),
        ("column_kind", pa.string()),
        ("operator", pa.string()),
        ("value_no", pa.int64()),
        ("value", pa.string()),
    ]
)

CONTROL_TEST_SCHEMA = pa.schema(
    [
        pa.field("control_point", pa.string(), nullable=False),
        ("is_scope", pa.bool_()),
        *(field for field in CONDITION_SCHEMA if field.name != "metric"),
    ]
)


def formula_tables(
    metrics: Iterable[Mapping[str, Any]],
    aliases: Iterable[Mapping[str, Any]],
    columns: EntityColumns,
) -> dict[str, pa.Table]:
    """List what the warehouse computes for each enabled metric that no model of its own gives.

    A ratio is not among them: its parts are. Values stay values: nothing here is SQL.

    Args:
        metrics: Rows of the rules table `metrics`.
        aliases: Rows of the rules table `aliases`; regions and products in conditions go by them.
        columns: Columns of each entity and their types.

    Returns:
        `metric_formula`: one row per metric. `metric_condition`: one row per metric, condition
        and value; kinds are date, timestamp, number, money, boolean, text or extra (the
        company's own column).
    """
    names = {(row["kind"], normalise_name(row["alias"])): row["name"] for row in aliases}
    formulas, conditions = [], []
    for row in metrics:
        is_counted = row["is_enabled"] and row["aggregate"] != "ratio" and row["entity"]
        if not is_counted or row["metric"] in MODELLED:
            continue
        kinds = {name: _kind(each.type) for name, each in columns.get(row["entity"], {}).items()}
        formulas.append(_formula(row, kinds))
        for number, condition in enumerate(parse_conditions(row["conditions"]), 1):
            conditions += _condition_rows(row["metric"], number, condition, kinds, names)
    return {
        "metric_formula": pa.Table.from_pylist(formulas, schema=FORMULA_SCHEMA),
        "metric_condition": pa.Table.from_pylist(conditions, schema=CONDITION_SCHEMA),
    }


def control_point_tests(
    points: Iterable[Mapping[str, Any]],
    aliases: Iterable[Mapping[str, Any]],
    columns: EntityColumns,
) -> pa.Table:
    """List what each control point asks of a record, and of which records it asks it.

    Args:
        points: Rows of the rules table `control_points`.
        aliases: Rows of the rules table `aliases`.
        columns: Columns of each entity and their types.

    Returns:
        Grain: one row per control point, condition and value, as in `metric_condition`.
        `is_scope`: the condition says which records are checked, not what they have to meet.
    """
    names = {(row["kind"], normalise_name(row["alias"])): row["name"] for row in aliases}
    found: list[dict[str, Any]] = []
    for row in points:
        kinds = {name: _kind(each.type) for name, each in columns.get(row["entity"], {}).items()}
        scope = parse_conditions(row["applies_when"])
        for number, condition in enumerate([_asked(row), *scope], 1):
            found += [
                {"control_point": each.pop("metric"), "is_scope": number > 1, **each}
                for each in _condition_rows(row["control_point"], number, condition, kinds, names)
            ]
    return pa.Table.from_pylist(found, schema=CONTROL_TEST_SCHEMA)


def _asked(row: Mapping[str, Any]) -> Condition:
    """Return the check of one control point as a condition on its column."""
    value = str(row["value"] or "")
    if row["operator"] == "at_least":
        number = written_money(value)
        number = written_rate(value) if number is None else number
        # The sheet is judged before: at least takes a number.
        return Condition(row["column"], ">=", ("" if number is None else plain_number(number),))
    many = {"one_of": tuple(split_list(value)), "all_of": tuple(split_list(value)), "filled": ()}
    return Condition(row["column"], row["operator"], many.get(row["operator"], (value,)))


def _kind(declared: str) -> str:
    if declared in {"date", "timestamp", "money", "boolean"}:
        return declared
    return "number" if declared in _NUMBERS else "text"


def _formula(row: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    is_whole = row["reach_at_least"] is None and row["window_months"] is None
    is_key = KEYS.get(row["entity"]) == row["value_column"]
    return {
        **{name: row[name] for name in FORMULA_SCHEMA.names if name in row},
        "date_kind": kinds.get(row["date_column"] or "", "extra"),
        "value_kind": kinds.get(row["value_column"] or "", "extra"),
        "reach_kind": kinds.get(row["reach_column"] or "", "extra")
        if row["reach_column"]
        else None,
        "is_additive": is_whole and (row["aggregate"] != "distinct" or is_key),
    }


def _condition_rows(
    metric: str,
    number: int,
    condition: Condition,
    kinds: Mapping[str, str],
    names: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    declared = kinds.get(condition.column, "extra")
    typed = [_value(condition, declared, value, names) for value in condition.values or ("",)]
    # A word where a number is kept can only be compared as a word.
    kind = declared if all(kind == declared for kind, _ in typed) else "text"
    return [
        {
            "metric": metric,
            "condition_no": number,
            "column_name": condition.column,
            "column_kind": kind,
            "operator": condition.operator,
            "value_no": place,
            "value": value,
        }
        for place, (_, value) in enumerate(typed, 1)
    ]


def _value(
    condition: Condition, kind: str, value: str, names: Mapping[tuple[str, str], str]
) -> tuple[str, str]:
    """Return the kind that a value can be compared as, and the value in plain form."""
    is_day = _DAY.fullmatch(value) is not None
    if condition.operator in ORDERED:
        is_fitting = is_day if kind in {"date", "timestamp"} else not is_day
        return (kind, value) if is_fitting else ("text", value)
    if not value:
        return kind, value
    if kind in {"number", "money"}:
        number = written_money(value)
        number = written_rate(value) if number is None else number
        return ("text", value) if number is None else (kind, plain_number(number))
    word = plain_text(value).casefold()
    if kind == "boolean":
        return (kind, str(word in _YES).lower()) if word in _YES | _NO else ("text", word)
    if kind in {"date", "timestamp"}:
        return (kind, value) if is_day else ("text", word)
    known = names.get((_ALIASED.get(condition.column, ""), normalise_name(value)), value)
    return kind, plain_text(known).casefold()
