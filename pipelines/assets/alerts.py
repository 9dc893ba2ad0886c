"""The step Tell: digests as files and through channels, once readers see the night."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.published import MANIFEST
from pipelines.operations.alerts.tell import AlertDesk
from pipelines.orchestration.asset_keys import DATA_TEAM, asset_key
from pipelines.orchestration.resources import NightResource

ALERTS = asset_key("published", "alerts")


def alerts_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset of told alerts; a channel that does not answer never fails the night."""

    @dg.asset(
        key=ALERTS,
        deps=[MANIFEST],
        partitions_def=partitions,
        group_name="published",
        kinds={"file"},
        owners=[DATA_TEAM],
        description="published/alerts/: one digest per recipient and night, sent through the "
        "channels of company.yml. 每晚每人一份提醒，并通过已配置的渠道发送。",
    )
    def alerts(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        tonight = night.night
        desk = AlertDesk(tonight.folder, tonight.settings)
        if not tonight.publishes:
            return dg.MaterializeResult(metadata={"told": "nothing: readers keep a later day"})
        with tonight.step("tell"):
            report = desk.tell(tonight.as_of)
        metadata = {f"attempts_{name}": count for name, count in report.outcomes.items()}
        metadata |= {f"messages_{name}": count for name, count in desk.outbox.counts().items()}
        return dg.MaterializeResult(metadata=metadata)

    return alerts
