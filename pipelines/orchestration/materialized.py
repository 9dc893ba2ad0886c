"""What a run was to materialise and what it has, read from Dagster's event log."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from pipelines.operations.asset_health import Materialized
from pipelines.orchestration.asset_keys import own_path

ROW_COUNT = "dagster/row_count"


def planned_and_materialized(
    instance: dg.DagsterInstance, run_id: str
) -> tuple[set[str], dict[str, Materialized]]:
    """Return a run's planned assets, and those it has materialised with time (UTC) and rows."""
    planned: set[str] = set()
    materialized: dict[str, Materialized] = {}
    kinds = {
        dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        dg.DagsterEventType.ASSET_MATERIALIZATION,
    }
    for entry in instance.all_logs(run_id, of_type=kinds):
        event = entry.get_dagster_event()
        if event.asset_key is None:
            continue
        asset = "/".join(own_path(event.asset_key))
        planned.add(asset)
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            counted = event.step_materialization_data.materialization.metadata.get(ROW_COUNT)
            rows = counted.value if isinstance(counted, dg.IntMetadataValue) else None
            at = datetime.fromtimestamp(entry.timestamp, UTC)
            materialized[asset] = Materialized(at, rows)
    return planned, materialized
