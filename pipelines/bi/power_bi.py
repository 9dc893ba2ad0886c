"""A Power BI project of the marts as text: tables, relations, measures, words in both languages.

The semantic model is one JSON file (TMSL), not TMDL: JSON has no indentation to get wrong, and its
words need no escaping of their own. Power BI Desktop opens both.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from pipelines.bi.catalogue import Catalogue, Column, Filters, Measure, Ratio, Relation, Table
from pipelines.bi.connection import Connection

_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
_NAMESPACE = uuid.UUID("6f1d1c1e-6a0e-5d0b-9a55-0c9a7f6d2b10")
_TYPES = {
    "string": "string",
    "date": "dateTime",
    "timestamp": "dateTime",
    "boolean": "boolean",
    "bigint": "int64",
    "double": "double",
}
_FORMATS = {"rate": "0.0%", "count": "#,0", "money": "#,0.00", "times": "0.00"}
PAGE = "overview"


def power_bi_project(catalogue: Catalogue, connection: Connection) -> dict[str, str]:
    """Return the project's files: path → text."""
    model, report = "gapwise.SemanticModel", "gapwise.Report"
    files: dict[str, Any] = {
        "gapwise.pbip": {
            "$schema": f"{_SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
            "version": "1.0",
            "artifacts": [{"report": {"path": report}}],
            "settings": {"enableAutoRecovery": True},
        },
        "gapwise.pbids": _connection_file(connection),
        f"{model}/.platform": _platform("SemanticModel"),
        f"{model}/definition.pbism": {
            "$schema": f"{_SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json",
            "version": "4.0",
            "settings": {},
        },
        f"{model}/model.bim": _model(catalogue, connection),
        **_report_files(report, model),
    }
    return {
        path: json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        for path, content in files.items()
    }


def _report_files(report: str, model: str) -> dict[str, Any]:
    """Return the report's files: one empty page over the model, to draw on."""
    return {
        f"{report}/.platform": _platform("Report"),
        f"{report}/definition.pbir": {
            "$schema": f"{_SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
            "version": "4.0",
            "datasetReference": {"byPath": {"path": f"../{model}"}},
        },
        f"{report}/definition/version.json": {
            "$schema": _report_schema("versionMetadata"),
            "version": "1.0.0",
        },
        f"{report}/definition/report.json": {
            "$schema": _report_schema("report"),
            "themeCollection": {},
            "layoutOptimization": "None",
        },
        f"{report}/definition/pages/pages.json": {
            "$schema": _report_schema("pagesMetadata"),
            "pageOrder": [PAGE],
            "activePageName": PAGE,
        },
        f"{report}/definition/pages/{PAGE}/page.json": {
            "$schema": _report_schema("page"),
            "name": PAGE,
            "displayName": "总览 Overview",
            "displayOption": "FitToPage",
            "height": 720,
            "width": 1280,
        },
    }


def dax(measure: Measure | Ratio) -> str:
    """Return a measure in DAX; its twin in SQL is `pipelines.bi.sql.expression`."""
    if isinstance(measure, Ratio):
        below = " + ".join(f"[{one.en}]" for one in measure.to)
        return f"DIVIDE([{measure.of.en}], {below})"
    table, column = _quoted(measure.table.name), f"[{measure.column}]"
    value = {
        "sum": f"SUM({table}{column})",
        "count": f"COUNT({table}{column})",
        "count_distinct": f"DISTINCTCOUNTNOBLANK({table}{column})",
    }[measure.aggregate]
    if measure.table.one_of:
        single = " && ".join(f"HASONEVALUE({table}[{c}])" for c in measure.table.one_of)
        value = f"IF({single}, {value})"
    filters = _filters(table, measure.where)
    return f"CALCULATE({', '.join([value, *filters])})" if filters else value


def _filters(table: str, where: Filters) -> list[str]:
    # KEEPFILTERS: a slicer on the same column narrows, as a condition in SQL would
    return [
        f"KEEPFILTERS({table}[{column}] IN {{{', '.join(map(_literal, values))}}})"
        for column, values in where.items()
    ]


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}()"
    return '"' + str(value).replace('"', '""') + '"'


def _quoted(table: str) -> str:
    return f"'{table}'"


def _model(catalogue: Catalogue, connection: Connection) -> dict[str, Any]:
    return {
        "name": "gapwise",
        "compatibilityLevel": 1567,
        "model": {
            "culture": "en-US",
            "defaultPowerBIDataSourceVersion": "powerBI_V3",
            "discourageImplicitMeasures": True,
            "expressions": [
                _parameter("Server", connection.address, "PostgreSQL server / 数据库服务器"),
                _parameter("Database", connection.database, "Database / 数据库"),
            ],
            "tables": [_table(table, catalogue) for table in catalogue.tables.values()],
            "relationships": [_relationship(one) for one in catalogue.relations],
            "cultures": [_chinese(catalogue)],
            "annotations": [{"name": "PBI_QueryOrder", "value": '["Server","Database"]'}],
        },
    }


def _table(table: Table, catalogue: Catalogue) -> dict[str, Any]:
    built: dict[str, Any] = {
        "name": table.name,
        "description": f"{table.en} / {table.zh}",
        "lineageTag": _tag(table.name),
        "columns": [_column(table, column) for column in table.columns.values()],
        "partitions": [
            {
                "name": table.name,
                "mode": "import",
                "source": {"type": "m", "expression": _query(table)},
            }
        ],
    }
    if table.name == "dim_date":
        built["dataCategory"] = "Time"
    measures = catalogue.of_table(table.name)
    if measures:
        built["measures"] = [_measure(measure) for measure in measures]
    return built


def _column(table: Table, column: Column) -> dict[str, Any]:
    built: dict[str, Any] = {
        "name": column.name,
        "dataType": _data_type(column.type),
        "sourceColumn": column.name,
        "description": f"{column.en} / {column.zh}",
        "lineageTag": _tag(table.name, column.name),
        "summarizeBy": "none",
    }
    if built["dataType"] == "dateTime":
        built["formatString"] = "yyyy-mm-dd" if column.type == "date" else "yyyy-mm-dd hh:nn"
    if column.unit in _FORMATS:
        built["formatString"] = _FORMATS[column.unit]
    if table.grain == (column.name,) and not table.day:
        built["isKey"] = True
    return built


def _data_type(type_: str) -> str:
    return "decimal" if type_.startswith("decimal(") else _TYPES[type_]


def _measure(measure: Measure | Ratio) -> dict[str, Any]:
    return {
        "name": measure.en,
        "expression": dax(measure),
        "description": f"{measure.en} / {measure.zh} ({measure.name}, {measure.unit})",
        "formatString": _FORMATS.get(measure.unit, "#,0.##"),
        "lineageTag": _tag("measure", measure.name),
    }


def _query(table: Table) -> list[str]:
    source = "    Source = PostgreSQL.Database(Server, Database),"
    if table.latest_by:
        key, since = table.latest_by
        sql = f"select distinct on ({key}) * from marts.{table.name} order by {key}, {since} desc"
        rows = f'    Rows = Value.NativeQuery(Source, "{sql}", null, [EnableFolding = true])'
    else:
        rows = f'    Rows = Source{{[Schema = "marts", Item = "{table.name}"]}}[Data]'
    return ["let", source, rows, "in", "    Rows"]


def _relationship(relation: Relation) -> dict[str, Any]:
    return {
        "name": _tag(relation.table, relation.column, relation.to_table),
        "fromTable": relation.table,
        "fromColumn": relation.column,
        "toTable": relation.to_table,
        "toColumn": relation.to_column,
    }


def _chinese(catalogue: Catalogue) -> dict[str, Any]:
    """Return the Chinese words of everything: Power BI shows them to readers with that language."""
    tables = [
        {
            "name": table.name,
            "translatedDescription": table.zh,
            "columns": [
                {"name": one.name, "translatedCaption": one.zh, "translatedDescription": one.zh}
                for one in table.columns.values()
            ],
            "measures": [
                {"name": one.en, "translatedCaption": one.zh, "translatedDescription": one.zh}
                for one in catalogue.of_table(table.name)
            ],
        }
        for table in catalogue.tables.values()
    ]
    return {"name": "zh-CN", "translations": {"model": {"name": "Model", "tables": tables}}}


def _parameter(name: str, value: str, description: str) -> dict[str, Any]:
    meta = 'meta [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]'
    return {
        "name": name,
        "kind": "m",
        "description": description,
        "expression": f'"{value}" {meta}',
        "lineageTag": _tag("parameter", name),
    }


def _connection_file(connection: Connection) -> Mapping[str, Any]:
    details = {
        "protocol": "postgresql",
        "address": {"server": connection.address, "database": connection.database},
    }
    return {"version": "0.1", "connections": [{"details": details, "mode": "Import"}]}


def _platform(type_: str) -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": type_, "displayName": "gapwise"},
        "config": {"version": "2.0", "logicalId": _tag("item", type_)},
    }


def _report_schema(part: str) -> str:
    return f"{_SCHEMAS}/item/report/definition/{part}/1.0.0/schema.json"


def _tag(*parts: str) -> str:
    """Return an id that stays the same from one generation to the next."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))
