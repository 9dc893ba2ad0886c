"""The cascade of targets as an asset between the facts and the target marts."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.asset_keys import (
    CALENDAR,
    CASCADE,
    DATA_TEAM,
    RULES,
    asset_key,
    input_key,
)
from pipelines.orchestration.resources import NightResource

READS = (
    "int_metric_day",
    "int_org_path",
    "int_org_path_node",
    "int_person_org",
    "int_process_target",
)


def cascade_asset(
    partitions: dg.PartitionsDefinition,
) -> dg.AssetsDefinition:
    """Return the step that spreads targets over organisation and time down to person and day."""
    spec = dg.AssetSpec(
        key=CASCADE,
        deps=[
            input_key("landed", "targets"),
            input_key("landed", "people"),
            input_key("landed", "progress"),
            RULES,
            CALENDAR,
            *(asset_key("intermediate", name) for name in READS),
        ],
        group_name="intermediate",
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        description="Targets spread over organisation, product line, customer type and time; every "
        "level sums exactly. 目标分解：组织 × 产品线 × 客户类型 × 时间，逐级合计精确相等。",
    )

    @dg.multi_asset(specs=[spec], name="cascade", can_subset=False, partitions_def=partitions)
    def cascade(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from pipelines.steps.cascade import run_cascade_step

        with night.night.step("cascade targets"):
            rows = run_cascade_step(night.night.folder.build_file)
        return dg.MaterializeResult(
            asset_key=CASCADE,
            metadata={"dagster/row_count": rows["cascade.target_atom"], **rows},
        )

    return cascade
