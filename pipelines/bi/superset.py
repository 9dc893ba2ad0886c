"""An import bundle for Apache Superset: database, datasets with metrics, charts and a dashboard."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any

import yaml

from pipelines.bi.catalogue import Catalogue, Column, Measure, Ratio, Table
from pipelines.bi.connection import Connection
from pipelines.bi.sql import expression

ROOT = "gapwise"
_VERSION = "1.0.0"
_NAMESPACE = uuid.UUID("0f0f5a0e-2c0b-5a5e-8d0e-6b2f9d1f7a11")
_FORMATS = {"rate": ".1%", "count": ",d", "money": ",.2f", "times": ".2f"}
_TYPES = {
    "string": "STRING",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "bigint": "BIGINT",
    "double": "DOUBLE PRECISION",
}


@dataclass(frozen=True)
class Chart:
    """One picture on the dashboard.

    Attributes:
        name: its title, Chinese and English.
        table: the dataset that it shows.
        kind: Superset's name of the picture.
        metrics: measures and ratios of that dataset.
        by: columns that they are split by.
        where: column → the one value that is shown.
        is_monthly: whether time runs along the bottom, by month.
    """

    name: str
    table: str
    kind: str
    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    is_monthly: bool = False


_SIGNED = ("metric", "signed_amount")
CHARTS = (
    Chart(
        "每月签约额 Signed by month", "fct_booking", "echarts_timeseries_bar", ("signed_amount",),
        is_monthly=True,
    ),
    Chart(
        "各团队季度达成 Attainment by team and quarter", "mart_target_attainment", "table",
        ("target_value", "actual_value", "attainment_rate"), ("period_label", "scope_name"),
        (_SIGNED, ("period_type", "quarter"), ("scope_type", "team")),
    ),
    Chart(
        "季度缺口归因 Gap by cause and quarter", "mart_gap_cause", "table",
        ("gap_cause_value",), ("period_label", "factor"),
        (_SIGNED, ("period_type", "quarter"), ("scope_type", "company")),
    ),
    Chart(
        "逾期跟进 Overdue follow-ups", "mart_followup_due", "table",
        ("overdue_followup_count", "followup_count", "overdue_followup_rate"),
        ("team", "owner_name"),
    ),
)  # fmt: skip


def superset_bundle(catalogue: Catalogue, connection: Connection) -> bytes:
    """Return the bundle as a zip that Superset imports under Dashboards; the same every time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path, content in _files(catalogue, connection).items():
            text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
            # a date of its own would make every bundle another file
            bundle.writestr(zipfile.ZipInfo(f"{ROOT}/{path}", (2000, 1, 1, 0, 0, 0)), text)
    return packed.getvalue()


def _files(catalogue: Catalogue, connection: Connection) -> dict[str, dict[str, Any]]:
    files: dict[str, dict[str, Any]] = {
        "metadata.yaml": {
            "version": _VERSION,
            "type": "Dashboard",
            "timestamp": "2000-01-01T00:00:00+00:00",
        },
        "databases/gapwise.yaml": _database(connection),
    }
    for table in catalogue.tables.values():
        files[f"datasets/gapwise/{table.name}.yaml"] = _dataset(table, catalogue)
    for number, chart in enumerate(CHARTS):
        files[f"charts/chart_{number}.yaml"] = _chart(chart, catalogue.tables[chart.table])
    files["dashboards/gapwise.yaml"] = _dashboard()
    return files


def _database(connection: Connection) -> dict[str, Any]:
    return {
        "database_name": "gapwise",
        "sqlalchemy_uri": connection.sqlalchemy_url,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "extra": {},
        "uuid": _id("database"),
        "version": _VERSION,
    }


def _dataset(table: Table, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "table_name": table.name,
        "schema": "marts",
        "main_dttm_col": table.day or None,
        "description": f"{table.en} / {table.zh}",
        "filter_select_enabled": True,
        "columns": [_column(column) for column in table.columns.values()],
        "metrics": [_metric(measure) for measure in catalogue.of_table(table.name)],
        "uuid": _id("dataset", table.name),
        "database_uuid": _id("database"),
        "version": _VERSION,
    }


def _column(column: Column) -> dict[str, Any]:
    is_time = column.type in {"date", "timestamp"}
    return {
        "column_name": column.name,
        "verbose_name": f"{column.zh} {column.name}",
        "description": f"{column.en} / {column.zh}",
        "type": _TYPES.get(column.type, column.type.upper()),
        "is_dttm": is_time,
        "groupby": True,
        "filterable": True,
        "is_active": True,
    }


def _metric(measure: Measure | Ratio) -> dict[str, Any]:
    one_of = measure.table.one_of
    return {
        "metric_name": measure.name,
        "verbose_name": f"{measure.zh} {measure.en}",
        "expression": expression(measure),
        "description": f"{measure.en} / {measure.zh}",
        "d3format": _FORMATS.get(measure.unit),
        "warning_text": f"Choose one: {', '.join(one_of)} / 须各选一个值" if one_of else None,
    }


def _chart(chart: Chart, table: Table) -> dict[str, Any]:
    return {
        "slice_name": chart.name,
        "viz_type": chart.kind,
        "params": {
            "viz_type": chart.kind,
            "metrics": list(chart.metrics),
            "groupby": list(chart.by),
            "adhoc_filters": [
                {
                    "clause": "WHERE", "expressionType": "SIMPLE", "subject": column,
                    "operator": "==", "operatorId": "EQUALS", "comparator": value,
                }
                for column, value in chart.where
            ],
            **({"x_axis": table.day, "time_grain_sqla": "P1M"} if chart.is_monthly else {}),
            **({"query_mode": "aggregate"} if chart.kind == "table" else {}),
            "row_limit": 1000,
        },
        "query_context": json.dumps(query_context(chart, table, dataset_id=0)),
        "uuid": _id("chart", chart.name),
        "dataset_uuid": _id("dataset", chart.table),
        "version": _VERSION,
    }  # fmt: skip


def query_context(chart: Chart, table: Table, dataset_id: int) -> dict[str, Any]:
    """Return what a chart asks of Superset's data API."""
    month = {
        "timeGrain": "P1M", "columnType": "BASE_AXIS", "sqlExpression": table.day,
        "label": table.day, "expressionType": "SQL",
    }  # fmt: skip
    return {
        "datasource": {"id": dataset_id, "type": "table"},
        "force": True,
        "queries": [
            {
                "columns": [month] if chart.is_monthly else list(chart.by),
                "metrics": list(chart.metrics),
                "filters": [{"col": c, "op": "==", "val": value} for c, value in chart.where],
                "row_limit": 1000,
            }
        ],
        "result_format": "json",
        "result_type": "full",
    }


def _dashboard() -> dict[str, Any]:
    rows, position = [], {}
    for number, chart in enumerate(CHARTS):
        row, cell = f"ROW-{number}", f"CHART-{number}"
        rows.append(row)
        position[row] = {
            "id": row, "type": "ROW", "children": [cell], "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }  # fmt: skip
        position[cell] = {
            "id": cell, "type": "CHART", "children": [], "parents": ["ROOT_ID", "GRID_ID", row],
            "meta": {
                "uuid": _id("chart", chart.name), "sliceName": chart.name,
                "chartId": number + 1, "width": 12, "height": 50,
            },
        }  # fmt: skip
    frame = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": rows, "parents": ["ROOT_ID"]},
    }
    return {
        "dashboard_title": "gapwise 销售目标 Sales targets",
        "slug": "gapwise",
        "published": True,
        "uuid": _id("dashboard"),
        "position": {**frame, **position},
        "metadata": {},
        "version": _VERSION,
    }


def _id(*parts: str) -> str:
    """Return an id that stays the same, so that importing again replaces."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))
