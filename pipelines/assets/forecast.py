"""The forecast as an asset between the target models and the forecast marts."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.asset_keys import CALENDAR, DATA_TEAM, FORECAST, RULES, asset_key
from pipelines.orchestration.resources import NightResource

READS = (
    "int_forecast_booking", "int_forecast_stay", "int_leaf_scope", "int_opportunity_segment",
    "int_pipeline_stage", "int_target_period", "int_target_scope_period",
)  # fmt: skip


def forecast_asset(
    partitions: dg.PartitionsDefinition,
) -> dg.AssetsDefinition:
    """Return the step that calls what each running period will come to, week by week."""
    spec = dg.AssetSpec(
        key=FORECAST,
        deps=[RULES, CALENDAR, *(asset_key("intermediate", name) for name in READS)],
        group_name="intermediate",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        description="What each period will come to, seen from every week: booked, open deals by "
        "age and stage, business not yet created. 每周滚动预测：已签约＋在手商机＋尚未产生的业务。",
    )

    @dg.multi_asset(specs=[spec], name="forecast", can_subset=False, partitions_def=partitions)
    def forecast(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from pipelines.steps.forecast import run_forecast_step

        with night.night.step("forecast"):
            rows = run_forecast_step(night.night.folder.build_file)
        return dg.MaterializeResult(
            asset_key=FORECAST,
            metadata={"dagster/row_count": rows["forecast.weekly_call"], **rows},
        )

    return forecast
