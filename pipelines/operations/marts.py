"""The operations marts: how nights went, for people and BI; written on blocked nights too."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.operations.alerts.marts import ALERT_SCHEMAS, alert_marts
from pipelines.operations.alerts.tables import open_tables
from pipelines.operations.management_health import HEALTH_SCHEMA, management_health
from pipelines.operations.quarantine import SCHEMA as QUARANTINE_SCHEMA
from pipelines.operations.quarantine import quarantine_mart
from pipelines.operations.run_log import RunLog
from pipelines.operations.run_tables import (
    asset_results,
    check_results,
    mart_rows,
    runs,
    source_results,
    steps,
)
from pipelines.settings import CompanyFolder, CompanySettings

_TIME = pa.timestamp("us")

SCHEMAS: Mapping[str, pa.Schema] = {
    # Grain: one row per run
    "mart_run": pa.schema(
        [
            ("run_id", pa.string()),
            ("as_of", pa.date32()),
            ("code_version", pa.string()),
            ("started_at", _TIME),
            ("ended_at", _TIME),
            ("outcome", pa.string()),
            ("reason_en", pa.string()),
            ("reason_zh", pa.string()),
            ("version", pa.string()),
            ("rules_version", pa.string()),
            ("mart_count", pa.int64()),
            ("row_count", pa.int64()),
        ]
    ),
    # Grain: one row per run and mart
    "mart_run_rows": pa.schema(
        [("run_id", pa.string()), ("mart", pa.string()), ("row_count", pa.int64())]
    ),
    # Grain: one row per run and step
    "mart_run_step": pa.schema(
        [
            ("run_id", pa.string()),
            ("step_no", pa.int64()),
            ("step", pa.string()),
            ("started_at", _TIME),
            ("seconds", pa.float64()),
            ("error", pa.string()),
            ("cpu_seconds", pa.float64()),
            ("peak_memory_mb", pa.float64()),
        ]
    ),
    # Grain: one row per check and run
    "mart_data_quality": pa.schema(
        [
            ("run_id", pa.string()),
            ("asset", pa.string()),
            ("check_name", pa.string()),
            ("severity", pa.string()),
            ("kind", pa.string()),
            ("passed", pa.bool_()),
            ("is_applicable", pa.bool_()),
            ("description_en", pa.string()),
            ("description_zh", pa.string()),
            ("figures", pa.string()),
            ("sample", pa.string()),
            ("checked_at", _TIME),
        ]
    ),
    # Grain: one row per source and run
    "mart_source_health": pa.schema(
        [
            ("run_id", pa.string()),
            ("source", pa.string()),
            ("entity", pa.string()),
            ("file_count", pa.int64()),
            ("rows_read", pa.int64()),
            ("rows_landed", pa.int64()),
            ("rows_unchanged", pa.int64()),
            ("rows_quarantined", pa.int64()),
            ("rows_superseded", pa.int64()),
            ("rows_duplicate", pa.int64()),
            ("rows_skipped", pa.int64()),
            ("rows_held", pa.int64()),
            ("rows_deleted", pa.int64()),
            ("covers_until", pa.date32()),
            ("age_workdays", pa.int64()),
            ("new_columns", pa.string()),
            ("missing_columns", pa.string()),
            ("problem_en", pa.string()),
            ("problem_zh", pa.string()),
        ]
    ),
    # Grain: one row per asset and run
    "mart_asset_health": pa.schema(
        [
            ("run_id", pa.string()),
            ("asset", pa.string()),
            ("status", pa.string()),
            ("reasons_en", pa.string()),
            ("reasons_zh", pa.string()),
            ("materialized_at", _TIME),
            ("row_count", pa.int64()),
            ("last_as_of", pa.date32()),
            ("checks_passed", pa.int64()),
            ("checks_failed", pa.int64()),
        ]
    ),
    "mart_quarantine": QUARANTINE_SCHEMA,
    **ALERT_SCHEMAS,
    "mart_management_health": HEALTH_SCHEMA,
}


def operations_marts(
    log: RunLog, folder: CompanyFolder, settings: CompanySettings
) -> dict[str, pa.Table]:
    """Return every operations mart as it stands now, typed also when empty."""
    counted = log.rows(mart_rows)
    per_run: dict[object, list[int]] = {}
    for row in counted:
        per_run.setdefault(row["run_id"], []).append(int(str(row["row_count"])))
    run_rows = [
        {
            **row,
            "mart_count": len(per_run.get(row["run_id"], [])),
            "row_count": sum(per_run.get(row["run_id"], [])),
        }
        for row in log.rows(runs)
    ]
    content = {
        "mart_run": run_rows,
        "mart_run_rows": counted,
        "mart_run_step": log.rows(steps),
        "mart_data_quality": log.rows(check_results),
        "mart_source_health": log.rows(source_results),
        "mart_asset_health": log.rows(asset_results),
    }
    tables = {
        name: pa.Table.from_pylist(rows, schema=SCHEMAS[name]) for name, rows in content.items()
    }
    alerts = alert_marts(open_tables(log.path))
    health = management_health(
        run_rows,
        content["mart_data_quality"],
        content["mart_source_health"],
        alerts["mart_alert_message"].to_pylist(),
    )
    return {
        **tables,
        **alerts,
        "mart_management_health": health,
        "mart_quarantine": quarantine_mart(folder, settings),
    }
