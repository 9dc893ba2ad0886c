"""Names on one sheet that point to rows of another: metrics by any of their names, and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from pipelines.core.names import nearest, said_nearest
from pipelines.core.rules.conditions import Condition, parse_conditions
from pipelines.core.rules.declaration import all_tables, derived_columns
from pipelines.core.rules.model import Column, Finding, TableRows, Text, Value, matching_key
from pipelines.core.rules.tables import default_table_rows


@dataclass(frozen=True)
class EntityColumn:
    """One column of a landed entity: its type and its Chinese header."""

    type: str
    zh: str


EntityColumns: TypeAlias = Mapping[str, Mapping[str, EntityColumn]]


def entity_columns(entities: Mapping[str, Mapping[str, object]]) -> EntityColumns:
    """List the columns that rules may name per entity: those handed over and those derived.

    Args:
        entities: The content of `landing/entities.yml`.
    """
    known: dict[str, dict[str, EntityColumn]] = {}
    for entity, spec in entities.items():
        columns = spec["columns"]
        assert isinstance(columns, Mapping)  # the file's contract; its own loader reports a breach
        known[entity] = {
            name: EntityColumn(str(each["type"]), str(each["zh"])) for name, each in columns.items()
        }
    for entity, derived in derived_columns().items():
        known.setdefault(entity, {}).update(
            {name: EntityColumn(each["type"], each["zh"]) for name, each in derived.items()}
        )
    return known


def metric_ids(rows: TableRows) -> dict[str, str]:
    """Map every spelling of a metric (id, names, aliases) to its id; ids win over names.

    The shipped metrics are always known: a wrong row of the metrics sheet switches off that
    metric alone and must not make every sheet that names it wrong as well. What the sheet says
    outranks what was shipped.
    """
    first: dict[str, Mapping[str, Value]] = {}
    for row in rows["metrics"]:
        if row.values.get("metric"):
            first.setdefault(matching_key(row.values["metric"]), row.values)
    shipped = list(shipped_metrics().values())
    spellings = {key: str(values["metric"]) for key, values in first.items()}
    for values in shipped:
        spellings.setdefault(matching_key(values["metric"]), str(values["metric"]))
    for values in [*first.values(), *shipped]:
        aliases = values["aliases"] or ()
        assert isinstance(aliases, tuple)
        for name in (values["name"], values["name_en"], *aliases):
            if name:
                spellings.setdefault(matching_key(name), str(values["metric"]))
    return spellings


@cache
def shipped_metrics() -> Mapping[str, Mapping[str, Value]]:
    """Return the metrics sheet as shipped, by metric id."""
    table = all_tables()["metrics"]
    return {str(row.values["metric"]): row.values for row in default_table_rows(table)}


def resolve_references(rows: TableRows, columns: EntityColumns) -> tuple[TableRows, list[Finding]]:
    """Replace names of metrics and columns by their ids; report the names that nobody knows.

    Returns:
        The rows with ids in every cell of type metric, and in column names and conditions of
        metrics and control points; and one Finding per unknown metric.
    """
    spellings = metric_ids(rows)
    findings: list[Finding] = []
    resolved: TableRows = {}
    for table_id, table in all_tables().items():
        metric_columns = [column for column in table.columns if column.type == "metric"]
        out = []
        for index, row in enumerate(rows[table_id]):
            values = dict(row.values)
            for column in metric_columns:
                finding = _resolve_metric(values, column, spellings, (table_id, index))
                findings.extend([finding] if finding else [])
            if table_id in {"metrics", "control_points"}:
                _resolve_columns(values, columns)
            out.append(replace(row, values=values))
        resolved[table_id] = out
    return resolved, findings


def _resolve_metric(
    values: dict[str, Value], column: Column, spellings: Mapping[str, str], at: tuple[str, int]
) -> Finding | None:
    written = values[column.id]
    if written is None:
        return None
    known = spellings.get(matching_key(written))
    if known is not None:
        values[column.id] = known
        return None
    near = [each.name for each in nearest(str(written), set(spellings.values()) | set(spellings))]
    ids = list(dict.fromkeys(spellings.get(name, name) for name in near))
    hint = ids or sorted(set(spellings.values()))
    return Finding(*at, column.id, str(written), unknown_metric(hint))


def unknown_metric(hint: list[str]) -> Text:
    """Say which metrics would do, the nearest first."""
    zh, en = said_nearest(hint)
    return Text("“指标”表里的指标" + zh, "a metric of the sheet Metrics" + en)


def _resolve_columns(values: dict[str, Value], columns: EntityColumns) -> None:
    known = columns.get(str(values["entity"]), {})
    headers = {matching_key(name): name for name in known}
    for name, column in known.items():
        headers.setdefault(matching_key(column.zh), name)
    for key in ("date_column", "value_column", "reach_column", "column"):
        if values.get(key):
            values[key] = headers.get(matching_key(values[key]), values[key])
    for key in ("conditions", "applies_when"):
        if values.get(key):
            parts = parse_conditions(str(values[key]))
            values[key] = "; ".join(str(_with_ids(part, headers)) for part in parts)


def _with_ids(condition: Condition, headers: Mapping[str, str]) -> Condition:
    column = headers.get(matching_key(condition.column), condition.column)
    values = condition.values
    if column == "kind":
        kinds = all_tables()["cadence"].column("qualifying_kinds").choices
        values = tuple(
            next((kind.id for kind in kinds if kind.is_written(value)), value) for value in values
        )
    return Condition(column, condition.operator, values)
